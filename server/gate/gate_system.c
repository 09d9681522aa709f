/* The system form: what a terminal needs beside business forms (protocol/system.h). */
#include "protocol/system.h"

#include <stdlib.h>
#include <string.h>

#include "server/engine/code_list.h"
#include "server/engine/statement.h"
#include "server/gate/gate_internal.h"

enum { LIST_LIMIT = 500, WORKSPACE_LIMIT = 16384, DRAFT_LIMIT = 262144, NAME_LIMIT = 200 };

struct system_operation {
    struct verb verb;
    enum status (*handle)(struct gate *gate, struct call *call);
    bool ends_session;
};

/* Runs one statement for the session behind gate_open(), with permission 0: being signed in. */
static enum status system_run(struct gate *gate, struct call *call, const char *sql, size_t count,
                              const struct parameter *parameters, const PGresult **result)
{
    call_open(call);
    size_t statement = database_queue(gate->engine.database, sql, count, parameters);
    if (!database_flush(gate->engine.database, true)) {
        return call_failure(call);
    }
    call_opened(call);
    if (result != NULL) {
        *result = database_result(gate->engine.database, statement);
    }
    return STATUS_OK;
}

static bool body_ends(const struct call *call)
{
    return reader_end((struct reader *)&call->body);
}

static void form_summary(struct call *call, const struct form *form)
{
    uint16_t verbs[300];
    size_t count = 0;
    for (size_t i = 0; i < form->verb_count && count < sizeof verbs / sizeof *verbs; i++) {
        if (access_scope(call->access, form->verbs[i].permission) != NULL) {
            verbs[count++] = form->verbs[i].number;
        }
    }
    writer_unsigned(call->answer, form->number);
    writer_u32(call->answer, form->hash);
    writer_text(call->answer, form->name);
    writer_text(call->answer, form->code);
    writer_text(call->answer, form->title.zh);
    writer_text(call->answer, form->title.en);
    writer_text(call->answer, form->menu);
    writer_unsigned(call->answer, count);
    for (size_t i = 0; i < count; i++) {
        writer_unsigned(call->answer, verbs[i]);
    }
}

static bool form_usable(const struct call *call, const struct form *form)
{
    for (size_t i = 0; i < form->verb_count; i++) {
        if (access_scope(call->access, form->verbs[i].permission) != NULL) {
            return true;
        }
    }
    return false;
}

static enum status catalogue_answer(struct gate *gate, struct call *call)
{
    const PGresult *row;
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    struct parameter staff = parameter_integer(gate->arena, call->access->actor.staff);
    enum status status = system_run(
        gate, call, "SELECT workspace::text, language FROM staff WHERE id = $1", 1, &staff, &row);
    if (status != STATUS_OK) {
        return status;
    }
    const struct catalogue *catalogue = gate->engine.catalogue;
    writer_text(call->answer, call->access->actor.number);
    writer_text(call->answer, call->access->actor.name);
    writer_text(call->answer, call->access->organisation_name);
    writer_text(call->answer, gate->configuration->server_name);
    writer_signed(call->answer, call->now);
    writer_unsigned(call->answer, (uint64_t)gate->configuration->idle_lock_minutes * 60);
    writer_text(call->answer, PQntuples(row) == 1 ? PQgetvalue(row, 0, 1) : "zh");
    size_t usable = 0;
    for (size_t i = 0; i < catalogue->forms.count; i++) {
        usable += form_usable(call, catalogue->forms.forms[i]) ? 1 : 0;
    }
    writer_unsigned(call->answer, usable);
    for (size_t i = 0; i < catalogue->forms.count; i++) {
        if (form_usable(call, catalogue->forms.forms[i])) {
            form_summary(call, catalogue->forms.forms[i]);
        }
    }
    writer_unsigned(call->answer, catalogue->list_count);
    for (size_t i = 0; i < catalogue->list_count; i++) {
        writer_text(call->answer, catalogue->lists[i].name);
        writer_u32(call->answer, catalogue->lists[i].hash);
    }
    writer_u32(call->answer, 0);
    writer_text(call->answer, PQntuples(row) == 1 ? PQgetvalue(row, 0, 0) : "{}");
    return STATUS_OK;
}

