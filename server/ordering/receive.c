/* What a neighbour reports: each message once, late ones without effect, refusals to the fallout
 * desk, the last completion to the end of the order. */
#include <string.h>

#include "server/ordering/ordering_internal.h"
#include "server/organisation/organisation.h"

/* How far along a state is: a report that says less than is known has no effect. */
static int state_rank(int64_t state)
{
    switch (state) {
    case ORDER_ACKNOWLEDGED:
        return 1;
    case ORDER_PENDING:
    case ORDER_HELD:
    case ORDER_IN_PROGRESS:
        return 2;
    default:
        return order_state_settled(state) ? 3 : 2;
    }
}

static void inbox_keep(struct decision_case *c, int64_t id, const char *result)
{
    effect_statement(
        c,
        "INSERT INTO inbox_message (id, neighbour, external_id, type, payload, result, network_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, gate_network())",
        1, 6, decision_number(c, id), record_text(c->input, "neighbour"),
        record_text(c->input, "external_id"), record_text(c->input, "type"),
        record_text(c->input, "payload"), result);
    record_set_text(c->answer, "result", result);
}

/* A message that nothing can be done with: the original is kept, a person looks at it. */
static void message_fallout(struct decision_case *c, const char *result)
{
    int64_t id = c->new_id(c->context);
    inbox_keep(c, id, result);
    effect_work_item(c, "message_fallout", c->actor.organisation, 0, "inbox_record", id,
                     record_text(c->input, "external_id"), 0);
}

static size_t named_row(const struct decision_case *c)
{
    size_t row = 0;
    while (row < loaded_rows(c, "services") && !loaded_flag(c, "services", row, "named")) {
        row++;
    }
    return row;
}

/* The number belongs to somebody else at the time. */
static bool number_taken(const struct decision_case *c, int64_t service)
{
    for (size_t i = 0; i < loaded_rows(c, "bindings"); i++) {
        if (loaded_integer(c, "bindings", i, "service") != service) {
            return true;
        }
    }
    return false;
}

static void number_reserve(struct decision_case *c, size_t row, const char *number)
{
    const char *service = decision_number(c, loaded_integer(c, "services", row, "id"));
    const char *days = c->setting(c->context, "ordering.reservation_days");
    if (strcmp(loaded_text(c, "services", row, "access_number"), number) == 0) {
        return;
    }
    effect_statement(
        c,
        "UPDATE access_number_binding SET during = tstzrange(lower(during), greatest(gate_now(),"
        " lower(during)), '[)'), released_at = gate_now()"
        " WHERE service_order_id = $1::bigint AND released_at IS NULL",
        -1, 1, service);
    effect_statement(
        c,
        "INSERT INTO access_number_binding (number, during, service_order_id, network_id)"
        " VALUES ($1, tstzrange(gate_now(), gate_now() + make_interval(days => $2::integer)),"
        " $3::bigint, gate_network())",
        1, 3, number, days[0] != '\0' ? days : "30", service);
}

static int64_t fault_kind(const struct decision_case *c, const char *code)
{
    int64_t kind = code[0] != '\0' ? c->code_number(c->context, "fallout_reason", code) : 0;
    return kind != 0 ? kind : c->code_number(c->context, "fallout_reason", "refused");
}

/* Into the fallout desk of the hall that took the order. */
static void service_fallout(struct decision_case *c, size_t row, struct record *service,
                            const char *code, const char *text)
{
    const char *number = loaded_text(c, "services", row, "number");
    record_set_integer(service, "fault_kind", fault_kind(c, code));
    if (text[0] != '\0') {
        record_set_text(service, "fault_text", text);
    }
    effect_work_item(c, "service_order_fallout", loaded_integer(c, "order", 0, "organisation_id"),
                     0, "service_order", loaded_integer(c, "services", row, "id"), number, 0);
    effect_notice(c, loaded_integer(c, "order", 0, "staff_id"), "notice.service_order_fallout",
                  number);
    if (loaded_integer(c, "order", 0, "state") == ORDER_IN_PROGRESS) {
        struct record *order =
            effect_change(c, "customer_order", loaded_integer(c, "order", 0, "id"),
                          loaded_integer(c, "order", 0, "version"));
        record_set_integer(order, "state", ORDER_PENDING);
        if (text[0] != '\0') {
            record_set_text(order, "reason", text);
        }
    }
}

static bool others_completed(const struct decision_case *c, size_t row)
{
    for (size_t i = 0; i < loaded_rows(c, "services"); i++) {
        if (i != row && loaded_integer(c, "services", i, "state") != ORDER_COMPLETED) {
            return false;
        }
    }
    return true;
}

