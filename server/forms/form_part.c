/* Reader of the states, verbs, rules, related lists and tabs of a form. */
#include "server/forms/form_parse.h"

#include <string.h>

#include "protocol/arena.h"

enum { STATE_NUMBER_MAXIMUM = 31, VERB_NUMBER_MAXIMUM = 255 };

static const struct fixed_verb {
    const char *name;
    enum verb_number number;
    bool changing;
    enum verb_class worker;
} fixed_verbs[] = {
    {"create", VERB_CREATE, true, VERB_SHORT},
    {"change", VERB_CHANGE, true, VERB_SHORT},
    {"show", VERB_SHOW, false, VERB_SHORT},
    {"query", VERB_QUERY, false, VERB_SHORT},
    {"history", VERB_HISTORY, false, VERB_SHORT},
    {"run", VERB_RUN, true, VERB_SHORT},
    {"report", VERB_REPORT, false, VERB_LONG},
    {"attach", VERB_ATTACH, true, VERB_SHORT},
    {"attachments", VERB_ATTACHMENTS, false, VERB_SHORT},
    {"fetch_attachment", VERB_FETCH_ATTACHMENT, false, VERB_SHORT},
    {"bulk", VERB_BULK, true, VERB_SHORT},
    {"import", VERB_IMPORT, true, VERB_SHORT},
    {"export", VERB_EXPORT, false, VERB_LONG},
    {"unmask", VERB_UNMASK, false, VERB_SHORT},
    {"list_values", VERB_LIST_VALUES, false, VERB_SHORT},
    {"remove", VERB_REMOVE, true, VERB_SHORT},
};

static const char *const class_names[] = {
    [VERB_SHORT] = "short", [VERB_LONG] = "long", [VERB_AUTH] = "auth"};

static const struct key_name {
    const char *name;
    char key;
} key_names[] = {{"F7", '7'}, {"F8", '8'}, {"F11", '1'}};

static const struct state *state_by_name(const struct form *form, const char *name)
{
    for (size_t index = 0; index < form->state_count; index++)
        if (strcmp(form->states[index].name, name) == 0)
            return &form->states[index];
    return NULL;
}

static void parse_state(const struct form_parser *parser, const config_setting_t *group,
                        struct form *form)
{
    static const char *const keys[] = {"number",  "name",  "core",       "label",
                                       "initial", "final", "reached_by", NULL};
    const struct declaration *declaration = &parser->declaration;
    if (!declaration_keys(declaration, group, keys))
        return;
    struct state state = {
        .number = (uint8_t)declaration_number(declaration, group, "number", true, 1,
                                              STATE_NUMBER_MAXIMUM, 0),
        .name = declaration_text(declaration, group, "name", true),
        .core = declaration_text(declaration, group, "core", true),
        .label = declaration_label(declaration, group, "label", true, ACTION_ZH, ACTION_EN),
        .initial = declaration_flag(declaration, group, "initial", false),
        .final = declaration_flag(declaration, group, "final", false),
        .reached_by = declaration_text(declaration, group, "reached_by", false),
        .source_line = (int)config_setting_source_line(group),
    };
    if (!state.name || !state.number)
        return;
    if (!declaration_is_name(state.name))
        declaration_error(declaration, group, "\"%s\" is no name ([a-z][a-z0-9_]*)", state.name);
    for (size_t index = 0; index < form->state_count; index++) {
        if (form->states[index].number == state.number)
            declaration_error(declaration, group, "state number %d stands twice", state.number);
        if (strcmp(form->states[index].name, state.name) == 0)
            declaration_error(declaration, group, "state \"%s\" stands twice", state.name);
    }
    form->states[form->state_count++] = state;
}

void form_parse_states(const struct form_parser *parser, const config_setting_t *group,
                       struct form *form)
{
    const struct declaration *declaration = &parser->declaration;
    const config_setting_t *list = declaration_list(declaration, group, "states", false);
    unsigned count = list ? (unsigned)config_setting_length(list) : 0;
    form->states = ARENA_ARRAY(declaration->arena, struct state, count + 1);
    for (unsigned index = 0; index < count; index++)
        parse_state(parser, config_setting_get_elem(list, index), form);
}

/* "customer.change": two names. */
static bool permission_valid(struct arena *arena, const char *permission)
{
    const char *dot = strchr(permission, '.');
    return dot && declaration_is_name(dot + 1) &&
           declaration_is_name(arena_copy(arena, permission, (size_t)(dot - permission)));
}

static void parse_transition(const struct form_parser *parser, const config_setting_t *group,
                             const struct form *form, struct verb *verb)
{
    const struct declaration *declaration = &parser->declaration;
    const char *to = declaration_text(declaration, group, "to", false);
    const config_setting_t *from = declaration_list(declaration, group, "from", false);
    if (!to) {
        if (from)
            declaration_error(declaration, from, "\"from\" without \"to\"");
        return;
    }
    const struct state *target = state_by_name(form, to);
    verb->transition = true;
    if (!target)
        declaration_error(declaration, group, "unknown state \"%s\"", to);
    else
        verb->to = target->number;
    for (size_t index = 0; !from && index < form->state_count; index++)
        if (!form->states[index].final && &form->states[index] != target)
            verb->from |= 1u << form->states[index].number;
    for (int index = 0; from && index < config_setting_length(from); index++) {
        const char *name = declaration_element(declaration, from, (unsigned)index);
        const struct state *state = name ? state_by_name(form, name) : NULL;
        if (name && !state)
            declaration_error(declaration, from, "unknown state \"%s\"", name);
        else if (state && state->final)
            declaration_error(declaration, from, "no transition leaves the final state \"%s\"",
                              name);
        else if (state)
            verb->from |= 1u << state->number;
    }
}

