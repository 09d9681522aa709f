/* What a key costs at the terminal, and what opening a form moves on the line to the server.
 *
 *   key.echo_us, key.echo_bytes   a letter typed into a field of a form: until its echo, and bytes
 * of it key.han_bytes                 the same for a Chinese character form.new_bytes,
 * form.known_bytes  opening a form for the first time, and again; counted both ways by a proxy
 * between client and server (HALLDESK_TEST_SERVER)
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/screen/pty_screen.h"

enum { KEYS = 400, FIELD = 8, PATH_LIMIT = 4096, DEADLINE = 15000 };

static double microseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int double_order(const void *one, const void *other)
{
    double a = *(const double *)one;
    double b = *(const double *)other;
    return (a > b) - (a < b);
}

/* --- keys ------------------------------------------------------------------------------------ */

/* Time until the first byte of the echo; its bytes are added up once the line is silent. */
static double key_echo(struct pty_screen *screen, const char *key, size_t *bytes)
{
    struct pollfd line = {.fd = pty_screen_descriptor(screen), .events = POLLIN};
    pty_screen_mark(screen);
    double begin = microseconds_now();
    pty_screen_send(screen, key, strlen(key));
    (void)poll(&line, 1, 1000);
    double spent = microseconds_now() - begin;
    while (poll(&line, 1, 5) > 0)
        pty_screen_pump(screen, 0);
    size_t length;
    pty_screen_bytes(screen, &length);
    *bytes += length;
    return spent;
}

static void keys_measure(const char *program)
{
    char *arguments[] = {(char *)(uintptr_t)program, NULL};
    struct pty_screen *screen = pty_screen_start(
        &(struct pty_screen_options){.arguments = arguments, .deadline = DEADLINE});
    static double samples[KEYS];
    size_t letters = 0;
    size_t letter_bytes = 0;
    size_t other_bytes = 0;
    size_t han_bytes = 0;
    if (screen == NULL || !pty_screen_wait_row(screen, 24, "F12取消")) {
        printf("# the form of the demonstration does not come\n");
        return;
    }
    pty_screen_keys(screen, "End"); /* behind what stands there, as one types */
    pty_screen_pump(screen, 100);
    while (letters < KEYS) {
        for (int i = 0; i < FIELD && letters < KEYS; i++)
            samples[letters++] = key_echo(screen, "k", &letter_bytes);
        for (int i = 0; i < FIELD; i++)
            (void)key_echo(screen, "\x7f", &other_bytes);
    }
    for (int i = 0; i < FIELD / 2; i++)
        (void)key_echo(screen, "王", &han_bytes);
    qsort(samples, KEYS, sizeof *samples, double_order);
    printf("key.echo_us %.0f us %.0f@p50 %.0f@p99\n", samples[KEYS / 2], samples[KEYS / 2],
           samples[KEYS * 99 / 100]);
    printf("key.echo_bytes %.1f bytes %.1f -\n", (double)letter_bytes / KEYS,
           (double)letter_bytes / KEYS);
    printf("key.han_bytes %.1f bytes %.1f 18@anchor\n", (double)han_bytes / (FIELD / 2),
           (double)han_bytes / (FIELD / 2));
    pty_screen_free(screen);
}

/* --- forms ----------------------------------------------------------------------------------- */

static _Atomic uint64_t *moved; /* bytes, both ways; shared with the proxy */

static int socket_at(const char *path, bool listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    bool good = descriptor >= 0 &&
                (listening ? bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 &&
                                 listen(descriptor, 4) == 0
                           : connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0);
    if (!good) {
        perror(path);
        exit(1);
    }
    return descriptor;
}

static bool bytes_pass(int from, int to)
{
    char bytes[65536];
    ssize_t got = recv(from, bytes, sizeof bytes, 0);
    if (got > 0)
        atomic_fetch_add(moved, (uint64_t)got);
    return got > 0 && send(to, bytes, (size_t)got, MSG_NOSIGNAL) == got;
}

static _Noreturn void proxy_run(int listener, const char *server)
{
    for (;;) {
        int near = accept(listener, NULL, NULL);
        int far = socket_at(server, false);
        struct pollfd ends[] = {{.fd = near, .events = POLLIN}, {.fd = far, .events = POLLIN}};
        bool good = near >= 0;
        while (good && poll(ends, 2, -1) > 0) {
            good = (ends[0].revents == 0 || bytes_pass(near, far)) &&
                   (ends[1].revents == 0 || bytes_pass(far, near));
        }
        close(near);
        close(far);
    }
}

/* Bytes that typing a form's code moves until it stands on the screen. */
static uint64_t form_open(struct pty_screen *screen, const char *code)
{
    uint64_t before = atomic_load(moved);
    pty_screen_type(screen, code);
    pty_screen_keys(screen, "Enter");
    bool open = pty_screen_wait_row(screen, 24, "F8查询");
    uint64_t spent = atomic_load(moved) - before;
    pty_screen_keys(screen, "F3");
    return open && pty_screen_wait_row(screen, 24, "F7常用") ? spent : UINT64_MAX;
}

static void forms_measure(char *client, const char *server)
{
    char path[PATH_LIMIT];
    snprintf(path, sizeof path, "%s.proxy", server);
    moved = mmap(NULL, sizeof *moved, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int listener = socket_at(path, true);
    fflush(stdout);
    pid_t proxy = moved == MAP_FAILED ? -1 : fork();
    if (proxy == 0)
        proxy_run(listener, server);
    char *arguments[] = {client, "--socket", path, "--language", "zh", NULL};
    struct pty_screen *screen = pty_screen_start(
        &(struct pty_screen_options){.arguments = arguments, .deadline = DEADLINE});
    bool in = proxy > 0 && screen != NULL && pty_screen_wait_cursor(screen, 11, 39) &&
              pty_screen_type(screen, "30127") && pty_screen_keys(screen, "Enter") &&
              pty_screen_type(screen, "halldesk-1") && pty_screen_keys(screen, "Enter") &&
              pty_screen_wait_row(screen, 24, "F7常用");
    if (in) {
        uint64_t new = form_open(screen, "CU");
        uint64_t known = form_open(screen, "CU");
        if (new != UINT64_MAX && known != UINT64_MAX)
            printf("form.known_bytes %llu bytes %llu@known %llu@new\n", (unsigned long long)known,
                   (unsigned long long)known, (unsigned long long)new);
        else
            printf("# the form does not open\n");
    } else {
        printf("# the client does not come in\n");
    }
    if (screen != NULL)
        pty_screen_free(screen);
    if (proxy > 0) {
        kill(proxy, SIGKILL);
        waitpid(proxy, NULL, 0);
    }
    unlink(path);
}

int main(void)
{
    const char *build = getenv("HALLDESK_BUILD");
    const char *server = getenv("HALLDESK_TEST_SERVER");
    char program[PATH_LIMIT];
    if (build == NULL) {
        fprintf(stderr, "bench_key: HALLDESK_BUILD is not set\n");
        return 2;
    }
    snprintf(program, sizeof program, "%s/tests/screen/terminal_demo", build);
    keys_measure(program);
    if (server != NULL) {
        snprintf(program, sizeof program, "%s/halldesk", build);
        forms_measure(program, server);
    }
    return 0;
}
