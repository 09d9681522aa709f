/* The back end for sets: writes the tree as SQL that computes exactly what evaluate.c computes.
 * Numbers are numeric in yuan, except where a column is compared with a literal or another column
 * of its type: those stay as stored, so that an index serves them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/expression/calendar.h"
#include "server/expression/node.h"

struct output {
    FILE *stream;
    struct arena *arena;
    const struct expression_environment *environment;
    unsigned first;
    size_t count;
    size_t capacity;
    struct expression_parameter *parameters;
    bool failed;
};

static void emit(struct output *output, const struct node *node);

static void put(struct output *output, const char *text)
{
    fputs(text, output->stream);
}

static void put_parameter(struct output *output, enum value_type type, const char *text,
                          const char *cast)
{
    if (output->count == output->capacity) {
        size_t capacity = output->capacity * 2 + 8;
        struct expression_parameter *grown =
            ARENA_ARRAY(output->arena, struct expression_parameter, capacity);
        if (output->count > 0)
            memcpy(grown, output->parameters, output->count * sizeof *grown);
        output->parameters = grown;
        output->capacity = capacity;
    }
    output->parameters[output->count] = (struct expression_parameter){type, text};
    fprintf(output->stream, "$%u::%s", output->first + (unsigned)output->count, cast);
    output->count++;
}

static const char *date_text(struct output *output, int64_t days)
{
    int year, month, day;
    value_civil_from_days(days, &year, &month, &day);
    return arena_format(output->arena, "%04d-%02d-%02d", year, month, day);
}

static const char *time_text(struct output *output, int64_t time)
{
    int64_t days = calendar_day_of_time(time, 0);
    int64_t clock = time - days * CALENDAR_DAY;
    int64_t seconds = clock / 1000000;
    return arena_format(output->arena, "%s %02d:%02d:%02d.%06d+00", date_text(output, days),
                        (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60),
                        (int)(clock % 1000000));
}

static void emit_literal(struct output *output, const struct node *node)
{
    static const char *const types[] = {
        [KIND_NULL] = "boolean",     [KIND_LITERAL] = "numeric",  [KIND_DECIMAL] = "numeric",
        [KIND_AMOUNT] = "numeric",   [KIND_TEXT] = "text",        [KIND_DATE] = "date",
        [KIND_TIME] = "timestamptz", [KIND_CODE] = "bigint",      [KIND_FLAG] = "boolean",
        [KIND_REFERENCE] = "bigint", [KIND_DURATION] = "numeric", [KIND_LINES] = "boolean",
    };
    const char *type = types[node->kind];
    char decimal[DECIMAL_TEXT];
    if (node->null) {
        fprintf(output->stream, "NULL::%s", type);
        return;
    }
    switch (node->kind) {
    case KIND_TEXT:
        put_parameter(output, VALUE_TEXT, node->text, type);
        return;
    case KIND_DATE:
        put_parameter(output, VALUE_DATE, date_text(output, node->integer), type);
        return;
    case KIND_TIME:
        put_parameter(output, VALUE_TIME, time_text(output, node->integer), type);
        return;
    case KIND_FLAG:
        put(output, node->integer ? "TRUE" : "FALSE");
        return;
    case KIND_CODE:
    case KIND_REFERENCE:
        put_parameter(output, node->kind == KIND_CODE ? VALUE_CODE : VALUE_REFERENCE,
                      arena_format(output->arena, "%lld", (long long)node->integer), type);
        return;
    default:
        decimal_format(node->decimal, node->scale, decimal);
        put_parameter(output, VALUE_RATE, arena_string(output->arena, decimal), type);
        return;
    }
}

static void put_column(struct output *output, const struct node *node)
{
    if (!node->field->column)
        output->failed = true;
    else
        put(output, node->field->column);
}

static void emit_field(struct output *output, const struct node *node)
{
    bool amount = node->field->type == VALUE_AMOUNT;
    put(output, amount ? "(" : "");
    put_column(output, node);
    put(output, amount ? " * 0.01)" : node->field->type == VALUE_NUMBER ? "::numeric" : "");
}

/* Does the literal equal a stored whole number of this many decimals? */
static bool stored_literal(const struct node *node, unsigned scale, wide *stored)
{
    if (node->node != NODE_LITERAL || node->null || !kind_is_decimal(node->kind))
        return false;
    if (node->scale <= scale) {
        if (!decimal_rescale(node->decimal, node->scale, scale, stored))
            return false;
    } else {
        wide factor = decimal_power(node->scale - scale);
        if (node->decimal % factor != 0)
            return false;
        *stored = node->decimal / factor;
    }
    return *stored <= INT64_MAX && *stored >= INT64_MIN;
}

