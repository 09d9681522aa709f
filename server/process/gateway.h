/* A gateway: one process, one epoll loop, terminals on one side and workers on the other.
 *
 * It holds sockets, buffers and opaque tokens: no identity, no database. This header is shared by
 * the gateway's own files; others use gateway_run() only. */
#ifndef HALLDESK_GATEWAY_H
#define HALLDESK_GATEWAY_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/fault.h"
#include "server/process/channel.h"
#include "server/process/configuration.h"

/* Shared by master and gateways, so that lines spread evenly. */
struct board {
    atomic_uint lines[CONFIGURATION_GATEWAYS]; /* of each gateway; UINT32_MAX: not running */
};

struct gateway_start {
    const struct configuration *configuration;
    const struct form_set *forms;
    size_t index;
    const int *listeners;    /* configuration->listener_count descriptors */
    int door;                /* listening socket for workers, kept open by the master */
    const char *certificate; /* PEM texts; NULL without TLS */
    const char *key;
    struct board *board;
};

/* Runs until SIGTERM; the exit status of the process. */
int gateway_run(const struct gateway_start *start);
/* NULL with the reason in `why` if certificate and key are not usable. */
SSL_CTX *gateway_tls_create(const char *certificate, const char *key, char *why, size_t size);

/* --- shared by gateway*.c --- */

enum {
    LINE_REQUESTS = 4 * SESSION_SLOTS, /* calls in flight and waiting before reading stops */
    LINE_UNSIGNED_LIMIT = 8192,        /* longest frame before sign-in */
    LINE_LINGER = 2000,                /* milliseconds for the peer to take our last word */
    LINE_REFUSED_SPARE = 256,          /* lines over the limit that hear a readable refusal */
    REQUEST_ATTEMPTS = 3,              /* workers that one request may cost */
    GATEWAY_READ = 64 << 10,
    GATEWAY_COMPLAINTS = 20, /* log lines about peers per second: a flood must not fill the disk */
};

enum source_kind { SOURCE_LISTENER, SOURCE_LINE, SOURCE_DOOR, SOURCE_WORKER };

/* First member of everything that epoll reports. */
struct source {
    enum source_kind kind;
    int descriptor; /* -1: closed */
};

enum line_state {
    LINE_HANDSHAKE, /* TLS */
    LINE_HELLO,     /* nothing but FRAME_HELLO may come */
    LINE_RESUMING,  /* a worker looks at the token */
    LINE_OPEN,
    LINE_FLUSHING,  /* the last frames are on their way out */
    LINE_LINGERING, /* waiting for the peer to hang up */
    LINE_CLOSED,
};

/* Reasons to leave bytes in the socket. */
enum line_pause {
    PAUSE_RESUMING = 1 << 0,
    PAUSE_BUFFER = 1 << 1,
    PAUSE_RATE = 1 << 2,
    PAUSE_ENDING = 1 << 3,
};

/* Lines in order of their deadline; each list has one constant time-out. */
enum timer { TIMER_HELLO, TIMER_KEEPALIVE, TIMER_LINGER, TIMERS, TIMER_NONE = TIMERS };

struct request;

struct line {
    struct source source;
    uint8_t state; /* enum line_state */
    uint8_t timer; /* enum timer */
    uint8_t pause; /* enum line_pause */
    bool english;  /* language */
    bool local;    /* unix socket */
    bool pinged;
    bool writing;   /* EPOLLOUT is asked for */
    bool reading;   /* EPOLLIN is asked for */
    bool bound;     /* token is valid */
    bool continued; /* stands in the gateway's list of lines to read again */
    uint8_t request_count;
    uint8_t token[SESSION_TOKEN];
    uint64_t token_key; /* first bytes of the token's SHA-256 */
    struct line *bucket_next;
    struct line *timer_previous;
    struct line *timer_next;
    int64_t deadline; /* milliseconds, monotonic */
    int64_t last_call;
    int64_t window; /* second in which `frames` are counted */
    int64_t frames;
    SSL *tls;
    char *names; /* peer, NUL, line, NUL */
    uint8_t *in; /* incomplete or unread frames; NULL while parked */
    size_t in_length;
    size_t in_capacity;
    uint8_t *out; /* unsent bytes; NULL while parked */
    size_t out_length;
    size_t out_sent;
    size_t out_capacity;
    size_t request_bytes;
    struct request *requests; /* oldest first */
    struct line *paused_next; /* list of lines with PAUSE_RATE */
    struct line *continued_next;
};

enum request_state {
    REQUEST_BLOCKED, /* an earlier one of its slot is not answered */
    REQUEST_QUEUED,
    REQUEST_RUNNING,
};

struct request {
    struct line *line; /* NULL: the terminal is gone */
    struct request *line_next;
    struct request *previous; /* in the queue */
    struct request *next;
    uint64_t id;
    uint64_t sequence;
    int64_t deadline;
    enum request_state state;
    enum verb_class worker_class;
    enum frame_type type;
    uint8_t slot;
    uint8_t attempts;
    bool cancelled;
    size_t length;
    uint8_t body[];
};

enum worker_state { WORKER_NEW, WORKER_FREE, WORKER_RUNNING, WORKER_PEER, WORKER_CLOSED };

