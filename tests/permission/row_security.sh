#!/bin/bash
# The second net under the gate, by SQL as the application's own role: what a statement without any
# predicate sees is what the scope of the permission in effect covers, and the log is only written by
# the gate.
set -u
. "$(dirname -- "$0")/../lib/server.sh"
. "$(dirname -- "$0")/../lib/tap.sh"
trap server_end EXIT
server_prepare || {
    echo "Bail out! no database"
    exit 99
}

# as ROLE SQL...: rows, or the SQLSTATE of a refusal.
as() {
    local role=$1
    shift
    PGOPTIONS='-c client_min_messages=warning' "$HALLDESK_PG_BIN/psql" -X -q -At -v ON_ERROR_STOP=1 -v VERBOSITY=sqlstate \
        -h "$CLUSTER_SOCKET" -U "$role" -d "$HALLDESK_TEST_DATABASE" "$@" 2>&1 | tail -1
}
# scoped TABLE PLACE OWN SQL: inside a transaction that stands as gate_open() leaves it.
scoped() {
    as halldesk_app -c "BEGIN" -c "SELECT set_config('halldesk.network', '1001', true),
        set_config('halldesk.actor', '2031', true), set_config('halldesk.table', '$1', true),
        set_config('halldesk.p1', '$2', true), set_config('halldesk.c1', '${5:--1}', true),
        set_config('halldesk.o1', '$3', true), set_config('halldesk.r1', '0', true)" -c "$4" -c "ROLLBACK" |
        tail -1
}
# The rows of the last statement before ROLLBACK.
counted() {
    as halldesk_app -c "$1"
}
refused() {
    case $1 in *42501*) return 0 ;; esac
    tap_diagnose "got: $1"
    return 1
}
owner_count() {
    server_psql -Atc "$1"
}

tap_is "$(counted 'SELECT count(*) FROM customer')" 0 "without a gate the application sees no customer at all [CH-46]"
tap_is "$(scoped customer 1011 0 'SELECT count(*) FROM customer')" \
    "$(owner_count 'SELECT count(*) FROM customer WHERE hall_id = 1011')" "a hall's scope shows that hall [CH-45]"
tap_is "$(scoped customer 1010 0 'SELECT count(*) FROM customer')" \
    "$(owner_count 'SELECT count(*) FROM customer WHERE area_id = 1010')" "an area's scope shows that area [CH-45]"
tap_is "$(scoped customer 1001 0 'SELECT count(*) FROM customer')" \
    "$(owner_count 'SELECT count(*) FROM customer WHERE network_id = 1001')" "the network's scope shows the network"
tap_is "$(scoped customer 1010 1 'SELECT count(*) FROM customer')" \
    "$(owner_count 'SELECT count(*) FROM customer WHERE area_id = 1010 AND manager_id = 2031')" \
    "a scope of one's own customers shows those, and none of another manager [CH-45, CH-46]"
tap_is "$(scoped customer 1001 0 'SELECT count(*) FROM customer' 2)" \
    "$(owner_count 'SELECT count(*) FROM customer WHERE network_id = 1001 AND class = 1')" \
    "a scope of one class of customers shows no other class [CH-46]"
tap_is "$(scoped customer 1011 0 "WITH u AS (UPDATE customer SET lifestyle = 'x' RETURNING 1) SELECT count(*) FROM u")" \
    "$(owner_count 'SELECT count(*) FROM customer WHERE hall_id = 1011')" "a change without predicate changes nothing beyond the scope"
tap_is "$(scoped staff 1012 0 'SELECT count(*) FROM staff')" \
    "$(owner_count 'SELECT count(*) FROM staff WHERE hall_id = 1012')" "staff are shown within the scope [CH-45]"

refused "$(counted "UPDATE operation_log SET action = 'nothing'")"
tap_ok $? "the application cannot change the operation log [17-174]"
refused "$(counted 'DELETE FROM operation_log')"
tap_ok $? "nor delete from it [17-174]"
refused "$(counted "INSERT INTO operation_log (id, at, kind, form, verb, action) VALUES (1, now(), 1, 1, 1, 'forged')")"
tap_ok $? "nor write into it [17-174]"
partitions=0
for partition in $(owner_count "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent IN ('operation_log'::regclass, 'history'::regclass)"); do
    for statement in "DELETE FROM $partition" "SELECT count(*) FROM $partition"; do
        refused "$(counted "$statement")" || partitions=$((partitions + 1))
    done
done
tap_is "$partitions" 0 "nor reach its partitions past their parent, those of months to come included"
server_psql -qc "SELECT month_open('2040-01-01')" >/dev/null
refused "$(counted 'DELETE FROM operation_log_204001')"
tap_ok $? "a month that the scheduler opens is as closed"
refused "$(counted "UPDATE history SET changes = '{}'")"
tap_ok $? "history is not changed either"
refused "$(counted 'SELECT count(*) FROM credential')"
tap_ok $? "credentials are read by the auth workers only"
refused "$(counted "SELECT auth_reset(2041, 'x')")"
tap_ok $? "and set by them only"
for table in access permission session epoch duty print_register; do
    refused "$(counted "DELETE FROM $table")"
    tap_ok $? "the application cannot delete from $table"
done
case $(counted "INSERT INTO access_grant (staff_id, permission_id, place_id) SELECT 2001, id, 1001 FROM permission WHERE name = 'setting.change'") in
*23514*) tap_ok 0 "the application cannot grant what no session's actor holds [17-165]" ;;
*) tap_ok 1 "the application cannot grant what no session's actor holds [17-165]" ;;
esac

tap_is "$(server_psql -Atc "SELECT set_config('halldesk.actor', '2041', false)" \
    -c "INSERT INTO access_grant (staff_id, permission_id, place_id) SELECT 2011, id, 1030 FROM permission WHERE name = 'customer.show'" \
    -c "SELECT branches || ' ' || detail FROM access a JOIN permission p ON p.id = a.permission_id WHERE a.staff_id = 2011 AND p.name = 'customer.show'" | tail -1)" \
    "2 1" "full at one hall and basic in the network are not blended into full in the network [17-163]"

tap_is "$(server_psql -Atc "INSERT INTO operation_log (id, at, kind, form, verb, action, staff_number, network_id, area_id, hall_id) VALUES
    (1, now(), 4, 20, 1, 'a', '30127', 1001, 1010, 1011), (2, now(), 4, 20, 1, 'b', '30301', 1001, 1020, 1021) RETURNING 1" | wc -l)" 2 \
    "two operations of two halls"
tap_is "$(scoped operation_view 1011 0 'SELECT string_agg(action, chr(44)) FROM operation_view WHERE id IN (1, 2)')" a \
    "a supervisor's statement without predicate shows the own hall's operations only [CH-46]"
server_psql -q -c "INSERT INTO session (token_hash, staff_id, staff_number, organisation_id, network_id, area_id, hall_id)
    SELECT decode(md5(number), 'hex'), id, number, organisation_id, network_id, area_id, hall_id FROM staff WHERE number IN ('30127', '30128', '30301')"
tap_is "$(scoped session_view 1011 0 'SELECT count(*) FROM session_view')" 2 "who is on line is shown within the scope [CH-45]"
tap_done
