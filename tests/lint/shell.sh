#!/bin/bash
# Every shell script of the tree is sound in the eyes of shellcheck.
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
command -v shellcheck >/dev/null || tap_skip_all "shellcheck is not installed"
cd "$HALLDESK_SOURCE" || exit 1
tap_plan 1
mapfile -t files < <(
    find run run.d .ci tests server -type f \( -name '*.sh' -o ! -name '*.*' \) |
        while IFS= read -r file; do
            head -n 1 "$file" | grep -aqE '^#!/bin/(ba)?sh|shellcheck shell=' && echo "$file"
        done | LC_ALL=C sort
)
found=$(shellcheck -x -S warning -e SC1091,SC2119,SC2120,SC2155 "${files[@]}" 2>&1)
tap_ok $? "shellcheck has nothing to say about ${#files[@]} scripts" || tap_diagnose "$found"
tap_done
