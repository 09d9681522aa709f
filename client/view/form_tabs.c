/* The tabs of a record: its own, what an administrator added, related lists, the history. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/field_text.h"
#include "client/open.h"
#include "client/store.h"
#include "client/view/form_private.h"
#include "client/view/list_view.h"

enum { HISTORY_LIMIT = 500, TEXT_LIMIT = 1 << 16, LINES_PER_CHANGE = 64 };

/* Fields added at run time stand on no declared tab. */
static bool has_extra(const struct form_view *form)
{
    for (size_t i = 0; i < form->form->field_count; i++)
        if ((form->form->fields[i].flags & FIELD_EXTRA) != 0)
            return true;
    return false;
}

static bool is_record(const struct form_view *form)
{
    return form->mode == MODE_RECORD && form->id != 0;
}

static size_t own_tabs(const struct form_view *form)
{
    if (form->mode == MODE_VERB || form->form->tab_count == 0)
        return 1;
    return form->form->tab_count + (has_extra(form) ? 1 : 0);
}

/* A related list is offered to who may query that form. */
static bool related_permitted(const struct form_view *form, const struct related *related)
{
    return store_permits(form->view.application->store, related->form, VERB_QUERY);
}

const struct related *form_tab_related(const struct form_view *form, size_t tab)
{
    size_t at = own_tabs(form);
    for (size_t i = 0; is_record(form) && i < form->form->related_count; i++)
        if (related_permitted(form, &form->form->related[i]) && at++ == tab)
            return &form->form->related[i];
    return NULL;
}

static size_t related_tabs(const struct form_view *form)
{
    size_t count = 0;
    for (size_t i = 0; is_record(form) && i < form->form->related_count; i++)
        count += related_permitted(form, &form->form->related[i]) ? 1 : 0;
    return count;
}

static bool has_history(const struct form_view *form)
{
    return is_record(form) &&
           store_permits(form->view.application->store, form->form->number, VERB_HISTORY);
}

size_t form_tab_count(const struct form_view *form)
{
    return own_tabs(form) + related_tabs(form) + (has_history(form) ? 1 : 0);
}

bool form_tab_is_history(const struct form_view *form, size_t tab)
{
    return has_history(form) && tab + 1 == form_tab_count(form);
}

const char *form_tab_title(const struct form_view *form, size_t tab)
{
    struct application *application = form->view.application;
    const struct related *related = form_tab_related(form, tab);
    if (related != NULL)
        return application_label(application, &related->label);
    if (form_tab_is_history(form, tab))
        return application_text(application, "record.history");
    if (form->mode == MODE_VERB)
        return application_label(application, &form->verb->label);
    if (form->form->tab_count == 0)
        return application_label(application, &form->form->title);
    if (tab < form->form->tab_count)
        return application_label(application, &form->form->tabs[tab].label);
    return application_text(application, "record.extra");
}

const struct screen_row *form_tab_rows(struct form_view *form, size_t tab, size_t *count)
{
    int columns = screen_cells(form->view.application->screen, SCREEN_BODY)->columns;
    if (tab >= own_tabs(form))
        return NULL;
    if (form->mode == MODE_VERB)
        return layout_rows(form->form, form->verb->input, columns, count, form->arena);
    if (form->form->tab_count == 0)
        return layout_rows(form->form, NULL, columns, count, form->arena);
    if (tab < form->form->tab_count) {
        *count = form->form->tabs[tab].row_count;
        return form->form->tabs[tab].rows;
    }
    const char *names = "";
    for (size_t i = 0; i < form->form->field_count; i++)
        if ((form->form->fields[i].flags & FIELD_EXTRA) != 0)
            names = arena_format(form->arena, "%s %s", names, form->form->fields[i].name);
    return layout_rows(form->form, names, columns, count, form->arena);
}

/* --- history --------------------------------------------------------------------------------- */

