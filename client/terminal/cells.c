/* The grid of cells: putting text whole characters at a time, composing grids, dumping rows. */
#include "client/terminal/cells.h"
#include "protocol/buffer.h"

#include <stdlib.h>
#include <string.h>

static const struct cell space = {.character = ' ', .columns = 1, .attribute = CELL_PLAIN};

static struct cell *cells_allocate(int rows, int columns)
{
    struct cell *cell = calloc((size_t)rows * (size_t)columns, sizeof(*cell));
    if (cell == NULL)
        abort();
    return cell;
}

struct cells *cells_create(int rows, int columns, int ambiguous)
{
    struct cells *cells = calloc(1, sizeof(*cells));
    if (cells == NULL)
        abort();
    cells->ambiguous = ambiguous == 2 ? 2 : 1;
    cells_resize(cells, rows, columns);
    return cells;
}

void cells_free(struct cells *cells)
{
    if (cells == NULL)
        return;
    free(cells->cell);
    free(cells);
}

void cells_resize(struct cells *cells, int rows, int columns)
{
    free(cells->cell);
    cells->rows = rows < 1 ? 1 : rows;
    cells->columns = columns < 1 ? 1 : columns;
    cells->cell = cells_allocate(cells->rows, cells->columns);
    cells_clear(cells);
}

static struct cell *cells_reach(struct cells *cells, int row, int column)
{
    if (row < 0 || row >= cells->rows || column < 0 || column >= cells->columns)
        return NULL;
    return &cells->cell[(size_t)row * (size_t)cells->columns + (size_t)column];
}

const struct cell *cells_at(const struct cells *cells, int row, int column)
{
    if (row < 0 || row >= cells->rows || column < 0 || column >= cells->columns)
        return NULL;
    return &cells->cell[(size_t)row * (size_t)cells->columns + (size_t)column];
}

int cells_character_columns(uint32_t character, int ambiguous)
{
    if (character >= CELL_LINE_HORIZONTAL && character < CELL_LINE_END)
        return 1;
    if (character < ' ' || (character >= 0x7f && character < 0xa0))
        return 0;
    return utf8_columns(character, ambiguous);
}

/* A wide character that is about to lose one half becomes a space on the other side. */
static void cells_separate(struct cells *cells, int row, int column)
{
    struct cell *cell = cells_reach(cells, row, column);
    if (cell == NULL || cell->columns != 0 || column == 0)
        return;
    uint8_t attribute = cell->attribute;
    cell[-1] = space;
    cell[-1].attribute = attribute;
    *cell = space;
    cell->attribute = attribute;
}

bool cells_put_character(struct cells *cells, int row, int column, int limit,
                         enum cell_attribute attribute, uint32_t character)
{
    int columns = cells_character_columns(character, cells->ambiguous);
    if (columns == 0) {
        character = '?';
        columns = 1;
    }
    if (limit > cells->columns)
        limit = cells->columns;
    struct cell *cell = cells_reach(cells, row, column);
    if (cell == NULL || column + columns > limit)
        return false;
    cells_separate(cells, row, column);
    cells_separate(cells, row, column + columns);
    *cell = (struct cell){
        .character = character, .columns = (uint8_t)columns, .attribute = (uint8_t)attribute};
    if (columns == 2)
        cell[1] = (struct cell){.columns = 0, .attribute = (uint8_t)attribute};
    return true;
}

/* Controls, including the C1 ones, and broken bytes never reach a terminal. */
static uint32_t cells_decode(const char **text)
{
    uint32_t character = 0;
    size_t size = utf8_decode(*text, strnlen(*text, 4), &character);
    if (size == 0) {
        (*text)++;
        return '?';
    }
    *text += size;
    if (character < ' ' || (character >= 0x7f && character < 0xa0))
        return '?';
    return character;
}

int cells_put(struct cells *cells, int row, int column, int columns, enum cell_attribute attribute,
              const char *text)
{
    if (text == NULL || column < 0)
        return 0;
    int position = column;
    int limit = columns > cells->columns - column ? cells->columns : column + columns;
    while (*text != '\0') {
        uint32_t character = cells_decode(&text);
        int width = cells_character_columns(character, cells->ambiguous);
        if (width == 0) {
            struct cell *before = cells_reach(cells, row, position - 1);
            if (before == NULL || position == column)
                continue;
            if (before->columns == 0)
                before--;
            if (before->combining == 0)
                before->combining = character;
            continue;
        }
        if (!cells_put_character(cells, row, position, limit, attribute, character))
            break;
        position += width;
    }
    return position - column;
}

static int cells_text_width(const struct cells *cells, const char *text)
{
    int width = 0;
    while (*text != '\0')
        width += cells_character_columns(cells_decode(&text), cells->ambiguous);
    return width;
}

void cells_put_aligned(struct cells *cells, int row, int column, int columns,
                       enum cell_attribute attribute, enum cell_align align, const char *text)
{
    if (text == NULL)
        text = "";
    int width = cells_text_width(cells, text);
    if (align == CELL_ALIGN_RIGHT && width > columns) {
        cells_fill(cells, row, column, 1, columns, attribute, '#');
        return;
    }
    int before = 0;
    if (width < columns && align == CELL_ALIGN_RIGHT)
        before = columns - width;
    else if (width < columns && align == CELL_ALIGN_CENTRE)
        before = (columns - width) / 2;
    cells_fill(cells, row, column, 1, columns, attribute, ' ');
    cells_put(cells, row, column + before, columns - before, attribute, text);
}

