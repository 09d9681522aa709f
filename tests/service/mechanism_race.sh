#!/bin/bash
# Claims of many at once have one winner each; and pushes on their way from a duty to a terminal.
# time-limit: 600
set -u
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
. "$HALLDESK_SOURCE/tests/lib/server.sh"
[ -x "$HALLDESK_PG_BIN/initdb" ] || [ -n "${HALLDESK_TEST_SOCKET:-}" ] ||
    tap_skip_all "no PostgreSQL binaries in $HALLDESK_PG_BIN"

ITEMS=60
work=$(mktemp -d "${TMPDIR:-/tmp}/mechanism_race.XXXXXX")
trap 'exec 3>&- 4>&-; server_end; rm -rf "$work"' EXIT
begin() {
    server_prepare && server_set workers_short 4 && server_start
}
begin || {
    echo "Bail out! no server"
    exit 99
}

query() {
    server_psql -At -c "$1" 2>&1
}
script() {
    "$HALLDESK_BUILD/halldeskctl" script "$1" >"$1.log" 2>&1
}

# --- a terminal of HALL-01 and one of HALL-02 listen, from before the first piece of work
mkfifo "$work/hold1" "$work/hold2"
"$HALLDESK_BUILD/tests/service/push_listen" 30128 <"$work/hold1" >"$work/near" 2>&1 &
"$HALLDESK_BUILD/tests/service/push_listen" 30201 <"$work/hold2" >"$work/far" 2>&1 &
exec 3>"$work/hold1" 4>"$work/hold2"
listens() {
    grep -qx ready "$work/near" && grep -qx ready "$work/far"
}
tap_wait 60 listens || tap_diagnose "$(cat "$work/near" "$work/far")"

cat >"$work/make" <<EOF
session lead 30100 halldesk-1
repeat $ITEMS work_item.create kind_code=task subject="争抢 \$n" priority=normal organisation_id=HALL-01
EOF
script "$work/make"
tap_is "$(query "SELECT count(*) FROM work_item WHERE status = 1")" "$ITEMS" "there is work for an office" ||
    tap_diagnose "$(cat "$work/make.log")"

# --- a third person helps out at the office
query "SELECT set_config('halldesk.actor', '2041', false); UPDATE staff SET organisation_id = 1011 WHERE number = '30301'" >/dev/null

# --- three people ask for the next piece at once, more often than there is work
for staff in 30100 30127 30301; do
    {
        echo "session me $staff halldesk-1 take_over=1"
        for ((n = 0; n < ITEMS; n++)); do
            echo "work_next.run kind_code=task"
            echo "expect .status ~ *"
        done
    } >"$work/next.$staff"
    script "$work/next.$staff" &
    pids+=($!)
done
wait "${pids[@]}"
tap_is "$(query "SELECT count(*) FROM work_item WHERE status = 2")" "$ITEMS" "all of it is taken" ||
    tap_diagnose "$(tail -n 3 "$work"/next.*.log)"
tap_is "$(query "SELECT count(*), count(DISTINCT id) FROM history WHERE table_name = 'work_item' AND changes -> 'status' = '[1, 2]'")" \
    "$ITEMS|$ITEMS" "each piece was given once, to one"
tap_is "$(query "SELECT count(DISTINCT staff_id) > 1 FROM work_item")" t "more than one person got some"

# --- three people claim the same piece at once
query "SELECT set_config('halldesk.actor', '2041', false);
       UPDATE work_item SET status = 1, staff_id = NULL, claimed_at = NULL WHERE id = (SELECT min(id) FROM work_item)" >/dev/null
item=$(query "SELECT min(id) FROM work_item")
pids=()
for staff in 30100 30127 30301; do
    {
        echo "session me $staff halldesk-1 take_over=1"
        echo "work_inbox.claim id=$item"
    } >"$work/claim.$staff"
    script "$work/claim.$staff" &
    pids+=($!)
done
won=0
for pid in "${pids[@]}"; do
    wait "$pid" && won=$((won + 1))
done
tap_is "$won" 1 "a claim of the same piece by three has one winner" || tap_diagnose "$(cat "$work"/claim.*.log)"
tap_is "$(query "SELECT status FROM work_item WHERE id = $item")" 2 "who has it"

# --- pushes
heard() {
    grep -q "$1" "$2"
}
tap_wait 150 heard '^4 ' "$work/near"
tap_ok $? "the terminals of the office hear that work waits [17-186]" || tap_diagnose "$(cat "$work/near")"
cat >"$work/publish" <<'EOF'
session lead 30100 halldesk-1 take_over=1
let one = announcement.create title="盘点通知" kind=business body="周五" 'targets+={organisation_id=HALL-02}'
announcement.submit id=$one
let task = work_item.create kind_code=task subject="陈旧的事" priority=normal organisation_id=HALL-02 due_at="2026-01-05 09:00"
EOF
script "$work/publish"
tap_wait 150 heard 'notice.announcement.盘点通知' "$work/far"
tap_ok $? "an announcement comes to a terminal of those whom it is for" || tap_diagnose "$(cat "$work/far" "$work/publish.log")"
tap_wait 150 heard '^1 notice.work_overdue.*陈旧的事' "$work/far"
tap_ok $? "a reminder of overdue work comes to the terminals of its office [17-186]" || tap_diagnose "$(cat "$work/far")"
tap_is "$(grep -c '盘点通知\|陈旧的事' "$work/near")" 0 "and not to those of another"
tap_done
