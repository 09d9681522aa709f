/* Charges of an order; see price.h. */
#include "server/ordering/price.h"

#include <string.h>

#include "protocol/arena.h"
#include "server/charging/money.h"

enum {
    SPLIT_LIMIT = 4096
}; /* items that a discount is shared out over, as money_split_weights() */

struct pricing {
    struct arena *arena;
    const struct price_rule *rules;
    size_t rule_count;
    const struct price_item *items;
    size_t item_count;
    int64_t day;
    int64_t *totals; /* by rule: units in the whole order */
    size_t *first;   /* by item: its first charge, discounts aside; one more at the end */
    size_t capacity;
    struct price_result *result;
};

static bool characteristic_met(const struct price_rule *rule, const struct price_item *item)
{
    if (rule->characteristic[0] == '\0') {
        return true;
    }
    for (size_t i = 0; i < item->characteristic_count; i++) {
        if (strcmp(item->characteristics[i].name, rule->characteristic) == 0) {
            return strcmp(item->characteristics[i].value, rule->characteristic_value) == 0;
        }
    }
    return false;
}

/* How many units of the item the rule prices; 0: it does not concern the item. Negative: overflow.
 */
static int64_t units_of(const struct pricing *pricing, const struct price_rule *rule,
                        const struct price_item *item)
{
    int64_t units = 0;
    bool operation = rule->operation == 0;
    if (rule->plan != item->plan || pricing->day < rule->valid_from ||
        pricing->day >= rule->valid_to || !characteristic_met(rule, item)) {
        return 0;
    }
    for (size_t i = 0; i < item->product_count; i++) {
        const struct price_product *product = &item->products[i];
        if (rule->operation != 0 && product->operation != rule->operation) {
            continue;
        }
        operation = true;
        if (rule->specification != 0 && product->specification == rule->specification &&
            __builtin_add_overflow(units, product->quantity, &units)) {
            return -1;
        }
    }
    if (rule->specification == 0) {
        units = operation ? 1 : 0;
    }
    return __builtin_mul_overflow(units, item->quantity, &units) ? -1 : units;
}

/* Units in the whole order, which the steps of quantity are about [13-76]. */
static int64_t units_in_order(const struct pricing *pricing, const struct price_rule *rule)
{
    int64_t sum = 0;
    for (size_t i = 0; i < pricing->item_count; i++) {
        int64_t units = units_of(pricing, rule, &pricing->items[i]);
        if (units < 0 || __builtin_add_overflow(sum, units, &sum)) {
            return -1;
        }
    }
    return sum;
}

static bool same_thing(const struct price_rule *one, const struct price_rule *other)
{
    return one->plan == other->plan && one->kind == other->kind &&
           one->charge_item == other->charge_item && one->specification == other->specification;
}

static bool rule_applies(const struct pricing *pricing, const struct price_rule *rule,
                         const struct price_item *item)
{
    int64_t total = pricing->totals[rule - pricing->rules];
    return units_of(pricing, rule, item) > 0 && total >= rule->from_quantity &&
           (rule->to_quantity == 0 || total <= rule->to_quantity);
}

/* Is there no other rule for the same thing that goes before this one? */
static bool rule_rules(const struct pricing *pricing, const struct price_rule *rule,
                       const struct price_item *item)
{
    for (size_t i = 0; i < pricing->rule_count; i++) {
        const struct price_rule *other = &pricing->rules[i];
        bool before = other->priority < rule->priority ||
                      (other->priority == rule->priority && other->id < rule->id);
        if (other != rule && before && same_thing(rule, other) &&
            rule_applies(pricing, other, item)) {
            return false;
        }
    }
    return true;
}

static bool charge_add(struct pricing *pricing, const struct price_charge *charge)
{
    struct price_result *result = pricing->result;
    int64_t *total = charge->rule->kind == PRICE_RECURRING    ? &result->recurring
                     : charge->rule->kind == PRICE_DEPOSIT    ? &result->deposit
                     : charge->rule->kind == PRICE_PREPAYMENT ? &result->prepayment
                                                              : &result->one_time;
    if (result->count == pricing->capacity) {
        size_t capacity = pricing->capacity == 0 ? 16 : pricing->capacity * 2;
        struct price_charge *grown = ARENA_ARRAY(pricing->arena, struct price_charge, capacity);
        if (result->count > 0) {
            memcpy(grown, result->charges, result->count * sizeof *grown);
        }
        result->charges = grown;
        pricing->capacity = capacity;
    }
    result->charges[result->count++] = *charge;
    return money_add(*total, charge->amount, total);
}

static bool item_price(struct pricing *pricing, const struct price_item *item)
{
    for (size_t i = 0; i < pricing->rule_count; i++) {
        const struct price_rule *rule = &pricing->rules[i];
        if (rule->kind == PRICE_DISCOUNT || rule->kind == PRICE_USAGE) {
            continue;
        }
        int64_t units = units_of(pricing, rule, item);
        if (units == 0 || !rule_applies(pricing, rule, item) || !rule_rules(pricing, rule, item)) {
            continue;
        }
        struct price_charge charge = {.position = item->position,
                                      .rule = rule,
                                      .quantity = units,
                                      .unit_price = rule->amount};
        if (__builtin_mul_overflow(rule->amount, units, &charge.amount) ||
            !charge_add(pricing, &charge)) {
            return false;
        }
    }
    return true;
}

