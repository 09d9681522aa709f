/* The record screen: what it shows. */
#include "client/view/form_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/dialog.h"
#include "client/field_text.h"
#include "client/open.h"
#include "client/previous.h"
#include "client/print.h"
#include "client/store.h"
#include "client/terminal/tabs.h"
#include "client/view/form_private.h"
#include "protocol/system.h"

enum { BODY_LIMIT = 4096, KEY_LIMIT = 200, TABS_SHOWN = 48 };

/* A form of this name is the customer that the title row keeps in sight. */
const char form_context_name[] = "customer";

static const struct view_class form_view_class;

struct form_view *form_view_create(struct application *application, const struct form *form,
                                   enum form_mode mode)
{
    struct form_view *self = calloc(1, sizeof *self);
    if (self == NULL)
        abort();
    self->view = (struct view){.class = &form_view_class, .application = application};
    self->arena = arena_create();
    self->form = form;
    self->mode = mode;
    self->place = NO_PLACE;
    return self;
}

bool form_permits(const struct form_view *form, uint16_t verb)
{
    for (size_t i = 0; i < form->verb_count; i++)
        if (form->verbs[i] == verb)
            return true;
    return false;
}

bool form_is_changed(const struct form_view *form)
{
    const struct record *record = form->record;
    if (form->editor != NULL && editor_is_changed(form->editor))
        return true;
    if (form->original == NULL || form->mode == MODE_LINE)
        return false;
    if (form->mode == MODE_RUN && !form->verb->changing)
        return false; /* a question, not work */
    for (size_t i = 0; i < record->form->field_count; i++) {
        const struct field *field = &record->form->fields[i];
        const struct lines *lines = record->values[i].lines;
        if (field->type != VALUE_LINES) {
            if (!value_equal(field->type, &record->values[i], &form->original->values[i]) &&
                form_editable(form, form->form, field))
                return true;
            continue;
        }
        for (size_t n = 0; lines != NULL && n < lines->count; n++)
            if (lines->lines[n].action != LINE_KEEP &&
                !line_is_blank(form->view.application, &lines->lines[n]))
                return true;
    }
    return false;
}

bool form_marked(const struct form_view *form, const struct field *lines, size_t line,
                 const struct field *field)
{
    for (size_t i = 0; i < form->mark_count; i++) {
        const struct fault_mark *mark = &form->marks[i];
        if (mark->field == field->number &&
            (lines == NULL ? mark->lines_field == 0
                           : mark->lines_field == lines->number && mark->line == line))
            return true;
    }
    return false;
}

/* --- from the server ------------------------------------------------------------------------- */

struct record *form_read_shown(const struct form *form, struct reader *reader, int64_t *id,
                               int64_t *version, uint16_t verbs[VERBS_LIMIT], size_t *verb_count,
                               struct arena *arena)
{
    *id = reader_signed(reader);
    *version = reader_signed(reader);
    *verb_count = (size_t)reader_limited(reader, VERBS_LIMIT);
    for (size_t i = 0; i < *verb_count; i++)
        verbs[i] = (uint16_t)reader_limited(reader, UINT16_MAX);
    struct record *record = record_decode(reader, form, arena);
    return record != NULL && reader_end(reader) ? record : NULL;
}

void form_show_record(struct form_view *form, int64_t id, int64_t version, struct record *record,
                      const uint16_t *verbs, size_t verb_count)
{
    form->id = id;
    form->version = version;
    form->original = record_copy(record, form->arena);
    form->record = record;
    memmove(form->verbs, verbs, verb_count * sizeof *verbs);
    form->verb_count = verb_count;
    form->mark_count = 0;
    form->layout = NULL;
    form_context(form);
}

void form_context(struct form_view *form)
{
    struct application *application = form->view.application;
    struct task *task = application_task(application);
    if (form->mode != MODE_RECORD)
        return;
    if (strcmp(form->form->name, form_context_name) == 0) {
        task->customer_id = form->id;
        snprintf(task->customer_key, sizeof task->customer_key, "%s",
                 form->form->key != NULL ? record_text(form->record, form->form->key) : "");
        snprintf(task->customer_name, sizeof task->customer_name, "%s",
                 form->form->caption != NULL ? record_text(form->record, form->form->caption) : "");
        return;
    }
    for (size_t i = 0; i < form->form->field_count; i++) {
        const struct field *field = &form->form->fields[i];
        const struct value *value = &form->record->values[i];
        const struct store_entry *entry =
            field->type == VALUE_REFERENCE ? store_by_number(application->store, field->reference)
                                           : NULL;
        if (entry == NULL || strcmp(entry->name, form_context_name) != 0 || value->integer == 0)
            continue;
        task->customer_id = value->integer;
        snprintf(task->customer_key, sizeof task->customer_key, "%s", value->text);
        snprintf(task->customer_name, sizeof task->customer_name, "%s",
                 value->label != NULL ? value->label : "");
        return;
    }
}

