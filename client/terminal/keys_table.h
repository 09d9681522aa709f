/* The one table of keys: every sequence of vt100, vt220, linux, xterm, rxvt and putty, the control
 * characters, the twins after Esc, and the names for scripts. Only keys.c includes it. */
#ifndef HALLDESK_KEYS_TABLE_H
#define HALLDESK_KEYS_TABLE_H

#include "client/terminal/keys.h"

enum keys_family {
    KEYS_FAMILY_CSI,  /* ESC [ parameters final */
    KEYS_FAMILY_SS3,  /* ESC O final */
    KEYS_FAMILY_LINUX /* ESC [ [ final */
};

enum { KEYS_PROFILE_ANY = KEYS_PROFILE_COMMON | KEYS_PROFILE_VT100 };

struct keys_sequence {
    enum keys_family family;
    char final;
    int parameter; /* first parameter of a sequence that ends in ~, else 0 */
    int profiles;
    enum keys_code code; /* KEYS_NONE: the character below */
    char character;
};

#define CSI(final_, code_)                                                                         \
    {                                                                                              \
        .family = KEYS_FAMILY_CSI, .final = final_, .profiles = KEYS_PROFILE_ANY, .code = code_    \
    }
#define TILDE(parameter_, code_)                                                                   \
    {                                                                                              \
        .family = KEYS_FAMILY_CSI, .final = '~', .parameter = parameter_,                          \
        .profiles = KEYS_PROFILE_ANY, .code = code_                                                \
    }
#define SS3(final_, profiles_, code_)                                                              \
    {                                                                                              \
        .family = KEYS_FAMILY_SS3, .final = final_, .profiles = profiles_, .code = code_           \
    }
#define KEYPAD(final_, character_)                                                                 \
    {                                                                                              \
        .family = KEYS_FAMILY_SS3, .final = final_, .profiles = KEYS_PROFILE_COMMON,               \
        .character = character_                                                                    \
    }
#define LINUX(final_, code_)                                                                       \
    {                                                                                              \
        .family = KEYS_FAMILY_LINUX, .final = final_, .profiles = KEYS_PROFILE_ANY, .code = code_  \
    }

