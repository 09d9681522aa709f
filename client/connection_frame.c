/* What the server says, frame by frame. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/connection_private.h"
#include "protocol/arena.h"

enum { REFUSE_TEXT = 1024 };

static int64_t clock_microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool frame_welcome(struct connection *connection, struct reader *reader)
{
    struct arena *arena = arena_create();
    uint16_t version = reader_u16(reader);
    const char *name = reader_text(reader, arena, sizeof connection->server - 1);
    int64_t time = (int64_t)reader_u64(reader);
    uint8_t resumed = reader_u8(reader);
    bool good = reader_end(reader) && version == PROTOCOL_VERSION && resumed <= 1 &&
                connection->phase == PHASE_GREETING;
    if (good) {
        memcpy(connection->server, name, strlen(name) + 1);
        connection->clock_offset = time - clock_microseconds();
    }
    arena_free(arena);
    if (good)
        connection_resume(connection, resumed != 0);
    return good;
}

/* A passing trouble leads to another attempt; everything else is told to the person. */
static bool refuse_passes(const struct connection *connection, enum status status)
{
    switch (status) {
    case STATUS_DRAINING:
    case STATUS_RATE:
    case STATUS_UNAVAILABLE:
    case STATUS_INTERNAL:
        return true;
    case STATUS_SERVER_FULL:
        return connection->state == CONNECTION_LOST;
    default:
        return false;
    }
}

static bool frame_refuse(struct connection *connection, struct reader *reader)
{
    struct arena *arena = arena_create();
    enum status status = (enum status)reader_limited(reader, STATUS_COUNT - 1);
    const char *text = reader_text(reader, arena, REFUSE_TEXT);
    bool good = reader_end(reader) && status != STATUS_OK;
    bool ended = status == STATUS_SESSION_ENDED || status == STATUS_NOT_SIGNED_IN;
    bool resuming = connection->phase == PHASE_GREETING && connection->bound;
    if (good && ended && resuming) {
        /* The session died while we were away: come in as a stranger. */
        connection->bound = false;
        connection_line_lost(connection, "the session has ended");
    } else if (good && refuse_passes(connection, status)) {
        connection_line_lost(connection, "the server asks to connect again");
    } else if (good) {
        if (ended)
            connection->bound = false;
        connection_fail(connection, status, text);
    }
    arena_free(arena);
    return good;
}

static bool frame_ping(struct connection *connection, struct reader *reader)
{
    uint64_t echo = reader_u64(reader);
    if (!reader_end(reader))
        return false;
    size_t offset = frame_begin(&connection->out, FRAME_PONG);
    writer_u64(&connection->out, echo);
    frame_finish(&connection->out, offset);
    return true;
}

static bool frame_push(struct connection *connection, struct reader *reader)
{
    uint64_t kind = reader_unsigned(reader);
    size_t length = reader_left(reader);
    const uint8_t *body = reader_bytes(reader, length);
    if (!reader_end(reader))
        return false;
    if (connection->events.push)
        connection->events.push(connection->events.context, kind, body, length);
    return true;
}

static bool frame_progress(struct connection *connection, struct reader *reader)
{
    uint8_t number = reader_u8(reader);
    uint64_t sequence = reader_unsigned(reader);
    uint64_t done = reader_unsigned(reader);
    uint64_t of = reader_unsigned(reader);
    if (!reader_end(reader) || number >= SESSION_SLOTS)
        return false;
    struct slot *slot = &connection->slots[number];
    if (slot->busy && slot->sequence == sequence && slot->progressed)
        slot->progressed(slot->context, done, of);
    return true;
}

static bool frame_reply(struct connection *connection, const struct frame *frame,
                        struct reader *reader)
{
    uint8_t number = reader_u8(reader);
    uint64_t sequence = reader_unsigned(reader);
    enum status status = (enum status)reader_limited(reader, STATUS_COUNT - 1);
    size_t length = reader_left(reader);
    const uint8_t *body = reader_bytes(reader, length);
    if (!reader_end(reader) || number >= SESSION_SLOTS)
        return false;
    bool sign_in = frame->type == FRAME_SIGNED_IN;
    struct slot *slot = sign_in ? &connection->sign_in : &connection->slots[number];
    if (!slot->busy || slot->sequence != sequence)
        return true; /* of a call that was given up */
    if (sign_in && status == STATUS_OK) {
        if (length < SESSION_TOKEN)
            return false;
        memcpy(connection->token, body, SESSION_TOKEN);
        connection->bound = true;
    }
    if (!sign_in && status == STATUS_IN_PROGRESS) {
        slot->again = connection_now() + CONNECTION_AGAIN;
        return true;
    }
    connection_settle(connection, slot, status, body, length);
    return true;
}

bool connection_frame(struct connection *connection, const struct frame *frame)
{
    struct reader reader;
    reader_initialise(&reader, frame->body, frame->length);
    if (frame->flags & FRAME_DEFLATED) {
        if (!connection->deflater)
            connection->deflater = deflater_create();
        if (!deflater_inflate(connection->deflater, frame->body, frame->length,
                              &connection->inflated))
            return false;
        reader_initialise(&reader, connection->inflated.bytes, connection->inflated.length);
    }
    switch (frame->type) {
    case FRAME_WELCOME:
        return frame_welcome(connection, &reader);
    case FRAME_REFUSE:
        return frame_refuse(connection, &reader);
    case FRAME_PING:
        return frame_ping(connection, &reader);
    case FRAME_PONG:
        return true;
    case FRAME_REPLY:
    case FRAME_SIGNED_IN:
        return frame_reply(connection, frame, &reader);
    case FRAME_PUSH:
        return frame_push(connection, &reader);
    case FRAME_PROGRESS:
        return frame_progress(connection, &reader);
    case FRAME_HELLO:
    case FRAME_CALL:
    case FRAME_CANCEL:
    case FRAME_SIGN_IN:
        break;
    }
    return false;
}
