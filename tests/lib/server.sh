# shellcheck shell=bash
# A halldeskd of a test's own, on a database of its own. Source it, then:
#
#   server_begin                 cluster, database, configuration, start; waits until it answers
#   server_end                   ends it and drops what server_begin made; call it by trap EXIT
#
# or step by step:
#
#   server_prepare               cluster, database and configuration, without starting
#   server_set KEY VALUE         a line of the configuration, VALUE as libconfig wants it; replaces
#                                the one there is; before server_start or before server_reload
#   server_start                 starts and waits until it answers; 1 and the log if it does not
#   server_stop [SIGNAL]         TERM unless told; waits for the end, returns its exit status
#   server_reload                SIGHUP
#   server_psql ARG...           psql as superuser in the server's database
#   server_children [ROLE]       process ids of the children, of one role if named
#
# For the test, and exported for C programs:
#
#   HALLDESK_TEST_SERVER         path of the socket that terminals connect to
#   HALLDESK_TEST_DATABASE       name of the database; with HALLDESK_TEST_SOCKET for libpq
#   SERVER_FOLDER, SERVER_CONFIGURATION, SERVER_LOG, SERVER_PID
#   HALLDESK_SERVER, HALLDESK_PASSWORD, HALLDESK_FORMS for halldeskctl and halldesk
#
# The database holds the demo province of sql/demo: its staff can sign in, password halldesk-1.
# Before server_prepare a test may set SERVER_DATABASE_FROM (another template, such as
# "$CLUSTER_TEMPLATE" without the demo), SERVER_TEST=0 (no shifted business time) and
# SERVER_SERVICES=0 (neither scheduler nor relay).

SERVER_LIB=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lib/cluster.sh
. "$SERVER_LIB/cluster.sh"
: "${HALLDESK_BUILD:=$HALLDESK_SOURCE/build/check}"
SERVER_PID=
SERVER_FOLDER=
HALLDESK_TEST_DATABASE=

server_program() {
    local program=$HALLDESK_BUILD/$1
    [ -x "$program" ] || {
        echo "server: $program was not built" >&2
        return 1
    }
    echo "$program"
}

# A pause between two looks at a condition, without a process of its own.
server_pause() {
    read -r -t 0.02 <> <(:) || :
}

