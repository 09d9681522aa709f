#!/bin/bash
# The list of target customers of a campaign comes from another system, and is judged.
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
    (cd "$work" && "$HALLDESK_BUILD/halldeskctl" --staff 10000 "$@" 2>>"$work/errors")
}
segment=$(ctl call segment.create name=宽带推广目标 dimension=behaviour kind=campaign | sed -n 's/.*"key":"\([^"]*\)".*/\1/p')
ctl call segment.activate key="$segment" --confirm >"$work/activated"
{
    echo "segment,customer"
    server_psql -Atc "SELECT '$segment,' || code FROM customer WHERE class = 1 AND status = 2 ORDER BY id LIMIT 40"
    echo "$segment,C99999999"
    echo "S999999,C00000001"
    echo "$segment,"
} >"$work/targets.csv"
output=$(ctl import targets.csv --map segment_member --confirm --rejects rejects.csv)
tap_is "$(tail -n 1 <<<"$output" | sed 's/,"dry_run".*//') $(server_psql -Atc "SELECT count(*) FROM segment_member m JOIN segment s ON s.id = m.segment_id WHERE s.code = '$segment' AND m.valid_to IS NULL")" \
    '{"status":"ok","rows":43,"created":40,"changed":0,"unchanged":0,"refused":3 40' \
    "target customers are imported in bulk and judged: unknown customers and lists are refused [5-43]" ||
    tap_diagnose "$output $(cat "$work/activated")"
tap_is "$(cut -d , -f 1-3 "$work/rejects.csv" | LC_ALL=C sort | tr -d '\r' | tr '\n' ' ')" \
    "$segment,,44 $segment,C99999999,42 S999999,C00000001,43 segment,customer,import_line " "what is refused is handed back with its line"
output=$(ctl import targets.csv --map segment_member --confirm)
tap_is "$(server_psql -Atc "SELECT count(*), count(DISTINCT customer_id) FROM segment_member m JOIN segment s ON s.id = m.segment_id WHERE s.code = '$segment' AND m.valid_to IS NULL")" \
    "40|40" "the same list a second time makes nobody a target twice"
tap_done
