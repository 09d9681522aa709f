/* Lists of records. */
#include "client/view/record_list.h"

#include <stdlib.h>
#include <string.h>

#include "client/field_text.h"
#include "client/layout.h"
#include "client/open.h"
#include "client/session.h"
#include "client/store.h"
#include "protocol/buffer.h"
#include "protocol/record.h"

enum {
    COLUMN_LIMIT = 12,
    COLUMN_WIDEST = 40,
    PAGE_LIMIT = 200,
    TOKEN_LIMIT = 512,
    BODY_LIMIT = 65536,
    NUMBER_COLUMNS = 3,
};

struct row_text {
    int64_t id;
    const char *texts[COLUMN_LIMIT];
};

struct record_list {
    struct application *application;
    const struct form *form;
    struct arena *arena; /* criteria, rows */
    struct criteria criteria;
    size_t column_count;
    const struct field *fields[COLUMN_LIMIT];
    int wanted[COLUMN_LIMIT];
    struct list *list;
    int rows;
    int width;
    size_t row_count;
    size_t row_capacity;
    struct row_text *row_texts; /* in the order fetched, for printing */
    size_t token_length;
    uint8_t token[TOKEN_LIMIT];
};

static int column_wanted(const struct record_list *list, const struct field *field)
{
    int label = utf8_width(application_label(list->application, &field->label), 1);
    int width = field->type == VALUE_REFERENCE ? 20 : field->width;
    width = width > COLUMN_WIDEST ? COLUMN_WIDEST : width;
    return width > label ? width : label;
}

static void body_write(const struct record_list *list, struct writer *body, size_t page, bool first)
{
    writer_unsigned(body, list->criteria.count);
    for (size_t i = 0; i < list->criteria.count; i++) {
        const struct criterion *criterion = &list->criteria.list[i];
        writer_unsigned(body, criterion->field->number);
        writer_u8(body, (uint8_t)criterion->way);
        if (criterion->way == CRITERION_EMPTY)
            continue;
        if (criterion->field->type == VALUE_TEXT)
            writer_text(body, criterion->text);
        else
            writer_signed(body, criterion->integer);
    }
    writer_signed(body, 0);
    writer_unsigned(body, page);
    writer_block(body, list->token, first ? 0 : list->token_length);
}

static const char *cell_text(const struct record_list *list, const struct record *record,
                             const struct field *field)
{
    const struct value *value = &record->values[field->index];
    if (field->type == VALUE_REFERENCE && value->presence == VALUE_PRESENT &&
        value->label != NULL && value->label[0] != '\0')
        return arena_string(list->arena, value->label);
    const char *text = field_text(list->application, list->form, field, value, list->arena);
    return arena_string(list->arena, text);
}

static void row_keep(struct record_list *list, const struct row_text *row)
{
    if (list->row_count == list->row_capacity) {
        size_t capacity = list->row_capacity == 0 ? 64 : list->row_capacity * 2;
        struct row_text *rows = realloc(list->row_texts, capacity * sizeof *rows);
        if (rows == NULL)
            abort();
        list->row_texts = rows;
        list->row_capacity = capacity;
    }
    list->row_texts[list->row_count++] = *row;
}

static bool page_read(struct record_list *list, struct answer *answer, bool first)
{
    struct reader *reader = &answer->reader;
    size_t count = (size_t)reader_limited(reader, PAGE_LIMIT);
    if (first)
        list->row_count = 0;
    for (size_t i = 0; i < count && !reader->failed; i++) {
        struct row_text row = {0};
        row.id = reader_signed(reader);
        (void)reader_signed(reader);
        struct record *record = record_decode(reader, list->form, answer->arena);
        if (record == NULL)
            return false;
        for (size_t column = 0; column < list->column_count; column++)
            row.texts[column] = cell_text(list, record, list->fields[column]);
        row_keep(list, &row);
    }
    size_t length;
    const uint8_t *token = reader_block(reader, TOKEN_LIMIT, &length);
    if (!reader_end(reader))
        return false;
    if (length > 0)
        memcpy(list->token, token, length);
    list->token_length = length;
    return true;
}

/* One page behind what is there, or the first; it is delivered where a list stands already. */
static void page_fetch(struct record_list *list, bool first, size_t count)
{
    struct writer body;
    struct answer answer;
    bool done = false;
    writer_initialise(&body, BODY_LIMIT);
    body_write(list, &body, count < PAGE_LIMIT ? count : PAGE_LIMIT, first);
    session_call(list->application, list->form->number, list->form->hash, VERB_QUERY, &body,
                 &answer);
    writer_release(&body);
    if (answer.status != STATUS_OK)
        session_refused(list->application, &answer);
    else if (!(done = page_read(list, &answer, first)))
        application_refuse(list->application, "client.answer_broken", NULL);
    if (!done)
        list->token_length = 0;
    answer_release(&answer);
}

