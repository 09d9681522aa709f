/* Sales groups: customers stand with a member or with all of the group, and change hands [CH-44].
 */
#include <string.h>

#include "server/organisation/organisation.h"

static const struct load transfer_loads[] = {
    {.name = "moving",
     .sql = "SELECT count(*) AS customers FROM sales_group_customer WHERE sales_group_id = "
            "$1::bigint AND staff_id IS NOT DISTINCT FROM $2::bigint",
     .parameters = "@id from_member"},
};

/* Members that are there today, the leader included. */
static bool member_known(const struct decision_case *c, const struct record *group, int64_t staff)
{
    const struct lines *members = record_value(group, "members")->lines;
    if (staff == record_integer(group, "leader_id"))
        return true;
    for (size_t i = 0; members != NULL && i < members->count; i++) {
        const struct record *member = &members->lines[i].record;
        if (members->lines[i].action != LINE_REMOVE &&
            record_integer(member, "staff_id") == staff &&
            (!record_has(member, "valid_to") || record_integer(member, "valid_to") >= c->today))
            return true;
    }
    return false;
}

static void sales_group_save(struct decision_case *c)
{
    const struct lines *customers = record_value(c->input, "customers")->lines;
    for (size_t i = 0; customers != NULL && i < customers->count; i++) {
        const struct line *line = &customers->lines[i];
        int64_t staff = record_integer(&line->record, "staff_id");
        if (line->action != LINE_REMOVE && staff != 0 && !member_known(c, c->after, staff))
            decision_line_fault(c, "customers", i, "staff_id", "sales_group.no_member", NULL);
    }
}

/* Without a member the customers are those, or become those, that all share. */
static void sales_group_transfer(struct decision_case *c)
{
    int64_t from = record_integer(c->input, "from_member");
    int64_t to = record_integer(c->input, "to_member");
    int64_t customers = loaded_integer(c, "moving", 0, "customers");
    if (from == to)
        decision_fault(c, "to_member", "sales_group.same_member", NULL);
    else if (to != 0 && !member_known(c, c->before, to))
        decision_fault(c, "to_member", "sales_group.no_member", NULL);
    else if (customers == 0)
        decision_fault(c, "from_member", "sales_group.no_customers", NULL);
    if (c->faults->count > 0)
        return;
    effect_statement(
        c,
        "UPDATE sales_group_customer SET staff_id = $3::bigint, since = gate_now()::date, "
        "version = version + 1 WHERE sales_group_id = $1::bigint AND staff_id IS NOT "
        "DISTINCT FROM $2::bigint",
        customers, 3, decision_number(c, c->before->id),
        from != 0 ? decision_number(c, from) : NULL, to != 0 ? decision_number(c, to) : NULL);
    record_set_integer(c->answer, "moved", customers);
}

#define LOADS(array) .load_count = sizeof(array) / sizeof *(array), .loads = (array)

const struct decision sales_group_decisions[] = {
    {.name = "sales_group_save", .decide = sales_group_save},
    {.name = "sales_group_transfer", LOADS(transfer_loads), .decide = sales_group_transfer},
};
const size_t sales_group_decision_count =
    sizeof sales_group_decisions / sizeof *sales_group_decisions;
