/* Reader of the fields and lines of a form. */
#include "server/forms/form_parse.h"

#include <string.h>

#include "protocol/arena.h"
#include "protocol/record.h"

enum { FIELD_NUMBER_MAXIMUM = 999, TEXT_LENGTH_MAXIMUM = 16000, NUMBER_DIGITS = 18 };

static const struct flag_key {
    const char *key;
    unsigned flag;
} flag_keys[] = {
    {"required", FIELD_REQUIRED}, {"readonly", FIELD_READONLY}, {"generated", FIELD_GENERATED},
    {"fixed", FIELD_FIXED},       {"secret", FIELD_SECRET},     {"memo", FIELD_MEMO},
    {"hold", FIELD_HOLD},         {"virtual", FIELD_VIRTUAL},   {"dimension", FIELD_DIMENSION},
    {"measure", FIELD_MEASURE},   {"hidden", FIELD_HIDDEN},
};

/* Words of the expression language: a field of such a name could not be named in a rule. */
static const char *const expression_words[] = {"and",  "or",    "not",   "in",      "is",    "null",
                                               "true", "false", "where", "between", "starts"};

static const struct search_name {
    const char *name;
    unsigned search;
} search_names[] = {
    {"exact", SEARCH_EXACT},
    {"prefix", SEARCH_PREFIX},
    {"range", SEARCH_RANGE},
    {"initials", SEARCH_INITIALS},
};

/* Columns on the screen where the form does not say; two texts of the default width share a row. */
static const struct type_default {
    uint16_t length;
    uint8_t width;
} type_defaults[] = {
    [VALUE_TEXT] = {0, 30},  [VALUE_NUMBER] = {9, 0}, [VALUE_AMOUNT] = {0, 14},
    [VALUE_RATE] = {0, 14},  [VALUE_DATE] = {0, 10},  [VALUE_TIME] = {0, 16},
    [VALUE_CODE] = {0, 12},  [VALUE_FLAG] = {0, 2},   [VALUE_REFERENCE] = {0, 20},
    [VALUE_LINES] = {0, 78},
};

static void parse_search(const struct form_parser *parser, const config_setting_t *group,
                         struct field *field)
{
    const struct declaration *declaration = &parser->declaration;
    const config_setting_t *list = declaration_list(declaration, group, "search", false);
    int count = list ? config_setting_length(list) : 0;
    for (int index = 0; index < count; index++) {
        const char *name = declaration_element(declaration, list, (unsigned)index);
        unsigned search = SEARCH_NONE;
        for (size_t known = 0; name && known < sizeof(search_names) / sizeof(*search_names);
             known++)
            if (strcmp(search_names[known].name, name) == 0)
                search = search_names[known].search;
        if (name && !search)
            declaration_error(declaration, list, "unknown search \"%s\"", name);
        field->search |= search;
    }
    if (field->search & (SEARCH_PREFIX | SEARCH_INITIALS) && field->type != VALUE_TEXT)
        declaration_error(declaration, list, "only a text is searched by prefix or initials");
    if (field->flags & FIELD_SENSITIVE && field->search & ~(unsigned)SEARCH_EXACT)
        declaration_error(declaration, list, "a sensitive field is searched by whole value only");
    if (field->flags & FIELD_SECRET && field->search)
        declaration_error(declaration, list, "a secret field cannot be searched");
}

static void parse_size(const struct form_parser *parser, const config_setting_t *group,
                       struct field *field)
{
    const struct declaration *declaration = &parser->declaration;
    const struct type_default *standard = &type_defaults[field->type];
    int64_t most = field->type == VALUE_TEXT     ? TEXT_LENGTH_MAXIMUM
                   : field->type == VALUE_NUMBER ? NUMBER_DIGITS
                                                 : 0;
    if (!most && config_setting_get_member(group, "length"))
        declaration_error(declaration, group, "only a text or a number has a length");
    else
        field->length = (uint16_t)declaration_number(
            declaration, group, "length", field->type == VALUE_TEXT, 1, most, standard->length);
    int64_t width = standard->width;
    if (field->type == VALUE_NUMBER)
        width = field->length + 1;
    else if (field->flags & FIELD_MEMO)
        width = SCREEN_COLUMNS - LABEL_ZH - 2;
    else if (field->type == VALUE_TEXT && field->length < width)
        width = field->length;
    field->width = (uint8_t)declaration_number(declaration, group, "width", false, 1,
                                               SCREEN_COLUMNS - 2, width);
}