/* May all arguments be compared as they are stored? */
static bool all_stored(const struct node *node)
{
    enum value_type type = 0;
    wide stored;
    for (size_t i = 0; i < node->count; i++)
        if (node->arguments[i]->node == NODE_FIELD)
            type = node->arguments[i]->field->type;
    if (type != VALUE_NUMBER && type != VALUE_AMOUNT)
        return false;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *argument = node->arguments[i];
        if (argument->node == NODE_FIELD
                ? argument->field->type != type
                : !stored_literal(argument, type == VALUE_AMOUNT ? 2 : 0, &stored))
            return false;
    }
    return true;
}

static void emit_stored(struct output *output, const struct node *node, enum value_type type)
{
    char decimal[DECIMAL_TEXT];
    wide stored;
    if (node->node == NODE_FIELD) {
        put_column(output, node);
    } else if (stored_literal(node, type == VALUE_AMOUNT ? 2 : 0, &stored)) {
        decimal_format(stored, 0, decimal);
        put_parameter(output, type, arena_string(output->arena, decimal), "bigint");
    }
}

static void emit_operand(struct output *output, const struct node *parent, size_t index,
                         bool stored)
{
    enum value_type type = VALUE_NUMBER;
    for (size_t i = 0; stored && i < parent->count; i++)
        if (parent->arguments[i]->node == NODE_FIELD)
            type = parent->arguments[i]->field->type;
    if (stored)
        emit_stored(output, parent->arguments[index], type);
    else
        emit(output, parent->arguments[index]);
}

static void emit_compare(struct output *output, const struct node *node)
{
    static const char *const signs[] = {
        [COMPARE_EQUAL] = " = ", [COMPARE_UNEQUAL] = " <> ", [COMPARE_LESS] = " < ",
        [COMPARE_MOST] = " <= ", [COMPARE_MORE] = " > ",     [COMPARE_LEAST] = " >= ",
    };
    bool stored = all_stored(node);
    /* The order of text is that of its bytes, whatever the locale of the database. */
    bool bytes = node->arguments[0]->kind == KIND_TEXT && node->operation > COMPARE_UNEQUAL;
    put(output, "(");
    emit_operand(output, node, 0, stored);
    put(output, bytes ? " COLLATE \"C\"" : "");
    put(output, signs[node->operation]);
    emit_operand(output, node, node->count - 1U, stored);
    put(output, bytes ? " COLLATE \"C\"" : "");
    put(output, ")");
}

static void emit_in(struct output *output, const struct node *node)
{
    bool stored = all_stored(node);
    put(output, "(");
    emit_operand(output, node, 0, stored);
    for (size_t i = 1; i < node->count; i++) {
        put(output, i == 1 ? " IN (" : ", ");
        emit_operand(output, node, i, stored);
    }
    put(output, "))");
}

static void emit_joined(struct output *output, const struct node *node, const char *before,
                        const char *between, const char *after)
{
    put(output, before);
    for (size_t i = 0; i < node->count; i++) {
        put(output, i > 0 ? between : "");
        emit(output, node->arguments[i]);
    }
    put(output, after);
}

static void emit_arithmetic(struct output *output, const struct node *node)
{
    const char *sign = node->node == NODE_ADD ? " + " : node->node == NODE_SUBTRACT ? " - " : " * ";
    put(output, "((");
    emit(output, node->arguments[0]);
    put(output, sign);
    emit(output, node->arguments[node->count - 1]);
    fprintf(output->stream, ")::numeric(%d,%u))", DECIMAL_DIGITS, node->scale);
}

static void emit_quotient(struct output *output, const struct node *node, unsigned places)
{
    fprintf(output->stream, "div(");
    emit(output, node->arguments[0]);
    fprintf(output->stream, " * 1e%u, ", places);
    emit(output, node->arguments[1]);
    put(output, ")");
}

