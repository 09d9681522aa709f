/* The frame of every transaction: gate_open in front, gate_close behind, and what a failure of the
 * database means to the caller. */
#include <stdlib.h>
#include <string.h>

#include "server/engine/engine.h"
#include "server/engine/statement.h"
#include "server/process/log.h"

static const char sql_open[] = "SELECT gate_open($1, $2, $3, $4, $5::smallint, $6, $7)";
static const char sql_close[] =
    "SELECT gate_close($1, $2, $3, $4::smallint, $5, $6, $7, $8, $9::smallint, $10, $11, $12)";

enum operation_kind { OPERATION_BASIC = 3, OPERATION_BUSINESS = 4 };

void call_open(struct call *call)
{
    struct parameter parameters[] = {
        parameter_bytes(call->access->token_hash, TOKEN_HASH),
        parameter_integer(call->arena, call->access->rights_epoch),
        parameter_integer(call->arena, call->engine->catalogue->epoch),
        parameter_integer(call->arena, call->scope != NULL ? call->scope->permission_id : 0),
        call->verb->changing ? parameter_integer(call->arena, call->slot) : parameter_null(),
        parameter_integer(call->arena, (int64_t)call->sequence),
        parameter_bytes(call->request_hash, REQUEST_HASH),
    };
    database_begin(call->engine->database, call->arena);
    call->gate_statement = database_queue(call->engine->database, sql_open,
                                          sizeof parameters / sizeof *parameters, parameters);
}

void call_opened(struct call *call)
{
    const PGresult *result = database_result(call->engine->database, call->gate_statement);
    if (result != NULL && PQntuples(result) == 1) {
        call->now = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    }
}

static void close_queue(struct call *call, bool keep_reply)
{
    /* Forms of the menu group "administration" are basic data, all else is business [17-174]. */
    int kind = call->form->menu != NULL && strcmp(call->form->menu, "administration") == 0
                   ? OPERATION_BASIC
                   : OPERATION_BUSINESS;
    struct parameter reply = keep_reply && call->answer->length > 0
                                 ? parameter_bytes(call->answer->bytes, call->answer->length)
                                 : parameter_null();
    struct parameter parameters[] = {
        parameter_integer(call->arena, call->form->number),
        parameter_integer(call->arena, call->verb->number),
        parameter_text(call->verb->name),
        parameter_integer(call->arena, kind),
        parameter_text(call->form->name),
        call->object_id != 0 ? parameter_integer(call->arena, call->object_id) : parameter_null(),
        parameter_text(call->object_key != NULL ? call->object_key : ""),
        parameter_text(call->log_detail != NULL ? call->log_detail
                       : call->reason != NULL   ? call->reason
                                                : ""),
        keep_reply ? parameter_integer(call->arena, call->slot) : parameter_null(),
        parameter_integer(call->arena, (int64_t)call->sequence),
        parameter_bytes(call->request_hash, REQUEST_HASH),
        reply,
    };
    database_queue(call->engine->database, sql_close, sizeof parameters / sizeof *parameters,
                   parameters);
}

void call_close(struct call *call)
{
    close_queue(call, call->verb->changing);
}

void call_log(struct call *call)
{
    close_queue(call, false);
}

/* Constraints are named <table>_<field>_<rule>; the longest field name that fits is the one. */
static const struct field *constraint_field(const struct form *form, const char *table,
                                            const char *constraint)
{
    const struct field *found = NULL;
    size_t prefix = strlen(table);
    if (strncmp(constraint, table, prefix) != 0 || constraint[prefix] != '_') {
        return NULL;
    }
    const char *rest = constraint + prefix + 1;
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        size_t length = strlen(field->name);
        if (strncmp(rest, field->name, length) == 0 &&
            (rest[length] == '_' || rest[length] == '\0') &&
            (found == NULL || length > strlen(found->name))) {
            found = field;
        }
    }
    return found;
}

/* The form, or line form, that stands on a table. */
static const struct form *form_of_table(const struct form *form, const char *table,
                                        uint16_t *lines_field)
{
    if (form->table != NULL && (strcmp(form->table, table) == 0 ||
                                (form->base != NULL && strcmp(form->base, table) == 0))) {
        return form;
    }
    for (size_t i = 0; i < form->field_count; i++) {
        if (form->fields[i].lines != NULL) {
            const struct form *inner = form_of_table(form->fields[i].lines, table, lines_field);
            if (inner != NULL) {
                *lines_field = form->fields[i].number;
                return inner;
            }
        }
    }
    return NULL;
}

