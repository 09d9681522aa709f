/* The curses side: takes cells, writes into a file in memory, hands over what it wrote. Only
 * paint.c includes curses. */
#ifndef HALLDESK_PAINT_H
#define HALLDESK_PAINT_H

#include "client/terminal/edge.h"
#include "client/terminal/terminal.h"

struct paint;

/* Starts curses for a terminal type; the first output (alternate screen, clear) is taken out by
 * paint_take. NULL with *fault set on failure. */
struct paint *paint_create(const struct terminal_line *line, struct edge *edge,
                           enum terminal_fault *fault);
/* Ends curses; paint_take then gives what restores the screen. */
void paint_end(struct paint *paint);
void paint_free(struct paint *paint);
void paint_resize(struct paint *paint, int rows, int columns);
/* Brings the picture to `cells` with one doupdate; the cursor stands at row, column, -1 hides. */
void paint_show(struct paint *paint, const struct terminal_line *line, const struct cells *cells,
                int row, int column);
void paint_forget(struct paint *paint); /* the next picture is sent whole */
/* What curses wrote since the last call, UTF-8, owned by paint until the next call. */
const char *paint_take(struct paint *paint, size_t *length);
/* A string capability without padding, NULL if the type lacks it (terminfo name: "mc5"). */
const char *paint_capability(const char *name);

#endif
