/* The type checker: names, kinds, units and scales of operators; constants are folded. */
#include <string.h>

#include "protocol/arena.h"
#include "server/expression/calendar.h"
#include "server/expression/node.h"

const char *const kind_names[] = {
    [KIND_NULL] = "null",           [KIND_LITERAL] = "number",    [KIND_DECIMAL] = "number",
    [KIND_AMOUNT] = "amount",       [KIND_TEXT] = "text",         [KIND_DATE] = "date",
    [KIND_TIME] = "time",           [KIND_CODE] = "code",         [KIND_FLAG] = "flag",
    [KIND_REFERENCE] = "reference", [KIND_DURATION] = "duration", [KIND_LINES] = "lines",
};

bool kind_is_decimal(enum kind kind)
{
    return kind == KIND_LITERAL || kind == KIND_DECIMAL || kind == KIND_AMOUNT;
}

bool kind_is_ordered(enum kind kind)
{
    return kind_is_decimal(kind) || kind == KIND_TEXT || kind == KIND_DATE || kind == KIND_TIME;
}

bool kind_sum(enum kind one, enum kind other, enum kind *result)
{
    *result = one == KIND_LITERAL ? other : one;
    return one == other || one == KIND_LITERAL || other == KIND_LITERAL;
}

bool kind_product(enum kind one, enum kind other, enum kind *result)
{
    *result = one == KIND_AMOUNT || other == KIND_AMOUNT ? KIND_AMOUNT
              : one == KIND_LITERAL                      ? other
                                                         : one;
    return one != KIND_AMOUNT || other != KIND_AMOUNT;
}

bool kind_quotient(enum kind one, enum kind other, enum kind *result)
{
    if (other == KIND_AMOUNT) {
        *result = KIND_DECIMAL;
        return one == KIND_AMOUNT;
    }
    return kind_product(one, other, result);
}

struct node *node_become(struct node *node, const struct node *other)
{
    size_t position = node->position, length = node->length;
    *node = *other;
    node->position = position;
    node->length = length;
    return node;
}

static struct node *become_integer(struct node *node, enum kind kind, int64_t integer)
{
    node_become(
        node,
        &(struct node){
            .node = NODE_LITERAL, .kind = kind, .checked = true, .integer = integer, .size = 1});
    return node;
}

struct node *node_nullify(struct node *node)
{
    const char *codes = node->codes;
    uint8_t scale = node->scale;
    become_integer(node, node->kind, 0);
    node->codes = codes;
    node->scale = scale;
    node->null = true;
    return node;
}

static bool is_null(const struct node *node)
{
    return node->node == NODE_LITERAL && node->null;
}

static bool is_constant(const struct node *node)
{
    if (node->node == NODE_DURATION)
        return node->arguments[0]->node == NODE_LITERAL;
    return node->node == NODE_LITERAL;
}

static bool foldable(const struct node *node)
{
    switch (node->node) {
    case NODE_LITERAL:
    case NODE_NAME:
    case NODE_FIELD:
    case NODE_DURATION:
    case NODE_AGGREGATE:
        return false;
    case NODE_CALL:
        if (node->operation == FUNCTION_TODAY || node->operation == FUNCTION_NOW ||
            node->operation == FUNCTION_AGE)
            return false;
        break;
    default:
        break;
    }
    for (size_t i = 0; i < node->count; i++)
        if (!is_constant(node->arguments[i]))
            return false;
    return true;
}

