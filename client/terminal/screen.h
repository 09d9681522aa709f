/* The reference layout (24 rows of 80 columns; larger windows grow the body) and the windows that
 * pop up over it. Everything is drawn on cells; terminal_poll shows it when input is drained. */
#ifndef HALLDESK_SCREEN_H
#define HALLDESK_SCREEN_H

#include "client/terminal/cells.h"
#include "client/terminal/terminal.h"

#include <stdio.h>

enum screen_region {
    SCREEN_TITLE,   /* row 1 */
    SCREEN_COMMAND, /* row 2 */
    SCREEN_BODY,    /* rows 3 to 21, and what a larger window adds */
    SCREEN_MESSAGE, /* row 22 */
    SCREEN_HINT,    /* row 23 */
    SCREEN_KEYS,    /* row 24 */
    SCREEN_REGIONS
};

enum { SCREEN_ROWS = 24, SCREEN_COLUMNS = 80, SCREEN_BODY_ROWS = 19 };

struct screen;
struct popup;

/* `terminal` may be NULL (tests): then 24 x 80 with ambiguous width 1. */
struct screen *screen_create(struct terminal *terminal);
void screen_free(struct screen *screen);
/* After TERMINAL_RESIZE: regions take the new size and are empty, pop-ups are moved inside; the
 * caller draws again. Below 24 x 80 the layout keeps its size and is cut off. */
void screen_resize(struct screen *screen);
/* The cells of a region, owned by the screen; row 0 is the region's first row. */
struct cells *screen_cells(struct screen *screen, enum screen_region region);
int screen_ambiguous(const struct screen *screen);

/* Puts text at a place of a region, clipped by columns; returns the columns used. */
int screen_put(struct screen *screen, enum screen_region region, int row, int column, int columns,
               enum cell_attribute attribute, const char *text);
void screen_clear(struct screen *screen, enum screen_region region);
/* One row of a region replaced as a whole (title, message, hint). */
void screen_line(struct screen *screen, enum screen_region region, int row,
                 enum cell_attribute attribute, const char *text);

/* Where the cursor stands: a place of a region, or of a pop-up (screen_popup_cursor). */
void screen_cursor(struct screen *screen, enum screen_region region, int row, int column);
void screen_cursor_hide(struct screen *screen);

/* A framed window over the body: list of values, help, errors, confirmation. The frame is
 * outside of rows x columns, both are cut to what the body can hold. row or column -1: centred;
 * else the corner of the frame in body coordinates. The youngest lies on top. */
struct popup *popup_open(struct screen *screen, int row, int column, int rows, int columns,
                         const char *title);
void popup_close(struct popup *popup);
struct cells *popup_cells(struct popup *popup); /* the inside, without the frame */
void popup_title(struct popup *popup, const char *title);
void popup_foot(struct popup *popup, const char *text); /* in the lower border */
void popup_cursor(struct popup *popup, int row, int column);
int popup_count(const struct screen *screen);

/* The whole picture as it is (or will be) on the terminal. */
void screen_compose(struct screen *screen, struct cells *target, int *row, int *column);
/* Print screen: every row as UTF-8 text with a line end; false on a write error. */
bool screen_print(struct screen *screen, FILE *file);

#endif
