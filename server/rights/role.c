/* Roles: what is added to one is added for everybody who has it, what is closed must be nobody's
 * [17-158 … 17-160]. Loops and rights that the actor does not hold are refused by the database. */
#include "server/rights/rights.h"

static const struct load change_loads[] = {
    {.name = "beyond",
     .sql = "SELECT role_beyond($1::bigint, $2::bigint) AS grants",
     .parameters = "@actor @id"},
};
static const struct load withdraw_loads[] = {
    {.name = "granted",
     .sql = "SELECT count(DISTINCT s.id) AS people, min(s.number) AS first FROM role_closure c "
            "JOIN access_grant g ON g.role_id = c.role_id AND g.status = 1 AND (g.valid_to IS NULL "
            "OR g.valid_to >= CURRENT_DATE) JOIN staff s ON s.id = g.staff_id AND s.status = 1 "
            "WHERE c.member_id = $1::bigint",
     .parameters = "@id"},
};

static void role_change(struct decision_case *c)
{
    int64_t grants = loaded_integer(c, "beyond", 0, "grants");
    if (grants > 0)
        decision_fault(c, NULL, "role.beyond", decision_number(c, grants), NULL);
}

static void role_withdraw(struct decision_case *c)
{
    int64_t people = loaded_integer(c, "granted", 0, "people");
    if (people > 0)
        decision_fault(c, "status", "role.granted", decision_number(c, people),
                       loaded_text(c, "granted", 0, "first"), NULL);
}

#define LOADS(array) .load_count = sizeof(array) / sizeof *(array), .loads = (array)

const struct decision role_decisions[] = {
    {.name = "role_change", LOADS(change_loads), .decide = role_change},
    {.name = "role_withdraw", LOADS(withdraw_loads), .decide = role_withdraw},
};
const size_t role_decision_count = sizeof role_decisions / sizeof *role_decisions;