struct worker {
    struct source source;
    struct channel channel;
    enum worker_state state;
    enum channel_role role;
    bool leaving;
    bool writing;
    uint32_t pid;
    struct request *request;
    struct worker *previous; /* all of them */
    struct worker *next;
    struct worker *free_next;
};

struct queue {
    struct request *first;
    struct request *last;
    size_t length;
    struct worker *free;
    size_t workers;
};

struct line_list {
    struct line *first;
    struct line *last;
};

struct gateway {
    struct configuration configuration; /* own copy: a reload changes members */
    const struct form_set *forms;
    struct arena *reload_arena; /* holds `forms` after a reload */
    size_t index;
    struct board *board;
    int epoll;
    struct source *listeners;
    struct source door;
    int64_t accept_again; /* when listeners left to others are looked at again; 0: now */
    bool accepting;
    SSL_CTX *tls;
    int64_t now; /* milliseconds, monotonic */
    int64_t second;
    size_t complaints; /* in this second */
    bool draining;
    size_t line_count;
    struct line_list timers[TIMERS];
    struct line *paused;
    struct line *continued; /* reading may go on, at the end of the round */
    struct line *graveyard; /* closed in this round; linked by timer_next */
    struct worker *workers;
    struct worker *worker_graveyard;
    struct queue queues[VERB_AUTH + 1];
    uint64_t last_id;
    struct line **buckets;
    size_t bucket_count; /* power of two */
    size_t bound_count;
    uint8_t read[GATEWAY_READ];
};

/* gateway.c */
void gateway_complain(struct gateway *gateway, const struct line *line, const char *why);

/* gateway_line.c */
void line_accept(struct gateway *gateway, struct source *listener, bool tls, bool local);
void line_event(struct gateway *gateway, struct line *line, uint32_t events);
void line_send(struct gateway *gateway, struct line *line, const void *bytes, size_t length);
void line_close(struct gateway *gateway, struct line *line);
/* Closes behind what is still to be sent. */
void line_finish(struct gateway *gateway, struct line *line);
/* FRAME_REFUSE with the status, and the end; `why` (for the log) may be NULL. */
void line_refuse(struct gateway *gateway, struct line *line, enum status status,
                 const char *parameter, const char *why);
void line_stop(struct gateway *gateway, struct line *line, enum line_pause pause);
void line_continue(struct gateway *gateway, struct line *line, enum line_pause pause);
size_t line_buffered(const struct line *line);
const char *line_peer(const struct line *line);
const char *line_name(const struct line *line);
void line_timer(struct gateway *gateway, struct line *line, enum timer timer);
void line_timers(struct gateway *gateway); /* everything that is due */
void line_resume_all(struct gateway *gateway);
void line_rate_over(struct gateway *gateway); /* a new second: lines past the rate go on */
int line_wait(const struct gateway *gateway, int longest); /* milliseconds to the next deadline */
void line_bury(struct gateway *gateway);

/* gateway_frame.c: cuts and judges what the terminal sent; returns the bytes used. */
void frame_welcome(struct gateway *gateway, struct line *line, bool resumed);
size_t line_consume(struct gateway *gateway, struct line *line, const uint8_t *bytes,
                    size_t length);

/* gateway_request.c */
void request_add(struct gateway *gateway, struct line *line, const struct frame *frame,
                 uint8_t slot, uint64_t sequence, enum verb_class worker_class);
void request_cancel(struct gateway *gateway, struct line *line, uint8_t slot, uint64_t sequence);
void request_line_gone(struct gateway *gateway, struct line *line);
void request_answer(struct gateway *gateway, struct request *request,
                    const struct envelope_answer *answer);
/* The gateway's own answer. */
void request_fail(struct gateway *gateway, struct request *request, enum status status);
/* Its worker died: another one gets it, or it fails. */
void request_retry(struct gateway *gateway, struct request *request);
void request_dispatch(struct gateway *gateway, enum verb_class worker_class);
void request_timers(struct gateway *gateway);

/* gateway_worker.c */
void worker_accept(struct gateway *gateway);
void worker_event(struct gateway *gateway, struct worker *worker, uint32_t events);
void worker_give(struct gateway *gateway, struct worker *worker, struct request *request);
void worker_cancel(struct gateway *gateway, struct worker *worker, uint64_t id);
void worker_bury(struct gateway *gateway);

/* gateway_session.c */
void session_bind(struct gateway *gateway, struct line *line, const uint8_t *token);
void session_unbind(struct gateway *gateway, struct line *line);
/* Tells the other gateways that the session of this line was resumed here. */
void session_tell(struct gateway *gateway, const struct line *line);
/* A session was resumed on another gateway: the line that had it here hears so. */
void session_taken(struct gateway *gateway, const uint8_t *token);
void session_push(struct gateway *gateway, const uint8_t *hash, const uint8_t *frames,
                  size_t length);

/* gateway_reload.c */
bool gateway_reload(struct gateway *gateway, const struct envelope *envelope);
/* Written by the master: limits, certificate, and which verbs need which workers. */
void gateway_reload_encode(struct channel *channel, const struct configuration *configuration,
                           const struct form_set *forms, const char *certificate, const char *key);

#endif
