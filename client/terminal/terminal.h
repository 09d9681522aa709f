/* The line: starts and restores the terminal, turns bytes into events and cells into bytes.
 * curses always works in UTF-8 on a file in memory; what it wrote is converted at the edge to
 * the encoding of the line by own iconv and goes out in one write per batch. */
#ifndef HALLDESK_TERMINAL_H
#define HALLDESK_TERMINAL_H

#include "client/terminal/cells.h"
#include "client/terminal/keys.h"

enum terminal_encoding { TERMINAL_UTF8, TERMINAL_GB18030 };

/* The settings of one line (terminal type and wires); see terminal_line_defaults. */
struct terminal_line {
    char type[32]; /* terminfo name */
    enum terminal_encoding encoding;
    int ambiguous;        /* columns of ambiguous-width characters: 1 or 2 */
    int escape_delay;     /* ms */
    bool always_twins;    /* no Alt key: Esc digit is always a function key */
    bool bracketed_paste; /* ask the terminal for it */
    bool ascii_boxes;     /* + - | instead of ACS */
    bool colour;
    bool printer;      /* pass-through printing (mc5) may be used */
    bool flow_control; /* Ctrl-S and Ctrl-Q belong to the wire (old serial lines) */
};

/* `type` NULL: $TERM; `charset` NULL: from LC_ALL, LC_CTYPE, LANG (GB18030, GBK and GB2312 give
 * GB18030, everything else UTF-8). Ambiguous width is 2 on GB18030 lines. */
void terminal_line_defaults(struct terminal_line *line, const char *type, const char *charset);
/* "UTF-8" or "GB18030", to stand in the title row. */
const char *terminal_encoding_name(enum terminal_encoding encoding);

enum terminal_fault {
    TERMINAL_OK,
    TERMINAL_NOT_A_TERMINAL, /* input or output is no tty */
    TERMINAL_UNKNOWN_TYPE,   /* terminfo has no such entry, or it cannot move the cursor */
    TERMINAL_NO_LOCALE,      /* C.UTF-8 is missing */
    TERMINAL_NO_CONVERSION,  /* iconv knows no GB18030 */
    TERMINAL_SYSTEM          /* errno says why */
};

struct terminal;

/* One terminal per process (curses). NULL on failure, *fault says why. The descriptors stay the
 * caller's. Takes SIGWINCH, SIGHUP, SIGTERM, SIGINT and SIGTSTP until terminal_stop. */
struct terminal *terminal_start(const struct terminal_line *line, int input, int output,
                                enum terminal_fault *fault);
/* Restores the line, also after it was lost; NULL is allowed. */
void terminal_stop(struct terminal *terminal);
const struct terminal_line *terminal_line(const struct terminal *terminal);
int terminal_rows(const struct terminal *terminal);
int terminal_columns(const struct terminal *terminal);

enum terminal_event_kind {
    TERMINAL_KEY,    /* .key */
    TERMINAL_EXTRA,  /* the extra descriptor is readable (or was closed by its peer) */
    TERMINAL_TICK,   /* the timeout passed */
    TERMINAL_RESIZE, /* new size; screen_resize has to be called */
    TERMINAL_END     /* SIGHUP, SIGTERM, end of file or repeated errors: leave now; sticky */
};

struct terminal_event {
    enum terminal_event_kind kind;
    struct keys_event key;
};

/* Gives the next event. Waiting keys come first; only when nothing is left to do the screen is
 * brought up to date (one doupdate per batch) and the call waits for a key, for `extra`
 * (-1: none), or `timeout` ms (-1: for ever, 0: not at all). */
struct terminal_event terminal_poll(struct terminal *terminal, int extra, int timeout);

/* While held, keys are still read and queued but not delivered (the server is being asked);
 * terminal_poll then gives only EXTRA, TICK, RESIZE and END. Type-ahead is resolved in order. */
void terminal_hold_keys(struct terminal *terminal, bool held);
/* True if `code` waits among the keys; takes everything up to it (F12 stops a long query). */
bool terminal_take_key(struct terminal *terminal, enum keys_code code);
/* Throws type-ahead away: after an error no key meant for another screen may count. */
void terminal_discard_keys(struct terminal *terminal);

/* The function that composes the screen; terminal_poll calls it before it waits. `cells` has the
 * size of the terminal; cursor at row, column (-1: hidden). */
typedef void (*terminal_painter)(void *context, struct cells *cells, int *row, int *column);
void terminal_set_painter(struct terminal *terminal, terminal_painter painter, void *context);
void terminal_update(struct terminal *terminal); /* paint now (progress of long work) */
void terminal_redraw(struct terminal *terminal); /* repaint everything at the next update */
void terminal_beep(struct terminal *terminal);

/* Asks whether the line speaks the encoding it claims: writes a character that takes a different
 * number of columns in each encoding and asks for the cursor position. Call right after
 * terminal_start. A report that contradicts the line gives MISMATCH: refuse, do not guess. */
enum terminal_probe {
    TERMINAL_PROBE_AGREES,
    TERMINAL_PROBE_MISMATCH,
    TERMINAL_PROBE_SILENT /* no answer in time: such a terminal cannot be asked */
};
/* On agreement .ambiguous of the line is set to what was measured. */
enum terminal_probe terminal_probe(struct terminal *terminal, int timeout);

/* Pass-through printing: UTF-8 text in the encoding of the line between mc5 and mc4; false if
 * the line has none. */
bool terminal_print(struct terminal *terminal, const char *text);

/* The same for a document already in the printer's own bytes. */
bool terminal_print_bytes(struct terminal *terminal, const void *bytes, size_t length);

/* Bytes sent to the line since the start, for measuring. */
unsigned long terminal_bytes_sent(const struct terminal *terminal);

#endif
