/* Mapping files of imports; see import_map.h. */
#include "client/ctl/import_map.h"

#include <string.h>

#include "protocol/arena.h"

enum { SLOTS = 8, COLUMN_BYTES = 200 };

static const char *const map_keys[] = {"group",     "form",   "key",   "encoding",
                                       "delimiter", "header", "skip",  "slots",
                                       "columns",   "fields", "lines", NULL};
static const char *const field_keys[] = {"field",  "column",    "value", "format",
                                         "values", "otherwise", NULL};
static const char *const lines_keys[] = {"lines", "fields", NULL};

static void values_read(const struct declaration *declaration, const config_setting_t *group,
                        struct import_field *field)
{
    config_setting_t *list = declaration_list(declaration, group, "values", false);
    int count = list ? config_setting_length(list) : 0;
    field->values = ARENA_ARRAY(declaration->arena, struct import_value, (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        const config_setting_t *pair = config_setting_get_elem(list, (unsigned)i);
        const char *from = config_setting_get_string_elem(pair, 0);
        const char *to = config_setting_get_string_elem(pair, 1);
        if (!from || !to || config_setting_length(pair) != 2) {
            declaration_error(declaration, pair, "a pair of texts is wanted");
            continue;
        }
        field->values[field->value_count].from = arena_string(declaration->arena, from);
        field->values[field->value_count++].to = arena_string(declaration->arena, to);
    }
}

static void field_read(const struct declaration *declaration, const config_setting_t *group,
                       struct import_field *field)
{
    if (!declaration_keys(declaration, group, field_keys))
        return;
    const char *column = declaration_text(declaration, group, "column", false);
    const char *value = declaration_text(declaration, group, "value", false);
    const char *format = declaration_text(declaration, group, "format", false);
    const char *otherwise = NULL;
    field->name = declaration_text(declaration, group, "field", true);
    field->source_line = (int)config_setting_source_line(group);
    if (!!column + !!value + !!format != 1)
        declaration_error(declaration, group, "one of column, value and format is wanted");
    field->format = column  ? arena_format(declaration->arena, "{%s}", column)
                    : value ? value
                            : format;
    /* May be empty, which the common reader refuses. */
    if (config_setting_lookup_string(group, "otherwise", &otherwise))
        field->otherwise = arena_string(declaration->arena, otherwise);
    values_read(declaration, group, field);
    if (!field->name)
        field->name = "";
    if (!field->format)
        field->format = "";
}

static struct import_field *fields_read(const struct declaration *declaration,
                                        const config_setting_t *group, size_t *count)
{
    config_setting_t *list = declaration_list(declaration, group, "fields", true);
    *count = list ? (size_t)config_setting_length(list) : 0;
    struct import_field *fields = ARENA_ARRAY(declaration->arena, struct import_field, *count + 1);
    for (size_t i = 0; i < *count; i++)
        field_read(declaration, config_setting_get_elem(list, (unsigned)i), &fields[i]);
    return fields;
}

static void lines_read(const struct declaration *declaration, const config_setting_t *group,
                       struct import_map *map)
{
    config_setting_t *list = declaration_list(declaration, group, "lines", false);
    size_t count = list ? (size_t)config_setting_length(list) : 0;
    map->lines = ARENA_ARRAY(declaration->arena, struct import_lines, count + 1);
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *element = config_setting_get_elem(list, (unsigned)i);
        struct import_lines *lines = &map->lines[map->lines_count];
        if (!declaration_keys(declaration, element, lines_keys))
            continue;
        lines->name = declaration_text(declaration, element, "lines", true);
        lines->source_line = (int)config_setting_source_line(element);
        lines->fields = fields_read(declaration, element, &lines->count);
        map->lines_count += lines->name != NULL;
    }
}

static void columns_read(const struct declaration *declaration, const config_setting_t *group,
                         struct import_map *map)
{
    config_setting_t *list = declaration_list(declaration, group, "columns", !map->header);
    map->columns = ARENA_ARRAY(declaration->arena, const char *, IMPORT_COLUMNS);
    int count = list ? config_setting_length(list) : 0;
    if (count > IMPORT_COLUMNS)
        declaration_error(declaration, list, "too many columns");
    for (int i = 0; i < count && i < IMPORT_COLUMNS; i++) {
        const char *name = declaration_element(declaration, list, (unsigned)i);
        map->columns[map->column_count++] = name ? name : "";
    }
}

