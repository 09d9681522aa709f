/* Row 24. */
#include "client/terminal/keybar.h"
#include "protocol/buffer.h"

size_t keybar_draw(struct cells *cells, int row, const struct keybar_entry *entries, size_t count)
{
    size_t drawn = 0;
    int at = 1;
    cells_fill(cells, row, 0, 1, cells->columns, CELL_PLAIN, ' ');
    for (size_t i = 0; i < count; i++) {
        const struct keybar_entry *entry = &entries[i];
        if (entry->text == NULL)
            continue;
        int needed = utf8_width(entry->key, cells->ambiguous) +
                     utf8_width(entry->text, cells->ambiguous) + (entry->inactive ? 2 : 0);
        if (at + needed > cells->columns)
            continue;
        enum cell_attribute key = entry->inactive ? CELL_FAINT : CELL_KEY;
        enum cell_attribute text = entry->inactive ? CELL_FAINT : CELL_PLAIN;
        if (entry->inactive)
            at += cells_put(cells, row, at, 1, CELL_FAINT, "(");
        at += cells_put(cells, row, at, cells->columns - at, key, entry->key);
        at += cells_put(cells, row, at, cells->columns - at, text, entry->text);
        if (entry->inactive)
            at += cells_put(cells, row, at, 1, CELL_FAINT, ")");
        at++;
        drawn++;
    }
    return drawn;
}
