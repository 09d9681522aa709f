
# --- forms: declarations; the first library is used by server and client, the second by server and halldeskctl
noinst_LIBRARIES += libhalldesk-declaration.a libhalldesk-forms.a
libhalldesk_declaration_a_SOURCES = \
	server/forms/declaration.c server/forms/declaration.h \
	server/forms/code_read.c server/forms/code_read.h \
	server/forms/message_read.c server/forms/message_read.h
libhalldesk_forms_a_SOURCES = \
	server/forms/form_read.c server/forms/form_read.h \
	server/forms/form_parse.h server/forms/form_field.c server/forms/form_part.c \
	server/forms/form_lint.c server/forms/form_layout.c \
	server/forms/menu_read.c server/forms/menu_read.h \
	server/forms/schema.c server/forms/schema.h \
	server/forms/form_check.c server/forms/form_check.h \
	server/forms/form_condition.c server/forms/form_condition.h \
	server/forms/form_history.c server/forms/form_history.h \
	server/forms/form_registry.c server/forms/form_registry.h server/forms/form_seed.c \
	server/forms/form_install.c server/forms/form_install.h

# --- expression: conditions and formulas that users configure
noinst_LIBRARIES += libhalldesk-expression.a
libhalldesk_expression_a_SOURCES = \
	server/expression/expression.c server/expression/expression.h \
	server/expression/token.c server/expression/token.h \
	server/expression/parse.c server/expression/check.c server/expression/call.c \
	server/expression/evaluate.c server/expression/function.c server/expression/sql.c \
	server/expression/prefix.c \
	server/expression/decimal.c server/expression/decimal.h \
	server/expression/calendar.c server/expression/calendar.h \
	server/expression/node.h

# --- decisions that need no database handle; linked by the server and by unit tests
noinst_LIBRARIES += libhalldesk-pure.a
libhalldesk_pure_a_SOURCES = \
	server/party/identity.c server/party/identity_character.c server/party/identity.h \
	server/party/mask.c server/party/mask.h \
	server/party/pinyin.c server/party/pinyin.h server/party/pinyin_table.h \
	server/party/duplicate.c server/party/duplicate.h \
	server/calendar/working_time.c server/calendar/working_time.h \
	server/import/csv_reader.c server/import/csv_writer.c server/import/csv.h \
	server/charging/money.c server/charging/money.h

# --- process: master, gateways, workers, scheduler, relay, notifier
noinst_LIBRARIES += libhalldesk-process.a
libhalldesk_process_a_SOURCES = \
	server/process/log.c server/process/log.h \
	server/process/configuration.c server/process/configuration.h \
	server/process/configuration_lists.c server/process/configuration_lists.h \
	server/process/image.c server/process/image.h \
	server/process/listen.c server/process/listen.h \
	server/process/notify.c server/process/notify.h \
	server/process/channel.c server/process/channel.h \
	server/process/gateway.c server/process/gateway.h \
	server/process/gateway_line.c server/process/gateway_frame.c \
	server/process/gateway_request.c server/process/gateway_worker.c \
	server/process/gateway_session.c server/process/gateway_reload.c \
	server/process/worker.c server/process/worker.h \
	server/process/service.c server/process/service.h \
	server/process/service_client.c server/process/service_client.h \
	server/process/notifier.c server/process/scheduler.c \
	server/process/relay.c server/process/relay.h \
	server/process/relay_file.c server/process/relay_forms.c \
	server/process/master.c server/process/master.h \
	server/process/master_child.c server/process/master_child.h
# What halldeskd (server/main.c) is linked with beside the gate and the engine.
HALLDESKD_BASE = libhalldesk-process.a libhalldesk-connection.a libhalldesk-forms.a \
	libhalldesk-declaration.a libhalldesk-protocol.a
HALLDESKD_LIBS = $(PQ_LIBS) $(CONFIG_LIBS) $(SSL_LIBS) $(Z_LIBS) $(JSON_LIBS) $(CRYPT_LIBS)

# --- engine and gate: what every form does, and the way to it
noinst_LIBRARIES += libhalldesk-engine.a
libhalldesk_engine_a_SOURCES = \
	server/engine/engine.h server/engine/call.c \
	server/engine/catalogue.c server/engine/catalogue.h \
	server/engine/code_list.c server/engine/code_list.h \
	server/engine/criteria.c server/engine/criteria.h \
	server/engine/decision.c server/engine/decision.h server/engine/effect.h \
	server/engine/history.c server/engine/number.c \
	server/engine/query.c server/engine/read.c server/engine/read.h \
	server/engine/report.c server/engine/report.h \
	server/engine/statement.c server/engine/statement.h \
	server/engine/job.c server/engine/job.h \
	server/engine/transfer.c server/engine/transfer.h \
	server/engine/validate.c \
	server/engine/write.c server/engine/write.h \
	server/engine/write_load.c server/engine/write_record.c \
	server/gate/access.c server/gate/access.h \
	server/gate/database.c server/gate/database.h \
	server/gate/gate.c server/gate/gate.h server/gate/gate_internal.h \
	server/gate/gate_auth.c server/gate/gate_system.c

# --- domains: real decisions, a folder each
noinst_LIBRARIES += libhalldesk-domain.a
libhalldesk_domain_a_SOURCES = \
	server/engine/decision_table.c \
	server/mechanism/condition.c server/mechanism/work.c server/mechanism/approval.c \
	server/mechanism/version.c server/mechanism/limit.c server/mechanism/reminder.c server/mechanism/mechanism.h \
	server/customer/customer_entry.c server/customer/customer_find.c \
	server/customer/customer_password.c server/customer/customer_relation.c \
	server/customer/customer_rule.c server/customer/customer_rule.h \
	server/customer/customer_certificate.c server/customer/customer_contact.c \
	server/customer/segment.c server/customer/customer.h \
	server/account/account.c server/account/account_payment.c server/account/account.h \
	server/product/product.c server/product/product.h \
	server/ordering/ordering.c server/ordering/ordering.h server/ordering/ordering_internal.h \
	server/ordering/price.c server/ordering/price.h \
	server/ordering/capture.c server/ordering/order_check.c \
	server/ordering/submit.c server/ordering/service_message.c \
	server/ordering/network_event.c server/ordering/receive.c server/ordering/completion.c \
	server/ordering/enquiry.c \
	server/charging/charging.h server/charging/settlement.c server/charging/payment.c \
	server/interaction/interaction.c server/interaction/interaction.h \
	server/neighbour/outbox.c server/neighbour/neighbour.h \
	server/organisation/tree.c server/organisation/standard.c server/organisation/staff.c \
	server/organisation/sales_group.c server/organisation/organisation.h \
	server/rights/grant.c server/rights/role.c server/rights/duty.c server/rights/rights.h

# --- the server
sbin_PROGRAMS += halldeskd
halldeskd_SOURCES = server/main.c
halldeskd_LDADD = libhalldesk-process.a libhalldesk-engine.a libhalldesk-domain.a \
	libhalldesk-engine.a libhalldesk-process.a libhalldesk-connection.a libhalldesk-forms.a libhalldesk-expression.a \
	libhalldesk-pure.a libhalldesk-declaration.a libhalldesk-protocol.a $(HALLDESKD_LIBS)
