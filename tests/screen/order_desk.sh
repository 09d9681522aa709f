#!/bin/bash
# An order from the counter to the network and back by keyboard, against a server of the test's own
# with the demo province and a network stand-in that neither delays nor refuses.
set -u
. "$HALLDESK_SOURCE/tests/lib/server.sh"
standin=
end() {
    [ -z "$standin" ] || kill "$standin" 2>/dev/null
    server_end
}
trap end EXIT
SERVER_DATABASE_FROM=${CLUSTER_DEMO:-halldesk_demo}
server_prepare && server_start || {
    echo "Bail out! no server"
    exit 99
}
"$HALLDESK_BUILD/tests/standin/halldesk-standin" "$SERVER_FOLDER/outbox" "$SERVER_FOLDER/inbox" \
    --refuse 0 --delay 0 --repeat 0 --late 0 --step-ms 20 --interval-ms 20 >"$SERVER_FOLDER/standin.log" 2>&1 &
standin=$!
XDG_CACHE_HOME=$SERVER_FOLDER/cache
mkdir -p "$XDG_CACHE_HOME"
export XDG_CACHE_HOME HALLDESK_FORMS=$HALLDESK_SOURCE/forms
"$HALLDESK_BUILD/tests/screen/test_order_desk"
status=$?
[ "$status" -eq 0 ] || sed 's/^/# /' "$SERVER_LOG" "$SERVER_FOLDER/standin.log"
exit "$status"
