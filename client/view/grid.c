/* Lines of a record as a grid: any number of them at the same cost, keys that never change. */
#include <stdio.h>
#include <string.h>

#include "client/field_text.h"
#include "client/open.h"
#include "client/view/form_private.h"
#include "protocol/buffer.h"

enum { NUMBER_COLUMNS = 3, FRAME_ROWS = 3 /* two borders, the heading */, FIRST_CAPACITY = 16 };

struct lines *grid_lines(const struct form_view *form)
{
    return form->grid.field != NULL ? form->record->values[form->grid.field->index].lines : NULL;
}

size_t grid_visible(const struct layout_place *place)
{
    return place->rows > FRAME_ROWS ? (size_t)(place->rows - FRAME_ROWS) : 1;
}

size_t grid_columns(struct form_view *form, const struct field *lines, int width,
                    struct grid_column columns[GRID_COLUMNS])
{
    const struct form *of = lines->lines;
    const char *cursor = of->list;
    int widths[GRID_COLUMNS];
    size_t count = 0;
    for (size_t i = 0; count < GRID_COLUMNS; i++) {
        const struct field *field = of->list != NULL      ? form_next_field(of, &cursor)
                                    : i < of->field_count ? &of->fields[i]
                                                          : NULL;
        if (field == NULL)
            break;
        if (of->list == NULL && (field->flags & FIELD_HIDDEN) != 0)
            continue;
        int label = utf8_width(application_label(form->view.application, &field->label), 1);
        int mark = (field->flags & FIELD_REQUIRED) != 0 ? 1 : 0;
        int wanted = field->type == VALUE_LINES ? 4 : field->width;
        widths[count] = wanted > label + mark ? wanted : label + mark;
        columns[count++].field = field;
    }
    count = layout_fit(widths, count, width - NUMBER_COLUMNS - 2);
    int at = NUMBER_COLUMNS + 1;
    for (size_t i = 0; i < count; i++) {
        columns[i].column = at;
        columns[i].columns = widths[i];
        at += widths[i] + 1;
    }
    /* The last column may have what is left. */
    if (count > 0 && columns[count - 1].field->type == VALUE_TEXT &&
        columns[count - 1].field->width > columns[count - 1].columns)
        columns[count - 1].columns = width - 1 - columns[count - 1].column;
    return count;
}

static const char *cell_text(struct form_view *form, const struct record *record,
                             const struct field *field)
{
    const struct value *value = &record->values[field->index];
    if (field->type == VALUE_REFERENCE && value->presence == VALUE_PRESENT &&
        value->label != NULL && value->label[0] != '\0')
        return value->label;
    return field_text(form->view.application, record->form, field, value, form->arena);
}

static void frame_draw(struct form_view *form, struct cells *body, int row,
                       const struct layout_place *place, const struct grid_column *columns,
                       size_t count)
{
    struct application *application = form->view.application;
    char title[SAY_LIMIT];
    cells_horizontal(body, row, 0, place->columns, CELL_FRAME, CELL_LINE_HORIZONTAL);
    snprintf(title, sizeof title, " %s ", application_label(application, &place->field->label));
    cells_put(body, row, 2, place->columns - 4, CELL_TITLE, title);
    for (size_t i = 0; i < count; i++) {
        const struct field *field = columns[i].field;
        int used = cells_put(body, row + 1, columns[i].column, columns[i].columns, CELL_LABEL,
                             application_label(application, &field->label));
        if ((field->flags & FIELD_REQUIRED) != 0 && form_editable(form, form->form, place->field))
            cells_put(body, row + 1, columns[i].column + used, 1, CELL_MARK, "*");
    }
    cells_horizontal(body, row + place->rows - 1, 0, place->columns, CELL_FRAME,
                     CELL_LINE_HORIZONTAL);
}

