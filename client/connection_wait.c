/* For programs without an event loop: wait until it is done. */
#include <poll.h>
#include <stdlib.h>

#include "client/connection_private.h"

void connection_wait(struct connection *connection, int milliseconds)
{
    if (connection->out.length > connection->out_sent) {
        connection_advance(connection); /* what was just asked goes out before we wait */
        return;
    }
    int timeout = connection_timeout(connection);
    if (timeout < 0 || (milliseconds >= 0 && milliseconds < timeout))
        timeout = milliseconds;
    struct pollfd entry = {.fd = connection_descriptor(connection),
                           .events = connection_events(connection)};
    poll(&entry, 1, timeout); /* a descriptor of -1 only waits */
    connection_advance(connection);
}

enum status connection_open_wait(struct connection *connection, int milliseconds)
{
    int64_t deadline = connection_now() + milliseconds;
    connection_open(connection);
    while (connection->state == CONNECTION_CONNECTING || connection->state == CONNECTION_LOST) {
        int64_t left = deadline - connection_now();
        if (left <= 0)
            return STATUS_TIMEOUT;
        connection_wait(connection, (int)left);
    }
    return connection->state == CONNECTION_OPEN ? STATUS_OK : connection->refusal;
}

struct answer {
    bool here;
    enum status status;
    struct writer *body;
};

static void answer_keep(void *context, const struct connection_reply *reply)
{
    struct answer *answer = context;
    answer->here = true;
    answer->status = reply->status;
    if (!answer->body)
        return;
    writer_clear(answer->body);
    writer_bytes(answer->body, reply->body, reply->length);
}

enum status connection_sign_in_wait(struct connection *connection, const char *staff,
                                    const char *password, const char *new_password, bool take_over,
                                    struct writer *body, int milliseconds)
{
    struct answer answer = {.body = body};
    int64_t deadline = connection_now() + milliseconds;
    if (!connection_sign_in(connection, staff, password, new_password, take_over, answer_keep,
                            &answer))
        return STATUS_UNAVAILABLE;
    while (!answer.here) {
        int64_t left = deadline - connection_now();
        if (left <= 0) {
            connection->sign_in.busy = false; /* a late answer binds nothing */
            return STATUS_TIMEOUT;
        }
        connection_wait(connection, (int)left);
    }
    return answer.status;
}

enum status connection_ask(struct connection *connection, const struct connection_call *call,
                           struct writer *body)
{
    struct answer answer = {.body = body};
    struct connection_call whole = *call;
    whole.answered = answer_keep;
    whole.context = &answer;
    int slot;
    while ((slot = connection_call(connection, &whole)) < 0) {
        if (connection->state == CONNECTION_CLOSED)
            return connection->refusal ? connection->refusal : STATUS_UNAVAILABLE;
        if (connection_unanswered(connection) < SESSION_SLOTS)
            return STATUS_TOO_LARGE;
        connection_wait(connection, -1);
    }
    while (!answer.here)
        connection_wait(connection, -1);
    return answer.status;
}
