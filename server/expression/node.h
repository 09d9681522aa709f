/* The tree of an expression, shared by parser, checker and both back ends. Private to this room. */
#ifndef HALLDESK_EXPRESSION_NODE_H
#define HALLDESK_EXPRESSION_NODE_H

#include "server/expression/decimal.h"
#include "server/expression/expression.h"

/* What an expression's value is while it is computed. Number and rate are both a pure decimal;
 * a literal number has no unit yet and takes that of its neighbour. */
enum kind {
    KIND_NULL = 0, /* the literal null, before it takes a type */
    KIND_LITERAL,  /* decimal without a unit */
    KIND_DECIMAL,
    KIND_AMOUNT, /* decimal in yuan */
    KIND_TEXT,
    KIND_DATE,
    KIND_TIME,
    KIND_CODE,
    KIND_FLAG,
    KIND_REFERENCE,
    KIND_DURATION,
    KIND_LINES,
};

enum node_type {
    NODE_LITERAL,
    NODE_NAME, /* not resolved yet */
    NODE_FIELD,
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_COMPARE,
    NODE_IS_NULL,
    NODE_IN, /* all items but the first argument are literals after the check */
    NODE_ADD,
    NODE_SUBTRACT,
    NODE_MULTIPLY,
    NODE_DIVIDE, /* only within round(), replaced there by numerator and denominator */
    NODE_NEGATE,
    NODE_RESCALE,  /* a decimal with more digits behind the point */
    NODE_ROUND,    /* arguments: numerator, denominator or NULL */
    NODE_DURATION, /* argument: whole number */
    NODE_SHIFT,    /* arguments: date or time, duration; operation is the sign */
    NODE_CALL,
    NODE_AGGREGATE, /* arguments: value or NULL, condition or NULL */
};

enum comparison {
    COMPARE_EQUAL,
    COMPARE_UNEQUAL,
    COMPARE_LESS,
    COMPARE_MOST,
    COMPARE_MORE,
    COMPARE_LEAST
};

enum rounding {
    ROUND_HALF_UP, /* half away from zero */
    ROUND_HALF_EVEN,
    ROUND_DOWN, /* towards zero */
    ROUND_UP,   /* away from zero */
    ROUND_FLOOR,
    ROUND_CEILING,
    ROUND_COUNT
};

/* Value: what one of them is in the smallest step that does not depend on the calendar. */
enum unit { UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR, UNIT_COUNT };

enum function {
    FUNCTION_ROUND,
    FUNCTION_LEAST,
    FUNCTION_GREATEST,
    FUNCTION_COALESCE,
    FUNCTION_NULLIF,
    FUNCTION_IF,
    FUNCTION_ABS,
    FUNCTION_LENGTH,
    FUNCTION_UPPER,
    FUNCTION_LOWER,
    FUNCTION_STARTS_WITH,
    FUNCTION_CONTAINS,
    FUNCTION_TODAY,
    FUNCTION_NOW,
    FUNCTION_AGE,
    FUNCTION_YEARS_BETWEEN,
    FUNCTION_MONTHS_BETWEEN,
    FUNCTION_DAYS_BETWEEN,
    FUNCTION_HOURS_BETWEEN,
    FUNCTION_MINUTES_BETWEEN,
    FUNCTION_YEAR_OF,
    FUNCTION_MONTH_OF,
    FUNCTION_DAY_OF,
    FUNCTION_WEEKDAY,
    FUNCTION_HOUR_OF,
    FUNCTION_DATE_OF,
    FUNCTION_YUAN,
    FUNCTION_AMOUNT,
    FUNCTION_MIN,
    FUNCTION_MAX,
    FUNCTION_SUM,
    FUNCTION_COUNT,
    FUNCTION_ANY,
    FUNCTION_ALL,
    FUNCTION_NUMBER, /* how many there are */
};

