# shellcheck shell=bash
# ./run bench: builds for speed and runs the bench programs one after the other on a durable
# cluster of their own; lives beside ./run, which sources it.

bench_main() {
    local folder=$RUN_SOURCE/build/bench name test status=0
    local -a tests=()
    packages_ensure check || return
    run_as_owner bench "$@"
    build_tree "$folder" --disable-sanitizers CFLAGS="-O2 -g" || return
    build_quietly "$folder" all check-programs || return
    export HALLDESK_BUILD=$folder
    # shellcheck source=tests/lib/server.sh
    . "$RUN_SOURCE/tests/lib/server.sh"
    place_prepare bench || return
    cluster_create "$RUN_PLACE/cluster" durable && cluster_start "$RUN_PLACE/cluster" || return
    # shellcheck disable=SC2064
    trap "cluster_stop '$RUN_PLACE/cluster'" EXIT
    # The template follows the schema of today.
    cluster_drop "$CLUSTER_TEMPLATE" && cluster_template || return
    mapfile -t tests < <(make --no-print-directory -s -C "$folder" print-benches)
    [ ${#tests[@]} -gt 0 ] && [ -n "${tests[0]}" ] || run_note "there are no bench programs yet"
    for test in "${tests[@]}"; do
        [ -n "$test" ] || continue
        if [ $# -gt 0 ]; then
            for name in "$@"; do
                case $test in
                *"$name"*) break ;;
                esac
                name=
            done
            [ -n "$name" ] || continue
        fi
        [ -x "$folder/$test" ] && test=$folder/$test || test=$RUN_SOURCE/$test
        # Never two at once: they would measure each other.
        "$test" || {
            status=1
            run_note "failed: $test"
        }
    done
    return "$status"
}
