/* Pricing: figures by hand, and properties over random orders and rules. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "protocol/arena.h"
#include "server/ordering/price.h"

enum {
    INSTALL = 1,
    TELEPHONE = 11,
    BROADBAND = 12,
    HANDLING = 1,
    INSTALLATION = 2,
    MATERIAL = 3,
    ROUNDS = 3000,
    ITEMS = 6,
    RULES = 10,
};

static struct price_rule rule(int64_t id, int kind, int charge_item, int64_t specification,
                              int64_t amount)
{
    return (struct price_rule){.id = id,
                               .plan = 1,
                               .name = "rule",
                               .kind = kind,
                               .charge_item = charge_item,
                               .operation = INSTALL,
                               .specification = specification,
                               .amount = amount,
                               .from_quantity = 1,
                               .characteristic = "",
                               .characteristic_value = "",
                               .priority = 100,
                               .valid_from = INT64_MIN,
                               .valid_to = INT64_MAX};
}

static const struct price_product telephone = {TELEPHONE, INSTALL, 1};

static struct price_item item(int64_t position, int64_t quantity)
{
    return (struct price_item){.position = position,
                               .plan = 1,
                               .quantity = quantity,
                               .product_count = 1,
                               .products = &telephone};
}

static struct price_result price(struct arena *arena, const struct price_rule *rules, size_t count,
                                 const struct price_item *items, size_t item_count)
{
    struct price_result result;
    assert_true(price_order(arena, rules, count, items, item_count, 20000, &result));
    return result;
}

/* 10 telephones at 100 yuan each, from 20 on at 50 yuan [13-76]; also spread over two items. */
static void quantity_has_its_price(void **state)
{
    struct arena *arena = arena_create();
    struct price_rule rules[] = {rule(1, PRICE_ONE_TIME, MATERIAL, TELEPHONE, 10000),
                                 rule(2, PRICE_ONE_TIME, MATERIAL, TELEPHONE, 5000)};
    struct price_item ten = item(1, 10);
    struct price_item twenty = item(1, 20);
    struct price_item halves[] = {item(1, 10), item(2, 10)};
    (void)state;
    rules[0].to_quantity = 19;
    rules[1].from_quantity = 20;
    assert_int_equal(price(arena, rules, 2, &ten, 1).one_time, 100000);
    assert_int_equal(price(arena, rules, 2, &twenty, 1).one_time, 100000);
    struct price_result result = price(arena, rules, 2, halves, 2);
    assert_int_equal(result.one_time, 100000);
    assert_int_equal(result.count, 2);
    assert_ptr_equal(result.charges[1].rule, &rules[1]);
    arena_free(arena);
}

static void attribute_has_its_price(void **state)
{
    struct arena *arena = arena_create();
    const struct price_characteristic slow = {"bandwidth", "512K"};
    const struct price_characteristic fast = {"bandwidth", "2M"};
    struct price_rule rules[] = {rule(1, PRICE_RECURRING, 10, 0, 9000),
                                 rule(2, PRICE_RECURRING, 10, 0, 15000)};
    struct price_item one = item(1, 1);
    (void)state;
    rules[0].characteristic = rules[1].characteristic = "bandwidth";
    rules[0].characteristic_value = "512K";
    rules[1].characteristic_value = "2M";
    assert_int_equal(price(arena, rules, 2, &one, 1).recurring, 0);
    one.characteristic_count = 1;
    one.characteristics = &slow;
    assert_int_equal(price(arena, rules, 2, &one, 1).recurring, 9000);
    one.characteristics = &fast;
    assert_int_equal(price(arena, rules, 2, &one, 1).recurring, 15000);
    assert_int_equal(price(arena, rules, 2, &one, 1).one_time, 0);
    arena_free(arena);
}

static void validity_and_priority_count(void **state)
{
    struct arena *arena = arena_create();
    struct price_rule rules[] = {rule(1, PRICE_ONE_TIME, HANDLING, 0, 500),
                                 rule(2, PRICE_ONE_TIME, HANDLING, 0, 300)};
    struct price_item one = item(1, 2);
    struct price_result result;
    (void)state;
    rules[1].priority = 50;
    assert_int_equal(price(arena, rules, 2, &one, 1).one_time, 600); /* once for each offering */
    rules[1].valid_to = 20000;                                       /* ended this morning */
    assert_int_equal(price(arena, rules, 2, &one, 1).one_time, 1000);
    rules[0].valid_from = 20001;
    assert_int_equal(price(arena, rules, 2, &one, 1).count, 0);
    rules[0].valid_from = INT64_MIN;
    rules[0].amount = INT64_MAX;
    assert_false(price_order(arena, rules, 1, &one, 1, 20000, &result));
    arena_free(arena);
}

static void discount_takes_off_what_there_is(void **state)
{
    struct arena *arena = arena_create();
    struct price_rule rules[] = {rule(1, PRICE_ONE_TIME, INSTALLATION, TELEPHONE, 3333),
                                 rule(2, PRICE_ONE_TIME, HANDLING, 0, 500),
                                 rule(3, PRICE_DEPOSIT, 6, TELEPHONE, 20000),
                                 rule(4, PRICE_DISCOUNT, INSTALLATION, 0, 0)};
    struct price_item items[] = {item(1, 1), item(2, 1), item(3, 1)};
    (void)state;
    rules[3].rate = 300000;
    struct price_result result = price(arena, rules, 4, items, 3);
    assert_int_equal(result.one_time, 9999 - 3000 + 1500); /* 2999.7 rounded once */
    assert_int_equal(result.deposit, 60000);
    rules[3].rate = 0;
    rules[3].amount = 1000000;
    result = price(arena, rules, 4, items, 3);
    assert_int_equal(result.one_time, 1500);
    arena_free(arena);
}

