/* The gate: see gate.h for the order in which every request passes it. */
#include "server/gate/gate_internal.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "server/engine/job.h"
#include "server/engine/report.h"
#include "server/engine/transfer.h"
#include "server/process/log.h"

enum {
    STALE_ATTEMPTS = 50,
    ATTEMPTS = 4,                /* runs of one call: stale caches, deadlock, lost connection */
    CONNECT_MILLISECONDS = 4000, /* a call waits so long for a database that is coming back */
    IDLE_CONNECT_MILLISECONDS = 100,
};

struct gate *gate_create(const struct configuration *configuration, const struct form_set *forms,
                         enum verb_class worker, bool (*interrupted)(void *), void *context,
                         int interrupt_socket)
{
    struct gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL) {
        abort();
    }
    const char *conninfo = configuration->database;
    if (worker == VERB_AUTH) {
        conninfo = configuration->auth_database;
    } else if (worker == VERB_LONG && configuration->replica_database[0] != '\0') {
        conninfo = configuration->replica_database;
    }
    gate->configuration = configuration;
    gate->image = forms;
    gate->worker = worker;
    gate->engine.database =
        database_create(conninfo,
                        worker == VERB_LONG ? configuration->statement_timeout_long
                                            : configuration->statement_timeout_short,
                        interrupted, context, interrupt_socket);
    gate->engine.numbers = number_cache_create();
    gate->sessions = access_cache_create();
    gate->arena = arena_create();
    gate->deflater = deflater_create();
    writer_initialise(&gate->answer, FRAME_REPLY_LIMIT - 64);
    return gate;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL) {
        return;
    }
    catalogue_free(gate->engine.catalogue);
    database_free(gate->engine.database);
    number_cache_free(gate->engine.numbers);
    access_cache_free(gate->sessions);
    deflater_free(gate->deflater);
    writer_release(&gate->answer);
    arena_free(gate->arena);
    free(gate);
}

static bool catalogue_renew(struct gate *gate)
{
    struct catalogue *fresh = catalogue_load(gate->engine.database, gate->arena, gate->image);
    if (fresh == NULL) {
        return false;
    }
    catalogue_free(gate->engine.catalogue);
    gate->engine.catalogue = fresh;
    return true;
}

void gate_idle(struct gate *gate)
{
    if (database_connect(gate->engine.database, IDLE_CONNECT_MILLISECONDS) &&
        gate->engine.catalogue == NULL) {
        (void)catalogue_renew(gate);
    }
}

struct header {
    uint8_t slot;
    uint64_t sequence;
    uint64_t form;
    uint32_t hash;
    uint64_t verb;
};

static bool header_read(struct reader *reader, struct header *header)
{
    header->slot = reader_u8(reader);
    header->sequence = reader_unsigned(reader);
    header->form = reader_unsigned(reader);
    header->hash = reader_u32(reader);
    header->verb = reader_unsigned(reader);
    return !reader->failed && header->slot < SESSION_SLOTS && header->sequence <= INT64_MAX;
}

enum verb_class gate_class(const struct form_set *forms, const uint8_t *body, size_t length)
{
    struct reader reader;
    struct header header;
    reader_initialise(&reader, body, length);
    if (!header_read(&reader, &header)) {
        return VERB_SHORT;
    }
    const struct verb *verb = NULL;
    if (header.form == 0) {
        verb = system_verb(header.verb);
    } else if (header.form <= UINT16_MAX && header.verb <= UINT16_MAX) {
        const struct form *form = form_by_number(forms, (uint16_t)header.form);
        verb = form != NULL ? form_verb(form, (uint16_t)header.verb) : NULL;
    }
    return verb != NULL ? verb->worker : VERB_SHORT;
}

typedef enum status (*verb_handler)(struct call *call);

