/* Amounts: rounding, splits that sum exactly, amounts in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/charging/money.h"

enum { ROUNDS = 20000, PARTS = 40 };

static uint64_t seed = 20261121;

static uint64_t random_next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static int64_t random_between(int64_t low, int64_t high)
{
    return low + (int64_t)(random_next() % (uint64_t)(high - low + 1));
}

static const struct money_numerals numerals = {
    .digits = {"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"},
    .ten = "拾",
    .hundred = "佰",
    .thousand = "仟",
    .ten_thousand = "万",
    .hundred_million = "亿",
    .yuan = "元",
    .jiao = "角",
    .fen = "分",
    .whole = "整",
    .negative = "负",
};

static void halves_round_by_mode(void **state)
{
    static const struct {
        int64_t amount;
        int64_t rate;
        int64_t results[4]; /* half up, half even, down, up */
    } rows[] = {
        {.amount = 5, .rate = 500000, .results = {3, 2, 2, 3}},
        {.amount = 7, .rate = 500000, .results = {4, 4, 3, 4}},
        {.amount = -5, .rate = 500000, .results = {-3, -2, -2, -3}},
        {.amount = 10001, .rate = 60000, .results = {600, 600, 600, 601}},
        {.amount = 10, .rate = 60000, .results = {1, 1, 0, 1}},
        {.amount = 100, .rate = 1000000, .results = {100, 100, 100, 100}},
        {.amount = 0, .rate = 125000, .results = {0, 0, 0, 0}},
        {.amount = 9000000000000000000,
         .rate = 1000000,
         .results = {9000000000000000000, 9000000000000000000, 9000000000000000000,
                     9000000000000000000}},
    };
    static const char *const names[] = {"half_up", "half_even", "down", "up"};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        for (size_t j = 0; j < 4; j++) {
            enum money_rounding rounding;
            int64_t result = -1;

            assert_true(money_rounding_from_name(names[j], &rounding));
            assert_true(money_multiply_rate(rows[i].amount, rows[i].rate, rounding, &result));
            assert_int_equal(result, rows[i].results[j]);
        }
    }
}

static void rounding_keeps_its_bounds(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t amount = random_between(-1000000000, 1000000000);
        int64_t part = random_between(0, 10000);
        int64_t whole = random_between(1, 10000);
        int64_t up;
        int64_t down;
        int64_t half;
        int64_t even;

        assert_true(money_prorate(amount, part, whole, MONEY_UP, &up));
        assert_true(money_prorate(amount, part, whole, MONEY_DOWN, &down));
        assert_true(money_prorate(amount, part, whole, MONEY_HALF_UP, &half));
        assert_true(money_prorate(amount, part, whole, MONEY_HALF_EVEN, &even));
        assert_int_equal(down, amount * part / whole);
        assert_int_equal(up - down, amount * part % whole == 0 ? 0 : (amount < 0 ? -1 : 1));
        assert_true(llabs(2 * (half * whole - amount * part)) <= whole);
        assert_true(half == even || (even % 2 == 0 && llabs(2 * (amount * part % whole)) == whole));
    }
}

static void overflow_is_refused(void **state)
{
    int64_t result = 42;

    (void)state;
    assert_false(money_multiply_rate(INT64_MAX, 1000001, MONEY_DOWN, &result));
    assert_false(money_prorate(1, 1, 0, MONEY_DOWN, &result));
    assert_false(money_add(INT64_MAX, 1, &result));
    assert_false(money_subtract(INT64_MIN, 1, &result));
    assert_int_equal(result, 42);
    assert_true(money_multiply_rate(INT64_MIN, 1000000, MONEY_DOWN, &result));
    assert_true(result == INT64_MIN);
}

static void splits_sum_exactly(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        size_t count = (size_t)random_between(1, PARTS);
        int64_t amount = random_between(-100000, 100000);
        int64_t weights[PARTS];
        int64_t parts[PARTS];
        int64_t total = 0;
        int64_t sum = 0;

        for (size_t j = 0; j < count; j++) {
            weights[j] = random_between(0, 1000);
            total += weights[j];
        }
        if (total == 0) {
            assert_false(money_split_weights(amount, weights, count, parts));
            continue;
        }
        assert_true(money_split_weights(amount, weights, count, parts));
        for (size_t j = 0; j < count; j++) {
            sum += parts[j];
            /* Less than one fen from the exact share; nothing for no weight. */
            assert_true(llabs(parts[j] * total - amount * weights[j]) < total);
        }
        assert_int_equal(sum, amount);
    }
}

