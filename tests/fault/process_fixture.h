/* A real server (halldeskd with the stub gate) in a directory of its own, for tests of the
 * processes; and TAP. */
#ifndef HALLDESK_PROCESS_FIXTURE_H
#define HALLDESK_PROCESS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/fault/gate_stub.h"

struct fixture {
    char directory[64];
    char socket[96];   /* where terminals connect */
    char address[104]; /* "unix:…" */
    char tls[64];      /* "tls:localhost:PORT", "" without TLS */
    uint16_t port;
    char certificate[96];
    char log[96];
    char configuration[96];
    pid_t master;
    struct stub_state *state;
};

enum { FIXTURE_CHILDREN = 256 };

struct child_seen {
    pid_t pid;
    char title[32]; /* "gateway-0" */
};

/* Starts a server; `settings` are further lines of the configuration. Ends the test if it does
 * not come up. */
void fixture_start(struct fixture *fixture, bool tls, const char *settings);
/* Writes the configuration anew (before SIGHUP). */
void fixture_configure(struct fixture *fixture, bool tls, const char *settings);
/* SIGTERM, and waits; the exit status, -1 if it had to be killed. */
int fixture_stop(struct fixture *fixture);
/* Running children of the master. */
size_t fixture_children(const struct fixture *fixture, struct child_seen *list);
/* Pid of the child with this title, 0 if there is none. */
pid_t fixture_child(const struct fixture *fixture, const char *title);
/* How often the text stands in the log. */
size_t fixture_logged(const struct fixture *fixture, const char *text);
int64_t fixture_now(void); /* milliseconds, monotonic */
/* Calls until it is true, or until the deadline; what it said last. */
bool fixture_until(bool (*condition)(void *), void *context, int milliseconds);

/* Raw lines, for what the connection library would never send. */
int raw_connect(const struct fixture *fixture);
/* A whole good hello and its WELCOME. */
int raw_greeted(const struct fixture *fixture);
void raw_send(int descriptor, const void *bytes, size_t length);
/* Next frame's type, its body in `body` (at most `size`, *length receives it); 0 at the end of the
 * line, -1 after ten seconds of nothing. */
int raw_frame(int descriptor, uint8_t *body, size_t size, size_t *length);
/* True if the next frame is FRAME_REFUSE with the status and the line ends behind it. */
bool raw_refused(int descriptor, unsigned status);

void tap_ok(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
int tap_done(void); /* prints the plan; exit status */

#endif
