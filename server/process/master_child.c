/* From fork to role: a child gives up rights and descriptors before it does anything. */
#include "server/process/master_child.h"

#include <errno.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "server/process/log.h"
#include "server/process/service.h"
#include "server/process/worker.h"

enum { CHILD_DESCRIPTORS = CONFIGURATION_LISTENERS + 1 };

static int run_gateway(const struct master *master, const struct child *child)
{
    struct gateway_start start = {
        .configuration = master->image->configuration,
        .forms = master->image->forms,
        .index = child->index,
        .listeners = master->listeners,
        .door = master->doors[child->index],
        .certificate = master->image->certificate,
        .key = master->image->key,
        .board = master->board,
    };
    return gateway_run(&start);
}

static int run_worker(const struct master *master, const struct child *child)
{
    struct worker_start start = {
        .configuration = master->image->configuration,
        .forms = master->image->forms,
        .worker_class = (enum verb_class)(child->role - ROLE_SHORT),
        .gateway = child->index % (size_t)master->image->configuration->gateways,
    };
    return worker_run(&start);
}

static int run_notifier(const struct master *master, const struct child *child)
{
    (void)child;
    return notifier_run(master->image->configuration);
}

static int run_scheduler(const struct master *master, const struct child *child)
{
    (void)child;
    return scheduler_run(master->image->configuration, master->image->forms);
}

static int run_relay(const struct master *master, const struct child *child)
{
    (void)child;
    return relay_run(master->image->configuration, master->image->forms);
}

static const struct {
    const char *name;
    bool numbered;
    bool terminals; /* keeps listeners, door and key */
    int (*run)(const struct master *master, const struct child *child);
} roles[ROLES] = {
    [ROLE_GATEWAY] = {"gateway", true, true, run_gateway},
    [ROLE_SHORT] = {"short", true, false, run_worker},
    [ROLE_LONG] = {"long", true, false, run_worker},
    [ROLE_AUTH] = {"auth", true, false, run_worker},
    [ROLE_NOTIFIER] = {"notifier", false, false, run_notifier},
    [ROLE_SCHEDULER] = {"scheduler", false, false, run_scheduler},
    [ROLE_RELAY] = {"relay", false, false, run_relay},
};

void child_name(const struct child *child, char *name, size_t size)
{
    if (roles[child->role].numbered)
        snprintf(name, size, "%s-%zu", roles[child->role].name, child->index);
    else
        snprintf(name, size, "%s", roles[child->role].name);
}

static int descriptor_order(const void *one, const void *other)
{
    const int *first = one;
    const int *second = other;
    return *first < *second ? -1 : *first > *second;
}

/* Closes everything but the standard descriptors and the child's own. */
static bool child_descriptors(const struct master *master, const struct child *child)
{
    int keep[CHILD_DESCRIPTORS] = {0};
    size_t count = 0;
    unsigned from = STDERR_FILENO + 1;
    if (roles[child->role].terminals) {
        keep[count++] = master->doors[child->index];
        for (size_t i = 0; i < master->image->configuration->listener_count; i++)
            keep[count++] = master->listeners[i];
    }
    qsort(keep, count, sizeof keep[0], descriptor_order);
    for (size_t i = 0; i < count; i++) {
        if ((unsigned)keep[i] > from && close_range(from, (unsigned)keep[i] - 1, 0) < 0)
            return false;
        from = (unsigned)keep[i] + 1;
    }
    return close_range(from, ~0U, 0) == 0;
}

static bool child_rights(const struct master *master)
{
    const struct image *image = master->image;
    if (geteuid() == 0 && image->user != 0 &&
        (setgroups(1, &image->group) < 0 || setgid(image->group) < 0 || setuid(image->user) < 0))
        return false;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* Only gateways need the private key; a hole in a worker must not give it away. */
static void child_forget_key(const struct master *master, const struct child *child)
{
    if (master->image->key && !roles[child->role].terminals)
        explicit_bzero((char *)(uintptr_t)master->image->key, strlen(master->image->key));
}

static void child_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2};
    sigset_t blocked;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
    action.sa_handler = SIG_IGN; /* the master decides what these mean */
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGPIPE, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

bool child_fork(struct master *master, struct child *child)
{
    static char name[32];
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        log_write(LOG_ERROR, "fork: %s", strerror(errno));
        return false;
    }
    if (pid > 0) {
        child->pid = pid;
        return true;
    }
    child_name(child, name, sizeof name);
    log_role(name);
    child_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0 || getppid() != parent)
        _exit(EXIT_FAILURE);
    if (!child_descriptors(master, child) || !child_rights(master)) {
        log_write(LOG_ERROR, "cannot give up rights: %s", strerror(errno));
        _exit(EXIT_FAILURE);
    }
    /* setuid() clears the wish to die with the parent. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0 || getppid() != parent)
        _exit(EXIT_FAILURE);
    child_forget_key(master, child);
    _exit(roles[child->role].run(master, child));
}
