/* Between the files of the ordering domain: decide functions (their loads are in ordering.c), and
 * the numbers of states and codes that they deal in. */
#ifndef HALLDESK_ORDERING_INTERNAL_H
#define HALLDESK_ORDERING_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "server/engine/decision.h"

/* States of forms customer_order and service_order: TMF 622 and 641 share them. */
enum order_state {
    ORDER_ACKNOWLEDGED = 1,
    ORDER_REJECTED = 2,
    ORDER_PENDING = 3,
    ORDER_HELD = 4,
    ORDER_IN_PROGRESS = 5,
    ORDER_ASSESSING_CANCELLATION = 6,
    ORDER_PENDING_CANCELLATION = 7,
    ORDER_CANCELLED = 8,
    ORDER_COMPLETED = 9,
    ORDER_FAILED = 10,
    ORDER_PARTIAL = 11,
};

enum { INSTALLED_ACTIVE = 3 };  /* state of form installed_product */
enum { ACTION_ADD = 1 };        /* code list item_action */
enum { OPERATION_INSTALL = 1 }; /* code list product_operation */
enum { LINK_DEPENDS_ON = 2 };   /* code list service_order_link */

enum product_kind { PRODUCT_MAIN = 1, PRODUCT_ATTACHED = 2, PRODUCT_GOODS = 3 };

enum product_relation_kind {
    RELATION_ATTACHED_OPTIONAL = 1,
    RELATION_ATTACHED_DEFAULT = 2,
    RELATION_ATTACHED_REQUIRED = 3,
    RELATION_EXCLUDES = 4,
    RELATION_REQUIRES = 5,
};

enum offering_limit { LIMIT_CLASS = 1, LIMIT_CHANNEL = 2, LIMIT_PLACE = 3, LIMIT_REGION = 4 };

/* Decisions, one file each. */
void order_capture(struct decision_case *c);
void order_submit(struct decision_case *c);
void order_withdraw(struct decision_case *c);
void service_order_resend(struct decision_case *c);
void neighbour_receive(struct decision_case *c);
void order_enquiry(struct decision_case *c);
void order_enquiry_record(struct decision_case *c);

/* order_check.c: may this order be taken? Every reason becomes a fault of its field or line. */
void order_check(struct decision_case *c);

/* What the network must know of the service orders beside one: how many there are, and the numbers
 * of those that have to be done before. */
struct service_relations {
    int64_t total;
    size_t count;
    const char **numbers;
};

/* service_message.c: the order for the network as JSON in the shape of TMF 641; `product` is the
 * row of load "products", `reference` what the network shall name when it reports. NULL without
 * memory. */
const char *service_message(struct decision_case *c, size_t product, const char *reference,
                            const struct service_relations *relations);
/* Number and attempt of a service order as the network hears them: "…-2" and "…-2:3". */
const char *service_reference(struct decision_case *c, const char *number, int64_t attempt);

/* What a network event says; texts are "" where it is silent. */
struct network_event {
    const char *reference;
    const char *number; /* of the service order */
    int64_t attempt;
    const char *state; /* in the words of TMF 641 */
    int64_t at;        /* microseconds; 0: not said */
    const char *external_id;
    const char *access_number;
    const char *port;
    int64_t expected_on; /* days; INT64_MIN: not said */
    const char *fault_code;
    const char *fault_text;
};

/* completion.c: all service orders are done, the last one (row `last` of load "services") by
 * `event`: installed offerings and products come to be, and the order ends. */
void order_complete(struct decision_case *c, size_t last, const struct network_event *event);

/* network_event.c: reads a payload; false if it is no event of a service order. */
bool network_event_read(const char *payload, struct arena *arena, struct network_event *event);
/* State by the standard's word, 0 if unknown. */
enum order_state order_state_by_core(const char *core);
/* Has the service order come to its end, good or bad? */
bool order_state_settled(int64_t state);

#endif
