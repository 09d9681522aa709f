/* A terminal's line: accepted, shaken hands with, read, written, closed.
 *
 * A parked line owns no buffer: bytes are read into the gateway's one buffer, and only what is
 * incomplete or unsent is kept. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/process/gateway.h"
#include "server/process/log.h"

const char *line_peer(const struct line *line)
{
    return line->names ? line->names : "";
}

const char *line_name(const struct line *line)
{
    return line->names ? line->names + strlen(line->names) + 1 : "";
}

size_t line_buffered(const struct line *line)
{
    return line->in_length + line->request_bytes + (line->out_length - line->out_sent);
}

/* --- deadlines --- */

static int64_t timer_length(const struct gateway *gateway, enum timer timer)
{
    switch (timer) {
    case TIMER_HELLO:
        return gateway->configuration.hello_seconds * 1000;
    case TIMER_KEEPALIVE:
        return gateway->configuration.keepalive_seconds * 1000;
    case TIMER_LINGER:
    case TIMERS:
        break;
    }
    return LINE_LINGER;
}

static void timer_remove(struct gateway *gateway, struct line *line)
{
    if (line->timer == TIMER_NONE)
        return;
    struct line_list *list = &gateway->timers[line->timer];
    if (line->timer_previous)
        line->timer_previous->timer_next = line->timer_next;
    else
        list->first = line->timer_next;
    if (line->timer_next)
        line->timer_next->timer_previous = line->timer_previous;
    else
        list->last = line->timer_previous;
    line->timer_previous = NULL;
    line->timer_next = NULL;
    line->timer = TIMER_NONE;
}

void line_timer(struct gateway *gateway, struct line *line, enum timer timer)
{
    timer_remove(gateway, line);
    if (timer == TIMER_NONE)
        return;
    struct line_list *list = &gateway->timers[timer];
    line->timer = (uint8_t)timer;
    line->deadline = gateway->now + timer_length(gateway, timer);
    line->timer_previous = list->last;
    if (list->last)
        list->last->timer_next = line;
    else
        list->first = line;
    list->last = line;
}

static void line_ping(struct gateway *gateway, struct line *line)
{
    int64_t idle = gateway->configuration.idle_minutes * 60000;
    if (idle && gateway->now - line->last_call >= idle && !line->requests) {
        line_refuse(gateway, line, STATUS_TIMEOUT, "idle", NULL);
        return;
    }
    if (line->pinged) {
        gateway_complain(gateway, line, "silent, no answer to a ping");
        line_close(gateway, line);
        return;
    }
    struct writer writer;
    writer_initialise(&writer, 64);
    size_t offset = frame_begin(&writer, FRAME_PING);
    writer_u64(&writer, (uint64_t)gateway->now);
    frame_finish(&writer, offset);
    line->pinged = true;
    line_timer(gateway, line, TIMER_KEEPALIVE);
    line_send(gateway, line, writer.bytes, writer.length);
    writer_release(&writer);
}

void line_timers(struct gateway *gateway)
{
    for (struct line *line; (line = gateway->timers[TIMER_HELLO].first) != NULL;) {
        if (line->deadline > gateway->now)
            break;
        if (line->state == LINE_HANDSHAKE) {
            gateway_complain(gateway, line, "no TLS handshake in time");
            line_close(gateway, line);
        } else {
            line_refuse(gateway, line, STATUS_TIMEOUT, "hello", "no hello in time");
        }
    }
    for (struct line *line; (line = gateway->timers[TIMER_KEEPALIVE].first) != NULL;) {
        if (line->deadline > gateway->now)
            break;
        line_ping(gateway, line);
    }
    for (struct line *line; (line = gateway->timers[TIMER_LINGER].first) != NULL;) {
        if (line->deadline > gateway->now)
            break;
        line_close(gateway, line);
    }
}

int line_wait(const struct gateway *gateway, int longest)
{
    for (int timer = 0; timer < TIMERS; timer++) {
        const struct line *line = gateway->timers[timer].first;
        if (line && line->deadline - gateway->now < longest)
            longest = line->deadline > gateway->now ? (int)(line->deadline - gateway->now) : 0;
    }
    return longest;
}

/* --- what epoll watches --- */

static void line_watch(struct gateway *gateway, struct line *line, bool reading, bool writing)
{
    if (line->source.descriptor < 0 || (line->reading == reading && line->writing == writing))
        return;
    struct epoll_event event = {.events = (reading ? (uint32_t)EPOLLIN : 0) |
                                          (writing ? (uint32_t)EPOLLOUT : 0),
                                .data.ptr = line};
    if (epoll_ctl(gateway->epoll, EPOLL_CTL_MOD, line->source.descriptor, &event) < 0)
        log_write(LOG_ERROR, "epoll: %s", strerror(errno));
    line->reading = reading;
    line->writing = writing;
}

