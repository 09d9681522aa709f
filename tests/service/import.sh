#!/bin/bash
# time-limit: 240
# halldeskctl import: files with faults, again with another content, stopped half-way, and public
# data sets where they are present.
set -u
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
. "$HALLDESK_SOURCE/tests/lib/server.sh"
shared=${HALLDESK_SHARED:-$HALLDESK_SOURCE/../shared}/data
trap server_end EXIT
server_begin || {
    echo "Bail out! no server"
    exit 99
}
work=$SERVER_FOLDER
import() {
    (cd "$work" && "$HALLDESK_BUILD/halldeskctl" --staff 10000 import "$@" 2>>"$work/errors")
}
# Of the summary, what does not depend on the machine.
summary() {
    tail -n 1 <<<"$1" | sed -e 's/,"dry_run".*//' -e 's/^{//' -e 's/"//g'
}
customers() {
    server_psql -Atc "SELECT count(*) FROM customer c JOIN party p ON p.id = c.id WHERE p.certificate_number LIKE '$1%'"
}

header=name,kind,certificate_type,certificate_number,mobile,address,birth_date,annual_revenue,telephone
cat >"$work/mixed.csv" <<CSV
$header
甲,个人,passport,E90000001,13800130001,,1990-01-02,,
乙,个人,passport,E90000002,13800130002,,1990-13-02,,01088886666
丙,外星人,passport,E90000003,13800130003,,,,
丁,企业,other_license,E90000004,,北京路 1 号,,1234.50,
戊,个人,passport,,,,,,
"己,庚",个人,passport,E90000006,13800130006,"一号 ""甲"" 院",,,01066667777
CSV

printf '%s\n甲,个人,passport,E91000001,1380013\n"乙,个人\n' "$header" >"$work/broken.csv"
output=$(import customer broken.csv --map customer)
tap_ok $(($? != 1)) "a broken file is refused"
tap_is "$(tail -n 1 <<<"$output")" '{"status":"structure","wrong":2,"rows":2}' "with every mistake of its structure"
tap_is "$(customers E91)" 0 "and nothing of it is imported, the sound rows before the mistake included"

output=$(import customer mixed.csv --map customer --dry-run)
tap_is "$(summary "$output")" "status:ok,rows:6,created:3,changed:0,unchanged:0,refused:3" "a dry run judges every row"
tap_is "$(customers E9)" 0 "and keeps none"
output=$(import customer mixed.csv --map customer --whole)
tap_is "$?$(customers E9)" 10 "with --whole one refused row keeps all others out"

output=$(import customer mixed.csv --map customer --rejects rejects.csv)
tap_is "$(summary "$output")" "status:ok,rows:6,created:3,changed:0,unchanged:0,refused:3" \
    "rows are taken or refused one by one, checked as at the counter [10-26]"
faults() {
    grep -F "\"line\":$1}" <<<"$output" | grep -oE '"name":"[^"]*","field":"[^"]*"' | sed 's/"name":"\(.*\)","field":"\(.*\)"/\1 \2/' | sort | tr '\n' ','
}
tap_is "$(faults 3)" "import.value birth_date," "a fault names its line and field"
tap_is "$(faults 4)" "import.unknown_value party_kind," "a value that the mapping does not know is one"
tap_is "$(faults 6)" "reachable contact_telephone,required certificate_number," "all faults of a row are told"
tap_is "$(server_psql -Atc "SELECT p.name || p.address || m.value FROM party p JOIN party_medium m ON m.party_id = p.id WHERE certificate_number = 'E90000006'")" \
    '己,庚一号 "甲" 院01066667777' "quotes and commas arrive as they were, lines of the record too"
tap_is "$(server_psql -Atc "SELECT annual_revenue FROM customer c JOIN party p ON p.id = c.id WHERE certificate_number = 'E90000004'")" \
    123450 "an amount is exact"

sed -i -e 's/1990-13-02/1990-12-02/' -e 's/外星人/个人/' -e 's/^戊,个人,passport,,/戊,个人,passport,E90000005,13800130005/' "$work/rejects.csv"
output=$(import customer rejects.csv --map customer)
tap_is "$(summary "$output")" "status:ok,rows:3,created:3,changed:0,unchanged:0,refused:0" "the file of rejects is corrected and imported as it stands"

