/* Sending a record, and what the server says to it: faults, warnings, conflicts, answers. */
#include <stdlib.h>
#include <string.h>

#include "client/dialog.h"
#include "client/open.h"
#include "client/previous.h"
#include "client/print.h"
#include "client/store.h"
#include "client/view/form_private.h"
#include "client/view/form_view.h"
#include "client/view/report_view.h"

enum {
    FLAG_CONFIRMED = 1,
    BODY_LIMIT = 1 << 20,
    REASON_LIMIT = 200,
    MARK_STEP = 100000, /* more than lines that a record has */
    CHOICE_SAVE = 1,
    CHOICE_DISCARD,
    CHOICE_STAY,
    MENU_UNMASK = 1000,
    MENU_PRINT,
    MENU_LINE,
    MENU_LINE_REMOVE,
    MENU_REPORT,
};

/* --- faults ---------------------------------------------------------------------------------- */

/* Where the screen shows a fault: lines were sent under other numbers than they have there. */
static bool fault_place(const struct fault *fault, const struct sent_lines *sent, size_t sent_count,
                        struct fault_mark *mark)
{
    *mark = (struct fault_mark){.lines_field = fault->lines_field, .field = fault->field};
    if (fault->lines_field == 0)
        return fault->field != 0;
    for (size_t i = 0; i < sent_count; i++) {
        if (sent[i].field->number == fault->lines_field && fault->line > 0 &&
            fault->line <= sent[i].count) {
            mark->line = sent[i].lines[fault->line - 1];
            return true;
        }
    }
    return false;
}

static const struct field *mark_field(const struct form_view *form, const struct fault_mark *mark)
{
    if (mark->lines_field == 0)
        return form_field_by_number(form->form, mark->field);
    const struct field *lines = form_field_by_number(form->form, mark->lines_field);
    return lines != NULL && lines->lines != NULL ? form_field_by_number(lines->lines, mark->field)
                                                 : NULL;
}

static const char *fault_line(struct form_view *form, const struct fault *fault,
                              const struct fault_mark *mark, bool placed, struct arena *arena)
{
    struct application *application = form->view.application;
    const struct field *field = mark_field(form, mark);
    const char *text = session_fault_text(application, fault, arena);
    const char *label = field != NULL ? application_label(application, &field->label) : "";
    const char *warning =
        fault->warning ? application_text(application, "record.warning_mark") : "";
    if (placed && mark->lines_field != 0) {
        const char *number = arena_format(arena, "%zu", mark->line + 1);
        return arena_format(arena, "%s%s %s: %s\n", warning,
                            application_format(application, "lines.line", number, NULL), label,
                            text);
    }
    if (field == NULL)
        return arena_format(arena, "%s%s\n", warning, text);
    return arena_format(arena, "%s%s: %s\n", warning, label, text);
}

/* What is right stays, what is wrong is emptied [17-181]; a warning is not wrong. */
static void mark_empty(struct form_view *form, const struct fault_mark *mark)
{
    const struct field *field = mark_field(form, mark);
    struct value *value = NULL;
    if (field == NULL || field->type == VALUE_LINES)
        return;
    if (mark->lines_field == 0) {
        if (!form_editable(form, form->form, field))
            return;
        value = &form->record->values[field->index];
    } else {
        const struct field *lines_field = form_field_by_number(form->form, mark->lines_field);
        struct lines *lines = form->record->values[lines_field->index].lines;
        if (lines == NULL || mark->line >= lines->count ||
            !form_editable(form, lines->lines[mark->line].record.form, field))
            return;
        value = &lines->lines[mark->line].record.values[field->index];
    }
    *value = (struct value){0};
}

static bool tab_holds(struct form_view *form, size_t tab, const struct field *field)
{
    size_t count;
    const struct screen_row *rows = form_tab_rows(form, tab, &count);
    for (size_t i = 0; rows != NULL && i < count; i++) {
        const char *cursor = rows[i].fields;
        const struct field *at;
        while ((at = form_next_field(form->form, &cursor)) != NULL)
            if (at == field)
                return true;
    }
    return false;
}

