/* Random typed expressions over random rows: the value in C and the value in PostgreSQL must be the
 * same, NULL and fault included. Needs a database (expression_property.sh starts one); only
 * temporary tables are made. Arguments: number of expressions, seed. */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "protocol/record.h"
#include "server/expression/expression.h"

enum { ROWS = 48, LINES = 4, SOURCE = 4096, BATCH = 12, REPORTED = 10, DEFAULT_COUNT = 4000 };
#define NOW INT64_C(1709222370123456) /* 2024-02-29 23:59:30 in China */

static uint64_t seed = 20261121;

static unsigned below(unsigned bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 20) % bound);
}

/* --- names */

struct column {
    const char *name;
    enum value_type type;
    const char *sql_type;
};

static const struct column columns[] = {
    {"n1", VALUE_NUMBER, "integer"},     {"n2", VALUE_NUMBER, "bigint"},
    {"a1", VALUE_AMOUNT, "bigint"},      {"a2", VALUE_AMOUNT, "bigint"},
    {"r1", VALUE_RATE, "numeric(18,6)"}, {"r2", VALUE_RATE, "numeric(18,6)"},
    {"t1", VALUE_TEXT, "text"},          {"t2", VALUE_TEXT, "varchar(40)"},
    {"d1", VALUE_DATE, "date"},          {"d2", VALUE_DATE, "date"},
    {"m1", VALUE_TIME, "timestamptz"},   {"m2", VALUE_TIME, "timestamptz"},
    {"k1", VALUE_CODE, "smallint"},      {"k2", VALUE_CODE, "integer"},
    {"f1", VALUE_FLAG, "boolean"},       {"f2", VALUE_FLAG, "boolean"},
    {"c1", VALUE_REFERENCE, "bigint"},
};
static const struct column line_columns[] = {
    {"charge", VALUE_AMOUNT, "bigint"}, {"quantity", VALUE_NUMBER, "integer"},
    {"sort", VALUE_CODE, "smallint"},   {"since", VALUE_DATE, "date"},
    {"name", VALUE_TEXT, "text"},
};
enum {
    COLUMNS = sizeof columns / sizeof *columns,
    LINE_COLUMNS = sizeof line_columns / sizeof *line_columns,
};

static const char *const members[] = {"person", "company", "government", "school"};

static bool resolve(void *context, const char *path, struct expression_field *field)
{
    static char texts[2][COLUMNS][16];
    bool inner = context != NULL;
    const struct column *list = inner ? line_columns : columns;
    for (unsigned i = 0; i < (inner ? LINE_COLUMNS : COLUMNS); i++) {
        if (strcmp(path, list[i].name) != 0)
            continue;
        snprintf(texts[inner][i], sizeof texts[inner][i], "%s.%s", inner ? "l" : "o", list[i].name);
        field->type = list[i].type;
        field->slot = i;
        field->codes = list[i].type == VALUE_CODE ? "kind" : NULL;
        field->column = texts[inner][i];
        return true;
    }
    return false;
}

static const struct expression_environment line_environment = {.context = (void *)members,
                                                               .resolve = resolve};

static bool resolve_head(void *context, const char *path, struct expression_field *field)
{
    if (strcmp(path, "items") != 0)
        return resolve(context, path, field);
    *field = (struct expression_field){.type = VALUE_LINES,
                                       .slot = COLUMNS,
                                       .lines = &line_environment,
                                       .from = "items AS l",
                                       .join = "l.head = o.id"};
    return true;
}

static bool member_number(void *context, const char *codes, const char *name, int64_t *number)
{
    (void)context;
    for (unsigned i = 0; strcmp(codes, "kind") == 0 && i < 4; i++)
        if (strcmp(name, members[i]) == 0) {
            *number = (int64_t)i + 1;
            return true;
        }
    return false;
}

static const struct expression_environment environment = {
    .resolve = resolve_head,
    .code = member_number,
    .now_sql = "(timestamptz '2024-02-29 15:59:30.123456+00')",
    .zone_offset = 28800,
};

/* --- rows */

static struct value rows[ROWS][COLUMNS + 1];

