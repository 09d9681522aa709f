/* Answers of verbs as JSON: what follows the status, by verb. */
#include "client/ctl/answer.h"

#include <string.h>

#include "client/ctl/request.h"
#include "protocol/arena.h"

enum { TEXT_LIMIT = 1 << 20, ROWS_LIMIT = 1 << 20, NAME_LIMIT = 4096 };

typedef void answer_reader(struct desk *desk, const struct form *form, const struct verb *verb,
                           struct reader *reader, json_t *answer, struct arena *arena);

static void set_integer(json_t *object, const char *name, int64_t integer)
{
    json_object_set_new(object, name, json_integer((json_int_t)integer));
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_t *json = json_string(text);
    json_object_set_new(object, name, json ? json : json_string(""));
}

static void set_key(json_t *object, const struct form *form, const struct record *record)
{
    const struct field *field = form->key ? form_field(form, form->key) : NULL;
    if (field && field->type == VALUE_TEXT)
        set_text(object, "key", record_text(record, form->key));
}

static void record_read(struct desk *desk, const struct form *form, struct reader *reader,
                        json_t *object, bool keyed, struct arena *arena)
{
    const struct record *record = record_decode(reader, form, arena);
    if (!record)
        return;
    if (keyed)
        set_key(object, form, record);
    json_object_set_new(object, "record", record_json(desk, record, arena));
}

static void write_read(struct desk *desk, const struct form *form, const struct verb *verb,
                       struct reader *reader, json_t *answer, struct arena *arena)
{
    (void)verb;
    set_integer(answer, "id", reader_signed(reader));
    set_integer(answer, "version", reader_signed(reader));
    set_text(answer, "key", reader_text(reader, arena, TEXT_LIMIT));
    if (reader_u8(reader) != 0)
        record_read(desk, form, reader, answer, false, arena);
}

static void show_read(struct desk *desk, const struct form *form, const struct verb *verb,
                      struct reader *reader, json_t *answer, struct arena *arena)
{
    (void)verb;
    set_integer(answer, "id", reader_signed(reader));
    set_integer(answer, "version", reader_signed(reader));
    json_t *verbs = json_array();
    size_t count = (size_t)reader_limited(reader, NAME_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        const struct verb *allowed = form_verb(form, (uint16_t)reader_limited(reader, UINT16_MAX));
        if (allowed)
            json_array_append_new(verbs, json_string(allowed->name));
    }
    json_object_set_new(answer, "verbs", verbs);
    record_read(desk, form, reader, answer, true, arena);
}

static const char *token_hex(struct arena *arena, const uint8_t *bytes, size_t length)
{
    const char *hex = "";
    for (size_t i = 0; i < length; i++)
        hex = arena_format(arena, "%s%02x", hex, bytes[i]);
    return hex;
}

static void query_read(struct desk *desk, const struct form *form, const struct verb *verb,
                       struct reader *reader, json_t *answer, struct arena *arena)
{
    (void)verb;
    json_t *rows = json_array();
    size_t count = (size_t)reader_limited(reader, ROWS_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        json_t *row = json_object();
        set_integer(row, "id", reader_signed(reader));
        set_integer(row, "version", reader_signed(reader));
        record_read(desk, form, reader, row, true, arena);
        json_array_append_new(rows, row);
    }
    size_t length;
    const uint8_t *token = reader_block(reader, NAME_LIMIT, &length);
    if (!reader->failed && length > 0)
        set_text(answer, "next", token_hex(arena, token, length));
    json_object_set_new(answer, "rows", rows);
}

static void time_set(struct desk *desk, json_t *object, const char *name, int64_t time,
                     struct arena *arena)
{
    const struct field field = {.type = VALUE_TIME};
    const struct value value = {.presence = VALUE_PRESENT, .integer = time};
    json_object_set_new(object, name, value_json(desk, NULL, &field, &value, arena));
}

static void history_read(struct desk *desk, const struct form *form, const struct verb *verb,
                         struct reader *reader, json_t *answer, struct arena *arena)
{
    (void)form;
    (void)verb;
    json_t *rows = json_array();
    size_t count = (size_t)reader_limited(reader, ROWS_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        json_t *row = json_object();
        time_set(desk, row, "at", reader_signed(reader), arena);
        set_text(row, "staff", reader_text(reader, arena, TEXT_LIMIT));
        set_text(row, "name", reader_text(reader, arena, TEXT_LIMIT));
        set_text(row, "table", reader_text(reader, arena, TEXT_LIMIT));
        set_integer(row, "line", reader_signed(reader));
        set_text(row, "kind", reader_text(reader, arena, TEXT_LIMIT));
        json_t *changes = json_loads(reader_text(reader, arena, TEXT_LIMIT), 0, NULL);
        json_object_set_new(row, "changes", changes ? changes : json_object());
        set_integer(row, "operation", reader_signed(reader));
        json_array_append_new(rows, row);
    }
    set_integer(answer, "count", (int64_t)json_array_size(rows));
    json_object_set_new(answer, "rows", rows);
}