static void milestone_add(struct decision_case *c, struct record *service,
                          const struct network_event *event, int64_t state)
{
    struct record *milestone = record_add_line(service, "milestones", c->arena);
    record_set_integer(milestone, "state", state);
    record_set_integer(milestone, "at", event->at);
    record_set_integer(milestone, "received_at", c->now);
    if (event->fault_text[0] != '\0') {
        record_set_text(milestone, "note", event->fault_text);
    }
}

static void details_take(struct decision_case *c, size_t row, struct record *service,
                         const struct network_event *event, bool reserved)
{
    record_set_integer(service, "last_event_at", event->at);
    if (event->external_id[0] != '\0') {
        record_set_text(service, "external_id", event->external_id);
    }
    if (event->port[0] != '\0') {
        record_set_text(service, "port", event->port);
    }
    if (event->expected_on != INT64_MIN) {
        record_set_integer(service, "expected_on", event->expected_on);
    }
    if (reserved) {
        record_set_text(service, "access_number", event->access_number);
        number_reserve(c, row, event->access_number);
    }
}

/* Does the service, with what this event adds, have what its product must have? */
static bool data_complete(const struct decision_case *c, size_t row,
                          const struct network_event *event)
{
    bool number = loaded_null(c, "services", row, "number_kind") ||
                  loaded_text(c, "services", row, "access_number")[0] != '\0' ||
                  event->access_number[0] != '\0';
    bool port = !loaded_flag(c, "services", row, "has_port") ||
                loaded_text(c, "services", row, "port")[0] != '\0' || event->port[0] != '\0';
    return number && port;
}

static void event_apply(struct decision_case *c, size_t row, const struct network_event *event,
                        int64_t state)
{
    int64_t id = loaded_integer(c, "services", row, "id");
    struct record *service =
        effect_change(c, "service_order", id, loaded_integer(c, "services", row, "version"));
    bool numbered =
        event->access_number[0] != '\0' && !loaded_null(c, "services", row, "number_kind");
    const char *code = event->fault_code;
    const char *text = event->fault_text;
    bool taken =
        numbered && state != ORDER_REJECTED && state != ORDER_FAILED && number_taken(c, id);
    if (taken) {
        state = ORDER_FAILED;
        code = "number_taken";
        text = event->access_number;
    } else if (state == ORDER_COMPLETED && !data_complete(c, row, event)) {
        state = ORDER_FAILED;
        code = "incomplete";
    }
    record_set_integer(service, "state", state);
    details_take(c, row, service, event, numbered && !taken && state != ORDER_REJECTED);
    milestone_add(c, service, event, state);
    if (state == ORDER_REJECTED || state == ORDER_FAILED) {
        service_fallout(c, row, service, code, text);
    } else if (state == ORDER_COMPLETED) {
        record_set_integer(service, "completed_at", c->now);
        if (others_completed(c, row)) {
            order_complete(c, row, event);
        }
    }
}

static void event_decide(struct decision_case *c, const struct network_event *event)
{
    size_t row = named_row(c);
    int64_t state = order_state_by_core(event->state);
    if (state == 0) {
        message_fallout(c, "unknown_state");
        return;
    }
    if (row == loaded_rows(c, "services")) {
        message_fallout(c, "unknown_order");
        return;
    }
    int64_t known = loaded_integer(c, "services", row, "state");
    int64_t last = loaded_time(c, "services", row, "last_event_at");
    bool settled = order_state_settled(known);
    bool late = event->attempt != loaded_integer(c, "services", row, "attempt") || settled ||
                state_rank(state) < state_rank(known) ||
                (!order_state_settled(state) && last != 0 && event->at < last);
    if (settled && event->attempt == loaded_integer(c, "services", row, "attempt") &&
        order_state_settled(state) && state != known) {
        message_fallout(c, "contradiction"); /* two different ends: a person decides */
        return;
    }
    inbox_keep(c, c->new_id(c->context), late ? "late" : "taken");
    if (!late) {
        event_apply(c, row, event, state);
    }
}

void neighbour_receive(struct decision_case *c)
{
    struct network_event event;
    const char *neighbour = record_text(c->input, "neighbour");
    static const char *const needed[] = {"neighbour", "external_id", "payload"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (record_text(c->input, needed[i])[0] == '\0') {
            decision_fault(c, needed[i], "required", NULL);
        }
    }
    if (faults_any(c->faults)) {
        return;
    }
    if (loaded_rows(c, "known") > 0) {
        record_set_text(c->answer, "result", "repeated");
        return;
    }
    if (strncmp(record_text(c->input, "type"), "standard.", 9) == 0) {
        standard_take(c);
        return;
    }
    if (strcmp(neighbour, c->setting(c->context, "ordering.network")) != 0) {
        message_fallout(c, "unknown_neighbour");
    } else if (!network_event_read(record_text(c->input, "payload"), c->arena, &event)) {
        message_fallout(c, "malformed");
    } else {
        event_decide(c, &event);
    }
}