static int64_t pick_number(void)
{
    static const int64_t telling[] = {0,  1,  -1,  2,   3,      5,   7,
                                      10, 12, 100, 255, 999999, -30, 2147483647};
    return below(3) ? telling[below(sizeof telling / sizeof *telling)]
                    : (int64_t)below(4000) - 2000;
}

static int64_t pick_big(void)
{
    static const int64_t telling[] = {INT64_MAX,           INT64_MIN,
                                      INT64_MAX - 1,       1000000000000000000,
                                      -999999999999999999, 4611686018427387904};
    return telling[below(sizeof telling / sizeof *telling)];
}

static int64_t pick_days(void)
{
    static const int telling[][3] = {
        {2024, 2, 29}, {2023, 2, 28}, {2024, 1, 31}, {2024, 12, 31}, {2000, 2, 29}, {1900, 2, 28},
        {2023, 3, 31}, {2024, 3, 1},  {1970, 1, 1},  {1969, 12, 31}, {1, 1, 1},     {9999, 12, 31},
        {2006, 2, 28}, {2008, 2, 29}, {2023, 1, 30}, {1952, 2, 29},
    };
    if (below(4) == 0)
        return (int64_t)below(30000) - 5000;
    const int *date = telling[below(sizeof telling / sizeof *telling)];
    return value_days_from_civil(date[0], date[1], date[2]);
}

static const char *pick_text(void)
{
    static const char *const telling[] = {"",     "a", "A", "ab",   "abc", "Zz",
                                          "it's", "%", "_", "客户", "客",  "13800138000",
                                          "138",  "é", "ß", "a b",  "\\",  "B"};
    return telling[below(sizeof telling / sizeof *telling)];
}

static struct value pick_value(enum value_type type, bool big)
{
    struct value value = {.presence = VALUE_PRESENT};
    if (below(6) == 0) {
        value.presence = below(2) ? VALUE_CLEARED : VALUE_ABSENT;
        return value;
    }
    switch (type) {
    case VALUE_TEXT:
        value.text = pick_text();
        break;
    case VALUE_DATE:
        value.integer = pick_days();
        break;
    case VALUE_TIME:
        value.integer =
            pick_days() * 86400000000 + (int64_t)below(86400) * 1000000 + below(1000000);
        break;
    case VALUE_CODE:
        value.integer = 1 + (int64_t)below(5);
        break;
    case VALUE_FLAG:
        value.integer = below(2);
        break;
    case VALUE_RATE:
        value.integer = big ? 999999999999999999 : pick_number() * (below(2) ? 1000000 : 1234);
        break;
    case VALUE_REFERENCE:
        value.integer = below(5);
        value.text = "";
        break;
    default:
        value.integer = big ? pick_big() : pick_number();
    }
    return value;
}

static void put_value(FILE *sql, const struct column *column, const struct value *value)
{
    static const char *const frames[][2] = {
        [VALUE_NUMBER] = {"", ""},
        [VALUE_AMOUNT] = {"", ""},
        [VALUE_RATE] = {"", " * 0.000001"},
        [VALUE_DATE] = {"date '1970-01-01' + (", ")"},
        [VALUE_TIME] = {"timestamptz '1970-01-01 00:00+00' + interval '", " microseconds'"},
        [VALUE_CODE] = {"", ""},
        [VALUE_REFERENCE] = {"", ""},
    };
    if (value->presence != VALUE_PRESENT) {
        fputs("NULL", sql);
    } else if (column->type == VALUE_TEXT) {
        fputc('\'', sql);
        for (const char *byte = value->text; *byte; byte++)
            fprintf(sql, *byte == '\'' ? "''" : "%c", *byte);
        fputc('\'', sql);
    } else if (column->type == VALUE_FLAG) {
        fputs(value->integer ? "true" : "false", sql);
    } else {
        fprintf(sql, column->type == VALUE_TIME ? "%s%" PRId64 "%s" : "%s(%" PRId64 ")%s",
                frames[column->type][0], value->integer, frames[column->type][1]);
    }
}

