/* Calls and what becomes of their answers. */
#include "client/session.h"

#include <stdio.h>
#include <string.h>

#include "client/view/lock.h"
#include "protocol/record.h"
#include "protocol/system.h"
#include "server/forms/message_read.h"

enum {
    SHOW_AFTER = 4, /* steps of 100 ms after which waiting is said */
    PARAMETER_LIMIT = 4096,
    LAST_STEPS = 30,   /* of 100 ms, that a call may take when the terminal is gone */
    AGAIN_LIMIT = 100, /* times that "in progress" is asked again */
    AGAIN_PAUSE = 100, /* ms */
};

struct waiting {
    bool answered;
    enum status status;
    struct writer *bytes;
    uint64_t done;
    uint64_t of;
    bool progressed;
};

static void waiting_answered(void *context, const struct connection_reply *reply)
{
    struct waiting *waiting = context;
    waiting->answered = true;
    waiting->status = reply->status;
    writer_clear(waiting->bytes);
    writer_bytes(waiting->bytes, reply->body, reply->length);
}

static void waiting_progressed(void *context, uint64_t done, uint64_t of)
{
    struct waiting *waiting = context;
    waiting->done = done;
    waiting->of = of;
    waiting->progressed = true;
}

static void waiting_show(struct application *application, const struct waiting *waiting)
{
    char done[32];
    char of[32];
    if (connection_state(application->connection) != CONNECTION_OPEN) {
        application_say(application, CELL_WARNING, "client.repeating", NULL);
    } else if (waiting->progressed) {
        snprintf(done, sizeof done, "%llu", (unsigned long long)waiting->done);
        snprintf(of, sizeof of, "%llu", (unsigned long long)waiting->of);
        application_say(application, CELL_PLAIN,
                        waiting->of > 0 ? "client.progress" : "client.progress_open", done, of,
                        NULL);
    } else {
        application_say(application, CELL_PLAIN, "client.working", NULL);
    }
}

/* Until answered; `slot` is cancelled by Ctrl-C or F12, -1: cannot be. */
static void waiting_run(struct application *application, struct waiting *waiting, int slot)
{
    bool said = false;
    for (int step = 0; !waiting->answered; step++) {
        if (application->done && step < LAST_STEPS) { /* no terminal any more: a last draft */
            connection_wait(application->connection, 100);
            continue;
        }
        if (!application_pump(application, 100)) {
            waiting->status = STATUS_SESSION_ENDED;
            break;
        }
        if (waiting->answered)
            break;
        if (connection_state(application->connection) == CONNECTION_CLOSED) {
            waiting->status = STATUS_SESSION_ENDED;
            break;
        }
        if (slot >= 0 && (terminal_take_key(application->terminal, KEYS_INTERRUPT) ||
                          terminal_take_key(application->terminal, KEYS_F12))) {
            connection_cancel(application->connection, slot);
            application_say(application, CELL_WARNING, "client.cancelling", NULL);
        } else if (step >= SHOW_AFTER) {
            waiting_show(application, waiting);
            said = true;
        }
    }
    if (said)
        application_say_text(application, CELL_PLAIN, "");
}

static void answer_begin(struct answer *answer)
{
    *answer = (struct answer){.status = STATUS_INTERNAL, .arena = arena_create()};
    writer_initialise(&answer->bytes, FRAME_REPLY_LIMIT);
}

static void call_once(struct application *application, const struct connection_call *form_call,
                      struct answer *answer)
{
    struct waiting waiting = {.bytes = &answer->bytes};
    struct connection_call call = *form_call;
    call.answered = waiting_answered;
    call.progressed = waiting_progressed;
    call.context = &waiting;
    int slot = connection_call(application->connection, &call);
    if (slot < 0) {
        answer->status = STATUS_SESSION_ENDED;
        return;
    }
    waiting_run(application, &waiting, slot);
    answer->status = waiting.status;
    if (!waiting.answered) { /* the connection must not write into a frame that is gone */
        application->session_ended = true;
        connection_close(application->connection);
        answer->status = STATUS_SESSION_ENDED;
    }
}

void session_call(struct application *application, uint16_t form, uint32_t hash, uint16_t verb,
                  const struct writer *body, struct answer *answer)
{
    answer_begin(answer);
    struct connection_call call = {
        .form = form,
        .form_hash = hash,
        .verb = verb,
        .body = body != NULL ? body->bytes : NULL,
        .length = body != NULL ? body->length : 0,
    };
    if (body != NULL && body->failed) {
        answer->status = STATUS_TOO_LARGE;
    } else {
        bool own = form == 0 && (verb == SYSTEM_LOCK || verb == SYSTEM_UNLOCK);
        for (int again = 0; again < AGAIN_LIMIT; again++) {
            call_once(application, &call, answer);
            if (answer->status == STATUS_LOCKED && !own && lock_ask(application))
                continue;
            if (answer->status != STATUS_IN_PROGRESS)
                break;
            application_pump(application, AGAIN_PAUSE);
        }
    }
    if (answer->status == STATUS_NOT_SIGNED_IN || answer->status == STATUS_SESSION_ENDED)
        application->session_ended = true;
    reader_initialise(&answer->reader, answer->bytes.bytes, answer->bytes.length);
}

