
# --- halldeskctl: a subcommand is a file in client/ctl and a row in client/ctl/main.c
bin_PROGRAMS += halldeskctl
halldeskctl_SOURCES = \
	client/ctl/main.c client/ctl/ctl.h \
	client/ctl/ctl_forms.c client/ctl/ctl_migrate.c
halldeskctl_LDADD = libhalldesk-forms.a libhalldesk-declaration.a libhalldesk-pure.a \
	libhalldesk-protocol.a $(PQ_LIBS) $(CONFIG_LIBS) $(SSL_LIBS) $(Z_LIBS)
