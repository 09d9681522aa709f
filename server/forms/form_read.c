/* Reader of forms: the head of a form, the set of all forms, and what ties forms together. */
#include "server/forms/form_read.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/arena.h"
#include "server/forms/form_parse.h"

enum { TITLE_ZH = 20, TITLE_EN = 30, FORM_NUMBER_MAXIMUM = 65535 };

static const struct flag_name {
    const char *name;
    unsigned flag;
} flag_names[] = {
    {"bare", FORM_BARE},
    {"view", FORM_VIEW},
    {"versioned", FORM_VERSIONED},
    {"attachments", FORM_ATTACHMENTS},
    {"notes", FORM_NOTES},
    {"confirm", FORM_CONFIRM},
    {"extendable", FORM_EXTENDABLE},
};

static unsigned parse_flags(const struct form_parser *parser, const config_setting_t *group)
{
    const struct declaration *declaration = &parser->declaration;
    const config_setting_t *list = declaration_list(declaration, group, "flags", false);
    unsigned flags = 0;
    for (int index = 0; list && index < config_setting_length(list); index++) {
        const char *name = declaration_element(declaration, list, (unsigned)index);
        unsigned flag = 0;
        for (size_t known = 0; name && known < sizeof(flag_names) / sizeof(*flag_names); known++)
            if (strcmp(flag_names[known].name, name) == 0)
                flag = flag_names[known].flag;
        if (name && !flag)
            declaration_error(declaration, list, "unknown flag \"%s\"", name);
        flags |= flag;
    }
    return flags;
}

/* The states are the code list of the state field unless a *.codes file holds that list. */
static void state_codes(struct form *form, struct arena *arena)
{
    for (size_t index = 0; form->state_count && form->state_field && index < form->field_count;
         index++) {
        struct field *field = &form->fields[index];
        if (strcmp(field->name, form->state_field) == 0 && !field->codes)
            field->codes = arena_format(arena, "%s_%s", form->name, field->name);
    }
}

static struct form *parse_form(const struct form_parser *parser, const config_setting_t *group)
{
    static const char *const keys[] = {
        "number", "name",     "code",    "menu",      "title", "help",        "table",
        "base",   "key",      "caption", "numbering", "scope", "scope_table", "responsible",
        "order",  "template", "state",   "flags",     "list",  "criteria",    "fields",
        "states", "verbs",    "rules",   "related",   "tabs",  NULL};
    const struct declaration *declaration = &parser->declaration;
    if (!declaration_keys(declaration, group, keys))
        return NULL;
    struct form *form = ARENA_NEW(declaration->arena, struct form);
    form->flags = parse_flags(parser, group);
    bool stored = !(form->flags & FORM_BARE);
    form->number =
        (uint16_t)declaration_number(declaration, group, "number", true, 1, FORM_NUMBER_MAXIMUM, 0);
    form->name = declaration_text(declaration, group, "name", true);
    form->code = declaration_text(declaration, group, "code", true);
    form->menu = declaration_text(declaration, group, "menu", false);
    form->title = declaration_label(declaration, group, "title", true, TITLE_ZH, TITLE_EN);
    form->help = declaration_label(declaration, group, "help", false, 0, 0);
    form->table = declaration_text(declaration, group, "table", stored);
    form->base = declaration_text(declaration, group, "base", false);
    form->key = declaration_text(declaration, group, "key", stored);
    form->caption = declaration_text(declaration, group, "caption", false);
    form->numbering = declaration_text(declaration, group, "numbering", false);
    form->scope = declaration_text(declaration, group, "scope", stored);
    form->scope_table = declaration_text(declaration, group, "scope_table", false);
    if (!form->scope_table)
        form->scope_table = form->table;
    form->responsible = declaration_text(declaration, group, "responsible", false);
    form->order = declaration_text(declaration, group, "order", false);
    form->template_field = declaration_text(declaration, group, "template", false);
    form->state_field = declaration_text(declaration, group, "state", false);
    form->list = declaration_text(declaration, group, "list", stored);
    form->criteria = declaration_text(declaration, group, "criteria", stored);
    form->file = declaration->file;
    form->source_line = (int)config_setting_source_line(group);
    if (!form->order)
        form->order = "id";
    if (!form->scope)
        form->scope = "none";
    if (!form->name || !form->number || !form->code)
        return NULL;
    form_parse_fields(parser, group, form);
    form_parse_states(parser, group, form);
    form_parse_verbs(parser, group, form);
    form_parse_rules(parser, group, form);
    form_parse_related(parser, group, form);
    form_parse_tabs(parser, group, form);
    state_codes(form, declaration->arena);
    form_layout_default(form, declaration->arena);
    form_lint(form, parser->codes, declaration->errors);
    return form;
}

