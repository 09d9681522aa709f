/* A grid of character cells, the one thing everything is drawn on. Pure: knows columns and
 * attributes by meaning, knows no curses; so clipping is tested without a terminal.
 * Invariant: a wide character is followed by its own tail cell, never cut in half, and never
 * starts in the last column of the area it is put in. */
#ifndef HALLDESK_CELLS_H
#define HALLDESK_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a piece of the screen means; terminal.c turns it into attributes and, where there is
 * colour, into colour besides (never colour alone). */
enum cell_attribute {
    CELL_PLAIN,
    CELL_TITLE,
    CELL_LABEL,
    CELL_VALUE, /* read-only value */
    CELL_INPUT, /* a field that can be typed in */
    CELL_FOCUS, /* the field or row that has the cursor */
    CELL_ERROR, /* fault: standout */
    CELL_WARNING,
    CELL_KEY,   /* names of keys, codes to type */
    CELL_MARK,  /* marked row, required sign, filtered part */
    CELL_FAINT, /* cannot be chosen now */
    CELL_FRAME,
    CELL_ATTRIBUTES /* number of attributes */
};

/* Line drawing is kept as own code points above Unicode: the terminal draws them with ACS, one
 * column each in every encoding; text dumps show + - |. */
enum {
    CELL_LINE_HORIZONTAL = 0x110000,
    CELL_LINE_VERTICAL,
    CELL_CORNER_UPPER_LEFT,
    CELL_CORNER_UPPER_RIGHT,
    CELL_CORNER_LOWER_LEFT,
    CELL_CORNER_LOWER_RIGHT,
    CELL_TEE_LEFT, /* joins a left border to a line going right */
    CELL_TEE_RIGHT,
    CELL_TEE_UPPER, /* joins an upper border to a line going down */
    CELL_TEE_LOWER,
    CELL_CROSS,
    CELL_LINE_END
};

struct cell {
    uint32_t character; /* code point, line code above, or 0 for the tail of a wide character */
    uint32_t combining; /* one combining mark, or 0; further ones are dropped */
    uint8_t columns;    /* 1, 2, or 0 for a tail */
    uint8_t attribute;
};

struct cells {
    int rows;
    int columns;
    int ambiguous; /* columns of an ambiguous-width character on this line: 1 or 2 */
    struct cell *cell;
};

/* Aborts without memory. Filled with plain spaces. */
struct cells *cells_create(int rows, int columns, int ambiguous);
void cells_free(struct cells *cells);
void cells_resize(struct cells *cells, int rows, int columns); /* contents become spaces */
const struct cell *cells_at(const struct cells *cells, int row, int column); /* NULL if outside */

/* Columns that a code point takes here: 0 combining or control, 1 or 2. */
int cells_character_columns(uint32_t character, int ambiguous);

/* Puts one character; false (and nothing drawn) if it does not fit whole before column `limit`. */
bool cells_put_character(struct cells *cells, int row, int column, int limit,
                         enum cell_attribute attribute, uint32_t character);

/* Puts UTF-8 text into at most `columns` columns from `column` (0-based), whole characters only;
 * controls and invalid bytes show as '?'. Returns the columns used. */
int cells_put(struct cells *cells, int row, int column, int columns, enum cell_attribute attribute,
              const char *text);

enum cell_align { CELL_ALIGN_LEFT, CELL_ALIGN_RIGHT, CELL_ALIGN_CENTRE };

/* The same, padded with spaces to exactly `columns`; a right-aligned text that is too long (an
 * amount) shows '#' in every column instead of a wrong figure. */
void cells_put_aligned(struct cells *cells, int row, int column, int columns,
                       enum cell_attribute attribute, enum cell_align align, const char *text);

void cells_fill(struct cells *cells, int row, int column, int rows, int columns,
                enum cell_attribute attribute, uint32_t character);
void cells_clear(struct cells *cells);
/* Changes only the attribute, widened so that no wide character is half painted. */
void cells_paint(struct cells *cells, int row, int column, int columns,
                 enum cell_attribute attribute);
void cells_box(struct cells *cells, int row, int column, int rows, int columns,
               enum cell_attribute attribute);
void cells_horizontal(struct cells *cells, int row, int column, int columns,
                      enum cell_attribute attribute, uint32_t line);
void cells_vertical(struct cells *cells, int row, int column, int rows,
                    enum cell_attribute attribute);

/* Lays `source` over `target` at row, column, clipped; a wide character of the target that loses
 * one half loses the other too. */
void cells_compose(struct cells *target, const struct cells *source, int row, int column);

/* Writes the UTF-8 form of a code point (no terminator) and returns its 1 to 4 bytes. */
size_t cells_encode(char *out, uint32_t character);

/* One row as UTF-8 without trailing spaces; line drawing as + - |. Caller frees. */
char *cells_row_text(const struct cells *cells, int row);

#endif
