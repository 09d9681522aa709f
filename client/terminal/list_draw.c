/* The list on cells: heading, numbers, marks, indentation, columns. */
#include "client/terminal/list_internal.h"

#include <stdio.h>

enum {
    NUMBER_COLUMNS = 3, /* "12 " */
    MARK_COLUMNS = 1,
    INDENT_COLUMNS = 2,
    COLUMN_GAP = 1
};

/* Columns of each column when those of width 0 share what the others leave. */
static int column_width(const struct list *list, size_t index)
{
    int left = list->options.width;
    int sharing = 0;
    if (list->columns[index].columns > 0)
        return list->columns[index].columns;
    if (list->options.numbers)
        left -= NUMBER_COLUMNS;
    if (list->options.marks)
        left -= MARK_COLUMNS;
    for (size_t i = 0; i < list->options.column_count; i++) {
        left -= list->columns[i].columns + (i > 0 ? COLUMN_GAP : 0);
        if (list->columns[i].columns == 0)
            sharing++;
    }
    return left > 0 && sharing > 0 ? left / sharing : 0;
}

static void list_draw_row(const struct list *list, struct cells *cells, int row, int column,
                          size_t index, bool focused)
{
    const struct entry *entry = &list->entries[list->visible[index]];
    enum cell_attribute attribute = focused ? CELL_FOCUS : entry->attribute;
    int end = column + list->options.width;
    cells_fill(cells, row, column, 1, list->options.width, attribute, ' ');
    if (list->options.numbers) {
        char number[16];
        snprintf(number, sizeof(number), "%2d", (int)(index - list->top + 1));
        cells_put(cells, row, column, 2, focused ? CELL_FOCUS : CELL_KEY, number);
        column += NUMBER_COLUMNS;
    }
    if (list->options.marks) {
        cells_put(cells, row, column, 1, focused ? CELL_FOCUS : CELL_MARK,
                  entry->marked ? "*" : " ");
        column += MARK_COLUMNS;
    }
    for (size_t i = 0; i < list->options.column_count && column < end; i++) {
        int width = column_width(list, i);
        int indent = 0;
        if (width > end - column)
            width = end - column;
        if (i == 0 && (entry->depth > 0 || entry->expandable)) {
            indent = entry->depth * INDENT_COLUMNS;
            if (indent > width - INDENT_COLUMNS)
                indent = width - INDENT_COLUMNS;
            if (indent < 0)
                indent = 0;
            if (entry->expandable)
                cells_put(cells, row, column + indent, 1, attribute, entry->expanded ? "-" : "+");
            indent += INDENT_COLUMNS;
        }
        cells_put_aligned(cells, row, column + indent, width - indent, attribute,
                          list->columns[i].align, entry->texts[i]);
        column += width + COLUMN_GAP;
    }
}

static void list_draw_heading(const struct list *list, struct cells *cells, int row, int column)
{
    int end = column + list->options.width;
    cells_fill(cells, row, column, 1, list->options.width, CELL_LABEL, ' ');
    column +=
        (list->options.numbers ? NUMBER_COLUMNS : 0) + (list->options.marks ? MARK_COLUMNS : 0);
    for (size_t i = 0; i < list->options.column_count && column < end; i++) {
        int width = column_width(list, i);
        if (width > end - column)
            width = end - column;
        cells_put_aligned(cells, row, column, width, CELL_LABEL, list->columns[i].align,
                          list->columns[i].title);
        column += width + COLUMN_GAP;
    }
}

void list_draw(const struct list *list, struct cells *cells, int row, int column, bool focused,
               int *cursor_row, int *cursor_column)
{
    if (list->options.heading)
        list_draw_heading(list, cells, row++, column);
    if (cursor_row != NULL)
        *cursor_row = row;
    if (cursor_column != NULL)
        *cursor_column = column;
    for (int i = 0; i < list->options.rows; i++) {
        size_t index = list->top + (size_t)i;
        if (index >= list->visible_count) {
            cells_fill(cells, row + i, column, 1, list->options.width, CELL_PLAIN, ' ');
            continue;
        }
        bool here = index == list->focus;
        list_draw_row(list, cells, row + i, column, index, here && focused);
        if (here && cursor_row != NULL)
            *cursor_row = row + i;
    }
}