/* What the fixed verbs do; everything else is a changing verb of the form's own. */
static const verb_handler handlers[VERB_OWN] = {
    [VERB_CREATE] = engine_write,
    [VERB_CHANGE] = engine_write,
    [VERB_SHOW] = engine_show,
    [VERB_QUERY] = engine_query,
    [VERB_EXPORT] = engine_query,
    [VERB_HISTORY] = engine_history,
    [VERB_RUN] = engine_write,
    [VERB_UNMASK] = engine_show,
    [VERB_LIST_VALUES] = engine_values,
    [VERB_REMOVE] = engine_write,
    [VERB_REPORT] = engine_report,
    [VERB_ATTACH] = engine_attach,
    [VERB_ATTACHMENTS] = engine_attachments,
    [VERB_FETCH_ATTACHMENT] = engine_fetch_attachment,
    [VERB_BULK] = engine_job,
    [VERB_IMPORT] = engine_job,
};

static enum status form_call(struct call *call)
{
    if (call->verb->number >= VERB_OWN) {
        return engine_write(call);
    }
    return handlers[call->verb->number] != NULL ? handlers[call->verb->number](call)
                                                : STATUS_UNKNOWN_CALL;
}

static enum status no_database(struct gate *gate)
{
    return database_connected(gate->engine.database) ? STATUS_INTERNAL : STATUS_UNAVAILABLE;
}

/* Session and rights from the cache, or read anew. */
static enum status access_find(struct gate *gate, struct call *call,
                               const uint8_t token_hash[TOKEN_HASH], bool fresh)
{
    call->access = fresh ? NULL : access_cache_find(gate->sessions, token_hash);
    if (call->access == NULL) {
        call->access =
            access_cache_load(gate->sessions, gate->engine.database, gate->arena, token_hash);
        if (call->access == NULL) {
            return database_error(gate->engine.database)->any ? (enum status)STATUS_RERUN
                                                              : STATUS_SESSION_ENDED;
        }
    }
    if (gate->engine.catalogue == NULL ||
        call->access->catalogue_epoch > gate->engine.catalogue->epoch) {
        return catalogue_renew(gate) ? STATUS_OK : no_database(gate);
    }
    return STATUS_OK;
}

/* Known call, then permission; a refusal is believed only after the rights were read anew. */
static enum status call_find(struct gate *gate, struct call *call, const struct header *header,
                             const uint8_t token_hash[TOKEN_HASH], bool fresh)
{
    if (header->form == 0) {
        call->form = &system_form;
        call->verb = system_verb(header->verb);
        return call->verb != NULL ? STATUS_OK : STATUS_UNKNOWN_CALL;
    }
    call->form = header->form <= UINT16_MAX
                     ? form_by_number(&gate->engine.catalogue->forms, (uint16_t)header->form)
                     : NULL;
    call->verb = call->form != NULL && header->verb <= UINT16_MAX
                     ? form_verb(call->form, (uint16_t)header->verb)
                     : NULL;
    if (call->verb == NULL) {
        return STATUS_UNKNOWN_CALL;
    }
    call->scope = access_scope(call->access, call->verb->permission);
    if (call->scope == NULL) {
        if (!fresh) {
            enum status status = access_find(gate, call, token_hash, true);
            return status != STATUS_OK ? status : call_find(gate, call, header, token_hash, true);
        }
        call->status_text = call->verb->permission;
        return STATUS_DENIED;
    }
    if (call->form->hash != header->hash) {
        if (!fresh && catalogue_renew(gate)) {
            return call_find(gate, call, header, token_hash, true);
        }
        return STATUS_FORM_CHANGED;
    }
    return STATUS_OK;
}

static enum status replay_fetch(struct gate *gate, struct call *call)
{
    struct parameter parameters[] = {parameter_bytes(call->access->token_hash, TOKEN_HASH),
                                     parameter_integer(gate->arena, call->slot),
                                     parameter_integer(gate->arena, (int64_t)call->sequence)};
    database_begin(gate->engine.database, gate->arena);
    size_t row =
        database_queue(gate->engine.database,
                       "SELECT encode(gate_replay($1, $2::smallint, $3), 'hex')", 3, parameters);
    if (!database_flush(gate->engine.database, true)) {
        return call_failure(call);
    }
    const char *hex = PQgetvalue(database_result(gate->engine.database, row), 0, 0);
    writer_clear(&gate->answer);
    for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
        char pair[3] = {hex[0], hex[1], '\0'};
        writer_u8(&gate->answer, (uint8_t)strtoul(pair, NULL, 16));
    }
    return STATUS_OK;
}

