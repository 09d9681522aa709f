/* A worker: takes one request at a time from its gateway and passes it through the gate. */
#ifndef HALLDESK_WORKER_H
#define HALLDESK_WORKER_H

#include "protocol/form.h"
#include "server/process/configuration.h"

struct worker_start {
    const struct configuration *configuration;
    const struct form_set *forms;
    enum verb_class worker_class;
    size_t gateway; /* index of the gateway that it serves */
};

/* Runs until SIGTERM, until it is to be replaced, or until the master is gone; exit status. */
int worker_run(const struct worker_start *start);

#endif
