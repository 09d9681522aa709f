/* Limits at work: silent strangers, dead lines, crowds, floods, queues that do not move, and a
 * master that is killed. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/connection.h"
#include "tests/fault/process_fixture.h"

enum {
    WAIT = 15000,
    PER_GATEWAY = 4,
    RATE = 40,
};

static struct fixture fixture;

static struct connection *terminal(void)
{
    struct connection_settings settings = {
        .address = fixture.address, .line = "tty", .patience = WAIT};
    struct connection *connection = connection_create(&settings, NULL);
    if (connection &&
        (connection_open_wait(connection, WAIT) != STATUS_OK ||
         connection_sign_in_wait(connection, "1", "right", "", false, NULL, WAIT) != STATUS_OK)) {
        connection_free(connection);
        return NULL;
    }
    return connection;
}

struct seen {
    bool here;
    enum status status;
};

static void seen_answer(void *context, const struct connection_reply *reply)
{
    struct seen *seen = context;
    seen->here = true;
    seen->status = reply->status;
}

static void ask(struct connection *connection, enum stub_verb verb, uint64_t argument,
                struct seen *seen)
{
    struct writer body;
    writer_initialise(&body, 64);
    writer_u64(&body, argument);
    struct connection_call call = {.form = 1,
                                   .verb = (uint16_t)verb,
                                   .body = body.bytes,
                                   .length = body.length,
                                   .answered = seen_answer,
                                   .context = seen};
    *seen = (struct seen){0};
    connection_call(connection, &call);
    writer_release(&body);
}

static bool await(struct connection *connection, const struct seen *seen)
{
    int64_t deadline = fixture_now() + WAIT;
    while (!seen->here && fixture_now() < deadline)
        connection_wait(connection, 100);
    return seen->here;
}

static void test_silence(void)
{
    uint8_t body[256];
    size_t length = 0;
    int stranger = raw_connect(&fixture);
    tap_ok(raw_refused(stranger, STATUS_TIMEOUT), "a stranger who says nothing is sent away");
    close(stranger);
    int dead = raw_greeted(&fixture);
    int64_t begin = fixture_now();
    bool pinged = raw_frame(dead, body, sizeof body, &length) == FRAME_PING && length == 8;
    bool ended = raw_frame(dead, body, sizeof body, &length) == 0;
    tap_ok(pinged && ended && fixture_now() - begin >= 1000, "a dead line is pinged, then closed");
    close(dead);
    struct connection *alive = terminal();
    struct seen seen = {0};
    begin = fixture_now();
    while (alive && fixture_now() - begin < 3500)
        connection_wait(alive, 100);
    if (alive)
        ask(alive, STUB_ECHO, 0, &seen);
    tap_ok(alive && connection_state(alive) == CONNECTION_OPEN && await(alive, &seen) &&
               seen.status == STATUS_OK,
           "a terminal that answers pings stays");
    connection_free(alive);
}

static void test_crowd(void)
{
    struct connection *crowd[2 * PER_GATEWAY];
    size_t in = 0;
    for (size_t i = 0; i < 2 * PER_GATEWAY; i++) {
        /* Lines of the tests before leave when their gateway gets round to it. */
        int64_t begin = fixture_now();
        do {
            crowd[i] = terminal();
        } while (crowd[i] == NULL && fixture_now() - begin < 5000);
        in += crowd[i] != NULL;
    }
    tap_ok(in == 2 * PER_GATEWAY, "the gateways fill evenly");
    struct connection_settings settings = {.address = fixture.address, .patience = WAIT};
    struct connection *late = connection_create(&settings, NULL);
    tap_ok(late && connection_open_wait(late, WAIT) == STATUS_SERVER_FULL,
           "one terminal too many hears that the server is full");
    connection_free(late);
    for (size_t i = 0; i < 2 * PER_GATEWAY; i++)
        connection_free(crowd[i]);
}

static bool room_again(void *context)
{
    struct connection **place = context;
    *place = terminal();
    return *place != NULL;
}

static void test_rate(struct connection *one)
{
    struct seen seen = {0};
    size_t answered = 0;
    int64_t begin = fixture_now();
    for (size_t i = 0; i < 3 * RATE; i++) {
        ask(one, STUB_ECHO, i, &seen);
        answered += await(one, &seen) && seen.status == STATUS_OK;
    }
    int64_t took = fixture_now() - begin;
    tap_note("%d calls took %lld ms", 3 * RATE, (long long)took);
    tap_ok(answered == 3 * RATE && took > 1000, "a terminal past its rate is slowed, not refused");
}

static void test_queue(struct connection *one)
{
    struct seen busy = {0};
    struct seen waiting = {0};
    int64_t begin = fixture_now();
    ask(one, STUB_LONG_SLEEP, 4000, &busy);
    ask(one, STUB_LONG_SLEEP, 0, &waiting);
    await(one, &waiting);
    tap_ok(waiting.status == STATUS_TIMEOUT && fixture_now() - begin < 3900,
           "a call that finds no free worker in time is answered");
    await(one, &busy);
    tap_ok(busy.status == STATUS_OK, "the one that runs is not disturbed");
}

struct orphans {
    struct child_seen list[FIXTURE_CHILDREN];
    size_t count;
};

static bool orphans_gone(void *context)
{
    const struct orphans *orphans = context;
    for (size_t i = 0; i < orphans->count; i++)
        if (kill(orphans->list[i].pid, 0) == 0 || errno != ESRCH)
            return false;
    return true;
}

static void test_drain(struct connection *one)
{
    struct seen running = {0};
    struct seen quick = {0};
    ask(one, STUB_LONG_SLEEP, 700, &running);
    ask(one, STUB_ECHO, 0, &quick);
    await(one, &quick); /* so the one before it has arrived */
    tap_ok(fixture_stop(&fixture) == 0, "the server ends in order under a running call");
    tap_ok(await(one, &running) && running.status == STATUS_OK, "which is answered before");
}

static void test_master(void)
{
    static struct orphans orphans;
    orphans.count = fixture_children(&fixture, orphans.list);
    kill(fixture.master, SIGKILL);
    waitpid(fixture.master, NULL, 0);
    tap_ok(orphans.count > 0 && fixture_until(orphans_gone, &orphans, WAIT),
           "no child outlives its master");
}

int main(void)
{
    struct connection *one = NULL;
    fixture_start(&fixture, false,
                  "workers_short = 2; workers_long = 2; workers_auth = 2; hello_seconds = 1;"
                  "keepalive_seconds = 1; terminals_per_gateway = 4; calls_per_second = 40;"
                  "queue_long_seconds = 1;");
    test_silence();
    test_crowd();
    if (!fixture_until(room_again, &one, WAIT)) {
        puts("Bail out! there is no room although all have gone");
        return EXIT_FAILURE;
    }
    test_rate(one);
    test_queue(one);
    test_drain(one);
    connection_free(one);
    fixture_start(&fixture, false, "workers_short = 2;");
    test_master();
    return tap_done();
}
