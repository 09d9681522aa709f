/* The row of tabs. */
#include "client/terminal/tabs.h"
#include "protocol/buffer.h"

#include <stdio.h>

enum { TAB_BORDER = 2 /* a bracket or a space on each side */ };

/* "1 title", a '!' in front on a fault. */
static void tab_text(char *text, size_t size, const struct tabs_entry *tab, size_t index)
{
    snprintf(text, size, "%s%zu %s", tab->fault ? "!" : "", index + 1, tab->title);
}

static int tab_width(const struct cells *cells, const struct tabs_entry *tab, size_t index)
{
    char text[256];
    tab_text(text, sizeof(text), tab, index);
    return utf8_width(text, cells->ambiguous) + TAB_BORDER;
}

void tabs_draw(struct cells *cells, int row, int column, int columns, const struct tabs_entry *tabs,
               size_t count, size_t current)
{
    cells_fill(cells, row, column, 1, columns, CELL_LABEL, ' ');
    if (count == 0)
        return;
    if (current >= count)
        current = count - 1;
    /* The first tab shown is the leftmost from which the current one still fits. */
    int room = columns - 2; /* '<' and '>' */
    size_t first = current;
    int width = tab_width(cells, &tabs[current], current);
    while (first > 0 && width + tab_width(cells, &tabs[first - 1], first - 1) <= room) {
        first--;
        width += tab_width(cells, &tabs[first], first);
    }
    if (first > 0)
        cells_put(cells, row, column, 1, CELL_KEY, "<");
    int at = column + 1;
    int limit = column + 1 + room;
    for (size_t i = first; i < count; i++) {
        char text[256];
        int needed = tab_width(cells, &tabs[i], i);
        if (at + needed > limit && i != first) {
            cells_put(cells, row, column + columns - 1, 1, CELL_KEY, ">");
            break;
        }
        tab_text(text, sizeof(text), &tabs[i], i);
        enum cell_attribute attribute = i == current ? CELL_FOCUS : CELL_LABEL;
        if (tabs[i].fault && i != current)
            attribute = CELL_ERROR;
        cells_put(cells, row, at, limit - at, attribute, i == current ? "[" : " ");
        int used = cells_put(cells, row, at + 1, limit - at - 2, attribute, text);
        cells_put(cells, row, at + 1 + used, 1, attribute, i == current ? "]" : " ");
        at += used + TAB_BORDER;
    }
}
