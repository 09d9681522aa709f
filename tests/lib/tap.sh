# shellcheck shell=bash
# TAP for tests written in shell. Source it, then:
#
#   tap_plan N | tap_skip_all REASON
#   tap_ok STATUS NAME        "ok" if STATUS is 0
#   tap_is GOT WANTED NAME    compares two texts and shows both if they differ
#   tap_skip NAME REASON
#   tap_diagnose TEXT         comment lines
#   tap_wait SECONDS COMMAND  polls until COMMAND succeeds; fails when the time is over
#   tap_done                  exit status of the test program; without tap_plan it prints the plan

TAP_COUNT=0
TAP_FAILED=0
TAP_PLAN=

tap_plan() {
    TAP_PLAN=$1
    echo "1..$1"
}

tap_skip_all() {
    echo "1..0 # SKIP $*"
    exit 0
}

tap_diagnose() {
    sed 's/^/# /' <<<"$*"
}

tap_ok() {
    TAP_COUNT=$((TAP_COUNT + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $TAP_COUNT - $2"
    else
        TAP_FAILED=$((TAP_FAILED + 1))
        echo "not ok $TAP_COUNT - $2"
    fi
    return "$1"
}

tap_is() {
    if [ "$1" = "$2" ]; then
        tap_ok 0 "$3"
    else
        tap_ok 1 "$3"
        tap_diagnose "got:    $1"
        tap_diagnose "wanted: $2"
        return 1
    fi
}

tap_skip() {
    TAP_COUNT=$((TAP_COUNT + 1))
    echo "ok $TAP_COUNT - $1 # SKIP $2"
}

# The pause between two looks; a test never waits for a time, only for the condition.
tap_wait() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        read -r -t 0.02 <> <(:) || :
    done
}

tap_done() {
    [ -n "$TAP_PLAN" ] || echo "1..$TAP_COUNT"
    [ "$TAP_FAILED" -eq 0 ]
    exit
}