static const struct keys_sequence keys_sequences[] = {
    /* Cursor keys, in normal and application mode. */
    CSI('A', KEYS_UP),
    CSI('B', KEYS_DOWN),
    CSI('C', KEYS_RIGHT),
    CSI('D', KEYS_LEFT),
    CSI('H', KEYS_HOME),
    CSI('F', KEYS_END),
    CSI('Z', KEYS_BACK_TAB),
    SS3('A', KEYS_PROFILE_ANY, KEYS_UP),
    SS3('B', KEYS_PROFILE_ANY, KEYS_DOWN),
    SS3('C', KEYS_PROFILE_ANY, KEYS_RIGHT),
    SS3('D', KEYS_PROFILE_ANY, KEYS_LEFT),
    SS3('H', KEYS_PROFILE_ANY, KEYS_HOME),
    SS3('F', KEYS_PROFILE_ANY, KEYS_END),
    SS3('c', KEYS_PROFILE_ANY, KEYS_WORD_RIGHT), /* rxvt, Ctrl */
    SS3('d', KEYS_PROFILE_ANY, KEYS_WORD_LEFT),
    /* xterm: F1 to F4 with parameters (the plain ones are SS3). */
    CSI('P', KEYS_F1),
    CSI('Q', KEYS_F2),
    CSI('R', KEYS_F3),
    CSI('S', KEYS_F4),
    /* vt220, linux, xterm, putty, rxvt. */
    TILDE(1, KEYS_HOME),
    TILDE(2, KEYS_INSERT),
    TILDE(3, KEYS_DELETE),
    TILDE(4, KEYS_END),
    TILDE(5, KEYS_PAGE_UP),
    TILDE(6, KEYS_PAGE_DOWN),
    TILDE(7, KEYS_HOME),
    TILDE(8, KEYS_END),
    TILDE(11, KEYS_F1),
    TILDE(12, KEYS_F2),
    TILDE(13, KEYS_F3),
    TILDE(14, KEYS_F4),
    TILDE(15, KEYS_F5),
    TILDE(17, KEYS_F6),
    TILDE(18, KEYS_F7),
    TILDE(19, KEYS_F8),
    TILDE(20, KEYS_F9),
    TILDE(21, KEYS_F10),
    TILDE(23, KEYS_F11),
    TILDE(24, KEYS_F12),
    TILDE(28, KEYS_F1), /* vt220 Help */
    /* PF1 to PF4 everywhere; putty in its VT100+ mode goes on to F12. */
    SS3('P', KEYS_PROFILE_ANY, KEYS_F1),
    SS3('Q', KEYS_PROFILE_ANY, KEYS_F2),
    SS3('R', KEYS_PROFILE_ANY, KEYS_F3),
    SS3('S', KEYS_PROFILE_ANY, KEYS_F4),
    SS3('T', KEYS_PROFILE_ANY, KEYS_F5),
    SS3('U', KEYS_PROFILE_ANY, KEYS_F6),
    SS3('V', KEYS_PROFILE_ANY, KEYS_F7),
    SS3('W', KEYS_PROFILE_ANY, KEYS_F8),
    SS3('X', KEYS_PROFILE_ANY, KEYS_F9),
    SS3('Y', KEYS_PROFILE_ANY, KEYS_F10),
    SS3('Z', KEYS_PROFILE_ANY, KEYS_F11),
    SS3('[', KEYS_PROFILE_ANY, KEYS_F12),
    /* The keypad of a vt100 as terminfo has it; elsewhere these are digits of a keypad that
     * somebody left in application mode. */
    SS3('t', KEYS_PROFILE_VT100, KEYS_F5),
    SS3('u', KEYS_PROFILE_VT100, KEYS_F6),
    SS3('v', KEYS_PROFILE_VT100, KEYS_F7),
    SS3('l', KEYS_PROFILE_VT100, KEYS_F8),
    SS3('w', KEYS_PROFILE_VT100, KEYS_F9),
    SS3('x', KEYS_PROFILE_VT100, KEYS_F10),
    SS3('M', KEYS_PROFILE_ANY, KEYS_ENTER),
    SS3('I', KEYS_PROFILE_ANY, KEYS_TAB),
    KEYPAD('p', '0'),
    KEYPAD('q', '1'),
    KEYPAD('r', '2'),
    KEYPAD('s', '3'),
    KEYPAD('t', '4'),
    KEYPAD('u', '5'),
    KEYPAD('v', '6'),
    KEYPAD('w', '7'),
    KEYPAD('x', '8'),
    KEYPAD('y', '9'),
    KEYPAD('n', '.'),
    KEYPAD('m', '-'),
    KEYPAD('l', ','),
    KEYPAD('k', '+'),
    KEYPAD('j', '*'),
    KEYPAD('o', '/'),
    LINUX('A', KEYS_F1),
    LINUX('B', KEYS_F2),
    LINUX('C', KEYS_F3),
    LINUX('D', KEYS_F4),
    LINUX('E', KEYS_F5),
};

#undef CSI
#undef TILDE
#undef SS3
#undef KEYPAD
#undef LINUX

/* Ctrl-S and Ctrl-Q never mean anything: a line may use them itself. */
static const enum keys_code keys_controls[32] = {
    [0x01] = KEYS_HOME,        /* Ctrl-A */
    [0x02] = KEYS_PAGE_UP,     /* Ctrl-B */
    [0x03] = KEYS_INTERRUPT,   /* Ctrl-C */
    [0x04] = KEYS_DUPLICATE,   /* Ctrl-D */
    [0x05] = KEYS_END,         /* Ctrl-E */
    [0x06] = KEYS_PAGE_DOWN,   /* Ctrl-F */
    [0x08] = KEYS_BACKSPACE,   /* Ctrl-H */
    [0x09] = KEYS_TAB,         /* Ctrl-I */
    [0x0a] = KEYS_NEW_LINE,    /* Ctrl-J */
    [0x0b] = KEYS_END_ERASE,   /* Ctrl-K */
    [0x0c] = KEYS_REDRAW,      /* Ctrl-L */
    [0x0d] = KEYS_ENTER,       /* Ctrl-M */
    [0x0f] = KEYS_HOLD,        /* Ctrl-O */
    [0x10] = KEYS_BACK_TAB,    /* Ctrl-P */
    [0x15] = KEYS_FIELD_ERASE, /* Ctrl-U */
    [0x16] = KEYS_INSERT,      /* Ctrl-V */
    [0x17] = KEYS_WORD_ERASE,  /* Ctrl-W */
    [0x18] = KEYS_DELETE,      /* Ctrl-X */
};

