/* Sending a record, and what the server says to it: faults, warnings, conflicts, answers. */
#include <stdlib.h>
#include <string.h>

#include "client/dialog.h"
#include "client/open.h"
#include "client/previous.h"
#include "client/print_answer.h"
#include "client/store.h"
#include "client/view/form_private.h"
#include "client/view/form_view.h"

enum {
    FLAG_CONFIRMED = 1,
    BODY_LIMIT = 1 << 20,
    REASON_LIMIT = 200,
    CHOICE_SAVE = 1,
    CHOICE_DISCARD,
    CHOICE_STAY,
};

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
                form_tab_holds(form, tab, &said->form->fields[i])) {
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
        form_show_faults(form, &answer, sent, sent_count);
    } else if (answer.status == STATUS_CHANGED) {
        form_resolve_difference(target, &answer);
    } else if (answer.status != STATUS_OK) {
        status_show(form, &answer);
    } else if (outcome_read(form, &answer, &outcome)) {
        if (form->mode == MODE_CREATE) {
            created(form, &outcome);
        } else if (form->mode == MODE_RUN) {
            ran(form, &outcome);
            if (outcome.said != NULL)
                print_answer(application, outcome.said);
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
        form_show_faults(form, &answer, NULL, 0);
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
