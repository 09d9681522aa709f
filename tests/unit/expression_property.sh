#!/bin/bash
# Gives the property test of the expression language a database cluster.
set -u
. "$(dirname -- "$0")/../lib/cluster.sh"
program=${HALLDESK_BUILD:-$PWD}/tests/unit/test_expression_property
if [ ! -x "$HALLDESK_PG_BIN/initdb" ] && [ -z "${HALLDESK_TEST_SOCKET:-}" ]; then
    echo "1..0 # SKIP no PostgreSQL binaries in $HALLDESK_PG_BIN"
    exit 0
fi
trap cluster_end EXIT
cluster_begin || {
    echo "Bail out! no database cluster"
    exit 99
}
HALLDESK_TEST_SOCKET=$CLUSTER_SOCKET HALLDESK_TEST_OWNER=$CLUSTER_OWNER "$program" "$@"