/* Which keys only one type understands; a key given to another type is a mistake of the writer. */
static void refuse_foreign_keys(const struct form_parser *parser, const config_setting_t *group,
                                enum value_type type)
{
    static const struct {
        const char *key;
        enum value_type type;
    } owners[] = {
        {"codes", VALUE_CODE},   {"form", VALUE_REFERENCE}, {"table", VALUE_LINES},
        {"parent", VALUE_LINES}, {"fields", VALUE_LINES},   {"rules", VALUE_LINES},
        {"list", VALUE_LINES},   {"order", VALUE_LINES},    {"key", VALUE_LINES},
        {"memo", VALUE_TEXT},    {"secret", VALUE_TEXT},
    };
    for (size_t index = 0; index < sizeof(owners) / sizeof(*owners); index++) {
        const config_setting_t *member = config_setting_get_member(group, owners[index].key);
        if (member && owners[index].type != type)
            declaration_error(&parser->declaration, member, "\"%s\" belongs to fields of type %s",
                              owners[index].key, value_type_names[owners[index].type]);
    }
}

static size_t line_depth(const struct form *form)
{
    size_t depth = 0;
    for (; form->head; form = form->head)
        depth++;
    return depth;
}

/* Columns of lines that name none: whatever can stand in a cell. */
static const char *list_default(const struct form *lines, struct arena *arena)
{
    const char *list = NULL;
    for (size_t index = 0; index < lines->field_count; index++) {
        const struct field *field = &lines->fields[index];
        if (field->type == VALUE_LINES || field->flags & (FIELD_MEMO | FIELD_HIDDEN | FIELD_SECRET))
            continue;
        list = list ? arena_format(arena, "%s %s", list, field->name) : field->name;
    }
    return list;
}

static struct form *parse_lines(const struct form_parser *parser, const config_setting_t *group,
                                struct form *head, const struct field *field)
{
    const struct declaration *declaration = &parser->declaration;
    struct form *lines = ARENA_NEW(declaration->arena, struct form);
    bool stored = !(head->flags & FORM_BARE) && !(field->flags & FIELD_VIRTUAL);
    lines->number = field->number;
    lines->name = field->name;
    lines->title = field->label;
    lines->help = field->help;
    lines->head = head;
    lines->flags = stored ? head->flags & FORM_VIEW : FORM_BARE;
    lines->file = declaration->file;
    lines->source_line = field->source_line;
    lines->table = declaration_text(declaration, group, "table", stored);
    lines->parent = declaration_text(declaration, group, "parent", false);
    if (!lines->parent)
        lines->parent = arena_format(declaration->arena, "%s_id", head->name);
    lines->list = declaration_text(declaration, group, "list", false);
    lines->key = declaration_text(declaration, group, "key", false);
    lines->order = declaration_text(declaration, group, "order", false);
    if (!lines->order)
        lines->order = "id";
    if (line_depth(lines) >= RECORD_DEPTH_LIMIT) {
        declaration_error(declaration, group, "lines go at most %d deep", RECORD_DEPTH_LIMIT);
        return lines;
    }
    form_parse_fields(parser, group, lines);
    form_parse_rules(parser, group, lines);
    if (!lines->list)
        lines->list = list_default(lines, declaration->arena);
    return lines;
}

static void parse_flags(const struct form_parser *parser, const config_setting_t *group,
                        struct field *field)
{
    const struct declaration *declaration = &parser->declaration;
    for (size_t index = 0; index < sizeof(flag_keys) / sizeof(*flag_keys); index++)
        if (declaration_flag(declaration, group, flag_keys[index].key, false))
            field->flags |= flag_keys[index].flag;
    const char *in = declaration_text(declaration, group, "in", false);
    if (in && strcmp(in, "base") == 0)
        field->flags |= FIELD_BASE;
    else if (in)
        declaration_error(declaration, group, "\"in\" can only be \"base\"");
    field->mask = declaration_text(declaration, group, "sensitive", false);
    if (field->mask)
        field->flags |= FIELD_SENSITIVE;
    if (field->flags & FIELD_SENSITIVE && field->type != VALUE_TEXT)
        declaration_error(declaration, group, "only a text can be sensitive");
    if (field->flags & FIELD_BASE && field->flags & FIELD_VIRTUAL)
        declaration_error(declaration, group, "a virtual field stands in no base table");
    if (field->flags & FIELD_MEASURE && field->type != VALUE_NUMBER &&
        field->type != VALUE_AMOUNT && field->type != VALUE_RATE)
        declaration_error(declaration, group, "a measure is a number, an amount or a rate");
}

