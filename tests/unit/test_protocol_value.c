/* Tests of values as text and of the calendar. */
#include "tests/unit/cmocka_tap.h"

#include <stdlib.h>
#include <time.h>

#include "protocol/arena.h"
#include "protocol/value.h"

static struct arena *arena;

static void good_texts_parse(void **state)
{
    (void)state;
    static const struct {
        enum value_type type;
        const char *text;
        int64_t integer;
        const char *formatted; /* NULL: as typed */
    } cases[] = {
        {VALUE_NUMBER, "0", 0, NULL},
        {VALUE_NUMBER, "+7", 7, "7"},
        {VALUE_NUMBER, "9223372036854775807", INT64_MAX, NULL},
        {VALUE_NUMBER, "-9223372036854775808", INT64_MIN, NULL},
        {VALUE_AMOUNT, "1234.50", 123450, NULL},
        {VALUE_AMOUNT, "1234.5", 123450, "1234.50"},
        {VALUE_AMOUNT, "12", 1200, "12.00"},
        {VALUE_AMOUNT, "-0.01", -1, NULL},
        {VALUE_AMOUNT, "1,234,567.89", 123456789, "1234567.89"},
        {VALUE_AMOUNT, "123,456", 12345600, "123456.00"},
        {VALUE_AMOUNT, "-92233720368547758.08", INT64_MIN, NULL},
        {VALUE_AMOUNT, "92233720368547758.07", INT64_MAX, NULL},
        {VALUE_RATE, "0.125", 125000, NULL},
        {VALUE_RATE, "0.000001", 1, NULL},
        {VALUE_RATE, "7", 7000000, NULL},
        {VALUE_RATE, "-3.140000", -3140000, "-3.14"},
        {VALUE_DATE, "1970-01-01", 0, NULL},
        {VALUE_DATE, "2026-11-21", 20778, NULL},
        {VALUE_DATE, "2024-02-29", 19782, NULL},
        {VALUE_DATE, "0001-01-01", VALUE_DATE_FIRST, NULL},
        {VALUE_DATE, "9999-12-31", VALUE_DATE_LAST, NULL},
        {VALUE_TIME, "1970-01-01 08:00", 0, NULL},
        {VALUE_TIME, "1970-01-01 07:59:59", -1000000, NULL},
        {VALUE_TIME, "2026-11-21 09:14:00", INT64_C(1795223640000000), "2026-11-21 09:14"},
        {VALUE_CODE, "12", 12, NULL},
        {VALUE_FLAG, "1", 1, NULL},
        {VALUE_FLAG, "n", 0, "0"},
        {VALUE_FLAG, "Y", 1, "1"},
    };
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place++) {
        struct value value = {0};
        if (!value_parse(cases[place].type, cases[place].text, arena, &value))
            fail_msg("%s is refused", cases[place].text);
        assert_int_equal(value.presence, VALUE_PRESENT);
        if (value.integer != cases[place].integer)
            fail_msg("%s gives %lld", cases[place].text, (long long)value.integer);
        assert_string_equal(value_format(cases[place].type, &value, arena),
                            cases[place].formatted ? cases[place].formatted : cases[place].text);
    }
}

static void bad_texts_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum value_type type;
        const char *text;
    } cases[] = {
        {VALUE_NUMBER, "9223372036854775808"},
        {VALUE_NUMBER, "-9223372036854775809"},
        {VALUE_NUMBER, "1.0"},
        {VALUE_NUMBER, " 1"},
        {VALUE_NUMBER, "1 "},
        {VALUE_NUMBER, "-"},
        {VALUE_NUMBER, "0x10"},
        {VALUE_NUMBER, "1,000"},
        {VALUE_AMOUNT, "1.234"},
        {VALUE_AMOUNT, "1."},
        {VALUE_AMOUNT, ".5"},
        {VALUE_AMOUNT, "1,23"},
        {VALUE_AMOUNT, "1234,567"},
        {VALUE_AMOUNT, "1,2345"},
        {VALUE_AMOUNT, ",123"},
        {VALUE_AMOUNT, "1,,234"},
        {VALUE_AMOUNT, "1,234.5,0"},
        {VALUE_AMOUNT, "92233720368547758.08"},
        {VALUE_AMOUNT, "1e3"},
        {VALUE_AMOUNT, "--1"},
        {VALUE_RATE, "0.1234567"},
        {VALUE_RATE, "9223372036855"},
        {VALUE_DATE, "2026-02-29"},
        {VALUE_DATE, "2026-13-01"},
        {VALUE_DATE, "2026-00-10"},
        {VALUE_DATE, "2026-04-31"},
        {VALUE_DATE, "2026-4-1"},
        {VALUE_DATE, "0000-01-01"},
        {VALUE_DATE, "2026-11-21x"},
        {VALUE_TIME, "2026-11-21"},
        {VALUE_TIME, "2026-11-21 24:00"},
        {VALUE_TIME, "2026-11-21 09:60"},
        {VALUE_TIME, "2026-11-21T09:14"},
        {VALUE_CODE, "basic"},
        {VALUE_FLAG, "2"},
        {VALUE_FLAG, "yes"},
        {VALUE_TEXT, "a\x1b[2J"},
        {VALUE_TEXT, "\xD6\xD0"},
        {VALUE_REFERENCE, "C\x01"},
        {VALUE_LINES, "1"},
    };
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place++) {
        struct value value = {.presence = VALUE_PRESENT, .integer = 4711};
        if (value_parse(cases[place].type, cases[place].text, arena, &value))
            fail_msg("%s is taken", cases[place].text);
        assert_true(value.integer == 4711 && value.presence == VALUE_PRESENT);
    }
}