static void put_table(FILE *sql, const char *name, const struct column *list, unsigned count)
{
    fprintf(sql, "CREATE TEMPORARY TABLE %s (%s bigint", name, list == columns ? "id" : "head");
    for (unsigned i = 0; i < count; i++)
        fprintf(sql, ", %s %s", list[i].name, list[i].sql_type);
    fputs(");", sql);
}

static void put_row(FILE *sql, const char *table, unsigned id, const struct column *list,
                    unsigned count, const struct value *values)
{
    fprintf(sql, "INSERT INTO %s VALUES (%u", table, id);
    for (unsigned i = 0; i < count; i++) {
        fputs(", ", sql);
        put_value(sql, &list[i], &values[i]);
    }
    fputs(");", sql);
}

static void fill(FILE *sql, struct arena *arena)
{
    put_table(sql, "o", columns, COLUMNS);
    put_table(sql, "items", line_columns, LINE_COLUMNS);
    for (unsigned row = 0; row < ROWS; row++) {
        bool big = row % 8 == 7;
        for (unsigned i = 0; i < COLUMNS; i++)
            rows[row][i] = pick_value(columns[i].type, big && i > 0);
        put_row(sql, "o", row, columns, COLUMNS, rows[row]);
        struct lines *lines = ARENA_NEW(arena, struct lines);
        lines->lines = ARENA_ARRAY(arena, struct line, LINES);
        lines->count = below(LINES + 1);
        for (size_t line = 0; line < lines->count; line++) {
            struct value *values = ARENA_ARRAY(arena, struct value, LINE_COLUMNS);
            for (unsigned i = 0; i < LINE_COLUMNS; i++)
                values[i] = pick_value(line_columns[i].type, false);
            lines->lines[line].record.values = values;
            /* What is being removed does not count any more. */
            if (below(8) == 0)
                lines->lines[line].action = LINE_REMOVE;
            else
                put_row(sql, "items", row, line_columns, LINE_COLUMNS, values);
        }
        rows[row][COLUMNS] = (struct value){.presence = VALUE_PRESENT, .lines = lines};
    }
}

/* --- expressions */

static char source[SOURCE];
static size_t source_length;
static bool within_lines;

static void say(const char *text)
{
    size_t length = strlen(text);
    if (source_length + length < SOURCE) {
        memcpy(source + source_length, text, length + 1);
        source_length += length;
    }
}

static void make(enum value_type type, int depth);

/* '@' and a letter is a sub-expression of that type, '#' and a type letter a name or literal. */
static void make_from(const char *pattern, int depth)
{
    static const struct {
        char letter;
        enum value_type type;
    } letters[] = {{'n', VALUE_NUMBER}, {'a', VALUE_AMOUNT}, {'r', VALUE_RATE},
                   {'t', VALUE_TEXT},   {'d', VALUE_DATE},   {'m', VALUE_TIME},
                   {'k', VALUE_CODE},   {'f', VALUE_FLAG},   {'c', VALUE_REFERENCE}};
    for (; *pattern; pattern++) {
        char single[2] = {*pattern, '\0'};
        if (*pattern == '~') {
            static const char *const modes[] = {"half_up", "half_even", "down",
                                                "up",      "floor",     "ceiling"};
            say(modes[below(6)]);
        } else if (*pattern == '?') {
            static const char *const signs[] = {"=", "<>", "<", "<=", ">", ">="};
            say(signs[below(6)]);
        } else if (*pattern == '@') {
            pattern++;
            for (unsigned i = 0; i < sizeof letters / sizeof *letters; i++)
                if (letters[i].letter == *pattern)
                    make(letters[i].type, depth - 1);
        } else {
            say(single);
        }
    }
}