static void line_draw(struct form_view *form, struct cells *body, int row, size_t index,
                      const struct line *line, const struct field *lines_field,
                      const struct grid_column *columns, size_t count, bool focused)
{
    char number[24];
    bool editable = form_editable(form, form->form, lines_field);
    snprintf(number, sizeof number, "%s%02zu", line->action == LINE_REMOVE ? "-" : " ", index + 1);
    cells_put(body, row, 0, NUMBER_COLUMNS, focused ? CELL_FOCUS : CELL_KEY, number);
    for (size_t i = 0; i < count; i++) {
        const struct field *field = columns[i].field;
        bool typed = editable && line->action != LINE_REMOVE &&
                     form_editable(form, line->record.form, field) && field->type != VALUE_LINES;
        enum cell_attribute attribute = line->action == LINE_REMOVE ? CELL_FAINT
                                        : typed                     ? CELL_INPUT
                                        : focused                   ? CELL_FOCUS
                                                                    : CELL_VALUE;
        if (form_marked(form, lines_field, index, field))
            attribute = CELL_ERROR;
        cells_fill(body, row, columns[i].column, 1, columns[i].columns, attribute,
                   typed ? '_' : ' ');
        const char *text = cell_text(form, &line->record, field);
        if (text[0] != '\0')
            cells_put_aligned(body, row, columns[i].column, columns[i].columns, attribute,
                              field_is_figure(field) ? CELL_ALIGN_RIGHT : CELL_ALIGN_LEFT, text);
    }
}

void grid_draw(struct form_view *form, struct cells *body, const struct layout_place *place,
               int row, bool focused)
{
    struct application *application = form->view.application;
    const struct lines *lines = form->record->values[place->field->index].lines;
    struct grid_column columns[GRID_COLUMNS];
    size_t count = grid_columns(form, place->field, place->columns, columns);
    size_t visible = grid_visible(place);
    size_t total = lines != NULL ? lines->count : 0;
    size_t top = focused ? form->grid.top : 0;
    frame_draw(form, body, row, place, columns, count);
    if (total == 0)
        cells_put(body, row + 2, NUMBER_COLUMNS + 1, place->columns - NUMBER_COLUMNS - 2,
                  CELL_FAINT, application_text(application, "lines.none"));
    for (size_t i = top; i < total && i < top + visible; i++)
        line_draw(form, body, row + 2 + (int)(i - top), i, &lines->lines[i], place->field, columns,
                  count, focused && i == form->grid.line);
    if (total > visible) {
        char first[24];
        char all[24];
        snprintf(first, sizeof first, "%zu", focused ? form->grid.line + 1 : 1);
        snprintf(all, sizeof all, "%zu", total);
        cells_put_aligned(body, row + place->rows - 1, place->columns - 22, 20, CELL_FRAME,
                          CELL_ALIGN_RIGHT,
                          application_format(application, "lines.position", first, all, NULL));
    }
}

bool grid_slot(struct form_view *form, const struct layout_place *place, struct slot *slot)
{
    struct lines *lines = grid_lines(form);
    struct grid_column columns[GRID_COLUMNS];
    if (lines == NULL || form->grid.line >= lines->count)
        return false;
    size_t count = grid_columns(form, place->field, place->columns, columns);
    if (count == 0)
        return false;
    size_t visible = grid_visible(place);
    if (form->grid.column >= count)
        form->grid.column = count - 1;
    if (form->grid.line < form->grid.top)
        form->grid.top = form->grid.line;
    if (form->grid.line >= form->grid.top + visible)
        form->grid.top = form->grid.line - visible + 1;
    const struct grid_column *column = &columns[form->grid.column];
    struct line *line = &lines->lines[form->grid.line];
    *slot = (struct slot){
        .record = &line->record,
        .form = line->record.form,
        .field = column->field,
        .value = &line->record.values[column->field->index],
        .line = line,
        .editable = form_editable(form, form->form, place->field) &&
                    form_editable(form, line->record.form, column->field) &&
                    column->field->type != VALUE_LINES && line->action != LINE_REMOVE,
        .row = form_body_first(form) + place->row - form->top + 2 +
               (int)(form->grid.line - form->grid.top),
        .rows = 1,
        .column = column->column,
        .columns = column->columns,
    };
    return true;
}

