/* A signed-in desk without a screen; see desk.h. */
#include "client/ctl/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "protocol/arena.h"
#include "protocol/system.h"

enum { ENTRY_LIMIT = 4096, CODES_LIMIT = 1 << 20, TEXT_LIMIT = 65536, VALUES_LIMIT = 1000 };

struct desk *desk_create(const struct ctl_settings *settings, const char *line,
                         const struct message_table *messages)
{
    struct desk *desk = calloc(1, sizeof *desk);
    if (!desk)
        abort();
    const struct connection_settings connection = {.address = settings->server,
                                                   .authority = settings->authority,
                                                   .language = settings->language,
                                                   .encoding = "UTF-8",
                                                   .client = "halldeskctl " PACKAGE_VERSION,
                                                   .line = line,
                                                   .patience = settings->patience};
    desk->settings = settings;
    desk->messages = messages;
    desk->arena = arena_create();
    writer_initialise(&desk->body, FRAME_REPLY_LIMIT);
    desk->connection = connection_create(&connection, NULL);
    if (!desk->connection) {
        fprintf(stderr, "halldeskctl: %s is no address of a server\n", settings->server);
        desk_free(desk);
        return NULL;
    }
    return desk;
}

void desk_free(struct desk *desk)
{
    if (!desk)
        return;
    connection_free(desk->connection);
    writer_release(&desk->body);
    arena_free(desk->arena);
    free(desk);
}

/* A refusal's parameter: the text that is its whole body. */
static const char *body_text(struct desk *desk)
{
    struct reader reader;
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    const char *text = reader_text(&reader, desk->arena, TEXT_LIMIT);
    return reader.failed ? "" : text;
}

enum status desk_sign_in(struct desk *desk, const char *staff, const char *password,
                         const char *new_password, bool take_over, const char **text)
{
    *text = "";
    if (connection_state(desk->connection) != CONNECTION_OPEN) {
        enum status status = connection_open_wait(desk->connection, desk->settings->patience);
        if (status != STATUS_OK) {
            connection_refusal(desk->connection, text);
            return status;
        }
    }
    enum status status =
        connection_sign_in_wait(desk->connection, staff, password, new_password, take_over,
                                &desk->body, 4 * desk->settings->patience);
    if (status != STATUS_OK)
        *text = body_text(desk);
    desk->known = false;
    return status;
}

enum status desk_ask(struct desk *desk, const struct connection_call *call)
{
    writer_clear(&desk->body);
    return connection_ask(desk->connection, call, &desk->body);
}

static enum status system_ask(struct desk *desk, uint16_t verb, const struct writer *body)
{
    const struct connection_call call = {
        .verb = verb, .body = body ? body->bytes : NULL, .length = body ? body->length : 0};
    return desk_ask(desk, &call);
}

static void entry_read(struct reader *reader, struct desk_entry *entry, struct arena *arena)
{
    entry->number = (uint16_t)reader_limited(reader, UINT16_MAX);
    entry->hash = reader_u32(reader);
    entry->name = reader_text(reader, arena, TEXT_LIMIT);
    entry->code = reader_text(reader, arena, TEXT_LIMIT);
    entry->title.zh = reader_text(reader, arena, TEXT_LIMIT);
    entry->title.en = reader_text(reader, arena, TEXT_LIMIT);
    reader_text(reader, arena, TEXT_LIMIT);
    entry->verb_count = (size_t)reader_limited(reader, ENTRY_LIMIT);
    entry->verbs = ARENA_ARRAY(arena, uint16_t, entry->verb_count + 1);
    for (size_t i = 0; i < entry->verb_count; i++)
        entry->verbs[i] = (uint16_t)reader_limited(reader, UINT16_MAX);
}

enum status desk_refresh(struct desk *desk)
{
    struct reader reader;
    enum status status = system_ask(desk, SYSTEM_CATALOGUE, NULL);
    if (status != STATUS_OK)
        return status;
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    desk->staff = reader_text(&reader, desk->arena, TEXT_LIMIT);
    desk->name = reader_text(&reader, desk->arena, TEXT_LIMIT);
    desk->organisation = reader_text(&reader, desk->arena, TEXT_LIMIT);
    desk->server = reader_text(&reader, desk->arena, TEXT_LIMIT);
    desk->time = reader_signed(&reader);
    reader_unsigned(&reader);
    reader_text(&reader, desk->arena, TEXT_LIMIT);
    desk->entry_count = (size_t)reader_limited(&reader, ENTRY_LIMIT);
    desk->entries = ARENA_ARRAY(desk->arena, struct desk_entry, desk->entry_count + 1);
    for (size_t i = 0; i < desk->entry_count; i++)
        entry_read(&reader, &desk->entries[i], desk->arena);
    desk->codes_count = 0;
    desk->known = !reader.failed;
    return reader.failed ? STATUS_BROKEN : STATUS_OK;
}

