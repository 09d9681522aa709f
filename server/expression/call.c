/* The type checker for calls: plain functions by table, round() with its division, functions over
 * lines. */
#include <string.h>

#include "protocol/arena.h"
#include "server/expression/node.h"

const char *const rounding_names[ROUND_COUNT] = {
    [ROUND_HALF_UP] = "half_up", [ROUND_HALF_EVEN] = "half_even", [ROUND_DOWN] = "down",
    [ROUND_UP] = "up",           [ROUND_FLOOR] = "floor",         [ROUND_CEILING] = "ceiling",
};

/* Names a user may write. KIND_NULL as argument: checked by the function's own rule. */
static const struct {
    const char *name;
    enum function function;
    uint16_t least;
    uint16_t most;
    enum kind argument;
    enum kind result;
} functions[] = {
    {"round", FUNCTION_ROUND, 3, 3, KIND_NULL, KIND_NULL},
    {"least", FUNCTION_LEAST, 2, 1000, KIND_NULL, KIND_NULL},
    {"greatest", FUNCTION_GREATEST, 2, 1000, KIND_NULL, KIND_NULL},
    {"coalesce", FUNCTION_COALESCE, 1, 1000, KIND_NULL, KIND_NULL},
    {"nullif", FUNCTION_NULLIF, 2, 2, KIND_NULL, KIND_NULL},
    {"if", FUNCTION_IF, 3, 3, KIND_NULL, KIND_NULL},
    {"abs", FUNCTION_ABS, 1, 1, KIND_NULL, KIND_NULL},
    {"length", FUNCTION_LENGTH, 1, 1, KIND_TEXT, KIND_DECIMAL},
    {"upper", FUNCTION_UPPER, 1, 1, KIND_TEXT, KIND_TEXT},
    {"lower", FUNCTION_LOWER, 1, 1, KIND_TEXT, KIND_TEXT},
    {"starts_with", FUNCTION_STARTS_WITH, 2, 2, KIND_TEXT, KIND_FLAG},
    {"contains", FUNCTION_CONTAINS, 2, 2, KIND_TEXT, KIND_FLAG},
    {"today", FUNCTION_TODAY, 0, 0, KIND_NULL, KIND_DATE},
    {"now", FUNCTION_NOW, 0, 0, KIND_NULL, KIND_TIME},
    {"age", FUNCTION_AGE, 1, 1, KIND_DATE, KIND_DECIMAL},
    {"years_between", FUNCTION_YEARS_BETWEEN, 2, 2, KIND_DATE, KIND_DECIMAL},
    {"months_between", FUNCTION_MONTHS_BETWEEN, 2, 2, KIND_DATE, KIND_DECIMAL},
    {"days_between", FUNCTION_DAYS_BETWEEN, 2, 2, KIND_DATE, KIND_DECIMAL},
    {"hours_between", FUNCTION_HOURS_BETWEEN, 2, 2, KIND_TIME, KIND_DECIMAL},
    {"minutes_between", FUNCTION_MINUTES_BETWEEN, 2, 2, KIND_TIME, KIND_DECIMAL},
    {"year_of", FUNCTION_YEAR_OF, 1, 1, KIND_DATE, KIND_DECIMAL},
    {"month_of", FUNCTION_MONTH_OF, 1, 1, KIND_DATE, KIND_DECIMAL},
    {"day_of", FUNCTION_DAY_OF, 1, 1, KIND_DATE, KIND_DECIMAL},
    {"weekday", FUNCTION_WEEKDAY, 1, 1, KIND_DATE, KIND_DECIMAL},
    {"hour_of", FUNCTION_HOUR_OF, 1, 1, KIND_TIME, KIND_DECIMAL},
    {"date_of", FUNCTION_DATE_OF, 1, 1, KIND_TIME, KIND_DATE},
    {"yuan", FUNCTION_YUAN, 1, 1, KIND_AMOUNT, KIND_DECIMAL},
    {"amount", FUNCTION_AMOUNT, 1, 1, KIND_DECIMAL, KIND_AMOUNT},
    {"min", FUNCTION_MIN, 1, 1000, KIND_NULL, KIND_NULL},
    {"max", FUNCTION_MAX, 1, 1000, KIND_NULL, KIND_NULL},
    {"sum", FUNCTION_SUM, 1, 1, KIND_NULL, KIND_NULL},
    {"count", FUNCTION_COUNT, 1, 1, KIND_NULL, KIND_DECIMAL},
    {"any", FUNCTION_ANY, 1, 1, KIND_NULL, KIND_FLAG},
    {"has", FUNCTION_ANY, 1, 1, KIND_NULL, KIND_FLAG},
    {"all", FUNCTION_ALL, 1, 1, KIND_NULL, KIND_FLAG},
};