static void fen_go_to_the_largest_remainders(void **state)
{
    const int64_t equal[] = {1, 1, 1};
    const int64_t unequal[] = {500000, 300000, 200000};
    const int64_t partial[] = {333333, 333333};
    int64_t parts[3];
    int64_t rest;

    (void)state;
    assert_true(money_split_weights(100, equal, 3, parts));
    assert_int_equal(parts[0], 34);
    assert_int_equal(parts[1], 33);
    assert_int_equal(parts[2], 33);
    assert_true(money_split_percentages(1003, unequal, 3, parts, &rest));
    assert_int_equal(parts[0], 501); /* 501.5, 300.9, 200.6 */
    assert_int_equal(parts[1], 301);
    assert_int_equal(parts[2], 201);
    assert_int_equal(rest, 0);
    assert_true(money_split_percentages(10000, partial, 2, parts, &rest));
    assert_int_equal(parts[0] + parts[1] + rest, 10000);
    assert_int_equal(rest, 3333);
    assert_false(money_split_percentages(1, (const int64_t[]){1000001}, 1, parts, &rest));
    assert_false(money_split_weights(1, (const int64_t[]){-1, 2}, 2, parts));
    assert_true(money_split_weights(INT64_MIN, equal, 3, parts));
    assert_true(parts[0] + parts[1] + parts[2] == INT64_MIN);
}

static void amounts_in_words(void **state)
{
    static const struct {
        int64_t amount;
        const char *text;
    } rows[] = {
        {0, "零元整"},
        {5, "伍分"},
        {50, "伍角"},
        {140950, "壹仟肆佰零玖元伍角"},
        {600714, "陆仟零柒元壹角肆分"},
        {168032, "壹仟陆佰捌拾元叁角贰分"},
        {10700053, "壹拾万零柒仟元伍角叁分"},
        {1640902, "壹万陆仟肆佰零玖元零贰分"},
        {32504, "叁佰贰拾伍元零肆分"},
        {10000000000, "壹亿元整"},
        {1000000000000, "壹佰亿元整"},
        {100000000000000, "壹万亿元整"},
        {1000000100, "壹仟万零壹元整"},
        {10050000, "壹拾万零伍佰元整"},
        {10000100000, "壹亿零壹仟元整"},
        {-1000, "负壹拾元整"},
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_true(money_capitals(rows[i].amount, &numerals, text, sizeof(text)));
        assert_string_equal(text, rows[i].text);
    }
    assert_false(money_capitals(140950, &numerals, text, 10));
    assert_string_equal(text, "");
    assert_false(money_capitals(INT64_MAX, &(struct money_numerals){0}, text, 0));
}

/* Reads words back by a second, independent way. */
static int64_t words_read(const char *text)
{
    int64_t total = 0;
    int64_t section = 0;
    int64_t digit = 0;

    for (; *text != '\0'; text += 3) {
        int64_t unit = 0;

        for (int i = 0; i < 10; i++) {
            if (strncmp(text, numerals.digits[i], 3) == 0) {
                digit = i;
                unit = -1;
            }
        }
        if (unit == -1) {
            continue;
        }
        if (strncmp(text, "拾", 3) == 0) {
            section += digit * 10;
        } else if (strncmp(text, "佰", 3) == 0) {
            section += digit * 100;
        } else if (strncmp(text, "仟", 3) == 0) {
            section += digit * 1000;
        } else if (strncmp(text, "万", 3) == 0) {
            total += (section + digit) * 10000;
            section = 0;
        } else if (strncmp(text, "亿", 3) == 0) {
            total = (total + section + digit) * 100000000;
            section = 0;
        } else if (strncmp(text, "元", 3) == 0) {
            total = (total + section + digit) * 100;
            section = 0;
        } else if (strncmp(text, "角", 3) == 0) {
            total += digit * 10;
        } else if (strncmp(text, "分", 3) == 0) {
            total += digit;
        }
        digit = 0;
    }
    return total;
}

static void words_read_back(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t limit = 1;
        char text[256];

        for (int64_t digits = random_between(1, 17); digits > 0; digits--) {
            limit *= 10;
        }
        int64_t amount = random_between(0, limit);

        /* Zeros are where such texts go wrong. */
        for (int64_t j = random_between(0, 6); j > 0; j--) {
            int64_t power = 1;

            for (int64_t k = random_between(0, 16); k > 0; k--) {
                power *= 10;
            }
            amount -= amount / power % 10 * power;
        }
        assert_true(money_capitals(amount, &numerals, text, sizeof(text)));
        assert_int_equal(words_read(text), amount);
        assert_null(strstr(text, "零零"));
        assert_true(amount < 100 || strstr(text, "零元") == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"halves are rounded as the mode says", halves_round_by_mode, NULL, NULL, NULL},
        {"every rounding stays within its bounds", rounding_keeps_its_bounds, NULL, NULL, NULL},
        {"a result that does not fit is refused", overflow_is_refused, NULL, NULL, NULL},
        {"the parts of a split sum exactly", splits_sum_exactly, NULL, NULL, NULL},
        {"left-over fen go to the largest remainders", fen_go_to_the_largest_remainders, NULL, NULL,
         NULL},
        {"amounts in words follow the rules for bills", amounts_in_words, NULL, NULL, NULL},
        {"amounts in words read back as the same amount", words_read_back, NULL, NULL, NULL},
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
