/* SQL made from a form's declaration; see statement.h. */
#include "server/engine/statement.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void statement_initialise(struct statement *statement, struct arena *arena)
{
    *statement = (struct statement){.arena = arena, .capacity = 512, .parameter_capacity = 16};
    statement->text = ARENA_ARRAY(arena, char, statement->capacity);
    statement->parameters = ARENA_ARRAY(arena, struct parameter, statement->parameter_capacity);
}

void statement_add(struct statement *statement, const char *format, ...)
{
    for (;;) {
        size_t room = statement->capacity - statement->length;
        va_list arguments;
        va_start(arguments, format);
        int written = vsnprintf(statement->text + statement->length, room, format, arguments);
        va_end(arguments);
        if (written < 0) {
            abort();
        }
        if ((size_t)written < room) {
            statement->length += (size_t)written;
            return;
        }
        size_t capacity = statement->capacity * 2 + (size_t)written;
        char *grown = ARENA_ARRAY(statement->arena, char, capacity);
        memcpy(grown, statement->text, statement->length + 1);
        statement->text = grown;
        statement->capacity = capacity;
    }
}

size_t statement_bind(struct statement *statement, struct parameter parameter)
{
    if (statement->parameter_count == statement->parameter_capacity) {
        size_t capacity = statement->parameter_capacity * 2;
        struct parameter *grown = ARENA_ARRAY(statement->arena, struct parameter, capacity);
        memcpy(grown, statement->parameters, statement->parameter_count * sizeof *grown);
        statement->parameters = grown;
        statement->parameter_capacity = capacity;
    }
    statement->parameters[statement->parameter_count++] = parameter;
    return statement->parameter_count;
}

void statement_parameter(struct statement *statement, struct parameter parameter)
{
    statement_add(statement, "$%zu", statement_bind(statement, parameter));
}

size_t statement_queue(struct database *database, const struct statement *statement)
{
    return database_queue(database, statement->text, statement->parameter_count,
                          statement->parameters);
}

bool field_is_stored(const struct field *field)
{
    return field->type != VALUE_LINES && (field->flags & FIELD_VIRTUAL) == 0;
}

const char *field_column(const struct field *field, struct arena *arena)
{
    if ((field->flags & FIELD_EXTRA) != 0) {
        return arena_format(arena, "(t.extra ->> '%u')", field->number);
    }
    return arena_format(arena, "%c.%s", (field->flags & FIELD_BASE) != 0 ? 'b' : 't', field->name);
}

struct selection *selection_create(const struct form *form, const struct form_set *forms, bool list,
                                   struct arena *arena)
{
    (void)forms;
    struct selection *selection = ARENA_NEW(arena, struct selection);
    selection->form = form;
    selection->fields = ARENA_ARRAY(arena, const struct field *, form->field_count + 1);
    if (list && form->list != NULL) {
        const char *cursor = form->list;
        const struct field *field;
        while ((field = form_next_field(form, &cursor)) != NULL) {
            if (field_is_stored(field) && (field->flags & FIELD_SECRET) == 0) {
                selection->fields[selection->count++] = field;
            }
        }
        return selection;
    }
    for (size_t i = 0; i < form->field_count; i++) {
        if (field_is_stored(&form->fields[i]) && (form->fields[i].flags & FIELD_SECRET) == 0) {
            selection->fields[selection->count++] = &form->fields[i];
        }
    }
    return selection;
}

void selection_columns(struct statement *statement, const struct selection *selection)
{
    statement_add(statement, "t.id, %s",
                  (selection->form->flags & FORM_VIEW) != 0 ? "0::bigint" : "t.version");
    for (size_t i = 0; i < selection->count; i++) {
        const struct field *field = selection->fields[i];
        const char *column = field_column(field, statement->arena);
        bool extra = (field->flags & FIELD_EXTRA) != 0;
        if (field->type == VALUE_DATE && !extra) {
            statement_add(statement, ", %s - date '1970-01-01'", column);
        } else if (field->type == VALUE_TIME && !extra) {
            statement_add(statement, ", (extract(epoch FROM %s) * 1000000)::bigint", column);
        } else {
            statement_add(statement, ", %s", column);
        }
        if (field->type == VALUE_REFERENCE) {
            statement_add(statement, ", r%zu.key, r%zu.caption", i, i);
        }
    }
}