/* --- properties --- */

static uint64_t seed = 20261121;

static int64_t pick(int64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

static void rules_make(struct price_rule *rules, size_t count)
{
    static const int kinds[] = {PRICE_ONE_TIME, PRICE_ONE_TIME,   PRICE_ONE_TIME, PRICE_RECURRING,
                                PRICE_DEPOSIT,  PRICE_PREPAYMENT, PRICE_DISCOUNT, PRICE_USAGE};
    for (size_t i = 0; i < count; i++) {
        rules[i] = rule((int64_t)i + 1, kinds[pick(8)], (int)pick(3) + 1,
                        pick(2) != 0 ? TELEPHONE + pick(2) : 0, pick(100000));
        rules[i].plan = 1 + pick(2);
        rules[i].priority = pick(3);
        rules[i].from_quantity = 1 + pick(4);
        rules[i].to_quantity = pick(2) != 0 ? 0 : rules[i].from_quantity + pick(10);
        rules[i].rate = rules[i].kind == PRICE_DISCOUNT && pick(2) != 0 ? 1 + pick(1000000) : 0;
    }
}

static void items_make(struct price_item *items, size_t count)
{
    static const struct price_product both[] = {{TELEPHONE, INSTALL, 1}, {BROADBAND, INSTALL, 2}};
    for (size_t i = 0; i < count; i++)
        items[i] = (struct price_item){.position = (int64_t)i + 1,
                                       .plan = 1 + pick(2),
                                       .quantity = 1 + pick(5),
                                       .product_count = 1 + (size_t)pick(2),
                                       .products = both};
}

static void totals_equal(const struct price_result *one, const struct price_result *other)
{
    assert_int_equal(one->one_time, other->one_time);
    assert_int_equal(one->deposit, other->deposit);
    assert_int_equal(one->prepayment, other->prepayment);
    assert_int_equal(one->recurring, other->recurring);
}

static void order_of_items_does_not_matter(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena *arena = arena_create();
        struct price_rule rules[RULES];
        struct price_item items[ITEMS];
        rules_make(rules, RULES);
        items_make(items, ITEMS);
        struct price_result one = price(arena, rules, RULES, items, ITEMS);
        for (size_t i = ITEMS - 1; i > 0; i--) {
            size_t other = (size_t)pick((int64_t)i + 1);
            struct price_item kept = items[i];
            items[i] = items[other];
            items[other] = kept;
        }
        struct price_result other = price(arena, rules, RULES, items, ITEMS);
        totals_equal(&one, &other);
        arena_free(arena);
    }
}

static void splitting_an_item_changes_nothing(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena *arena = arena_create();
        struct price_rule rules[RULES];
        struct price_item items[ITEMS + 1];
        rules_make(rules, RULES);
        items_make(items, ITEMS);
        items[0].quantity = 2 + pick(8);
        struct price_result whole = price(arena, rules, RULES, items, ITEMS);
        items[ITEMS] = items[0];
        items[ITEMS].position = ITEMS + 1;
        items[ITEMS].quantity = 1 + pick(items[0].quantity - 1);
        items[0].quantity -= items[ITEMS].quantity;
        struct price_result parts = price(arena, rules, RULES, items, ITEMS + 1);
        totals_equal(&whole, &parts);
        arena_free(arena);
    }
}

/* No price without a rule, totals are the sum of the lines, nothing comes out below zero. */
static void lines_sum_to_totals(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena *arena = arena_create();
        struct price_rule rules[RULES];
        struct price_item items[ITEMS];
        int64_t sums[PRICE_DISCOUNT + 1] = {0};
        int64_t by_item[ITEMS + 1] = {0};
        rules_make(rules, RULES);
        items_make(items, ITEMS);
        struct price_result result = price(arena, rules, RULES, items, ITEMS);
        for (size_t i = 0; i < result.count; i++) {
            const struct price_charge *charge = &result.charges[i];
            assert_non_null(charge->rule);
            assert_int_equal(charge->amount, charge->unit_price * charge->quantity);
            assert_true(charge->rule->kind == PRICE_DISCOUNT ? charge->amount < 0
                                                             : charge->amount >= 0);
            sums[charge->rule->kind] += charge->amount;
            if (charge->rule->kind == PRICE_ONE_TIME || charge->rule->kind == PRICE_DISCOUNT)
                by_item[charge->position] += charge->amount;
            assert_true(i == 0 || result.charges[i - 1].position <= charge->position);
        }
        assert_int_equal(result.one_time, sums[PRICE_ONE_TIME] + sums[PRICE_DISCOUNT]);
        assert_int_equal(result.recurring, sums[PRICE_RECURRING]);
        assert_int_equal(result.deposit, sums[PRICE_DEPOSIT]);
        assert_int_equal(result.prepayment, sums[PRICE_PREPAYMENT]);
        assert_int_equal(sums[PRICE_USAGE], 0);
        for (size_t i = 0; i <= ITEMS; i++)
            assert_true(by_item[i] >= 0);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("the price of one goes by the quantity in the whole order", quantity_has_its_price),
        TEST("the price goes by an attribute of the product", attribute_has_its_price),
        TEST("validity and priority choose the rule; an overflow is no price",
             validity_and_priority_count),
        TEST("a discount is rounded once and never takes off more than there is",
             discount_takes_off_what_there_is),
        TEST("the order of items does not change a total", order_of_items_does_not_matter),
        TEST("splitting an item loses no fen", splitting_an_item_changes_nothing),
        TEST("every charge has its rule, and the lines sum to the totals", lines_sum_to_totals),
    };
    return RUN_TESTS(tests);
}
