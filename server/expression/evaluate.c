/* The back end for one record: walks the tree. */
#include <string.h>

#include "protocol/arena.h"
#include "protocol/record.h"
#include "server/expression/calendar.h"
#include "server/expression/node.h"

static bool fail(struct evaluation *evaluation, const char *fault)
{
    evaluation->fault = fault;
    return false;
}

static bool evaluate_field(struct evaluation *evaluation, const struct node *node,
                           struct datum *result)
{
    const struct expression_input *input = evaluation->input;
    const struct value *value = NULL;
    unsigned slot = node->field->slot;
    if (node->inner)
        value = &evaluation->line[slot];
    else if (input->values)
        value = slot < input->count ? &input->values[slot] : NULL;
    else if (input->lookup)
        value = input->lookup(input->context, slot);
    result->null = !value || value->presence != VALUE_PRESENT;
    if (result->null)
        return true;
    if (node->kind == KIND_TEXT)
        result->text = value->text ? value->text : "";
    else if (kind_is_decimal(node->kind))
        result->decimal = value->integer;
    else
        result->integer = value->integer;
    return true;
}

static int compare(const struct node *one_node, const struct datum *one,
                   const struct node *other_node, const struct datum *other)
{
    if (kind_is_decimal(one_node->kind))
        return decimal_compare(one->decimal, one_node->scale, other->decimal, other_node->scale);
    if (one_node->kind == KIND_TEXT)
        return strcmp(one->text, other->text);
    return (one->integer > other->integer) - (one->integer < other->integer);
}

static bool evaluate_compare(struct evaluation *evaluation, const struct node *node,
                             struct datum *result)
{
    static const struct {
        bool less, equal, more;
    } holds[] = {
        [COMPARE_EQUAL] = {false, true, false}, [COMPARE_UNEQUAL] = {true, false, true},
        [COMPARE_LESS] = {true, false, false},  [COMPARE_MOST] = {true, true, false},
        [COMPARE_MORE] = {false, false, true},  [COMPARE_LEAST] = {false, true, true},
    };
    const struct node *one_node = node->arguments[0];
    const struct node *other_node = node->arguments[node->count - 1];
    struct datum one, other;
    if (!node_evaluate(evaluation, one_node, &one) ||
        !node_evaluate(evaluation, other_node, &other))
        return false;
    result->null = one.null || other.null;
    if (result->null)
        return true;
    int order = compare(one_node, &one, other_node, &other);
    result->integer = order < 0    ? holds[node->operation].less
                      : order == 0 ? holds[node->operation].equal
                                   : holds[node->operation].more;
    return true;
}

/* AND stops at the first false, OR at the first true; NULL goes on. */
static bool evaluate_logic(struct evaluation *evaluation, const struct node *node,
                           struct datum *result)
{
    bool decisive = node->node == NODE_OR;
    bool null = false;
    for (size_t i = 0; i < node->count; i++) {
        if (!node_evaluate(evaluation, node->arguments[i], result))
            return false;
        if (result->null)
            null = true;
        else if ((result->integer != 0) == decisive)
            return true;
    }
    result->null = null;
    result->integer = !decisive;
    return true;
}

static bool evaluate_in(struct evaluation *evaluation, const struct node *node,
                        struct datum *result)
{
    const struct node *subject_node = node->arguments[0];
    struct datum subject, item;
    if (!node_evaluate(evaluation, subject_node, &subject))
        return false;
    result->null = subject.null;
    result->integer = 0;
    for (size_t i = 1; i < node->count && !subject.null && !result->integer; i++) {
        if (!node_evaluate(evaluation, node->arguments[i], &item))
            return false;
        result->integer = compare(subject_node, &subject, node->arguments[i], &item) == 0;
    }
    return true;
}

static bool evaluate_arithmetic(struct evaluation *evaluation, const struct node *node,
                                struct datum *result)
{
    struct datum one, other;
    if (!node_evaluate(evaluation, node->arguments[0], &one))
        return false;
    if (node->node == NODE_NEGATE) {
        result->null = one.null;
        if (!one.null)
            result->decimal = -one.decimal;
        return true;
    }
    if (!node_evaluate(evaluation, node->arguments[node->count - 1], &other))
        return false;
    result->null = one.null || other.null;
    if (result->null)
        return true;
    bool fits = node->node == NODE_ADD ? decimal_add(one.decimal, other.decimal, &result->decimal)
                : node->node == NODE_SUBTRACT
                    ? decimal_subtract(one.decimal, other.decimal, &result->decimal)
                    : decimal_multiply(one.decimal, other.decimal, &result->decimal);
    return fits || fail(evaluation, "expression.overflow");
}

