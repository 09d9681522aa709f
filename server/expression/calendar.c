/* Dates and times as PostgreSQL computes them: clamping of months, age(), ranges. */
#include "server/expression/calendar.h"

#include <stddef.h>

#include "protocol/value.h"

/* Range of timestamp: Julian day 0 (24 November 4714 BC) to the end of the year 294276. */
static const int64_t first_day = -2440588;
static const int64_t end_day = 109203528 - 2440588;

static int64_t floor_divide(int64_t number, int64_t by)
{
    int64_t quotient = number / by;
    return number % by < 0 ? quotient - 1 : quotient;
}

bool calendar_date_valid(int64_t days)
{
    return days >= first_day && days < end_day;
}

bool calendar_time_valid(int64_t time)
{
    /* The upper end of the database, in the year 294276, is beyond 64 bits counted from 1970. */
    return time >= first_day * CALENDAR_DAY;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

void calendar_civil(int64_t days, int *year, int *month, int *day)
{
    /* Every 400 years the calendar repeats; value.h knows four-digit years only. */
    const int64_t era_days = 146097;
    int64_t era = floor_divide(days, era_days);
    value_civil_from_days(days - era * era_days, year, month, day);
    *year += (int)(era * 400);
}

static bool shift_days(int64_t days, const struct calendar_shift *shift, int64_t *result)
{
    /* Beyond these no date is in range, and below nothing overflows. */
    const int64_t month_limit = 12 * 300000, day_limit = 366 * (int64_t)300000;
    if (!calendar_date_valid(days) || shift->months > month_limit || shift->months < -month_limit ||
        shift->days > day_limit || shift->days < -day_limit)
        return false;
    if (shift->months != 0) {
        int year, month, day;
        calendar_civil(days, &year, &month, &day);
        int64_t index = (int64_t)year * 12 + month - 1 + shift->months;
        year = (int)floor_divide(index, 12);
        month = (int)(index - (int64_t)year * 12) + 1;
        int last = month_days(year, month);
        days = value_days_from_civil(year, month, day > last ? last : day);
        if (!calendar_date_valid(days))
            return false;
    }
    *result = days + shift->days;
    return calendar_date_valid(*result);
}

bool calendar_shift_date(int64_t days, const struct calendar_shift *shift, int64_t *result)
{
    return shift_days(days, shift, result);
}

bool calendar_shift_time(int64_t time, int zone_offset, const struct calendar_shift *shift,
                         int64_t *result)
{
    if (!calendar_time_valid(time))
        return false;
    if (shift->months != 0 || shift->days != 0) {
        int64_t offset = (int64_t)zone_offset * 1000000;
        int64_t local = time + offset;
        int64_t day = floor_divide(local, CALENDAR_DAY);
        int64_t clock = local - day * CALENDAR_DAY;
        if (!shift_days(day, shift, &day))
            return false;
        if (__builtin_mul_overflow(day, CALENDAR_DAY, &time) ||
            __builtin_add_overflow(time, clock - offset, &time))
            return false;
    }
    return !__builtin_add_overflow(time, shift->microseconds, result) &&
           calendar_time_valid(*result);
}

int64_t calendar_months_between(int64_t from, int64_t to)
{
    if (to < from)
        return -calendar_months_between(to, from);
    int from_year, from_month, from_day, to_year, to_month, to_day;
    calendar_civil(from, &from_year, &from_month, &from_day);
    calendar_civil(to, &to_year, &to_month, &to_day);
    int64_t months = ((int64_t)to_year - from_year) * 12 + to_month - from_month;
    return to_day < from_day ? months - 1 : months;
}

int64_t calendar_day_of_time(int64_t time, int zone_offset)
{
    return floor_divide(time + (int64_t)zone_offset * 1000000, CALENDAR_DAY);
}

int calendar_weekday(int64_t days)
{
    /* 1970-01-01 was a Thursday. */
    int64_t since_monday = (days + 3) % 7;
    return (int)(since_monday < 0 ? since_monday + 7 : since_monday) + 1;
}

/* Reads exactly `digits` digits and the separator behind them (0: none). */
static bool read_part(const char **text, int digits, char separator, int *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *number = *number * 10 + (**text - '0');
    }
    if (separator == '\0')
        return true;
    return *(*text)++ == separator;
}

bool calendar_read(const char *text, bool with_time, int zone_offset, int64_t *result)
{
    int year, month, day, hour = 0, minute = 0, second = 0;
    if (!read_part(&text, 4, '-', &year) || !read_part(&text, 2, '-', &month) ||
        !read_part(&text, 2, '\0', &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    int64_t days = value_days_from_civil(year, month, day);
    if (!with_time) {
        *result = days;
        return *text == '\0';
    }
    if (*text == ' ') {
        text++;
        if (!read_part(&text, 2, ':', &hour) || !read_part(&text, 2, '\0', &minute))
            return false;
        if (*text == ':') {
            text++;
            if (!read_part(&text, 2, '\0', &second))
                return false;
        }
    }
    if (*text != '\0' || hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t seconds = (int64_t)hour * 3600 + minute * 60 + second - zone_offset;
    *result = days * CALENDAR_DAY + seconds * 1000000;
    return true;
}
