/* Segments: a rule in the expression language says who belongs; filling, merging and retiring work
 * on sets, one statement each [10-53 … 10-57]. */
#include <string.h>

#include "server/customer/customer.h"
#include "server/customer/customer_rule.h"

enum { PARAMETER_LIMIT = 24, STATUS_ACTIVE = 2, SOURCE_MANUAL = 2 };

static const struct load merge_loads[] = {
    {.name = "target",
     .sql =
         "SELECT id, code, name, dimension, status FROM segment WHERE id = $1::bigint FOR UPDATE",
     .parameters = "target_id"},
};

/* The segment's size is written behind: two that share the row and then both want to write it would
 * wait for each other. */
static const struct load member_loads[] = {
    {.name = "segment",
     .sql = "SELECT dimension, status, valid_from, valid_to FROM segment WHERE id = $1::bigint FOR "
            "NO KEY UPDATE",
     .parameters = "segment_id"},
    {.name = "elsewhere",
     .sql =
         "SELECT s.code, s.name, m.id, m.segment_id FROM segment_member m JOIN segment s ON s.id = "
         "m.segment_id "
         "WHERE m.customer_id = $1::bigint AND m.valid_to IS NULL "
         "AND m.dimension = (SELECT dimension FROM segment WHERE id = $2::bigint) FOR UPDATE OF m",
     .parameters = "customer_id segment_id"},
};

static struct customer_names segment_names(struct decision_case *c)
{
    return (struct customer_names){
        .c = c, .form = form_by_name(c->forms, "customer"), .alias = "c", .base_alias = "p"};
}

static void segment_save(struct decision_case *c)
{
    const char *rule = record_text(c->after, "rule");
    if (*rule == '\0')
        return;
    struct customer_names names = segment_names(c);
    struct expression_environment environment = customer_environment(&names);
    struct expression_sql sql;
    const struct expression *expression = customer_condition(c, &environment, rule, "rule");
    if (expression != NULL && (!expression_sql(expression, 1, c->arena, &sql) ||
                               sql.parameter_count + 4 > PARAMETER_LIMIT))
        decision_fault(c, "rule", "rule.expression", "1", "expression.too_large", "", NULL);
}

static const char *date_text(struct decision_case *c, int64_t days)
{
    struct value value = {.presence = VALUE_PRESENT, .integer = days};
    return value_format(VALUE_DATE, &value, c->arena);
}

/* A statement over customers c with party p who fulfil the rule: %s in `pattern` is the condition,
 * $1 the segment, $2 today, $3 its dimension, $4 its priority; each statement uses all four, so
 * that every parameter has a type. */
static void set_statement(struct decision_case *c, const struct expression *expression,
                          const char *pattern)
{
    const char *p[PARAMETER_LIMIT] = {decision_number(c, c->before->id), date_text(c, c->today),
                                      decision_number(c, record_integer(c->before, "dimension")),
                                      decision_number(c, record_integer(c->before, "priority"))};
    size_t count = 4;
    struct expression_sql sql;
    if (!expression_sql(expression, 5, c->arena, &sql) ||
        count + sql.parameter_count > PARAMETER_LIMIT) {
        decision_fault(c, "rule", "rule.expression", "1", "expression.too_large", "", NULL);
        return;
    }
    for (size_t i = 0; i < sql.parameter_count; i++)
        p[count++] = sql.parameters[i].text;
    const char *at = strstr(pattern, "%s");
    effect_statement(
        c, arena_format(c->arena, "%.*s%s%s", (int)(at - pattern), pattern, sql.text, at + 2), -1,
        count, p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12],
        p[13], p[14], p[15], p[16], p[17], p[18], p[19], p[20], p[21], p[22], p[23]);
}

static bool segment_in_force(const struct decision_case *c, const struct record *segment)
{
    return record_integer(segment, "status") == STATUS_ACTIVE &&
           record_integer(segment, "valid_from") <= c->today &&
           (!record_has(segment, "valid_to") || record_integer(segment, "valid_to") >= c->today);
}

static void size_statement(struct decision_case *c, const char *segment)
{
    effect_statement(
        c,
        "UPDATE segment SET size_customers = (SELECT count(*) FROM segment_member m "
        "WHERE m.segment_id = $1::bigint AND m.valid_to IS NULL) WHERE id = $1::bigint",
        -1, 1, segment);
}

/* Members by hand stay. A segment of higher priority takes customers from a lower one that has them
 * by its rule. */
