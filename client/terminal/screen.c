/* Regions and pop-ups, each a grid of cells; composed into one picture before the terminal waits.
 * Composing own grids instead of curses panels keeps wide characters whole at every edge of a
 * pop-up and makes the picture available to tests and to print screen. */
#include "client/terminal/screen.h"

#include <stdlib.h>
#include <string.h>

struct popup {
    struct screen *screen;
    struct popup *below;
    struct cells *frame;
    struct cells *inside;
    int wanted_row; /* -1: centred */
    int wanted_column;
    int wanted_rows;
    int wanted_columns;
    int row; /* of the frame, on the screen */
    int column;
    int cursor_row;
    int cursor_column;
    char *title;
    char *foot;
};

struct screen {
    struct terminal *terminal;
    int rows;
    int columns;
    int ambiguous;
    struct cells *regions[SCREEN_REGIONS];
    struct popup *top;
    enum screen_region cursor_region;
    int cursor_row;
    int cursor_column;
};

/* Rows of a region, and its first row, for a screen of `rows` rows. */
static int region_rows(enum screen_region region, int rows)
{
    return region == SCREEN_BODY ? rows - (SCREEN_ROWS - SCREEN_BODY_ROWS) : 1;
}

static int region_first(enum screen_region region, int rows)
{
    switch (region) {
    case SCREEN_TITLE:
        return 0;
    case SCREEN_COMMAND:
        return 1;
    case SCREEN_BODY:
        return 2;
    case SCREEN_MESSAGE:
        return rows - 3;
    case SCREEN_HINT:
        return rows - 2;
    default:
        return rows - 1;
    }
}

static void screen_measure(struct screen *screen)
{
    screen->rows = SCREEN_ROWS;
    screen->columns = SCREEN_COLUMNS;
    screen->ambiguous = 1;
    if (screen->terminal == NULL)
        return;
    screen->ambiguous = terminal_line(screen->terminal)->ambiguous;
    if (terminal_rows(screen->terminal) > SCREEN_ROWS)
        screen->rows = terminal_rows(screen->terminal);
    if (terminal_columns(screen->terminal) > SCREEN_COLUMNS)
        screen->columns = terminal_columns(screen->terminal);
}

static void screen_paint(void *context, struct cells *cells, int *row, int *column)
{
    screen_compose(context, cells, row, column);
}

struct screen *screen_create(struct terminal *terminal)
{
    struct screen *screen = calloc(1, sizeof(*screen));
    if (screen == NULL)
        abort();
    screen->terminal = terminal;
    screen_measure(screen);
    for (int i = 0; i < SCREEN_REGIONS; i++)
        screen->regions[i] = cells_create(region_rows((enum screen_region)i, screen->rows),
                                          screen->columns, screen->ambiguous);
    screen->cursor_row = -1;
    screen->cursor_column = -1;
    if (terminal != NULL)
        terminal_set_painter(terminal, screen_paint, screen);
    return screen;
}

static void popup_release(struct popup *popup)
{
    cells_free(popup->frame);
    cells_free(popup->inside);
    free(popup->title);
    free(popup->foot);
    free(popup);
}

void screen_free(struct screen *screen)
{
    if (screen == NULL)
        return;
    while (screen->top != NULL) {
        struct popup *popup = screen->top;
        screen->top = popup->below;
        popup_release(popup);
    }
    if (screen->terminal != NULL)
        terminal_set_painter(screen->terminal, NULL, NULL);
    for (int i = 0; i < SCREEN_REGIONS; i++)
        cells_free(screen->regions[i]);
    free(screen);
}

static void popup_place(struct popup *popup);

void screen_resize(struct screen *screen)
{
    screen_measure(screen);
    for (int i = 0; i < SCREEN_REGIONS; i++) {
        screen->regions[i]->ambiguous = screen->ambiguous;
        cells_resize(screen->regions[i], region_rows((enum screen_region)i, screen->rows),
                     screen->columns);
    }
    for (struct popup *popup = screen->top; popup != NULL; popup = popup->below)
        popup_place(popup);
}

struct cells *screen_cells(struct screen *screen, enum screen_region region)
{
    return screen->regions[region];
}

int screen_ambiguous(const struct screen *screen)
{
    return screen->ambiguous;
}

int screen_put(struct screen *screen, enum screen_region region, int row, int column, int columns,
               enum cell_attribute attribute, const char *text)
{
    return cells_put(screen->regions[region], row, column, columns, attribute, text);
}

void screen_clear(struct screen *screen, enum screen_region region)
{
    cells_clear(screen->regions[region]);
}

void screen_line(struct screen *screen, enum screen_region region, int row,
                 enum cell_attribute attribute, const char *text)
{
    struct cells *cells = screen->regions[region];
    cells_put_aligned(cells, row, 0, cells->columns, attribute, CELL_ALIGN_LEFT, text);
}

void screen_cursor(struct screen *screen, enum screen_region region, int row, int column)
{
    screen->cursor_region = region;
    screen->cursor_row = row;
    screen->cursor_column = column;
}

void screen_cursor_hide(struct screen *screen)
{
    screen->cursor_row = -1;
    screen->cursor_column = -1;
}

/* --- pop-ups --------------------------------------------------------------------------------- */

