/* From an order to service orders: one for each product and operation, linked, and sent to the
 * network through the outbox in the stream of the order. */
#include <string.h>

#include "server/ordering/ordering_internal.h"

static void paid_check(struct decision_case *c)
{
    const char *first = c->setting(c->context, "ordering.pay_before_submit");
    int64_t due = record_integer(c->before, "due_amount");
    int64_t paid = record_integer(c->before, "paid_amount");
    if (strcmp(first, "0") != 0 && paid < due) {
        decision_fault(c, "paid_amount", "order.not_paid",
                       value_format_amount(due - paid, c->arena), NULL);
    }
}

static bool depends(const struct decision_case *c, int64_t specification, int64_t needed)
{
    for (size_t i = 0; i < loaded_rows(c, "dependencies"); i++) {
        if (loaded_integer(c, "dependencies", i, "specification") == specification &&
            loaded_integer(c, "dependencies", i, "needed") == needed) {
            return true;
        }
    }
    return false;
}

/* Links to the service orders that must be done before; products come sorted, main ones first. */
static void links_add(struct decision_case *c, struct record *service, size_t product,
                      const int64_t *ids)
{
    int64_t own = loaded_integer(c, "products", product, "specification");
    for (size_t i = 0; i < loaded_rows(c, "products"); i++) {
        if (i != product && ids[i] != 0 &&
            depends(c, own, loaded_integer(c, "products", i, "specification"))) {
            struct record *link = record_add_line(service, "links", c->arena);
            record_set_integer(link, "kind", LINK_DEPENDS_ON);
            record_set_integer(link, "other_id", ids[i]);
        }
    }
}

static void characteristics_copy(struct decision_case *c, struct record *service, size_t product)
{
    for (size_t i = 0; i < loaded_rows(c, "characteristics"); i++) {
        if (loaded_integer(c, "characteristics", i, "product") ==
            loaded_integer(c, "products", product, "id")) {
            struct record *line = record_add_line(service, "characteristics", c->arena);
            record_set_text(line, "name", loaded_text(c, "characteristics", i, "name"));
            record_set_text(line, "value", loaded_text(c, "characteristics", i, "value"));
        }
    }
}

static const char *service_number(const struct decision_case *c, size_t product)
{
    return arena_format(c->arena, "%s-%lld", record_text(c->before, "number"),
                        (long long)loaded_integer(c, "products", product, "position"));
}

static int64_t service_create(struct decision_case *c, size_t product, const int64_t *ids)
{
    const struct record *order = c->before;
    struct record *service = effect_create(c, "service_order");
    const char *address = loaded_text(c, "products", product, "address");
    record_set_text(service, "number", service_number(c, product));
    record_set_integer(service, "customer_order_id", order->id);
    record_set_integer(service, "order_product_id", loaded_integer(c, "products", product, "id"));
    record_set_integer(service, "customer_id", record_integer(order, "customer_id"));
    record_set_integer(service, "product_specification_id",
                       loaded_integer(c, "products", product, "specification"));
    record_set_integer(service, "operation", loaded_integer(c, "products", product, "operation"));
    record_set_integer(service, "action", loaded_integer(c, "products", product, "action"));
    record_set_integer(service, "related_count", (int64_t)loaded_rows(c, "products"));
    record_set_integer(service, "sent_at", c->now);
    if (address[0] != '\0') {
        record_set_text(service, "address", address);
    }
    if (record_has(order, "appointment_at")) {
        record_set_integer(service, "appointment_at", record_integer(order, "appointment_at"));
    }
    characteristics_copy(c, service, product);
    links_add(c, service, product, ids);
    return service->id;
}

static void service_send(struct decision_case *c, const char *order_number, size_t product,
                         const char *reference, const struct service_relations *relations)
{
    const char *message = service_message(c, product, reference, relations);
    if (message == NULL) {
        decision_fault(c, NULL, "order.message_failed", NULL);
        return;
    }
    effect_message(c, c->setting(c->context, "ordering.network"), order_number, "ServiceOrder",
                   message);
}

/* Ids are known before the records are made only for those made before: a link to a later one waits
 * until all exist, so records of dependants come after what they depend on. */
