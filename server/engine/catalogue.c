/* Reads what administrators change at run time into a worker's memory; see catalogue.h. */
#include "server/engine/catalogue.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "server/engine/code_list.h"
#include "server/expression/expression.h"
#include "server/gate/database.h"
#include "server/process/log.h"

static const char sql_epoch[] =
    "SELECT e.catalogue, (extract(epoch FROM i.clock_shift) * 1000000)::bigint "
    "FROM epoch e CROSS JOIN installation i";
static const char sql_lists[] =
    "SELECT name, title_zh, title_en FROM code_list ORDER BY name COLLATE \"C\"";
static const char sql_codes[] =
    "SELECT list, number, name, label_zh, label_en, coalesce(parent, 0), attributes, initials, "
    "coalesce(region_id, 0), valid_from - date '1970-01-01', "
    "coalesce(valid_to - date '1970-01-01', -1), sort FROM code ORDER BY list COLLATE \"C\", "
    "number";
static const char sql_extras[] =
    "SELECT form, number, name, label_zh, label_en, type, length, codes, required, searchable, "
    "sensitive, templates, tab FROM extra_field WHERE status = 1 ORDER BY form COLLATE \"C\", "
    "number";
static const char sql_settings[] = "SELECT name, value FROM setting ORDER BY name COLLATE \"C\"";

static int64_t cell_integer(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static const char *cell_text(struct arena *arena, const PGresult *result, int row, int column)
{
    return arena_string(arena, PQgetvalue(result, row, column));
}

static bool cell_flag(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column)[0] == 't';
}

static void list_hash(struct code_catalogue_list *list)
{
    struct writer writer;
    writer_initialise(&writer, SIZE_MAX / 2);
    code_list_encode(&writer, list);
    uint32_t hash = (uint32_t)crc32(0, writer.bytes, (uInt)writer.length);
    list->hash = hash == 0 ? 1 : hash;
    writer_release(&writer);
}

/* States of a form serve as the code list of its state field where no list of that name exists. */
static void lists_add_states(struct catalogue *catalogue, const struct form_set *image)
{
    for (size_t i = 0; i < image->count; i++) {
        const struct form *form = image->forms[i];
        const struct field *field =
            form->state_field != NULL ? form_field(form, form->state_field) : NULL;
        if (form->state_count == 0 || field == NULL || field->codes == NULL ||
            catalogue_list(catalogue, field->codes) != NULL) {
            continue;
        }
        size_t at = 0;
        while (at < catalogue->list_count && strcmp(catalogue->lists[at].name, field->codes) < 0) {
            at++;
        }
        memmove(&catalogue->lists[at + 1], &catalogue->lists[at],
                (catalogue->list_count - at) * sizeof *catalogue->lists);
        catalogue->list_count++;
        struct code_entry *entries =
            ARENA_ARRAY(catalogue->arena, struct code_entry, form->state_count);
        for (size_t n = 0; n < form->state_count; n++) {
            const struct state *state = &form->states[n];
            entries[n] = (struct code_entry){.number = state->number,
                                             .name = state->name,
                                             .label = state->label,
                                             .attributes = "",
                                             .initials = "",
                                             .valid_to = INT64_MAX,
                                             .sort = state->number};
        }
        catalogue->lists[at] = (struct code_catalogue_list){.name = field->codes,
                                                            .title = form->title,
                                                            .count = form->state_count,
                                                            .entries = entries};
        list_hash(&catalogue->lists[at]);
    }
}

