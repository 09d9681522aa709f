#!/usr/bin/env bash
# The server against the naked database: each figure alternates our side and theirs in short slices
# of one run and prints the medians, "name value unit ours theirs"; value is the ratio where both
# sides are named. doc/performance.md says what each means. Shorter by
#
#   HALLDESK_BENCH_ROWS (a million) customers, HALLDESK_BENCH_SLICES (5) of HALLDESK_BENCH_SECONDS (2),
#   HALLDESK_BENCH_PARKED (10000) terminals, HALLDESK_BENCH_SHORT=1 (all of these small)
#   HALLDESK_BENCH_ONLY (regular expression of names)
set -u
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/lib/server.sh
. "$here/../lib/server.sh"
if [ -n "${HALLDESK_BENCH_SHORT:-}" ]; then
    : "${HALLDESK_BENCH_ROWS:=50000}" "${HALLDESK_BENCH_SLICES:=3}" "${HALLDESK_BENCH_SECONDS:=1}" "${HALLDESK_BENCH_PARKED:=2000}"
fi
: "${HALLDESK_BENCH_ROWS:=1000000}" "${HALLDESK_BENCH_SLICES:=5}" "${HALLDESK_BENCH_SECONDS:=2}"
: "${HALLDESK_BENCH_PARKED:=10000}" "${HALLDESK_BENCH_ONLY:=.}"
SMALL_ROWS=1000
work=$(mktemp -d)
bench=$HALLDESK_PG_BIN/pgbench
load=$HALLDESK_BUILD/tests/bench/bench_load
SMALL_SERVER='' SMALL_PID='' SMALL_FOLDER='' SMALL_DATABASE=''
bench_end() {
    if [ -n "$SMALL_PID" ]; then
        kill "$SMALL_PID" 2>/dev/null
        wait "$SMALL_PID" 2>/dev/null
        cluster_drop "$SMALL_DATABASE"
        rm -rf "$SMALL_FOLDER"
    fi
    server_end
    rm -rf "$work"
}
trap bench_end EXIT
# The demo of today, not one that an earlier run left in the cluster.
cluster_begin || exit 1
cluster_drop "$CLUSTER_DEMO"

