/* Pop-ups with a loop of their own. */
#include "client/dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/buffer.h"

enum { TEXT_COLUMNS = 70, LINES_LIMIT = 2000, ASK_COLUMNS = 40, PAGE = 10 };

/* --- text ------------------------------------------------------------------------------------ */

struct wrapped {
    struct arena *arena;
    size_t count;
    const char *lines[LINES_LIMIT];
};

static void wrapped_add(struct wrapped *wrapped, const char *text, size_t length)
{
    if (wrapped->count < LINES_LIMIT)
        wrapped->lines[wrapped->count++] = arena_copy(wrapped->arena, text, length);
}

/* Breaks at blanks where there is one in the last third, else between characters. */
static void text_wrap(struct wrapped *wrapped, const char *text, int columns, int ambiguous)
{
    while (*text != '\0') {
        size_t line = strcspn(text, "\n");
        size_t at = 0;
        size_t blank = 0;
        int width = 0;
        while (at < line) {
            uint32_t character;
            size_t bytes = utf8_decode(text + at, line - at, &character);
            if (bytes == 0)
                break;
            int wide = utf8_columns(character, ambiguous);
            if (width + wide > columns)
                break;
            if (character == ' ' && width > columns * 2 / 3)
                blank = at + bytes;
            width += wide;
            at += bytes;
        }
        if (at < line && blank > 0)
            at = blank;
        if (at == 0 && line > 0)
            at = line; /* not UTF-8: shown as it comes */
        wrapped_add(wrapped, text, at);
        text += at;
        if (*text == '\n')
            text++;
    }
}

static struct popup *text_open(struct application *application, const char *title,
                               const struct wrapped *wrapped, const char *foot)
{
    int ambiguous = screen_ambiguous(application->screen);
    int rows = wrapped->count > 0 ? (int)wrapped->count : 1;
    int columns = 24;
    for (size_t i = 0; i < wrapped->count; i++) {
        int width = utf8_width(wrapped->lines[i], ambiguous) + 2;
        columns = width > columns ? width : columns;
    }
    int foot_width = utf8_width(foot, ambiguous) + 4;
    columns = foot_width > columns ? foot_width : columns;
    struct popup *popup = popup_open(application->screen, -1, -1, rows, columns, title);
    popup_foot(popup, foot);
    return popup;
}

static void text_draw(struct popup *popup, const struct wrapped *wrapped, size_t top)
{
    struct cells *cells = popup_cells(popup);
    cells_clear(cells);
    for (int row = 0; row < cells->rows && top + (size_t)row < wrapped->count; row++)
        cells_put(cells, row, 1, cells->columns - 1, CELL_PLAIN, wrapped->lines[top + (size_t)row]);
    popup_cursor(popup, 0, 0);
}

static size_t text_scroll(const struct popup *popup, const struct wrapped *wrapped, size_t top,
                          const struct keys_event *key)
{
    size_t rows = (size_t)popup_cells((struct popup *)popup)->rows;
    size_t last = wrapped->count > rows ? wrapped->count - rows : 0;
    switch (key->code) {
    case KEYS_DOWN:
        return top < last ? top + 1 : last;
    case KEYS_UP:
        return top > 0 ? top - 1 : 0;
    case KEYS_PAGE_DOWN:
        return top + PAGE < last ? top + PAGE : last;
    case KEYS_PAGE_UP:
        return top > PAGE ? top - PAGE : 0;
    default:
        return SIZE_MAX;
    }
}

void dialog_text(struct application *application, const char *title, const char *text)
{
    struct wrapped *wrapped = calloc(1, sizeof *wrapped);
    struct keys_event key;
    size_t top = 0;
    if (wrapped == NULL)
        abort();
    wrapped->arena = arena_create();
    text_wrap(wrapped, text, TEXT_COLUMNS, screen_ambiguous(application->screen));
    struct popup *popup =
        text_open(application, title, wrapped, application_text(application, "client.any_key"));
    for (;;) {
        text_draw(popup, wrapped, top);
        if (!application_wait(application, &key))
            break;
        size_t moved = key.kind == KEYS_KEY ? text_scroll(popup, wrapped, top, &key) : SIZE_MAX;
        if (moved == SIZE_MAX)
            break;
        top = moved;
    }
    popup_close(popup);
    arena_free(wrapped->arena);
    free(wrapped);
}

bool dialog_confirm(struct application *application, const char *title, const char *text)
{
    struct wrapped *wrapped = calloc(1, sizeof *wrapped);
    struct keys_event key;
    bool agreed = false;
    size_t top = 0;
    if (wrapped == NULL)
        abort();
    wrapped->arena = arena_create();
    text_wrap(wrapped, text, TEXT_COLUMNS, screen_ambiguous(application->screen));
    terminal_discard_keys(application->terminal);
    struct popup *popup = text_open(application, title, wrapped,
                                    application_text(application, "client.confirm_foot"));
    for (;;) {
        text_draw(popup, wrapped, top);
        if (!application_wait(application, &key))
            break;
        if (key.kind == KEYS_CHARACTER && !key.pasted &&
            (key.character == 'y' || key.character == 'Y' || key.character == 'n' ||
             key.character == 'N')) {
            agreed = key.character == 'y' || key.character == 'Y';
            break;
        }
        if (key.kind != KEYS_KEY)
            continue;
        agreed = key.code == KEYS_F10;
        if (agreed || key.code == KEYS_F12 || key.code == KEYS_F3)
            break;
        size_t moved = text_scroll(popup, wrapped, top, &key);
        top = moved != SIZE_MAX ? moved : top;
    }
    popup_close(popup);
    arena_free(wrapped->arena);
    free(wrapped);
    return agreed;
}

