/* Working time: known days, properties against a model minute by minute, all published years. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "protocol/value.h"
#include "server/calendar/working_time.h"
#include "tests/unit/shared_data.h"

enum { ROUNDS = 1500, EXCEPTION_LIMIT = 2000, HOLDS = 3, DAY_MINUTES = 1440 };

static const int64_t minute = INT64_C(60) * 1000000;
static const struct working_hours office = {.count = 2, .spans = {{510, 720}, {840, 1050}}};

static uint64_t seed = 42;

static int64_t random_between(int64_t low, int64_t high)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return low + (int64_t)(seed % (uint64_t)(high - low + 1));
}

static struct working_calendar office_calendar(void)
{
    struct working_calendar calendar = {.utc_offset = 480};

    for (size_t i = 0; i < 5; i++) {
        calendar.weekly[i] = office;
    }
    return calendar;
}

/* An instant in China. */
static int64_t at(int year, int month, int day, int hour, int minutes)
{
    return (value_days_from_civil(year, month, day) * DAY_MINUTES + hour * 60 + minutes - 480) *
           minute;
}

static int64_t added(const struct working_calendar *calendar, int64_t start, int64_t minutes,
                     const struct working_hold *holds, size_t count)
{
    int64_t result = -1;

    assert_true(working_time_add(calendar, start, minutes, holds, count, &result));
    return result;
}

static void known_days(void **state)
{
    const struct working_exception exceptions[] = {
        {.date = value_days_from_civil(2026, 11, 20)},                  /* a Friday off */
        {.date = value_days_from_civil(2026, 11, 21), .hours = office}, /* a Saturday on */
    };
    struct working_calendar calendar = office_calendar();

    (void)state;
    assert_int_equal(working_weekday(value_days_from_civil(2026, 11, 21)), 5);
    assert_int_equal(working_weekday(value_days_from_civil(1969, 12, 29)), 0);
    /* Friday afternoon to Monday; the end of the day is reached on the day. */
    assert_true(added(&calendar, at(2026, 11, 20, 16, 30), 120, NULL, 0) ==
                at(2026, 11, 23, 9, 30));
    assert_true(added(&calendar, at(2026, 11, 20, 16, 30), 60, NULL, 0) ==
                at(2026, 11, 20, 17, 30));
    assert_true(added(&calendar, at(2026, 11, 20, 20, 0), 1, NULL, 0) == at(2026, 11, 23, 8, 31));
    assert_true(added(&calendar, at(2026, 11, 23, 9, 30), -120, NULL, 0) ==
                at(2026, 11, 20, 16, 30));
    assert_true(working_time_between(&calendar, at(2026, 11, 20, 16, 30), at(2026, 11, 23, 9, 30),
                                     NULL, 0) == 120 * minute);
    calendar.exceptions = exceptions;
    calendar.exception_count = 2;
    assert_true(working_calendar_valid(&calendar));
    assert_true(added(&calendar, at(2026, 11, 19, 17, 0), 60, NULL, 0) == at(2026, 11, 21, 9, 0));
    assert_false(working_instant(&calendar, at(2026, 11, 20, 10, 0)));
    assert_true(working_instant(&calendar, at(2026, 11, 21, 10, 0)));
    assert_false(working_instant(&calendar, at(2026, 11, 21, 12, 0)));
}

static void holds_do_not_count(void **state)
{
    const struct working_calendar calendar = office_calendar();
    const struct working_hold holds[] = {
        {at(2026, 11, 23, 11, 0), at(2026, 11, 24, 9, 0)},
        {at(2026, 11, 23, 9, 0), at(2026, 11, 23, 10, 0)},
        {at(2026, 11, 23, 9, 30), at(2026, 11, 23, 10, 0)},
    };
    const struct working_hold open = {at(2026, 11, 23, 9, 0), INT64_MAX};
    int64_t result;

    (void)state;
    /* 8:30 to 9:00, 10:00 to 11:00, then from 9:00 of the next day. */
    assert_true(added(&calendar, at(2026, 11, 23, 8, 30), 120, holds, 3) ==
                at(2026, 11, 24, 9, 30));
    assert_true(added(&calendar, at(2026, 11, 24, 9, 30), -120, holds, 3) ==
                at(2026, 11, 23, 8, 30));
    assert_true(working_time_between(&calendar, at(2026, 11, 23, 0, 0), at(2026, 11, 24, 9, 30),
                                     holds, 3) == 120 * minute);
    assert_false(working_time_add(&calendar, at(2026, 11, 23, 8, 30), 31, &open, 1, &result));
    assert_true(working_time_add(&calendar, at(2026, 11, 23, 8, 30), 30, &open, 1, &result));
    assert_false(working_time_add(&(struct working_calendar){0}, 0, 1, NULL, 0, &result));
    assert_false(working_days_add(&calendar, 0, INT64_MIN, &result));
    assert_false(working_days_add(&(struct working_calendar){0}, 0, 1, &result));
}