static void popup_frame(struct popup *popup)
{
    struct cells *frame = popup->frame;
    int last = frame->rows - 1;
    cells_box(frame, 0, 0, frame->rows, frame->columns, CELL_FRAME);
    const char *texts[] = {popup->title, popup->foot};
    for (int i = 0; i < 2; i++) {
        if (texts[i] == NULL || *texts[i] == '\0')
            continue;
        int row = i == 0 ? 0 : last;
        int used = cells_put(frame, row, 2, frame->columns - 4, CELL_TITLE, " ");
        used += cells_put(frame, row, 2 + used, frame->columns - 5 - used, CELL_TITLE, texts[i]);
        cells_put(frame, row, 2 + used, 1, CELL_TITLE, " ");
    }
}

/* Finds size and place for the screen as it is now; what was drawn inside is kept where it fits. */
static void popup_place(struct popup *popup)
{
    struct screen *screen = popup->screen;
    int body_rows = region_rows(SCREEN_BODY, screen->rows);
    int rows = popup->wanted_rows < body_rows - 2 ? popup->wanted_rows : body_rows - 2;
    int columns =
        popup->wanted_columns < screen->columns - 2 ? popup->wanted_columns : screen->columns - 2;
    struct cells *inside = cells_create(rows, columns, screen->ambiguous);
    if (popup->inside != NULL) {
        cells_compose(inside, popup->inside, 0, 0);
        cells_free(popup->inside);
    }
    popup->inside = inside;
    cells_free(popup->frame);
    popup->frame = cells_create(inside->rows + 2, inside->columns + 2, screen->ambiguous);
    int row = popup->wanted_row >= 0 ? popup->wanted_row : (body_rows - popup->frame->rows) / 2;
    int column = popup->wanted_column >= 0 ? popup->wanted_column
                                           : (screen->columns - popup->frame->columns) / 2;
    if (row > body_rows - popup->frame->rows)
        row = body_rows - popup->frame->rows;
    if (column > screen->columns - popup->frame->columns)
        column = screen->columns - popup->frame->columns;
    popup->row = region_first(SCREEN_BODY, screen->rows) + (row < 0 ? 0 : row);
    popup->column = column < 0 ? 0 : column;
    popup_frame(popup);
}

static void text_replace(char **place, const char *text)
{
    char *copy = strdup(text == NULL ? "" : text);
    if (copy == NULL)
        abort();
    free(*place);
    *place = copy;
}

struct popup *popup_open(struct screen *screen, int row, int column, int rows, int columns,
                         const char *title)
{
    struct popup *popup = calloc(1, sizeof(*popup));
    if (popup == NULL)
        abort();
    popup->screen = screen;
    popup->wanted_row = row;
    popup->wanted_column = column;
    popup->wanted_rows = rows < 1 ? 1 : rows;
    popup->wanted_columns = columns < 1 ? 1 : columns;
    popup->cursor_row = -1;
    popup->cursor_column = -1;
    text_replace(&popup->title, title);
    popup_place(popup);
    popup->below = screen->top;
    screen->top = popup;
    return popup;
}

void popup_close(struct popup *popup)
{
    if (popup == NULL)
        return;
    struct popup **link = &popup->screen->top;
    while (*link != NULL && *link != popup)
        link = &(*link)->below;
    if (*link != NULL)
        *link = popup->below;
    popup_release(popup);
}

struct cells *popup_cells(struct popup *popup)
{
    return popup->inside;
}

void popup_title(struct popup *popup, const char *title)
{
    text_replace(&popup->title, title);
    popup_frame(popup);
}

void popup_foot(struct popup *popup, const char *text)
{
    text_replace(&popup->foot, text);
    popup_frame(popup);
}

void popup_cursor(struct popup *popup, int row, int column)
{
    popup->cursor_row = row;
    popup->cursor_column = column;
}

int popup_count(const struct screen *screen)
{
    int count = 0;
    for (const struct popup *popup = screen->top; popup != NULL; popup = popup->below)
        count++;
    return count;
}

/* --- the picture ----------------------------------------------------------------------------- */

static void popup_compose(const struct popup *popup, struct cells *target)
{
    if (popup == NULL)
        return;
    popup_compose(popup->below, target);
    cells_compose(target, popup->frame, popup->row, popup->column);
    cells_compose(target, popup->inside, popup->row + 1, popup->column + 1);
}

void screen_compose(struct screen *screen, struct cells *target, int *row, int *column)
{
    cells_clear(target);
    for (int i = 0; i < SCREEN_REGIONS; i++)
        cells_compose(target, screen->regions[i], region_first((enum screen_region)i, screen->rows),
                      0);
    popup_compose(screen->top, target);
    *row = -1;
    *column = -1;
    const struct popup *popup = screen->top;
    if (popup != NULL && popup->cursor_row >= 0) {
        *row = popup->row + 1 + popup->cursor_row;
        *column = popup->column + 1 + popup->cursor_column;
    } else if (popup == NULL && screen->cursor_row >= 0) {
        *row = region_first(screen->cursor_region, screen->rows) + screen->cursor_row;
        *column = screen->cursor_column;
    }
}

bool screen_print(struct screen *screen, FILE *file)
{
    struct cells *cells = cells_create(screen->rows, screen->columns, screen->ambiguous);
    int row;
    int column;
    bool written = true;
    screen_compose(screen, cells, &row, &column);
    for (int i = 0; i < cells->rows && written; i++) {
        char *text = cells_row_text(cells, i);
        written = fprintf(file, "%s\n", text) >= 0;
        free(text);
    }
    cells_free(cells);
    return fflush(file) == 0 && written;
}