static void parse_verb_number(const struct form_parser *parser, const config_setting_t *group,
                              struct verb *verb)
{
    const struct declaration *declaration = &parser->declaration;
    const struct fixed_verb *fixed = NULL;
    for (size_t index = 0; index < sizeof(fixed_verbs) / sizeof(*fixed_verbs); index++)
        if (strcmp(fixed_verbs[index].name, verb->name) == 0)
            fixed = &fixed_verbs[index];
    verb->changing = fixed ? fixed->changing : true;
    verb->worker = fixed ? fixed->worker : VERB_SHORT;
    if (!fixed) {
        verb->number = (uint16_t)declaration_number(declaration, group, "number", true, VERB_OWN,
                                                    VERB_NUMBER_MAXIMUM, 0);
        if (!declaration_is_name(verb->name))
            declaration_error(declaration, group, "\"%s\" is no name ([a-z][a-z0-9_]*)",
                              verb->name);
    } else {
        verb->number = (uint16_t)fixed->number;
        if (config_setting_get_member(group, "number"))
            declaration_error(declaration, group, "the number of \"%s\" is fixed", verb->name);
    }
    const struct message *standard = fixed ? message_find(parser->verbs, verb->name) : NULL;
    if (standard)
        verb->label = standard->text;
    if (!standard || config_setting_get_member(group, "label"))
        verb->label = declaration_label(declaration, group, "label", true, ACTION_ZH, ACTION_EN);
}

static void parse_verb_names(const struct form_parser *parser, const config_setting_t *group,
                             struct verb *verb)
{
    const struct declaration *declaration = &parser->declaration;
    const char *worker = declaration_text(declaration, group, "worker", false);
    const char *key = declaration_text(declaration, group, "key", false);
    for (size_t index = 0; index < sizeof(class_names) / sizeof(*class_names); index++)
        if (worker && strcmp(class_names[index], worker) == 0) {
            verb->worker = (enum verb_class)index;
            worker = NULL;
        }
    if (worker)
        declaration_error(declaration, group, "\"worker\" is \"short\", \"long\" or \"auth\"");
    for (size_t index = 0; index < sizeof(key_names) / sizeof(*key_names); index++)
        if (key && strcmp(key_names[index].name, key) == 0)
            verb->key = key_names[index].key;
    if (key && !verb->key)
        declaration_error(declaration, group, "\"key\" is \"F7\", \"F8\" or \"F11\"");
}

static void parse_verb(const struct form_parser *parser, const config_setting_t *group,
                       struct form *form)
{
    static const char *const keys[] = {
        "verb",  "number", "label",   "permission", "decide",        "input", "from",     "to",
        "guard", "reason", "confirm", "worker",     "guard_message", "key",   "changing", NULL};
    const struct declaration *declaration = &parser->declaration;
    if (!declaration_keys(declaration, group, keys))
        return;
    struct verb verb = {
        .name = declaration_text(declaration, group, "verb", true),
        .permission = declaration_text(declaration, group, "permission", true),
        .decide = declaration_text(declaration, group, "decide", false),
        .guard = declaration_text(declaration, group, "guard", false),
        .reason = declaration_flag(declaration, group, "reason", false),
        .confirm = declaration_flag(declaration, group, "confirm", false),
        .source_line = (int)config_setting_source_line(group),
    };
    if (!verb.name)
        return;
    if (verb.permission && !permission_valid(declaration->arena, verb.permission))
        declaration_error(declaration, group, "permission \"%s\" is not like customer.change",
                          verb.permission);
    /* An empty input is one: the verb takes no field, where none at all means every field. */
    const config_setting_t *input = config_setting_get_member(group, "input");
    if (input && config_setting_type(input) == CONFIG_TYPE_STRING &&
        !*config_setting_get_string(input))
        verb.input = "";
    else
        verb.input = declaration_text(declaration, group, "input", false);
    parse_verb_number(parser, group, &verb);
    parse_verb_names(parser, group, &verb);
    parse_transition(parser, group, form, &verb);
    verb.changing = declaration_flag(declaration, group, "changing", verb.changing);
    if (verb.transition && !verb.changing)
        declaration_error(declaration, group, "a transition is changing");
    if (verb.guard)
        verb.guard_message = declaration_label(declaration, group, "guard_message", true, 0, 0);
    else if (config_setting_get_member(group, "guard_message"))
        declaration_error(declaration, group, "\"guard_message\" without \"guard\"");
    for (size_t index = 0; index < form->verb_count; index++) {
        if (strcmp(form->verbs[index].name, verb.name) == 0)
            declaration_error(declaration, group, "verb \"%s\" stands twice", verb.name);
        else if (form->verbs[index].number == verb.number)
            declaration_error(declaration, group, "verb number %d stands twice", verb.number);
        if (verb.key && form->verbs[index].key == verb.key)
            declaration_error(declaration, group, "\"%s\" and \"%s\" have the same key",
                              form->verbs[index].name, verb.name);
    }
    form->verbs[form->verb_count++] = verb;
}