static void make_leaf(enum value_type type)
{
    static const char *const literals[][6] = {
        [VALUE_TEXT] = {"'a'", "''", "'it''s'", "'客'", "'138'", "null"},
        [VALUE_NUMBER] = {"0", "1", "7", "-3", "1000000", "null"},
        [VALUE_AMOUNT] = {"0", "12.50", "-0.01", "amount(3)", "99999999999.99", "null"},
        [VALUE_RATE] = {"0.85", "1.000001", "-2.5", "0", "0.3333333", "yuan(12.34)"},
        [VALUE_DATE] = {"today()", "date '2024-02-29'", "date '2023-12-31'", "date_of(now())",
                        "date '1999-01-30'", "null"},
        [VALUE_TIME] = {"now()", "time '2024-02-29 23:30'", "time '2020-01-31'", "now()",
                        "time '2023-03-31 00:00:01'", "null"},
        [VALUE_CODE] = {"k1", "k2", "k1", "k2", "k1", "k2"},
        [VALUE_FLAG] = {"true", "false", "null", "f1", "f2", "f1"},
        [VALUE_REFERENCE] = {"c1", "c1", "c1", "c1", "c1", "c1"},
    };
    if (below(3) == 0) {
        say(literals[type][below(6)]);
        return;
    }
    for (;;) {
        bool inner = within_lines && below(2);
        const struct column *column =
            inner ? &line_columns[below(LINE_COLUMNS)] : &columns[below(COLUMNS)];
        if (column->type == type) {
            say(column->name);
            return;
        }
        if (below(200) == 0) {
            say("null"); /* a type without such a column */
            return;
        }
    }
}

