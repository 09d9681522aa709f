/* Records: access by name, deep copies, and the coding over a form's field numbers. */
#include "protocol/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"

enum {
    RECORD_MAP_NUMBERS = RECORD_EXTRA_FROM,
    RECORD_MAP_BYTES = RECORD_MAP_NUMBERS / 8,
    LINE_LEAST = 6, /* id, version, action, and an empty record of three bytes */
};

/* What is left of the caps of one record with all its lines. */
struct budget {
    size_t lines;
    size_t values;
};

static bool budget_take(struct budget *budget, size_t lines, size_t fields)
{
    if (lines > budget->lines || (fields > 0 && lines > budget->values / fields))
        return false;
    budget->lines -= lines;
    budget->values -= lines * fields;
    return true;
}

/* Arrays of lines hold the next power of two, so that adding seldom copies. */
static size_t lines_capacity(size_t count)
{
    size_t capacity = 1;
    while (capacity < count)
        capacity *= 2;
    return capacity;
}

struct record *record_create(const struct form *form, struct arena *arena)
{
    struct record *record = ARENA_NEW(arena, struct record);
    record->form = form;
    record->values = ARENA_ARRAY(arena, struct value, form->field_count);
    return record;
}

static void record_copy_into(struct record *copy, const struct record *record, struct arena *arena)
{
    *copy = *record;
    copy->values = ARENA_ARRAY(arena, struct value, record->form->field_count);
    for (size_t index = 0; index < record->form->field_count; index++) {
        const struct value *value = &record->values[index];
        copy->values[index] = *value;
        copy->values[index].text = arena_string(arena, value->text);
        copy->values[index].label = arena_string(arena, value->label);
        if (!value->lines)
            continue;
        struct lines *lines = ARENA_NEW(arena, struct lines);
        lines->count = value->lines->count;
        lines->lines = ARENA_ARRAY(arena, struct line, lines_capacity(lines->count));
        for (size_t place = 0; place < lines->count; place++) {
            lines->lines[place].action = value->lines->lines[place].action;
            record_copy_into(&lines->lines[place].record, &value->lines->lines[place].record,
                             arena);
        }
        copy->values[index].lines = lines;
    }
}

struct record *record_copy(const struct record *record, struct arena *arena)
{
    struct record *copy = ARENA_NEW(arena, struct record);
    record_copy_into(copy, record, arena);
    return copy;
}

struct value *record_value(const struct record *record, const char *name)
{
    const struct field *field = form_field(record->form, name);
    return field ? &record->values[field - record->form->fields] : NULL;
}

const char *record_text(const struct record *record, const char *name)
{
    const struct value *value = record_value(record, name);
    return value && value->presence == VALUE_PRESENT && value->text ? value->text : "";
}

int64_t record_integer(const struct record *record, const char *name)
{
    const struct value *value = record_value(record, name);
    return value && value->presence == VALUE_PRESENT ? value->integer : 0;
}

bool record_has(const struct record *record, const char *name)
{
    const struct value *value = record_value(record, name);
    return value && value->presence == VALUE_PRESENT;
}

/* The caller names a field that the form has, or the program is wrong. */
static struct value *record_known(const struct record *record, const char *name)
{
    struct value *value = record_value(record, name);
    if (!value) {
        fprintf(stderr, "halldesk: form %s has no field %s\n", record->form->name, name);
        abort();
    }
    return value;
}

void record_set_text(struct record *record, const char *name, const char *text)
{
    *record_known(record, name) = (struct value){.presence = VALUE_PRESENT, .text = text};
}

void record_set_integer(struct record *record, const char *name, int64_t integer)
{
    *record_known(record, name) = (struct value){.presence = VALUE_PRESENT, .integer = integer};
}

void record_set_reference(struct record *record, const char *name, int64_t id, const char *key,
                          const char *label)
{
    *record_known(record, name) = (struct value){
        .presence = VALUE_PRESENT, .integer = id, .text = key ? key : "", .label = label};
}

struct record *record_add_line(struct record *record, const char *name, struct arena *arena)
{
    struct value *value = record_known(record, name);
    const struct form *form = form_field(record->form, name)->lines;
    if (!form) {
        fprintf(stderr, "halldesk: field %s of form %s has no lines\n", name, record->form->name);
        abort();
    }
    if (value->presence != VALUE_PRESENT || !value->lines)
        *value = (struct value){.presence = VALUE_PRESENT, .lines = ARENA_NEW(arena, struct lines)};
    struct lines *lines = value->lines;
    size_t capacity = lines_capacity(lines->count);
    if (lines->count == capacity || lines->count == 0) {
        struct line *grown = ARENA_ARRAY(arena, struct line, lines_capacity(lines->count + 1));
        for (size_t place = 0; place < lines->count; place++)
            grown[place] = lines->lines[place];
        lines->lines = grown;
    }
    struct line *line = &lines->lines[lines->count++];
    line->action = LINE_ADD;
    line->record = *record_create(form, arena);
    return &line->record;
}

