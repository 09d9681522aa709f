# shellcheck shell=bash
# ./run check: builds once with sanitizers and runs the tests; lives beside ./run, which sources it.

check_main() {
    local folder=$RUN_SOURCE/build/check name
    local -a tests=() options=()
    packages_ensure check || return
    run_as_owner check "$@"
    for name in "$@"; do
        case $name in
        -*)
            run_usage >&2
            return 2
            ;;
        esac
        options+=(-f "$name")
    done
    if ! { build_tree "$folder" --enable-sanitizers --enable-werror CFLAGS="-O1 -g" &&
        build_make "$folder" all check-programs >&2; }; then
        # CI reads the last line, so a build that fails says so there as well.
        echo "0 passed, 1 failed"
        return 1
    fi
    mapfile -t tests < <(make --no-print-directory -s -C "$folder" print-tests)
    [ ${#options[@]} -gt 0 ] || options=(-j 2)
    "$RUN_SOURCE/tests/lib/run_tests" -b "$folder" -s "$RUN_SOURCE" "${options[@]}" "${tests[@]}"
}
