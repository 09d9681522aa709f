/* Exact decimals of 36 digits: a 128-bit integer and a scale known when compiled. */
#ifndef HALLDESK_EXPRESSION_DECIMAL_H
#define HALLDESK_EXPRESSION_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 wide;

enum { DECIMAL_DIGITS = 36, DECIMAL_SCALE_LIMIT = 18, DECIMAL_TEXT = 48 };

wide decimal_power(unsigned exponent); /* 10^exponent, exponent <= 37 */
bool decimal_fits(wide value);         /* |value| < 10^36, as numeric(36,s) */
/* Each is false, and *result undefined, if the result does not fit. */
bool decimal_add(wide one, wide other, wide *result);
bool decimal_subtract(wide one, wide other, wide *result);
bool decimal_multiply(wide one, wide other, wide *result);
bool decimal_rescale(wide value, unsigned from, unsigned to, wide *result); /* to >= from */
int decimal_compare(wide one, unsigned one_scale, wide other, unsigned other_scale);
/* numerator / denominator, rounded to a whole number as enum rounding says; denominator != 0. */
wide decimal_divide(wide numerator, wide denominator, unsigned rounding);
/* Writes "-12.50"; text holds DECIMAL_TEXT bytes. */
void decimal_format(wide value, unsigned scale, char *text);

#endif