void session_sign_in(struct application *application, const char *staff, const char *password,
                     const char *new_password, bool take_over, struct answer *answer)
{
    struct waiting waiting = {0};
    answer_begin(answer);
    waiting.bytes = &answer->bytes;
    if (connection_sign_in(application->connection, staff, password, new_password, take_over,
                           waiting_answered, &waiting)) {
        waiting_run(application, &waiting, -1);
        answer->status = waiting.answered ? waiting.status : STATUS_SESSION_ENDED;
        if (!waiting.answered)
            connection_close(application->connection);
    } else {
        answer->status = STATUS_UNAVAILABLE;
    }
    reader_initialise(&answer->reader, answer->bytes.bytes, answer->bytes.length);
}

void answer_release(struct answer *answer)
{
    writer_release(&answer->bytes);
    arena_free(answer->arena);
}

const char *session_fault_text(struct application *application, const struct fault *fault,
                               struct arena *arena)
{
    const struct label text = {fault->text_zh, fault->text_en};
    if (fault->text_zh != NULL && fault->text_en != NULL)
        return message_fill(application_label(application, &text), fault->parameter_count,
                            fault->parameters, arena);
    return message_format(application->messages, application->language, fault->name,
                          fault->parameter_count, fault->parameters, arena);
}

const char *session_status_text(struct application *application, const struct answer *answer)
{
    struct reader reader = answer->reader;
    const char *parameter = "";
    if (answer->status == STATUS_FAULTS) {
        struct faults faults;
        faults_initialise(&faults, answer->arena);
        if (faults_decode(&reader, &faults) && faults.count > 0)
            return session_fault_text(application, &faults.list[0], answer->arena);
    } else if (answer->status != STATUS_CHANGED && answer->bytes.length > 0) {
        parameter = reader_text(&reader, answer->arena, PARAMETER_LIMIT);
    }
    const char *name =
        (unsigned)answer->status < STATUS_COUNT ? status_names[answer->status] : NULL;
    if (name == NULL || message_find(application->messages, name) == NULL) {
        const char *number = arena_format(answer->arena, "%u", (unsigned)answer->status);
        return message_format(application->messages, application->language, "client.status_unknown",
                              2, (const char *[]){number, parameter}, answer->arena);
    }
    return message_format(application->messages, application->language, name, 1, &parameter,
                          answer->arena);
}

void session_refused(struct application *application, struct answer *answer)
{
    application_refuse_text(application, session_status_text(application, answer));
}

/* --- events ---------------------------------------------------------------------------------- */

static void session_state(void *context, enum connection_state state)
{
    struct application *application = context;
    if (state == CONNECTION_LOST)
        application_say(application, CELL_WARNING, "client.repeating", NULL);
    else if (state == CONNECTION_OPEN && application->signed_in)
        application_say_text(application, CELL_PLAIN, "");
    else if (state == CONNECTION_CLOSED && application->signed_in)
        application->session_ended = true;
}

static void notice_show(struct application *application, const char *payload)
{
    const char *tab = strchr(payload, '\t');
    char name[128];
    size_t length = tab != NULL ? (size_t)(tab - payload) : strlen(payload);
    application->notices++;
    if (length < sizeof name) {
        memcpy(name, payload, length);
        name[length] = '\0';
        if (message_find(application->messages, name) != NULL) {
            application_say(application, CELL_MARK, name, tab != NULL ? tab + 1 : "", NULL);
            return;
        }
    }
    application_say_text(application, CELL_MARK, tab != NULL ? tab + 1 : payload);
}

static void session_push(void *context, uint64_t kind, const uint8_t *body, size_t length)
{
    struct application *application = context;
    struct reader reader;
    struct arena *arena = arena_create();
    reader_initialise(&reader, body, length);
    switch (kind) {
    case PUSH_NOTICE:
        notice_show(application, reader_text(&reader, arena, PARAMETER_LIMIT));
        application->work_moved = true;
        break;
    case PUSH_CATALOGUE:
        application->catalogue_moved = true;
        break;
    case PUSH_SESSION_ENDED:
        application->session_ended = true;
        break;
    case PUSH_WORK:
        application->work_moved = true;
        application_say(application, CELL_MARK, "client.work_waits", NULL);
        break;
    default:
        break; /* a newer server's: nothing is lost */
    }
    arena_free(arena);
}

const struct connection_events session_events = {.state = session_state, .push = session_push};
