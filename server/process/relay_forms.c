/* Outbox and inbox as operations: the relay has no database, it calls verbs like everybody. */
#include <stdio.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/process/relay.h"
#include "server/process/service_client.h"

/* Names agreed with the forms; fields that a form does not have are left out. */
static const char outbox[] = "outbox_message";
static const char outbox_claim[] = "claim";     /* answers lines "messages" */
static const char outbox_confirm[] = "confirm"; /* message_id */
static const char outbox_fail[] = "fail";       /* message_id, error, poisoned */
static const char inbox[] = "neighbour_message";
static const char inbox_receive[] = "receive"; /* neighbour, external_id, type, payload */

static void set_text(struct record *record, const char *name, const char *text)
{
    if (record_value(record, name) && text[0])
        record_set_text(record, name, text);
}

static void set_integer(struct record *record, const char *name, int64_t integer)
{
    if (record_value(record, name))
        record_set_integer(record, name, integer);
}

static const char *text_of(const struct record *record, const char *name)
{
    return record_value(record, name) ? record_text(record, name) : "";
}

static int64_t integer_of(const struct record *record, const char *name)
{
    return record_value(record, name) ? record_integer(record, name) : 0;
}

static bool forms_claim(void *context, struct arena *arena, struct relay_message **list,
                        size_t *count)
{
    char reason[RELAY_REASON];
    struct record *answer = NULL;
    struct record *input = service_client_input(context, outbox, outbox_claim, arena);
    *list = NULL;
    *count = 0;
    if (!input)
        return false;
    set_integer(input, "limit", RELAY_BATCH);
    if (service_client_call(context, outbox_claim, input, 0, arena, &answer, reason,
                            sizeof reason) != STATUS_OK)
        return false;
    const struct value *value = answer ? record_value(answer, "messages") : NULL;
    const struct lines *lines = value && value->presence == VALUE_PRESENT ? value->lines : NULL;
    if (!lines)
        return true;
    *count = lines->count;
    *list = ARENA_ARRAY(arena, struct relay_message, lines->count + 1);
    for (size_t i = 0; i < lines->count; i++) {
        const struct record *record = &lines->lines[i].record;
        (*list)[i] = (struct relay_message){
            .id = integer_of(record, "message_id"),
            .neighbour = text_of(record, "neighbour"),
            .stream = text_of(record, "stream"),
            .sequence = integer_of(record, "sequence"),
            .type = text_of(record, "type"),
            .payload = text_of(record, "payload"),
            .attempts = integer_of(record, "attempts"),
        };
    }
    return true;
}

static bool forms_confirm(void *context, struct arena *arena, const struct relay_message *message)
{
    char reason[RELAY_REASON];
    struct record *answer = NULL;
    struct record *input = service_client_input(context, outbox, outbox_confirm, arena);
    if (!input)
        return false;
    set_integer(input, "message_id", message->id);
    return service_client_call(context, outbox_confirm, input, 0, arena, &answer, reason,
                               sizeof reason) == STATUS_OK;
}

static bool forms_fail(void *context, struct arena *arena, const struct relay_message *message,
                       const char *why, bool poisoned)
{
    char reason[RELAY_REASON];
    struct record *answer = NULL;
    struct record *input = service_client_input(context, outbox, outbox_fail, arena);
    if (!input)
        return false;
    set_integer(input, "message_id", message->id);
    set_text(input, "error", why);
    set_integer(input, "poisoned", poisoned);
    return service_client_call(context, outbox_fail, input, 0, arena, &answer, reason,
                               sizeof reason) == STATUS_OK;
}

/* What repeating cannot change is a refusal; what time may change is not. */
static enum relay_receipt receipt_of(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return RELAY_TAKEN;
    case STATUS_FAULTS:
    case STATUS_NOT_FOUND:
    case STATUS_TRANSITION:
    case STATUS_CHANGED:
    case STATUS_TOO_LARGE:
        return RELAY_REFUSED;
    default:
        return RELAY_LATER;
    }
}

static enum relay_receipt forms_receive(void *context, struct arena *arena,
                                        struct relay_arrival *arrival)
{
    struct record *answer = NULL;
    struct record *input = service_client_input(context, inbox, inbox_receive, arena);
    if (!input)
        return RELAY_LATER;
    set_text(input, "neighbour", arrival->neighbour);
    set_text(input, "external_id", arrival->external_id);
    set_text(input, "type", arrival->type);
    set_text(input, "payload", arrival->payload);
    return receipt_of(service_client_call(context, inbox_receive, input, 0, arena, &answer,
                                          arrival->reason, sizeof arrival->reason));
}

struct relay_business relay_forms_business(struct service_client *client)
{
    return (struct relay_business){
        .context = client,
        .claim = forms_claim,
        .confirm = forms_confirm,
        .fail = forms_fail,
        .receive = forms_receive,
    };
}