static void bad_calendars_are_refused(void **state)
{
    struct working_calendar calendar = office_calendar();
    const struct working_exception unsorted[] = {{.date = 2}, {.date = 2}};

    (void)state;
    assert_true(working_calendar_valid(&calendar));
    calendar.weekly[2].spans[1].from = 700;
    assert_false(working_calendar_valid(&calendar));
    calendar = office_calendar();
    calendar.weekly[6] = (struct working_hours){.count = 1, .spans = {{600, 1441}}};
    assert_false(working_calendar_valid(&calendar));
    calendar = office_calendar();
    calendar.exceptions = unsorted;
    calendar.exception_count = 2;
    assert_false(working_calendar_valid(&calendar));
}

/* The model knows only whether a minute is worked; it shares nothing with the code but the hours.
 */
static bool minute_counts(const struct working_calendar *calendar, int64_t local,
                          const struct working_hold *holds, size_t count)
{
    int64_t date = local / DAY_MINUTES;
    int64_t time = local % DAY_MINUTES;
    const struct working_hours *hours = &calendar->weekly[(date + 3) % 7];
    int64_t instant = (local - 480) * minute;

    for (size_t i = 0; i < calendar->exception_count; i++) {
        if (calendar->exceptions[i].date == date) {
            hours = &calendar->exceptions[i].hours;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (instant >= holds[i].from && instant < holds[i].to) {
            return false;
        }
    }
    for (size_t i = 0; i < hours->count; i++) {
        if (time >= hours->spans[i].from && time < hours->spans[i].to) {
            return true;
        }
    }
    return false;
}

static void equal_to_a_model(void **state)
{
    struct working_exception exceptions[6] = {{0}};
    struct working_calendar calendar = office_calendar();
    int64_t base = value_days_from_civil(2026, 9, 20);

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        exceptions[i].date = base + 3 + (int64_t)i * 2;
        if (i % 2 == 1) {
            exceptions[i].hours = office;
        }
    }
    calendar.weekly[5] = (struct working_hours){.count = 1, .spans = {{0, 1440}}};
    calendar.exceptions = exceptions;
    calendar.exception_count = 6;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = base * DAY_MINUTES + random_between(0, 14 * DAY_MINUTES);
        int64_t minutes = random_between(1, 2000);
        struct working_hold holds[HOLDS];
        size_t count = (size_t)random_between(0, HOLDS);

        for (size_t j = 0; j < count; j++) {
            holds[j].from = (start + random_between(-500, 3000) - 480) * minute;
            holds[j].to = holds[j].from + random_between(0, 2000) * minute;
        }
        int64_t begin = (start - 480) * minute;
        int64_t end = start;
        int64_t early = start;

        for (int64_t left = minutes; left > 0; end++) {
            left -= minute_counts(&calendar, end, holds, count) ? 1 : 0;
        }
        for (int64_t left = minutes; left > 0;) {
            early--;
            left -= minute_counts(&calendar, early, holds, count) ? 1 : 0;
        }
        assert_true(added(&calendar, begin, minutes, holds, count) == (end - 480) * minute);
        assert_true(added(&calendar, begin, -minutes, holds, count) == (early - 480) * minute);
        assert_true(working_time_between(&calendar, begin, (end - 480) * minute, holds, count) ==
                    minutes * minute);
        assert_true(working_time_between(&calendar, (end - 480) * minute, begin, holds, count) ==
                    -minutes * minute);
    }
}

