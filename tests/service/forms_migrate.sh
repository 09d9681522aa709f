#!/bin/bash
# halldeskctl check-forms and migrate: what a declaration does to a database.
set -u
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
. "$HALLDESK_SOURCE/tests/lib/cluster.sh"
[ -x "$HALLDESK_PG_BIN/initdb" ] || [ -n "${HALLDESK_TEST_SOCKET:-}" ] ||
    tap_skip_all "no PostgreSQL binaries in $HALLDESK_PG_BIN"

work=$(mktemp -d "${TMPDIR:-/tmp}/forms_migrate.XXXXXX")
database=forms_$$
trap 'cluster_drop "$database" >/dev/null 2>&1; cluster_end; rm -rf "$work"' EXIT
cluster_begin || {
    echo "Bail out! no database cluster"
    exit 99
}
cluster_psql postgres -c "CREATE DATABASE $database" || {
    echo "Bail out! no database"
    exit 99
}
conninfo="host=$CLUSTER_SOCKET user=$CLUSTER_OWNER dbname=$database"
good=$HALLDESK_SOURCE/tests/unit/forms_good

# The kernel is the real one; the business is the sample's.
mkdir -p "$work/sql/demo" "$work/forms"
echo "SELECT none_such;" >"$work/sql/demo/10_not_schema.sql"
cp "$HALLDESK_SOURCE"/sql/[123]*.sql "$good/90_sample.sql" "$work/sql/"
cp "$good"/*.form "$good"/*.codes "$good"/*.menu "$HALLDESK_SOURCE/forms/verbs.messages" "$work/forms/"

migrate() {
    "$HALLDESK_BUILD/halldeskctl" migrate --database "$conninfo" --sql "$work/sql" --forms "$work/forms" "$@" 2>&1
}
query() {
    cluster_psql "$database" -At -c "$1" 2>&1
}
change() {
    sed -i -e "$2" "$work/forms/$1"
}
restore() {
    cp "$good/$1" "$work/forms/$1"
}
refused() {
    local output
    output=$(migrate)
    if [ $? -eq 1 ] && grep -qF -e "$1" <<<"$output"; then
        tap_ok 0 "$2"
    else
        tap_ok 1 "$2"
        tap_diagnose "wanted: $1"
        tap_diagnose "$output"
    fi
}

output=$("$HALLDESK_BUILD/halldeskctl" check-forms "$work/forms" 2>&1)
tap_is "$output" "2 forms, 1 code lists, 16 messages, 1 menu groups" "sound declarations are counted"

echo "SELECT 1;
SELECT none_such;" >"$work/sql/95_wrong.sql"
refused "95_wrong.sql:2: " "a mistake in a schema file is reported with its line"
tap_is "$(query "SELECT count(*) FROM pg_class WHERE relname = 'sample'")" 0 "and nothing of the schema stays"
rm "$work/sql/95_wrong.sql"

output=$(migrate)
tap_is "$output" "$(find "$work/sql" -maxdepth 1 -name '*.sql' | wc -l) schema files run, forms installed" \
    "an empty database gets schema and forms"
before=$(query "TABLE permission; TABLE code; TABLE form_registry; SELECT rights, catalogue FROM epoch")
output=$(migrate)
tap_is "$output" "0 schema files run, forms installed" "a second run runs no file"
tap_is "$(query "TABLE permission; TABLE code; TABLE form_registry; SELECT rights, catalogue FROM epoch")" "$before" \
    "and changes nothing"
output=$("$HALLDESK_BUILD/halldeskctl" check-forms --database "$conninfo" "$work/forms" 2>&1)
tap_ok $? "the forms fit the tables" || tap_diagnose "$output"

tap_is "$(query "SELECT string_agg(name || '/' || verb || '/' || table_name, ' ' ORDER BY id) FROM permission")" \
    "sample.create/1/sample sample.change/2/sample sample.show/3/sample sample.report/7/sample sample.leave/33/sample sample.verify/34/sample" \
    "each permission stands once, with the table that it limits"
tap_is "$(query "SELECT string_agg(number || name || coalesce(parent, 0) || initials || attributes, ' ' ORDER BY sort) FROM code WHERE list = 'sample_kind'")" \
    "1person0GR 2company0QYtax=6 colour=red 3branch2FGS" "code lists are seeded with parents, initials and attributes"
tap_is "$(query "SELECT string_agg(number || name, ' ' ORDER BY sort) FROM code WHERE list = 'sample_status'")" \
    "1potential 2active 3left" "the states are the code list of the state field"

output=$(query "INSERT INTO sample_base (id, name) VALUES (1, '甲')")
[[ $output == *"a change without an actor"* ]]
tap_ok $? "a write without an actor is refused" || tap_diagnose "$output"

query "BEGIN; SELECT set_config('halldesk.actor', '7', true), set_config('halldesk.session', '8', true),
       set_config('halldesk.operation', '9', true);
       INSERT INTO sample_base (id, name) VALUES (1, '甲');
       INSERT INTO sample (id, code, kind, status, network_id, area_id, hall_id, password_hash)
       VALUES (1, 'S1', 1, 1, 1, 2, 3, 'secret');
       INSERT INTO sample_part (id, sample_id, code) VALUES (11, 1, 'p');
       INSERT INTO sample_screw (id, part_id, size) VALUES (21, 11, 5); COMMIT" >/dev/null
query "BEGIN; SELECT set_config('halldesk.actor', '7', true);
       UPDATE sample_base SET name = '乙', version = 2;
       UPDATE sample SET price = 1250, extra = '{\"1001\": \"y\"}', version = 2, password_hash = 'other';
       UPDATE sample SET version = 3, password_hash = 'third';
       UPDATE sample_screw SET size = 6, version = 2; COMMIT" >/dev/null
query "BEGIN; SELECT set_config('halldesk.actor', '7', true); DELETE FROM sample_screw; COMMIT" >/dev/null
tap_is "$(query "SELECT table_name || ' ' || id || ' ' || coalesce(line_id, 0) || ' ' || version || ' ' || actor || ' ' || kind::text || ' ' || changes
                   FROM history WHERE kind <> 'I' ORDER BY at, table_name")" \
    "sample 1 0 2 7 U {\"price\": [null, 1250], \"extra.1001\": [null, \"y\"]}
sample_base 1 0 2 7 U {\"name\": [\"甲\", \"乙\"]}
sample_screw 1 21 2 7 U {\"size\": [5, 6]}
sample_screw 1 21 2 7 R {\"size\": [6, null]}" \
    "history holds what changed, under the head's id, base and lines included"
tap_is "$(query "SELECT session || ' ' || operation || ' ' || changes FROM history WHERE table_name = 'sample_base' AND kind = 'I'")" \
    '8 9 {"name": [null, "甲"]}' "history knows session and operation"
tap_is "$(query "SELECT count(*) FROM history WHERE changes::text ~ 'secret|other|third|password'")" 0 \
    "no secret field reaches the history"

# As the history of a form over the code lists would.
query "CREATE FUNCTION actor_needed() RETURNS trigger LANGUAGE plpgsql AS
       \$\$ BEGIN IF gate_actor() IS NULL THEN RAISE 'no actor'; END IF; RETURN NEW; END \$\$"
query "UPDATE code SET label_zh = '自然人', valid_to = '2030-01-01' WHERE list = 'sample_kind' AND number = 1;
       INSERT INTO code (list, number, name, label_zh, label_en) VALUES ('sample_kind', 9, 'shop', '店', 'Shop')"
query "CREATE TRIGGER actor_needed BEFORE INSERT ON code FOR EACH ROW EXECUTE FUNCTION actor_needed()"
change sample.codes 's/^    ); }/, { number = 4; name = "school"; label = { zh = "学校"; en = "School"; }; } ); }/'
migrate >/dev/null
tap_is "$(query "SELECT string_agg(number || label_zh, ' ' ORDER BY number) FROM code WHERE list = 'sample_kind'")" \
    "1自然人 2企业 3分公司 4学校 9店" "new members are added, what administrators changed stays"
change sample.codes 's/number = 4; name = "school"/number = 9; name = "school"/'
refused 'sample.codes:10: code list "sample_kind" has "shop" with number 9 in the database, so "school" cannot have number 9' \
    "a code's number is never used again"
restore sample.codes

change sample.form 's/name = "rate"; type = "rate"/name = "rate"; type = "amount"/'
refused 'column sample.rate is numeric(18,6), which does not fit a field of type amount' "a type that does not fit is refused"
restore sample.form
change sample.form 's/number = 8; name = "rate"/number = 18; name = "rate"/'
refused '"rate" had number 8 and cannot move to 18' "a field keeps its number"
restore sample.form
change sample.form 's/number = 34; permission/number = 35; permission/'
refused '"verify" had number 34 and cannot move to 35' "a verb keeps its number"
restore sample.form
change sample.form 's/number = 9001/number = 9003/'
refused 'form "sample" had number 9001 and cannot move to 9003' "a form keeps its number"
restore sample.form
change sample.form '/name = "rate"/d; s/"rate count closed"/"count closed"/'
migrate >/dev/null
tap_ok $? "a field may go"
restore sample.form
change sample.form 's/number = 8; name = "rate"; type = "rate"/number = 8; name = "fee"; type = "rate"/; s/"rate count/"fee count/'
query "ALTER TABLE sample ADD fee numeric(18,6)"
refused 'number 8 was "rate" of type rate and cannot become "fee" of type rate' "its number does not come back for another"
restore sample.form
query "ALTER TABLE sample DROP fee"

change sample.form 's/check = "price > 0.00"/check = "prise > 0.00"/'
refused 'check "prise > 0.00" does not compile: expression.unknown_name prise at byte 0' "a rule that does not compile is refused"
restore sample.form
change sample.form 's/guard = "count = 0"/guard = "count = kind"/'
refused 'guard "count = kind" does not compile: ' "so is a guard"
restore sample.form
change sample.form 's/check = "amount >= 0"/check = "amount >= price"/'
refused 'check "amount >= price" does not compile: expression.unknown_name price at byte 10' "and a rule of lines"
restore sample.form

# What the catalogue check finds; all of it at once.
change sample.form 's/name = "remark"; type = "text"; length = 400/name = "remark"; type = "text"; length = 900/
    s/name = "count"; type = "number"; length = 4/name = "count"; type = "number"; length = 12/
    s/responsible = "owner_id"/responsible = "keeper_id"/
    s/parent = "part_id"/parent = "piece_id"/'
query "ALTER TABLE sample ALTER remark TYPE varchar(400), ALTER extra DROP DEFAULT, ALTER extra DROP NOT NULL, ADD loose text NOT NULL DEFAULT 'x'"
query "ALTER TABLE sample ALTER loose DROP DEFAULT, ADD CONSTRAINT odd CHECK (kind > 0);
       ALTER TABLE sample_part DROP CONSTRAINT sample_part_sample_id_fkey, DROP version"
output=$("$HALLDESK_BUILD/halldeskctl" check-forms --database "$conninfo" "$work/forms" 2>&1)
for wanted in 'column sample.remark is character varying(400), which does not fit a field of type text' \
    'column sample.count is integer, which does not fit a field of type number' \
    'table "sample" has no column "keeper_id"' \
    'line table "sample_screw" has no column "piece_id"' \
    'column sample.loose is NOT NULL, but no field fills it' \
    'CHECK odd is not named sample_<column>_<rule>' \
    'column sample_part.sample_id has no foreign key to "sample"' \
    'table "sample_part" has no column "version"'; do
    grep -qF -e "$wanted" <<<"$output"
    tap_ok $? "found: $wanted"
done
tap_is "$(wc -l <<<"$output")" 9 "and nothing else" || tap_diagnose "$output"
restore sample.form

echo "-- changed" >>"$work/sql/90_sample.sql"
refused "90_sample.sql: was changed after this database had run it" "a schema file that ran is not changed"
tap_done
