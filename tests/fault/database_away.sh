#!/bin/bash
# The whole server under loss: PostgreSQL crashes and comes back, children are killed, the disk of
# the database fills. Every answered change stands exactly once; terminals stay; the answers say why.
# time-limit: 300
set -u
. "$HALLDESK_SOURCE/tests/lib/server.sh"
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
unset HALLDESK_TEST_SOCKET # a cluster of its own: it is going to be killed
work=$(mktemp -d)
disk=
finish() {
    server_end
    [ -z "$disk" ] || umount "$disk" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap "" PIPE
SERVER_DATABASE_FROM=$CLUSTER_DEMO
server_prepare || exit 1
# An acknowledged commit must survive the crash of PostgreSQL itself.
cluster_psql postgres -c 'ALTER SYSTEM SET synchronous_commit = on' -c 'SELECT pg_reload_conf()' >/dev/null
# A sequence that was copied with its database is written ahead again only after a checkpoint.
cluster_psql postgres -c CHECKPOINT
server_set sessions_per_staff 50
server_set workers_short 4
server_start || exit 1
export HALLDESK_SERVER=unix:$HALLDESK_TEST_SERVER
control() {
    "$HALLDESK_BUILD/halldeskctl" "$@"
}

writers=4
changes=120
for writer in $(seq $writers); do
    {
        echo "session admin 10000 halldesk-1"
        for change in $(seq $changes); do
            echo "test \"$writer.$change\""
            echo "region.create code=F.$writer.$change name=$change level=block"
            echo "expect status=ok"
        done
    } >"$work/$writer.script"
done
for writer in $(seq $writers); do
    control script "$work/$writer.script" >"$work/$writer.log" 2>&1 &
    pids[writer]=$!
done
written() {
    cat "$work"/*.log | grep -c '^ok'
}
at_least() {
    [ "$(written)" -ge "$1" ]
}
crash() {
    cluster_stop "$CLUSTER_OWN" immediate
    cluster_start "$CLUSTER_OWN"
}
# Everybody is at work before the first crash.
working() {
    local log
    for log in "$work"/[0-9]*.log; do
        grep -q '^ok' "$log" || return 1
    done
}
tap_wait 60 working
for round in 1 2 3; do
    tap_wait 60 at_least $((round * 80))
    crash
    for role in short-0 gateway; do
        child=$(server_children "$role" | head -n 1)
        [ -z "$child" ] || kill -KILL "$child"
    done
done
failed=0
for writer in $(seq $writers); do
    wait "${pids[writer]}" || failed=1
done
tap_ok $failed "every change was answered although the database crashed three times and children were killed"
[ $failed -eq 0 ] || { grep -h -A3 "^not ok" "$work"/*.log | head -n 20; tail -n 3 "$work"/*.log; tail -n 20 "$SERVER_LOG"; } | sed "s/^/# /"
total=$((writers * changes))
tap_is "$(server_psql -Atc "SELECT count(*) FROM region WHERE code LIKE 'F.%'")" "$total" \
    "each of them stands in the database once"
tap_is "$(server_psql -Atc "SELECT count(*) FROM operation_log WHERE object_key LIKE 'F.%' AND result = 0")" "$total" \
    "and once in the operation log"
tap_is "$(server_psql -Atc "SELECT count(*) FROM history WHERE table_name = 'region' AND kind = 'I' AND changes -> 'code' ->> 1 LIKE 'F.%'")" \
    "$total" "and once in the history"

# Away for longer than a call waits: it says so, and the same session goes on afterwards.
cat >"$work/away.script" <<SCRIPT
session admin 10000 halldesk-1
test "while the database is away a call says so"
wait until region.query code=none matches status=unavailable within 90s
test "the same session goes on when it is back"
wait until region.create code=BACK name=back level=block matches status=ok within 120s
SCRIPT
sessions() {
    server_psql -Atc 'SELECT count(*) FROM session'
}
before=$(sessions)
control script "$work/away.script" >"$work/away.log" 2>&1 &
session=$!
signed() {
    [ "$(sessions)" -gt "$before" ]
}
tap_wait 30 signed
cluster_stop "$CLUSTER_OWN" fast
told() {
    grep -q 'ok 1' "$work/away.log"
}
tap_wait 90 told
tap_ok "$(grep -q '^ok 1' "$work/away.log"; echo $?)" "while the database is away a call says so"
cluster_start "$CLUSTER_OWN"
wait "$session"
tap_ok $? "the same session goes on when it is back" || tap_diagnose "$(cat "$work/away.log")"

# A full disk: the database of the test moves to a small one, which is filled and freed again.
disk=$(mktemp -d /tmp/halldesk-disk.XXXXXX)
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=96m,mode=0777 tmpfs "$disk" 2>/dev/null; then
    mkdir "$disk/space" && chown postgres: "$disk/space"
    server_psql -c "CREATE TABLESPACE small LOCATION '$disk/space'" >/dev/null
    server_psql -c "ALTER TABLE setting SET TABLESPACE small" >/dev/null
    dd if=/dev/zero of="$disk/filler" bs=1M count=200 2>/dev/null
    {
        echo 'session admin 10000 halldesk-1'
        echo 'test "full"'
        # Larger than what the table's last page still takes.
        for n in $(seq 60); do
            echo "setting.create name=full.$n.$(printf 'x%.0s' $(seq 40)) value=$(printf 'y%.0s' $(seq 190))"
        done
        echo 'expect status=storage'
    } >"$work/full.script"
    control script "$work/full.script" >"$work/full.log" 2>&1
    grep -q '"status":"storage"' "$work/full.log"
    tap_ok $? "a full disk is told as such" || tap_diagnose "$(tail -n 5 "$work/full.log" | cut -c 1-300; grep '<3>' "$SERVER_LOG" | tail -n 5)"
    rm -f "$disk/filler"
    sed -i -e '/^setting/d' -e 's/full"/freed"/' -e 's/status=storage/status=ok/' -e '$i setting.create name=full.last value=1' "$work/full.script"
    control script "$work/full.script" >"$work/freed.log" 2>&1
    tap_ok $? "and work goes on when there is room again"
    server_psql -c "ALTER TABLE setting SET TABLESPACE pg_default" -c "DROP TABLESPACE small" >/dev/null
else
    tap_skip "a full disk is told as such" "no right to mount a small disk here"
    tap_skip "and work goes on when there is room again" "no right to mount a small disk here"
fi
tap_is "$(server_children gateway | wc -l)" 1 "the gateway lives"
tap_done
