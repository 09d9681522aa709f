/* The relay: messages to and from neighbours, in order within a stream, each exactly once.
 *
 * What is business (which messages are due, what a received one means) stands behind struct
 * relay_business; how a message travels behind struct relay_transport. relay_forms.c binds the
 * first to operations, relay_file.c the second to files in agreed directories. */
#ifndef HALLDESK_RELAY_H
#define HALLDESK_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/process/configuration.h"

struct arena;

enum {
    RELAY_BATCH = 50,      /* messages a round: one neighbour must not starve the others */
    RELAY_PAYLOAD = 65536, /* longest message: a text of a record */
    RELAY_REASON = 256,
};

struct relay_message {
    int64_t id; /* ours; part of what the neighbour sees */
    const char *neighbour;
    const char *stream;
    int64_t sequence;
    const char *type;
    const char *payload;
    int64_t attempts; /* deliveries that failed before */
};

struct relay_arrival {
    const char *neighbour;
    const char *external_id; /* theirs, unique within the neighbour */
    const char *type;
    const char *payload;
    char reason[RELAY_REASON]; /* of a refusal */
};

enum relay_receipt {
    RELAY_TAKEN,   /* worked on, now or at an earlier attempt */
    RELAY_REFUSED, /* it will never be taken: a person must look */
    RELAY_LATER,   /* no server, no database: try again */
};

struct relay_business {
    void *context;
    /* Heads of streams that are due; false when nothing can be learned now. */
    bool (*claim)(void *context, struct arena *arena, struct relay_message **list, size_t *count);
    bool (*confirm)(void *context, struct arena *arena, const struct relay_message *message);
    /* Not delivered; `poisoned` stops the stream until a person acts. */
    bool (*fail)(void *context, struct arena *arena, const struct relay_message *message,
                 const char *reason, bool poisoned);
    enum relay_receipt (*receive)(void *context, struct arena *arena,
                                  struct relay_arrival *arrival);
};

struct relay_transport {
    void *context;
    /* False with a reason (RELAY_REASON bytes); delivering the same message again must be
     * harmless. *hopeless is set if no repetition can help. */
    bool (*deliver)(void *context, const struct relay_message *message, char *reason,
                    bool *hopeless);
    /* Next arrival, oldest first; false if there is none. `name` identifies it to settle(). */
    bool (*next)(void *context, struct arena *arena, struct relay_arrival *arrival,
                 const char **name);
    /* Taken and refused arrivals leave the inbox, others stay. */
    void (*settle)(void *context, const struct relay_arrival *arrival, const char *name,
                   enum relay_receipt receipt);
    void (*rewind)(void *context); /* begin to look again */
};

/* One round over outbox and inboxes; returns how many messages moved. `attempts`: deliveries of
 * one message before its stream stops. */
size_t relay_round(const struct relay_business *business, const struct relay_transport *transport,
                   int64_t attempts);

/* relay_file.c */
struct relay_files;
struct relay_files *relay_files_create(const struct configuration *configuration);
void relay_files_free(struct relay_files *files);
struct relay_transport relay_files_transport(struct relay_files *files);

/* relay_forms.c */
struct service_client;
struct relay_business relay_forms_business(struct service_client *client);

#endif
