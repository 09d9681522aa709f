/* Waiting of the service children. */
#include "server/process/service.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t ending;

static void service_signal(int number)
{
    (void)number;
    ending = 1;
}

void service_prepare(void)
{
    struct sigaction action = {.sa_handler = service_signal};
    sigaction(SIGTERM, &action, NULL);
}

bool service_ending(void)
{
    sigset_t pending;
    return ending || (sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1);
}

bool service_wait(int descriptor, int milliseconds)
{
    sigset_t none;
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    struct timespec time = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    sigemptyset(&none);
    if (!ending)
        ppoll(&entry, descriptor >= 0 ? 1 : 0, &time, &none);
    return !ending;
}