static const char *json_text(const struct form_view *form, const struct form *of,
                             const struct field *field, const json_t *value)
{
    struct arena *arena = form->history_arena;
    if (json_is_string(value))
        return arena_string(arena, json_string_value(value));
    if (json_is_integer(value) && field != NULL) {
        struct value number = {.presence = VALUE_PRESENT, .integer = json_integer_value(value)};
        if (field->type == VALUE_CODE || field->type == VALUE_AMOUNT || field->type == VALUE_FLAG)
            return field_text(form->view.application, of, field, &number, arena);
    }
    if (json_is_boolean(value))
        return application_text(form->view.application,
                                json_is_true(value) ? "client.yes" : "client.no");
    if (json_is_null(value) || value == NULL)
        return "";
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *copy = arena_string(arena, text != NULL ? text : "");
    free(text);
    return copy;
}

/* The field of a column, in the head or in any of its lines. */
static const struct field *column_field(const struct form *form, const char *column,
                                        const struct form **of)
{
    const struct field *field = form_field(form, column);
    *of = form;
    for (size_t i = 0; field == NULL && i < form->field_count; i++)
        if (form->fields[i].lines != NULL)
            field = column_field(form->fields[i].lines, column, of);
    return field;
}

static void history_add(struct form_view *form, const char *text)
{
    if (form->history_count < HISTORY_LIMIT)
        form->history[form->history_count++] = text;
}

static void changes_read(struct form_view *form, const char *changes)
{
    struct application *application = form->view.application;
    json_t *root = json_loads(changes, 0, NULL);
    const char *column;
    json_t *pair;
    json_object_foreach(root, column, pair)
    {
        const struct form *of;
        const struct field *field = column_field(form->form, column, &of);
        if (field == NULL)
            continue; /* a column that no field of the form shows */
        const char *before = json_text(form, of, field, json_array_get(pair, 0));
        const char *after = json_text(form, of, field, json_array_get(pair, 1));
        history_add(form,
                    arena_format(form->history_arena, "     %s: %s -> %s",
                                 application_label(application, &field->label), before, after));
    }
    json_decref(root);
}

static bool history_read(struct form_view *form, struct answer *answer)
{
    struct reader *reader = &answer->reader;
    struct application *application = form->view.application;
    size_t count = (size_t)reader_limited(reader, HISTORY_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        char when[32];
        struct tm local;
        time_t seconds = (time_t)(reader_signed(reader) / 1000000);
        const char *staff = reader_text(reader, answer->arena, TEXT_LIMIT);
        const char *name = reader_text(reader, answer->arena, TEXT_LIMIT);
        const char *table = reader_text(reader, answer->arena, TEXT_LIMIT);
        (void)reader_signed(reader);
        const char *kind = reader_text(reader, answer->arena, TEXT_LIMIT);
        const char *changes = reader_text(reader, answer->arena, TEXT_LIMIT);
        (void)reader_signed(reader);
        (void)table;
        localtime_r(&seconds, &local);
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
        history_add(
            form, arena_format(form->history_arena, " %s  %s %s  %s", when, staff, name,
                               application_text(application,
                                                arena_format(answer->arena, "history.%s", kind))));
        changes_read(form, changes);
    }
    return reader_end(reader);
}

static void history_fetch(struct form_view *form)
{
    struct application *application = form->view.application;
    struct writer body;
    struct answer answer;
    if (form->history_arena == NULL)
        form->history_arena = arena_create();
    arena_reset(form->history_arena);
    form->history = ARENA_ARRAY(form->history_arena, const char *, HISTORY_LIMIT);
    form->history_count = form->history_top = 0;
    writer_initialise(&body, 64);
    writer_signed(&body, form->id);
    writer_signed(&body, 0);
    session_call(application, form->form->number, form->form->hash, VERB_HISTORY, &body, &answer);
    writer_release(&body);
    if (answer.status != STATUS_OK)
        session_refused(application, &answer);
    else if (!history_read(form, &answer))
        application_refuse(application, "client.answer_broken", NULL);
    answer_release(&answer);
}

static void history_draw(struct form_view *form, struct cells *body, int first)
{
    if (form->history_count == 0)
        cells_put(body, first, 1, body->columns - 2, CELL_FAINT,
                  application_text(form->view.application, "list.empty"));
    for (int row = first; row < body->rows; row++) {
        size_t at = form->history_top + (size_t)(row - first);
        if (at >= form->history_count)
            break;
        cells_put(body, row, 0, body->columns,
                  form->history[at][1] == ' ' ? CELL_VALUE : CELL_LABEL, form->history[at]);
    }
    application_hint(form->view.application,
                     application_text(form->view.application, "record.history_hint"));
}

