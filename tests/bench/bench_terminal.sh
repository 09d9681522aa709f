#!/usr/bin/env bash
# What the operator feels at the terminal, without and with a server: see bench_key.c.
set -u
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/lib/server.sh
. "$here/../lib/server.sh"
trap server_end EXIT
[ -x "$HALLDESK_BUILD/tests/bench/bench_key" ] || {
    echo "# libvterm is missing: key.* and form.* are not measured"
    exit 0
}
SERVER_TEST=0
server_begin || exit 1
XDG_CACHE_HOME=$SERVER_FOLDER/cache
mkdir -p "$XDG_CACHE_HOME"
export XDG_CACHE_HOME
"$HALLDESK_BUILD/tests/bench/bench_key"
