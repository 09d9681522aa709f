/* The order for the network in the shape of TMF 641 (ServiceOrder, v4). */
#include <jansson.h>
#include <stdlib.h>

#include "server/ordering/ordering_internal.h"

const char *service_reference(struct decision_case *c, const char *number, int64_t attempt)
{
    return attempt <= 1 ? arena_string(c->arena, number)
                        : arena_format(c->arena, "%s:%lld", number, (long long)attempt);
}

/* Times of the standard: RFC 3339, UTC. */
static const char *time_text(struct arena *arena, int64_t microseconds)
{
    int year = 0;
    int month = 0;
    int day = 0;
    int64_t seconds = microseconds / 1000000;
    int64_t days = seconds / 86400;
    seconds %= 86400;
    if (seconds < 0) {
        seconds += 86400;
        days--;
    }
    value_civil_from_days(days, &year, &month, &day);
    return arena_format(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day,
                        (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
}

static json_t *characteristics_json(const struct decision_case *c, size_t product)
{
    json_t *list = json_array();
    int64_t id = loaded_integer(c, "products", product, "id");
    const char *wish = loaded_text(c, "products", product, "access_number");
    for (size_t i = 0; i < loaded_rows(c, "characteristics"); i++) {
        if (loaded_integer(c, "characteristics", i, "product") == id) {
            json_array_append_new(
                list, json_pack("{ssss}", "name", loaded_text(c, "characteristics", i, "name"),
                                "value", loaded_text(c, "characteristics", i, "value")));
        }
    }
    if (wish[0] != '\0') {
        json_array_append_new(list, json_pack("{ssss}", "name", "accessNumber", "value", wish));
    }
    return list;
}

static json_t *service_json(const struct decision_case *c, size_t product)
{
    const char *address = loaded_text(c, "products", product, "address");
    json_t *service = json_pack("{sss{ssss}so}", "state", "active", "serviceSpecification", "id",
                                loaded_text(c, "products", product, "code"), "name",
                                loaded_text(c, "products", product, "name"),
                                "serviceCharacteristic", characteristics_json(c, product));
    if (service != NULL && address[0] != '\0') {
        json_object_set_new(service, "place",
                            json_pack("[{ssss}]", "role", "installationAddress", "name", address));
    }
    return service;
}

static void times_add(struct decision_case *c, json_t *order)
{
    const struct record *head = c->before;
    bool whole = head != NULL && record_value(head, "requested_on") != NULL;
    json_object_set_new(order, "orderDate", json_string(time_text(c->arena, c->now)));
    if (whole && record_has(head, "requested_on")) {
        json_object_set_new(
            order, "requestedStartDate",
            json_string(time_text(c->arena, record_integer(head, "requested_on") * 86400000000)));
    }
    if (head != NULL && record_has(head, "appointment_at")) {
        json_object_set_new(
            order, "requestedCompletionDate",
            json_string(time_text(c->arena, record_integer(head, "appointment_at"))));
    }
}

static void relations_add(json_t *order, const struct service_relations *relations)
{
    json_t *list = json_array();
    for (size_t i = 0; i < relations->count; i++) {
        json_array_append_new(list, json_pack("{ssss}", "id", relations->numbers[i],
                                              "relationshipType", "dependency"));
    }
    if (relations->count > 0) {
        json_object_set(order, "orderRelationship", list);
    }
    json_decref(list);
    json_object_set_new(order, "relatedCount", json_integer(relations->total));
}

const char *service_message(struct decision_case *c, size_t product, const char *reference,
                            const struct service_relations *relations)
{
    static const char *const actions[] = {"noChange", "add", "modify", "delete", "noChange"};
    int64_t action = loaded_integer(c, "products", product, "action");
    const char *text = NULL;
    json_t *order = json_pack("{ssssss s[{ssss}] s[{ssssso}]}", "@type", "ServiceOrder",
                              "externalId", reference, "category",
                              c->code_name(c->context, "product_operation",
                                           loaded_integer(c, "products", product, "operation")),
                              "relatedParty", "name", loaded_text(c, "customer", 0, "name"), "role",
                              "customer", "serviceOrderItem", "id", "1", "action",
                              actions[action >= ACTION_ADD && action <= 4 ? action : 0], "service",
                              service_json(c, product));
    if (order == NULL) {
        return NULL;
    }
    times_add(c, order);
    relations_add(order, relations);
    const char *customer = loaded_text(c, "customer", 0, "code");
    json_t *party = json_array_get(json_object_get(order, "relatedParty"), 0);
    json_object_set_new(party, "id", json_string(customer));
    char *dumped = json_dumps(order, JSON_COMPACT);
    if (dumped != NULL) {
        text = arena_string(c->arena, dumped);
        free(dumped);
    }
    json_decref(order);
    return text;
}