static void make(enum value_type type, int depth)
{
    static const char *const numbers[] = {"(@n + @n)",
                                          "(@n - @n)",
                                          "(@n * @n)",
                                          "-(@n)",
                                          "round(@r, 0, ~)",
                                          "round(@n / @n, 0, ~)",
                                          "round(@a / @a, 0, ~)",
                                          "round((@n + 1) / 3 * @n - @n / 7, 0, ~)",
                                          "abs(@n)",
                                          "length(@t)",
                                          "if(@f, @n, @n)",
                                          "coalesce(@n, @n)",
                                          "nullif(@n, @n)",
                                          "least(@n, @n, @n)",
                                          "max(@n, @n)",
                                          "age(@d)",
                                          "years_between(@d, @d)",
                                          "months_between(@d, @d)",
                                          "days_between(@d, @d)",
                                          "hours_between(@m, @m)",
                                          "minutes_between(@m, @m)",
                                          "year_of(@d)",
                                          "month_of(@d)",
                                          "day_of(@d)",
                                          "weekday(@d)",
                                          "hour_of(@m)"};
    static const char *const amounts[] = {"(@a + @a)",
                                          "(@a - @a)",
                                          "(@n * @a)",
                                          "round(@a * @r, 2, ~)",
                                          "round(@a / @n, 2, ~)",
                                          "round(@a * @r / @r, 1, ~)",
                                          "if(@f, @a, @a)",
                                          "coalesce(@a, @a)",
                                          "abs(@a)",
                                          "greatest(@a, @a)",
                                          "-@a",
                                          "amount(round(@r, 2, ~))",
                                          "nullif(@a, @a)"};
    static const char *const rates[] = {"(@r + @n)",
                                        "(@n - @r)",
                                        "(@n * @r)",
                                        "round(@r * @r, 6, ~)",
                                        "round(@r / @n, 6, ~)",
                                        "round(@a / @a * 100, 2, ~)",
                                        "if(@f, @r, @r)",
                                        "coalesce(@r, @n)",
                                        "abs(@r)",
                                        "least(@r, @n)",
                                        "yuan(@a)",
                                        "round(@r, 3, ~)"};
    static const char *const texts[] = {"upper(@t)",        "lower(@t)",      "if(@f, @t, @t)",
                                        "coalesce(@t, @t)", "nullif(@t, @t)", "least(@t, @t)",
                                        "greatest(@t, @t)"};
    static const char *const dates[] = {
        "(@d + 1 month)",     "(@d - 1 month)",   "(@d + 3 days)",
        "(@d - 2 weeks)",     "(@d + 1 year)",    "(@d + 13 months - 1 day)",
        "(@d + (@n) months)", "(@d + (@n) days)", "(@d - (@n) years)",
        "date_of(@m)",        "if(@f, @d, @d)",   "coalesce(@d, @d)",
        "least(@d, @d)",      "greatest(@d, @d)"};
    static const char *const times[] = {
        "(@m + 2 hours)", "(@m - 30 minutes)", "(@m + 1 month)",
        "(@m - 1 year)",  "(@m + 10 days)",    "(@m + (@n) minutes)",
        "if(@f, @m, @m)", "coalesce(@m, @m)",  "greatest(@m, @m)"};
    static const char *const flags[] = {"(@f and @f)",
                                        "(@f or @f)",
                                        "(not @f)",
                                        "(@n ? @n)",
                                        "(@a ? @a)",
                                        "(@r ? @n)",
                                        "(@t ? @t)",
                                        "(@d ? @d)",
                                        "(@m ? @m)",
                                        "(@k = @k)",
                                        "(k1 = company)",
                                        "(k2 <> 'school')",
                                        "(school = k1)",
                                        "(@c = @c)",
                                        "(c1 = 3)",
                                        "(@f = @f)",
                                        "(@n is null)",
                                        "(@t is not null)",
                                        "(@d is null)",
                                        "(@f is null)",
                                        "(@n in (1, 7, 12))",
                                        "(@n in (@n, @n, null))",
                                        "(@n not in (1, @n))",
                                        "(@a in (0, 12.5, 1))",
                                        "(k1 in (person, company))",
                                        "(@t in ('a', '客', 'it''s'))",
                                        "(@n between @n and @n)",
                                        "(@a between 1 and @a)",
                                        "(@d not between @d and @d)",
                                        "(@t starts with @t)",
                                        "(@t not starts with 'a')",
                                        "(t1 starts with '客')",
                                        "(t2 starts with 'ab')",
                                        "contains(@t, @t)",
                                        "if(@f, @f, @f)",
                                        "coalesce(@f, false)",
                                        "(@a > 100)",
                                        "(n1 = 7)",
                                        "(n2 < 3.5)",
                                        "(r1 >= 0.85)",
                                        "(a1 = 0.01)"};
    static const struct {
        const char *const *patterns;
        unsigned count;
    } all[] = {
#define LIST(list) {(list), sizeof(list) / sizeof *(list)}
        [VALUE_TEXT] = LIST(texts), [VALUE_NUMBER] = LIST(numbers), [VALUE_AMOUNT] = LIST(amounts),
        [VALUE_RATE] = LIST(rates), [VALUE_DATE] = LIST(dates),     [VALUE_TIME] = LIST(times),
        [VALUE_FLAG] = LIST(flags), [VALUE_CODE] = {NULL, 0},       [VALUE_REFERENCE] = {NULL, 0},
    };
    static const struct {
        enum value_type type;
        const char *pattern;
    } over_lines[] = {
        {VALUE_NUMBER, "count(items)"},
        {VALUE_NUMBER, "count(items where @f)"},
        {VALUE_NUMBER, "sum(items.quantity where @f)"},
        {VALUE_NUMBER, "max(items.quantity)"},
        {VALUE_AMOUNT, "sum(items.charge)"},
        {VALUE_AMOUNT, "sum(items.charge * quantity where sort = company)"},
        {VALUE_AMOUNT, "min(items.charge where since < @d)"},
        {VALUE_DATE, "max(items.since where @f)"},
        {VALUE_TEXT, "min(items.name)"},
        {VALUE_FLAG, "any(items where @f)"},
        {VALUE_FLAG, "all(items where charge > @a)"},
        {VALUE_FLAG, "has(items where sort = k1)"},
    };
    if (depth <= 0 || all[type].count == 0) {
        make_leaf(type);
        return;
    }
    if (!within_lines && below(12) == 0) {
        unsigned choice = below(sizeof over_lines / sizeof *over_lines);
        if (over_lines[choice].type == type) {
            within_lines = true;
            make_from(over_lines[choice].pattern, depth > 2 ? 2 : depth);
            within_lines = false;
            return;
        }
    }
    make_from(all[type].patterns[below(all[type].count)], depth);
}

/* --- comparison */

struct trial {
    char *source;
    enum value_type type;
    struct expression *expression;
    struct value results[ROWS];
    const char *faults[ROWS];
    unsigned fault_count;
};

