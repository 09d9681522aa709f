#!/bin/bash
# The clang static analyser finds nothing in the programs and libraries.
# time-limit: 1500
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
command -v scan-build >/dev/null || tap_skip_all "scan-build is not installed"
command -v clang >/dev/null || tap_skip_all "clang is not installed"
tap_plan 1
# A build tree of its own that is kept: a second run analyses only what changed since.
folder=$HALLDESK_BUILD/tests/analyzer
mkdir -p "$folder" && cd "$folder" || exit 1
source=$(realpath --relative-to=. "$HALLDESK_SOURCE")
analyze() {
    # Keep the build of a run without findings only, else they would be forgotten by the next.
    scan-build --status-bugs -disable-checker deadcode.DeadStores -o "$folder/report" -plist "$@"
}
[ -e Makefile ] || analyze "$source/configure" --disable-sanitizers CFLAGS=-O0 >configure.out 2>&1 ||
    { tap_ok 1 "the analyser's tree is configured"; cat configure.out; tap_done; }
# Out of the way of tests that watch the clock.
analyze nice -n 19 make -j 2 all >analyzer.out 2>&1
status=$?
tap_ok $status "the static analyser finds nothing" || {
    tap_diagnose "$(grep -E 'warning:|error:|bugs found' analyzer.out | sort -u)"
    make -s clean >/dev/null 2>&1
}
tap_done
