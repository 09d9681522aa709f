/* Buffers and coding of the internal envelopes. */
#include "server/process/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/arena.h"

enum {
    ENVELOPE_HEADER = 5,
    CHANNEL_KEEP = 64 << 10, /* a buffer larger than this is given back when empty */
    CHANNEL_READ = 16 << 10,
    ENVELOPE_TEXT = 4096,
};

void channel_initialise(struct channel *channel, int descriptor)
{
    *channel = (struct channel){.descriptor = descriptor};
    writer_initialise(&channel->out, CHANNEL_LIMIT);
}

void channel_release(struct channel *channel)
{
    if (channel->descriptor >= 0)
        close(channel->descriptor);
    writer_release(&channel->out);
    free(channel->in);
    *channel = (struct channel){.descriptor = -1};
}

int channel_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -1;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(descriptor);
        errno = error;
        return -1;
    }
    return descriptor;
}

struct writer *channel_begin(struct channel *channel, enum envelope_type type)
{
    channel->open = channel->out.length;
    writer_u32(&channel->out, 0);
    writer_u8(&channel->out, (uint8_t)type);
    return &channel->out;
}

void channel_finish(struct channel *channel)
{
    writer_patch_u32(&channel->out, channel->open,
                     (uint32_t)(channel->out.length - channel->open - 4));
}

bool channel_pending(const struct channel *channel)
{
    return channel->sent < channel->out.length;
}

enum channel_state channel_flush(struct channel *channel)
{
    if (channel->out.failed)
        return CHANNEL_CLOSED;
    while (channel_pending(channel)) {
        ssize_t count = send(channel->descriptor, channel->out.bytes + channel->sent,
                             channel->out.length - channel->sent, MSG_NOSIGNAL);
        if (count >= 0)
            channel->sent += (size_t)count;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return CHANNEL_FINE;
        else if (errno != EINTR)
            return CHANNEL_CLOSED;
    }
    channel->sent = 0;
    if (channel->out.capacity > CHANNEL_KEEP) {
        writer_release(&channel->out);
        writer_initialise(&channel->out, CHANNEL_LIMIT);
    } else {
        writer_clear(&channel->out);
    }
    return CHANNEL_FINE;
}

enum channel_state channel_flush_all(struct channel *channel, int timeout)
{
    while (channel_flush(channel) == CHANNEL_FINE) {
        if (!channel_pending(channel))
            return CHANNEL_FINE;
        struct pollfd entry = {.fd = channel->descriptor, .events = POLLOUT};
        int ready = poll(&entry, 1, timeout);
        if (ready == 0 || (ready < 0 && errno != EINTR))
            break;
    }
    return CHANNEL_CLOSED;
}

/* Forgets what was handed out; gives a large empty buffer back. */
static void channel_compact(struct channel *channel)
{
    if (!channel->in_used)
        return;
    channel->in_length -= channel->in_used;
    if (channel->in_length)
        memmove(channel->in, channel->in + channel->in_used, channel->in_length);
    else if (channel->in_capacity > CHANNEL_KEEP) {
        free(channel->in);
        channel->in = NULL;
        channel->in_capacity = 0;
    }
    channel->in_used = 0;
}

enum channel_state channel_receive(struct channel *channel)
{
    channel_compact(channel);
    for (;;) {
        if (channel->in_capacity - channel->in_length < CHANNEL_READ) {
            size_t capacity = channel->in_capacity ? channel->in_capacity * 2 : 2 * CHANNEL_READ;
            if (capacity > 2 * (size_t)CHANNEL_LIMIT)
                return CHANNEL_CLOSED;
            uint8_t *grown = realloc(channel->in, capacity);
            if (!grown)
                return CHANNEL_CLOSED;
            channel->in = grown;
            channel->in_capacity = capacity;
        }
        size_t space = channel->in_capacity - channel->in_length;
        ssize_t count =
            recv(channel->descriptor, channel->in + channel->in_length, space, MSG_DONTWAIT);
        if (count > 0) {
            channel->in_length += (size_t)count;
            if ((size_t)count < space)
                return CHANNEL_FINE;
        } else if (count == 0) {
            return CHANNEL_CLOSED;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return CHANNEL_FINE;
        } else if (errno != EINTR) {
            return CHANNEL_CLOSED;
        }
    }
}