/* --- one text -------------------------------------------------------------------------------- */

const char *dialog_ask(struct application *application, const char *title, const char *label,
                       const char *initial, bool secret, size_t maximum, struct arena *arena)
{
    int ambiguous = screen_ambiguous(application->screen);
    int label_width = utf8_width(label, ambiguous);
    const char *text = NULL;
    struct keys_event key;
    struct editor *editor = editor_create(&(struct editor_options){
        .columns = ASK_COLUMNS,
        .rows = 1,
        .maximum = maximum,
        .restriction = EDITOR_TEXT,
        .secret = secret,
        .ambiguous = ambiguous,
    });
    editor_set_text(editor, initial);
    editor_end(editor);
    struct popup *popup =
        popup_open(application->screen, -1, -1, 3, label_width + ASK_COLUMNS + 4, title);
    popup_foot(popup, application_text(application, "client.ask_foot"));
    for (;;) {
        struct cells *cells = popup_cells(popup);
        int row;
        int column;
        cells_clear(cells);
        cells_put(cells, 1, 1, label_width, CELL_LABEL, label);
        editor_draw(editor, cells, 1, label_width + 2, CELL_INPUT, '_');
        editor_cursor(editor, &row, &column);
        popup_cursor(popup, 1, label_width + 2 + column);
        if (!application_wait(application, &key))
            break;
        if (key.kind == KEYS_KEY && (key.code == KEYS_F12 || key.code == KEYS_F3))
            break;
        if (key.kind == KEYS_KEY && (key.code == KEYS_ENTER || key.code == KEYS_F10)) {
            text = arena_string(arena, editor_text(editor));
            break;
        }
        enum editor_result result = editor_key(editor, &key);
        if (result == EDITOR_REFUSED || result == EDITOR_FULL)
            terminal_beep(application->terminal);
    }
    popup_close(popup);
    editor_free(editor);
    return text;
}

/* --- list ------------------------------------------------------------------------------------ */

static int choice_width(const struct dialog_choice *choice, int columns)
{
    int width = 4;
    for (size_t i = 0; i < choice->column_count; i++)
        width += choice->columns[i].columns + 1;
    width = width < 36 ? 36 : width;
    return width > columns - 4 ? columns - 4 : width;
}

int64_t dialog_choose(struct application *application, const struct dialog_choice *choice,
                      int64_t *ids, size_t *marked)
{
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    int heading = 0;
    for (size_t i = 0; i < choice->column_count; i++)
        heading = choice->columns[i].title[0] != '\0' ? 1 : heading;
    int rows = body->rows - 4 - heading;
    if (choice->fetch == NULL && (size_t)rows > choice->count)
        rows = choice->count > 0 ? (int)choice->count : 1;
    int width = choice_width(choice, body->columns);
    struct list *list = list_create(&(struct list_options){
        .columns = choice->columns,
        .column_count = choice->column_count,
        .rows = rows,
        .width = width,
        .heading = heading != 0,
        .numbers = true,
        .marks = choice->marks,
        .filter_by_fetch = choice->fetch != NULL,
        .ambiguous = screen_ambiguous(application->screen),
        .fetch = choice->fetch,
        .context = choice->context,
    });
    struct popup *popup =
        popup_open(application->screen, -1, -1, rows + heading + 1, width, choice->title);
    popup_foot(popup, application_text(application,
                                       choice->marks ? "client.mark_foot" : "client.choose_foot"));
    if (choice->filter != NULL)
        list_set_filter(list, choice->filter);
    if (choice->fetch != NULL)
        list_start(list);
    else
        list_deliver(list, choice->rows, choice->count, true);
    if (choice->filter != NULL && choice->fetch == NULL && list_visible_count(list) == 0)
        list_set_filter(list, "");
    if (choice->focus != 0)
        list_set_focus(list, choice->focus);
    int64_t chosen = 0;
    struct keys_event key;
    for (;;) {
        struct cells *cells = popup_cells(popup);
        int row = 0;
        int column = 0;
        cells_clear(cells);
        list_draw(list, cells, 0, 0, true, &row, &column);
        if (list_filter(list)[0] != '\0') {
            cells_put(cells, cells->rows - 1, 1, cells->columns - 1, CELL_KEY, "/");
            cells_put(cells, cells->rows - 1, 2, cells->columns - 2, CELL_INPUT, list_filter(list));
        }
        popup_cursor(popup, row, column);
        if (!application_wait(application, &key))
            break;
        if (key.kind == KEYS_KEY && (key.code == KEYS_F12 || key.code == KEYS_F3))
            break;
        if (choice->marks && key.kind == KEYS_KEY && key.code == KEYS_F10) {
            *marked = list_marked(list, ids, *marked);
            chosen = -1;
            break;
        }
        enum list_result result = list_key(list, &key);
        if (result == LIST_CHOSEN && !choice->marks) {
            chosen = list_focus_id(list);
            break;
        }
        if (result == LIST_REFUSED)
            terminal_beep(application->terminal);
    }
    popup_close(popup);
    list_free(list);
    return chosen;
}
