/* The decisions of ordering and what they read. The loads of one decision run in this order, which
 * is the order of locks: customer, order, service orders. */
#include "server/ordering/ordering.h"

#include "server/ordering/ordering_internal.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define OFFERINGS "$1::bigint[]"
#define SPECIFICATIONS                                                                             \
    "(SELECT x.product_specification_id FROM product_offering_component x"                         \
    " WHERE x.product_offering_id = ANY(" OFFERINGS "))"

static const struct load capture_loads[] = {
    {"customer",
     "SELECT c.id, c.status, c.class, c.default_account_id, coalesce(p.address, p.contact_address) "
     "AS address,"
     " p.name, coalesce(p.mobile, p.contact_telephone) AS telephone"
     " FROM customer c JOIN party p ON p.id = c.id WHERE c.id = $1 FOR SHARE OF c",
     "customer_id"},
    {"arrears",
     "SELECT coalesce(sum(amount), 0) AS amount FROM customer_arrears WHERE customer_id = $1",
     "customer_id"},
    /* COALESCE counts as leaky: under row-level security it may filter, never find. */
    {"account",
     "SELECT a.customer_id, a.status FROM account a WHERE a.customer_id = $2"
     " AND a.id = coalesce($1, (SELECT c.default_account_id FROM customer c WHERE c.id = $2))",
     "account_id customer_id"},
    {"channel",
     "SELECT coalesce((SELECT p.channel FROM staff_post s JOIN post p ON p.id = s.post_id"
     " WHERE s.staff_id = $1 AND s.valid_from <= $2::date AND (s.valid_to IS NULL OR s.valid_to >= "
     "$2::date)"
     " ORDER BY s.id LIMIT 1), 1) AS channel",
     "@actor @today"},
    {"offerings",
     "SELECT id, code, name, state, valid_from, valid_to FROM product_offering"
     " WHERE id = ANY(" OFFERINGS ") ORDER BY id",
     "items.product_offering_id"},
    {"components",
     "SELECT c.product_offering_id AS offering, c.quantity, s.id AS specification, s.name, s.kind, "
     "s.state,"
     " s.number_kind, EXISTS (SELECT FROM product_operation o WHERE o.product_specification_id = "
     "s.id"
     " AND o.operation = 1) AS installable"
     " FROM product_offering_component c JOIN product_specification s ON s.id = "
     "c.product_specification_id"
     " WHERE c.product_offering_id = ANY(" OFFERINGS ") AND c.quantity > 0"
     " ORDER BY c.product_offering_id, s.kind, c.id",
     "items.product_offering_id"},
    {"fixed_values",
     "SELECT c.product_offering_id AS offering, v.name, v.value FROM product_offering_component c"
     " JOIN product_offering_value v ON v.product_offering_component_id = c.id"
     " WHERE c.product_offering_id = ANY(" OFFERINGS ") ORDER BY v.id",
     "items.product_offering_id"},
    {"limits",
     "SELECT l.product_offering_id AS offering, l.dimension, l.customer_class, l.channel,"
     " coalesce(l.organisation_id IN ($2, $3, $4, $5), false) AS place_met,"
     " coalesce((SELECT bool_or(r.path LIKE e.path || '%') FROM organisation_region x"
     " JOIN region r ON r.id = x.region_id JOIN region e ON e.id = l.region_id"
     " WHERE x.organisation_id = $5 AND x.purpose = 1), false) AS region_met"
     " FROM product_offering_limit l WHERE l.product_offering_id = ANY(" OFFERINGS
     ") ORDER BY l.id",
     "items.product_offering_id @network @area @hall @organisation"},
    /* Relations of the products in the order, exclusion seen from both sides. */
    {"product_relations",
     "SELECT r.product_specification_id AS own, r.kind, r.other_id AS other, s.name AS other_name"
     " FROM product_relation r JOIN product_specification s ON s.id = r.other_id"
     " WHERE r.kind IN (4, 5) AND r.product_specification_id IN " SPECIFICATIONS
     " UNION SELECT r.other_id, r.kind, r.product_specification_id, s.name"
     " FROM product_relation r JOIN product_specification s ON s.id = r.product_specification_id"
     " WHERE r.kind IN (1, 2, 3, 4) AND r.other_id IN " SPECIFICATIONS " ORDER BY 1, 2, 3",
     "items.product_offering_id"},
    {"offering_relations",
     "SELECT r.product_offering_id AS own, r.kind, r.other_id AS other, o.name AS other_name"
     " FROM product_offering_relation r JOIN product_offering o ON o.id = r.other_id"
     " WHERE r.kind IN (4, 5) AND r.product_offering_id = ANY(" OFFERINGS ")"
     " UNION SELECT r.other_id, r.kind, r.product_offering_id, o.name"
     " FROM product_offering_relation r JOIN product_offering o ON o.id = r.product_offering_id"
     " WHERE r.kind = 4 AND r.other_id = ANY(" OFFERINGS ") ORDER BY 1, 2, 3",
     "items.product_offering_id"},
    {"plans",
     "SELECT l.product_offering_id AS offering, l.price_plan_id AS plan, l.standard"
     " FROM product_offering_plan l JOIN price_plan n ON n.id = l.price_plan_id"
     " WHERE l.product_offering_id = ANY(" OFFERINGS ") AND n.state = 2"
     " AND n.valid_from <= $2::date AND (n.valid_to IS NULL OR n.valid_to > $2::date)"
     " AND (l.valid_from IS NULL OR l.valid_from <= $2::date) AND (l.valid_to IS NULL OR "
     "l.valid_to > $2::date)"
     " ORDER BY l.product_offering_id, l.standard DESC, l.id",
     "items.product_offering_id @today"},
    {"rules",
     "SELECT r.id, r.price_plan_id AS plan, r.name, r.kind, r.charge_item, r.operation,"
     " r.product_specification_id AS specification, r.amount, r.rate, r.from_quantity, "
     "r.to_quantity,"
     " r.characteristic, r.characteristic_value, r.priority, r.valid_from, r.valid_to FROM "
     "price_rule r"
     " WHERE r.price_plan_id IN (SELECT l.price_plan_id FROM product_offering_plan l"
     " WHERE l.product_offering_id = ANY(" OFFERINGS ")) ORDER BY r.price_plan_id, r.id",
     "items.product_offering_id"},
    {"characteristics",
     "SELECT h.id, h.product_specification_id AS specification, h.name, h.label_zh, h.label_en, "
     "h.kind, h.required,"
     " h.initial, h.minimum, h.maximum FROM product_characteristic h"
     " WHERE h.product_specification_id IN " SPECIFICATIONS " ORDER BY h.id",
     "items.product_offering_id"},
    {"choices",
     "SELECT v.product_characteristic_id AS characteristic, v.value FROM "
     "product_characteristic_value v"
     " JOIN product_characteristic h ON h.id = v.product_characteristic_id"
     " WHERE h.product_specification_id IN " SPECIFICATIONS " ORDER BY v.id",
     "items.product_offering_id"},
    {"installed",
     "SELECT DISTINCT i.product_specification_id AS specification, i.product_offering_id AS "
     "offering"
     " FROM installed_product i WHERE i.customer_id = $1 AND i.state NOT IN (6, 7, 8)",
     "customer_id"},
    {"in_flight",
     "SELECT DISTINCT ON (i.product_offering_id) i.product_offering_id AS offering, o.number"
     " FROM customer_order o JOIN order_item i ON i.customer_order_id = o.id"
     " WHERE o.customer_id = $1 AND o.state IN (1, 3, 4, 5) AND i.product_offering_id = "
     "ANY($2::bigint[])"
     " ORDER BY i.product_offering_id, o.id DESC",
     "customer_id items.product_offering_id"},
    {"wishes",
     "SELECT b.number FROM access_number_binding b WHERE b.number = ANY($1::text[]) AND b.during "
     "@> $2::timestamptz",
     "items.access_number @now"},
};

