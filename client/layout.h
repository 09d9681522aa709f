/* Where the fields of a screen stand: rows of fields become places of labels and inputs. Pure. */
#ifndef HALLDESK_LAYOUT_H
#define HALLDESK_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/form.h"

struct arena;

struct layout_place {
    const struct field *field; /* NULL: a rule across the row */
    int row;                   /* from 0 */
    int rows;                  /* more than 1: memo, lines */
    int label_column;
    int label_columns; /* 0: no label (lines have the whole width) */
    int column;        /* of the input; the sign of a required field stands before it */
    int columns;
    int after; /* columns free behind the input: name of a reference */
};

struct layout {
    size_t count;
    struct layout_place *places;
    int rows;
};

struct layout_options {
    const struct form *form;
    const struct screen_row *rows;
    size_t row_count;
    int64_t template_code; /* fields of other templates are left out */
    const char *language;
    int columns;   /* of the screen */
    int body_rows; /* that may be filled; lines share what is left */
    int ambiguous;
};

struct layout *layout_create(const struct layout_options *options, struct arena *arena);
/* Rows for fields without a declared layout: packed as they fit. `fields` NULL: all that are not
 * hidden. */
struct screen_row *layout_rows(const struct form *form, const char *fields, int columns,
                               size_t *count, struct arena *arena);
/* Takes columns from the widest until `count` widths and gaps of one fit into `available`; returns
 * how many fit when none can shrink below the least width. */
size_t layout_fit(int *widths, size_t count, int available);

#endif
