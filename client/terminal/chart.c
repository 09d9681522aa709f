/* Charts in characters. Integer arithmetic only: figures may be amounts. */
#include "client/terminal/chart.h"
#include "protocol/buffer.h"

#include <inttypes.h>
#include <stdio.h>

enum { LEAST_ROWS = 4, LEAST_COLUMNS = 12, SCALE_TEXT = 32 };

/* Leaves room for sums and roundings of the scale. */
static const int64_t VALUE_LIMIT = INT64_MAX / 16;

/* value * steps / span rounded half up, without overflow for any value below span. */
static int64_t chart_share(int64_t value, int64_t span, int64_t steps)
{
    if (span <= 0 || value <= 0)
        return 0;
    if (value >= span)
        return steps;
    while (span > INT64_MAX / 4 / (steps + 1)) {
        span /= 2;
        value /= 2;
    }
    return (value * steps * 2 + span) / (span * 2);
}

void chart_bar(struct cells *cells, int row, int column, int columns, enum cell_attribute attribute,
               int64_t value, int64_t maximum)
{
    int64_t length = chart_share(value, maximum, columns);
    if (value > 0 && length == 0)
        length = 1;
    cells_fill(cells, row, column, 1, columns, CELL_PLAIN, ' ');
    cells_fill(cells, row, column, 1, (int)length, attribute, '#');
}

/* The smallest of 1, 2, 2.5 or 5 times a power of ten (whole numbers) that is not below `least`. */
static int64_t chart_round_step(int64_t least)
{
    int64_t power = 1;
    if (least < 1)
        return 1;
    while (power <= least / 10)
        power *= 10;
    if (power >= least)
        return power;
    if (power * 2 >= least)
        return power * 2;
    if (power >= 10 && power / 10 * 25 >= least)
        return power / 10 * 25;
    return power * 5 >= least ? power * 5 : power * 10;
}

struct chart_scale {
    int64_t low;  /* value at the axis */
    int64_t step; /* value of one row */
};

static int64_t floor_to(int64_t value, int64_t step)
{
    int64_t rest = value % step;
    return rest < 0 ? value - rest - step : value - rest;
}

/* Columns stand on zero; a line uses the height for its own range. */
static struct chart_scale chart_scale_of(enum chart_kind kind, const struct chart_point *points,
                                         size_t count, int plot)
{
    int64_t low = kind == CHART_COLUMNS ? 0 : points[0].value;
    int64_t high = points[0].value;
    for (size_t i = 0; i < count; i++) {
        if (points[i].value < low)
            low = points[i].value;
        if (points[i].value > high)
            high = points[i].value;
    }
    struct chart_scale scale = {.low = low, .step = 1};
    int intervals = kind == CHART_COLUMNS ? plot : plot - 1;
    scale.step = chart_round_step((high / intervals) - (low / intervals) + 1);
    for (int i = 0; i < 8; i++) {
        int64_t smaller = chart_round_step(scale.step / 2);
        if (smaller < scale.step && floor_to(low, smaller) + smaller * intervals >= high)
            scale.step = smaller;
    }
    scale.low = floor_to(low, scale.step);
    while (scale.low + scale.step * intervals < high) {
        scale.step = chart_round_step(scale.step + 1);
        scale.low = floor_to(low, scale.step);
    }
    return scale;
}

static void chart_integer(int64_t value, char *text, size_t size)
{
    snprintf(text, size, "%" PRId64, value);
}

static int chart_scale_width(const struct cells *cells, struct chart_scale scale, int plot,
                             bool from_zero, chart_scale_text scale_text)
{
    int widest = 1;
    for (int i = 0; i < plot; i++) {
        char text[SCALE_TEXT];
        scale_text(scale.low + scale.step * (i + (from_zero ? 1 : 0)), text, sizeof(text));
        int width = utf8_width(text, cells->ambiguous);
        if (width > widest)
            widest = width;
    }
    return widest;
}

bool chart_draw(struct cells *cells, int row, int column, int rows, int columns,
                enum chart_kind kind, const struct chart_point *points, size_t count,
                chart_scale_text scale_text)
{
    if (rows < LEAST_ROWS || columns < LEAST_COLUMNS || count == 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (points[i].value > VALUE_LIMIT || points[i].value < -VALUE_LIMIT)
            return false;
    if (scale_text == NULL)
        scale_text = chart_integer;
    int plot = rows - 2; /* the axis and the labels */
    bool bars = kind == CHART_COLUMNS;
    struct chart_scale scale = chart_scale_of(kind, points, count, plot);
    int left = chart_scale_width(cells, scale, plot, bars, scale_text) + 1;
    int label = 1;
    for (size_t i = 0; i < count; i++) {
        int width = utf8_width(points[i].label == NULL ? "" : points[i].label, cells->ambiguous);
        if (width > label)
            label = width;
    }
    int room = columns - left - 2; /* the axis and the space behind it */
    if (label > 8)
        label = 8;
    size_t most = room > 0 ? (size_t)(room / (label + 1)) : 0;
    if (most == 0)
        return false;
    if (count > most) {
        points += count - most;
        count = most;
    }
    cells_fill(cells, row, column, rows, columns, CELL_PLAIN, ' ');
    for (int i = 0; i < plot; i++) {
        char text[SCALE_TEXT];
        scale_text(scale.low + scale.step * (i + (bars ? 1 : 0)), text, sizeof(text));
        cells_put_aligned(cells, row + plot - 1 - i, column, left - 1, CELL_LABEL, CELL_ALIGN_RIGHT,
                          text);
        cells_put(cells, row + plot - 1 - i, column + left, 1, CELL_FRAME, "|");
    }
    cells_put(cells, row + plot, column + left, 1, CELL_FRAME, "+");
    cells_fill(cells, row + plot, column + left + 1, 1, columns - left - 1, CELL_FRAME, '-');
    int64_t span = scale.step * (bars ? plot : plot - 1);
    for (size_t i = 0; i < count; i++) {
        int at = column + left + 2 + (int)i * (label + 1);
        int64_t height = chart_share(points[i].value - scale.low, span, bars ? plot : plot - 1);
        if (bars && points[i].value > 0 && height == 0)
            height = 1;
        if (bars)
            cells_fill(cells, row + plot - (int)height, at, (int)height, label > 1 ? 2 : 1,
                       CELL_VALUE, '#');
        else
            cells_put(cells, row + plot - 1 - (int)height, at, 1, CELL_VALUE, "*");
        cells_put(cells, row + plot + 1, at, label, CELL_LABEL, points[i].label);
    }
    return true;
}
