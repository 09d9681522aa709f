/* Capture: what the clerk typed becomes a whole order: positions, plans, defaults of
 * characteristics, the products of every offering, and the charges with their rules. */
#include <string.h>

#include "protocol/buffer.h"
#include "server/ordering/ordering_internal.h"
#include "server/ordering/price.h"

enum { PRODUCT_LIMIT = 1000 }; /* products of one order, each a service order later */

static struct lines *items_of(const struct record *order)
{
    return record_value(order, "items")->lines;
}

static void head_fill(struct decision_case *c)
{
    struct record *order = c->after;
    record_set_integer(order, "staff_id", c->actor.staff);
    record_set_integer(order, "organisation_id", c->actor.organisation);
    record_set_integer(order, "channel", loaded_integer(c, "channel", 0, "channel"));
    record_set_integer(order, "captured_at", c->now);
    record_set_integer(order, "price_date", c->today);
    if (loaded_rows(c, "customer") == 0) {
        return;
    }
    if (!record_has(order, "account_id") && !loaded_null(c, "customer", 0, "default_account_id")) {
        record_set_integer(order, "account_id",
                           loaded_integer(c, "customer", 0, "default_account_id"));
    }
    const char *const defaults[][2] = {
        {"address", "address"}, {"contact_name", "name"}, {"contact_telephone", "telephone"}};
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        const char *text = loaded_text(c, "customer", 0, defaults[i][1]);
        const struct field *field = form_field(c->form, defaults[i][0]);
        if (!record_has(order, defaults[i][0]) && text[0] != '\0' &&
            utf8_count(text) <= field->length) {
            record_set_text(order, defaults[i][0], arena_string(c->arena, text));
        }
    }
}

static bool characteristic_known(const struct record *item, const char *name)
{
    const struct lines *lines = record_value(item, "characteristics")->lines;
    for (size_t i = 0; lines != NULL && i < lines->count; i++) {
        if (strcmp(record_text(&lines->lines[i].record, "name"), name) == 0) {
            return true;
        }
    }
    return false;
}

static void characteristic_add(struct decision_case *c, struct record *item, const char *name,
                               const char *value)
{
    if (!characteristic_known(item, name)) {
        struct record *line = record_add_line(item, "characteristics", c->arena);
        record_set_text(line, "name", arena_string(c->arena, name));
        record_set_text(line, "value", arena_string(c->arena, value));
    }
}

/* What the bundle fixes stands, whatever was typed; what the template presets fills gaps. */
static void characteristics_fill(struct decision_case *c, size_t line, struct record *item)
{
    int64_t offering = record_integer(item, "product_offering_id");
    for (size_t i = 0; i < loaded_rows(c, "fixed_values"); i++) {
        const char *name = loaded_text(c, "fixed_values", i, "name");
        const char *value = loaded_text(c, "fixed_values", i, "value");
        if (loaded_integer(c, "fixed_values", i, "offering") != offering) {
            continue;
        }
        const struct lines *lines = record_value(item, "characteristics")->lines;
        for (size_t n = 0; lines != NULL && n < lines->count; n++) {
            const struct record *typed = &lines->lines[n].record;
            if (strcmp(record_text(typed, "name"), name) == 0 &&
                strcmp(record_text(typed, "value"), value) != 0) {
                decision_line_fault(c, "items", line, "characteristics", "order.value_fixed", name,
                                    value, NULL);
            }
        }
        characteristic_add(c, item, name, value);
    }
    for (size_t i = 0; i < loaded_rows(c, "components"); i++) {
        if (loaded_integer(c, "components", i, "offering") != offering) {
            continue;
        }
        for (size_t n = 0; n < loaded_rows(c, "characteristics"); n++) {
            if (loaded_integer(c, "characteristics", n, "specification") ==
                    loaded_integer(c, "components", i, "specification") &&
                !loaded_null(c, "characteristics", n, "initial")) {
                characteristic_add(c, item, loaded_text(c, "characteristics", n, "name"),
                                   loaded_text(c, "characteristics", n, "initial"));
            }
        }
    }
}

