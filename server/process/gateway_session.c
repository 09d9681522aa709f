/* Which line holds which session token, for pushes and for a terminal that comes back. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "server/process/gateway.h"
#include "server/process/log.h"

enum { BUCKETS_FIRST = 256 };

static uint64_t key_of(const uint8_t *hash)
{
    uint64_t key;
    memcpy(&key, hash, sizeof key);
    return key;
}

static void buckets_grow(struct gateway *gateway)
{
    size_t count = gateway->bucket_count ? gateway->bucket_count * 2 : BUCKETS_FIRST;
    struct line **buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return; /* chains get longer, nothing else */
    for (size_t i = 0; i < gateway->bucket_count; i++)
        while (gateway->buckets[i]) {
            struct line *line = gateway->buckets[i];
            gateway->buckets[i] = line->bucket_next;
            line->bucket_next = buckets[line->token_key & (count - 1)];
            buckets[line->token_key & (count - 1)] = line;
        }
    free(gateway->buckets);
    gateway->buckets = buckets;
    gateway->bucket_count = count;
}

static struct line *session_line(struct gateway *gateway, const uint8_t *token, uint64_t key)
{
    if (!gateway->bucket_count)
        return NULL;
    struct line *line = gateway->buckets[key & (gateway->bucket_count - 1)];
    while (line && memcmp(line->token, token, SESSION_TOKEN) != 0)
        line = line->bucket_next;
    return line;
}

void session_bind(struct gateway *gateway, struct line *line, const uint8_t *token)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    session_unbind(gateway, line);
    SHA256(token, SESSION_TOKEN, hash);
    struct line *older = session_line(gateway, token, key_of(hash));
    if (older) /* the terminal has come back before its old line was noticed to be dead */
        line_refuse(gateway, older, STATUS_SESSION_ENDED, "", NULL);
    if (gateway->bound_count >= gateway->bucket_count)
        buckets_grow(gateway);
    if (!gateway->bucket_count) {
        log_write(LOG_ERROR, "no memory for sessions");
        line_close(gateway, line);
        return;
    }
    memcpy(line->token, token, SESSION_TOKEN);
    line->token_key = key_of(hash);
    line->bound = true;
    struct line **bucket = &gateway->buckets[line->token_key & (gateway->bucket_count - 1)];
    line->bucket_next = *bucket;
    *bucket = line;
    gateway->bound_count++;
}

void session_unbind(struct gateway *gateway, struct line *line)
{
    if (!line->bound)
        return;
    struct line **place = &gateway->buckets[line->token_key & (gateway->bucket_count - 1)];
    while (*place != line)
        place = &(*place)->bucket_next;
    *place = line->bucket_next;
    line->bucket_next = NULL;
    line->bound = false;
    memset(line->token, 0, sizeof line->token);
    gateway->bound_count--;
}

/* Said once, without waiting: a gateway that cannot hear it now is new and has no such line, or
 * notices the dead line by itself. */
void session_tell(struct gateway *gateway, const struct line *line)
{
    for (size_t i = 0; i < (size_t)gateway->configuration.gateways; i++) {
        char path[128];
        struct channel channel;
        if (i == gateway->index || atomic_load(&gateway->board->lines[i]) == UINT32_MAX ||
            !configuration_gateway_path(&gateway->configuration, i, path, sizeof path))
            continue;
        int descriptor = channel_connect(path);
        if (descriptor < 0)
            continue;
        channel_initialise(&channel, descriptor);
        channel_send_ready(&channel, CHANNEL_GATEWAY);
        writer_bytes(channel_begin(&channel, ENVELOPE_TAKEN), line->token, SESSION_TOKEN);
        channel_finish(&channel);
        channel_flush(&channel); /* far below what a fresh socket takes */
        channel_release(&channel);
    }
}

void session_taken(struct gateway *gateway, const uint8_t *token)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256(token, SESSION_TOKEN, hash);
    struct line *line = session_line(gateway, token, key_of(hash));
    if (line)
        line_refuse(gateway, line, STATUS_SESSION_ENDED, "", NULL);
}

/* A line that does not take its bytes gets no pushes on top: they are hints, the rows stay. */
static void push_to(struct gateway *gateway, struct line *line, const uint8_t *frames,
                    size_t length)
{
    if (line->state == LINE_OPEN &&
        line->out_length - line->out_sent <= (size_t)gateway->configuration.terminal_buffer)
        line_send(gateway, line, frames, length);
}

void session_push(struct gateway *gateway, const uint8_t *hash, const uint8_t *frames,
                  size_t length)
{
    if (!gateway->bucket_count)
        return;
    size_t first = hash ? (size_t)key_of(hash) & (gateway->bucket_count - 1) : 0;
    size_t last = hash ? first : gateway->bucket_count - 1;
    for (size_t i = first; i <= last; i++)
        for (struct line *line = gateway->buckets[i], *next; line; line = next) {
            uint8_t own[SHA256_DIGEST_LENGTH];
            next = line->bucket_next;
            if (hash) {
                SHA256(line->token, SESSION_TOKEN, own);
                if (memcmp(own, hash, sizeof own) != 0)
                    continue;
            }
            push_to(gateway, line, frames, length);
        }
}
