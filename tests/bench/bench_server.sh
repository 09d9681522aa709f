#!/usr/bin/env bash
# The server against the naked database: each figure alternates our side and theirs in short slices
# of one run and prints the medians, "name value unit ours theirs"; value is the ratio where both
# sides are named. HALLDESK_BENCH_ROWS (a million) and HALLDESK_BENCH_SLICES (5) shorten it.
set -u
here=$(cd -- "$(dirname -- "$0")" && pwd)
. "$here/../lib/server.sh"
: "${HALLDESK_BENCH_ROWS:=1000000}"
: "${HALLDESK_BENCH_SLICES:=5}"
: "${HALLDESK_BENCH_SECONDS:=2}"
work=$(mktemp -d)
trap 'server_end; rm -rf "$work"' EXIT
bench=$HALLDESK_PG_BIN/pgbench

SERVER_TEST=0
server_prepare || exit 1
demo() {
    for name in "$@"; do
        for file in "$HALLDESK_SOURCE/sql/demo/$name"*.sql; do
            server_psql -q -f "$file" >/dev/null || exit 1
        done
    done
}
demo 10 20 30
echo "# $HALLDESK_BENCH_ROWS customers are being made"
server_psql -q -v rows="$HALLDESK_BENCH_ROWS" >/dev/null <<'SQL' || exit 1
SELECT set_config('halldesk.actor', '2041', false);
SET session_replication_role = replica;
INSERT INTO role_permission (role_id, permission_id, place_level)
SELECT r.id, p.id, 1 FROM role r CROSS JOIN permission p WHERE r.code = 'ADMIN' AND p.name LIKE 'customer%' ON CONFLICT DO NOTHING;
INSERT INTO party (id, network_id, name, party_kind, certificate_type, certificate_number, contact_telephone, mobile, address)
SELECT 10000000 + i, 1001,
       substr('王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹', 1 + i % 30, 1) ||
       substr('伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰建国志华文玉', 1 + i / 30 % 30, 1) ||
       substr('伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰建国志华文玉', 1 + i / 900 % 30, 1),
       1, 1, '1101011990' || lpad(i::text, 8, '0'), '010' || lpad(i::text, 8, '0'), '139' || lpad(i::text, 8, '0'), '建国路 ' || i || ' 号'
  FROM generate_series(1, :rows) i;
INSERT INTO customer (id, code, network_id, area_id, hall_id, class, status)
SELECT 10000000 + i, 'X' || lpad(i::text, 8, '0'), 1001, CASE WHEN i % 4 < 2 THEN 1010 ELSE 1020 END,
       (ARRAY[1011, 1012, 1021, 1022])[1 + i % 4], 1, 2
  FROM generate_series(1, :rows) i;