/* --- changes --------------------------------------------------------------------------------- */

static void line_add(struct form_view *form)
{
    const struct field *field = form->grid.field;
    struct value *value = &form->record->values[field->index];
    if (value->lines == NULL || value->presence != VALUE_PRESENT) {
        value->presence = VALUE_PRESENT;
        value->lines = ARENA_NEW(form->arena, struct lines);
        form->grid.capacity = 0;
    }
    struct lines *lines = value->lines;
    if (form->grid.capacity < lines->count + 1) { /* doubled: constant time a line */
        size_t capacity = lines->count < FIRST_CAPACITY ? FIRST_CAPACITY : lines->count * 2;
        struct line *grown = ARENA_ARRAY(form->arena, struct line, capacity);
        if (lines->count > 0)
            memcpy(grown, lines->lines, lines->count * sizeof *grown);
        lines->lines = grown;
        form->grid.capacity = capacity;
    }
    struct line *line = &lines->lines[lines->count];
    line->action = LINE_ADD;
    line->record = *record_create(field->lines, form->arena);
    form_fill_defaults(form->view.application, &line->record, form->arena);
    form->grid.line = lines->count++;
    form->grid.column = 0;
}

static void line_remove(struct form_view *form)
{
    struct lines *lines = grid_lines(form);
    if (lines == NULL || form->grid.line >= lines->count ||
        !form_editable(form, form->form, form->grid.field)) {
        application_refuse(form->view.application, "lines.not_removable", NULL);
        return;
    }
    struct line *line = &lines->lines[form->grid.line];
    form->confirmed = false;
    if (line->action == LINE_ADD) {
        memmove(line, line + 1, (lines->count - form->grid.line - 1) * sizeof *line);
        lines->count--;
        form->mark_count = 0; /* numbers of lines have moved */
        if (form->grid.line > 0 && form->grid.line >= lines->count)
            form->grid.line--;
    } else {
        line->action = line->action == LINE_REMOVE ? LINE_CHANGE : LINE_REMOVE;
    }
}

void grid_enter(struct form_view *form, const struct field *lines_field, bool last)
{
    form->grid = (struct grid){.field = lines_field};
    const struct lines *lines = grid_lines(form);
    size_t count = lines != NULL ? lines->count : 0;
    if (count == 0 && form_editable(form, form->form, lines_field)) {
        line_add(form);
        return;
    }
    form->grid.line = last && count > 0 ? count - 1 : 0;
}

bool grid_step(struct form_view *form, int by)
{
    struct application *application = form->view.application;
    const struct layout_place *place = &form->layout->places[form->place];
    struct lines *lines = grid_lines(form);
    struct grid_column columns[GRID_COLUMNS];
    struct slot slot;
    size_t count = grid_columns(form, form->grid.field, place->columns, columns);
    bool editable = form_editable(form, form->form, form->grid.field);
    if (!editable)
        return false;
    for (;;) {
        if (by > 0 && form->grid.column + 1 < count) {
            form->grid.column++;
        } else if (by < 0 && form->grid.column > 0) {
            form->grid.column--;
        } else if (by < 0) {
            if (form->grid.line == 0)
                return false;
            form->grid.line--;
            form->grid.column = count - 1;
        } else if (lines != NULL && form->grid.line + 1 < lines->count) {
            form->grid.line++;
            form->grid.column = 0;
        } else {
            /* Behind a line that holds something comes an empty one; behind an empty one the next
             * field. */
            if (lines == NULL || lines->count == 0 ||
                line_is_blank(application, &lines->lines[lines->count - 1]))
                return false;
            line_add(form);
        }
        if (!grid_slot(form, place, &slot) || slot.editable)
            return true;
        if (slot.line != NULL && slot.line->action == LINE_REMOVE && by > 0)
            form->grid.column = count - 1;
    }
}

