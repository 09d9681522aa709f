/* Row 24: which keys do what here. */
#ifndef HALLDESK_KEYBAR_H
#define HALLDESK_KEYBAR_H

#include "client/terminal/cells.h"

struct keybar_entry {
    const char *key;  /* "F1", "Alt-1" */
    const char *text; /* what it does; NULL hides the entry */
    bool inactive;    /* shown faint and in parentheses */
};

/* Draws key and text pairs; what does not fit whole is left out. Returns how many were drawn. */
size_t keybar_draw(struct cells *cells, int row, const struct keybar_entry *entries, size_t count);

#endif
