/* Layout of a screen. */
#include "client/layout.h"

#include <string.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"

enum {
    LABEL_LEAST = 8,
    MARGIN = 1,
    MARK = 1, /* sign of a required field */
    GAP = 1,
    INPUT_LEAST = 4,
    REFERENCE_KEY = 12, /* columns of a reference's key; its name stands behind */
    CODE_COLUMNS = 20,
    MEMO_ROWS = 4,
    LINES_LEAST = 5,
    COLUMN_LEAST = 4,
    ROW_FIELDS = 16,
};

size_t layout_fit(int *widths, size_t count, int available)
{
    while (count > 0) {
        int total = (int)count - 1;
        size_t widest = 0;
        for (size_t i = 0; i < count; i++) {
            total += widths[i];
            widest = widths[i] > widths[widest] ? i : widest;
        }
        if (total <= available)
            return count;
        if (widths[widest] > COLUMN_LEAST * 2)
            widths[widest]--;
        else
            count--;
    }
    return 0;
}

static bool stands_alone(const struct field *field)
{
    return field->type == VALUE_LINES || (field->flags & FIELD_MEMO) != 0;
}

struct screen_row *layout_rows(const struct form *form, const char *fields, int columns,
                               size_t *count, struct arena *arena)
{
    struct screen_row *rows = ARENA_ARRAY(arena, struct screen_row, form->field_count + 1);
    const char *cursor = fields;
    int used = columns;
    *count = 0;
    for (size_t i = 0;; i++) {
        const struct field *field = fields != NULL
                                        ? form_next_field(form, &cursor)
                                        : (i < form->field_count ? &form->fields[i] : NULL);
        if (field == NULL)
            break;
        if (fields == NULL && (field->flags & FIELD_HIDDEN) != 0)
            continue;
        int width = MARGIN + LABEL_LEAST + MARK + field->width + GAP;
        width = width < columns / 2 ? columns / 2 : width; /* two columns that stand in line */
        if (*count > 0 && !stands_alone(field) && used + width <= columns) {
            rows[*count - 1].fields =
                arena_format(arena, "%s %s", rows[*count - 1].fields, field->name);
            used += width;
        } else {
            rows[(*count)++].fields = field->name;
            used = stands_alone(field) ? columns : width;
        }
    }
    return rows;
}

static const char *label_text(const struct field *field, const char *language)
{
    const char *text = strcmp(language, "zh") == 0 ? field->label.zh : field->label.en;
    return text != NULL ? text : "";
}

/* Fields of a row that apply; how many. */
static size_t row_fields(const struct layout_options *options, const struct screen_row *row,
                         const struct field *fields[ROW_FIELDS])
{
    const char *cursor = row->fields;
    const struct field *field;
    size_t count = 0;
    while (count < ROW_FIELDS && (field = form_next_field(options->form, &cursor)) != NULL)
        if (field_applies(field, options->template_code))
            fields[count++] = field;
    return count;
}

static struct layout_place *place_add(struct layout *layout, const struct field *field, int row)
{
    struct layout_place *place = &layout->places[layout->count++];
    *place = (struct layout_place){.field = field, .row = row, .rows = 1};
    return place;
}

/* Columns that a label takes: as wide as the widest that stands in the same slot of a tab, so that
 * inputs stand in line. */