static struct node *fail_type(struct compilation *compilation, const struct node *node,
                              const char *wanted)
{
    return compilation_fail(compilation, "expression.type", node, kind_names[node->kind], wanted);
}

/* Divisions are carried as one numerator and one denominator up to the single rounding, so that
 * round(a / b * 100, 2, half_up) is exact. The kind is that of the quotient. */
struct fraction {
    struct node *numerator;
    struct node *denominator; /* NULL: 1 */
    enum kind kind;
};

static struct node *product(struct compilation *compilation, struct node *one, struct node *other)
{
    if (!one || !other)
        return one ? one : other;
    return node_arithmetic(compilation, NODE_MULTIPLY, one, other, KIND_DECIMAL);
}

static bool fraction_read(struct compilation *compilation, struct node *node,
                          struct fraction *fraction);

static bool fraction_combine(struct compilation *compilation, const struct node *node,
                             const struct fraction *one, const struct fraction *other,
                             struct fraction *result)
{
    bool (*combine)(enum kind, enum kind, enum kind *) = node->node == NODE_MULTIPLY ? kind_product
                                                         : node->node == NODE_DIVIDE ? kind_quotient
                                                                                     : kind_sum;
    if (!combine(one->kind, other->kind, &result->kind)) {
        compilation_fail(compilation, "expression.units", node, kind_names[one->kind],
                         kind_names[other->kind]);
        return false;
    }
    if (node->node == NODE_MULTIPLY || node->node == NODE_DIVIDE) {
        bool divide = node->node == NODE_DIVIDE;
        result->numerator =
            product(compilation, one->numerator, divide ? other->denominator : other->numerator);
        result->denominator =
            product(compilation, one->denominator, divide ? other->numerator : other->denominator);
    } else {
        struct node *left = product(compilation, one->numerator, other->denominator);
        struct node *right = product(compilation, other->numerator, one->denominator);
        if (!left || !right)
            return false;
        result->numerator = node_arithmetic(compilation, node->node, left, right, KIND_DECIMAL);
        result->denominator = product(compilation, one->denominator, other->denominator);
    }
    return !compilation->failed;
}

static bool fraction_read(struct compilation *compilation, struct node *node,
                          struct fraction *fraction)
{
    bool plain = node->checked || (node->node != NODE_ADD && node->node != NODE_SUBTRACT &&
                                   node->node != NODE_MULTIPLY && node->node != NODE_DIVIDE &&
                                   node->node != NODE_NEGATE);
    if (plain) {
        if (!node_check(compilation, node, NULL) || !node_expect(compilation, node, KIND_LITERAL))
            return false;
        *fraction = (struct fraction){.numerator = node, .kind = node->kind};
        return true;
    }
    struct fraction one, other;
    if (!fraction_read(compilation, node->arguments[0], &one))
        return false;
    if (node->node == NODE_NEGATE) {
        *fraction = one;
        fraction->numerator =
            node_arithmetic(compilation, NODE_NEGATE, one.numerator, one.numerator, KIND_DECIMAL);
        return fraction->numerator != NULL;
    }
    return fraction_read(compilation, node->arguments[1], &other) &&
           fraction_combine(compilation, node, &one, &other, fraction);
}

static bool read_mode(struct compilation *compilation, const struct node *node, uint8_t *mode)
{
    const char *name = node->text && !node->checked ? node->text : "";
    for (unsigned i = 0; i < ROUND_COUNT; i++)
        if (node->node == NODE_NAME && strcmp(name, rounding_names[i]) == 0) {
            *mode = (uint8_t)i;
            return true;
        }
    return compilation_fail(compilation, "expression.mode", node, name, NULL);
}

