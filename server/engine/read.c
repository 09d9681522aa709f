/* Reading: one record whole, with its lines, masked unless unmasked by right; the values behind a
 * reference; the history of a record. */
#include "server/engine/read.h"

#include <stdlib.h>
#include <string.h>

#include "server/engine/statement.h"
#include "server/party/mask.h"

enum { MASK_SIZE = 512, VALUES_PAGE = 50, HISTORY_PAGE = 50, VERBS_LIMIT = 300 };

void record_mask(struct record *record, bool basic, struct arena *arena)
{
    const struct form *form = record->form;
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        struct value *value = &record->values[i];
        if (value->presence != VALUE_PRESENT) {
            continue;
        }
        if (field->type == VALUE_LINES) {
            for (size_t n = 0; n < value->lines->count; n++) {
                record_mask(&value->lines->lines[n].record, basic, arena);
            }
        } else if ((field->flags & FIELD_SENSITIVE) != 0) {
            char masked[MASK_SIZE];
            if (field->type == VALUE_TEXT && mask_apply(field->mask != NULL ? field->mask : "whole",
                                                        value->text, masked, sizeof masked)) {
                value->text = arena_string(arena, masked);
            } else {
                *value = (struct value){0};
            }
        }
    }
}

/* What "basic" shows: the fields of a list row and nothing else. */
static void record_reduce(struct record *record)
{
    const struct form *form = record->form;
    for (size_t i = 0; i < form->field_count; i++) {
        bool listed = false;
        const char *cursor = form->list;
        const struct field *field;
        while (cursor != NULL && !listed && (field = form_next_field(form, &cursor)) != NULL) {
            listed = field == &form->fields[i];
        }
        if (!listed) {
            record->values[i] = (struct value){0};
        }
    }
}

static void lines_queue(struct read_plan *plan, struct database *database, const struct form *form,
                        const struct form_set *forms, struct arena *arena, const char *parents,
                        int64_t id)
{
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        if (field->type != VALUE_LINES || (field->flags & FIELD_VIRTUAL) != 0) {
            continue;
        }
        const struct form *line_form = field->lines;
        struct read_lines *lines = ARENA_NEW(arena, struct read_lines);
        lines->field = field;
        lines->selection = selection_create(line_form, forms, false, arena);
        struct statement statement;
        statement_initialise(&statement, arena);
        statement_add(&statement, "SELECT t.%s, ", line_form->parent);
        selection_columns(&statement, lines->selection);
        statement_add(&statement, " FROM ");
        selection_from(&statement, lines->selection, forms);
        statement_add(&statement, " WHERE t.%s %s ORDER BY t.id", line_form->parent, parents);
        statement_bind(&statement, parameter_integer(arena, id));
        lines->statement = statement_queue(database, &statement);
        lines->next = plan->lines;
        plan->lines = lines;
        const char *inner = arena_format(arena, "IN (SELECT t.id FROM %s t WHERE t.%s %s)",
                                         line_form->table, line_form->parent, parents);
        lines_queue(plan, database, line_form, forms, arena, inner, id);
    }
}

void read_queue(struct read_plan *plan, struct call *call, int64_t id, const char *key, bool lock)
{
    const struct form *form = call->form;
    const struct form_set *forms = &call->engine->catalogue->forms;
    struct statement statement;
    *plan = (struct read_plan){.form = form};
    plan->selection = selection_create(form, forms, false, call->arena);
    statement_initialise(&statement, call->arena);
    statement_add(&statement, "SELECT ");
    selection_columns(&statement, plan->selection);
    statement_add(&statement, " FROM ");
    selection_from(&statement, plan->selection, forms);
    if (id == 0 && key != NULL) {
        const struct field *field = form_field(form, form->key);
        statement_add(&statement, " WHERE %s = $1", field_column(field, call->arena));
        statement_bind(&statement, parameter_text(key));
    } else {
        statement_add(&statement, " WHERE t.id = $1");
        statement_bind(&statement, parameter_integer(call->arena, id));
    }
    if (lock && (form->flags & FORM_VIEW) == 0) {
        statement_add(&statement, " FOR UPDATE OF t");
    }
    plan->head = statement_queue(call->engine->database, &statement);
    if (id != 0) {
        lines_queue(plan, call->engine->database, form, forms, call->arena, "= $1", id);
    }
}

