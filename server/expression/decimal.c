/* Exact decimals: the arithmetic of numeric(36,s) in 128-bit integers. */
#include "server/expression/decimal.h"

#include <stddef.h>

#include "server/expression/node.h"

wide decimal_power(unsigned exponent)
{
    static const int64_t powers[] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
    };
    wide power = 1;
    for (; exponent > 18; exponent -= 18)
        power *= powers[18];
    return power * powers[exponent];
}

/* 10^36 as two factors that the language can write. */
static const wide limit = (wide)1000000000000000000 * 1000000000000000000;

bool decimal_fits(wide value)
{
    return value < limit && value > -limit;
}

bool decimal_add(wide one, wide other, wide *result)
{
    return !__builtin_add_overflow(one, other, result) && decimal_fits(*result);
}

bool decimal_subtract(wide one, wide other, wide *result)
{
    return !__builtin_sub_overflow(one, other, result) && decimal_fits(*result);
}

bool decimal_multiply(wide one, wide other, wide *result)
{
    return !__builtin_mul_overflow(one, other, result) && decimal_fits(*result);
}

bool decimal_rescale(wide value, unsigned from, unsigned to, wide *result)
{
    return decimal_multiply(value, decimal_power(to - from), result);
}

int decimal_compare(wide one, unsigned one_scale, wide other, unsigned other_scale)
{
    if (one_scale > other_scale)
        return -decimal_compare(other, other_scale, one, one_scale);
    /* The aligned number is larger than any other when it does not fit. */
    if (one_scale < other_scale && !decimal_rescale(one, one_scale, other_scale, &one))
        return one > 0 ? 1 : -1;
    return (one > other) - (one < other);
}

wide decimal_divide(wide numerator, wide denominator, unsigned rounding)
{
    wide quotient = numerator / denominator;
    wide rest = numerator % denominator;
    if (rest == 0)
        return quotient;
    bool negative = (numerator < 0) != (denominator < 0);
    wide step = negative ? -1 : 1;
    if (rest < 0)
        rest = -rest;
    if (denominator < 0)
        denominator = -denominator;
    /* Twice the rest stays below 2 * 10^36, far from the limit of 128 bits. */
    int half = (rest * 2 > denominator) - (rest * 2 < denominator);
    bool away = false;
    switch ((enum rounding)rounding) {
    case ROUND_HALF_UP:
        away = half >= 0;
        break;
    case ROUND_HALF_EVEN:
        away = half > 0 || (half == 0 && quotient % 2 != 0);
        break;
    case ROUND_UP:
        away = true;
        break;
    case ROUND_FLOOR:
        away = negative;
        break;
    case ROUND_CEILING:
        away = !negative;
        break;
    case ROUND_DOWN:
    case ROUND_COUNT:
        break;
    }
    return away ? quotient + step : quotient;
}

void decimal_format(wide value, unsigned scale, char *text)
{
    char reversed[DECIMAL_TEXT];
    size_t length = 0;
    bool negative = value < 0;
    /* Values fit 36 digits, so the negation is defined. */
    if (negative)
        value = -value;
    for (unsigned digit = 0; value != 0 || digit <= scale; digit++, value /= 10) {
        if (digit == scale && scale > 0)
            reversed[length++] = '.';
        reversed[length++] = (char)('0' + (int)(value % 10));
    }
    if (negative)
        *text++ = '-';
    while (length > 0)
        *text++ = reversed[--length];
    *text = '\0';
}