static bool evaluate_rescale(struct evaluation *evaluation, const struct node *node,
                             struct datum *result)
{
    const struct node *argument = node->arguments[0];
    struct datum datum;
    if (!node_evaluate(evaluation, argument, &datum))
        return false;
    result->null = datum.null;
    return datum.null ||
           decimal_rescale(datum.decimal, argument->scale, node->scale, &result->decimal) ||
           fail(evaluation, "expression.overflow");
}

static bool evaluate_round(struct evaluation *evaluation, const struct node *node,
                           struct datum *result)
{
    struct datum numerator, denominator = {.null = false};
    if (!node_evaluate(evaluation, node->arguments[0], &numerator))
        return false;
    if (node->count > 1) {
        if (!node_evaluate(evaluation, node->arguments[1], &denominator))
            return false;
    } else {
        denominator.decimal = decimal_power((unsigned)node->arguments[0]->scale - node->scale);
    }
    result->null = numerator.null || denominator.null;
    if (result->null)
        return true;
    if (denominator.decimal == 0)
        return fail(evaluation, "expression.division_by_zero");
    result->decimal = decimal_divide(numerator.decimal, denominator.decimal, node->operation);
    return true;
}

static bool evaluate_shift(struct evaluation *evaluation, const struct node *node,
                           struct datum *result)
{
    static const int factors[UNIT_COUNT] = {
        [UNIT_MINUTE] = 1, [UNIT_HOUR] = 1,  [UNIT_DAY] = 1,
        [UNIT_WEEK] = 7,   [UNIT_MONTH] = 1, [UNIT_YEAR] = 12,
    };
    static const struct calendar_shift steps[UNIT_COUNT] = {
        [UNIT_MINUTE] = {.microseconds = 60000000},
        [UNIT_HOUR] = {.microseconds = 3600000000},
        [UNIT_DAY] = {.days = 1},
        [UNIT_WEEK] = {.days = 7},
        [UNIT_MONTH] = {.months = 1},
        [UNIT_YEAR] = {.months = 12},
    };
    const struct node *duration = node->arguments[1];
    struct datum moment, amount;
    if (!node_evaluate(evaluation, node->arguments[0], &moment) ||
        !node_evaluate(evaluation, duration->arguments[0], &amount))
        return false;
    /* The database makes the interval before it sees whether there is something to shift. */
    wide steps_wanted = amount.null ? 0 : amount.decimal * factors[duration->operation];
    if (steps_wanted > INT32_MAX || steps_wanted < INT32_MIN)
        return fail(evaluation, "expression.out_of_range");
    result->null = moment.null || amount.null;
    if (result->null)
        return true;
    const struct calendar_shift *step = &steps[duration->operation];
    int64_t count = (int64_t)(node->operation ? -amount.decimal : amount.decimal);
    struct calendar_shift shift = {step->months * count, step->days * count,
                                   step->microseconds * count};
    bool fits = node->kind == KIND_DATE
                    ? calendar_shift_date(moment.integer, &shift, &result->integer)
                    : calendar_shift_time(moment.integer, evaluation->zone_offset, &shift,
                                          &result->integer);
    return fits || fail(evaluation, "expression.out_of_range");
}

/* A sum that may pass the limit on its way: two parts, joined at the end. */
struct total {
    wide high; /* in units of 10^18 */
    wide low;
};

static bool gather(struct evaluation *evaluation, const struct node *node, size_t count,
                   const struct datum *value, struct total *total, struct datum *result)
{
    const struct node *value_node = node->arguments[0];
    const wide part = decimal_power(18);
    switch ((enum function)node->operation) {
    case FUNCTION_SUM:
        if (value->null)
            return true;
        total->high += value->decimal / part;
        total->low += value->decimal % part;
        result->null = false;
        return true;
    case FUNCTION_MIN:
    case FUNCTION_MAX:
        if (value->null)
            return true;
        if (result->null || (compare(value_node, value, value_node, result) < 0) ==
                                (node->operation == FUNCTION_MIN))
            *result = *value;
        return true;
    case FUNCTION_COUNT:
        result->decimal = (wide)count;
        return true;
    default:
        return fail(evaluation, "expression.overflow"); /* any and all gather nothing */
    }
}

