/* Forms and records that the tests and the fuzz target of the protocol share: a customer of 30
 * fields, and an order whose lines have lines. */
#ifndef HALLDESK_TESTS_PROTOCOL_FIXTURE_H
#define HALLDESK_TESTS_PROTOCOL_FIXTURE_H

#include "protocol/record.h"

/* Static and sealed. */
const struct form *fixture_customer(void);
const struct form *fixture_order(void);
/* All 30 fields filled as at a counter. */
struct record *fixture_customer_record(struct arena *arena);
/* Two items of two charges each, an extra field, a cleared field. */
struct record *fixture_order_record(struct arena *arena);

#endif
