/* What a terminal may say, and when: frames are cut, counted and judged here.
 *
 * Lengths are checked before any memory is taken; whatever a peer does wrong ends its line with a
 * coded refusal and a log line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "protocol/arena.h"
#include "server/process/gateway.h"

enum { HELLO_TEXT = 64 };

static int64_t time_microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void frame_welcome(struct gateway *gateway, struct line *line, bool resumed)
{
    struct writer writer;
    writer_initialise(&writer, 4096);
    size_t offset = frame_begin(&writer, FRAME_WELCOME);
    writer_u16(&writer, PROTOCOL_VERSION);
    writer_text(&writer, gateway->configuration.server_name);
    writer_u64(&writer, (uint64_t)time_microseconds());
    writer_u8(&writer, resumed);
    frame_finish(&writer, offset);
    line_send(gateway, line, writer.bytes, writer.length);
    writer_release(&writer);
}

static bool line_rename(struct line *line, const char *name)
{
    const char *peer = line_peer(line);
    size_t peer_length = strlen(peer);
    size_t name_length = strlen(name);
    char *names = malloc(peer_length + name_length + 2);
    if (!names)
        return false;
    memcpy(names, peer, peer_length + 1);
    memcpy(names + peer_length + 1, name, name_length + 1);
    free(line->names);
    line->names = names;
    return true;
}

static void frame_hello(struct gateway *gateway, struct line *line, const struct frame *frame)
{
    struct reader reader;
    struct arena *arena = arena_create();
    reader_initialise(&reader, frame->body, frame->length);
    const uint8_t *magic = reader_bytes(&reader, 4);
    uint16_t version = reader_u16(&reader);
    if (!magic || memcmp(magic, "HDSK", 4) != 0) {
        line_refuse(gateway, line, STATUS_BROKEN, "hello", "refused: this is no terminal");
        goto out;
    }
    if (!reader.failed && version != PROTOCOL_VERSION) {
        char served[16];
        snprintf(served, sizeof served, "%d", PROTOCOL_VERSION);
        line_refuse(gateway, line, STATUS_VERSION, served, "refused: protocol version");
        goto out;
    }
    const char *language = reader_text(&reader, arena, HELLO_TEXT);
    const char *encoding = reader_text(&reader, arena, HELLO_TEXT);
    reader_text(&reader, arena, HELLO_TEXT); /* client name and version */
    const char *name = reader_text(&reader, arena, HELLO_TEXT);
    uint8_t has_token = (uint8_t)(reader_u8(&reader));
    const uint8_t *token = has_token ? reader_bytes(&reader, SESSION_TOKEN) : NULL;
    if (!reader_end(&reader) || has_token > 1 ||
        (strcmp(language, "zh") != 0 && strcmp(language, "en") != 0)) {
        line_refuse(gateway, line, STATUS_BROKEN, "hello", "refused: garbled hello");
        goto out;
    }
    if (strcmp(encoding, "UTF-8") != 0 && strcmp(encoding, "GB18030") != 0) {
        line_refuse(gateway, line, STATUS_ENCODING, "UTF-8 GB18030", "refused: encoding");
        goto out;
    }
    if (gateway->draining) {
        line_refuse(gateway, line, STATUS_DRAINING, "", NULL);
        goto out;
    }
    if (gateway->line_count > (size_t)gateway->configuration.terminals_per_gateway) {
        line_refuse(gateway, line, STATUS_SERVER_FULL, "", "refused: too many terminals");
        goto out;
    }
    if (!line_rename(line, name)) {
        line_close(gateway, line);
        goto out;
    }
    line->english = strcmp(language, "en") == 0;
    line->last_call = gateway->now;
    line_timer(gateway, line, TIMER_KEEPALIVE);
    if (token) {
        line->state = LINE_RESUMING;
        line_stop(gateway, line, PAUSE_RESUMING);
        memcpy(line->token, token, SESSION_TOKEN);
        request_add(gateway, line, frame, 0, 0, VERB_SHORT);
    } else {
        line->state = LINE_OPEN;
        frame_welcome(gateway, line, false);
    }
out:
    arena_free(arena);
}

static void frame_pong(struct gateway *gateway, struct line *line, const struct frame *frame)
{
    struct writer writer;
    struct reader reader;
    reader_initialise(&reader, frame->body, frame->length);
    uint64_t echo = reader_u64(&reader);
    if (!reader_end(&reader)) {
        line_refuse(gateway, line, STATUS_BROKEN, "ping", "refused: garbled ping");
        return;
    }
    writer_initialise(&writer, 64);
    size_t offset = frame_begin(&writer, FRAME_PONG);
    writer_u64(&writer, echo);
    frame_finish(&writer, offset);
    line_send(gateway, line, writer.bytes, writer.length);
    writer_release(&writer);
}

