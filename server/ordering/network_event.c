/* Reads what the network reports: ServiceOrderStateChangeEvent and its relatives of TMF 641. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/ordering/ordering_internal.h"

enum { TEXT_LIMIT = 200, ID_LIMIT = 60, NUMBER_LIMIT = 24, PORT_LIMIT = 40 };

static const struct core_state {
    const char *core;
    enum order_state state;
} core_states[] = {
    {"acknowledged", ORDER_ACKNOWLEDGED},
    {"rejected", ORDER_REJECTED},
    {"pending", ORDER_PENDING},
    {"held", ORDER_HELD},
    {"inProgress", ORDER_IN_PROGRESS},
    {"assessingCancellation", ORDER_ASSESSING_CANCELLATION},
    {"pendingCancellation", ORDER_PENDING_CANCELLATION},
    {"cancelled", ORDER_CANCELLED},
    {"completed", ORDER_COMPLETED},
    {"failed", ORDER_FAILED},
    {"partial", ORDER_PARTIAL},
};

enum order_state order_state_by_core(const char *core)
{
    for (size_t i = 0; i < sizeof core_states / sizeof *core_states; i++) {
        if (strcmp(core_states[i].core, core) == 0) {
            return core_states[i].state;
        }
    }
    return 0;
}

bool order_state_settled(int64_t state)
{
    return state == ORDER_REJECTED || state == ORDER_CANCELLED || state == ORDER_COMPLETED ||
           state == ORDER_FAILED || state == ORDER_PARTIAL;
}

/* A text of the message, cut at a character to what our column holds. */
static const char *member_text(const json_t *object, const char *name, size_t limit,
                               struct arena *arena)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (text == NULL) {
        return "";
    }
    size_t length = 0;
    size_t count = 0;
    while (text[length] != '\0' && count < limit) {
        length++;
        while (((unsigned char)text[length] & 0xc0) == 0x80) {
            length++;
        }
        count++;
    }
    char *copy = arena_copy(arena, text, length);
    for (char *at = copy; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ') {
            *at = ' ';
        }
    }
    return copy;
}

/* "2026-11-21T09:14:32.5Z" or with "+08:00"; 0 when it is no such time. */
static int64_t event_time(const char *text)
{
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int used = 0;
    int zone_hours = 0;
    int zone_minutes = 0;
    int64_t micros = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second,
               &used) != 6 ||
        year < 1970 || year > 2999 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
        return 0;
    }
    const char *at = text + used;
    if (*at == '.') {
        int64_t scale = 100000;
        for (at++; *at >= '0' && *at <= '9'; at++, scale /= 10) {
            micros += (*at - '0') * scale;
        }
    }
    if ((*at == '+' || *at == '-') && sscanf(at + 1, "%2d:%2d", &zone_hours, &zone_minutes) < 1) {
        return 0;
    }
    int64_t zone = ((int64_t)zone_hours * 60 + zone_minutes) * 60 * (*at == '-' ? -1 : 1);
    int64_t seconds = value_days_from_civil(year, month, day) * 86400 + (int64_t)hour * 3600 +
                      (int64_t)minute * 60 + second;
    return (seconds - zone) * 1000000 + micros;
}

static const char *characteristic_text(const json_t *order, const char *name, size_t limit,
                                       struct arena *arena)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(order, "serviceOrderItem"), i, item)
    {
        size_t n;
        json_t *one;
        const json_t *service = json_object_get(item, "service");
        json_array_foreach(json_object_get(service, "serviceCharacteristic"), n, one)
        {
            const char *own = json_string_value(json_object_get(one, "name"));
            if (own != NULL && strcmp(own, name) == 0) {
                return member_text(one, "value", limit, arena);
            }
        }
    }
    return "";
}

/* "…-2:3" is attempt 3 of service order "…-2". */
static void reference_split(struct network_event *event, struct arena *arena)
{
    const char *colon = strchr(event->reference, ':');
    event->number = event->reference;
    event->attempt = 1;
    if (colon != NULL) {
        event->number = arena_copy(arena, event->reference, (size_t)(colon - event->reference));
        event->attempt = strtoll(colon + 1, NULL, 10);
    }
}

bool network_event_read(const char *payload, struct arena *arena, struct network_event *event)
{
    json_t *root = json_loads(payload, JSON_REJECT_DUPLICATES, NULL);
    const json_t *order = json_object_get(json_object_get(root, "event"), "serviceOrder");
    const json_t *fault = json_array_get(json_object_get(order, "errorMessage"), 0);
    *event = (struct network_event){
        .reference = member_text(order, "externalId", ID_LIMIT, arena),
        .state = member_text(order, "state", ID_LIMIT, arena),
        .external_id = member_text(order, "id", ID_LIMIT, arena),
        .at = event_time(member_text(root, "eventTime", ID_LIMIT, arena)),
        .access_number = characteristic_text(order, "accessNumber", NUMBER_LIMIT, arena),
        .port = characteristic_text(order, "port", PORT_LIMIT, arena),
        .expected_on = INT64_MIN,
        .fault_code = member_text(fault, "code", ID_LIMIT, arena),
        .fault_text = member_text(fault, "reason", TEXT_LIMIT, arena),
    };
    int64_t expected = event_time(member_text(order, "expectedCompletionDate", ID_LIMIT, arena));
    if (expected != 0) {
        event->expected_on = expected / 86400000000;
    }
    reference_split(event, arena);
    bool good =
        order != NULL && event->reference[0] != '\0' && event->state[0] != '\0' && event->at != 0;
    json_decref(root);
    return good;
}
