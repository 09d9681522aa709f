/* Inside the master: what it knows of its children, and how one comes into being. */
#ifndef HALLDESK_MASTER_CHILD_H
#define HALLDESK_MASTER_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/process/gateway.h"
#include "server/process/image.h"

enum role {
    ROLE_GATEWAY,
    ROLE_SHORT,
    ROLE_LONG,
    ROLE_AUTH,
    ROLE_NOTIFIER,
    ROLE_SCHEDULER,
    ROLE_RELAY,
    ROLES,
};

struct child {
    enum role role;
    size_t index;
    pid_t pid;          /* 0: not running */
    bool leaving;       /* of an older image: not brought back */
    unsigned quick;     /* deaths in a row within the first second */
    int64_t started;    /* milliseconds, monotonic */
    int64_t not_before; /* when it may be forked again */
};

struct master {
    const char *file;
    struct image *image;
    int claim;
    int *listeners;
    int doors[CONFIGURATION_GATEWAYS];
    struct board *board;
    struct child *children;
    size_t child_count;
    size_t child_capacity;
    pid_t validator;
    bool reload_again;
};

/* Does not return in the child. False if the fork failed. */
bool child_fork(struct master *master, struct child *child);
/* "gateway-0", "short-3", "notifier". */
void child_name(const struct child *child, char *name, size_t size);

#endif