void form_parse_verbs(const struct form_parser *parser, const config_setting_t *group,
                      struct form *form)
{
    const struct declaration *declaration = &parser->declaration;
    const config_setting_t *list = declaration_list(declaration, group, "verbs", true);
    unsigned count = list ? (unsigned)config_setting_length(list) : 0;
    form->verbs = ARENA_ARRAY(declaration->arena, struct verb, count + 1);
    for (unsigned index = 0; index < count; index++)
        parse_verb(parser, config_setting_get_elem(list, index), form);
}

void form_parse_rules(const struct form_parser *parser, const config_setting_t *group,
                      struct form *form)
{
    static const char *const keys[] = {"name", "when", "check", "field", "message", NULL};
    const struct declaration *declaration = &parser->declaration;
    const config_setting_t *list = declaration_list(declaration, group, "rules", false);
    unsigned count = list ? (unsigned)config_setting_length(list) : 0;
    form->rules = ARENA_ARRAY(declaration->arena, struct rule, count + 1);
    for (unsigned index = 0; index < count; index++) {
        const config_setting_t *element = config_setting_get_elem(list, index);
        if (!declaration_keys(declaration, element, keys))
            continue;
        struct rule rule = {
            .name = declaration_text(declaration, element, "name", true),
            .when = declaration_text(declaration, element, "when", false),
            .check = declaration_text(declaration, element, "check", true),
            .field = declaration_text(declaration, element, "field", true),
            .message = declaration_label(declaration, element, "message", true, 0, 0),
            .source_line = (int)config_setting_source_line(element),
        };
        if (!rule.name || !rule.check || !rule.field)
            continue;
        if (!declaration_is_name(rule.name))
            declaration_error(declaration, element, "\"%s\" is no name ([a-z][a-z0-9_]*)",
                              rule.name);
        for (size_t other = 0; other < form->rule_count; other++)
            if (strcmp(form->rules[other].name, rule.name) == 0)
                declaration_error(declaration, element, "rule \"%s\" stands twice", rule.name);
        form->rules[form->rule_count++] = rule;
    }
}

void form_parse_related(const struct form_parser *parser, const config_setting_t *group,
                        struct form *form)
{
    static const char *const keys[] = {"form", "by", "label", "permission_form", NULL};
    const struct declaration *declaration = &parser->declaration;
    const config_setting_t *list = declaration_list(declaration, group, "related", false);
    unsigned count = list ? (unsigned)config_setting_length(list) : 0;
    form->related = ARENA_ARRAY(declaration->arena, struct related, count + 1);
    for (unsigned index = 0; index < count; index++) {
        const config_setting_t *element = config_setting_get_elem(list, index);
        if (!declaration_keys(declaration, element, keys))
            continue;
        struct related related = {
            .form_name = declaration_text(declaration, element, "form", true),
            .by = declaration_text(declaration, element, "by", true),
            .label = declaration_label(declaration, element, "label", true, ACTION_ZH, ACTION_EN),
            .permission_form = declaration_text(declaration, element, "permission_form", false),
            .source_line = (int)config_setting_source_line(element),
        };
        if (!related.permission_form)
            related.permission_form = related.form_name;
        if (related.form_name && related.by)
            form->related[form->related_count++] = related;
    }
}

void form_parse_tabs(const struct form_parser *parser, const config_setting_t *group,
                     struct form *form)
{
    static const char *const keys[] = {"label", "rows", NULL};
    const struct declaration *declaration = &parser->declaration;
    const config_setting_t *list = declaration_list(declaration, group, "tabs", false);
    unsigned count = list ? (unsigned)config_setting_length(list) : 0;
    form->tabs = ARENA_ARRAY(declaration->arena, struct tab, count + 1);
    for (unsigned index = 0; index < count; index++) {
        const config_setting_t *element = config_setting_get_elem(list, index);
        if (!declaration_keys(declaration, element, keys))
            continue;
        struct tab *tab = &form->tabs[form->tab_count++];
        tab->label = declaration_label(declaration, element, "label", true, ACTION_ZH, ACTION_EN);
        tab->source_line = (int)config_setting_source_line(element);
        const config_setting_t *rows = declaration_list(declaration, element, "rows", true);
        unsigned row_count = rows ? (unsigned)config_setting_length(rows) : 0;
        tab->rows = ARENA_ARRAY(declaration->arena, struct screen_row, row_count + 1);
        for (unsigned row = 0; row < row_count; row++) {
            const char *fields = declaration_element(declaration, rows, row);
            if (fields)
                tab->rows[tab->row_count++].fields = fields;
        }
    }
}
