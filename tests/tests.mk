# Tests: TAP programs. To add one, name it in TESTS: a C program also in check_PROGRAMS with its
# _SOURCES and _LDADD; a script only has to be executable (everything in tests/ is distributed).
# Names are paths, tests/ROOM/NAME; the log is tests/logs/ROOM-NAME.log in the build tree.
# tests/lib/run_tests is the driver; shell tests use tests/lib/tap.sh, cluster.sh and server.sh, and
# NAME.script is a scenario of halldeskctl and gets a server of its own (tests/lib/run_script);
# a C test that wants a database is started by a script through tests/lib/with_database.

# The longest first, and with low priority: it fills what the others leave free.
TESTS += tests/lint/analyzer.sh

# --- unit: C, cmocka or plain TAP; no server, no database
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_protocol_buffer \
	tests/unit/test_protocol_value \
	tests/unit/test_protocol_form \
	tests/unit/test_protocol_record \
	tests/unit/test_protocol_frame
TESTS += tests/unit/test_protocol_buffer \
	tests/unit/test_protocol_value \
	tests/unit/test_protocol_form \
	tests/unit/test_protocol_record \
	tests/unit/test_protocol_frame
endif
PROTOCOL_TEST_NEEDS = libhalldesk-protocol.a $(CMOCKA_LIBS) $(Z_LIBS)
tests_unit_test_protocol_buffer_SOURCES = tests/unit/test_protocol_buffer.c tests/unit/cmocka_tap.h
tests_unit_test_protocol_buffer_LDADD = $(PROTOCOL_TEST_NEEDS)
tests_unit_test_protocol_value_SOURCES = tests/unit/test_protocol_value.c tests/unit/cmocka_tap.h
tests_unit_test_protocol_value_LDADD = $(PROTOCOL_TEST_NEEDS)
tests_unit_test_protocol_form_SOURCES = tests/unit/test_protocol_form.c tests/unit/cmocka_tap.h \
	tests/unit/protocol_fixture.c tests/unit/protocol_fixture.h
tests_unit_test_protocol_form_LDADD = $(PROTOCOL_TEST_NEEDS)
tests_unit_test_protocol_record_SOURCES = tests/unit/test_protocol_record.c tests/unit/cmocka_tap.h \
	tests/unit/protocol_fixture.c tests/unit/protocol_fixture.h
tests_unit_test_protocol_record_LDADD = $(PROTOCOL_TEST_NEEDS)
tests_unit_test_protocol_frame_SOURCES = tests/unit/test_protocol_frame.c tests/unit/cmocka_tap.h \
	tests/unit/protocol_fixture.c tests/unit/protocol_fixture.h
tests_unit_test_protocol_frame_LDADD = $(PROTOCOL_TEST_NEEDS)

if HAVE_CMOCKA
PURE_TESTS = \
	tests/unit/test_csv \
	tests/unit/test_identity \
	tests/unit/test_money \
	tests/unit/test_pinyin \
	tests/unit/test_working_time
check_PROGRAMS += $(PURE_TESTS)
TESTS += $(PURE_TESTS)
PURE_NEEDS = libhalldesk-pure.a libhalldesk-protocol.a $(Z_LIBS)
tests_unit_test_csv_SOURCES = tests/unit/test_csv.c
tests_unit_test_csv_LDADD = $(PURE_NEEDS) $(CMOCKA_LIBS)
tests_unit_test_identity_SOURCES = tests/unit/test_identity.c tests/unit/shared_data.h
tests_unit_test_identity_LDADD = $(PURE_NEEDS) $(CMOCKA_LIBS)
tests_unit_test_money_SOURCES = tests/unit/test_money.c
tests_unit_test_money_LDADD = $(PURE_NEEDS) $(CMOCKA_LIBS)
tests_unit_test_pinyin_SOURCES = tests/unit/test_pinyin.c tests/unit/shared_data.h
tests_unit_test_pinyin_LDADD = $(PURE_NEEDS) $(CMOCKA_LIBS)
tests_unit_test_working_time_SOURCES = tests/unit/test_working_time.c tests/unit/shared_data.h
tests_unit_test_working_time_LDADD = $(PURE_NEEDS) $(CMOCKA_LIBS) $(JSON_LIBS)
endif

