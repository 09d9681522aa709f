/* Forms against the catalogue: tables, columns, types, foreign keys, NOT NULL, named checks. */
#include "server/forms/form_check.h"

#include <stdio.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/forms/schema.h"

static const char *const place_columns[] = {"network_id", "area_id", "hall_id"};

/* Columns that the engine fills itself. */
static const char *const engine_columns[] = {"id",      "version", "network_id",
                                             "area_id", "hall_id", "extra"};

struct check {
    const struct schema *schema;
    const struct form_set *forms;
    struct form_errors *errors;
};

static bool integer_fits(const char *type, unsigned digits)
{
    if (strcmp(type, "bigint") == 0)
        return digits <= 18;
    if (strcmp(type, "integer") == 0)
        return digits <= 9;
    return strcmp(type, "smallint") == 0 && digits <= 4;
}

static bool text_fits(const char *type, unsigned length)
{
    unsigned room = 0;
    if (strcmp(type, "text") == 0 || strcmp(type, "character varying") == 0)
        return true;
    return sscanf(type, "character varying(%u)", &room) == 1 && room >= length;
}

static bool type_fits(const struct field *field, const char *type)
{
    switch (field->type) {
    case VALUE_TEXT:
        return text_fits(type, field->length);
    case VALUE_NUMBER:
        return integer_fits(type, field->length);
    case VALUE_AMOUNT:
    case VALUE_REFERENCE:
        return strcmp(type, "bigint") == 0;
    case VALUE_RATE:
        return strcmp(type, "numeric(18,6)") == 0;
    case VALUE_DATE:
        return strcmp(type, "date") == 0;
    case VALUE_TIME:
        return strcmp(type, "timestamp with time zone") == 0;
    case VALUE_CODE:
        return strcmp(type, "smallint") == 0 || strcmp(type, "integer") == 0;
    case VALUE_FLAG:
        return strcmp(type, "boolean") == 0;
    case VALUE_LINES:
        break;
    }
    return false;
}

static const char *field_table(const struct form *form, const struct field *field)
{
    return field->flags & FIELD_BASE ? form->base : form->table;
}

/* Roles share the id of their party, so a key to the base table is as good. */
static void check_reference(const struct check *check, const struct form *form,
                            const struct field *field, const struct schema_column *column)
{
    const struct form *target = form_by_number(check->forms, field->reference);
    if (!target || target->flags & (FORM_VIEW | FORM_BARE) || column->view)
        return;
    if (column->references && (strcmp(column->references, target->table) == 0 ||
                               (target->base && strcmp(column->references, target->base) == 0)))
        return;
    form_errors_add(check->errors, form->file, field->source_line,
                    "column %s.%s has no foreign key to \"%s\"", column->table, column->name,
                    target->table);
}

static void check_field(const struct check *check, const struct form *form,
                        const struct field *field)
{
    const char *table = field_table(form, field);
    if (field->flags & FIELD_VIRTUAL || field->type == VALUE_LINES || !table)
        return;
    const struct schema_column *column = schema_column(check->schema, table, field->name);
    if (!column) {
        form_errors_add(check->errors, form->file, field->source_line,
                        "table \"%s\" has no column \"%s\"", table, field->name);
        return;
    }
    if (!type_fits(field, column->type))
        form_errors_add(check->errors, form->file, field->source_line,
                        "column %s.%s is %s, which does not fit a field of type %s", table,
                        field->name, column->type, value_type_names[field->type]);
    else if (field->type == VALUE_REFERENCE)
        check_reference(check, form, field, column);
}

static void check_column(const struct check *check, const struct form *form, const char *table,
                         const char *name)
{
    if (!schema_column(check->schema, table, name))
        form_errors_add(check->errors, form->file, form->source_line,
                        "table \"%s\" has no column \"%s\"", table, name);
}

static bool engine_fills(const struct form *form, const char *column)
{
    for (size_t index = 0; index < sizeof(engine_columns) / sizeof(*engine_columns); index++)
        if (strcmp(engine_columns[index], column) == 0)
            return true;
    return form->parent && strcmp(form->parent, column) == 0;
}

/* A row that the form creates must not fail at a NOT NULL that no field can satisfy; where a
 * decision takes part, it may fill any declared field. */
static void check_not_null(const struct check *check, const struct form *form, const char *table)
{
    const struct form *top = form;
    while (top->head)
        top = top->head;
    const struct verb *create = form_verb(top, VERB_CREATE);
    if (!create)
        return;
    for (size_t index = 0; index < check->schema->column_count; index++) {
        const struct schema_column *column = &check->schema->columns[index];
        if (strcmp(column->table, table) != 0 || !column->not_null || column->filled ||
            engine_fills(form, column->name))
            continue;
        const struct field *field = form_field(form, column->name);
        if (!field || field_table(form, field) == NULL ||
            strcmp(field_table(form, field), table) != 0 || field->flags & FIELD_VIRTUAL)
            form_errors_add(check->errors, form->file, form->source_line,
                            "column %s.%s is NOT NULL, but no field fills it", table, column->name);
        else if (!(field->flags & (FIELD_REQUIRED | FIELD_GENERATED)) && !field->initial &&
                 !create->decide &&
                 !(top->state_field && strcmp(top->state_field, field->name) == 0))
            form_errors_add(check->errors, form->file, field->source_line,
                            "column %s.%s is NOT NULL: the field must be required, generated or "
                            "have an initial value",
                            table, column->name);
    }
}

