/* What can be said of an input without the database: every fault at once, each naming its field. */
#include <stdio.h>
#include <string.h>

#include "server/engine/engine.h"
#include "server/expression/expression.h"

enum { AMOUNT_LIMIT_DIGITS = 15 };

struct place {
    uint16_t lines_field;
    uint32_t line;
};

static void fault_at(struct call *call, const struct place *place, const struct field *field,
                     const char *name, const char *parameter)
{
    struct fault *fault = parameter != NULL
                              ? faults_add(&call->faults, name, field->number, parameter, NULL)
                              : faults_add(&call->faults, name, field->number, NULL);
    if (fault != NULL) {
        fault->lines_field = place->lines_field;
        fault->line = place->line;
    }
}

static int64_t template_of(const struct record *record)
{
    return record->form->template_field != NULL
               ? record_integer(record, record->form->template_field)
               : 0;
}

static void number_check(struct call *call, const struct place *place, const struct field *field,
                         const struct value *value)
{
    int64_t limit = 1;
    unsigned digits = field->length == 0 || field->length > AMOUNT_LIMIT_DIGITS
                          ? AMOUNT_LIMIT_DIGITS
                          : field->length;
    for (unsigned i = 0; i < digits; i++) {
        limit *= 10;
    }
    if (value->integer >= limit || value->integer <= -limit) {
        fault_at(call, place, field, "out_of_range", arena_format(call->arena, "%u", digits));
    }
}

static void code_check(struct call *call, const struct place *place, const struct field *field,
                       const struct value *value, bool creating)
{
    const struct code_entry *entry =
        catalogue_code(call->engine->catalogue, field->codes, value->integer);
    int64_t today = (call->now / 1000000 + call->engine->catalogue->zone_offset) / 86400;
    if (entry == NULL) {
        fault_at(call, place, field, "unknown_code",
                 arena_format(call->arena, "%lld", (long long)value->integer));
    } else if (creating && (today < entry->valid_from || today >= entry->valid_to)) {
        fault_at(call, place, field, "code_not_valid",
                 strcmp(call->access->actor.language, "zh") == 0 ? entry->label.zh
                                                                 : entry->label.en);
    }
}

static void value_check(struct call *call, const struct place *place, const struct field *field,
                        const struct value *value, bool creating)
{
    switch (field->type) {
    case VALUE_TEXT:
        if (utf8_count(value->text) > field->length) {
            fault_at(call, place, field, "too_long",
                     arena_format(call->arena, "%u", field->length));
        } else if ((field->flags & FIELD_MEMO) == 0 && strchr(value->text, '\n') != NULL) {
            fault_at(call, place, field, "one_line", NULL);
        }
        break;
    case VALUE_NUMBER:
    case VALUE_AMOUNT:
        number_check(call, place, field, value);
        break;
    case VALUE_DATE: /* PostgreSQL reaches further, people do not */
        if (value->integer < -109573 || value->integer > 2932896) {
            fault_at(call, place, field, "date_range", NULL);
        }
        break;
    case VALUE_CODE:
        code_check(call, place, field, value, creating);
        break;
    case VALUE_FLAG:
        if (value->integer != 0 && value->integer != 1) {
            fault_at(call, place, field, "out_of_range", "1");
        }
        break;
    default:
        break;
    }
}

static void record_check(struct call *call, const struct record *record, bool creating,
                         const struct place *place);

static void lines_check(struct call *call, const struct field *field, const struct value *value)
{
    for (size_t i = 0; value->lines != NULL && i < value->lines->count; i++) {
        const struct line *line = &value->lines->lines[i];
        struct place place = {.lines_field = field->number, .line = (uint32_t)i + 1};
        if (line->action != LINE_REMOVE) {
            record_check(call, &line->record, line->action == LINE_ADD, &place);
        }
    }
}

