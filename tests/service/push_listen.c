/* A terminal that only listens: push_listen STAFF signs in at HALLDESK_SERVER with
 * HALLDESK_PASSWORD, says "ready", and prints every push as "KIND TEXT" until its input ends. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/connection.h"
#include "protocol/arena.h"

enum { WAIT = 30000, ROUND = 20, TEXT_LIMIT = 4000 };

static void push_print(void *context, uint64_t kind, const uint8_t *body, size_t length)
{
    struct arena *arena = arena_create();
    struct reader reader;
    (void)context;
    reader_initialise(&reader, body, length);
    const char *text = reader_text(&reader, arena, TEXT_LIMIT);
    if (reader.failed)
        text = "(not coded as the protocol says)";
    printf("%llu %s\n", (unsigned long long)kind, text);
    fflush(stdout);
    arena_free(arena);
}

static int input_ended(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;
    return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

int main(int count, char **arguments)
{
    const char *address = getenv("HALLDESK_SERVER");
    const char *password = getenv("HALLDESK_PASSWORD");
    if (count != 2 || address == NULL || password == NULL)
        return EXIT_FAILURE;
    char socket[256];
    snprintf(socket, sizeof socket, "unix:%s", address);
    struct connection_settings settings = {.address = socket, .line = "listen"};
    struct connection_events events = {.push = push_print};
    struct writer body;
    writer_initialise(&body, 4096);
    struct connection *connection = connection_create(&settings, &events);
    int result = EXIT_FAILURE;
    if (connection != NULL && connection_open_wait(connection, WAIT) == STATUS_OK &&
        connection_sign_in_wait(connection, arguments[1], password, "", false, &body, WAIT) ==
            STATUS_OK) {
        puts("ready");
        fflush(stdout);
        while (!input_ended())
            connection_wait(connection, ROUND);
        result = EXIT_SUCCESS;
    }
    connection_free(connection);
    writer_release(&body);
    return result;
}
