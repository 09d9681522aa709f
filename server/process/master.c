/* The loop of the master. */
#include "server/process/master.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "protocol/arena.h"
#include "server/process/listen.h"
#include "server/process/log.h"
#include "server/process/master_child.h"
#include "server/process/notify.h"

enum {
    QUICK_LIFE = 1000,   /* milliseconds: dead within them counts as quick */
    QUICK_FREE = 3,      /* so many quick deaths cost no wait */
    BACK_OFF_FIRST = 10, /* milliseconds, doubled each time … */
    BACK_OFF_LAST = 250, /* … up to this: a child is back within a second, whatever happens */
    END_WORKERS = 10000, /* milliseconds for the workers at the end */
    END_SPARE = 2000,    /* milliseconds over the gateways' own time */
    MASTER_SLEEP = 60000,
};

static int64_t clock_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void say_error(const char *message)
{
    log_write(LOG_ERROR, "%s", message);
}

/* --- children --- */

static void children_add(struct master *master, enum role role, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (master->child_count == master->child_capacity) {
            size_t capacity = master->child_capacity ? master->child_capacity * 2 : 32;
            struct child *grown = realloc(master->children, capacity * sizeof *grown);
            if (!grown)
                abort();
            master->children = grown;
            master->child_capacity = capacity;
        }
        master->children[master->child_count++] = (struct child){.role = role, .index = (size_t)i};
    }
}

static void children_add_workers(struct master *master)
{
    const struct configuration *configuration = master->image->configuration;
    children_add(master, ROLE_SHORT, configuration->workers_short);
    children_add(master, ROLE_LONG, configuration->workers_long);
    children_add(master, ROLE_AUTH, configuration->workers_auth);
    children_add(master, ROLE_NOTIFIER, 1);
    children_add(master, ROLE_SCHEDULER, configuration->scheduler_staff[0] != '\0');
    children_add(master, ROLE_RELAY, configuration->relay_staff[0] != '\0');
}

/* Forks what is due; milliseconds until the next one is. */
static int64_t children_fork(struct master *master)
{
    int64_t now = clock_milliseconds();
    int64_t wait = MASTER_SLEEP;
    for (size_t i = 0; i < master->child_count; i++) {
        struct child *child = &master->children[i];
        if (child->pid || child->leaving)
            continue;
        if (child->not_before <= now) {
            child->started = now;
            if (child_fork(master, child))
                continue;
            child->not_before = now + BACK_OFF_LAST;
        }
        if (child->not_before - now < wait)
            wait = child->not_before - now;
    }
    return wait;
}

static void child_died(struct master *master, struct child *child, int status)
{
    char name[32];
    int64_t now = clock_milliseconds();
    bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    child_name(child, name, sizeof name);
    if (WIFSIGNALED(status))
        log_write(LOG_WARNING, "%s[%ld] was killed by signal %d", name, (long)child->pid,
                  WTERMSIG(status));
    else if (!clean)
        log_write(LOG_WARNING, "%s[%ld] ended with status %d", name, (long)child->pid,
                  WEXITSTATUS(status));
    if (child->role == ROLE_GATEWAY)
        atomic_store(&master->board->lines[child->index], UINT32_MAX);
    child->pid = 0;
    child->quick = now - child->started < QUICK_LIFE ? child->quick + 1 : 0;
    child->not_before = now;
    if (child->quick > QUICK_FREE) {
        unsigned doubled = child->quick - QUICK_FREE - 1;
        int64_t wait = doubled > 8 ? BACK_OFF_LAST : (int64_t)BACK_OFF_FIRST << doubled;
        child->not_before += wait > BACK_OFF_LAST ? BACK_OFF_LAST : wait;
    }
}

static void validator_died(struct master *master, int status);

