/* The workers of a gateway: they connect, say their class, and get one request at a time.
 *
 * The notifier, the master and other gateways come through the same door with other roles. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/process/gateway.h"
#include "server/process/log.h"

static void worker_watch(struct gateway *gateway, struct worker *worker)
{
    bool writing = channel_pending(&worker->channel);
    if (worker->writing == writing)
        return;
    struct epoll_event event = {.events = EPOLLIN | (writing ? (uint32_t)EPOLLOUT : 0),
                                .data.ptr = worker};
    if (epoll_ctl(gateway->epoll, EPOLL_CTL_MOD, worker->source.descriptor, &event) < 0)
        log_write(LOG_ERROR, "epoll: %s", strerror(errno));
    worker->writing = writing;
}

static void free_list_remove(struct gateway *gateway, struct worker *worker)
{
    struct worker **place = &gateway->queues[worker->role].free;
    while (*place && *place != worker)
        place = &(*place)->free_next;
    if (*place)
        *place = worker->free_next;
    worker->free_next = NULL;
}

static bool worker_serves(const struct worker *worker)
{
    return worker->state == WORKER_FREE || worker->state == WORKER_RUNNING;
}

static void worker_close(struct gateway *gateway, struct worker *worker)
{
    if (worker->state == WORKER_CLOSED)
        return;
    struct request *request = worker->request;
    if (worker->state == WORKER_FREE)
        free_list_remove(gateway, worker);
    if (worker_serves(worker))
        gateway->queues[worker->role].workers--;
    worker->state = WORKER_CLOSED;
    worker->request = NULL;
    worker->source.descriptor = -1;
    channel_release(&worker->channel);
    if (worker->previous)
        worker->previous->next = worker->next;
    else
        gateway->workers = worker->next;
    if (worker->next)
        worker->next->previous = worker->previous;
    worker->free_next = gateway->worker_graveyard;
    gateway->worker_graveyard = worker;
    if (request) {
        log_write(LOG_WARNING, "worker %u was lost with a request", worker->pid);
        request_retry(gateway, request);
    }
}

void worker_bury(struct gateway *gateway)
{
    while (gateway->worker_graveyard) {
        struct worker *worker = gateway->worker_graveyard;
        gateway->worker_graveyard = worker->free_next;
        free(worker);
    }
}

void worker_accept(struct gateway *gateway)
{
    int descriptor = accept4(gateway->door.descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0)
        return;
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    struct worker *worker = NULL;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0 ||
        (credentials.uid != geteuid() && credentials.uid != 0)) {
        log_write(LOG_WARNING, "a stranger knocked at the workers' door");
        goto refused;
    }
    worker = calloc(1, sizeof *worker);
    if (!worker)
        goto refused;
    worker->source = (struct source){.kind = SOURCE_WORKER, .descriptor = descriptor};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = worker};
    if (epoll_ctl(gateway->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0)
        goto refused;
    channel_initialise(&worker->channel, descriptor);
    worker->next = gateway->workers;
    if (worker->next)
        worker->next->previous = worker;
    gateway->workers = worker;
    return;
refused:
    free(worker);
    close(descriptor);
}

static void worker_is_free(struct gateway *gateway, struct worker *worker)
{
    worker->request = NULL;
    if (worker->leaving) {
        worker_close(gateway, worker);
        return;
    }
    worker->state = WORKER_FREE;
    struct queue *queue = &gateway->queues[worker->role];
    worker->free_next = queue->free; /* the last one used is the warmest */
    queue->free = worker;
    request_dispatch(gateway, (enum verb_class)worker->role);
}

void worker_give(struct gateway *gateway, struct worker *worker, struct request *request)
{
    struct line *line = request->line;
    worker->state = WORKER_RUNNING;
    worker->request = request;
    struct gate_request whole = {
        .type = request->type,
        .body = request->body,
        .length = request->length,
        .has_token = line->bound || line->state == LINE_RESUMING,
        .peer = line_peer(line),
        .line = line_name(line),
        .language = line->english ? "en" : "zh",
    };
    if (whole.has_token)
        memcpy(whole.token, line->token, SESSION_TOKEN);
    channel_send_request(&worker->channel, request->id, &whole);
    if (channel_flush(&worker->channel) == CHANNEL_CLOSED)
        worker_close(gateway, worker);
    else
        worker_watch(gateway, worker);
}