static enum status call_once(struct gate *gate, struct call *call, const struct header *header,
                             const uint8_t token_hash[TOKEN_HASH], bool fresh)
{
    if (!database_connect(gate->engine.database, CONNECT_MILLISECONDS)) {
        return STATUS_UNAVAILABLE;
    }
    enum status status = access_find(gate, call, token_hash, fresh);
    if (status != STATUS_OK) {
        return status;
    }
    status = call_find(gate, call, header, token_hash, fresh);
    if (status != STATUS_OK) {
        return status;
    }
    if (call->verb->changing && call->form != &system_form &&
        !number_cache_fill(gate->engine.numbers, gate->engine.database, gate->arena)) {
        return (enum status)STATUS_RERUN;
    }
    call->now = catalogue_now(gate->engine.catalogue);
    return call->form == &system_form ? system_call(gate, call) : form_call(call);
}

static enum status call_run(struct gate *gate, struct call *call, const struct header *header,
                            const uint8_t token_hash[TOKEN_HASH])
{
    struct reader body = call->body;
    enum status status = STATUS_INTERNAL;
    bool fresh = false;
    int stale = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        call->body = body;
        call->faults.count = 0;
        call->scope = NULL;
        call->status_text = NULL;
        call->object_id = 0;
        call->log_detail = NULL;
        writer_clear(&gate->answer);
        status = call_once(gate, call, header, token_hash, fresh);
        if (status == (enum status)STATUS_REPLAY) {
            return replay_fetch(gate, call);
        }
        if (status != (enum status)STATUS_RERUN) {
            return status;
        }
        fresh = strcmp(database_error(gate->engine.database)->state, "HD101") == 0;
        if (fresh && stale++ < STALE_ATTEMPTS) {
            attempt--; /* nothing was tried: codes or rights move while administrators work */
        }
    }
    return database_error(gate->engine.database)->lost ? STATUS_UNAVAILABLE : STATUS_TIMEOUT;
}

