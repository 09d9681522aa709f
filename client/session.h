/* Calls to the server, one after the other as the person works: keys are held while an answer is
 * awaited, so type-ahead is resolved in order. */
#ifndef HALLDESK_SESSION_H
#define HALLDESK_SESSION_H

#include "client/application.h"
#include "protocol/fault.h"

struct answer {
    enum status status;
    struct arena *arena; /* what is decoded from the answer */
    struct writer bytes;
    struct reader reader; /* over the bytes */
};

/* Makes a call and waits. `body` may be NULL. Release the answer in any case. Locked terminals are
 * unlocked and lines repaired inside; Ctrl-C cancels. */
void session_call(struct application *application, uint16_t form, uint32_t hash, uint16_t verb,
                  const struct writer *body, struct answer *answer);
void answer_release(struct answer *answer);
/* Says in the message row why a call was refused; type-ahead is thrown away. Faults are said as
 * the first of them. */
void session_refused(struct application *application, struct answer *answer);
/* The text of a status with its parameter, in the arena of the answer. */
const char *session_status_text(struct application *application, const struct answer *answer);
/* The text of a fault, in the arena. */
const char *session_fault_text(struct application *application, const struct fault *fault,
                               struct arena *arena);
/* Signs in and waits; STATUS_OK or the refusal. */
void session_sign_in(struct application *application, const char *staff, const char *password,
                     const char *new_password, bool take_over, struct answer *answer);
/* Events of the connection: states and pushes. */
extern const struct connection_events session_events;

#endif