const struct desk_entry *desk_entry(const struct desk *desk, uint16_t number)
{
    for (size_t i = 0; i < desk->entry_count; i++)
        if (desk->entries[i].number == number)
            return &desk->entries[i];
    return NULL;
}

bool desk_permits(const struct desk *desk, uint16_t form, uint16_t verb)
{
    const struct desk_entry *entry = desk_entry(desk, form);
    for (size_t i = 0; entry && i < entry->verb_count; i++)
        if (entry->verbs[i] == verb)
            return true;
    return false;
}

static enum status form_fetch(struct desk *desk, struct desk_entry *entry, const struct form **form)
{
    struct writer wanted;
    struct reader reader;
    if (!entry->form) {
        writer_initialise(&wanted, 64);
        writer_unsigned(&wanted, 1);
        writer_unsigned(&wanted, entry->number);
        enum status status = system_ask(desk, SYSTEM_FORMS, &wanted);
        writer_release(&wanted);
        if (status != STATUS_OK)
            return status;
        reader_initialise(&reader, desk->body.bytes, desk->body.length);
        if (reader_limited(&reader, 1) != 1)
            return STATUS_UNKNOWN_CALL;
        entry->form = form_decode(&reader, desk->arena);
        if (!entry->form || !reader_end(&reader)) {
            entry->form = NULL;
            return STATUS_BROKEN;
        }
    }
    *form = entry->form;
    return STATUS_OK;
}

enum status desk_form_by_number(struct desk *desk, uint16_t number, const struct form **form)
{
    enum status status = desk->known ? STATUS_OK : desk_refresh(desk);
    for (size_t i = 0; status == STATUS_OK && i < desk->entry_count; i++)
        if (desk->entries[i].number == number)
            return form_fetch(desk, &desk->entries[i], form);
    return status != STATUS_OK ? status : STATUS_UNKNOWN_CALL;
}

enum status desk_form(struct desk *desk, const char *name, const struct form **form)
{
    enum status status = desk->known ? STATUS_OK : desk_refresh(desk);
    for (size_t i = 0; status == STATUS_OK && i < desk->entry_count; i++)
        if (strcmp(desk->entries[i].name, name) == 0 ||
            strcasecmp(desk->entries[i].code, name) == 0)
            return form_fetch(desk, &desk->entries[i], form);
    return status != STATUS_OK ? status : STATUS_UNKNOWN_CALL;
}

static struct desk_codes *codes_read(struct desk *desk)
{
    struct reader reader;
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    if (reader_limited(&reader, 1) != 1)
        return NULL;
    struct desk_codes *codes = ARENA_NEW(desk->arena, struct desk_codes);
    codes->name = reader_text(&reader, desk->arena, TEXT_LIMIT);
    codes->title.zh = reader_text(&reader, desk->arena, TEXT_LIMIT);
    codes->title.en = reader_text(&reader, desk->arena, TEXT_LIMIT);
    size_t count = (size_t)reader_limited(&reader, CODES_LIMIT);
    if (count > reader_left(&reader))
        return NULL;
    codes->codes = ARENA_ARRAY(desk->arena, struct desk_code, count + 1);
    codes->count = count;
    for (size_t i = 0; i < count; i++) {
        struct desk_code *code = &codes->codes[i];
        code->number = (int64_t)reader_unsigned(&reader);
        code->name = reader_text(&reader, desk->arena, TEXT_LIMIT);
        code->label.zh = reader_text(&reader, desk->arena, TEXT_LIMIT);
        code->label.en = reader_text(&reader, desk->arena, TEXT_LIMIT);
        code->parent = (int64_t)reader_unsigned(&reader);
        reader_text(&reader, desk->arena, TEXT_LIMIT);
        code->offered = reader_u8(&reader) != 0;
    }
    return reader_end(&reader) ? codes : NULL;
}