/* "<table>_<column>_<rule>": the engine turns a violation into a fault of that field. */
static bool check_name_maps(const struct schema *schema, const struct schema_check *name)
{
    size_t table = strlen(name->table);
    if (strncmp(name->name, name->table, table) != 0 || name->name[table] != '_')
        return false;
    const char *rest = name->name + table + 1;
    for (size_t index = 0; index < schema->column_count; index++) {
        const struct schema_column *column = &schema->columns[index];
        size_t length = strlen(column->name);
        if (strcmp(column->table, name->table) == 0 && strncmp(rest, column->name, length) == 0 &&
            rest[length] == '_' && rest[length + 1])
            return true;
    }
    return false;
}

static void check_constraints(const struct check *check, const struct form *form, const char *table)
{
    for (size_t index = 0; index < check->schema->check_count; index++) {
        const struct schema_check *name = &check->schema->checks[index];
        if (strcmp(name->table, table) == 0 && !check_name_maps(check->schema, name))
            form_errors_add(check->errors, form->file, form->source_line,
                            "CHECK %s is not named %s_<column>_<rule>", name->name, table);
    }
}

static bool check_table(const struct check *check, const struct form *form, const char *table,
                        bool view)
{
    bool is_view = false;
    if (!schema_table(check->schema, table, &is_view)) {
        form_errors_add(check->errors, form->file, form->source_line,
                        "there is no table or view \"%s\"", table);
        return false;
    }
    if (is_view && !view)
        form_errors_add(check->errors, form->file, form->source_line,
                        "\"%s\" is a view: give the form the flag \"view\"", table);
    check_column(check, form, table, "id");
    if (!view) {
        check_column(check, form, table, "version");
        check_not_null(check, form, table);
        check_constraints(check, form, table);
    }
    return true;
}

static void check_parent(const struct check *check, const struct form *form)
{
    const struct schema_column *parent = schema_column(check->schema, form->table, form->parent);
    if (!parent)
        form_errors_add(check->errors, form->file, form->source_line,
                        "line table \"%s\" has no column \"%s\"", form->table, form->parent);
    else if (!parent->view && form->head->table &&
             (!parent->references ||
              (strcmp(parent->references, form->head->table) != 0 &&
               (!form->head->base || strcmp(parent->references, form->head->base) != 0))))
        form_errors_add(check->errors, form->file, form->source_line,
                        "column %s.%s has no foreign key to \"%s\"", form->table, form->parent,
                        form->head->table);
}

static void check_form(const struct check *check, const struct form *form)
{
    bool view = form->flags & FORM_VIEW;
    if (form->flags & FORM_BARE || !form->table || !check_table(check, form, form->table, view))
        return;
    if (form->base && !check_table(check, form, form->base, view))
        return;
    if (form->head)
        check_parent(check, form);
    size_t places = form->head || !form->scope || strcmp(form->scope, "none") == 0 ? 0
                    : strcmp(form->scope, "place") == 0                            ? 3
                                                                                   : 1;
    for (size_t index = 0; index < places; index++)
        check_column(check, form, form->table, place_columns[index]);
    if (form->responsible)
        check_column(check, form, form->table, form->responsible);
    if (form->flags & FORM_EXTENDABLE) {
        const struct schema_column *extra = schema_column(check->schema, form->table, "extra");
        if (!extra || strcmp(extra->type, "jsonb") != 0)
            form_errors_add(check->errors, form->file, form->source_line,
                            "an extendable form needs the column %s.extra of type jsonb",
                            form->table);
    }
    for (size_t index = 0; index < form->field_count; index++) {
        check_field(check, form, &form->fields[index]);
        if (form->fields[index].lines)
            check_form(check, form->fields[index].lines);
    }
}

void form_check_database(PGconn *connection, const struct form_set *forms, struct arena *arena,
                         struct form_errors *errors)
{
    struct check check = {
        .schema = schema_read(connection, arena, errors), .forms = forms, .errors = errors};
    bool view = false;
    if (!check.schema)
        return;
    for (size_t index = 0; index < forms->count; index++) {
        const struct form *form = forms->forms[index];
        check_form(&check, form);
        if (form->scope_table && !schema_table(check.schema, form->scope_table, &view))
            form_errors_add(errors, form->file, form->source_line,
                            "there is no table \"%s\" (scope_table)", form->scope_table);
    }
}

static void check_condition(const struct form *form, const struct form_check_hooks *hooks,
                            const char *what, const char *text, int line,
                            struct form_errors *errors)
{
    const char *reason = "";
    if (text && hooks->condition && !hooks->condition(hooks->context, form, text, &reason))
        form_errors_add(errors, form->file, line, "%s \"%s\" does not compile: %s", what, text,
                        reason);
}

static void check_rules(const struct form *form, const struct form_check_hooks *hooks,
                        struct form_errors *errors)
{
    for (size_t index = 0; index < form->rule_count; index++) {
        const struct rule *rule = &form->rules[index];
        check_condition(form, hooks, "when", rule->when, rule->source_line, errors);
        check_condition(form, hooks, "check", rule->check, rule->source_line, errors);
    }
    for (size_t index = 0; index < form->field_count; index++)
        if (form->fields[index].lines)
            check_rules(form->fields[index].lines, hooks, errors);
}

void form_check_logic(const struct form_set *forms, const struct form_check_hooks *hooks,
                      struct form_errors *errors)
{
    for (size_t index = 0; index < forms->count; index++) {
        const struct form *form = forms->forms[index];
        check_rules(form, hooks, errors);
        for (size_t at = 0; at < form->verb_count; at++) {
            const struct verb *verb = &form->verbs[at];
            check_condition(form, hooks, "guard", verb->guard, verb->source_line, errors);
            if (verb->decide && hooks->decision && !hooks->decision(hooks->context, verb->decide))
                form_errors_add(errors, form->file, verb->source_line,
                                "there is no decision \"%s\"", verb->decide);
        }
    }
}