static struct form *read_file(const char *file, struct form_parser *parser, struct arena *arena,
                              struct form_errors *errors)
{
    static const char *const keys[] = {"form", NULL};
    struct form *form = NULL;
    if (!declaration_open(&parser->declaration, file, arena, errors))
        return NULL;
    const config_setting_t *root = config_root_setting(&parser->declaration.config);
    declaration_keys(&parser->declaration, root, keys);
    const config_setting_t *group = config_setting_get_member(root, "form");
    if (group)
        form = parse_form(parser, group);
    else
        declaration_error(&parser->declaration, NULL, "\"form\" is missing");
    declaration_close(&parser->declaration);
    return form;
}

static void set_unique(const struct form_set *set, const struct form *form,
                       struct form_errors *errors)
{
    for (size_t index = 0; index < set->count; index++) {
        const struct form *other = set->forms[index];
        if (other->number == form->number)
            form_errors_add(errors, form->file, form->source_line,
                            "form number %d stands in %s too", form->number, other->file);
        if (strcmp(other->name, form->name) == 0)
            form_errors_add(errors, form->file, form->source_line,
                            "form name \"%s\" stands in %s too", form->name, other->file);
        if (strcasecmp(other->code, form->code) == 0)
            form_errors_add(errors, form->file, form->source_line,
                            "form code \"%s\" stands in %s too", form->code, other->file);
    }
}

/* The form whose states are the code list `name`, as state_codes() named it. */
static const struct form *form_by_state_list(const struct form_set *set, const char *name)
{
    for (size_t index = 0; index < set->count; index++) {
        const struct form *form = set->forms[index];
        const struct field *field = form->state_field ? form_field(form, form->state_field) : NULL;
        if (field && field->codes && form->state_count && strcmp(field->codes, name) == 0)
            return form;
    }
    return NULL;
}

static bool code_known(const struct code_list *list, const struct form *states, const char *name)
{
    if (list)
        return code_member_by_name(list, name) != NULL;
    for (size_t index = 0; index < states->state_count; index++)
        if (strcmp(states->states[index].name, name) == 0)
            return true;
    return false;
}

static void resolve_codes(const struct form_set *set, const struct form *form,
                          const struct code_set *codes, struct form_errors *errors)
{
    for (size_t index = 0; index < form->field_count; index++) {
        const struct field *field = &form->fields[index];
        if (field->lines)
            resolve_codes(set, field->lines, codes, errors);
        if (!field->codes || field->type != VALUE_CODE)
            continue;
        const struct code_list *list = code_list_find(codes, field->codes);
        const struct form *states = list ? NULL : form_by_state_list(set, field->codes);
        if (!list && !states)
            form_errors_add(errors, form->file, field->source_line, "unknown code list \"%s\"",
                            field->codes);
        else if (field->initial && !code_known(list, states, field->initial))
            form_errors_add(errors, form->file, field->source_line,
                            "code list \"%s\" has no \"%s\"", field->codes, field->initial);
    }
}