static size_t *creation_order(const struct decision_case *c)
{
    size_t count = loaded_rows(c, "products");
    size_t *order = ARENA_ARRAY(c->arena, size_t, count + 1);
    bool *placed = ARENA_ARRAY(c->arena, bool, count + 1);
    size_t at = 0;
    for (bool moved = true; moved && at < count;) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            bool ready = !placed[i];
            int64_t own = loaded_integer(c, "products", i, "specification");
            for (size_t n = 0; n < count && ready; n++) {
                ready = placed[n] || n == i ||
                        !depends(c, own, loaded_integer(c, "products", n, "specification"));
            }
            if (ready) {
                placed[i] = true;
                order[at++] = i;
                moved = true;
            }
        }
    }
    for (size_t i = 0; i < count && at < count; i++) {
        if (!placed[i]) { /* two products that need each other: any order is as good */
            order[at++] = i;
        }
    }
    return order;
}

void order_submit(struct decision_case *c)
{
    size_t count = loaded_rows(c, "products");
    int64_t missing = loaded_integer(c, "customer", 0, "missing");
    paid_check(c);
    if (missing > 0) {
        decision_fault(c, "customer_id", "customer.verification_needed",
                       decision_number(c, missing), NULL);
    }
    if (count == 0) {
        decision_fault(c, "items", "order.no_items", NULL);
    }
    if (faults_any(c->faults)) {
        return;
    }
    int64_t *ids = ARENA_ARRAY(c->arena, int64_t, count);
    struct service_relations relations = {.total = (int64_t)count,
                                          .numbers = ARENA_ARRAY(c->arena, const char *, count)};
    const size_t *order = creation_order(c);
    for (size_t i = 0; i < count; i++) {
        size_t product = order[i];
        ids[product] = service_create(c, product, ids);
        relations.count = 0;
        for (size_t n = 0; n < count; n++) {
            if (n != product && depends(c, loaded_integer(c, "products", product, "specification"),
                                        loaded_integer(c, "products", n, "specification"))) {
                relations.numbers[relations.count++] = service_number(c, n);
            }
        }
        service_send(c, record_text(c->before, "number"), product,
                     service_reference(c, service_number(c, product), 1), &relations);
    }
    record_set_integer(c->after, "service_order_count", (int64_t)count);
    record_set_integer(c->after, "submitted_at", c->now);
    record_set_integer(c->answer, "service_order_count", (int64_t)count);
}

void order_withdraw(struct decision_case *c)
{
    int64_t paid = record_integer(c->before, "paid_amount");
    if (paid > 0) {
        decision_fault(c, "paid_amount", "order.refund_first", value_format_amount(paid, c->arena),
                       NULL);
    }
    record_set_text(c->after, "reason", c->reason);
}

/* Out of the fallout desk: the same service order goes to the network anew, under the next attempt,
 * so that late reports about the old one have no effect. */
void service_order_resend(struct decision_case *c)
{
    int64_t attempt = record_integer(c->before, "attempt") + 1;
    struct service_relations relations = {.total = record_integer(c->before, "related_count")};
    bool others = false;
    record_set_integer(c->after, "attempt", attempt);
    record_set_integer(c->after, "sent_at", c->now);
    *record_value(c->after, "fault_kind") = (struct value){.presence = VALUE_CLEARED};
    *record_value(c->after, "fault_text") = (struct value){.presence = VALUE_CLEARED, .text = ""};
    service_send(c, loaded_text(c, "order", 0, "number"), 0,
                 service_reference(c, record_text(c->before, "number"), attempt), &relations);
    /* Whoever had it in the inbox has done it by this. */
    effect_statement(
        c,
        "UPDATE work_item SET status = 3, done_at = gate_now(), version = version + 1"
        " WHERE record_id = $1::bigint AND form = 'service_order' AND status IN (1, 2)",
        -1, 1, decision_number(c, c->before->id));
    for (size_t i = 0; i < loaded_rows(c, "siblings"); i++) {
        int64_t state = loaded_integer(c, "siblings", i, "state");
        others = others || state == ORDER_REJECTED || state == ORDER_FAILED;
    }
    if (!others && loaded_integer(c, "order", 0, "state") == ORDER_PENDING) {
        struct record *order =
            effect_change(c, "customer_order", loaded_integer(c, "order", 0, "id"),
                          loaded_integer(c, "order", 0, "version"));
        record_set_integer(order, "state", ORDER_IN_PROGRESS);
    }
}
