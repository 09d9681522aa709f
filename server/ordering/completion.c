/* The end of an order: what the customer has from now on. */
#include <string.h>

#include "server/ordering/ordering_internal.h"

enum { MONTH_DAYS_LEAST = 28 };

/* The same day of the month `months` later, the last day where that month is shorter. */
static int64_t months_later(int64_t day, int64_t months)
{
    int year = 0;
    int month = 0;
    int number = 0;
    value_civil_from_days(day, &year, &month, &number);
    int64_t place = (int64_t)year * 12 + month - 1 + months;
    year = (int)(place / 12);
    month = (int)(place % 12) + 1;
    int64_t first = value_days_from_civil(year, month, 1);
    int64_t next = month == 12 ? value_days_from_civil(year + 1, 1, 1)
                               : value_days_from_civil(year, month + 1, 1);
    int64_t length = next - first;
    return first + (number <= MONTH_DAYS_LEAST || number <= length ? number : length) - 1;
}

static int64_t offering_install(struct decision_case *c, size_t item)
{
    struct record *offering = effect_create(c, "installed_offering");
    record_set_integer(offering, "customer_id", loaded_integer(c, "order", 0, "customer_id"));
    record_set_integer(offering, "product_offering_id",
                       loaded_integer(c, "items", item, "offering"));
    record_set_integer(offering, "customer_order_id", loaded_integer(c, "order", 0, "id"));
    record_set_integer(offering, "term_from", c->today);
    if (!loaded_null(c, "items", item, "term_months")) {
        record_set_integer(offering, "term_to",
                           months_later(c->today, loaded_integer(c, "items", item, "term_months")));
    }
    return offering->id;
}

static bool attachable(const struct decision_case *c, int64_t main, int64_t attached)
{
    for (size_t i = 0; i < loaded_rows(c, "attachments"); i++) {
        if (loaded_integer(c, "attachments", i, "main") == main &&
            loaded_integer(c, "attachments", i, "attached") == attached) {
            return true;
        }
    }
    return false;
}

/* The main product of an attached one: of the same item if it can be, else of the order, else one
 * that the customer has; 0 if there is none. */
static int64_t main_of(const struct decision_case *c, size_t row, const int64_t *products)
{
    int64_t own = loaded_integer(c, "services", row, "specification");
    int64_t position = loaded_integer(c, "services", row, "item_position");
    int64_t found = 0;
    if (loaded_integer(c, "services", row, "kind") != PRODUCT_ATTACHED) {
        return 0;
    }
    for (size_t i = 0; i < row; i++) {
        bool same = loaded_integer(c, "services", i, "item_position") == position;
        if (products[i] != 0 && (found == 0 || same) &&
            attachable(c, loaded_integer(c, "services", i, "specification"), own)) {
            found = products[i];
            if (same) {
                return found;
            }
        }
    }
    for (size_t i = 0; found == 0 && i < loaded_rows(c, "mains"); i++) {
        if (attachable(c, loaded_integer(c, "mains", i, "specification"), own)) {
            found = loaded_integer(c, "mains", i, "id");
        }
    }
    return found;
}

static void number_bind(struct decision_case *c, int64_t product, size_t row, const char *number)
{
    effect_statement(c,
                     "UPDATE access_number_binding SET installed_product_id = $1::bigint,"
                     " during = tstzrange(lower(during), NULL)"
                     " WHERE service_order_id = $2::bigint AND number = $3 AND released_at IS NULL",
                     1, 3, decision_number(c, product),
                     decision_number(c, loaded_integer(c, "services", row, "id")), number);
}

static void characteristics_install(struct decision_case *c, struct record *product, size_t row)
{
    int64_t service = loaded_integer(c, "services", row, "id");
    for (size_t i = 0; i < loaded_rows(c, "characteristics"); i++) {
        if (loaded_integer(c, "characteristics", i, "service") == service) {
            struct record *line = record_add_line(product, "characteristics", c->arena);
            record_set_text(line, "name", loaded_text(c, "characteristics", i, "name"));
            record_set_text(line, "value", loaded_text(c, "characteristics", i, "value"));
        }
    }
}

