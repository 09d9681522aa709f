
# --- halldeskctl: a subcommand is a file in client/ctl and a row in client/ctl/main.c
bin_PROGRAMS += halldeskctl
halldeskctl_SOURCES = \
	client/ctl/main.c client/ctl/ctl.h \
	client/ctl/ctl_forms.c client/ctl/ctl_migrate.c \
	client/ctl/ctl_call.c client/ctl/ctl_script.c client/ctl/ctl_import.c client/ctl/ctl_export.c \
	client/ctl/ctl_bulk.c client/ctl/import_map.c client/ctl/import_map.h \
	client/ctl/import_source.c client/ctl/import_source.h \
	client/ctl/pump.c client/ctl/pump.h client/ctl/job.c client/ctl/job.h client/ctl/attachment.c \
	client/ctl/settings.c client/ctl/settings.h client/ctl/desk.c client/ctl/desk.h \
	client/ctl/words.c client/ctl/words.h client/ctl/fields.c client/ctl/fields.h \
	client/ctl/request.c client/ctl/request.h client/ctl/request_body.c client/ctl/request_body.h \
	client/ctl/answer.c client/ctl/answer.h \
	client/ctl/system.c client/ctl/path.c client/ctl/path.h \
	client/ctl/script.c client/ctl/script.h client/ctl/script_expect.c client/ctl/script_sql.c
halldeskctl_LDADD = libhalldesk-connection.a libhalldesk-forms.a libhalldesk-declaration.a libhalldesk-pure.a \
	libhalldesk-expression.a \
	libhalldesk-protocol.a $(PQ_LIBS) $(CONFIG_LIBS) $(SSL_LIBS) $(Z_LIBS) $(JSON_LIBS)
# --- terminal: everything between curses and the application
noinst_LIBRARIES += libhalldesk-terminal.a
libhalldesk_terminal_a_SOURCES = \
	client/terminal/cells.c client/terminal/cells.h \
	client/terminal/chart.c client/terminal/chart.h \
	client/terminal/coding.c client/terminal/coding.h \
	client/terminal/edge.c client/terminal/edge.h \
	client/terminal/editor.c client/terminal/editor.h \
	client/terminal/keybar.c client/terminal/keybar.h \
	client/terminal/keys.c client/terminal/keys.h client/terminal/keys_table.h \
	client/terminal/line.c \
	client/terminal/list.c client/terminal/list.h \
	client/terminal/list_draw.c client/terminal/list_internal.h \
	client/terminal/paint.c client/terminal/paint.h \
	client/terminal/progress.c client/terminal/progress.h \
	client/terminal/restriction.c client/terminal/restriction.h \
	client/terminal/screen.c client/terminal/screen.h \
	client/terminal/tabs.c client/terminal/tabs.h \
	client/terminal/terminal.c client/terminal/terminal.h client/terminal/terminal_internal.h
EXTRA_DIST += client/terminal/README.md
# Link after it: libhalldesk-protocol.a $(CURSES_LIBS)

# --- connection: what every program that speaks to a server is built on
noinst_LIBRARIES += libhalldesk-connection.a
libhalldesk_connection_a_SOURCES = \
	client/connection.c client/connection.h client/connection_private.h \
	client/connection_frame.c client/connection_line.c client/connection_wait.c
# Link after it: libhalldesk-protocol.a $(SSL_LIBS) $(Z_LIBS)

# --- halldesk: the client; a view is a file pair in client/view
bin_PROGRAMS += halldesk
halldesk_SOURCES = \
	client/main.c \
	client/application.c client/application.h \
	client/action.c client/action.h \
	client/command.c client/command.h \
	client/command_line.c client/command_line.h \
	client/date.c client/date.h \
	client/dialog.c client/dialog.h \
	client/draft.c client/draft.h \
	client/field_text.c client/field_text.h \
	client/layout.c client/layout.h \
	client/open.c client/open.h \
	client/previous.c client/previous.h \
	client/print.c client/print.h \
	client/print_answer.c client/print_answer.h \
	client/print_layout.c client/print_layout.h \
	client/reference.c client/reference.h \
	client/session.c client/session.h \
	client/store.c client/store.h \
	client/workspace.c client/workspace.h \
	client/view/form_difference.c client/view/form_edit.c \
	client/view/form_faults.c client/view/form_input.c client/view/form_menu.c client/view/form_open.c \
	client/view/form_private.h client/view/form_submit.c client/view/form_tabs.c \
	client/view/form_view.c client/view/form_view.h \
	client/view/grid.c \
	client/view/help.c client/view/help.h \
	client/view/home.c client/view/home.h \
	client/view/list_view.c client/view/list_view.h \
	client/view/lock.c client/view/lock.h \
	client/view/menu_view.c client/view/menu_view.h \
	client/view/query_view.c client/view/query_view.h \
	client/view/record_list.c client/view/record_list.h \
	client/view/report_view.c client/view/report_view.h \
	client/view/sign_in.c client/view/sign_in.h
halldesk_LDADD = libhalldesk-connection.a libhalldesk-terminal.a libhalldesk-forms.a \
	libhalldesk-declaration.a libhalldesk-protocol.a \
	$(CURSES_LIBS) $(CONFIG_LIBS) $(JSON_LIBS) $(SSL_LIBS) $(Z_LIBS)