static void rows_deliver(struct record_list *list, size_t from)
{
    size_t count = list->row_count - from;
    struct list_row *rows = calloc(count + 1, sizeof *rows);
    if (rows == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct list_row){.id = list->row_texts[from + i].id,
                                    .texts = list->row_texts[from + i].texts};
    list_deliver(list->list, rows, count, list->token_length == 0);
    free(rows);
}

static void list_wants(void *context, struct list *inner, bool first, int64_t last_id, size_t count,
                       const char *filter)
{
    struct record_list *list = context;
    size_t from = first ? 0 : list->row_count;
    (void)inner;
    (void)last_id;
    (void)filter;
    if (first || list->token_length > 0)
        page_fetch(list, first, count);
    rows_deliver(list, from);
}

/* As wide as what the first page holds: a column of short codes leaves its room to names. */
static void columns_measure(struct record_list *list)
{
    int ambiguous = screen_ambiguous(list->application->screen);
    for (size_t i = 0; i < list->column_count; i++) {
        int widest =
            utf8_width(application_label(list->application, &list->fields[i]->label), ambiguous);
        for (size_t row = 0; row < list->row_count; row++) {
            int width = utf8_width(list->row_texts[row].texts[i], ambiguous);
            widest = width > widest ? width : widest;
        }
        if (list->row_count > 0)
            list->wanted[i] = widest > COLUMN_WIDEST ? COLUMN_WIDEST : widest;
    }
}

/* What all rows of a related list have in common needs no column. */
static bool is_common(const struct record_list *list, const struct field *field)
{
    for (size_t i = 0; i < list->criteria.count; i++)
        if (list->criteria.list[i].field == field && field->type == VALUE_REFERENCE &&
            list->criteria.list[i].way == CRITERION_EQUAL)
            return true;
    return false;
}

static void list_make(struct record_list *list)
{
    struct list_column columns[COLUMN_LIMIT];
    int widths[COLUMN_LIMIT];
    memcpy(widths, list->wanted, sizeof widths);
    size_t count = layout_fit(widths, list->column_count, list->width - NUMBER_COLUMNS);
    for (size_t i = 0; i < count; i++)
        columns[i] = (struct list_column){
            .title = application_label(list->application, &list->fields[i]->label),
            .columns = widths[i],
            .align = field_is_figure(list->fields[i]) ? CELL_ALIGN_RIGHT : CELL_ALIGN_LEFT,
        };
    list_free(list->list);
    list->list = list_create(&(struct list_options){
        .columns = columns,
        .column_count = count > 0 ? count : 1,
        .rows = list->rows,
        .width = list->width,
        .heading = true,
        .numbers = true,
        .no_filter = true,
        .ambiguous = screen_ambiguous(list->application->screen),
        .fetch = list_wants,
        .context = list,
    });
}

void record_list_refresh(struct record_list *list)
{
    int64_t focus = list->list != NULL ? list_focus_id(list->list) : 0;
    list->token_length = 0;
    page_fetch(list, true, (size_t)list->rows);
    columns_measure(list);
    list_make(list);
    rows_deliver(list, 0);
    if (focus != 0)
        list_set_focus(list->list, focus);
}

struct record_list *record_list_create(struct application *application, const struct form *form,
                                       const struct criteria *criteria)
{
    if (!store_permits(application->store, form->number, VERB_QUERY)) {
        application_refuse(application, "client.not_permitted", NULL);
        return NULL;
    }
    struct record_list *list = calloc(1, sizeof *list);
    if (list == NULL)
        abort();
    list->application = application;
    list->form = form;
    list->arena = arena_create();
    list->criteria = *criteria;
    for (size_t i = 0; i < criteria->count; i++)
        list->criteria.list[i].text = arena_string(list->arena, criteria->list[i].text);
    const char *cursor = form->list;
    const struct field *field;
    while (cursor != NULL && list->column_count < COLUMN_LIMIT &&
           (field = form_next_field(form, &cursor)) != NULL)
        if (field->type != VALUE_LINES && !is_common(list, field))
            list->fields[list->column_count++] = field;
    for (size_t i = 0; list->column_count == 0 && i < form->field_count && i < COLUMN_LIMIT; i++)
        if (form->fields[i].type != VALUE_LINES && (form->fields[i].flags & FIELD_HIDDEN) == 0)
            list->fields[list->column_count++] = &form->fields[i];
    for (size_t i = 0; i < list->column_count; i++)
        list->wanted[i] = column_wanted(list, list->fields[i]);
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    list->rows = body->rows - 2;
    list->width = body->columns;
    record_list_refresh(list);
    return list;
}

