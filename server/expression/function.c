/* What the functions of the language compute, for one record. */
#include <string.h>

#include "protocol/arena.h"
#include "server/expression/calendar.h"
#include "server/expression/node.h"

static bool out_of_range(struct evaluation *evaluation)
{
    evaluation->fault = "expression.out_of_range";
    return false;
}

static int order(const struct node *node, const struct datum *one, const struct datum *other)
{
    if (kind_is_decimal(node->kind))
        return (one->decimal > other->decimal) - (one->decimal < other->decimal);
    if (node->kind == KIND_TEXT)
        return strcmp(one->text, other->text);
    return (one->integer > other->integer) - (one->integer < other->integer);
}

/* Nulls are left out, as in GREATEST(); all arguments are computed. */
static bool extreme(struct evaluation *evaluation, const struct node *node, struct datum *result)
{
    int wanted = node->operation == FUNCTION_LEAST ? -1 : 1;
    result->null = true;
    for (size_t i = 0; i < node->count; i++) {
        struct datum datum;
        if (!node_evaluate(evaluation, node->arguments[i], &datum))
            return false;
        if (!datum.null && (result->null || order(node, &datum, result) * wanted > 0))
            *result = datum;
    }
    return true;
}

static bool choose(struct evaluation *evaluation, const struct node *node, struct datum *result)
{
    struct datum other;
    switch ((enum function)node->operation) {
    case FUNCTION_IF:
        if (!node_evaluate(evaluation, node->arguments[0], &other))
            return false;
        return node_evaluate(evaluation, node->arguments[!other.null && other.integer ? 1 : 2],
                             result);
    case FUNCTION_NULLIF:
        if (!node_evaluate(evaluation, node->arguments[0], result) ||
            !node_evaluate(evaluation, node->arguments[1], &other))
            return false;
        if (!result->null && !other.null && order(node, result, &other) == 0)
            result->null = true;
        return true;
    default:
        for (size_t i = 0; i < node->count; i++) {
            if (!node_evaluate(evaluation, node->arguments[i], result))
                return false;
            if (!result->null)
                return true;
        }
        return true;
    }
}

/* Only ASCII letters: what else a letter is depends on the locale of the database. */
static const char *change_case(struct arena *arena, const char *text, char first, int step)
{
    char *copy = arena_string(arena, text);
    for (char *byte = copy; *byte; byte++)
        if (*byte >= first && *byte <= first + 25)
            *byte = (char)(*byte + step);
    return copy;
}

static wide count_characters(const char *text)
{
    wide count = 0;
    for (; *text; text++)
        count += (*text & 0xC0) != 0x80;
    return count;
}

static void evaluate_text(struct evaluation *evaluation, const struct node *node,
                          const struct datum *arguments, struct datum *result)
{
    const char *text = arguments[0].text;
    switch ((enum function)node->operation) {
    case FUNCTION_LENGTH:
        result->decimal = count_characters(text);
        break;
    case FUNCTION_UPPER:
        result->text = change_case(evaluation->arena, text, 'a', 'A' - 'a');
        break;
    case FUNCTION_LOWER:
        result->text = change_case(evaluation->arena, text, 'A', 'a' - 'A');
        break;
    case FUNCTION_STARTS_WITH:
        result->integer = strncmp(text, arguments[1].text, strlen(arguments[1].text)) == 0;
        break;
    default: /* contains */
        result->integer = strstr(text, arguments[1].text) != NULL;
        break;
    }
}

static bool evaluate_between(struct evaluation *evaluation, enum function function, int64_t from,
                             int64_t to, struct datum *result)
{
    switch (function) {
    case FUNCTION_DAYS_BETWEEN:
        result->decimal = (wide)to - from;
        return true;
    case FUNCTION_HOURS_BETWEEN:
        result->decimal = ((wide)to - from) / 3600000000;
        return true;
    case FUNCTION_MINUTES_BETWEEN:
        result->decimal = ((wide)to - from) / 60000000;
        return true;
    default:
        if (!calendar_date_valid(from) || !calendar_date_valid(to))
            return out_of_range(evaluation);
        result->decimal = calendar_months_between(from, to);
        if (function != FUNCTION_MONTHS_BETWEEN)
            result->decimal /= 12;
        return true;
    }
}

