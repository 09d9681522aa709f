/* What decisions see and what they leave behind; see decision.h. */
#include "server/engine/decision.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/engine/effect.h"

struct loaded {
    struct loaded *next;
    const char *name;
    size_t column_count;
    const char **columns;
    size_t row_count;
    size_t row_capacity;
    const char ***rows; /* rows[n][column]; NULL is SQL NULL */
};

static const struct loaded *loaded_find(const struct decision_case *c, const char *name)
{
    for (const struct loaded *loaded = c->loaded; loaded != NULL; loaded = loaded->next) {
        if (strcmp(loaded->name, name) == 0) {
            return loaded;
        }
    }
    abort(); /* a decision asks for what its own table does not load */
}

void loaded_set(struct decision_case *c, const char *load, const char *columns)
{
    struct loaded *loaded = ARENA_NEW(c->arena, struct loaded);
    loaded->name = arena_string(c->arena, load);
    loaded->columns = ARENA_ARRAY(c->arena, const char *, strlen(columns) + 1);
    for (const char *at = columns; *at != '\0';) {
        size_t length = strcspn(at, " ");
        if (length > 0) {
            loaded->columns[loaded->column_count++] = arena_copy(c->arena, at, length);
        }
        at += length + (at[length] == ' ' ? 1 : 0);
    }
    loaded->next = c->loaded;
    c->loaded = loaded;
}

void loaded_add_array(struct decision_case *c, const char *load, const char *const *values)
{
    struct loaded *loaded = (struct loaded *)loaded_find(c, load);
    if (loaded->row_count == loaded->row_capacity) {
        size_t capacity = loaded->row_capacity == 0 ? 8 : loaded->row_capacity * 2;
        const char ***grown = ARENA_ARRAY(c->arena, const char **, capacity);
        if (loaded->row_count > 0) {
            memcpy(grown, loaded->rows, loaded->row_count * sizeof *grown);
        }
        loaded->rows = grown;
        loaded->row_capacity = capacity;
    }
    const char **row = ARENA_ARRAY(c->arena, const char *, loaded->column_count + 1);
    for (size_t i = 0; i < loaded->column_count; i++) {
        row[i] = arena_string(c->arena, values[i]);
    }
    loaded->rows[loaded->row_count++] = row;
}

void loaded_add(struct decision_case *c, const char *load, ...)
{
    const struct loaded *loaded = loaded_find(c, load);
    const char **values = ARENA_ARRAY(c->arena, const char *, loaded->column_count + 1);
    va_list arguments;
    va_start(arguments, load);
    for (size_t i = 0; i < loaded->column_count; i++) {
        values[i] = va_arg(arguments, const char *);
    }
    va_end(arguments);
    loaded_add_array(c, load, values);
}

size_t loaded_rows(const struct decision_case *c, const char *load)
{
    return loaded_find(c, load)->row_count;
}

static const char *loaded_cell(const struct decision_case *c, const char *load, size_t row,
                               const char *column)
{
    const struct loaded *loaded = loaded_find(c, load);
    for (size_t i = 0; i < loaded->column_count; i++) {
        if (strcmp(loaded->columns[i], column) == 0) {
            if (row >= loaded->row_count) {
                abort();
            }
            return loaded->rows[row][i];
        }
    }
    abort();
}

const char *loaded_text(const struct decision_case *c, const char *load, size_t row,
                        const char *column)
{
    const char *cell = loaded_cell(c, load, row, column);
    return cell != NULL ? cell : "";
}

bool loaded_null(const struct decision_case *c, const char *load, size_t row, const char *column)
{
    return loaded_cell(c, load, row, column) == NULL;
}

int64_t loaded_integer(const struct decision_case *c, const char *load, size_t row,
                       const char *column)
{
    return strtoll(loaded_text(c, load, row, column), NULL, 10);
}

bool loaded_flag(const struct decision_case *c, const char *load, size_t row, const char *column)
{
    const char *text = loaded_text(c, load, row, column);
    return text[0] == 't' || text[0] == '1';
}

static int64_t loaded_parsed(const struct decision_case *c, const char *load, size_t row,
                             const char *column, enum value_type type)
{
    struct value value = {0};
    const char *text = loaded_text(c, load, row, column);
    return value_parse(type, text, c->arena, &value) ? value.integer : 0;
}