/* Quotients are never taken with "/", which rounds by itself: div() and mod() are exact. */
static void emit_round(struct output *output, const struct node *node)
{
    static const char *const corrections[ROUND_COUNT] = {
        [ROUND_UP] = "q + sign(r) * sign(b)",
        [ROUND_FLOOR] = "q + least(sign(r) * sign(b), 0)",
        [ROUND_CEILING] = "q + greatest(sign(r) * sign(b), 0)",
        [ROUND_HALF_EVEN] = "q + CASE WHEN abs(r) * 2 > abs(b) OR (abs(r) * 2 = abs(b) AND "
                            "mod(q, 2) <> 0) THEN sign(r) * sign(b) ELSE 0 END",
    };
    unsigned scale = node->scale;
    const char *correction = corrections[node->operation];
    if (!correction && node->count == 1) {
        put(output, node->operation == ROUND_HALF_UP ? "round(" : "trunc(");
        emit(output, node->arguments[0]);
        fprintf(output->stream, ", %u)", scale);
    } else if (!correction && node->operation == ROUND_HALF_UP) {
        /* Half away from zero depends on the first digit cut off alone. */
        put(output, "round(");
        emit_quotient(output, node, scale + 1);
        fprintf(output->stream, " * 1e-%u, %u)", scale + 1, scale);
    } else if (!correction) {
        put(output, "(");
        emit_quotient(output, node, scale);
        fprintf(output->stream, " * 1e-%u)", scale);
    } else {
        fprintf(output->stream,
                "(SELECT (%s) * 1e-%u FROM (SELECT div(a, b) AS q, mod(a, b) AS r, b FROM "
                "(SELECT ",
                correction, scale);
        emit(output, node->arguments[0]);
        fprintf(output->stream, " * 1e%u AS a, ", scale);
        if (node->count > 1)
            emit(output, node->arguments[1]);
        else
            put(output, "1.0");
        put(output, " AS b) AS fraction) AS quotient)");
    }
}

static void put_zone(struct output *output)
{
    fprintf(output->stream, " AT TIME ZONE INTERVAL '%d seconds')",
            output->environment->zone_offset);
}

static void emit_shift(struct output *output, const struct node *node)
{
    static const struct {
        const char *argument;
        const char *factor;
        bool clock;
    } units[UNIT_COUNT] = {
        [UNIT_MINUTE] = {"mins", "", true},   [UNIT_HOUR] = {"hours", "", true},
        [UNIT_DAY] = {"days", "", false},     [UNIT_WEEK] = {"days", " * 7", false},
        [UNIT_MONTH] = {"months", "", false}, [UNIT_YEAR] = {"months", " * 12", false},
    };
    const struct node *duration = node->arguments[1];
    bool zoned = node->kind == KIND_TIME && !units[duration->operation].clock;
    put(output, zoned ? "((((" : "((");
    emit(output, node->arguments[0]);
    if (zoned)
        put_zone(output);
    fprintf(output->stream, " %c make_interval(%s => (", node->operation ? '-' : '+',
            units[duration->operation].argument);
    emit(output, duration->arguments[0]);
    fprintf(output->stream, "%s)::int))", units[duration->operation].factor);
    if (zoned)
        put_zone(output);
    put(output, node->kind == KIND_DATE ? "::date)" : ")");
}

static void put_now(struct output *output)
{
    const char *now = output->environment->now_sql;
    put(output, now ? now : "gate_now()");
}

static void put_today(struct output *output)
{
    const char *today = output->environment->today_sql;
    if (today) {
        put(output, today);
        return;
    }
    put(output, "((");
    put_now(output);
    put_zone(output);
    put(output, "::date)");
}

static void emit_months(struct output *output, const struct node *node)
{
    bool age = node->operation == FUNCTION_AGE;
    bool months = node->operation == FUNCTION_MONTHS_BETWEEN;
    put(output, months ? "(SELECT extract(year from a) * 12 + extract(month from a) FROM (SELECT "
                       : "extract(year from ");
    put(output, "age((");
    if (age)
        put_today(output);
    else
        emit(output, node->arguments[1]);
    put(output, ")::timestamp, (");
    emit(output, node->arguments[0]);
    put(output, ")::timestamp)");
    put(output, months ? " AS a) AS span)" : ")");
}