/* Finds the record with an id among the lines already placed, at any depth. */
static struct record *record_find(struct record *record, const struct form *form, int64_t id)
{
    if (record->form == form && record->id == id) {
        return record;
    }
    for (size_t i = 0; i < record->form->field_count; i++) {
        struct lines *lines = record->values[i].lines;
        for (size_t n = 0;
             record->form->fields[i].type == VALUE_LINES && lines != NULL && n < lines->count;
             n++) {
            struct record *found = record_find(&lines->lines[n].record, form, id);
            if (found != NULL) {
                return found;
            }
        }
    }
    return NULL;
}

/* A row of the lines has its parent's id in front of what the selection reads. */
static void line_read(const struct read_lines *lines, const PGresult *result, int row,
                      struct record *parent, struct arena *arena)
{
    struct value *value = &parent->values[lines->field->index];
    struct record *record = record_add_line(parent, lines->field->name, arena);
    value->lines->lines[value->lines->count - 1].action = LINE_KEEP;
    int column = 1;
    record->id = strtoll(PQgetvalue(result, row, column++), NULL, 10);
    record->version = strtoll(PQgetvalue(result, row, column++), NULL, 10);
    for (size_t i = 0; i < lines->selection->count; i++) {
        const struct field *field = lines->selection->fields[i];
        struct value *cell = &record->values[field->index];
        int at = column++;
        column += field->type == VALUE_REFERENCE ? 2 : 0;
        if (PQgetisnull(result, row, at)) {
            continue;
        }
        value_from_column(field->type, PQgetvalue(result, row, at), cell, arena);
        if (field->type == VALUE_REFERENCE) {
            cell->text = arena_string(arena, PQgetvalue(result, row, at + 1));
            cell->label = arena_string(arena, PQgetvalue(result, row, at + 2));
        }
    }
}

static void lines_read(const struct read_plan *plan, struct database *database,
                       struct record *record, struct arena *arena)
{
    /* The plan's list is newest first, so reverse it: heads before what hangs on them. */
    struct read_lines *ordered = NULL;
    for (struct read_lines *lines = plan->lines; lines != NULL;) {
        struct read_lines *next = lines->next;
        lines->next = ordered;
        ordered = lines;
        lines = next;
    }
    for (struct read_lines *lines = ordered; lines != NULL; lines = lines->next) {
        const PGresult *result = database_result(database, lines->statement);
        const struct form *parent_form =
            lines->field->lines->head != NULL ? lines->field->lines->head : record->form;
        for (int row = 0; result != NULL && row < PQntuples(result); row++) {
            int64_t parent_id = strtoll(PQgetvalue(result, row, 0), NULL, 10);
            struct record *parent =
                parent_id == record->id &&
                        form_field(record->form, lines->field->name) == lines->field
                    ? record
                    : record_find(record, parent_form, parent_id);
            if (parent != NULL) {
                line_read(lines, result, row, parent, arena);
            }
        }
    }
}

struct record *read_take(struct read_plan *plan, struct call *call)
{
    const PGresult *head = database_result(call->engine->database, plan->head);
    if (head == NULL || PQntuples(head) != 1) {
        return NULL;
    }
    struct record *record = record_create(plan->form, call->arena);
    selection_read(plan->selection, head, 0, record, call->arena);
    lines_read(plan, call->engine->database, record, call->arena);
    plan->lines = NULL;
    return record;
}

