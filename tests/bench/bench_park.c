/* Parks terminals: connects N times, resumes the sessions whose tokens the caller has made (number
 * i has the token "bench" and i in eleven digits), says "N parked" and waits for the end of its
 * input.
 *
 *   bench_park --server PATH --count N */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/frame.h"

enum { COUNT_LIMIT = 60000, BURST = 50, ANSWER_LIMIT = 64 * 1024 };

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench_park: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int terminal_open(const char *path, int number)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int terminal = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (terminal < 0 || connect(terminal, (struct sockaddr *)&address, sizeof address) != 0) {
        fail("connect");
    }
    char token[SESSION_TOKEN + 1];
    snprintf(token, sizeof token, "bench%011d", number);
    struct writer out;
    writer_initialise(&out, FRAME_REQUEST_LIMIT);
    size_t offset = frame_begin(&out, FRAME_HELLO);
    writer_bytes(&out, "HDSK", 4);
    writer_u16(&out, PROTOCOL_VERSION);
    writer_text(&out, "zh");
    writer_text(&out, "UTF-8");
    writer_text(&out, "bench_park");
    writer_text(&out, "bench");
    writer_u8(&out, 1);
    writer_bytes(&out, token, SESSION_TOKEN);
    frame_finish(&out, offset);
    if (send(terminal, out.bytes, out.length, MSG_NOSIGNAL) != (ssize_t)out.length) {
        fail("send");
    }
    writer_release(&out);
    return terminal;
}

/* Whether the session was taken up again. */
static int terminal_welcomed(int terminal)
{
    static uint8_t in[ANSWER_LIMIT];
    size_t have = 0;
    for (;;) {
        struct frame frame;
        size_t used;
        if (frame_next(in, have, FRAME_REPLY_LIMIT, &frame, &used) == FRAME_READY) {
            return frame.type == FRAME_WELCOME;
        }
        ssize_t got = recv(terminal, in + have, sizeof in - have, 0);
        if (got <= 0) {
            return 0;
        }
        have += (size_t)got;
    }
}

int main(int argc, char **argv)
{
    if (argc != 5 || strcmp(argv[1], "--server") != 0 || strcmp(argv[3], "--count") != 0) {
        fprintf(stderr, "usage: bench_park --server PATH --count N\n");
        return 2;
    }
    int count = atoi(argv[4]);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    if (count < 1 || count > COUNT_LIMIT || files.rlim_cur < (rlim_t)count + 10) {
        fail("count");
    }
    int welcomed = 0;
    for (int i = 0; i < count; i += BURST) {
        int terminals[BURST];
        int burst = count - i < BURST ? count - i : BURST;
        for (int n = 0; n < burst; n++) {
            terminals[n] = terminal_open(argv[2], i + n + 1);
        }
        for (int n = 0; n < burst; n++) {
            welcomed += terminal_welcomed(terminals[n]);
        }
    }
    printf("%d parked\n", welcomed);
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return welcomed == count ? 0 : 1;
}
