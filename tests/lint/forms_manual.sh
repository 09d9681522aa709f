#!/bin/bash
# man/halldesk-forms.5 names every key that the readers know, and its example is a sound form.
set -u
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
manual=$HALLDESK_SOURCE/man/halldesk-forms.5
work=$(mktemp -d "${TMPDIR:-/tmp}/forms_manual.XXXXXX")
trap 'rm -rf "$work"' EXIT
tap_plan 3

# Lists of keys are the arrays keys[] of the readers; flags of fields stand in flag_keys[].
keys=$(sed -n '/\*const keys\[\] = {/,/};/p; /} flag_keys\[\] = {/,/};/p; /} flag_names\[\] = {/,/};/p
    /} search_names\[\] = {/,/};/p; /} fixed_verbs\[\] = {/,/};/p' "$HALLDESK_SOURCE"/server/forms/*.c |
    grep -o '"[a-z_]*"' | tr -d '"' | LC_ALL=C sort -u)
[ "$(wc -w <<<"$keys")" -gt 80 ]
tap_ok $? "the readers' keys are found in their sources"
missing=$(for key in $keys; do
    grep -qE "^\.(It )?(Ic|Li).*[ \\(q]$key([ \\]|\$)" "$manual" || echo "$key"
done)
tap_is "$missing" "" "every key stands in the manual"

sed -n '/^\.Bd -literal/,/^\.Ed/p' "$manual" | sed '1d;$d' >"$work/visit.form"
sed -e 's/number = 7001; name = "visit"; code = "VI"/number = 7002; name = "customer"; code = "VC"/' \
    -e 's/permission = "visit/permission = "customer/; s/table = "visit"/table = "customer"/' \
    "$work/visit.form" >"$work/customer.form"
cp "$HALLDESK_SOURCE/forms/verbs.messages" "$HALLDESK_SOURCE/forms/menu.menu" "$work/"
output=$("$HALLDESK_BUILD/halldeskctl" check-forms "$work" 2>&1)
tap_ok $? "the example is sound" || tap_diagnose "$output"
tap_done
