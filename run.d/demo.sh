# shellcheck shell=bash
# ./run demo and ./run stop: everything in one private place under var/demo; lives beside ./run,
# which sources it.
#
# The demo province is sql/demo/*.sql. Two hooks beside it, each used if it is there:
#   run.d/demo_load      program; adds what only a running server can, once it answers. An exit
#                        status other than 0 means that the next ./run demo begins anew
#   run.d/demo_settings  program; prints lines for the server's configuration
# A hook finds HALLDESK_SOURCE, HALLDESK_BUILD (programs), HALLDESK_DEMO_SERVER (socket of the
# server), HALLDESK_DEMO_DATABASE, HALLDESK_TEST_SOCKET and HALLDESK_TEST_OWNER (for psql) and
# HALLDESK_DEMO_PLACE (folder var/demo).

DEMO_DATABASE=halldesk
DEMO_PORT_FIRST=10087

# What the database was loaded from, to notice a later change of schema or forms.
demo_schema_mark() {
    find "$RUN_SOURCE/sql" "$RUN_SOURCE/forms" -type f ! -path '*/sql/demo/*' -print0 |
        LC_ALL=C sort -z | xargs -0 cat | cksum | cut -d ' ' -f 1
}

# The mark is set last, so a database without it is a load that was interrupted: nobody used it.
demo_database() {
    local mark
    mark=$(cluster_psql postgres -Atc "SELECT shobj_description(oid, 'pg_database')
        FROM pg_database WHERE datname = '$DEMO_DATABASE'")
    if [ -n "$DEMO_FRESH" ] && [ -n "$mark" ]; then
        local kept
        kept=${DEMO_DATABASE}_$(date +%Y%m%d_%H%M%S)
        cluster_psql postgres -c "ALTER DATABASE $DEMO_DATABASE RENAME TO $kept" || return
        run_note "the old data is kept as database $kept"
        mark=
    fi
    if [ -n "$mark" ]; then
        if [ "$mark" != "schema $(demo_schema_mark)" ]; then
            run_note "schema or forms changed since this demo was loaded: migrating it"
            if cluster_schema "$DEMO_DATABASE"; then
                demo_mark
            else
                run_note "the database cannot follow; ./run demo --fresh loads a new one and keeps it"
            fi
        fi
        DEMO_LOADED=1
        return 0
    fi
    run_note "loading the schema"
    cluster_drop "$DEMO_DATABASE" &&
        cluster_psql postgres -c "CREATE DATABASE $DEMO_DATABASE" &&
        cluster_schema "$DEMO_DATABASE" &&
        run_note "loading the demo province" &&
        cluster_demo "$DEMO_DATABASE"
}

demo_mark() {
    cluster_psql postgres -c "COMMENT ON DATABASE $DEMO_DATABASE IS 'schema $(demo_schema_mark)'"
}

demo_certificate() {
    [ -e "$RUN_PLACE/tls/key.pem" ] && return 0
    mkdir -p "$RUN_PLACE/tls"
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout "$RUN_PLACE/tls/key.new" -out "$RUN_PLACE/tls/certificate.pem" 2>/dev/null) &&
        chmod 0644 "$RUN_PLACE/tls/certificate.pem" && mv "$RUN_PLACE/tls/key.new" "$RUN_PLACE/tls/key.pem"
}

# The port stays the same while the server runs; another demo on the machine may have the first one.
demo_port() {
    DEMO_PORT=$(cat "$RUN_PLACE/port" 2>/dev/null)
    [ -z "$DEMO_PORT" ] || ! place_running halldeskd || return 0
    DEMO_PORT=${DEMO_PORT:-$DEMO_PORT_FIRST}
    # Local addresses of listening sockets, with the port in hexadecimal.
    while grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$DEMO_PORT") [0-9A-F:]+ 0A" /proc/net/tcp /proc/net/tcp6; do
        DEMO_PORT=$((DEMO_PORT + 1))
    done
    echo "$DEMO_PORT" >"$RUN_PLACE/port"
}

