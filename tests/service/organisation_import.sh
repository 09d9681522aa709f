#!/bin/bash
# Structures in batches: added, changed, closed and listed from files and by criteria.
set -u
. "${HALLDESK_SOURCE:-.}/tests/lib/tap.sh"
. "${HALLDESK_SOURCE:-.}/tests/lib/server.sh"
trap server_end EXIT
server_begin || {
    echo "Bail out! no server"
    exit 99
}
work=$SERVER_FOLDER
maps=$HALLDESK_SOURCE/forms/import
staff=10000
ctl() {
    "$HALLDESK_BUILD/halldeskctl" --staff "$staff" "$@" 2>>"$work/errors"
}
value() {
    server_psql -Atc "$1"
}

cat >"$work/units.csv" <<'CSV'
code,name,kind,parent,address,telephone
U-1,东部片区,district,AREA-E,东大街 1 号,01060000001
U-2,一班,team,U-1,,01060000002
U-3,二班,team,U-1,,01060000003
U-4,无上级班,team,NO-SUCH,,01060000004
U-5,无类型班,nothing,U-1,,01060000005
CSV
output=$(ctl import organisation "$work/units.csv" --map "$maps/organisation.map" --rejects "$work/rejects.csv")
tap_is "$(value "SELECT string_agg(code, ' ' ORDER BY code) FROM organisation WHERE code LIKE 'U-%'")" "U-1 U-2 U-3" \
    "organisations are added in a batch, superiors first; what is wrong is rejected [17-141]" || tap_diagnose "$output"
tap_is "$(grep -c -e '^U-4' -e '^U-5' "$work/rejects.csv")" 2 "each rejected row with its fault"
sed -i 's/东大街 1 号/东大街 9 号/; /^U-[45]/d' "$work/units.csv"
ctl import organisation "$work/units.csv" --map "$maps/organisation.map" >/dev/null
tap_is "$(value "SELECT address FROM organisation WHERE code = 'U-1'")" "东大街 9 号" \
    "the same file changed changes them, by their code [17-141]"
output=$(ctl bulk organisation.change telephone=01069999999 --where kind=team --where parent_id=U-1)
tap_is "$(value "SELECT count(*) FROM organisation WHERE telephone = '01069999999'")" 2 \
    "organisations are changed together by criteria [17-141]" || tap_diagnose "$output"
output=$(ctl bulk organisation.withdraw @reason=撤销 --where kind=team --where parent_id=U-1)
tap_is "$(value "SELECT count(*) FROM organisation WHERE code IN ('U-2', 'U-3') AND status = 2")" 2 \
    "and closed together [17-141]" || tap_diagnose "$output"
ctl export organisation kind=team --output "$work/teams.csv"
tap_is "$(grep -c '^U-[23],' <(sed 's/^\xef\xbb\xbf//' "$work/teams.csv"))" 2 "and listed into a file [17-141]" ||
    tap_diagnose "$(head -3 "$work/teams.csv")"

# The administrator of an area imports into it and nowhere else.
staff=10001
printf 'code,name,kind,parent,address,telephone\nU-7,区内,team,AREA-E,,\nU-8,区外,team,AREA-W,,\n' >"$work/mine.csv"
ctl import organisation "$work/mine.csv" --map "$maps/organisation.map" >/dev/null
tap_is "$(value "SELECT string_agg(code, ' ') FROM organisation WHERE code IN ('U-7', 'U-8')")" U-7 \
    "in a batch too an administrator stays within the own organisation [17-141, 17-144]"

staff=10000
data=${HALLDESK_SHARED:-$HALLDESK_SOURCE/../shared}/data/admin_divisions
if [ -r "$data/areas.csv" ]; then
    for level in province:provinces city:cities county:areas; do
        output=$(ctl import region "$data/${level#*:}.csv" --map "$maps/region_${level%:*}.map")
    done
    rows=$(cat "$data/provinces.csv" "$data/cities.csv" "$data/areas.csv" | grep -c '^"*[0-9]')
    tap_is "$(value "SELECT count(*) FROM region WHERE code ~ '^[0-9]+$'")" "$rows" \
        "all provinces, cities and counties of the country are one tree [17-139, 17-141]" || tap_diagnose "$output"
    tap_is "$(value "SELECT count(*) FROM region r WHERE code ~ '^[0-9]+$' AND path <> coalesce((SELECT path FROM region p WHERE p.id = r.parent_id), '/') || id || '/'")" 0 \
        "each with the path of its place [17-142]"
else
    tap_skip "all provinces, cities and counties of the country are one tree [17-139, 17-141]" "no $data"
    tap_skip "each with the path of its place [17-142]" "no $data"
fi
tap_done
