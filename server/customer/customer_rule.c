/* Rules kept as data: default values, associations of fields, forms of certificates; how they are
 * applied, and what may be saved as a rule. */
#include "server/customer/customer_rule.h"

#include <string.h>

#include "server/customer/customer.h"
#include "server/party/identity.h"

enum { ZONE_OFFSET = 28800 }; /* China has one zone */

static bool name_resolve(void *context, const char *path, struct expression_field *resolved)
{
    const struct customer_names *names = context;
    const struct field *field = form_field(names->form, path);
    if (field == NULL || field->type == VALUE_LINES || (field->flags & FIELD_VIRTUAL) != 0)
        return false;
    resolved->type = field->type;
    resolved->slot = field->index;
    resolved->codes = field->codes;
    if (names->alias == NULL)
        return true;
    if ((field->flags & FIELD_EXTRA) != 0)
        resolved->column = extra_field_sql(names->alias, field, names->c->arena);
    else
        resolved->column = arena_format(
            names->c->arena, "%s.%s",
            (field->flags & FIELD_BASE) != 0 ? names->base_alias : names->alias, field->name);
    return true;
}

static bool name_code(void *context, const char *codes, const char *name, int64_t *number)
{
    const struct customer_names *names = context;
    *number = names->c->code_number(names->c->context, codes, name);
    return *number != 0;
}

struct expression_environment customer_environment(struct customer_names *names)
{
    return (struct expression_environment){
        .context = names, .resolve = name_resolve, .code = name_code, .zone_offset = ZONE_OFFSET};
}

struct expression *customer_condition(struct decision_case *c,
                                      const struct expression_environment *environment,
                                      const char *text, const char *field)
{
    struct expression_error error = {0};
    struct expression *expression =
        expression_compile(text, environment, VALUE_FLAG, c->arena, &error);
    if (expression == NULL)
        decision_fault(c, field, "rule.expression", decision_number(c, (int64_t)error.position + 1),
                       error.name, error.parameters[0] != NULL ? error.parameters[0] : "", NULL);
    return expression;
}

bool customer_value_parse(struct decision_case *c, const struct field *field, const char *text,
                          struct value *value)
{
    if (field->type == VALUE_CODE) {
        *value = (struct value){.presence = VALUE_PRESENT,
                                .integer = c->code_number(c->context, field->codes, text)};
        return value->integer != 0;
    }
    return field->type != VALUE_REFERENCE && field->type != VALUE_LINES &&
           value_parse(field->type, text, c->arena, value) && value->presence == VALUE_PRESENT;
}

static bool default_holds(struct decision_case *c, const struct record *record,
                          const struct expression_environment *environment, size_t row)
{
    const char *condition = loaded_text(c, "defaults", row, "condition");
    if (*condition == '\0')
        return true;
    struct expression_error error = {0};
    const struct expression *expression =
        expression_compile(condition, environment, VALUE_FLAG, c->arena, &error);
    /* A rule that was right when saved can break when a code or field is withdrawn: it is passed
     * over, so that customers can still be opened. */
    if (expression == NULL)
        return false;
    struct expression_input input = {
        .values = record->values, .count = record->form->field_count, .now = c->now};
    return expression_met(expression, &input, c->arena, NULL);
}

void customer_defaults_apply(struct decision_case *c, struct record *record)
{
    struct customer_names names = {.c = c, .form = record->form};
    struct expression_environment environment = customer_environment(&names);
    const char *template_field = record->form->template_field;
    int64_t template_code = template_field != NULL ? record_integer(record, template_field) : 0;

    for (size_t row = 0; row < loaded_rows(c, "defaults"); row++) {
        const struct field *field =
            form_field(record->form, loaded_text(c, "defaults", row, "field"));
        struct value value = {0};
        if (field == NULL || record->values[field->index].presence == VALUE_PRESENT ||
            (template_field != NULL && !field_applies(field, template_code)))
            continue;
        if (default_holds(c, record, &environment, row) &&
            customer_value_parse(c, field, loaded_text(c, "defaults", row, "value"), &value))
            record->values[field->index] = value;
    }
}

const char *customer_label(const struct decision_case *c, const struct field *field)
{
    bool zh = c->actor.language == NULL || strcmp(c->actor.language, "en") != 0;
    return zh ? field->label.zh : field->label.en;
}

bool customer_changes(const struct decision_case *c, const char *name)
{
    const struct field *field = form_field(c->form, name);
    if (field == NULL || c->input->values[field->index].presence == VALUE_ABSENT)
        return false;
    return c->before == NULL || !value_equal(field->type, &c->input->values[field->index],
                                             &c->before->values[field->index]);
}

void customer_associations_warn(struct decision_case *c)
{
    for (size_t row = 0; row < loaded_rows(c, "associations"); row++) {
        const struct field *changed =
            form_field(c->form, loaded_text(c, "associations", row, "field"));
        const struct field *ask = form_field(c->form, loaded_text(c, "associations", row, "ask"));
        if (changed != NULL && ask != NULL && customer_changes(c, changed->name) &&
            c->input->values[ask->index].presence == VALUE_ABSENT)
            decision_warning(c, ask->name, "customer.look_also", customer_label(c, changed),
                             customer_label(c, ask), NULL);
    }
}

/* --- Saving of rules --- */

static void identity_rule_save(struct decision_case *c)
{
    struct identity_rule rule = {
        .minimum = (uint8_t)record_integer(c->after, "minimum"),
        .maximum = (uint8_t)record_integer(c->after, "maximum"),
        .pattern = record_text(c->after, "pattern"),
        .check = c->code_name(c->context, "identity_method", record_integer(c->after, "method")),
    };
    if (!identity_rule_valid(&rule))
        decision_fault(c, "pattern", "rule.pattern", NULL);
}

static const struct field *rule_field(struct decision_case *c, const char *name)
{
    const struct form *form = form_by_name(c->forms, record_text(c->after, "form"));
    const struct field *field = NULL;
    if (form == NULL)
        decision_fault(c, "form", "rule.field", NULL);
    else if ((field = form_field(form, record_text(c->after, name))) == NULL)
        decision_fault(c, name, "rule.field", NULL);
    return field;
}

static void default_rule_save(struct decision_case *c)
{
    const struct field *field = rule_field(c, "field");
    struct value value = {0};
    if (field == NULL)
        return;
    if (!customer_value_parse(c, field, record_text(c->after, "value"), &value))
        decision_fault(c, "value", "rule.value", NULL);
    const char *condition = record_text(c->after, "condition");
    struct customer_names names = {.c = c,
                                   .form = form_by_name(c->forms, record_text(c->after, "form"))};
    struct expression_environment environment = customer_environment(&names);
    if (*condition != '\0')
        customer_condition(c, &environment, condition, "condition");
}

static void association_rule_save(struct decision_case *c)
{
    rule_field(c, "field");
    rule_field(c, "ask");
}

const struct decision customer_rule_decisions[] = {
    {.name = "identity_rule_save", .decide = identity_rule_save},
    {.name = "default_rule_save", .decide = default_rule_save},
    {.name = "association_rule_save", .decide = association_rule_save},
};
const size_t customer_rule_decision_count =
    sizeof customer_rule_decisions / sizeof *customer_rule_decisions;
