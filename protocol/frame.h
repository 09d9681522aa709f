/* Frames: what travels between a terminal (or halldeskctl) and a server.
 *
 * A frame is a big-endian u32 length of what follows (type, flags, body), u8 type, u8 flags, body.
 * Every number here is permanent. man/halldesk-protocol.7 describes the bodies. */
#ifndef HALLDESK_FRAME_H
#define HALLDESK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/buffer.h"

enum {
    PROTOCOL_VERSION = 1,
    FRAME_HEADER = 6,
    FRAME_REQUEST_LIMIT = 1 << 20, /* longest frame from a terminal */
    FRAME_REPLY_LIMIT = 4 << 20,   /* longest frame to a terminal, inflated */
    FRAME_HELLO_LIMIT = 512,       /* longest first frame: strangers get no more memory */
    FRAME_DEFLATE_FROM = 512,      /* smaller bodies are not worth deflating */
    SESSION_SLOTS = 8,
    SESSION_TOKEN = 16, /* bytes */
};

enum frame_flag { FRAME_DEFLATED = 1 << 0 };

enum frame_type {
    FRAME_HELLO = 1,   /* "HDSK", u16 version, text language ("zh" or "en"), text encoding
                          ("UTF-8" or "GB18030"), text client, text line (tty), u8 has token,
                          token bytes if so */
    FRAME_WELCOME = 2, /* u16 version, text server name, i64 time in microseconds, u8 resumed */
    FRAME_REFUSE = 3,  /* unsigned status, text parameter; the server closes behind it */
    FRAME_CALL = 4,    /* u8 slot, unsigned sequence, unsigned form number, u32 form hash,
                          unsigned verb, rest: body of the verb */
    FRAME_REPLY = 5,   /* u8 slot, unsigned sequence, unsigned status, rest: body */
    FRAME_PUSH = 6,    /* unsigned kind, text, … see man page */
    FRAME_PING = 7,    /* u64 echoed */
    FRAME_PONG = 8,
    FRAME_CANCEL = 9,     /* u8 slot, unsigned sequence */
    FRAME_SIGN_IN = 10,   /* u8 slot (0), unsigned sequence, text staff number, text password,
                             text new password or "", u8 take over a session left behind */
    FRAME_SIGNED_IN = 11, /* as FRAME_REPLY; body: token, … (doc in man page) */
    FRAME_PROGRESS = 12,  /* u8 slot, unsigned sequence, unsigned done, unsigned of, 0 unknown */
};

/* A frame cut out of a stream. body points into the stream's bytes. */
struct frame {
    enum frame_type type;
    unsigned flags;
    const uint8_t *body;
    size_t length;
};

enum frame_state { FRAME_NEEDS_MORE = 0, FRAME_READY, FRAME_BROKEN };

/* Looks for one whole frame at the head of bytes; *used receives its total size, 0 unless ready. A
 * frame longer than `limit` in all, a length under 2 and an unknown flag are FRAME_BROKEN; the type
 * is the caller's to judge. */
enum frame_state frame_next(const uint8_t *bytes, size_t length, size_t limit, struct frame *frame,
                            size_t *used);
/* Writes the header and returns the offset to hand to frame_finish() after the body. */
size_t frame_begin(struct writer *writer, enum frame_type type);
void frame_finish(struct writer *writer, size_t offset);

/* Deflating with the preset dictionary of PROTOCOL_VERSION; one object per process, used for one
 * body at a time. */
struct deflater;
struct deflater *deflater_create(void);
void deflater_free(struct deflater *deflater);
/* Replaces the body of the frame begun at `offset` by its deflated form and sets the flag, if that
 * is shorter; call before frame_finish(). */
void deflater_frame(struct deflater *deflater, struct writer *writer, size_t offset);
/* Inflates a body into `out` (cleared first); false if garbled, followed by more bytes, or larger
 * than out->limit or FRAME_REPLY_LIMIT. */
bool deflater_inflate(struct deflater *deflater, const uint8_t *bytes, size_t length,
                      struct writer *out);

#endif
