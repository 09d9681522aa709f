# shellcheck shell=bash
# Private PostgreSQL 15 clusters for tests, bench and demo. Source it; no function leaves a cluster
# running that cluster_end or cluster_stop does not end.
#
#   cluster_create DIR test|durable   initdb; "test" gives up durability, "durable" keeps it
#   cluster_start DIR                 starts it, sets CLUSTER_SOCKET; nothing happens if it runs
#   cluster_stop DIR [MODE]           stops it (fast; "immediate" is a crash)
#   cluster_select DIR                points the functions below at a running cluster
#   cluster_begin                     the cluster of the test run, or an own one if there is none
#   cluster_end                       ends what cluster_begin started
#   cluster_psql DATABASE ARG...      psql as superuser, stops at the first error
#   cluster_schema DATABASE           loads the schema into an empty database
#   cluster_demo DATABASE             loads the demo province (sql/demo) behind the schema
#   cluster_clone DATABASE [FROM]     a new database: from $CLUSTER_TEMPLATE (schema and forms), from
#                                     $CLUSTER_DEMO (with the demo province), both made when first
#                                     wanted, or from any other database
#   cluster_drop DATABASE
#
# C programs read the same from the environment: HALLDESK_TEST_SOCKET (directory of the database
# socket), HALLDESK_TEST_OWNER (superuser, trusted), HALLDESK_TEST_TEMPLATE (database to clone);
# under tests/lib/with_database also HALLDESK_TEST_DATABASE.
#
# A test of its own forms sets HALLDESK_TEST_FORMS and HALLDESK_TEST_SQL (folders) and makes its
# database with cluster_schema, since the template holds the real ones.

CLUSTER_LIB=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
: "${HALLDESK_SOURCE:=$(cd -- "$CLUSTER_LIB/../.." && pwd)}"
: "${HALLDESK_PG_BIN:=/usr/lib/postgresql/15/bin}"
CLUSTER_OWNER=postgres
CLUSTER_TEMPLATE=halldesk_template
CLUSTER_DEMO=halldesk_demo
CLUSTER_OWN=
CLUSTER_SOCKET=${HALLDESK_TEST_SOCKET:-}

# PostgreSQL refuses to run as root, so root hands over to the package's own user.
cluster_as() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && exec runuser -u postgres -- "$@")
    else
        (cd / && exec "$@")
    fi
}

cluster_fail() {
    echo "cluster: $*" >&2
    return 1
}

# A socket's path may have 107 bytes, so the directory is a short one of its own, not inside DIR.
cluster_create() {
    local dir=$1 kind=$2
    local -a sync=()
    [ "$kind" != test ] || sync=(--no-sync)
    mkdir -p "$dir" || return
    dir=$(cd -- "$dir" && pwd)
    [ -e "$dir/data/PG_VERSION" ] && return 0
    if [ "$(id -u)" -eq 0 ]; then
        chown postgres: "$dir" || return
        cluster_as test -x "$dir" ||
            cluster_fail "user postgres cannot reach $dir (closed folder above it)" || return
    fi
    # A half-made data directory of an interrupted initdb is in the way of the next one.
    rm -rf "$dir/data.new"
    cluster_as "$HALLDESK_PG_BIN/initdb" -D "$dir/data.new" -U "$CLUSTER_OWNER" -A trust \
        --encoding=UTF8 --locale=C.UTF-8 "${sync[@]}" \
        >"$dir/initdb.log" 2>&1 || {
        cat "$dir/initdb.log" >&2
        return 1
    }
    {
        echo "listen_addresses = ''"
        echo "unix_socket_permissions = 0777"
        echo "max_connections = 120"
        echo "shared_buffers = 128MB"
        echo "timezone = 'Asia/Shanghai'"
        echo "log_timezone = 'Asia/Shanghai'"
        echo "log_line_prefix = '%m [%p] %q%u@%d '"
        echo "jit = off"
        if [ "$kind" = test ]; then
            echo "fsync = off"
            echo "synchronous_commit = off"
            echo "full_page_writes = off"
            echo "max_wal_size = 2GB"
        fi
    } | cluster_as tee -a "$dir/data.new/postgresql.conf" >/dev/null || return
    cluster_as mv "$dir/data.new" "$dir/data"
}

