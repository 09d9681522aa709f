/* The relay's rounds, and its process. */
#include "server/process/relay.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/process/log.h"
#include "server/process/service.h"
#include "server/process/service_client.h"

enum { RELAY_PAUSE_LAST = 60000 }; /* milliseconds: longest pause while nothing works */

static size_t relay_out(const struct relay_business *business,
                        const struct relay_transport *transport, int64_t attempts,
                        struct arena *arena)
{
    struct relay_message *list = NULL;
    size_t count = 0;
    size_t moved = 0;
    if (!business->claim(business->context, arena, &list, &count))
        return 0;
    for (size_t i = 0; i < count && !service_ending(); i++) {
        const struct relay_message *message = &list[i];
        char reason[RELAY_REASON] = "";
        bool hopeless = false;
        if (transport->deliver(transport->context, message, reason, &hopeless)) {
            /* If the word is lost the message is written again: same name, same bytes. */
            moved += business->confirm(business->context, arena, message);
            continue;
        }
        bool poisoned = hopeless || message->attempts + 1 >= attempts;
        log_write(poisoned ? LOG_ERROR : LOG_WARNING, "message %lld to %s: %s%s",
                  (long long)message->id, message->neighbour, reason,
                  poisoned ? "; its stream stops here" : "");
        business->fail(business->context, arena, message, reason, poisoned);
    }
    return moved;
}

static size_t relay_in(const struct relay_business *business,
                       const struct relay_transport *transport, struct arena *arena)
{
    size_t moved = 0;
    transport->rewind(transport->context);
    for (size_t i = 0; i < RELAY_BATCH && !service_ending(); i++) {
        struct relay_arrival arrival = {0};
        const char *name = NULL;
        arena_reset(arena);
        if (!transport->next(transport->context, arena, &arrival, &name))
            break;
        enum relay_receipt receipt = arrival.reason[0]
                                         ? RELAY_REFUSED
                                         : business->receive(business->context, arena, &arrival);
        if (receipt == RELAY_REFUSED)
            log_write(LOG_ERROR, "arrival from %s refused: %s", arrival.neighbour, arrival.reason);
        transport->settle(transport->context, &arrival, name, receipt);
        if (receipt == RELAY_LATER)
            break; /* order within the neighbour is kept */
        moved++;
    }
    return moved;
}

size_t relay_round(const struct relay_business *business, const struct relay_transport *transport,
                   int64_t attempts)
{
    struct arena *arena = arena_create();
    size_t moved = relay_out(business, transport, attempts, arena);
    moved += relay_in(business, transport, arena);
    arena_free(arena);
    return moved;
}

int relay_run(const struct configuration *configuration, const struct form_set *forms)
{
    int status = EXIT_FAILURE;
    service_prepare();
    struct relay_files *files = relay_files_create(configuration);
    struct service_client *client = service_client_create(
        configuration, forms, "relay", configuration->relay_staff, configuration->relay_secret);
    if (!files || !client)
        goto out;
    struct relay_business business = relay_forms_business(client);
    struct relay_transport transport = relay_files_transport(files);
    int interval = (int)configuration->relay_interval;
    int wait = 0;
    while (service_wait(-1, wait)) {
        if (!service_client_ready(client)) {
            wait = wait < interval ? interval : wait * 2;
            wait = wait > RELAY_PAUSE_LAST ? RELAY_PAUSE_LAST : wait;
            continue;
        }
        wait = relay_round(&business, &transport, configuration->relay_attempts) ? 0 : interval;
    }
    status = EXIT_SUCCESS;
out:
    service_client_free(client);
    relay_files_free(files);
    return status;
}
