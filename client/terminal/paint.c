/* ncurses on a file in memory: it never blocks on the line, its output can be converted and goes
 * out in one piece. curses works in C.UTF-8, which glibc always has; no locale of the operator or
 * of the machine takes part. Keys are not read through curses at all, so reading repaints
 * nothing. */
#define NCURSES_WIDECHAR 1

#include "client/terminal/paint.h"
#include "protocol/buffer.h"

#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

struct paint {
    struct edge *edge;
    SCREEN *screen;
    FILE *output;
    FILE *input;
    int memory;
    char *bytes;
    size_t capacity;
    bool colour;
    bool unicode_boxes; /* this type ignores the line-drawing set in UTF-8 */
    bool cursor_hidden;
    bool ended;
};

struct look {
    attr_t attributes;
    short foreground; /* -1: the terminal's own */
};

static const struct look looks[CELL_ATTRIBUTES] = {
    [CELL_PLAIN] = {A_NORMAL, -1},
    [CELL_TITLE] = {A_REVERSE, -1},
    [CELL_LABEL] = {A_NORMAL, -1},
    [CELL_VALUE] = {A_BOLD, -1},
    [CELL_INPUT] = {A_UNDERLINE, -1},
    [CELL_FOCUS] = {A_REVERSE, -1},
    [CELL_ERROR] = {A_REVERSE | A_BOLD, COLOR_RED},
    [CELL_WARNING] = {A_BOLD, COLOR_YELLOW},
    [CELL_KEY] = {A_BOLD, COLOR_CYAN},
    [CELL_MARK] = {A_BOLD | A_UNDERLINE, COLOR_GREEN},
    [CELL_FAINT] = {A_DIM, -1},
    [CELL_FRAME] = {A_NORMAL, -1},
};

static bool type_begins(const char *type, const char *beginning)
{
    return strncmp(type, beginning, strlen(beginning)) == 0;
}

static void paint_colours(struct paint *paint, const struct terminal_line *line)
{
    if (!line->colour || !has_colors() || start_color() == ERR)
        return;
    short background = use_default_colors() == OK ? -1 : COLOR_BLACK;
    for (short i = 0; i < CELL_ATTRIBUTES; i++) {
        short foreground = looks[i].foreground;
        if (foreground == -1 && background != -1)
            foreground = COLOR_WHITE;
        init_pair((short)(i + 1), foreground, background);
    }
    paint->colour = true;
}

/* For types that this machine's terminfo lacks (putty is in a package of its own). */
static const struct {
    const char *beginning;
    const char *type;
} fallbacks[] = {
    {"xterm", "xterm"}, {"putty", "xterm"}, {"konsole", "xterm"},
    {"gnome", "xterm"}, {"tmux", "screen"}, {"vt2", "vt220"},
    {"vt3", "vt220"},   {"vt4", "vt220"},   {"vt", "vt100"},
};

struct paint *paint_create(const struct terminal_line *line, struct edge *edge,
                           enum terminal_fault *fault)
{
    struct paint *paint = calloc(1, sizeof(*paint));
    if (paint == NULL)
        abort();
    paint->edge = edge;
    paint->memory = -1;
    *fault = TERMINAL_NO_LOCALE;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        goto failed;
    *fault = TERMINAL_SYSTEM;
    paint->memory = memfd_create("halldesk-screen", MFD_CLOEXEC);
    if (paint->memory < 0)
        goto failed;
    int copy = dup(paint->memory);
    if (copy < 0 || (paint->output = fdopen(copy, "w")) == NULL) {
        if (copy >= 0)
            close(copy);
        goto failed;
    }
    paint->input = fopen("/dev/null", "re");
    if (paint->input == NULL)
        goto failed;
    /* Boxes are drawn with the line-drawing set, one column in every encoding; these two ignore
     * it on UTF-8 lines and get Unicode boxes. Zero keeps curses from guessing by itself. */
    paint->unicode_boxes = line->encoding == TERMINAL_UTF8 &&
                           (type_begins(line->type, "linux") || type_begins(line->type, "putty"));
    if (setenv("NCURSES_NO_UTF8_ACS", paint->unicode_boxes ? "1" : "0", 1) != 0)
        goto failed;
    *fault = TERMINAL_UNKNOWN_TYPE;
    paint->screen = newterm(line->type, paint->output, paint->input);
    for (size_t i = 0; paint->screen == NULL && i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++)
        if (type_begins(line->type, fallbacks[i].beginning))
            paint->screen = newterm(fallbacks[i].type, paint->output, paint->input);
    if (paint->screen == NULL)
        goto failed;
    if (paint_capability("cup") == NULL) {
        paint_end(paint);
        goto failed;
    }
    typeahead(-1);
    nonl();
    leaveok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    paint_colours(paint, line);
    *fault = TERMINAL_OK;
    return paint;
failed:
    paint_free(paint);
    return NULL;
}

void paint_end(struct paint *paint)
{
    if (paint->screen == NULL || paint->ended)
        return;
    if (paint->cursor_hidden)
        curs_set(1);
    endwin();
    paint->ended = true;
}

void paint_free(struct paint *paint)
{
    if (paint == NULL)
        return;
    if (paint->screen != NULL) {
        paint_end(paint);
        delscreen(paint->screen);
    }
    if (paint->output != NULL)
        fclose(paint->output);
    if (paint->input != NULL)
        fclose(paint->input);
    if (paint->memory >= 0)
        close(paint->memory);
    free(paint->bytes);
    free(paint);
}

