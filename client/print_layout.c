/* Reading of print layouts and drawing of their sheets on a grid of cells. */
#include "client/print_layout.h"

#include <stdlib.h>
#include <string.h>

#include "client/terminal/cells.h"
#include "protocol/arena.h"
#include "protocol/buffer.h"

enum { COLUMNS_LIMIT = 400, ROWS_LIMIT = 200, COPIES_LIMIT = 9 };

/* --- reading --------------------------------------------------------------------------------- */

static void place_read(const struct declaration *declaration, const config_setting_t *group,
                       const struct print_layout *layout, bool in_lines, struct print_place *place)
{
    static const char *const keys[] = {"row",  "column", "text",  "field", "width",
                                       "when", "wide",   "align", NULL};
    if (!declaration_keys(declaration, group, keys))
        return;
    place->source_line = (int)config_setting_source_line(group);
    if (!in_lines)
        place->row = (int)declaration_number(declaration, group, "row", true, 1, layout->rows, 1);
    else if (config_setting_get_member(group, "row") != NULL)
        declaration_error(declaration, group, "a place in lines has no row");
    place->column =
        (int)declaration_number(declaration, group, "column", true, 1, layout->columns, 1);
    place->text = declaration_label(declaration, group, "text", false, 0, 0);
    place->field = declaration_text(declaration, group, "field", false);
    place->when = declaration_text(declaration, group, "when", false);
    place->wide = declaration_flag(declaration, group, "wide", false);
    if ((place->field != NULL) == (place->text.zh != NULL)) {
        declaration_error(declaration, group, "a place has either a field or a text");
        return;
    }
    int left = layout->columns - place->column + 1;
    place->width =
        (int)declaration_number(declaration, group, "width", place->field != NULL, 1, left, 0);
    const char *align = declaration_text(declaration, group, "align", false);
    place->right = align != NULL && strcmp(align, "right") == 0;
    if (align != NULL && !place->right && strcmp(align, "left") != 0)
        declaration_error(declaration, group, "align is \"left\" or \"right\"");
    int room = place->width > 0 ? place->width : left;
    int times = place->wide ? 2 : 1;
    const char *const sides[] = {place->text.zh, place->text.en};
    for (size_t i = 0; i < 2; i++)
        if (sides[i] != NULL && utf8_width(sides[i], 2) * times > room)
            declaration_error(declaration, group, "the text does not fit on the sheet");
}

static struct print_place *places_read(const struct declaration *declaration,
                                       const config_setting_t *group,
                                       const struct print_layout *layout, bool in_lines,
                                       size_t *count)
{
    config_setting_t *list = declaration_list(declaration, group, "places", true);
    *count = list != NULL ? (size_t)config_setting_length(list) : 0;
    struct print_place *places = ARENA_ARRAY(declaration->arena, struct print_place, *count + 1);
    for (size_t i = 0; i < *count; i++)
        place_read(declaration, config_setting_get_elem(list, (unsigned)i), layout, in_lines,
                   &places[i]);
    return places;
}

static void lines_read(const struct declaration *declaration, const config_setting_t *group,
                       const struct print_layout *layout, struct print_lines *lines)
{
    static const char *const keys[] = {"field", "row", "rows", "places", NULL};
    if (!declaration_keys(declaration, group, keys))
        return;
    lines->source_line = (int)config_setting_source_line(group);
    lines->field = declaration_text(declaration, group, "field", true);
    lines->row = (int)declaration_number(declaration, group, "row", true, 1, layout->rows, 1);
    lines->rows = (int)declaration_number(declaration, group, "rows", true, 1,
                                          layout->rows - lines->row + 1, 1);
    lines->places = places_read(declaration, group, layout, true, &lines->count);
}