static const struct load submit_loads[] = {
    {"customer",
     "SELECT c.code, p.name, customer_verification_missing(c.id, 'customer_order.submit') AS "
     "missing"
     " FROM customer_order o JOIN customer c ON c.id = o.customer_id JOIN party p ON p.id = c.id "
     "WHERE o.id = $1",
     "@id"},
    {"products",
     "SELECT q.id, q.position, q.operation, q.action, q.access_number, q.product_specification_id "
     "AS specification,"
     " s.code, s.name, s.kind, s.number_kind, coalesce(i.address, o.address) AS address"
     " FROM customer_order o JOIN order_item i ON i.customer_order_id = o.id JOIN order_product q "
     "ON q.order_item_id = i.id"
     " JOIN product_specification s ON s.id = q.product_specification_id WHERE o.id = $1 ORDER BY "
     "s.kind, q.position",
     "@id"},
    {"characteristics",
     "SELECT q.id AS product, v.name, v.value FROM order_item i JOIN order_product q ON "
     "q.order_item_id = i.id"
     " JOIN order_item_characteristic v ON v.order_item_id = i.id"
     " JOIN product_characteristic h ON h.product_specification_id = q.product_specification_id "
     "AND h.name = v.name"
     " WHERE i.customer_order_id = $1 ORDER BY q.position, v.id",
     "@id"},
    /* What has to be there before: products required, and the main product of an attached one. */
    {"dependencies",
     "SELECT r.product_specification_id AS specification, r.other_id AS needed FROM "
     "product_relation r WHERE r.kind = 5"
     " UNION SELECT r.other_id, r.product_specification_id FROM product_relation r WHERE r.kind IN "
     "(1, 2, 3)",
     ""},
};

