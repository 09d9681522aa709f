/* Reader of *.codes files. */
#include "server/forms/code_read.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "protocol/value.h"

enum { CODE_NUMBER_MAXIMUM = 32767 };

static const char *day_read(const struct declaration *declaration, const config_setting_t *group,
                            const char *key)
{
    const char *text = declaration_text(declaration, group, key, false);
    struct value value = {0};
    if (text && !value_parse(VALUE_DATE, text, declaration->arena, &value))
        declaration_error(declaration, config_setting_get_member(group, key),
                          "\"%s\" is no day like 2026-11-21", text);
    return text;
}

static void attributes_read(const struct declaration *declaration, const config_setting_t *group,
                            struct code_member *member)
{
    const config_setting_t *attributes = config_setting_get_member(group, "attributes");
    if (!attributes)
        return;
    if (!config_setting_is_group(attributes)) {
        declaration_error(declaration, attributes, "\"attributes\" must be a group { … }");
        return;
    }
    unsigned count = (unsigned)config_setting_length(attributes);
    member->attributes = ARENA_ARRAY(declaration->arena, struct code_attribute, count + 1);
    for (unsigned index = 0; index < count; index++) {
        const char *name = config_setting_name(config_setting_get_elem(attributes, index));
        const char *value = declaration_text(declaration, attributes, name, true);
        if (value && strpbrk(value, " ="))
            declaration_error(declaration, attributes, "\"%s\" holds a blank or =", value);
        else if (value)
            member->attributes[member->attribute_count++] = (struct code_attribute){
                .name = arena_string(declaration->arena, name), .value = value};
    }
}

/* As code_name_shape in sql/12_codes.sql: unlike other names it may begin with a digit ("2m"). */
static bool member_name_valid(const char *name)
{
    return *name != '_' && *name != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(name);
}

static void member_read(const struct declaration *declaration, const config_setting_t *group,
                        struct code_list *list)
{
    static const char *const keys[] = {"number",     "name",     "label",      "parent", "initials",
                                       "valid_from", "valid_to", "attributes", NULL};
    if (!declaration_keys(declaration, group, keys))
        return;
    struct code_member member = {
        .number = (uint16_t)declaration_number(declaration, group, "number", true, 1,
                                               CODE_NUMBER_MAXIMUM, 0),
        .name = declaration_text(declaration, group, "name", true),
        .label = declaration_label(declaration, group, "label", true, 0, 0),
        .initials = declaration_text(declaration, group, "initials", false),
        .valid_from = day_read(declaration, group, "valid_from"),
        .valid_to = day_read(declaration, group, "valid_to"),
        .source_line = (int)config_setting_source_line(group),
    };
    attributes_read(declaration, group, &member);
    if (member.name && !member_name_valid(member.name))
        declaration_error(declaration, group, "\"%s\" is no name ([a-z0-9][a-z0-9_.]*)",
                          member.name);
    if (!member.name || !member.number)
        return;
    if (code_member_by_name(list, member.name))
        declaration_error(declaration, group, "code \"%s\" stands twice in its list", member.name);
    if (code_member_by_number(list, member.number))
        declaration_error(declaration, group, "code number %d stands twice in its list",
                          member.number);
    const char *parent = declaration_text(declaration, group, "parent", false);
    if (parent) {
        const struct code_member *above = code_member_by_name(list, parent);
        if (above)
            member.parent = above->number;
        else
            declaration_error(declaration, group, "parent \"%s\" does not stand before \"%s\"",
                              parent, member.name);
    }
    list->members[list->count++] = member;
}

static void list_read(const struct declaration *declaration, const config_setting_t *group,
                      struct code_set *set)
{
    static const char *const keys[] = {"list", "title", "members", NULL};
    if (!declaration_keys(declaration, group, keys))
        return;
    struct code_list list = {
        .name = declaration_text(declaration, group, "list", true),
        .title = declaration_label(declaration, group, "title", true, 0, 0),
        .file = declaration->file,
        .source_line = (int)config_setting_source_line(group),
    };
    const config_setting_t *members = declaration_list(declaration, group, "members", true);
    unsigned count = members ? (unsigned)config_setting_length(members) : 0;
    list.members = ARENA_ARRAY(declaration->arena, struct code_member, count + 1);
    for (unsigned index = 0; index < count; index++)
        member_read(declaration, config_setting_get_elem(members, index), &list);
    if (!list.name)
        return;
    if (!declaration_is_name(list.name))
        declaration_error(declaration, group, "\"%s\" is no name ([a-z][a-z0-9_]*)", list.name);
    for (size_t index = 0; index < set->count; index++)
        if (strcmp(set->lists[index].name, list.name) == 0) {
            declaration_error(declaration, group, "code list \"%s\" stands in %s too", list.name,
                              set->lists[index].file);
            return;
        }
    set->lists[set->count++] = list;
}

static void file_read(const char *file, struct code_set *set, struct arena *arena,
                      struct form_errors *errors)
{
    static const char *const keys[] = {"codes", NULL};
    struct declaration declaration;

    if (!declaration_open(&declaration, file, arena, errors))
        return;
    const config_setting_t *root = config_root_setting(&declaration.config);
    declaration_keys(&declaration, root, keys);
    const config_setting_t *codes = declaration_list(&declaration, root, "codes", true);
    unsigned count = codes ? (unsigned)config_setting_length(codes) : 0;
    struct code_list *lists = ARENA_ARRAY(arena, struct code_list, set->count + count + 1);
    if (set->count)
        memcpy(lists, set->lists, set->count * sizeof(*lists));
    set->lists = lists;
    for (unsigned index = 0; index < count; index++)
        list_read(&declaration, config_setting_get_elem(codes, index), set);
    declaration_close(&declaration);
}

static int list_compare(const void *one, const void *other)
{
    return strcmp(((const struct code_list *)one)->name, ((const struct code_list *)other)->name);
}

struct code_set *code_read_directory(const char *directory, struct arena *arena,
                                     struct form_errors *errors)
{
    struct code_set *set = ARENA_NEW(arena, struct code_set);
    const char **files = NULL;
    size_t count = declaration_files(directory, ".codes", arena, errors, &files);
    for (size_t index = 0; index < count; index++)
        file_read(files[index], set, arena, errors);
    if (set->count)
        qsort(set->lists, set->count, sizeof(*set->lists), list_compare);
    return set;
}

const struct code_list *code_list_find(const struct code_set *set, const char *name)
{
    struct code_list wanted = {.name = name};
    if (!set->count)
        return NULL;
    return bsearch(&wanted, set->lists, set->count, sizeof(wanted), list_compare);
}

const struct code_member *code_member_by_name(const struct code_list *list, const char *name)
{
    for (size_t index = 0; index < list->count; index++)
        if (strcmp(list->members[index].name, name) == 0)
            return &list->members[index];
    return NULL;
}

const struct code_member *code_member_by_number(const struct code_list *list, int64_t number)
{
    for (size_t index = 0; index < list->count; index++)
        if (list->members[index].number == number)
            return &list->members[index];
    return NULL;
}
