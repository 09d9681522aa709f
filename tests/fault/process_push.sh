#!/bin/bash
# Pushes to terminals, with a database of the test's own.
set -u
exec "$HALLDESK_SOURCE/tests/lib/with_database" "$HALLDESK_BUILD/tests/fault/test_process_push"
