/* Rows in parallel slots; see pump.h. */
#include "client/ctl/pump.h"

#include "client/ctl/request.h"
#include "protocol/arena.h"

enum { CRITERION_EQUAL = 1, FOUND_PAGE = 2, ATTEMPTS = 4 };

static void task_end(struct pump_task *task, enum pump_outcome outcome, json_t *answer)
{
    struct pump *pump = task->pump;
    pump->counts[outcome]++;
    /* Free before it is told, so that a resume begins behind it. */
    task->busy = false;
    pump->done(pump->context, task, outcome, answer);
    json_decref(answer);
}

/* What hinders all further rows too. */
static bool status_stops(enum status status)
{
    switch (status) {
    case STATUS_DENIED:
    case STATUS_FORM_CHANGED:
    case STATUS_NOT_SIGNED_IN:
    case STATUS_LOCKED:
    case STATUS_UNAVAILABLE:
    case STATUS_TIMEOUT:
    case STATUS_CANCELLED:
    case STATUS_BROKEN:
    case STATUS_RATE:
    case STATUS_UNKNOWN_CALL:
    case STATUS_SESSION_ENDED:
    case STATUS_DRAINING:
    case STATUS_STORAGE:
        return true;
    default:
        return false;
    }
}

static void body_keep(struct desk *desk, const struct connection_reply *reply)
{
    writer_clear(&desk->body);
    writer_bytes(&desk->body, reply->body, reply->length);
}

static void task_write(struct pump_task *task);
static void task_find(struct pump_task *task);

static void task_refused(struct pump_task *task, const struct connection_reply *reply)
{
    struct pump *pump = task->pump;
    /* Rows on their way at the same time may stand in each other's way. The server has kept nothing
     * of a call that it says timed out. */
    if (reply->status == STATUS_TIMEOUT && ++task->attempts < ATTEMPTS) {
        if (task->writing)
            task_write(task);
        else
            task_find(task);
        return;
    }
    if (status_stops(reply->status)) {
        if (pump->stopped == STATUS_OK)
            pump->stopped = reply->status;
        return; /* stays busy: it is the first that a resume sends again */
    }
    body_keep(pump->desk, reply);
    task_end(task, PUMP_REFUSED, refusal_json(pump->desk, pump->form, reply->status, task->arena));
}

static void written(void *context, const struct connection_reply *reply)
{
    struct pump_task *task = context;
    struct reader reader;
    if (reply->status != STATUS_OK) {
        task_refused(task, reply);
        return;
    }
    reader_initialise(&reader, reply->body, reply->length);
    struct pump *pump = task->pump;
    task->id = reader_signed(&reader);
    int64_t version = reader_signed(&reader);
    task_end(task,
             task->creating                                                    ? PUMP_CREATED
             : version == task->seen_version && !(pump->flags & WRITE_DRY_RUN) ? PUMP_UNCHANGED
                                                                               : PUMP_CHANGED,
             NULL);
}

/* What is typed at creation only, and lines, which would come a second time. */
static void record_strip(struct record *record)
{
    for (size_t i = 0; i < record->form->field_count; i++) {
        const struct field *field = &record->form->fields[i];
        if (field->type == VALUE_LINES || (field->flags & (FIELD_FIXED | FIELD_GENERATED)) != 0)
            record->values[i] = (struct value){0};
    }
}

static void task_send(struct pump_task *task, const struct verb *verb, const struct writer *body,
                      connection_answered answered)
{
    struct pump *pump = task->pump;
    const struct connection_call call = {.form = pump->form->number,
                                         .form_hash = pump->form->hash,
                                         .verb = verb->number,
                                         .body = body->bytes,
                                         .length = body->length,
                                         .answered = answered,
                                         .context = task};
    if (body->failed || connection_call(pump->desk->connection, &call) < 0) {
        if (pump->stopped == STATUS_OK)
            pump->stopped = body->failed ? STATUS_TOO_LARGE : STATUS_UNAVAILABLE;
    }
}

static void task_write(struct pump_task *task)
{
    struct pump *pump = task->pump;
    struct writer body;
    task->writing = true;
    task->creating = task->id == 0;
    const struct verb *verb = task->creating ? pump->create : pump->change;
    if (!task->creating && pump->key)
        record_strip(task->record);
    writer_initialise(&body, FRAME_REQUEST_LIMIT);
    write_body(&body, pump->flags, pump->reason ? pump->reason : "", task->id, task->version,
               task->record);
    task_send(task, verb, &body, written);
    writer_release(&body);
}