static void record_encode_level(struct writer *writer, const struct record *record, int depth,
                                struct budget *budget);

static void lines_encode(struct writer *writer, const struct form *form, const struct lines *lines,
                         int depth, struct budget *budget)
{
    size_t count = lines ? lines->count : 0;
    if (!form || depth > RECORD_DEPTH_LIMIT || !budget_take(budget, count, form->field_count)) {
        writer->failed = true;
        return;
    }
    writer_unsigned(writer, count);
    for (size_t place = 0; place < count; place++) {
        const struct line *line = &lines->lines[place];
        writer_signed(writer, line->record.id);
        writer_signed(writer, line->record.version);
        writer_u8(writer, (uint8_t)line->action);
        record_encode_level(writer, &line->record, depth, budget);
    }
}

static void value_encode(struct writer *writer, const struct field *field,
                         const struct value *value, int depth, struct budget *budget)
{
    switch (field->type) {
    case VALUE_TEXT:
        if (value->text && strlen(value->text) > RECORD_TEXT_LIMIT)
            writer->failed = true;
        writer_text(writer, value->text);
        break;
    case VALUE_REFERENCE:
        writer_signed(writer, value->integer);
        writer_text(writer, value->text);
        writer_text(writer, value->label);
        break;
    case VALUE_LINES:
        lines_encode(writer, field->lines, value->lines, depth + 1, budget);
        break;
    default:
        writer_signed(writer, value->integer);
        break;
    }
}

/* Places (index + 1) of the form's fields by number, 0 where there is none. */
struct places {
    size_t last; /* highest number in use */
    uint16_t by_number[RECORD_MAP_NUMBERS];
};

static void places_fill(struct places *places, const struct form *form)
{
    memset(places, 0, sizeof *places);
    for (size_t index = 0; index < form->field_count; index++) {
        uint16_t number = form->fields[index].number;
        if (number >= RECORD_MAP_NUMBERS)
            continue;
        places->by_number[number] = (uint16_t)(index + 1);
        if (number > places->last)
            places->last = number;
    }
}

static void map_encode(struct writer *writer, const struct record *record,
                       const struct places *places, int depth, struct budget *budget)
{
    uint8_t map[RECORD_MAP_BYTES] = {0};
    size_t map_length = 0;
    for (size_t number = 1; number <= places->last; number++) {
        uint16_t place = places->by_number[number];
        if (place == 0 || record->values[place - 1].presence != VALUE_PRESENT)
            continue;
        map[number / 8] |= (uint8_t)(1u << number % 8);
        map_length = number / 8 + 1;
    }
    writer_block(writer, map, map_length);
    for (size_t number = 1; number < map_length * 8; number++) {
        uint16_t place = places->by_number[number];
        if ((map[number / 8] >> number % 8 & 1) == 0)
            continue;
        value_encode(writer, &record->form->fields[place - 1], &record->values[place - 1], depth,
                     budget);
    }
}

static void record_encode_level(struct writer *writer, const struct record *record, int depth,
                                struct budget *budget)
{
    const struct form *form = record->form;
    struct places places;
    places_fill(&places, form);
    map_encode(writer, record, &places, depth, budget);
    size_t cleared = 0;
    size_t extra = 0;
    for (size_t index = 0; index < form->field_count; index++) {
        enum value_presence presence = record->values[index].presence;
        cleared += presence == VALUE_CLEARED;
        extra += presence == VALUE_PRESENT && form->fields[index].number >= RECORD_EXTRA_FROM;
    }
    writer_unsigned(writer, cleared);
    for (size_t index = 0; cleared > 0 && index < form->field_count; index++)
        if (record->values[index].presence == VALUE_CLEARED)
            writer_unsigned(writer, form->fields[index].number);
    writer_unsigned(writer, extra);
    for (size_t index = 0; extra > 0 && index < form->field_count; index++) {
        const struct field *field = &form->fields[index];
        if (field->number < RECORD_EXTRA_FROM || record->values[index].presence != VALUE_PRESENT)
            continue;
        writer_unsigned(writer, field->number);
        value_encode(writer, field, &record->values[index], depth, budget);
    }
}

void record_encode(struct writer *writer, const struct record *record)
{
    struct budget budget = {.lines = RECORD_LINE_LIMIT, .values = RECORD_VALUE_LIMIT};
    record_encode_level(writer, record, 0, &budget);
}

static void record_decode_level(struct reader *reader, struct record *record, struct arena *arena,
                                int depth, struct budget *budget);

