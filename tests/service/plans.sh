#!/bin/bash
# Every list statement that a form's declared searches make, explained as the application's own role
# runs it, by a generic plan, over tables of twenty thousand rows: none may read a large table from
# one end to the other. The server itself explains (auto_explain), so what is looked at is what runs.
# time-limit: 300
set -u
. "$(dirname -- "$0")/../lib/server.sh"
. "$(dirname -- "$0")/../lib/tap.sh"
trap server_end EXIT
# shellcheck disable=SC2034 # read by server_prepare
SERVER_SERVICES=0
ROWS=20000
server_prepare || {
    echo "Bail out! no database"
    exit 99
}
if [ ! -e "$("$HALLDESK_PG_BIN/pg_config" --pkglibdir 2>/dev/null || echo "${HALLDESK_PG_BIN%/bin}/lib")/auto_explain.so" ]; then
    tap_skip_all "PostgreSQL's auto_explain is not installed"
fi

# What the forms declare, one line each: form, table, scope, and of a search field, operator, type
# and the form behind a reference.
declared() {
    perl -0777 -ne '
        my ($name) = /^  number = \d+; name = "(\w+)"/m or next;
        my ($table) = /^  (?:.*; )?table = "(\w+)"/m or next;
        my ($key) = /\bkey = "(\w+)"/;
        my ($base) = /\bbase = "(\w+)"/;
        my ($scope) = /\bscope = "(\w+)"/;
        my ($fields) = /^  fields = \(\n(.*?)^  \);/ms or next;
        my $query = /verb = "query"/ ? 1 : 0;
        my $view = /"view"/ ? 1 : 0;
        print join("|", "form", $name, $table, $base // "", $key // "", $scope // "none", $query, $view), "\n";
        for my $field (split /^    (?=\{ number)/m, $fields) {
            $field =~ /\A\{ number = \d+; name = "(\w+)"/ or next;
            my $which = $1;
            $field =~ s/^ {6,}fields = \(.*//ms;
            my ($type) = $field =~ /type = "(\w+)"/;
            my ($search) = $field =~ /search = \(([^)]*)\)/ or next;
            my ($form) = $field =~ /; form = "(\w+)"/;
            my ($codes) = $field =~ /codes = "(\w+)"/;
            print join("|", "search", $name, $which, $type, $_, $form // "", $codes // ""), "\n" for $search =~ /"(\w+)"/g;
        }' "$HALLDESK_FORMS"/*/*.form
}
declared >"$SERVER_FOLDER/declared"

# Tables that grow with the business: those with a place, and the bases under them.
mapfile -t large < <({
    awk -F'|' '$1 == "form" && $6 == "place" && $3 != "announcement" && !$8 { print $3; if ($4 != "") print $4 }' "$SERVER_FOLDER/declared"
    echo party
} | sort -u | while read -r table; do
    server_psql -Atc "SELECT relname FROM pg_class WHERE oid = to_regclass('$table') AND relkind IN ('r', 'p')"
done)
# Rows by type alone: twenty thousand of each, constraints aside.
{
    echo "SET session_replication_role = replica; SELECT set_config('halldesk.actor', '2041', false);"
    echo "INSERT INTO role_permission (role_id, permission_id, place_level) SELECT r.id, p.id, 1 FROM role r, permission p
          WHERE r.code = 'ADMIN' ON CONFLICT (role_id, permission_id) DO UPDATE SET place_level = 1;"
    for table in "${large[@]}"; do
        cat <<SQL
DO \$\$
DECLARE c record; columns text := ''; expressions text := '';
BEGIN
    FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = '$table'::regclass AND contype IN ('c', 'x') LOOP
        EXECUTE format('ALTER TABLE $table DROP CONSTRAINT %I', c.conname);
    END LOOP;
    FOR c IN SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
              WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' LOOP
        columns := columns || ', ' || quote_ident(c.name);
        expressions := expressions || ', ' || CASE
            WHEN c.name = 'id' THEN '40000000 + n'
            WHEN c.name = 'network_id' THEN '1001'
            WHEN c.name = 'area_id' THEN '1010 + 10 * (n % 2)'
            WHEN c.name = 'hall_id' THEN '1011 + 10 * (n % 2)'
            WHEN c.name = 'organisation_id' THEN '1011'
            WHEN c.name = 'status' OR c.name = 'state' THEN '1'
            WHEN c.type = 'bigint' THEN '40000000 + n % 5000 + 1'
            WHEN c.type IN ('smallint', 'integer') THEN 'n % 3 + 1'
            WHEN c.type IN ('text', 'character varying') THEN '''X'' || n'
            WHEN c.type = 'boolean' THEN 'n % 2 = 0'
            WHEN c.type = 'date' THEN 'date ''2026-01-01'' - (n % 1000)::integer'
            WHEN c.type LIKE 'timestamp%' THEN 'now() - n * interval ''1 minute'''
            WHEN c.type = 'numeric' THEN 'n'
            WHEN c.type = 'jsonb' THEN '''{}''::jsonb'
            WHEN c.type = 'bytea' THEN 'int8send(n)'
            ELSE 'NULL' END;
    END LOOP;
    EXECUTE format('INSERT INTO $table (%s) SELECT %s FROM (SELECT i::bigint FROM generate_series(1, $ROWS) i) s (n) ON CONFLICT DO NOTHING', substr(columns, 3), substr(expressions, 3));
END \$\$;
SQL
    done
    echo "INSERT INTO party_word (word, id) SELECT 'X' || i % 4000, 40000000 + i FROM generate_series(1, $ROWS) i ON CONFLICT DO NOTHING;"
    echo "SET session_replication_role = origin; SELECT access_rebuild(NULL); ANALYZE;"
} >"$SERVER_FOLDER/fill.sql"
filled=0
server_psql -q -f "$SERVER_FOLDER/fill.sql" >"$SERVER_FOLDER/fill.log" 2>&1 || {
    filled=1
    tap_diagnose "$(tail -n 5 "$SERVER_FOLDER/fill.log")"
}
tap_ok "$filled" "${#large[@]} large tables have $ROWS rows each"

# The plan of every statement goes to the server's log as a notice.
server_psql -q -c "ALTER ROLE halldesk_app IN DATABASE \"$HALLDESK_TEST_DATABASE\" SET session_preload_libraries = 'auto_explain'" \
    -c "ALTER ROLE halldesk_app IN DATABASE \"$HALLDESK_TEST_DATABASE\" SET auto_explain.log_min_duration = 0" \
    -c "ALTER ROLE halldesk_app IN DATABASE \"$HALLDESK_TEST_DATABASE\" SET auto_explain.log_level = 'notice'" \
    -c "ALTER ROLE halldesk_app IN DATABASE \"$HALLDESK_TEST_DATABASE\" SET client_min_messages = 'notice'"
server_set workers_short 1
server_set workers_long 1
server_start || {
    echo "Bail out! no server"
    exit 99
}

{
    echo "session admin 10000 halldesk-1"
    while IFS='|' read -r kind form field type operator _ codes; do
        case $kind in
        form) # the first page, in the form's own order
            [[ $(grep "^form|$form|" "$SERVER_FOLDER/declared") == *'|1|'[01] ]] && echo "$form.query --limit 20"
            continue
            ;;
        esac
        grep -q "^form|$form|.*|1|[01]\$" "$SERVER_FOLDER/declared" || continue
        case $type in
        text) value=X12 ;;
        code) value=$(server_psql -Atc "SELECT name FROM code WHERE list = '$codes' ORDER BY number LIMIT 1") ;;
        date) value=2025-11-11 ;;
        time) value="2025-11-11 10:00:00" ;;
        flag) value=1 ;;
        reference) value='#40000001' ;;
        *) value=2 ;;
        esac
        [ -n "$value" ] || continue # a state: few values, never narrow
        case $operator in
        exact) echo "$form.query $field=\"$value\" --limit 20" ;;
        prefix) echo "$form.query $field~\"$value*\" --limit 20" ;;
        range) echo "$form.query $field>=\"$value\" --limit 20" ;;
        initials) echo "$form.query $field=@XA --limit 20" ;;
        esac
    done <"$SERVER_FOLDER/declared"
} >"$SERVER_FOLDER/searches.script"
"$HALLDESK_BUILD/halldeskctl" script "$SERVER_FOLDER/searches.script" >"$SERVER_FOLDER/searches.log" 2>&1
tap_ok $? "$(grep -c query "$SERVER_FOLDER/searches.script") lists are asked for" || tail -n 5 "$SERVER_FOLDER/searches.log" | sed 's/^/# /'
server_stop

# Plans of list statements, one a line each.
perl -ne '
    if (/NOTICE:\s+duration:/ .. /^<\d>|^NOTICE(?!:\s+duration)/) { s/\s+/ /g; $plan .= /Query Text:/ ? "\n$_" : $_ }
    END { print "$plan\n" }' "$SERVER_LOG" | grep 'order_key' >"$SERVER_FOLDER/plans"
lists=$(sort -u "$SERVER_FOLDER/plans" | grep -c .)
tap_ok "$((lists < $(grep -c query "$SERVER_FOLDER/searches.script") / 2))" "$lists plans of lists were explained"
tap_ok "$(grep -q 'Cond: .*\$[0-9]' "$SERVER_FOLDER/plans" && echo 0 || echo 1)" "the plans are generic"
pattern=$(IFS='|' && echo "${large[*]}")
grep -E "Seq Scan on ($pattern)( |\$)" "$SERVER_FOLDER/plans" | sort -u >"$SERVER_FOLDER/slow"
[ ! -s "$SERVER_FOLDER/slow" ]
tap_ok $? "no declared search reads a large table from end to end" || perl -ne '
    my ($table) = /FROM (\w+) t\b/;
    my ($where) = /WHERE true (.*?) LIMIT/;
    my %scans = map { $_ => 1 } /Seq Scan on (\w+)/g;
    print "# $table $where: reads ", join(" ", sort keys %scans), "\n"' "$SERVER_FOLDER/slow"
tap_done
