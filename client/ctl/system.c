/* Calls of the system form by name: what a terminal does beside business forms. */
#include <stdlib.h>
#include <string.h>

#include "client/ctl/request.h"
#include "protocol/arena.h"
#include "protocol/system.h"

enum { TEXT_LIMIT = 1 << 16, COUNT_LIMIT = 4096 };

struct system_making {
    struct desk *desk;
    const struct request *request;
    struct arena *arena;
    struct writer *body;
    struct reader reader;
    json_t *answer;
    struct input_error error;
};

static const char *word_of(const struct system_making *making, const char *name)
{
    for (size_t i = 0; i < making->request->word_count; i++)
        if (strcmp(making->request->words[i].name, name) == 0)
            return making->request->words[i].value;
    return "";
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_t *json = json_string(text);
    json_object_set_new(object, name, json ? json : json_string(""));
}

static void password_make(struct system_making *making)
{
    writer_text(making->body, word_of(making, "password"));
}

static void passwords_make(struct system_making *making)
{
    writer_text(making->body, word_of(making, "old"));
    writer_text(making->body, word_of(making, "new"));
}

static void language_make(struct system_making *making)
{
    writer_text(making->body, word_of(making, "language"));
}

static void workspace_make(struct system_making *making)
{
    writer_text(making->body, word_of(making, "workspace"));
}

static void open_make(struct system_making *making)
{
    const struct form *form = NULL;
    if (desk_form(making->desk, word_of(making, "form"), &form) != STATUS_OK)
        input_refuse(&making->error, "form=NAME id=ID take=1 are wanted");
    writer_unsigned(making->body, form ? form->number : 0);
    writer_signed(making->body, strtoll(word_of(making, "id"), NULL, 10));
    writer_u8(making->body, word_of(making, "take")[0] != '0');
}

static void draft_make(struct system_making *making)
{
    const struct form *form = NULL;
    struct record *record = NULL;
    if (desk_form(making->desk, word_of(making, "form"), &form) != STATUS_OK)
        input_refuse(&making->error, "task=N form=NAME and fields are wanted");
    else
        record = record_create(form, making->arena);
    for (size_t i = 0; record && i < making->request->word_count; i++) {
        const struct word *word = &making->request->words[i];
        if (word->sign == '.' || form_field(form, word->name))
            record_word(making->desk, record, word, making->arena, &making->error);
    }
    struct writer draft;
    writer_initialise(&draft, 1 << 18);
    if (record && strcmp(word_of(making, "empty"), "1") != 0)
        record_encode(&draft, record);
    writer_u8(making->body, (uint8_t)strtoul(word_of(making, "task"), NULL, 10));
    writer_unsigned(making->body, form ? form->number : 0);
    writer_u32(making->body, form ? form->hash : 0);
    writer_signed(making->body, strtoll(word_of(making, "id"), NULL, 10));
    writer_signed(making->body, strtoll(word_of(making, "version"), NULL, 10));
    writer_block(making->body, draft.bytes, draft.length);
    writer_release(&draft);
}

static void catalogue_read(struct system_making *making)
{
    /* The desk reads the same answer for itself. */
    struct desk *desk = making->desk;
    json_t *forms = json_array();
    making->reader.position = making->reader.length;
    if (desk_refresh(desk) != STATUS_OK) {
        json_decref(forms);
        making->reader.failed = true;
        return;
    }
    set_text(making->answer, "staff", desk->staff);
    set_text(making->answer, "name", desk->name);
    set_text(making->answer, "organisation", desk->organisation);
    set_text(making->answer, "server", desk->server);
    const struct field field = {.type = VALUE_TIME};
    const struct value value = {.presence = VALUE_PRESENT, .integer = desk->time};
    json_object_set_new(making->answer, "time",
                        value_json(desk, NULL, &field, &value, making->arena));
    for (size_t i = 0; i < desk->entry_count; i++) {
        const struct desk_entry *entry = &desk->entries[i];
        json_t *object = json_object();
        set_text(object, "name", entry->name);
        set_text(object, "code", entry->code);
        set_text(object, "title",
                 strcmp(desk->settings->language, "zh") == 0 ? entry->title.zh : entry->title.en);
        json_t *verbs = json_array();
        for (size_t n = 0; n < entry->verb_count; n++)
            json_array_append_new(verbs, json_integer(entry->verbs[n]));
        json_object_set_new(object, "verbs", verbs);
        json_array_append_new(forms, object);
    }
    json_object_set_new(making->answer, "forms", forms);
}

