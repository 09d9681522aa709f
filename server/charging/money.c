/* Arithmetic on amounts: products with rates, splits that sum exactly, amounts in words. */
#include "server/charging/money.h"

#include <string.h>

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 unsigned_wide;

enum { SPLIT_LIMIT = 4096 };

static const char *const rounding_names[] = {
    [MONEY_HALF_UP] = "half_up",
    [MONEY_HALF_EVEN] = "half_even",
    [MONEY_DOWN] = "down",
    [MONEY_UP] = "up",
};

bool money_rounding_from_name(const char *name, enum money_rounding *rounding)
{
    for (size_t i = 0; name != NULL && i < sizeof(rounding_names) / sizeof(*rounding_names); i++) {
        if (strcmp(name, rounding_names[i]) == 0) {
            *rounding = (enum money_rounding)i;
            return true;
        }
    }
    return false;
}

static unsigned_wide magnitude(wide value)
{
    return value < 0 ? -(unsigned_wide)value : (unsigned_wide)value;
}

static bool narrow(unsigned_wide size, bool negative, int64_t *result)
{
    unsigned_wide limit = (unsigned_wide)INT64_MAX + (negative ? 1 : 0);

    if (size > limit) {
        return false;
    }
    *result = (int64_t)(negative ? -(wide)size : (wide)size);
    return true;
}

bool money_add(int64_t one, int64_t other, int64_t *sum)
{
    int64_t result;

    if (__builtin_add_overflow(one, other, &result)) {
        return false;
    }
    *sum = result;
    return true;
}

bool money_subtract(int64_t one, int64_t other, int64_t *difference)
{
    int64_t result;

    if (__builtin_sub_overflow(one, other, &result)) {
        return false;
    }
    *difference = result;
    return true;
}

bool money_prorate(int64_t amount, int64_t part, int64_t whole, enum money_rounding rounding,
                   int64_t *result)
{
    if (whole == 0) {
        return false;
    }
    wide product = (wide)amount * part;
    unsigned_wide divisor = magnitude(whole);
    unsigned_wide quotient = magnitude(product) / divisor;
    unsigned_wide remainder = magnitude(product) % divisor;
    bool negative = (product < 0) != (whole < 0);
    bool away = false;

    switch (rounding) {
    case MONEY_HALF_UP:
        away = remainder * 2 >= divisor;
        break;
    case MONEY_HALF_EVEN:
        away = remainder * 2 > divisor || (remainder * 2 == divisor && quotient % 2 == 1);
        break;
    case MONEY_DOWN:
        break;
    case MONEY_UP:
        away = remainder > 0;
        break;
    }
    return narrow(quotient + (away ? 1 : 0), negative, result);
}

bool money_multiply_rate(int64_t amount, int64_t rate, enum money_rounding rounding,
                         int64_t *result)
{
    return money_prorate(amount, rate, MONEY_RATE_ONE, rounding, result);
}

/* The share of weight i, rounded down, and what was cut off. */
static uint64_t share_of(uint64_t size, int64_t weight, unsigned_wide total,
                         unsigned_wide *remainder)
{
    unsigned_wide product = (unsigned_wide)size * (uint64_t)weight;

    *remainder = product % total;
    return (uint64_t)(product / total);
}

/* Whether part i stands before part j in the order of remainders. */
static bool remainder_before(unsigned_wide one, size_t i, unsigned_wide other, size_t j)
{
    return one > other || (one == other && i < j);
}

/* Gives one fen each to the `left` parts with the largest remainders. Each round looks for the
 * part that follows the last one served, so no memory for a sort is needed. */
static void leftover_distribute(uint64_t size, const int64_t *weights, size_t count,
                                unsigned_wide total, uint64_t left, int64_t *parts, bool negative)
{
    unsigned_wide last = 0;
    size_t last_index = 0;

    for (bool first = true; left > 0; left--, first = false) {
        unsigned_wide best = 0;
        size_t best_index = count;

        for (size_t i = 0; i < count; i++) {
            unsigned_wide remainder;

            (void)share_of(size, weights[i], total, &remainder);
            if (!first && !remainder_before(last, last_index, remainder, i)) {
                continue;
            }
            if (best_index == count || remainder_before(remainder, i, best, best_index)) {
                best = remainder;
                best_index = i;
            }
        }
        if (best_index == count) {
            return;
        }
        parts[best_index] += negative ? -1 : 1;
        last = best;
        last_index = best_index;
    }
}

static bool split(int64_t amount, const int64_t *weights, size_t count, unsigned_wide total,
                  int64_t *parts)
{
    uint64_t size = (uint64_t)magnitude(amount);
    uint64_t left = size;
    bool negative = amount < 0;

    for (size_t i = 0; i < count; i++) {
        unsigned_wide remainder;
        uint64_t share = share_of(size, weights[i], total, &remainder);

        (void)narrow(share, negative, &parts[i]);
        left -= share;
    }
    leftover_distribute(size, weights, count, total, left, parts, negative);
    return true;
}

