/* Working time: limits count only the hours of a calendar (weekly hours, exception days such as
 * holidays and make-up days, holds). Pure; days are data. Instants are microseconds since
 * 1970-01-01 00:00 UTC, dates days since 1970-01-01, hours minutes from local midnight. Instants
 * lie in the years 1 to 9999, except the end of a hold. */
#ifndef HALLDESK_WORKING_TIME_H
#define HALLDESK_WORKING_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORKING_SPANS = 4, WORKING_HORIZON_DAYS = 36525 };

struct working_span {
    uint16_t from; /* 0 to 1439 */
    uint16_t to;   /* exclusive, up to 1440 */
};

/* Hours of one day, in order and apart from each other; none: not a working day. */
struct working_hours {
    uint8_t count;
    struct working_span spans[WORKING_SPANS];
};

/* Hours of one date in place of the weekly ones. */
struct working_exception {
    int64_t date;
    struct working_hours hours;
};

/* utc_offset is in minutes (480 in China, which has no summer time). Exceptions are sorted by
 * date, each date once. */
struct working_calendar {
    struct working_hours weekly[7]; /* Monday first */
    const struct working_exception *exceptions;
    size_t exception_count;
    int utc_offset;
};

/* Time that does not count although it is working time; [from, to), to INT64_MAX while the hold
 * lasts. Holds may overlap and stand in any order. */
struct working_hold {
    int64_t from;
    int64_t to;
};

/* Whether the calendar keeps the rules above; the others rely on it. */
bool working_calendar_valid(const struct working_calendar *calendar);

unsigned working_weekday(int64_t date); /* 0 is Monday */
/* The hours in force on a date; never NULL. */
const struct working_hours *working_day_hours(const struct working_calendar *calendar,
                                              int64_t date);
bool working_day(const struct working_calendar *calendar, int64_t date);
bool working_instant(const struct working_calendar *calendar, int64_t instant);

/* The instant at which `minutes` of working time have passed since start: the earliest such (the
 * end of a shift, not the beginning of the next); with minutes below 0 the latest instant from
 * which that much leads up to start. 0 gives start. False if the time is not reached within
 * WORKING_HORIZON_DAYS, as under a hold without end. */
bool working_time_add(const struct working_calendar *calendar, int64_t start, int64_t minutes,
                      const struct working_hold *holds, size_t hold_count, int64_t *result);

/* Working time from `from` to `to` in microseconds; below 0 when `to` is the earlier one. */
int64_t working_time_between(const struct working_calendar *calendar, int64_t from, int64_t to,
                             const struct working_hold *holds, size_t hold_count);

/* The date after which `days` working days have passed: 1 from a Friday is the Monday. */
bool working_days_add(const struct working_calendar *calendar, int64_t date, int64_t days,
                      int64_t *result);

#endif
