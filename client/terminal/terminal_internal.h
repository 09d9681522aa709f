/* What terminal.c and line.c share. */
#ifndef HALLDESK_TERMINAL_INTERNAL_H
#define HALLDESK_TERMINAL_INTERNAL_H

#include "client/terminal/edge.h"
#include "client/terminal/paint.h"
#include "client/terminal/terminal.h"

#include <sys/types.h>
#include <termios.h>

struct terminal {
    struct terminal_line line;
    pid_t owner;
    int input;
    int output;
    struct termios saved;
    bool raw;
    struct keys *keys;
    struct edge *edge;
    struct paint *paint;
    struct cells *cells;
    terminal_painter painter;
    void *context;
    int rows;
    int columns;
    int read_errors; /* in a row */
    bool held;
    bool ended; /* the line is gone or we were told to go */
    bool lost;  /* nothing can be written any more */
    unsigned long sent;
};

int64_t terminal_now(void); /* monotonic ms */
/* Writes bytes of the line's own encoding; false once the line is lost. */
bool terminal_write(struct terminal *terminal, const void *bytes, size_t length);
/* Converts UTF-8 and writes it. */
bool terminal_write_text(struct terminal *terminal, const char *text, size_t length);
/* Reads what is there, waiting at most `timeout` ms; keys queue up. */
void terminal_read(struct terminal *terminal, int timeout);

#endif
