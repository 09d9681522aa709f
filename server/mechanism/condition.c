/* Conditions that administrators write: names are the fields of a form, codes those of its lists.
 */
#include "server/expression/expression.h"
#include "server/mechanism/mechanism.h"

enum { ZONE_OFFSET = 28800 }; /* China has one zone */

struct condition_names {
    struct decision_case *c;
    const struct form *form;
};

static bool name_resolve(void *context, const char *path, struct expression_field *resolved)
{
    const struct condition_names *names = context;
    const struct field *field = form_field(names->form, path);
    if (field == NULL || field->type == VALUE_LINES || (field->flags & FIELD_SECRET) != 0)
        return false;
    resolved->type = field->type;
    resolved->slot = field->index;
    resolved->codes = field->codes;
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

bool condition_check(struct decision_case *c, const struct form *form, const char *text,
                     const char *field)
{
    struct condition_names names = {.c = c, .form = form};
    struct expression_environment environment;
    struct expression_error error = {0};
    if (*text == '\0' || condition_compile(&names, text, &environment, &error) != NULL)
        return true;
    decision_fault(c, field, "condition.wrong", decision_number(c, (int64_t)error.position + 1),
                   error.name, error.parameters[0] != NULL ? error.parameters[0] : "", NULL);
    return false;
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
