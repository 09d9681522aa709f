/* A terminal's connection to a server: hello, sign-in, calls on slots, pushes, and coming back
 * after a lost line with the same session and the same unanswered requests.
 *
 * It never waits except in connection_wait() and connection_ask(): a program with its own event
 * loop polls connection_descriptor() for connection_events() and calls connection_advance() then,
 * and after connection_timeout() milliseconds at the latest. Callbacks are called from within
 * connection_advance() and connection_wait() only; they may call everything here except
 * connection_free(), connection_wait() and connection_ask(). */
#ifndef HALLDESK_CONNECTION_H
#define HALLDESK_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/buffer.h"
#include "protocol/fault.h"
#include "protocol/frame.h"

struct connection;

enum connection_state {
    CONNECTION_CLOSED,     /* not opened, or over: connection_refusal() says why */
    CONNECTION_CONNECTING, /* for the first time */
    CONNECTION_OPEN,
    CONNECTION_LOST, /* the line broke; it is being opened again: "repeating…" */
};

struct connection_settings {
    const char *address;   /* "unix:/path", "tls:HOST:PORT", "tcp:HOST:PORT"; IPv6 in brackets */
    const char *authority; /* tls: PEM file of those who may sign the server; NULL: the system's */
    const char *language;  /* "zh" or "en" */
    const char *encoding;  /* "UTF-8" or "GB18030" */
    const char *client;    /* program and version */
    const char *line;      /* what the terminal calls its line */
    int patience;          /* milliseconds a lost line is tried again; 0: for ever */
    int silence;           /* milliseconds of silence under a call before the line is asked;
                              0: 10,000 */
};

struct connection_reply {
    enum status status;
    const uint8_t *body; /* behind the status, inflated; valid during the callback */
    size_t length;
};

typedef void (*connection_answered)(void *context, const struct connection_reply *reply);
typedef void (*connection_progressed)(void *context, uint64_t done, uint64_t of);

struct connection_events {
    void *context;
    void (*state)(void *context, enum connection_state state);
    void (*push)(void *context, uint64_t kind, const uint8_t *body, size_t length);
};

struct connection_call {
    uint16_t form;
    uint32_t form_hash;
    uint16_t verb;
    const uint8_t *body; /* copied */
    size_t length;
    int timeout; /* milliseconds; 0: none. Past it the call is cancelled: STATUS_TIMEOUT */
    /* Who repeats a request of an earlier run says under which slot and sequence it went; the next
     * call of that slot follows it. Sequence 0: the library counts. */
    uint8_t slot;
    uint64_t sequence;
    connection_answered answered;
    connection_progressed progressed; /* may be NULL */
    void *context;
};

/* Texts are copied. NULL if the address makes no sense. `events` may be NULL. */
struct connection *connection_create(const struct connection_settings *settings,
                                     const struct connection_events *events);
void connection_free(struct connection *connection);
/* Begins to connect; a connection that is over may be opened again. */
void connection_open(struct connection *connection);
/* Hangs up; unanswered calls are told STATUS_SESSION_ENDED. */
void connection_close(struct connection *connection);

enum connection_state connection_state(const struct connection *connection);
/* Why it is closed: STATUS_OK if it was never refused; the text explains it to an administrator,
 * in English ("" if there is nothing to say). */
enum status connection_refusal(const struct connection *connection, const char **text);
bool connection_signed_in(const struct connection *connection);
const char *connection_server(const struct connection *connection); /* name, "" before WELCOME */
/* Server's clock minus ours at the last WELCOME, microseconds. */
int64_t connection_clock_offset(const struct connection *connection);

int connection_descriptor(const struct connection *connection); /* -1: none now */
short connection_events(const struct connection *connection);   /* for poll() */
int connection_timeout(const struct connection *connection);    /* -1: none */
void connection_advance(struct connection *connection);

/* The answer is FRAME_SIGNED_IN's: the body begins with the token when the status is STATUS_OK.
 * False while another sign-in is unanswered or the line is not open. `new_password` may be "". */
bool connection_sign_in(struct connection *connection, const char *staff, const char *password,
                        const char *new_password, bool take_over, connection_answered answered,
                        void *context);
/* Slot of the call, to be used with connection_cancel(), or -1 while all slots are taken or the
 * connection is closed. While the line is lost, calls wait for it. */
int connection_call(struct connection *connection, const struct connection_call *call);
/* The answer still comes, STATUS_CANCELLED or another if it was quicker. */
void connection_cancel(struct connection *connection, int slot);
size_t connection_unanswered(const struct connection *connection);

/* --- for programs without an event loop --- */

/* Waits up to `milliseconds` for something to happen and handles it. */
void connection_wait(struct connection *connection, int milliseconds);
/* Opens and waits for the WELCOME; STATUS_OK, the refusal, or STATUS_TIMEOUT. */
enum status connection_open_wait(struct connection *connection, int milliseconds);
enum status connection_sign_in_wait(struct connection *connection, const char *staff,
                                    const char *password, const char *new_password, bool take_over,
                                    struct writer *body, int milliseconds);
/* Makes a call and waits; `body` receives the reply's body (cleared first). call->answered and
 * call->context are not used. */
enum status connection_ask(struct connection *connection, const struct connection_call *call,
                           struct writer *body);

#endif
