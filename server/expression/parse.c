/* The grammar: recursive descent from `or` down to literals. Knows no names and no types. */
#include <string.h>

#include "protocol/arena.h"
#include "server/expression/calendar.h"
#include "server/expression/node.h"
#include "server/expression/token.h"

enum { DIGIT_LIMIT = 18, ARGUMENT_LIMIT = 1000, TREE_LIMIT = 500 };

struct parser {
    struct compilation *compilation;
    const char *text;
    struct token token; /* the next one, not taken yet */
    size_t end;         /* of the last one taken */
};

static struct node *parse_or(struct parser *parser);

void *compilation_fail(struct compilation *compilation, const char *name, const struct node *node,
                       const char *one, const char *other)
{
    if (!compilation->failed) {
        compilation->failed = true;
        *compilation->error = (struct expression_error){
            .name = name,
            .position = node ? node->position : 0,
            .length = node ? node->length : 0,
            .parameters = {one, other},
        };
    }
    return NULL;
}

struct node *node_create(struct compilation *compilation, enum node_type type, size_t count,
                         size_t position, size_t length)
{
    struct node *node = ARENA_NEW(compilation->arena, struct node);
    node->node = type;
    node->count = (uint16_t)count;
    node->position = position;
    node->length = length;
    node->size = 1;
    if (count > 0)
        node->arguments = ARENA_ARRAY(compilation->arena, struct node *, count);
    return node;
}

static void take(struct parser *parser)
{
    parser->end = parser->token.position + parser->token.length;
    parser->token = token_next(parser->text, parser->end);
}

static bool at_word(const struct parser *parser, const char *word)
{
    return token_is_word(parser->text, &parser->token, word);
}

static bool take_word(struct parser *parser, const char *word)
{
    if (!at_word(parser, word))
        return false;
    take(parser);
    return true;
}

static bool take_sign(struct parser *parser, const char *sign)
{
    if (!token_is_sign(&parser->token, sign))
        return false;
    take(parser);
    return true;
}

static const char *token_text(struct parser *parser)
{
    return arena_copy(parser->compilation->arena, parser->text + parser->token.position,
                      parser->token.length);
}

/* At the next token; expected: what should stand there, NULL if that is much. */
static void *fail_here(struct parser *parser, const char *name, const char *expected)
{
    bool syntax = strcmp(name, "expression.unexpected") == 0;
    if (syntax && parser->token.type == TOKEN_END)
        name = "expression.incomplete";
    else if (syntax && expected)
        name = "expression.expected";
    struct node here = {.position = parser->token.position, .length = parser->token.length};
    return compilation_fail(parser->compilation, name, &here, token_text(parser), expected);
}

static bool expect_sign(struct parser *parser, const char *sign)
{
    return take_sign(parser, sign) || fail_here(parser, "expression.unexpected", sign);
}

static bool expect_word(struct parser *parser, const char *word)
{
    return take_word(parser, word) || fail_here(parser, "expression.unexpected", word);
}

/* A chain such as a + b + c … nests without parentheses, so that trees have a limit of their own.
 */
static struct node *deepen(struct parser *parser, struct node *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->arguments[i]->depth >= node->depth)
            node->depth = (uint16_t)(node->arguments[i]->depth + 1);
    if (node->where && node->where->depth >= node->depth)
        node->depth = (uint16_t)(node->where->depth + 1);
    if (node->depth > TREE_LIMIT)
        return compilation_fail(parser->compilation, "expression.too_deep", node, NULL, NULL);
    return node;
}

/* A node whose text begins with its first argument and ends with the last token taken. */
static struct node *join(struct parser *parser, enum node_type type, struct node *one,
                         struct node *other)
{
    if (!one || !other)
        return NULL;
    struct node *node = node_create(parser->compilation, type, one == other ? 1 : 2, one->position,
                                    parser->end - one->position);
    node->arguments[0] = one;
    node->arguments[node->count - 1] = other;
    return deepen(parser, node);
}