# Written anew each time: it follows from this file, and nothing in it is a person's.
demo_configuration() {
    local user='' database folder
    [ "$(id -u)" -ne 0 ] || user=postgres
    database="host='$CLUSTER_SOCKET' dbname='$DEMO_DATABASE'"
    for folder in state exchange exchange/outbox exchange/inbox; do
        mkdir -p "$RUN_PLACE/$folder"
        [ -z "$user" ] || chown "$user" "$RUN_PLACE/$folder"
    done
    cat >"$RUN_PLACE/halldesk.conf.new" <<CONFIGURATION
# Made by ./run demo; man 5 halldesk.conf
server_name = "Halldesk demo";
user = "$user";
listen = (
    { type = "unix"; path = "$CLUSTER_SOCKET/terminals"; mode = "0666"; },
    { type = "tcp"; address = "127.0.0.1"; port = $DEMO_PORT; tls = true; }
);
tls_certificate = "$RUN_PLACE/tls/certificate.pem";
tls_key = "$RUN_PLACE/tls/key.pem";
gateways = 2;
workers_short = 4;
workers_long = 1;
workers_auth = 1;
database = "$database user=halldesk_app";
auth_database = "$database user=halldesk_auth";
forms_directory = "$RUN_SOURCE/forms";
state_directory = "$RUN_PLACE/state";
run_directory = "$CLUSTER_SOCKET";
scheduler_staff = "SCHED";
scheduler_secret = "halldesk-1";
relay_staff = "RELAY";
relay_secret = "halldesk-1";
neighbours = (
    { name = "network"; outbox = "$RUN_PLACE/exchange/outbox"; inbox = "$RUN_PLACE/exchange/inbox"; }
);
CONFIGURATION
    [ ! -e "$RUN_SOURCE/run.d/demo_settings" ] ||
        demo_hook demo_settings >>"$RUN_PLACE/halldesk.conf.new" || return
    if ! cmp -s "$RUN_PLACE/halldesk.conf.new" "$RUN_PLACE/halldesk.conf"; then
        mv "$RUN_PLACE/halldesk.conf.new" "$RUN_PLACE/halldesk.conf"
        DEMO_CHANGED=1
    else
        rm "$RUN_PLACE/halldesk.conf.new"
    fi
}

# Runs run.d/NAME, a program of its own that finds what it needs in the environment.
demo_hook() {
    local name=$1
    shift
    HALLDESK_BUILD=$DEMO_BUILD HALLDESK_DEMO_PLACE=$RUN_PLACE \
        HALLDESK_DEMO_DATABASE=$DEMO_DATABASE HALLDESK_DEMO_SERVER=$CLUSTER_SOCKET/terminals \
        "$RUN_SOURCE/run.d/$name" "$@"
}

demo_server() {
    local deadline=$((SECONDS + 60)) stamp=$RUN_PLACE/halldeskd.started
    if place_running halldeskd; then
        if [ -n "$DEMO_CHANGED" ] || [ "$DEMO_BUILD/halldeskd" -nt "$stamp" ]; then
            run_note "the server changed: restarting it"
            place_stop halldeskd
        elif [ -n "$(find "$RUN_SOURCE/forms" -newer "$stamp" -print -quit)" ]; then
            run_note "the forms changed: reloading them"
            kill -HUP "$PLACE_PID"
            touch "$stamp"
        fi
    fi
    place_running halldeskd && return 0
    touch "$stamp"
    place_start halldeskd "$DEMO_BUILD/halldeskd" --file "$RUN_PLACE/halldesk.conf"
    until server_answers; do
        if ! place_running halldeskd || [ "$SECONDS" -ge "$deadline" ]; then
            tail -n 30 "$RUN_PLACE/halldeskd.log" >&2
            run_note "the server does not answer; its log is $RUN_PLACE/halldeskd.log"
            return 1
        fi
        server_pause
    done
}

demo_neighbours() {
    local program=$DEMO_BUILD/tests/standin/halldesk-standin
    [ -x "$program" ] || return 0
    [ ! "$program" -nt "$RUN_PLACE/standin.pid" ] || place_stop standin
    place_running standin ||
        place_start standin "$program" "$RUN_PLACE/exchange/outbox" "$RUN_PLACE/exchange/inbox"
}

