/* Every decision of every domain: a domain adds its arrays here, and nothing else. */
#include <string.h>

#include "server/account/account.h"
#include "server/customer/customer.h"
#include "server/engine/decision.h"

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
