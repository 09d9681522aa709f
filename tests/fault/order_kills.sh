#!/bin/bash
# Orders go through the system while workers and the relay are killed again and again: every order
# completes, none twice, no fen is lost, no message has a second effect.
# time-limit: 300
set -u
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
. "$HALLDESK_SOURCE/tests/lib/server.sh"
orders=20
standin=
killer=
end() {
    [ -z "$killer" ] || kill "$killer" 2>/dev/null
    [ -z "$standin" ] || kill "$standin" 2>/dev/null
    server_end
}
trap end EXIT
server_begin || {
    echo "Bail out! no server"
    exit 99
}
"$HALLDESK_BUILD/tests/standin/halldesk-standin" --inbox "$SERVER_FOLDER/outbox" --outbox "$SERVER_FOLDER/inbox" \
    --seed 3 --refuse 0 --delay 0.3 --delay-ms 300 --repeat 0.5 --late 0.3 --step-ms 50 --interval-ms 20 \
    >"$SERVER_FOLDER/standin.log" 2>&1 &
standin=$!

# Strikes in turn, at irregular moments.
(
    trap 'echo "$strikes" >"$SERVER_FOLDER/strikes"; exit 0' TERM
    strikes=0
    while :; do
        for role in relay "worker"; do
            for _ in $(seq $((4 + RANDOM % 12))); do
                server_pause
            done
            mapfile -t children < <(server_children "$role")
            if [ "${#children[@]}" -gt 0 ]; then
                kill -KILL "${children[RANDOM % ${#children[@]}]}" 2>/dev/null && strikes=$((strikes + 1))
                echo "$strikes" >"$SERVER_FOLDER/strikes"
            fi
        done
    done
) &
killer=$!

{
    echo "session clerk 30127 halldesk-1"
    for n in $(seq "$orders"); do
        cat <<STEPS
let customer = sql "SELECT code FROM customer WHERE hall_id = 1011 AND class = 1 ORDER BY id OFFSET $n LIMIT 1"
customer_order.create customer_id=\$customer items+={product_offering_id=FAMILY01}
let order = .id
customer_order.pay id=\$order tenders+={way=cash,amount=400}
customer_order.submit id=\$order
STEPS
    done
    echo 'test "orders are taken, paid and sent while children die"'
    echo 'sql "SELECT count(*) FROM customer_order WHERE paid_amount = due_amount AND state <> 1"'
    echo "expect .value = $orders"
} >"$SERVER_FOLDER/orders.steps"
"$HALLDESK_BUILD/halldeskctl" script "$SERVER_FOLDER/orders.steps" \
    --database "host=$CLUSTER_SOCKET user=$CLUSTER_OWNER dbname=$HALLDESK_TEST_DATABASE" >"$SERVER_FOLDER/orders.tap" 2>&1
tap_ok $? "$orders orders are taken, paid and sent while workers and the relay die" ||
    sed 's/^/# /' "$SERVER_FOLDER/orders.tap"

value() {
    server_psql -At -c "$1"
}
completed() {
    [ "$(value "SELECT count(*) FROM customer_order WHERE state = 9")" = "$orders" ]
}
tap_wait 120 completed
tap_ok $? "all of them are completed by the network" ||
    tap_diagnose "$(value "SELECT number, state, service_order_count FROM customer_order ORDER BY id")"
kill "$killer" 2>/dev/null
killer=
strikes=$(cat "$SERVER_FOLDER/strikes" 2>/dev/null)
tap_ok $((${strikes:-0} < 5)) "children were killed meanwhile"
tap_diagnose "${strikes:-0} children killed; stand-in: $(cat "$SERVER_FOLDER/standin.log")"

tap_is "$(value "SELECT count(*) FROM customer_order")" "$orders" "no order was taken twice"
tap_is "$(value "SELECT count(*) || ' ' || sum(amount) FROM payment")" "$orders $((orders * 38900))" "nobody paid twice"
tap_is "$(value "SELECT sum(amount) || ' ' || sum(amount) FILTER (WHERE amount > 0) FROM posting")" "0 $((orders * 38900))" \
    "the postings balance and equal the payments"
tap_is "$(value "SELECT count(*) || ' ' || max(right(serial, 8)::int) FROM receipt")" "$orders $orders" "receipt serials have no gap"
tap_is "$(value "SELECT count(*) FROM installed_product")" "$((orders * 4))" "every product is installed once"
tap_is "$(value "SELECT count(*) - count(DISTINCT access_number) FROM installed_product WHERE access_number IS NOT NULL")" 0 \
    "no number was given twice"
tap_is "$(value "SELECT count(*) FROM outbox_message WHERE status <> 2")" 0 "nothing waits in the outbox"
tap_is "$(value "SELECT count(*) FROM inbox_message WHERE result NOT IN ('taken', 'late')")" 0 "no report came to the fallout desk"
tap_is "$(find "$SERVER_FOLDER/outbox/done" -name '*.json' | wc -l)" "$((orders * 4))" "the network got each service order once"
tap_done
