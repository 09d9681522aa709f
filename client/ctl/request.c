/* One call: its words and options, sending it, pages of a query; see request.h. */
#include "client/ctl/request.h"

#include <stdlib.h>
#include <string.h>

#include "client/ctl/answer.h"
#include "client/ctl/request_body.h"
#include "protocol/arena.h"

enum option_kind { OPTION_FLAG, OPTION_NUMBER, OPTION_TEXT, OPTION_LIST };

#define PLACE(member) offsetof(struct request, member)
static const struct request_option {
    const char *name;
    enum option_kind kind;
    size_t place;
    size_t count_place;
} options[] = {
    {"dry-run", OPTION_FLAG, PLACE(dry_run), 0},
    {"confirm", OPTION_FLAG, PLACE(confirm), 0},
    {"all", OPTION_FLAG, PLACE(all), 0},
    {"raw", OPTION_FLAG, PLACE(raw), 0},
    {"limit", OPTION_NUMBER, PLACE(limit), 0},
    {"order", OPTION_TEXT, PLACE(order), 0},
    {"after", OPTION_TEXT, PLACE(after), 0},
    {"slot", OPTION_NUMBER, PLACE(slot), sizeof(int)},
    {"sequence", OPTION_NUMBER, PLACE(sequence), 0},
    {"hash", OPTION_NUMBER, PLACE(hash), 0},
    {"body", OPTION_TEXT, PLACE(body), 0},
    {"timeout", OPTION_NUMBER, PLACE(timeout), sizeof(int)},
    {"by", OPTION_LIST, PLACE(by), PLACE(by_count)},
    {"measure", OPTION_LIST, PLACE(measures), PLACE(measure_count)},
};

static const struct request_option *option_find(const char *word)
{
    size_t length = strcspn(word + 2, "=");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strlen(options[i].name) == length && strncmp(options[i].name, word + 2, length) == 0)
            return &options[i];
    return NULL;
}

bool request_option_known(const char *word, bool *takes_value)
{
    const struct request_option *option = option_find(word);
    *takes_value = option && option->kind != OPTION_FLAG && !strchr(word, '=');
    return option != NULL;
}

static void option_store(struct request *request, const struct request_option *option,
                         const char *value, struct input_error *error)
{
    char *place = (char *)request + option->place;
    char *end;
    if (option->kind == OPTION_FLAG) {
        memcpy(place, &(bool){true}, sizeof(bool));
    } else if (option->kind == OPTION_TEXT) {
        memcpy(place, &value, sizeof value);
    } else if (option->kind == OPTION_LIST) {
        char *counter = (char *)request + option->count_place;
        size_t count;
        memcpy(&count, counter, sizeof count);
        if (count == REQUEST_TERMS) {
            input_refuse(error, "too many --%s", option->name);
            return;
        }
        memcpy(place + count * sizeof value, &value, sizeof value);
        count++;
        memcpy(counter, &count, sizeof count);
    } else {
        int64_t number = strtoll(value, &end, 10);
        if (end == value || *end != '\0' || number < 0)
            input_refuse(error, "--%s: %s is no number", option->name, value);
        else if (option->count_place == sizeof(int))
            memcpy(place, &(int){(int)number}, sizeof(int));
        else
            memcpy(place, &number, sizeof number);
    }
}

bool request_parse(struct request *request, size_t count, char *const words[], struct arena *arena,
                   struct input_error *error)
{
    *request = (struct request){.arena = arena, .hash = -1};
    for (size_t i = 0; i < count && !error->text; i++) {
        const char *word = words[i];
        if (strncmp(word, "--", 2) == 0) {
            const struct request_option *option = option_find(word);
            const char *value = strchr(word, '=');
            if (!option)
                input_refuse(error, "%s: no such option", word);
            else if (option->kind == OPTION_FLAG && value)
                input_refuse(error, "%s takes no value", word);
            else if (option->kind != OPTION_FLAG && !value && i + 1 == count)
                input_refuse(error, "%s wants a value", word);
            else
                option_store(request, option,
                             option->kind == OPTION_FLAG ? ""
                             : value                     ? value + 1
                                                         : words[++i],
                             error);
        } else if (!request->form) {
            const char *dot = strrchr(word, '.');
            if (!dot || dot == word || dot[1] == '\0') {
                input_refuse(error, "%s: FORM.VERB is wanted", word);
                break;
            }
            request->form = arena_copy(arena, word, (size_t)(dot - word));
            request->verb = arena_string(arena, dot + 1);
        } else if (request->word_count == REQUEST_WORDS) {
            input_refuse(error, "too many words");
        } else if (!word_parse(word, arena, &request->words[request->word_count++])) {
            input_refuse(error, "%s: field=value is wanted", word);
        }
    }
    if (!request->form)
        input_refuse(error, "FORM.VERB is wanted");
    if (request->slot >= SESSION_SLOTS)
        input_refuse(error, "--slot is 0 to %d", SESSION_SLOTS - 1);
    return error->text == NULL;
}

/* --- the call --- */

