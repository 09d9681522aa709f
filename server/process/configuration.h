/* What an installation decides: one libconfig file, checked whole before anything starts.
 *
 * One table in configuration.c names every key with its type, default, range, whether a reload
 * takes it over, and why the limit is what it is; parsing, `halldeskd --show-configuration` and
 * the test of man/halldesk.conf.5 follow from it. */
#ifndef HALLDESK_CONFIGURATION_H
#define HALLDESK_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct arena;

enum {
    CONFIGURATION_LISTENERS =
        16, /* most listening sockets: each is a descriptor in every gateway */
    CONFIGURATION_NEIGHBOURS = 64,
    CONFIGURATION_GATEWAYS = 64,
    CONFIGURATION_ERRORS = 50, /* more than a screen of errors helps nobody */
};

enum listener_type { LISTENER_TCP = 1, LISTENER_UNIX };

/* One socket that terminals connect to. */
struct listener_setting {
    enum listener_type type;
    const char *address; /* TCP: numeric IPv4 or IPv6 address */
    uint16_t port;       /* TCP; 0 lets the kernel choose (tests) */
    bool tls;            /* TCP: TLS 1.3 */
    const char *path;    /* unix */
    unsigned mode;       /* unix: permission bits of the socket file */
};

/* One neighbour system that is reached by files in agreed directories. */
struct neighbour_setting {
    const char *name;
    const char *outbox; /* directory: what we send */
    const char *inbox;  /* directory: what they send */
};

/* Members are read-only after configuration_read(); all texts live in the arena given there. */
struct configuration {
    const char *file;
    const char *server_name; /* shown to terminals in FRAME_WELCOME */
    const char *user;        /* children run as this user; "" keeps the starting one */

    size_t listener_count;
    struct listener_setting *listeners;
    const char *tls_certificate; /* PEM chain */
    const char *tls_key;         /* PEM key */

    int64_t gateways;      /* processes; 0 in the file means one per core, resolved here */
    int64_t workers_short; /* over all gateways; at least one each */
    int64_t workers_long;
    int64_t workers_auth;
    int64_t worker_requests; /* a worker is replaced after so many */

    int64_t terminals_per_gateway;
    int64_t terminal_buffer;    /* bytes buffered per terminal before reading stops */
    int64_t calls_per_second;   /* per terminal; 0: no limit */
    int64_t hello_seconds;      /* handshake and hello must be over by then */
    int64_t keepalive_seconds;  /* silence before a ping, and again before the end */
    int64_t idle_minutes;       /* without any call before the line is closed; 0: never */
    int64_t auth_queue;         /* waiting sign-ins per gateway */
    int64_t queue_seconds;      /* a short call waits so long for a worker */
    int64_t queue_long_seconds; /* a long call */
    int64_t drain_seconds;      /* what runs at the end may take so long */

    const char *database;            /* libpq conninfo, role of the application */
    const char *auth_database;       /* conninfo, role that may read credentials */
    const char *replica_database;    /* conninfo of the long workers; "" means database */
    int64_t statement_timeout_short; /* milliseconds */
    int64_t statement_timeout_long;  /* milliseconds */

    const char *forms_directory;
    const char *state_directory;
    const char *run_directory; /* internal sockets */

    int64_t lockout_failures;  /* wrong passwords in a row before a staff number is locked */
    int64_t lockout_minutes;   /* how long; 0: until an administrator unlocks */
    int64_t idle_lock_minutes; /* a terminal without input is locked; 0: never */
    int64_t session_hours;     /* a session left behind is kept so long */
    int64_t sessions_per_staff;
    int64_t password_length; /* characters at least */
    int64_t password_days;   /* a password must be changed after so many; 0: never */

    int64_t notifier_interval;   /* milliseconds */
    int64_t scheduler_interval;  /* milliseconds */
    const char *scheduler_staff; /* service staff number; "" starts no scheduler */
    const char *scheduler_secret;
    int64_t relay_interval;  /* milliseconds */
    const char *relay_staff; /* "" starts no relay */
    const char *relay_secret;
    int64_t relay_attempts; /* deliveries of one message before its stream stops */
    size_t neighbour_count;
    struct neighbour_setting *neighbours;

    bool test_clock; /* a test cluster: business time may be shifted */
};

struct configuration_errors {
    struct arena *arena;
    size_t count;                           /* of list; further ones are dropped */
    const char *list[CONFIGURATION_ERRORS]; /* "file:line: message" */
};

/* Reads and checks the whole file. Returns NULL and all errors found if any is wrong; the result
 * and every text live in errors->arena. */
struct configuration *configuration_read(const char *file, struct configuration_errors *errors);
/* Names the settings that differ although a reload cannot take them over, space separated, in
 * `arena`; "" if there is none. */
const char *configuration_frozen(const struct configuration *running,
                                 const struct configuration *fresh, struct arena *arena);
/* Prints the table of keys; with `configuration` the values in force too, secrets left out. */
void configuration_show(FILE *stream, const struct configuration *configuration);
/* Name of the n-th key, NULL behind the last (checks of the manual page). */
const char *configuration_key(size_t index);
/* Path of the internal socket of gateway `index`, in `buffer`; false if it would not fit. */
bool configuration_gateway_path(const struct configuration *configuration, size_t index,
                                char *buffer, size_t size);

#endif
