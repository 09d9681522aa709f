/* The loop of a gateway: listeners, lines, workers, deadlines, and the end. */
#include "server/process/gateway.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "protocol/arena.h"
#include "server/process/log.h"

enum {
    GATEWAY_EVENTS = 256,
    GATEWAY_ROUND = 1000, /* milliseconds: longest sleep */
    ACCEPT_LEAVE = 3,     /* milliseconds that a fuller gateway leaves a caller to the others */
    ACCEPT_SLACK = 2,     /* lines by which it may be fuller */
};

static volatile sig_atomic_t gateway_ending;

static void gateway_signal(int number)
{
    (void)number;
    gateway_ending = 1;
}

void gateway_complain(struct gateway *gateway, const struct line *line, const char *why)
{
    gateway->complaints++;
    if (gateway->complaints < GATEWAY_COMPLAINTS)
        log_write(LOG_NOTICE, "terminal %s: %s", line_peer(line), why);
    else if (gateway->complaints == GATEWAY_COMPLAINTS)
        log_write(LOG_NOTICE, "more complaints about terminals in this second are left out");
}

static int64_t clock_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- TLS --- */

static bool tls_take(SSL_CTX *tls, const char *certificate, const char *key)
{
    bool taken = false;
    BIO *chain = BIO_new_mem_buf(certificate, -1);
    BIO *secret = BIO_new_mem_buf(key, -1);
    X509 *own = chain ? PEM_read_bio_X509(chain, NULL, NULL, NULL) : NULL;
    EVP_PKEY *private_key = secret ? PEM_read_bio_PrivateKey(secret, NULL, NULL, NULL) : NULL;
    if (!own || !private_key || SSL_CTX_use_certificate(tls, own) != 1 ||
        SSL_CTX_use_PrivateKey(tls, private_key) != 1 || SSL_CTX_check_private_key(tls) != 1)
        goto out;
    for (X509 *issuer; (issuer = PEM_read_bio_X509(chain, NULL, NULL, NULL)) != NULL;)
        if (SSL_CTX_add0_chain_cert(tls, issuer) != 1) {
            X509_free(issuer);
            goto out;
        }
    taken = true;
out:
    X509_free(own);
    EVP_PKEY_free(private_key);
    BIO_free(chain);
    BIO_free(secret);
    return taken;
}

SSL_CTX *gateway_tls_create(const char *certificate, const char *key, char *why, size_t size)
{
    ERR_clear_error();
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls && SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) == 1 &&
        tls_take(tls, certificate, key)) {
        SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        /* A terminal keeps its line for a shift: a session cache would only cost memory. */
        SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_num_tickets(tls, 0);
        ERR_clear_error();
        return tls;
    }
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    snprintf(why, size, "%s", reason ? reason : "unknown");
    SSL_CTX_free(tls);
    ERR_clear_error();
    return NULL;
}

/* --- listeners --- */

static bool gateway_fuller(const struct gateway *gateway)
{
    for (size_t i = 0; i < (size_t)gateway->configuration.gateways; i++)
        if (i != gateway->index &&
            (uint64_t)atomic_load(&gateway->board->lines[i]) + ACCEPT_SLACK < gateway->line_count)
            return true;
    return false;
}

static void listeners_watch(struct gateway *gateway, bool accepting)
{
    if (gateway->accepting == accepting)
        return;
    for (size_t i = 0; i < gateway->configuration.listener_count; i++) {
        struct epoll_event event = {.events = accepting ? (uint32_t)EPOLLIN : 0,
                                    .data.ptr = &gateway->listeners[i]};
        if (epoll_ctl(gateway->epoll, EPOLL_CTL_MOD, gateway->listeners[i].descriptor, &event) < 0)
            log_write(LOG_ERROR, "epoll: %s", strerror(errno));
    }
    gateway->accepting = accepting;
}

/* All gateways are woken for a caller; the emptiest takes it, a fuller one only if nobody did. */
static void listener_event(struct gateway *gateway, struct source *listener)
{
    if (gateway->draining)
        return;
    if (!gateway->accept_again && gateway_fuller(gateway)) {
        gateway->accept_again = gateway->now + ACCEPT_LEAVE;
        listeners_watch(gateway, false);
        return;
    }
    gateway->accept_again = 0;
    const struct listener_setting *setting =
        &gateway->configuration.listeners[listener - gateway->listeners];
    line_accept(gateway, listener, setting->tls, setting->type == LISTENER_UNIX);
    if (gateway->accept_again)
        listeners_watch(gateway, false);
}

static void listeners_timer(struct gateway *gateway)
{
    if (gateway->draining || gateway->accepting || gateway->accept_again > gateway->now)
        return;
    listeners_watch(gateway, true);
}

/* --- start and end --- */

static bool source_add(struct gateway *gateway, struct source *source)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    return epoll_ctl(gateway->epoll, EPOLL_CTL_ADD, source->descriptor, &event) == 0;
}

