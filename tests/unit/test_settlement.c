/* Double entry of payments: what comes in equals what it is for, whatever the ways. */
#include "tests/unit/cmocka_tap.h"

#include "protocol/arena.h"
#include "server/charging/charging.h"

enum { CARD = 3, REVENUE = 11, ROUNDS = 5000, MOST = 5 };

static struct arena *arena;

static int arena_open(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static int arena_close(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static int64_t balance(const struct settlement *settlement)
{
    int64_t sum = 0;
    for (size_t i = 0; i < settlement->count; i++)
        sum += settlement->postings[i].amount;
    return sum;
}

static void cash_gives_change(void **state)
{
    const struct tender tender = {1, LEDGER_CASH, 50000};
    const struct dues dues[] = {{1, REVENUE, 500}, {6, LEDGER_DEPOSITS, 20000}};
    struct settlement settlement;
    (void)state;
    assert_int_equal(settlement_make(arena, &tender, 1, dues, 2, &settlement), SETTLEMENT_DONE);
    assert_int_equal(settlement.change, 29500);
    assert_int_equal(settlement.count, 3);
    assert_int_equal(settlement.postings[0].ledger, LEDGER_CASH);
    assert_int_equal(settlement.postings[0].amount, 20500);
    assert_int_equal(settlement.postings[2].ledger, LEDGER_DEPOSITS);
    assert_int_equal(settlement.postings[2].amount, -20000);
    assert_int_equal(balance(&settlement), 0);
}

static void several_ways_settle_together(void **state)
{
    const struct tender tenders[] = {{3, CARD, 15000}, {1, LEDGER_CASH, 10000}};
    const struct dues due = {1, REVENUE, 20500};
    struct settlement settlement;
    (void)state;
    assert_int_equal(settlement_make(arena, tenders, 2, &due, 1, &settlement), SETTLEMENT_DONE);
    assert_int_equal(settlement.change, 4500);
    assert_int_equal(balance(&settlement), 0);
}

static void what_cannot_be_settled_is_named(void **state)
{
    const struct tender card = {3, CARD, 30000};
    const struct tender mixed[] = {{3, CARD, 20500}, {1, LEDGER_CASH, 100}};
    const struct tender huge[] = {{1, LEDGER_CASH, INT64_MAX}, {1, LEDGER_CASH, 1}};
    const struct dues due = {1, REVENUE, 20500};
    const struct dues nothing = {1, REVENUE, 0};
    struct settlement settlement;
    (void)state;
    assert_int_equal(settlement_make(arena, &card, 1, &due, 1, &settlement), SETTLEMENT_NO_CHANGE);
    assert_int_equal(settlement_make(arena, mixed + 1, 1, &due, 1, &settlement), SETTLEMENT_SHORT);
    assert_int_equal(settlement_make(arena, mixed, 2, &due, 1, &settlement), SETTLEMENT_DONE);
    assert_int_equal(settlement.count, 2); /* all the cash went back: no posting for it */
    assert_int_equal(settlement_make(arena, &card, 1, &nothing, 1, &settlement),
                     SETTLEMENT_NOTHING_DUE);
    assert_int_equal(settlement_make(arena, huge, 2, &due, 1, &settlement), SETTLEMENT_OVERFLOW);
}

static uint64_t seed = 5;

static int64_t pick(int64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

static void entries_always_balance(void **state)
{
    int done = 0;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct tender tenders[MOST];
        struct dues dues[MOST];
        struct settlement settlement;
        size_t ways = 1 + (size_t)pick(MOST);
        size_t items = 1 + (size_t)pick(MOST);
        for (size_t i = 0; i < ways; i++)
            tenders[i] = (struct tender){1, 1 + pick(4), 1 + pick(50000)};
        for (size_t i = 0; i < items; i++)
            dues[i] = (struct dues){1 + pick(9), REVENUE + pick(3), pick(30000)};
        arena_reset(arena);
        if (settlement_make(arena, tenders, ways, dues, items, &settlement) != SETTLEMENT_DONE)
            continue;
        done++;
        assert_int_equal(balance(&settlement), 0);
        assert_int_equal(settlement.received, settlement.due + settlement.change);
        for (size_t i = 0; i < settlement.count; i++)
            assert_int_not_equal(settlement.postings[i].amount, 0);
    }
    assert_true(done > ROUNDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("cash above the due gives change, and both sides are posted", cash_gives_change),
        TEST("a payment in several ways settles together", several_ways_settle_together),
        TEST("too little, no change from a card, nothing due: each has its name",
             what_cannot_be_settled_is_named),
        TEST("whatever is paid for whatever, the entry balances", entries_always_balance),
    };
    return cmocka_set_message_output(CM_OUTPUT_TAP),
           cmocka_run_group_tests(tests, arena_open, arena_close);
}