void show_encode(struct call *call, struct record *record)
{
    uint16_t verbs[VERBS_LIMIT];
    size_t count = verbs_allowed(call, record, verbs, VERBS_LIMIT);
    writer_signed(call->answer, record->id);
    writer_signed(call->answer, record->version);
    writer_unsigned(call->answer, count);
    for (size_t i = 0; i < count; i++) {
        writer_unsigned(call->answer, verbs[i]);
    }
    record_encode(call->answer, record);
}

/* Body: signed id, text key (used when the id is 0), text reason (of an unmasked view). */
enum status engine_show(struct call *call)
{
    int64_t id = reader_signed(&call->body);
    const char *key = reader_text(&call->body, call->arena, 200);
    const char *reason = reader_text(&call->body, call->arena, 400);
    if (!reader_end(&call->body)) {
        return STATUS_BROKEN;
    }
    bool unmask = call->verb->number == VERB_UNMASK;
    if (unmask && reason[0] == '\0') {
        faults_add(&call->faults, "reason_required", 0, NULL);
        return STATUS_FAULTS;
    }
    struct database *database = call->engine->database;
    struct read_plan plan;
    if (id == 0) { /* lines hang on the id, so the key is turned into it first */
        if (call->form->key == NULL) {
            return STATUS_NOT_FOUND;
        }
        call_open(call);
        read_queue(&plan, call, 0, key, false);
        if (!database_flush(database, true)) {
            return call_failure(call);
        }
        const PGresult *head = database_result(database, plan.head);
        if (PQntuples(head) != 1) {
            return STATUS_NOT_FOUND;
        }
        id = strtoll(PQgetvalue(head, 0, 0), NULL, 10);
    }
    call->object_id = id;
    call_open(call);
    read_queue(&plan, call, id, NULL, false);
    if (unmask) {
        call->log_detail = reason;
        call_log(call);
    }
    if (!database_flush(database, true)) {
        return call_failure(call);
    }
    struct record *record = read_take(&plan, call);
    if (record == NULL) {
        return STATUS_NOT_FOUND;
    }
    if (call->scope->detail == DETAIL_BASIC) {
        record_reduce(record);
    }
    if (!unmask) {
        record_mask(record, false, call->arena);
    }
    show_encode(call, record);
    return STATUS_OK;
}

/* What has ended is offered to nobody. */
static const char *states_open(const struct form *form, struct arena *arena)
{
    const char *states = "{";
    for (size_t i = 0; i < form->state_count; i++) {
        if (!form->states[i].final) {
            states = arena_format(arena, "%s%s%u", states, states[1] != '\0' ? "," : "",
                                  form->states[i].number);
        }
    }
    return arena_format(arena, "%s}", states);
}

/* The records whose column begins as $1, up to $2. */
static void values_half(struct statement *statement, const struct form *form, const char *key,
                        const char *caption, const char *column)
{
    statement_add(statement, "SELECT t.id, %s AS key, %s AS caption FROM %s t", key, caption,
                  form->table);
    if (form->base != NULL) {
        statement_add(statement, " JOIN %s b ON b.id = t.id", form->base);
    }
    statement_add(statement, " WHERE %s ~>=~ $1 AND %s ~<~ $2", column, column);
    if (form->state_field != NULL) {
        statement_add(statement, " AND t.%s = ANY($3::smallint[])", form->state_field);
    }
    statement_add(statement, " ORDER BY %s USING ~<~ LIMIT %d", column, VALUES_PAGE);
}

