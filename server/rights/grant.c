/* Grants: handed out downward only, inside one channel, singly and in bulk [17-161, 17-162, 17-165,
 * CH-45]. The triggers of access_grant are the second net. */
#include <string.h>

#include "server/rights/rights.h"

#define LOAD_UNHELD                                                                                \
    {                                                                                              \
        .name = "unheld",                                                                          \
        .sql = "SELECT u AS name FROM access_unheld($1::bigint, $2::bigint, $3::bigint, "          \
               "$4::bigint, $5::bigint, coalesce($6::bigint, -1), coalesce($7::boolean, false), "  \
               "0) u LIMIT 4",                                                                     \
        .parameters = "@actor staff_id role_id permission_id place_id classes own"                 \
    }
#define LOAD_REACH(permission)                                                                     \
    {                                                                                              \
        .name = "reach",                                                                           \
        .sql =                                                                                     \
            "SELECT s.status, s.id = $1::bigint AS self, access_channel_fits($1::bigint, s.id, "   \
            "$3::bigint) AS channel, access_covers($1::bigint, '" permission                       \
            "', s.organisation_id) AS taker, access_covers($1::bigint, '" permission               \
            "', $4::bigint) AS place, coalesce((SELECT r.status FROM role r WHERE r.id = "         \
            "$3::bigint), 1) AS role_status FROM staff s WHERE s.id = $2::bigint",                 \
        .parameters = "@actor staff_id role_id place_id"                                           \
    }

static const struct load create_loads[] = {LOAD_UNHELD, LOAD_REACH("access_grant.create")};
static const struct load change_loads[] = {LOAD_UNHELD, LOAD_REACH("access_grant.change")};
static const struct load revoke_loads[] = {LOAD_REACH("access_grant.change")};

#define BULK_PAIRS                                                                                 \
    "FROM staff s CROSS JOIN (SELECT unnest($2::bigint[]) AS role_id, NULL::bigint AS "            \
    "permission_id UNION SELECT NULL, unnest($3::bigint[])) w WHERE s.id = ANY($1::bigint[])"
#define BULK_PARAMETERS "people.staff_id roles.role_id permissions.permission_id place_id @actor"

static const struct load bulk_grant_loads[] = {
    {.name = "refused",
     .sql = "SELECT * FROM (SELECT s.id AS staff_id, s.status, s.id = $5::bigint AS self, "
            "(SELECT min(u) FROM access_unheld($5::bigint, s.id, w.role_id, w.permission_id, "
            "coalesce($4::bigint, s.organisation_id), -1, false, 0) u) AS unheld, "
            "access_channel_fits($5::bigint, s.id, w.role_id) AS channel, "
            "access_covers($5::bigint, 'access_grant.bulk', s.organisation_id) AND "
            "access_covers($5::bigint, 'access_grant.bulk', coalesce($4::bigint, "
            "s.organisation_id)) AS reach, coalesce((SELECT r.status FROM role r WHERE r.id = "
            "w.role_id), 1) AS role_status " BULK_PAIRS ") x WHERE x.self OR x.status <> 1 OR "
            "x.unheld IS NOT NULL OR NOT x.channel OR NOT x.reach OR x.role_status <> 1",
     .parameters = BULK_PARAMETERS},
    {.name = "new",
     .sql = "SELECT count(*) AS grants " BULK_PAIRS " AND NOT EXISTS (SELECT FROM access_grant g "
            "WHERE g.staff_id = s.id AND g.status = 1 AND g.place_id = coalesce($4::bigint, "
            "s.organisation_id) AND (g.role_id = w.role_id OR g.permission_id = w.permission_id))",
     .parameters = "people.staff_id roles.role_id permissions.permission_id place_id"},
};
static const struct load bulk_revoke_loads[] = {
    {.name = "there",
     .sql = "SELECT count(*) AS grants, count(*) FILTER (WHERE NOT access_covers($5::bigint, "
            "'access_grant.bulk', place_id)) AS beyond FROM access_grant WHERE status = 1 AND "
            "staff_id = ANY($1::bigint[]) AND (role_id = ANY($2::bigint[]) OR permission_id = "
            "ANY($3::bigint[])) AND ($4::bigint IS NULL OR place_id = $4::bigint)",
     .parameters = BULK_PARAMETERS},
};

static void access_grant_save(struct decision_case *c)
{
    if (record_has(c->after, "role_id") == record_has(c->after, "permission_id")) {
        decision_fault(c, "role_id", "access.role_or_permission", NULL);
        return;
    }
    if (loaded_rows(c, "reach") == 0)
        return;
    if (loaded_flag(c, "reach", 0, "self"))
        decision_fault(c, "staff_id", "access.self", NULL);
    else if (loaded_integer(c, "reach", 0, "status") != 1)
        decision_fault(c, "staff_id", "staff.not_in_use", NULL);
    else if (!loaded_flag(c, "reach", 0, "taker"))
        decision_fault(c, "staff_id", "organisation.outside", NULL);
    else if (!loaded_flag(c, "reach", 0, "channel"))
        decision_fault(c, "role_id", "access.channel", NULL);
    if (loaded_integer(c, "reach", 0, "role_status") != 1)
        decision_fault(c, "role_id", "role.withdrawn", NULL);
    if (!loaded_flag(c, "reach", 0, "place"))
        decision_fault(c, "place_id", "organisation.outside", NULL);
    else if (loaded_rows(c, "unheld") > 0)
        decision_fault(c, record_has(c->after, "role_id") ? "role_id" : "permission_id",
                       "access.unheld", loaded_text(c, "unheld", 0, "name"), NULL);
}

