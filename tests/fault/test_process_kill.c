/* Kills children of every kind at random moments while fifty terminals work: nothing is lost or
 * done twice, nobody else dies, and the dead are back within a second. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client/connection.h"
#include "tests/fault/process_fixture.h"

enum {
    TERMINALS = 50,
    SLOTS_USED = 4,
    KILL_TIME = 6000,   /* milliseconds of killing */
    KILL_GAP = 40,      /* at most so many between two kills */
    BACK_WITHIN = 1000, /* milliseconds */
    CALL_BODY = 8,
};

struct terminal;

struct job {
    struct terminal *terminal;
    uint64_t calls; /* asked on this slot of the session */
    bool waiting;
};

struct terminal {
    struct connection *connection;
    struct job jobs[SESSION_SLOTS];
    bool signed_in;
};

static struct terminal terminals[TERMINALS];
static bool asking = true;
static size_t answered;
static size_t wrong;
static size_t lost_lines;

static void job_ask(struct terminal *terminal);

static void job_answered(void *context, const struct connection_reply *reply)
{
    struct job *job = context;
    uint64_t effects = 0;
    struct reader reader;
    reader_initialise(&reader, reply->body, reply->length);
    effects = reader_u64(&reader);
    job->waiting = false;
    answered++;
    /* One effect for each call of the slot: fewer is lost, more is done twice. */
    if (reply->status != STATUS_OK || effects != job->calls) {
        wrong++;
        tap_note("status %s, %llu effects after %llu calls", status_names[reply->status],
                 (unsigned long long)effects, (unsigned long long)job->calls);
    }
    if (asking && reply->status == STATUS_OK)
        job_ask(job->terminal);
}

static void job_ask(struct terminal *terminal)
{
    for (size_t i = 0; i < SLOTS_USED; i++) {
        struct job *job = &terminal->jobs[i];
        if (job->waiting)
            continue;
        static const uint8_t body[CALL_BODY];
        struct connection_call call = {.form = 1,
                                       .verb = STUB_COUNT,
                                       .body = body,
                                       .length = sizeof body,
                                       .answered = job_answered,
                                       .context = job};
        job->waiting = true;
        job->calls++;
        /* The lowest free slot is taken: jobs are asked in that order too. */
        int slot = connection_call(terminal->connection, &call);
        if (slot != (int)i) {
            wrong++;
            tap_note("slot %d instead of %zu", slot, i);
        }
        return;
    }
}

static void terminal_signed_in(void *context, const struct connection_reply *reply)
{
    struct terminal *terminal = context;
    if (reply->status != STATUS_OK) {
        wrong++;
        tap_note("sign-in: %s", status_names[reply->status]);
        return;
    }
    terminal->signed_in = true;
    for (size_t i = 0; i < SLOTS_USED; i++)
        job_ask(terminal);
}

static void terminal_state(void *context, enum connection_state state)
{
    struct terminal *terminal = context;
    lost_lines += state == CONNECTION_LOST;
    if (state == CONNECTION_OPEN && !terminal->signed_in)
        connection_sign_in(terminal->connection, "1", "right", "", false, terminal_signed_in,
                           terminal);
}

static void terminals_round(int longest)
{
    struct pollfd entries[TERMINALS];
    for (size_t i = 0; i < TERMINALS; i++) {
        int timeout = connection_timeout(terminals[i].connection);
        entries[i].fd = connection_descriptor(terminals[i].connection);
        entries[i].events = connection_events(terminals[i].connection);
        entries[i].revents = 0;
        if (timeout >= 0 && timeout < longest)
            longest = timeout;
    }
    poll(entries, TERMINALS, longest);
    for (size_t i = 0; i < TERMINALS; i++)
        if (entries[i].revents || connection_timeout(terminals[i].connection) == 0)
            connection_advance(terminals[i].connection);
}

static size_t terminals_waiting(void)
{
    size_t count = 0;
    for (size_t i = 0; i < TERMINALS; i++)
        count += connection_unanswered(terminals[i].connection);
    return count;
}