void worker_cancel(struct gateway *gateway, struct worker *worker, uint64_t id)
{
    channel_send_cancel(&worker->channel, id);
    if (channel_flush(&worker->channel) == CHANNEL_CLOSED)
        worker_close(gateway, worker);
    else
        worker_watch(gateway, worker);
}

static bool worker_ready(struct gateway *gateway, struct worker *worker,
                         const struct envelope *envelope)
{
    struct reader reader;
    reader_initialise(&reader, envelope->body, envelope->length);
    uint64_t role = reader_u8(&reader);
    worker->pid = reader_u32(&reader);
    if (!reader_end(&reader) || role >= CHANNEL_ROLES || worker->state != WORKER_NEW)
        return false;
    worker->role = (enum channel_role)role;
    if (worker->role > CHANNEL_AUTH) {
        worker->state = WORKER_PEER;
        return true;
    }
    gateway->queues[worker->role].workers++;
    worker_is_free(gateway, worker);
    return true;
}

static bool worker_push(struct gateway *gateway, const struct envelope *envelope)
{
    struct reader reader;
    reader_initialise(&reader, envelope->body, envelope->length);
    const uint8_t *hash = reader_u8(&reader) ? reader_bytes(&reader, CHANNEL_HASH) : NULL;
    size_t length = reader_left(&reader);
    const uint8_t *frames = reader_bytes(&reader, length);
    if (!reader_end(&reader))
        return false;
    session_push(gateway, hash, frames, length);
    return true;
}

/* False if the peer makes no sense: its channel is closed, nothing else happens. */
static bool worker_envelope(struct gateway *gateway, struct worker *worker,
                            const struct envelope *envelope)
{
    struct envelope_answer answer;
    switch (envelope->type) {
    case ENVELOPE_READY:
        return worker_ready(gateway, worker, envelope);
    case ENVELOPE_LEAVE:
        worker->leaving = true;
        if (worker->state == WORKER_FREE)
            worker_close(gateway, worker);
        return true;
    case ENVELOPE_REPLY:
        if (!envelope_reply(envelope, &answer) || worker->state != WORKER_RUNNING ||
            worker->request->id != answer.id)
            return false;
        struct request *request = worker->request;
        worker->request = NULL;
        request_answer(gateway, request, &answer);
        worker_is_free(gateway, worker);
        return true;
    case ENVELOPE_PUSH:
        return worker->state == WORKER_PEER && worker_push(gateway, envelope);
    case ENVELOPE_RELOAD:
        return worker->state == WORKER_PEER && worker->role == CHANNEL_MASTER &&
               gateway_reload(gateway, envelope);
    case ENVELOPE_TAKEN:
        if (worker->state != WORKER_PEER || envelope->length != SESSION_TOKEN)
            return false;
        session_taken(gateway, envelope->body);
        return true;
    case ENVELOPE_REQUEST:
    case ENVELOPE_CANCEL:
        break;
    }
    return false;
}

void worker_event(struct gateway *gateway, struct worker *worker, uint32_t events)
{
    if (worker->state == WORKER_CLOSED)
        return;
    if (events & EPOLLOUT && channel_flush(&worker->channel) == CHANNEL_CLOSED) {
        worker_close(gateway, worker);
        return;
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        struct envelope envelope;
        bool broken = false;
        enum channel_state state = channel_receive(&worker->channel);
        while (worker->state != WORKER_CLOSED && !broken &&
               channel_next(&worker->channel, &envelope, &broken))
            broken = !worker_envelope(gateway, worker, &envelope);
        if (worker->state == WORKER_CLOSED)
            return;
        if (broken)
            log_write(LOG_ERROR, "peer %u sent a senseless envelope", worker->pid);
        if (broken || state == CHANNEL_CLOSED) {
            worker_close(gateway, worker);
            return;
        }
    }
    worker_watch(gateway, worker);
}
