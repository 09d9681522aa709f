/* Values typed and values shown by halldeskctl; see fields.h. */
#include "client/ctl/fields.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/arena.h"
#include "server/forms/message_read.h"

enum { TEXT_LIMIT = 65536, TIME_BYTES = 64 };

void input_refuse(struct input_error *error, const char *format, ...)
{
    va_list arguments;
    if (error->text)
        return;
    va_start(arguments, format);
    error->text = arena_vformat(error->arena, format, arguments);
    va_end(arguments);
}

/* --- typed --- */

static bool code_in(struct desk *desk, const struct form *form, const struct field *field,
                    const char *text, int64_t *number)
{
    const struct desk_codes *codes = field->codes ? desk_codes(desk, field->codes) : NULL;
    char *end;
    long long typed = strtoll(text, &end, 10);
    for (size_t i = 0; codes && i < codes->count; i++) {
        if (strcmp(codes->codes[i].name, text) == 0) {
            *number = codes->codes[i].number;
            return true;
        }
    }
    if (end != text && *end == '\0') {
        *number = typed;
        return true;
    }
    for (size_t i = 0; codes && i < codes->count; i++) {
        if (strcmp(codes->codes[i].label.zh, text) == 0 ||
            strcmp(codes->codes[i].label.en, text) == 0) {
            *number = codes->codes[i].number;
            return true;
        }
    }
    bool state = form->state_field && strcmp(form->state_field, field->name) == 0;
    for (size_t i = 0; state && i < form->state_count; i++) {
        if (strcmp(form->states[i].name, text) == 0) {
            *number = form->states[i].number;
            return true;
        }
    }
    return false;
}

bool value_type_in(struct desk *desk, const struct form *form, const struct field *field,
                   const char *text, struct arena *arena, struct value *value,
                   struct input_error *error)
{
    *value = (struct value){0};
    if (text[0] == '\0') {
        value->presence = VALUE_CLEARED;
    } else if (field->type == VALUE_REFERENCE) {
        char *end;
        value->presence = VALUE_PRESENT;
        value->text = arena_string(arena, text);
        value->label = "";
        if (text[0] == '#' && (value->integer = strtoll(text + 1, &end, 10)) > 0 && *end == '\0')
            value->text = "";
        else
            value->integer = 0;
    } else if (field->type == VALUE_CODE) {
        value->presence = VALUE_PRESENT;
        if (!code_in(desk, form, field, text, &value->integer)) {
            input_refuse(error, "%s: %s is not in the code list %s", field->name, text,
                         field->codes ? field->codes : "");
            return false;
        }
    } else if (field->type == VALUE_LINES || !value_parse(field->type, text, arena, value)) {
        input_refuse(error, "%s: %s is no %s", field->name, text, value_type_names[field->type]);
        return false;
    }
    return true;
}

static void lines_word(struct desk *desk, struct record *record, const struct field *field,
                       const struct word *word, struct arena *arena, struct input_error *error)
{
    const char *why = NULL;
    size_t count = 0;
    struct word *words = NULL;
    bool remove = word->operator== WORD_REMOVE;
    bool add = word->operator== WORD_ADD;
    if (!add && !remove && (word->operator!= WORD_SET || word->line == 0)) {
        input_refuse(error, "%s: lines are %s+={…}, %s.ID={…} or %s-=ID", word->name, word->name,
                     word->name, word->name);
        return;
    }
    if (!remove && !(words = words_group(word->value, arena, &count, &why))) {
        input_refuse(error, "%s: %s", word->name, why);
        return;
    }
    struct record *inner = record_add_line(record, field->name, arena);
    struct lines *lines = record_value(record, field->name)->lines;
    struct line *line = &lines->lines[lines->count - 1];
    line->action = remove ? LINE_REMOVE : add ? LINE_ADD : LINE_CHANGE;
    line->record.id = remove ? strtoll(word->value, NULL, 10) : word->line;
    for (size_t i = 0; i < count; i++)
        record_word(desk, inner, &words[i], arena, error);
}

void record_word(struct desk *desk, struct record *record, const struct word *word,
                 struct arena *arena, struct input_error *error)
{
    const struct field *field = form_field(record->form, word->name);
    struct value value;
    if (!field) {
        input_refuse(error, "%s has no field %s", record->form->name, word->name);
    } else if (field->type == VALUE_LINES) {
        lines_word(desk, record, field, word, arena, error);
    } else if (word->operator!= WORD_SET) {
        input_refuse(error, "%s: %s=value is wanted", word->name, word->name);
    } else if (value_type_in(desk, record->form, field, word->value, arena, &value, error)) {
        record->values[field->index] = value;
    }
}

/* --- shown --- */

static json_t *text_json(const char *text)
{
    json_t *json = json_string(text ? text : "");
    return json ? json : json_string("");
}

static json_t *code_json(struct desk *desk, const struct form *form, const struct field *field,
                         int64_t number)
{
    const struct desk_codes *codes = field->codes ? desk_codes(desk, field->codes) : NULL;
    for (size_t i = 0; codes && i < codes->count; i++)
        if (codes->codes[i].number == number)
            return text_json(codes->codes[i].name);
    const struct state *state = form->state_field && strcmp(form->state_field, field->name) == 0
                                    ? form_state(form, number)
                                    : NULL;
    return state ? text_json(state->name) : json_integer(number);
}