static void values_read(struct desk *desk, const struct form *form, const struct verb *verb,
                        struct reader *reader, json_t *answer, struct arena *arena)
{
    (void)desk;
    (void)form;
    (void)verb;
    json_t *rows = json_array();
    size_t count = (size_t)reader_limited(reader, ROWS_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        json_t *row = json_object();
        set_integer(row, "id", reader_signed(reader));
        set_text(row, "key", reader_text(reader, arena, TEXT_LIMIT));
        set_text(row, "label", reader_text(reader, arena, TEXT_LIMIT));
        json_array_append_new(rows, row);
    }
    set_integer(answer, "count", (int64_t)json_array_size(rows));
    json_object_set_new(answer, "rows", rows);
}

static void attachments_read(struct desk *desk, const struct form *form, const struct verb *verb,
                             struct reader *reader, json_t *answer, struct arena *arena)
{
    (void)form;
    (void)verb;
    json_t *rows = json_array();
    size_t count = (size_t)reader_limited(reader, ROWS_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        json_t *row = json_object();
        set_integer(row, "id", reader_signed(reader));
        set_text(row, "name", reader_text(reader, arena, TEXT_LIMIT));
        set_text(row, "type", reader_text(reader, arena, TEXT_LIMIT));
        set_text(row, "note", reader_text(reader, arena, TEXT_LIMIT));
        set_integer(row, "size", (int64_t)reader_unsigned(reader));
        set_text(row, "staff", reader_text(reader, arena, TEXT_LIMIT));
        time_set(desk, row, "at", reader_signed(reader), arena);
        json_object_set_new(row, "archived", json_boolean(reader_u8(reader) != 0));
        json_array_append_new(rows, row);
    }
    set_integer(answer, "count", (int64_t)json_array_size(rows));
    json_object_set_new(answer, "rows", rows);
}

static void attach_read(struct desk *desk, const struct form *form, const struct verb *verb,
                        struct reader *reader, json_t *answer, struct arena *arena)
{
    (void)desk;
    (void)form;
    (void)verb;
    (void)arena;
    set_integer(answer, "id", reader_signed(reader));
}

static const struct {
    uint16_t verb;
    answer_reader *read;
} readers[] = {
    {VERB_SHOW, show_read},          {VERB_UNMASK, show_read},
    {VERB_QUERY, query_read},        {VERB_HISTORY, history_read},
    {VERB_EXPORT, query_read},       {VERB_ATTACH, attach_read},
    {VERB_LIST_VALUES, values_read}, {VERB_ATTACHMENTS, attachments_read},
};

/* A measure as its field would be shown. */
static json_t *measure_json(struct desk *desk, const struct form *form, const struct field *field,
                            const char *function, int64_t integer, struct arena *arena)
{
    const struct value value = {.presence = VALUE_PRESENT, .integer = integer};
    bool plain = !field || strcmp(function, "count") == 0 || field->type == VALUE_CODE ||
                 field->type == VALUE_FLAG || field->type == VALUE_REFERENCE;
    return plain ? json_integer((json_int_t)integer) : value_json(desk, form, field, &value, arena);
}

/* Rows of a report bear the names that the request gave its dimensions and measures. */
static void report_read(struct desk *desk, const struct form *form, const struct request *request,
                        struct reader *reader, json_t *answer, struct arena *arena)
{
    json_t *rows = json_array();
    size_t count = (size_t)reader_limited(reader, ROWS_LIMIT);
    size_t measures = request->measure_count ? request->measure_count : 1;
    for (size_t i = 0; i < count && !reader->failed; i++) {
        json_t *row = json_object();
        for (size_t n = 0; n < request->by_count; n++) {
            const char *by = request->by[n];
            const char *name = arena_copy(arena, by, strcspn(by, ":"));
            set_text(row, name, reader_text(reader, arena, TEXT_LIMIT));
            set_text(row, arena_format(arena, "%s_label", name),
                     reader_text(reader, arena, TEXT_LIMIT));
        }
        for (size_t n = 0; n < measures; n++) {
            const char *measure = request->measure_count ? request->measures[n] : "rows";
            const char *colon = strchr(measure, ':');
            const char *function =
                colon ? arena_copy(arena, measure, (size_t)(colon - measure)) : measure;
            const struct field *field = colon ? form_field(form, colon + 1) : NULL;
            const char *name = field ? arena_format(arena, "%s_%s", function, field->name) : "rows";
            json_object_set_new(
                row, name, measure_json(desk, form, field, function, reader_signed(reader), arena));
        }
        json_array_append_new(rows, row);
    }
    json_object_set_new(answer, "cut", json_boolean(reader_u8(reader) != 0));
    json_object_set_new(answer, "count", json_integer((json_int_t)json_array_size(rows)));
    json_object_set_new(answer, "rows", rows);
}

json_t *answer_json(struct desk *desk, const struct form *form, const struct verb *verb,
                    const struct request *request, struct arena *arena)
{
    struct reader reader;
    answer_reader *read = write_read;
    json_t *answer = json_pack("{s:s}", "status", "ok");
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i].verb == verb->number)
            read = readers[i].read;
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    if (verb->number == VERB_REPORT)
        report_read(desk, form, request, &reader, answer, arena);
    else
        read(desk, form, verb, &reader, answer, arena);
    if (!reader_end(&reader))
        set_text(answer, "status", "broken");
    return answer;
}

json_t *changed_json(struct desk *desk, const struct form *form, struct arena *arena)
{
    struct reader reader;
    json_t *answer = json_pack("{s:s}", "status", "changed");
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    show_read(desk, form, NULL, &reader, answer, arena);
    return answer;
}
