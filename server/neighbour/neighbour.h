/* Messages to neighbours, as the relay asks for them. */
#ifndef HALLDESK_NEIGHBOUR_H
#define HALLDESK_NEIGHBOUR_H

#include <stddef.h>

#include "server/engine/decision.h"

extern const struct decision neighbour_decisions[];
extern const size_t neighbour_decision_count;

#endif