static void children_reap(struct master *master)
{
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == master->validator) {
            validator_died(master, status);
            continue;
        }
        for (size_t i = 0; i < master->child_count; i++) {
            struct child *child = &master->children[i];
            if (child->pid != pid)
                continue;
            child_died(master, child, status);
            if (child->leaving)
                *child = master->children[--master->child_count];
            break;
        }
    }
}

static void children_kill(const struct master *master, int number, bool gateways, bool others)
{
    for (size_t i = 0; i < master->child_count; i++) {
        const struct child *child = &master->children[i];
        bool worker =
            child->role == ROLE_SHORT || child->role == ROLE_LONG || child->role == ROLE_AUTH;
        if (child->pid && (worker ? others : gateways))
            kill(child->pid, number);
    }
}

/* --- reload --- */

/* A parser that falls over a bad file must not take the master along: a child reads first. */
static void reload_validate(struct master *master)
{
    if (master->validator) {
        master->reload_again = true;
        return;
    }
    notify_reloading();
    master->validator = fork();
    if (master->validator == 0) {
        log_role("validator");
        struct image *image = image_load(master->file, say_error);
        if (!image)
            _exit(EXIT_FAILURE);
        const char *frozen =
            configuration_frozen(master->image->configuration, image->configuration, image->arena);
        if (frozen[0])
            log_write(LOG_ERROR, "%s: these keys need a restart: %s", master->file, frozen);
        _exit(frozen[0] ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    if (master->validator < 0) {
        log_write(LOG_ERROR, "fork: %s", strerror(errno));
        master->validator = 0;
        notify_ready();
    }
}

static void reload_gateways(const struct master *master)
{
    const struct configuration *configuration = master->image->configuration;
    for (size_t i = 0; i < (size_t)configuration->gateways; i++) {
        char path[128];
        struct channel channel;
        if (!configuration_gateway_path(configuration, i, path, sizeof path))
            continue;
        int descriptor = channel_connect(path);
        if (descriptor < 0) {
            log_write(LOG_ERROR, "gateway %zu keeps the old settings: %s", i, strerror(errno));
            continue;
        }
        channel_initialise(&channel, descriptor);
        channel_send_ready(&channel, CHANNEL_MASTER);
        gateway_reload_encode(&channel, configuration, master->image->forms,
                              master->image->certificate, master->image->key);
        if (channel_flush_all(&channel, 1000) == CHANNEL_CLOSED)
            log_write(LOG_ERROR, "gateway %zu keeps the old settings", i);
        channel_release(&channel);
    }
}

static void reload_apply(struct master *master)
{
    struct image *fresh = image_load(master->file, say_error);
    if (!fresh)
        return;
    struct image *old = master->image;
    size_t before = master->child_count;
    master->image = fresh;
    children_add_workers(master);
    children_fork(master);
    for (size_t i = 0; i < before;) {
        struct child *child = &master->children[i];
        if (child->role == ROLE_GATEWAY || child->leaving) {
            i++;
        } else if (child->pid) {
            child->leaving = true;
            kill(child->pid, SIGTERM); /* ends behind the request that it has */
            i++;
        } else { /* was waiting to be forked from the old image */
            memmove(child, child + 1, (master->child_count - i - 1) * sizeof *child);
            master->child_count--;
            before--;
        }
    }
    reload_gateways(master);
    image_free(old);
    log_write(LOG_INFO, "reloaded: %zu forms", fresh->forms->count);
}

static void validator_died(struct master *master, int status)
{
    master->validator = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        reload_apply(master);
    else
        log_write(LOG_ERROR, "not reloaded: what is on disk is not usable, the old goes on");
    notify_ready();
    if (master->reload_again) {
        master->reload_again = false;
        reload_validate(master);
    }
}

/* --- start and end --- */

static bool master_open(struct master *master)
{
    const struct image *image = master->image;
    const struct configuration *configuration = image->configuration;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    master->claim = listen_claim(configuration, image->user, image->group);
    if (master->claim < 0)
        return false;
    master->board = mmap(NULL, sizeof *master->board, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    master->listeners = calloc(configuration->listener_count, sizeof *master->listeners);
    if (master->board == MAP_FAILED || !master->listeners) {
        log_write(LOG_ERROR, "no memory");
        return false;
    }
    for (size_t i = 0; i < configuration->listener_count; i++) {
        master->listeners[i] = listen_open(&configuration->listeners[i], image->user, image->group);
        if (master->listeners[i] < 0)
            return false;
    }
    for (size_t i = 0; i < (size_t)configuration->gateways; i++) {
        atomic_store(&master->board->lines[i], UINT32_MAX);
        master->doors[i] = listen_door(configuration, i, image->user, image->group);
        if (master->doors[i] < 0)
            return false;
    }
    return true;
}

/* Waits until no child of the kind is left, or for so long, or for another SIGTERM. */
static bool master_await(struct master *master, bool gateways, int64_t milliseconds,
                         const sigset_t *signals)
{
    int64_t deadline = clock_milliseconds() + milliseconds;
    for (;;) {
        size_t left = 0;
        children_reap(master);
        for (size_t i = 0; i < master->child_count; i++)
            left += master->children[i].pid != 0 &&
                    (!gateways || master->children[i].role == ROLE_GATEWAY);
        int64_t wait = deadline - clock_milliseconds();
        if (!left || wait <= 0)
            return !left;
        struct timespec time = {.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000};
        int number = sigtimedwait(signals, NULL, &time);
        if (number == SIGTERM || number == SIGINT)
            return false;
    }
}

static void master_end(struct master *master, const sigset_t *signals)
{
    char path[256];
    const struct configuration *configuration = master->image->configuration;
    log_write(LOG_INFO, "ending");
    notify_stopping();
    if (master->validator)
        kill(master->validator, SIGKILL);
    children_kill(master, SIGTERM, true, false);
    bool quiet =
        master_await(master, true, configuration->drain_seconds * 1000 + END_SPARE, signals);
    /* A worker that waits in the line of a gateway which is gone hears the end by this. */
    for (size_t i = 0; i < (size_t)configuration->gateways; i++)
        close(master->doors[i]);
    children_kill(master, SIGTERM, true, true);
    if (!quiet || !master_await(master, false, END_WORKERS, signals)) {
        children_kill(master, SIGKILL, true, true);
        master_await(master, false, END_SPARE, signals);
    }
    for (size_t i = 0; i < configuration->listener_count; i++)
        if (configuration->listeners[i].type == LISTENER_UNIX)
            unlink(configuration->listeners[i].path);
    for (size_t i = 0; i < (size_t)configuration->gateways; i++)
        if (configuration_gateway_path(configuration, i, path, sizeof path))
            unlink(path);
    log_write(LOG_INFO, "ended");
}

static void master_loop(struct master *master, const sigset_t *signals)
{
    for (;;) {
        int64_t wait = children_fork(master);
        struct timespec time = {.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000};
        switch (sigtimedwait(signals, NULL, &time)) {
        case SIGCHLD:
            children_reap(master);
            break;
        case SIGHUP:
            reload_validate(master);
            break;
        case SIGTERM:
        case SIGINT:
            return;
        default:
            break;
        }
    }
}

int master_run(const char *file, struct image *image)
{
    struct master master = {.file = file, .image = image};
    sigset_t signals;
    int status = EXIT_FAILURE;
    log_role("master");
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (master_open(&master)) {
        children_add(&master, ROLE_GATEWAY, image->configuration->gateways);
        children_add_workers(&master);
        log_write(LOG_INFO, "%s: %zu children, %zu forms", image->configuration->server_name,
                  master.child_count, image->forms->count);
        children_fork(&master);
        notify_ready();
        master_loop(&master, &signals);
        master_end(&master, &signals);
        status = EXIT_SUCCESS;
    }
    free(master.children);
    free(master.listeners);
    image_free(master.image);
    return status;
}
