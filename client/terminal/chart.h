/* Charts in characters: bars beside rows, columns over a scale, a line of points. Figures are
 * integers in the unit of the caller; labels come from the caller. */
#ifndef HALLDESK_CHART_H
#define HALLDESK_CHART_H

#include "client/terminal/cells.h"

#include <stdint.h>

/* A horizontal bar of '#', at least one for a value above 0; `maximum` fills `columns`. */
void chart_bar(struct cells *cells, int row, int column, int columns, enum cell_attribute attribute,
               int64_t value, int64_t maximum);

struct chart_point {
    const char *label; /* below the axis; cut at the width of one point */
    int64_t value;
};

enum chart_kind { CHART_COLUMNS, CHART_LINE };

/* Scale at the left, an axis, labels below. Formats the scale with `scale_text` (amounts, units);
 * NULL prints the integer. Needs at least 4 rows and 12 columns and values below 2^59, else
 * nothing is drawn and false is returned. Points that do not fit are left out from the left (the
 * newest stay). */
typedef void (*chart_scale_text)(int64_t value, char *text, size_t size);
bool chart_draw(struct cells *cells, int row, int column, int rows, int columns,
                enum chart_kind kind, const struct chart_point *points, size_t count,
                chart_scale_text scale_text);

#endif
