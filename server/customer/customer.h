/* The domain of customers: decisions of its forms. The arrays stand in the table of decisions
 * (server/engine/decision_table.c). What decisions share is in customer_rule.h. */
#ifndef HALLDESK_CUSTOMER_H
#define HALLDESK_CUSTOMER_H

#include <stddef.h>

#include "server/engine/decision.h"

extern const struct decision customer_entry_decisions[]; /* customer_create, _change, _leave */
extern const size_t customer_entry_decision_count;
extern const struct decision customer_password_decisions[]; /* _verify, _set_password, … */
extern const size_t customer_password_decision_count;
extern const struct decision customer_contact_decisions[];
extern const size_t customer_contact_decision_count;
extern const struct decision customer_find_decisions[];
extern const size_t customer_find_decision_count;
extern const struct decision customer_relation_decisions[];
extern const size_t customer_relation_decision_count;
extern const struct decision customer_rule_decisions[]; /* of the forms that hold rules */
extern const size_t customer_rule_decision_count;
extern const struct decision segment_decisions[];
extern const size_t segment_decision_count;

#endif