void line_stop(struct gateway *gateway, struct line *line, enum line_pause pause)
{
    if (pause == PAUSE_RATE && !(line->pause & PAUSE_RATE)) {
        line->paused_next = gateway->paused;
        gateway->paused = line;
    }
    line->pause |= (uint8_t)pause;
    line_watch(gateway, line, false, line->writing);
}

void line_continue(struct gateway *gateway, struct line *line, enum line_pause pause)
{
    if (!(line->pause & pause))
        return;
    line->pause &= (uint8_t)~pause;
    if (line->pause || line->state >= LINE_FLUSHING)
        return;
    line_watch(gateway, line, true, line->writing);
    /* TLS may hold bytes that epoll knows nothing of, and kept frames wait in `in`; reading right
     * here could overwrite bytes that a caller further up is still looking at. */
    if (!line->continued) {
        line->continued = true;
        line->continued_next = gateway->continued;
        gateway->continued = line;
    }
}

/* --- closing --- */

void line_close(struct gateway *gateway, struct line *line)
{
    if (line->state == LINE_CLOSED)
        return;
    line->state = LINE_CLOSED;
    timer_remove(gateway, line);
    session_unbind(gateway, line);
    request_line_gone(gateway, line);
    for (struct line **place = &gateway->paused; *place; place = &(*place)->paused_next)
        if (*place == line) {
            *place = line->paused_next;
            break;
        }
    SSL_free(line->tls);
    line->tls = NULL;
    close(line->source.descriptor);
    line->source.descriptor = -1;
    gateway->line_count--;
    atomic_store(&gateway->board->lines[gateway->index], (unsigned)gateway->line_count);
    line->timer_next = gateway->graveyard;
    gateway->graveyard = line;
}

void line_bury(struct gateway *gateway)
{
    while (gateway->graveyard) {
        struct line *line = gateway->graveyard;
        gateway->graveyard = line->timer_next;
        free(line->in);
        free(line->out);
        free(line->names);
        free(line);
    }
}

/* All is sent: say so and wait for the peer, else a reset could overtake our last frames. */
static void line_linger(struct gateway *gateway, struct line *line)
{
    if (line->tls)
        SSL_shutdown(line->tls);
    ERR_clear_error();
    if (shutdown(line->source.descriptor, SHUT_WR) < 0) {
        line_close(gateway, line);
        return;
    }
    line->state = LINE_LINGERING;
    line_timer(gateway, line, TIMER_LINGER);
    line_watch(gateway, line, true, false);
}

void line_finish(struct gateway *gateway, struct line *line)
{
    if (line->state >= LINE_FLUSHING)
        return;
    session_unbind(gateway, line);
    request_line_gone(gateway, line);
    line->state = LINE_FLUSHING;
    line_stop(gateway, line, PAUSE_ENDING);
    free(line->in);
    line->in = NULL;
    line->in_length = line->in_capacity = 0;
    line_timer(gateway, line, TIMER_LINGER);
    if (line->out_sent == line->out_length)
        line_linger(gateway, line);
}

void line_refuse(struct gateway *gateway, struct line *line, enum status status,
                 const char *parameter, const char *why)
{
    if (line->state >= LINE_FLUSHING)
        return;
    if (why)
        gateway_complain(gateway, line, why);
    struct writer writer;
    writer_initialise(&writer, 4096);
    size_t offset = frame_begin(&writer, FRAME_REFUSE);
    writer_unsigned(&writer, (uint64_t)status);
    writer_text(&writer, parameter);
    frame_finish(&writer, offset);
    line_send(gateway, line, writer.bytes, writer.length);
    writer_release(&writer);
    if (line->state != LINE_CLOSED)
        line_finish(gateway, line);
}

/* --- bytes out --- */

