/* Entry points: compile, evaluate, and what an expression mentions. */
#include "server/expression/expression.h"

#include <string.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "server/expression/node.h"

static const struct {
    enum kind kind;
    uint8_t scale;
} wanted_kinds[] = {
    [VALUE_TEXT] = {KIND_TEXT, 0},           [VALUE_NUMBER] = {KIND_DECIMAL, 0},
    [VALUE_AMOUNT] = {KIND_AMOUNT, 2},       [VALUE_RATE] = {KIND_DECIMAL, 6},
    [VALUE_DATE] = {KIND_DATE, 0},           [VALUE_TIME] = {KIND_TIME, 0},
    [VALUE_CODE] = {KIND_CODE, 0},           [VALUE_FLAG] = {KIND_FLAG, 0},
    [VALUE_REFERENCE] = {KIND_REFERENCE, 0}, [VALUE_LINES] = {KIND_LINES, 0},
};

static enum value_type natural_type(const struct node *node)
{
    static const enum value_type types[] = {
        [KIND_NULL] = VALUE_FLAG,      [KIND_LITERAL] = VALUE_NUMBER,
        [KIND_DECIMAL] = VALUE_NUMBER, [KIND_AMOUNT] = VALUE_AMOUNT,
        [KIND_TEXT] = VALUE_TEXT,      [KIND_DATE] = VALUE_DATE,
        [KIND_TIME] = VALUE_TIME,      [KIND_CODE] = VALUE_CODE,
        [KIND_FLAG] = VALUE_FLAG,      [KIND_REFERENCE] = VALUE_REFERENCE,
        [KIND_DURATION] = VALUE_LINES, [KIND_LINES] = VALUE_LINES,
    };
    enum value_type type = types[node->kind];
    return type == VALUE_NUMBER && node->scale > 0 ? VALUE_RATE : type;
}

static bool check_result(struct compilation *compilation, struct node *root, enum value_type wanted)
{
    if (wanted == 0)
        wanted = natural_type(root);
    compilation->expression->type = wanted;
    if (wanted == VALUE_LINES || root->kind == KIND_DURATION || root->kind == KIND_LINES) {
        compilation_fail(compilation, "expression.type", root, kind_names[root->kind], "value");
        return false;
    }
    if (!node_expect(compilation, root, wanted_kinds[wanted].kind))
        return false;
    if (kind_is_decimal(root->kind) && root->scale > wanted_kinds[wanted].scale) {
        compilation_fail(compilation, "expression.needs_round", root, value_type_names[wanted],
                         NULL);
        return false;
    }
    return true;
}

struct expression *expression_compile(const char *text,
                                      const struct expression_environment *environment,
                                      enum value_type wanted, struct arena *arena,
                                      struct expression_error *error)
{
    struct expression_error ignored = {.name = NULL};
    struct expression *expression = ARENA_NEW(arena, struct expression);
    struct compilation compilation = {
        .arena = arena,
        .text = text,
        .environment = environment,
        .error = error ? error : &ignored,
        .expression = expression,
    };
    *compilation.error = (struct expression_error){.name = NULL};
    expression->environment = environment;
    size_t length = strlen(text);
    if (length > EXPRESSION_LENGTH_LIMIT)
        return compilation_fail(&compilation, "expression.too_long", NULL, NULL, NULL);
    if (!utf8_valid(text, length))
        return compilation_fail(&compilation, "expression.encoding", NULL, NULL, NULL);
    struct node *root = expression_parse(&compilation);
    if (!root)
        return NULL;
    root = node_check(&compilation, root, NULL);
    if (!root || !check_result(&compilation, root, wanted))
        return NULL;
    expression->root = root;
    return expression;
}

enum value_type expression_type(const struct expression *expression)
{
    return expression->type;
}

/* The stored form of a decimal: fen, millionths, a whole number. */
static bool store_decimal(enum value_type type, const struct node *root, wide decimal,
                          struct value *result)
{
    const wide rate_limit = (wide)1000000000000000000;
    if (!decimal_rescale(decimal, root->scale, wanted_kinds[type].scale, &decimal))
        return false;
    if (type == VALUE_RATE ? decimal >= rate_limit || decimal <= -rate_limit
                           : decimal > INT64_MAX || decimal < INT64_MIN)
        return false;
    result->integer = (int64_t)decimal;
    return true;
}

bool expression_evaluate(const struct expression *expression, const struct expression_input *input,
                         struct arena *arena, struct value *result, const char **fault)
{
    struct evaluation evaluation = {
        .input = input,
        .arena = arena,
        .zone_offset = expression->environment->zone_offset,
    };
    struct datum datum;
    *result = (struct value){.presence = VALUE_CLEARED};
    bool fine = node_evaluate(&evaluation, expression->root, &datum);
    if (fine && !datum.null) {
        result->presence = VALUE_PRESENT;
        if (expression->type == VALUE_TEXT)
            result->text = datum.text;
        else if (!kind_is_decimal(expression->root->kind))
            result->integer = datum.integer;
        else if (!store_decimal(expression->type, expression->root, datum.decimal, result)) {
            result->presence = VALUE_CLEARED;
            evaluation.fault = "expression.out_of_range";
            fine = false;
        }
        /* struct value promises a text beside every reference. */
        if (expression->type == VALUE_REFERENCE)
            result->text = "";
    }
    if (fault)
        *fault = evaluation.fault;
    return fine;
}

bool expression_met(const struct expression *expression, const struct expression_input *input,
                    struct arena *arena, const char **fault)
{
    struct value result;
    return expression_evaluate(expression, input, arena, &result, fault) &&
           result.presence == VALUE_PRESENT && result.integer != 0;
}

size_t expression_fields(const struct expression *expression,
                         const struct expression_mention **mentions)
{
    *mentions = expression->mentions;
    return expression->mention_count;
}
