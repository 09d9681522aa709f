/* The expression language: conditions and formulas that users configure (eligibility, claim and
 * assignment rules, segments, guards, limits, alarms, KPI and price formulas).
 *
 * One parser and type checker, two back ends that give the same answer: expression_evaluate() for
 * one record in memory, expression_sql() for sets. man/halldesk-expression.7 describes the
 * language; tests/unit/test_expression_property.c holds the back ends equal.
 *
 * Decimals are exact: 36 digits, of which up to 18 behind the point. A result that does not fit,
 * a division by zero and a date out of range are faults in C and errors of class 22 in SQL. */
#ifndef HALLDESK_EXPRESSION_H
#define HALLDESK_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/value.h"

struct arena;
struct expression;
struct expression_environment;

enum {
    EXPRESSION_LENGTH_LIMIT = 16384, /* bytes of source */
    EXPRESSION_DEPTH_LIMIT = 64,
    EXPRESSION_SIZE_LIMIT = 20000, /* nodes, shared ones counted at each use */
    EXPRESSION_ERROR_PARAMETERS = 3,
    EXPRESSION_NAME_LIMIT = 200, /* bytes of a dotted path */
};

/* What a name stands for. */
struct expression_field {
    enum value_type type;
    /* Index into expression_input.values (of a line field: into record.values of the line), or
     * any number that expression_input.lookup understands. */
    unsigned slot;
    const char *codes; /* of VALUE_CODE: list to resolve member names in */
    /* SQL of the column, e.g. "o.kind": integer type for number, amount (fen), code and
     * reference; numeric(18,6) for rate; date, timestamptz, boolean, text. It may be NULL if
     * expression_sql() is never called. */
    const char *column;
    /* Of VALUE_LINES: the names of a line, and how SQL reaches the lines. */
    const struct expression_environment *lines;
    const char *from; /* "order_item AS line_1" */
    const char *join; /* "line_1.order_id = o.id" */
};

struct expression_environment {
    void *context;
    /* path is dotted ("customer.kind"); false if unknown. *field is zeroed by the caller and its
     * texts must live as long as the expression. */
    bool (*resolve)(void *context, const char *path, struct expression_field *field);
    /* Number of the member `name` of a code list; may be NULL. */
    bool (*code)(void *context, const char *codes, const char *name, int64_t *number);
    const char *now_sql;   /* NULL: "gate_now()" */
    const char *today_sql; /* NULL: the date of now_sql in the business zone */
    int zone_offset;       /* seconds east of UTC of the business zone: 28800 in China */
};

/* Why a text is no expression. name is a code for forms/expression.messages:
 * "expression.unexpected" (found), "expression.expected" (found, expected),
 * "expression.incomplete", "expression.encoding", "expression.unknown_name" (name),
 * "expression.unknown_function" (name), "expression.unknown_code" (name, list),
 * "expression.argument_count" (function), "expression.type" (found, wanted),
 * "expression.units" (one, other), "expression.needs_round" (wanted), "expression.scale",
 * "expression.division_outside_round", "expression.mode" (found), "expression.literal" (found),
 * "expression.too_long", "expression.too_deep", "expression.too_large",
 * "expression.nested_lines", "expression.lines_expected" (function),
 * "expression.overflow", "expression.division_by_zero", "expression.out_of_range" (the last three
 * also at evaluation; a constant part that fails is refused when compiled). */
struct expression_error {
    const char *name;
    size_t position;                                     /* byte in the text, from 0 */
    size_t length;                                       /* bytes concerned, may be 0 */
    const char *parameters[EXPRESSION_ERROR_PARAMETERS]; /* in the arena; unused ones NULL */
};

/* Compiles `text`; NULL and *error if it is none, or if its type is not `wanted` (VALUE_FLAG: a
 * condition; VALUE_NUMBER, VALUE_AMOUNT and VALUE_RATE need 0, at most 2, at most 6 decimals; 0:
 * whatever it is). The expression lives in the arena, is read-only and may be shared; the
 * environment must outlive it. */
struct expression *expression_compile(const char *text,
                                      const struct expression_environment *environment,
                                      enum value_type wanted, struct arena *arena,
                                      struct expression_error *error);
/* The type of its values; a bare null is a flag. */
enum value_type expression_type(const struct expression *expression);

/* One record. An absent or cleared value is NULL. */
struct expression_input {
    const struct value *values; /* by slot; NULL: ask lookup */
    size_t count;
    const struct value *(*lookup)(void *context, unsigned slot); /* NULL result is NULL */
    void *context;
    int64_t now; /* microseconds since 1970-01-01 00:00 UTC, as gate_now() */
};

/* False on a fault (*fault receives its name, static storage; fault may be NULL). A NULL result
 * is VALUE_CLEARED. A text result points into the input, the expression or the arena. */
bool expression_evaluate(const struct expression *expression, const struct expression_input *input,
                         struct arena *arena, struct value *result, const char **fault);
/* A condition: true only if it is true; NULL and a fault count as not met (*fault tells, and is
 * NULL if there was none). */
bool expression_met(const struct expression *expression, const struct expression_input *input,
                    struct arena *arena, const char **fault);

/* A literal of the generated SQL, to be bound as text. */
struct expression_parameter {
    enum value_type type;
    const char *text;
};

struct expression_sql {
    const char *text; /* in parentheses; a condition is boolean and may be NULL: test IS TRUE or
                         use it in WHERE, where NULL counts as not met */
    size_t parameter_count;
    const struct expression_parameter *parameters;
};

/* SQL of the expression with parameters $first_parameter and up; every parameter is cast where it
 * is used. False if a field has no column. */
bool expression_sql(const struct expression *expression, unsigned first_parameter,
                    struct arena *arena, struct expression_sql *sql);

/* A field that an expression mentions, each once, in order of appearance. */
struct expression_mention {
    const char *path;  /* as resolved: without the lines before it */
    const char *lines; /* path of the lines it belongs to, NULL: of the record itself */
    struct expression_field field;
};

size_t expression_fields(const struct expression *expression,
                         const struct expression_mention **mentions);

#endif