struct node *node_settle(struct compilation *compilation, struct node *node)
{
    node->checked = true;
    node->size = 1;
    for (size_t i = 0; i < node->count; i++)
        if (node->arguments[i])
            node->size += node->arguments[i]->size;
    if (node->size > EXPRESSION_SIZE_LIMIT)
        return compilation_fail(compilation, "expression.too_large", node, NULL, NULL);
    if (!foldable(node))
        return node;
    const struct expression_input nothing = {.count = 0};
    struct evaluation evaluation = {
        .input = &nothing,
        .arena = compilation->arena,
        .zone_offset = compilation->environment->zone_offset,
    };
    struct datum datum = {.null = false};
    if (!node_evaluate(&evaluation, node, &datum))
        return compilation_fail(compilation, evaluation.fault, node, NULL, NULL);
    if (datum.null)
        return node_nullify(node);
    uint8_t scale = node->scale;
    become_integer(node, node->kind, 0);
    if (kind_is_decimal(node->kind)) {
        node->decimal = datum.decimal;
        node->scale = scale;
    } else if (node->kind == KIND_TEXT) {
        node->text = datum.text;
    } else {
        node->integer = datum.integer;
    }
    /* Literals are handed to the database as text, with years of four digits. */
    int64_t days = node->kind == KIND_TIME ? calendar_day_of_time(node->integer, 0) : node->integer;
    if ((node->kind == KIND_DATE || node->kind == KIND_TIME) &&
        (days < value_days_from_civil(1, 1, 1) || days > value_days_from_civil(9999, 12, 31)))
        return compilation_fail(compilation, "expression.out_of_range", node, NULL, NULL);
    return node;
}

static bool fail_kind(struct compilation *compilation, const struct node *node, const char *wanted)
{
    return compilation_fail(compilation, "expression.type", node, kind_names[node->kind], wanted);
}

bool node_expect(struct compilation *compilation, struct node *node, enum kind kind)
{
    if (node->kind == kind)
        return true;
    if (node->kind == KIND_NULL || (node->kind == KIND_LITERAL && kind_is_decimal(kind))) {
        node->kind = kind;
        return true;
    }
    if (kind == KIND_LITERAL && kind_is_decimal(node->kind))
        return true;
    if (node->kind == KIND_LITERAL && node->node == NODE_LITERAL && node->scale == 0 &&
        (kind == KIND_CODE || kind == KIND_REFERENCE)) {
        /* A literal has 18 digits at the most, but a folded sum may have more. */
        if (node->decimal > INT64_MAX || node->decimal < INT64_MIN)
            return compilation_fail(compilation, "expression.out_of_range", node, NULL, NULL);
        node->kind = kind;
        node->integer = (int64_t)node->decimal;
        return true;
    }
    if (kind_is_decimal(kind) && kind_is_decimal(node->kind))
        return compilation_fail(compilation, "expression.units", node, kind_names[node->kind],
                                kind_names[kind]);
    return fail_kind(compilation, node, kind_names[kind]);
}

struct node *node_rescale(struct compilation *compilation, struct node *node, unsigned scale)
{
    if (node->scale == scale)
        return node;
    if (scale > DECIMAL_SCALE_LIMIT)
        return compilation_fail(compilation, "expression.scale", node, NULL, NULL);
    struct node *rescaled = node_create(compilation, NODE_RESCALE, 1, node->position, node->length);
    rescaled->arguments[0] = node;
    rescaled->kind = node->kind;
    rescaled->scale = (uint8_t)scale;
    return node_settle(compilation, rescaled);
}

static void remember(struct compilation *compilation, const char *path, bool inner,
                     const struct expression_field *field)
{
    struct expression *expression = compilation->expression;
    const char *lines = inner ? compilation->lines_path : NULL;
    for (size_t i = 0; i < expression->mention_count; i++) {
        const struct expression_mention *mention = &expression->mentions[i];
        bool same_lines =
            lines && mention->lines ? strcmp(lines, mention->lines) == 0 : lines == mention->lines;
        if (same_lines && strcmp(path, mention->path) == 0)
            return;
    }
    if (expression->mention_count == compilation->mention_capacity) {
        size_t capacity = compilation->mention_capacity * 2 + 8;
        struct expression_mention *grown =
            ARENA_ARRAY(compilation->arena, struct expression_mention, capacity);
        if (expression->mention_count > 0)
            memcpy(grown, expression->mentions, expression->mention_count * sizeof *grown);
        expression->mentions = grown;
        compilation->mention_capacity = capacity;
    }
    expression->mentions[expression->mention_count++] =
        (struct expression_mention){.path = path, .lines = lines, .field = *field};
}

static const struct expression_field *resolve_in(struct compilation *compilation,
                                                 const struct expression_environment *environment,
                                                 const char *path, bool inner)
{
    struct expression_field field = {.slot = 0};
    if (!environment->resolve || !environment->resolve(environment->context, path, &field))
        return NULL;
    struct expression_field *kept = ARENA_NEW(compilation->arena, struct expression_field);
    *kept = field;
    remember(compilation, path, inner, kept);
    return kept;
}

