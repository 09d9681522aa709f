/* Every decision of every domain: a domain adds its arrays here, and nothing else. */
#include <string.h>

#include "server/account/account.h"
#include "server/charging/charging.h"
#include "server/customer/customer.h"
#include "server/engine/decision.h"
#include "server/interaction/interaction.h"
#include "server/mechanism/mechanism.h"
#include "server/neighbour/neighbour.h"
#include "server/ordering/ordering.h"
#include "server/organisation/organisation.h"
#include "server/product/product.h"
#include "server/rights/rights.h"

struct decision_array {
    const struct decision *decisions;
    const size_t *count;
};

static const struct decision_array arrays[] = {
    {.decisions = customer_entry_decisions, .count = &customer_entry_decision_count},
    {.decisions = customer_password_decisions, .count = &customer_password_decision_count},
    {.decisions = customer_contact_decisions, .count = &customer_contact_decision_count},
    {.decisions = customer_find_decisions, .count = &customer_find_decision_count},
    {.decisions = customer_relation_decisions, .count = &customer_relation_decision_count},
    {.decisions = customer_rule_decisions, .count = &customer_rule_decision_count},
    {.decisions = segment_decisions, .count = &segment_decision_count},
    {.decisions = account_decisions, .count = &account_decision_count},
    {.decisions = account_payment_decisions, .count = &account_payment_decision_count},
    {.decisions = product_decisions, .count = &product_decision_count},
    {.decisions = ordering_decisions, .count = &ordering_decision_count},
    {.decisions = charging_decisions, .count = &charging_decision_count},
    {.decisions = interaction_decisions, .count = &interaction_decision_count},
    {.decisions = neighbour_decisions, .count = &neighbour_decision_count},
    {.decisions = tree_decisions, .count = &tree_decision_count},
    {.decisions = standard_decisions, .count = &standard_decision_count},
    {.decisions = staff_decisions, .count = &staff_decision_count},
    {.decisions = sales_group_decisions, .count = &sales_group_decision_count},
    {.decisions = grant_decisions, .count = &grant_decision_count},
    {.decisions = role_decisions, .count = &role_decision_count},
    {.decisions = duty_decisions, .count = &duty_decision_count},
    {.decisions = work_decisions, .count = &work_decision_count},
    {.decisions = approval_decisions, .count = &approval_decision_count},
    {.decisions = version_decisions, .count = &version_decision_count},
    {.decisions = limit_decisions, .count = &limit_decision_count},
    {.decisions = reminder_decisions, .count = &reminder_decision_count},
};

const struct decision *decision_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        for (size_t n = 0; n < *arrays[i].count; n++) {
            if (strcmp(arrays[i].decisions[n].name, name) == 0) {
                return &arrays[i].decisions[n];
            }
        }
    }
    return NULL;
}
