/* The loop of a worker. */
#include "server/process/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "protocol/arena.h"
#include "protocol/fault.h"
#include "server/process/channel.h"
#include "server/process/log.h"

enum {
    WORKER_IDLE = 1000,    /* milliseconds between calls of gate_idle() */
    WORKER_FAREWELL = 5,   /* idle rounds to wait for a gateway that does not let it go */
    WORKER_SEND = 30000,   /* milliseconds for the gateway to take a reply */
    WORKER_RECONNECT = 20, /* milliseconds between attempts to reach the gateway */
    WORKER_GRACE = 30,     /* seconds over the statement time-out before it counts as stuck */
};

struct worker_self {
    const struct worker_start *start;
    struct channel channel;
    struct gate *gate;
    struct arena *arena;
    int descriptor;   /* of the channel: the same number for life, the gate polls it */
    uint64_t current; /* id of the request in the gate */
    bool lost;        /* the gateway hung up while a request was running */
    bool leaving;
    int farewell; /* idle rounds since it asked to leave */
    int64_t requests;
    unsigned watchdog; /* seconds */
    char path[128];
};

static volatile sig_atomic_t worker_ending;

static void worker_signal(int number)
{
    (void)number;
    worker_ending = 1;
}

/* While a request runs, the gateway sends nothing but cancels. */
static bool worker_interrupted(void *context)
{
    struct worker_self *self = context;
    struct envelope envelope;
    bool broken = false;
    bool interrupted = false;
    uint64_t id = 0;
    if (self->lost)
        return true;
    if (channel_receive(&self->channel) == CHANNEL_CLOSED)
        self->lost = true;
    while (channel_next(&self->channel, &envelope, &broken))
        if (envelope.type == ENVELOPE_CANCEL && envelope_id(&envelope, &id) && id == self->current)
            interrupted = true;
    if (broken)
        self->lost = true;
    /* Without a gateway nobody can hear the answer: the terminal will ask again. */
    return interrupted || self->lost;
}

/* A cancel that came in the same read as its request stands in the buffer, where no poll sees it.
 */
static bool worker_cancelled(struct worker_self *self)
{
    struct envelope envelope;
    bool broken = false;
    bool cancelled = false;
    uint64_t id = 0;
    while (channel_next(&self->channel, &envelope, &broken))
        if (envelope.type == ENVELOPE_CANCEL && envelope_id(&envelope, &id) && id == self->current)
            cancelled = true;
    return cancelled;
}

static void worker_refuse(const struct gate_request *request, struct gate_reply *reply)
{
    struct reader reader;
    reader_initialise(&reader, request->body, request->length);
    uint8_t slot = reader_u8(&reader);
    uint64_t sequence = reader_unsigned(&reader);
    size_t offset = frame_begin(&reply->frames, FRAME_REPLY);
    writer_u8(&reply->frames, slot);
    writer_unsigned(&reply->frames, sequence);
    writer_unsigned(&reply->frames, STATUS_CANCELLED);
    writer_text(&reply->frames, "");
    frame_finish(&reply->frames, offset);
}