const struct desk_codes *desk_codes(struct desk *desk, const char *name)
{
    for (size_t i = 0; i < desk->codes_count; i++)
        if (strcmp(desk->codes[i]->name, name) == 0)
            return desk->codes[i];
    struct writer wanted;
    writer_initialise(&wanted, 4096);
    writer_unsigned(&wanted, 1);
    writer_text(&wanted, name);
    /* The answer to the call that is being shown stays where it is. */
    struct writer kept = desk->body;
    writer_initialise(&desk->body, FRAME_REPLY_LIMIT);
    enum status status = system_ask(desk, SYSTEM_CODES, &wanted);
    struct desk_codes *codes = status == STATUS_OK ? codes_read(desk) : NULL;
    writer_release(&desk->body);
    desk->body = kept;
    writer_release(&wanted);
    if (!codes)
        return NULL;
    if (desk->codes_count == desk->codes_capacity) {
        size_t capacity = 2 * desk->codes_capacity + 16;
        struct desk_codes **grown = ARENA_ARRAY(desk->arena, struct desk_codes *, capacity);
        for (size_t i = 0; i < desk->codes_count; i++)
            grown[i] = desk->codes[i];
        desk->codes = grown;
        desk->codes_capacity = capacity;
    }
    return desk->codes[desk->codes_count++] = codes;
}

static enum status find_ask(struct desk *desk, const struct form *form, uint16_t verb,
                            const struct writer *body)
{
    const struct connection_call call = {.form = form->number,
                                         .form_hash = form->hash,
                                         .verb = verb,
                                         .body = body->bytes,
                                         .length = body->length};
    return desk_ask(desk, &call);
}

static int64_t find_by_show(struct desk *desk, const struct form *form, const char *key)
{
    struct writer body;
    struct reader reader;
    writer_initialise(&body, 8192);
    writer_signed(&body, 0);
    writer_text(&body, key);
    writer_text(&body, "");
    enum status status = find_ask(desk, form, VERB_SHOW, &body);
    writer_release(&body);
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    int64_t id = reader_signed(&reader);
    return status == STATUS_OK && !reader.failed ? id : 0;
}

static int64_t find_by_values(struct desk *desk, const struct form *form, const char *key)
{
    struct writer body;
    struct reader reader;
    int64_t found = 0;
    writer_initialise(&body, 8192);
    writer_text(&body, key);
    enum status status = find_ask(desk, form, VERB_LIST_VALUES, &body);
    writer_release(&body);
    if (status != STATUS_OK)
        return 0;
    struct arena *arena = arena_create();
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    size_t count = (size_t)reader_limited(&reader, VALUES_LIMIT);
    for (size_t i = 0; i < count && !reader.failed; i++) {
        int64_t id = reader_signed(&reader);
        bool same = strcmp(reader_text(&reader, arena, TEXT_LIMIT), key) == 0;
        reader_text(&reader, arena, TEXT_LIMIT);
        if (same && !reader.failed)
            found = id;
    }
    arena_free(arena);
    return found;
}

static int64_t find_by_query(struct desk *desk, const struct form *form, const char *key)
{
    struct writer body;
    struct reader reader;
    const struct field *field = form_field(form, form->key);
    if (!field || field->type != VALUE_TEXT)
        return 0;
    writer_initialise(&body, 8192);
    writer_unsigned(&body, 1);
    writer_unsigned(&body, field->number);
    writer_u8(&body, 1);
    writer_text(&body, key);
    writer_signed(&body, 0);
    writer_unsigned(&body, 2);
    writer_block(&body, "", 0);
    enum status status = find_ask(desk, form, VERB_QUERY, &body);
    writer_release(&body);
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    size_t count = (size_t)reader_unsigned(&reader);
    int64_t id = count > 0 ? reader_signed(&reader) : 0;
    return status == STATUS_OK && !reader.failed ? id : 0;
}

enum status desk_find(struct desk *desk, const struct form *form, const char *key, int64_t *id)
{
    static const struct {
        uint16_t verb;
        int64_t (*find)(struct desk *desk, const struct form *form, const char *key);
    } ways[] = {
        {VERB_SHOW, find_by_show}, {VERB_QUERY, find_by_query}, {VERB_LIST_VALUES, find_by_values}};
    *id = 0;
    if (!form->key)
        return STATUS_NOT_FOUND;
    for (size_t i = 0; i < sizeof ways / sizeof *ways && *id == 0; i++)
        if (desk_permits(desk, form->number, ways[i].verb))
            *id = ways[i].find(desk, form, key);
    return *id ? STATUS_OK : STATUS_NOT_FOUND;
}
