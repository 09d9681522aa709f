/* From the bytes of a line to keys: an own decoder that finds its feet after any garbage. Pure:
 * bytes and time in, events out; one table says what each sequence of each terminal means. */
#ifndef HALLDESK_KEYS_H
#define HALLDESK_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum keys_code {
    KEYS_NONE,
    KEYS_F1, /* F1 to F12 are consecutive */
    KEYS_F2,
    KEYS_F3,
    KEYS_F4,
    KEYS_F5,
    KEYS_F6,
    KEYS_F7,
    KEYS_F8,
    KEYS_F9,
    KEYS_F10,
    KEYS_F11,
    KEYS_F12,
    KEYS_UP,
    KEYS_DOWN,
    KEYS_LEFT,
    KEYS_RIGHT,
    KEYS_HOME,      /* or Ctrl-A */
    KEYS_END,       /* or Ctrl-E */
    KEYS_PAGE_UP,   /* or Ctrl-B */
    KEYS_PAGE_DOWN, /* or Ctrl-F */
    KEYS_INSERT,    /* or Ctrl-V: insert or overwrite */
    KEYS_DELETE,    /* or Ctrl-X */
    KEYS_BACKSPACE, /* ^H and DEL */
    KEYS_TAB,
    KEYS_BACK_TAB, /* or Ctrl-P */
    KEYS_ENTER,
    KEYS_NEW_LINE,    /* Ctrl-J or Alt-Enter: a line break in a memo */
    KEYS_WORD_LEFT,   /* Ctrl- or Alt-Left */
    KEYS_WORD_RIGHT,  /* Ctrl- or Alt-Right */
    KEYS_WORD_ERASE,  /* Ctrl-W */
    KEYS_FIELD_ERASE, /* Ctrl-U */
    KEYS_END_ERASE,   /* Ctrl-K */
    KEYS_DUPLICATE,   /* Dup, Ctrl-D: copy the field of the previous record */
    KEYS_HOLD,        /* Ctrl-O: keep values for the next form */
    KEYS_REDRAW,      /* Ctrl-L */
    KEYS_INTERRUPT,   /* Ctrl-C: stop long work; never closes anything */
    KEYS_ESCAPE,      /* a lone Esc after the delay; must do nothing destructive */
    KEYS_ALT_0,       /* Alt-0 to Alt-9 are consecutive */
    KEYS_ALT_1,
    KEYS_ALT_2,
    KEYS_ALT_3,
    KEYS_ALT_4,
    KEYS_ALT_5,
    KEYS_ALT_6,
    KEYS_ALT_7,
    KEYS_ALT_8,
    KEYS_ALT_9,
    KEYS_CODES
};

enum keys_kind {
    KEYS_KEY,       /* .code */
    KEYS_CHARACTER, /* .character, a printable code point; '\n' and '\t' too when .pasted */
    KEYS_PASTE_END, /* the end of a bracketed paste (all its data came as .pasted characters) */
    KEYS_REPORT     /* cursor position report: .row and .column, 1-based */
};

struct keys_event {
    enum keys_kind kind;
    enum keys_code code;
    uint32_t character;
    bool pasted; /* data from the clipboard: never a command, a pick or a hot key */
    int row;
    int column;
};

enum keys_encoding { KEYS_UTF8, KEYS_GB18030 };

/* Which variant of contradictory sequences holds (vt100 sends F5 to F10 with codes that others
 * use for the numeric keypad). */
enum keys_profile { KEYS_PROFILE_COMMON = 1, KEYS_PROFILE_VT100 = 2 };

struct keys_options {
    enum keys_encoding encoding;
    enum keys_profile profile;
    int escape_delay; /* ms after which an Esc with nothing behind it is a lone Esc */
    /* Esc and a digit that come within the delay are Alt-digit (that is how Alt is sent), later
     * they are the twin of a function key; terminals without Alt set this: always the twin. */
    bool always_twins;
};

enum {
    KEYS_ESCAPE_DELAY = 100,    /* default, ms */
    KEYS_PARTIAL_TIMEOUT = 200, /* ms: unfinished characters and sequences are dropped */
    KEYS_TWIN_TIMEOUT = 2000,   /* ms in which a digit after a lone Esc is a function key */
    KEYS_PASTE_TIMEOUT = 2000   /* ms of silence that end a paste whose end got lost */
};

struct keys;

/* NULL only if the conversion from GB18030 is missing on this machine. */
struct keys *keys_create(const struct keys_options *options);
void keys_free(struct keys *keys);

/* Feeds bytes that arrived at `now` (monotonic ms); events queue up inside. */
void keys_feed(struct keys *keys, const void *bytes, size_t length, int64_t now);
/* Lets time pass: settles a lone Esc, drops partial characters. */
void keys_tick(struct keys *keys, int64_t now);
/* When keys_tick must be called next (monotonic ms), -1 if nothing is pending. */
int64_t keys_deadline(const struct keys *keys);
bool keys_next(struct keys *keys, struct keys_event *event); /* takes the oldest event */
bool keys_pending(const struct keys *keys);                  /* an event is waiting */
/* Throws away all events that wait (type-ahead after an error); partial input stays. */
void keys_discard(struct keys *keys);
/* While true, ESC [ r ; c R is a cursor report (else it is F3 with a modifier). */
void keys_expect_report(struct keys *keys, bool expected);
/* Takes everything up to and including the first waiting key `code`; false if there is none. */
bool keys_take(struct keys *keys, enum keys_code code);
/* Takes the first waiting cursor report out of the queue, keys keep their order. */
bool keys_take_report(struct keys *keys, struct keys_event *report);
unsigned long keys_dropped(const struct keys *keys); /* bytes that made no sense so far */

/* "F1", "PageUp", "Alt-3" … for scripts and logs; NULL for KEYS_NONE. */
const char *keys_name(enum keys_code code);
enum keys_code keys_by_name(const char *name); /* case-insensitive; KEYS_NONE if unknown */
/* The bytes that make this key on every line (xterm form); NULL if there are none. */
const char *keys_bytes(enum keys_code code);

#endif