/* --- showing --------------------------------------------------------------------------------- */

void form_show_tab(struct form_view *form, size_t tab)
{
    struct application *application = form->view.application;
    form->tab = tab;
    form->layout = NULL;
    form->grid.field = NULL;
    form->place = NO_PLACE;
    record_list_free(form->related);
    form->related = NULL;
    form_enter_slot(form);
    const struct related *related = form_tab_related(form, tab);
    if (related != NULL) {
        const struct form *other = store_form(application, related->form);
        const struct field *by = other != NULL ? form_field(other, related->by) : NULL;
        if (by != NULL) {
            const struct criteria criteria = {
                .count = 1, .list = {{.field = by, .way = CRITERION_EQUAL, .integer = form->id}}};
            form->related = record_list_create(application, other, &criteria);
        }
    } else if (form_tab_is_history(form, tab)) {
        history_fetch(form);
    } else {
        form_first_place(form);
    }
}

void form_draw_extra(struct form_view *form, struct cells *body, int first)
{
    struct application *application = form->view.application;
    if (form_tab_is_history(form, form->tab)) {
        history_draw(form, body, first);
    } else if (form->related != NULL) {
        int row = 0;
        int column = 0;
        record_list_draw(form->related, body, first, body->rows - first, !application->in_command,
                         &row, &column);
        screen_cursor(application->screen, SCREEN_BODY, row, column);
        application_hint(application, application_text(application, "record.related_hint"));
    }
}

/* A new record of the related form, already tied to this one. */
static void related_create(struct form_view *form)
{
    struct application *application = form->view.application;
    const struct related *related = form_tab_related(form, form->tab);
    const struct form *other = record_list_form(form->related);
    if (!store_permits(application->store, other->number, VERB_CREATE)) {
        application_refuse(application, "client.not_permitted", NULL);
        return;
    }
    struct arena *arena = arena_create();
    struct record *preset = record_create(other, arena);
    const char *key = form->form->key != NULL ? record_text(form->record, form->form->key) : "";
    const char *caption =
        form->form->caption != NULL ? record_text(form->record, form->form->caption) : "";
    record_set_reference(preset, related->by, form->id, key, caption);
    open_new(application, other, preset);
    arena_free(arena);
}

bool form_extra_key(struct form_view *form, const struct keys_event *key)
{
    size_t tabs = form_tab_count(form);
    bool history = form_tab_is_history(form, form->tab);
    if (key->kind == KEYS_KEY) {
        if (key->code == KEYS_TAB || key->code == KEYS_BACK_TAB) {
            form_show_tab(form, (form->tab + (key->code == KEYS_TAB ? 1 : tabs - 1)) % tabs);
            return true;
        }
        if (key->code >= KEYS_ALT_1 && key->code <= KEYS_ALT_9 &&
            (size_t)(key->code - KEYS_ALT_1) < tabs) {
            form_show_tab(form, (size_t)(key->code - KEYS_ALT_1));
            return true;
        }
        if (form->related != NULL && key->code == KEYS_F6) {
            related_create(form);
            return true;
        }
        if (form->related != NULL && key->code == KEYS_F5) {
            record_list_refresh(form->related);
            return true;
        }
        if (form->related != NULL && key->code == KEYS_F11) {
            list_view_output(form->view.application, form->related);
            return true;
        }
        if (history && key->code == KEYS_DOWN && form->history_top + 1 < form->history_count) {
            form->history_top++;
            return true;
        }
        if (history && key->code == KEYS_UP && form->history_top > 0) {
            form->history_top--;
            return true;
        }
        bool page = key->code == KEYS_PAGE_DOWN || key->code == KEYS_PAGE_UP;
        bool whole = form->related == NULL || (record_list_complete(form->related) &&
                                               record_list_count(form->related) <= 12);
        if (page && whole) {
            form_show_tab(form, (form->tab + (key->code == KEYS_PAGE_DOWN ? 1 : tabs - 1)) % tabs);
            return true;
        }
    }
    return form->related != NULL && record_list_key(form->related, key);
}
