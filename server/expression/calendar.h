/* Dates and times as PostgreSQL computes them. Days and microseconds count from 1970-01-01. */
#ifndef HALLDESK_EXPRESSION_CALENDAR_H
#define HALLDESK_EXPRESSION_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

enum { CALENDAR_DAY_SECONDS = 86400 };
#define CALENDAR_DAY ((int64_t)86400000000)

struct calendar_shift {
    int64_t months;
    int64_t days;
    int64_t microseconds;
};

bool calendar_date_valid(int64_t days); /* within the range of a timestamp */
bool calendar_time_valid(int64_t time);
void calendar_civil(int64_t days, int *year, int *month, int *day); /* any year */
/* False if the result, or what it starts from, is out of range. Months come first and keep
 * within the month: 31 January + 1 month is 28 or 29 February. */
bool calendar_shift_date(int64_t days, const struct calendar_shift *shift, int64_t *result);
bool calendar_shift_time(int64_t time, int zone_offset, const struct calendar_shift *shift,
                         int64_t *result);
/* Whole months from one date to the other, negative backwards, as age() counts them. */
int64_t calendar_months_between(int64_t from, int64_t to);
int64_t calendar_day_of_time(int64_t time, int zone_offset); /* date in the zone */
int calendar_weekday(int64_t days);                          /* 1 Monday .. 7 Sunday */
bool calendar_read(const char *text, bool with_time, int zone_offset, int64_t *result);

#endif