static void map_read(const struct declaration *declaration, const config_setting_t *group,
                     struct import_map *map)
{
    if (!declaration_keys(declaration, group, map_keys))
        return;
    const char *encoding = declaration_text(declaration, group, "encoding", false);
    const char *delimiter = declaration_text(declaration, group, "delimiter", false);
    map->form = declaration_text(declaration, group, "form", true);
    map->key = declaration_text(declaration, group, "key", false);
    map->group = declaration_text(declaration, group, "group", false);
    map->header = declaration_flag(declaration, group, "header", true);
    map->skip = declaration_number(declaration, group, "skip", false, 0, 1000, 0);
    map->slots = declaration_number(declaration, group, "slots", false, 1, SLOTS, SLOTS);
    if (encoding && strcmp(encoding, "GB18030") == 0)
        map->encoding = CSV_GB18030;
    else if (encoding && strcmp(encoding, "UTF-8") != 0)
        declaration_error(declaration, group, "encoding is UTF-8 or GB18030");
    if (delimiter && (strlen(delimiter) != 1 || !strchr(",\t;|", delimiter[0])))
        declaration_error(declaration, group, "delimiter is a comma, tab, ; or |");
    map->delimiter = delimiter ? delimiter[0] : '\0';
    columns_read(declaration, group, map);
    map->fields = fields_read(declaration, group, &map->field_count);
    lines_read(declaration, group, map);
}

struct import_map *import_map_read(const char *file, struct arena *arena,
                                   struct form_errors *errors)
{
    struct declaration declaration;
    size_t before = errors->count;
    struct import_map *map = ARENA_NEW(arena, struct import_map);
    if (!declaration_open(&declaration, file, arena, errors))
        return NULL;
    const config_setting_t *group = config_lookup(&declaration.config, "import");
    map->file = file;
    if (group)
        map_read(&declaration, group, map);
    else
        form_errors_add(errors, file, 0, "import = { ... } is wanted");
    declaration_close(&declaration);
    return errors->count == before ? map : NULL;
}

static bool column_find(const struct import_map *map, const char *name, size_t length,
                        size_t *place)
{
    for (size_t i = 0; i < map->column_count; i++) {
        if (strlen(map->columns[i]) == length && strncmp(map->columns[i], name, length) == 0) {
            *place = i;
            return true;
        }
    }
    return false;
}

static bool is_line(const char *name, size_t length)
{
    return length == 4 && strncmp(name, "line", 4) == 0;
}

static void field_check(const struct import_map *map, const struct form *form,
                        const struct import_field *field, struct form_errors *errors)
{
    const struct field *target = form_field(form, field->name);
    if (!target || target->type == VALUE_LINES)
        form_errors_add(errors, map->file, field->source_line, "%s has no field \"%s\"", form->name,
                        field->name);
    for (const char *at = strchr(field->format, '{'); at; at = strchr(at + 1, '{')) {
        size_t length = strcspn(at + 1, "}");
        size_t place;
        if (!is_line(at + 1, length) && !column_find(map, at + 1, length, &place))
            form_errors_add(errors, map->file, field->source_line,
                            "the file has no column \"%.*s\"", (int)length, at + 1);
    }
}

bool import_map_check(const struct import_map *map, const struct form *form,
                      struct form_errors *errors)
{
    size_t before = errors->count;
    for (size_t i = 0; i < map->field_count; i++)
        field_check(map, form, &map->fields[i], errors);
    for (size_t i = 0; i < map->lines_count; i++) {
        const struct field *field = form_field(form, map->lines[i].name);
        if (!field || !field->lines)
            form_errors_add(errors, map->file, map->lines[i].source_line, "%s has no lines \"%s\"",
                            form->name, map->lines[i].name);
        for (size_t n = 0; field && field->lines && n < map->lines[i].count; n++)
            field_check(map, field->lines, &map->lines[i].fields[n], errors);
    }
    size_t place;
    if (map->group && !column_find(map, map->group, strlen(map->group), &place))
        form_errors_add(errors, map->file, 0, "the file has no column \"%s\"", map->group);
    const struct field *key = map->key ? form_field(form, map->key) : NULL;
    if (map->key && (!key || key->type == VALUE_LINES || (key->flags & FIELD_VIRTUAL)))
        form_errors_add(errors, map->file, 0, "%s cannot be found by \"%s\"", form->name, map->key);
    return errors->count == before;
}