static enum status call_send(struct making *making, const char *after)
{
    const struct request *request = making->request;
    struct request next = *request;
    writer_clear(making->body);
    making->head = (struct head){0};
    if (after)
        next.after = after;
    making->request = &next;
    request_body(making);
    making->request = request;
    if (making->error->text || making->status != STATUS_OK)
        return making->status;
    const struct connection_call call = {.form = making->form->number,
                                         .form_hash = request->hash >= 0 ? (uint32_t)request->hash
                                                                         : making->form->hash,
                                         .verb = making->verb->number,
                                         .body = making->body->bytes,
                                         .length = making->body->length,
                                         .timeout = request->timeout,
                                         .slot = (uint8_t)request->slot,
                                         .sequence = request->sequence};
    return making->body->failed ? STATUS_TOO_LARGE : desk_ask(making->desk, &call);
}

static json_t *usage_json(const struct input_error *error)
{
    return json_pack("{s:s, s:s}", "status", "usage", "text", error->text);
}

/* Pages until the limit is reached, or all are read. What a page was decoded into is forgotten with
 * it: an export may have millions of rows. */
static json_t *pages_run(struct making *making, json_t *answer,
                         void (*row)(void *context, json_t *row), void *context)
{
    const struct request *request = making->request;
    struct arena *page = arena_create();
    int64_t seen = 0;
    json_t *whole = row ? NULL : json_array();
    for (;;) {
        json_t *rows = json_object_get(answer, "rows");
        size_t index;
        json_t *one;
        json_array_foreach(rows, index, one)
        {
            seen++;
            if (row)
                row(context, json_incref(one));
            else
                json_array_append(whole, one);
        }
        json_object_del(answer, "rows");
        const char *next = json_string_value(json_object_get(answer, "next"));
        if (!request->all || !next || (request->limit && seen >= request->limit))
            break;
        const char *after = arena_string(making->arena, next);
        enum status status = call_send(making, after);
        json_decref(answer);
        arena_reset(page);
        answer = status == STATUS_OK
                     ? answer_json(making->desk, making->form, making->verb, request, page)
                     : refusal_json(making->desk, making->form, status, making->arena);
    }
    json_object_set_new(answer, "count", json_integer(seen));
    if (whole)
        json_object_set_new(answer, "rows", whole);
    arena_free(page);
    return answer;
}

/* Documents are longer than a frame: they go and come in pieces. */
static json_t *attachment_run(struct making *making)
{
    bool put = making->verb->number == VERB_ATTACH;
    request_heads(making);
    if (put && !making->head.file)
        input_refuse(making->error, "file= is wanted");
    if (making->error->text)
        return usage_json(making->error);
    if (put && !request_head_id(making)) {
        writer_clear(&making->desk->body);
        return refusal_json(making->desk, making->form, making->status, making->arena);
    }
    if (!put)
        return attachment_get(making->desk, making->form, making->head.id, making->head.file,
                              making->arena);
    const char *slash = strrchr(making->head.file, '/');
    const char *name = making->head.name ? making->head.name
                       : slash           ? slash + 1
                                         : making->head.file;
    return attachment_put(making->desk, making->form, making->head.id, making->head.file, name,
                          making->head.type, making->head.note, making->arena);
}

static json_t *form_run(struct making *making, void (*row)(void *context, json_t *row),
                        void *context)
{
    const struct request *request = making->request;
    enum status status = desk_form(making->desk, request->form, &making->form);
    if (status != STATUS_OK)
        return refusal_json(making->desk, NULL, status, making->arena);
    making->verb = form_verb_by_name(making->form, request->verb);
    if (!making->verb) {
        input_refuse(making->error, "%s has no verb %s", request->form, request->verb);
        return usage_json(making->error);
    }
    if (!request->body &&
        (making->verb->number == VERB_ATTACH || making->verb->number == VERB_FETCH_ATTACHMENT))
        return attachment_run(making);
    status = call_send(making, NULL);
    if (making->error->text)
        return usage_json(making->error);
    if (making->status != STATUS_OK)
        writer_clear(&making->desk->body);
    if (status == STATUS_CHANGED)
        return changed_json(making->desk, making->form, making->arena);
    if (status != STATUS_OK)
        return refusal_json(making->desk, making->form, status, making->arena);
    json_t *answer = answer_json(making->desk, making->form, making->verb, request, making->arena);
    return making->verb->number == VERB_QUERY || making->verb->number == VERB_EXPORT
               ? pages_run(making, answer, row, context)
               : answer;
}

static const char *bytes_hex(struct arena *arena, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = arena_allocate(arena, 2 * length + 1, 1);
    for (size_t i = 0; i < length; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    return hex;
}

json_t *request_run(struct desk *desk, const struct request *request,
                    void (*row)(void *context, json_t *row), void *context)
{
    struct input_error error = {.arena = request->arena};
    struct writer body;
    if (strcmp(request->form, "system") == 0)
        return system_run(desk, request);
    writer_initialise(&body, FRAME_REQUEST_LIMIT);
    struct making making = {
        .desk = desk, .request = request, .arena = request->arena, .body = &body, .error = &error};
    json_t *answer = form_run(&making, row, context);
    const char *status = json_string_value(json_object_get(answer, "status"));
    if (status && strcmp(status, "form_changed") == 0 && request->hash < 0) {
        /* The words are still good: they are coded again over the newer form. */
        json_decref(answer);
        error.text = NULL;
        making.status = STATUS_OK;
        enum status renewed = desk_refresh(desk);
        answer = renewed == STATUS_OK ? form_run(&making, row, context)
                                      : refusal_json(desk, NULL, renewed, request->arena);
    }
    if (request->raw)
        json_object_set_new(
            answer, "raw",
            json_string(bytes_hex(request->arena, desk->body.bytes, desk->body.length)));
    writer_release(&body);
    return answer;
}
