# shellcheck shell=bash
# Configures and builds out of tree; lives beside ./run, which sources it.

# build_tree FOLDER CONFIGURE-OPTION... : leaves a configured tree in FOLDER, made anew only when
# the options changed. The log of a failed step is printed whole.
build_tree() {
    local folder=$1 wanted
    shift
    mkdir -p "$folder" || return
    if [ ! -x "$RUN_SOURCE/configure" ] || [ "$RUN_SOURCE/configure.ac" -nt "$RUN_SOURCE/configure" ]; then
        (cd -- "$RUN_SOURCE" && build_step "$folder/autoreconf.log" autoreconf -i) || return
    fi
    wanted=$(printf '%s\n' "$RUN_SOURCE" "$@")
    if [ ! -e "$folder/Makefile" ] || [ "$wanted" != "$(cat "$folder/.configured" 2>/dev/null)" ]; then
        # configure refuses an absolute path with a space in it, and takes a relative one.
        (cd -- "$folder" &&
            build_step configure.out "$(realpath --relative-to=. "$RUN_SOURCE")/configure" "$@") ||
            return
        printf '%s\n' "$wanted" >"$folder/.configured"
    fi
}

build_step() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 && return 0
    cat "$log" >&2
    run_note "failed: $*"
    return 1
}

# build_make FOLDER TARGET... : make, as parallel as there are processors; warnings stay visible.
# One target after the other: "all" calls make again, and two at once compile the same file twice.
build_make() {
    local folder=$1 target
    shift
    for target in "$@"; do
        make --no-print-directory -C "$folder" -j "$(nproc)" "$target" || return
    done
}

# The same for who wants to see something only when it fails.
build_quietly() {
    local folder=$1
    [ -e "$folder/.built" ] || run_note "building in $folder"
    build_step "$folder/make.log" build_make "$@" && touch "$folder/.built"
}
