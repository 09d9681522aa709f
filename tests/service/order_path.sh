#!/bin/bash
# The first order through the system: from the counter through the relay to the network stand-in and
# back, with cash, receipt, installed products, the hotline's answer and the supervisor's report. The
# stand-in repeats every message, sends every reservation after the completion, delays half of the
# orders, and refuses ISDN at the first attempt. The steps are in order_path.steps.
set -u
. "$(dirname -- "$0")/../lib/server.sh"
standin=
end() {
    [ -z "$standin" ] || kill "$standin" 2>/dev/null
    server_end
}
trap end EXIT
server_begin || {
    echo "Bail out! no server"
    exit 99
}
"$HALLDESK_BUILD/tests/standin/halldesk-standin" --inbox "$SERVER_FOLDER/outbox" --outbox "$SERVER_FOLDER/inbox" \
    --seed 7 --refuse 0 --refuse-product ISDN --delay 0.5 --delay-ms 200 --repeat 1 --late 1 \
    --step-ms 40 --interval-ms 20 >"$SERVER_FOLDER/standin.log" 2>&1 &
standin=$!
"$HALLDESK_BUILD/halldeskctl" script "$(dirname -- "$0")/order_path.steps" \
    --database "host=$CLUSTER_SOCKET user=$CLUSTER_OWNER dbname=$HALLDESK_TEST_DATABASE"
status=$?
if [ "$status" -ne 0 ]; then
    sed 's/^/# /' "$SERVER_LOG" "$SERVER_FOLDER/standin.log"
fi
exit "$status"