/* Sent bytes; 0 when the socket takes none now; -1 when the line is lost. */
static ssize_t line_write(struct line *line, const uint8_t *bytes, size_t length)
{
    if (!line->tls) {
        ssize_t count = send(line->source.descriptor, bytes, length, MSG_NOSIGNAL);
        if (count < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
        return count;
    }
    ERR_clear_error();
    size_t written = 0;
    if (SSL_write_ex(line->tls, bytes, length, &written) == 1)
        return (ssize_t)written;
    int error = SSL_get_error(line->tls, 0);
    return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
}

static bool line_keep(struct line *line, const uint8_t *bytes, size_t length)
{
    if (line->out_sent) {
        memmove(line->out, line->out + line->out_sent, line->out_length - line->out_sent);
        line->out_length -= line->out_sent;
        line->out_sent = 0;
    }
    if (line->out_capacity - line->out_length < length) {
        size_t capacity = line->out_length + length;
        uint8_t *grown = realloc(line->out, capacity);
        if (!grown)
            return false;
        line->out = grown;
        line->out_capacity = capacity;
    }
    memcpy(line->out + line->out_length, bytes, length);
    line->out_length += length;
    return true;
}

void line_send(struct gateway *gateway, struct line *line, const void *bytes, size_t length)
{
    if (line->source.descriptor < 0 || line->state >= LINE_LINGERING || !length)
        return;
    const uint8_t *place = bytes;
    while (length && line->out_sent == line->out_length) {
        ssize_t count = line_write(line, place, length);
        if (count < 0) {
            line_close(gateway, line);
            return;
        }
        if (count == 0)
            break;
        place += count;
        length -= (size_t)count;
    }
    if (!length)
        return;
    if (!line_keep(line, place, length)) {
        line_close(gateway, line);
        return;
    }
    line_watch(gateway, line, line->reading, true);
    if (line_buffered(line) > (size_t)gateway->configuration.terminal_buffer)
        line_stop(gateway, line, PAUSE_BUFFER);
}

static void line_writable(struct gateway *gateway, struct line *line)
{
    while (line->out_sent < line->out_length) {
        ssize_t count =
            line_write(line, line->out + line->out_sent, line->out_length - line->out_sent);
        if (count < 0) {
            line_close(gateway, line);
            return;
        }
        if (count == 0)
            return;
        line->out_sent += (size_t)count;
    }
    free(line->out);
    line->out = NULL;
    line->out_length = line->out_sent = line->out_capacity = 0;
    line_watch(gateway, line, line->reading, false);
    if (line->state == LINE_FLUSHING)
        line_linger(gateway, line);
    else if (line_buffered(line) <= (size_t)gateway->configuration.terminal_buffer)
        line_continue(gateway, line, PAUSE_BUFFER);
}

/* --- bytes in --- */

static bool line_append(struct line *line, const uint8_t *bytes, size_t length)
{
    if (line->in_capacity - line->in_length < length) {
        size_t capacity = line->in_capacity * 2;
        if (capacity < line->in_length + length)
            capacity = line->in_length + length;
        uint8_t *grown = realloc(line->in, capacity);
        if (!grown)
            return false;
        line->in = grown;
        line->in_capacity = capacity;
    }
    memcpy(line->in + line->in_length, bytes, length);
    line->in_length += length;
    return true;
}

/* Frames of `in` first, then of the bytes just read; the rest is kept. */
static void line_take(struct gateway *gateway, struct line *line, const uint8_t *bytes,
                      size_t length)
{
    if (line->in_length) {
        if (length && !line_append(line, bytes, length)) {
            line_close(gateway, line);
            return;
        }
        size_t used = line_consume(gateway, line, line->in, line->in_length);
        if (line->state >= LINE_FLUSHING)
            return;
        line->in_length -= used;
        if (line->in_length) {
            memmove(line->in, line->in + used, line->in_length);
        } else {
            free(line->in);
            line->in = NULL;
            line->in_capacity = 0;
        }
        return;
    }
    size_t used = line_consume(gateway, line, bytes, length);
    if (line->state < LINE_FLUSHING && used < length &&
        !line_append(line, bytes + used, length - used))
        line_close(gateway, line);
}

/* Bytes read; 0 when there are none now; -1 at the end. */
static ssize_t line_receive(struct gateway *gateway, struct line *line)
{
    if (!line->tls) {
        ssize_t count = recv(line->source.descriptor, gateway->read, sizeof gateway->read, 0);
        if (count < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
        return count ? count : -1;
    }
    ERR_clear_error();
    size_t count = 0;
    if (SSL_read_ex(line->tls, gateway->read, sizeof gateway->read, &count) == 1)
        return (ssize_t)count;
    int error = SSL_get_error(line->tls, 0);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static void line_read(struct gateway *gateway, struct line *line)
{
    if (line->in_length)
        line_take(gateway, line, NULL, 0);
    /* A plain line is read once a round; TLS until its own buffer is empty. */
    while (!line->pause && line->state < LINE_FLUSHING) {
        ssize_t count = line_receive(gateway, line);
        if (count < 0) {
            line_close(gateway, line);
            return;
        }
        if (count == 0)
            return;
        line->pinged = false;
        if (line->timer == TIMER_KEEPALIVE)
            line_timer(gateway, line, TIMER_KEEPALIVE);
        line_take(gateway, line, gateway->read, (size_t)count);
        if (!line->tls)
            return;
    }
}

void line_resume_all(struct gateway *gateway)
{
    while (gateway->continued) {
        struct line *line = gateway->continued;
        gateway->continued = line->continued_next;
        line->continued = false;
        if (!line->pause && line->state < LINE_FLUSHING)
            line_read(gateway, line);
    }
}

void line_rate_over(struct gateway *gateway)
{
    while (gateway->paused) {
        struct line *line = gateway->paused;
        gateway->paused = line->paused_next;
        line->paused_next = NULL;
        line_continue(gateway, line, PAUSE_RATE);
    }
}

static void line_discard(struct gateway *gateway, struct line *line)
{
    ssize_t count = recv(line->source.descriptor, gateway->read, sizeof gateway->read, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
        line_close(gateway, line);
}

static void line_handshake(struct gateway *gateway, struct line *line)
{
    ERR_clear_error();
    int result = SSL_accept(line->tls);
    if (result == 1) {
        line->state = LINE_HELLO;
        line_watch(gateway, line, true, false);
        line_read(gateway, line);
        return;
    }
    int error = SSL_get_error(line->tls, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        line_watch(gateway, line, true, error == SSL_ERROR_WANT_WRITE);
        return;
    }
    char why[160];
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    snprintf(why, sizeof why, "TLS handshake failed: %s", reason ? reason : "line lost");
    gateway_complain(gateway, line, why);
    line_close(gateway, line);
}

void line_event(struct gateway *gateway, struct line *line, uint32_t events)
{
    if (line->state == LINE_CLOSED)
        return;
    if (line->state == LINE_HANDSHAKE) {
        line_handshake(gateway, line);
        return;
    }
    if (line->state == LINE_LINGERING) {
        line_discard(gateway, line);
        return;
    }
    if (events & EPOLLOUT)
        line_writable(gateway, line);
    if (line->state < LINE_FLUSHING && events & EPOLLIN && !line->pause)
        line_read(gateway, line);
    /* A lost line is reported although nothing is asked for: without this it would spin. */
    if (line->state != LINE_CLOSED && line->state != LINE_LINGERING &&
        events & (EPOLLERR | EPOLLHUP) && (line->pause || !(events & EPOLLIN)))
        line_close(gateway, line);
}

/* --- accepting --- */

static void line_describe_peer(struct line *line, int descriptor, bool local, char *peer,
                               size_t size)
{
    snprintf(peer, size, "unknown");
    line->local = local;
    if (local) {
        struct ucred credentials;
        socklen_t length = sizeof credentials;
        if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0)
            snprintf(peer, size, "local:%ld/%ld", (long)credentials.uid, (long)credentials.pid);
        return;
    }
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getpeername(descriptor, (struct sockaddr *)&address, &length) < 0)
        return;
    const void *bytes = address.ss_family == AF_INET6
                            ? (const void *)&((struct sockaddr_in6 *)&address)->sin6_addr
                            : (const void *)&((struct sockaddr_in *)&address)->sin_addr;
    if (!inet_ntop(address.ss_family, bytes, peer, (socklen_t)size))
        snprintf(peer, size, "unknown");
}

static struct line *line_create(struct gateway *gateway, int descriptor, bool tls, bool local)
{
    char peer[INET6_ADDRSTRLEN + 32];
    struct line *line = calloc(1, sizeof *line);
    if (!line)
        return NULL;
    line->source = (struct source){.kind = SOURCE_LINE, .descriptor = descriptor};
    line->timer = TIMER_NONE;
    line->state = tls ? LINE_HANDSHAKE : LINE_HELLO;
    line->last_call = gateway->now;
    line_describe_peer(line, descriptor, local, peer, sizeof peer);
    size_t length = strlen(peer);
    line->names = malloc(length + 2);
    if (!line->names)
        goto failed;
    memcpy(line->names, peer, length + 1);
    line->names[length + 1] = '\0';
    if (tls) {
        line->tls = SSL_new(gateway->tls);
        if (!line->tls || SSL_set_fd(line->tls, descriptor) != 1)
            goto failed;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
    if (epoll_ctl(gateway->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0)
        goto failed;
    line->reading = true;
    return line;
failed:
    SSL_free(line->tls);
    free(line->names);
    free(line);
    return NULL;
}

void line_accept(struct gateway *gateway, struct source *listener, bool tls, bool local)
{
    int descriptor = accept4(listener->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
        /* Out of descriptors: leave the caller in the backlog for a moment instead of spinning. */
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            gateway->accept_again = gateway->now + 100;
        return;
    }
    if (!local) {
        int on = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    struct line *line = line_create(gateway, descriptor, tls, local);
    if (!line) {
        log_write(LOG_ERROR, "no memory for a line");
        close(descriptor);
        return;
    }
    gateway->line_count++;
    atomic_store(&gateway->board->lines[gateway->index], (unsigned)gateway->line_count);
    line_timer(gateway, line, TIMER_HELLO);
    /* A few more than served are let in, so that their hello gets a readable refusal. */
    if (gateway->line_count >
        (size_t)gateway->configuration.terminals_per_gateway + LINE_REFUSED_SPARE) {
        gateway_complain(gateway, line, "cut: too many lines");
        line_close(gateway, line);
    }
}