server_prepare() {
    cluster_begin || return
    SERVER_FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/server.XXXXXX") || return
    chmod 0755 "$SERVER_FOLDER"
    SERVER_CONFIGURATION=$SERVER_FOLDER/halldesk.conf
    SERVER_LOG=$SERVER_FOLDER/halldeskd.log
    HALLDESK_TEST_SERVER=$SERVER_FOLDER/terminals
    HALLDESK_TEST_DATABASE=server_$$_${SERVER_FOLDER##*.}
    export HALLDESK_TEST_SERVER HALLDESK_TEST_DATABASE
    # What halldesk and halldeskctl read.
    export HALLDESK_SERVER=$HALLDESK_TEST_SERVER HALLDESK_PASSWORD=halldesk-1
    export HALLDESK_FORMS=${HALLDESK_TEST_FORMS:-$HALLDESK_SOURCE/forms}
    if [ -n "${HALLDESK_TEST_FORMS:-}" ] && [ -z "${SERVER_DATABASE_FROM:-}" ]; then
        cluster_psql postgres -c "CREATE DATABASE \"$HALLDESK_TEST_DATABASE\"" &&
            cluster_schema "$HALLDESK_TEST_DATABASE" || return
    else
        cluster_clone "$HALLDESK_TEST_DATABASE" "${SERVER_DATABASE_FROM:-$CLUSTER_DEMO}" || return
    fi
    mkdir "$SERVER_FOLDER/state" "$SERVER_FOLDER/run" "$SERVER_FOLDER/outbox" "$SERVER_FOLDER/inbox"
    local user='' database
    if [ "$(id -u)" -eq 0 ]; then
        user=nobody
        chown "$user" "$SERVER_FOLDER" "$SERVER_FOLDER"/*/
    fi
    database="host='$CLUSTER_SOCKET' dbname='$HALLDESK_TEST_DATABASE'"
    server_set server_name '"Halldesk test"'
    server_set user "\"$user\""
    server_set listen "( { type = \"unix\"; path = \"$HALLDESK_TEST_SERVER\"; mode = \"0666\"; } )"
    # Two of each keep a test server light; a test that needs more says so.
    server_set gateways 1
    server_set workers_short 2
    server_set workers_long 1
    server_set workers_auth 1
    server_set database "\"$database user=${SERVER_ROLE:-halldesk_app}\""
    server_set auth_database "\"$database user=${SERVER_AUTH_ROLE:-halldesk_auth}\""
    server_set forms_directory "\"${HALLDESK_TEST_FORMS:-$HALLDESK_SOURCE/forms}\""
    server_set state_directory "\"$SERVER_FOLDER/state\""
    server_set run_directory "\"$SERVER_FOLDER/run\""
    if [ "${SERVER_SERVICES:-1}" != 0 ] && [ "${SERVER_DATABASE_FROM:-$CLUSTER_DEMO}" = "$CLUSTER_DEMO" ] &&
        [ -z "${HALLDESK_TEST_FORMS:-}" ]; then
        server_set scheduler_staff '"SCHED"'
        server_set scheduler_secret '"halldesk-1"'
        server_set relay_staff '"RELAY"'
        server_set relay_secret '"halldesk-1"'
        server_set neighbours "( { name = \"network\"; outbox = \"$SERVER_FOLDER/outbox\"; inbox = \"$SERVER_FOLDER/inbox\"; } )"
        server_set scheduler_interval 100
        server_set relay_interval 100
    fi
    # Sanitizers and two busy cores: the limits for people would cut off honest work.
    server_set statement_timeout_short 30000
    server_set hello_seconds 30
    [ "${SERVER_TEST:-1}" = 0 ] || server_set test_clock true
}

server_set() {
    local key=$1 value=$2
    touch "$SERVER_CONFIGURATION"
    # One line a key, so that a later setting takes the place of the earlier.
    grep -v "^$key = " "$SERVER_CONFIGURATION" >"$SERVER_CONFIGURATION.new"
    printf '%s = %s;\n' "$key" "$value" >>"$SERVER_CONFIGURATION.new"
    mv "$SERVER_CONFIGURATION.new" "$SERVER_CONFIGURATION"
}

# A connection is accepted as soon as the gateways listen.
server_answers() {
    perl -MIO::Socket::UNIX -e 'exit !IO::Socket::UNIX->new(Peer => $ARGV[0])' \
        "${1:-$HALLDESK_TEST_SERVER}"
}

server_start() {
    local program deadline
    program=$(server_program halldeskd) || return
    "$program" --file "$SERVER_CONFIGURATION" >>"$SERVER_LOG" 2>&1 </dev/null &
    SERVER_PID=$!
    deadline=$((SECONDS + 60))
    until server_answers; do
        if ! kill -0 "$SERVER_PID" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
            echo "server: does not answer; its log:" >&2
            cat "$SERVER_LOG" >&2
            return 1
        fi
        server_pause
    done
}

server_stop() {
    local status=0 deadline=$((SECONDS + 60))
    [ -n "$SERVER_PID" ] || return 0
    kill "-${1:-TERM}" "$SERVER_PID" 2>/dev/null
    while kill -0 "$SERVER_PID" 2>/dev/null; do
        [ "$SECONDS" -lt "$deadline" ] || {
            echo "server: does not end; killed" >&2
            kill -KILL "$SERVER_PID" 2>/dev/null
            break
        }
        server_pause
    done
    wait "$SERVER_PID" 2>/dev/null || status=$?
    SERVER_PID=
    return "$status"
}

server_reload() {
    kill -HUP "$SERVER_PID"
}

server_psql() {
    cluster_psql "$HALLDESK_TEST_DATABASE" "$@"
}

# The role stands in the process title: "halldeskd: worker 3".
server_children() {
    local pid
    for pid in $(cat "/proc/$SERVER_PID/task/$SERVER_PID/children" 2>/dev/null); do
        if [ $# -eq 0 ] || tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q ": $1"; then
            echo "$pid"
        fi
    done
}

server_begin() {
    server_prepare && server_start
}

# What a sanitizer wrote into the server's log is the test's failure: it is printed, so that the
# runner sees it.
server_end() {
    server_stop || echo "# the server ended with status $?"
    if [ -n "$SERVER_FOLDER" ]; then
        grep -E -A 40 'Sanitizer|runtime error:' "$SERVER_LOG" 2>/dev/null
        [ -z "$HALLDESK_TEST_DATABASE" ] || cluster_drop "$HALLDESK_TEST_DATABASE"
        rm -rf "$SERVER_FOLDER"
    fi
    SERVER_FOLDER=
    cluster_end
}