/* The sum of weights; 0 if one of them is negative or there are none or too many. */
static unsigned_wide weights_total(const int64_t *weights, size_t count)
{
    unsigned_wide total = 0;

    if (count > SPLIT_LIMIT) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (weights[i] < 0) {
            return 0;
        }
        total += (uint64_t)weights[i];
    }
    return total;
}

bool money_split_weights(int64_t amount, const int64_t *weights, size_t count, int64_t *parts)
{
    unsigned_wide total = weights_total(weights, count);

    return total > 0 && split(amount, weights, count, total, parts);
}

bool money_split_percentages(int64_t amount, const int64_t *percentages, size_t count,
                             int64_t *parts, int64_t *rest)
{
    unsigned_wide total = weights_total(percentages, count);
    int64_t given = 0;

    if (total == 0 || total > MONEY_RATE_ONE) {
        return false;
    }
    /* The share of all percentages together is rounded once; inside it the parts sum exactly. */
    if (!money_multiply_rate(amount, (int64_t)total, MONEY_HALF_UP, &given) ||
        !split(given, percentages, count, total, parts)) {
        return false;
    }
    *rest = amount - given;
    return true;
}

struct words {
    char *text;
    size_t size;
    size_t length;
    bool failed;
};

static void words_add(struct words *words, const char *part)
{
    size_t length = part == NULL ? 0 : strlen(part);

    if (words->failed || length >= words->size - words->length) {
        words->failed = true;
        return;
    }
    memcpy(words->text + words->length, part == NULL ? "" : part, length + 1);
    words->length += length;
}

/* Writes a number of four digits; *zero says that zeros are pending before it and is left true
 * if the number ends in zeros. */
static void words_group(struct words *words, const struct money_numerals *numerals, unsigned group,
                        bool *zero, bool *started)
{
    const char *const units[] = {numerals->thousand, numerals->hundred, numerals->ten, ""};
    unsigned divisor = 1000;

    for (size_t i = 0; i < 4; i++, divisor /= 10) {
        unsigned digit = group / divisor % 10;

        if (digit == 0) {
            *zero = *started;
            continue;
        }
        if (*zero) {
            words_add(words, numerals->digits[0]);
            *zero = false;
        }
        words_add(words, numerals->digits[digit]);
        words_add(words, units[i]);
        *started = true;
    }
}

static void words_yuan(struct words *words, const struct money_numerals *numerals, uint64_t yuan)
{
    const unsigned groups[4] = {
        (unsigned)(yuan / 1000000000000U % 10000U),
        (unsigned)(yuan / 100000000U % 10000U),
        (unsigned)(yuan / 10000U % 10000U),
        (unsigned)(yuan % 10000U),
    };
    bool zero = false;
    bool started = false;

    for (size_t i = 0; i < 4; i++) {
        if (groups[i] > 0) {
            words_group(words, numerals, groups[i], &zero, &started);
        } else {
            zero = started;
        }
        /* The zeros that end a group are said only when something follows in a lower group. */
        if ((i == 0 || i == 2) && groups[i] > 0) {
            words_add(words, numerals->ten_thousand);
        }
        if (i == 1 && (groups[0] > 0 || groups[1] > 0)) {
            words_add(words, numerals->hundred_million);
        }
    }
}

bool money_capitals(int64_t amount, const struct money_numerals *numerals, char *text, size_t size)
{
    uint64_t total = (uint64_t)magnitude(amount);
    uint64_t yuan = total / 100;
    unsigned jiao = (unsigned)(total / 10 % 10);
    unsigned fen = (unsigned)(total % 10);
    struct words words = {.text = text, .size = size};

    if (size == 0 || yuan >= 10000000000000000U) {
        return false;
    }
    text[0] = '\0';
    if (amount < 0) {
        words_add(&words, numerals->negative);
    }
    if (yuan > 0) {
        words_yuan(&words, numerals, yuan);
        words_add(&words, numerals->yuan);
    } else if (total == 0) {
        words_add(&words, numerals->digits[0]);
        words_add(&words, numerals->yuan);
    }
    if (jiao > 0) {
        if (yuan > 0 && yuan % 10 == 0 && numerals->zero_before_jiao) {
            words_add(&words, numerals->digits[0]);
        }
        words_add(&words, numerals->digits[jiao]);
        words_add(&words, numerals->jiao);
    } else if (fen > 0 && yuan > 0) {
        words_add(&words, numerals->digits[0]);
    }
    if (fen > 0) {
        words_add(&words, numerals->digits[fen]);
        words_add(&words, numerals->fen);
    } else if (jiao == 0 || numerals->whole_after_jiao) {
        words_add(&words, numerals->whole);
    }
    if (words.failed) {
        text[0] = '\0';
    }
    return !words.failed;
}
