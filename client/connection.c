/* A connection's life: opening, calls on slots, the lost line, the end. */
#include "client/connection.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/connection_private.h"

int64_t connection_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_state(struct connection *connection, enum connection_state state)
{
    if (connection->state == state)
        return;
    connection->state = state;
    if (connection->events.state)
        connection->events.state(connection->events.context, state);
}

static char *copy(const char *text, const char *otherwise)
{
    return strdup(text ? text : otherwise);
}

struct connection *connection_create(const struct connection_settings *settings,
                                     const struct connection_events *events)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->descriptor = -1;
    connection->patience = settings->patience;
    connection->silence = settings->silence ? settings->silence : CONNECTION_SILENCE;
    if (events)
        connection->events = *events;
    connection->language = copy(settings->language, "en");
    connection->encoding = copy(settings->encoding, "UTF-8");
    connection->client = copy(settings->client, "halldesk");
    connection->line = copy(settings->line, "");
    if (settings->authority)
        connection->authority = strdup(settings->authority);
    writer_initialise(&connection->out, (size_t)SESSION_SLOTS * 2 * FRAME_REQUEST_LIMIT);
    writer_initialise(&connection->inflated, FRAME_REPLY_LIMIT);
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        writer_initialise(&connection->slots[i].frame, FRAME_REQUEST_LIMIT);
    writer_initialise(&connection->sign_in.frame, FRAME_REQUEST_LIMIT);
    if (wire_address(connection, settings->address) && connection->language &&
        connection->encoding && connection->client && connection->line &&
        (connection->authority || !settings->authority))
        return connection;
    connection_free(connection);
    return NULL;
}

void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    wire_stop(connection);
    SSL_CTX_free(connection->tls_context);
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        writer_release(&connection->slots[i].frame);
    /* Passwords stood in there. */
    if (connection->sign_in.frame.bytes)
        explicit_bzero(connection->sign_in.frame.bytes, connection->sign_in.frame.capacity);
    writer_release(&connection->sign_in.frame);
    writer_release(&connection->out);
    writer_release(&connection->inflated);
    deflater_free(connection->deflater);
    free(connection->in);
    free(connection->host);
    free(connection->port);
    free(connection->authority);
    free(connection->language);
    free(connection->encoding);
    free(connection->client);
    free(connection->line);
    explicit_bzero(connection->token, sizeof connection->token);
    free(connection);
}

/* --- the line comes and goes --- */

void connection_open(struct connection *connection)
{
    if (connection->state != CONNECTION_CLOSED)
        return;
    connection->refusal = STATUS_OK;
    connection->refusal_text[0] = '\0';
    connection->retry_wait = CONNECTION_RETRY_FIRST;
    connection->lost_since = connection_now();
    set_state(connection, CONNECTION_CONNECTING);
    wire_start(connection);
}

void connection_settle(struct connection *connection, struct slot *slot, enum status status,
                       const uint8_t *body, size_t length)
{
    struct connection_reply reply = {.status = status, .body = body, .length = length};
    (void)connection;
    slot->busy = false;
    slot->again = 0;
    slot->deadline = 0;
    if (slot->sign_in && slot->frame.bytes)
        explicit_bzero(slot->frame.bytes, slot->frame.length);
    if (slot->answered)
        slot->answered(slot->context, &reply);
}

static void fail_calls(struct connection *connection, enum status status)
{
    static const uint8_t nothing[1] = {0}; /* an empty parameter */
    bool was_busy[SESSION_SLOTS];
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        was_busy[i] = connection->slots[i].busy;
    if (connection->sign_in.busy)
        connection_settle(connection, &connection->sign_in, status, nothing, 1);
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        if (was_busy[i] && connection->slots[i].busy)
            connection_settle(connection, &connection->slots[i], status, nothing, 1);
}

void connection_fail(struct connection *connection, enum status status, const char *text)
{
    wire_stop(connection);
    connection->retry_at = 0;
    connection->refusal = status;
    snprintf(connection->refusal_text, sizeof connection->refusal_text, "%s", text);
    set_state(connection, CONNECTION_CLOSED);
    fail_calls(connection, status);
}

void connection_close(struct connection *connection)
{
    wire_stop(connection);
    connection->retry_at = 0;
    connection->bound = false;
    explicit_bzero(connection->token, sizeof connection->token);
    set_state(connection, CONNECTION_CLOSED);
    fail_calls(connection, STATUS_SESSION_ENDED);
}

void connection_line_lost(struct connection *connection, const char *why)
{
    int64_t now = connection_now();
    wire_stop(connection);
    if (connection->state == CONNECTION_OPEN) {
        connection->lost_since = now;
        set_state(connection, CONNECTION_LOST);
    }
    if (connection->patience && now - connection->lost_since >= connection->patience) {
        connection_fail(connection, STATUS_UNAVAILABLE, why);
        return;
    }
    struct timespec clock;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    int jitter = (int)((clock.tv_nsec / 1000 ^ getpid()) % (connection->retry_wait / 2 + 1));
    connection->retry_at = now + connection->retry_wait / 2 + jitter;
    connection->retry_wait *= 2;
    if (connection->retry_wait > CONNECTION_RETRY_LAST)
        connection->retry_wait = CONNECTION_RETRY_LAST;
}