/* The record that a line is about: its first reference that is filled. */
static bool line_open(struct form_view *form)
{
    const struct lines *lines = grid_lines(form);
    if (lines == NULL || form->grid.line >= lines->count)
        return false;
    const struct record *record = &lines->lines[form->grid.line].record;
    for (size_t i = 0; i < record->form->field_count; i++) {
        const struct field *field = &record->form->fields[i];
        if (field->type == VALUE_REFERENCE && record->values[i].presence == VALUE_PRESENT &&
            record->values[i].integer != 0) {
            open_record(form->view.application, field->reference, record->values[i].integer);
            return true;
        }
    }
    return false;
}

void grid_open_line(struct form_view *form)
{
    struct lines *lines = grid_lines(form);
    if (lines == NULL || form->grid.line >= lines->count) {
        application_refuse(form->view.application, "lines.none", NULL);
        return;
    }
    if (!form_leave_slot(form))
        return;
    struct form_view *line =
        form_view_create(form->view.application, form->grid.field->lines, MODE_LINE);
    arena_free(line->arena);
    line->arena = form->arena;
    line->arena_shared = true;
    line->parent = form;
    line->record = &lines->lines[form->grid.line].record;
    application_push(form->view.application, &line->view);
    form_first_place(line);
}

static void line_go(struct form_view *form, size_t line)
{
    const struct lines *lines = grid_lines(form);
    if (lines == NULL || line >= lines->count) {
        application_refuse(form->view.application, "lines.no_line", NULL);
        return;
    }
    if (!form_leave_slot(form))
        return;
    form->grid.line = line;
    form_enter_slot(form);
}

bool grid_key(struct form_view *form, const struct keys_event *key)
{
    const struct lines *lines = grid_lines(form);
    size_t count = lines != NULL ? lines->count : 0;
    bool editable = form_editable(form, form->form, form->grid.field);
    size_t visible = grid_visible(&form->layout->places[form->place]);
    if (key->kind == KEYS_CHARACTER && !editable && !key->pasted && key->character >= '1' &&
        key->character <= '9') {
        size_t line = form->grid.top + (size_t)(key->character - '1');
        if (line < count) {
            form->grid.line = line;
            line_open(form);
        }
        return true;
    }
    if (key->kind != KEYS_KEY)
        return false;
    switch (key->code) {
    case KEYS_ENTER:
        return !editable && line_open(form);
    case KEYS_F6:
        if (!editable)
            return false;
        if (form_leave_slot(form)) {
            if (count == 0 || !line_is_blank(form->view.application, &lines->lines[count - 1]))
                line_add(form);
            else
                form->grid.line = count - 1;
            form->grid.column = 0;
            form_enter_slot(form);
        }
        return true;
    case KEYS_ALT_0:
        line_remove(form);
        form_enter_slot(form);
        return true;
    case KEYS_DOWN:
        if (form->grid.line + 1 >= count)
            return false;
        line_go(form, form->grid.line + 1);
        return true;
    case KEYS_UP:
        if (form->grid.line == 0)
            return false;
        line_go(form, form->grid.line - 1);
        return true;
    case KEYS_PAGE_DOWN:
        if (form->grid.line + 1 >= count)
            return false;
        line_go(form, form->grid.line + visible < count ? form->grid.line + visible : count - 1);
        return true;
    case KEYS_PAGE_UP:
        if (form->grid.line == 0)
            return false;
        line_go(form, form->grid.line > visible ? form->grid.line - visible : 0);
        return true;
    default:
        break;
    }
    if (key->code >= KEYS_ALT_1 && key->code <= KEYS_ALT_9) {
        line_go(form, (size_t)(key->code - KEYS_ALT_1));
        return true;
    }
    return false;
}