static enum status forms_answer(struct gate *gate, struct call *call)
{
    uint16_t wanted[LIST_LIMIT];
    size_t count = (size_t)reader_limited(&call->body, LIST_LIMIT);
    for (size_t i = 0; i < count; i++) {
        wanted[i] = (uint16_t)reader_limited(&call->body, UINT16_MAX);
    }
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const struct form *form = form_by_number(&gate->engine.catalogue->forms, wanted[i]);
        found += form != NULL && form_usable(call, form) ? 1 : 0;
    }
    writer_unsigned(call->answer, found);
    for (size_t i = 0; i < count; i++) {
        const struct form *form = form_by_number(&gate->engine.catalogue->forms, wanted[i]);
        if (form != NULL && form_usable(call, form)) {
            form_encode(call->answer, form);
        }
    }
    return STATUS_OK;
}

static enum status codes_answer(struct gate *gate, struct call *call)
{
    const struct code_catalogue_list *lists[LIST_LIMIT];
    size_t count = (size_t)reader_limited(&call->body, LIST_LIMIT);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = reader_text(&call->body, gate->arena, NAME_LIMIT);
        const struct code_catalogue_list *list = catalogue_list(gate->engine.catalogue, name);
        if (list != NULL) {
            lists[found++] = list;
        }
    }
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    writer_unsigned(call->answer, found);
    for (size_t i = 0; i < found; i++) {
        code_list_encode(call->answer, lists[i]);
    }
    return STATUS_OK;
}

static enum status sign_out(struct gate *gate, struct call *call)
{
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    struct parameter session = parameter_integer(gate->arena, call->access->session);
    enum status status = system_run(
        gate, call, "SELECT session_note($1, 'sign_out', 0), session_end($1, 'signed out')", 1,
        &session, NULL);
    return status;
}

static enum status lock(struct gate *gate, struct call *call)
{
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    struct parameter session = parameter_integer(gate->arena, call->access->session);
    enum status status = system_run(
        gate, call, "SELECT session_note($1, 'lock', 0), session_lock($1)", 1, &session, NULL);
    return status;
}

static enum status draft_save(struct gate *gate, struct call *call)
{
    uint8_t task = reader_u8(&call->body);
    uint64_t form = reader_limited(&call->body, UINT16_MAX);
    uint32_t hash = reader_u32(&call->body);
    int64_t id = reader_signed(&call->body);
    int64_t version = reader_signed(&call->body);
    size_t length;
    const uint8_t *body = reader_block(&call->body, DRAFT_LIMIT, &length);
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    struct parameter parameters[] = {parameter_integer(gate->arena, task),
                                     parameter_integer(gate->arena, (int64_t)form),
                                     parameter_integer(gate->arena, hash),
                                     parameter_integer(gate->arena, id),
                                     parameter_integer(gate->arena, version),
                                     parameter_bytes(length > 0 ? (const void *)body : "", length)};
    if (length == 0) {
        return system_run(gate, call,
                          "DELETE FROM draft WHERE staff_id = gate_actor() AND task = $1", 1,
                          parameters, NULL);
    }
    return system_run(gate, call,
                      "INSERT INTO draft (staff_id, task, form, form_hash, record_id, "
                      "record_version, body, saved_at) "
                      "VALUES (gate_actor(), $1, $2, $3, $4, $5, $6, gate_now()) "
                      "ON CONFLICT (staff_id, task) DO UPDATE SET form = EXCLUDED.form, form_hash "
                      "= EXCLUDED.form_hash, "
                      "record_id = EXCLUDED.record_id, record_version = EXCLUDED.record_version, "
                      "body = EXCLUDED.body, "
                      "saved_at = EXCLUDED.saved_at",
                      6, parameters, NULL);
}