static void lists_read(struct catalogue *catalogue, const PGresult *lists, const PGresult *codes,
                       const struct form_set *image)
{
    struct arena *arena = catalogue->arena;
    int code_count = PQntuples(codes);
    catalogue->list_count = (size_t)PQntuples(lists);
    catalogue->lists =
        ARENA_ARRAY(arena, struct code_catalogue_list, catalogue->list_count + image->count + 1);
    int row = 0;
    for (size_t i = 0; i < catalogue->list_count; i++) {
        struct code_catalogue_list *list = &catalogue->lists[i];
        list->name = cell_text(arena, lists, (int)i, 0);
        list->title =
            (struct label){cell_text(arena, lists, (int)i, 1), cell_text(arena, lists, (int)i, 2)};
        int first = row;
        while (row < code_count && strcmp(PQgetvalue(codes, row, 0), list->name) == 0) {
            row++;
        }
        list->count = (size_t)(row - first);
        list->entries = ARENA_ARRAY(arena, struct code_entry, list->count + 1);
        for (size_t n = 0; n < list->count; n++) {
            int at = first + (int)n;
            int64_t valid_to = cell_integer(codes, at, 10);
            list->entries[n] = (struct code_entry){
                .number = cell_integer(codes, at, 1),
                .name = cell_text(arena, codes, at, 2),
                .label = {cell_text(arena, codes, at, 3), cell_text(arena, codes, at, 4)},
                .parent = cell_integer(codes, at, 5),
                .attributes = cell_text(arena, codes, at, 6),
                .initials = cell_text(arena, codes, at, 7),
                .region = cell_integer(codes, at, 8),
                .valid_from = cell_integer(codes, at, 9),
                .valid_to = valid_to < 0 ? INT64_MAX : valid_to,
                .sort = cell_integer(codes, at, 11),
            };
        }
        list_hash(list);
    }
    lists_add_states(catalogue, image);
}

/* The added fields stand behind the declared ones and on the tab that the administrator chose. */
static struct form *form_extend(struct catalogue *catalogue, const struct form *form,
                                const PGresult *extras, int first, int count)
{
    struct arena *arena = catalogue->arena;
    struct form *extended = ARENA_NEW(arena, struct form);
    *extended = *form;
    extended->field_count = form->field_count + (size_t)count;
    extended->fields = ARENA_ARRAY(arena, struct field, extended->field_count);
    memcpy(extended->fields, form->fields, form->field_count * sizeof *form->fields);
    extended->tabs = ARENA_ARRAY(arena, struct tab, form->tab_count + 1);
    memcpy(extended->tabs, form->tabs, form->tab_count * sizeof *form->tabs);
    const char *criteria = form->criteria != NULL ? form->criteria : "";
    for (int i = 0; i < count; i++) {
        int row = first + i;
        struct field *field = &extended->fields[form->field_count + (size_t)i];
        int64_t length = cell_integer(extras, row, 6);
        bool searchable = cell_flag(extras, row, 9);
        enum value_type type = (enum value_type)cell_integer(extras, row, 5);
        *field = (struct field){
            .number = (uint16_t)cell_integer(extras, row, 1),
            .index = (uint16_t)(form->field_count + (size_t)i),
            .length = (uint16_t)length,
            .width = (uint8_t)(type == VALUE_TEXT ? (length < 30 ? length : 30) : 16),
            .type = type,
            .flags = FIELD_EXTRA | (cell_flag(extras, row, 8) ? (unsigned)FIELD_REQUIRED : 0u) |
                     (cell_flag(extras, row, 10) ? (unsigned)FIELD_SENSITIVE : 0u),
            .search = searchable ? SEARCH_EXACT : SEARCH_NONE,
            .templates = (unsigned)cell_integer(extras, row, 11),
            .name = cell_text(arena, extras, row, 2),
            .label = {cell_text(arena, extras, row, 3), cell_text(arena, extras, row, 4)},
            .help = {"", ""},
            .codes = PQgetisnull(extras, row, 7) ? NULL : cell_text(arena, extras, row, 7),
            .mask = "whole",
        };
        if (searchable) {
            criteria = arena_format(arena, "%s %s", criteria, field->name);
        }
        size_t tab = (size_t)cell_integer(extras, row, 12);
        tab = tab < 1 || tab > extended->tab_count ? extended->tab_count : tab;
        if (tab > 0) {
            struct tab *place = &extended->tabs[tab - 1];
            struct screen_row *rows = ARENA_ARRAY(arena, struct screen_row, place->row_count + 1);
            memcpy(rows, place->rows, place->row_count * sizeof *rows);
            rows[place->row_count].fields = field->name;
            place->rows = rows;
            place->row_count++;
        }
    }
    extended->criteria = criteria;
    form_seal(extended);
    return extended;
}