/* Taking away needs no right of one's own, only that the place is within reach. */
static void access_grant_revoke(struct decision_case *c)
{
    if (loaded_rows(c, "reach") > 0 && !loaded_flag(c, "reach", 0, "place"))
        decision_fault(c, "place_id", "organisation.outside", NULL);
}

/* --- In bulk --- */

static const char *array_of(struct decision_case *c, const char *lines, const char *field)
{
    const struct lines *list = record_value(c->input, lines)->lines;
    const char *text = "{";
    for (size_t i = 0; list != NULL && i < list->count; i++)
        text = arena_format(c->arena, "%s%s%lld", text, i > 0 ? "," : "",
                            (long long)record_integer(&list->lines[i].record, field));
    return arena_format(c->arena, "%s}", text);
}

static size_t lines_count(const struct decision_case *c, const char *name)
{
    const struct lines *lines = record_value(c->input, name)->lines;
    return lines != NULL ? lines->count : 0;
}

static bool bulk_complete(struct decision_case *c)
{
    if (lines_count(c, "people") == 0)
        decision_fault(c, "people", "required", NULL);
    if (lines_count(c, "roles") + lines_count(c, "permissions") == 0)
        decision_fault(c, "roles", "access.role_or_permission", NULL);
    return c->faults->count == 0;
}

static const char *place_of(struct decision_case *c)
{
    return record_has(c->input, "place_id")
               ? decision_number(c, record_integer(c->input, "place_id"))
               : NULL;
}

/* One fault a person, the first that applies. */
static void refusal_tell(struct decision_case *c, size_t row)
{
    int64_t staff = loaded_integer(c, "refused", row, "staff_id");
    const struct lines *people = record_value(c->input, "people")->lines;
    size_t line = 0;
    while (line < people->count && record_integer(&people->lines[line].record, "staff_id") != staff)
        line++;
    const char *unheld = loaded_text(c, "refused", row, "unheld");
    if (loaded_flag(c, "refused", row, "self"))
        decision_line_fault(c, "people", line, "staff_id", "access.self", NULL);
    else if (loaded_integer(c, "refused", row, "status") != 1)
        decision_line_fault(c, "people", line, "staff_id", "staff.not_in_use", NULL);
    else if (loaded_integer(c, "refused", row, "role_status") != 1)
        decision_line_fault(c, "people", line, "staff_id", "role.withdrawn", NULL);
    else if (!loaded_flag(c, "refused", row, "reach"))
        decision_line_fault(c, "people", line, "staff_id", "organisation.outside", NULL);
    else if (!loaded_flag(c, "refused", row, "channel"))
        decision_line_fault(c, "people", line, "staff_id", "access.channel", NULL);
    else
        decision_line_fault(c, "people", line, "staff_id", "access.unheld", unheld, NULL);
}

static const char *date_of(struct decision_case *c, const char *field)
{
    const struct value *value = record_value(c->after, field);
    return value->presence == VALUE_PRESENT ? value_format(VALUE_DATE, value, c->arena) : NULL;
}

static void access_bulk_grant(struct decision_case *c)
{
    if (record_has(c->after, "valid_to") &&
        record_integer(c->after, "valid_to") < record_integer(c->after, "valid_from"))
        decision_fault(c, "valid_to", "check.order", NULL);
    for (size_t row = 0; row < loaded_rows(c, "refused"); row++)
        refusal_tell(c, row);
    if (!bulk_complete(c))
        return;
    effect_statement(c,
                     "SELECT access_grant_bulk($1::bigint[], $2::bigint[], $3::bigint[], "
                     "$4::bigint, $5::date, $6::date)",
                     -1, 6, array_of(c, "people", "staff_id"), array_of(c, "roles", "role_id"),
                     array_of(c, "permissions", "permission_id"), place_of(c),
                     date_of(c, "valid_from"), date_of(c, "valid_to"));
    record_set_integer(c->answer, "done", loaded_integer(c, "new", 0, "grants"));
}

static void access_bulk_revoke(struct decision_case *c)
{
    if (!bulk_complete(c))
        return;
    if (loaded_integer(c, "there", 0, "beyond") > 0) {
        decision_fault(c, "place_id", "organisation.outside", NULL);
        return;
    }
    effect_statement(c,
                     "SELECT access_revoke_bulk($1::bigint[], $2::bigint[], $3::bigint[], "
                     "$4::bigint)",
                     -1, 4, array_of(c, "people", "staff_id"), array_of(c, "roles", "role_id"),
                     array_of(c, "permissions", "permission_id"), place_of(c));
    record_set_integer(c->answer, "done", loaded_integer(c, "there", 0, "grants"));
}

#define LOADS(array) .load_count = sizeof(array) / sizeof *(array), .loads = (array)

const struct decision grant_decisions[] = {
    {.name = "access_grant_create", LOADS(create_loads), .decide = access_grant_save},
    {.name = "access_grant_change", LOADS(change_loads), .decide = access_grant_save},
    {.name = "access_grant_revoke", LOADS(revoke_loads), .decide = access_grant_revoke},
    {.name = "access_bulk_grant", LOADS(bulk_grant_loads), .decide = access_bulk_grant},
    {.name = "access_bulk_revoke", LOADS(bulk_revoke_loads), .decide = access_bulk_revoke},
};
const size_t grant_decision_count = sizeof grant_decisions / sizeof *grant_decisions;
