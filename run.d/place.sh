# shellcheck shell=bash
# Where what runs is kept, and the processes that stay; lives beside ./run, which sources it.

# Sets RUN_PLACE to the folder var/NAME. Root's database server runs as another user, who may not be
# able to reach the checkout (/root is closed): then the folder is under /var/lib and var/NAME leads
# to it.
place_prepare() {
    local link=$RUN_SOURCE/var/$1 far
    mkdir -p "$RUN_SOURCE/var" || return
    if [ ! -e "$link" ] && [ "$(id -u)" -eq 0 ] && ! cluster_as test -x "$RUN_SOURCE/var"; then
        far=/var/lib/halldesk-run/$(printf '%s' "$RUN_SOURCE" | cksum | cut -d ' ' -f 1)/$1
        mkdir -p "$far" && ln -s "$far" "$link" || return
    fi
    mkdir -p "$link" || return
    RUN_PLACE=$(cd -- "$link" && pwd -P)
}

# place_running NAME: true if the process that place_start NAME left is alive; sets PLACE_PID.
# The start time tells it from a later process with the same number.
place_running() {
    local started
    read -r PLACE_PID started 2>/dev/null <"$RUN_PLACE/$1.pid" || return 1
    [ "$(place_started "$PLACE_PID")" = "$started" ] && [ -n "$started" ]
}

# Field 22 of stat, counted behind the name, which may hold spaces.
place_started() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    # A zombie is not running.
    [ "$1" = Z ] || echo "${20}"
}

# place_start NAME COMMAND... : leaves it running in a session of its own, log in NAME.log.
place_start() {
    local name=$1 pid
    shift
    # shellcheck disable=SC2016
    pid=$(setsid bash -c 'exec "$@" >>"$0" 2>&1 </dev/null & echo $!' "$RUN_PLACE/$name.log" "$@")
    echo "$pid $(place_started "$pid")" >"$RUN_PLACE/$name.pid"
}

# place_stop NAME: asks it to end, insists after 60 seconds.
place_stop() {
    local deadline=$((SECONDS + 60)) pid
    if place_running "$1"; then
        pid=$PLACE_PID
        kill -TERM "$pid" 2>/dev/null
        while place_running "$1"; do
            if [ "$SECONDS" -ge "$deadline" ]; then
                run_note "$1 does not end; killed"
                kill -KILL "$pid" 2>/dev/null
                break
            fi
            read -r -t 0.05 <> <(:) || :
        done
    fi
    rm -f "$RUN_PLACE/$1.pid"
}
