#!/bin/bash
# How halldeskctl finds its server and person, what it prints and how it exits.
set -u
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
. "$HALLDESK_SOURCE/tests/lib/server.sh"
trap server_end EXIT
server_begin || {
    echo "Bail out! no server"
    exit 99
}
work=$SERVER_FOLDER
server=$HALLDESK_TEST_SERVER
forms=$HALLDESK_FORMS
unset HALLDESK_SERVER HALLDESK_PASSWORD HALLDESK_FORMS HALLDESK_STAFF HALLDESK_LANGUAGE
export HOME=$work/home XDG_CONFIG_HOME=
mkdir -p "$HOME/.config/halldesk"
file=$HOME/.config/halldesk/halldeskctl.conf
ctl() {
    "$HALLDESK_BUILD/halldeskctl" "$@" 2>"$work/errors" </dev/null
}
staff_of() {
    sed -n 's/.*"staff":"\([^"]*\)".*/\1/p' <<<"$1"
}

ctl status >/dev/null
tap_is "$?" 1 "without a server nothing is asked"
grep -q HALLDESK_SERVER "$work/errors"
tap_ok $? "and it is said how to give one"
echo halldesk-1 >"$work/password"
output=$(ctl status --socket "$server" --staff 30127 --password-file "$work/password")
tap_is "$?$(staff_of "$output")" 030127 "options name server, person and password"
output=$(ctl --socket "$server" --staff=30127 --password-file "$work/password" status)
tap_is "$(staff_of "$output")" 30127 "options may stand before the subcommand"
output=$(HALLDESK_SERVER=$server HALLDESK_STAFF=30127 HALLDESK_PASSWORD_FILE=$work/password ctl status --staff 30128)
tap_is "$(staff_of "$output")" 30128 "options go before the environment"
printf 'server = "%s";\nstaff = "30201";\npassword = "halldesk-1";\nforms = "%s";\n' "$server" "$forms" >"$file"
chmod 644 "$file"
output=$(ctl status)
tap_is "$?$output" 1 "a file with a password that others may read is refused"
chmod 600 "$file"
output=$(ctl status)
tap_is "$(staff_of "$output")" 30201 "else what nobody said is in the person's own file"
output=$(HALLDESK_STAFF=30128 ctl status)
tap_is "$(staff_of "$output")" 30128 "the environment goes before the file"

for _ in 1 2 3 4 5; do ctl status >/dev/null || break; done
tap_is "$?" 0 "a call signs out: sessions do not pile up"
tap_is "$(server_psql -Atc "SELECT count(*) FROM session WHERE state <> 3 AND staff_number ~ '^[0-9]'")" 0 "none is left"
echo wrong-password >"$work/wrong"
output=$(ctl status --password-file "$work/wrong")
tap_is "$?$output" '1{"status":"credentials","parameter":"","text":"'"$(sed -n 's/.*"text":"\([^"]*\)".*/\1/p' <<<"$output")"'"}' "a refused sign-in is an answer too"
ctl call customer.show key=C99999999 >"$work/output"
tap_is "$?$(cut -c 1-22 "$work/output")" '1{"status":"not_found",' "a refusal exits with 1"
for words in "customer" "customer.no_such_verb" "customer.show nonsense" "customer.create no_such_field=1" "customer.create birth_date=1990-13-01" \
    "customer.create sex=neither" "customer.query name>" "customer.query --limit x" "customer.query --no-such-option" "customer.create codes+={level"; do
    # shellcheck disable=SC2086
    ctl call $words >"$work/output"
    tap_is "$?" 2 "words that make no call exit with 2: $words"
done
ctl no-such-subcommand
tap_is "$?" 2 "so does an unknown subcommand"
ctl status --server nowhere
tap_is "$?" 1 "an address that makes no sense is refused"
output=$(ctl status --socket "$work/no-such-socket" --patience 1)
tap_is "$?" 1 "a server that is not there is given up after a while"
output=$(ctl call customer.query --limit 2)
tap_is "$(wc -l <<<"$output") $(grep -c '^{"id":' <<<"$output")" "3 2" "rows are lines of their own, the answer comes last"
output=$(ctl call system.home)
[[ $output == *'"work":{'* ]]
tap_ok $? "the system form is called like any other"
echo 'test "two and two"
expect 2 = 3' >"$work/failing.script"
output=$(ctl script "$work/failing.script")
tap_is "$?$(grep -v '^#' <<<"$output")" $'1not ok 1 - two and two\n1..1' "a script whose test fails exits with 1"
echo 'session clerk 30127 no-such-password
customer.query' >"$work/bail.script"
output=$(ctl script "$work/bail.script")
tap_is "$?$(grep -c '^Bail out!' <<<"$output")" 11 "set-up that fails ends the script"
tap_done
