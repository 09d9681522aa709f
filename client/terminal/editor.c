/* The field editor: code points in an array, the cursor between them. The text is checked as a
 * whole before each insertion, so a restriction never depends on the order of typing. */
#include "client/terminal/editor.h"
#include "client/terminal/restriction.h"
#include "protocol/buffer.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_MAXIMUM = 65535,
    SCROLL_COLUMNS = 8, /* a field scrolls by so much at once: fewer repaints on a slow line */
    IDEOGRAPHIC_SPACE = 0x3000
};

struct editor {
    struct editor_options options;
    uint32_t *text;
    size_t length;
    size_t capacity;
    size_t cursor;
    size_t left; /* line: first character shown */
    size_t top;  /* memo: first row shown */
    int goal;    /* memo: column that Up and Down aim at, -1 none */
    bool overwrite;
    bool changed;
    bool selected; /* the next character typed replaces everything */
    char *utf8;
    size_t utf8_capacity;
};

static bool editor_is_memo(const struct editor *editor)
{
    return editor->options.rows > 1;
}

static void editor_wipe(void *memory, size_t size)
{
    if (memory != NULL)
        explicit_bzero(memory, size);
}

struct editor *editor_create(const struct editor_options *options)
{
    struct editor *editor = calloc(1, sizeof(*editor));
    if (editor == NULL)
        abort();
    editor->options = *options;
    if (editor->options.columns < 2)
        editor->options.columns = 2;
    if (editor->options.rows < 1)
        editor->options.rows = 1;
    if (editor->options.maximum == 0 || editor->options.maximum > DEFAULT_MAXIMUM)
        editor->options.maximum = DEFAULT_MAXIMUM;
    if (editor->options.ambiguous != 2)
        editor->options.ambiguous = 1;
    editor->goal = -1;
    return editor;
}

void editor_free(struct editor *editor)
{
    if (editor == NULL)
        return;
    editor_wipe(editor->text, editor->capacity * sizeof(*editor->text));
    editor_wipe(editor->utf8, editor->utf8_capacity);
    free(editor->text);
    free(editor->utf8);
    free(editor);
}

static void editor_reserve(struct editor *editor, size_t count)
{
    if (count <= editor->capacity)
        return;
    size_t capacity = editor->capacity == 0 ? 32 : editor->capacity;
    while (capacity < count)
        capacity *= 2;
    uint32_t *text = calloc(capacity, sizeof(*text));
    if (text == NULL)
        abort();
    if (editor->length > 0)
        memcpy(text, editor->text, editor->length * sizeof(*text));
    editor_wipe(editor->text, editor->capacity * sizeof(*text));
    free(editor->text);
    editor->text = text;
    editor->capacity = capacity;
}

/* --- columns --------------------------------------------------------------------------------- */

static int editor_columns(const struct editor *editor, uint32_t character)
{
    if (character < ' ' || (character >= 0x7f && character < 0xa0))
        return 1;
    return cells_character_columns(character, editor->options.ambiguous);
}

static int editor_width(const struct editor *editor, size_t from, size_t to)
{
    int width = 0;
    for (size_t i = from; i < to; i++)
        width += editor_columns(editor, editor->text[i]);
    return width;
}

static bool editor_is_combining(const struct editor *editor, size_t at)
{
    return at < editor->length && editor_columns(editor, editor->text[at]) == 0;
}

static size_t editor_before(const struct editor *editor, size_t at)
{
    if (at > 0)
        at--;
    while (at > 0 && editor_is_combining(editor, at))
        at--;
    return at;
}

static size_t editor_after(const struct editor *editor, size_t at)
{
    if (at < editor->length)
        at++;
    while (editor_is_combining(editor, at))
        at++;
    return at;
}

/* A field filled to its maximum that just fits does not scroll for the cursor behind the text. */
static bool editor_is_brimful(const struct editor *editor)
{
    return editor->length >= editor->options.maximum &&
           editor_width(editor, 0, editor->length) <= editor->options.columns;
}

/* Columns that the cursor needs for itself: those of the character it stands on. */
static int editor_cursor_columns(const struct editor *editor)
{
    if (editor->cursor < editor->length)
        return editor_columns(editor, editor->text[editor->cursor]);
    return editor_is_brimful(editor) ? 0 : 1;
}