static void drafts_read(struct system_making *making)
{
    struct reader *reader = &making->reader;
    json_t *rows = json_array();
    size_t count = (size_t)reader_limited(reader, COUNT_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        const struct form *form = NULL;
        size_t length;
        json_t *row = json_object();
        json_object_set_new(row, "task", json_integer(reader_u8(reader)));
        uint16_t number = (uint16_t)reader_limited(reader, UINT16_MAX);
        uint32_t hash = reader_u32(reader);
        json_object_set_new(row, "id", json_integer(reader_signed(reader)));
        json_object_set_new(row, "version", json_integer(reader_signed(reader)));
        reader_signed(reader);
        const uint8_t *body = reader_block(reader, TEXT_LIMIT * 16, &length);
        const struct desk_entry *entry = desk_entry(making->desk, number);
        form = entry ? entry->form : NULL;
        if (entry)
            set_text(row, "form", entry->name);
        if (form && form->hash == hash && !reader->failed) {
            struct reader inner;
            reader_initialise(&inner, body, length);
            const struct record *record = record_decode(&inner, form, making->arena);
            if (record)
                json_object_set_new(row, "record",
                                    record_json(making->desk, record, making->arena));
        }
        json_array_append_new(rows, row);
    }
    json_object_set_new(making->answer, "rows", rows);
}

static void home_read(struct system_making *making)
{
    struct reader *reader = &making->reader;
    json_t *work = json_object();
    json_t *notices = json_array();
    json_t *figures = json_object();
    size_t count = (size_t)reader_limited(reader, COUNT_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        const char *kind = reader_text(reader, making->arena, TEXT_LIMIT);
        json_int_t waiting = (json_int_t)reader_unsigned(reader);
        json_int_t overdue = (json_int_t)reader_unsigned(reader);
        json_object_set_new(work, kind,
                            json_pack("{s:I, s:I}", "waiting", waiting, "overdue", overdue));
    }
    count = (size_t)reader_limited(reader, COUNT_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        json_t *notice = json_object();
        json_object_set_new(notice, "id", json_integer(reader_signed(reader)));
        reader_signed(reader);
        set_text(notice, "from", reader_text(reader, making->arena, TEXT_LIMIT));
        set_text(notice, "subject", reader_text(reader, making->arena, TEXT_LIMIT));
        json_array_append_new(notices, notice);
    }
    count = (size_t)reader_limited(reader, COUNT_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        const char *name = reader_text(reader, making->arena, TEXT_LIMIT);
        set_text(figures, name, reader_text(reader, making->arena, TEXT_LIMIT));
    }
    json_object_set_new(making->answer, "work", work);
    json_object_set_new(making->answer, "notices", notices);
    json_object_set_new(making->answer, "figures", figures);
}

static void open_read(struct system_making *making)
{
    set_text(making->answer, "by", reader_text(&making->reader, making->arena, TEXT_LIMIT));
}

static const struct {
    const char *name;
    uint16_t verb;
    void (*make)(struct system_making *making);
    void (*read)(struct system_making *making);
} operations[] = {
    {"catalogue", SYSTEM_CATALOGUE, NULL, catalogue_read},
    {"sign_out", SYSTEM_SIGN_OUT, NULL, NULL},
    {"lock", SYSTEM_LOCK, NULL, NULL},
    {"unlock", SYSTEM_UNLOCK, password_make, NULL},
    {"draft_save", SYSTEM_DRAFT_SAVE, draft_make, NULL},
    {"drafts", SYSTEM_DRAFTS, NULL, drafts_read},
    {"password", SYSTEM_PASSWORD, passwords_make, NULL},
    {"workspace", SYSTEM_WORKSPACE, workspace_make, NULL},
    {"home", SYSTEM_HOME, NULL, home_read},
    {"language", SYSTEM_LANGUAGE, language_make, NULL},
    {"open", SYSTEM_OPEN, open_make, open_read},
};

static json_t *operation_run(struct system_making *making, size_t place)
{
    if (operations[place].make)
        operations[place].make(making);
    if (making->error.text)
        return json_pack("{s:s, s:s}", "status", "usage", "text", making->error.text);
    const struct connection_call call = {.verb = operations[place].verb,
                                         .body = making->body->bytes,
                                         .length = making->body->length,
                                         .slot = (uint8_t)making->request->slot,
                                         .sequence = making->request->sequence};
    enum status status = desk_ask(making->desk, &call);
    if (status != STATUS_OK)
        return refusal_json(making->desk, NULL, status, making->arena);
    reader_initialise(&making->reader, making->desk->body.bytes, making->desk->body.length);
    making->answer = json_pack("{s:s}", "status", "ok");
    if (operations[place].read)
        operations[place].read(making);
    if (!reader_end(&making->reader))
        set_text(making->answer, "status", "broken");
    return making->answer;
}

json_t *system_run(struct desk *desk, const struct request *request)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (strcmp(operations[i].name, request->verb) != 0)
            continue;
        struct writer body;
        writer_initialise(&body, FRAME_REQUEST_LIMIT);
        struct system_making making = {.desk = desk,
                                       .request = request,
                                       .arena = request->arena,
                                       .body = &body,
                                       .error = {.arena = request->arena}};
        json_t *answer = operation_run(&making, i);
        writer_release(&body);
        return answer;
    }
    return json_pack("{s:s, s:s}", "status", "usage", "text", "system has no such verb");
}
