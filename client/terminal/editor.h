/* The editor of one field: an array of code points with a maximum of characters, seen through a
 * window of columns that scrolls at character boundaries. Pure model, drawn on cells. */
#ifndef HALLDESK_EDITOR_H
#define HALLDESK_EDITOR_H

#include "client/terminal/cells.h"
#include "client/terminal/keys.h"

enum editor_restriction {
    EDITOR_TEXT,     /* anything printable */
    EDITOR_DIGITS,   /* 0-9; full-width digits typed by an input method become ASCII */
    EDITOR_INTEGER,  /* digits and a leading minus */
    EDITOR_DECIMAL,  /* integer with one point and at most .decimals digits behind it */
    EDITOR_DATE,     /* digits - / . + (the caller understands dates) */
    EDITOR_TIME,     /* digits : - / . space: date and time */
    EDITOR_CODE,     /* visible ASCII, letters become capitals */
    EDITOR_ASCII,    /* visible ASCII and space */
    EDITOR_TELEPHONE /* digits + - * # ( ) space */
};

struct editor_options {
    int columns;    /* width of the field on the screen, at least 2 */
    int rows;       /* 1: a line; more: a memo that wraps */
    size_t maximum; /* characters (code points) at most, 0: 65,535 */
    enum editor_restriction restriction;
    int decimals;  /* for EDITOR_DECIMAL */
    bool secret;   /* no echo at all; memory is wiped */
    int ambiguous; /* 1 or 2, of the line */
};

enum editor_result {
    EDITOR_IGNORED, /* not a key of the editor: the form decides */
    EDITOR_MOVED,   /* only the cursor or the mode changed */
    EDITOR_CHANGED, /* the text changed */
    EDITOR_REFUSED, /* a character of the wrong kind */
    EDITOR_FULL     /* no room for another character */
};

struct editor;

struct editor *editor_create(const struct editor_options *options);
void editor_free(struct editor *editor);

/* Replaces the text (cut at the maximum; what the restriction forbids is kept, it comes from
 * the server) and puts the cursor at its beginning; the text counts as unchanged. NULL is "". */
void editor_set_text(struct editor *editor, const char *text);
/* UTF-8, owned by the editor until the next call. */
const char *editor_text(struct editor *editor);
size_t editor_length(const struct editor *editor);   /* characters */
bool editor_is_changed(const struct editor *editor); /* since editor_set_text or _mark_clean */
void editor_mark_clean(struct editor *editor);

/* Characters, pasted data and the keys Left Right Home End (in a memo Up Down NewLine) Insert
 * Delete Backspace Word* *Erase. A line breaks no line: pasted breaks become spaces. The first
 * character typed after editor_select_all replaces the text. */
enum editor_result editor_key(struct editor *editor, const struct keys_event *event);
/* Inserts UTF-8 text at the cursor as a paste does. */
enum editor_result editor_insert(struct editor *editor, const char *text);
void editor_home(struct editor *editor);
void editor_end(struct editor *editor);
void editor_select_all(struct editor *editor); /* on entering a field that holds a value */
void editor_resize(struct editor *editor, int columns, int rows);
bool editor_is_overwrite(const struct editor *editor);
void editor_set_overwrite(struct editor *editor, bool overwrite);
size_t editor_position(const struct editor *editor); /* cursor, in characters from the start */

/* Draws rows x columns cells at row, column; empty places show '_' in `empty` if it is not 0. */
void editor_draw(struct editor *editor, struct cells *cells, int row, int column,
                 enum cell_attribute attribute, uint32_t empty);
/* Where the cursor is, relative to the corner of the field. */
void editor_cursor(struct editor *editor, int *row, int *column);
/* True if text is hidden to the left (or above), to the right (or below) of the window. */
bool editor_hidden_before(struct editor *editor);
bool editor_hidden_after(struct editor *editor);

#endif
