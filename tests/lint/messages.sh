#!/bin/bash
# Every status and every fault that the server names has its texts in forms/.
set -u
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
command -v perl >/dev/null || tap_skip_all "perl is not installed"
tap_plan 2
cd "$HALLDESK_SOURCE" || exit 1

# Prints the names of faults: the literals in that argument of the calls that makes the fault.
fault_names() {
    find server -name '*.c' -exec perl -e '
        my %argument = (faults_add => 1, fault_at => 3, decision_fault => 2, decision_warning => 2,
                        decision_line_fault => 4);
        my $calls = join "|", keys %argument;
        for my $file (@ARGV) {
            open(my $stream, "<", $file) or next;
            local $/;
            my $text = <$stream>;
            while ($text =~ /\b($calls)\s*\(/g) {
                my ($call, $at, $depth, @arguments) = ($1, pos $text, 1, "");
                for (; $depth && $at < length $text; $at++) {
                    my $sign = substr $text, $at, 1;
                    $depth++ if $sign eq "(";
                    $depth-- if $sign eq ")";
                    if ($sign eq "," && $depth == 1) { push @arguments, "" }
                    else { $arguments[-1] .= $sign }
                }
                my $name = $arguments[$argument{$call}] // "";
                print "$1\n" while $name =~ /"([a-z][a-z0-9_.]*)"/g;
            }
        }' {} + | LC_ALL=C sort -u
}
texts=$(find forms -name '*.messages' -exec sed -n 's/.*name = "\([^"]*\)".*/\1/p' {} + | LC_ALL=C sort -u)

statuses=$(sed -n '/status_names\[STATUS_COUNT\] = {/,/};/s/.*= "\([a-z_]*\)".*/\1/p' protocol/fault.c | LC_ALL=C sort -u)
missing=$(LC_ALL=C comm -23 <(echo "$statuses") <(echo "$texts"))
[ "$(wc -w <<<"$statuses")" -ge 30 ] && [ -z "$missing" ]
tap_ok $? "every status has its texts" || tap_diagnose "missing: $missing"

faults=$(fault_names)
missing=$(LC_ALL=C comm -23 <(echo "$faults") <(echo "$texts"))
[ "$(wc -w <<<"$faults")" -ge 20 ] && [ -z "$missing" ]
tap_ok $? "every fault has its texts" || tap_diagnose "missing: $missing"
tap_done