static unsigned chance(unsigned below)
{
    unsigned value = 0;
    if (getrandom(&value, sizeof value, 0) != sizeof value)
        abort();
    return value % below;
}

struct victim {
    const struct fixture *fixture;
    char title[32];
    pid_t pid;
};

static bool victim_back(const struct victim *victim)
{
    pid_t pid = fixture_child(victim->fixture, victim->title);
    return pid && pid != victim->pid;
}

int main(void)
{
    struct fixture fixture;
    size_t kills = 0;
    size_t late = 0;
    size_t others = 0;
    int64_t slowest = 0;
    size_t by_role[128] = {0};
    fixture_start(&fixture, false, "workers_short = 6; workers_long = 2; workers_auth = 2;");
    for (size_t i = 0; i < TERMINALS; i++) {
        struct connection_settings settings = {.address = fixture.address, .line = "tty"};
        struct connection_events events = {.context = &terminals[i], .state = terminal_state};
        for (size_t j = 0; j < SESSION_SLOTS; j++)
            terminals[i].jobs[j].terminal = &terminals[i];
        terminals[i].connection = connection_create(&settings, &events);
        connection_open(terminals[i].connection);
    }
    int64_t begin = fixture_now();
    while (answered < TERMINALS * SLOTS_USED && fixture_now() - begin < 20000)
        terminals_round(100);
    tap_ok(answered >= TERMINALS * SLOTS_USED && !wrong, "fifty terminals work");

    int64_t end = fixture_now() + KILL_TIME;
    while (fixture_now() < end) {
        struct child_seen before[FIXTURE_CHILDREN];
        struct child_seen after[FIXTURE_CHILDREN];
        int64_t next = fixture_now() + chance(KILL_GAP);
        while (fixture_now() < next)
            terminals_round((int)(next - fixture_now()));
        size_t count = fixture_children(&fixture, before);
        if (!count)
            break;
        struct victim victim = {.fixture = &fixture};
        size_t chosen = chance((unsigned)count);
        victim.pid = before[chosen].pid;
        memcpy(victim.title, before[chosen].title, sizeof victim.title);
        int64_t killed = fixture_now();
        kill(victim.pid, SIGKILL);
        kills++;
        by_role[(unsigned char)victim.title[0] & 127]++;
        while (!victim_back(&victim) && fixture_now() - killed < BACK_WITHIN)
            terminals_round(2);
        int64_t took = fixture_now() - killed;
        slowest = took > slowest ? took : slowest;
        if (!victim_back(&victim)) {
            late++;
            tap_note("%s[%ld] is not back after %lld ms", victim.title, (long)victim.pid,
                     (long long)took);
        }
        size_t left = fixture_children(&fixture, after);
        for (size_t i = 0; i < count; i++) {
            bool lives = i == chosen;
            for (size_t j = 0; j < left; j++)
                lives = lives || after[j].pid == before[i].pid;
            others += !lives;
        }
    }
    asking = false;
    int64_t settle = fixture_now() + 20000;
    while (terminals_waiting() && fixture_now() < settle)
        terminals_round(100);

    tap_note("%zu kills (%zu gateways, %zu short, %zu long, %zu auth, %zu notifier), %zu calls, "
             "%zu lost lines, slowest return %lld ms",
             kills, by_role['g'], by_role['s'], by_role['l'], by_role['a'], by_role['n'], answered,
             lost_lines, (long long)slowest);
    tap_ok(kills > 20, "children were killed");
    tap_ok(by_role['g'] > 0 && lost_lines > 0, "gateways among them, so that lines were lost");
    tap_ok(!terminals_waiting(), "every call was answered");
    tap_ok(!wrong, "every call took effect exactly once");
    tap_ok(!others, "nobody died but who was killed");
    /* Sanitizers and neighbours on two cores: one in twenty may wait for its turn on the processor.
     */
    tap_ok(late * 20 <= kills, "nineteen of twenty children were back within a second");
    for (size_t i = 0; i < TERMINALS; i++)
        connection_free(terminals[i].connection);
    tap_ok(fixture_stop(&fixture) == 0, "the server ends in order");
    return tap_done();
}