static void mark_focus(struct form_view *form, const struct fault_mark *mark)
{
    const struct field *field =
        form_field_by_number(form->form, mark->lines_field != 0 ? mark->lines_field : mark->field);
    for (size_t tab = 0; field != NULL && tab < form_tab_count(form); tab++) {
        if (!tab_holds(form, tab, field))
            continue;
        if (form->tab != tab)
            form_show_tab(form, tab);
        form_layout(form);
        for (size_t i = 0; i < form->layout->count; i++)
            if (form->layout->places[i].field == field)
                form_go(form, (int)i);
        break;
    }
    if (mark->lines_field == 0 || form->grid.field == NULL)
        return;
    struct grid_column columns[GRID_COLUMNS];
    int width = screen_cells(form->view.application->screen, SCREEN_BODY)->columns;
    size_t count = grid_columns(form, form->grid.field, width, columns);
    form->grid.line = mark->line;
    for (size_t i = 0; i < count; i++)
        if (columns[i].field->number == mark->field)
            form->grid.column = i;
    form_enter_slot(form);
}

/* Place of a fault in reading order: tab, then field, then line. */
static size_t mark_order(struct form_view *form, const struct fault_mark *mark)
{
    const struct field *wanted =
        form_field_by_number(form->form, mark->lines_field != 0 ? mark->lines_field : mark->field);
    size_t order = 0;
    for (size_t tab = 0; tab < form_tab_count(form); tab++) {
        size_t count;
        const struct screen_row *rows = form_tab_rows(form, tab, &count);
        for (size_t i = 0; rows != NULL && i < count; i++) {
            const char *cursor = rows[i].fields;
            const struct field *field;
            while ((field = form_next_field(form->form, &cursor)) != NULL) {
                if (field == wanted)
                    return order + mark->line;
                order += MARK_STEP;
            }
        }
    }
    return SIZE_MAX;
}

static void faults_show(struct form_view *form, struct answer *answer,
                        const struct sent_lines *sent, size_t sent_count)
{
    struct application *application = form->view.application;
    struct faults faults;
    const char *text = "";
    faults_initialise(&faults, answer->arena);
    if (!faults_decode(&answer->reader, &faults) || faults.count == 0) {
        application_refuse(application, "client.answer_broken", NULL);
        return;
    }
    bool wrong = faults_any(&faults);
    form->mark_count = 0;
    for (size_t i = 0; i < faults.count; i++) {
        struct fault_mark mark;
        bool placed = fault_place(&faults.list[i], sent, sent_count, &mark);
        text = arena_format(answer->arena, "%s%s", text,
                            fault_line(form, &faults.list[i], &mark, placed, answer->arena));
        if (placed && form->mark_count < MARK_LIMIT)
            form->marks[form->mark_count++] = mark;
    }
    terminal_discard_keys(application->terminal);
    terminal_beep(application->terminal);
    dialog_text(application,
                application_text(application, wrong ? "record.faults" : "record.warnings"), text);
    form->confirmed = !wrong;
    struct fault_mark first = {0};
    size_t first_order = SIZE_MAX;
    for (size_t i = 0; i < faults.count; i++) {
        struct fault_mark mark;
        if (!fault_place(&faults.list[i], sent, sent_count, &mark))
            continue;
        if (!faults.list[i].warning)
            mark_empty(form, &mark);
        size_t order = mark_order(form, &mark);
        if (order < first_order && (!wrong || !faults.list[i].warning)) {
            first = mark;
            first_order = order;
        }
    }
    if (first_order != SIZE_MAX)
        mark_focus(form, &first);
    form_enter_slot(form);
    application_say(application, wrong ? CELL_ERROR : CELL_WARNING,
                    wrong ? "record.mend" : "record.confirm_again", NULL);
}

/* --- calls ----------------------------------------------------------------------------------- */

/* [17-184] and the reason; false when the person said no. */
static bool ask_before(struct form_view *form, const struct verb *verb, const char **reason,
                       struct arena *arena)
{
    struct application *application = form->view.application;
    const char *label = application_label(application, &verb->label);
    *reason = "";
    if (verb->reason) {
        *reason = dialog_ask(application, label, application_text(application, "record.reason"), "",
                             false, REASON_LIMIT, arena);
        if (*reason == NULL)
            return false;
    }
    bool asks = verb->confirm || ((form->form->flags & FORM_CONFIRM) != 0 && verb->changing);
    if (!asks)
        return true;
    const struct record *record = form->mode == MODE_VERB ? form->parent->record : form->record;
    const char *key =
        form->form->key != NULL && record != NULL ? record_text(record, form->form->key) : "";
    const char *caption = form->form->caption != NULL && record != NULL
                              ? record_text(record, form->form->caption)
                              : "";
    return dialog_confirm(
        application, label,
        application_format(application, "record.confirm", label, key, caption, NULL));
}