/* Functions whose SQL is a frame around their arguments. */
static const struct {
    const char *before;
    const char *between;
    const char *after;
} frames[FUNCTION_NUMBER] = {
    [FUNCTION_COALESCE] = {"coalesce(", ", ", ")"},
    [FUNCTION_NULLIF] = {"nullif(", ", ", ")"},
    [FUNCTION_ABS] = {"abs(", "", ")"},
    [FUNCTION_LENGTH] = {"length(", "", ")::numeric"},
    [FUNCTION_UPPER] = {"translate(", "",
                        ", 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')"},
    [FUNCTION_LOWER] = {"translate(", "",
                        ", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"},
    [FUNCTION_CONTAINS] = {"(strpos(", ", ", ") > 0)"},
    [FUNCTION_YEAR_OF] = {"extract(year from ", "", ")"},
    [FUNCTION_MONTH_OF] = {"extract(month from ", "", ")"},
    [FUNCTION_DAY_OF] = {"extract(day from ", "", ")"},
    [FUNCTION_WEEKDAY] = {"extract(isodow from ", "", ")"},
    [FUNCTION_YUAN] = {"(", "", ")"},
    [FUNCTION_AMOUNT] = {"(", "", ")"},
};

static void emit_difference(struct output *output, const struct node *node)
{
    bool days = node->operation == FUNCTION_DAYS_BETWEEN;
    put(output, days ? "(" : "div(extract(epoch from (");
    emit(output, node->arguments[1]);
    put(output, " - ");
    emit(output, node->arguments[0]);
    put(output, days                                        ? ")::numeric"
                : node->operation == FUNCTION_HOURS_BETWEEN ? ")), 3600)"
                                                            : ")), 60)");
}

static void emit_extreme(struct output *output, const struct node *node)
{
    bool text = node->kind == KIND_TEXT;
    put(output, node->operation == FUNCTION_LEAST ? "least(" : "greatest(");
    for (size_t i = 0; i < node->count; i++) {
        put(output, i > 0 ? ", " : "");
        emit(output, node->arguments[i]);
        put(output, text ? " COLLATE \"C\"" : "");
    }
    /* Text leaves with the collation of the database, so that it can be compared further. */
    put(output, text ? ") COLLATE \"default\"" : ")");
}

/* A range of bytes where the prefix is known: starts_with() serves neither index nor row security.
 */
static void emit_starts_with(struct output *output, const struct node *node)
{
    const struct node *text = node->arguments[0], *prefix = node->arguments[1];
    const char *end = NULL;
    if (text->node == NODE_FIELD && prefix->node == NODE_LITERAL)
        end = prefix_end(output->arena, prefix->text);
    if (!end) {
        emit_joined(output, node, "starts_with(", ", ", ")");
        return;
    }
    put(output, "(");
    emit(output, text);
    put(output, " ~>=~ ");
    emit(output, prefix);
    put(output, " AND ");
    emit(output, text);
    put(output, " ~<~ ");
    put_parameter(output, VALUE_TEXT, end, "text");
    put(output, ")");
}

static void emit_call(struct output *output, const struct node *node)
{
    switch ((enum function)node->operation) {
    case FUNCTION_LEAST:
    case FUNCTION_GREATEST:
        put(output, "(");
        emit_extreme(output, node);
        put(output, ")");
        return;
    case FUNCTION_IF:
        put(output, "(CASE WHEN ");
        emit(output, node->arguments[0]);
        put(output, " THEN ");
        emit(output, node->arguments[1]);
        put(output, " ELSE ");
        emit(output, node->arguments[2]);
        put(output, " END)");
        return;
    case FUNCTION_TODAY:
        put_today(output);
        return;
    case FUNCTION_NOW:
        put_now(output);
        return;
    case FUNCTION_STARTS_WITH:
        emit_starts_with(output, node);
        return;
    case FUNCTION_AGE:
    case FUNCTION_YEARS_BETWEEN:
    case FUNCTION_MONTHS_BETWEEN:
        emit_months(output, node);
        return;
    case FUNCTION_DAYS_BETWEEN:
    case FUNCTION_HOURS_BETWEEN:
    case FUNCTION_MINUTES_BETWEEN:
        emit_difference(output, node);
        return;
    case FUNCTION_HOUR_OF:
    case FUNCTION_DATE_OF:
        put(output, node->operation == FUNCTION_HOUR_OF ? "extract(hour from (" : "((");
        emit(output, node->arguments[0]);
        put_zone(output);
        put(output, node->operation == FUNCTION_HOUR_OF ? ")" : "::date)");
        return;
    default:
        emit_joined(output, node, frames[node->operation].before, frames[node->operation].between,
                    frames[node->operation].after);
    }
}

/* The value is computed in a query of its own: an aggregate over columns of the outer query alone
 * would otherwise become one of the outer query. */