static void found(void *context, const struct connection_reply *reply)
{
    struct pump_task *task = context;
    struct reader reader;
    if (reply->status != STATUS_OK) {
        task_refused(task, reply);
        return;
    }
    reader_initialise(&reader, reply->body, reply->length);
    uint64_t count = reader_unsigned(&reader);
    if (count > 1) {
        faults_add(&task->faults, "import.ambiguous", task->pump->key->number, NULL);
        struct writer faults;
        writer_initialise(&faults, FRAME_REPLY_LIMIT);
        faults_encode(&faults, &task->faults);
        const struct connection_reply refusal = {
            .status = STATUS_FAULTS, .body = faults.bytes, .length = faults.length};
        task_refused(task, &refusal);
        writer_release(&faults);
        return;
    }
    if (count == 1) {
        task->id = reader_signed(&reader);
        task->seen_version = reader_signed(&reader);
    }
    task_write(task);
}

static void task_find(struct pump_task *task)
{
    struct pump *pump = task->pump;
    const struct field *key = pump->key;
    const struct value *value = &task->record->values[key->index];
    const struct verb *query = form_verb(pump->form, VERB_QUERY);
    struct writer body;
    writer_initialise(&body, FRAME_REQUEST_LIMIT);
    writer_unsigned(&body, 1);
    writer_unsigned(&body, key->number);
    writer_u8(&body, CRITERION_EQUAL);
    if (key->type == VALUE_TEXT)
        writer_text(&body, value->text);
    else
        writer_signed(&body, value->integer);
    writer_signed(&body, 0);
    writer_unsigned(&body, FOUND_PAGE);
    writer_block(&body, "", 0);
    task_send(task, query, &body, found);
    writer_release(&body);
}

/* Faults that were found without the server look like those that it finds. */
static void task_reject(struct pump_task *task)
{
    struct writer faults;
    writer_initialise(&faults, FRAME_REPLY_LIMIT);
    faults_encode(&faults, &task->faults);
    const struct connection_reply refusal = {
        .status = STATUS_FAULTS, .body = faults.bytes, .length = faults.length};
    task_refused(task, &refusal);
    writer_release(&faults);
}

static void task_start(struct pump_task *task)
{
    struct pump *pump = task->pump;
    task->busy = true;
    if (task->faults.count > 0)
        task_reject(task);
    else if (task->id == 0 && pump->key &&
             task->record->values[pump->key->index].presence == VALUE_PRESENT)
        task_find(task);
    else if (task->id == 0 && !pump->create) {
        faults_add(&task->faults, "required", pump->key ? pump->key->number : 0, NULL);
        task_reject(task);
    } else
        task_write(task);
}

const struct pump_task *pump_oldest(const struct pump *pump)
{
    const struct pump_task *oldest = NULL;
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        if (pump->tasks[i].busy && (!oldest || pump->tasks[i].line < oldest->line))
            oldest = &pump->tasks[i];
    return oldest;
}

/* Starts rows until every slot is busy. False when the source has ended. */
static bool slots_fill(struct pump *pump)
{
    for (size_t i = 0; i < pump->slots && pump->stopped == STATUS_OK; i++) {
        struct pump_task *task = &pump->tasks[i];
        while (!task->busy && pump->stopped == STATUS_OK) {
            struct arena *arena = task->arena ? task->arena : arena_create();
            arena_reset(arena);
            *task = (struct pump_task){.pump = pump, .arena = arena};
            faults_initialise(&task->faults, arena);
            if (!pump->next(pump->context, task))
                return false;
            task_start(task); /* a row that is rejected at once leaves the slot free */
        }
    }
    return true;
}

bool pump_run(struct pump *pump)
{
    bool more = true;
    while ((more && pump->stopped == STATUS_OK) ||
           connection_unanswered(pump->desk->connection) > 0) {
        if (more && pump->stopped == STATUS_OK)
            more = slots_fill(pump);
        if (connection_unanswered(pump->desk->connection) > 0)
            connection_wait(pump->desk->connection, -1);
        else if (!more)
            break;
    }
    for (size_t i = 0; i < SESSION_SLOTS; i++) {
        if (pump->tasks[i].arena)
            arena_free(pump->tasks[i].arena);
        pump->tasks[i].arena = NULL;
    }
    return pump->stopped == STATUS_OK;
}