const struct expression_field *name_resolve(struct compilation *compilation, const char *path,
                                            bool *inner)
{
    *inner = false;
    if (compilation->lines) {
        *inner = true;
        size_t length = strlen(compilation->lines_path);
        if (strncmp(path, compilation->lines_path, length) == 0 && path[length] == '.')
            return resolve_in(compilation, compilation->lines->lines, path + length + 1, true);
        const struct expression_field *field =
            resolve_in(compilation, compilation->lines->lines, path, true);
        if (field)
            return field;
        *inner = false;
    }
    return resolve_in(compilation, compilation->environment, path, false);
}

static const struct {
    enum kind kind;
    uint8_t scale;
} field_kinds[] = {
    [VALUE_TEXT] = {KIND_TEXT, 0},           [VALUE_NUMBER] = {KIND_DECIMAL, 0},
    [VALUE_AMOUNT] = {KIND_AMOUNT, 2},       [VALUE_RATE] = {KIND_DECIMAL, 6},
    [VALUE_DATE] = {KIND_DATE, 0},           [VALUE_TIME] = {KIND_TIME, 0},
    [VALUE_CODE] = {KIND_CODE, 0},           [VALUE_FLAG] = {KIND_FLAG, 0},
    [VALUE_REFERENCE] = {KIND_REFERENCE, 0}, [VALUE_LINES] = {KIND_LINES, 0},
};

static bool member(struct compilation *compilation, struct node *node, const char *codes)
{
    const struct expression_environment *environment = compilation->environment;
    int64_t number;
    if (!codes || !environment->code ||
        !environment->code(environment->context, codes, node->text, &number))
        return false;
    become_integer(node, KIND_CODE, number);
    node->codes = codes;
    return true;
}

static struct node *check_name(struct compilation *compilation, struct node *node,
                               const char *codes)
{
    if (member(compilation, node, codes))
        return node;
    bool inner;
    const struct expression_field *field = name_resolve(compilation, node->text, &inner);
    if (!field && codes)
        return compilation_fail(compilation, "expression.unknown_code", node, node->text, codes);
    if (!field || field->type < VALUE_TEXT || field->type > VALUE_LINES)
        return compilation_fail(compilation, "expression.unknown_name", node, node->text, NULL);
    node->node = NODE_FIELD;
    node->kind = field_kinds[field->type].kind;
    node->scale = field_kinds[field->type].scale;
    node->codes = field->codes;
    node->field = field;
    node->inner = inner;
    return node_settle(compilation, node);
}

/* Both code lists must be the same; a number fits any. */
static bool same_codes(struct compilation *compilation, const struct node *node,
                       const char *const codes)
{
    if (!node->codes || !codes || strcmp(node->codes, codes) == 0)
        return true;
    return compilation_fail(compilation, "expression.type", node, node->codes, codes);
}

enum kind node_unify(struct compilation *compilation, struct node *node, size_t from,
                     const char *codes, bool same_scale)
{
    enum kind kind = KIND_NULL;
    unsigned scale = 0;
    for (size_t i = from; i < node->count; i++) {
        struct node *argument = node_check(compilation, node->arguments[i], codes);
        if (!argument)
            return KIND_NULL;
        if (argument->kind == KIND_LINES || argument->kind == KIND_DURATION) {
            fail_kind(compilation, argument, "value");
            return KIND_NULL;
        }
        if (kind == KIND_NULL || (kind == KIND_LITERAL && argument->kind != KIND_NULL))
            kind = argument->kind;
        if (argument->codes && !codes)
            codes = argument->codes;
        if (kind_is_decimal(argument->kind) && argument->scale > scale)
            scale = argument->scale;
    }
    if (kind == KIND_NULL)
        kind = KIND_LITERAL;
    for (size_t i = from; i < node->count; i++) {
        struct node *argument = node->arguments[i];
        if (!node_expect(compilation, argument, kind) ||
            (kind == KIND_CODE && !same_codes(compilation, argument, codes)))
            return KIND_NULL;
        if (same_scale && kind_is_decimal(kind)) {
            node->arguments[i] = node_rescale(compilation, argument, scale);
            if (!node->arguments[i])
                return KIND_NULL;
        }
    }
    return kind;
}