static enum status constraint_failure(struct call *call, const char *name)
{
    const struct database_error *error = database_error(call->engine->database);
    const char *constraint = error->constraint != NULL ? error->constraint : "";
    const char *table = error->table != NULL ? error->table : "";
    uint16_t lines_field = 0;
    const struct form *form = form_of_table(call->form, table, &lines_field);
    const struct field *field = form != NULL ? constraint_field(form, table, constraint) : NULL;
    /* A named rule of the database is told as "check.<rule>", the constraint's name as parameter.
     */
    const char *rule = constraint;
    if (field != NULL) {
        const char *rest = constraint + strlen(table) + 1 + strlen(field->name);
        rule = rest[0] == '_' ? rest + 1 : "value";
    }
    struct fault *fault =
        faults_add(&call->faults, name != NULL ? name : arena_format(call->arena, "check.%s", rule),
                   field != NULL ? field->number : 0, constraint, NULL);
    if (fault != NULL) {
        fault->lines_field = lines_field;
    }
    return STATUS_FAULTS;
}

static enum status not_null_failure(struct call *call)
{
    const struct database_error *error = database_error(call->engine->database);
    uint16_t lines_field = 0;
    const struct form *form =
        error->table != NULL ? form_of_table(call->form, error->table, &lines_field) : NULL;
    /* The column stands in quotes in the message. */
    const char *quote = error->message != NULL ? strchr(error->message, '"') : NULL;
    const char *end = quote != NULL ? strchr(quote + 1, '"') : NULL;
    const struct field *field = NULL;
    if (form != NULL && end != NULL) {
        char *column = arena_copy(call->arena, quote + 1, (size_t)(end - quote - 1));
        field = form_field(form, column);
    }
    struct fault *fault =
        faults_add(&call->faults, "required", field != NULL ? field->number : 0, NULL);
    if (fault != NULL) {
        fault->lines_field = lines_field;
    }
    return STATUS_FAULTS;
}

struct failure {
    const char *state; /* SQLSTATE or its beginning */
    int status;
    enum status (*explain)(struct call *call);
};

static enum status duplicate_failure(struct call *call)
{
    return constraint_failure(call, "duplicate");
}

static enum status reference_failure(struct call *call)
{
    return constraint_failure(call, "unknown_reference");
}

static enum status check_failure(struct call *call)
{
    return constraint_failure(call, NULL);
}

static enum status interrupted_failure(struct call *call)
{
    return database_was_interrupted(call->engine->database) ? STATUS_CANCELLED : STATUS_TIMEOUT;
}

static const struct failure failures[] = {
    {.state = "HD101", .status = STATUS_RERUN},
    {.state = "HD102", .status = STATUS_REPLAY},
    {.state = "23505", .explain = duplicate_failure},
    {.state = "23503", .explain = reference_failure},
    {.state = "23514", .explain = check_failure},
    {.state = "23P01", .explain = check_failure},
    {.state = "23502", .explain = not_null_failure},
    {.state = "57014", .explain = interrupted_failure},
    {.state = "55P03", .status = STATUS_TIMEOUT},
    {.state = "53100", .status = STATUS_STORAGE},
    {.state = "25006", .status = STATUS_STORAGE},
    {.state = "53", .status = STATUS_UNAVAILABLE},
    {.state = "58", .status = STATUS_STORAGE},
};

enum status call_failure(struct call *call)
{
    const struct database_error *error = database_error(call->engine->database);
    if (error->lost || error->retry) {
        return (enum status)STATUS_RERUN;
    }
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (strncmp(error->state, failures[i].state, strlen(failures[i].state)) == 0) {
            return failures[i].explain != NULL ? failures[i].explain(call)
                                               : (enum status)failures[i].status;
        }
    }
    if (strncmp(error->state, "HD0", 3) == 0) {
        int status = atoi(error->state + 3);
        if (status > 0 && status < STATUS_COUNT) {
            call->status_text = status == STATUS_DENIED ? call->verb->permission : error->detail;
            return (enum status)status;
        }
    }
    log_write(LOG_ERROR, "form %s verb %s: %s %s%s%s", call->form->name, call->verb->name,
              error->state, error->message != NULL ? error->message : "",
              error->detail != NULL ? "; " : "", error->detail != NULL ? error->detail : "");
    call->status_text = arena_string(call->arena, error->state);
    return STATUS_INTERNAL;
}