static void verb_call(struct form_view *form, const struct verb *verb, const char *reason,
                      int64_t id, int64_t version, const struct record *record,
                      struct answer *answer)
{
    struct writer body;
    writer_initialise(&body, BODY_LIMIT);
    writer_u8(&body, form->confirmed ? FLAG_CONFIRMED : 0);
    writer_text(&body, reason);
    writer_signed(&body, id);
    writer_signed(&body, version);
    record_encode(&body, record);
    session_call(form->view.application, form->form->number, form->form->hash, verb->number, &body,
                 answer);
    if (body.bytes != NULL)
        explicit_bzero(body.bytes, body.length); /* secrets may be in it */
    writer_release(&body);
}

struct outcome {
    int64_t id;
    int64_t version;
    const char *key;
    struct record *said; /* NULL: nothing */
};

static bool outcome_read(struct form_view *form, struct answer *answer, struct outcome *outcome)
{
    outcome->id = reader_signed(&answer->reader);
    outcome->version = reader_signed(&answer->reader);
    outcome->key = reader_text(&answer->reader, answer->arena, 400);
    outcome->said = NULL;
    if (reader_u8(&answer->reader) != 0)
        outcome->said = record_decode(&answer->reader, form->form, answer->arena);
    if (reader_end(&answer->reader))
        return true;
    application_refuse(form->view.application, "client.answer_broken", NULL);
    return false;
}

/* The first field that an answer fills decides which tab is looked at. */
static void answer_look(struct form_view *form, const struct record *said)
{
    for (size_t tab = 0; tab < form_tab_count(form); tab++) {
        for (size_t i = 0; i < said->form->field_count; i++) {
            if (said->values[i].presence == VALUE_PRESENT &&
                tab_holds(form, tab, &said->form->fields[i])) {
                if (tab != form->tab)
                    form_show_tab(form, tab);
                return;
            }
        }
    }
}

static void status_show(struct form_view *form, struct answer *answer)
{
    struct application *application = form->view.application;
    if (answer->status == STATUS_FORM_CHANGED) {
        store_refresh(application);
        application_refuse(application, "record.form_changed", NULL);
        return;
    }
    session_refused(application, answer);
}

/* --- outcomes -------------------------------------------------------------------------------- */

static void created(struct form_view *form, const struct outcome *outcome)
{
    struct application *application = form->view.application;
    previous_keep(application, form->record);
    if (application->held) { /* the next one, with what is held */
        const struct form *of = form->form;
        struct arena *arena = arena_create();
        char *key = arena_string(arena, outcome->key);
        struct record *preset = record_create(of, arena);
        bool any = false;
        for (size_t i = 0; i < of->field_count; i++)
            any = any || (of->fields[i].flags & FIELD_HOLD) != 0;
        for (size_t i = 0; i < of->field_count; i++)
            if ((!any || (of->fields[i].flags & FIELD_HOLD) != 0) &&
                of->fields[i].type != VALUE_LINES && (of->fields[i].flags & FIELD_SECRET) == 0 &&
                form_editable(form, of, &of->fields[i]))
                preset->values[i] = form->record->values[i];
        preset = record_copy(preset, arena);
        application_task(application)->depth--;
        form->view.class->free(&form->view);
        form_view_create_record(application, of, preset);
        application_say(application, CELL_MARK, "record.created", key, NULL);
        arena_free(arena);
        return;
    }
    form->id = outcome->id;
    form->mode = MODE_RECORD;
    form->confirmed = false;
    const char *key = arena_string(form->arena, outcome->key);
    struct record *said = outcome->said != NULL ? record_copy(outcome->said, form->arena) : NULL;
    if (!store_permits(application->store, form->form->number, VERB_SHOW)) {
        application_task(application)->depth--;
        application_say(application, CELL_MARK, "record.created", key, NULL);
        form->view.class->free(&form->view);
        return;
    }
    if (form_reload(form)) {
        if (said != NULL)
            record_put(form->record, said, form->arena);
        form_show_tab(form, 0);
        application_say(application, CELL_MARK, "record.created", key, NULL);
    }
}