/* --- rows --- */

static const char *trimmed(const char *text, struct arena *arena)
{
    size_t length;
    text += strspn(text, " \t");
    length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    return arena_copy(arena, text, length);
}

/* A format whose columns are all empty gives an empty text: no "None Street" from nothing. */
static const char *field_text(const struct import_map *map, const struct import_field *field,
                              const struct import_row *row, struct arena *arena)
{
    const char *text = "";
    bool columns = false;
    bool filled = false;
    for (const char *at = field->format; *at;) {
        size_t length = strcspn(at, "{");
        size_t place;
        text = arena_format(arena, "%s%.*s", text, (int)length, at);
        at += length;
        if (*at == '\0')
            break;
        length = strcspn(at + 1, "}");
        if (is_line(at + 1, length)) {
            text = arena_format(arena, "%s%llu", text, (unsigned long long)row->line);
            filled = columns = true;
        } else if (column_find(map, at + 1, length, &place) && place < row->count) {
            const char *cell = trimmed(row->cells[place], arena);
            text = arena_format(arena, "%s%s", text, cell);
            filled = filled || cell[0];
            columns = true;
        }
        at += 1 + length + (at[1 + length] == '}');
    }
    return columns && !filled ? "" : text;
}

static void field_fill(struct desk *desk, const struct import_map *map, struct record *record,
                       const struct import_field *source, const struct import_row *row,
                       struct arena *arena, struct faults *faults, unsigned lines_field,
                       size_t line)
{
    const struct field *field = form_field(record->form, source->name);
    struct input_error error = {.arena = arena};
    const char *text = field_text(map, source, row, arena);
    bool known = source->value_count == 0;
    struct fault *fault = NULL;
    for (size_t i = 0; i < source->value_count && !known; i++) {
        if (strcmp(source->values[i].from, text) == 0) {
            text = source->values[i].to;
            known = true;
        }
    }
    if (!known && source->otherwise)
        text = source->otherwise;
    else if (!known && text[0])
        fault = faults_add(faults, "import.unknown_value", field->number, text, NULL);
    if (!fault && text[0] &&
        !value_type_in(desk, record->form, field, text, arena, &record->values[field->index],
                       &error))
        fault = faults_add(faults, "import.value", field->number, text, NULL);
    if (fault) {
        fault->lines_field = (uint16_t)lines_field;
        fault->line = (uint32_t)line;
    }
}

static bool lines_wanted(const struct import_map *map, const struct import_lines *lines,
                         const struct import_row *row, struct arena *arena)
{
    for (size_t i = 0; i < lines->count; i++)
        if (strchr(lines->fields[i].format, '{') &&
            field_text(map, &lines->fields[i], row, arena)[0])
            return true;
    return false;
}

struct record *import_record(struct desk *desk, const struct import_map *map,
                             const struct form *form, const struct import_row *row,
                             struct arena *arena, struct faults *faults)
{
    struct record *record = record_create(form, arena);
    for (size_t i = 0; i < map->field_count; i++)
        field_fill(desk, map, record, &map->fields[i], row, arena, faults, 0, 0);
    import_lines(desk, map, record, row, arena, faults);
    return record;
}

const char *import_group(const struct import_map *map, const struct import_row *row)
{
    size_t place;
    return map->group && column_find(map, map->group, strlen(map->group), &place) &&
                   place < row->count
               ? row->cells[place]
               : "";
}

void import_lines(struct desk *desk, const struct import_map *map, struct record *record,
                  const struct import_row *row, struct arena *arena, struct faults *faults)
{
    for (size_t i = 0; i < map->lines_count; i++) {
        const struct import_lines *lines = &map->lines[i];
        if (!lines_wanted(map, lines, row, arena))
            continue;
        struct record *line = record_add_line(record, lines->name, arena);
        for (size_t n = 0; n < lines->count; n++)
            field_fill(desk, map, line, &lines->fields[n], row, arena, faults,
                       form_field(record->form, lines->name)->number,
                       record_value(record, lines->name)->lines->count);
    }
}