int64_t loaded_rate(const struct decision_case *c, const char *load, size_t row, const char *column)
{
    return loaded_parsed(c, load, row, column, VALUE_RATE);
}

int64_t loaded_date(const struct decision_case *c, const char *load, size_t row, const char *column)
{
    return loaded_parsed(c, load, row, column, VALUE_DATE);
}

/* PostgreSQL writes "2026-11-21 09:14:32.123456+08" in the session's zone. */
int64_t loaded_time(const struct decision_case *c, const char *load, size_t row, const char *column)
{
    const char *text = loaded_text(c, load, row, column);
    int year, month, day, hour, minute;
    int second = 0;
    int used = 0;
    if (sscanf(text, "%d-%d-%d %d:%d:%d%n", &year, &month, &day, &hour, &minute, &second, &used) !=
        6) {
        return 0;
    }
    int64_t micros = 0;
    const char *at = text + used;
    if (*at == '.') {
        int64_t scale = 100000;
        for (at++; *at >= '0' && *at <= '9'; at++, scale /= 10) {
            micros += (*at - '0') * scale;
        }
    }
    int zone_hours = 0;
    int zone_minutes = 0;
    if (*at == '+' || *at == '-') {
        sscanf(at + 1, "%d:%d", &zone_hours, &zone_minutes);
    }
    int64_t zone = (int64_t)zone_hours * 3600 + (int64_t)zone_minutes * 60;
    int64_t seconds =
        value_days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return (seconds - (*at == '-' ? -zone : zone)) * 1000000 + micros;
}

struct decision_case *decision_case_create(struct arena *arena, const struct form_set *forms,
                                           const char *form_name)
{
    struct decision_case *c = ARENA_NEW(arena, struct decision_case);
    c->arena = arena;
    c->forms = forms;
    c->form = form_by_name(forms, form_name);
    if (c->form == NULL) {
        abort();
    }
    c->faults = ARENA_NEW(arena, struct faults);
    faults_initialise(c->faults, arena);
    c->effects_end = &c->effects;
    c->reason = "";
    struct record *input = record_create(c->form, arena);
    c->input = input;
    c->after = record_create(c->form, arena);
    c->answer = record_create(c->form, arena);
    return c;
}

static struct fault *fault_add(struct decision_case *c, const struct form *form, const char *field,
                               const char *name, va_list arguments)
{
    const struct field *found = field != NULL ? form_field(form, field) : NULL;
    struct fault *fault = faults_add(c->faults, name, found != NULL ? found->number : 0, NULL);
    const char *parameter;
    while (fault != NULL && fault->parameter_count < FAULT_PARAMETERS &&
           (parameter = va_arg(arguments, const char *)) != NULL) {
        fault->parameters[fault->parameter_count++] = arena_string(c->arena, parameter);
    }
    return fault;
}

void decision_fault(struct decision_case *c, const char *field, const char *name, ...)
{
    va_list arguments;
    va_start(arguments, name);
    fault_add(c, c->form, field, name, arguments);
    va_end(arguments);
}

void decision_warning(struct decision_case *c, const char *field, const char *name, ...)
{
    va_list arguments;
    if (c->confirmed) {
        return;
    }
    va_start(arguments, name);
    struct fault *fault = fault_add(c, c->form, field, name, arguments);
    va_end(arguments);
    if (fault != NULL) {
        fault->warning = true;
    }
}

void decision_line_fault(struct decision_case *c, const char *lines, size_t line, const char *field,
                         const char *name, ...)
{
    const struct field *lines_field = form_field(c->form, lines);
    va_list arguments;
    va_start(arguments, name);
    struct fault *fault = fault_add(c, lines_field->lines, field, name, arguments);
    va_end(arguments);
    if (fault != NULL) {
        fault->lines_field = lines_field->number;
        fault->line = (uint32_t)line + 1;
    }
}

static struct effect *effect_add(struct decision_case *c, enum effect_kind kind)
{
    struct effect *effect = ARENA_NEW(c->arena, struct effect);
    effect->kind = kind;
    *c->effects_end = effect;
    c->effects_end = &effect->next;
    return effect;
}