/* Refusals are operations too [17-174]: who was denied what stands in the log. */
static void refusal_log(struct gate *gate, struct call *call, const struct gate_request *request,
                        enum status status)
{
    if (call->access == NULL || call->verb == NULL || !database_connected(gate->engine.database) ||
        (status != STATUS_DENIED && status != STATUS_TRANSITION && status != STATUS_INTERNAL &&
         status != STATUS_TIMEOUT && status != STATUS_FAULTS && status != STATUS_REPLAY_CHANGED)) {
        return;
    }
    struct parameter parameters[] = {
        parameter_bytes(call->access->token_hash, TOKEN_HASH),
        parameter_integer(gate->arena, call->form->number),
        parameter_integer(gate->arena, call->verb->number),
        parameter_text(call->verb->name),
        parameter_text(call->form->name),
        call->object_id != 0 ? parameter_integer(gate->arena, call->object_id) : parameter_null(),
        parameter_integer(gate->arena, status),
        parameter_text(status == STATUS_FAULTS && call->faults.count > 0 ? call->faults.list[0].name
                       : call->status_text != NULL                       ? call->status_text
                                                                         : ""),
        parameter_text(request->peer),
    };
    database_begin(gate->engine.database, gate->arena);
    database_queue(gate->engine.database, "SELECT gate_refused($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   sizeof parameters / sizeof *parameters, parameters);
    if (!database_flush(gate->engine.database, true)) {
        log_write(LOG_WARNING, "a refusal could not be logged: %s",
                  database_error(gate->engine.database)->state);
    }
}

static void reply_write(struct gate *gate, struct gate_reply *reply, const struct header *header,
                        enum status status, const struct call *call)
{
    if (gate->answer.failed) {
        status = STATUS_TOO_LARGE;
    }
    size_t offset = frame_begin(&reply->frames, FRAME_REPLY);
    writer_u8(&reply->frames, header->slot);
    writer_unsigned(&reply->frames, header->sequence);
    writer_unsigned(&reply->frames, (uint64_t)status);
    if (status == STATUS_OK || status == STATUS_CHANGED) {
        writer_bytes(&reply->frames, gate->answer.bytes, gate->answer.length);
    } else if (status == STATUS_FAULTS) {
        faults_encode(&reply->frames, &call->faults);
    } else {
        writer_text(&reply->frames,
                    call != NULL && call->status_text != NULL ? call->status_text : "");
    }
    deflater_frame(gate->deflater, &reply->frames, offset);
    frame_finish(&reply->frames, offset);
}

static void call_handle(struct gate *gate, const struct gate_request *request,
                        struct gate_reply *reply)
{
    struct header header = {0};
    struct call call = {.engine = &gate->engine, .arena = gate->arena, .answer = &gate->answer};
    reader_initialise(&call.body, request->body, request->length);
    faults_initialise(&call.faults, gate->arena);
    enum status status;
    if (!header_read(&call.body, &header)) {
        status = STATUS_BROKEN;
    } else if (!request->has_token) {
        status = STATUS_NOT_SIGNED_IN;
    } else {
        uint8_t token_hash[TOKEN_HASH];
        token_hash_make(request->token, token_hash);
        call.slot = header.slot;
        call.sequence = header.sequence;
        SHA256(request->body + 1, request->length - 1, call.request_hash);
        uint64_t trips = database_round_trips(gate->engine.database);
        status = call_run(gate, &call, &header, token_hash);
        if (call.verb != NULL) { /* with --detail: the bench counts what the design promises */
            log_write(LOG_DETAIL, "form %s verb %s status %d: %llu round trips", call.form->name,
                      call.verb->name, (int)status,
                      (unsigned long long)(database_round_trips(gate->engine.database) - trips));
        }
        if (status != STATUS_OK) {
            refusal_log(gate, &call, request, status);
        }
        if (status == STATUS_SESSION_ENDED ||
            (status == STATUS_OK && call.verb != NULL && system_ends_session(call.verb) &&
             call.form == &system_form)) {
            access_cache_drop(gate->sessions, token_hash);
            reply->binding = BINDING_DROP;
        }
    }
    reply->close = status == STATUS_BROKEN;
    reply_write(gate, reply, &header, status, &call);
}

/* A terminal that lost its line comes back with its token: is the session still there? */
static void resume_handle(struct gate *gate, const struct gate_request *request,
                          struct gate_reply *reply)
{
    uint8_t token_hash[TOKEN_HASH];
    reply->binding = BINDING_DROP;
    if (!request->has_token) {
        return;
    }
    token_hash_make(request->token, token_hash);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (!database_connect(gate->engine.database, CONNECT_MILLISECONDS)) {
            break;
        }
        if (access_cache_load(gate->sessions, gate->engine.database, gate->arena, token_hash) !=
            NULL) {
            reply->binding = BINDING_SET;
            memcpy(reply->token, request->token, SESSION_TOKEN);
            return;
        }
        if (!database_error(gate->engine.database)->any) {
            return; /* the session is over */
        }
    }
    /* A lost database says nothing about the session: the terminal shall ask again. */
    size_t offset = frame_begin(&reply->frames, FRAME_REFUSE);
    writer_unsigned(&reply->frames, STATUS_UNAVAILABLE);
    writer_text(&reply->frames, "");
    frame_finish(&reply->frames, offset);
    reply->binding = BINDING_KEEP;
}

void gate_handle(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    memset(reply, 0, sizeof *reply);
    writer_initialise(&reply->frames, FRAME_REPLY_LIMIT);
    arena_reset(gate->arena);
    writer_clear(&gate->answer);
    switch (request->type) {
    case FRAME_CALL:
        call_handle(gate, request, reply);
        break;
    case FRAME_SIGN_IN:
        auth_sign_in(gate, request, reply);
        break;
    default:
        resume_handle(gate, request, reply);
        break;
    }
    database_abandon(gate->engine.database);
}
