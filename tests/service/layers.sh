#!/bin/bash
# Three layers that know each other by their interfaces only: access (client, gateway), business
# (workers), data (PostgreSQL). Looked at in the running server.
set -u
. "$HALLDESK_SOURCE/tests/lib/server.sh"
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
trap server_end EXIT
SERVER_DATABASE_FROM=$CLUSTER_DEMO
server_begin || exit 1
export HALLDESK_SERVER=unix:$HALLDESK_TEST_SERVER
tap_plan 5

! ldd "$HALLDESK_BUILD/halldesk" | grep -q libpq
tap_ok $? "the client is built without the database's library [KA-11]"

# A call first, so that every process has opened what it opens.
printf '%s\n' 'session clerk 30127 halldesk-1' 'test "call"' 'customer.query name=王*' 'expect status=ok' >"$SERVER_FOLDER/call.script"
"$HALLDESK_BUILD/halldeskctl" script "$SERVER_FOLDER/call.script" >/dev/null
tap_ok $? "a call goes through access, business and data [KA-11]"

# Connections of a process whose other end is the database's socket.
connections() {
    local inode found=0
    for inode in $(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null | tr -dc '0-9\n'); do
        ss -xH | awk -v inode="$inode" -v path="$CLUSTER_SOCKET/" \
            '$8 == inode && index($5, path) == 1 { seen = 1 } END { exit !seen }' && found=$((found + 1))
    done
    echo "$found"
}
if command -v ss >/dev/null; then
    gateway=$(server_children gateway | head -n 1)
    worker=$(server_children short | head -n 1)
    tap_is "$(connections "$gateway") $(connections "$worker")" "0 1" \
        "a gateway holds no connection to the database, a worker one [KA-11]"
else
    tap_skip "a gateway holds no connection to the database, a worker one [KA-11]" "ss is not installed"
fi

tap_is "$(server_psql -Atc "SELECT string_agg(DISTINCT usename, ' ' ORDER BY usename) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'halldeskd'")" \
    "halldesk_app halldesk_auth" "the business layer reaches the data by its two roles alone [KA-11]"

refused=$(PGOPTIONS='' "$HALLDESK_PG_BIN/psql" -X -q -At -h "$CLUSTER_SOCKET" -U halldesk_app -d "$HALLDESK_TEST_DATABASE" \
    -c "UPDATE session SET state = 1" 2>&1 | grep -c 'permission denied')
tap_is "$refused" 1 "and only through the functions that the data layer offers for it [KA-11]"
tap_done