void connection_line_ready(struct connection *connection)
{
    struct writer *out = &connection->out;
    size_t offset = frame_begin(out, FRAME_HELLO);
    writer_bytes(out, "HDSK", 4);
    writer_u16(out, PROTOCOL_VERSION);
    writer_text(out, connection->language);
    writer_text(out, connection->encoding);
    writer_text(out, connection->client);
    writer_text(out, connection->line);
    writer_u8(out, connection->bound);
    if (connection->bound)
        writer_bytes(out, connection->token, SESSION_TOKEN);
    frame_finish(out, offset);
    connection->phase = PHASE_GREETING;
    connection->heard = connection_now();
    connection->pinged = false;
}

/* Welcomed: what was not answered goes out once more, the same bytes. */
void connection_resume(struct connection *connection, bool resumed)
{
    connection->phase = PHASE_OPEN;
    connection->retry_wait = CONNECTION_RETRY_FIRST;
    connection->retry_at = 0;
    bool ended = connection->state == CONNECTION_LOST && !resumed;
    connection->bound = resumed;
    struct slot *sign_in = &connection->sign_in;
    if (ended && !sign_in->busy) {
        fail_calls(connection, STATUS_SESSION_ENDED);
    } else {
        if (sign_in->busy)
            writer_bytes(&connection->out, sign_in->frame.bytes, sign_in->frame.length);
        for (size_t i = 0; i < SESSION_SLOTS; i++) {
            struct slot *slot = &connection->slots[i];
            slot->again = 0;
            if (slot->busy)
                writer_bytes(&connection->out, slot->frame.bytes, slot->frame.length);
        }
    }
    /* Last, as what is asked from within the callback goes out at once. */
    set_state(connection, CONNECTION_OPEN);
}

void connection_bytes(struct connection *connection, const uint8_t *bytes, size_t length)
{
    connection->heard = connection_now();
    connection->pinged = false;
    if (connection->in_capacity - connection->in_length < length) {
        size_t capacity = 2 * (connection->in_length + length);
        uint8_t *grown = realloc(connection->in, capacity);
        if (!grown) {
            connection_fail(connection, STATUS_INTERNAL, "no memory");
            return;
        }
        connection->in = grown;
        connection->in_capacity = capacity;
    }
    memcpy(connection->in + connection->in_length, bytes, length);
    connection->in_length += length;
    size_t used = 0;
    unsigned generation = connection->generation;
    /* A callback may hang up and even open again: then these bytes are of a line long gone. */
    while (connection->generation == generation && used < connection->in_length) {
        struct frame frame;
        size_t size = 0;
        enum frame_state state = frame_next(connection->in + used, connection->in_length - used,
                                            FRAME_REPLY_LIMIT, &frame, &size);
        if (state == FRAME_NEEDS_MORE)
            break;
        if (state == FRAME_BROKEN ||
            (!connection_frame(connection, &frame) && connection->generation == generation)) {
            connection_fail(connection, STATUS_BROKEN, "the server sent a senseless frame");
            return;
        }
        used += size;
    }
    if (connection->generation != generation)
        return;
    connection->in_length -= used;
    memmove(connection->in, connection->in + used, connection->in_length);
}

/* --- calls --- */

static void send_slot(struct connection *connection, const struct slot *slot)
{
    if (connection->phase == PHASE_OPEN)
        writer_bytes(&connection->out, slot->frame.bytes, slot->frame.length);
    if (connection->phase == PHASE_OPEN && !connection->pinged)
        connection->heard = connection_now(); /* silence counts from the question */
}

bool connection_sign_in(struct connection *connection, const char *staff, const char *password,
                        const char *new_password, bool take_over, connection_answered answered,
                        void *context)
{
    struct slot *slot = &connection->sign_in;
    if (slot->busy || connection->phase != PHASE_OPEN)
        return false;
    slot->busy = true;
    slot->sign_in = true;
    slot->sequence = ++connection->sign_in_sequence;
    slot->answered = answered;
    slot->context = context;
    writer_clear(&slot->frame);
    size_t offset = frame_begin(&slot->frame, FRAME_SIGN_IN);
    writer_u8(&slot->frame, 0);
    writer_unsigned(&slot->frame, slot->sequence);
    writer_text(&slot->frame, staff);
    writer_text(&slot->frame, password);
    writer_text(&slot->frame, new_password ? new_password : "");
    writer_u8(&slot->frame, take_over);
    frame_finish(&slot->frame, offset);
    send_slot(connection, slot);
    return true;
}