static int64_t product_install(struct decision_case *c, size_t row, int64_t offering, int64_t main,
                               const char *number, const char *port)
{
    struct record *product = effect_create(c, "installed_product");
    const char *address = loaded_text(c, "services", row, "address");
    record_set_integer(product, "customer_id", loaded_integer(c, "order", 0, "customer_id"));
    record_set_integer(product, "customer_order_id", loaded_integer(c, "order", 0, "id"));
    record_set_integer(product, "product_specification_id",
                       loaded_integer(c, "services", row, "specification"));
    record_set_integer(product, "product_offering_id",
                       loaded_integer(c, "services", row, "offering"));
    record_set_integer(product, "state", INSTALLED_ACTIVE);
    record_set_integer(product, "started_at", c->now);
    if (offering != 0) {
        record_set_integer(product, "installed_offering_id", offering);
    }
    if (!loaded_null(c, "order", 0, "account_id")) {
        record_set_integer(product, "account_id", loaded_integer(c, "order", 0, "account_id"));
    }
    if (!loaded_null(c, "services", row, "plan")) {
        record_set_integer(product, "price_plan_id", loaded_integer(c, "services", row, "plan"));
    }
    if (main != 0) {
        record_set_integer(product, "main_id", main);
    }
    if (number[0] != '\0') {
        record_set_text(product, "access_number", number);
        number_bind(c, product->id, row, number);
    }
    if (port[0] != '\0') {
        record_set_text(product, "port", port);
    }
    if (address[0] != '\0') {
        record_set_text(product, "address", address);
    }
    characteristics_install(c, product, row);
    return product->id;
}

static void products_install(struct decision_case *c, size_t last,
                             const struct network_event *event)
{
    size_t count = loaded_rows(c, "services");
    size_t items = loaded_rows(c, "items");
    int64_t *products = ARENA_ARRAY(c->arena, int64_t, count + 1);
    int64_t *offerings = ARENA_ARRAY(c->arena, int64_t, items + 1);
    for (size_t i = 0; i < items; i++) {
        offerings[i] = offering_install(c, i);
    }
    for (size_t row = 0; row < count; row++) {
        const char *number = loaded_text(c, "services", row, "access_number");
        const char *port = loaded_text(c, "services", row, "port");
        int64_t offering = 0;
        if (loaded_integer(c, "services", row, "action") != ACTION_ADD) {
            continue;
        }
        if (row == last && event->port[0] != '\0') {
            port = event->port;
        }
        if (row == last && event->access_number[0] != '\0' &&
            !loaded_null(c, "services", row, "number_kind")) {
            number = event->access_number;
        }
        for (size_t i = 0; i < items; i++) {
            if (loaded_integer(c, "items", i, "position") ==
                loaded_integer(c, "services", row, "item_position")) {
                offering = offerings[i];
            }
        }
        products[row] = product_install(c, row, offering, main_of(c, row, products), number, port);
    }
}

void order_complete(struct decision_case *c, size_t last, const struct network_event *event)
{
    const char *customer = loaded_text(c, "order", 0, "customer_id");
    struct record *order = effect_change(c, "customer_order", loaded_integer(c, "order", 0, "id"),
                                         loaded_integer(c, "order", 0, "version"));
    record_set_integer(order, "state", ORDER_COMPLETED);
    record_set_integer(order, "completed_at", c->now);
    products_install(c, last, event);
    /* A potential customer is one from the first product on. */
    effect_statement(c,
                     "UPDATE customer SET status = 2, version = version + 1 WHERE id = $1::bigint "
                     "AND status = 1",
                     -1, 1, customer);
    effect_notice(c, loaded_integer(c, "order", 0, "staff_id"), "notice.order_completed",
                  loaded_text(c, "order", 0, "number"));
}
