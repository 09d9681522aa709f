/* A bar for long work. */
#include "client/terminal/progress.h"

#include <stdio.h>

enum { FIGURE_COLUMNS = 5, RUNNER_COLUMNS = 3, SHORTEST_BAR = 4 };

void progress_draw(struct cells *cells, int row, int column, int columns, int64_t done,
                   int64_t total)
{
    int bar = columns - 2 - (total > 0 ? FIGURE_COLUMNS : 0);
    cells_fill(cells, row, column, 1, columns, CELL_PLAIN, ' ');
    if (bar < SHORTEST_BAR)
        return;
    if (done < 0)
        done = 0;
    cells_put(cells, row, column, 1, CELL_FRAME, "[");
    cells_fill(cells, row, column + 1, 1, bar, CELL_FAINT, '.');
    cells_put(cells, row, column + 1 + bar, 1, CELL_FRAME, "]");
    if (total <= 0) {
        int place = (int)(done % (bar - RUNNER_COLUMNS + 1));
        cells_fill(cells, row, column + 1 + place, 1, RUNNER_COLUMNS, CELL_VALUE, '#');
        return;
    }
    if (done > total)
        done = total;
    /* Divided first where the product could overflow. */
    int64_t percent = total > INT64_MAX / 1000 ? done / (total / 100) : done * 100 / total;
    if (percent > 100)
        percent = 100;
    cells_fill(cells, row, column + 1, 1, (int)(percent * bar / 100), CELL_VALUE, '#');
    char figure[32];
    snprintf(figure, sizeof(figure), "%4d%%", (int)percent);
    cells_put(cells, row, column + columns - FIGURE_COLUMNS, FIGURE_COLUMNS, CELL_VALUE, figure);
}