bool form_fetch(struct form_view *form, int64_t id, const char *key, bool quiet)
{
    struct application *application = form->view.application;
    struct writer body;
    struct answer answer;
    uint16_t verbs[VERBS_LIMIT];
    size_t verb_count;
    int64_t version;
    bool shown = false;
    writer_initialise(&body, BODY_LIMIT);
    writer_signed(&body, id);
    writer_text(&body, key);
    writer_text(&body, "");
    session_call(application, form->form->number, form->form->hash, VERB_SHOW, &body, &answer);
    writer_release(&body);
    if (answer.status == STATUS_FORM_CHANGED)
        store_refresh(application);
    if (answer.status != STATUS_OK) {
        if (!quiet || (answer.status != STATUS_NOT_FOUND && answer.status != STATUS_UNKNOWN_CALL &&
                       answer.status != STATUS_DENIED))
            session_refused(application, &answer);
        goto out;
    }
    struct record *record =
        form_read_shown(form->form, &answer.reader, &id, &version, verbs, &verb_count, form->arena);
    if (record == NULL) {
        application_refuse(application, "client.answer_broken", NULL);
        goto out;
    }
    form_show_record(form, id, version, record, verbs, verb_count);
    shown = true;
out:
    answer_release(&answer);
    return shown;
}

bool form_reload(struct form_view *form)
{
    return form_fetch(form, form->id, "", false);
}

/* --- drawing --------------------------------------------------------------------------------- */

int form_body_first(const struct form_view *form)
{
    return form_tab_count(form) > 1 ? 1 : 0;
}

void form_layout(struct form_view *form)
{
    struct application *application = form->view.application;
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    int64_t template_code = form_template(form);
    size_t row_count;
    if (form->layout != NULL && form->layout_template == template_code &&
        form->layout_columns == body->columns && form->layout_rows == body->rows &&
        strcmp(form->layout_language, application->language) == 0)
        return;
    const struct field *focus =
        form->layout != NULL && form->place >= 0 && (size_t)form->place < form->layout->count
            ? form->layout->places[form->place].field
            : NULL;
    const struct screen_row *rows = form_tab_rows(form, form->tab, &row_count);
    static const struct screen_row no_rows[1];
    form->layout =
        layout_create(&(struct layout_options){.form = form->form,
                                               .rows = rows != NULL ? rows : no_rows,
                                               .row_count = rows != NULL ? row_count : 0,
                                               .template_code = template_code,
                                               .language = application->language,
                                               .columns = body->columns,
                                               .body_rows = body->rows - form_body_first(form),
                                               .ambiguous = body->ambiguous},
                      form->arena);
    form->layout_template = template_code;
    form->layout_columns = body->columns;
    form->layout_rows = body->rows;
    snprintf(form->layout_language, sizeof form->layout_language, "%s", application->language);
    /* The focus stays on its field when others come or go around it. */
    for (size_t i = 0; focus != NULL && i < form->layout->count; i++)
        if (form->layout->places[i].field == focus)
            form->place = (int)i;
    if (form->place >= (int)form->layout->count)
        form->place = NO_PLACE;
}

static void tabs_show(struct form_view *form, struct cells *body)
{
    struct tabs_entry entries[TABS_SHOWN];
    size_t count = form_tab_count(form);
    if (count < 2)
        return;
    count = count < TABS_SHOWN ? count : TABS_SHOWN;
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct tabs_entry){.title = form_tab_title(form, i)};
        for (size_t n = 0; n < form->mark_count && i < form->form->tab_count; n++) {
            uint16_t number =
                form->marks[n].lines_field != 0 ? form->marks[n].lines_field : form->marks[n].field;
            const struct field *field = form_field_by_number(form->form, number);
            const struct tab *tab = &form->form->tabs[i];
            for (size_t row = 0; field != NULL && row < tab->row_count; row++) {
                const char *cursor = tab->rows[row].fields;
                const struct field *at;
                while ((at = form_next_field(form->form, &cursor)) != NULL)
                    entries[i].fault = entries[i].fault || at == field;
            }
        }
    }
    tabs_draw(body, 0, 0, body->columns, entries, count, form->tab);
}