static void changed(struct form_view *form, const struct verb *verb, const struct outcome *outcome)
{
    struct application *application = form->view.application;
    const char *label = application_label(application, &verb->label);
    struct record *said = outcome->said != NULL ? record_copy(outcome->said, form->arena) : NULL;
    form->confirmed = false;
    previous_keep(application, form->record);
    size_t tab = form->tab;
    if (form_reload(form)) {
        form_show_tab(form, tab < form_tab_count(form) ? tab : 0);
        if (said != NULL) {
            record_put(form->record, said, form->arena);
            answer_look(form, said);
        }
        application_say(application, CELL_MARK, "record.done", label, NULL);
    }
}

/* The one record that an action found. */
static bool found_open(struct form_view *form, const struct record *said)
{
    for (size_t i = 0; i < said->form->field_count; i++) {
        const struct lines *lines = said->values[i].lines;
        if (said->form->fields[i].type != VALUE_LINES || lines == NULL || lines->count != 1)
            continue;
        const struct record *line = &lines->lines[0].record;
        for (size_t n = 0; n < line->form->field_count; n++) {
            const struct field *field = &line->form->fields[n];
            if (field->type == VALUE_REFERENCE && (field->flags & FIELD_HIDDEN) != 0 &&
                line->values[n].integer != 0) {
                open_record(form->view.application, field->reference, line->values[n].integer);
                return true;
            }
        }
    }
    return false;
}

static void ran(struct form_view *form, const struct outcome *outcome)
{
    struct application *application = form->view.application;
    form->confirmed = false;
    form->answered = true;
    for (size_t i = 0; i < form->form->field_count; i++) {
        const struct field *field = &form->form->fields[i];
        if ((field->flags & FIELD_READONLY) != 0 || !form_editable(form, form->form, field))
            form->record->values[i] = (struct value){0};
    }
    if (outcome->said != NULL)
        record_put(form->record, outcome->said, form->arena);
    form->layout = NULL;
    form_layout(form);
    if (form->verb->changing) {
        form->original = record_copy(form->record, form->arena);
        application_say(application, CELL_MARK, "record.done",
                        application_label(application, &form->verb->label), NULL);
        if (outcome->said != NULL)
            answer_look(form, outcome->said);
        form_first_place(form);
        return;
    }
    if (outcome->said == NULL) {
        application_say(application, CELL_WARNING, "list.nothing_found", NULL);
        return;
    }
    if (found_open(form, outcome->said))
        return;
    answer_look(form, outcome->said);
    bool lines_empty = false;
    for (size_t i = 0; i < form->layout->count; i++) {
        const struct field *field = form->layout->places[i].field;
        const struct lines *lines = field != NULL && field->type == VALUE_LINES
                                        ? form->record->values[field->index].lines
                                        : NULL;
        lines_empty = lines_empty || (field != NULL && field->type == VALUE_LINES);
        if (lines != NULL && lines->count > 0) {
            form_go(form, (int)i);
            return;
        }
    }
    if (lines_empty)
        application_say(application, CELL_WARNING, "list.nothing_found", NULL);
    form_enter_slot(form);
}

/* --- sending --------------------------------------------------------------------------------- */

static void line_done(struct form_view *form)
{
    struct application *application = form->view.application;
    struct form_view *parent = form->parent;
    application_pop(application);
    form_enter_slot(parent);
}

static const struct verb *submit_verb(const struct form_view *form)
{
    switch (form->mode) {
    case MODE_CREATE:
        return form_verb(form->form, VERB_CREATE);
    case MODE_RECORD:
        return form_permits(form, VERB_CHANGE) ? form_verb(form->form, VERB_CHANGE) : NULL;
    default:
        return form->verb;
    }
}

void form_submit(struct form_view *form)
{
    struct application *application = form->view.application;
    struct form_view *target = form->mode == MODE_VERB ? form->parent : form;
    const struct verb *verb = submit_verb(form);
    struct sent_lines *sent;
    size_t sent_count;
    struct answer answer;
    struct outcome outcome;
    const char *reason;
    bool any;
    if (!form_leave_slot(form))
        return;
    if (form->mode == MODE_LINE) {
        line_done(form);
        return;
    }
    if (verb == NULL) {
        application_refuse(application, "client.not_permitted", NULL);
        return;
    }
    struct arena *arena = arena_create();
    struct record *record = form_input(form, &any, &sent, &sent_count, arena);
    if (!any && form->mode == MODE_RECORD) {
        application_refuse(application, "record.nothing_changed", NULL);
        goto out;
    }
    if (!ask_before(form, verb, &reason, arena))
        goto out;
    /* A creation may stand on a party that exists: then the id is that party's. */
    verb_call(form, verb, reason, target->id, target->version, record, &answer);
    if (answer.status == STATUS_FAULTS) {
        faults_show(form, &answer, sent, sent_count);
    } else if (answer.status == STATUS_CHANGED) {
        form_resolve_difference(target, &answer);
    } else if (answer.status != STATUS_OK) {
        status_show(form, &answer);
    } else if (outcome_read(form, &answer, &outcome)) {
        if (form->mode == MODE_CREATE) {
            created(form, &outcome);
        } else if (form->mode == MODE_RUN) {
            ran(form, &outcome);
        } else if (form->mode == MODE_VERB) {
            application_pop(application);
            changed(target, verb, &outcome);
        } else {
            changed(form, verb, &outcome);
        }
    }
    answer_release(&answer);
out:
    arena_free(arena);
}

