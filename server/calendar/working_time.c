/* Working time on a calendar: adding, measuring, holds. */
#include "server/calendar/working_time.h"

static const int64_t minute = INT64_C(60) * 1000000;
static const int64_t day = INT64_C(1440) * 60 * 1000000;

/* What is left of a span when holds are taken out is walked piece by piece. */
struct piece {
    int64_t from;
    int64_t to;
};

static int64_t floor_divide(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;

    return value % divisor < 0 ? quotient - 1 : quotient;
}

unsigned working_weekday(int64_t date)
{
    /* 1970-01-01 was a Thursday. */
    int64_t weekday = (date % 7 + 7 + 3) % 7;

    return (unsigned)weekday;
}

static bool hours_valid(const struct working_hours *hours)
{
    if (hours->count > WORKING_SPANS) {
        return false;
    }
    for (size_t i = 0; i < hours->count; i++) {
        const struct working_span *span = &hours->spans[i];

        if (span->from >= span->to || span->to > 1440 ||
            (i > 0 && span->from < hours->spans[i - 1].to)) {
            return false;
        }
    }
    return true;
}

bool working_calendar_valid(const struct working_calendar *calendar)
{
    for (size_t i = 0; i < 7; i++) {
        if (!hours_valid(&calendar->weekly[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < calendar->exception_count; i++) {
        if (!hours_valid(&calendar->exceptions[i].hours) ||
            (i > 0 && calendar->exceptions[i].date <= calendar->exceptions[i - 1].date)) {
            return false;
        }
    }
    return calendar->utc_offset > -1440 && calendar->utc_offset < 1440;
}

const struct working_hours *working_day_hours(const struct working_calendar *calendar, int64_t date)
{
    size_t low = 0;
    size_t high = calendar->exception_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (calendar->exceptions[middle].date < date) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < calendar->exception_count && calendar->exceptions[low].date == date) {
        return &calendar->exceptions[low].hours;
    }
    return &calendar->weekly[working_weekday(date)];
}

bool working_day(const struct working_calendar *calendar, int64_t date)
{
    return working_day_hours(calendar, date)->count > 0;
}

static int64_t date_of(const struct working_calendar *calendar, int64_t instant)
{
    return floor_divide(instant + calendar->utc_offset * minute, day);
}

static struct piece span_of(const struct working_calendar *calendar, int64_t date,
                            const struct working_span *span)
{
    int64_t midnight = date * day - calendar->utc_offset * minute;

    return (struct piece){midnight + span->from * minute, midnight + span->to * minute};
}

bool working_instant(const struct working_calendar *calendar, int64_t instant)
{
    int64_t date = date_of(calendar, instant);
    const struct working_hours *hours = working_day_hours(calendar, date);

    for (size_t i = 0; i < hours->count; i++) {
        struct piece span = span_of(calendar, date, &hours->spans[i]);

        if (instant >= span.from && instant < span.to) {
            return true;
        }
    }
    return false;
}

/* The first piece of `left` that no hold covers; `left` keeps what comes after it. */
static bool piece_first(struct piece *left, const struct working_hold *holds, size_t count,
                        struct piece *piece)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            if (holds[i].from <= left->from && left->from < holds[i].to) {
                left->from = holds[i].to;
                moved = true;
            }
        }
    }
    if (left->from >= left->to) {
        return false;
    }
    *piece = *left;
    for (size_t i = 0; i < count; i++) {
        if (holds[i].from < holds[i].to && holds[i].from > piece->from &&
            holds[i].from < piece->to) {
            piece->to = holds[i].from;
        }
    }
    left->from = piece->to;
    return true;
}

/* The same from the end backwards. */
static bool piece_last(struct piece *left, const struct working_hold *holds, size_t count,
                       struct piece *piece)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            if (holds[i].from < left->to && left->to <= holds[i].to) {
                left->to = holds[i].from;
                moved = true;
            }
        }
    }
    if (left->from >= left->to) {
        return false;
    }
    *piece = *left;
    for (size_t i = 0; i < count; i++) {
        if (holds[i].from < holds[i].to && holds[i].to < piece->to && holds[i].to > piece->from) {
            piece->from = holds[i].to;
        }
    }
    left->to = piece->from;
    return true;
}

