#!/bin/bash
# halldeskctl bulk and export: many records by one word, each by its own call.
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
    "$HALLDESK_BUILD/halldeskctl" --staff "$staff" "$@" 2>>"$work/errors"
}
staff=30127
{
    echo "session clerk 30127 halldesk-1"
    echo 'repeat 30 customer.create name=批量$n party_kind=person certificate_type=passport certificate_number=B000000$n mobile=13800138${n}1 address=批量路'
} >"$work/setup.script"
ctl script "$work/setup.script"

output=$(ctl bulk customer.change postcode=100001 --where address=批量路)
tap_is "$?$output" '1{"status":"denied"}' "who may change one by one may not change in bulk: that is a right of its own"
tap_is "$(server_psql -Atc "SELECT count(*) FROM party WHERE address = '批量路' AND postcode IS NOT NULL")" 0 "nothing is changed"
staff=SCHED
output=$(ctl bulk customer.change service_grade=no_such_grade --where address=批量路)
tap_is "$?$output" 1 "a value that no record can take is refused before any is changed"
output=$(ctl bulk customer.change postcode=100001 --where address=批量路 --dry-run)
tap_is "$output" '{"status":"ok","chosen":30,"changed":30,"unchanged":0,"refused":0,"dry_run":true}' \
    "a dry run tells what would be changed"
tap_is "$(server_psql -Atc "SELECT count(*) FROM party WHERE address = '批量路' AND postcode IS NOT NULL")" 0 "and changes nothing"
output=$(ctl bulk customer.change postcode=100001 --where address=批量路)
tap_is "$output" '{"status":"ok","chosen":30,"changed":30,"unchanged":0,"refused":0,"dry_run":false}' \
    "customers are changed in bulk by criteria [10-25]"
tap_is "$(server_psql -Atc "SELECT count(*) FROM party WHERE address = '批量路' AND postcode = '100001'")" 30 "all of them"
tap_is "$(server_psql -Atc "SELECT count(*) FROM operation_log WHERE action = 'change' AND staff_number = 'SCHED' AND result = 0")" 30 \
    "each by a call of its own, logged as such"
output=$(ctl bulk customer.activate --where address=批量路 --where 'name~批量1*')
tap_is "$output" '{"status":"ok","chosen":11,"changed":11,"unchanged":0,"refused":0,"dry_run":false}' "a step is taken in bulk"
output=$(ctl bulk customer.activate --where address=批量路)
tap_is "$(tail -n 1 <<<"$output")" '{"status":"ok","chosen":30,"changed":19,"unchanged":0,"refused":11,"dry_run":false}' \
    "what the state does not allow is refused one by one, the rest is done"
tap_is "$(grep -c '"status":"transition"' <<<"$output")" 11 "and each refusal is told with its record"

staff=10000
output=$(ctl call job.query kind=bulk form=customer --order started_at)
tap_is "$(sed -n 's/.*"title":"\([^"]*\)".*"key":"\([^"]*\)".*"status":"\([^"]*\)","total":\([0-9]*\),"done":\([0-9]*\),"failed":\([0-9]*\).*/\1 \2 \3 \4 \5 \6/p' <<<"$output")" \
    "change address=批量路 SCHED done 30 30 0
activate address=批量路 SCHED done 11 11 0
activate address=批量路 SCHED done 30 30 11" "others see what was done in bulk, by whom and how it ended"
staff=30127
output=$(ctl export customer address=批量路)
tap_is "$?" 1 "who may list may not take away: exporting is a right of its own"
staff=10000
ctl export customer address=批量路 --fields code,name,postcode,certificate_number,status --output "$work/out.csv"
tap_is "$?" 0 "an export runs"
tap_is "$(head -n 1 "$work/out.csv" | tr -d '\r')" $'\xef\xbb\xbfcode,name,postcode,certificate_number,status' "with a header"
tap_is "$(grep -c ',批量[0-9]*,100001,\*\**[0-9]*,active' "$work/out.csv")" 30 "all rows, sensitive fields masked"
ctl export customer address=批量路 --fields name --encoding GB18030 | iconv -f GB18030 -t UTF-8 | grep -c '批量' >"$work/count"
tap_is "$(cat "$work/count")" 30 "in GB18030 on request"
output=$(ctl export customer address=批量路 --format json --fields name --limit 5)
tap_is "$(grep -c '"name":"批量' <<<"$output")" 5 "as lines of JSON, as many as wanted"
tap_is "$(server_psql -Atc "SELECT count(*) FROM operation_log WHERE action = 'export' AND staff_number = '10000' AND detail LIKE 'address=%'")" 3 \
    "who exported what stands in the log"
tap_done
