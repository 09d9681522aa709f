#!/bin/bash
# What the database itself refuses, whatever the server does: orders without their charges, entries
# that do not balance, numbers and serials given twice.
set -u
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
. "$HALLDESK_SOURCE/tests/lib/cluster.sh"
[ -x "$HALLDESK_PG_BIN/initdb" ] || [ -n "${HALLDESK_TEST_SOCKET:-}" ] ||
    tap_skip_all "no PostgreSQL binaries in $HALLDESK_PG_BIN"
database=constraints_$$
trap 'cluster_drop "$database" >/dev/null 2>&1; cluster_end' EXIT
if ! cluster_begin || ! cluster_clone "$database" "$CLUSTER_DEMO"; then
    echo "Bail out! no database"
    exit 99
fi
context="SELECT set_config('halldesk.actor', '2001', false), set_config('halldesk.network', '1001', false);"
order="INSERT INTO customer_order (id, number, customer_id, staff_id, organisation_id, captured_at, price_date,
       one_time_amount, due_amount, network_id, area_id, hall_id)
       SELECT 1, 'T1', min(id), 2001, 1011, now(), CURRENT_DATE, 2000, 2000, 1001, 1010, 1011 FROM customer;
       INSERT INTO order_item (id, customer_order_id, position, product_offering_id) VALUES (1, 1, 1, 600601);"
charge="INSERT INTO order_charge (customer_order_id, item_position, price_rule_id, rule_name, kind, charge_item, amount)
        VALUES (1, 1, 600502, 'x', 1, 2, 2000);"
service="INSERT INTO order_product (id, order_item_id, position, product_specification_id, operation) VALUES (1, 1, 1, 600001, 1);
         INSERT INTO service_order (id, number, customer_order_id, order_product_id, customer_id, product_specification_id, operation, action, network_id)
         SELECT 1, 'T1-1', 1, 1, customer_id, 600001, 1, 1, 1001 FROM customer_order WHERE id = 1;"

# One transaction, rolled back unless the constraint stops it before; prints the constraint's name.
attempt() {
    cluster_psql "$database" -At -v VERBOSITY=verbose -c "BEGIN; $context $1 SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK" 2>&1 |
        sed -n 's/^CONSTRAINT NAME: *//p;s/^ERROR: *42501.*/kept/p'
}
binding() {
    echo "INSERT INTO access_number_binding (number, during, service_order_id, network_id) VALUES ('$1', tstzrange($2), 1, 1001);"
}

tap_is "$(attempt "$order $charge $service")" "" "an order with its charges is kept"
tap_is "$(attempt "$order")" customer_order_due_amount_charges "an order without its charges is refused"
tap_is "$(attempt "$order $charge ${charge/2000);/1);}")" customer_order_due_amount_charges "charges that sum to something else are refused"
tap_is "$(attempt "$order $charge UPDATE customer_order SET paid_amount = 2001 WHERE id = 1;")" customer_order_paid_amount_range \
    "more than what is due is never paid"
tap_is "$(attempt "$order ${charge/1, 1, 600502/1, 2, 600502} ")" order_charge_item_position_known "a charge belongs to an item of its order"

posting() {
    echo "SELECT posting_put(77, NULL, NULL, NULL, 1011, '{1,11}', '{500,$1}', '{0,1}');"
}
tap_is "$(attempt "$(posting -500)")" "" "an entry that balances is kept"
tap_is "$(attempt "$(posting -499)")" posting_amount_balance "an entry that does not balance is refused"
tap_is "$(attempt "$(posting -500) UPDATE posting SET amount = 1 WHERE entry_id = 77;")" kept "a posting is never changed"
tap_is "$(attempt "$(posting -500) DELETE FROM posting WHERE entry_id = 77;")" kept "a posting is never deleted"

tap_is "$(attempt "$order $charge $service $(binding 65000001 "'2026-01-01', '2026-06-01'") $(binding 65000001 "'2026-06-01', NULL")")" \
    access_number_binding_service_order "one service order binds a number once"
tap_is "$(attempt "$order $charge $service DROP INDEX access_number_binding_service_order; $(binding 65000001 "'2026-01-01', '2026-06-01'") $(binding 65000001 "'2026-06-01', NULL")")" \
    "" "a number is free again when the quarantine is over"
tap_is "$(attempt "$order $charge $service DROP INDEX access_number_binding_service_order; $(binding 65000001 "'2026-01-01', '2026-06-01'") $(binding 65000001 "'2026-05-31', NULL")")" \
    access_number_binding_number_taken "nobody gets a number before that"
tap_is "$(attempt "INSERT INTO receipt_range (prefix, first_number, last_number, next_number, organisation_id, network_id) VALUES ('H01', 50, 60, 50, 1011, 1001);")" \
    receipt_range_first_number_taken "ranges of receipt serials do not overlap"
tap_is "$(attempt "INSERT INTO shift (id, number, staff_id, organisation_id, opened_at, network_id) VALUES (1, 'S1', 2001, 1011, now(), 1001), (2, 'S2', 2001, 1011, now(), 1001);")" \
    shift_staff_id_open "a clerk has one open shift"
tap_done