static void forms_read(struct catalogue *catalogue, const PGresult *extras,
                       const struct form_set *image)
{
    int total = PQntuples(extras);
    catalogue->forms.count = image->count;
    catalogue->forms.forms = ARENA_ARRAY(catalogue->arena, struct form *, image->count + 1);
    for (size_t i = 0; i < image->count; i++) {
        struct form *form = image->forms[i];
        int first = 0;
        while (first < total && strcmp(PQgetvalue(extras, first, 0), form->name) != 0) {
            first++;
        }
        int last = first;
        while (last < total && strcmp(PQgetvalue(extras, last, 0), form->name) == 0) {
            last++;
        }
        catalogue->forms.forms[i] = last > first && (form->flags & FORM_EXTENDABLE) != 0
                                        ? form_extend(catalogue, form, extras, first, last - first)
                                        : form;
    }
}

struct rule_scope {
    const struct catalogue *catalogue;
    const struct form *form;
};

static void rule_environment(struct expression_environment *environment, struct rule_scope *scope);

static bool rule_resolve(void *context, const char *path, struct expression_field *out)
{
    const struct rule_scope *scope = context;
    const struct field *field = form_field(scope->form, path);
    if (field == NULL) {
        return false;
    }
    out->type = field->type;
    out->slot = field->index;
    out->codes = field->codes;
    if (field->type == VALUE_LINES) {
        struct rule_scope *inner = ARENA_NEW(scope->catalogue->arena, struct rule_scope);
        *inner = (struct rule_scope){scope->catalogue, field->lines};
        struct expression_environment *lines =
            ARENA_NEW(scope->catalogue->arena, struct expression_environment);
        rule_environment(lines, inner);
        out->lines = lines;
    }
    return true;
}

static bool rule_code(void *context, const char *codes, const char *name, int64_t *number)
{
    const struct rule_scope *scope = context;
    const struct code_entry *entry = catalogue_code_by_name(scope->catalogue, codes, name);
    if (entry == NULL) {
        return false;
    }
    *number = entry->number;
    return true;
}

static void rule_environment(struct expression_environment *environment, struct rule_scope *scope)
{
    *environment = (struct expression_environment){.context = scope,
                                                   .resolve = rule_resolve,
                                                   .code = rule_code,
                                                   .zone_offset = scope->catalogue->zone_offset};
}

static struct expression *rule_compile(const struct catalogue *catalogue, const struct form *form,
                                       const char *text, int source_line, bool *good)
{
    struct rule_scope *scope = ARENA_NEW(catalogue->arena, struct rule_scope);
    *scope = (struct rule_scope){catalogue, form};
    /* The expression keeps pointing to its environment. */
    struct expression_environment *environment =
        ARENA_NEW(catalogue->arena, struct expression_environment);
    rule_environment(environment, scope);
    struct expression_error error;
    struct expression *expression =
        expression_compile(text, environment, VALUE_FLAG, catalogue->arena, &error);
    if (expression == NULL) {
        log_write(LOG_ERROR, "%s:%d: %s at byte %zu of \"%s\"", form->file, source_line, error.name,
                  error.position, text);
        *good = false;
    }
    return expression;
}

static size_t forms_count(const struct form *form)
{
    size_t count = 1;
    for (size_t i = 0; i < form->field_count; i++) {
        count += form->fields[i].lines != NULL ? forms_count(form->fields[i].lines) : 0;
    }
    return count;
}

/* A form and the line forms below it. */
static bool form_compile(struct catalogue *catalogue, const struct form *form)
{
    bool good = true;
    struct form_extras *extras = &catalogue->extras[catalogue->extras_count++];
    extras->form = form;
    extras->rule_count = form->rule_count;
    extras->rules = ARENA_ARRAY(catalogue->arena, struct compiled_rule, form->rule_count + 1);
    for (size_t n = 0; n < form->rule_count; n++) {
        const struct rule *rule = &form->rules[n];
        extras->rules[n].rule = rule;
        if (rule->when != NULL) {
            extras->rules[n].when =
                rule_compile(catalogue, form, rule->when, rule->source_line, &good);
        }
        extras->rules[n].check =
            rule_compile(catalogue, form, rule->check, rule->source_line, &good);
    }
    extras->guards = ARENA_ARRAY(catalogue->arena, struct compiled_guard, form->verb_count + 1);
    for (size_t n = 0; n < form->verb_count; n++) {
        const struct verb *verb = &form->verbs[n];
        if (verb->guard != NULL) {
            extras->guards[extras->guard_count++] = (struct compiled_guard){
                verb, rule_compile(catalogue, form, verb->guard, verb->source_line, &good)};
        }
    }
    for (size_t i = 0; i < form->field_count; i++) {
        if (form->fields[i].lines != NULL) {
            good = form_compile(catalogue, form->fields[i].lines) && good;
        }
    }
    return good;
}