static void hex_block(struct writer *writer, struct arena *arena, const char *hex)
{
    size_t length = strlen(hex) / 2;
    uint8_t *bytes = ARENA_ARRAY(arena, uint8_t, length + 1);
    for (size_t i = 0; i < length; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    writer_block(writer, bytes, length);
}

static enum status drafts_answer(struct gate *gate, struct call *call)
{
    const PGresult *rows;
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    enum status status =
        system_run(gate, call,
                   "SELECT task, form, form_hash, record_id, record_version, "
                   "(extract(epoch FROM saved_at) * 1000000)::bigint, encode(body, 'hex') "
                   "FROM draft WHERE staff_id = gate_actor() ORDER BY task",
                   0, NULL, &rows);
    if (status != STATUS_OK) {
        return status;
    }
    writer_unsigned(call->answer, (uint64_t)PQntuples(rows));
    for (int row = 0; row < PQntuples(rows); row++) {
        writer_u8(call->answer, (uint8_t)strtoul(PQgetvalue(rows, row, 0), NULL, 10));
        writer_unsigned(call->answer, strtoull(PQgetvalue(rows, row, 1), NULL, 10));
        writer_u32(call->answer, (uint32_t)strtoul(PQgetvalue(rows, row, 2), NULL, 10));
        writer_signed(call->answer, strtoll(PQgetvalue(rows, row, 3), NULL, 10));
        writer_signed(call->answer, strtoll(PQgetvalue(rows, row, 4), NULL, 10));
        writer_signed(call->answer, strtoll(PQgetvalue(rows, row, 5), NULL, 10));
        hex_block(call->answer, gate->arena, PQgetvalue(rows, row, 6));
    }
    return STATUS_OK;
}

static enum status workspace_save(struct gate *gate, struct call *call)
{
    struct parameter workspace =
        parameter_text(reader_text(&call->body, gate->arena, WORKSPACE_LIMIT));
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    return system_run(gate, call, "SELECT workspace_save($1::jsonb)", 1, &workspace, NULL);
}

static enum status language_save(struct gate *gate, struct call *call)
{
    struct parameter language = parameter_text(reader_text(&call->body, gate->arena, 2));
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    if (strcmp(language.value, "zh") != 0 && strcmp(language.value, "en") != 0) {
        faults_add(&call->faults, "unknown_code", 0, language.value, NULL);
        return STATUS_FAULTS;
    }
    enum status status = system_run(gate, call, "SELECT language_save($1)", 1, &language, NULL);
    access_cache_drop(gate->sessions, call->access->token_hash);
    return status;
}

/* Rows of three to four columns from functions that the domains define in SQL. */
static enum status home_answer(struct gate *gate, struct call *call)
{
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    struct database *database = gate->engine.database;
    call_open(call);
    size_t work =
        database_queue(database, "SELECT kind, waiting, overdue FROM home_work()", 0, NULL);
    size_t notices = database_queue(database,
                                    "SELECT id, (extract(epoch FROM at) * 1000000)::bigint, "
                                    "sender, subject FROM home_notices()",
                                    0, NULL);
    size_t figures = database_queue(database, "SELECT name, value FROM home_figures()", 0, NULL);
    if (!database_flush(database, true)) {
        return call_failure(call);
    }
    const PGresult *rows = database_result(database, work);
    writer_unsigned(call->answer, (uint64_t)PQntuples(rows));
    for (int row = 0; row < PQntuples(rows); row++) {
        writer_text(call->answer, PQgetvalue(rows, row, 0));
        writer_unsigned(call->answer, strtoull(PQgetvalue(rows, row, 1), NULL, 10));
        writer_unsigned(call->answer, strtoull(PQgetvalue(rows, row, 2), NULL, 10));
    }
    rows = database_result(database, notices);
    writer_unsigned(call->answer, (uint64_t)PQntuples(rows));
    for (int row = 0; row < PQntuples(rows); row++) {
        writer_signed(call->answer, strtoll(PQgetvalue(rows, row, 0), NULL, 10));
        writer_signed(call->answer, strtoll(PQgetvalue(rows, row, 1), NULL, 10));
        writer_text(call->answer, PQgetvalue(rows, row, 2));
        writer_text(call->answer, PQgetvalue(rows, row, 3));
    }
    rows = database_result(database, figures);
    writer_unsigned(call->answer, (uint64_t)PQntuples(rows));
    for (int row = 0; row < PQntuples(rows); row++) {
        writer_text(call->answer, PQgetvalue(rows, row, 0));
        writer_text(call->answer, PQgetvalue(rows, row, 1));
    }
    return STATUS_OK;
}

static enum status record_open(struct gate *gate, struct call *call)
{
    uint64_t form = reader_limited(&call->body, UINT16_MAX);
    int64_t id = reader_signed(&call->body);
    uint8_t take = reader_u8(&call->body);
    const PGresult *row;
    if (!body_ends(call)) {
        return STATUS_BROKEN;
    }
    struct parameter parameters[] = {parameter_integer(gate->arena, (int64_t)form),
                                     parameter_integer(gate->arena, id),
                                     parameter_text(take != 0 ? "t" : "f")};
    enum status status = system_run(gate, call, "SELECT soft_lock($1::integer, $2, $3::boolean)", 3,
                                    parameters, &row);
    if (status == STATUS_OK) {
        writer_text(call->answer, PQgetvalue(row, 0, 0));
    }
    return status;
}

static const struct system_operation operations[] = {
    {.verb = {.number = SYSTEM_CATALOGUE, .name = "catalogue"}, .handle = catalogue_answer},
    {.verb = {.number = SYSTEM_FORMS, .name = "forms"}, .handle = forms_answer},
    {.verb = {.number = SYSTEM_CODES, .name = "codes"}, .handle = codes_answer},
    {.verb = {.number = SYSTEM_SIGN_OUT, .name = "sign_out"},
     .handle = sign_out,
     .ends_session = true},
    {.verb = {.number = SYSTEM_LOCK, .name = "lock"}, .handle = lock},
    {.verb = {.number = SYSTEM_UNLOCK, .name = "unlock", .worker = VERB_AUTH},
     .handle = auth_unlock},
    {.verb = {.number = SYSTEM_DRAFT_SAVE, .name = "draft_save"}, .handle = draft_save},
    {.verb = {.number = SYSTEM_DRAFTS, .name = "drafts"}, .handle = drafts_answer},
    {.verb = {.number = SYSTEM_PASSWORD, .name = "password", .worker = VERB_AUTH},
     .handle = auth_password},
    {.verb = {.number = SYSTEM_WORKSPACE, .name = "workspace"}, .handle = workspace_save},
    {.verb = {.number = SYSTEM_HOME, .name = "home"}, .handle = home_answer},
    {.verb = {.number = SYSTEM_LANGUAGE, .name = "language"}, .handle = language_save},
    {.verb = {.number = SYSTEM_OPEN, .name = "open"}, .handle = record_open},
};

const struct form system_form = {.number = 0, .name = "system", .menu = "administration"};

static const struct system_operation *operation_find(uint64_t number)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (operations[i].verb.number == number) {
            return &operations[i];
        }
    }
    return NULL;
}

const struct verb *system_verb(uint64_t number)
{
    const struct system_operation *operation = operation_find(number);
    return operation != NULL ? &operation->verb : NULL;
}

bool system_ends_session(const struct verb *verb)
{
    const struct system_operation *operation = operation_find(verb->number);
    return operation != NULL && operation->ends_session;
}

enum status system_call(struct gate *gate, struct call *call)
{
    return operation_find(call->verb->number)->handle(gate, call);
}
