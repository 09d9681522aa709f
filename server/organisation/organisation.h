/* The domain of organisation: decisions of regions, organisations, posts, staff, sales groups, and
 * of standard structures, for server/engine/decision_table.c. */
#ifndef HALLDESK_ORGANISATION_H
#define HALLDESK_ORGANISATION_H

#include <stddef.h>

#include "server/engine/decision.h"

extern const struct decision tree_decisions[]; /* region_…, organisation_…, post_… */
extern const size_t tree_decision_count;
extern const struct decision standard_decisions[]; /* standard_mark, _hand_down, _receive … */
extern const size_t standard_decision_count;
extern const struct decision staff_decisions[]; /* staff_create, _change, _reset_password … */
extern const size_t staff_decision_count;
extern const struct decision sales_group_decisions[]; /* sales_group_save, _transfer */
extern const size_t sales_group_decision_count;

/* Takes over a standard structure that a superior office handed down, from the fields neighbour,
 * external_id and payload of a message that was not received before; sets the field result of the
 * answer [17-146, 17-164]. */
void standard_take(struct decision_case *c);

/* Did the input change one of the fields (names separated by blanks)? Of a new record: did it say
 * one? */
bool fields_changed(const struct decision_case *c, const char *names);
/* What a superior office handed down is not changed here [17-146, 17-164]: adds the fault. */
bool standard_guard(struct decision_case *c, const char *names);

#endif
