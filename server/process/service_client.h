/* How scheduler and relay change business data: as a terminal of their own server, signed in with
 * a service staff number, with rights, scope and replay like everybody. */
#ifndef HALLDESK_SERVICE_CLIENT_H
#define HALLDESK_SERVICE_CLIENT_H

#include "protocol/fault.h"
#include "protocol/record.h"
#include "server/process/configuration.h"

struct service_client;

/* `name` stands in the operation log as the client's line. NULL after logging. */
struct service_client *service_client_create(const struct configuration *configuration,
                                             const struct form_set *forms, const char *name,
                                             const char *staff, const char *secret);
void service_client_free(struct service_client *client);
/* Connects and signs in where that is missing, with growing pauses between attempts; false if it
 * is not possible now or the process shall end. */
bool service_client_ready(struct service_client *client);
/* An empty input record of the form; NULL if there is no such form or verb, said once. */
struct record *service_client_input(struct service_client *client, const char *form,
                                    const char *verb, struct arena *arena);
/* Calls a changing verb on record `id` (0 for bare forms and creation). *answer receives what the
 * decision answered, NULL if nothing; `reason` the parameter or first fault of a refusal, it must
 * have room for `size`. */
enum status service_client_call(struct service_client *client, const char *verb,
                                const struct record *input, int64_t id, struct arena *arena,
                                struct record **answer, char *reason, size_t size);

#endif
