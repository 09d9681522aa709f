#!/bin/bash
# The test driver notices every way in which a test program can fail: a driver that passes
# everything would make all other tests worthless.
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
place=$TMPDIR/driver
mkdir -p "$place/tests/x"

# driver_try NAME SCRIPT: runs one test program through the driver; sets verdict to its last line.
driver_try() {
    printf '#!/bin/bash\n%s\n' "$2" >"$place/tests/x/$1"
    chmod +x "$place/tests/x/$1"
    "$HALLDESK_SOURCE/tests/lib/run_tests" -b "$place" -s "$HALLDESK_SOURCE" "tests/x/$1" \
        >"$place/out" 2>&1
    status=$?
    verdict=$(tail -n 1 "$place/out")/$status
}

tap_plan 13
driver_try good 'echo 1..2; echo ok 1 - a; echo ok 2 - b'
tap_is "$verdict" "2 passed, 0 failed/0" "two good tests pass"
driver_try bad 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1'
tap_is "$verdict" "1 passed, 1 failed/1" "a failed test is one failure"
grep -qx 'not ok 2 - b' "$place/out"
tap_ok $? "the log of a failed test is printed"
driver_try short 'echo 1..3; echo ok 1 - a'
tap_is "$verdict" "1 passed, 1 failed/1" "tests that did not run are noticed"
driver_try long 'echo 1..1; echo ok 1 - a; echo ok 2 - b'
tap_is "$verdict" "2 passed, 1 failed/1" "more tests than planned are noticed"
driver_try silent 'exit 0'
tap_is "$verdict" "0 passed, 1 failed/1" "a program without a plan fails"
driver_try status 'echo 1..1; echo ok 1 - a; exit 3'
tap_is "$verdict" "1 passed, 1 failed/1" "an exit status counts even if all tests passed"
driver_try bail 'echo 1..1; echo "Bail out! no database"; exit 99'
tap_is "$verdict" "0 passed, 1 failed/1" "giving up is one failure"
driver_try slow '# time-limit: 1
echo 1..1; echo ok 1 - a; sleep 60'
tap_is "$verdict" "1 passed, 1 failed/1" "a test over its time is ended and fails"
driver_try left 'echo 1..1; echo ok 1 - a; setsid -f true; sleep 60 & disown; exit 0'
tap_is "$verdict" "1 passed, 1 failed/1" "a process left behind fails its test"
driver_try sanitizer 'echo 1..1; echo ok 1 - a; echo "x.c:1:2: runtime error: overflow" >&2'
tap_is "$verdict" "1 passed, 1 failed/1" "a sanitizer report fails its test"
driver_try skip 'echo "1..2"; echo "ok 1 - a # SKIP no tool"; echo "not ok 2 - b # TODO later"'
tap_is "$verdict" "0 passed, 0 failed/0" "skipped and to-do tests pass nothing and fail nothing"
"$HALLDESK_SOURCE/tests/lib/run_tests" -b "$place" -s "$HALLDESK_SOURCE" tests/x/missing >"$place/out" 2>&1
status=$?
tap_is "$(tail -n 1 "$place/out")/$status" "0 passed, 1 failed/1" "a test that was not built fails"
tap_done