sed -e 's/13800130001/13800139999/' "$work/mixed.csv" >"$work/again.csv"
output=$(import customer again.csv --map customer)
tap_is "$(summary "$output")" "status:ok,rows:6,created:0,changed:1,unchanged:2,refused:3" \
    "imported again, records are found by key: only what differs is changed [10-25]"
tap_is "$(server_psql -Atc "SELECT mobile FROM party WHERE certificate_number = 'E90000001'")" 13800139999 "and is"

iconv -f UTF-8 -t GB18030 "$work/mixed.csv" | tr ',' '|' >"$work/interface.txt"
sed -e 's/key = "certificate_number";/key = "certificate_number"; encoding = "GB18030"; delimiter = "|";/' \
    "$HALLDESK_SOURCE/forms/import/customer.map" >"$work/interface.map"
sed -i -e '/^"/,$d' "$work/interface.txt"
output=$(import customer interface.txt --map ./interface.map)
tap_is "$(summary "$output")" "status:ok,rows:5,created:0,changed:1,unchanged:1,refused:3" "an interface file in GB18030 is the same to it"

output=$(cd "$work" && "$HALLDESK_BUILD/halldeskctl" --staff 60001 import customer mixed.csv --map customer --create-only 2>&1)
tap_ok $(($? != 1)) "who may not create does not import"
[[ $output == *denied* ]]
tap_ok $? "and is told so"

cat >"$work/grouped.csv" <<CSV
reference,$header
1,一户,个人,passport,G00000001,13800130011,,,,01088880001
1,,,,,,,,,01088880002
1,,,,,,,,,01088880003
2,二户,个人,passport,G00000002,13800130012,,,,01088880004
3,三户,个人,passport,G00000003,13800130013,,,,01088880005
3,,,,,,,,,$(printf '1%.0s' $(seq 130))
4,四户,个人,passport,G00000004,13800130014,,,,
CSV
sed -e 's/key = "certificate_number";/key = "certificate_number"; group = "reference";/' \
    "$HALLDESK_SOURCE/forms/import/customer.map" >"$work/grouped.map"
output=$(import customer grouped.csv --map ./grouped.map --rejects grouped_rejects.csv)
tap_is "$(summary "$output")" "status:ok,rows:4,created:3,changed:0,unchanged:0,refused:1" "rows of one reference are one record with its lines"
tap_is "$(server_psql -Atc "SELECT p.name || ' ' || string_agg(m.value, ' ' ORDER BY m.value) FROM party p JOIN party_medium m ON m.party_id = p.id WHERE certificate_number LIKE 'G0%' GROUP BY p.name ORDER BY p.name")" \
    $'一户 01088880001 01088880002 01088880003\n二户 01088880004' "each line where it belongs"
[[ $output == *'"lines":"media","line":2'* ]] && [ "$(wc -l <"$work/grouped_rejects.csv")" -eq 3 ]
tap_ok $? "a fault names the line within the record; all rows of the record are handed back" || tap_diagnose "$output"