static void unmask(struct form_view *form)
{
    struct application *application = form->view.application;
    struct arena *arena = arena_create();
    struct writer body;
    struct answer answer;
    uint16_t verbs[VERBS_LIMIT];
    size_t count;
    int64_t id;
    int64_t version;
    const char *reason =
        dialog_ask(application, application_text(application, "record.unmask"),
                   application_text(application, "record.reason"), "", false, REASON_LIMIT, arena);
    if (reason == NULL)
        goto out;
    writer_initialise(&body, BODY_LIMIT);
    writer_signed(&body, form->id);
    writer_text(&body, "");
    writer_text(&body, reason);
    session_call(application, form->form->number, form->form->hash, VERB_UNMASK, &body, &answer);
    writer_release(&body);
    if (answer.status != STATUS_OK) {
        session_refused(application, &answer);
    } else {
        struct record *record =
            form_read_shown(form->form, &answer.reader, &id, &version, verbs, &count, form->arena);
        if (record != NULL) {
            size_t tab = form->tab;
            form_show_record(form, id, version, record, form->verbs, form->verb_count);
            form_show_tab(form, tab);
        }
    }
    answer_release(&answer);
out:
    arena_free(arena);
}

/* Verbs that name what they take get a screen for it; the others are asked and sent. */
void form_run_verb(struct form_view *form, const struct verb *verb)
{
    struct application *application = form->view.application;
    struct answer answer;
    struct outcome outcome;
    const char *reason;
    if (!form_leave_slot(form))
        return;
    if (form_is_changed(form)) {
        application_refuse(application, "record.save_first", NULL);
        return;
    }
    if (verb->input != NULL && verb->input[0] != '\0') {
        struct form_view *input = form_view_create(application, form->form, MODE_VERB);
        input->verb = verb;
        input->parent = form;
        input->record = record_create(form->form, input->arena);
        form_fill_defaults(application, input->record, input->arena);
        for (size_t i = 0; i < form->form->field_count; i++) {
            /* Stored fields begin with what they are, inputs of the verb's own empty. */
            const struct field *field = &form->form->fields[i];
            if ((field->flags & (FIELD_VIRTUAL | FIELD_SECRET)) == 0 &&
                field->type != VALUE_LINES && (field->flags & FIELD_SENSITIVE) == 0)
                input->record->values[i] = form->record->values[i];
        }
        input->original = record_copy(input->record, input->arena);
        application_say_text(application, CELL_PLAIN, "");
        application_push(application, &input->view);
        form_first_place(input);
        return;
    }
    struct arena *arena = arena_create();
    if (!ask_before(form, verb, &reason, arena))
        goto out;
    verb_call(form, verb, reason, form->id, form->version, record_create(form->form, arena),
              &answer);
    if (answer.status == STATUS_FAULTS)
        faults_show(form, &answer, NULL, 0);
    else if (answer.status == STATUS_CHANGED)
        form_resolve_difference(form, &answer);
    else if (answer.status != STATUS_OK)
        status_show(form, &answer);
    else if (outcome_read(form, &answer, &outcome))
        changed(form, verb, &outcome);
    answer_release(&answer);
out:
    arena_free(arena);
}

const struct verb *form_key_verb(struct form_view *form, char key)
{
    for (size_t i = 0; form->mode == MODE_RECORD && i < form->form->verb_count; i++) {
        const struct verb *verb = &form->form->verbs[i];
        if (verb->key == key && verb->number >= VERB_OWN && form_permits(form, verb->number))
            return verb;
    }
    return NULL;
}

static void print_record(struct form_view *form)
{
    print_screen(form->view.application);
}

struct menu {
    struct arena *arena;
    size_t count;
    struct list_row rows[VERBS_LIMIT + 8];
};