static int label_widest(const struct layout_options *options, size_t slot, size_t of)
{
    int widest = LABEL_LEAST;
    const struct field *fields[ROW_FIELDS];
    for (size_t i = 0; i < options->row_count; i++) {
        size_t count = row_fields(options, &options->rows[i], fields);
        if (slot >= count || (slot > 0 && count != of) || fields[slot]->type == VALUE_LINES)
            continue;
        int width = utf8_width(label_text(fields[slot], options->language), options->ambiguous);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static int field_wanted(const struct field *field)
{
    return field->width > INPUT_LEAST || field->type != VALUE_TEXT
               ? (field->width > 0 ? field->width : INPUT_LEAST)
               : field->width;
}

static void row_place(const struct layout_options *options, struct layout *layout,
                      const struct field *const *fields, size_t count, int row)
{
    int slot_columns = options->columns / (int)count;
    int next = 0;
    int wanted[ROW_FIELDS];
    int labels[ROW_FIELDS];
    int natural = 0;
    bool slots = true; /* every field fits into an equal share of the row */
    for (size_t i = 0; i < count; i++) {
        wanted[i] = field_wanted(fields[i]);
        labels[i] = label_widest(options, i, count);
        int needs = MARGIN + labels[i] + MARK + wanted[i];
        slots = slots && needs + (i + 1 < count ? GAP : 0) <= slot_columns;
        natural += needs + GAP;
    }
    for (size_t i = 0; !slots && natural > options->columns && i < count; i++) {
        /* Too wide in this language: labels give up what others need, then the inputs. */
        int label = utf8_width(label_text(fields[i], options->language), options->ambiguous);
        natural -= labels[i] - label;
        labels[i] = label;
    }
    for (size_t i = 0; i < count; i++) {
        struct layout_place *place = place_add(layout, fields[i], row);
        int start = slots ? (int)i * slot_columns : next;
        place->label_column = start + MARGIN;
        place->label_columns = labels[i];
        place->column = place->label_column + labels[i] + MARK;
        int end = slots && i + 1 < count ? (int)(i + 1) * slot_columns : options->columns;
        int rest = 0; /* least room for those behind */
        for (size_t n = i + 1; !slots && n < count; n++)
            rest += MARGIN + labels[n] + MARK + INPUT_LEAST + GAP;
        int room = end - GAP - rest - place->column;
        place->columns = wanted[i] < room ? wanted[i] : room;
        /* Labels of codes are longer than the least that a form reserves for them. */
        if (slots && fields[i]->type == VALUE_CODE && place->columns < CODE_COLUMNS)
            place->columns = room < CODE_COLUMNS ? room : CODE_COLUMNS;
        if (place->columns < 1)
            place->columns = 1;
        int whole = place->columns;
        if (fields[i]->type == VALUE_REFERENCE && place->columns > REFERENCE_KEY)
            place->columns = REFERENCE_KEY;
        next = place->column + whole + GAP;
        place->after =
            (slots || i + 1 == count ? end : next) - GAP - place->column - place->columns;
        if (place->after < 0)
            place->after = 0;
    }
}

struct layout *layout_create(const struct layout_options *options, struct arena *arena)
{
    struct layout *layout = ARENA_NEW(arena, struct layout);
    const struct field *fields[ROW_FIELDS];
    int row = 0;
    size_t grids = 0;
    layout->places = ARENA_ARRAY(arena, struct layout_place,
                                 options->form->field_count + options->row_count + 1);
    for (size_t i = 0; i < options->row_count; i++) {
        if (strcmp(options->rows[i].fields, "-") == 0) {
            if (layout->count > 0 && layout->places[layout->count - 1].field != NULL)
                place_add(layout, NULL, row++);
            continue;
        }
        size_t count = row_fields(options, &options->rows[i], fields);
        if (count == 0)
            continue;
        if (fields[0]->type == VALUE_LINES) {
            /* Lines have a frame of their own: a rule above it says nothing. */
            if (layout->count > 0 && layout->places[layout->count - 1].field == NULL)
                row = layout->places[--layout->count].row;
            struct layout_place *place = place_add(layout, fields[0], row);
            place->columns = options->columns;
            place->rows = LINES_LEAST;
            grids++;
        } else if ((fields[0]->flags & FIELD_MEMO) != 0) {
            row_place(options, layout, fields, 1, row);
            layout->places[layout->count - 1].rows = MEMO_ROWS;
        } else {
            row_place(options, layout, fields, count, row);
        }
        row += layout->places[layout->count - 1].rows;
    }
    /* What the body has left goes to the lines. */
    int left = options->body_rows - row;
    for (size_t i = 0; i < layout->count && grids > 0; i++) {
        struct layout_place *place = &layout->places[i];
        if (place->field == NULL || place->field->type != VALUE_LINES || left <= 0)
            continue;
        int more = left / (int)grids;
        place->rows += more;
        for (size_t n = i + 1; n < layout->count; n++)
            layout->places[n].row += more;
        row += more;
        left -= more;
        grids--;
    }
    layout->rows = row;
    return layout;
}