static bool enter(struct parser *parser)
{
    if (parser->compilation->depth++ < EXPRESSION_DEPTH_LIMIT)
        return true;
    fail_here(parser, "expression.too_deep", NULL);
    return false;
}

static void leave(struct parser *parser)
{
    parser->compilation->depth--;
}

static struct node *literal(struct parser *parser, enum kind kind)
{
    struct node *node = node_create(parser->compilation, NODE_LITERAL, 0, parser->token.position,
                                    parser->token.length);
    node->kind = kind;
    return node;
}

static struct node *parse_number(struct parser *parser)
{
    struct node *node = literal(parser, KIND_LITERAL);
    const char *digits = token_text(parser);
    const char *point = strchr(digits, '.');
    size_t scale = point ? strlen(point + 1) : 0;
    if (strlen(digits) - scale - (point ? 1 : 0) > DIGIT_LIMIT || scale > DECIMAL_SCALE_LIMIT)
        return fail_here(parser, "expression.literal", NULL);
    for (const char *digit = digits; *digit; digit++)
        if (*digit != '.')
            node->decimal = node->decimal * 10 + (*digit - '0');
    node->scale = (uint8_t)scale;
    take(parser);
    return node;
}

static struct node *parse_text(struct parser *parser)
{
    struct node *node = literal(parser, KIND_TEXT);
    const char *from = parser->text + parser->token.position + 1;
    char *copy = arena_copy(parser->compilation->arena, from, parser->token.length - 2);
    char *to = copy;
    for (const char *byte = copy; *byte; byte++) {
        *to++ = *byte;
        if (*byte == '\'')
            byte++;
    }
    *to = '\0';
    node->text = copy;
    take(parser);
    return node;
}

/* date '2026-01-31', time '2026-01-31 09:00': the word is taken, the text is next. */
static struct node *parse_moment(struct parser *parser, enum kind kind)
{
    const char *quoted = token_text(parser);
    struct node *node = parse_text(parser);
    int offset = parser->compilation->environment->zone_offset;
    node->kind = kind;
    if (!calendar_read(node->text, kind == KIND_TIME, offset, &node->integer))
        return compilation_fail(parser->compilation, "expression.literal", node, quoted, NULL);
    node->text = NULL;
    return node;
}

static struct node *parse_arguments(struct parser *parser, const char *name, size_t position)
{
    struct node *list[ARGUMENT_LIMIT];
    size_t count = 0;
    struct node *where = NULL;
    if (!token_is_sign(&parser->token, ")")) {
        do {
            if (count == ARGUMENT_LIMIT)
                return fail_here(parser, "expression.too_large", NULL);
            list[count] = parse_or(parser);
            if (!list[count++])
                return NULL;
        } while (take_sign(parser, ","));
        if (take_word(parser, "where") && !(where = parse_or(parser)))
            return NULL;
    }
    if (!expect_sign(parser, ")"))
        return NULL;
    struct node *node =
        node_create(parser->compilation, NODE_CALL, count, position, parser->end - position);
    if (count > 0)
        memcpy(node->arguments, list, count * sizeof(struct node *));
    node->text = name;
    node->where = where;
    return deepen(parser, node);
}

