/* References and codes by list. */
#include "client/reference.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/dialog.h"
#include "client/field_text.h"
#include "client/session.h"
#include "client/store.h"

enum { VALUES_LIMIT = 200, TEXT_LIMIT = 1024, BODY_LIMIT = 2048 };

struct match {
    int64_t id;
    const char *texts[2]; /* key, caption */
};

struct matches {
    size_t count;
    struct match list[VALUES_LIMIT];
};

/* 0 for a form that the person may not use: the server then refuses, and the key goes as typed. */
static uint32_t form_hash(struct application *application, uint16_t number)
{
    const struct store_entry *entry = store_by_number(application->store, number);
    return entry != NULL ? entry->hash : 0;
}

static enum status matches_fetch(struct application *application, uint16_t number,
                                 const char *typed, struct matches *matches, struct answer *answer)
{
    struct writer body;
    writer_initialise(&body, BODY_LIMIT);
    writer_text(&body, typed);
    session_call(application, number, form_hash(application, number), VERB_LIST_VALUES, &body,
                 answer);
    writer_release(&body);
    matches->count = 0;
    if (answer->status != STATUS_OK)
        return answer->status;
    size_t count = (size_t)reader_limited(&answer->reader, VALUES_LIMIT);
    for (size_t i = 0; i < count && !answer->reader.failed; i++) {
        struct match *match = &matches->list[i];
        match->id = reader_signed(&answer->reader);
        match->texts[0] = reader_text(&answer->reader, answer->arena, TEXT_LIMIT);
        match->texts[1] = reader_text(&answer->reader, answer->arena, TEXT_LIMIT);
    }
    matches->count = reader_end(&answer->reader) ? count : 0;
    return STATUS_OK;
}

static const struct match *match_exact(const struct matches *matches, const char *typed)
{
    const struct match *found = NULL;
    for (size_t i = 0; i < matches->count; i++)
        if (strcasecmp(matches->list[i].texts[0], typed) == 0)
            return &matches->list[i];
    for (size_t i = 0; i < matches->count; i++) {
        if (strcmp(matches->list[i].texts[1], typed) == 0) {
            if (found != NULL)
                return NULL; /* two of one name: the person decides */
            found = &matches->list[i];
        }
    }
    return found;
}

static const struct match *match_choose(struct application *application, uint16_t number,
                                        const struct matches *matches)
{
    const struct list_column columns[] = {{"", 16, CELL_ALIGN_LEFT}, {"", 40, CELL_ALIGN_LEFT}};
    const struct store_entry *entry = store_by_number(application->store, number);
    struct list_row *rows = calloc(matches->count + 1, sizeof *rows);
    if (rows == NULL)
        abort();
    for (size_t i = 0; i < matches->count; i++)
        rows[i] = (struct list_row){.id = (int64_t)i + 1,
                                    .texts = matches->list[i].texts,
                                    .match = matches->list[i].texts[1]};
    const struct dialog_choice choice = {
        .title = entry != NULL ? application_label(application, &entry->title)
                               : application_text(application, "key.values"),
        .columns = columns,
        .column_count = 2,
        .rows = rows,
        .count = matches->count,
    };
    int64_t chosen = dialog_choose(application, &choice, NULL, NULL);
    free(rows);
    return chosen > 0 ? &matches->list[chosen - 1] : NULL;
}

bool reference_resolve(struct application *application, uint16_t number, const char *typed,
                       bool browse, struct value *value, struct arena *arena)
{
    struct matches *matches = calloc(1, sizeof *matches);
    struct answer answer;
    bool resolved = false;
    if (matches == NULL)
        abort();
    enum status status = matches_fetch(application, number, typed, matches, &answer);
    if ((status == STATUS_DENIED || status == STATUS_UNKNOWN_CALL ||
         status == STATUS_FORM_CHANGED) &&
        !browse) {
        /* No list for this person: the key goes as typed, the server resolves it. */
        *value = (struct value){.presence = VALUE_PRESENT, .text = arena_string(arena, typed)};
        resolved = true;
        goto out;
    }
    if (status != STATUS_OK) {
        session_refused(application, &answer);
        goto out;
    }
    if (matches->count == 0 && typed[0] != '\0') {
        /* Nothing begins like that: the whole list, so that something can be chosen. */
        answer_release(&answer);
        application_refuse(application, "client.no_match", typed, NULL);
        status = matches_fetch(application, number, "", matches, &answer);
    }
    const struct match *match = NULL;
    if (!browse && typed[0] != '\0')
        match = match_exact(matches, typed);
    if (match == NULL && !browse && matches->count == 1 &&
        strncasecmp(matches->list[0].texts[0], typed, strlen(typed)) == 0)
        match = &matches->list[0];
    if (match == NULL && !browse && matches->count == 1 &&
        strncmp(matches->list[0].texts[1], typed, strlen(typed)) == 0)
        match = &matches->list[0];
    if (match == NULL && matches->count > 0) {
        terminal_discard_keys(application->terminal);
        match = match_choose(application, number, matches);
    }
    if (match == NULL)
        goto out;
    *value = (struct value){.presence = VALUE_PRESENT,
                            .integer = match->id,
                            .text = arena_string(arena, match->texts[0]),
                            .label = arena_string(arena, match->texts[1])};
    application_say_text(application, CELL_PLAIN, "");
    resolved = true;
out:
    answer_release(&answer);
    free(matches);
    return resolved;
}

bool reference_choose_code(struct application *application, const struct form *form,
                           const struct field *field, const char *typed, int64_t *number)
{
    const struct list_column columns[] = {{"", 36, CELL_ALIGN_LEFT}, {"", 5, CELL_ALIGN_RIGHT}};
    struct arena *arena = arena_create();
    size_t count;
    size_t used = 0;
    const struct field_code *codes = field_codes(application, form, field, &count, arena);
    struct list_row *rows = ARENA_ARRAY(arena, struct list_row, count + 1);
    for (size_t i = 0; i < count; i++) {
        const char **texts = ARENA_ARRAY(arena, const char *, 2);
        if (!codes[i].offered)
            continue;
        texts[1] = arena_format(arena, "%lld", (long long)codes[i].number);
        texts[0] = arena_format(arena, "%*s%s", codes[i].depth * 2, "", codes[i].text);
        rows[used++] = (struct list_row){
            .id = (int64_t)i + 1,
            .texts = texts,
            .match =
                arena_format(arena, "%s %s %s", codes[i].text, codes[i].initials, codes[i].name),
        };
    }
    terminal_discard_keys(application->terminal);
    const struct dialog_choice choice = {.title = application_label(application, &field->label),
                                         .columns = columns,
                                         .column_count = 2,
                                         .rows = rows,
                                         .count = used,
                                         .filter = typed};
    int64_t chosen = used > 0 ? dialog_choose(application, &choice, NULL, NULL) : 0;
    if (chosen > 0)
        *number = codes[chosen - 1].number;
    else if (used == 0)
        application_refuse(application, "client.no_codes", NULL);
    arena_free(arena);
    return chosen > 0;
}