static struct lines *lines_decode(struct reader *reader, const struct form *form,
                                  struct arena *arena, int depth, struct budget *budget)
{
    size_t count = (size_t)reader_limited(reader, RECORD_LINE_LIMIT);
    if (!form || depth > RECORD_DEPTH_LIMIT || count > reader_left(reader) / LINE_LEAST ||
        !budget_take(budget, count, form->field_count))
        reader->failed = true;
    if (reader->failed)
        return NULL;
    struct lines *lines = ARENA_NEW(arena, struct lines);
    lines->count = count;
    lines->lines = ARENA_ARRAY(arena, struct line, lines_capacity(count));
    for (size_t place = 0; place < count && !reader->failed; place++) {
        struct line *line = &lines->lines[place];
        line->record.form = form;
        line->record.id = reader_signed(reader);
        line->record.version = reader_signed(reader);
        uint8_t action = reader_u8(reader);
        if (action > LINE_REMOVE)
            reader->failed = true;
        line->action = reader->failed ? LINE_KEEP : (enum line_action)action;
        record_decode_level(reader, &line->record, arena, depth, budget);
    }
    return lines;
}

static int64_t integer_decode(struct reader *reader, enum value_type type)
{
    int64_t integer = reader_signed(reader);
    if ((type == VALUE_FLAG && (integer < 0 || integer > 1)) ||
        (type == VALUE_DATE && (integer < VALUE_DATE_FIRST || integer > VALUE_DATE_LAST)) ||
        (type == VALUE_TIME && (integer < VALUE_TIME_FIRST || integer > VALUE_TIME_LAST))) {
        reader->failed = true;
        return 0;
    }
    return integer;
}

static void value_decode(struct reader *reader, const struct field *field, struct value *value,
                         struct arena *arena, int depth, struct budget *budget)
{
    if (value->presence != VALUE_ABSENT) {
        reader->failed = true;
        return;
    }
    value->presence = VALUE_PRESENT;
    switch (field->type) {
    case VALUE_TEXT:
        value->text = reader_text(reader, arena, RECORD_TEXT_LIMIT);
        break;
    case VALUE_REFERENCE:
        value->integer = reader_signed(reader);
        value->text = reader_text(reader, arena, RECORD_TEXT_LIMIT);
        value->label = reader_text(reader, arena, RECORD_TEXT_LIMIT);
        break;
    case VALUE_LINES:
        value->lines = lines_decode(reader, field->lines, arena, depth + 1, budget);
        break;
    default:
        value->integer = integer_decode(reader, field->type);
        break;
    }
}

static void map_decode(struct reader *reader, struct record *record, const struct places *places,
                       struct arena *arena, int depth, struct budget *budget)
{
    size_t map_length;
    const uint8_t *map = reader_block(reader, RECORD_MAP_BYTES, &map_length);
    if (!map || (map_length > 0 && map[map_length - 1] == 0)) {
        reader->failed = true;
        return;
    }
    for (size_t number = 0; number < map_length * 8 && !reader->failed; number++) {
        if ((map[number / 8] >> number % 8 & 1) == 0)
            continue;
        uint16_t place = places->by_number[number];
        if (place == 0) {
            reader->failed = true;
            return;
        }
        value_decode(reader, &record->form->fields[place - 1], &record->values[place - 1], arena,
                     depth, budget);
    }
}

/* The place of a number that stands by itself; the reader fails if the form has none. */
static size_t place_decode(struct reader *reader, const struct form *form)
{
    const struct field *field =
        form_field_by_number(form, (uint16_t)reader_limited(reader, UINT16_MAX));
    if (!field)
        reader->failed = true;
    return reader->failed ? 0 : (size_t)(field - form->fields);
}

static void record_decode_level(struct reader *reader, struct record *record, struct arena *arena,
                                int depth, struct budget *budget)
{
    const struct form *form = record->form;
    if (reader->failed)
        return;
    struct places places;
    places_fill(&places, form);
    record->values = ARENA_ARRAY(arena, struct value, form->field_count);
    map_decode(reader, record, &places, arena, depth, budget);
    size_t cleared = (size_t)reader_limited(reader, form->field_count);
    for (size_t count = 0; count < cleared && !reader->failed; count++) {
        size_t place = place_decode(reader, form);
        if (reader->failed)
            return;
        if (record->values[place].presence != VALUE_ABSENT)
            reader->failed = true;
        record->values[place].presence = VALUE_CLEARED;
    }
    size_t extra = (size_t)reader_limited(reader, form->field_count);
    for (size_t count = 0; count < extra && !reader->failed; count++) {
        size_t place = place_decode(reader, form);
        if (reader->failed)
            return;
        const struct field *field = &form->fields[place];
        if (field->number < RECORD_EXTRA_FROM)
            reader->failed = true;
        else
            value_decode(reader, field, &record->values[place], arena, depth, budget);
    }
}

struct record *record_decode(struct reader *reader, const struct form *form, struct arena *arena)
{
    if (reader->failed)
        return NULL;
    struct budget budget = {.lines = RECORD_LINE_LIMIT, .values = RECORD_VALUE_LIMIT};
    struct record *record = ARENA_NEW(arena, struct record);
    record->form = form;
    record_decode_level(reader, record, arena, 0, &budget);
    return reader->failed ? NULL : record;
}
