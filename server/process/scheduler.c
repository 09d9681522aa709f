/* The scheduler: asks for due work to be done, at once again while there was some.
 *
 * The work is claimed with SKIP LOCKED inside the transaction that does it, so any number of
 * schedulers may run and none is a leader. */
#include <stdlib.h>

#include "protocol/arena.h"
#include "server/process/service.h"
#include "server/process/service_client.h"

enum { SCHEDULER_REFUSED_LAST = 60000 }; /* milliseconds: longest pause after refusals */

/* Form due_work, verb run; the field "done" of the answer says how many rows were worked on. */
static const char due_work[] = "due_work";
static const char due_work_run[] = "run";
static const char due_work_done[] = "done";

int scheduler_run(const struct configuration *configuration, const struct form_set *forms)
{
    service_prepare();
    struct arena *arena = arena_create();
    struct service_client *client =
        service_client_create(configuration, forms, "scheduler", configuration->scheduler_staff,
                              configuration->scheduler_secret);
    int interval = (int)configuration->scheduler_interval;
    int wait = 0;
    while (client && service_wait(-1, wait)) {
        char reason[128];
        struct record *answer = NULL;
        arena_reset(arena);
        struct record *input = service_client_input(client, due_work, due_work_run, arena);
        if (!input || !service_client_ready(client)) {
            wait = interval;
            continue;
        }
        enum status status = service_client_call(client, due_work_run, input, 0, arena, &answer,
                                                 reason, sizeof reason);
        if (status == STATUS_OK) {
            bool more = answer && record_value(answer, due_work_done) &&
                        record_integer(answer, due_work_done) > 0;
            wait = more ? 0 : interval;
        } else {
            wait = wait < interval ? interval : wait * 2;
            if (wait > SCHEDULER_REFUSED_LAST)
                wait = SCHEDULER_REFUSED_LAST;
        }
    }
    service_client_free(client);
    arena_free(arena);
    return client ? EXIT_SUCCESS : EXIT_FAILURE;
}
