/* Query by example. What is typed stays text until F8; then it becomes criteria, field by field. */
#include "client/view/query_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/dialog.h"
#include "client/field_text.h"
#include "client/layout.h"
#include "client/open.h"
#include "client/reference.h"
#include "client/store.h"
#include "client/view/list_view.h"
#include "protocol/buffer.h"

enum { TEXT_LIMIT = 200, CRITERION_COLUMNS = 22 };

struct query_view {
    struct view view;
    struct arena *arena;
    const struct form *form;
    struct form *shape; /* the criteria as a form of their own: wider, none required */
    struct layout *layout;
    int columns;
    char language[4];
    char **texts; /* by place of the layout */
    struct editor *editor;
    size_t focus; /* place */
    int top;
    char title[160];
};

/* --- criteria -------------------------------------------------------------------------------- */

static bool criterion_add(struct criteria *criteria, const struct field *field,
                          enum criterion_way way, const struct value *value)
{
    if (criteria->count == CRITERIA_LIMIT)
        return false;
    criteria->list[criteria->count++] = (struct criterion){
        .field = field,
        .way = way,
        .integer = value != NULL ? value->integer : 0,
        .text = value != NULL && value->text != NULL ? value->text : "",
    };
    return true;
}

static enum criterion_way text_way(const struct field *field, char *text)
{
    size_t length = strlen(text);
    bool latin = true;
    for (const char *at = text; *at != '\0'; at++)
        latin = latin && (unsigned char)*at < 0x80;
    if (text[length - 1] == '*') {
        text[length - 1] = '\0';
        return CRITERION_PREFIX;
    }
    if ((field->search & SEARCH_INITIALS) != 0 && (latin || utf8_count(text) > 1))
        return CRITERION_WORD;
    if ((field->search & SEARCH_EXACT) == 0 && (field->search & SEARCH_PREFIX) != 0)
        return CRITERION_PREFIX;
    return (field->search & SEARCH_INITIALS) != 0 && (field->search & SEARCH_PREFIX) != 0
               ? CRITERION_PREFIX
               : CRITERION_EQUAL;
}

/* One end of a range, or a single value. */
static bool value_take(struct query_view *query, const struct field *field, const char *text,
                       struct value *value)
{
    struct application *application = query->view.application;
    int64_t number;
    if (field->type == VALUE_TEXT) {
        *value =
            (struct value){.presence = VALUE_PRESENT, .text = arena_string(query->arena, text)};
        return true;
    }
    switch (field_parse(application, query->form, field, text, value, query->arena)) {
    case FIELD_PARSED:
        return true;
    case FIELD_AMBIGUOUS:
        if (!reference_choose_code(application, query->form, field, text, &number))
            return false;
        *value = (struct value){.presence = VALUE_PRESENT, .integer = number};
        return true;
    case FIELD_LOOK_UP:
        return reference_resolve(application, field->reference, text, false, value, query->arena) &&
               value->integer != 0;
    default:
        return false;
    }
}

static bool range_take(struct query_view *query, const struct field *field, char *text, char *dots,
                       struct criteria *criteria)
{
    struct value value;
    *dots = '\0';
    const char *upper = dots + 2;
    if (*text != '\0' && (!value_take(query, field, text, &value) ||
                          !criterion_add(criteria, field, CRITERION_FROM, &value)))
        return false;
    if (*upper != '\0') {
        if (!value_take(query, field, upper, &value))
            return false;
        if (field->type == VALUE_TIME && value.integer % INT64_C(60000000) == 0 &&
            strchr(upper, ':') == NULL)
            value.integer += INT64_C(86400000000) - 1; /* up to a day: the whole of it */
        return criterion_add(criteria, field, CRITERION_TO, &value);
    }
    return true;
}

static bool criterion_take(struct query_view *query, const struct field *field, const char *typed,
                           struct criteria *criteria)
{
    char *text = arena_string(query->arena, typed);
    struct value value;
    char *dots = strstr(text, "..");
    if (strcmp(text, "=") == 0)
        return criterion_add(criteria, field, CRITERION_EMPTY, NULL);
    if (dots != NULL && field->type != VALUE_CODE && field->type != VALUE_REFERENCE)
        return range_take(query, field, text, dots, criteria);
    enum criterion_way way = CRITERION_EQUAL;
    if (text[0] == '=')
        text++;
    else if (field->type == VALUE_TEXT)
        way = text_way(field, text);
    if (!value_take(query, field, text, &value))
        return false;
    if (field->type == VALUE_TIME && strchr(text, ':') == NULL) {
        /* A day, as people say a time. */
        struct value end = value;
        end.integer += INT64_C(86400000000) - 1;
        return criterion_add(criteria, field, CRITERION_FROM, &value) &&
               criterion_add(criteria, field, CRITERION_TO, &end);
    }
    return criterion_add(criteria, field, way, &value);
}

/* --- editing --------------------------------------------------------------------------------- */

static void text_store(struct query_view *query)
{
    free(query->texts[query->focus]);
    query->texts[query->focus] = strdup(editor_text(query->editor));
    if (query->texts[query->focus] == NULL)
        abort();
}

