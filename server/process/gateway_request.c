/* Requests between a line and a worker: queued by class, in order within a slot, given to
 * another worker when theirs dies (replay slots make that safe), answered in any case. */
#include <stdlib.h>
#include <string.h>

#include "server/process/gateway.h"
#include "server/process/log.h"

static void queue_remove(struct gateway *gateway, struct request *request)
{
    struct queue *queue = &gateway->queues[request->worker_class];
    if (request->previous)
        request->previous->next = request->next;
    else
        queue->first = request->next;
    if (request->next)
        request->next->previous = request->previous;
    else
        queue->last = request->previous;
    request->previous = request->next = NULL;
    queue->length--;
}

static void queue_append(struct gateway *gateway, struct request *request)
{
    struct queue *queue = &gateway->queues[request->worker_class];
    request->state = REQUEST_QUEUED;
    request->previous = queue->last;
    request->next = NULL;
    if (queue->last)
        queue->last->next = request;
    else
        queue->first = request;
    queue->last = request;
    queue->length++;
}

/* What lost its worker goes first: it has waited longest. */
static void queue_prepend(struct gateway *gateway, struct request *request)
{
    struct queue *queue = &gateway->queues[request->worker_class];
    request->state = REQUEST_QUEUED;
    request->previous = NULL;
    request->next = queue->first;
    if (queue->first)
        queue->first->previous = request;
    else
        queue->last = request;
    queue->first = request;
    queue->length++;
}

static int64_t request_deadline(const struct gateway *gateway, enum verb_class worker_class)
{
    int64_t seconds = worker_class == VERB_LONG ? gateway->configuration.queue_long_seconds
                                                : gateway->configuration.queue_seconds;
    return gateway->now + seconds * 1000;
}

/* Takes the request out of its line and frees it, then lets the next of its slot go. */
static void request_end(struct gateway *gateway, struct request *request)
{
    struct line *line = request->line;
    uint8_t slot = request->slot;
    if (line) {
        struct request **place = &line->requests;
        while (*place != request)
            place = &(*place)->line_next;
        *place = request->line_next;
        line->request_count--;
        line->request_bytes -= request->length;
    }
    free(request);
    if (!line)
        return;
    for (struct request *next = line->requests; next; next = next->line_next)
        if (next->slot == slot) {
            if (next->state == REQUEST_BLOCKED) {
                next->deadline = request_deadline(gateway, next->worker_class);
                queue_append(gateway, next);
                request_dispatch(gateway, next->worker_class);
            }
            break;
        }
    if (gateway->draining && !line->requests)
        line_refuse(gateway, line, STATUS_DRAINING, "", NULL);
    else if (line->state < LINE_FLUSHING && line->request_count < LINE_REQUESTS &&
             line_buffered(line) <= (size_t)gateway->configuration.terminal_buffer)
        line_continue(gateway, line, PAUSE_BUFFER);
}

void request_fail(struct gateway *gateway, struct request *request, enum status status)
{
    struct line *line = request->line;
    if (request->state == REQUEST_QUEUED)
        queue_remove(gateway, request);
    request->state = REQUEST_RUNNING; /* ours now: a line that is lost below must not free it */
    if (!line) {
        request_end(gateway, request);
        return;
    }
    if (request->type == FRAME_HELLO) {
        request_end(gateway, request);
        line_refuse(gateway, line, status, "", NULL);
        return;
    }
    struct writer writer;
    writer_initialise(&writer, 256);
    size_t offset =
        frame_begin(&writer, request->type == FRAME_SIGN_IN ? FRAME_SIGNED_IN : FRAME_REPLY);
    writer_u8(&writer, request->slot);
    writer_unsigned(&writer, request->sequence);
    writer_unsigned(&writer, (uint64_t)status);
    writer_text(&writer, "");
    frame_finish(&writer, offset);
    line_send(gateway, line, writer.bytes, writer.length);
    writer_release(&writer);
    request_end(gateway, request);
}

void request_add(struct gateway *gateway, struct line *line, const struct frame *frame,
                 uint8_t slot, uint64_t sequence, enum verb_class worker_class)
{
    struct request *request = calloc(1, sizeof *request + frame->length);
    if (!request) {
        line_refuse(gateway, line, STATUS_INTERNAL, "memory", "no memory for a request");
        return;
    }
    *request = (struct request){
        .line = line,
        .id = ++gateway->last_id,
        .sequence = sequence,
        .deadline = request_deadline(gateway, worker_class),
        .worker_class = worker_class,
        .type = frame->type,
        .slot = slot,
        .length = frame->length,
    };
    memcpy(request->body, frame->body, frame->length);
    bool blocked = false;
    struct request **place = &line->requests;
    for (; *place; place = &(*place)->line_next)
        blocked = blocked || (*place)->slot == slot;
    *place = request;
    line->request_count++;
    line->request_bytes += request->length;
    if (line->request_count >= LINE_REQUESTS ||
        line_buffered(line) > (size_t)gateway->configuration.terminal_buffer)
        line_stop(gateway, line, PAUSE_BUFFER);
    if (worker_class == VERB_AUTH &&
        gateway->queues[VERB_AUTH].length >= (size_t)gateway->configuration.auth_queue) {
        request_fail(gateway, request, STATUS_RATE);
        return;
    }
    if (blocked)
        return;
    queue_append(gateway, request);
    request_dispatch(gateway, worker_class);
}