void cells_fill(struct cells *cells, int row, int column, int rows, int columns,
                enum cell_attribute attribute, uint32_t character)
{
    int width = cells_character_columns(character, cells->ambiguous);
    if (width == 0)
        width = 1;
    for (int i = row < 0 ? 0 : row; i < row + rows && i < cells->rows; i++)
        for (int j = column < 0 ? 0 : column; j < column + columns && j < cells->columns;
             j += width)
            cells_put_character(cells, i, j, column + columns, attribute, character);
}

void cells_clear(struct cells *cells)
{
    size_t count = (size_t)cells->rows * (size_t)cells->columns;
    for (size_t i = 0; i < count; i++)
        cells->cell[i] = space;
}

void cells_paint(struct cells *cells, int row, int column, int columns,
                 enum cell_attribute attribute)
{
    if (row < 0 || row >= cells->rows)
        return;
    int last = column + columns - 1;
    if (column < 0)
        column = 0;
    if (last >= cells->columns)
        last = cells->columns - 1;
    for (int j = column; j <= last; j++) {
        struct cell *cell = cells_reach(cells, row, j);
        cell->attribute = (uint8_t)attribute;
        if (j == column && cell->columns == 0)
            cell[-1].attribute = (uint8_t)attribute;
        if (j == last && cell->columns == 2)
            cell[1].attribute = (uint8_t)attribute;
    }
}

void cells_horizontal(struct cells *cells, int row, int column, int columns,
                      enum cell_attribute attribute, uint32_t line)
{
    cells_fill(cells, row, column, 1, columns, attribute, line);
}

void cells_vertical(struct cells *cells, int row, int column, int rows,
                    enum cell_attribute attribute)
{
    cells_fill(cells, row, column, rows, 1, attribute, CELL_LINE_VERTICAL);
}

void cells_box(struct cells *cells, int row, int column, int rows, int columns,
               enum cell_attribute attribute)
{
    if (rows < 2 || columns < 2)
        return;
    int bottom = row + rows - 1;
    int right = column + columns - 1;
    cells_horizontal(cells, row, column + 1, columns - 2, attribute, CELL_LINE_HORIZONTAL);
    cells_horizontal(cells, bottom, column + 1, columns - 2, attribute, CELL_LINE_HORIZONTAL);
    cells_vertical(cells, row + 1, column, rows - 2, attribute);
    cells_vertical(cells, row + 1, right, rows - 2, attribute);
    int limit = cells->columns;
    cells_put_character(cells, row, column, limit, attribute, CELL_CORNER_UPPER_LEFT);
    cells_put_character(cells, row, right, limit, attribute, CELL_CORNER_UPPER_RIGHT);
    cells_put_character(cells, bottom, column, limit, attribute, CELL_CORNER_LOWER_LEFT);
    cells_put_character(cells, bottom, right, limit, attribute, CELL_CORNER_LOWER_RIGHT);
}

void cells_compose(struct cells *target, const struct cells *source, int row, int column)
{
    for (int i = 0; i < source->rows; i++) {
        for (int j = 0; j < source->columns; j++) {
            const struct cell *from = cells_at(source, i, j);
            if (from->columns == 0)
                continue;
            struct cell *to = cells_reach(target, row + i, column + j);
            if (to == NULL) {
                /* The right half of a wide character may still be inside: leave a space. */
                if (from->columns == 2)
                    cells_put_character(target, row + i, column + j + 1, target->columns,
                                        from->attribute, ' ');
                continue;
            }
            if (!cells_put_character(target, row + i, column + j, target->columns, from->attribute,
                                     from->character))
                cells_put_character(target, row + i, column + j, target->columns, from->attribute,
                                    ' ');
            else
                to->combining = from->combining;
        }
    }
}

size_t cells_encode(char *out, uint32_t character)
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (char)(0xc0 | (character >> 6));
        out[1] = (char)(0x80 | (character & 0x3f));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (char)(0xe0 | (character >> 12));
        out[1] = (char)(0x80 | ((character >> 6) & 0x3f));
        out[2] = (char)(0x80 | (character & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (character >> 18));
    out[1] = (char)(0x80 | ((character >> 12) & 0x3f));
    out[2] = (char)(0x80 | ((character >> 6) & 0x3f));
    out[3] = (char)(0x80 | (character & 0x3f));
    return 4;
}

char *cells_row_text(const struct cells *cells, int row)
{
    char *text = malloc((size_t)cells->columns * 8 + 1);
    if (text == NULL)
        abort();
    size_t length = 0;
    size_t kept = 0;
    for (int j = 0; j < cells->columns; j++) {
        const struct cell *cell = cells_at(cells, row, j);
        if (cell == NULL || cell->columns == 0)
            continue;
        uint32_t character = cell->character;
        if (character == CELL_LINE_HORIZONTAL)
            character = '-';
        else if (character == CELL_LINE_VERTICAL)
            character = '|';
        else if (character >= CELL_LINE_HORIZONTAL)
            character = '+';
        length += cells_encode(text + length, character);
        if (cell->combining != 0)
            length += cells_encode(text + length, cell->combining);
        if (character != ' ')
            kept = length;
    }
    text[kept] = '\0';
    return text;
}