static bool gateway_open(struct gateway *gateway, const struct gateway_start *start)
{
    char why[160];
    size_t count = start->configuration->listener_count;
    gateway->configuration = *start->configuration;
    gateway->forms = start->forms;
    gateway->index = start->index;
    gateway->board = start->board;
    gateway->now = clock_milliseconds();
    gateway->second = gateway->now / 1000;
    gateway->accepting = true;
    gateway->epoll = epoll_create1(EPOLL_CLOEXEC);
    gateway->listeners = calloc(count, sizeof *gateway->listeners);
    if (gateway->epoll < 0 || !gateway->listeners) {
        log_write(LOG_ERROR, "cannot start: %s", strerror(errno));
        return false;
    }
    gateway->door = (struct source){.kind = SOURCE_DOOR, .descriptor = start->door};
    if (!source_add(gateway, &gateway->door))
        return false;
    for (size_t i = 0; i < count; i++) {
        gateway->listeners[i] =
            (struct source){.kind = SOURCE_LISTENER, .descriptor = start->listeners[i]};
        if (!source_add(gateway, &gateway->listeners[i]))
            return false;
    }
    if (start->certificate) {
        gateway->tls = gateway_tls_create(start->certificate, start->key, why, sizeof why);
        if (!gateway->tls) {
            log_write(LOG_ERROR, "TLS: %s", why);
            return false;
        }
    }
    atomic_store(&gateway->board->lines[gateway->index], 0);
    return true;
}

static void gateway_drain(struct gateway *gateway)
{
    gateway->draining = true;
    listeners_watch(gateway, false);
    log_write(LOG_INFO, "draining %zu lines", gateway->line_count);
    for (int timer = 0; timer < TIMERS; timer++) {
        for (struct line *line = gateway->timers[timer].first, *next; line; line = next) {
            next = line->timer_next;
            if (line->state >= LINE_FLUSHING)
                continue;
            if (line->state == LINE_HANDSHAKE)
                line_close(gateway, line);
            else if (line->requests)
                line_stop(gateway, line, PAUSE_ENDING);
            else
                line_refuse(gateway, line, STATUS_DRAINING, "", NULL);
        }
    }
}

static int gateway_wait(const struct gateway *gateway)
{
    int longest = line_wait(gateway, GATEWAY_ROUND);
    if (gateway->paused && longest > 1000 - gateway->now % 1000)
        longest = (int)(1000 - gateway->now % 1000);
    if (!gateway->accepting && !gateway->draining && longest > ACCEPT_LEAVE)
        longest = ACCEPT_LEAVE;
    for (int i = VERB_SHORT; i <= VERB_AUTH; i++) {
        const struct request *first = gateway->queues[i].first;
        if (first && first->deadline - gateway->now < longest)
            longest = first->deadline > gateway->now ? (int)(first->deadline - gateway->now) : 0;
    }
    return longest;
}

static void gateway_dispatch(struct gateway *gateway, const struct epoll_event *event)
{
    struct source *source = event->data.ptr;
    switch (source->kind) {
    case SOURCE_LISTENER:
        listener_event(gateway, source);
        break;
    case SOURCE_LINE:
        line_event(gateway, (struct line *)source, event->events);
        break;
    case SOURCE_DOOR:
        worker_accept(gateway);
        break;
    case SOURCE_WORKER:
        worker_event(gateway, (struct worker *)source, event->events);
        break;
    }
}

static void gateway_round(struct gateway *gateway, const sigset_t *mask)
{
    struct epoll_event events[GATEWAY_EVENTS];
    int count = epoll_pwait(gateway->epoll, events, GATEWAY_EVENTS, gateway_wait(gateway), mask);
    gateway->now = clock_milliseconds();
    if (gateway->now / 1000 != gateway->second) {
        gateway->second = gateway->now / 1000;
        gateway->complaints = 0;
        line_rate_over(gateway);
    }
    for (int i = 0; i < count; i++)
        gateway_dispatch(gateway, &events[i]);
    listeners_timer(gateway);
    line_timers(gateway);
    request_timers(gateway);
    line_resume_all(gateway);
    line_bury(gateway);
    worker_bury(gateway);
}

int gateway_run(const struct gateway_start *start)
{
    sigset_t none;
    struct sigaction action = {.sa_handler = gateway_signal};
    struct gateway *gateway = calloc(1, sizeof *gateway);
    if (!gateway || !gateway_open(gateway, start))
        return EXIT_FAILURE;
    sigemptyset(&none);
    sigaction(SIGTERM, &action, NULL); /* blocked, except while waiting */
    while (!gateway_ending)
        gateway_round(gateway, &none);
    gateway_drain(gateway);
    int64_t deadline = gateway->now + gateway->configuration.drain_seconds * 1000;
    while (gateway->line_count && gateway->now < deadline)
        gateway_round(gateway, &none);
    log_write(LOG_INFO, "ended with %zu lines left", gateway->line_count);
    return EXIT_SUCCESS;
}
