/* Arithmetic on amounts: whole fen, rates in millionths, exact in 128 bits; no floating point.
 * Every function answers false, and leaves its result untouched, when a result would not fit. */
#ifndef HALLDESK_MONEY_H
#define HALLDESK_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Directions refer to the size of the number, so that a refund rounds as its charge did. */
enum money_rounding {
    MONEY_HALF_UP,   /* a half goes away from zero */
    MONEY_HALF_EVEN, /* a half goes to the even neighbour */
    MONEY_DOWN,      /* towards zero */
    MONEY_UP,        /* away from zero */
};

enum { MONEY_RATE_ONE = 1000000 }; /* a rate of 1, that is 100 % */

/* By the names "half_up", "half_even", "down", "up" of price plans; false if unknown. */
bool money_rounding_from_name(const char *name, enum money_rounding *rounding);

bool money_add(int64_t one, int64_t other, int64_t *sum);
bool money_subtract(int64_t one, int64_t other, int64_t *difference);

/* amount × rate, the rate in millionths (0.125 is 125000). */
bool money_multiply_rate(int64_t amount, int64_t rate, enum money_rounding rounding,
                         int64_t *result);
/* amount × part ÷ whole, e.g. 17 days of a month of 30; whole must not be 0. */
bool money_prorate(int64_t amount, int64_t part, int64_t whole, enum money_rounding rounding,
                   int64_t *result);

/* Divides amount in proportion to the weights by the largest-remainder method: the parts sum to
 * amount exactly and each is less than one fen from its exact share; among equal remainders the
 * earlier part gets the fen. Weights are not negative and not all 0; count is 1 to 4096. */
bool money_split_weights(int64_t amount, const int64_t *weights, size_t count, int64_t *parts);
/* The same by percentages in millionths that sum to at most MONEY_RATE_ONE; *rest receives what
 * the percentages leave over (0 when they sum to 100 %). */
bool money_split_percentages(int64_t amount, const int64_t *percentages, size_t count,
                             int64_t *parts, int64_t *rest);

/* The characters of an amount in words, as receipts need it; they come from the forms. */
struct money_numerals {
    const char *digits[10];
    const char *ten, *hundred, *thousand;
    const char *ten_thousand, *hundred_million;
    const char *yuan, *jiao, *fen;
    const char *whole;     /* closes an amount without fen */
    const char *negative;  /* stands first when the amount is below zero */
    bool whole_after_jiao; /* "whole" also after jiao, where the rule leaves it open */
    bool zero_before_jiao; /* a zero between a yuan part that ends in 0 and jiao */
};

/* Amount in capital numerals by the rules for filling in bills and vouchers (People's Bank of
 * China, 1997, annex 1): one zero for a run of zeros inside, none at the end of a group. Writes
 * a terminated text of at most size bytes. Amounts of 10^16 yuan and more are refused. */
bool money_capitals(int64_t amount, const struct money_numerals *numerals, char *text, size_t size);

#endif
