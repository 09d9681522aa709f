/* Fuzz target: what a neighbour may write about a service order. Whatever it is, reading ends, and
 * what is read fits the columns that it goes into: valid text without control characters, no longer
 * than they hold, times within the calendar.
 *
 * For libFuzzer: clang -std=c17 -D_GNU_SOURCE -I. -g -O1 -fsanitize=fuzzer,address,undefined this
 * file, server/ordering/network_event.c, all of protocol, -ljansson -lz */
#include "tests/fuzz/fuzz_protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "server/ordering/ordering_internal.h"

enum { INPUT_LIMIT = 64 * 1024 };

unsigned long fuzz_accepted;

static const char *const seeds[] = {
    "{\"eventId\":\"e-1\",\"eventTime\":\"2026-11-21T10:00:02.125Z\",\"eventType\":"
    "\"ServiceOrderStateChangeEvent\",\"event\":{\"serviceOrder\":{\"id\":\"N-1\",\"externalId\":"
    "\"OR261121000001-2:3\",\"state\":\"inProgress\",\"expectedCompletionDate\":"
    "\"2026-11-24T10:00:00+08:00\",\"serviceOrderItem\":[{\"id\":\"1\",\"service\":"
    "{\"serviceCharacteristic\":[{\"name\":\"accessNumber\",\"value\":\"65001234\"},"
    "{\"name\":\"port\",\"value\":\"HJ-001-0042\"}]}}]}}}",
    "{\"eventTime\":\"2026-11-21T10:00:02-08:30\",\"event\":{\"serviceOrder\":{\"externalId\":\"O-"
    "1\","
    "\"state\":\"rejected\",\"errorMessage\":[{\"code\":\"no_port\",\"reason\":\"局端口已满\"}]}}}",
};

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "fuzz_network_event: %s does not hold\n", #condition);                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void text_fits(const char *text, size_t limit)
{
    HOLDS(text != NULL);
    HOLDS(utf8_valid(text, strlen(text)));
    HOLDS(utf8_count(text) <= limit);
    for (const char *at = text; *at != '\0'; at++)
        HOLDS((unsigned char)*at >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct network_event event;
    if (length > INPUT_LIMIT)
        return 0;
    struct arena *arena = arena_create();
    const char *payload = arena_copy(arena, (const char *)bytes, length);
    if (network_event_read(payload, arena, &event)) {
        fuzz_accepted++;
        HOLDS(event.reference[0] != '\0' && event.state[0] != '\0');
        HOLDS(event.at > VALUE_TIME_FIRST && event.at <= VALUE_TIME_LAST);
        HOLDS(event.expected_on == INT64_MIN ||
              (event.expected_on > VALUE_DATE_FIRST && event.expected_on <= VALUE_DATE_LAST));
        text_fits(event.number, 60);
        text_fits(event.external_id, 60);
        text_fits(event.access_number, 24);
        text_fits(event.port, 40);
        text_fits(event.fault_code, 60);
        text_fits(event.fault_text, 200);
    }
    arena_free(arena);
    return 0;
}

size_t fuzz_seed(unsigned which, uint8_t *bytes, size_t capacity)
{
    if (which >= sizeof seeds / sizeof *seeds || strlen(seeds[which]) > capacity)
        return 0;
    memcpy(bytes, seeds[which], strlen(seeds[which]));
    return strlen(seeds[which]);
}