INSERT INTO party_word (word, id)
SELECT chr(65 + i % 26) || chr(65 + i / 26 % 26) || chr(65 + i / 676 % 26) || chr(65 + i / 17576 % 26), 10000000 + i FROM generate_series(1, :rows) i;
INSERT INTO party (id, network_id, name) SELECT 9000000 + i, 1001, '员工' || i FROM generate_series(1, 200) i;
INSERT INTO staff (id, number, organisation_id, network_id, area_id, hall_id)
SELECT 9000000 + i, 'B' || lpad(i::text, 6, '0'), 1011, 1001, 1010, 1011 FROM generate_series(1, 200) i;
SET session_replication_role = origin;
SELECT access_rebuild(NULL);
-- The naked function calls that write the same rows: the marks of the figures.
CREATE FUNCTION bench_plain(p_id bigint, p_mobile text, p_slot integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE s bigint;
BEGIN
    SELECT min(id) INTO s FROM session;
    PERFORM set_config('halldesk.actor', '2041', true), set_config('halldesk.session', s::text, true), set_config('halldesk.network', '1001', true);
    UPDATE party SET mobile = p_mobile, version = version + 1 WHERE id = p_id;
    UPDATE staff SET version = version + 1 WHERE id = p_id;
    INSERT INTO operation_log (id, at, session_id, staff_id, staff_number, kind, form, verb, action, object_type, object_id, object_key, detail, address, line, network_id, area_id, hall_id)
    VALUES (nextval('operation_number'), now(), s, 2041, '10000', 3, 14, 2, 'change', 'staff', p_id, '', '', 'local', 'bench', 1001, 1010, 1040);
    UPDATE session_slot SET sequence = sequence + 1, request_hash = decode('00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'hex'),
           reply = decode('00112233445566778899', 'hex'), at = now() WHERE session_id = s AND slot = p_slot;
END $$;
CREATE FUNCTION bench_decided(p_id bigint, p_telephone text, p_slot integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE s bigint;
BEGIN
    SELECT min(id) INTO s FROM session;
    PERFORM set_config('halldesk.actor', '2041', true), set_config('halldesk.session', s::text, true), set_config('halldesk.network', '1001', true);
    PERFORM 1 FROM customer t JOIN party b ON b.id = t.id WHERE t.id = p_id FOR UPDATE OF t;
    UPDATE party SET contact_telephone = p_telephone, version = version + 1 WHERE id = p_id;
    UPDATE customer SET version = version + 1 WHERE id = p_id;
    INSERT INTO operation_log (id, at, session_id, staff_id, staff_number, kind, form, verb, action, object_type, object_id, object_key, detail, address, line, network_id, area_id, hall_id)
    VALUES (nextval('operation_number'), now(), s, 2041, '10000', 4, 20, 2, 'change', 'customer', p_id, 'X', '', 'local', 'bench', 1001, 1010, 1040);
    UPDATE session_slot SET sequence = sequence + 1, request_hash = decode('00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'hex'),
           reply = decode('00112233445566778899', 'hex'), at = now() WHERE session_id = s AND slot = p_slot;
END $$;
SQL
server_psql -q -c 'VACUUM ANALYZE' || exit 1

server_set sessions_per_staff 1000
server_set terminals_per_gateway 20000
server_set workers_short 8
server_set calls_per_second 0
server_set hello_seconds 120
server_start || exit 1
load=$HALLDESK_BUILD/tests/bench/bench_load
ours() {
    "$load" --server "$HALLDESK_TEST_SERVER" --staff 10000 --password halldesk-1 --seconds "$HALLDESK_BENCH_SECONDS" "$@"
}
theirs() { # CLIENTS FILE
    "$bench" -h "$CLUSTER_SOCKET" -U "$CLUSTER_OWNER" -n -M prepared -c "$1" -j 1 -T "$HALLDESK_BENCH_SECONDS" -f "$2" \
        "$HALLDESK_TEST_DATABASE" 2>/dev/null | awk '/^tps/ { print $3 }'
}
median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
ids() { # TABLE FIRST
    server_psql -At -F ' ' -c "SELECT id, version FROM $1 WHERE id > $2 ORDER BY id LIMIT 200" >"$work/ids"
}
# NAME CLIENTS FILE-OF-THEIRS refresh-command… -- our arguments…
pair() {
    local name=$1 clients=$2 file=$3 slice rate
    shift 3
    local refresh=()
    while [ "$1" != -- ]; do
        refresh+=("$1")
        shift
    done
    shift
    : >"$work/ours"
    : >"$work/theirs"
    : >"$work/ratio"
    for slice in $(seq "$HALLDESK_BENCH_SLICES"); do
        [ ${#refresh[@]} -eq 0 ] || "${refresh[@]}"
        rate=$(ours --clients "$clients" "$@")
        read -r rate p50 _ _ errors <<<"$rate"
        [ "${errors:-1}" = 0 ] || echo "# $name: $errors calls were refused in slice $slice"
        echo "$rate" >>"$work/ours"
        theirs "$clients" "$file" >>"$work/theirs"
        paste -d' ' <(tail -n 1 "$work/ours") <(tail -n 1 "$work/theirs") | awk '{ print $1 / $2 }' >>"$work/ratio"
    done
    printf '%s %.2f ratio %s/s %s/s\n' "$name" "$(median <"$work/ratio")" "$(median <"$work/ours")" "$(median <"$work/theirs")"
    LAST_P50=$p50
}

cat >"$work/plain.sql" <<'SQL'
\set id random(9000001, 9000200)
\set number random(10000000, 99999999)
\set slot random(0, 7)
SELECT bench_plain(:id, '139' || :number::text, :slot);
SQL
cat >"$work/decided.sql" <<'SQL'
\set id random(10000001, 10000200)
\set number random(10000000, 99999999)
\set slot random(0, 7)
SELECT bench_decided(:id, '010' || :number::text, :slot);
SQL
for clients in 1 8 64; do
    pair "change.plain.c$clients" "$clients" "$work/plain.sql" ids staff 9000000 -- \
        --call staff.change --set mobile --ids "$work/ids"
    pair "change.decided.c$clients" "$clients" "$work/decided.sql" ids customer 10000000 -- \
        --call customer.change --set contact_telephone --ids "$work/ids"
done

# The same prepared selects through libpq: what a list row of the form shows, by the same index.
columns="t.id, t.version, t.code, b.name, t.class, b.address, b.contact_address, t.status"
from="FROM customer t JOIN party b ON b.id = t.id"
rows=$HALLDESK_BENCH_ROWS
random="\\set n random(1, $rows)"
printf '%s\nSELECT %s %s WHERE t.network_id = 1001 AND t.code = %s ORDER BY t.id DESC LIMIT 21;\n' "$random" "$columns" "$from" \
    "'X' || lpad(:n::text, 8, '0')" >"$work/number.sql"
printf "%s\nSELECT %s %s WHERE t.network_id = 1001 AND t.code ~>=~ ('X' || substr(lpad(:n::text, 8, '0'), 1, 7)) AND t.code ~<~ ('X' || substr(lpad(:n::text, 8, '0'), 1, 7) || chr(1114109)) ORDER BY t.id DESC LIMIT 21;\n" \
    "$random" "$columns" "$from" >"$work/prefix.sql"
printf "\\\\set a random(65, 90)\n\\\\set b random(65, 90)\n\\\\set c random(65, 90)\nSELECT %s %s WHERE t.network_id = 1001 AND t.id IN (SELECT w.id FROM party_word w WHERE w.word = chr(:a::int) || chr(:b::int) || chr(:c::int) || 'A') ORDER BY t.id DESC LIMIT 21;\n" \
    "$columns" "$from" >"$work/initials.sql"
seq 1 97 "$rows" | awk '{ printf "X%08d\n", $1 }' | shuf --random-source=<(yes) | head -n 5000 >"$work/numbers"
sed 's/.$//' "$work/numbers" >"$work/prefixes"
for a in A D K Q; do for b in B C M T; do for c in A E R W; do echo "$a$b${c}A"; done; done; done >"$work/words"
pair find.number 8 "$work/number.sql" -- --call customer.query --criterion code:1 --values "$work/numbers"
pair find.prefix 8 "$work/prefix.sql" -- --call customer.query --criterion code:2 --values "$work/prefixes"
pair find.initials 8 "$work/initials.sql" -- --call customer.query --criterion name:5 --values "$work/words"
for kind in number:code:1:numbers prefix:code:2:prefixes initials:name:5:words; do
    IFS=: read -r name field operator values <<<"$kind"
    read -r _ p50 _ <<<"$(ours --clients 1 --call customer.query --criterion "$field:$operator" --values "$work/$values")"
    echo "find.$name.alone $p50 us $p50 -"
done

# A first page costs the same whatever the table holds: one hall of a thousand rows, one of all.
echo 0 >"$work/none"
read -r _ large _ <<<"$(ours --clients 1 --call customer.query --values "$work/none")"
read -r _ small _ <<<"$(ours --clients 1 --call staff.query --values "$work/none")"
echo "list.first_page $(awk "BEGIN { printf \"%.2f\", $large / $small }") ratio ${large}us@$rows ${small}us@200"