wanted() {
    [[ $1 =~ $HALLDESK_BENCH_ONLY ]]
}
# ROWS: a server of its own on a database with so many customers.
start() {
    SERVER_TEST=0
    server_prepare || return
    echo "# $1 customers are being made"
    server_psql -q -v rows="$1" -f "$here/bench_data.sql" >/dev/null || return
    server_psql -q -c 'VACUUM ANALYZE' || return
    server_set sessions_per_staff 1000
    server_set terminals_per_gateway 20000
    # A commit waits for the disk with its worker: 64 backends would wait side by side, so do 16 workers.
    server_set workers_short "${HALLDESK_BENCH_WORKERS:-16}"
    server_set calls_per_second 0
    server_set hello_seconds 120
    server_start
}
median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
slices() {
    seq "$HALLDESK_BENCH_SLICES"
}
# SECONDS ARGUMENTS...: "rate p50 p99 calls errors". Lines that hung up keep their sessions; those
# are ended here, or the limit of a person's sessions would be met.
ours() {
    server_psql -q -c "UPDATE session SET state = 3 WHERE state = 1 AND id < 60000000 OR state = 1 AND id > 80000000"
    # Warm is when each of the workers has met each of the terminals.
    "$load" --server "$HALLDESK_TEST_SERVER" --staff 10000 --password halldesk-1 \
        --warm "$(awk "BEGIN { print 0.3 + ${3:-1} / 20 }")" --seconds "$1" "${@:2}"
}
theirs() { # CLIENTS FILE
    "$bench" -h "$CLUSTER_SOCKET" -U "$CLUSTER_OWNER" -n -M prepared -c "$1" -j 1 -T "$HALLDESK_BENCH_SECONDS" -f "$2" \
        "$HALLDESK_TEST_DATABASE" 2>/dev/null | awk '/^tps/ { print $3 }'
}
ids() { # TABLE FIRST
    server_psql -At -F ' ' -c "SELECT id, version FROM $1 WHERE id > $2 ORDER BY id LIMIT 1000" >"$work/ids"
}
# NAME CLIENTS FILE-OF-THEIRS refresh-command... -- our arguments...
pair() {
    local name=$1 clients=$2 file=$3 slice rate errors
    wanted "$name" || return 0
    shift 3
    local refresh=()
    while [ "$1" != -- ]; do
        refresh+=("$1")
        shift
    done
    shift
    : >"$work/ours"
    : >"$work/theirs"
    for slice in $(slices); do
        [ ${#refresh[@]} -eq 0 ] || "${refresh[@]}"
        rate=$(ours "$HALLDESK_BENCH_SECONDS" --clients "$clients" "$@")
        errors=${rate##* }
        [ "${errors:-1}" = 0 ] || echo "# $name: ${errors:-all} calls were refused in slice $slice"
        echo "${rate:-0}" >>"$work/ours"
        theirs "$clients" "$file" >>"$work/theirs"
    done
    printf '%s %.2f ratio %s/s %s/s\n' "$name" "$(paste -d' ' "$work/ours" "$work/theirs" | awk '{ print $1 / $NF }' | median)" \
        "$(median <"$work/ours")" "$(median <"$work/theirs")"
}
# NAME our arguments...: the median time of one call of one terminal, alone.
alone() {
    local name=$1
    wanted "$name" || return 0
    shift
    for _ in $(slices); do
        ours 0.5 --clients 1 "$@" | awk '{ print $2 }'
    done | median | awk -v name="$name" '{ print name, $1, "us", $1, "-" }'
}

# --- changes
start "$HALLDESK_BENCH_ROWS" || exit 1
cat >"$work/plain.sql" <<'SQL'
\set id random(9000001, 9001000)
\set number random(10000000, 99999999)
\set slot 1
SELECT bench_plain(:id, '139' || :number::text, date '1970-01-01' + :number % 20000, :client_id, :slot);
SQL
cat >"$work/decided.sql" <<'SQL'
\set id random(10000001, 10001000)
\set number random(10000000, 99999999)
\set slot 1
SELECT bench_decided(:id, '010' || :number::text, :client_id, :slot);
SQL
for clients in 1 8 64; do
    pair "change.plain.c$clients" "$clients" "$work/plain.sql" ids contact 9000000 -- \
        --call contact.change --set employer,birth_date --ids "$work/ids"
    pair "change.decided.c$clients" "$clients" "$work/decided.sql" ids customer 10000000 -- \
        --call customer.change --set contact_telephone --ids "$work/ids"
done

# --- searches: the same prepared selects through libpq, what a list row of the form shows, in its order
columns="t.id, t.version, t.code, b.name, t.class, b.address, b.contact_address, t.status"
from="FROM customer t JOIN party b ON b.id = t.id"
rows=$HALLDESK_BENCH_ROWS
random="\\set n random(1, $rows)"
printf "%s\nSELECT %s %s WHERE t.network_id = 1001 AND t.code = 'X' || lpad(:n::text, 8, '0') ORDER BY t.id DESC LIMIT 21;\n" \
    "$random" "$columns" "$from" >"$work/number.sql"
printf "%s\nSELECT %s %s WHERE t.network_id = 1001 AND t.code ~>=~ ('X' || substr(lpad(:n::text, 8, '0'), 1, 7)) AND t.code ~<~ ('X' || substr(lpad(:n::text, 8, '0'), 1, 7) || chr(1114109)) ORDER BY t.code USING ~<~, t.id LIMIT 21;\n" \
    "$random" "$columns" "$from" >"$work/prefix.sql"
printf "\\\\set a random(1, 4)\n\\\\set b random(1, 4)\n\\\\set c random(1, 4)\nSELECT %s %s WHERE t.network_id = 1001 AND t.id IN (SELECT w.id FROM party_word w WHERE w.word = substr('ADKQ', :a::int, 1) || substr('BCMT', :b::int, 1) || substr('AERW', :c::int, 1) || 'A') ORDER BY t.id DESC LIMIT 21;\n" \
    "$columns" "$from" >"$work/initials.sql"
printf "%s\nSELECT t.id, t.version, t.number, t.customer_id, c.code, p.name, t.product_specification_id, s.code, s.name, t.access_number, t.state, t.started_at FROM installed_product t LEFT JOIN customer c ON c.id = t.customer_id LEFT JOIN party p ON p.id = c.id LEFT JOIN product_specification s ON s.id = t.product_specification_id WHERE t.network_id = 1001 AND t.access_number = '186' || lpad(:n::text, 8, '0') ORDER BY t.id DESC LIMIT 21;\n" \
    "$random" >"$work/access.sql"
seq 1 97 "$rows" | awk '{ printf "X%08d\n", $1 }' | shuf --random-source=<(yes) | head -n 5000 >"$work/numbers"
sed 's/.$//' "$work/numbers" >"$work/prefixes"
sed 's/^X/186/' "$work/numbers" >"$work/accesses"
for a in A D K Q; do for b in B C M T; do for c in A E R W; do echo "$a$b${c}A"; done; done; done >"$work/words"
while read -r name form criterion values; do
    arguments=(--call "$form.query" --criterion "$criterion" --values "$work/$values")
    pair "find.$name" 8 "$work/$name.sql" -- "${arguments[@]}"
    alone "find.$name.alone" "${arguments[@]}"
done <<'EOF'
number customer code:1 numbers
prefix customer code:2 prefixes
initials customer name:5 words
access installed_product access_number:1 accesses
EOF
# What recognises a customer by whatever is typed looks at ten indexes; there is no other side.
alone find.any.alone --call customer_find.run --set text --values "$work/accesses"

# --- what row-level security costs a lookup and a page: the same select by the owner and by the
# application's role inside the scope of a hall, one client
scoped() { # NAME FILE
    local name=$1 file=$2
    wanted "scope.$name" || return 0
    : >"$work/ours"
    : >"$work/theirs"
    for _ in $(slices); do
        PGOPTIONS="-c halldesk.network=1001 -c halldesk.actor=2041 -c halldesk.table=customer -c halldesk.p1=1011 -c plan_cache_mode=force_generic_plan -c enable_mergejoin=off" \
            CLUSTER_OWNER=halldesk_app theirs 1 "$file" >>"$work/ours"
        PGOPTIONS="-c plan_cache_mode=force_generic_plan -c enable_mergejoin=off" theirs 1 "$file" >>"$work/theirs"
    done
    paste -d' ' "$work/ours" "$work/theirs" | awk '{ print $2 / $1 }' | median |
        awk -v name="$name" -v ours="$(median <"$work/ours")" -v theirs="$(median <"$work/theirs")" \
            '{ printf "scope.%s %.2f times %s/s@scoped %s/s@owner\n", name, $1, ours, theirs }'
}
printf "%s\nSELECT %s %s WHERE t.hall_id = 1011 AND t.code = 'X' || lpad((:n / 4 * 4)::text, 8, '0') ORDER BY t.id DESC LIMIT 21;\n" \
    "$random" "$columns" "$from" >"$work/scope_lookup.sql"
printf "%s\nSELECT %s %s WHERE t.hall_id = 1011 AND t.id < 10000000 + :n ORDER BY t.id DESC LIMIT 21;\n" "$random" "$columns" "$from" >"$work/scope_page.sql"
scoped lookup "$work/scope_lookup.sql"
scoped page "$work/scope_page.sql"

# --- bytes of a record with thirty fields, and round trips
if wanted record.bytes; then
    server_psql -q -c "SELECT set_config('halldesk.actor', '2041', false)" \
        -c "UPDATE party SET name = '王小明', sex = 1, birth_date = '1990-05-17', mobile = '13912345678', email = 'wang@example.com',
            address = '建国路 118 号', contact_address = '人民路 6 号院', postcode = '100022', party_kind = 1 WHERE id = 10000001" \
        -c "UPDATE customer SET customer_type = 1, customer_subtype = 1, service_attribute = 1, service_grade = 2, manager_id = 2041,
            credit_grade = 2, loyalty_grade = 1, points = 12345, occupation = 3, social_status = 1, education = 4, income_band = 3,
            marital_status = 2, lifestyle = '运动', hobbies = '摄影 旅行', industry = 1, ownership = 1, employee_count = 12, annual_revenue = 5000000,
            legal_representative = '王大明' WHERE id = 10000001" >/dev/null
    echo 10000001 >"$work/one"
    "$load" --server "$HALLDESK_TEST_SERVER" --staff 10000 --password halldesk-1 --clients 1 --seconds 0.2 --call customer.show \
        --ids "$work/one" --bytes | awk '{ print "record.bytes", $1, "bytes", $1 "@" $2 "-fields", "-" }'
fi
if wanted change.roundtrips; then
    server_stop
    "$HALLDESK_BUILD/halldeskd" --file "$SERVER_CONFIGURATION" --detail >>"$SERVER_LOG" 2>&1 </dev/null &
    SERVER_PID=$!
    until server_answers; do server_pause; done
    for which in plain:contact:employer,birth_date decided:customer:contact_telephone; do
        IFS=: read -r name form fields <<<"$which"
        ids "$form" "$([ "$form" = contact ] && echo 9000000 || echo 10000000)"
        ours 2 --clients 2 --call "$form.change" --set "$fields" --ids "$work/ids" >/dev/null
        # The first call that a worker runs for a session reads its rights as well: counted apart.
        grep -o "form $form verb change status 0: [0-9]* round" "$SERVER_LOG" | awk -v name="change.roundtrips.$name" \
            '{ calls[$7]++ } END { for (n in calls) if (calls[n] > calls[usual]) usual = n
                for (n in calls) if (n + 0 > usual) more += calls[n]
                print name, usual, "trips", calls[usual] "@calls", more + 0 "@first-of-a-worker" }'
    done
    server_stop
    server_start || exit 1
fi

# --- parked terminals: memory of all of the server's processes, and the answer to a busy one
children_kib() {
    local pid
    for pid in "$SERVER_PID" $(server_children); do
        awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup"
    done | awk '{ sum += $1 } END { print sum }'
}
if wanted park; then
    busy=(--clients 1 --call customer.query --criterion code:1 --values "$work/numbers")
    # Every worker has worked before, so that only the terminals are counted.
    ours 1 --clients 16 "${busy[@]:2}" >/dev/null
    server_psql -q -c "INSERT INTO session (id, token_hash, staff_id, staff_number, organisation_id, network_id, area_id, hall_id)
        SELECT 70000000 + i, sha256(convert_to('bench' || lpad(i::text, 11, '0'), 'UTF8')), id, number, organisation_id, network_id, area_id, hall_id
          FROM generate_series(1, $HALLDESK_BENCH_PARKED) i, staff WHERE number = '30127'" -c 'ANALYZE session'
    : >"$work/before"
    : >"$work/beside"
    for _ in 1 2 3; do
        ours 0.7 "${busy[@]}" | awk '{ print $2 }' >>"$work/before"
        memory=$(children_kib)
        kernel=$(awk '/^Slab:/ { print $2 }' /proc/meminfo)
        coproc PARK { "$HALLDESK_BUILD/tests/bench/bench_park" --server "$HALLDESK_TEST_SERVER" --count "$HALLDESK_BENCH_PARKED"; }
        read -r parked _ <&"${PARK[0]}"
        grown=$(($(children_kib) - memory))
        kernel=$(($(awk '/^Slab:/ { print $2 }' /proc/meminfo) - kernel))
        [ "${parked:-0}" -gt 0 ] || break
        [ -s "$work/kib" ] || echo "$parked $grown $kernel" >"$work/kib"
        ours 0.7 "${busy[@]}" | awk '{ print $2 }' >>"$work/beside"
        eval "exec ${PARK[1]}>&-"
        wait "$PARK_PID" 2>/dev/null
    done
    [ -s "$work/kib" ] && awk '{ printf "park.kib %.1f KiB %.1f@%d-terminals -\npark.kernel_kib %.1f KiB %.1f@both-ends-of-the-socket -\n", $2 / $1, $2 / $1, $1, $3 / $1, $3 / $1 }' "$work/kib"
    echo "$(median <"$work/beside") $(median <"$work/before")" |
        awk '{ printf "park.slowdown %.2f ratio %sus@beside %sus@alone\n", $1 / $2, $1, $2 }'
fi

# --- a first page costs the same whatever the table holds
if wanted list.first_page; then
    large=$HALLDESK_TEST_SERVER large_rows=$HALLDESK_BENCH_ROWS
    SMALL_KEPT=$(declare -p SERVER_FOLDER SERVER_CONFIGURATION SERVER_LOG SERVER_PID HALLDESK_TEST_SERVER HALLDESK_TEST_DATABASE)
    start "$SMALL_ROWS" || exit 1
    SMALL_SERVER=$HALLDESK_TEST_SERVER SMALL_PID=$SERVER_PID SMALL_FOLDER=$SERVER_FOLDER SMALL_DATABASE=$HALLDESK_TEST_DATABASE
    eval "$SMALL_KEPT"
    echo 0 >"$work/none"
    : >"$work/ours"
    : >"$work/theirs"
    for _ in $(slices); do
        HALLDESK_TEST_SERVER=$large ours 0.7 --clients 1 --call customer.query --values "$work/none" | awk '{ print $2 }' >>"$work/ours"
        HALLDESK_TEST_SERVER=$SMALL_SERVER ours 0.7 --clients 1 --call customer.query --values "$work/none" | awk '{ print $2 }' >>"$work/theirs"
    done
    printf 'list.first_page %.2f ratio %sus@%s %sus@%s\n' "$(paste -d' ' "$work/ours" "$work/theirs" | awk '{ print $1 / $2 }' | median)" \
        "$(median <"$work/ours")" "$large_rows" "$(median <"$work/theirs")" "$SMALL_ROWS"
fi