static bool add_forward(const struct working_calendar *calendar, int64_t start, int64_t time,
                        const struct working_hold *holds, size_t count, int64_t *result)
{
    int64_t first = date_of(calendar, start);

    for (int64_t date = first; date < first + WORKING_HORIZON_DAYS; date++) {
        const struct working_hours *hours = working_day_hours(calendar, date);

        for (size_t i = 0; i < hours->count; i++) {
            struct piece left = span_of(calendar, date, &hours->spans[i]);
            struct piece piece;

            left.from = left.from < start ? start : left.from;
            while (piece_first(&left, holds, count, &piece)) {
                if (piece.to - piece.from >= time) {
                    *result = piece.from + time;
                    return true;
                }
                time -= piece.to - piece.from;
            }
        }
    }
    return false;
}

static bool add_backward(const struct working_calendar *calendar, int64_t start, int64_t time,
                         const struct working_hold *holds, size_t count, int64_t *result)
{
    int64_t last = date_of(calendar, start);

    for (int64_t date = last; date > last - WORKING_HORIZON_DAYS; date--) {
        const struct working_hours *hours = working_day_hours(calendar, date);

        for (size_t i = hours->count; i-- > 0;) {
            struct piece left = span_of(calendar, date, &hours->spans[i]);
            struct piece piece;

            left.to = left.to > start ? start : left.to;
            while (piece_last(&left, holds, count, &piece)) {
                if (piece.to - piece.from >= time) {
                    *result = piece.to - time;
                    return true;
                }
                time -= piece.to - piece.from;
            }
        }
    }
    return false;
}

bool working_time_add(const struct working_calendar *calendar, int64_t start, int64_t minutes,
                      const struct working_hold *holds, size_t hold_count, int64_t *result)
{
    if (minutes == 0) {
        *result = start;
        return true;
    }
    if (minutes > (int64_t)WORKING_HORIZON_DAYS * 1440 ||
        minutes < -(int64_t)WORKING_HORIZON_DAYS * 1440) {
        return false;
    }
    return minutes > 0
               ? add_forward(calendar, start, minutes * minute, holds, hold_count, result)
               : add_backward(calendar, start, -minutes * minute, holds, hold_count, result);
}

int64_t working_time_between(const struct working_calendar *calendar, int64_t from, int64_t to,
                             const struct working_hold *holds, size_t hold_count)
{
    int64_t time = 0;

    if (to < from) {
        return -working_time_between(calendar, to, from, holds, hold_count);
    }
    for (int64_t date = date_of(calendar, from), end = date_of(calendar, to); date <= end; date++) {
        const struct working_hours *hours = working_day_hours(calendar, date);

        for (size_t i = 0; i < hours->count; i++) {
            struct piece left = span_of(calendar, date, &hours->spans[i]);
            struct piece piece;

            left.from = left.from < from ? from : left.from;
            left.to = left.to > to ? to : left.to;
            while (piece_first(&left, holds, hold_count, &piece)) {
                time += piece.to - piece.from;
            }
        }
    }
    return time;
}

bool working_days_add(const struct working_calendar *calendar, int64_t date, int64_t days,
                      int64_t *result)
{
    if (days > WORKING_HORIZON_DAYS || days < -WORKING_HORIZON_DAYS) {
        return false;
    }
    int64_t step = days < 0 ? -1 : 1;
    int64_t left = days < 0 ? -days : days;
    int64_t at = date;

    for (int64_t i = 0; left > 0; i++) {
        if (i == WORKING_HORIZON_DAYS) {
            return false;
        }
        at += step;
        left -= working_day(calendar, at) ? 1 : 0;
    }
    *result = at;
    return true;
}
