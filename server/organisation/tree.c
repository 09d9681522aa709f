/* Regions, organisations and posts: trees of free depth that are changed, moved, closed, opened
 * and merged [17-139 … 17-144, CH-22, CH-42, CH-43]. Paths, loops and places are the database's. */
#include <stdio.h>
#include <string.h>

#include "server/organisation/organisation.h"

#define LOAD_ABOVE(table)                                                                          \
    {                                                                                              \
        .name = "above", .sql = "SELECT status FROM " table " WHERE id = $1::bigint FOR SHARE",    \
        .parameters = "parent_id"                                                                  \
    }
#define LOAD_REACH(permission, target)                                                             \
    {                                                                                              \
        .name = "reach",                                                                           \
        .sql = "SELECT access_covers($1::bigint, '" permission "', $2::bigint) AS here, "          \
               "access_covers($1::bigint, '" permission "', $3::bigint) AS target",                \
        .parameters = "@actor @id " target                                                         \
    }
#define LOAD_TARGET(table, level)                                                                  \
    {                                                                                              \
        .name = "target",                                                                          \
        .sql = "SELECT t.status, t.origin, starts_with(t.path, f.path) AS below, " level           \
               " AS level FROM " table " t JOIN " table " f ON f.id = $1::bigint "                 \
               "WHERE t.id = $2::bigint FOR UPDATE OF t",                                          \
        .parameters = "@id merge_into"                                                             \
    }

static const struct load region_loads[] = {LOAD_ABOVE("region")};
static const struct load region_withdraw_loads[] = {
    {.name = "below",
     .sql = "SELECT (SELECT count(*) FROM region WHERE parent_id = $1::bigint AND status = 1) AS "
            "nodes, (SELECT count(*) FROM cabinet WHERE region_id = $1::bigint AND status = 1) + "
            "(SELECT count(*) FROM organisation_region r JOIN organisation o ON o.id = "
            "r.organisation_id AND o.status = 1 WHERE r.region_id = $1::bigint) AS others",
     .parameters = "@id"},
};
static const struct load region_merge_loads[] = {LOAD_TARGET("region", "0")};

static const struct load organisation_create_loads[] = {
    LOAD_ABOVE("organisation"),
    LOAD_REACH("organisation.create", "parent_id"),
};
static const struct load organisation_change_loads[] = {
    LOAD_ABOVE("organisation"),
    LOAD_REACH("organisation.change", "parent_id"),
    {.name = "administrator",
     .sql = "SELECT min(u) AS unheld FROM setting s JOIN role r ON r.code = s.value CROSS JOIN "
            "LATERAL access_unheld($1::bigint, $2::bigint, r.id, NULL, $3::bigint, -1, false, 0) u "
            "WHERE s.name = 'organisation.administrator_role'",
     .parameters = "@actor administrator_id @id"},
};
static const struct load organisation_withdraw_loads[] = {
    LOAD_REACH("organisation.change", "parent_id"),
    {.name = "below",
     .sql = "SELECT (SELECT count(*) FROM organisation WHERE parent_id = $1::bigint AND status = "
            "1) AS nodes, (SELECT count(*) FROM staff WHERE organisation_id = $1::bigint AND "
            "status = 1) + (SELECT count(*) FROM access_grant WHERE place_id = $1::bigint AND "
            "status = 1 AND (valid_to IS NULL OR valid_to >= CURRENT_DATE)) AS others",
     .parameters = "@id"},
};
static const struct load organisation_restore_loads[] = {
    LOAD_ABOVE("organisation"),
    LOAD_REACH("organisation.change", "parent_id"),
};
static const struct load organisation_merge_loads[] = {
    LOAD_TARGET("organisation",
                "CASE WHEN t.network_id <> f.network_id THEN 2 WHEN t.place_level <> f.place_level "
                "AND f.place_level <> 0 THEN 1 WHEN f.place_level IN (1, 2) THEN 1 ELSE 0 END"),
    LOAD_REACH("organisation.merge", "merge_into"),
};

static const struct load post_loads[] = {LOAD_ABOVE("post")};
static const struct load post_withdraw_loads[] = {
    {.name = "below",
     .sql = "SELECT (SELECT count(*) FROM post WHERE parent_id = $1::bigint AND status = 1) AS "
            "nodes, (SELECT count(*) FROM staff_post p JOIN staff s ON s.id = p.staff_id AND "
            "s.status = 1 WHERE p.post_id = $1::bigint AND (p.valid_to IS NULL OR p.valid_to >= "
            "CURRENT_DATE)) AS others",
     .parameters = "@id"},
};

bool fields_changed(const struct decision_case *c, const char *names)
{
    const char *cursor = names;
    const struct field *field;
    while ((field = form_next_field(c->form, &cursor)) != NULL) {
        const struct value *said = &c->input->values[field->index];
        if (said->presence == VALUE_ABSENT)
            continue;
        if (c->before == NULL || !value_equal(field->type, said, &c->before->values[field->index]))
            return true;
    }
    return false;
}

bool standard_guard(struct decision_case *c, const char *names)
{
    const char *origin = c->before != NULL ? record_text(c->before, "origin") : "";
    if (*origin == '\0' || (*names != '\0' && !fields_changed(c, names)))
        return true;
    decision_fault(c, "origin", "standard.handed_down", origin, NULL);
    return false;
}

/* The fields of a node that are the standard's; the others belong to the place that uses it. */
static const char standard_fields[] = "code name level kind place_level parent_id channel";