static void menu_add(struct menu *menu, int64_t id, const char *key, const char *label)
{
    const char **texts = ARENA_ARRAY(menu->arena, const char *, 2);
    texts[0] = key;
    texts[1] = label;
    menu->rows[menu->count++] = (struct list_row){.id = id, .texts = texts, .match = label};
}

/* Only what is permitted in this state is offered. */
void form_menu(struct form_view *form)
{
    struct application *application = form->view.application;
    const struct list_column columns[] = {{"", 6, CELL_ALIGN_LEFT}, {"", 30, CELL_ALIGN_LEFT}};
    struct menu *menu = calloc(1, sizeof *menu);
    if (menu == NULL)
        abort();
    menu->arena = arena_create();
    for (size_t i = 0; form->mode == MODE_RECORD && i < form->form->verb_count; i++) {
        const struct verb *verb = &form->form->verbs[i];
        if (verb->number >= VERB_OWN && form_permits(form, verb->number))
            menu_add(menu, verb->number,
                     verb->key == '7'   ? "F7"
                     : verb->key == '8' ? "F8"
                     : verb->key == '1' ? "F11"
                                        : "",
                     application_label(application, &verb->label));
    }
    if (form->mode == MODE_RECORD && form_permits(form, VERB_UNMASK))
        menu_add(menu, MENU_UNMASK, "", application_text(application, "record.unmask"));
    if (form->grid.field != NULL) {
        menu_add(menu, MENU_LINE, "", application_text(application, "lines.whole"));
        if (form_editable(form, form->form, form->grid.field))
            menu_add(menu, MENU_LINE_REMOVE, "Alt-0",
                     application_text(application, "lines.remove"));
    }
    if (store_permits(application->store, form->form->number, VERB_REPORT))
        menu_add(menu, MENU_REPORT, "", application_text(application, "record.report"));
    menu_add(menu, MENU_PRINT, "", application_text(application, "key.print"));
    const struct dialog_choice choice = {.title = application_text(application, "key.actions"),
                                         .columns = columns,
                                         .column_count = 2,
                                         .rows = menu->rows,
                                         .count = menu->count};
    int64_t chosen = dialog_choose(application, &choice, NULL, NULL);
    arena_free(menu->arena);
    free(menu);
    if (chosen == MENU_UNMASK) {
        unmask(form);
    } else if (chosen == MENU_PRINT) {
        print_record(form);
    } else if (chosen == MENU_LINE) {
        grid_open_line(form);
    } else if (chosen == MENU_REPORT) {
        report_view_open(application, form->form);
    } else if (chosen == MENU_LINE_REMOVE) {
        const struct keys_event key = {.kind = KEYS_KEY, .code = KEYS_ALT_0};
        grid_key(form, &key);
    } else if (chosen > 0) {
        form_run_verb(form, form_verb(form->form, (uint16_t)chosen));
    }
}

/* --- leaving --------------------------------------------------------------------------------- */

static int64_t ask_leave(struct application *application)
{
    static const struct list_column column = {"", 30, CELL_ALIGN_LEFT};
    const char *texts[] = {application_text(application, "record.save"),
                           application_text(application, "record.discard"),
                           application_text(application, "record.stay")};
    const struct list_row rows[] = {{.id = CHOICE_SAVE, .texts = &texts[0]},
                                    {.id = CHOICE_DISCARD, .texts = &texts[1]},
                                    {.id = CHOICE_STAY, .texts = &texts[2]}};
    const struct dialog_choice choice = {.title = application_text(application, "record.unsaved"),
                                         .columns = &column,
                                         .column_count = 1,
                                         .rows = rows,
                                         .count = 3};
    terminal_discard_keys(application->terminal);
    return dialog_choose(application, &choice, NULL, NULL);
}

bool form_leave(struct view *view, bool check)
{
    struct form_view *form = (struct form_view *)view;
    struct application *application = view->application;
    if (form->mode == MODE_LINE)
        return form_leave_slot(form);
    if (check && !form_leave_slot(form))
        return false;
    if (!form_is_changed(form))
        return true;
    if (!check)
        return dialog_confirm(application, application_text(application, "key.cancel"),
                              application_text(application, "record.lose"));
    switch (ask_leave(application)) {
    case CHOICE_SAVE:
        form_submit(form);
        return false; /* the outcome stays on the screen */
    case CHOICE_DISCARD:
        return true;
    default:
        return false;
    }
}
