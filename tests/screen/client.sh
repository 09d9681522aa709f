#!/bin/bash
# The client in a pseudo-terminal against a server of the test's own with the demo province.
set -u
. "$HALLDESK_SOURCE/tests/lib/server.sh"
trap server_end EXIT
SERVER_DATABASE_FROM=${CLUSTER_DEMO:-halldesk_demo}
server_prepare && server_set sessions_per_staff 2 && server_start || {
    echo "Bail out! no server"
    exit 99
}
XDG_CACHE_HOME=$SERVER_FOLDER/cache
mkdir -p "$XDG_CACHE_HOME"
export XDG_CACHE_HOME HALLDESK_FORMS=$HALLDESK_SOURCE/forms
"$HALLDESK_BUILD/tests/screen/test_client"
status=$?
[ "$status" -eq 0 ] || grep -v expression "$SERVER_LOG" | sed 's/^/# /'
exit "$status"
