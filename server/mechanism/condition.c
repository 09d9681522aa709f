/* Conditions that administrators write: names are the fields of a form, codes those of its lists.
 */
#include <stdlib.h>
#include <string.h>

#include "server/expression/expression.h"
#include "server/mechanism/mechanism.h"

enum { ZONE_OFFSET = 28800 }; /* China has one zone */

struct condition_names {
    struct decision_case *c;
    const struct form *form;
    bool sets; /* columns are wanted: t of the form's table, b of its base */
};

static const char *column_of(const struct condition_names *names, const struct field *field)
{
    if ((field->flags & FIELD_EXTRA) != 0)
        return extra_field_sql("t", field, names->c->arena);
    return arena_format(names->c->arena, "%s.%s", (field->flags & FIELD_BASE) != 0 ? "b" : "t",
                        field->name);
}

static bool name_resolve(void *context, const char *path, struct expression_field *resolved)
{
    const struct condition_names *names = context;
    const struct field *field = form_field(names->form, path);
    if (field == NULL || field->type == VALUE_LINES || (field->flags & FIELD_SECRET) != 0)
        return false;
    resolved->type = field->type;
    resolved->slot = field->index;
    resolved->codes = field->codes;
    if (names->sets && (field->flags & FIELD_VIRTUAL) != 0)
        return false;
    if (names->sets)
        resolved->column = column_of(names, field);
    return true;
}

static bool name_code(void *context, const char *codes, const char *name, int64_t *number)
{
    const struct condition_names *names = context;
    *number = names->c->code_number(names->c->context, codes, name);
    return *number != 0;
}

static const struct expression *condition_compile(struct condition_names *names, const char *text,
                                                  struct expression_environment *environment,
                                                  struct expression_error *error)
{
    *environment = (struct expression_environment){
        .context = names, .resolve = name_resolve, .code = name_code, .zone_offset = ZONE_OFFSET};
    return expression_compile(text, environment, VALUE_FLAG, names->c->arena, error);
}

static void error_fault(struct decision_case *c, const char *field,
                        const struct expression_error *error)
{
    decision_fault(c, field, "condition.wrong", decision_number(c, (int64_t)error->position + 1),
                   error->name, error->parameters[0] != NULL ? error->parameters[0] : "", NULL);
}

bool condition_check(struct decision_case *c, const struct form *form, const char *text,
                     const char *field)
{
    struct condition_names names = {.c = c, .form = form};
    struct expression_environment environment;
    struct expression_error error = {0};
    if (*text == '\0' || condition_compile(&names, text, &environment, &error) != NULL)
        return true;
    error_fault(c, field, &error);
    return false;
}

/* Literals of a kept condition travel as one text with a separator that no condition contains. */
static const char separator[] = "\x1f";

const char *condition_sql(struct decision_case *c, const struct form *form, const char *text,
                          const char *field, const char **literals)
{
    struct condition_names names = {.c = c, .form = form, .sets = true};
    struct expression_environment environment;
    struct expression_error error = {.name = "expression.too_large"};
    struct expression_sql sql;
    *literals = "";
    if (*text == '\0')
        return "true";
    const struct expression *expression = condition_compile(&names, text, &environment, &error);
    if (expression == NULL || strstr(text, separator) != NULL ||
        !expression_sql(expression, 1, c->arena, &sql)) {
        error_fault(c, field, &error);
        return NULL;
    }
    for (size_t i = 0; i < sql.parameter_count; i++)
        *literals = arena_format(c->arena, "%s%s%s", *literals, i > 0 ? separator : "",
                                 sql.parameters[i].text);
    const char *result = "";
    for (const char *at = sql.text; *at != '\0';) {
        size_t plain = strcspn(at, "$");
        result = arena_format(c->arena, "%s%.*s", result, (int)plain, at);
        at += plain;
        if (*at == '$') {
            char *end;
            unsigned long number = strtoul(at + 1, &end, 10);
            result = arena_format(c->arena, "%ssplit_part($2, chr(31), %lu)", result, number);
            at = end;
        }
    }
    return arena_format(c->arena, "(%s) IS TRUE", result);
}

bool condition_holds(struct decision_case *c, const struct record *record, const char *text)
{
    struct condition_names names = {.c = c, .form = record->form};
    struct expression_environment environment;
    struct expression_error error = {0};
    if (*text == '\0')
        return true;
    const struct expression *expression = condition_compile(&names, text, &environment, &error);
    struct expression_input input = {
        .values = record->values, .count = record->form->field_count, .now = c->now};
    return expression != NULL && expression_met(expression, &input, c->arena, NULL);
}