static void worker_sleep(int milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static bool worker_ends(void)
{
    sigset_t pending;
    return worker_ending || (sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1);
}

/* Connects, again under the same descriptor; false if the end comes first. */
static bool worker_connect(struct worker_self *self)
{
    for (bool said = false; !worker_ends(); worker_sleep(WORKER_RECONNECT)) {
        int descriptor = channel_connect(self->path);
        if (descriptor >= 0 && self->descriptor >= 0) {
            bool moved = dup3(descriptor, self->descriptor, O_CLOEXEC) >= 0;
            close(descriptor);
            descriptor = moved ? self->descriptor : -1;
        }
        if (descriptor >= 0) {
            self->descriptor = descriptor;
            self->lost = false;
            channel_initialise(&self->channel, descriptor);
            return true;
        }
        if (!said)
            log_write(LOG_WARNING, "gateway %zu cannot be reached: %s", self->start->gateway,
                      strerror(errno));
        said = true;
    }
    return false;
}

static bool worker_ready(struct worker_self *self)
{
    channel_send_ready(&self->channel, (enum channel_role)self->start->worker_class);
    return channel_flush_all(&self->channel, WORKER_SEND) == CHANNEL_FINE;
}

/* The gateway is gone: find the one that took its place. */
static bool worker_reconnect(struct worker_self *self)
{
    do {
        self->channel.descriptor = -1; /* stays open until it is replaced */
        channel_release(&self->channel);
        if (self->leaving || !worker_connect(self))
            return false;
    } while (!worker_ready(self));
    return true;
}

static void worker_leave(struct worker_self *self)
{
    if (self->leaving)
        return;
    self->leaving = true;
    channel_begin(&self->channel, ENVELOPE_LEAVE);
    channel_finish(&self->channel);
}

static bool worker_request(struct worker_self *self, const struct envelope *envelope)
{
    struct gate_request request = {0};
    struct gate_reply reply = {0};
    arena_reset(self->arena);
    uint64_t id = 0;
    if (!envelope_request(envelope, self->arena, &id, &request)) {
        log_write(LOG_ERROR, "the gateway sent a senseless request");
        return false;
    }
    /* The body must outlive channel_receive() in worker_interrupted(). */
    uint8_t *body = arena_allocate(self->arena, request.length + 1, 1);
    memcpy(body, request.body, request.length);
    request.body = body;
    writer_initialise(&reply.frames, CHANNEL_LIMIT / 2);
    self->current = id;
    alarm(self->watchdog); /* the default action ends a worker that is stuck outside the database */
    if (request.type == FRAME_CALL && worker_cancelled(self))
        worker_refuse(&request, &reply);
    else
        gate_handle(self->gate, &request, &reply);
    alarm(0);
    self->current = 0;
    if (self->lost) {
        writer_release(&reply.frames);
        return false;
    }
    channel_send_reply(&self->channel, id, &reply);
    writer_release(&reply.frames);
    if (++self->requests >= self->start->configuration->worker_requests)
        worker_leave(self);
    return channel_flush_all(&self->channel, WORKER_SEND) == CHANNEL_FINE;
}

/* False when the channel is of no use any more. */
static bool worker_serve(struct worker_self *self)
{
    struct envelope envelope;
    bool broken = false;
    enum channel_state state = channel_receive(&self->channel);
    while (channel_next(&self->channel, &envelope, &broken)) {
        if (envelope.type == ENVELOPE_REQUEST && !worker_request(self, &envelope))
            return false;
        if (envelope.type != ENVELOPE_REQUEST && envelope.type != ENVELOPE_CANCEL)
            broken = true; /* a cancel that comes behind the reply has missed it */
        if (broken)
            break;
    }
    return !broken && state == CHANNEL_FINE;
}

/* Waits for the gateway; false to end. */
static bool worker_round(struct worker_self *self, const sigset_t *mask)
{
    struct pollfd entry = {.fd = self->channel.descriptor, .events = POLLIN};
    struct timespec timeout = {.tv_sec = WORKER_IDLE / 1000,
                               .tv_nsec = (long)(WORKER_IDLE % 1000) * 1000000};
    if (worker_ending)
        worker_leave(self);
    if (channel_flush_all(&self->channel, WORKER_SEND) == CHANNEL_CLOSED)
        return worker_reconnect(self);
    int ready = ppoll(&entry, 1, &timeout, mask);
    if (ready == 0 && self->leaving)
        return ++self->farewell < WORKER_FAREWELL;
    if (ready == 0)
        gate_idle(self->gate);
    return ready <= 0 || worker_serve(self) || worker_reconnect(self);
}

int worker_run(const struct worker_start *start)
{
    sigset_t none;
    struct sigaction action = {.sa_handler = worker_signal};
    struct worker_self self = {.start = start, .descriptor = -1};
    int64_t timeout = start->worker_class == VERB_LONG
                          ? start->configuration->statement_timeout_long
                          : start->configuration->statement_timeout_short;
    self.watchdog = (unsigned)(timeout / 1000) + WORKER_GRACE;
    sigemptyset(&none);
    sigaction(SIGTERM, &action, NULL); /* blocked, except while waiting */
    if (!configuration_gateway_path(start->configuration, start->gateway, self.path,
                                    sizeof self.path))
        return EXIT_FAILURE;
    self.arena = arena_create();
    if (!worker_connect(&self))
        return EXIT_SUCCESS;
    self.gate = gate_create(start->configuration, start->forms, start->worker_class,
                            worker_interrupted, &self, self.channel.descriptor);
    if (!self.gate)
        return EXIT_FAILURE;
    gate_idle(self.gate); /* ready means: with a database, if there is one */
    bool serving = worker_ready(&self) || worker_reconnect(&self);
    while (serving)
        serving = worker_round(&self, &none);
    gate_free(self.gate);
    channel_release(&self.channel);
    arena_free(self.arena);
    return EXIT_SUCCESS;
}
