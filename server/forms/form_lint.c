/* What can be wrong with a form although each of its parts can be read. */
#include "server/forms/form_parse.h"

#include <ctype.h>
#include <string.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"

bool form_next_name(const char **cursor, char *name, size_t size)
{
    const char *start = *cursor + strspn(*cursor, " ");
    size_t length = strcspn(start, " ");
    if (!length)
        return false;
    *cursor = start + length;
    if (length >= size)
        length = size - 1;
    memcpy(name, start, length);
    name[length] = '\0';
    return true;
}

static void names_lint(const struct form *form, const char *what, const char *names, int line,
                       struct form_errors *errors)
{
    char name[64];
    while (names && form_next_name(&names, name, sizeof(name)))
        if (!form_field(form, name))
            form_errors_add(errors, form->file, line, "%s names the unknown field \"%s\"", what,
                            name);
}

/* Pattern of numbers: literal text around {n}, the width of the counter, and dates in y, M, d. */
static bool numbering_valid(const char *pattern)
{
    size_t counters = 0;
    for (const char *at = pattern; *at; at++) {
        if (*at == '}')
            return false;
        if (*at != '{')
            continue;
        size_t digits = strspn(at + 1, "0123456789");
        size_t letters = strspn(at + 1, "yMdHms");
        size_t length = digits ? digits : letters;
        if (!length || at[1 + length] != '}')
            return false;
        counters += digits > 0;
        at += 1 + length;
    }
    return counters == 1;
}

static void field_lint(const struct form *form, const struct field *field,
                       struct form_errors *errors)
{
    bool state = !form->head && form->state_field && strcmp(form->state_field, field->name) == 0;
    if (field->flags & FIELD_BASE && (form->head || !form->base))
        form_errors_add(errors, form->file, field->source_line,
                        "field \"%s\" stands in the base, but there is no base table", field->name);
    if (field->flags & FIELD_GENERATED && field->flags & FIELD_VIRTUAL)
        form_errors_add(errors, form->file, field->source_line,
                        "field \"%s\" is virtual, nothing can generate it", field->name);
    if (field->flags & FIELD_VIRTUAL && field->search)
        form_errors_add(errors, form->file, field->source_line,
                        "field \"%s\" is virtual and cannot be searched", field->name);
    names_lint(form, "ask", field->ask, field->source_line, errors);
    if (field->type == VALUE_CODE && !field->codes && !state)
        form_errors_add(errors, form->file, field->source_line, "\"codes\" is missing");
}

static void initial_lint(const struct form *form, const struct field *field,
                         struct form_errors *errors)
{
    struct arena *arena = errors->arena;
    struct value value = {0};
    if (!field->initial || field->type == VALUE_CODE)
        return;
    if (field->type == VALUE_LINES)
        form_errors_add(errors, form->file, field->source_line, "lines have no initial value");
    else if ((field->type == VALUE_DATE && strcmp(field->initial, "today") == 0) ||
             (field->type == VALUE_TIME && strcmp(field->initial, "now") == 0))
        return;
    else if (field->type != VALUE_REFERENCE &&
             !value_parse(field->type, field->initial, arena, &value))
        form_errors_add(errors, form->file, field->source_line,
                        "initial \"%s\" is no value of type %s", field->initial,
                        value_type_names[field->type]);
}

/* Names of tables and columns stand in generated SQL. */
static void sql_name_lint(const struct form *form, const char *name, struct form_errors *errors)
{
    if (name && !declaration_is_name(name))
        form_errors_add(errors, form->file, form->source_line,
                        "\"%s\" is no name ([a-z][a-z0-9_]*)", name);
}