/* Several lines of text where no editor stands. */
static void memo_draw(struct form_view *form, struct cells *body, const struct layout_place *place,
                      int row, enum cell_attribute attribute, bool typed, const char *text)
{
    struct editor *editor = editor_create(
        &(struct editor_options){.columns = place->columns,
                                 .rows = place->rows,
                                 .restriction = EDITOR_TEXT,
                                 .ambiguous = screen_ambiguous(form->view.application->screen)});
    editor_set_text(editor, text);
    editor_draw(editor, body, row, place->column, attribute, typed ? '_' : 0);
    editor_free(editor);
}

static void field_draw(struct form_view *form, struct cells *body, const struct layout_place *place,
                       int row, bool focused)
{
    struct application *application = form->view.application;
    const struct field *field = place->field;
    const struct value *value = &form->record->values[field->index];
    bool typed = form_editable(form, form->form, field);
    cells_put(body, row, place->label_column, place->label_columns, CELL_LABEL,
              application_label(application, &field->label));
    if (typed && (field->flags & FIELD_REQUIRED) != 0) /* [17-182] */
        cells_put(body, row, place->column - 1, 1, CELL_MARK, "*");
    enum cell_attribute attribute = form_marked(form, NULL, 0, field) ? CELL_ERROR
                                    : typed                           ? CELL_INPUT
                                                                      : CELL_VALUE;
    if (focused && form->editor != NULL) {
        editor_draw(form->editor, body, row, place->column, attribute, '_');
    } else {
        const char *text = (field->flags & FIELD_SECRET) != 0
                               ? (value->presence == VALUE_PRESENT ? "********" : "")
                               : field_text(application, form->form, field, value, form->arena);
        if (place->rows > 1) {
            memo_draw(form, body, place, row, attribute, typed, text);
        } else {
            cells_fill(body, row, place->column, 1, place->columns, attribute, typed ? '_' : ' ');
            if (text[0] != '\0')
                cells_put(body, row, place->column, place->columns, attribute, text);
        }
    }
    if (field->type == VALUE_REFERENCE && value->presence == VALUE_PRESENT &&
        value->label != NULL && place->after > 1)
        cells_put(body, row, place->column + place->columns + 1, place->after - 1, CELL_VALUE,
                  value->label);
}

static void hint_show(struct form_view *form)
{
    struct application *application = form->view.application;
    struct slot slot;
    char hint[SAY_LIMIT];
    if (!form_slot(form, &slot)) {
        application_hint(application, application_text(application, "record.hint"));
        return;
    }
    const char *help = application_label(application, &slot.field->help);
    const char *kind = !slot.editable && form->grid.field != NULL ? "record.hint_open"
                       : slot.field->type == VALUE_CODE || slot.field->type == VALUE_REFERENCE
                           ? "record.hint_list"
                       : slot.field->type == VALUE_DATE ? "record.hint_date"
                       : slot.field->type == VALUE_FLAG ? "record.hint_flag"
                       : form->grid.field != NULL       ? "record.hint_lines"
                                                        : "record.hint";
    if (help[0] != '\0')
        snprintf(hint, sizeof hint, "%s", help);
    else
        snprintf(hint, sizeof hint, "%s", application_text(application, kind));
    application_hint(application, hint);
}

static void scroll(struct form_view *form, int rows)
{
    if (form->place < 0)
        return;
    const struct layout_place *place = &form->layout->places[form->place];
    int last = place->row + (place->rows < rows ? place->rows : rows) - 1;
    if (place->row < form->top)
        form->top = place->row;
    if (last >= form->top + rows)
        form->top = last - rows + 1;
}

