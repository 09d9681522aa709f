#!/bin/bash
# "make install" puts everything where doc/install.md says, keeps an administrator's configuration,
# and "make uninstall" leaves nothing behind.
. "$HALLDESK_SOURCE/tests/lib/tap.sh"
target=$TMPDIR/install
install_make() {
    make --no-print-directory -s -C "$HALLDESK_BUILD" "$1" DESTDIR="$target" prefix=/usr \
        sysconfdir=/etc localstatedir=/var systemdsystemunitdir=/lib/systemd/system >"$TMPDIR/out" 2>&1 ||
        tap_diagnose "$(tail -n 20 "$TMPDIR/out")"
}
tap_plan 9
install_make install
missing=$(for file in usr/sbin/halldeskd usr/bin/halldesk usr/bin/halldeskctl \
    lib/systemd/system/halldesk.service usr/lib/sysusers.d/halldesk.conf \
    usr/lib/tmpfiles.d/halldesk.conf etc/halldesk/halldesk.conf; do
    [ -e "$target/$file" ] || echo "$file"
done)
tap_is "$missing" "" "programs, unit and configuration are installed"
for folder in forms sql; do
    found=$(diff -rq -x '*~' "$HALLDESK_SOURCE/$folder" "$target/usr/share/halldesk/$folder" 2>&1)
    tap_is "$found" "" "$folder/ is installed whole"
done
missing=$(find "$HALLDESK_SOURCE/man" -name '*.[1-8]' 2>/dev/null | while IFS= read -r page; do
    [ -e "$target/usr/share/man/man${page##*.}/${page##*/}" ] || echo "$page"
done)
tap_is "$missing" "" "every manual page is installed in its section"
tap_is "$(stat -c %a "$target/etc/halldesk/halldesk.conf" 2>&1)" 640 "the configuration is not readable by everybody"
found=$(grep -rlE '@[a-z]+@' "$target/etc" "$target/lib" "$target/usr/lib" 2>&1)
tap_is "$found" "" "no placeholder is left in installed configuration"
if command -v systemd-analyze >/dev/null; then
    # The program of the unit is not installed on this machine; that alone is no fault of the unit.
    found=$(systemd-analyze verify --man=no "$target/lib/systemd/system/halldesk.service" 2>&1 |
        grep 'halldesk.service' | grep -vE 'is not executable|Command .* not found')
    tap_is "$found" "" "systemd accepts the unit"
else
    tap_skip "systemd accepts the unit" "systemd-analyze is not installed"
fi
echo '# mine' >"$target/etc/halldesk/halldesk.conf"
install_make install
tap_is "$(cat "$target/etc/halldesk/halldesk.conf")" "# mine" "a second install keeps the configuration"
install_make uninstall
tap_is "$(find "$target" -type f)" "" "uninstall removes every file"
tap_done