static void fields_lint(const struct form *form, struct form_errors *errors)
{
    for (size_t index = 0; index < form->field_count; index++) {
        const struct field *field = &form->fields[index];
        field_lint(form, field, errors);
        initial_lint(form, field, errors);
        if (field->lines)
            fields_lint(field->lines, errors);
    }
    for (size_t index = 0; index < form->rule_count; index++)
        if (!form_field(form, form->rules[index].field))
            form_errors_add(errors, form->file, form->rules[index].source_line,
                            "rule \"%s\" names the unknown field \"%s\"", form->rules[index].name,
                            form->rules[index].field);
    if (!form->head)
        return;
    sql_name_lint(form, form->table, errors);
    sql_name_lint(form, form->parent, errors);
    names_lint(form, "list", form->list, form->source_line, errors);
    names_lint(form, "key", form->key, form->source_line, errors);
    if (strcmp(form->order, "id") != 0 && strcmp(form->order, "-id") != 0)
        names_lint(form, "order", form->order + (*form->order == '-'), form->source_line, errors);
}

/* Every state must be reachable from an initial one through transitions, or say who leads there. */
static void states_lint(const struct form *form, const struct code_set *codes,
                        struct form_errors *errors)
{
    uint32_t reached = 0;
    uint32_t before;
    const struct field *field = form->state_field ? form_field(form, form->state_field) : NULL;

    if (!form->state_count && !form->state_field)
        return;
    if (!field || field->type != VALUE_CODE) {
        form_errors_add(errors, form->file, form->source_line,
                        "\"state\" must name a field of type code if there are states");
        return;
    }
    if (!form->state_count) {
        form_errors_add(errors, form->file, form->source_line, "\"state\" without \"states\"");
        return;
    }
    for (size_t index = 0; index < form->state_count; index++)
        if (form->states[index].initial || form->states[index].reached_by)
            reached |= 1u << form->states[index].number;
    if (!reached)
        form_errors_add(errors, form->file, form->states[0].source_line, "no state is initial");
    do {
        before = reached;
        for (size_t index = 0; index < form->verb_count; index++)
            if (form->verbs[index].transition && form->verbs[index].from & reached)
                reached |= 1u << form->verbs[index].to;
    } while (reached != before);
    const struct code_list *list = code_list_find(codes, field->codes);
    bool initial = !field->initial;
    for (size_t index = 0; index < form->state_count; index++) {
        const struct state *state = &form->states[index];
        if (!(reached & 1u << state->number))
            form_errors_add(errors, form->file, state->source_line,
                            "state \"%s\" cannot be reached (\"reached_by\" names a decision that "
                            "leads there)",
                            state->name);
        if (field->initial && strcmp(field->initial, state->name) == 0)
            initial = state->initial;
        const struct code_member *member = list ? code_member_by_name(list, state->name) : NULL;
        if (list && (!member || member->number != state->number))
            form_errors_add(errors, form->file, state->source_line,
                            "code list \"%s\" has no \"%s\" with number %d", list->name,
                            state->name, state->number);
    }
    if (!initial)
        form_errors_add(errors, form->file, field->source_line,
                        "initial \"%s\" is no initial state", field->initial);
}

static void verbs_lint(const struct form *form, struct form_errors *errors)
{
    for (size_t index = 0; index < form->verb_count; index++) {
        const struct verb *verb = &form->verbs[index];
        names_lint(form, "input", verb->input, verb->source_line, errors);
        if (form->flags & FORM_BARE && verb->number < VERB_OWN && verb->number != VERB_RUN)
            form_errors_add(errors, form->file, verb->source_line, "a bare form has no verb \"%s\"",
                            verb->name);
        if (!(form->flags & FORM_BARE) && verb->number == VERB_RUN)
            form_errors_add(errors, form->file, verb->source_line,
                            "only a bare form has the verb \"run\"");
        if (verb->number == VERB_RUN && !verb->decide)
            form_errors_add(errors, form->file, verb->source_line,
                            "\"run\" does nothing without \"decide\"");
        if (verb->number >= VERB_OWN && !verb->transition && !verb->decide)
            form_errors_add(errors, form->file, verb->source_line,
                            "verb \"%s\" is neither a transition nor has it a decision",
                            verb->name);
        if (form->flags & FORM_VIEW &&
            (verb->transition ||
             (verb->number < VERB_OWN && verb->changing && verb->number != VERB_EXPORT)))
            form_errors_add(errors, form->file, verb->source_line,
                            "a view cannot be changed by \"%s\"", verb->name);
        if ((verb->number == VERB_ATTACH || verb->number == VERB_ATTACHMENTS ||
             verb->number == VERB_FETCH_ATTACHMENT) &&
            !(form->flags & FORM_ATTACHMENTS))
            form_errors_add(errors, form->file, verb->source_line,
                            "\"%s\" without the flag \"attachments\"", verb->name);
    }
    if (form->flags & FORM_BARE && !form_verb(form, VERB_RUN))
        form_errors_add(errors, form->file, form->source_line,
                        "a bare form needs the verb \"run\"");
}