/* A virtual field that some other verb names as its input is asked for by that verb alone. */
static bool field_of_other_verb(const struct call *call, const struct form *form,
                                const struct field *field)
{
    if ((field->flags & FIELD_VIRTUAL) == 0) {
        return false;
    }
    for (size_t i = 0; i < form->verb_count; i++) {
        const char *cursor = form->verbs[i].input;
        const struct field *listed;
        while (form->verbs[i].number != call->verb->number && cursor != NULL &&
               (listed = form_next_field(form, &cursor)) != NULL) {
            if (listed == field) {
                return true;
            }
        }
    }
    return false;
}

static void record_check(struct call *call, const struct record *record, bool creating,
                         const struct place *place)
{
    const struct form *form = record->form;
    int64_t template_code = template_of(record);
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        const struct value *value = &record->values[i];
        bool applies =
            field->templates == 0 || template_code == 0 || field_applies(field, template_code);
        bool given = value->presence == VALUE_PRESENT;
        bool said = value->presence != VALUE_ABSENT;
        bool named = call->verb->input !=
                     NULL; /* a verb that names its input may take what people else only see */
        if (said && !named && (field->flags & (FIELD_READONLY | FIELD_GENERATED)) != 0) {
            fault_at(call, place, field, "readonly", NULL);
        } else if (said && !creating && !named && (field->flags & FIELD_FIXED) != 0) {
            fault_at(call, place, field, "fixed", NULL);
        } else if (given && !applies) {
            fault_at(call, place, field, "not_of_template", NULL);
        } else if ((field->flags & FIELD_REQUIRED) != 0 && applies &&
                   !field_of_other_verb(call, form, field) &&
                   (value->presence == VALUE_CLEARED ||
                    (creating && !said && field->initial == NULL))) {
            fault_at(call, place, field, "required", NULL);
        } else if (given && field->type == VALUE_LINES) {
            lines_check(call, field, value);
        } else if (given) {
            value_check(call, place, field, value, creating);
        }
    }
}

void validate_record(struct call *call, const struct record *record, bool creating)
{
    struct place head = {0};
    record_check(call, record, creating, &head);
}

static bool rule_met(struct call *call, const struct expression *expression,
                     const struct record *record)
{
    struct expression_input input = {
        .values = record->values, .count = record->form->field_count, .now = call->now};
    const char *fault = NULL;
    return expression_met(expression, &input, call->arena, &fault);
}

/* Nothing is said of a rule whose fields were found wrong already. */
static bool fields_faulty(const struct call *call, const struct expression *expression,
                          const struct record *record, const struct place *place)
{
    const struct expression_mention *mentions;
    size_t count = expression != NULL ? expression_fields(expression, &mentions) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct field *field = form_field(
            record->form, mentions[i].lines != NULL ? mentions[i].lines : mentions[i].path);
        for (size_t n = 0; field != NULL && n < call->faults.count; n++) {
            const struct fault *fault = &call->faults.list[n];
            if (fault->field == field->number && fault->line == place->line &&
                fault->lines_field == place->lines_field) {
                return true;
            }
        }
    }
    return false;
}

static bool mentions_unsaid(const struct expression *expression, const struct record *change,
                            bool *said)
{
    const struct expression_mention *mentions;
    size_t count = expression != NULL ? expression_fields(expression, &mentions) : 0;
    bool unsaid = false;
    for (size_t i = 0; i < count; i++) {
        const char *path = mentions[i].lines != NULL ? mentions[i].lines : mentions[i].path;
        const struct field *field = form_field(change->form, path);
        if (field == NULL || change->values[field->index].presence == VALUE_ABSENT) {
            unsaid = true;
        } else {
            *said = true;
            unsaid = unsaid || field->type == VALUE_LINES;
        }
    }
    return unsaid;
}

/* Of a record of which only the changed fields are known, a rule over the others says nothing:
 * they were judged when they were written. */
static bool rule_touched(const struct compiled_rule *compiled, const struct record *change)
{
    bool said = false;
    (void)mentions_unsaid(compiled->when, change, &said);
    (void)mentions_unsaid(compiled->check, change, &said);
    return said;
}