void paint_resize(struct paint *paint, int rows, int columns)
{
    (void)paint;
    resize_term(rows, columns);
    clearok(curscr, TRUE);
}

void paint_forget(struct paint *paint)
{
    edge_forget(paint->edge);
    clearok(curscr, TRUE);
}

static chtype box_character(uint32_t character, bool ascii)
{
    if (ascii) {
        if (character == CELL_LINE_HORIZONTAL)
            return '-';
        return character == CELL_LINE_VERTICAL ? '|' : '+';
    }
    switch (character) {
    case CELL_LINE_HORIZONTAL:
        return ACS_HLINE;
    case CELL_LINE_VERTICAL:
        return ACS_VLINE;
    case CELL_CORNER_UPPER_LEFT:
        return ACS_ULCORNER;
    case CELL_CORNER_UPPER_RIGHT:
        return ACS_URCORNER;
    case CELL_CORNER_LOWER_LEFT:
        return ACS_LLCORNER;
    case CELL_CORNER_LOWER_RIGHT:
        return ACS_LRCORNER;
    case CELL_TEE_LEFT:
        return ACS_LTEE;
    case CELL_TEE_RIGHT:
        return ACS_RTEE;
    case CELL_TEE_UPPER:
        return ACS_TTEE;
    case CELL_TEE_LOWER:
        return ACS_BTEE;
    default:
        return ACS_PLUS;
    }
}

static void paint_cell(struct paint *paint, const struct terminal_line *line,
                       const struct cell *cell, int row, int column)
{
    attr_t attributes = looks[cell->attribute % CELL_ATTRIBUTES].attributes;
    short pair = paint->colour ? (short)(cell->attribute + 1) : 0;
    if (looks[cell->attribute % CELL_ATTRIBUTES].foreground == -1)
        pair = 0;
    if (cell->character >= CELL_LINE_HORIZONTAL) {
        bool ascii = line->ascii_boxes || (paint->unicode_boxes && line->ambiguous == 2);
        chtype box = box_character(cell->character, ascii);
        mvaddch(row, column, box | attributes | COLOR_PAIR(pair));
        return;
    }
    wchar_t text[3] = {(wchar_t)cell->character, 0, 0};
    bool edged = line->ambiguous == 2 && utf8_is_ambiguous(cell->character);
    if (edged)
        text[0] = (wchar_t)edge_placeholder(paint->edge, cell->character);
    else if (line->ambiguous == 2 && edge_is_placeholder(cell->character))
        text[0] = 0;
    if (cell->combining != 0 && line->ambiguous == 1 && wcwidth((wchar_t)cell->combining) == 0)
        text[1] = (wchar_t)cell->combining;
    /* Where curses would count other columns than we do, a '?' keeps the row straight. */
    cchar_t curses_cell;
    if (text[0] == 0 || wcwidth(text[0]) != cell->columns) {
        text[0] = L'?';
        text[1] = 0;
    }
    setcchar(&curses_cell, text, attributes, pair, NULL);
    mvadd_wch(row, column, &curses_cell);
    if (text[0] == L'?' && cell->columns == 2) {
        text[0] = L' ';
        setcchar(&curses_cell, text, attributes, pair, NULL);
        mvadd_wch(row, column + 1, &curses_cell);
    }
}

void paint_show(struct paint *paint, const struct terminal_line *line, const struct cells *cells,
                int row, int column)
{
    int rows;
    int columns;
    getmaxyx(stdscr, rows, columns);
    for (int i = 0; i < rows && i < cells->rows; i++)
        for (int j = 0; j < columns && j < cells->columns; j++) {
            const struct cell *cell = cells_at(cells, i, j);
            if (cell->columns > 0 && j + cell->columns <= columns)
                paint_cell(paint, line, cell, i, j);
        }
    bool hidden = row < 0 || column < 0 || row >= rows || column >= columns;
    if (hidden != paint->cursor_hidden) {
        curs_set(hidden ? 0 : 1);
        paint->cursor_hidden = hidden;
    }
    if (!hidden)
        move(row, column);
    wnoutrefresh(stdscr);
    doupdate();
}

const char *paint_take(struct paint *paint, size_t *length)
{
    *length = 0;
    fflush(paint->output);
    off_t end = lseek(paint->memory, 0, SEEK_END);
    if (end <= 0)
        return "";
    if ((size_t)end > paint->capacity) {
        char *bytes = realloc(paint->bytes, (size_t)end);
        if (bytes == NULL)
            abort();
        paint->bytes = bytes;
        paint->capacity = (size_t)end;
    }
    while (*length < (size_t)end) {
        ssize_t got =
            pread(paint->memory, paint->bytes + *length, (size_t)end - *length, (off_t)*length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        *length += (size_t)got;
    }
    if (ftruncate(paint->memory, 0) != 0 || lseek(paint->memory, 0, SEEK_SET) != 0)
        abort(); /* a file in memory that is ours alone: cannot fail */
    return paint->bytes;
}

const char *paint_capability(const char *name)
{
    const char *value = tigetstr(name);
    if (value == NULL || value == (const char *)-1 || *value == '\0')
        return NULL;
    return value;
}