static json_t *lines_json(struct desk *desk, const struct lines *lines, struct arena *arena)
{
    json_t *array = json_array();
    for (size_t i = 0; lines && i < lines->count; i++) {
        const struct record *record = &lines->lines[i].record;
        json_t *object = json_pack("{s:I, s:I}", "id", (json_int_t)record->id, "version",
                                   (json_int_t)record->version);
        json_t *fields = record_json(desk, record, arena);
        json_object_update_missing(object, fields);
        json_decref(fields);
        json_array_append_new(array, object);
    }
    return array;
}

/* Local time with seconds, so that texts sort as times do. */
static json_t *time_json(int64_t microseconds)
{
    char text[TIME_BYTES];
    time_t seconds = (time_t)(microseconds / 1000000 - (microseconds % 1000000 < 0));
    struct tm civil;
    if (!localtime_r(&seconds, &civil) ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &civil) == 0)
        return json_integer(microseconds);
    return json_string(text);
}

json_t *value_json(struct desk *desk, const struct form *form, const struct field *field,
                   const struct value *value, struct arena *arena)
{
    switch (field->type) {
    case VALUE_NUMBER:
        return json_integer(value->integer);
    case VALUE_FLAG:
        return json_boolean(value->integer != 0);
    case VALUE_CODE:
        return code_json(desk, form, field, value->integer);
    case VALUE_TIME:
        return time_json(value->integer);
    case VALUE_REFERENCE:
        return json_pack("{s:I, s:o, s:o}", "id", (json_int_t)value->integer, "key",
                         text_json(value->text), "label", text_json(value->label));
    case VALUE_LINES:
        return lines_json(desk, value->lines, arena);
    default:
        return text_json(value_format(field->type, value, arena));
    }
}

json_t *record_json(struct desk *desk, const struct record *record, struct arena *arena)
{
    json_t *object = json_object();
    for (size_t i = 0; i < record->form->field_count; i++) {
        const struct field *field = &record->form->fields[i];
        const struct value *value = &record->values[i];
        if (value->presence == VALUE_PRESENT)
            json_object_set_new(object, field->name,
                                value_json(desk, record->form, field, value, arena));
    }
    return object;
}

void text_add(const struct desk *desk, json_t *object, const char *name, size_t count,
              const char *const parameters[], struct arena *arena)
{
    if (desk->messages && message_find(desk->messages, name))
        json_object_set_new(object, "text",
                            text_json(message_format(desk->messages, desk->settings->language, name,
                                                     count, parameters, arena)));
}

static json_t *fault_json(struct desk *desk, const struct form *form, const struct fault *fault,
                          struct arena *arena)
{
    const struct field *lines =
        form && fault->lines_field ? form_field_by_number(form, fault->lines_field) : NULL;
    const struct form *owner = lines && lines->lines ? lines->lines : form;
    const struct field *field =
        owner && fault->field ? form_field_by_number(owner, fault->field) : NULL;
    json_t *object = json_pack("{s:o, s:o}", "name", text_json(fault->name), "field",
                               text_json(field ? field->name : ""));
    if (lines)
        json_object_set_new(object, "lines", text_json(lines->name));
    json_object_set_new(object, "line", json_integer((json_int_t)fault->line));
    json_object_set_new(object, "warning", json_boolean(fault->warning));
    if (fault->parameter_count > 0) {
        json_t *parameters = json_array();
        for (size_t i = 0; i < fault->parameter_count; i++)
            json_array_append_new(parameters, text_json(fault->parameters[i]));
        json_object_set_new(object, "parameters", parameters);
    }
    const char *own = strcmp(desk->settings->language, "zh") == 0 ? fault->text_zh : fault->text_en;
    if (own)
        json_object_set_new(
            object, "text",
            text_json(message_fill(own, fault->parameter_count, fault->parameters, arena)));
    else
        text_add(desk, object, fault->name, fault->parameter_count, fault->parameters, arena);
    return object;
}

static json_t *faults_json(struct desk *desk, const struct form *form, struct arena *arena)
{
    struct faults faults;
    struct reader reader;
    json_t *list = json_array();
    faults_initialise(&faults, arena);
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    if (faults_decode(&reader, &faults))
        for (size_t i = 0; i < faults.count; i++)
            json_array_append_new(list, fault_json(desk, form, &faults.list[i], arena));
    return list;
}

json_t *refusal_json(struct desk *desk, const struct form *form, enum status status,
                     struct arena *arena)
{
    const char *name =
        status < STATUS_COUNT ? status_names[status] : arena_format(arena, "%d", (int)status);
    json_t *object = json_pack("{s:s}", "status", name);
    struct reader reader;
    if (status == STATUS_FAULTS) {
        json_object_set_new(object, "faults", faults_json(desk, form, arena));
        return object;
    }
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    const char *parameter = reader_text(&reader, arena, TEXT_LIMIT);
    if (reader.failed)
        parameter = "";
    json_object_set_new(object, "parameter", text_json(parameter));
    text_add(desk, object, name, 1, &parameter, arena);
    return object;
}