static bool rules_compile(struct catalogue *catalogue)
{
    bool good = true;
    size_t count = 0;
    for (size_t i = 0; i < catalogue->forms.count; i++) {
        count += forms_count(catalogue->forms.forms[i]);
    }
    catalogue->extras = ARENA_ARRAY(catalogue->arena, struct form_extras, count + 1);
    for (size_t i = 0; i < catalogue->forms.count; i++) {
        good = form_compile(catalogue, catalogue->forms.forms[i]) && good;
    }
    return good;
}

struct catalogue *catalogue_load(struct database *database, struct arena *request,
                                 const struct form_set *image)
{
    database_begin(database, request);
    size_t epoch = database_queue(database, sql_epoch, 0, NULL);
    size_t lists = database_queue(database, sql_lists, 0, NULL);
    size_t codes = database_queue(database, sql_codes, 0, NULL);
    size_t extras = database_queue(database, sql_extras, 0, NULL);
    size_t settings = database_queue(database, sql_settings, 0, NULL);
    if (!database_flush(database, true)) {
        return NULL;
    }
    struct catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (catalogue == NULL) {
        abort();
    }
    catalogue->arena = arena_create();
    catalogue->epoch = cell_integer(database_result(database, epoch), 0, 0);
    catalogue->clock_shift = cell_integer(database_result(database, epoch), 0, 1);
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    catalogue->zone_offset = (int)local.tm_gmtoff;
    lists_read(catalogue, database_result(database, lists), database_result(database, codes),
               image);
    forms_read(catalogue, database_result(database, extras), image);
    const PGresult *rows = database_result(database, settings);
    catalogue->setting_count = (size_t)PQntuples(rows);
    catalogue->settings =
        ARENA_ARRAY(catalogue->arena, struct setting_entry, catalogue->setting_count + 1);
    for (size_t i = 0; i < catalogue->setting_count; i++) {
        catalogue->settings[i] =
            (struct setting_entry){cell_text(catalogue->arena, rows, (int)i, 0),
                                   cell_text(catalogue->arena, rows, (int)i, 1)};
    }
    if (!rules_compile(catalogue)) {
        catalogue_free(catalogue);
        return NULL;
    }
    return catalogue;
}

void catalogue_free(struct catalogue *catalogue)
{
    if (catalogue != NULL) {
        arena_free(catalogue->arena);
        free(catalogue);
    }
}

const struct code_catalogue_list *catalogue_list(const struct catalogue *catalogue,
                                                 const char *name)
{
    size_t low = 0;
    size_t high = catalogue->list_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, catalogue->lists[middle].name);
        if (order == 0) {
            return &catalogue->lists[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const struct code_entry *catalogue_code(const struct catalogue *catalogue, const char *list,
                                        int64_t number)
{
    const struct code_catalogue_list *found = catalogue_list(catalogue, list);
    for (size_t i = 0; found != NULL && i < found->count; i++) {
        if (found->entries[i].number == number) {
            return &found->entries[i];
        }
    }
    return NULL;
}

const struct code_entry *catalogue_code_by_name(const struct catalogue *catalogue, const char *list,
                                                const char *name)
{
    const struct code_catalogue_list *found = list != NULL ? catalogue_list(catalogue, list) : NULL;
    for (size_t i = 0; found != NULL && i < found->count; i++) {
        if (strcmp(found->entries[i].name, name) == 0) {
            return &found->entries[i];
        }
    }
    return NULL;
}

const char *catalogue_setting(const struct catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < catalogue->setting_count; i++) {
        if (strcmp(catalogue->settings[i].name, name) == 0) {
            return catalogue->settings[i].value;
        }
    }
    return "";
}

int64_t catalogue_now(const struct catalogue *catalogue)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + catalogue->clock_shift;
}

const struct form_extras *catalogue_extras(const struct catalogue *catalogue,
                                           const struct form *form)
{
    for (size_t i = 0; i < catalogue->extras_count; i++) {
        if (catalogue->extras[i].form == form) {
            return &catalogue->extras[i];
        }
    }
    return NULL;
}
