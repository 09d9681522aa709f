/* The row of tabs of a form: which page is shown, which ones hold faults. */
#ifndef HALLDESK_TABS_H
#define HALLDESK_TABS_H

#include "client/terminal/cells.h"

struct tabs_entry {
    const char *title;
    bool fault; /* shown with a leading '!' besides the attribute */
};

/* Draws "[1 title] 2 title …" into `columns`; the current tab is always wholly visible, '<' and
 * '>' say that more are hidden. */
void tabs_draw(struct cells *cells, int row, int column, int columns, const struct tabs_entry *tabs,
               size_t count, size_t current);

#endif