static void evaluate_part(const struct evaluation *evaluation, enum function function,
                          int64_t moment, struct datum *result)
{
    int year, month, day;
    if (function == FUNCTION_HOUR_OF) {
        int64_t days = calendar_day_of_time(moment, evaluation->zone_offset);
        int64_t clock = moment + (int64_t)evaluation->zone_offset * 1000000 - days * CALENDAR_DAY;
        result->decimal = clock / 3600000000;
        return;
    }
    if (function == FUNCTION_WEEKDAY) {
        result->decimal = calendar_weekday(moment);
        return;
    }
    calendar_civil(moment, &year, &month, &day);
    /* There is no year 0: the database calls it -1. */
    result->decimal = function == FUNCTION_DAY_OF     ? day
                      : function == FUNCTION_MONTH_OF ? month
                      : year > 0                      ? year
                                                      : year - 1;
}

static bool evaluate_plain(struct evaluation *evaluation, const struct node *node,
                           struct datum *result)
{
    struct datum arguments[2] = {{.null = false}, {.null = false}};
    enum function function = (enum function)node->operation;
    result->null = false;
    for (size_t i = 0; i < node->count && i < 2; i++) {
        if (!node_evaluate(evaluation, node->arguments[i], &arguments[i]))
            return false;
        result->null = result->null || arguments[i].null;
    }
    if (result->null)
        return true;
    int64_t now = evaluation->input->now;
    switch (function) {
    case FUNCTION_ABS:
        result->decimal = arguments[0].decimal < 0 ? -arguments[0].decimal : arguments[0].decimal;
        return true;
    case FUNCTION_YUAN:
    case FUNCTION_AMOUNT:
        result->decimal = arguments[0].decimal;
        return true;
    case FUNCTION_NOW:
        result->integer = now;
        return true;
    case FUNCTION_TODAY:
        result->integer = calendar_day_of_time(now, evaluation->zone_offset);
        return true;
    case FUNCTION_DATE_OF:
        result->integer = calendar_day_of_time(arguments[0].integer, evaluation->zone_offset);
        return true;
    case FUNCTION_AGE:
        return evaluate_between(evaluation, function, arguments[0].integer,
                                calendar_day_of_time(now, evaluation->zone_offset), result);
    case FUNCTION_YEARS_BETWEEN:
    case FUNCTION_MONTHS_BETWEEN:
    case FUNCTION_DAYS_BETWEEN:
    case FUNCTION_HOURS_BETWEEN:
    case FUNCTION_MINUTES_BETWEEN:
        return evaluate_between(evaluation, function, arguments[0].integer, arguments[1].integer,
                                result);
    case FUNCTION_YEAR_OF:
    case FUNCTION_MONTH_OF:
    case FUNCTION_DAY_OF:
    case FUNCTION_WEEKDAY:
    case FUNCTION_HOUR_OF:
        evaluate_part(evaluation, function, arguments[0].integer, result);
        return true;
    default:
        evaluate_text(evaluation, node, arguments, result);
        return true;
    }
}

bool call_evaluate(struct evaluation *evaluation, const struct node *node, struct datum *result)
{
    switch ((enum function)node->operation) {
    case FUNCTION_LEAST:
    case FUNCTION_GREATEST:
        return extreme(evaluation, node, result);
    case FUNCTION_IF:
    case FUNCTION_NULLIF:
    case FUNCTION_COALESCE:
        return choose(evaluation, node, result);
    default:
        return evaluate_plain(evaluation, node, result);
    }
}