static void focus_set(struct query_view *query, size_t focus)
{
    query->focus = focus;
    editor_resize(query->editor, query->layout->places[focus].columns, 1);
    editor_set_text(query->editor, query->texts[focus]);
    editor_select_all(query->editor);
}

static void focus_move(struct query_view *query, int by)
{
    size_t count = query->layout->count;
    text_store(query);
    focus_set(query, (query->focus + count + (size_t)((int)count + by)) % count);
}

/* To the nearest field of the row above or below. */
static void focus_row(struct query_view *query, int by)
{
    const struct layout_place *from = &query->layout->places[query->focus];
    size_t best = query->focus;
    int distance = 1 << 20;
    for (size_t i = 0; i < query->layout->count; i++) {
        const struct layout_place *place = &query->layout->places[i];
        int rows = (place->row - from->row) * by;
        int far = rows * 1000 + abs(place->column - from->column);
        if (rows > 0 && far < distance) {
            distance = far;
            best = i;
        }
    }
    text_store(query);
    focus_set(query, best);
}

static void query_run(struct query_view *query)
{
    struct criteria criteria = {0};
    struct application *application = query->view.application;
    text_store(query);
    application_say_text(application, CELL_PLAIN, "");
    for (size_t i = 0; i < query->layout->count; i++) {
        const struct field *field = form_field(query->form, query->layout->places[i].field->name);
        if (query->texts[i][0] != '\0' &&
            !criterion_take(query, field, query->texts[i], &criteria)) {
            focus_set(query, i);
            return;
        }
    }
    list_view_open(application, query->form, &criteria, criteria.count > 0);
}

static void values_show(struct query_view *query)
{
    struct application *application = query->view.application;
    const struct field *field =
        form_field(query->form, query->layout->places[query->focus].field->name);
    struct value value;
    int64_t number;
    if (field->type == VALUE_CODE) {
        if (!reference_choose_code(application, query->form, field, editor_text(query->editor),
                                   &number))
            return;
        value = (struct value){.presence = VALUE_PRESENT, .integer = number};
        editor_set_text(query->editor,
                        field_text(application, query->form, field, &value, query->arena));
    } else if (field->type == VALUE_REFERENCE) {
        if (reference_resolve(application, field->reference, editor_text(query->editor), true,
                              &value, query->arena))
            editor_set_text(query->editor, value.text);
    } else {
        application_refuse(application, "client.no_values", NULL);
    }
}

static bool query_key(struct view *view, const struct keys_event *key)
{
    struct query_view *query = (struct query_view *)view;
    struct application *application = view->application;
    enum editor_result result = editor_key(query->editor, key);
    if (result == EDITOR_REFUSED || result == EDITOR_FULL)
        terminal_beep(application->terminal);
    if (result != EDITOR_IGNORED)
        return true;
    if (key->kind != KEYS_KEY)
        return false;
    switch (key->code) {
    case KEYS_TAB:
    case KEYS_ENTER:
        focus_move(query, 1);
        return true;
    case KEYS_BACK_TAB:
        focus_move(query, -1);
        return true;
    case KEYS_DOWN:
        focus_row(query, 1);
        return true;
    case KEYS_UP:
        focus_row(query, -1);
        return true;
    case KEYS_F4:
        values_show(query);
        return true;
    case KEYS_F5:
    case KEYS_F7:
        for (size_t i = 0; i < query->layout->count; i++)
            query->texts[i][0] = '\0';
        focus_set(query, 0);
        return true;
    case KEYS_F6:
        if (!store_permits(application->store, query->form->number, VERB_CREATE))
            return false;
        open_form(application, query->form->number, "", true);
        return true;
    case KEYS_F8:
    case KEYS_F10:
        query_run(query);
        return true;
    default:
        return false;
    }
}

/* --- drawing --------------------------------------------------------------------------------- */

/* The criteria as a form: inputs with room for ranges, nothing required, nothing alone in a row. */
static void layout_make(struct query_view *query)
{
    struct application *application = query->view.application;
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    const struct form *form = query->form;
    size_t row_count;
    struct screen_row *rows =
        layout_rows(query->shape, form->criteria, body->columns, &row_count, query->arena);
    query->columns = body->columns;
    snprintf(query->language, sizeof query->language, "%s", application->language);
    query->layout = layout_create(&(struct layout_options){.form = query->shape,
                                                           .rows = rows,
                                                           .row_count = row_count,
                                                           .template_code = -1,
                                                           .language = application->language,
                                                           .columns = body->columns,
                                                           .body_rows = body->rows,
                                                           .ambiguous = body->ambiguous},
                                  query->arena);
}

