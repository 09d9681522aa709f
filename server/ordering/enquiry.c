/* "How far is it": orders found by what the caller can say, and the contact that records the
 * answer. */
#include <string.h>

#include "server/ordering/ordering_internal.h"

enum { REASON_ORDER_PROGRESS = 1, RESOLUTION_ANSWERED = 1, INTERACTION_COMPLETED = 2 };

static void integer_copy(const struct decision_case *c, const char *load, size_t row,
                         const char *column, struct record *line, const char *field)
{
    if (!loaded_null(c, load, row, column)) {
        record_set_integer(line, field, loaded_integer(c, load, row, column));
    }
}

static void orders_answer(struct decision_case *c)
{
    for (size_t i = 0; i < loaded_rows(c, "orders"); i++) {
        struct record *line = record_add_line(c->answer, "orders", c->arena);
        record_set_text(line, "number", loaded_text(c, "orders", i, "number"));
        record_set_text(line, "customer", loaded_text(c, "orders", i, "name"));
        record_set_integer(line, "state", loaded_integer(c, "orders", i, "state"));
        record_set_integer(line, "captured_at", loaded_time(c, "orders", i, "captured_at"));
        record_set_integer(line, "done", loaded_integer(c, "orders", i, "done"));
        record_set_integer(line, "count", loaded_integer(c, "orders", i, "count"));
        if (!loaded_null(c, "orders", i, "expected_on")) {
            record_set_integer(line, "expected_on", loaded_date(c, "orders", i, "expected_on"));
        }
    }
}

static void steps_answer(struct decision_case *c)
{
    for (size_t i = 0; i < loaded_rows(c, "steps"); i++) {
        struct record *line = record_add_line(c->answer, "steps", c->arena);
        const char *number = loaded_text(c, "steps", i, "access_number");
        record_set_text(line, "number", loaded_text(c, "steps", i, "number"));
        record_set_text(line, "product", loaded_text(c, "steps", i, "name"));
        integer_copy(c, "steps", i, "operation", line, "operation");
        integer_copy(c, "steps", i, "state", line, "state");
        integer_copy(c, "steps", i, "fault_kind", line, "fault_kind");
        if (number[0] != '\0') {
            record_set_text(line, "access_number", number);
        }
        if (!loaded_null(c, "steps", i, "last_event_at")) {
            record_set_integer(line, "last_event_at", loaded_time(c, "steps", i, "last_event_at"));
        }
        if (!loaded_null(c, "steps", i, "expected_on")) {
            record_set_integer(line, "expected_on", loaded_date(c, "steps", i, "expected_on"));
        }
    }
}

static void enquiry_answer(struct decision_case *c)
{
    if (record_text(c->input, "text")[0] == '\0') {
        decision_fault(c, "text", "required", NULL);
    } else if (loaded_rows(c, "orders") == 0) {
        decision_fault(c, "text", "order.not_found", NULL);
    } else {
        orders_answer(c);
        steps_answer(c);
    }
}

void order_enquiry(struct decision_case *c)
{
    enquiry_answer(c);
}

/* The contact is about every order found; the customer stands on it if all have the same. */
void order_enquiry_record(struct decision_case *c)
{
    enquiry_answer(c);
    if (faults_any(c->faults)) {
        return;
    }
    static const char *const texts[][2] = {
        {"caller_number", "caller_number"}, {"contact_name", "contact_name"}, {"note", "summary"}};
    struct record *interaction = effect_create(c, "interaction");
    int64_t customer = loaded_integer(c, "orders", 0, "customer_id");
    for (size_t i = 1; i < loaded_rows(c, "orders"); i++) {
        customer = loaded_integer(c, "orders", i, "customer_id") == customer ? customer : 0;
    }
    if (customer != 0) {
        record_set_integer(interaction, "customer_id", customer);
    }
    record_set_integer(interaction, "channel", loaded_integer(c, "channel", 0, "channel"));
    record_set_integer(interaction, "state", INTERACTION_COMPLETED);
    record_set_integer(interaction, "ended_at", c->now);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = record_text(c->input, texts[i][0]);
        if (text[0] != '\0') {
            record_set_text(interaction, texts[i][1], text);
        }
    }
    struct record *reason = record_add_line(interaction, "reasons", c->arena);
    record_set_integer(reason, "reason", REASON_ORDER_PROGRESS);
    record_set_integer(reason, "resolution", RESOLUTION_ANSWERED);
    for (size_t i = 0; i < loaded_rows(c, "orders"); i++) {
        struct record *link = record_add_line(interaction, "links", c->arena);
        record_set_text(link, "form", "customer_order");
        record_set_integer(link, "record_id", loaded_integer(c, "orders", i, "id"));
        record_set_text(link, "key", loaded_text(c, "orders", i, "number"));
    }
}