static void header_lint(const struct form *form, struct form_errors *errors)
{
    bool stored = !(form->flags & FORM_BARE);
    const struct field *key = form->key ? form_field(form, form->key) : NULL;

    sql_name_lint(form, form->name, errors);
    sql_name_lint(form, form->table, errors);
    sql_name_lint(form, form->base, errors);
    if (form->scope_table != form->table)
        sql_name_lint(form, form->scope_table, errors);
    sql_name_lint(form, form->responsible, errors);
    for (const char *at = form->code; at && *at; at++)
        if (!isupper((unsigned char)*at) && (at == form->code || !isdigit((unsigned char)*at))) {
            form_errors_add(errors, form->file, form->source_line,
                            "code \"%s\" is not made of capitals and digits", form->code);
            break;
        }
    if (form->code && strlen(form->code) > 8)
        form_errors_add(errors, form->file, form->source_line,
                        "code \"%s\" is longer than 8 letters", form->code);
    if (form->flags & FORM_BARE && form->flags & FORM_VIEW)
        form_errors_add(errors, form->file, form->source_line, "a form is bare or a view");
    if (form->flags & FORM_BARE && (form->table || form->base))
        form_errors_add(errors, form->file, form->source_line, "a bare form has no table");
    if (stored && form->scope && strcmp(form->scope, "place") != 0 &&
        strcmp(form->scope, "network") != 0 && strcmp(form->scope, "none") != 0)
        form_errors_add(errors, form->file, form->source_line,
                        "\"scope\" is \"place\", \"network\" or \"none\"");
    names_lint(form, "key", form->key, form->source_line, errors);
    names_lint(form, "caption", form->caption, form->source_line, errors);
    names_lint(form, "list", form->list, form->source_line, errors);
    names_lint(form, "criteria", form->criteria, form->source_line, errors);
    names_lint(form, "template", form->template_field, form->source_line, errors);
    if (form->order && strcmp(form->order, "id") != 0 && strcmp(form->order, "-id") != 0)
        names_lint(form, "order", form->order + (*form->order == '-'), form->source_line, errors);
    if (form->numbering && !numbering_valid(form->numbering))
        form_errors_add(errors, form->file, form->source_line,
                        "numbering \"%s\" is not like \"C{8}\" or \"{yyMMdd}-{5}\"",
                        form->numbering);
    if (form->numbering && (!key || !(key->flags & FIELD_GENERATED)))
        form_errors_add(errors, form->file, form->source_line,
                        "\"numbering\" needs a generated field as \"key\"");
    if (!form->numbering && key && key->flags & FIELD_GENERATED && !(form->flags & FORM_VIEW))
        form_errors_add(errors, form->file, form->source_line,
                        "the key is generated: \"numbering\" is missing");
}

void form_lint(const struct form *form, const struct code_set *codes, struct form_errors *errors)
{
    header_lint(form, errors);
    fields_lint(form, errors);
    states_lint(form, codes, errors);
    verbs_lint(form, errors);
    form_layout_lint(form, errors);
}