/* A call of somebody who has not signed in costs no worker. */
static void frame_stranger(struct gateway *gateway, struct line *line, uint8_t slot,
                           uint64_t sequence)
{
    struct writer writer;
    writer_initialise(&writer, 64);
    size_t offset = frame_begin(&writer, FRAME_REPLY);
    writer_u8(&writer, slot);
    writer_unsigned(&writer, sequence);
    writer_unsigned(&writer, STATUS_NOT_SIGNED_IN);
    writer_text(&writer, "");
    frame_finish(&writer, offset);
    line_send(gateway, line, writer.bytes, writer.length);
    writer_release(&writer);
}

/* Calls, sign-ins and cancels begin with slot and sequence. */
static void frame_call(struct gateway *gateway, struct line *line, const struct frame *frame)
{
    struct reader reader;
    reader_initialise(&reader, frame->body, frame->length);
    uint8_t slot = reader_u8(&reader);
    uint64_t sequence = reader_unsigned(&reader);
    if (reader.failed || slot >= SESSION_SLOTS || (frame->type == FRAME_SIGN_IN && slot != 0) ||
        (frame->type == FRAME_CANCEL && !reader_end(&reader))) {
        line_refuse(gateway, line, STATUS_BROKEN, "call", "refused: garbled call");
        return;
    }
    if (frame->type == FRAME_CANCEL) {
        request_cancel(gateway, line, slot, sequence);
        return;
    }
    line->last_call = gateway->now;
    if (frame->type == FRAME_CALL && !line->bound) {
        frame_stranger(gateway, line, slot, sequence);
        return;
    }
    enum verb_class worker_class = VERB_AUTH;
    if (frame->type == FRAME_CALL)
        worker_class = gate_class(gateway->forms, frame->body, frame->length);
    if (worker_class > VERB_AUTH)
        worker_class = VERB_SHORT;
    request_add(gateway, line, frame, slot, sequence, worker_class);
}

static void frame_judge(struct gateway *gateway, struct line *line, const struct frame *frame)
{
    if (frame->flags) { /* terminals do not deflate: the gateway reads the head of each call */
        line_refuse(gateway, line, STATUS_BROKEN, "flags", "refused: unknown frame flags");
        return;
    }
    if (line->state == LINE_HELLO) {
        if (frame->type == FRAME_HELLO)
            frame_hello(gateway, line, frame);
        else
            line_refuse(gateway, line, STATUS_BROKEN, "hello", "refused: no hello");
        return;
    }
    switch (frame->type) {
    case FRAME_CALL:
    case FRAME_SIGN_IN:
    case FRAME_CANCEL:
        frame_call(gateway, line, frame);
        return;
    case FRAME_PING:
        frame_pong(gateway, line, frame);
        return;
    case FRAME_PONG:
        return;
    case FRAME_HELLO:
    case FRAME_WELCOME:
    case FRAME_REFUSE:
    case FRAME_REPLY:
    case FRAME_PUSH:
    case FRAME_SIGNED_IN:
    case FRAME_PROGRESS:
        break;
    }
    line_refuse(gateway, line, STATUS_BROKEN, "type", "refused: a frame that no terminal sends");
}

static size_t frame_limit(const struct line *line)
{
    if (line->state == LINE_HELLO)
        return FRAME_HELLO_LIMIT;
    return line->bound ? (size_t)FRAME_REQUEST_LIMIT : (size_t)LINE_UNSIGNED_LIMIT;
}

/* Counts the frame; past the rate the line rests until the next second. */
static void frame_count(struct gateway *gateway, struct line *line)
{
    if (line->window != gateway->second) {
        line->window = gateway->second;
        line->frames = 0;
    }
    line->frames++;
    if (gateway->configuration.calls_per_second &&
        line->frames >= gateway->configuration.calls_per_second)
        line_stop(gateway, line, PAUSE_RATE);
}

size_t line_consume(struct gateway *gateway, struct line *line, const uint8_t *bytes, size_t length)
{
    size_t position = 0;
    while (position < length && !line->pause && line->state < LINE_FLUSHING) {
        struct frame frame;
        size_t used = 0;
        enum frame_state state =
            frame_next(bytes + position, length - position, frame_limit(line), &frame, &used);
        if (state == FRAME_NEEDS_MORE)
            break;
        if (state == FRAME_BROKEN) {
            bool hello = line->state == LINE_HELLO;
            line_refuse(gateway, line, hello ? STATUS_BROKEN : STATUS_TOO_LARGE, "frame",
                        "refused: frame length out of range");
            break;
        }
        position += used;
        frame_count(gateway, line);
        frame_judge(gateway, line, &frame);
    }
    return position;
}