struct node {
    enum node_type node;
    enum kind kind;
    uint8_t operation; /* enum comparison, rounding, unit, function; of NODE_SHIFT 1: backwards;
                          of NODE_IS_NULL 1: is not null */
    uint8_t scale;     /* of decimals: digits behind the point */
    bool checked;
    bool null;      /* of NODE_LITERAL */
    bool inner;     /* of NODE_FIELD: of a line */
    uint16_t count; /* of arguments */
    uint16_t depth; /* of the tree below, as written */
    unsigned size;  /* nodes of the tree below, shared ones counted at each use */
    struct node **arguments;
    struct node *where;                   /* of a call over lines, until it is checked */
    const struct expression_field *field; /* of NODE_FIELD and NODE_AGGREGATE (the lines) */
    const char *codes;                    /* of KIND_CODE; NULL: a number without a list */
    const char *text; /* of a text literal, a name, or a call until it is checked */
    wide decimal;     /* of a decimal literal, in units of 10^-scale */
    int64_t integer;  /* of every other literal */
    size_t position;
    size_t length;
};

struct expression {
    struct node *root;
    enum value_type type;
    const struct expression_environment *environment;
    size_t mention_count;
    struct expression_mention *mentions;
};

/* State of one compilation. */
struct compilation {
    struct arena *arena;
    const char *text;
    const struct expression_environment *environment;
    struct expression_error *error; /* the first error stays */
    bool failed;
    unsigned depth;
    struct expression *expression;
    size_t mention_capacity;
    /* Within the arguments of a function over lines: */
    const struct expression_field *lines;
    const char *lines_path;
    bool within_round;
};

/* A value while it is computed. */
struct datum {
    bool null;
    union {
        wide decimal;
        int64_t integer;
        const char *text;
    };
};

/* Sets the error unless one is set, and returns NULL. */
void *compilation_fail(struct compilation *compilation, const char *name, const struct node *node,
                       const char *one, const char *other);
struct node *node_create(struct compilation *compilation, enum node_type node, size_t count,
                         size_t position, size_t length);

/* Syntax only: names and calls are not looked at. */
struct node *expression_parse(struct compilation *compilation);
/* Resolves names, gives every node its kind and folds constants, in place: a node may be used
 * twice. codes: the list in which a bare name may be a member, or NULL. NULL after an error. */
struct node *node_check(struct compilation *compilation, struct node *node, const char *codes);
/* The checker's half for calls, round() and functions over lines. */
struct node *call_check(struct compilation *compilation, struct node *node, const char *codes);

/* Gives an unsettled literal (null, a number without unit) the kind; false, with an error, if the
 * node is of another kind. */
bool node_expect(struct compilation *compilation, struct node *node, enum kind kind);
/* Checks arguments from `from` on, brings them to one kind and list, and with same_scale to one
 * scale; the node takes nothing over. KIND_NULL after an error. */
enum kind node_unify(struct compilation *compilation, struct node *node, size_t from,
                     const char *codes, bool same_scale);
struct node *node_rescale(struct compilation *compilation, struct node *node, unsigned scale);
/* One arithmetic operation on checked decimals; units are the caller's business. */
struct node *node_arithmetic(struct compilation *compilation, enum node_type type, struct node *one,
                             struct node *other, enum kind kind);
/* The last step of a check: size, and a constant node becomes a literal. */
struct node *node_settle(struct compilation *compilation, struct node *node);
/* The node becomes a null of its kind. */
struct node *node_nullify(struct node *node);
/* The node becomes another one, at its own place in the text. */
struct node *node_become(struct node *node, const struct node *other);
bool kind_is_decimal(enum kind kind);
bool kind_is_ordered(enum kind kind);
bool kind_sum(enum kind one, enum kind other, enum kind *result);
bool kind_product(enum kind one, enum kind other, enum kind *result);
bool kind_quotient(enum kind one, enum kind other, enum kind *result);
/* Resolves a path as it stands here; NULL if unknown. *inner tells whether it is of the line. */
const struct expression_field *name_resolve(struct compilation *compilation, const char *path,
                                            bool *inner);

/* What evaluation reads. */
struct evaluation {
    const struct expression_input *input;
    const struct value *line; /* values of the line at hand */
    struct arena *arena;
    int zone_offset;
    const char *fault;
};
bool node_evaluate(struct evaluation *evaluation, const struct node *node, struct datum *result);
bool call_evaluate(struct evaluation *evaluation, const struct node *node, struct datum *result);

/* The least text behind all that start with the prefix; NULL if there is none. */
const char *prefix_end(struct arena *arena, const char *prefix);

extern const char *const rounding_names[ROUND_COUNT];
extern const char *const kind_names[];

#endif
