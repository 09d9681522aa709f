#!/bin/bash
# cppcheck is quiet over the whole tree.
# time-limit: 600
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
command -v cppcheck >/dev/null || tap_skip_all "cppcheck is not installed"
tap_plan 1
cd "$HALLDESK_SOURCE" || exit 1
# POSIX makes NULL a pointer, so it may end a list of arguments (varFuncNullUB).
# A cache in the build tree: only what changed is looked at again.
mkdir -p "$HALLDESK_BUILD/tests/cppcheck"
found=$(cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability --inline-suppr \
    --suppress=missingInclude --suppress=varFuncNullUB --error-exitcode=1 --cppcheck-build-dir="$HALLDESK_BUILD/tests/cppcheck" \
    --max-configs=4 -D_GNU_SOURCE -I . protocol server client tests 2>&1)
tap_ok $? "cppcheck has nothing to say" || tap_diagnose "$found"
tap_done
