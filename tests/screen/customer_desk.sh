#!/bin/bash
# time-limit: 240
# The customer desk by keyboard, against a server of the test's own with the demo province.
set -u
. "$HALLDESK_SOURCE/tests/lib/server.sh"
trap server_end EXIT
SERVER_DATABASE_FROM=${CLUSTER_DEMO:-halldesk_demo}
server_prepare && server_start || {
    echo "Bail out! no server"
    exit 99
}
XDG_CACHE_HOME=$SERVER_FOLDER/cache
mkdir -p "$XDG_CACHE_HOME"
TEST_CERTIFICATE=$(server_psql -Atc "SELECT certificate_number FROM party WHERE id = 100042")
export XDG_CACHE_HOME TEST_CERTIFICATE HALLDESK_FORMS=$HALLDESK_SOURCE/forms
"$HALLDESK_BUILD/tests/screen/test_customer_desk"
status=$?
[ "$status" -eq 0 ] || sed 's/^/# /' "$SERVER_LOG"
exit "$status"
