/* What a changing call reads before it decides: ids behind typed keys, and the decision's loads. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/engine/statement.h"
#include "server/engine/write.h"

enum { REFERENCES_LIMIT = 2000 };

struct unresolved {
    struct value *value;
    const struct field *field;
    uint16_t lines_field;
    uint32_t line;
    size_t statement;
    bool queued;
};

struct unresolved_list {
    size_t count;
    struct unresolved *list;
    struct arena *arena;
};

static void unresolved_collect(struct unresolved_list *all, struct record *record,
                               uint16_t lines_field, uint32_t line)
{
    for (size_t i = 0; i < record->form->field_count; i++) {
        const struct field *field = &record->form->fields[i];
        struct value *value = &record->values[i];
        if (value->presence != VALUE_PRESENT) {
            continue;
        }
        if (field->type == VALUE_LINES) {
            for (size_t n = 0; value->lines != NULL && n < value->lines->count; n++) {
                unresolved_collect(all, &value->lines->lines[n].record, field->number,
                                   (uint32_t)n + 1);
            }
        } else if (field->type == VALUE_REFERENCE && value->integer == 0 &&
                   all->count < REFERENCES_LIMIT) {
            all->list[all->count++] = (struct unresolved){
                .value = value, .field = field, .lines_field = lines_field, .line = line};
        }
    }
}

static void reference_fault(struct call *call, const struct unresolved *unresolved)
{
    struct fault *fault = faults_add(&call->faults, "unknown_reference", unresolved->field->number,
                                     unresolved->value->text, NULL);
    fault->lines_field = unresolved->lines_field;
    fault->line = unresolved->line;
}

enum status references_resolve(struct write *write)
{
    struct call *call = write->call;
    struct database *database = call->engine->database;
    struct unresolved_list all = {
        .arena = call->arena,
        .list = ARENA_ARRAY(call->arena, struct unresolved, REFERENCES_LIMIT)};
    unresolved_collect(&all, write->input, 0, 0);
    if (all.count == 0) {
        return STATUS_OK;
    }
    call_open(call);
    write->opened = true;
    for (size_t i = 0; i < all.count; i++) {
        struct unresolved *one = &all.list[i];
        const struct form *target =
            form_by_number(&call->engine->catalogue->forms, one->field->reference);
        const struct field *key =
            target != NULL && target->key != NULL ? form_field(target, target->key) : NULL;
        if (key == NULL || target->table == NULL) {
            continue;
        }
        struct statement statement;
        statement_initialise(&statement, call->arena);
        statement_add(&statement, "SELECT t.id FROM %s t", target->table);
        if (target->base != NULL) {
            statement_add(&statement, " JOIN %s b ON b.id = t.id", target->base);
        }
        statement_add(&statement, " WHERE %s::text = $1 ORDER BY t.id DESC LIMIT 1",
                      field_column(key, call->arena));
        statement_bind(&statement, parameter_text(one->value->text));
        one->statement = statement_queue(database, &statement);
        one->queued = true;
    }
    if (!database_flush(database, false)) {
        return call_failure(call);
    }
    for (size_t i = 0; i < all.count; i++) {
        const PGresult *result =
            all.list[i].queued ? database_result(database, all.list[i].statement) : NULL;
        if (result == NULL || PQntuples(result) == 0) {
            reference_fault(call, &all.list[i]);
        } else {
            all.list[i].value->integer = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        }
    }
    return STATUS_OK;
}

/* How "$n" of a load stands in the SQL: the parameter itself, or a subquery over the record that
 * is being read in the same round trip. */
struct load_parameter {
    struct parameter parameter;
    const char *subquery; /* around "$n"; NULL: the plain parameter */
};

static const char *array_literal(struct record *record, const struct field *lines_field,
                                 const char *name, struct arena *arena)
{
    const struct value *value = &record->values[lines_field->index];
    const char *text = "{";
    for (size_t i = 0; value->lines != NULL && i < value->lines->count; i++) {
        const struct value *cell = record_value(&value->lines->lines[i].record, name);
        const struct field *field = form_field(lines_field->lines, name);
        if (cell == NULL || cell->presence != VALUE_PRESENT ||
            value->lines->lines[i].action == LINE_REMOVE) {
            continue;
        }
        const char *element = value_parameter(field->type, cell, arena).value;
        const char *quoted = "";
        for (const char *at = element; *at != '\0'; at++) {
            quoted =
                arena_format(arena, *at == '"' || *at == '\\' ? "%s\\%c" : "%s%c", quoted, *at);
        }
        text = arena_format(arena, "%s%s\"%s\"", text, text[1] != '\0' ? "," : "", quoted);
    }
    return arena_format(arena, "%s}", text);
}