static void above_check(struct decision_case *c)
{
    if (loaded_rows(c, "above") > 0 && loaded_integer(c, "above", 0, "status") != 1 &&
        (c->before == NULL || fields_changed(c, "parent_id")))
        decision_fault(c, "parent_id", "tree.above_withdrawn", NULL);
}

static void node_save(struct decision_case *c)
{
    if (standard_guard(c, standard_fields))
        above_check(c);
}

/* An administrator stays within his subtree, whose own root he does not move [17-144]. */
static void organisation_save(struct decision_case *c)
{
    node_save(c);
    if (c->before != NULL && !loaded_flag(c, "reach", 0, "here")) {
        decision_fault(c, NULL, "organisation.outside", NULL);
    } else if (c->before == NULL && !record_has(c->after, "parent_id")) {
        decision_fault(c, "parent_id", "required", NULL);
    } else if ((c->before == NULL || fields_changed(c, "parent_id")) &&
               !loaded_flag(c, "reach", 0, "target")) {
        decision_fault(c, "parent_id", "organisation.outside", NULL);
    }
}

static void organisation_change(struct decision_case *c)
{
    organisation_save(c);
    if (record_has(c->after, "administrator_id") && fields_changed(c, "administrator_id") &&
        !loaded_null(c, "administrator", 0, "unheld"))
        decision_fault(c, "administrator_id", "access.unheld",
                       loaded_text(c, "administrator", 0, "unheld"), NULL);
}

static void node_withdraw(struct decision_case *c)
{
    standard_guard(c, "");
    int64_t nodes = loaded_integer(c, "below", 0, "nodes");
    int64_t others = loaded_integer(c, "below", 0, "others");
    if (nodes > 0 || others > 0)
        decision_fault(c, "status", "tree.in_use", decision_number(c, nodes),
                       decision_number(c, others), NULL);
}

static void organisation_withdraw(struct decision_case *c)
{
    if (!loaded_flag(c, "reach", 0, "here"))
        decision_fault(c, NULL, "organisation.outside", NULL);
    else
        node_withdraw(c);
}

static void node_restore(struct decision_case *c)
{
    standard_guard(c, "");
    if (loaded_rows(c, "above") > 0 && loaded_integer(c, "above", 0, "status") != 1)
        decision_fault(c, "parent_id", "tree.above_withdrawn", NULL);
}

static void organisation_restore(struct decision_case *c)
{
    if (!loaded_flag(c, "reach", 0, "here"))
        decision_fault(c, NULL, "organisation.outside", NULL);
    else
        node_restore(c);
}

static bool merge_possible(struct decision_case *c)
{
    size_t faults = c->faults->count;
    standard_guard(c, "");
    if (loaded_rows(c, "target") == 0)
        decision_fault(c, "merge_into", "required", NULL);
    else if (loaded_integer(c, "target", 0, "status") != 1)
        decision_fault(c, "merge_into", "tree.above_withdrawn", NULL);
    else if (loaded_flag(c, "target", 0, "below"))
        decision_fault(c, "merge_into", "tree.merge_below", NULL);
    else if (loaded_integer(c, "target", 0, "level") != 0)
        decision_fault(c, "merge_into", "tree.merge_level", NULL);
    return c->faults->count == faults;
}

static void region_merge(struct decision_case *c)
{
    if (merge_possible(c))
        effect_statement(c, "SELECT region_merge($1::bigint, $2::bigint)", -1, 2,
                         decision_number(c, c->before->id),
                         decision_number(c, record_integer(c->input, "merge_into")));
}

static void organisation_merge(struct decision_case *c)
{
    if (!loaded_flag(c, "reach", 0, "here") || !loaded_flag(c, "reach", 0, "target"))
        decision_fault(c, "merge_into", "organisation.outside", NULL);
    else if (merge_possible(c))
        effect_statement(c, "SELECT organisation_merge($1::bigint, $2::bigint)", -1, 2,
                         decision_number(c, c->before->id),
                         decision_number(c, record_integer(c->input, "merge_into")));
}

#define LOADS(array) .load_count = sizeof(array) / sizeof *(array), .loads = (array)

const struct decision tree_decisions[] = {
    {.name = "region_create", LOADS(region_loads), .decide = node_save},
    {.name = "region_change", LOADS(region_loads), .decide = node_save},
    {.name = "region_withdraw", LOADS(region_withdraw_loads), .decide = node_withdraw},
    {.name = "region_restore", LOADS(region_loads), .decide = node_restore},
    {.name = "region_merge", LOADS(region_merge_loads), .decide = region_merge},
    {.name = "organisation_create", LOADS(organisation_create_loads), .decide = organisation_save},
    {.name = "organisation_change",
     LOADS(organisation_change_loads),
     .decide = organisation_change},
    {.name = "organisation_withdraw",
     LOADS(organisation_withdraw_loads),
     .decide = organisation_withdraw},
    {.name = "organisation_restore",
     LOADS(organisation_restore_loads),
     .decide = organisation_restore},
    {.name = "organisation_merge", LOADS(organisation_merge_loads), .decide = organisation_merge},
    {.name = "post_create", LOADS(post_loads), .decide = node_save},
    {.name = "post_change", LOADS(post_loads), .decide = node_save},
    {.name = "post_withdraw", LOADS(post_withdraw_loads), .decide = node_withdraw},
    {.name = "post_restore", LOADS(post_loads), .decide = node_restore},
};
const size_t tree_decision_count = sizeof tree_decisions / sizeof *tree_decisions;