/* The discount that a one-time charge has: one at most, so that what it takes off does not hang on
 * the order of discounts. NULL if there is none. */
static const struct price_rule *discount_of(const struct pricing *pricing,
                                            const struct price_charge *charge,
                                            const struct price_item *item)
{
    const struct price_rule *found = NULL;
    for (size_t i = 0; i < pricing->rule_count && charge->rule->kind == PRICE_ONE_TIME; i++) {
        const struct price_rule *rule = &pricing->rules[i];
        bool concerned =
            rule->kind == PRICE_DISCOUNT && rule->charge_item == charge->rule->charge_item &&
            (rule->specification == 0 || rule->specification == charge->rule->specification) &&
            rule_applies(pricing, rule, item);
        bool before = found == NULL || rule->priority < found->priority ||
                      (rule->priority == found->priority && rule->id < found->id);
        if (concerned && before) {
            found = rule;
        }
    }
    return found;
}

/* What the discount is reckoned on: those charges of the item whose discount it is. */
static bool discount_base(const struct pricing *pricing, const struct price_rule *discount,
                          size_t item, int64_t *base)
{
    *base = 0;
    for (size_t i = pricing->first[item]; i < pricing->first[item + 1]; i++) {
        const struct price_charge *charge = &pricing->result->charges[i];
        if (discount_of(pricing, charge, &pricing->items[item]) == discount &&
            !money_add(*base, charge->amount, base)) {
            return false;
        }
    }
    return true;
}

static bool discount_price(struct pricing *pricing, const struct price_rule *rule)
{
    size_t count = pricing->item_count;
    int64_t *weights = ARENA_ARRAY(pricing->arena, int64_t, count + 1);
    int64_t *parts = ARENA_ARRAY(pricing->arena, int64_t, count + 1);
    int64_t total = 0;
    int64_t units = 0;
    int64_t off = 0;
    for (size_t i = 0; i < count; i++) {
        const struct price_item *item = &pricing->items[i];
        int64_t own = units_of(pricing, rule, item);
        if (own == 0 || !rule_applies(pricing, rule, item)) {
            continue;
        }
        if (!discount_base(pricing, rule, i, &weights[i]) ||
            !money_add(total, weights[i], &total) ||
            __builtin_add_overflow(units, weights[i] > 0 ? own : 0, &units)) {
            return false;
        }
    }
    if (total == 0) {
        return true;
    }
    if (rule->rate != 0 ? !money_multiply_rate(total, rule->rate, MONEY_HALF_UP, &off)
                        : __builtin_mul_overflow(rule->amount, units, &off)) {
        return false;
    }
    off = off < total ? off : total;
    if (count > SPLIT_LIMIT || !money_split_weights(off, weights, count, parts)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct price_charge charge = {.position = pricing->items[i].position,
                                      .rule = rule,
                                      .quantity = 1,
                                      .unit_price = -parts[i],
                                      .amount = -parts[i]};
        if (parts[i] != 0 && !charge_add(pricing, &charge)) {
            return false;
        }
    }
    return true;
}

/* Stable, so that within an item the charges stay in the order of the rules. */
static void charges_sort(struct price_result *result)
{
    for (size_t i = 1; i < result->count; i++) {
        struct price_charge charge = result->charges[i];
        size_t at = i;
        for (; at > 0 && result->charges[at - 1].position > charge.position; at--) {
            result->charges[at] = result->charges[at - 1];
        }
        result->charges[at] = charge;
    }
}

bool price_order(struct arena *arena, const struct price_rule *rules, size_t rule_count,
                 const struct price_item *items, size_t item_count, int64_t day,
                 struct price_result *result)
{
    struct pricing pricing = {.arena = arena,
                              .rules = rules,
                              .rule_count = rule_count,
                              .items = items,
                              .item_count = item_count,
                              .day = day,
                              .result = result};
    *result = (struct price_result){0};
    pricing.totals = ARENA_ARRAY(arena, int64_t, rule_count + 1);
    for (size_t i = 0; i < rule_count; i++) {
        pricing.totals[i] = units_in_order(&pricing, &rules[i]);
        if (pricing.totals[i] < 0) {
            return false;
        }
    }
    pricing.first = ARENA_ARRAY(arena, size_t, item_count + 1);
    for (size_t i = 0; i < item_count; i++) {
        if (!item_price(&pricing, &items[i])) {
            return false;
        }
        pricing.first[i + 1] = result->count;
    }
    for (size_t i = 0; i < rule_count; i++) {
        if (rules[i].kind == PRICE_DISCOUNT && !discount_price(&pricing, &rules[i])) {
            return false;
        }
    }
    charges_sort(result);
    return true;
}
