
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
	server/forms/form_registry.c server/forms/form_registry.h \
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