static struct node *check_round(struct compilation *compilation, struct node *node)
{
    const struct node *places = node->arguments[1];
    uint8_t mode = 0;
    if (!read_mode(compilation, node->arguments[2], &mode))
        return NULL;
    if (places->node != NODE_LITERAL || places->kind != KIND_LITERAL || places->scale != 0 ||
        places->decimal > DECIMAL_SCALE_LIMIT)
        return compilation_fail(compilation, "expression.scale", places, NULL, NULL);
    unsigned scale = (unsigned)places->decimal;
    struct fraction fraction;
    if (!fraction_read(compilation, node->arguments[0], &fraction))
        return NULL;
    struct node *numerator = fraction.numerator, *denominator = fraction.denominator;
    node->node = NODE_ROUND;
    node->kind = fraction.kind;
    node->scale = (uint8_t)scale;
    node->operation = mode;
    /* Aligned so that the whole quotient of the two integers is the result in its scale. */
    unsigned wanted = scale + (denominator ? denominator->scale : 0U);
    if (numerator->scale < wanted) {
        numerator = node_rescale(compilation, numerator, wanted);
        if (!numerator)
            return NULL;
    } else if (denominator && numerator->scale > wanted) {
        denominator = node_rescale(compilation, denominator, numerator->scale - scale);
        if (!denominator)
            return NULL;
    }
    node->arguments[0] = numerator;
    node->arguments[1] = denominator;
    node->count = denominator ? 2 : 1;
    if ((numerator->node == NODE_LITERAL && numerator->null) ||
        (denominator && denominator->node == NODE_LITERAL && denominator->null))
        return node_nullify(node);
    return node_settle(compilation, node);
}

/* The lines that the first path within names, e.g. "items" of items.charge. */
static const struct expression_field *find_lines(struct compilation *compilation,
                                                 const struct node *node, const char **path)
{
    if (node->node == NODE_NAME) {
        for (const char *end = node->text; end; end = strchr(end + 1, '.')) {
            bool inner;
            size_t length = end == node->text ? strlen(end) : (size_t)(end - node->text);
            const char *prefix = arena_copy(compilation->arena, node->text, length);
            const struct expression_field *field = name_resolve(compilation, prefix, &inner);
            if (field && field->type == VALUE_LINES && field->lines) {
                *path = prefix;
                return field;
            }
        }
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct expression_field *field = find_lines(compilation, node->arguments[i], path);
        if (field)
            return field;
    }
    return NULL;
}

static bool check_line_value(struct compilation *compilation, struct node *node,
                             enum function function, struct node *value)
{
    if (!node_check(compilation, value, NULL))
        return false;
    if (function == FUNCTION_SUM ? !kind_is_decimal(value->kind) : !kind_is_ordered(value->kind)) {
        fail_type(compilation, value, function == FUNCTION_SUM ? "number" : "ordered");
        return false;
    }
    node->kind = value->kind;
    node->scale = value->scale;
    return true;
}

static struct node *check_aggregate(struct compilation *compilation, struct node *node,
                                    enum function function, enum kind result)
{
    struct node *value = node->arguments[0];
    bool whole = function == FUNCTION_COUNT || function == FUNCTION_ANY || function == FUNCTION_ALL;
    if (compilation->lines)
        return compilation_fail(compilation, "expression.nested_lines", node, NULL, NULL);
    const char *path = NULL;
    const struct expression_field *lines = find_lines(compilation, value, &path);
    if (!lines || (whole && (value->node != NODE_NAME || strcmp(value->text, path) != 0)))
        return compilation_fail(compilation, "expression.lines_expected", value, node->text, NULL);
    if (function == FUNCTION_ALL && !node->where)
        return compilation_fail(compilation, "expression.expected", node, ")", "where");
    struct node *where = node->where;
    compilation->lines = lines;
    compilation->lines_path = path;
    bool fine = whole || check_line_value(compilation, node, function, value);
    fine = fine && (!where || (node_check(compilation, where, NULL) &&
                               node_expect(compilation, where, KIND_FLAG)));
    compilation->lines = NULL;
    compilation->lines_path = NULL;
    if (!fine)
        return NULL;
    if (whole)
        node->kind = result;
    node->arguments = ARENA_ARRAY(compilation->arena, struct node *, 2);
    node->arguments[0] = whole ? NULL : value;
    node->arguments[1] = where;
    node->count = 2;
    node->node = NODE_AGGREGATE;
    node->operation = (uint8_t)function;
    node->field = lines;
    return node_settle(compilation, node);
}

static bool is_null(const struct node *node)
{
    return node->node == NODE_LITERAL && node->null;
}