cluster_start() {
    local dir
    dir=$(cd -- "$1" && pwd) || return
    if cluster_as "$HALLDESK_PG_BIN/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; then
        cluster_select "$dir"
        return
    fi
    if [ ! -d "$(cat "$dir/socket-path" 2>/dev/null)" ]; then
        local socket
        socket=$(mktemp -d "${CLUSTER_SOCKET_PARENT:-/tmp}/halldesk-pg.XXXXXX") || return
        [ "$(id -u)" -ne 0 ] || chown postgres: "$socket" || return
        # Tests run servers under other users; the demo narrows this with CLUSTER_SOCKET_MODE.
        chmod "${CLUSTER_SOCKET_MODE:-0755}" "$socket" || return
        echo "$socket" >"$dir/socket-path"
    fi
    # Settings with a path go through a file: pg_ctl's -o has no safe quoting.
    echo "unix_socket_directories = '$(cat "$dir/socket-path")'" |
        cluster_as tee "$dir/data/socket.conf" >/dev/null || return
    cluster_as grep -q "^include 'socket.conf'" "$dir/data/postgresql.conf" ||
        echo "include 'socket.conf'" |
        cluster_as tee -a "$dir/data/postgresql.conf" >/dev/null || return
    cluster_as "$HALLDESK_PG_BIN/pg_ctl" -D "$dir/data" -l "$dir/postgresql.log" -w -t 60 start \
        >/dev/null 2>&1 </dev/null || {
        tail -n 20 "$dir/postgresql.log" >&2
        cluster_fail "the cluster in $dir does not start"
        return
    }
    cluster_select "$dir"
}

cluster_stop() {
    local dir
    dir=$(cd -- "$1" && pwd) || return
    cluster_as "$HALLDESK_PG_BIN/pg_ctl" -D "$dir/data" -m "${2:-fast}" -w -t 60 stop \
        >/dev/null 2>&1 || true
}

cluster_select() {
    CLUSTER_SOCKET=$(cat "$1/socket-path") || return
    export HALLDESK_TEST_SOCKET=$CLUSTER_SOCKET
    export HALLDESK_TEST_OWNER=$CLUSTER_OWNER
    export HALLDESK_TEST_TEMPLATE=$CLUSTER_TEMPLATE
}

cluster_begin() {
    if [ -n "${HALLDESK_TEST_SOCKET:-}" ] &&
        "$HALLDESK_PG_BIN/pg_isready" -q -h "$HALLDESK_TEST_SOCKET"; then
        CLUSTER_SOCKET=$HALLDESK_TEST_SOCKET
    else
        # Not under TMPDIR: that may lie where the unprivileged user cannot go.
        CLUSTER_OWN=$(mktemp -d /tmp/halldesk-cluster.XXXXXX) || return
        chmod 0755 "$CLUSTER_OWN"
        cluster_create "$CLUSTER_OWN" test && cluster_start "$CLUSTER_OWN" || return
    fi
}

cluster_end() {
    [ -n "$CLUSTER_OWN" ] || return 0
    cluster_stop "$CLUSTER_OWN" immediate
    cluster_remove "$CLUSTER_OWN"
    CLUSTER_OWN=
    unset HALLDESK_TEST_SOCKET
}

# Forgets a stopped cluster with its socket directory.
cluster_remove() {
    local socket
    socket=$(cat "$1/socket-path" 2>/dev/null) || socket=
    case $socket in
    */halldesk-pg.*) rm -rf "$socket" ;;
    esac
    rm -rf "$1"
}