# One of each post is enough to see what rights do; service staff have no terminal.
demo_staff() {
    local label=label_zh
    [ "$1" != en ] || label=label_en
    echo "Sign in with password halldesk-1 as"
    cluster_psql "$DEMO_DATABASE" -At -F "  " -c "SELECT s.number, c.$label, p.name, o.name
        FROM (SELECT DISTINCT ON (kind) * FROM staff WHERE status = 1 AND kind < 9 ORDER BY kind, number) s
        JOIN party p ON p.id = s.id JOIN organisation o ON o.id = s.organisation_id
        LEFT JOIN code c ON c.list = 'staff_kind' AND c.number = s.kind ORDER BY s.kind" |
        sed 's/^/  /'
}

demo_main() {
    local client=1 language=zh
    local -a call
    DEMO_FRESH=''
    DEMO_CHANGED=''
    DEMO_LOADED=''
    while [ $# -gt 0 ]; do
        case $1 in
        --no-client) client= ;;
        --fresh) DEMO_FRESH=1 ;;
        --lang)
            shift
            language=${1:-}
            ;;
        --lang=*) language=${1#--lang=} ;;
        *)
            run_usage >&2
            return 2
            ;;
        esac
        shift
    done
    case $language in
    zh | en) ;;
    *)
        run_note "there are two languages: zh and en"
        return 2
        ;;
    esac
    packages_ensure demo || return
    run_as_owner demo ${client:---no-client} ${DEMO_FRESH:+--fresh} --lang "$language"
    DEMO_BUILD=$RUN_SOURCE/build/demo
    build_tree "$DEMO_BUILD" || return
    build_quietly "$DEMO_BUILD" all || return
    HALLDESK_BUILD=$DEMO_BUILD
    # shellcheck source=tests/lib/server.sh
    . "$RUN_SOURCE/tests/lib/server.sh"
    place_prepare demo || return
    [ -z "$DEMO_FRESH" ] || place_stop halldeskd
    # Trusted database roles: only the owner may come near the sockets.
    CLUSTER_SOCKET_MODE=0700
    cluster_create "$RUN_PLACE/cluster" durable && cluster_start "$RUN_PLACE/cluster" || return
    HALLDESK_TEST_SERVER=$CLUSTER_SOCKET/terminals
    demo_database && demo_certificate && demo_port && demo_configuration || return
    demo_neighbours && demo_server || return
    if [ -z "$DEMO_LOADED" ]; then
        [ ! -e "$RUN_SOURCE/run.d/demo_load" ] || demo_hook demo_load || return
        demo_mark || return
    fi
    call=("$DEMO_BUILD/halldesk" --socket "$HALLDESK_TEST_SERVER" --language "$language"
        --forms "$RUN_SOURCE/forms")
    if [ -n "$client" ] && [ -t 0 ] && [ -t 1 ]; then
        local status=0
        "${call[@]}" || status=$?
        run_note "the server goes on; ./run demo opens the client again, ./run stop ends it"
        return "$status"
    fi
    echo "Halldesk is running."
    echo "  client    $(printf '%q ' "${call[@]}")"
    echo "  script    $(printf '%q ' "$DEMO_BUILD/halldeskctl" --socket "$HALLDESK_TEST_SERVER")status"
    echo "  TLS       --server tls:127.0.0.1:$DEMO_PORT --authority $(printf %q "$RUN_PLACE/tls/certificate.pem")"
    echo "  database  psql -h $CLUSTER_SOCKET -U $CLUSTER_OWNER $DEMO_DATABASE"
    echo "  log       $RUN_PLACE/halldeskd.log"
    demo_staff "$language"
    echo "./run stop ends it and keeps the data."
}

stop_main() {
    # shellcheck source=tests/lib/server.sh
    . "$RUN_SOURCE/tests/lib/server.sh"
    run_as_owner stop
    [ -e "$RUN_SOURCE/var/demo" ] || {
        run_note "nothing was started here"
        return 0
    }
    place_prepare demo || return
    place_stop halldeskd
    place_stop standin
    [ ! -e "$RUN_PLACE/cluster/data" ] || cluster_stop "$RUN_PLACE/cluster"
    run_note "stopped; the data stays in var/demo"
}