static void plan_fill(const struct decision_case *c, struct record *item)
{
    for (size_t i = 0; i < loaded_rows(c, "plans") && !record_has(item, "price_plan_id"); i++) {
        if (loaded_integer(c, "plans", i, "offering") ==
                record_integer(item, "product_offering_id") &&
            loaded_flag(c, "plans", i, "standard")) {
            record_set_integer(item, "price_plan_id", loaded_integer(c, "plans", i, "plan"));
        }
    }
}

/* One line for each product that the network will have to put in; false beyond the limit. */
static bool products_add(struct decision_case *c, struct record *item, int64_t *position)
{
    int64_t offering = record_integer(item, "product_offering_id");
    int64_t quantity = record_integer(item, "quantity");
    const char *wish = record_text(item, "access_number");
    for (size_t i = 0; i < loaded_rows(c, "components"); i++) {
        if (loaded_integer(c, "components", i, "offering") != offering) {
            continue;
        }
        int64_t units = loaded_integer(c, "components", i, "quantity") * quantity;
        for (int64_t n = 0; n < units; n++) {
            if (*position >= PRODUCT_LIMIT) {
                return false;
            }
            struct record *product = record_add_line(item, "products", c->arena);
            record_set_integer(product, "position", ++*position);
            record_set_integer(product, "product_specification_id",
                               loaded_integer(c, "components", i, "specification"));
            record_set_integer(product, "operation", OPERATION_INSTALL);
            record_set_integer(product, "action", ACTION_ADD);
            if (wish[0] != '\0' && !loaded_null(c, "components", i, "number_kind")) {
                record_set_text(product, "access_number", wish);
                wish = "";
            }
        }
    }
    return true;
}

static const struct price_rule *rules_read(const struct decision_case *c)
{
    size_t count = loaded_rows(c, "rules");
    struct price_rule *rules = ARENA_ARRAY(c->arena, struct price_rule, count + 1);
    for (size_t i = 0; i < count; i++) {
        rules[i] = (struct price_rule){
            .id = loaded_integer(c, "rules", i, "id"),
            .plan = loaded_integer(c, "rules", i, "plan"),
            .name = loaded_text(c, "rules", i, "name"),
            .kind = (int)loaded_integer(c, "rules", i, "kind"),
            .charge_item = (int)loaded_integer(c, "rules", i, "charge_item"),
            .operation = loaded_integer(c, "rules", i, "operation"),
            .specification = loaded_integer(c, "rules", i, "specification"),
            .amount = loaded_integer(c, "rules", i, "amount"),
            .rate = loaded_rate(c, "rules", i, "rate"),
            .from_quantity = loaded_integer(c, "rules", i, "from_quantity"),
            .to_quantity = loaded_integer(c, "rules", i, "to_quantity"),
            .characteristic = loaded_text(c, "rules", i, "characteristic"),
            .characteristic_value = loaded_text(c, "rules", i, "characteristic_value"),
            .priority = loaded_integer(c, "rules", i, "priority"),
            .valid_from = loaded_null(c, "rules", i, "valid_from")
                              ? INT64_MIN
                              : loaded_date(c, "rules", i, "valid_from"),
            .valid_to = loaded_null(c, "rules", i, "valid_to")
                            ? INT64_MAX
                            : loaded_date(c, "rules", i, "valid_to"),
        };
    }
    return rules;
}

static struct price_item price_item_of(const struct decision_case *c, const struct record *item)
{
    const struct lines *lines = record_value(item, "characteristics")->lines;
    size_t count = lines != NULL ? lines->count : 0;
    struct price_characteristic *characteristics =
        ARENA_ARRAY(c->arena, struct price_characteristic, count + 1);
    size_t components = loaded_rows(c, "components");
    struct price_product *products = ARENA_ARRAY(c->arena, struct price_product, components + 1);
    struct price_item priced = {.position = record_integer(item, "position"),
                                .plan = record_integer(item, "price_plan_id"),
                                .quantity = record_integer(item, "quantity"),
                                .products = products,
                                .characteristic_count = count,
                                .characteristics = characteristics};
    for (size_t i = 0; i < count; i++) {
        characteristics[i] =
            (struct price_characteristic){record_text(&lines->lines[i].record, "name"),
                                          record_text(&lines->lines[i].record, "value")};
    }
    for (size_t i = 0; i < components; i++) {
        if (loaded_integer(c, "components", i, "offering") ==
            record_integer(item, "product_offering_id")) {
            products[priced.product_count++] = (struct price_product){
                .specification = loaded_integer(c, "components", i, "specification"),
                .operation = OPERATION_INSTALL,
                .quantity = loaded_integer(c, "components", i, "quantity")};
        }
    }
    return priced;
}