static const struct load resend_loads[] = {
    {"order",
     "SELECT o.id, o.version, o.number, o.state, o.appointment_at, o.requested_on FROM "
     "customer_order o"
     " JOIN service_order v ON v.customer_order_id = o.id WHERE v.id = $1 FOR UPDATE OF o",
     "@id"},
    {"customer",
     "SELECT c.code, p.name FROM service_order v JOIN customer c ON c.id = v.customer_id JOIN "
     "party p ON p.id = c.id"
     " WHERE v.id = $1",
     "@id"},
    {"products",
     "SELECT q.id, q.position, q.operation, q.action, q.access_number, q.product_specification_id "
     "AS specification,"
     " s.code, s.name, s.kind, s.number_kind, v.address FROM service_order v JOIN order_product q "
     "ON q.id = v.order_product_id"
     " JOIN product_specification s ON s.id = q.product_specification_id WHERE v.id = $1",
     "@id"},
    {"characteristics",
     "SELECT v.order_product_id AS product, h.name, h.value FROM service_order v"
     " JOIN service_order_characteristic h ON h.service_order_id = v.id WHERE v.id = $1 ORDER BY "
     "h.id",
     "@id"},
    {"siblings",
     "SELECT s.state FROM service_order v JOIN service_order s ON s.customer_order_id = "
     "v.customer_order_id AND s.id <> v.id"
     " WHERE v.id = $1",
     "@id"},
};

/* The service order that a message names: its reference up to the colon. */
#define NAMED       "split_part(message_value($1::text, 'event.serviceOrder.externalId'), ':', 1)"
#define NAMED_ORDER "(SELECT n.customer_order_id FROM service_order n WHERE n.number = " NAMED ")"

static const struct load receive_loads[] = {
    /* Two deliveries of one message go one after the other. */
    {"turn",
     "SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 0))::text AS turn",
     "neighbour external_id"},
    {"known", "SELECT result FROM inbox_message WHERE neighbour = $1 AND external_id = $2",
     "neighbour external_id"},
    {"order",
     "SELECT o.id, o.version, o.number, o.state, o.customer_id, o.account_id, o.organisation_id, "
     "o.staff_id, o.address"
     " FROM customer_order o WHERE o.id = " NAMED_ORDER " FOR UPDATE",
     "payload"},
    {"services",
     "SELECT v.id, v.version, v.number, v.state, v.attempt, v.order_product_id AS product, "
     "v.access_number, v.port,"
     " v.address, v.last_event_at, v.product_specification_id AS specification, v.action, v.number "
     "= " NAMED " AS named,"
     " s.name, s.kind, s.number_kind, s.has_port, i.position AS item_position, "
     "i.product_offering_id AS offering,"
     " i.price_plan_id AS plan"
     " FROM service_order v JOIN product_specification s ON s.id = v.product_specification_id"
     " JOIN order_product q ON q.id = v.order_product_id JOIN order_item i ON i.id = "
     "q.order_item_id"
     " WHERE v.customer_order_id = " NAMED_ORDER " ORDER BY s.kind, v.id FOR UPDATE OF v",
     "payload"},
    {"characteristics",
     "SELECT h.service_order_id AS service, h.name, h.value FROM service_order_characteristic h"
     " JOIN service_order v ON v.id = h.service_order_id WHERE v.customer_order_id = " NAMED_ORDER
     " ORDER BY h.id",
     "payload"},
    {"items",
     "SELECT i.position, i.product_offering_id AS offering, o.term_months FROM order_item i"
     " JOIN product_offering o ON o.id = i.product_offering_id"
     " WHERE i.customer_order_id = " NAMED_ORDER " AND i.action = 1 ORDER BY i.position",
     "payload"},
    {"bindings",
     "SELECT b.service_order_id AS service FROM access_number_binding b"
     " WHERE b.number = message_characteristic($1::text, 'accessNumber') AND b.during && "
     "tstzrange($2::timestamptz, NULL)",
     "payload @now"},
    {"mains",
     "SELECT i.id, i.product_specification_id AS specification FROM installed_product i JOIN "
     "customer_order o ON o.customer_id = i.customer_id"
     " WHERE o.id = " NAMED_ORDER " AND i.state = 3 AND i.main_id IS NULL ORDER BY i.id",
     "payload"},
    {"attachments",
     "SELECT r.product_specification_id AS main, r.other_id AS attached FROM product_relation r"
     " WHERE r.kind IN (1, 2, 3) AND r.other_id IN (SELECT v.product_specification_id FROM "
     "service_order v"
     " WHERE v.customer_order_id = " NAMED_ORDER ")",
     "payload"},
};