int connection_call(struct connection *connection, const struct connection_call *call)
{
    int number = call->sequence ? call->slot : 0;
    while (!call->sequence && number < SESSION_SLOTS && connection->slots[number].busy)
        number++;
    if (number >= SESSION_SLOTS || connection->slots[number].busy ||
        connection->state == CONNECTION_CLOSED)
        return -1;
    struct slot *slot = &connection->slots[number];
    uint64_t sequence = call->sequence ? call->sequence : slot->sequence + 1;
    writer_clear(&slot->frame);
    size_t offset = frame_begin(&slot->frame, FRAME_CALL);
    writer_u8(&slot->frame, (uint8_t)number);
    writer_unsigned(&slot->frame, sequence);
    writer_unsigned(&slot->frame, call->form);
    writer_u32(&slot->frame, call->form_hash);
    writer_unsigned(&slot->frame, call->verb);
    writer_bytes(&slot->frame, call->body, call->length);
    frame_finish(&slot->frame, offset);
    if (slot->frame.failed) /* longer than a frame may be */
        return -1;
    slot->busy = true;
    slot->sequence = sequence;
    slot->again = 0;
    slot->deadline = call->timeout ? connection_now() + call->timeout : 0;
    slot->answered = call->answered;
    slot->progressed = call->progressed;
    slot->context = call->context;
    send_slot(connection, slot);
    return number;
}

static void send_cancel(struct connection *connection, int number)
{
    if (connection->phase != PHASE_OPEN)
        return;
    size_t offset = frame_begin(&connection->out, FRAME_CANCEL);
    writer_u8(&connection->out, (uint8_t)number);
    writer_unsigned(&connection->out, connection->slots[number].sequence);
    frame_finish(&connection->out, offset);
}

void connection_cancel(struct connection *connection, int slot)
{
    if (slot >= 0 && slot < SESSION_SLOTS && connection->slots[slot].busy)
        send_cancel(connection, slot);
}

size_t connection_unanswered(const struct connection *connection)
{
    size_t count = connection->sign_in.busy;
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        count += connection->slots[i].busy;
    return count;
}

/* --- time --- */

static int64_t earlier(int64_t one, int64_t other)
{
    return other && (!one || other < one) ? other : one;
}

int connection_timeout(const struct connection *connection)
{
    int64_t due = connection->retry_at;
    if (connection->phase != PHASE_NONE && connection->phase != PHASE_OPEN)
        due = earlier(due, connection->phase_deadline);
    if (connection->phase == PHASE_OPEN && connection_unanswered(connection))
        due = earlier(due, connection->heard + connection->silence);
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        if (connection->slots[i].busy)
            due = earlier(earlier(due, connection->slots[i].deadline), connection->slots[i].again);
    if (!due)
        return -1;
    int64_t wait = due - connection_now();
    return wait < 0 ? 0 : wait > 3600000 ? 3600000 : (int)wait;
}

static void advance_slots(struct connection *connection, int64_t now)
{
    static const uint8_t nothing[1] = {0};
    for (int i = 0; i < SESSION_SLOTS; i++) {
        struct slot *slot = &connection->slots[i];
        if (slot->busy && slot->deadline && slot->deadline <= now) {
            send_cancel(connection, i);
            connection_settle(connection, slot, STATUS_TIMEOUT, nothing, 1);
        } else if (slot->busy && slot->again && slot->again <= now) {
            slot->again = 0;
            send_slot(connection, slot);
        }
    }
}

/* Nothing has come for long though an answer is due: ask, then believe the line to be lost. */
static void advance_silence(struct connection *connection, int64_t now)
{
    if (connection->phase != PHASE_OPEN || !connection_unanswered(connection) ||
        now - connection->heard < connection->silence)
        return;
    if (connection->pinged) {
        connection_line_lost(connection, "the server is silent");
        return;
    }
    size_t offset = frame_begin(&connection->out, FRAME_PING);
    writer_u64(&connection->out, (uint64_t)now);
    frame_finish(&connection->out, offset);
    connection->pinged = true;
    connection->heard = now;
}

void connection_advance(struct connection *connection)
{
    int64_t now = connection_now();
    if (connection->retry_at && connection->retry_at <= now) {
        connection->retry_at = 0;
        wire_start(connection);
    }
    if (connection->phase != PHASE_NONE && connection->phase != PHASE_OPEN &&
        connection->phase_deadline <= now)
        connection_line_lost(connection, "no answer from the server");
    advance_slots(connection, now);
    advance_silence(connection, now);
    if (connection->phase != PHASE_NONE)
        wire_advance(connection);
}

int connection_descriptor(const struct connection *connection)
{
    return connection->descriptor;
}

short connection_events(const struct connection *connection)
{
    bool write = connection->phase == PHASE_CONNECTING ||
                 (connection->phase == PHASE_HANDSHAKE && connection->tls_wants_write) ||
                 connection->out.length > connection->out_sent;
    return (short)(POLLIN | (write ? POLLOUT : 0));
}

enum connection_state connection_state(const struct connection *connection)
{
    return connection->state;
}

enum status connection_refusal(const struct connection *connection, const char **text)
{
    if (text)
        *text = connection->refusal_text;
    return connection->refusal;
}

bool connection_signed_in(const struct connection *connection)
{
    return connection->bound;
}

const char *connection_server(const struct connection *connection)
{
    return connection->server;
}

int64_t connection_clock_offset(const struct connection *connection)
{
    return connection->clock_offset;
}