static void segment_refresh(struct decision_case *c)
{
    const char *rule = record_text(c->before, "rule");
    if (*rule == '\0') {
        decision_fault(c, "rule", "segment.no_rule", NULL);
        return;
    }
    if (!segment_in_force(c, c->before)) {
        decision_fault(c, "status", "segment.not_in_force", NULL);
        return;
    }
    struct customer_names names = segment_names(c);
    struct expression_environment environment = customer_environment(&names);
    const struct expression *expression = customer_condition(c, &environment, rule, "rule");
    if (expression == NULL)
        return;
    set_statement(
        c, expression,
        "UPDATE segment_member m SET valid_to = $2::date, version = m.version + 1 "
        "WHERE m.segment_id = $1::bigint AND m.dimension = $3::smallint AND $4::smallint > 0 "
        "AND m.valid_to IS NULL AND m.source = 1 "
        "AND NOT EXISTS (SELECT FROM customer c JOIN party p ON p.id = c.id "
        "WHERE c.id = m.customer_id AND c.status <> 3 AND %s)");
    set_statement(
        c, expression,
        "UPDATE segment_member m SET valid_to = $2::date, version = m.version + 1 FROM segment s "
        "WHERE s.id = m.segment_id AND s.id <> $1::bigint AND s.priority > $4::smallint "
        "AND m.dimension = $3::smallint AND m.valid_to IS NULL AND m.source = 1 "
        "AND EXISTS (SELECT FROM customer c JOIN party p ON p.id = c.id "
        "WHERE c.id = m.customer_id AND c.status <> 3 AND %s)");
    set_statement(
        c, expression,
        "INSERT INTO segment_member (segment_id, customer_id, dimension, source, valid_from, "
        "network_id) "
        "SELECT $1::bigint, c.id, $3::smallint, 1, $2::date, c.network_id "
        "FROM customer c JOIN party p ON p.id = c.id "
        "WHERE $4::smallint > 0 AND c.status <> 3 AND %s AND NOT EXISTS (SELECT FROM "
        "segment_member m "
        "WHERE m.customer_id = c.id AND m.dimension = $3::smallint AND m.valid_to IS NULL)");
    size_statement(c, decision_number(c, c->before->id));
    record_set_integer(c->after, "refreshed_at", c->now);
}

static void members_end(struct decision_case *c)
{
    effect_statement(c,
                     "UPDATE segment_member SET valid_to = $2::date, version = version + 1 "
                     "WHERE segment_id = $1::bigint AND valid_to IS NULL",
                     -1, 2, decision_number(c, c->before->id), date_text(c, c->today));
}

static void segment_retire(struct decision_case *c)
{
    members_end(c);
}

/* Of one dimension a customer has one segment, so those who move cannot be in the target already.
 */
static void segment_merge(struct decision_case *c)
{
    if (loaded_rows(c, "target") == 0 || loaded_integer(c, "target", 0, "id") == c->before->id ||
        loaded_integer(c, "target", 0, "status") != STATUS_ACTIVE ||
        loaded_integer(c, "target", 0, "dimension") != record_integer(c->before, "dimension")) {
        decision_fault(c, "target_id", "segment.target", NULL);
        return;
    }
    const char *target = decision_number(c, loaded_integer(c, "target", 0, "id"));
    effect_statement(
        c,
        "WITH ended AS (UPDATE segment_member SET valid_to = $3::date, version = version + 1 "
        "WHERE segment_id = $1::bigint AND valid_to IS NULL RETURNING customer_id, dimension, "
        "network_id) "
        "INSERT INTO segment_member (segment_id, customer_id, dimension, source, valid_from, "
        "network_id) "
        "SELECT $2::bigint, customer_id, dimension, 3, $3::date, network_id FROM ended",
        -1, 3, decision_number(c, c->before->id), target, date_text(c, c->today));
    size_statement(c, decision_number(c, c->before->id));
    size_statement(c, target);
    record_set_reference(c->after, "merged_into_id", loaded_integer(c, "target", 0, "id"),
                         loaded_text(c, "target", 0, "code"), loaded_text(c, "target", 0, "name"));
}

/* Another membership of the dimension ends when the clerk confirms [10-15]. */
static void segment_member_create(struct decision_case *c)
{
    if (loaded_rows(c, "segment") == 0)
        return; /* an unknown segment has been said */
    if (loaded_integer(c, "segment", 0, "status") != STATUS_ACTIVE ||
        loaded_date(c, "segment", 0, "valid_from") > c->today ||
        (!loaded_null(c, "segment", 0, "valid_to") &&
         loaded_date(c, "segment", 0, "valid_to") < c->today)) {
        decision_fault(c, "segment_id", "segment.not_in_force", NULL);
        return;
    }
    record_set_integer(c->after, "dimension", loaded_integer(c, "segment", 0, "dimension"));
    record_set_integer(c->after, "source", SOURCE_MANUAL);
    if (loaded_rows(c, "elsewhere") > 0) {
        decision_warning(c, "segment_id", "segment.member_elsewhere",
                         loaded_text(c, "elsewhere", 0, "code"),
                         loaded_text(c, "elsewhere", 0, "name"), NULL);
        effect_statement(c,
                         "UPDATE segment_member SET valid_to = $2::date, version = version + 1 "
                         "WHERE id = $1::bigint",
                         1, 2, loaded_text(c, "elsewhere", 0, "id"), date_text(c, c->today));
        size_statement(c, loaded_text(c, "elsewhere", 0, "segment_id"));
    }
    size_statement(c, decision_number(c, record_integer(c->after, "segment_id")));
}

static void segment_member_end(struct decision_case *c)
{
    if (record_has(c->before, "valid_to")) {
        decision_fault(c, "valid_to", "segment.ended", NULL);
        return;
    }
    record_set_integer(c->after, "valid_to", c->today);
    size_statement(c, decision_number(c, record_integer(c->before, "segment_id")));
}

const struct decision segment_decisions[] = {
    {.name = "segment_save", .decide = segment_save},
    {.name = "segment_refresh", .decide = segment_refresh},
    {.name = "segment_retire", .decide = segment_retire},
    {.name = "segment_merge",
     .load_count = sizeof merge_loads / sizeof *merge_loads,
     .loads = merge_loads,
     .decide = segment_merge},
    {.name = "segment_member_create",
     .load_count = sizeof member_loads / sizeof *member_loads,
     .loads = member_loads,
     .decide = segment_member_create},
    {.name = "segment_member_end", .decide = segment_member_end},
};
const size_t segment_decision_count = sizeof segment_decisions / sizeof *segment_decisions;
