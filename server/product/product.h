/* The catalogue: products and offerings. */
#ifndef HALLDESK_PRODUCT_H
#define HALLDESK_PRODUCT_H

#include <stddef.h>

#include "server/engine/decision.h"

extern const struct decision product_decisions[];
extern const size_t product_decision_count;

#endif