static void emit_aggregate(struct output *output, const struct node *node)
{
    enum function function = (enum function)node->operation;
    bool text = node->kind == KIND_TEXT;
    if (!node->field->from || !node->field->join) {
        output->failed = true;
        return;
    }
    if (function == FUNCTION_ANY || function == FUNCTION_ALL)
        put(output, function == FUNCTION_ANY ? "EXISTS (SELECT 1" : "(NOT EXISTS (SELECT 1");
    else if (function == FUNCTION_COUNT)
        put(output, "(SELECT count(*)::numeric FROM (SELECT 1");
    else
        fprintf(output->stream, "(SELECT %s(element%s) FROM (SELECT ",
                function == FUNCTION_SUM   ? "sum"
                : function == FUNCTION_MIN ? "min"
                                           : "max",
                text ? " COLLATE \"C\"" : "");
    if (node->arguments[0]) {
        emit(output, node->arguments[0]);
        put(output, " AS element");
    }
    fprintf(output->stream, " FROM %s WHERE %s", node->field->from, node->field->join);
    if (node->arguments[1]) {
        put(output, " AND ");
        emit(output, node->arguments[1]);
        put(output, function == FUNCTION_ALL ? " IS NOT TRUE" : "");
    }
    if (function == FUNCTION_ANY || function == FUNCTION_ALL)
        put(output, function == FUNCTION_ANY ? ")" : "))");
    else
        put(output, text ? ") AS line_value) COLLATE \"default\"" : ") AS line_value)");
}

static void emit(struct output *output, const struct node *node)
{
    switch (node->node) {
    case NODE_LITERAL:
        emit_literal(output, node);
        return;
    case NODE_FIELD:
        emit_field(output, node);
        return;
    case NODE_AND:
        emit_joined(output, node, "(", " AND ", ")");
        return;
    case NODE_OR:
        emit_joined(output, node, "(", " OR ", ")");
        return;
    case NODE_NOT:
        emit_joined(output, node, "(NOT ", "", ")");
        return;
    case NODE_NEGATE:
        emit_joined(output, node, "(- ", "", ")");
        return;
    case NODE_IS_NULL:
        emit_joined(output, node, "(", "", node->operation ? " IS NOT NULL)" : " IS NULL)");
        return;
    case NODE_COMPARE:
        emit_compare(output, node);
        return;
    case NODE_IN:
        emit_in(output, node);
        return;
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
        emit_arithmetic(output, node);
        return;
    case NODE_RESCALE:
        emit(output, node->arguments[0]);
        fprintf(output->stream, "::numeric(%d,%u)", DECIMAL_DIGITS, node->scale);
        return;
    case NODE_ROUND:
        emit_round(output, node);
        return;
    case NODE_SHIFT:
        emit_shift(output, node);
        return;
    case NODE_CALL:
        emit_call(output, node);
        return;
    case NODE_AGGREGATE:
        emit_aggregate(output, node);
        return;
    case NODE_NAME:
    case NODE_DIVIDE:
    case NODE_DURATION:
        break; /* never reached in a checked tree */
    }
    output->failed = true;
}

/* The answer in the type that was asked for, as a column of it would be. */
static void emit_root(struct output *output, const struct expression *expression)
{
    static const char *const casts[] = {
        [VALUE_TEXT] = ")",
        [VALUE_NUMBER] = ")::bigint)",
        [VALUE_AMOUNT] = " * 100)::bigint)",
        [VALUE_RATE] = ")::numeric(18,6))",
        [VALUE_DATE] = ")",
        [VALUE_TIME] = ")",
        [VALUE_CODE] = ")::bigint)",
        [VALUE_FLAG] = ")",
        [VALUE_REFERENCE] = ")::bigint)",
        [VALUE_LINES] = ")",
    };
    const char *cast = casts[expression->type];
    put(output, cast[1] ? "((" : "(");
    emit(output, expression->root);
    put(output, cast);
}

bool expression_sql(const struct expression *expression, unsigned first_parameter,
                    struct arena *arena, struct expression_sql *sql)
{
    char *text = NULL;
    size_t length = 0;
    struct output output = {
        .arena = arena, .environment = expression->environment, .first = first_parameter};
    output.stream = open_memstream(&text, &length);
    if (!output.stream)
        abort(); /* out of memory, as in an arena */
    emit_root(&output, expression);
    if (fclose(output.stream) != 0)
        abort();
    *sql = (struct expression_sql){.text = NULL};
    if (!output.failed) {
        sql->text = arena_copy(arena, text, length);
        sql->parameter_count = output.count;
        sql->parameters = output.parameters;
    }
    free(text);
    return !output.failed;
}