/* Lets the side that has a code list explain the names of the other. */
static bool check_pair(struct compilation *compilation, struct node *node)
{
    struct node *one = node->arguments[0], *other = node->arguments[node->count - 1];
    bool inner;
    if (!one->checked && (one->node == NODE_NAME ? !name_resolve(compilation, one->text, &inner)
                                                 : one->node == NODE_LITERAL)) {
        struct node *swap = one;
        one = other;
        other = swap;
    }
    if (!node_check(compilation, one, NULL))
        return false;
    return node_check(compilation, other, one->kind == KIND_CODE ? one->codes : NULL);
}

static struct node *check_compare(struct compilation *compilation, struct node *node)
{
    if (!check_pair(compilation, node))
        return NULL;
    enum kind kind = node_unify(compilation, node, 0, NULL, false);
    if (kind == KIND_NULL)
        return NULL;
    bool equality = node->operation == COMPARE_EQUAL || node->operation == COMPARE_UNEQUAL;
    if (!equality && !kind_is_ordered(kind)) {
        fail_kind(compilation, node->arguments[0], "ordered");
        return NULL;
    }
    node->kind = KIND_FLAG;
    if (is_null(node->arguments[0]) || is_null(node->arguments[node->count - 1]))
        return node_nullify(node);
    return node_settle(compilation, node);
}

/* Items that are not literals become a chain of comparisons, computed from left to right. */
static struct node *check_in(struct compilation *compilation, struct node *node)
{
    struct node *subject = node_check(compilation, node->arguments[0], NULL);
    if (!subject)
        return NULL;
    if (node_unify(compilation, node, 0, subject->codes, false) == KIND_NULL)
        return NULL;
    node->kind = KIND_FLAG;
    bool literals = true;
    for (size_t i = 1; i < node->count; i++)
        literals =
            literals && node->arguments[i]->node == NODE_LITERAL && !node->arguments[i]->null;
    if (literals && !is_null(subject))
        return node_settle(compilation, node);
    struct node *chain = NULL;
    for (size_t i = 1; i < node->count; i++) {
        struct node *equal =
            node_create(compilation, NODE_COMPARE, 2, node->position, node->length);
        equal->arguments[0] = subject;
        equal->arguments[1] = node->arguments[i];
        equal->operation = COMPARE_EQUAL;
        if (chain) {
            struct node *either =
                node_create(compilation, NODE_OR, 2, node->position, node->length);
            either->arguments[0] = chain;
            either->arguments[1] = equal;
            chain = either;
        } else {
            chain = equal;
        }
        /* Settled at once, so that a long list does not recurse. */
        if (!node_check(compilation, chain, NULL))
            return NULL;
    }
    return chain ? node_become(node, chain) : NULL;
}

static struct node *check_logic(struct compilation *compilation, struct node *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (!node_check(compilation, node->arguments[i], NULL) ||
            !node_expect(compilation, node->arguments[i], KIND_FLAG))
            return NULL;
    node->kind = KIND_FLAG;
    if (node->node == NODE_NOT)
        return node_settle(compilation, node);
    /* The database drops what cannot matter before it computes, and so do we. */
    int64_t decisive = node->node == NODE_OR;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *argument = node->arguments[i];
        if (argument->node == NODE_LITERAL && !argument->null)
            return argument->integer == decisive
                       ? node_become(node, argument)
                       : node_become(node, node->arguments[node->count - 1 - i]);
    }
    return node_settle(compilation, node);
}

struct node *node_arithmetic(struct compilation *compilation, enum node_type type, struct node *one,
                             struct node *other, enum kind kind)
{
    unsigned scale;
    if (type == NODE_MULTIPLY) {
        scale = (unsigned)one->scale + other->scale;
    } else {
        scale = one->scale > other->scale ? one->scale : other->scale;
        one = node_rescale(compilation, one, scale);
        other = node_rescale(compilation, other, scale);
    }
    if (!one || !other)
        return NULL;
    struct node *node =
        node_create(compilation, type, type == NODE_NEGATE ? 1 : 2, one->position, one->length);
    node->arguments[0] = one;
    node->arguments[node->count - 1] = other;
    node->kind = kind;
    if (scale > DECIMAL_SCALE_LIMIT)
        return compilation_fail(compilation, "expression.scale", other, NULL, NULL);
    node->scale = (uint8_t)scale;
    if (is_null(one) || is_null(other))
        return node_nullify(node);
    return node_settle(compilation, node);
}