static int exception_compare(const void *one, const void *other)
{
    const struct working_exception *left = one;
    const struct working_exception *right = other;

    return left->date < right->date ? -1 : left->date > right->date;
}

static size_t holidays_read(struct working_exception *exceptions)
{
    size_t count = 0;

    for (int year = 2007; year <= 2027; year++) {
        char name[64];
        FILE *file;
        json_t *root;
        json_t *entry;
        size_t index;

        (void)snprintf(name, sizeof(name), "holidays_cn/%d.json", year);
        file = shared_data_open(name);
        if (file == NULL) {
            continue;
        }
        root = json_loadf(file, 0, NULL);
        (void)fclose(file);
        assert_non_null(root);
        json_array_foreach(json_object_get(root, "days"), index, entry)
        {
            const char *date = json_string_value(json_object_get(entry, "date"));
            int y;
            int m;
            int d;

            assert_int_equal(sscanf(date, "%d-%d-%d", &y, &m, &d), 3);
            assert_true(count < EXCEPTION_LIMIT);
            exceptions[count] = (struct working_exception){.date = value_days_from_civil(y, m, d)};
            if (!json_is_true(json_object_get(entry, "isOffDay"))) {
                exceptions[count].hours = office;
            }
            count++;
        }
        json_decref(root);
    }
    qsort(exceptions, count, sizeof(*exceptions), exception_compare);
    /* The turn of a year is told in both years. */
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || exceptions[kept - 1].date != exceptions[i].date) {
            exceptions[kept++] = exceptions[i];
        }
    }
    return kept;
}

static void published_holidays(void **state)
{
    static struct working_exception exceptions[EXCEPTION_LIMIT];
    struct working_calendar calendar = office_calendar();

    (void)state;
    calendar.exceptions = exceptions;
    calendar.exception_count = holidays_read(exceptions);
    assert_true(calendar.exception_count > 300);
    assert_true(working_calendar_valid(&calendar));
    /* Spring Festival of 2024: off from 10 to 17 February, Sundays 4 and 18 worked. */
    assert_true(added(&calendar, at(2024, 2, 9, 17, 0), 60, NULL, 0) == at(2024, 2, 18, 9, 0));
    for (int year = 2007; year <= 2026; year++) {
        int64_t first = value_days_from_civil(year, 1, 1);
        int64_t next = value_days_from_civil(year + 1, 1, 1);
        int64_t days = 0;
        int64_t before = 0;
        int64_t last;

        for (int64_t date = first; date < next; date++) {
            bool works = (date + 3) % 7 < 5;

            for (size_t i = 0; i < calendar.exception_count; i++) {
                if (exceptions[i].date == date) {
                    works = exceptions[i].hours.count > 0;
                }
            }
            assert_int_equal(working_day(&calendar, date), works);
            days += works ? 1 : 0;
        }
        /* By law 10 or 11 (13 from 2025) days of the year are off besides the weekends. */
        assert_true(days >= 245 && days <= 253);
        assert_true(working_time_between(&calendar, at(year, 1, 1, 0, 0), at(year + 1, 1, 1, 0, 0),
                                         NULL, 0) == days * 420 * minute);
        assert_true(working_days_add(&calendar, first - 1, days, &last));
        assert_true(last < next && working_day(&calendar, last));
        assert_true(working_days_add(&calendar, next, -days, &last));
        assert_true(last >= first);
        before =
            working_time_between(&calendar, at(year, 1, 1, 0, 0), at(year, 7, 1, 12, 0), NULL, 0);
        assert_true(added(&calendar, at(year, 1, 1, 0, 0), before / minute, NULL, 0) <=
                    at(year, 7, 1, 12, 0));
    }
}

int main(void)
{
    struct CMUnitTest tests[] = {
        {"known days", known_days, NULL, NULL, NULL},
        {"holds do not count", holds_do_not_count, NULL, NULL, NULL},
        {"bad calendars are refused", bad_calendars_are_refused, NULL, NULL, NULL},
        {"equal to a model minute by minute", equal_to_a_model, NULL, NULL, NULL},
        {"all published years of holidays", published_holidays, NULL, NULL, NULL},
    };

    SHARED_DATA_NEEDED(tests[4], "holidays_cn/2024.json");
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
