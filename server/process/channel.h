/* Envelopes between gateway, workers, notifier and master, over a unix stream socket.
 *
 * An envelope is a big-endian u32 length of what follows, u8 type, body. Both ends are the same
 * user's processes, yet a malformed envelope only closes its channel: it never ends a process. */
#ifndef HALLDESK_CHANNEL_H
#define HALLDESK_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/buffer.h"
#include "server/gate/gate.h"

struct arena;

enum {
    CHANNEL_LIMIT = 48 << 20, /* eight replies of 4 MiB and what stands around them */
    CHANNEL_HASH = 32,        /* SHA-256 */
};

enum envelope_type {
    ENVELOPE_READY = 1, /* to a gateway: u8 enum channel_role, u32 pid */
    ENVELOPE_LEAVE,     /* to a gateway: give me nothing more, then hang up */
    ENVELOPE_REQUEST,   /* to a worker */
    ENVELOPE_CANCEL,    /* to a worker: u64 id */
    ENVELOPE_REPLY,     /* to a gateway */
    ENVELOPE_PUSH,      /* to a gateway: u8 has hash, hash, frames */
    ENVELOPE_RELOAD,    /* to a gateway, from the master: see gateway_reload.c */
    ENVELOPE_TAKEN,     /* to a gateway, from another: the token of a session resumed there */
};

/* Who is at the other end of a gateway's channel; the first three are enum verb_class. */
enum channel_role {
    CHANNEL_SHORT = VERB_SHORT,
    CHANNEL_LONG = VERB_LONG,
    CHANNEL_AUTH = VERB_AUTH,
    CHANNEL_NOTIFIER,
    CHANNEL_MASTER,
    CHANNEL_GATEWAY,
    CHANNEL_ROLES,
};

struct channel {
    int descriptor; /* non-blocking; -1: none */
    struct writer out;
    size_t sent; /* of out */
    size_t open; /* offset of the envelope that is being written */
    uint8_t *in;
    size_t in_length;
    size_t in_used; /* already handed out by channel_next() */
    size_t in_capacity;
};

struct envelope {
    enum envelope_type type;
    const uint8_t *body; /* valid until the next channel_receive() */
    size_t length;
};

enum channel_state { CHANNEL_FINE = 0, CHANNEL_CLOSED };

void channel_initialise(struct channel *channel, int descriptor); /* takes the descriptor over */
void channel_release(struct channel *channel);                    /* closes it, frees buffers */
/* Connects to the gateway socket at `path`; -1 with errno. */
int channel_connect(const char *path);

struct writer *channel_begin(struct channel *channel, enum envelope_type type);
void channel_finish(struct channel *channel);
/* Sends what the socket takes now. */
enum channel_state channel_flush(struct channel *channel);
/* Sends all, waiting up to `timeout` milliseconds; CHANNEL_CLOSED if that was not enough. */
enum channel_state channel_flush_all(struct channel *channel, int timeout);
bool channel_pending(const struct channel *channel);
/* Reads what is there without waiting. */
enum channel_state channel_receive(struct channel *channel);
/* Next whole envelope; false if there is none. *broken is set when the stream makes no sense. */
bool channel_next(struct channel *channel, struct envelope *envelope, bool *broken);

void channel_send_ready(struct channel *channel, enum channel_role role);
void channel_send_request(struct channel *channel, uint64_t id, const struct gate_request *request);
void channel_send_reply(struct channel *channel, uint64_t id, const struct gate_reply *reply);
void channel_send_cancel(struct channel *channel, uint64_t id);
/* `hash` NULL: to every terminal. */
void channel_send_push(struct channel *channel, const uint8_t *hash, const uint8_t *frames,
                       size_t length);

/* The body points into the envelope, texts are in the arena. */
bool envelope_request(const struct envelope *envelope, struct arena *arena, uint64_t *id,
                      struct gate_request *request);

struct envelope_answer {
    uint64_t id;
    enum gate_binding binding;
    const uint8_t *token; /* SESSION_TOKEN bytes */
    bool close;
    const uint8_t *frames;
    size_t length;
};

bool envelope_reply(const struct envelope *envelope, struct envelope_answer *answer);
bool envelope_id(const struct envelope *envelope, uint64_t *id); /* of ENVELOPE_CANCEL */

#endif