static bool sum_up(struct evaluation *evaluation, const struct total *total, struct datum *result)
{
    wide high;
    bool fits = !__builtin_mul_overflow(total->high, decimal_power(18), &high) &&
                !__builtin_add_overflow(high, total->low, &result->decimal) &&
                decimal_fits(result->decimal);
    return fits || fail(evaluation, "expression.overflow");
}

static const struct lines *find_lines(const struct evaluation *evaluation, const struct node *node)
{
    const struct expression_input *input = evaluation->input;
    const struct value *value = NULL;
    unsigned slot = node->field->slot;
    if (input->values)
        value = slot < input->count ? &input->values[slot] : NULL;
    else if (input->lookup)
        value = input->lookup(input->context, slot);
    return value && value->presence == VALUE_PRESENT ? value->lines : NULL;
}

static bool walk_lines(struct evaluation *evaluation, const struct node *node,
                       const struct lines *lines, struct total *total, struct datum *result)
{
    bool all = node->operation == FUNCTION_ALL, any = node->operation == FUNCTION_ANY;
    size_t met_count = 0;
    for (size_t i = 0; lines && i < lines->count; i++) {
        if (lines->lines[i].action == LINE_REMOVE)
            continue;
        evaluation->line = lines->lines[i].record.values;
        struct datum met = {.integer = 1}, value = {.null = true};
        if (node->arguments[1] && !node_evaluate(evaluation, node->arguments[1], &met))
            return false;
        bool holds = !met.null && met.integer;
        if (any || all) {
            if (holds == any) {
                result->integer = any;
                return true;
            }
            continue;
        }
        if (!holds)
            continue;
        if (node->arguments[0] && !node_evaluate(evaluation, node->arguments[0], &value))
            return false;
        if (!gather(evaluation, node, ++met_count, &value, total, result))
            return false;
    }
    return true;
}

static bool evaluate_aggregate(struct evaluation *evaluation, const struct node *node,
                               struct datum *result)
{
    struct total total = {0, 0};
    enum function function = (enum function)node->operation;
    result->null = function == FUNCTION_SUM || function == FUNCTION_MIN || function == FUNCTION_MAX;
    if (function == FUNCTION_COUNT)
        result->decimal = 0;
    else
        result->integer = function == FUNCTION_ALL;
    bool fine = walk_lines(evaluation, node, find_lines(evaluation, node), &total, result);
    evaluation->line = NULL;
    if (!fine)
        return false;
    return function != FUNCTION_SUM || result->null || sum_up(evaluation, &total, result);
}

bool node_evaluate(struct evaluation *evaluation, const struct node *node, struct datum *result)
{
    struct datum argument;
    switch (node->node) {
    case NODE_LITERAL:
        result->null = node->null;
        if (kind_is_decimal(node->kind))
            result->decimal = node->decimal;
        else if (node->kind == KIND_TEXT)
            result->text = node->text;
        else
            result->integer = node->integer;
        return true;
    case NODE_FIELD:
        return evaluate_field(evaluation, node, result);
    case NODE_AND:
    case NODE_OR:
        return evaluate_logic(evaluation, node, result);
    case NODE_NOT:
        if (!node_evaluate(evaluation, node->arguments[0], result))
            return false;
        if (!result->null)
            result->integer = !result->integer;
        return true;
    case NODE_COMPARE:
        return evaluate_compare(evaluation, node, result);
    case NODE_IS_NULL:
        if (!node_evaluate(evaluation, node->arguments[0], &argument))
            return false;
        result->null = false;
        result->integer = argument.null != (node->operation != 0);
        return true;
    case NODE_IN:
        return evaluate_in(evaluation, node, result);
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
    case NODE_NEGATE:
        return evaluate_arithmetic(evaluation, node, result);
    case NODE_RESCALE:
        return evaluate_rescale(evaluation, node, result);
    case NODE_ROUND:
        return evaluate_round(evaluation, node, result);
    case NODE_SHIFT:
        return evaluate_shift(evaluation, node, result);
    case NODE_CALL:
        return call_evaluate(evaluation, node, result);
    case NODE_AGGREGATE:
        return evaluate_aggregate(evaluation, node, result);
    case NODE_NAME:
    case NODE_DIVIDE:
    case NODE_DURATION:
        break; /* never reached in a checked tree */
    }
    return fail(evaluation, "expression.unexpected");
}