static void empty_text_clears(void **state)
{
    (void)state;
    for (int type = VALUE_TEXT; type <= VALUE_LINES; type++) {
        struct value value = {.presence = VALUE_PRESENT, .integer = 1, .text = "x"};
        assert_true(value_parse((enum value_type)type, "", arena, &value));
        assert_int_equal(value.presence, VALUE_CLEARED);
        assert_string_equal(value_format((enum value_type)type, &value, arena), "");
        assert_int_equal(value_type_from_name(value_type_names[type]), type);
    }
    assert_int_equal(value_type_from_name("float"), 0);
    assert_int_equal(value_type_from_name(""), 0);
}

static void amounts_show_groups(void **state)
{
    (void)state;
    assert_string_equal(value_format_amount(0, arena), "0.00");
    assert_string_equal(value_format_amount(-5, arena), "-0.05");
    assert_string_equal(value_format_amount(99999, arena), "999.99");
    assert_string_equal(value_format_amount(123450, arena), "1,234.50");
    assert_string_equal(value_format_amount(INT64_MIN, arena), "-92,233,720,368,547,758.08");
}

static void every_day_has_its_date(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 1;
    int month = 1;
    int day = 1;
    for (int64_t days = VALUE_DATE_FIRST; days <= VALUE_DATE_LAST; days++) {
        int found[3];
        value_civil_from_days(days, &found[0], &found[1], &found[2]);
        if (found[0] != year || found[1] != month || found[2] != day ||
            value_days_from_civil(year, month, day) != days)
            fail_msg("day %lld is %d-%d-%d, not %d-%d-%d", (long long)days, found[0], found[1],
                     found[2], year, month, day);
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (++day > lengths[month - 1] + (month == 2 && leap)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
    assert_int_equal(year, 10000);
}

static void values_compare(void **state)
{
    (void)state;
    struct value absent = {0};
    struct value cleared = {.presence = VALUE_CLEARED};
    struct value one = {.presence = VALUE_PRESENT, .integer = 1, .text = "A"};
    struct value same_id = {.presence = VALUE_PRESENT, .integer = 1, .text = "B"};
    struct value keyed = {.presence = VALUE_PRESENT, .text = "A"};
    struct value other_key = {.presence = VALUE_PRESENT, .text = "B"};
    assert_true(value_equal(VALUE_TEXT, &absent, &cleared));
    assert_false(value_equal(VALUE_TEXT, &absent, &one));
    assert_true(value_equal(VALUE_REFERENCE, &one, &same_id));
    assert_false(value_equal(VALUE_REFERENCE, &keyed, &other_key));
    assert_false(value_equal(VALUE_REFERENCE, &one, &keyed));
    assert_false(value_equal(VALUE_TEXT, &one, &same_id));
    assert_true(value_equal(VALUE_NUMBER, &one, &same_id));
}

static int prepare(void **state)
{
    (void)state;
    setenv("TZ", "Asia/Shanghai", 1);
    tzset();
    arena = arena_create();
    return 0;
}

static int finish(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("texts of every type parse exactly and format back", good_texts_parse),
        TEST("texts that are no such value, or do not fit, leave the value alone",
             bad_texts_are_refused),
        TEST("empty text clears a value of any type", empty_text_clears),
        TEST("amounts are shown in groups of three", amounts_show_groups),
        TEST("each day from year 1 to 9999 has its date and back", every_day_has_its_date),
        TEST("values compare by what they mean", values_compare),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, prepare, finish);
}