# expression_property.sh starts the program with a cluster of its own
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_expression
TESTS += tests/unit/test_expression
tests_unit_test_expression_SOURCES = tests/unit/test_expression.c tests/unit/cmocka_tap.h
tests_unit_test_expression_LDADD = libhalldesk-expression.a libhalldesk-protocol.a \
	$(CMOCKA_LIBS) $(Z_LIBS)
endif
check_PROGRAMS += tests/unit/test_expression_property
TESTS += tests/unit/expression_property.sh
tests_unit_test_expression_property_SOURCES = tests/unit/test_expression_property.c
tests_unit_test_expression_property_LDADD = libhalldesk-expression.a libhalldesk-protocol.a \
	$(PQ_LIBS) $(Z_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_forms
TESTS += tests/unit/test_forms
tests_unit_test_forms_SOURCES = tests/unit/test_forms.c tests/unit/cmocka_tap.h \
	tests/unit/form_fixture.c tests/unit/form_fixture.h
tests_unit_test_forms_LDADD = $(FORMS_NEEDS) $(CMOCKA_LIBS)
endif
check_PROGRAMS += tests/unit/test_forms_bad
TESTS += tests/unit/test_forms_bad
FORMS_NEEDS = libhalldesk-forms.a libhalldesk-declaration.a libhalldesk-protocol.a \
	$(CONFIG_LIBS) $(Z_LIBS)
tests_unit_test_forms_bad_SOURCES = tests/unit/test_forms_bad.c \
	tests/unit/form_fixture.c tests/unit/form_fixture.h
tests_unit_test_forms_bad_LDADD = $(FORMS_NEEDS)

# The terminal layer without a terminal.
if HAVE_CMOCKA
TERMINAL_TESTS = \
	tests/unit/test_terminal_cells \
	tests/unit/test_terminal_editor \
	tests/unit/test_terminal_keys \
	tests/unit/test_terminal_list
check_PROGRAMS += $(TERMINAL_TESTS)
TESTS += $(TERMINAL_TESTS)
TERMINAL_NEEDS = libhalldesk-terminal.a libhalldesk-protocol.a $(CURSES_LIBS)
tests_unit_test_terminal_cells_SOURCES = tests/unit/test_terminal_cells.c tests/unit/cmocka_tap.h
tests_unit_test_terminal_cells_LDADD = $(TERMINAL_NEEDS) $(CMOCKA_LIBS)
tests_unit_test_terminal_editor_SOURCES = tests/unit/test_terminal_editor.c tests/unit/cmocka_tap.h
tests_unit_test_terminal_editor_LDADD = $(TERMINAL_NEEDS) $(CMOCKA_LIBS)
tests_unit_test_terminal_keys_SOURCES = tests/unit/test_terminal_keys.c tests/unit/cmocka_tap.h
tests_unit_test_terminal_keys_LDADD = $(TERMINAL_NEEDS) $(CMOCKA_LIBS)
tests_unit_test_terminal_list_SOURCES = tests/unit/test_terminal_list.c tests/unit/cmocka_tap.h
tests_unit_test_terminal_list_LDADD = $(TERMINAL_NEEDS) $(CMOCKA_LIBS)
endif

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_print_layout
TESTS += tests/unit/test_print_layout
tests_unit_test_print_layout_SOURCES = tests/unit/test_print_layout.c tests/unit/cmocka_tap.h \
	tests/unit/form_fixture.c tests/unit/form_fixture.h client/print_layout.c client/print_layout.h
tests_unit_test_print_layout_LDADD = libhalldesk-terminal.a $(FORMS_NEEDS) $(CURSES_LIBS) $(CMOCKA_LIBS)
endif

# decisions of customers and accounts, without a database
if HAVE_CMOCKA
CUSTOMER_TESTS = tests/unit/test_mechanism tests/unit/test_customer_entry tests/unit/test_customer_password \
	tests/unit/test_customer_relation tests/unit/test_account
check_PROGRAMS += $(CUSTOMER_TESTS)
TESTS += $(CUSTOMER_TESTS)
CUSTOMER_FIXTURE = tests/unit/customer_fixture.c tests/unit/customer_fixture.h \
	tests/unit/cmocka_tap.h server/engine/decision.c
CUSTOMER_NEEDS = libhalldesk-domain.a libhalldesk-expression.a libhalldesk-pure.a \
	libhalldesk-forms.a libhalldesk-declaration.a libhalldesk-protocol.a \
	$(CMOCKA_LIBS) $(CONFIG_LIBS) $(CRYPT_LIBS) $(Z_LIBS)
tests_unit_test_customer_entry_SOURCES = tests/unit/test_customer_entry.c $(CUSTOMER_FIXTURE)
tests_unit_test_customer_entry_LDADD = $(CUSTOMER_NEEDS)
tests_unit_test_customer_password_SOURCES = tests/unit/test_customer_password.c $(CUSTOMER_FIXTURE)
tests_unit_test_customer_password_LDADD = $(CUSTOMER_NEEDS)
tests_unit_test_customer_relation_SOURCES = tests/unit/test_customer_relation.c $(CUSTOMER_FIXTURE)
tests_unit_test_customer_relation_LDADD = $(CUSTOMER_NEEDS)
tests_unit_test_mechanism_SOURCES = tests/unit/test_mechanism.c $(CUSTOMER_FIXTURE)
tests_unit_test_mechanism_LDADD = $(CUSTOMER_NEEDS)
check_PROGRAMS += tests/unit/test_organisation
TESTS += tests/unit/test_organisation
tests_unit_test_organisation_SOURCES = tests/unit/test_organisation.c $(CUSTOMER_FIXTURE)
tests_unit_test_organisation_LDADD = $(CUSTOMER_NEEDS)
tests_unit_test_account_SOURCES = tests/unit/test_account.c $(CUSTOMER_FIXTURE)
tests_unit_test_account_LDADD = $(CUSTOMER_NEEDS)
endif

# --- processes: what needs no running server
if HAVE_CMOCKA
PROCESS_UNIT_TESTS = tests/unit/test_configuration tests/unit/test_relay
check_PROGRAMS += $(PROCESS_UNIT_TESTS)
TESTS += $(PROCESS_UNIT_TESTS)
PROCESS_UNIT_NEEDS = $(HALLDESKD_BASE) $(CMOCKA_LIBS) $(HALLDESKD_LIBS)
tests_unit_test_configuration_SOURCES = tests/unit/test_configuration.c tests/unit/cmocka_tap.h
tests_unit_test_configuration_LDADD = $(PROCESS_UNIT_NEEDS)
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c tests/unit/cmocka_tap.h
tests_unit_test_relay_LDADD = $(PROCESS_UNIT_NEEDS)
endif

# --- stand-in neighbours, for tests and the demo
noinst_PROGRAMS += tests/standin/halldesk-standin
tests_standin_halldesk_standin_SOURCES = tests/standin/standin.c
tests_standin_halldesk_standin_LDADD = $(JSON_LIBS)

# decisions of ordering and charging, without a database
if HAVE_CMOCKA
ORDERING_TESTS = tests/unit/test_price tests/unit/test_settlement tests/unit/test_ordering \
	tests/unit/test_network_event
check_PROGRAMS += $(ORDERING_TESTS)
TESTS += $(ORDERING_TESTS)
ORDERING_NEEDS = $(CUSTOMER_NEEDS) $(JSON_LIBS)
tests_unit_test_price_SOURCES = tests/unit/test_price.c tests/unit/cmocka_tap.h
tests_unit_test_price_LDADD = $(ORDERING_NEEDS)
tests_unit_test_settlement_SOURCES = tests/unit/test_settlement.c tests/unit/cmocka_tap.h
tests_unit_test_settlement_LDADD = $(ORDERING_NEEDS)
tests_unit_test_ordering_SOURCES = tests/unit/test_ordering.c $(CUSTOMER_FIXTURE)
tests_unit_test_ordering_LDADD = $(ORDERING_NEEDS)
tests_unit_test_network_event_SOURCES = tests/unit/test_network_event.c $(CUSTOMER_FIXTURE)
tests_unit_test_network_event_LDADD = $(ORDERING_NEEDS)
endif

# What the client decides without a terminal.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_client
TESTS += tests/unit/test_client
tests_unit_test_client_SOURCES = tests/unit/test_client.c tests/unit/cmocka_tap.h \
	client/action.c client/command.c client/date.c client/layout.c client/workspace.c
tests_unit_test_client_LDADD = libhalldesk-declaration.a libhalldesk-protocol.a \
	$(CMOCKA_LIBS) $(CONFIG_LIBS) $(JSON_LIBS) $(Z_LIBS)
endif

# What halldeskctl makes of words and answers.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_ctl_words
TESTS += tests/unit/test_ctl_words
tests_unit_test_ctl_words_SOURCES = tests/unit/test_ctl_words.c tests/unit/cmocka_tap.h \
	client/ctl/words.c client/ctl/words.h client/ctl/path.c client/ctl/path.h
tests_unit_test_ctl_words_LDADD = libhalldesk-protocol.a $(CMOCKA_LIBS) $(JSON_LIBS) $(Z_LIBS)
endif

# --- service: scenarios through halldeskctl against a real server and database
TESTS += tests/service/order_path.sh tests/service/order_constraints.sh \
	tests/service/catalogue.script tests/service/neighbour_message.script tests/service/interaction.script
TESTS += tests/service/forms_migrate.sh
TESTS += tests/service/plans.sh tests/service/order_of_lists.script
TESTS += tests/service/sign_in.script tests/service/replay.script tests/service/record.script \
	tests/service/query.script tests/service/attachment.script \
	tests/service/bulk.sh tests/service/import.sh tests/service/ctl_settings.sh \
	tests/service/order_import.sh tests/service/target_import.sh
TESTS += tests/service/mechanism_work.script tests/service/mechanism_approval.script \
	tests/service/mechanism_limit.script tests/service/mechanism_reminder.script \
	tests/service/mechanism_race.sh
check_PROGRAMS += tests/service/push_listen
tests_service_push_listen_SOURCES = tests/service/push_listen.c
tests_service_push_listen_LDADD = libhalldesk-connection.a libhalldesk-protocol.a $(SSL_LIBS) $(Z_LIBS)
TESTS += tests/service/customer.script tests/service/contact.script tests/service/account.script \
	tests/service/customer_relation.script tests/service/customer_bulk.sh

TESTS += tests/service/organisation.script tests/service/organisation_staff.script \
	tests/service/rights.script tests/service/rights_extra_field.script \
	tests/service/operation_log.script tests/service/organisation_import.sh

# --- screen: the real client in a pseudo-terminal
# tests/screen/pty_screen.[ch] is the harness; a test needs SCREEN_NEEDS and names its program.
if HAVE_VTERM
SCREEN_SOURCES = tests/screen/pty_screen.c tests/screen/pty_golden.c tests/screen/pty_screen.h
SCREEN_NEEDS = libhalldesk-terminal.a libhalldesk-protocol.a $(VTERM_LIBS) -lutil
check_PROGRAMS += tests/screen/terminal_demo tests/screen/test_terminal_line \
	tests/screen/test_terminal_raw
TESTS += tests/screen/test_terminal_line tests/screen/test_terminal_raw
tests_screen_terminal_demo_SOURCES = tests/screen/terminal_demo.c
tests_screen_terminal_demo_LDADD = libhalldesk-terminal.a libhalldesk-protocol.a $(CURSES_LIBS)
tests_screen_test_terminal_line_SOURCES = tests/screen/test_terminal_line.c $(SCREEN_SOURCES)
tests_screen_test_terminal_line_LDADD = $(SCREEN_NEEDS)
tests_screen_test_terminal_raw_SOURCES = tests/screen/test_terminal_raw.c $(SCREEN_SOURCES)
tests_screen_test_terminal_raw_LDADD = $(SCREEN_NEEDS)
# client.sh starts the program with a server of its own
check_PROGRAMS += tests/screen/test_client
TESTS += tests/screen/client.sh
tests_screen_test_client_SOURCES = tests/screen/test_client.c $(SCREEN_SOURCES)
tests_screen_test_client_LDADD = $(SCREEN_NEEDS)
check_PROGRAMS += tests/screen/test_customer_desk
TESTS += tests/screen/customer_desk.sh
tests_screen_test_customer_desk_SOURCES = tests/screen/test_customer_desk.c $(SCREEN_SOURCES)
tests_screen_test_customer_desk_LDADD = $(SCREEN_NEEDS)
check_PROGRAMS += tests/screen/test_order_desk
TESTS += tests/screen/order_desk.sh
tests_screen_test_order_desk_SOURCES = tests/screen/test_order_desk.c $(SCREEN_SOURCES)
tests_screen_test_order_desk_LDADD = $(SCREEN_NEEDS)
endif

# --- permission: a table of role x operation, run whole
check_PROGRAMS += tests/permission/permission_calls
TESTS += tests/permission/table.sh tests/permission/row_security.sh tests/permission/downward.sh
tests_permission_permission_calls_SOURCES = tests/permission/permission_calls.c
tests_permission_permission_calls_LDADD = libhalldesk-connection.a $(FORMS_NEEDS) $(SSL_LIBS)

# --- fuzz: bounded runs of the fuzz targets over their corpora
check_PROGRAMS += tests/fuzz/fuzz_protocol
TESTS += tests/fuzz/fuzz_protocol
tests_fuzz_fuzz_protocol_SOURCES = tests/fuzz/fuzz_driver.c tests/fuzz/fuzz_protocol.c \
	tests/fuzz/fuzz_protocol.h tests/unit/protocol_fixture.c tests/unit/protocol_fixture.h
tests_fuzz_fuzz_protocol_LDADD = libhalldesk-protocol.a $(Z_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_forms
TESTS += tests/fuzz/fuzz_forms
tests_fuzz_fuzz_forms_SOURCES = tests/fuzz/fuzz_forms.c \
	tests/unit/form_fixture.c tests/unit/form_fixture.h
tests_fuzz_fuzz_forms_LDADD = $(FORMS_NEEDS)

check_PROGRAMS += tests/fuzz/fuzz_terminal
TESTS += tests/fuzz/fuzz_terminal
tests_fuzz_fuzz_terminal_SOURCES = tests/fuzz/fuzz_driver.c tests/fuzz/fuzz_terminal.c \
	tests/fuzz/fuzz_protocol.h
tests_fuzz_fuzz_terminal_LDADD = libhalldesk-terminal.a libhalldesk-protocol.a

check_PROGRAMS += tests/fuzz/fuzz_csv
TESTS += tests/fuzz/fuzz_csv
tests_fuzz_fuzz_csv_SOURCES = tests/fuzz/fuzz_csv.c
tests_fuzz_fuzz_csv_LDADD = libhalldesk-pure.a libhalldesk-protocol.a $(Z_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_expression
TESTS += tests/fuzz/fuzz_expression
tests_fuzz_fuzz_expression_SOURCES = tests/fuzz/fuzz_driver.c tests/fuzz/fuzz_expression.c \
	tests/fuzz/fuzz_protocol.h
tests_fuzz_fuzz_expression_LDADD = libhalldesk-expression.a libhalldesk-protocol.a $(Z_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_network_event
TESTS += tests/fuzz/fuzz_network_event
tests_fuzz_fuzz_network_event_SOURCES = tests/fuzz/fuzz_driver.c tests/fuzz/fuzz_network_event.c \
	tests/fuzz/fuzz_protocol.h
tests_fuzz_fuzz_network_event_LDADD = libhalldesk-domain.a libhalldesk-protocol.a $(Z_LIBS) $(JSON_LIBS)

# --- fault: kills, lost lines, full disks
TESTS += tests/fault/order_kills.sh
# --- processes: the server with a stub of the gate, killed, flooded, reloaded
PROCESS_TESTS = tests/fault/test_process_kill tests/fault/test_process_lines \
	tests/fault/test_process_limits
check_PROGRAMS += $(PROCESS_TESTS) tests/fault/halldeskd_stub
check_PROGRAMS += tests/fault/test_process_push
TESTS += $(PROCESS_TESTS) tests/fault/process_push.sh
PROCESS_NEEDS = libhalldesk-connection.a libhalldesk-protocol.a $(SSL_LIBS) $(Z_LIBS)
tests_fault_halldeskd_stub_SOURCES = server/main.c tests/fault/gate_stub.c tests/fault/gate_stub.h
tests_fault_halldeskd_stub_LDADD = $(HALLDESKD_BASE) $(HALLDESKD_LIBS)
tests_fault_test_process_kill_SOURCES = tests/fault/test_process_kill.c \
	tests/fault/process_fixture.c tests/fault/process_fixture.h
tests_fault_test_process_kill_LDADD = $(PROCESS_NEEDS)
tests_fault_test_process_limits_SOURCES = tests/fault/test_process_limits.c \
	tests/fault/process_fixture.c tests/fault/process_fixture.h
tests_fault_test_process_limits_LDADD = $(PROCESS_NEEDS)
tests_fault_test_process_push_SOURCES = tests/fault/test_process_push.c \
	tests/fault/process_fixture.c tests/fault/process_fixture.h
tests_fault_test_process_push_LDADD = $(PROCESS_NEEDS) $(PQ_LIBS)
tests_fault_test_process_lines_SOURCES = tests/fault/test_process_lines.c \
	tests/fault/process_fixture.c tests/fault/process_fixture.h
tests_fault_test_process_lines_LDADD = $(PROCESS_NEEDS)
EXTRA_DIST += tests/fault/forms/stub.form


# --- lint: static checks; skipped with a reason where the tool is missing
TESTS += \
	tests/lint/cppcheck.sh \
	tests/lint/driver.sh \
	tests/lint/format.sh \
	tests/lint/forms_manual.sh \
	tests/lint/forms_sound.sh \
	tests/lint/install.sh \
	tests/lint/messages.sh \
	tests/lint/shell.sh \
	tests/lint/distribution.sh

# --- bench: run by ./run bench, one after the other; each prints lines "name value unit ours theirs"
TESTS += tests/fault/database_away.sh tests/service/layers.sh

BENCHES =
check_PROGRAMS += tests/bench/bench_expression
BENCHES += tests/bench/bench_expression
tests_bench_bench_expression_SOURCES = tests/bench/bench_expression.c
tests_bench_bench_expression_LDADD = libhalldesk-expression.a libhalldesk-protocol.a $(Z_LIBS)

check_PROGRAMS += tests/bench/bench_load
tests_bench_bench_load_SOURCES = tests/bench/bench_load.c
tests_bench_bench_load_LDADD = libhalldesk-protocol.a $(Z_LIBS)
check_PROGRAMS += tests/bench/bench_park
tests_bench_bench_park_SOURCES = tests/bench/bench_park.c
tests_bench_bench_park_LDADD = libhalldesk-protocol.a $(Z_LIBS)
BENCHES += tests/bench/bench_server.sh
if HAVE_VTERM
check_PROGRAMS += tests/bench/bench_key
tests_bench_bench_key_SOURCES = tests/bench/bench_key.c $(SCREEN_SOURCES)
tests_bench_bench_key_LDADD = $(SCREEN_NEEDS)
endif
BENCHES += tests/bench/bench_terminal.sh
EXTRA_DIST += tests/bench/bench_data.sql

# --- the driver
HALLDESK_RUN_TESTS = $(top_srcdir)/tests/lib/run_tests -b '$(abs_top_builddir)' -s '$(abs_top_srcdir)'

check-programs: $(check_PROGRAMS) $(bin_PROGRAMS) $(sbin_PROGRAMS) $(noinst_PROGRAMS)
check-TESTS: check-programs
	$(HALLDESK_RUN_TESTS) $(TESTS)

# ./run check asks for the names, to run them with its own options.
print-tests:
	@printf '%s\n' $(TESTS)
print-benches:
	@printf '%s\n' $(BENCHES)
.PHONY: print-benches check-programs print-tests

clean-local-tests:
	rm -rf tests/logs tests/analyzer tests/cppcheck
clean-local: clean-local-tests clean-generated
.PHONY: clean-local-tests