struct named_parameter {
    const char *name;
    int64_t (*value)(const struct write *write);
};

static int64_t named_id(const struct write *write)
{
    return write->id;
}
static int64_t named_actor(const struct write *write)
{
    return write->call->access->actor.staff;
}
static int64_t named_network(const struct write *write)
{
    return write->call->access->actor.network;
}
static int64_t named_area(const struct write *write)
{
    return write->call->access->actor.area;
}
static int64_t named_hall(const struct write *write)
{
    return write->call->access->actor.hall;
}
static int64_t named_organisation(const struct write *write)
{
    return write->call->access->actor.organisation;
}
static int64_t named_session(const struct write *write)
{
    return write->call->access->session;
}

static const struct named_parameter named_parameters[] = {
    {.name = "@id", .value = named_id},
    {.name = "@actor", .value = named_actor},
    {.name = "@network", .value = named_network},
    {.name = "@area", .value = named_area},
    {.name = "@hall", .value = named_hall},
    {.name = "@organisation", .value = named_organisation},
    {.name = "@session", .value = named_session},
};

static struct load_parameter field_parameter(const struct write *write, const char *name)
{
    struct call *call = write->call;
    struct arena *arena = call->arena;
    const char *dot = strchr(name, '.');
    const char *head = dot != NULL ? arena_copy(arena, name, (size_t)(dot - name)) : name;
    const struct field *field = form_field(call->form, head);
    if (field == NULL) {
        abort(); /* a decision's table names a field that its form does not have */
    }
    const struct value *value = &write->after->values[field->index];
    bool silent = write->input->values[field->index].presence == VALUE_ABSENT && !write->creating &&
                  (call->form->flags & FORM_BARE) == 0 && (field->flags & FIELD_VIRTUAL) == 0;
    if (dot != NULL) {
        const struct form *line = field->lines;
        if (silent) {
            return (struct load_parameter){
                parameter_integer(arena, write->id),
                arena_format(arena, "(SELECT array_agg(x.%s)::text FROM %s x WHERE x.%s = %%s)",
                             dot + 1, line->table, line->parent)};
        }
        return (struct load_parameter){
            parameter_text(array_literal(write->after, field, dot + 1, arena)), NULL};
    }
    if (silent && (field->flags & FIELD_EXTRA) == 0) {
        return (struct load_parameter){
            parameter_integer(arena, write->id),
            arena_format(arena, "(SELECT x.%s FROM %s x WHERE x.id = %%s)", field->name,
                         (field->flags & FIELD_BASE) != 0 ? call->form->base : call->form->table)};
    }
    return (struct load_parameter){value_parameter(field->type, value, arena), NULL};
}

static struct load_parameter load_parameter(const struct write *write, const char *name)
{
    struct call *call = write->call;
    if (name[0] == '=') {
        const struct field *field = form_field(call->form, name + 1);
        if (field == NULL) {
            abort(); /* a decision's table names a field that its form does not have */
        }
        const struct record *said = write->creating ? write->after : write->input;
        return (struct load_parameter){
            value_parameter(field->type, &said->values[field->index], call->arena), NULL};
    }
    for (size_t i = 0; i < sizeof named_parameters / sizeof *named_parameters; i++) {
        if (strcmp(named_parameters[i].name, name) == 0) {
            return (struct load_parameter){
                parameter_integer(call->arena, named_parameters[i].value(write)), NULL};
        }
    }
    if (strcmp(name, "@language") == 0) {
        return (struct load_parameter){parameter_text(call->access->actor.language), NULL};
    }
    if (strcmp(name, "@form") == 0 || strcmp(name, "@verb") == 0 || strcmp(name, "@table") == 0) {
        const char *text = name[1] == 'f' ? call->form->name : call->verb->name;
        text = name[1] == 't' ? call->form->table : text;
        return (struct load_parameter){parameter_text(text), NULL};
    }
    if (strcmp(name, "@now") == 0 || strcmp(name, "@today") == 0) {
        struct value value = {.presence = VALUE_PRESENT, .integer = call->now};
        if (strcmp(name, "@now") == 0) {
            return (struct load_parameter){value_parameter(VALUE_TIME, &value, call->arena), NULL};
        }
        value.integer = (call->now / 1000000 + call->engine->catalogue->zone_offset) / 86400;
        return (struct load_parameter){value_parameter(VALUE_DATE, &value, call->arena), NULL};
    }
    return field_parameter(write, name);
}