static PGconn *connection;
static unsigned long compared, faulted, differences;

static void report(const struct trial *trial, unsigned row, const char *database)
{
    differences++;
    if (differences > REPORTED)
        return;
    const struct value *result = &trial->results[row];
    printf("# row %u: %s\n#   C: ", row, trial->source);
    if (trial->faults[row])
        printf("fault %s", trial->faults[row]);
    else if (result->presence != VALUE_PRESENT)
        printf("NULL");
    else if (trial->type == VALUE_TEXT)
        printf("'%s'", result->text);
    else
        printf("%" PRId64, result->integer);
    printf("   PostgreSQL: %s\n", database ? database : "NULL");
}

/* The SQL that turns a value into the integer of struct value. */
static const char *const as_stored[] = {
    [VALUE_TEXT] = "%s::text",
    [VALUE_NUMBER] = "%s::text",
    [VALUE_AMOUNT] = "%s::text",
    [VALUE_RATE] = "(%s * 1000000)::bigint::text",
    [VALUE_DATE] = "(%s - date '1970-01-01')::text",
    [VALUE_TIME] = "(extract(epoch from %s) * 1000000)::bigint::text",
    [VALUE_CODE] = "%s::text",
    [VALUE_FLAG] = "%s::int::text",
    [VALUE_REFERENCE] = "%s::text",
};

static PGresult *ask(struct trial *const *trials, unsigned count, const char *where,
                     struct arena *arena)
{
    const char *values[2000];
    int parameters = 0;
    char *text = arena_string(arena, "SELECT o.id");
    for (unsigned i = 0; i < count; i++) {
        struct expression_sql sql;
        if (!expression_sql(trials[i]->expression, (unsigned)parameters + 1, arena, &sql))
            abort();
        const char *frame = as_stored[trials[i]->type];
        const char *hole = strstr(frame, "%s");
        text = arena_format(arena, "%s, %.*s%s%s", text, (int)(hole - frame), frame, sql.text,
                            hole + 2);
        for (size_t j = 0; j < sql.parameter_count && parameters < 2000; j++)
            values[parameters++] = sql.parameters[j].text;
    }
    text = arena_format(arena, "%s FROM o WHERE %s ORDER BY o.id", text, where);
    return PQexecParams(connection, text, parameters, NULL, values, NULL, NULL, 0);
}

static void compare_cell(const struct trial *trial, unsigned row, const char *database)
{
    const struct value *result = &trial->results[row];
    char number[32];
    const char *here = NULL;
    if (result->presence == VALUE_PRESENT) {
        snprintf(number, sizeof number, "%" PRId64, result->integer);
        here = trial->type == VALUE_TEXT ? result->text : number;
    }
    compared++;
    if (!here != !database || (here && strcmp(here, database) != 0))
        report(trial, row, database);
}

/* Of one trial: the rows that C computes must compute, the others must fail with class 22. */
static void compare_alone(struct trial *trial, struct arena *arena)
{
    for (unsigned row = 0; row < ROWS; row++) {
        PGresult *answer = ask(&trial, 1, arena_format(arena, "o.id = %u", row), arena);
        const char *state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
        if (PQresultStatus(answer) != PGRES_TUPLES_OK) {
            faulted++;
            if (!trial->faults[row] || !state || strncmp(state, "22", 2) != 0)
                report(trial, row, PQresultErrorMessage(answer));
        } else if (trial->faults[row]) {
            report(trial, row, PQgetisnull(answer, 0, 1) ? NULL : PQgetvalue(answer, 0, 1));
        } else {
            compare_cell(trial, row, PQgetisnull(answer, 0, 1) ? NULL : PQgetvalue(answer, 0, 1));
        }
        PQclear(answer);
    }
}

