
# --- forms: declarations; the first library is used by server and client, the second by server and halldeskctl
noinst_LIBRARIES += libhalldesk-declaration.a libhalldesk-forms.a
libhalldesk_declaration_a_SOURCES = \
	server/forms/declaration.c server/forms/declaration.h \
	server/forms/code_read.c server/forms/code_read.h \
	server/forms/message_read.c server/forms/message_read.h
libhalldesk_forms_a_SOURCES = \
	server/forms/form_read.c server/forms/form_read.h \
	server/forms/form_parse.h server/forms/form_field.c server/forms/form_part.c \
	server/forms/form_lint.c server/forms/form_layout.c

# --- expression: conditions and formulas that users configure
noinst_LIBRARIES += libhalldesk-expression.a
libhalldesk_expression_a_SOURCES = \
	server/expression/expression.c server/expression/expression.h \
	server/expression/token.c server/expression/token.h \
	server/expression/parse.c server/expression/check.c server/expression/call.c \
	server/expression/evaluate.c server/expression/function.c server/expression/sql.c \
	server/expression/decimal.c server/expression/decimal.h \
	server/expression/calendar.c server/expression/calendar.h \
	server/expression/node.h