static void query_draw(struct view *view)
{
    struct query_view *query = (struct query_view *)view;
    struct application *application = view->application;
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    if (query->columns != body->columns || strcmp(query->language, application->language) != 0)
        layout_make(query);
    const struct layout_place *focus = &query->layout->places[query->focus];
    if (focus->row < query->top)
        query->top = focus->row;
    if (focus->row >= query->top + body->rows)
        query->top = focus->row - body->rows + 1;
    for (size_t i = 0; i < query->layout->count; i++) {
        const struct layout_place *place = &query->layout->places[i];
        int row = place->row - query->top;
        if (row < 0 || row >= body->rows)
            continue;
        cells_put(body, row, place->label_column, place->label_columns, CELL_LABEL,
                  application_label(application, &place->field->label));
        if (i == query->focus) {
            int at;
            int column;
            editor_draw(query->editor, body, row, place->column, CELL_INPUT, '_');
            editor_cursor(query->editor, &at, &column);
            screen_cursor(application->screen, SCREEN_BODY, row, place->column + column);
        } else {
            cells_fill(body, row, place->column, 1, place->columns, CELL_INPUT, '_');
            cells_put(body, row, place->column, place->columns, CELL_INPUT, query->texts[i]);
        }
    }
    const struct field *field = form_field(query->form, focus->field->name);
    const char *hint = field->type == VALUE_CODE || field->type == VALUE_REFERENCE
                           ? "query.hint_list"
                       : (field->search & SEARCH_INITIALS) != 0 ? "query.hint_name"
                       : (field->search & SEARCH_PREFIX) != 0   ? "query.hint_prefix"
                       : field->type != VALUE_TEXT              ? "query.hint_range"
                                                                : "query.hint";
    application_hint(application, application_text(application, hint));
}

static const char *query_label(struct view *view, int function_key)
{
    struct query_view *query = (struct query_view *)view;
    static const char *const labels[FUNCTION_KEYS + 1] = {
        [4] = "key.values", [6] = "key.new", [7] = "key.clear", [8] = "key.find"};
    if (function_key == 6 &&
        !store_permits(view->application->store, query->form->number, VERB_CREATE))
        return NULL;
    return labels[function_key] != NULL ? application_text(view->application, labels[function_key])
                                        : NULL;
}

static const char *query_title(struct view *view)
{
    struct query_view *query = (struct query_view *)view;
    snprintf(query->title, sizeof query->title, "%s %s",
             query->form->code != NULL ? query->form->code : "",
             application_label(view->application, &query->form->title));
    return query->title;
}

static const char *query_help(struct view *view, const char **title)
{
    struct query_view *query = (struct query_view *)view;
    struct application *application = view->application;
    const struct field *field =
        form_field(query->form, query->layout->places[query->focus].field->name);
    *title = application_label(application, &field->label);
    return arena_format(query->arena, "%s\n%s\n", application_label(application, &field->help),
                        application_label(application, &query->form->help));
}

static void query_free(struct view *view)
{
    struct query_view *query = (struct query_view *)view;
    for (size_t i = 0; i < query->layout->count; i++)
        free(query->texts[i]);
    free(query->texts);
    editor_free(query->editor);
    arena_free(query->arena);
    free(query);
}

static const struct view_class query_view_class = {
    .name = "query",
    .draw = query_draw,
    .key = query_key,
    .label = query_label,
    .title = query_title,
    .help = query_help,
    .free = query_free,
};

static struct form *shape_create(const struct form *form, struct arena *arena)
{
    struct form *shape = ARENA_NEW(arena, struct form);
    *shape = *form;
    shape->fields = ARENA_ARRAY(arena, struct field, form->field_count + 1);
    for (size_t i = 0; i < form->field_count; i++) {
        struct field *field = &shape->fields[i];
        *field = form->fields[i];
        field->flags &= ~(unsigned)(FIELD_MEMO | FIELD_REQUIRED);
        field->templates = 0;
        field->width = CRITERION_COLUMNS;
        if (field->type == VALUE_REFERENCE)
            field->type = VALUE_TEXT; /* its whole width is typed in */
    }
    return shape;
}

void query_view_open(struct application *application, const struct form *form)
{
    struct criteria none = {0};
    if (form->criteria == NULL) {
        list_view_open(application, form, &none, false);
        return;
    }
    struct query_view *query = calloc(1, sizeof *query);
    if (query == NULL)
        abort();
    query->view = (struct view){.class = &query_view_class, .application = application};
    query->arena = arena_create();
    query->form = form;
    query->shape = shape_create(form, query->arena);
    layout_make(query);
    query->texts = calloc(query->layout->count + 1, sizeof *query->texts);
    if (query->texts == NULL)
        abort();
    for (size_t i = 0; i < query->layout->count; i++) {
        query->texts[i] = strdup("");
        if (query->texts[i] == NULL)
            abort();
    }
    query->editor = editor_create(&(struct editor_options){
        .columns = CRITERION_COLUMNS,
        .rows = 1,
        .maximum = TEXT_LIMIT,
        .restriction = EDITOR_TEXT,
        .ambiguous = screen_ambiguous(application->screen),
    });
    if (query->layout->count == 0) {
        query_free(&query->view);
        list_view_open(application, form, &none, false);
        return;
    }
    focus_set(query, 0);
    application_push(application, &query->view);
}