static const struct form *effect_form(struct decision_case *c, const char *form_name)
{
    const struct form *form = form_by_name(c->forms, form_name);
    if (form == NULL || form->table == NULL) {
        abort();
    }
    return form;
}

struct record *effect_create(struct decision_case *c, const char *form_name)
{
    struct effect *effect = effect_add(c, EFFECT_CREATE);
    effect->record = record_create(effect_form(c, form_name), c->arena);
    effect->record->id = c->new_id(c->context);
    return effect->record;
}

struct record *effect_create_role(struct decision_case *c, const char *form_name, int64_t party)
{
    struct effect *effect = effect_add(c, EFFECT_CREATE);
    effect->record = record_create(effect_form(c, form_name), c->arena);
    effect->record->id = party;
    effect->numbers[0] = party;
    return effect->record;
}

struct record *effect_change(struct decision_case *c, const char *form_name, int64_t id,
                             int64_t version)
{
    struct effect *effect = effect_add(c, EFFECT_CHANGE);
    effect->record = record_create(effect_form(c, form_name), c->arena);
    effect->record->id = id;
    effect->record->version = version;
    return effect->record;
}

void effect_statement(struct decision_case *c, const char *sql, int64_t expect, size_t count, ...)
{
    struct effect *effect = effect_add(c, EFFECT_STATEMENT);
    effect->text[0] = sql;
    effect->expect = expect;
    effect->count = count;
    effect->parameters = ARENA_ARRAY(c->arena, const char *, count + 1);
    va_list arguments;
    va_start(arguments, count);
    for (size_t i = 0; i < count; i++) {
        effect->parameters[i] = arena_string(c->arena, va_arg(arguments, const char *));
    }
    va_end(arguments);
}

const char *decision_number(struct decision_case *c, int64_t number)
{
    return arena_format(c->arena, "%lld", (long long)number);
}

void effect_message(struct decision_case *c, const char *neighbour, const char *stream,
                    const char *type, const char *payload)
{
    struct effect *effect = effect_add(c, EFFECT_MESSAGE);
    const char *texts[] = {neighbour, stream, type, payload};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        effect->text[i] = arena_string(c->arena, texts[i]);
    }
}

void effect_work_item(struct decision_case *c, const char *kind, int64_t organisation,
                      int64_t staff, const char *form_name, int64_t record_id, const char *subject,
                      int64_t due)
{
    struct effect *effect = effect_add(c, EFFECT_WORK_ITEM);
    effect->text[0] = arena_string(c->arena, kind);
    effect->text[1] = arena_string(c->arena, form_name);
    effect->text[2] = arena_string(c->arena, subject);
    effect->numbers[0] = organisation;
    effect->numbers[1] = staff;
    effect->numbers[2] = record_id;
    effect->numbers[3] = due;
}

void effect_notice(struct decision_case *c, int64_t staff, const char *message,
                   const char *parameter)
{
    struct effect *effect = effect_add(c, EFFECT_NOTICE);
    effect->text[0] = arena_string(c->arena, message);
    effect->text[1] = arena_string(c->arena, parameter);
    effect->numbers[0] = staff;
}

const char *extra_field_sql(const char *alias, const struct field *field, struct arena *arena)
{
    static const struct {
        const char *before;
        const char *behind;
    } casts[] = {
        [VALUE_TEXT] = {"", ""},
        [VALUE_NUMBER] = {"", "::bigint"},
        [VALUE_AMOUNT] = {"", "::bigint"},
        [VALUE_RATE] = {"", "::numeric(18,6)"},
        [VALUE_DATE] = {"(date '1970-01-01' + ", "::integer)"},
        [VALUE_TIME] = {"to_timestamp(", "::bigint / 1000000.0)"},
        [VALUE_CODE] = {"", "::integer"},
        [VALUE_FLAG] = {"", "::boolean"},
        [VALUE_REFERENCE] = {"", "::bigint"},
        [VALUE_LINES] = {"", ""},
    };
    return arena_format(arena, "%s(%s.extra ->> '%u')%s", casts[field->type].before, alias,
                        (unsigned)field->number, casts[field->type].behind);
}
