/* Shared by connection*.c only. */
#ifndef HALLDESK_CONNECTION_PRIVATE_H
#define HALLDESK_CONNECTION_PRIVATE_H

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "client/connection.h"

enum {
    CONNECTION_SILENCE = 10000,   /* milliseconds, default of settings.silence */
    CONNECTION_CONNECT = 5000,    /* milliseconds for connect, handshake and welcome */
    CONNECTION_RETRY_FIRST = 20,  /* milliseconds before the line is opened again … */
    CONNECTION_RETRY_LAST = 2000, /* … doubled up to this, with jitter: thousands come back */
    CONNECTION_AGAIN = 100,       /* milliseconds before asking after a call "in progress" */
    CONNECTION_READ = 16384,
};

enum transport { TRANSPORT_UNIX, TRANSPORT_TCP, TRANSPORT_TLS };

enum line_phase {
    PHASE_NONE,       /* no descriptor */
    PHASE_CONNECTING, /* TCP */
    PHASE_HANDSHAKE,  /* TLS */
    PHASE_GREETING,   /* hello is out */
    PHASE_OPEN,
};

/* One slot: at most one unanswered request. */
struct slot {
    bool busy;
    bool sign_in;
    uint64_t sequence;   /* of the request, or of the last one */
    struct writer frame; /* the whole request, kept until it is answered */
    int64_t deadline;    /* 0: none */
    int64_t again;       /* when to send it again; 0: not */
    connection_answered answered;
    connection_progressed progressed;
    void *context;
};

struct connection {
    struct connection_events events;
    enum transport transport;
    char *host; /* or path */
    char *port;
    char *authority;
    char *language;
    char *encoding;
    char *client;
    char *line;
    int patience;
    int silence;

    enum connection_state state;
    enum status refusal;
    char refusal_text[256];
    char server[128];
    int64_t clock_offset;

    enum line_phase phase;
    int descriptor;
    unsigned generation; /* of the line: counts how often one was given up */
    SSL_CTX *tls_context;
    SSL *tls;
    bool tls_wants_write;
    int64_t phase_deadline;
    int64_t retry_at; /* 0: no retry is due */
    int retry_wait;
    int64_t lost_since;
    int64_t heard; /* when bytes last came */
    bool pinged;

    bool bound;
    uint8_t token[SESSION_TOKEN];
    uint64_t sign_in_sequence;
    struct slot slots[SESSION_SLOTS];
    struct slot sign_in;

    struct writer out;
    size_t out_sent;
    uint8_t *in;
    size_t in_length;
    size_t in_capacity;
    struct deflater *deflater;
    struct writer inflated;
};

int64_t connection_now(void); /* milliseconds, monotonic */

/* connection_line.c: a socket, perhaps with TLS around it. */
bool wire_address(struct connection *connection, const char *address);
void wire_start(struct connection *connection); /* ends in connection_line_lost() on failure */
void wire_stop(struct connection *connection);
/* Goes on with connecting and handshake, then writes and reads. */
void wire_advance(struct connection *connection);

/* connection.c */
void connection_line_ready(struct connection *connection); /* hello may go out */
void connection_line_lost(struct connection *connection, const char *why);
void connection_bytes(struct connection *connection, const uint8_t *bytes, size_t length);

/* connection_frame.c: false ends the line. */
bool connection_frame(struct connection *connection, const struct frame *frame);
void connection_resume(struct connection *connection, bool resumed);
void connection_fail(struct connection *connection, enum status status, const char *text);
void connection_settle(struct connection *connection, struct slot *slot, enum status status,
                       const uint8_t *body, size_t length);

#endif