static void layout_read(const struct declaration *declaration, const config_setting_t *group,
                        struct print_layout *layout)
{
    static const char *const keys[] = {"name",   "form",   "title", "columns", "rows",
                                       "copies", "places", "lines", NULL};
    if (!declaration_keys(declaration, group, keys))
        return;
    layout->name = declaration_text(declaration, group, "name", true);
    layout->form = declaration_text(declaration, group, "form", true);
    layout->title = declaration_label(declaration, group, "title", true, 0, 0);
    layout->columns =
        (int)declaration_number(declaration, group, "columns", true, 1, COLUMNS_LIMIT, 1);
    layout->rows = (int)declaration_number(declaration, group, "rows", true, 1, ROWS_LIMIT, 1);
    layout->copies =
        (int)declaration_number(declaration, group, "copies", false, 1, COPIES_LIMIT, 1);
    layout->places = places_read(declaration, group, layout, false, &layout->count);
    config_setting_t *list = declaration_list(declaration, group, "lines", false);
    layout->lines_count = list != NULL ? (size_t)config_setting_length(list) : 0;
    layout->lines = ARENA_ARRAY(declaration->arena, struct print_lines, layout->lines_count + 1);
    for (size_t i = 0; i < layout->lines_count; i++)
        lines_read(declaration, config_setting_get_elem(list, (unsigned)i), layout,
                   &layout->lines[i]);
}

const struct print_layout *print_layout_read(const char *file, struct arena *arena,
                                             struct form_errors *errors)
{
    struct declaration declaration;
    size_t before = errors->count;
    struct print_layout *layout = ARENA_NEW(arena, struct print_layout);
    if (!declaration_open(&declaration, file, arena, errors))
        return NULL;
    const config_setting_t *group = config_lookup(&declaration.config, "layout");
    layout->file = arena_string(arena, file);
    if (group != NULL)
        layout_read(&declaration, group, layout);
    else
        form_errors_add(errors, file, 0, "no layout in it");
    declaration_close(&declaration);
    return errors->count == before ? layout : NULL;
}

const struct print_layout *print_layout_find(const char *directory, const char *form,
                                             struct arena *arena, struct form_errors *errors)
{
    const char **files;
    size_t count = declaration_files(directory, ".layout", arena, errors, &files);
    for (size_t i = 0; i < count; i++) {
        const struct print_layout *layout = print_layout_read(files[i], arena, errors);
        if (layout != NULL && strcmp(layout->form, form) == 0)
            return layout;
    }
    return NULL;
}

/* --- checking -------------------------------------------------------------------------------- */

static void place_check(const struct print_layout *layout, const struct form *form,
                        const struct print_place *place, struct form_errors *errors)
{
    const struct field *field = place->field != NULL ? form_field(form, place->field) : NULL;
    const struct field *when = place->when != NULL ? form_field(form, place->when) : NULL;
    if (place->field != NULL && (field == NULL || field->type == VALUE_LINES))
        form_errors_add(errors, layout->file, place->source_line, "no field \"%s\" to print",
                        place->field);
    if (place->when != NULL && (when == NULL || when->type != VALUE_FLAG))
        form_errors_add(errors, layout->file, place->source_line, "no flag \"%s\"", place->when);
}

void print_layout_check(const struct print_layout *layout, const struct form *form,
                        struct form_errors *errors)
{
    for (size_t i = 0; i < layout->count; i++)
        place_check(layout, form, &layout->places[i], errors);
    for (size_t i = 0; i < layout->lines_count; i++) {
        const struct print_lines *lines = &layout->lines[i];
        const struct field *field = form_field(form, lines->field);
        if (field == NULL || field->type != VALUE_LINES) {
            form_errors_add(errors, layout->file, lines->source_line, "no lines \"%s\"",
                            lines->field);
            continue;
        }
        for (size_t n = 0; n < lines->count; n++)
            place_check(layout, field->lines, &lines->places[n], errors);
    }
}

/* --- drawing --------------------------------------------------------------------------------- */

static bool is_figure(const struct field *field)
{
    return field->type == VALUE_NUMBER || field->type == VALUE_AMOUNT || field->type == VALUE_RATE;
}