void request_cancel(struct gateway *gateway, struct line *line, uint8_t slot, uint64_t sequence)
{
    for (struct request *request = line->requests; request; request = request->line_next) {
        if (request->slot != slot || request->sequence != sequence)
            continue;
        if (request->state != REQUEST_RUNNING) {
            request_fail(gateway, request, STATUS_CANCELLED);
            return;
        }
        request->cancelled = true;
        for (struct worker *worker = gateway->workers; worker; worker = worker->next)
            if (worker->request == request)
                worker_cancel(gateway, worker, request->id);
        return;
    }
    /* Answered meanwhile: the reply is on its way and says so. */
}

void request_line_gone(struct gateway *gateway, struct line *line)
{
    while (line->requests) {
        struct request *request = line->requests;
        line->requests = request->line_next;
        request->line = NULL;
        request->line_next = NULL;
        if (request->state == REQUEST_QUEUED) {
            queue_remove(gateway, request);
            free(request);
        } else if (request->state == REQUEST_BLOCKED) {
            free(request);
        } else if (request->worker_class == VERB_LONG) {
            /* Nobody waits for the report any more; a change is finished and kept in its slot. */
            for (struct worker *worker = gateway->workers; worker; worker = worker->next)
                if (worker->request == request)
                    worker_cancel(gateway, worker, request->id);
        }
    }
    line->request_count = 0;
    line->request_bytes = 0;
}

/* The worker's frames open with the WELCOME or REFUSE of a resume; else the gateway says it. */
static bool answer_greets(const struct envelope_answer *answer)
{
    return answer->length >= FRAME_HEADER &&
           (answer->frames[4] == FRAME_WELCOME || answer->frames[4] == FRAME_REFUSE);
}

void request_answer(struct gateway *gateway, struct request *request,
                    const struct envelope_answer *answer)
{
    struct line *line = request->line;
    if (!line) {
        request_end(gateway, request);
        return;
    }
    if (answer->binding == BINDING_SET)
        session_bind(gateway, line, answer->token);
    else if (answer->binding == BINDING_DROP)
        session_unbind(gateway, line);
    bool resuming = line->state == LINE_RESUMING;
    if (resuming) {
        line->state = LINE_OPEN;
        if (line->bound)
            session_tell(gateway, line);
        if (!answer_greets(answer))
            frame_welcome(gateway, line, line->bound);
    }
    line_send(gateway, line, answer->frames, answer->length);
    request_end(gateway, request);
    if (line->state >= LINE_FLUSHING)
        return;
    if (answer->close ||
        (resuming && answer->length >= FRAME_HEADER && answer->frames[4] == FRAME_REFUSE))
        line_finish(gateway, line);
    else if (resuming)
        line_continue(gateway, line, PAUSE_RESUMING);
}

void request_retry(struct gateway *gateway, struct request *request)
{
    if (!request->line) {
        request_end(gateway, request);
        return;
    }
    if (request->cancelled) {
        request_fail(gateway, request, STATUS_CANCELLED);
        return;
    }
    if (request->attempts >= REQUEST_ATTEMPTS) {
        log_write(LOG_ERROR, "request %llu has cost %d workers: given up",
                  (unsigned long long)request->id, REQUEST_ATTEMPTS);
        request_fail(gateway, request, STATUS_INTERNAL);
        return;
    }
    request->deadline = request_deadline(gateway, request->worker_class);
    queue_prepend(gateway, request);
    request_dispatch(gateway, request->worker_class);
}

void request_dispatch(struct gateway *gateway, enum verb_class worker_class)
{
    struct queue *queue = &gateway->queues[worker_class];
    while (queue->first && queue->free) {
        struct request *request = queue->first;
        struct worker *worker = queue->free;
        queue->free = worker->free_next;
        worker->free_next = NULL;
        queue_remove(gateway, request);
        request->state = REQUEST_RUNNING;
        request->attempts++;
        worker_give(gateway, worker, request);
    }
}

void request_timers(struct gateway *gateway)
{
    for (int worker_class = VERB_SHORT; worker_class <= VERB_AUTH; worker_class++) {
        struct queue *queue = &gateway->queues[worker_class];
        /* A retried request stands first with a later deadline: the few behind it wait as long. */
        while (queue->first && queue->first->deadline <= gateway->now)
            request_fail(gateway, queue->first,
                         queue->workers ? STATUS_TIMEOUT : STATUS_UNAVAILABLE);
    }
}