/* Date or time and duration. */
static struct node *check_shift(struct compilation *compilation, struct node *node)
{
    struct node *moment = node->arguments[0], *duration = node->arguments[node->count - 1];
    if (moment->kind == KIND_NULL)
        moment->kind = KIND_DATE;
    bool clock = duration->operation == UNIT_HOUR || duration->operation == UNIT_MINUTE;
    if ((moment->kind != KIND_DATE && moment->kind != KIND_TIME) ||
        (clock && moment->kind == KIND_DATE)) {
        fail_kind(compilation, moment, clock ? "time" : "date");
        return NULL;
    }
    node->operation = node->node == NODE_SUBTRACT;
    node->node = NODE_SHIFT;
    node->kind = moment->kind;
    if (is_null(moment) || is_null(duration->arguments[0]))
        return node_nullify(node);
    return node_settle(compilation, node);
}

static struct node *check_arithmetic(struct compilation *compilation, struct node *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (!node_check(compilation, node->arguments[i], NULL))
            return NULL;
    struct node *one = node->arguments[0], *other = node->arguments[node->count - 1];
    if (other->kind == KIND_DURATION && node->count == 2 && node->node != NODE_MULTIPLY)
        return check_shift(compilation, node);
    for (size_t i = 0; i < node->count; i++)
        if (!node_expect(compilation, node->arguments[i], KIND_LITERAL))
            return NULL;
    enum kind kind;
    bool (*combine)(enum kind, enum kind, enum kind *) =
        node->node == NODE_MULTIPLY ? kind_product : kind_sum;
    if (!combine(one->kind, other->kind, &kind))
        return compilation_fail(compilation, "expression.units", node, kind_names[one->kind],
                                kind_names[other->kind]);
    struct node *result = node_arithmetic(compilation, node->node, one, other, kind);
    return result ? node_become(node, result) : NULL;
}

static struct node *check_duration(struct compilation *compilation, struct node *node)
{
    struct node *amount = node_check(compilation, node->arguments[0], NULL);
    if (!amount || !node_expect(compilation, amount, KIND_DECIMAL))
        return NULL;
    if (amount->scale > 0)
        return compilation_fail(compilation, "expression.needs_round", amount, "number", NULL);
    node->kind = KIND_DURATION;
    return node_settle(compilation, node);
}

struct node *node_check(struct compilation *compilation, struct node *node, const char *codes)
{
    if (node->checked)
        return node;
    switch (node->node) {
    case NODE_LITERAL:
        if (node->kind == KIND_TEXT && codes && !member(compilation, node, codes))
            return compilation_fail(compilation, "expression.unknown_code", node, node->text,
                                    codes);
        return node_settle(compilation, node);
    case NODE_NAME:
        return check_name(compilation, node, codes);
    case NODE_AND:
    case NODE_OR:
    case NODE_NOT:
        return check_logic(compilation, node);
    case NODE_COMPARE:
        return check_compare(compilation, node);
    case NODE_IS_NULL:
        if (node_unify(compilation, node, 0, NULL, false) == KIND_NULL)
            return NULL;
        node->kind = KIND_FLAG;
        return node_settle(compilation, node);
    case NODE_IN:
        return check_in(compilation, node);
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
    case NODE_NEGATE:
        return check_arithmetic(compilation, node);
    case NODE_DIVIDE:
        return compilation_fail(compilation, "expression.division_outside_round", node, NULL, NULL);
    case NODE_DURATION:
        return check_duration(compilation, node);
    case NODE_CALL:
        return call_check(compilation, node, codes);
    case NODE_FIELD:
    case NODE_RESCALE:
    case NODE_ROUND:
    case NODE_SHIFT:
    case NODE_AGGREGATE:
        break; /* made by the checker, and so checked */
    }
    return node;
}
