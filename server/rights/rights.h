/* The domain of rights: decisions of grants, roles, and of the operations that administration runs
 * by, for server/engine/decision_table.c. */
#ifndef HALLDESK_RIGHTS_H
#define HALLDESK_RIGHTS_H

#include <stddef.h>

#include "server/engine/decision.h"

extern const struct decision grant_decisions[]; /* access_grant_…, access_bulk_… */
extern const size_t grant_decision_count;
extern const struct decision role_decisions[]; /* role_change, role_withdraw */
extern const size_t role_decision_count;
extern const struct decision duty_decisions[]; /* due_work_run, session_view_end, print_log_note */
extern const size_t duty_decision_count;

#endif