/* Walks the row of a memo that begins at `start`: *next is where the next one begins, *text_end
 * the last place of the cursor on this one. False if it is the last row. */
static bool editor_row(const struct editor *editor, size_t start, size_t *next, size_t *text_end)
{
    int width = 0;
    size_t at = start;
    while (at < editor->length) {
        if (editor->text[at] == '\n') {
            *text_end = at;
            *next = at + 1;
            return true;
        }
        int columns = editor_columns(editor, editor->text[at]);
        if (width + columns > editor->options.columns) {
            *text_end = editor_before(editor, at);
            *next = at;
            return true;
        }
        width += columns;
        at++;
    }
    *text_end = at;
    *next = at;
    if (width == editor->options.columns && at > start) {
        /* The cursor behind a full last row stands on a row of its own. */
        *text_end = editor_before(editor, at);
        return true;
    }
    return false;
}

/* Row number, start and end of the row the cursor is on. */
static size_t editor_cursor_row(const struct editor *editor, size_t *start, size_t *end)
{
    size_t row = 0;
    size_t next;
    *start = 0;
    while (editor_row(editor, *start, &next, end) && editor->cursor >= next) {
        *start = next;
        row++;
    }
    return row;
}

static size_t editor_row_start(const struct editor *editor, size_t row)
{
    size_t start = 0;
    size_t next;
    size_t end;
    while (row-- > 0 && editor_row(editor, start, &next, &end))
        start = next;
    return start;
}

/* Moves the window so that the cursor is inside, always to a character boundary. */
static void editor_settle(struct editor *editor)
{
    if (editor_is_memo(editor)) {
        size_t start;
        size_t end;
        size_t row = editor_cursor_row(editor, &start, &end);
        if (row < editor->top)
            editor->top = row;
        if (row >= editor->top + (size_t)editor->options.rows)
            editor->top = row - (size_t)editor->options.rows + 1;
        return;
    }
    int columns = editor->options.columns;
    int step = columns / 4 < SCROLL_COLUMNS ? columns / 4 : SCROLL_COLUMNS;
    if (editor->left > editor->length)
        editor->left = editor->length;
    if (editor->cursor < editor->left) {
        editor->left = editor->cursor;
        while (editor->left > 0 && editor_width(editor, editor->left, editor->cursor) < step)
            editor->left = editor_before(editor, editor->left);
    }
    int needed = editor_cursor_columns(editor);
    if (editor_width(editor, editor->left, editor->cursor) + needed > columns) {
        while (editor->left < editor->cursor &&
               editor_width(editor, editor->left, editor->cursor) + needed > columns - step)
            editor->left = editor_after(editor, editor->left);
    }
    /* After deletions text that would fit comes back from the left. */
    if (editor_is_brimful(editor))
        editor->left = 0;
    while (editor->left > 0) {
        size_t before = editor_before(editor, editor->left);
        int slack = before > 0 ? step : 0;
        if (editor_width(editor, before, editor->length) + 1 > columns - slack)
            break;
        editor->left = before;
    }
}

/* --- changes --------------------------------------------------------------------------------- */

static void editor_remove(struct editor *editor, size_t from, size_t to)
{
    if (to < editor->length)
        memmove(&editor->text[from], &editor->text[to],
                (editor->length - to) * sizeof(*editor->text));
    editor_wipe(&editor->text[editor->length - (to - from)], (to - from) * sizeof(*editor->text));
    editor->length -= to - from;
    editor->cursor = from;
    editor->changed = true;
}

static enum editor_result editor_put(struct editor *editor, uint32_t character)
{
    uint32_t stored =
        restriction_admit(editor->options.restriction, editor_is_memo(editor), character);
    if (stored == 0)
        return EDITOR_REFUSED;
    size_t length = editor->selected ? 0 : editor->length;
    size_t cursor = editor->selected ? 0 : editor->cursor;
    size_t replaced = 0;
    if (editor->overwrite && cursor < length && editor->text[cursor] != '\n' && stored != '\n')
        replaced = 1;
    if (!restriction_number_holds(&editor->options, editor->text, length, cursor, replaced, stored))
        return EDITOR_REFUSED;
    if (replaced == 0 && length >= editor->options.maximum)
        return EDITOR_FULL;
    if (editor->selected && editor->length > 0)
        editor_remove(editor, 0, editor->length);
    editor->selected = false;
    if (replaced == 0) {
        editor_reserve(editor, length + 1);
        memmove(&editor->text[cursor + 1], &editor->text[cursor],
                (length - cursor) * sizeof(*editor->text));
        editor->length = length + 1;
    }
    editor->text[cursor] = stored;
    editor->cursor = cursor + 1;
    if (replaced != 0)
        while (editor_is_combining(editor, editor->cursor))
            editor->cursor++;
    editor->changed = true;
    return EDITOR_CHANGED;
}

