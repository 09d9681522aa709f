/* The expression language by example: values, NULL logic, exactness, refusals with their place,
 * mentions, and the SQL of a comparison that an index has to serve. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "protocol/arena.h"
#include "protocol/record.h"
#include "server/expression/expression.h"

enum { SLOT_COUNT = 10, ITEM_COUNT = 3 };
#define NOW INT64_C(1709222370000000) /* 2024-02-29 23:59:30 in China */

struct name {
    const char *path;
    enum value_type type;
    const char *codes;
};

/* By slot. */
static const struct name names[SLOT_COUNT] = {
    {"customer.kind", VALUE_CODE, "customer_kind"},
    {"charge", VALUE_AMOUNT, NULL},
    {"term", VALUE_NUMBER, NULL},
    {"discount", VALUE_RATE, NULL},
    {"birth", VALUE_DATE, NULL},
    {"since", VALUE_TIME, NULL},
    {"number", VALUE_TEXT, NULL},
    {"vip", VALUE_FLAG, NULL},
    {"nothing", VALUE_NUMBER, NULL},
    {"items", VALUE_LINES, NULL},
};
static const struct name line_names[] = {
    {"charge", VALUE_AMOUNT, NULL},
    {"kind", VALUE_NUMBER, NULL},
};

static bool resolve_line(void *context, const char *path, struct expression_field *field)
{
    (void)context;
    for (unsigned slot = 0; slot < 2; slot++)
        if (strcmp(path, line_names[slot].path) == 0) {
            field->type = line_names[slot].type;
            field->slot = slot;
            return true;
        }
    return false;
}

static const struct expression_environment line_environment = {.resolve = resolve_line};

static bool resolve(void *context, const char *path, struct expression_field *field)
{
    (void)context;
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        if (strcmp(path, names[slot].path) == 0) {
            field->type = names[slot].type;
            field->slot = slot;
            field->codes = names[slot].codes;
            field->column = field->type == VALUE_LINES ? NULL : names[slot].path;
            field->lines = field->type == VALUE_LINES ? &line_environment : NULL;
            return true;
        }
    return false;
}

static bool member_number(void *context, const char *codes, const char *name, int64_t *number)
{
    (void)context;
    *number = strcmp(name, "company") == 0 ? 2 : 1;
    return strcmp(codes, "customer_kind") == 0 &&
           (strcmp(name, "company") == 0 || strcmp(name, "person") == 0);
}

static const struct expression_environment environment = {
    .resolve = resolve, .code = member_number, .zone_offset = 28800};

static struct arena *arena;
static struct value item_values[ITEM_COUNT][2];
static struct line items[ITEM_COUNT];
static struct lines item_list = {.count = ITEM_COUNT, .lines = items};
static struct value values[SLOT_COUNT];

static int prepare(void **state)
{
    static const int64_t charges[ITEM_COUNT] = {1000, 250, 9999};
    (void)state;
    arena = arena_create();
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        values[slot].presence = VALUE_PRESENT;
    values[0].integer = 2;
    values[1].integer = 10050;
    values[2].integer = 24;
    values[3].integer = 850000;
    values[4].integer = value_days_from_civil(2008, 2, 29);
    values[5].integer = NOW - INT64_C(5400000000);
    values[6].text = "13800138000";
    values[7].integer = 1;
    values[8].presence = VALUE_ABSENT;
    values[9].lines = &item_list;
    for (unsigned i = 0; i < ITEM_COUNT; i++) {
        item_values[i][0] = (struct value){.presence = VALUE_PRESENT, .integer = charges[i]};
        item_values[i][1] = (struct value){.presence = VALUE_PRESENT, .integer = i};
        items[i].record.values = item_values[i];
    }
    items[2].action = LINE_REMOVE;
    return 0;
}

