/* Values as text for people and scripts, their comparison, and the civil calendar. */
#include "protocol/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "protocol/record.h"

enum { VALUE_TYPE_COUNT = VALUE_LINES + 1 };

#define MICROSECONDS INT64_C(1000000)

const char *const value_type_names[VALUE_TYPE_COUNT] = {
    [0] = "",
    [VALUE_TEXT] = "text",
    [VALUE_NUMBER] = "number",
    [VALUE_AMOUNT] = "amount",
    [VALUE_RATE] = "rate",
    [VALUE_DATE] = "date",
    [VALUE_TIME] = "time",
    [VALUE_CODE] = "code",
    [VALUE_FLAG] = "flag",
    [VALUE_REFERENCE] = "reference",
    [VALUE_LINES] = "lines",
};

enum value_type value_type_from_name(const char *name)
{
    for (int type = VALUE_TEXT; type < VALUE_TYPE_COUNT; type++)
        if (strcmp(name, value_type_names[type]) == 0)
            return (enum value_type)type;
    return 0;
}

/* Days since 1970-01-01 by eras of 400 years, with March as the first month. */
int64_t value_days_from_civil(int year, int month, int day)
{
    int64_t shifted = (int64_t)year - (month <= 2);
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void value_civil_from_days(int64_t days, int *year, int *month, int *day)
{
    if (days < VALUE_DATE_FIRST)
        days = VALUE_DATE_FIRST;
    if (days > VALUE_DATE_LAST)
        days = VALUE_DATE_LAST;
    int64_t shifted = days + 719468;
    int64_t era = shifted / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

/* Whole digits, at most one point with at most `decimals` digits behind it; groups of three with
 * commas between where `grouped`. The result is scaled by ten to the power of `decimals`. */
static bool parse_decimal(const char *text, int decimals, bool grouped, int64_t *result)
{
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    bool commas = grouped && strchr(text, ',') != NULL;
    int64_t value = 0; /* kept negative, as that side reaches further */
    int digits = 0;
    int group = 0;
    int fraction = -1;
    for (; *text; text++) {
        if (*text == '.' && decimals > 0 && fraction < 0 && digits > 0) {
            if (commas && group != 3)
                return false;
            commas = false;
            fraction = 0;
        } else if (*text == ',' && commas && digits > 0 &&
                   (group == 3 || (group < 3 && group == digits))) {
            group = 0;
        } else if (*text >= '0' && *text <= '9') {
            if (fraction >= decimals)
                return false;
            if (fraction >= 0)
                fraction++;
            if (__builtin_mul_overflow(value, INT64_C(10), &value) ||
                __builtin_sub_overflow(value, (int64_t)(*text - '0'), &value))
                return false;
            digits++;
            group++;
        } else {
            return false;
        }
    }
    if (digits == 0 || fraction == 0 || (commas && group != 3))
        return false;
    for (int place = fraction < 0 ? 0 : fraction; place < decimals; place++)
        if (__builtin_mul_overflow(value, INT64_C(10), &value))
            return false;
    if (!negative && value == INT64_MIN)
        return false;
    *result = negative ? value : -value;
    return true;
}

/* Exactly `count` digits; the text behind them, or NULL. */
static const char *parse_digits(const char *text, int count, int *result)
{
    *result = 0;
    for (; count > 0; count--, text++) {
        if (*text < '0' || *text > '9')
            return NULL;
        *result = *result * 10 + (*text - '0');
    }
    return text;
}

static const char *parse_civil(const char *text, int *year, int *month, int *day)
{
    text = parse_digits(text, 4, year);
    if (!text || *text != '-')
        return NULL;
    text = parse_digits(text + 1, 2, month);
    if (!text || *text != '-')
        return NULL;
    text = parse_digits(text + 1, 2, day);
    if (!text || *year < 1 || *month < 1 || *month > 12 || *day < 1)
        return NULL;
    int back[3];
    value_civil_from_days(value_days_from_civil(*year, *month, *day), &back[0], &back[1], &back[2]);
    return back[1] == *month && back[2] == *day ? text : NULL;
}

static bool parse_date(const char *text, int64_t *result)
{
    int year;
    int month;
    int day;
    text = parse_civil(text, &year, &month, &day);
    if (!text || *text)
        return false;
    *result = value_days_from_civil(year, month, day);
    return true;
}

static bool parse_time(const char *text, int64_t *result)
{
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second = 0;
    text = parse_civil(text, &year, &month, &day);
    if (!text || *text != ' ')
        return false;
    text = parse_digits(text + 1, 2, &hour);
    if (!text || *text != ':')
        return false;
    text = parse_digits(text + 1, 2, &minute);
    if (text && *text == ':')
        text = parse_digits(text + 1, 2, &second);
    if (!text || *text || hour > 23 || minute > 59 || second > 59)
        return false;
    struct tm local = {.tm_year = year - 1900,
                       .tm_mon = month - 1,
                       .tm_mday = day,
                       .tm_hour = hour,
                       .tm_min = minute,
                       .tm_sec = second,
                       .tm_isdst = -1};
    time_t moment = mktime(&local);
    /* An hour that the clocks skipped comes back changed. */
    if (local.tm_hour != hour || local.tm_min != minute)
        return false;
    *result = (int64_t)moment * MICROSECONDS;
    return *result >= VALUE_TIME_FIRST && *result <= VALUE_TIME_LAST;
}

static bool parse_flag(const char *text, int64_t *result)
{
    if (text[0] == '\0' || text[1] != '\0')
        return false;
    switch (text[0]) {
    case '1':
    case 'y':
    case 'Y':
        *result = 1;
        return true;
    case '0':
    case 'n':
    case 'N':
        *result = 0;
        return true;
    default:
        return false;
    }
}

bool value_parse(enum value_type type, const char *text, struct arena *arena, struct value *value)
{
    if (!text || !*text) {
        *value = (struct value){.presence = VALUE_CLEARED};
        return true;
    }
    struct value parsed = {.presence = VALUE_PRESENT};
    bool understood = false;
    switch (type) {
    case VALUE_TEXT:
    case VALUE_REFERENCE:
        understood = utf8_is_text(text, strlen(text)) && strlen(text) <= RECORD_TEXT_LIMIT;
        if (understood)
            parsed.text = arena_string(arena, text);
        break;
    case VALUE_NUMBER:
    case VALUE_CODE:
        understood = parse_decimal(text, 0, false, &parsed.integer);
        break;
    case VALUE_AMOUNT:
        understood = parse_decimal(text, 2, true, &parsed.integer);
        break;
    case VALUE_RATE:
        understood = parse_decimal(text, 6, false, &parsed.integer);
        break;
    case VALUE_DATE:
        understood = parse_date(text, &parsed.integer);
        break;
    case VALUE_TIME:
        understood = parse_time(text, &parsed.integer);
        break;
    case VALUE_FLAG:
        understood = parse_flag(text, &parsed.integer);
        break;
    case VALUE_LINES:
        break;
    }
    if (understood)
        *value = parsed;
    return understood;
}

/* Decimal text of a scaled number; at least `shown` of its `decimals` are kept. */
static const char *format_decimal(int64_t value, int decimals, int shown, bool grouped,
                                  struct arena *arena)
{
    char reversed[48];
    size_t length = 0;
    uint64_t rest = value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value;
    bool skipping = true;
    for (int place = decimals; place > 0; place--) {
        char digit = (char)('0' + rest % 10);
        rest /= 10;
        if (skipping && digit == '0' && place > shown)
            continue;
        skipping = false;
        reversed[length++] = digit;
    }
    if (length > 0)
        reversed[length++] = '.';
    int group = 0;
    do {
        if (grouped && group == 3) {
            reversed[length++] = ',';
            group = 0;
        }
        reversed[length++] = (char)('0' + rest % 10);
        rest /= 10;
        group++;
    } while (rest > 0);
    if (value < 0)
        reversed[length++] = '-';
    char *text = arena_allocate(arena, length + 1, 1);
    for (size_t place = 0; place < length; place++)
        text[place] = reversed[length - 1 - place];
    return text;
}

static const char *format_date(int64_t days, struct arena *arena)
{
    int year;
    int month;
    int day;
    value_civil_from_days(days, &year, &month, &day);
    return arena_format(arena, "%04d-%02d-%02d", year, month, day);
}

static const char *format_time(int64_t microseconds, struct arena *arena)
{
    if (microseconds < VALUE_TIME_FIRST)
        microseconds = VALUE_TIME_FIRST;
    if (microseconds > VALUE_TIME_LAST)
        microseconds = VALUE_TIME_LAST;
    int64_t seconds = microseconds / MICROSECONDS - (microseconds % MICROSECONDS < 0);
    time_t moment = (time_t)seconds;
    struct tm local;
    if (!localtime_r(&moment, &local))
        return "";
    if (local.tm_sec == 0)
        return arena_format(arena, "%04d-%02d-%02d %02d:%02d", local.tm_year + 1900,
                            local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min);
    return arena_format(arena, "%04d-%02d-%02d %02d:%02d:%02d", local.tm_year + 1900,
                        local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
}

const char *value_format(enum value_type type, const struct value *value, struct arena *arena)
{
    if (!value || value->presence != VALUE_PRESENT)
        return "";
    switch (type) {
    case VALUE_TEXT:
    case VALUE_REFERENCE:
        return value->text ? value->text : "";
    case VALUE_NUMBER:
    case VALUE_CODE:
        return format_decimal(value->integer, 0, 0, false, arena);
    case VALUE_AMOUNT:
        return format_decimal(value->integer, 2, 2, false, arena);
    case VALUE_RATE:
        return format_decimal(value->integer, 6, 0, false, arena);
    case VALUE_DATE:
        return format_date(value->integer, arena);
    case VALUE_TIME:
        return format_time(value->integer, arena);
    case VALUE_FLAG:
        return value->integer ? "1" : "0";
    case VALUE_LINES:
        return arena_format(arena, "%zu", value->lines ? value->lines->count : 0);
    }
    return "";
}

const char *value_format_amount(int64_t fen, struct arena *arena)
{
    return format_decimal(fen, 2, 2, true, arena);
}

static bool text_equal(const char *one, const char *other)
{
    return strcmp(one ? one : "", other ? other : "") == 0;
}

static bool lines_equal(const struct lines *one, const struct lines *other)
{
    size_t count = one ? one->count : 0;
    if (count != (other ? other->count : 0))
        return false;
    for (size_t place = 0; place < count; place++) {
        const struct record *left = &one->lines[place].record;
        const struct record *right = &other->lines[place].record;
        if (left->id != right->id || left->form != right->form ||
            one->lines[place].action != other->lines[place].action)
            return false;
        for (size_t index = 0; index < left->form->field_count; index++)
            if (!value_equal(left->form->fields[index].type, &left->values[index],
                             &right->values[index]))
                return false;
    }
    return true;
}

bool value_equal(enum value_type type, const struct value *one, const struct value *other)
{
    bool present = one->presence == VALUE_PRESENT;
    if (present != (other->presence == VALUE_PRESENT))
        return false;
    if (!present)
        return true;
    switch (type) {
    case VALUE_TEXT:
        return text_equal(one->text, other->text);
    case VALUE_REFERENCE:
        return one->integer == other->integer &&
               (one->integer != 0 || text_equal(one->text, other->text));
    case VALUE_LINES:
        return lines_equal(one->lines, other->lines);
    default:
        return one->integer == other->integer;
    }
}
