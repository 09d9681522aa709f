#!/bin/bash
# Orders typed by a clerk and orders that come in an interface file are the same orders.
set -u
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
. "$HALLDESK_SOURCE/tests/lib/server.sh"
trap server_end EXIT
server_begin || {
    echo "Bail out! no server"
    exit 99
}
work=$SERVER_FOLDER
ctl() {
    (cd "$work" && "$HALLDESK_BUILD/halldeskctl" --staff 30127 "$@" 2>>"$work/errors")
}
orders() {
    server_psql -AtF ' ' -c "SELECT o.remark, o.state, o.one_time_amount, o.deposit_amount,
            string_agg(p.code || coalesce('=' || nullif(i.access_number, ''), ''), ',' ORDER BY i.position)
       FROM customer_order o JOIN order_item i ON i.customer_order_id = o.id JOIN product_offering p ON p.id = i.product_offering_id
      WHERE o.remark LIKE '$1' GROUP BY o.id ORDER BY o.remark"
}
mapfile -t customers < <(server_psql -Atc "SELECT code FROM customer WHERE hall_id = 1011 AND class = 1 ORDER BY id LIMIT 3")

ctl call customer_order.create customer_id="${customers[0]}" contact_telephone=13912345678 remark=T1 \
    'items+={product_offering_id=TEL01,access_number=65990001}' 'items+={product_offering_id=CLIP01}' >"$work/typed"
typed=$?
cat >"$work/orders.utf8" <<FILE
reference|customer|telephone|address|wanted_on|offering|quantity|number
W1|${customers[1]}|13912345679|东单 1 号||TEL01|1|65990002
W1|||||CLIP01|1|
W2|${customers[2]}|13912345670||2026-12-24|TEL01|1|65990003
W3|${customers[2]}|13912345670|||TEL01|1|65990002
W4|${customers[2]}|13912345670|||NONE01|1|
FILE
iconv -f UTF-8 -t GB18030 "$work/orders.utf8" >"$work/orders.txt"
output=$(ctl import orders.txt --map customer_order --whole)
tap_is "$(orders 'W%')" "" "a file that is to be taken as a whole is not taken in part"
output=$(ctl import orders.txt --map customer_order --slots 1 --rejects rejects.txt)
tap_is "$typed $(orders T1 | cut -d ' ' -f 2-4)" "0 $(orders W1 | cut -d ' ' -f 2-4)" \
    "orders are typed or come in a file, and are checked and priced alike [9-16]" || tap_diagnose "$output $(cat "$work/typed")"
tap_is "$(orders 'W%' | cut -d ' ' -f 1,5)" $'W1 TEL01=65990002,CLIP01\nW2 TEL01=65990003' "items of one reference are one order"
tap_is "$(tail -n 1 <<<"$output" | sed 's/,"dry_run".*//')" '{"status":"ok","rows":4,"created":2,"changed":0,"unchanged":0,"refused":2' \
    "what cannot be taken is refused order by order"
grep -F '"line":5}' <<<"$output" | grep -qF '"name":"order.in_flight"' &&
    grep -F '"line":6}' <<<"$output" | grep -qF '"name":"unknown_reference","field":"product_offering_id","lines":"items","line":1'
tap_ok $? "with row, item and what is wrong" || tap_diagnose "$output"
tap_is "$(iconv -f GB18030 -t UTF-8 "$work/rejects.txt" | cut -d '|' -f 1 | tr '\n' ' ')" "reference W3 W4 " "and handed back"
tap_done