/* Body: text typed. Answer: LEB128 count, and for each signed id, text key, text caption. */
enum status engine_values(struct call *call)
{
    const char *typed = reader_text(&call->body, call->arena, 200);
    const struct form *form = call->form;
    if (!reader_end(&call->body)) {
        return STATUS_BROKEN;
    }
    const struct field *key = form_field(form, form->key);
    const struct field *caption = form->caption != NULL ? form_field(form, form->caption) : NULL;
    const char *key_column = field_column(key, call->arena);
    const char *caption_column = caption != NULL ? field_column(caption, call->arena) : "''";
    struct statement statement;
    statement_initialise(&statement, call->arena);
    statement_bind(&statement, parameter_text(typed));
    statement_bind(&statement,
                   parameter_text(arena_format(call->arena, "%s\xF4\x8F\xBF\xBF", typed)));
    if (form->state_field != NULL) {
        statement_bind(&statement, parameter_text(states_open(form, call->arena)));
    }
    /* Each half comes from the index that its column is searched by. */
    statement_add(&statement, "(");
    values_half(&statement, form, key_column, caption_column, key_column);
    if (caption != NULL && caption != key) {
        statement_add(&statement, ") UNION (");
        values_half(&statement, form, key_column, caption_column, caption_column);
    }
    statement_add(&statement, ") ORDER BY key LIMIT %d", VALUES_PAGE);
    call_open(call);
    size_t rows = statement_queue(call->engine->database, &statement);
    if (!database_flush(call->engine->database, true)) {
        return call_failure(call);
    }
    const PGresult *result = database_result(call->engine->database, rows);
    writer_unsigned(call->answer, (uint64_t)PQntuples(result));
    for (int row = 0; row < PQntuples(result); row++) {
        writer_signed(call->answer, strtoll(PQgetvalue(result, row, 0), NULL, 10));
        writer_text(call->answer, PQgetvalue(result, row, 1));
        writer_text(call->answer, PQgetvalue(result, row, 2));
    }
    return STATUS_OK;
}

static const char sql_history[] =
    "SELECT (extract(epoch FROM h.at) * 1000000)::bigint, coalesce(s.number, ''), coalesce(p.name, "
    "''), "
    "h.table_name, coalesce(h.line_id, 0), h.kind, h.changes::text, coalesce(h.operation, 0) "
    "FROM (SELECT * FROM history WHERE id = $1 AND at < to_timestamp($2::bigint / 1000000.0) "
    "ORDER BY at DESC LIMIT $3) h "
    "LEFT JOIN staff s ON s.id = h.actor LEFT JOIN party p ON p.id = h.actor ORDER BY h.at DESC, "
    "h.table_name";

/* Body: signed id, signed time before which (0: the newest). Answer: LEB128 count and for each
 * signed time, text staff number, text name, text table, signed line id, text kind, text changes
 * (JSON: {"column": [old, new]}, sensitive columns left out), signed operation. */
enum status engine_history(struct call *call)
{
    int64_t id = reader_signed(&call->body);
    int64_t before = reader_signed(&call->body);
    if (!reader_end(&call->body)) {
        return STATUS_BROKEN;
    }
    struct read_plan plan;
    struct parameter parameters[] = {
        parameter_integer(call->arena, id),
        parameter_integer(call->arena, before > 0 ? before : INT64_MAX / 1024),
        parameter_integer(call->arena, HISTORY_PAGE)};
    call_open(call);
    read_queue(&plan, call, id, NULL, false); /* the record must be in sight */
    size_t rows = database_queue(call->engine->database, sql_history, 3, parameters);
    if (!database_flush(call->engine->database, true)) {
        return call_failure(call);
    }
    if (read_take(&plan, call) == NULL) {
        return STATUS_NOT_FOUND;
    }
    const PGresult *result = database_result(call->engine->database, rows);
    writer_unsigned(call->answer, (uint64_t)PQntuples(result));
    for (int row = 0; row < PQntuples(result); row++) {
        writer_signed(call->answer, strtoll(PQgetvalue(result, row, 0), NULL, 10));
        writer_text(call->answer, PQgetvalue(result, row, 1));
        writer_text(call->answer, PQgetvalue(result, row, 2));
        writer_text(call->answer, PQgetvalue(result, row, 3));
        writer_signed(call->answer, strtoll(PQgetvalue(result, row, 4), NULL, 10));
        writer_text(call->answer, PQgetvalue(result, row, 5));
        writer_text(call->answer,
                    history_masked(call->form, PQgetvalue(result, row, 6), call->arena));
        writer_signed(call->answer, strtoll(PQgetvalue(result, row, 7), NULL, 10));
    }
    return STATUS_OK;
}