static void compare_batch(struct trial *const *trials, unsigned count, struct arena *arena)
{
    PGresult *answer = ask(trials, count, "true", arena);
    if (PQresultStatus(answer) != PGRES_TUPLES_OK) {
        for (unsigned i = 0; i < count; i++)
            compare_alone(trials[i], arena);
    } else {
        for (unsigned row = 0; row < ROWS; row++)
            for (unsigned i = 0; i < count; i++)
                compare_cell(trials[i], row,
                             PQgetisnull(answer, (int)row, (int)i + 1)
                                 ? NULL
                                 : PQgetvalue(answer, (int)row, (int)i + 1));
    }
    PQclear(answer);
}

static bool try_one(struct trial *trial, struct arena *arena)
{
    static const enum value_type types[] = {VALUE_FLAG,   VALUE_FLAG, VALUE_NUMBER,
                                            VALUE_AMOUNT, VALUE_RATE, VALUE_TEXT,
                                            VALUE_DATE,   VALUE_TIME, VALUE_FLAG};
    *trial = (struct trial){.type = types[below(sizeof types / sizeof *types)]};
    source_length = 0;
    make(trial->type, 1 + (int)below(4));
    if (source_length > SOURCE - 64)
        return false;
    trial->source = arena_string(arena, source);
    trial->expression = expression_compile(source, &environment, trial->type, arena, NULL);
    if (!trial->expression)
        return false;
    for (unsigned row = 0; row < ROWS; row++) {
        struct expression_input input = {.values = rows[row], .count = COLUMNS + 1, .now = NOW};
        if (!expression_evaluate(trial->expression, &input, arena, &trial->results[row],
                                 &trial->faults[row]))
            trial->fault_count++;
    }
    return true;
}

static unsigned long run(unsigned long wanted, unsigned long *refused)
{
    struct arena *arena = arena_create();
    static struct trial trials[BATCH];
    unsigned long done = 0;
    *refused = 0;
    while (done < wanted && *refused < wanted) {
        struct trial *fine[BATCH];
        unsigned count = 0;
        arena_reset(arena);
        for (unsigned i = 0; i < BATCH; i++) {
            if (!try_one(&trials[i], arena)) {
                ++*refused;
                continue;
            }
            done++;
            if (trials[i].fault_count > 0)
                compare_alone(&trials[i], arena);
            else
                fine[count++] = &trials[i];
        }
        if (count > 0)
            compare_batch(fine, count, arena);
    }
    arena_free(arena);
    return done;
}

int main(int argc, char **argv)
{
    unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : DEFAULT_COUNT;
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10) | 1;
    const char *socket_directory = getenv("HALLDESK_TEST_SOCKET");
    if (!socket_directory) {
        puts("1..0 # SKIP no database: HALLDESK_TEST_SOCKET is not set");
        return EXIT_SUCCESS;
    }
    const char *owner = getenv("HALLDESK_TEST_OWNER");
    const char *const keys[] = {"host", "user", "dbname", NULL};
    const char *const values[] = {socket_directory, owner ? owner : "postgres", "postgres", NULL};
    connection = PQconnectdbParams(keys, values, 0);
    struct arena *arena = arena_create();
    char *setup = NULL;
    size_t length = 0;
    FILE *sql = open_memstream(&setup, &length);
    if (!sql)
        abort();
    /* Neither the zone nor the locale of the session may matter. */
    fputs("SET timezone = 'America/New_York'; SET datestyle = 'German, DMY';", sql);
    fill(sql, arena);
    fclose(sql);
    PGresult *made = PQexec(connection, setup);
    bool ready = PQresultStatus(made) == PGRES_COMMAND_OK;
    if (!ready)
        printf("Bail out! %s\n", PQerrorMessage(connection));
    PQclear(made);
    free(setup);
    unsigned long refused = 0, done = ready ? run(wanted, &refused) : 0;
    printf("# %lu expressions, %lu refused by the checker, %lu values compared, %lu faults, "
           "%lu differences\n",
           done, refused, compared, faulted, differences);
    bool agree = ready && done >= wanted && differences == 0 && faulted > 0;
    printf("1..1\n%sok 1 - C and PostgreSQL compute every random expression alike\n",
           agree ? "" : "not ");
    arena_free(arena);
    PQfinish(connection);
    return agree ? EXIT_SUCCESS : EXIT_FAILURE;
}
