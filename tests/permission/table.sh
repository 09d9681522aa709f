#!/bin/bash
# The permission table: every operation of every form, called as each role of the demo, against
# operations.table. `table.sh --write FILE` makes a first version of the table from the grants in the
# database; what it says is for people to judge, and every later difference fails here.
# time-limit: 300
set -u
here=$(cd -- "$(dirname -- "$0")" && pwd)
. "$here/../lib/server.sh"
. "$here/../lib/tap.sh"
table=$here/operations.table
roles=(CLERK AGENT SUPERVISOR MANAGER ADMIN UNIT_ADMIN AUDITOR SERVICE)
declare -A staff=([CLERK]=30127 [AGENT]=60001 [SUPERVISOR]=30100 [MANAGER]=40001 [ADMIN]=10000
    [UNIT_ADMIN]=10001 [AUDITOR]=90001 [SERVICE]=SCHED)
forms=${HALLDESK_TEST_FORMS:-$HALLDESK_SOURCE/forms}
calls=$HALLDESK_BUILD/tests/permission/permission_calls
trap server_end EXIT
server_prepare || {
    echo "Bail out! no database"
    exit 99
}
place=$SERVER_FOLDER/permission
mkdir "$place"

"$calls" --list "$forms" | LC_ALL=C sort >"$place/operations" || exit 99
if [ "${1:-}" = --write ]; then
    for role in "${roles[@]}"; do
        server_psql -Atc "SELECT DISTINCT p.name FROM access_grant g JOIN staff s ON s.id = g.staff_id
            JOIN role_closure c ON c.role_id = g.role_id JOIN role_permission rp ON rp.role_id = c.member_id
            JOIN permission p ON p.id = rp.permission_id
            WHERE s.number = '${staff[$role]}' AND g.status = 1" >"$place/held.$role"
    done
    {
        echo "# Which role of the demo may use which operation: + may, . may not. tests/permission/table.sh"
        printf '%-48s' '# operation'
        printf ' %-10s' "${roles[@]}"
        echo
        while read -r operation permission; do
            printf '%-48s' "$operation"
            for role in "${roles[@]}"; do
                mark=.
                ! grep -qxF "$permission" "$place/held.$role" || mark=+
                printf ' %-10s' "$mark"
            done
            echo
        done <"$place/operations"
    } | sed 's/ *$//' >"$2"
    exit
fi
server_start || {
    echo "Bail out! no server"
    exit 99
}
tap_plan $((${#roles[@]} + 3))

cut -d ' ' -f 1 "$place/operations" | LC_ALL=C sort >"$place/called"
sed '/^#/d' "$table" | awk '{ print $1 }' | LC_ALL=C sort >"$place/stated"
missing=$(comm -3 "$place/called" "$place/stated" | head -20)
tap_is "$missing" "" "the table names every operation of every form, and no other [17-163]"

# The registry of the database knows each permission from a form's verb.
server_psql -Atc "SELECT name FROM permission" | LC_ALL=C sort >"$place/registry"
cut -d ' ' -f 2 "$place/operations" | LC_ALL=C sort -u >"$place/declared"
tap_is "$(comm -23 "$place/registry" "$place/declared")" "" "every permission of the registry is reached by an operation of the table"

tap_is "$(sed '/^#/d' "$table" | awk -v n=$((${#roles[@]} + 1)) 'NF != n || /[^-+._ a-z0-9]/' | head -5)" "" \
    "every line of the table says something for every role"

for index in "${!roles[@]}"; do
    role=${roles[$index]}
    sed '/^#/d' "$table" | awk -v column=$((index + 2)) '{ print $1, ($column == "+" ? "allow" : "deny") }' |
        LC_ALL=C sort >"$place/wanted"
    if ! "$calls" "$forms" "unix:$HALLDESK_TEST_SERVER" "${staff[$role]}" halldesk-1 >"$place/got" 2>"$place/error"; then
        tap_ok 1 "$role may do what the table says, and nothing else [17-163, CH-45]"
        tap_diagnose "$(cat "$place/error")"
        continue
    fi
    LC_ALL=C sort -o "$place/got" "$place/got"
    differences=$(diff "$place/wanted" "$place/got" | grep '^[<>]' | head -20)
    tap_is "$differences" "" "$role may do what the table says, and nothing else [17-163, CH-45]"
done
tap_done
