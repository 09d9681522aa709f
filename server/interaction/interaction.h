/* Interactions: contacts with customers, in both directions. */
#ifndef HALLDESK_INTERACTION_H
#define HALLDESK_INTERACTION_H

#include <stddef.h>

#include "server/engine/decision.h"

extern const struct decision interaction_decisions[];
extern const size_t interaction_decision_count;

#endif