static void parse_field(const struct form_parser *parser, const config_setting_t *group,
                        struct form *form)
{
    static const char *const keys[] = {
        "number",   "name",      "type",      "label",   "help",      "length", "width",
        "codes",    "form",      "in",        "initial", "ask",       "search", "sensitive",
        "table",    "parent",    "fields",    "rules",   "list",      "order",  "key",
        "required", "readonly",  "generated", "fixed",   "secret",    "memo",   "hold",
        "virtual",  "dimension", "measure",   "hidden",  "templates", NULL};
    const struct declaration *declaration = &parser->declaration;
    if (!declaration_keys(declaration, group, keys))
        return;
    struct field *field = &form->fields[form->field_count];
    const char *type = declaration_text(declaration, group, "type", true);
    *field = (struct field){
        .number = (uint16_t)declaration_number(declaration, group, "number", true, 1,
                                               FIELD_NUMBER_MAXIMUM, 0),
        .name = declaration_text(declaration, group, "name", true),
        .type = type ? value_type_from_name(type) : 0,
        .label = declaration_label(declaration, group, "label", true, LABEL_ZH, LABEL_EN),
        .help = declaration_label(declaration, group, "help", false, 0, 0),
        .codes = declaration_text(declaration, group, "codes", false),
        .reference_name = declaration_text(declaration, group, "form", false),
        .initial = declaration_text(declaration, group, "initial", false),
        .ask = declaration_text(declaration, group, "ask", false),
        .source_line = (int)config_setting_source_line(group),
    };
    if (type && !field->type)
        declaration_error(declaration, group, "unknown type \"%s\"", type);
    if (field->name && !declaration_is_name(field->name))
        declaration_error(declaration, group, "\"%s\" is no name ([a-z][a-z0-9_]*)", field->name);
    for (size_t index = 0;
         field->name && index < sizeof(expression_words) / sizeof(*expression_words); index++)
        if (strcmp(expression_words[index], field->name) == 0)
            declaration_error(declaration, group, "\"%s\" is a word of the expression language",
                              field->name);
    if (!field->name || !field->type || !field->number)
        return;
    for (size_t index = 0; index < form->field_count; index++) {
        if (form->fields[index].number == field->number)
            declaration_error(declaration, group, "field number %d stands twice", field->number);
        if (strcmp(form->fields[index].name, field->name) == 0)
            declaration_error(declaration, group, "field name \"%s\" stands twice", field->name);
    }
    refuse_foreign_keys(parser, group, field->type);
    parse_flags(parser, group, field);
    parse_size(parser, group, field);
    parse_search(parser, group, field);
    if (field->type == VALUE_REFERENCE && !field->reference_name)
        declaration_error(declaration, group, "\"form\" is missing: what is referred to?");
    if (field->type == VALUE_LINES)
        field->lines = parse_lines(parser, group, form, field);
    form->field_count++;
}

/* The template field of a line form is that of the form around it. */
static const struct field *template_field(const struct form *form)
{
    while (form->head)
        form = form->head;
    return form->template_field ? form_field(form, form->template_field) : NULL;
}

static void parse_templates(const struct form_parser *parser, const config_setting_t *group,
                            const struct form *form, struct field *field)
{
    const struct declaration *declaration = &parser->declaration;
    const config_setting_t *templates = declaration_list(declaration, group, "templates", false);
    if (!templates)
        return;
    const struct field *by = template_field(form);
    const struct code_list *list =
        by && by->codes ? code_list_find(parser->codes, by->codes) : NULL;
    if (!list) {
        declaration_error(declaration, templates,
                          "\"templates\" needs a code field named by the form's \"template\"");
        return;
    }
    for (int index = 0; index < config_setting_length(templates); index++) {
        const char *name = declaration_element(declaration, templates, (unsigned)index);
        const struct code_member *member = name ? code_member_by_name(list, name) : NULL;
        if (name && !member)
            declaration_error(declaration, templates, "code list \"%s\" has no \"%s\"", list->name,
                              name);
        else if (member && member->number > 31)
            declaration_error(declaration, templates, "a template's code goes up to 31");
        else if (member)
            field->templates |= 1u << member->number;
    }
}

/* Once all fields are known: the template field may stand below the fields that depend on it. */
static void templates_all(const struct form_parser *parser, const config_setting_t *list,
                          struct form *form)
{
    for (int index = 0; index < config_setting_length(list); index++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)index);
        if (!config_setting_is_group(group))
            continue;
        const config_setting_t *name = config_setting_get_member(group, "name");
        const char *text = name ? config_setting_get_string(name) : NULL;
        for (size_t at = 0; text && at < form->field_count; at++) {
            struct field *field = &form->fields[at];
            if (strcmp(field->name, text) != 0)
                continue;
            parse_templates(parser, group, form, field);
            const config_setting_t *inner = config_setting_get_member(group, "fields");
            if (field->lines && inner)
                templates_all(parser, inner, field->lines);
        }
    }
}

void form_parse_fields(const struct form_parser *parser, const config_setting_t *group,
                       struct form *form)
{
    const struct declaration *declaration = &parser->declaration;
    const config_setting_t *list = declaration_list(declaration, group, "fields", true);
    unsigned count = list ? (unsigned)config_setting_length(list) : 0;
    form->fields = ARENA_ARRAY(declaration->arena, struct field, count + 1);
    for (unsigned index = 0; index < count; index++)
        parse_field(parser, config_setting_get_elem(list, index), form);
    for (size_t index = 0; index < form->field_count; index++)
        form->fields[index].index = (uint16_t)index;
    if (list && !form->head)
        templates_all(parser, list, form);
}