enum word_class { WORD_SPACE, WORD_LATIN, WORD_HAN, WORD_OTHER };

static enum word_class word_class(uint32_t character)
{
    if (character == ' ' || character == '\n' || character == IDEOGRAPHIC_SPACE)
        return WORD_SPACE;
    if ((character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
        (character >= 'a' && character <= 'z'))
        return WORD_LATIN;
    return utf8_columns(character, 1) == 2 ? WORD_HAN : WORD_OTHER;
}

static size_t editor_word_left(const struct editor *editor)
{
    size_t at = editor->cursor;
    while (at > 0 && word_class(editor->text[at - 1]) == WORD_SPACE)
        at--;
    if (at > 0) {
        enum word_class class = word_class(editor->text[at - 1]);
        while (at > 0 && word_class(editor->text[at - 1]) == class)
            at--;
    }
    return at;
}

static size_t editor_word_right(const struct editor *editor)
{
    size_t at = editor->cursor;
    if (at < editor->length) {
        enum word_class class = word_class(editor->text[at]);
        while (at < editor->length && word_class(editor->text[at]) == class)
            at++;
    }
    while (at < editor->length && word_class(editor->text[at]) == WORD_SPACE)
        at++;
    return at;
}

static enum editor_result editor_move(struct editor *editor, size_t to)
{
    if (to == editor->cursor)
        return EDITOR_IGNORED;
    editor->cursor = to;
    return EDITOR_MOVED;
}

static enum editor_result editor_erase(struct editor *editor, size_t from, size_t to)
{
    if (from >= to)
        return EDITOR_MOVED; /* nothing there, but the key is the editor's */
    editor_remove(editor, from, to);
    return EDITOR_CHANGED;
}

/* Up and Down of a memo; at its edge the form decides. */
static enum editor_result editor_vertical(struct editor *editor, int direction)
{
    if (!editor_is_memo(editor))
        return EDITOR_IGNORED;
    size_t start;
    size_t end;
    size_t row = editor_cursor_row(editor, &start, &end);
    int goal = editor->goal >= 0 ? editor->goal : editor_width(editor, start, editor->cursor);
    size_t next;
    if (direction < 0) {
        if (row == 0)
            return EDITOR_IGNORED;
        start = editor_row_start(editor, row - 1);
    } else {
        if (!editor_row(editor, start, &next, &end))
            return EDITOR_IGNORED;
        start = next;
    }
    editor_row(editor, start, &next, &end);
    size_t at = start;
    while (at < end && editor_width(editor, start, editor_after(editor, at)) <= goal)
        at = editor_after(editor, at);
    editor->cursor = at;
    editor->goal = goal;
    return EDITOR_MOVED;
}

static enum editor_result editor_code(struct editor *editor, enum keys_code code)
{
    size_t start = 0;
    size_t end = editor->length;
    if (editor_is_memo(editor))
        editor_cursor_row(editor, &start, &end);
    switch (code) {
    case KEYS_LEFT:
        return editor_move(editor, editor_before(editor, editor->cursor));
    case KEYS_RIGHT:
        return editor_move(editor, editor_after(editor, editor->cursor));
    case KEYS_HOME:
        editor->cursor = start;
        return EDITOR_MOVED;
    case KEYS_END:
        editor->cursor = end;
        return EDITOR_MOVED;
    case KEYS_UP:
        return editor_vertical(editor, -1);
    case KEYS_DOWN:
        return editor_vertical(editor, 1);
    case KEYS_WORD_LEFT:
        return editor_move(editor, editor_word_left(editor));
    case KEYS_WORD_RIGHT:
        return editor_move(editor, editor_word_right(editor));
    case KEYS_INSERT:
        editor->overwrite = !editor->overwrite;
        return EDITOR_MOVED;
    case KEYS_NEW_LINE:
        return editor_is_memo(editor) ? editor_put(editor, '\n') : EDITOR_IGNORED;
    case KEYS_DELETE:
        return editor_erase(editor, editor->cursor, editor_after(editor, editor->cursor));
    case KEYS_BACKSPACE:
        return editor_erase(editor, editor->cursor > 0 ? editor->cursor - 1 : 0, editor->cursor);
    case KEYS_WORD_ERASE:
        return editor_erase(editor, editor_word_left(editor), editor->cursor);
    case KEYS_FIELD_ERASE:
        return editor_erase(editor, 0, editor->length);
    case KEYS_END_ERASE:
        return editor_erase(editor, editor->cursor, editor->length);
    default:
        return EDITOR_IGNORED;
    }
}

enum editor_result editor_key(struct editor *editor, const struct keys_event *event)
{
    enum editor_result result = EDITOR_IGNORED;
    if (event->kind == KEYS_CHARACTER) {
        bool number = editor->options.restriction == EDITOR_INTEGER ||
                      editor->options.restriction == EDITOR_DECIMAL;
        /* Thousands separators of a pasted amount are left out. */
        if (event->pasted && number && (event->character == ',' || event->character == ' '))
            return EDITOR_MOVED;
        result = editor_put(editor, event->character);
    } else if (event->kind == KEYS_KEY) {
        bool selected = editor->selected;
        bool vertical = event->code == KEYS_UP || event->code == KEYS_DOWN;
        if (event->code == KEYS_NEW_LINE && !editor_is_memo(editor))
            return EDITOR_IGNORED;
        result = editor_code(editor, event->code);
        if (vertical)
            return result;
        if (result != EDITOR_IGNORED && selected)
            editor->selected = false;
    }
    if (result != EDITOR_IGNORED)
        editor->goal = -1;
    return result;
}

enum editor_result editor_insert(struct editor *editor, const char *text)
{
    enum editor_result worst = EDITOR_MOVED;
    size_t left = strlen(text);
    while (left > 0) {
        struct keys_event event = {.kind = KEYS_CHARACTER, .pasted = true};
        size_t size = utf8_decode(text, left, &event.character);
        if (size == 0) {
            text++;
            left--;
            worst = EDITOR_REFUSED;
            continue;
        }
        text += size;
        left -= size;
        enum editor_result result = editor_key(editor, &event);
        if (result > worst)
            worst = result;
    }
    return worst;
}

/* --- the text as a whole --------------------------------------------------------------------- */

void editor_set_text(struct editor *editor, const char *text)
{
    editor_wipe(editor->text, editor->capacity * sizeof(*editor->text));
    editor->length = 0;
    size_t left = text == NULL ? 0 : strlen(text);
    while (left > 0 && editor->length < editor->options.maximum) {
        uint32_t character;
        size_t size = utf8_decode(text, left, &character);
        if (size == 0) {
            character = '?';
            size = 1;
        }
        editor_reserve(editor, editor->length + 1);
        editor->text[editor->length++] = character;
        text += size;
        left -= size;
    }
    editor->cursor = 0;
    editor->left = 0;
    editor->top = 0;
    editor->goal = -1;
    editor->changed = false;
    editor->selected = false;
}

const char *editor_text(struct editor *editor)
{
    size_t needed = editor->length * 4 + 1;
    if (needed > editor->utf8_capacity) {
        editor_wipe(editor->utf8, editor->utf8_capacity);
        free(editor->utf8);
        editor->utf8 = malloc(needed * 2);
        if (editor->utf8 == NULL)
            abort();
        editor->utf8_capacity = needed * 2;
    }
    size_t length = 0;
    for (size_t i = 0; i < editor->length; i++)
        length += cells_encode(editor->utf8 + length, editor->text[i]);
    editor->utf8[length] = '\0';
    return editor->utf8;
}

size_t editor_length(const struct editor *editor)
{
    return editor->length;
}

bool editor_is_changed(const struct editor *editor)
{
    return editor->changed;
}

void editor_mark_clean(struct editor *editor)
{
    editor->changed = false;
}

void editor_home(struct editor *editor)
{
    editor->cursor = 0;
    editor->goal = -1;
    editor->selected = false;
}

void editor_end(struct editor *editor)
{
    editor->cursor = editor->length;
    editor->goal = -1;
    editor->selected = false;
}

void editor_select_all(struct editor *editor)
{
    editor->selected = editor->length > 0;
}

void editor_resize(struct editor *editor, int columns, int rows)
{
    editor->options.columns = columns < 2 ? 2 : columns;
    editor->options.rows = rows < 1 ? 1 : rows;
    editor->left = 0;
    editor->top = 0;
    editor->goal = -1;
}

bool editor_is_overwrite(const struct editor *editor)
{
    return editor->overwrite;
}

void editor_set_overwrite(struct editor *editor, bool overwrite)
{
    editor->overwrite = overwrite;
}

size_t editor_position(const struct editor *editor)
{
    return editor->cursor;
}

/* --- drawing --------------------------------------------------------------------------------- */

/* Draws the characters from..to; returns the columns used. */
static int editor_draw_run(const struct editor *editor, struct cells *cells, int row, int column,
                           enum cell_attribute attribute, size_t from, size_t to)
{
    int limit = column + editor->options.columns;
    int at = column;
    for (size_t i = from; i < to; i++) {
        char text[5];
        uint32_t character = editor->text[i];
        int columns = editor_columns(editor, character);
        if (at + columns > limit)
            break;
        if (columns == 0) {
            /* A mark joins the character before it, which cells_put does within one text. */
            if (i > from) {
                const struct cell *before = cells_at(cells, row, at - 1);
                if (before != NULL && before->columns == 0)
                    before--;
                if (before != NULL && before->combining == 0)
                    cells->cell[before - cells->cell].combining = character;
            }
            continue;
        }
        if (character == '\n' || character == '\t')
            character = ' ';
        text[cells_encode(text, character)] = '\0';
        cells_put(cells, row, at, columns, attribute, text);
        at += columns;
    }
    return at - column;
}

void editor_draw(struct editor *editor, struct cells *cells, int row, int column,
                 enum cell_attribute attribute, uint32_t empty)
{
    int columns = editor->options.columns;
    uint32_t filler = empty == 0 ? ' ' : empty;
    editor_settle(editor);
    if (editor->options.secret) {
        cells_fill(cells, row, column, editor->options.rows, columns, attribute, filler);
        return;
    }
    if (!editor_is_memo(editor)) {
        int used =
            editor_draw_run(editor, cells, row, column, attribute, editor->left, editor->length);
        /* What is hidden on the right leaves a space when its first half would not fit. */
        bool hidden = editor_hidden_after(editor);
        cells_fill(cells, row, column + used, 1, columns - used, attribute, hidden ? ' ' : filler);
        return;
    }
    size_t start = editor_row_start(editor, editor->top);
    bool more = true;
    for (int i = 0; i < editor->options.rows; i++) {
        int used = 0;
        size_t next = start;
        size_t end = start;
        if (more) {
            bool last = !editor_row(editor, start, &next, &end);
            size_t stop = next > start && editor->text[next - 1] == '\n' ? next - 1 : next;
            used = editor_draw_run(editor, cells, row + i, column, attribute, start, stop);
            more = !last;
        }
        cells_fill(cells, row + i, column + used, 1, columns - used, attribute, filler);
        start = next;
    }
}

void editor_cursor(struct editor *editor, int *row, int *column)
{
    *row = 0;
    *column = 0;
    if (editor->options.secret)
        return;
    editor_settle(editor);
    size_t start = editor->left;
    if (editor_is_memo(editor)) {
        size_t end;
        *row = (int)(editor_cursor_row(editor, &start, &end) - editor->top);
    }
    *column = editor_width(editor, start, editor->cursor);
    /* Behind a row that is full to the last column the cursor stands on its last character. */
    if (*column > editor->options.columns - 1)
        *column = editor_width(editor, start, editor_before(editor, editor->cursor));
}

bool editor_hidden_before(struct editor *editor)
{
    editor_settle(editor);
    return !editor->options.secret && (editor_is_memo(editor) ? editor->top > 0 : editor->left > 0);
}

bool editor_hidden_after(struct editor *editor)
{
    editor_settle(editor);
    if (editor->options.secret)
        return false;
    if (!editor_is_memo(editor))
        return editor_width(editor, editor->left, editor->length) > editor->options.columns;
    size_t start = editor_row_start(editor, editor->top);
    size_t next;
    size_t end;
    for (int i = 0; i < editor->options.rows; i++) {
        if (!editor_row(editor, start, &next, &end))
            return false;
        start = next;
    }
    return start < editor->length;
}