#define FOUND                                                                                      \
    "(SELECT o.id FROM customer_order o WHERE o.number = upper($1::text)"                          \
    " UNION SELECT o.id FROM customer_order o JOIN customer c ON c.id = o.customer_id WHERE "      \
    "c.code = upper($1::text)"                                                                     \
    " UNION SELECT o.id FROM customer_order o WHERE o.contact_telephone = $1::text"                \
    " UNION SELECT o.id FROM customer_order o JOIN party p ON p.id = o.customer_id WHERE "         \
    "p.mobile = $1::text OR p.contact_telephone = $1::text"                                        \
    " UNION SELECT o.id FROM customer_order o WHERE o.customer_id IN (SELECT "                     \
    "customer_of_access_number($1::text))"                                                         \
    " UNION SELECT v.customer_order_id FROM service_order v WHERE v.number = upper($1::text) OR "  \
    "v.access_number = $1::text"                                                                   \
    " ORDER BY 1 DESC LIMIT 20)"

static const struct load enquiry_loads[] = {
    {"orders",
     "SELECT o.id, o.number, o.customer_id, p.name, o.state, o.captured_at,"
     " (SELECT count(*) FROM service_order v WHERE v.customer_order_id = o.id AND v.state = 9) AS "
     "done, o.service_order_count AS count,"
     " (SELECT max(v.expected_on) FROM service_order v WHERE v.customer_order_id = o.id AND "
     "v.state NOT IN (8, 9)) AS expected_on"
     " FROM customer_order o JOIN party p ON p.id = o.customer_id WHERE o.id IN " FOUND
     " ORDER BY o.id DESC",
     "text"},
    {"steps",
     "SELECT v.number, s.name, v.operation, v.state, v.access_number, v.last_event_at, "
     "v.expected_on, v.fault_kind"
     " FROM service_order v JOIN product_specification s ON s.id = v.product_specification_id"
     " JOIN customer_order o ON o.id = v.customer_order_id WHERE o.id IN " FOUND
     " ORDER BY v.customer_order_id DESC, v.id LIMIT 200",
     "text"},
    {"channel",
     "SELECT coalesce((SELECT p.channel FROM staff_post s JOIN post p ON p.id = s.post_id"
     " WHERE s.staff_id = $1 ORDER BY s.id LIMIT 1), 2) AS channel",
     "@actor"},
};

const struct decision ordering_decisions[] = {
    {"order_capture", COUNT(capture_loads), capture_loads, order_capture},
    {"order_submit", COUNT(submit_loads), submit_loads, order_submit},
    {"order_withdraw", 0, NULL, order_withdraw},
    {"service_order_resend", COUNT(resend_loads), resend_loads, service_order_resend},
    {"neighbour_receive", COUNT(receive_loads), receive_loads, neighbour_receive},
    {"order_enquiry", COUNT(enquiry_loads), enquiry_loads, order_enquiry},
    {"order_enquiry_record", COUNT(enquiry_loads), enquiry_loads, order_enquiry_record},
};
const size_t ordering_decision_count = COUNT(ordering_decisions);