static void charge_write(struct record *line, const struct price_charge *charge)
{
    record_set_integer(line, "item_position", charge->position);
    record_set_integer(line, "price_rule_id", charge->rule->id);
    record_set_text(line, "rule_name", charge->rule->name);
    record_set_integer(line, "kind", charge->rule->kind);
    record_set_integer(line, "charge_item", charge->rule->charge_item);
    record_set_integer(line, "quantity", charge->quantity);
    record_set_integer(line, "unit_price", charge->unit_price);
    record_set_integer(line, "amount", charge->amount);
}

static void totals_write(struct record *record, const struct price_result *result, int64_t due)
{
    record_set_integer(record, "one_time_amount", result->one_time);
    record_set_integer(record, "deposit_amount", result->deposit);
    record_set_integer(record, "prepayment_amount", result->prepayment);
    record_set_integer(record, "recurring_amount", result->recurring);
    record_set_integer(record, "due_amount", due);
    record_set_integer(record, "paid_amount", 0);
}

/* Charges go onto the order, and of a dry run, the preview of the price, back to the caller. */
static void order_price(struct decision_case *c)
{
    struct lines *items = items_of(c->after);
    struct price_item *priced = ARENA_ARRAY(c->arena, struct price_item, items->count + 1);
    struct price_result result;
    int64_t due = 0;
    for (size_t i = 0; i < items->count; i++) {
        priced[i] = price_item_of(c, &items->lines[i].record);
    }
    if (!price_order(c->arena, rules_read(c), loaded_rows(c, "rules"), priced, items->count,
                     c->today, &result) ||
        __builtin_add_overflow(result.one_time, result.deposit, &due) ||
        __builtin_add_overflow(due, result.prepayment, &due)) {
        decision_fault(c, "items", "order.too_much", NULL);
        return;
    }
    for (size_t i = 0; i < result.count; i++) {
        const struct price_charge *charge = &result.charges[i];
        charge_write(record_add_line(c->after, "charges", c->arena), charge);
        if (c->dry_run) {
            charge_write(record_add_line(c->answer, "charges", c->arena), charge);
        }
        for (size_t n = 0; n < items->count && charge->rule->kind == PRICE_RECURRING; n++) {
            struct record *item = &items->lines[n].record;
            if (record_integer(item, "position") == charge->position) {
                record_set_integer(item, "recurring_amount",
                                   record_integer(item, "recurring_amount") + charge->amount);
            }
        }
    }
    totals_write(c->after, &result, due);
    totals_write(c->answer, &result, due);
}

void order_capture(struct decision_case *c)
{
    struct lines *items = items_of(c->after);
    int64_t products = 0;
    head_fill(c);
    for (size_t i = 0; items != NULL && i < items->count; i++) {
        struct record *item = &items->lines[i].record;
        record_set_integer(item, "position", (int64_t)i + 1);
        plan_fill(c, item);
        characteristics_fill(c, i, item);
    }
    order_check(c);
    if (items == NULL) {
        return;
    }
    for (size_t i = 0; i < items->count; i++) {
        int64_t quantity = record_integer(&items->lines[i].record, "quantity");
        if (quantity < 1 || quantity > PRODUCT_LIMIT ||
            !products_add(c, &items->lines[i].record, &products)) {
            decision_line_fault(c, "items", i, "quantity", "order.too_many", NULL);
            return;
        }
    }
    order_price(c);
}
