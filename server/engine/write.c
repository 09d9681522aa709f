/* Changing calls: create, change, transitions and own verbs, actions of bare forms. A call without
 * a decision is one round trip, one with a decision two. */
#include "server/engine/write.h"

#include <stdlib.h>
#include <string.h>

enum { FLAG_CONFIRMED = 1, FLAG_DRY_RUN = 2, REASON_LIMIT = 800 };

static bool name_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at != NULL && (at = strstr(at, name)) != NULL; at += length) {
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* Body of every changing verb: u8 flags (1 the warnings are confirmed, 2 only try), text reason,
 * signed id (creation: 0, or an existing party's), signed version (0: whatever it is), record. */
static enum status write_read(struct write *write)
{
    struct call *call = write->call;
    uint8_t flags = reader_u8(&call->body);
    call->confirmed = (flags & FLAG_CONFIRMED) != 0;
    call->dry_run = (flags & FLAG_DRY_RUN) != 0;
    call->reason = reader_text(&call->body, call->arena, REASON_LIMIT);
    write->id = reader_signed(&call->body);
    write->version = reader_signed(&call->body);
    write->input = record_decode(&call->body, call->form, call->arena);
    if (write->input == NULL || !reader_end(&call->body) || write->id < 0 || write->version < 0 ||
        (flags & ~(FLAG_CONFIRMED | FLAG_DRY_RUN)) != 0) {
        return STATUS_BROKEN;
    }
    write->input->id = write->id;
    write->creating = call->verb->number == VERB_CREATE;
    write->base_exists = write->creating && write->id != 0;
    if (write->base_exists && call->form->base == NULL) {
        return STATUS_BROKEN;
    }
    if (!write->creating && (call->form->flags & FORM_BARE) == 0 && write->id == 0) {
        return STATUS_NOT_FOUND;
    }
    return STATUS_OK;
}

/* A verb that names its input takes that and nothing else. */
static void input_check(struct write *write)
{
    struct call *call = write->call;
    const char *taken = call->verb->input;
    if (call->verb->reason && call->reason[0] == '\0') {
        faults_add(&call->faults, "reason_required", 0, NULL);
    }
    if (taken == NULL) {
        if (call->verb->number < VERB_OWN || (call->form->flags & FORM_BARE) != 0) {
            validate_record(call, write->input,
                            write->creating || (call->form->flags & FORM_BARE) != 0);
        }
        return;
    }
    struct record *sifted = record_copy(write->input, call->arena);
    for (size_t i = 0; i < call->form->field_count; i++) {
        const struct field *field = &call->form->fields[i];
        if (!name_listed(taken, field->name)) {
            if (write->input->values[i].presence != VALUE_ABSENT) {
                faults_add(&call->faults, "not_taken", field->number, NULL);
            }
            sifted->values[i] = (struct value){0};
        } else if (write->input->values[i].presence != VALUE_PRESENT &&
                   (field->flags & (FIELD_REQUIRED | FIELD_VIRTUAL)) ==
                       (FIELD_REQUIRED | FIELD_VIRTUAL)) {
            faults_add(&call->faults, "required", field->number, NULL);
        }
    }
    validate_record(call, sifted, false);
}

static bool first_round_needed(const struct write *write)
{
    const struct call *call = write->call;
    return write->decision != NULL || call->verb->transition || call->verb->guard != NULL ||
           call->dry_run ||
           (!write->creating &&
            (write->version == 0 || validate_needs_before(write->call, write->input)));
}

static int64_t case_new_id(void *context)
{
    struct write *write = context;
    int64_t id = number_id(write->call->engine->numbers);
    write->starved = write->starved || id == 0;
    return id;
}

static int64_t case_code_number(void *context, const char *list, const char *name)
{
    const struct write *write = context;
    const struct code_entry *entry =
        catalogue_code_by_name(write->call->engine->catalogue, list, name);
    return entry != NULL ? entry->number : 0;
}

static const char *case_code_name(void *context, const char *list, int64_t number)
{
    const struct write *write = context;
    const struct code_entry *entry = catalogue_code(write->call->engine->catalogue, list, number);
    return entry != NULL ? entry->name : "";
}

static const char *case_setting(void *context, const char *name)
{
    const struct write *write = context;
    return catalogue_setting(write->call->engine->catalogue, name);
}

static void case_prepare(struct write *write)
{
    struct call *call = write->call;
    struct decision_case *c =
        decision_case_create(call->arena, &call->engine->catalogue->forms, call->form->name);
    c->verb = call->verb;
    c->form = call->form;
    c->input = write->input;
    c->before = write->before;
    c->after = write->after;
    c->answer = record_create(call->form, call->arena);
    c->actor = call->access->actor;
    c->now = call->now;
    c->today = (call->now / 1000000 + call->engine->catalogue->zone_offset) / 86400;
    c->reason = call->reason;
    c->confirmed = call->confirmed;
    c->dry_run = call->dry_run;
    c->faults = &call->faults;
    c->new_id = case_new_id;
    c->code_number = case_code_number;
    c->code_name = case_code_name;
    c->setting = case_setting;
    c->context = write;
    write->decision_case = c;
}

/* Which steps the record's state allows, so that the operator is told more than "no". */
static enum status transition_refused(struct write *write)
{
    struct call *call = write->call;
    const struct form *form = call->form;
    bool zh = strcmp(call->access->actor.language, "zh") == 0;
    int64_t number = record_integer(write->before, form->state_field);
    const struct state *state = form_state(form, number);
    const char *text = state != NULL ? (zh ? state->label.zh : state->label.en) : "";
    const char *separator = ": ";
    for (size_t i = 0; i < form->verb_count; i++) {
        const struct verb *verb = &form->verbs[i];
        if (verb->transition && number > 0 && number < 32 && (verb->from & (1u << number)) != 0) {
            text = arena_format(call->arena, "%s%s%s", text, separator,
                                zh ? verb->label.zh : verb->label.en);
            separator = ", ";
        }
    }
    call->status_text = text;
    return STATUS_TRANSITION;
}

static enum status before_check(struct write *write)
{
    struct call *call = write->call;
    if (write->before == NULL) {
        return STATUS_NOT_FOUND;
    }
    if (write->version != 0 && write->before->version != write->version) {
        record_mask(write->before, false, call->arena);
        show_encode(call, write->before);
        return STATUS_CHANGED;
    }
    write->version = write->before->version;
    if (call->verb->transition) {
        int64_t state = record_integer(write->before, call->form->state_field);
        if (state < 1 || state > 31 || (call->verb->from & (1u << state)) == 0) {
            return transition_refused(write);
        }
    }
    return STATUS_OK;
}

/* Faults of a field that was found wrong before are not said twice. */
static void faults_join(struct faults *faults, size_t shaped)
{
    size_t kept = shaped;
    for (size_t i = shaped; i < faults->count; i++) {
        bool again = false;
        for (size_t n = 0; n < shaped && !again; n++) {
            again = faults->list[n].field == faults->list[i].field && faults->list[i].field != 0 &&
                    faults->list[n].line == faults->list[i].line &&
                    faults->list[n].lines_field == faults->list[i].lines_field;
        }
        if (!again) {
            faults->list[kept++] = faults->list[i];
        }
    }
    faults->count = kept;
}

static enum status first_round(struct write *write)
{
    struct call *call = write->call;
    struct database *database = call->engine->database;
    size_t shaped = call->faults.count;
    if (!write->opened) {
        call_open(call);
        write->opened = true;
    }
    bool reading = !write->creating && (call->form->flags & FORM_BARE) == 0;
    if (reading) {
        read_queue(&write->plan, call, write->id, NULL, true);
    }
    loads_queue(write);
    /* A verb that changes nothing is over with its reads: one round trip. */
    if (!database_flush(database, !call->verb->changing)) {
        return shaped > 0 && database_error(database)->state[0] == '2' ? STATUS_FAULTS
                                                                       : call_failure(call);
    }
    call_opened(call);
    if (reading) {
        write->before = read_take(&write->plan, call);
        enum status status = before_check(write);
        if (status != STATUS_OK) {
            return status;
        }
        write->after = record_overlay(write->before, write->input, call->arena);
        if (call->verb->transition) {
            record_set_integer(write->after, call->form->state_field, call->verb->to);
        }
        if (!validate_guard(call, write->before)) {
            struct fault *fault = faults_add(&call->faults, "guard", 0, NULL);
            if (fault != NULL && call->verb->guard_message.zh != NULL) {
                fault->text_zh = call->verb->guard_message.zh;
                fault->text_en = call->verb->guard_message.en;
            }
            return STATUS_FAULTS;
        }
    }
    if ((call->form->flags & FORM_BARE) == 0) {
        validate_rules(call, write->after);
    }
    if (write->decision != NULL) {
        case_prepare(write);
        loads_take(write);
        write->decision->decide(write->decision_case);
    }
    faults_join(&call->faults, shaped);
    return write->starved ? (enum status)STATUS_RERUN : STATUS_OK;
}

static bool answer_said(const struct record *answer)
{
    for (size_t i = 0; i < answer->form->field_count; i++) {
        if (answer->values[i].presence != VALUE_ABSENT) {
            return true;
        }
    }
    return false;
}

/* Lines of an answer are what is, not what is to be done: the client takes them as unchanged. */
static void answer_keep(struct record *answer)
{
    for (size_t i = 0; i < answer->form->field_count; i++) {
        struct lines *lines = answer->values[i].lines;
        for (size_t n = 0; lines != NULL && n < lines->count; n++) {
            lines->lines[n].action = LINE_KEEP;
            answer_keep(&lines->lines[n].record);
        }
    }
}

/* Answer: signed id, signed version, text key, u8 whether a record follows, record. */
static void answer_encode(struct write *write, int64_t version)
{
    struct call *call = write->call;
    const struct form *form = call->form;
    const struct record *named = write->after != NULL ? write->after : write->input;
    call->object_id = write->id;
    call->object_key = "";
    if (form->key != NULL && form_field(form, form->key)->type == VALUE_TEXT) {
        call->object_key = record_text(named, form->key);
        if (call->object_key[0] == '\0' && write->before != NULL) {
            call->object_key = record_text(write->before, form->key);
        }
    }
    writer_clear(call->answer);
    writer_signed(call->answer, write->id);
    writer_signed(call->answer, version);
    writer_text(call->answer, call->object_key);
    struct record *answer = write->decision_case != NULL ? write->decision_case->answer : NULL;
    bool said = answer != NULL && answer_said(answer);
    writer_u8(call->answer, said ? 1 : 0);
    if (said) {
        answer_keep(answer);
        record_encode(call->answer, answer);
    }
}

static bool writes_queue(struct write *write, int64_t *version)
{
    struct call *call = write->call;
    bool bare = (call->form->flags & FORM_BARE) != 0;
    *version = bare ? 0 : write->version;
    if (write->creating) {
        write->after->id = write->id;
        if (!record_insert(write, write->after, write->base_exists)) {
            return false;
        }
        *version = 1;
    } else if (!bare && write->before != NULL) {
        *version += record_update(write, write->before, write->after, write->version) ? 1 : 0;
    } else if (!bare) {
        *version += record_update_said(write, write->input, write->version) ? 1 : 0;
    }
    return write->decision_case == NULL || effects_queue(write, write->decision_case->effects);
}

static enum status write_finish(struct write *write)
{
    struct call *call = write->call;
    struct database *database = call->engine->database;
    int64_t version;
    if (!write->opened) {
        call_open(call);
        write->opened = true;
    }
    if (write->creating && write->id == 0 && (write->id = case_new_id(write)) == 0) {
        database_abandon(database);
        return (enum status)STATUS_RERUN;
    }
    if (!writes_queue(write, &version)) {
        database_abandon(database);
        return (enum status)STATUS_RERUN;
    }
    answer_encode(write, version);
    call_close(call);
    if (!database_flush(database, true)) {
        enum status status = call_failure(call);
        writer_clear(call->answer);
        return status;
    }
    return STATUS_OK;
}

static enum status write_tried(struct write *write, enum status status)
{
    database_abandon(write->call->engine->database);
    if (status == STATUS_OK) {
        write->call->dry_run = true;
        answer_encode(write, write->version);
    }
    return status;
}

/* Another's change came first: the newer record goes back with the refusal. */
static enum status changed_meanwhile(struct write *write)
{
    struct call *call = write->call;
    struct read_plan plan;
    call_open(call);
    read_queue(&plan, call, write->id, NULL, false);
    struct database *database = call->engine->database;
    if (!database_flush(database, true)) {
        return call_failure(call);
    }
    struct record *record = read_take(&plan, call);
    if (record == NULL) {
        return STATUS_NOT_FOUND;
    }
    record_mask(record, false, call->arena);
    show_encode(call, record);
    return STATUS_CHANGED;
}

enum status engine_write(struct call *call)
{
    struct write write = {.call = call, .decision = NULL};
    enum status status = write_read(&write);
    if (status != STATUS_OK) {
        return status;
    }
    if (call->verb->decide != NULL &&
        (write.decision = decision_by_name(call->verb->decide)) == NULL) {
        call->status_text = call->verb->decide;
        return STATUS_INTERNAL;
    }
    input_check(&write);
    if ((status = references_resolve(&write)) != STATUS_OK) {
        database_abandon(call->engine->database);
        return status;
    }
    write.after = record_copy(write.input, call->arena);
    if (write.creating || (call->form->flags & FORM_BARE) != 0) {
        record_complete(&write, write.after);
    }
    if (first_round_needed(&write)) {
        status = first_round(&write);
        if (status != STATUS_OK || call->faults.count > 0 || call->dry_run) {
            return write_tried(&write, status == STATUS_OK && call->faults.count > 0 ? STATUS_FAULTS
                                                                                     : status);
        }
    } else if (write.creating) {
        validate_rules(call, write.after);
    } else if ((call->form->flags & FORM_BARE) == 0) {
        validate_rules_said(call, write.after);
    }
    if (call->faults.count > 0) {
        database_abandon(call->engine->database);
        return STATUS_FAULTS;
    }
    if (!call->verb->changing) {
        if (write.decision_case == NULL || write.decision_case->effects != NULL) {
            call->status_text =
                call->verb->name; /* declared as changing nothing, and wants to write */
            return STATUS_INTERNAL;
        }
        answer_encode(&write, write.version);
        return STATUS_OK;
    }
    bool bare = (call->form->flags & FORM_BARE) != 0;
    if (bare && write.decision_case != NULL && write.decision_case->effects == NULL) {
        /* Nothing was decided to change: pollers leave no trail, and a repetition may find more. */
        database_abandon(call->engine->database);
        answer_encode(&write, 0);
        return STATUS_OK;
    }
    status = write_finish(&write);
    return status == STATUS_CHANGED && !write.creating ? changed_meanwhile(&write) : status;
}
