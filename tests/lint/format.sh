#!/bin/bash
# Every C file is laid out as .clang-format says, is short enough to read, and says what lives in it.
# time-limit: 300
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
cd "$HALLDESK_SOURCE" || exit 1
mapfile -t files < <(find protocol server client tests -name '*.[ch]' | LC_ALL=C sort)
[ ${#files[@]} -gt 0 ] || tap_skip_all "no C files"
tap_plan 3
if command -v clang-format >/dev/null; then
    found=$(clang-format --dry-run -Werror "${files[@]}" 2>&1 |
        grep -E '^[^ :]+:[0-9]+:' | cut -d : -f 1 | uniq -c)
    [ -z "$found" ]
    tap_ok $? "clang-format would change nothing" || tap_diagnose "$found"
else
    tap_skip "clang-format would change nothing" "clang-format is not installed"
fi
found=$(wc -l "${files[@]}" | awk '$2 != "total" && $2 !~ /_table\.h$/ && $1 > 700')
[ -z "$found" ]
tap_ok $? "no C file but a table is longer than 700 lines" || tap_diagnose "$found"
found=$(for file in "${files[@]}"; do
    case $(head -c 2 "$file") in
    '/*') ;;
    *) echo "$file" ;;
    esac
done)
[ -z "$found" ]
tap_ok $? "every C file opens by saying what lives in it" || tap_diagnose "$found"
tap_done