/* Nulls say nothing, and behind a literal nothing is computed. */
static struct node *check_coalesce(struct compilation *compilation, struct node *node)
{
    uint16_t kept = 0;
    for (size_t i = 0; i < node->count; i++) {
        if (is_null(node->arguments[i]))
            continue;
        node->arguments[kept++] = node->arguments[i];
        if (node->arguments[kept - 1]->node == NODE_LITERAL)
            break;
    }
    if (kept == 0)
        return node_nullify(node);
    node->count = kept;
    return kept == 1 ? node_become(node, node->arguments[0]) : node_settle(compilation, node);
}

/* least, greatest, coalesce, nullif, if, abs: the kind of the result is that of the arguments. */
static struct node *check_generic(struct compilation *compilation, struct node *node,
                                  enum function function, const char *codes)
{
    size_t from = function == FUNCTION_IF ? 1 : 0;
    if (from == 1 && (!node_check(compilation, node->arguments[0], NULL) ||
                      !node_expect(compilation, node->arguments[0], KIND_FLAG)))
        return NULL;
    enum kind kind = node_unify(compilation, node, from, codes, true);
    if (kind == KIND_NULL)
        return NULL;
    const struct node *last = node->arguments[node->count - 1];
    bool ordered = function == FUNCTION_LEAST || function == FUNCTION_GREATEST;
    if ((ordered && !kind_is_ordered(kind)) || (function == FUNCTION_ABS && !kind_is_decimal(kind)))
        return fail_type(compilation, last, ordered ? "ordered" : "number");
    node->kind = kind;
    node->scale = last->scale;
    for (size_t i = from; i < node->count; i++)
        if (node->arguments[i]->codes)
            node->codes = node->arguments[i]->codes;
    const struct node *first = node->arguments[0];
    if (first->node == NODE_LITERAL && function == FUNCTION_IF)
        return node_become(node, node->arguments[!first->null && first->integer ? 1 : 2]);
    if (function == FUNCTION_ABS && is_null(first))
        return node_nullify(node);
    /* The database leaves the rest uncomputed here, faults and all. */
    if (function == FUNCTION_NULLIF && (is_null(first) || is_null(last)))
        return node_become(node, first);
    if (function == FUNCTION_COALESCE)
        return check_coalesce(compilation, node);
    return node_settle(compilation, node);
}

static struct node *check_plain(struct compilation *compilation, struct node *node,
                                enum kind argument, enum kind result)
{
    bool null = false;
    for (size_t i = 0; i < node->count; i++) {
        struct node *each = node_check(compilation, node->arguments[i], NULL);
        if (!each || !node_expect(compilation, each, argument))
            return NULL;
        null = null || (each->node == NODE_LITERAL && each->null);
    }
    node->kind = result;
    if (node->operation == FUNCTION_YUAN || node->operation == FUNCTION_AMOUNT)
        node->scale = node->arguments[0]->scale;
    return null ? node_nullify(node) : node_settle(compilation, node);
}

struct node *call_check(struct compilation *compilation, struct node *node, const char *codes)
{
    size_t index = 0;
    while (index < sizeof functions / sizeof *functions &&
           strcmp(node->text, functions[index].name) != 0)
        index++;
    if (index == sizeof functions / sizeof *functions)
        return compilation_fail(compilation, "expression.unknown_function", node, node->text, NULL);
    enum function function = functions[index].function;
    if (node->count < functions[index].least || node->count > functions[index].most)
        return compilation_fail(compilation, "expression.argument_count", node, node->text, NULL);
    if ((function == FUNCTION_MIN || function == FUNCTION_MAX) && node->count > 1)
        function = function == FUNCTION_MIN ? FUNCTION_LEAST : FUNCTION_GREATEST;
    node->operation = (uint8_t)function;
    bool over_lines = function >= FUNCTION_MIN && function <= FUNCTION_ALL;
    if (node->where && !over_lines)
        return compilation_fail(compilation, "expression.expected", node, "where", ")");
    if (over_lines)
        return check_aggregate(compilation, node, function, functions[index].result);
    if (function == FUNCTION_ROUND)
        return check_round(compilation, node);
    if (function <= FUNCTION_ABS)
        return check_generic(compilation, node, function, codes);
    return check_plain(compilation, node, functions[index].argument, functions[index].result);
}