static void rules_check(struct call *call, const struct record *record, const struct place *place,
                        bool partial)
{
    const struct form_extras *extras = catalogue_extras(call->engine->catalogue, record->form);
    for (size_t i = 0; extras != NULL && i < extras->rule_count; i++) {
        const struct compiled_rule *compiled = &extras->rules[i];
        if ((partial && !rule_touched(compiled, record)) ||
            (compiled->when != NULL && !rule_met(call, compiled->when, record)) ||
            fields_faulty(call, compiled->when, record, place) ||
            fields_faulty(call, compiled->check, record, place) ||
            rule_met(call, compiled->check, record)) {
            continue;
        }
        const struct field *field =
            compiled->rule->field != NULL ? form_field(record->form, compiled->rule->field) : NULL;
        struct fault *fault = faults_add(&call->faults, compiled->rule->name,
                                         field != NULL ? field->number : 0, NULL);
        fault->lines_field = place->lines_field;
        fault->line = place->line;
        fault->text_zh = compiled->rule->message.zh;
        fault->text_en = compiled->rule->message.en;
    }
    for (size_t i = 0; i < record->form->field_count; i++) {
        const struct field *field = &record->form->fields[i];
        const struct lines *lines = record->values[i].lines;
        for (size_t n = 0; field->type == VALUE_LINES && lines != NULL && n < lines->count; n++) {
            struct place inner = {.lines_field = field->number, .line = (uint32_t)n + 1};
            if (lines->lines[n].action != LINE_REMOVE) {
                rules_check(call, &lines->lines[n].record, &inner, false);
            }
        }
    }
}

void validate_rules(struct call *call, const struct record *record)
{
    struct place head = {0};
    rules_check(call, record, &head, false);
}

void validate_rules_said(struct call *call, const struct record *change)
{
    struct place head = {0};
    rules_check(call, change, &head, true);
}

bool validate_needs_before(struct call *call, const struct record *change)
{
    const struct form_extras *extras = catalogue_extras(call->engine->catalogue, change->form);
    for (size_t i = 0; i < change->form->field_count; i++) { /* rules of lines judge whole lines */
        if (change->form->fields[i].lines != NULL && change->values[i].presence == VALUE_PRESENT) {
            const struct form_extras *inner =
                catalogue_extras(call->engine->catalogue, change->form->fields[i].lines);
            if (inner != NULL && inner->rule_count > 0) {
                return true;
            }
        }
    }
    for (size_t i = 0; extras != NULL && i < extras->rule_count; i++) {
        bool said = false;
        bool unsaid = mentions_unsaid(extras->rules[i].when, change, &said);
        unsaid = mentions_unsaid(extras->rules[i].check, change, &said) || unsaid;
        if (said && unsaid) {
            return true;
        }
    }
    return false;
}

bool validate_guard(struct call *call, const struct record *record)
{
    const struct form_extras *extras = catalogue_extras(call->engine->catalogue, record->form);
    for (size_t i = 0; extras != NULL && i < extras->guard_count; i++) {
        if (extras->guards[i].verb->number == call->verb->number) {
            return rule_met(call, extras->guards[i].guard, record);
        }
    }
    return true;
}

size_t verbs_allowed(const struct call *call, const struct record *record, uint16_t *numbers,
                     size_t limit)
{
    const struct form *form = record->form;
    int64_t state = form->state_field != NULL ? record_integer(record, form->state_field) : 0;
    size_t count = 0;
    for (size_t i = 0; i < form->verb_count && count < limit; i++) {
        const struct verb *verb = &form->verbs[i];
        bool fits =
            !verb->transition || (state > 0 && state < 32 && (verb->from & (1u << state)) != 0);
        if (fits && access_scope(call->access, verb->permission) != NULL) {
            numbers[count++] = verb->number;
        }
    }
    return count;
}