cluster_psql() {
    local database=$1
    shift
    PGOPTIONS="${PGOPTIONS:--c client_min_messages=warning}" \
        "$HALLDESK_PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h "$CLUSTER_SOCKET" \
        -U "$CLUSTER_OWNER" -d "$database" "$@"
}

# The files of sql/ in the order in which they are to be loaded: that of sql/order if there is one,
# else by name (they are numbered).
cluster_schema_files() {
    if [ -e "$HALLDESK_SOURCE/sql/order" ]; then
        sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$HALLDESK_SOURCE/sql/order" |
            while read -r name; do
                echo "$HALLDESK_SOURCE/sql/$name"
            done
    else
        find "$HALLDESK_SOURCE/sql" -maxdepth 1 -name '*.sql' | LC_ALL=C sort
    fi
}

# halldeskctl loads schema and forms together; before it is built (or without HALLDESK_BUILD) the
# bare schema is loaded. One transaction either way: a schema that is half there is never mistaken
# for a whole one.
cluster_schema() {
    local -a arguments=()
    local file program=${HALLDESK_BUILD:-}/halldeskctl
    if [ -x "$program" ]; then
        "$program" migrate --database "host=$CLUSTER_SOCKET user=$CLUSTER_OWNER dbname=$1" \
            --sql "${HALLDESK_TEST_SQL:-$HALLDESK_SOURCE/sql}" \
            --forms "${HALLDESK_TEST_FORMS:-$HALLDESK_SOURCE/forms}" >/dev/null
        return
    fi
    while IFS= read -r file; do
        arguments+=(-f "$file")
    done < <(cluster_schema_files)
    [ ${#arguments[@]} -gt 0 ] || return 0
    cluster_psql "$1" --single-transaction -o /dev/null "${arguments[@]}"
}

# The demo province on top of the schema, in the order of the file names.
cluster_demo() {
    local -a arguments=()
    local file
    while IFS= read -r file; do
        arguments+=(-f "$file")
    done < <(find "$HALLDESK_SOURCE/sql/demo" -maxdepth 1 -name '*.sql' 2>/dev/null | LC_ALL=C sort)
    [ ${#arguments[@]} -gt 0 ] || return 0
    cluster_psql "$1" --single-transaction -o /dev/null "${arguments[@]}"
}

# cluster_template [NAME]: makes that template unless it is there.
cluster_template() {
    local name=${1:-$CLUSTER_TEMPLATE} lock=$CLUSTER_SOCKET/template.lock
    [ -w "$CLUSTER_SOCKET" ] || lock=/tmp/halldesk-template.$(id -u).lock
    (
        flock 9 || exit
        [ "$(cluster_psql postgres -Atc "SELECT 1 FROM pg_database WHERE datname = '$name'")" = 1 ] &&
            exit 0
        # Renamed only when complete, so a failed load leaves no template.
        cluster_psql postgres -c "DROP DATABASE IF EXISTS ${name}_new" \
            -c "CREATE DATABASE ${name}_new" || exit
        cluster_schema "${name}_new" || exit
        [ "$name" != "$CLUSTER_DEMO" ] || cluster_demo "${name}_new" || exit
        # Marked as a test's, so business time may be shifted in it; analysed, so plans are sound.
        cluster_psql "${name}_new" -c "DO \$\$ BEGIN
            IF to_regclass('installation') IS NOT NULL THEN UPDATE installation SET test = true; END IF;
            END \$\$" -c ANALYZE || exit
        cluster_psql postgres -c "ALTER DATABASE ${name}_new RENAME TO $name"
    ) 9>"$lock"
}

cluster_clone() {
    local from=${2:-$CLUSTER_TEMPLATE}
    case $from in
    "$CLUSTER_TEMPLATE" | "$CLUSTER_DEMO") cluster_template "$from" || return ;;
    esac
    cluster_psql postgres -c "CREATE DATABASE \"$1\" TEMPLATE \"$from\""
}

cluster_drop() {
    cluster_psql postgres -c "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)"
}