void record_list_free(struct record_list *list)
{
    if (list == NULL)
        return;
    list_free(list->list);
    arena_free(list->arena);
    free(list->row_texts);
    free(list);
}

void record_list_draw(struct record_list *list, struct cells *cells, int row, int rows,
                      bool focused, int *cursor_row, int *cursor_column)
{
    if (rows - 1 != list->rows || cells->columns != list->width) {
        list->rows = rows - 1;
        list->width = cells->columns;
        list_resize(list->list, list->rows, list->width);
    }
    list_draw(list->list, cells, row, 0, focused, cursor_row, cursor_column);
    if (list_count(list->list) == 0)
        cells_put(cells, row + 1, 3, cells->columns - 4, CELL_FAINT,
                  application_text(list->application, "list.empty"));
}

bool record_list_key(struct record_list *list, const struct keys_event *key)
{
    enum list_result result = list_key(list->list, key);
    if (result == LIST_CHOSEN)
        open_record(list->application, list->form->number, list_focus_id(list->list));
    else if (result == LIST_REFUSED)
        terminal_beep(list->application->terminal);
    return result != LIST_IGNORED;
}

size_t record_list_count(const struct record_list *list)
{
    return list_count(list->list);
}

bool record_list_complete(const struct record_list *list)
{
    return list_is_complete(list->list);
}

int64_t record_list_focus(const struct record_list *list)
{
    return list_focus_id(list->list);
}

const struct form *record_list_form(const struct record_list *list)
{
    return list->form;
}

/* --- as text --------------------------------------------------------------------------------- */

/* Grows by doubling: one page after the other must not cost the square. */
struct text {
    char *bytes;
    size_t length;
    size_t capacity;
    struct arena *arena;
};

static void text_add(struct text *text, const char *more, size_t length)
{
    if (text->length + length + 1 > text->capacity) {
        size_t capacity = (text->length + length + 1) * 2;
        char *bytes = ARENA_ARRAY(text->arena, char, capacity);
        if (text->length > 0)
            memcpy(bytes, text->bytes, text->length);
        text->bytes = bytes;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->length, more, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

static void text_pad(struct text *text, const char *cell, int width, bool right)
{
    int used = utf8_width(cell, 1);
    for (int i = used; right && i < width; i++)
        text_add(text, " ", 1);
    text_add(text, cell, strlen(cell));
    for (int i = used; !right && i < width; i++)
        text_add(text, " ", 1);
    text_add(text, " ", 1);
}

const char *record_list_text(struct record_list *list, struct arena *arena)
{
    struct text text = {.arena = arena};
    for (size_t i = 0; i < list->column_count; i++)
        text_pad(&text, application_label(list->application, &list->fields[i]->label),
                 list->wanted[i], field_is_figure(list->fields[i]));
    text_add(&text, "\n", 1);
    for (size_t row = 0; row < list->row_count; row++) {
        for (size_t i = 0; i < list->column_count; i++)
            text_pad(&text, list->row_texts[row].texts[i], list->wanted[i],
                     field_is_figure(list->fields[i]));
        text_add(&text, "\n", 1);
    }
    return text.bytes;
}

static void csv_cell(struct text *text, const char *cell, bool last)
{
    text_add(text, "\"", 1);
    for (const char *at = cell; *at != '\0'; at++) {
        /* A spreadsheet must not take a name for a formula. */
        if (at == cell && strchr("=+-@", *at) != NULL && cell[1] != '\0' &&
            strspn(cell, "-0123456789.,") != strlen(cell))
            text_add(text, "'", 1);
        text_add(text, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    }
    text_add(text, last ? "\"\r\n" : "\",", last ? 3 : 2);
}

const char *record_list_csv(struct record_list *list, struct arena *arena)
{
    struct text text = {.arena = arena};
    text_add(&text, "\xEF\xBB\xBF", 3);
    for (size_t i = 0; i < list->column_count; i++)
        csv_cell(&text, application_label(list->application, &list->fields[i]->label),
                 i + 1 == list->column_count);
    for (size_t row = 0; row < list->row_count; row++)
        for (size_t i = 0; i < list->column_count; i++)
            csv_cell(&text, list->row_texts[row].texts[i], i + 1 == list->column_count);
    return text.bytes;
}
