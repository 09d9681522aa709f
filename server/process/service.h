/* Children that are neither gateway nor worker; each runs until SIGTERM and returns its status. */
#ifndef HALLDESK_SERVICE_H
#define HALLDESK_SERVICE_H

#include <stdbool.h>

#include "protocol/form.h"
#include "server/process/configuration.h"

int notifier_run(const struct configuration *configuration);
int scheduler_run(const struct configuration *configuration, const struct form_set *forms);
int relay_run(const struct configuration *configuration, const struct form_set *forms);

/* Takes SIGTERM over; it stays blocked except in service_wait(). */
void service_prepare(void);
/* Waits, or until `descriptor` (may be -1) is readable; false when the process shall end. */
bool service_wait(int descriptor, int milliseconds);
bool service_ending(void);

#endif