/* The referenced record's key and caption may stand in its table or in its base table. */
static void reference_join(struct statement *statement, const struct field *field, size_t place,
                           const struct form_set *forms)
{
    const struct form *target = form_by_number(forms, field->reference);
    const char *column = field_column(field, statement->arena);
    if (target == NULL || target->table == NULL || target->key == NULL) {
        statement_add(statement,
                      " LEFT JOIN (SELECT NULL::text AS key, NULL::text AS caption) r%zu ON false",
                      place);
        return;
    }
    const struct field *key = form_field(target, target->key);
    const struct field *caption =
        target->caption != NULL ? form_field(target, target->caption) : NULL;
    bool base = target->base != NULL && ((key->flags & FIELD_BASE) != 0 ||
                                         (caption != NULL && (caption->flags & FIELD_BASE) != 0));
    /* Aliases x and y: t and b are the record that refers. */
    statement_add(statement, " LEFT JOIN LATERAL (SELECT %c.%s::text AS key, ",
                  (key->flags & FIELD_BASE) != 0 ? 'y' : 'x', key->name);
    if (caption != NULL) {
        statement_add(statement, "%c.%s::text AS caption",
                      (caption->flags & FIELD_BASE) != 0 ? 'y' : 'x', caption->name);
    } else {
        statement_add(statement, "NULL::text AS caption");
    }
    statement_add(statement, " FROM %s x", target->table);
    if (base) {
        statement_add(statement, " JOIN %s y ON y.id = x.id", target->base);
    }
    statement_add(statement, " WHERE x.id = %s%s) r%zu ON true", column,
                  (field->flags & FIELD_EXTRA) != 0 ? "::bigint" : "", place);
}

void selection_from(struct statement *statement, const struct selection *selection,
                    const struct form_set *forms)
{
    statement_add(statement, "%s t", selection->form->table);
    if (selection->form->base != NULL) {
        statement_add(statement, " JOIN %s b ON b.id = t.id", selection->form->base);
    }
    for (size_t i = 0; i < selection->count; i++) {
        if (selection->fields[i]->type == VALUE_REFERENCE) {
            reference_join(statement, selection->fields[i], i, forms);
        }
    }
}

void value_from_column(enum value_type type, const char *text, struct value *value,
                       struct arena *arena)
{
    value->presence = VALUE_PRESENT;
    switch (type) {
    case VALUE_TEXT:
        value->text = arena_string(arena, text);
        if (text[0] == '\0') {
            value->presence = VALUE_ABSENT;
        }
        break;
    case VALUE_FLAG:
        value->integer = text[0] == 't' || text[0] == '1';
        break;
    case VALUE_RATE:
        if (!value_parse(VALUE_RATE, text, arena, value)) {
            value->presence = VALUE_ABSENT;
        }
        break;
    default:
        value->integer = strtoll(text, NULL, 10);
        break;
    }
}

void selection_read(const struct selection *selection, const PGresult *result, int row,
                    struct record *record, struct arena *arena)
{
    int column = 0;
    record->id = strtoll(PQgetvalue(result, row, column++), NULL, 10);
    record->version = strtoll(PQgetvalue(result, row, column++), NULL, 10);
    for (size_t i = 0; i < selection->count; i++) {
        const struct field *field = selection->fields[i];
        struct value *value = &record->values[field->index];
        int at = column++;
        if (field->type == VALUE_REFERENCE) {
            column += 2;
        }
        if (PQgetisnull(result, row, at)) {
            continue;
        }
        value_from_column(field->type, PQgetvalue(result, row, at), value, arena);
        if (field->type == VALUE_REFERENCE) {
            value->text = arena_string(arena, PQgetvalue(result, row, at + 1));
            value->label = arena_string(arena, PQgetvalue(result, row, at + 2));
            if (value->integer == 0) {
                value->presence = VALUE_ABSENT;
            }
        }
    }
}

struct parameter value_parameter(enum value_type type, const struct value *value,
                                 struct arena *arena)
{
    if (value->presence != VALUE_PRESENT) {
        return parameter_null();
    }
    switch (type) {
    case VALUE_TEXT:
        return parameter_text(value->text);
    case VALUE_RATE:
    case VALUE_DATE:
        return parameter_text(value_format(type, value, arena));
    case VALUE_TIME: {
        int64_t days = value->integer / 86400000000;
        int64_t rest = value->integer % 86400000000;
        if (rest < 0) {
            days--;
            rest += 86400000000;
        }
        int year;
        int month;
        int day;
        value_civil_from_days(days, &year, &month, &day);
        int64_t seconds = rest / 1000000;
        return parameter_text(arena_format(
            arena, "%04d-%02d-%02d %02d:%02d:%02d.%06d+00", year, month, day, (int)(seconds / 3600),
            (int)(seconds / 60 % 60), (int)(seconds % 60), (int)(rest % 1000000)));
    }
    case VALUE_FLAG:
        return parameter_text(value->integer != 0 ? "t" : "f");
    default:
        return parameter_integer(arena, value->integer);
    }
}