bool channel_next(struct channel *channel, struct envelope *envelope, bool *broken)
{
    *broken = false;
    size_t left = channel->in_length - channel->in_used;
    if (left < ENVELOPE_HEADER)
        return false;
    struct reader reader;
    reader_initialise(&reader, channel->in + channel->in_used, left);
    size_t length = reader_u32(&reader);
    if (length < 1 || length > CHANNEL_LIMIT) {
        *broken = true;
        return false;
    }
    if (left - 4 < length)
        return false;
    envelope->type = (enum envelope_type)reader_u8(&reader);
    envelope->body = channel->in + channel->in_used + ENVELOPE_HEADER;
    envelope->length = length - 1;
    channel->in_used += 4 + length;
    return true;
}

void channel_send_ready(struct channel *channel, enum channel_role role)
{
    struct writer *writer = channel_begin(channel, ENVELOPE_READY);
    writer_u8(writer, (uint8_t)role);
    writer_u32(writer, (uint32_t)getpid());
    channel_finish(channel);
}

void channel_send_request(struct channel *channel, uint64_t id, const struct gate_request *request)
{
    struct writer *writer = channel_begin(channel, ENVELOPE_REQUEST);
    writer_u64(writer, id);
    writer_u8(writer, (uint8_t)request->type);
    writer_u8(writer, request->has_token);
    writer_bytes(writer, request->token, sizeof request->token);
    writer_text(writer, request->peer);
    writer_text(writer, request->line);
    writer_text(writer, request->language);
    writer_bytes(writer, request->body, request->length);
    channel_finish(channel);
}

void channel_send_reply(struct channel *channel, uint64_t id, const struct gate_reply *reply)
{
    struct writer *writer = channel_begin(channel, ENVELOPE_REPLY);
    writer_u64(writer, id);
    writer_u8(writer, (uint8_t)reply->binding);
    writer_u8(writer, reply->close);
    writer_bytes(writer, reply->token, sizeof reply->token);
    writer_bytes(writer, reply->frames.bytes, reply->frames.length);
    channel_finish(channel);
}

void channel_send_cancel(struct channel *channel, uint64_t id)
{
    writer_u64(channel_begin(channel, ENVELOPE_CANCEL), id);
    channel_finish(channel);
}

void channel_send_push(struct channel *channel, const uint8_t *hash, const uint8_t *frames,
                       size_t length)
{
    struct writer *writer = channel_begin(channel, ENVELOPE_PUSH);
    writer_u8(writer, hash != NULL);
    if (hash)
        writer_bytes(writer, hash, CHANNEL_HASH);
    writer_bytes(writer, frames, length);
    channel_finish(channel);
}

bool envelope_request(const struct envelope *envelope, struct arena *arena, uint64_t *id,
                      struct gate_request *request)
{
    struct reader reader;
    reader_initialise(&reader, envelope->body, envelope->length);
    *id = reader_u64(&reader);
    request->type = (enum frame_type)reader_u8(&reader);
    request->has_token = reader_u8(&reader) != 0;
    const uint8_t *token = reader_bytes(&reader, SESSION_TOKEN);
    if (token)
        memcpy(request->token, token, SESSION_TOKEN);
    request->peer = reader_text(&reader, arena, ENVELOPE_TEXT);
    request->line = reader_text(&reader, arena, ENVELOPE_TEXT);
    request->language = reader_text(&reader, arena, ENVELOPE_TEXT);
    request->length = reader_left(&reader);
    request->body = reader_bytes(&reader, request->length);
    return reader_end(&reader);
}

bool envelope_reply(const struct envelope *envelope, struct envelope_answer *answer)
{
    struct reader reader;
    reader_initialise(&reader, envelope->body, envelope->length);
    answer->id = reader_u64(&reader);
    answer->binding = (enum gate_binding)reader_limited(&reader, BINDING_DROP);
    answer->close = reader_u8(&reader) != 0;
    answer->token = reader_bytes(&reader, SESSION_TOKEN);
    answer->length = reader_left(&reader);
    answer->frames = reader_bytes(&reader, answer->length);
    return reader_end(&reader);
}

bool envelope_id(const struct envelope *envelope, uint64_t *id)
{
    struct reader reader;
    reader_initialise(&reader, envelope->body, envelope->length);
    *id = reader_u64(&reader);
    return reader_end(&reader);
}
