noinst_LIBRARIES += libhalldesk-protocol.a
libhalldesk_protocol_a_SOURCES = \
	protocol/arena.c protocol/arena.h \
	protocol/buffer.c protocol/buffer.h \
	protocol/utf8.c \
	protocol/value.c protocol/value.h \
	protocol/form.c protocol/form_code.c protocol/form.h \
	protocol/record.c protocol/record.h \
	protocol/system.h \
	protocol/frame.c protocol/deflate.c protocol/dictionary.c \
	protocol/dictionary.h protocol/frame.h \
	protocol/fault.c protocol/fault.h