static struct node *parse_word(struct parser *parser)
{
    static const char *const reserved[] = {"and", "or",      "not",   "in",
                                           "is",  "between", "where", "starts"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (at_word(parser, reserved[i]))
            return fail_here(parser, "expression.unexpected", NULL);
    if (at_word(parser, "true") || at_word(parser, "false")) {
        struct node *node = literal(parser, KIND_FLAG);
        node->integer = at_word(parser, "true");
        take(parser);
        return node;
    }
    if (at_word(parser, "null")) {
        struct node *node = literal(parser, KIND_NULL);
        node->null = true;
        take(parser);
        return node;
    }
    if (parser->token.length > EXPRESSION_NAME_LIMIT)
        return fail_here(parser, "expression.unknown_name", NULL);
    struct token word = parser->token;
    const char *name = token_text(parser);
    take(parser);
    if (parser->token.type == TOKEN_TEXT && strcmp(name, "date") == 0)
        return parse_moment(parser, KIND_DATE);
    if (parser->token.type == TOKEN_TEXT && strcmp(name, "time") == 0)
        return parse_moment(parser, KIND_TIME);
    if (take_sign(parser, "("))
        return parse_arguments(parser, name, word.position);
    struct node *node = node_create(parser->compilation, NODE_NAME, 0, word.position, word.length);
    node->text = name;
    return node;
}

static struct node *parse_primary(struct parser *parser)
{
    struct node *node;
    switch (parser->token.type) {
    case TOKEN_NUMBER:
        return parse_number(parser);
    case TOKEN_TEXT:
        return parse_text(parser);
    case TOKEN_WORD:
        return parse_word(parser);
    case TOKEN_SIGN:
        if (take_sign(parser, "(")) {
            node = parse_or(parser);
            return node && expect_sign(parser, ")") ? node : NULL;
        }
        break;
    case TOKEN_END:
    case TOKEN_BROKEN:
        break;
    }
    return fail_here(parser, "expression.unexpected", NULL);
}

/* A unit behind a value makes it a duration: 3 days, term months. */
static struct node *parse_duration(struct parser *parser)
{
    static const char *const units[UNIT_COUNT][2] = {
        [UNIT_MINUTE] = {"minute", "minutes"}, [UNIT_HOUR] = {"hour", "hours"},
        [UNIT_DAY] = {"day", "days"},          [UNIT_WEEK] = {"week", "weeks"},
        [UNIT_MONTH] = {"month", "months"},    [UNIT_YEAR] = {"year", "years"},
    };
    struct node *node = parse_primary(parser);
    if (!node || parser->token.type != TOKEN_WORD)
        return node;
    for (unsigned unit = 0; unit < UNIT_COUNT; unit++)
        if (take_word(parser, units[unit][0]) || take_word(parser, units[unit][1])) {
            node = join(parser, NODE_DURATION, node, node);
            if (!node)
                return NULL;
            node->operation = (uint8_t)unit;
            return node;
        }
    return node;
}

static struct node *parse_unary(struct parser *parser)
{
    if (!token_is_sign(&parser->token, "-"))
        return parse_duration(parser);
    size_t position = parser->token.position;
    if (!enter(parser))
        return NULL;
    take(parser);
    struct node *argument = parse_unary(parser);
    leave(parser);
    struct node *node = join(parser, NODE_NEGATE, argument, argument);
    if (node) {
        node->length += node->position - position;
        node->position = position;
    }
    return node;
}

static struct node *parse_product(struct parser *parser)
{
    struct node *node = parse_unary(parser);
    while (node && parser->token.type == TOKEN_SIGN) {
        if (take_sign(parser, "*"))
            node = join(parser, NODE_MULTIPLY, node, parse_unary(parser));
        else if (take_sign(parser, "/"))
            node = join(parser, NODE_DIVIDE, node, parse_unary(parser));
        else
            break;
    }
    return node;
}

static struct node *parse_sum(struct parser *parser)
{
    struct node *node = parse_product(parser);
    while (node && parser->token.type == TOKEN_SIGN) {
        if (take_sign(parser, "+"))
            node = join(parser, NODE_ADD, node, parse_product(parser));
        else if (take_sign(parser, "-"))
            node = join(parser, NODE_SUBTRACT, node, parse_product(parser));
        else
            break;
    }
    return node;
}

static struct node *negate(struct parser *parser, bool negated, struct node *node)
{
    return node && negated ? join(parser, NODE_NOT, node, node) : node;
}

static struct node *compare(struct parser *parser, enum comparison comparison, struct node *one,
                            struct node *other)
{
    struct node *node = join(parser, NODE_COMPARE, one, other);
    if (node)
        node->operation = (uint8_t)comparison;
    return node;
}

static struct node *parse_in(struct parser *parser, struct node *subject)
{
    if (!expect_sign(parser, "("))
        return NULL;
    struct node *node = parse_arguments(parser, NULL, subject->position);
    if (!node)
        return NULL;
    if (node->count == 0 || node->where)
        return compilation_fail(parser->compilation, "expression.unexpected", node, ")", NULL);
    struct node *in =
        node_create(parser->compilation, NODE_IN, node->count + 1U, node->position, node->length);
    in->arguments[0] = subject;
    memcpy(in->arguments + 1, node->arguments, node->count * sizeof(struct node *));
    return deepen(parser, in);
}

static struct node *parse_predicate(struct parser *parser, struct node *subject)
{
    bool negated = take_word(parser, "not");
    if (take_word(parser, "in"))
        return negate(parser, negated, parse_in(parser, subject));
    if (take_word(parser, "between")) {
        struct node *low = parse_sum(parser);
        if (!low || !expect_word(parser, "and"))
            return NULL;
        struct node *high = parse_sum(parser);
        struct node *node = join(parser, NODE_AND, compare(parser, COMPARE_LEAST, subject, low),
                                 compare(parser, COMPARE_MOST, subject, high));
        return negate(parser, negated, node);
    }
    if (take_word(parser, "starts")) {
        if (!expect_word(parser, "with"))
            return NULL;
        struct node *node = join(parser, NODE_CALL, subject, parse_sum(parser));
        if (node)
            node->text = "starts_with";
        return negate(parser, negated, node);
    }
    return negated ? fail_here(parser, "expression.unexpected", "in") : subject;
}

static struct node *parse_comparison(struct parser *parser)
{
    static const char *const signs[] = {
        [COMPARE_EQUAL] = "=", [COMPARE_UNEQUAL] = "<>", [COMPARE_LESS] = "<",
        [COMPARE_MOST] = "<=", [COMPARE_MORE] = ">",     [COMPARE_LEAST] = ">=",
    };
    struct node *node = parse_sum(parser);
    if (!node)
        return NULL;
    for (unsigned sign = 0; sign < sizeof signs / sizeof *signs; sign++)
        if (take_sign(parser, signs[sign]))
            return compare(parser, (enum comparison)sign, node, parse_sum(parser));
    if (take_word(parser, "is")) {
        bool negated = take_word(parser, "not");
        if (!expect_word(parser, "null"))
            return NULL;
        node = join(parser, NODE_IS_NULL, node, node);
        if (node)
            node->operation = negated;
        return node;
    }
    return parse_predicate(parser, node);
}

static struct node *parse_not(struct parser *parser)
{
    if (!at_word(parser, "not"))
        return parse_comparison(parser);
    if (!enter(parser))
        return NULL;
    take(parser);
    struct node *node = negate(parser, true, parse_not(parser));
    leave(parser);
    return node;
}

static struct node *parse_and(struct parser *parser)
{
    struct node *node = parse_not(parser);
    while (node && take_word(parser, "and"))
        node = join(parser, NODE_AND, node, parse_not(parser));
    return node;
}

static struct node *parse_or(struct parser *parser)
{
    if (!enter(parser))
        return NULL;
    struct node *node = parse_and(parser);
    while (node && take_word(parser, "or"))
        node = join(parser, NODE_OR, node, parse_and(parser));
    leave(parser);
    return node;
}

struct node *expression_parse(struct compilation *compilation)
{
    struct parser parser = {.compilation = compilation, .text = compilation->text};
    parser.token = token_next(parser.text, 0);
    struct node *node = parse_or(&parser);
    if (node && parser.token.type != TOKEN_END)
        return fail_here(&parser, "expression.unexpected", NULL);
    return node;
}