/* Plain text has no double width: a blank as broad as each character stands behind it. */
static const char *text_widen(const char *text, int ambiguous, struct arena *arena)
{
    size_t length = strlen(text);
    char *wide = ARENA_ARRAY(arena, char, length * 3 + 1);
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        uint32_t character = 0;
        size_t bytes = utf8_decode(text + i, length - i, &character);
        if (bytes == 0)
            bytes = 1;
        memcpy(wide + used, text + i, bytes);
        used += bytes;
        i += bytes;
        for (int n = utf8_columns(character, ambiguous); n > 0; n--)
            wide[used++] = ' ';
    }
    return wide;
}

static void place_draw(struct cells *cells, int row, const struct print_place *place,
                       const struct record *record, const struct print_layout_options *options,
                       struct arena *arena)
{
    const char *text = strcmp(options->language, "en") == 0 ? place->text.en : place->text.zh;
    bool figure = false;
    if (place->when != NULL && record_integer(record, place->when) == 0)
        return;
    if (place->field != NULL) {
        const struct field *field = form_field(record->form, place->field);
        if (field == NULL || field->type == VALUE_LINES)
            return;
        text = options->text(options->context, record->form, field, &record->values[field->index],
                             arena);
        figure = is_figure(field);
    }
    if (place->wide)
        text = text_widen(text, options->ambiguous, arena);
    int columns = place->width > 0 ? place->width : cells->columns - place->column + 1;
    /* A figure that loses digits would be a wrong one: right alignment shows it as ####. */
    bool right = place->right || (figure && utf8_width(text, options->ambiguous) > columns);
    cells_put_aligned(cells, row - 1, place->column - 1, columns, CELL_PLAIN,
                      right ? CELL_ALIGN_RIGHT : CELL_ALIGN_LEFT, text);
}

static const struct lines *lines_of(const struct record *record, const struct print_lines *lines)
{
    const struct value *value = record_value(record, lines->field);
    return value != NULL && value->presence == VALUE_PRESENT ? value->lines : NULL;
}

static void lines_draw(struct cells *cells, const struct print_lines *lines, size_t sheet,
                       const struct record *record, const struct print_layout_options *options,
                       struct arena *arena)
{
    const struct lines *all = lines_of(record, lines);
    size_t first = sheet * (size_t)lines->rows;
    for (size_t i = 0; i < (size_t)lines->rows && all != NULL && first + i < all->count; i++)
        for (size_t n = 0; n < lines->count; n++)
            place_draw(cells, lines->row + (int)i, &lines->places[n], &all->lines[first + i].record,
                       options, arena);
}

static size_t sheets_needed(const struct print_layout *layout, const struct record *record)
{
    size_t sheets = 1;
    for (size_t i = 0; i < layout->lines_count; i++) {
        const struct lines *all = lines_of(record, &layout->lines[i]);
        size_t rows = (size_t)layout->lines[i].rows;
        size_t needed = all != NULL ? (all->count + rows - 1) / rows : 0;
        sheets = needed > sheets ? needed : sheets;
    }
    return sheets;
}

const char *print_layout_render(const struct print_layout *layout, const struct record *record,
                                const struct print_layout_options *options, struct arena *arena)
{
    struct cells *cells = cells_create(layout->rows, layout->columns, options->ambiguous);
    size_t sheets = sheets_needed(layout, record);
    /* A cell is a character and at most one combining mark, of four bytes each. */
    size_t row_bytes = (size_t)layout->columns * 8 + 1;
    char *text = ARENA_ARRAY(arena, char, sheets *(size_t)layout->rows *row_bytes + 1);
    size_t used = 0;
    for (size_t sheet = 0; sheet < sheets; sheet++) {
        cells_clear(cells);
        for (size_t i = 0; i < layout->count; i++)
            place_draw(cells, layout->places[i].row, &layout->places[i], record, options, arena);
        for (size_t i = 0; i < layout->lines_count; i++)
            lines_draw(cells, &layout->lines[i], sheet, record, options, arena);
        for (int row = 0; row < layout->rows; row++) {
            char *line = cells_row_text(cells, row);
            size_t length = strlen(line);
            memcpy(text + used, line, length);
            used += length;
            text[used++] = '\n';
            free(line);
        }
    }
    cells_free(cells);
    return text;
}
