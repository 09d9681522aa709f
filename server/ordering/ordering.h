/* Ordering: decisions of orders, service orders and what the network reports about them. */
#ifndef HALLDESK_ORDERING_H
#define HALLDESK_ORDERING_H

#include <stddef.h>

#include "server/engine/decision.h"

extern const struct decision ordering_decisions[];
extern const size_t ordering_decision_count;

#endif