static void form_view_draw(struct view *view)
{
    struct form_view *form = (struct form_view *)view;
    struct application *application = view->application;
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    int first = form_body_first(form);
    struct slot slot;
    if (form->record == NULL)
        return;
    tabs_show(form, body);
    size_t row_count;
    if (form_tab_rows(form, form->tab, &row_count) == NULL) {
        form_draw_extra(form, body, first);
        return;
    }
    form_layout(form);
    scroll(form, body->rows - first);
    for (size_t i = 0; i < form->layout->count; i++) {
        const struct layout_place *place = &form->layout->places[i];
        int row = first + place->row - form->top;
        bool focused = (int)i == form->place;
        if (row < first || row >= body->rows)
            continue;
        if (place->field == NULL)
            cells_horizontal(body, row, 1, body->columns - 2, CELL_FRAME, CELL_LINE_HORIZONTAL);
        else if (place->field->type == VALUE_LINES)
            grid_draw(form, body, place, row, focused);
        else
            field_draw(form, body, place, row, focused);
    }
    hint_show(form);
    if (!form_slot(form, &slot)) {
        return;
    }
    int at_row = 0;
    int at_column = 0;
    if (form->editor != NULL) {
        if (slot.line != NULL)
            editor_draw(form->editor, body, slot.row, slot.column, CELL_INPUT, '_');
        editor_cursor(form->editor, &at_row, &at_column);
    }
    if (!application->in_command)
        screen_cursor(application->screen, SCREEN_BODY, slot.row + at_row, slot.column + at_column);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void refresh(struct form_view *form)
{
    struct application *application = form->view.application;
    if (form->mode != MODE_RECORD) {
        application_refuse(application, "client.no_key", "F5", NULL);
        return;
    }
    if (form_is_changed(form) &&
        !dialog_confirm(application, application_text(application, "key.refresh"),
                        application_text(application, "record.lose")))
        return;
    size_t tab = form->tab;
    if (form_reload(form))
        form_show_tab(form, tab < form_tab_count(form) ? tab : 0);
}

static void another(struct form_view *form)
{
    struct application *application = form->view.application;
    const struct form *of = form->form;
    if (form->mode == MODE_LINE || form->mode == MODE_VERB ||
        !store_permits(application->store, of->number, VERB_CREATE)) {
        application_refuse(application, "client.not_permitted", NULL);
        return;
    }
    if (form_leave(&form->view, true) && application_top(application) == &form->view) {
        application_task(application)->depth--;
        form->view.class->free(&form->view);
        open_new(application, of, NULL);
    }
}

static bool function_key(struct form_view *form, enum keys_code code)
{
    const struct verb *verb = NULL;
    if (code == KEYS_F7)
        verb = form_key_verb(form, '7');
    else if (code == KEYS_F8)
        verb = form_key_verb(form, '8');
    else if (code == KEYS_F11)
        verb = form_key_verb(form, '1');
    if (verb != NULL) {
        form_run_verb(form, verb);
        return true;
    }
    switch (code) {
    case KEYS_F2:
        form_menu(form);
        return true;
    case KEYS_F5:
        refresh(form);
        return true;
    case KEYS_F6:
        another(form);
        return true;
    case KEYS_F10:
        form_submit(form);
        return true;
    case KEYS_F11:
        print_screen(form->view.application);
        return true;
    default:
        return false;
    }
}

static bool form_view_key(struct view *view, const struct keys_event *key)
{
    struct form_view *form = (struct form_view *)view;
    size_t row_count;
    if (form_tab_rows(form, form->tab, &row_count) == NULL) {
        if (form_extra_key(form, key))
            return true;
    } else if (form_edit_key(form, key)) {
        return true;
    }
    return key->kind == KEYS_KEY && function_key(form, key->code);
}

static const char *form_view_label(struct view *view, int key)
{
    struct form_view *form = (struct form_view *)view;
    struct application *application = view->application;
    const struct verb *verb = key == 7    ? form_key_verb(form, '7')
                              : key == 8  ? form_key_verb(form, '8')
                              : key == 11 ? form_key_verb(form, '1')
                                          : NULL;
    if (verb != NULL)
        return application_label(application, &verb->label);
    switch (key) {
    case 2:
        return application_text(application, "key.actions");
    case 4:
        return form->editor != NULL ? application_text(application, "key.values") : NULL;
    case 5:
        return form->mode == MODE_RECORD ? application_text(application, "key.refresh") : NULL;
    case 6:
        if (form->grid.field != NULL && form_editable(form, form->form, form->grid.field))
            return application_text(application, "key.line");
        return form->mode != MODE_LINE && form->mode != MODE_VERB &&
                       store_permits(application->store, form->form->number, VERB_CREATE)
                   ? application_text(application, "key.new")
                   : NULL;
    case 10:
        if (form->mode == MODE_RUN || form->mode == MODE_VERB)
            return application_label(application, &form->verb->label);
        return form->mode != MODE_RECORD || form_permits(form, VERB_CHANGE)
                   ? application_text(application, "key.submit")
                   : NULL;
    case 11:
        return application_text(application, "key.print");
    default:
        return NULL;
    }
}

static const char *form_view_title(struct view *view)
{
    struct form_view *form = (struct form_view *)view;
    struct application *application = view->application;
    const char *title = application_label(application, &form->form->title);
    const char *code = form->form->code != NULL ? form->form->code : "";
    if (form->mode == MODE_CREATE)
        snprintf(form->title, sizeof form->title, "%s %s %s", code, title,
                 application_text(application, "record.new"));
    else if (form->mode == MODE_VERB)
        snprintf(form->title, sizeof form->title, "%s %s", code,
                 application_label(application, &form->verb->label));
    else if (form->mode == MODE_LINE)
        snprintf(form->title, sizeof form->title, "%s",
                 application_label(application, &form->parent->grid.field->label));
    else
        snprintf(form->title, sizeof form->title, "%s %s", code, title);
    return form->title;
}

static const char *form_view_help(struct view *view, const char **title)
{
    struct form_view *form = (struct form_view *)view;
    struct application *application = view->application;
    struct slot slot;
    const char *form_help = application_label(application, &form->form->help);
    *title = application_label(application, &form->form->title);
    if (!form_slot(form, &slot))
        return form_help;
    const char *label = application_label(application, &slot.field->label);
    const char *help = application_label(application, &slot.field->help);
    *title = label;
    return arena_format(form->arena, "%s%s%s%s%s\n", help, help[0] != '\0' ? "\n" : "",
                        application_label(application, &form->form->title),
                        form_help[0] != '\0' ? ": " : "", form_help);
}

static void form_view_resume(struct view *view)
{
    struct form_view *form = (struct form_view *)view;
    if (form->related != NULL)
        record_list_refresh(form->related);
    if (form->mode == MODE_RECORD)
        form_context(form);
    if (form->editor == NULL || !editor_is_changed(form->editor)) /* what is typed stays */
        form_enter_slot(form);
}

static bool form_view_draft(struct view *view, struct view_draft *draft)
{
    struct form_view *form = (struct form_view *)view;
    struct sent_lines *sent;
    size_t sent_count;
    bool any;
    if (form->mode == MODE_LINE)
        form = form->parent;
    if ((form->mode != MODE_CREATE && form->mode != MODE_RECORD) || !form_is_changed(form))
        return false;
    struct arena *arena = arena_create();
    struct record *record = form_input(form, &any, &sent, &sent_count, arena);
    struct slot slot;
    struct value value;
    /* What stands in the editor counts as well, where it already is a value. */
    if (form->editor != NULL && editor_is_changed(form->editor) && form_slot(form, &slot) &&
        slot.line == NULL && slot.field->type != VALUE_CODE &&
        slot.field->type != VALUE_REFERENCE && slot.field->type != VALUE_FLAG &&
        value_parse(slot.field->type, arena_string(arena, editor_text(form->editor)), arena,
                    &value)) {
        record->values[slot.field->index] = value;
        any = true;
    }
    for (size_t i = 0; i < form->form->field_count; i++)
        if ((form->form->fields[i].flags & FIELD_SECRET) != 0)
            record->values[i] = (struct value){0};
    draft->form = form->form->number;
    draft->hash = form->form->hash;
    draft->id = form->id;
    draft->version = form->version;
    record_encode(&draft->body, record);
    arena_free(arena);
    return any;
}

static void lock_release(struct form_view *form)
{
    struct writer body;
    struct answer answer;
    if (!form->locked || form->view.application->session_ended || form->view.application->done)
        return;
    writer_initialise(&body, BODY_LIMIT);
    writer_unsigned(&body, form->form->number);
    writer_signed(&body, form->id);
    writer_u8(&body, 0);
    session_call(form->view.application, 0, 0, SYSTEM_OPEN, &body, &answer);
    answer_release(&answer);
    writer_release(&body);
}

static void form_view_free(struct view *view)
{
    struct form_view *form = (struct form_view *)view;
    lock_release(form);
    editor_free(form->editor);
    record_list_free(form->related);
    arena_free(form->history_arena);
    if (!form->arena_shared)
        arena_free(form->arena);
    free(form);
}

static const struct view_class form_view_class = {
    .name = "record",
    .draw = form_view_draw,
    .key = form_view_key,
    .label = form_view_label,
    .title = form_view_title,
    .leave = form_leave,
    .resume = form_view_resume,
    .draft = form_view_draft,
    .help = form_view_help,
    .free = form_view_free,
};