static void resolve_fields(const struct form_set *set, struct form *form,
                           struct form_errors *errors)
{
    for (size_t index = 0; index < form->field_count; index++) {
        struct field *field = &form->fields[index];
        if (field->lines)
            resolve_fields(set, field->lines, errors);
        if (!field->reference_name)
            continue;
        const struct form *target = form_by_name(set, field->reference_name);
        if (!target)
            form_errors_add(errors, form->file, field->source_line,
                            "field \"%s\" refers to the unknown form \"%s\"", field->name,
                            field->reference_name);
        else if (target->flags & FORM_BARE)
            form_errors_add(errors, form->file, field->source_line,
                            "field \"%s\" refers to the bare form \"%s\"", field->name,
                            field->reference_name);
        else
            field->reference = target->number;
    }
}

static void resolve_related(const struct form_set *set, struct form *form,
                            struct form_errors *errors)
{
    for (size_t index = 0; index < form->related_count; index++) {
        struct related *related = &form->related[index];
        const struct form *target = form_by_name(set, related->form_name);
        const struct field *by = target ? form_field(target, related->by) : NULL;
        if (!target) {
            form_errors_add(errors, form->file, related->source_line,
                            "related list names the unknown form \"%s\"", related->form_name);
            continue;
        }
        related->form = target->number;
        if (!by || by->type != VALUE_REFERENCE)
            form_errors_add(errors, form->file, related->source_line,
                            "form \"%s\" has no reference \"%s\"", related->form_name, related->by);
        if (!form_by_name(set, related->permission_form))
            form_errors_add(errors, form->file, related->source_line,
                            "permission_form names the unknown form \"%s\"",
                            related->permission_form);
    }
}

static const struct verb *verb_by_permission(const struct form *form, const char *permission)
{
    for (size_t index = 0; index < form->verb_count; index++)
        if (form->verbs[index].permission && strcmp(form->verbs[index].permission, permission) == 0)
            return &form->verbs[index];
    return NULL;
}

/* gate_open() narrows the rows of one table by the permission in effect, so a permission belongs
 * to one table; bare forms may use any. */
static void permissions_lint(const struct form_set *set, size_t place, struct form_errors *errors)
{
    const struct form *form = set->forms[place];
    for (size_t index = 0; form->scope_table && index < form->verb_count; index++) {
        const struct verb *verb = &form->verbs[index];
        for (size_t at = 0; verb->permission && at < place; at++) {
            const struct form *other = set->forms[at];
            if (other->scope_table && strcmp(other->scope_table, form->scope_table) != 0 &&
                verb_by_permission(other, verb->permission))
                form_errors_add(errors, form->file, verb->source_line,
                                "permission \"%s\" limits table \"%s\" in %s", verb->permission,
                                other->scope_table, other->file);
        }
    }
}

static int form_compare(const void *one, const void *other)
{
    const struct form *const *first = one;
    const struct form *const *second = other;
    return ((*first)->number > (*second)->number) - ((*first)->number < (*second)->number);
}

struct form_set *form_read_directory(const char *directory, struct arena *arena,
                                     struct form_errors *errors)
{
    struct form_set *set = ARENA_NEW(arena, struct form_set);
    const char **files = NULL;
    struct form_parser parser = {
        .codes = code_read_directory(directory, arena, errors),
        .verbs =
            message_read_file(arena_format(arena, "%s/verbs.messages", directory), arena, errors),
    };
    size_t count = declaration_files(directory, ".form", arena, errors, &files);
    set->forms = ARENA_ARRAY(arena, struct form *, count + 1);
    for (size_t index = 0; index < count; index++) {
        struct form *form = read_file(files[index], &parser, arena, errors);
        if (!form)
            continue;
        set_unique(set, form, errors);
        set->forms[set->count++] = form;
    }
    if (set->count)
        qsort(set->forms, set->count, sizeof(*set->forms), form_compare);
    for (size_t index = 0; index < set->count; index++) {
        resolve_fields(set, set->forms[index], errors);
        resolve_codes(set, set->forms[index], parser.codes, errors);
        resolve_related(set, set->forms[index], errors);
        permissions_lint(set, index, errors);
    }
    for (size_t index = 0; index < set->count && !errors->count; index++)
        form_seal(set->forms[index]);
    return set;
}
