# What is installed and distributed beside the programs: forms, schema, units, configuration.
# Folders whose content changes with every domain are walked with find, so that a new form or table
# needs no line here; tests/lint/distribution.sh holds the result against git.

# --- distribution
HALLDESK_DIST_FOLDERS = .ci debian doc forms man run.d server/systemd sql tests
EXTRA_DIST += README.md run .clang-format .gitignore

# Objects and programs of a build in the source tree are left out.
dist-hook: dist-hook-folders
dist-hook-folders:
	@cd $(srcdir) && find $(HALLDESK_DIST_FOLDERS) -type f ! -name '*.o' ! -name '.dirstamp' \
	  ! -name '*~' ! -path '*/.deps/*' ! -path 'tests/logs/*' ! -path 'tests/analyzer/*' \
	  ! -path 'tests/cppcheck/*' ! -path 'tests/distribution/*' -print 2>/dev/null | \
	while IFS= read -r file; do \
	  case " $(check_PROGRAMS) $(noinst_PROGRAMS) $(CONFIG_CLEAN_FILES) $(HALLDESK_GENERATED) " in \
	  *" $$file "*) continue ;; esac; \
	  folder=`dirname "$$file"`; \
	  $(MKDIR_P) '$(abs_top_builddir)/$(distdir)'/"$$folder" && \
	  { test -e '$(abs_top_builddir)/$(distdir)'/"$$file" || \
	    cp -p "$$file" '$(abs_top_builddir)/$(distdir)'/"$$file"; } || exit 1; \
	done

# --- forms, schema, manual pages
install-data-hook: install-folders install-manuals
install-folders:
	@for folder in forms sql; do \
	  (cd $(srcdir) && find $$folder -type f ! -name '*~' -print) | while IFS= read -r file; do \
	    $(MKDIR_P) "$(DESTDIR)$(pkgdatadir)/`dirname $$file`" && \
	    $(INSTALL_DATA) "$(srcdir)/$$file" "$(DESTDIR)$(pkgdatadir)/$$file" || exit 1; \
	  done || exit 1; \
	done
install-manuals:
	@(cd $(srcdir) && find man -name '*.[1-8]' -print 2>/dev/null) | while IFS= read -r file; do \
	  folder="$(DESTDIR)$(mandir)/man`echo $$file | sed 's/.*\.//'`"; \
	  $(MKDIR_P) "$$folder" && $(INSTALL_DATA) "$(srcdir)/$$file" "$$folder/" || exit 1; \
	done
uninstall-hook: uninstall-folders
uninstall-folders:
	rm -rf "$(DESTDIR)$(pkgdatadir)/forms" "$(DESTDIR)$(pkgdatadir)/sql"
	@(cd $(srcdir) && find man -name '*.[1-8]' -print 2>/dev/null) | while IFS= read -r file; do \
	  rm -f "$(DESTDIR)$(mandir)/man`echo $$file | sed 's/.*\.//'`/`basename $$file`"; \
	done

# --- configuration: never overwrites what an administrator wrote
HALLDESK_GENERATED = server/systemd/halldesk.conf server/systemd/halldesk.service \
	server/systemd/halldesk-sysusers.conf server/systemd/halldesk-tmpfiles.conf
all-local: $(HALLDESK_GENERATED)
clean-generated:
	rm -f $(HALLDESK_GENERATED)

HALLDESK_SUBSTITUTE = sed \
	-e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@bindir[@]|$(bindir)|g' \
	-e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@localstatedir[@]|$(localstatedir)|g' \
	-e 's|@pkgdatadir[@]|$(pkgdatadir)|g'

server/systemd/halldesk.conf: server/systemd/halldesk.conf.in
server/systemd/halldesk.service: server/systemd/halldesk.service.in
server/systemd/halldesk-sysusers.conf: server/systemd/halldesk-sysusers.conf.in
server/systemd/halldesk-tmpfiles.conf: server/systemd/halldesk-tmpfiles.conf.in
$(HALLDESK_GENERATED): Makefile
	$(AM_V_GEN)$(MKDIR_P) server/systemd && \
	$(HALLDESK_SUBSTITUTE) "$(srcdir)/$@.in" > $@.new && mv $@.new $@

install-data-local: $(HALLDESK_GENERATED)
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)/halldesk" "$(DESTDIR)$(systemdsystemunitdir)" \
	  "$(DESTDIR)$(prefix)/lib/sysusers.d" "$(DESTDIR)$(prefix)/lib/tmpfiles.d"
	test -e "$(DESTDIR)$(sysconfdir)/halldesk/halldesk.conf" || \
	  $(INSTALL) -m 0640 server/systemd/halldesk.conf "$(DESTDIR)$(sysconfdir)/halldesk/halldesk.conf"
	$(INSTALL_DATA) server/systemd/halldesk.service "$(DESTDIR)$(systemdsystemunitdir)/halldesk.service"
	$(INSTALL_DATA) server/systemd/halldesk-sysusers.conf "$(DESTDIR)$(prefix)/lib/sysusers.d/halldesk.conf"
	$(INSTALL_DATA) server/systemd/halldesk-tmpfiles.conf "$(DESTDIR)$(prefix)/lib/tmpfiles.d/halldesk.conf"
uninstall-local:
	rm -f "$(DESTDIR)$(systemdsystemunitdir)/halldesk.service" \
	  "$(DESTDIR)$(prefix)/lib/sysusers.d/halldesk.conf" \
	  "$(DESTDIR)$(prefix)/lib/tmpfiles.d/halldesk.conf" \
	  "$(DESTDIR)$(sysconfdir)/halldesk/halldesk.conf"

AM_DISTCHECK_CONFIGURE_FLAGS = --with-systemdsystemunitdir='$${prefix}/lib/systemd/system'

.PHONY: clean-generated dist-hook-folders install-manuals install-folders uninstall-folders
