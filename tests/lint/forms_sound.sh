#!/bin/bash
# The forms, code lists, messages and the menu that are delivered are sound.
set -u
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
tap_plan 1
output=$("$HALLDESK_BUILD/halldeskctl" check-forms "$HALLDESK_SOURCE/forms" 2>&1)
tap_ok $? "the declarations in forms/ are sound"
tap_diagnose "$output"
tap_done
