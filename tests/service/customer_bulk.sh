#!/bin/bash
# time-limit: 240
# Many customers at once: from a file of another system, and changed together.
. "${HALLDESK_SOURCE:-.}/tests/lib/tap.sh"
. "${HALLDESK_SOURCE:-.}/tests/lib/server.sh"
trap server_end EXIT
server_begin || exit 1
work=$SERVER_FOLDER
ctl=$HALLDESK_BUILD/halldeskctl

# ctl STAFF ARG...: what halldeskctl prints; its exit status in $status.
run_ctl() {
    local staff=$1
    shift
    output=$("$ctl" "$@" --staff "$staff" 2>&1)
    status=$?
}
value() {
    server_psql -Atc "$1"
}

cat >"$work/customers.csv" <<'CSV'
name,kind,certificate_type,certificate_number,mobile,address,birth_date,annual_revenue,telephone
钟离明,个人,resident,110105199003073015,13944440001,朝外大街 1 号,,,01065540001
钟离亮,个人,resident,110105198506154226,13944440002,朝外大街 2 号,,,01065540002
华江导入贸易有限公司,企业,credit_code,91110105777345622A,13944440003,商务中心区 3 号,,1000000.00,01065540003
钟离错,个人,resident,110105198506154227,13944440004,朝外大街 4 号,,,01065540004
华江错误有限公司,企业,resident,91110105888456739U,13944440005,商务中心区 5 号,,,01065540005
CSV
map=$HALLDESK_SOURCE/forms/import/customer.map
before=$(value "SELECT count(*) FROM customer")

run_ctl 10000 import customer "$work/customers.csv" --map "$map" --dry-run
tap_is "$(value "SELECT count(*) FROM customer")" "$before" "a dry run of an import tells what it would do and keeps nothing" ||
    tap_diagnose "$output"

run_ctl 10000 import customer "$work/customers.csv" --map "$map" --rejects "$work/rejects.csv"
first=$output
tap_is "$(value "SELECT count(*) FROM customer")" "$((before + 3))" \
    "customers come from a file of another system, each checked as if it were typed [10-26]" || tap_diagnose "$first"
grep -q 钟离错 "$work/rejects.csv" && grep -q 华江错误 "$work/rejects.csv" && ! grep -q 钟离明 "$work/rejects.csv"
tap_ok $? "rows with a wrong check digit or a certificate of the wrong kind are rejected with their faults [10-26]" ||
    tap_diagnose "$first $(cat "$work/rejects.csv")"
tap_is "$(value "SELECT string_agg(p.birth_date || ' ' || p.sex || ' ' || c.class || ' ' || c.service_grade, ';' ORDER BY p.name)
    FROM party p JOIN customer c ON c.id = p.id WHERE p.name LIKE '钟离%'")" \
    "1985-06-15 2 1 1;1990-03-07 1 1 1" "imported customers get birth date, sex and default values like typed ones [10-25]"

sed -i 's/朝外大街 1 号/建国路 100 号/' "$work/customers.csv"
run_ctl 10000 import customer "$work/customers.csv" --map "$map" --rejects "$work/rejects.csv" --confirm
tap_is "$(value "SELECT count(*) FROM customer") $(value "SELECT address FROM party WHERE name = '钟离明'")" \
    "$((before + 3)) 建国路 100 号" "a second import finds customers by their certificate and updates them [10-25]" ||
    tap_diagnose "$output"

run_ctl 10000 bulk customer.change service_attribute=welfare --where name~钟离
tap_is "$(value "SELECT count(*) FROM customer c JOIN party p ON p.id = c.id WHERE p.name LIKE '钟离%' AND c.service_attribute = 5")" 2 \
    "many customers are changed together by criteria, each with its history [10-25]" || tap_diagnose "$output"
tap_is "$(value "SELECT count(*) FROM history h JOIN party p ON p.id = h.id WHERE p.name LIKE '钟离%' AND h.changes ? 'service_attribute' AND h.kind = 'U'")" 2 \
    "a bulk change stands in the history of every customer"

# Divisions of one city with their years: from then on region codes of identity numbers are checked.
loc=${HALLDESK_SHARED:-$HALLDESK_SOURCE/../shared}/data/id_numbers/loc.dat
if [ -r "$loc" ]; then
    awk -f "$HALLDESK_SOURCE/forms/import/division_year.awk" "$loc" | grep -E '^(code|1101)' >"$work/divisions.csv"
    run_ctl 10000 import division_year "$work/divisions.csv" --map "$HALLDESK_SOURCE/forms/import/division_year.map"
    tap_is "$(value "SELECT count(*) FROM division_year")" "$(($(wc -l <"$work/divisions.csv") - 1))" \
        "division codes with their years are imported" || tap_diagnose "$output"
    run_ctl 10000 call customer.create name=甲 party_kind=person certificate_type=resident \
        certificate_number=110190199003073018 mobile=13944440009 --dry-run
    grep -q identity.region <<<"$output"
    tap_ok $? "a region code that never was is refused [10-12]" || tap_diagnose "$output"
    run_ctl 10000 call customer.create name=甲 party_kind=person certificate_type=resident \
        certificate_number=110103199003073012 mobile=13944440009 --dry-run
    tap_is "$status" 0 "a region code of its time is taken" || tap_diagnose "$output"
else
    tap_skip "division codes" "no shared data"
fi

run_ctl 30127 import customer "$work/customers.csv" --map "$map"
tap_is "$status" 1 "who may not import is refused" || tap_diagnose "$output"
tap_done
