/* The gate: every request of every terminal, script, scheduler and relay passes here, in a worker.
 *
 * Order, always the same: known call → session and permission from the worker's cache → decode to
 * the last byte → one database transaction: gate_open (session, rights epoch, replay slot, clock,
 * scope), loads, writes, history, audit, outbox, replay slot → reply. No handler checks rights. */
#ifndef HALLDESK_GATE_H
#define HALLDESK_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/form.h"
#include "protocol/frame.h"

struct configuration;
struct gate;

struct gate_request {
    enum frame_type type; /* FRAME_CALL, FRAME_SIGN_IN, or FRAME_HELLO to resume */
    const uint8_t *body;  /* inflated */
    size_t length;
    bool has_token;
    uint8_t token[SESSION_TOKEN]; /* of the session bound to the line */
    const char *peer;             /* address for the operation log: "10.1.2.3", "local:30127" */
    const char *line;             /* what the terminal says its line is */
    const char *language;         /* "zh" or "en" */
};

enum gate_binding { BINDING_KEEP = 0, BINDING_SET, BINDING_DROP };

struct gate_reply {
    struct writer frames;      /* whole frames for the terminal, deflated where worth it */
    enum gate_binding binding; /* what the gateway does with the line's token */
    uint8_t token[SESSION_TOKEN];
    bool close; /* close the line behind the frames */
};

/* One per worker process, made after the fork. `forms` is the parsed image shared by all. Returns
 * NULL after logging if the configuration is unusable; a database that is away is not an error.
 * `interrupted` is asked while a query runs; true cancels it (the gateway said so). */
struct gate *gate_create(const struct configuration *configuration, const struct form_set *forms,
                         enum verb_class worker, bool (*interrupted)(void *), void *context,
                         int interrupt_socket);
void gate_free(struct gate *gate);
/* Answers one request; always leaves at least one frame in the reply (released by the caller). */
void gate_handle(struct gate *gate, const struct gate_request *request, struct gate_reply *reply);
/* Between requests: connects ahead of need, keeps the connection alive. Call when idle for a
 * second and once after creation. */
void gate_idle(struct gate *gate);

/* Which class of worker a FRAME_CALL body needs, read by the gateway without decoding more than
 * form and verb; VERB_SHORT for an unknown one (the worker refuses it). */
enum verb_class gate_class(const struct form_set *forms, const uint8_t *body, size_t length);

#endif