static int clean(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct expression *compile(const char *text, enum value_type wanted)
{
    struct expression_error error;
    struct expression *expression = expression_compile(text, &environment, wanted, arena, &error);
    if (!expression)
        fail_msg("%s: %s at %zu", text, error.name, error.position);
    return expression;
}

static const struct expression_input input = {.values = values, .count = SLOT_COUNT, .now = NOW};

static void formulas_give_exact_values(void **state)
{
    static const struct {
        const char *text;
        enum value_type type;
        int64_t result;
    } rows[] = {
        {"charge", VALUE_AMOUNT, 10050},
        {"charge + 0.5", VALUE_AMOUNT, 10100},
        {"12.50", VALUE_AMOUNT, 1250},
        {"2 + 3 * 4", VALUE_NUMBER, 14},
        {"-(2 - 5)", VALUE_NUMBER, 3},
        {"round(charge * discount, 2, half_up)", VALUE_AMOUNT, 8543},
        {"round(charge * discount, 2, half_even)", VALUE_AMOUNT, 8542},
        {"round(charge * discount, 2, down)", VALUE_AMOUNT, 8542},
        {"round(-charge * discount, 2, floor)", VALUE_AMOUNT, -8543},
        {"round(-charge * discount, 2, ceiling)", VALUE_AMOUNT, -8542},
        {"round(charge / 3 * 3, 2, down)", VALUE_AMOUNT, 10050},
        {"round(charge / 3, 2, up)", VALUE_AMOUNT, 3350},
        {"round(1 / 3 + 1 / 6, 0, half_up)", VALUE_NUMBER, 1},
        {"round(charge / charge, 6, half_up)", VALUE_RATE, 1000000},
        {"round(yuan(charge), 0, down)", VALUE_NUMBER, 100},
        {"if(customer.kind = company, term, 0)", VALUE_NUMBER, 24},
        {"coalesce(nothing, term, 7)", VALUE_NUMBER, 24},
        {"min(term, 12)", VALUE_NUMBER, 12},
        {"greatest(nothing, 3)", VALUE_NUMBER, 3},
        {"length('客户ab')", VALUE_NUMBER, 4},
        {"years_between(birth, date '2024-02-28')", VALUE_NUMBER, 15},
        {"age(birth)", VALUE_NUMBER, 16},
        {"months_between(date '2024-01-31', date '2024-02-29')", VALUE_NUMBER, 0},
        {"day_of(date '2024-01-31' + 1 month)", VALUE_NUMBER, 29},
        {"day_of(date '2023-01-31' + 1 month)", VALUE_NUMBER, 28},
        {"month_of(date '2024-01-31' + term months)", VALUE_NUMBER, 1},
        {"weekday(today())", VALUE_NUMBER, 4},
        {"hour_of(now())", VALUE_NUMBER, 23},
        {"minutes_between(since, now())", VALUE_NUMBER, 90},
        {"hours_between(since, now())", VALUE_NUMBER, 1},
        {"day_of(date_of(now() + 1 minute))", VALUE_NUMBER, 1},
        {"count(items)", VALUE_NUMBER, 2},
        {"count(items where charge > 5)", VALUE_NUMBER, 1},
        {"sum(items.charge)", VALUE_AMOUNT, 1250},
        {"sum(items.charge * 2 where kind = 1)", VALUE_AMOUNT, 500},
        {"max(items.charge)", VALUE_AMOUNT, 1000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value result;
        assert_true(
            expression_evaluate(compile(rows[i].text, rows[i].type), &input, arena, &result, NULL));
        if (result.presence != VALUE_PRESENT || result.integer != rows[i].result)
            fail_msg("%s gives %lld", rows[i].text, (long long)result.integer);
    }
}

static void conditions_follow_three_valued_logic(void **state)
{
    static const struct {
        const char *text;
        int result; /* -1: NULL */
    } rows[] = {
        {"customer.kind = company", 1},
        {"company = customer.kind", 1},
        {"customer.kind = 'person'", 0},
        {"customer.kind in (person, company)", 1},
        {"customer.kind = 2", 1},
        {"charge between 100 and 100.50", 1},
        {"charge not between 100 and 100.50", 0},
        {"number starts with '138'", 1},
        {"number not starts with '139'", 1},
        {"contains(number, '0013')", 1},
        {"vip and term >= 12", 1},
        {"not vip or charge > 1000", 0},
        {"nothing = nothing", -1},
        {"nothing is null and term is not null", 1},
        {"nothing > 3 and false", 0},
        {"nothing > 3 or vip", 1},
        {"nothing > 3 and vip", -1},
        {"not (nothing > 3)", -1},
        {"term in (1, null)", -1},
        {"term in (24, null)", 1},
        {"term not in (24, nothing)", 0},
        {"any(items where charge = 2.50)", 1},
        {"has(items where charge > 50)", 0},
        {"all(items where charge >= 2.5)", 1},
        {"'B' < 'a'", 1},
        {"sum(items.charge where kind > 9) > 0", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct expression *expression = compile(rows[i].text, VALUE_FLAG);
        struct value result;
        const char *fault = "unset";
        assert_true(expression_evaluate(expression, &input, arena, &result, &fault));
        assert_null(fault);
        int found = result.presence == VALUE_PRESENT ? (int)result.integer : -1;
        if (found != rows[i].result)
            fail_msg("%s gives %d", rows[i].text, found);
        assert_int_equal(expression_met(expression, &input, arena, NULL), rows[i].result == 1);
    }
}

static void what_does_not_fit_is_a_fault(void **state)
{
    static const struct {
        const char *text;
        enum value_type type;
        const char *fault;
    } rows[] = {
        {"round(charge / (term - 24), 2, half_up)", VALUE_AMOUNT, "expression.division_by_zero"},
        {"term * 999999999999999999 * 99", VALUE_NUMBER, "expression.out_of_range"},
        {"term * 999999999999999999 * 999999999999999999", VALUE_NUMBER, "expression.overflow"},
        {"birth + (term * 999999999) days", VALUE_DATE, "expression.out_of_range"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value result;
        const char *fault = NULL;
        assert_false(expression_evaluate(compile(rows[i].text, rows[i].type), &input, arena,
                                         &result, &fault));
        assert_string_equal(fault, rows[i].fault);
        assert_int_equal(result.presence, VALUE_CLEARED);
    }
}

static void refusals_name_reason_and_place(void **state)
{
    static const struct {
        const char *text;
        enum value_type wanted;
        const char *name;
        size_t position;
    } rows[] = {
        {"", VALUE_FLAG, "expression.incomplete", 0},
        {"vip and", VALUE_FLAG, "expression.incomplete", 7},
        {"vip vip", VALUE_FLAG, "expression.unexpected", 4},
        {"(vip", VALUE_FLAG, "expression.incomplete", 4},
        {"(vip 3", VALUE_FLAG, "expression.expected", 5},
        {"vip and \xff", VALUE_FLAG, "expression.encoding", 0},
        {"all(items)", VALUE_FLAG, "expression.expected", 0},
        {"number = 'open", VALUE_FLAG, "expression.unexpected", 9},
        {"vip and unknown", VALUE_FLAG, "expression.unknown_name", 8},
        {"customer.kind = robot", VALUE_FLAG, "expression.unknown_code", 16},
        {"charge = number", VALUE_FLAG, "expression.type", 9},
        {"charge > term", VALUE_FLAG, "expression.units", 9},
        {"charge * charge", VALUE_AMOUNT, "expression.units", 0},
        {"charge / 2", VALUE_AMOUNT, "expression.division_outside_round", 0},
        {"round(charge, 2, sideways)", VALUE_AMOUNT, "expression.mode", 17},
        {"charge * discount", VALUE_AMOUNT, "expression.needs_round", 0},
        {"frobnicate(1)", VALUE_NUMBER, "expression.unknown_function", 0},
        {"length()", VALUE_NUMBER, "expression.argument_count", 0},
        {"date '2023-02-29' = birth", VALUE_FLAG, "expression.literal", 5},
        {"1000000000000000000", VALUE_NUMBER, "expression.literal", 0},
        {"customer.kind < 2", VALUE_FLAG, "expression.type", 0},
        {"charge", VALUE_FLAG, "expression.type", 0},
        {"sum(charge)", VALUE_AMOUNT, "expression.lines_expected", 4},
        {"count(items where count(items) = 1)", VALUE_NUMBER, "expression.nested_lines", 18},
        {"birth + 2 hours", VALUE_DATE, "expression.type", 0},
        {"round(1 / 0, 0, down)", VALUE_NUMBER, "expression.division_by_zero", 0},
        {"vip = 1.5", VALUE_FLAG, "expression.type", 6},
        {"items", 0, "expression.type", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct expression_error error;
        assert_null(expression_compile(rows[i].text, &environment, rows[i].wanted, arena, &error));
        if (strcmp(error.name, rows[i].name) != 0 || error.position != rows[i].position)
            fail_msg("%s: %s at %zu", rows[i].text, error.name, error.position);
    }
}

static void deep_and_long_texts_are_refused(void **state)
{
    static char text[EXPRESSION_LENGTH_LIMIT + 2];
    struct expression_error error;
    (void)state;
    memset(text, '(', sizeof text - 1);
    assert_null(expression_compile(text, &environment, 0, arena, &error));
    assert_string_equal(error.name, "expression.too_long");
    text[1000] = '\0';
    assert_null(expression_compile(text, &environment, 0, arena, &error));
    assert_string_equal(error.name, "expression.too_deep");
    for (size_t i = 0; i + 1 < 4000; i += 2)
        memcpy(text + i, "1+", 3);
    memcpy(text + 4000, "1", 2);
    assert_null(expression_compile(text, &environment, 0, arena, &error));
    assert_string_equal(error.name, "expression.too_deep");
}

static void mentions_are_listed_once(void **state)
{
    const struct expression_mention *mentions;
    (void)state;
    const struct expression *expression =
        compile("charge > 1 and charge < 5 and any(items where kind = term)", VALUE_FLAG);
    size_t count = expression_fields(expression, &mentions);
    assert_int_equal(count, 4);
    assert_string_equal(mentions[0].path, "charge");
    assert_null(mentions[0].lines);
    assert_string_equal(mentions[1].path, "items");
    assert_string_equal(mentions[2].path, "kind");
    assert_string_equal(mentions[2].lines, "items");
    assert_string_equal(mentions[3].path, "term");
}

static void literals_become_parameters(void **state)
{
    struct expression_sql sql;
    (void)state;
    assert_true(expression_sql(compile("charge >= 12.5 and number = 'x''; drop'", VALUE_FLAG), 4,
                               arena, &sql));
    assert_string_equal(sql.text, "(((charge >= $4::bigint) AND (number = $5::text)))");
    assert_int_equal(sql.parameter_count, 2);
    assert_string_equal(sql.parameters[0].text, "1250");
    assert_string_equal(sql.parameters[1].text, "x'; drop");
    assert_true(expression_sql(compile("number starts with '139'", VALUE_FLAG), 1, arena, &sql));
    assert_string_equal(sql.text, "((number ~>=~ $1::text AND number ~<~ $2::text))");
    assert_string_equal(sql.parameters[1].text, "13:");
    assert_true(
        expression_sql(compile("number starts with '\xed\x9f\xbf'", VALUE_FLAG), 1, arena, &sql));
    assert_string_equal(sql.parameters[1].text, "\xee\x80\x80");
    assert_true(expression_sql(compile("number starts with ''", VALUE_FLAG), 1, arena, &sql));
    assert_string_equal(sql.text, "(starts_with(number, $1::text))");
    assert_false(expression_sql(compile("count(items) > 1", VALUE_FLAG), 1, arena, &sql));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("formulas give exact values", formulas_give_exact_values),
        TEST("conditions follow three-valued logic", conditions_follow_three_valued_logic),
        TEST("what does not fit is a fault", what_does_not_fit_is_a_fault),
        TEST("refusals name their reason and place", refusals_name_reason_and_place),
        TEST("deep and long texts are refused", deep_and_long_texts_are_refused),
        TEST("mentions are listed once", mentions_are_listed_once),
        TEST("literals become parameters", literals_become_parameters),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, prepare, clean);
}
