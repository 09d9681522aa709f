/* The domain of accounts: decisions of its forms, for server/engine/decision_table.c. */
#ifndef HALLDESK_ACCOUNT_H
#define HALLDESK_ACCOUNT_H

#include <stddef.h>

#include "server/engine/decision.h"

extern const struct decision account_decisions[]; /* account_create, _change, _state, … */
extern const size_t account_decision_count;
extern const struct decision account_payment_decisions[]; /* account_check, payment_rule_save */
extern const size_t account_payment_decision_count;

/* Rows "payment_rules" of this load are what payment lines are held against [10-43]. */
#define ACCOUNT_LOAD_PAYMENT_RULES                                                                 \
    {                                                                                              \
        .name = "payment_rules",                                                                   \
        .sql = "SELECT method, detail, required, coalesce(minimum, 0) AS minimum, "                \
               "coalesce(maximum, 0) "                                                             \
               "AS maximum, coalesce(pattern, '') AS pattern, check_kind FROM payment_rule WHERE " \
               "status = 1 "                                                                       \
               "ORDER BY method, detail",                                                          \
        .parameters = ""                                                                           \
    }

/* Judges one payment line; faults name it as line `index` of the input. */
void account_payment_check(struct decision_case *c, const struct record *payment, size_t index);
/* Judges every payment line of the record that is not being removed, counted as they stand in it;
 * returns how many there were. */
size_t account_payments_check(struct decision_case *c, const struct record *account);

#endif
