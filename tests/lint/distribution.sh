#!/bin/bash
# What git keeps is what "make dist" packs.
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
command -v git >/dev/null || tap_skip_all "git is not installed"
git=(git -c "safe.directory=$(realpath "$HALLDESK_SOURCE")" -C "$HALLDESK_SOURCE")
"${git[@]}" rev-parse --is-inside-work-tree >/dev/null 2>&1 && [ -e "$HALLDESK_SOURCE/.git" ] ||
    tap_skip_all "not a git checkout"
tap_plan 1
# The name is the test's own, so that a real "make dist" of the same tree is not disturbed.
make --no-print-directory -s -C "$HALLDESK_BUILD" distdir distdir=tests/distribution >"$TMPDIR/out" 2>&1 ||
    tap_diagnose "$(cat "$TMPDIR/out")"
missing=$("${git[@]}" ls-files | LC_ALL=C sort | while IFS= read -r file; do
    [ -e "$HALLDESK_SOURCE/$file" ] || continue
    [ -e "$HALLDESK_BUILD/tests/distribution/$file" ] || echo "$file"
done)
[ -d "$HALLDESK_BUILD/tests/distribution" ] && [ -z "$missing" ]
tap_ok $? "every file that git keeps is in the distribution" || tap_diagnose "missing: $missing"
chmod -R u+w "$HALLDESK_BUILD/tests/distribution" 2>/dev/null
rm -rf "$HALLDESK_BUILD/tests/distribution"
tap_done
