/* A program in a pseudo-terminal, seen through libvterm, for tests of what an operator sees. Every
 * wait polls a condition with a deadline; a failure prints the screen as TAP diagnostics.
 *
 *     struct pty_screen *screen = pty_screen_start(&(struct pty_screen_options){
 *         .arguments = (char *[]){"./halldesk", "-s", "socket", NULL}});
 *     pty_screen_wait_text(screen, "==>");
 *     pty_screen_type(screen, "OR 8812");
 *     pty_screen_keys(screen, "Enter Tab F10");
 *     pty_screen_wait_row(screen, 22, "受理");
 *     ok(pty_screen_golden(screen, "ordering-entry"), "an order is shown [10-21]");
 *     pty_screen_free(screen);
 */
#ifndef HALLDESK_PTY_SCREEN_H
#define HALLDESK_PTY_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PTY_SCREEN_DEADLINE = 10000 }; /* ms, default of every wait */

struct pty_screen_options {
    char *const *arguments;   /* argv, NULL at the end; arguments[0] is looked up in PATH */
    char *const *environment; /* "NAME=value" … set on top of the test's own; NULL: none */
    const char *type;         /* TERM, default "xterm" */
    const char *charset;      /* LANG of the child, default "C.UTF-8" */
    int rows;                 /* default 24 */
    int columns;              /* default 80 */
    int deadline;             /* ms, default PTY_SCREEN_DEADLINE */
    bool raw;                 /* no libvterm: bytes only (escape timing, printing) */
    /* The terminal speaks GB18030 and shows characters of ambiguous width two columns wide; texts
     * of this interface stay UTF-8. Says nothing about LANG of the program. */
    bool gb18030;
};

struct pty_screen;

/* NULL with a diagnostic line if no pseudo-terminal can be had. */
struct pty_screen *pty_screen_start(const struct pty_screen_options *options);
/* Hangs up (SIGHUP through the closed line), kills after the deadline, frees. */
void pty_screen_free(struct pty_screen *screen);

/* Sending. Names are those of keys.h: F1 … F12, Up, Down, Left, Right, Home, End, PageUp,
 * PageDown, Insert, Delete, Backspace, Tab, BackTab, Enter, Escape, Duplicate, Hold, Alt-1 …;
 * separated by spaces. What follows Escape at once belongs to it (Alt-5): wait for the lone Esc to
 * take effect before the next key. An unknown name is a failed test, reported by false. */
bool pty_screen_keys(struct pty_screen *screen, const char *names);
bool pty_screen_type(struct pty_screen *screen, const char *text); /* in the line's encoding */
bool pty_screen_send(struct pty_screen *screen, const void *bytes, size_t length);
bool pty_screen_paste(struct pty_screen *screen, const char *text); /* bracketed */
void pty_screen_resize(struct pty_screen *screen, int rows, int columns);

/* Waiting; rows and columns are 1-based as in SCREENS.md. False after the deadline, with the
 * screen printed as diagnostics. */
bool pty_screen_wait_text(struct pty_screen *screen, const char *text);    /* anywhere */
bool pty_screen_wait_no_text(struct pty_screen *screen, const char *text); /* nowhere any more */
bool pty_screen_wait_row(struct pty_screen *screen, int row, const char *text);
bool pty_screen_wait_cursor(struct pty_screen *screen, int row, int column);
bool pty_screen_wait(struct pty_screen *screen,
                     bool (*condition)(struct pty_screen *screen, void *context), void *context);
/* Waits for the end of the program; its exit code, 128 + signal, or -1 after the deadline. */
int pty_screen_wait_exit(struct pty_screen *screen);
/* Takes in what has arrived; false if the line is closed. Waits at most `timeout` ms for it. */
bool pty_screen_pump(struct pty_screen *screen, int timeout);

/* Looking. Texts are owned by the screen until its next call; wide characters appear once, line
 * drawing as + - |, trailing spaces are cut. */
const char *pty_screen_row(struct pty_screen *screen, int row);
const char *pty_screen_dump(struct pty_screen *screen); /* all rows, each with '\n' */
bool pty_screen_contains(struct pty_screen *screen, const char *text);
void pty_screen_cursor(struct pty_screen *screen, int *row, int *column);
bool pty_screen_cursor_visible(struct pty_screen *screen);

struct pty_screen_cell {
    uint32_t character;
    int columns; /* 2 wide, 0 second half of a wide one */
    bool bold;
    bool underline;
    bool reverse;
};

struct pty_screen_cell pty_screen_cell(struct pty_screen *screen, int row, int column);
/* The attributes of a row as one letter for each column: '.' none, 'b' bold, 'u' underline, 'r'
 * reverse, 'B' bold reverse, 'U' bold underline, 'V' underline reverse. */
const char *pty_screen_attributes(struct pty_screen *screen, int row);

/* Compares the dump with tests/screen/golden/NAME.txt (below $top_srcdir, or $srcdir); prints the
 * rows that differ. `masks` are regular expressions (NULL at the end) whose matches are replaced
 * by as many '~' on both sides: clocks, serials. HALLDESK_REWRITE=1 writes the file instead. */
bool pty_screen_golden(struct pty_screen *screen, const char *name);
bool pty_screen_golden_masked(struct pty_screen *screen, const char *name,
                              const char *const *masks);

/* Bytes. */
const uint8_t *pty_screen_bytes(struct pty_screen *screen, size_t *length); /* since the mark */
void pty_screen_mark(struct pty_screen *screen); /* forgets the bytes received so far */
/* Waits until these bytes have come since the mark. */
bool pty_screen_wait_bytes(struct pty_screen *screen, const void *bytes, size_t length);
/* Cuts the line: the program sees SIGHUP and the end of its input. */
void pty_screen_hang_up(struct pty_screen *screen);
int pty_screen_descriptor(const struct pty_screen *screen); /* the master's side of the line */
int pty_screen_process(const struct pty_screen *screen);    /* process id of the program */
int64_t pty_screen_now(void);                               /* monotonic ms */

/* TAP. */
bool ok(bool passed, const char *name, ...) __attribute__((format(printf, 2, 3)));
void skip_all(const char *reason) __attribute__((noreturn));
int done_testing(void); /* prints the plan; the exit code */

#endif