# Stopped by the loss of the server, in the middle of what is on its way.
{
    echo "$header"
    for n in $(seq 10000 11999); do
        echo "断点$n,个人,passport,R00$n,138001$n,,,,"
    done
} >"$work/long.csv"
import customer long.csv --map customer --patience 1 >"$work/first" &
first=$!
tap_wait 60 test -s "$work/long.csv.import"
kill -KILL "$SERVER_PID"
wait "$SERVER_PID" 2>/dev/null
SERVER_PID=
wait "$first"
tap_ok $(($? != 1)) "an import that loses its server ends"
tap_wait 30 test "$(server_psql -Atc "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'halldesk' AND state = 'active'")" = 0
kept=$(customers R00)
[ "$kept" -gt 0 ] && [ "$kept" -lt 2000 ]
tap_ok $? "part of the rows were kept" || tap_diagnose "kept: $kept"
server_start || echo "Bail out! the server does not come back"
output=$(import customer long.csv --map customer --resume)
tap_ok $? "it goes on where it stopped" || tap_diagnose "$output"
tap_is "$(customers R00)" 2000 "no row is lost"
tap_is "$(server_psql -Atc "SELECT count(*) - count(DISTINCT certificate_number) FROM party WHERE certificate_number LIKE 'R00%'")" 0 "and none is there twice"
rows=$(sed 's/.*"rows":\([0-9]*\).*/\1/' <<<"$(tail -n 1 <<<"$output")")
[ "$rows" -lt 2000 ]
tap_ok $? "what was answered before is not sent again" || tap_diagnose "$output"
tap_is "$(server_psql -Atc "SELECT count(*), max(status), max(total) FROM job WHERE kind = 'import' AND title = 'long.csv'")" "1|3|2000" \
    "it is one job to who looks on, and ended"
[ ! -e "$work/long.csv.import" ]
tap_ok $? "when all is done the place is forgotten"
output=$(import customer long.csv --map customer --create-only --resume 2>&1)
tap_ok $(($? != 1)) "going on without a key is refused: rows on their way could come twice"

cat >"$work/organisation.csv" <<CSV
code,name,kind,parent,address,telephone
DEPT-A,政企客户部,1,NET-HJ,,01066660000
DEPT-A1,政企一组,1,DEPT-A,华江市一号,
DEPT-A2,政企二组,1,DEPT-A,,
DEPT-X,无上级,1,NO-SUCH,,
CSV
output=$(import organisation organisation.csv --map organisation)
tap_is "$(summary "$output")" "status:ok,rows:4,created:3,changed:0,unchanged:0,refused:1" \
    "an organisation is imported, superiors first; an unknown superior is refused"
sed -i -e 's/政企一组/政企重点组/' -e '/NO-SUCH/d' "$work/organisation.csv"
output=$(import organisation organisation.csv --map organisation)
tap_is "$(summary "$output")" "status:ok,rows:3,created:0,changed:1,unchanged:2,refused:0" "imported again it is brought up to date"
ctl() {
    "$HALLDESK_BUILD/halldeskctl" --staff 10000 "$@" 2>>"$work/errors"
}
output=$(ctl bulk organisation.withdraw reason=撤并 --where 'code~DEPT-A1*')
[[ $output == *'"changed":1,'* ]] && [[ $(ctl call organisation.query 'code~DEPT-A*' --all) == *'"count":3'* ]] &&
    [ "$(server_psql -Atc "SELECT string_agg(name || status, ' ' ORDER BY code) FROM organisation WHERE code LIKE 'DEPT-A%'")" = "政企客户部1 政企重点组2 政企二组1" ]
tap_ok $? "nodes of the organisation are added, changed, withdrawn and found in batches [17-141]" || tap_diagnose "$output"

if [ -d "$shared/churn_ibm" ]; then
    head -n 501 "$shared/churn_ibm/Telco-Customer-Churn.csv" >"$work/churn.csv"
    output=$(import customer churn.csv --map customer_churn)
    tap_is "$(summary "$output")" "status:ok,rows:500,created:500,changed:0,unchanged:0,refused:0" \
        "subscribers of another operator become customers"
else
    tap_skip "subscribers of another operator become customers" "no data in $shared"
fi
if [ -d "$shared/admin_divisions" ]; then
    import region "$shared/admin_divisions/provinces.csv" --map region_province --state province.state >"$work/regions"
    head -n 101 "$shared/admin_divisions/cities.csv" >"$work/cities.csv"
    output=$(import region cities.csv --map region_city)
    tap_is "$(summary "$output")" "status:ok,rows:100,created:100,changed:0,unchanged:0,refused:0" "regions come with their superiors by code"
    tap_is "$(server_psql -Atc "SELECT p.name FROM region r JOIN region p ON p.id = r.parent_id WHERE r.code = '1301'")" 河北省 "and hang where they belong"
else
    tap_skip "regions come with their superiors by code" "no data in $shared"
fi
tap_done