static void json_text(struct statement *json, const char *text)
{
    statement_add(json, "\"");
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            statement_add(json, "\\%c", *at);
        } else if ((unsigned char)*at < 0x20) {
            statement_add(json, "\\u%04x", (unsigned)*at);
        } else {
            statement_add(json, "%c", *at);
        }
    }
    statement_add(json, "\"");
}

/* The extra fields said in a record as a JSON object: numbers as integers in the unit of the wire
 * (fen, millionths, days, microseconds), cleared ones as null. NULL if none is said. */
static const char *extra_json(const struct record *record, struct arena *arena)
{
    struct statement json;
    statement_initialise(&json, arena);
    bool any = false;
    for (size_t i = 0; i < record->form->field_count; i++) {
        const struct field *field = &record->form->fields[i];
        const struct value *value = &record->values[i];
        if ((field->flags & FIELD_EXTRA) == 0 || value->presence == VALUE_ABSENT) {
            continue;
        }
        statement_add(&json, "%s\"%u\":", any ? "," : "{", field->number);
        any = true;
        if (value->presence == VALUE_CLEARED) {
            statement_add(&json, "null");
        } else if (field->type == VALUE_TEXT) {
            json_text(&json, value->text);
        } else if (field->type == VALUE_RATE) {
            statement_add(&json, "%s", value_format(VALUE_RATE, value, arena));
        } else {
            statement_add(&json, "%lld", (long long)value->integer);
        }
    }
    if (!any) {
        return NULL;
    }
    statement_add(&json, "}");
    return json.text;
}

static bool field_in(const struct field *field, bool base)
{
    return field_is_stored(field) && (field->flags & FIELD_EXTRA) == 0 &&
           ((field->flags & FIELD_BASE) != 0) == base;
}

void statement_insert(struct statement *statement, const struct record *record,
                      const struct insertion *insertion)
{
    const struct form *form = record->form;
    const char *extra = insertion->base ? NULL : extra_json(record, statement->arena);
    statement_add(statement, "INSERT INTO %s (", insertion->table);
    for (size_t i = 0; i < insertion->column_count; i++) {
        statement_add(statement, "%s%s", i > 0 ? ", " : "", insertion->columns[i]);
    }
    for (size_t i = 0; i < form->field_count; i++) {
        if (field_in(&form->fields[i], insertion->base) &&
            record->values[i].presence == VALUE_PRESENT) {
            statement_add(statement, ", %s", form->fields[i].name);
        }
    }
    statement_add(statement, "%s) VALUES (", extra != NULL ? ", extra" : "");
    for (size_t i = 0; i < insertion->column_count; i++) {
        statement_add(statement, "%s", i > 0 ? ", " : "");
        if (insertion->expressions[i] != NULL) {
            statement_add(statement, "%s", insertion->expressions[i]);
        } else {
            statement_parameter(statement, insertion->values[i]);
        }
    }
    for (size_t i = 0; i < form->field_count; i++) {
        if (field_in(&form->fields[i], insertion->base) &&
            record->values[i].presence == VALUE_PRESENT) {
            statement_add(statement, ", ");
            statement_parameter(statement, value_parameter(form->fields[i].type, &record->values[i],
                                                           statement->arena));
        }
    }
    if (extra != NULL) {
        statement_add(statement, ", jsonb_strip_nulls(");
        statement_parameter(statement, parameter_text(extra));
        statement_add(statement, "::jsonb)");
    }
    statement_add(statement, ")");
}

bool statement_update(struct statement *statement, const struct record *record, const char *table,
                      bool base, bool touch)
{
    const struct form *form = record->form;
    const char *extra = base ? NULL : extra_json(record, statement->arena);
    bool any = touch || extra != NULL;
    for (size_t i = 0; i < form->field_count && !any; i++) {
        any = field_in(&form->fields[i], base) && record->values[i].presence != VALUE_ABSENT;
    }
    if (!any) {
        return false;
    }
    statement_add(statement, "UPDATE %s SET version = version + 1", table);
    for (size_t i = 0; i < form->field_count; i++) {
        if (field_in(&form->fields[i], base) && record->values[i].presence != VALUE_ABSENT) {
            statement_add(statement, ", %s = ", form->fields[i].name);
            statement_parameter(statement, value_parameter(form->fields[i].type, &record->values[i],
                                                           statement->arena));
        }
    }
    if (extra != NULL) {
        statement_add(statement, ", extra = jsonb_strip_nulls(extra || ");
        statement_parameter(statement, parameter_text(extra));
        statement_add(statement, "::jsonb)");
    }
    return true;
}