struct keys_description {
    const char *name;
    const char *bytes; /* xterm form */
    char twin;         /* the character after Esc that means the same */
};

static const struct keys_description keys_descriptions[KEYS_CODES] = {
    [KEYS_F1] = {"F1", "\033OP", '1'},
    [KEYS_F2] = {"F2", "\033OQ", '2'},
    [KEYS_F3] = {"F3", "\033OR", '3'},
    [KEYS_F4] = {"F4", "\033OS", '4'},
    [KEYS_F5] = {"F5", "\033[15~", '5'},
    [KEYS_F6] = {"F6", "\033[17~", '6'},
    [KEYS_F7] = {"F7", "\033[18~", '7'},
    [KEYS_F8] = {"F8", "\033[19~", '8'},
    [KEYS_F9] = {"F9", "\033[20~", '9'},
    [KEYS_F10] = {"F10", "\033[21~", '0'},
    [KEYS_F11] = {"F11", "\033[23~", '-'},
    [KEYS_F12] = {"F12", "\033[24~", '='},
    [KEYS_UP] = {"Up", "\033[A", 0},
    [KEYS_DOWN] = {"Down", "\033[B", 0},
    [KEYS_LEFT] = {"Left", "\033[D", 0},
    [KEYS_RIGHT] = {"Right", "\033[C", 0},
    [KEYS_HOME] = {"Home", "\033[H", 0},
    [KEYS_END] = {"End", "\033[F", 0},
    [KEYS_PAGE_UP] = {"PageUp", "\033[5~", 0},
    [KEYS_PAGE_DOWN] = {"PageDown", "\033[6~", 0},
    [KEYS_INSERT] = {"Insert", "\033[2~", 0},
    [KEYS_DELETE] = {"Delete", "\033[3~", 0},
    [KEYS_BACKSPACE] = {"Backspace", "\177", 0},
    [KEYS_TAB] = {"Tab", "\t", 0},
    [KEYS_BACK_TAB] = {"BackTab", "\033[Z", 0},
    [KEYS_ENTER] = {"Enter", "\r", 0},
    [KEYS_NEW_LINE] = {"NewLine", "\033\r", 0},
    [KEYS_WORD_LEFT] = {"WordLeft", "\033[1;5D", 0},
    [KEYS_WORD_RIGHT] = {"WordRight", "\033[1;5C", 0},
    [KEYS_WORD_ERASE] = {"WordErase", "\027", 0},
    [KEYS_FIELD_ERASE] = {"FieldErase", "\025", 0},
    [KEYS_END_ERASE] = {"EndErase", "\013", 0},
    [KEYS_DUPLICATE] = {"Duplicate", "\004", 0},
    [KEYS_HOLD] = {"Hold", "\017", 0},
    [KEYS_REDRAW] = {"Redraw", "\014", 0},
    [KEYS_INTERRUPT] = {"Interrupt", "\003", 0},
    [KEYS_ESCAPE] = {"Escape", "\033", 0},
    [KEYS_ALT_0] = {"Alt-0", "\0330", 0},
    [KEYS_ALT_1] = {"Alt-1", "\0331", 0},
    [KEYS_ALT_2] = {"Alt-2", "\0332", 0},
    [KEYS_ALT_3] = {"Alt-3", "\0333", 0},
    [KEYS_ALT_4] = {"Alt-4", "\0334", 0},
    [KEYS_ALT_5] = {"Alt-5", "\0335", 0},
    [KEYS_ALT_6] = {"Alt-6", "\0336", 0},
    [KEYS_ALT_7] = {"Alt-7", "\0337", 0},
    [KEYS_ALT_8] = {"Alt-8", "\0338", 0},
    [KEYS_ALT_9] = {"Alt-9", "\0339", 0},
};

#endif