/* Copies the load's SQL, putting subqueries where a parameter stands for the record's own field. */
static void load_sql(struct statement *statement, const char *sql,
                     const struct load_parameter *parameters, size_t count)
{
    while (*sql != '\0') {
        char *end;
        unsigned long number = *sql == '$' ? strtoul(sql + 1, &end, 10) : 0;
        if (number >= 1 && number <= count && parameters[number - 1].subquery != NULL) {
            const char *name = arena_format(statement->arena, "$%lu::bigint", number);
            const char *subquery = parameters[number - 1].subquery;
            const char *place = strstr(subquery, "%s");
            statement_add(statement, "%.*s%s%s", (int)(place - subquery), subquery, name,
                          place + 2);
            sql = end;
        } else {
            size_t length = 1 + strcspn(sql + 1, "$");
            statement_add(statement, "%.*s", (int)length, sql);
            sql += length;
        }
    }
}

/* Is a load for fields of which the change says none? */
static bool load_idle(const struct write *write, const struct load *load)
{
    const char *at = load->parameters != NULL ? strchr(load->parameters, ';') : NULL;
    if (at == NULL || write->call->verb->number != VERB_CHANGE) {
        return false;
    }
    for (at++; *at != '\0';) {
        size_t length = strcspn(at, " ");
        const struct value *value =
            length > 0 ? record_value(write->input, arena_copy(write->call->arena, at, length))
                       : NULL;
        if (length > 0 && value == NULL) {
            abort(); /* a decision's table names a field that its form does not have */
        }
        if (value != NULL && value->presence != VALUE_ABSENT) {
            return false;
        }
        at += length + (at[length] == ' ' ? 1 : 0);
    }
    return true;
}

void loads_queue(struct write *write)
{
    const struct decision *decision = write->decision;
    struct call *call = write->call;
    if (decision != NULL) {
        write->load_statements = ARENA_ARRAY(call->arena, size_t, decision->load_count + 1);
    }
    for (size_t i = 0; decision != NULL && i < decision->load_count; i++) {
        const struct load *load = &decision->loads[i];
        write->load_statements[i] = SIZE_MAX; /* no such result */
        if (load_idle(write, load)) {
            continue;
        }
        struct load_parameter parameters[32];
        size_t count = 0;
        struct statement statement;
        statement_initialise(&statement, call->arena);
        for (const char *at = load->parameters != NULL ? load->parameters : "";
             *at != '\0' && *at != ';' && count < 32;) {
            size_t length = strcspn(at, " ");
            if (length > 0) {
                parameters[count] = load_parameter(write, arena_copy(call->arena, at, length));
                statement_bind(&statement, parameters[count].parameter);
                count++;
            }
            at += length + (at[length] == ' ' ? 1 : 0);
        }
        load_sql(&statement, load->sql, parameters, count);
        write->load_statements[i] = statement_queue(call->engine->database, &statement);
    }
}

void loads_take(struct write *write)
{
    const struct decision *decision = write->decision;
    struct decision_case *c = write->decision_case;
    for (size_t i = 0; i < decision->load_count; i++) {
        const PGresult *result =
            database_result(write->call->engine->database, write->load_statements[i]);
        const char *columns = "";
        int width = PQnfields(result);
        for (int column = 0; column < width; column++) {
            columns = arena_format(c->arena, "%s%s%s", columns, column > 0 ? " " : "",
                                   PQfname(result, column));
        }
        loaded_set(c, decision->loads[i].name, columns);
        const char **values = ARENA_ARRAY(c->arena, const char *, (size_t)width + 1);
        for (int row = 0; row < PQntuples(result); row++) {
            for (int column = 0; column < width; column++) {
                values[column] =
                    PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
            }
            loaded_add_array(c, decision->loads[i].name, values);
        }
    }
}
