/* Lines that misbehave, wait, crowd or come by TLS: each gets a readable answer, nobody else
 * notices, and a parked terminal costs little. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/connection.h"
#include "tests/fault/process_fixture.h"

enum {
    PARKED = 1000,
    PARKED_KIB = 20, /* at most, user and kernel memory over all processes */
    GARBLED = 300,
    WAIT = 10000,
};

static struct fixture fixture;

/* --- helpers --- */

static struct connection *terminal_open(const char *address, const char *authority)
{
    struct connection_settings settings = {
        .address = address, .authority = authority, .line = "tty", .patience = WAIT};
    struct connection *connection = connection_create(&settings, NULL);
    if (!connection || connection_open_wait(connection, WAIT) != STATUS_OK) {
        connection_free(connection);
        return NULL;
    }
    return connection;
}

static struct connection *terminal_signed_in(const char *address, const char *authority)
{
    struct connection *connection = terminal_open(address, authority);
    if (connection &&
        connection_sign_in_wait(connection, "1", "right", "", false, NULL, WAIT) != STATUS_OK) {
        connection_free(connection);
        connection = NULL;
    }
    return connection;
}

static enum status terminal_ask(struct connection *connection, enum stub_verb verb,
                                uint64_t argument, int timeout, struct writer *answer)
{
    struct writer body;
    writer_initialise(&body, 64);
    writer_u64(&body, argument);
    struct connection_call call = {.form = 1,
                                   .verb = (uint16_t)verb,
                                   .body = body.bytes,
                                   .length = body.length,
                                   .timeout = timeout};
    enum status status = connection_ask(connection, &call, answer);
    writer_release(&body);
    return status;
}

static void hello_send(int line, unsigned version, const char *language, const char *encoding)
{
    struct writer writer;
    writer_initialise(&writer, 4096);
    size_t offset = frame_begin(&writer, FRAME_HELLO);
    writer_bytes(&writer, "HDSK", 4);
    writer_u16(&writer, (uint16_t)version);
    writer_text(&writer, language);
    writer_text(&writer, encoding);
    writer_text(&writer, "test");
    writer_text(&writer, "tty");
    writer_u8(&writer, 0);
    frame_finish(&writer, offset);
    raw_send(line, writer.bytes, writer.length);
    writer_release(&writer);
}

/* Sends bytes on a fresh line, greeted first or not, and hears the refusal. */
static bool refused(bool greeted, const void *bytes, size_t length, enum status status)
{
    int line = greeted ? raw_greeted(&fixture) : raw_connect(&fixture);
    raw_send(line, bytes, length);
    bool good = raw_refused(line, (unsigned)status);
    close(line);
    return good;
}

/* --- tests --- */

static void test_hello(void)
{
    int line = raw_connect(&fixture);
    hello_send(line, 2, "en", "UTF-8");
    tap_ok(raw_refused(line, STATUS_VERSION), "another protocol version is refused readably");
    close(line);
    line = raw_connect(&fixture);
    hello_send(line, 1, "en", "LATIN1");
    tap_ok(raw_refused(line, STATUS_ENCODING),
           "an encoding that is not served is refused readably");
    close(line);
    line = raw_connect(&fixture);
    hello_send(line, 1, "fr", "UTF-8");
    tap_ok(raw_refused(line, STATUS_BROKEN), "a language that is not served is refused");
    close(line);
    static const char http[] = "GET / HTTP/1.1\r\nHost: halldesk\r\n\r\n";
    tap_ok(refused(false, http, sizeof http - 1, STATUS_BROKEN), "a browser is no terminal");
}

static void test_frames(void)
{
    static const uint8_t large_hello[] = {0, 0, 2, 1, 1, 0}; /* 513 bytes announced */
    static const uint8_t large[] = {0, 0x10, 0, 0, 4, 0};
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 4, 0};
    static const uint8_t small[] = {0, 0, 0, 1, 4, 0};
    static const uint8_t unknown[] = {0, 0, 0, 2, 99, 0};
    static const uint8_t reply[] = {0, 0, 0, 2, 5, 0};
    static const uint8_t flags[] = {0, 0, 0, 4, 4, 1, 0, 1};
    static const uint8_t slot[] = {0, 0, 0, 4, 4, 0, 8, 1};
    static const uint8_t sequence[] = {0, 0, 0, 5, 4, 0, 0, 0x80, 0x00};
    static const uint8_t call_first[] = {0, 0, 0, 4, 4, 0, 0, 1};
    static const uint8_t ping[] = {0, 0, 0, 5, 7, 0, 1, 2, 3};
    tap_ok(refused(false, large_hello, sizeof large_hello, STATUS_BROKEN),
           "strangers get no memory for a long first frame");
    tap_ok(refused(true, large, sizeof large, STATUS_TOO_LARGE), "an oversized frame is refused");
    tap_ok(refused(true, huge, sizeof huge, STATUS_TOO_LARGE),
           "a length of four gigabytes is refused");
    tap_ok(refused(true, small, sizeof small, STATUS_TOO_LARGE),
           "a length below the header is refused");
    tap_ok(refused(true, unknown, sizeof unknown, STATUS_BROKEN), "an unknown type is refused");
    tap_ok(refused(true, reply, sizeof reply, STATUS_BROKEN),
           "a type that only servers send is refused");
    tap_ok(refused(true, flags, sizeof flags, STATUS_BROKEN), "flags of a terminal are refused");
    tap_ok(refused(true, slot, sizeof slot, STATUS_BROKEN), "a slot beyond the last is refused");
    tap_ok(refused(true, sequence, sizeof sequence, STATUS_BROKEN),
           "an overlong number is refused");
    tap_ok(refused(true, ping, sizeof ping, STATUS_BROKEN), "a garbled ping is refused");
    tap_ok(refused(false, call_first, sizeof call_first, STATUS_BROKEN),
           "a call before the hello is refused");
    tap_ok(fixture_logged(&fixture, "refused: frame length out of range") >= 3,
           "the log tells about it");
}

/* Random bytes after a good hello: a refusal or silence, never a lost server. */
static void test_garbled(struct connection *witness)
{
    pid_t gateways[] = {fixture_child(&fixture, "gateway-0"), fixture_child(&fixture, "gateway-1")};
    for (size_t i = 0; i < GARBLED; i++) {
        uint8_t bytes[64];
        int line = i % 2 ? raw_greeted(&fixture) : raw_connect(&fixture);
        if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
            abort();
        if (i % 3) { /* a plausible header, so that the body is reached */
            memset(bytes, 0, 4);
            bytes[3] = (uint8_t)(2 + bytes[3] % 56);
            bytes[4] = (uint8_t)(1 + bytes[4] % 13);
            bytes[5] = 0;
        }
        raw_send(line, bytes, 1 + bytes[63] % sizeof bytes); /* often truncated */
        close(line);
    }
    tap_ok(terminal_ask(witness, STUB_ECHO, 1, WAIT, NULL) == STATUS_OK,
           "a terminal beside %d garbled and truncated ones goes on", GARBLED);
    tap_ok(gateways[0] && gateways[0] == fixture_child(&fixture, "gateway-0") && gateways[1] &&
               gateways[1] == fixture_child(&fixture, "gateway-1"),
           "no gateway died of them");
    tap_ok(!fixture_logged(&fixture, "senseless"), "nothing garbled reached a worker");
}

/* Says hello with the token; true if it is welcomed with the session. */
static bool resume_send(int line, const uint8_t *token)
{
    uint8_t body[256];
    size_t length = 0;
    struct writer writer;
    writer_initialise(&writer, 4096);
    size_t offset = frame_begin(&writer, FRAME_HELLO);
    writer_bytes(&writer, "HDSK", 4);
    writer_u16(&writer, PROTOCOL_VERSION);
    writer_text(&writer, "zh");
    writer_text(&writer, "GB18030");
    writer_text(&writer, "test");
    writer_text(&writer, "tty");
    writer_u8(&writer, 1);
    writer_bytes(&writer, token, SESSION_TOKEN);
    frame_finish(&writer, offset);
    raw_send(line, writer.bytes, writer.length);
    writer_release(&writer);
    return raw_frame(line, body, sizeof body, &length) == FRAME_WELCOME && body[length - 1] == 1;
}

/* Whichever gateway a line lands on, a session has one line only. */
static void test_resume(void)
{
    enum { TURNS = 8 };
    static const uint8_t nobody[SESSION_TOKEN] = {1};
    struct writer body;
    int lines[TURNS + 1];
    bool resumed = true;
    bool ended = true;
    writer_initialise(&body, 4096);
    struct connection *first = terminal_open(fixture.address, NULL);
    if (!first ||
        connection_sign_in_wait(first, "1", "right", "", false, &body, WAIT) != STATUS_OK ||
        body.length < SESSION_TOKEN) {
        tap_ok(false, "a terminal signs in");
        return;
    }
    for (size_t i = 0; i < TURNS; i++) {
        lines[i] = raw_connect(&fixture);
        resumed = resumed && resume_send(lines[i], body.bytes);
        if (i)
            ended = ended && raw_refused(lines[i - 1], STATUS_SESSION_ENDED);
    }
    int64_t deadline = fixture_now() + WAIT;
    while (connection_state(first) == CONNECTION_OPEN && fixture_now() < deadline)
        connection_wait(first, 100);
    tap_ok(resumed, "a session is resumed with its token");
    tap_ok(ended && connection_refusal(first, NULL) == STATUS_SESSION_ENDED,
           "the line that had the session hears that it has gone");
    lines[TURNS] = raw_connect(&fixture);
    tap_ok(!resume_send(lines[TURNS], nobody), "an unknown token is no session");
    for (size_t i = 0; i <= TURNS; i++)
        close(lines[i]);
    writer_release(&body);
    connection_free(first);
    struct connection *stranger = terminal_open(fixture.address, NULL);
    tap_ok(stranger && terminal_ask(stranger, STUB_ECHO, 1, WAIT, NULL) == STATUS_NOT_SIGNED_IN,
           "a stranger cannot call");
    connection_free(stranger);
}

struct seen {
    bool here;
    enum status status;
    struct seen **order; /* where the answers are noted */
};

static void seen_answer(void *context, const struct connection_reply *reply)
{
    struct seen *seen = context;
    seen->here = true;
    seen->status = reply->status;
    if (seen->order) {
        size_t place = 0;
        while (seen->order[place])
            place++;
        seen->order[place] = seen;
    }
}

static int seen_ask(struct connection *connection, enum stub_verb verb, uint64_t argument,
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
    int slot = connection_call(connection, &call);
    writer_release(&body);
    return slot;
}

static void seen_wait(struct connection *connection, const struct seen *seen)
{
    int64_t deadline = fixture_now() + WAIT;
    while (!seen->here && fixture_now() < deadline)
        connection_wait(connection, 100);
}

static void test_slots(struct connection *terminal)
{
    struct seen *order[4] = {NULL};
    struct seen slow = {.order = order};
    struct seen quick = {.order = order};
    seen_ask(terminal, STUB_SLEEP, 300, &slow);
    seen_ask(terminal, STUB_ECHO, 0, &quick);
    seen_wait(terminal, &slow);
    seen_wait(terminal, &quick);
    tap_ok(order[0] == &quick && order[1] == &slow, "calls on different slots overlap");

    /* Two on one slot, by hand: the client library never does that. */
    struct writer writer;
    uint8_t body[256];
    size_t length = 0;
    int line = raw_greeted(&fixture);
    writer_initialise(&writer, 4096);
    size_t offset = frame_begin(&writer, FRAME_SIGN_IN);
    writer_u8(&writer, 0);
    writer_unsigned(&writer, 1);
    writer_text(&writer, "1");
    writer_text(&writer, "right");
    writer_text(&writer, "");
    writer_u8(&writer, 0);
    frame_finish(&writer, offset);
    raw_send(line, writer.bytes, writer.length);
    bool ordered = raw_frame(line, body, sizeof body, &length) == FRAME_SIGNED_IN;
    writer_clear(&writer);
    for (uint8_t sequence = 1; sequence <= 2; sequence++) {
        offset = frame_begin(&writer, FRAME_CALL);
        writer_u8(&writer, 3);
        writer_unsigned(&writer, sequence);
        writer_unsigned(&writer, 1);
        writer_u32(&writer, 0);
        writer_unsigned(&writer, sequence == 1 ? STUB_SLEEP : STUB_ECHO);
        writer_u64(&writer, 200);
        frame_finish(&writer, offset);
    }
    raw_send(line, writer.bytes, writer.length);
    for (uint8_t sequence = 1; sequence <= 2; sequence++)
        ordered = ordered && raw_frame(line, body, sizeof body, &length) == FRAME_REPLY &&
                  length >= 2 && body[0] == 3 && body[1] == sequence;
    tap_ok(ordered, "calls on one slot are answered in order");
    writer_release(&writer);
    close(line);
}

static void test_cancel(struct connection *terminal)
{
    struct seen running = {0};
    int64_t begin = fixture_now();
    int slot = seen_ask(terminal, STUB_LONG_SLEEP, 60000, &running);
    /* The worker has it when a quick call behind it has been answered. */
    terminal_ask(terminal, STUB_ECHO, 0, WAIT, NULL);
    connection_cancel(terminal, slot);
    seen_wait(terminal, &running);
    tap_ok(running.here && running.status == STATUS_CANCELLED && fixture_now() - begin < WAIT,
           "a running call is cancelled");
    struct seen long_ones[3] = {{0}};
    int slots[3];
    for (size_t i = 0; i < 3; i++) /* one long worker a gateway: the others wait */
        slots[i] = seen_ask(terminal, STUB_LONG_SLEEP, 60000, &long_ones[i]);
    for (size_t i = 3; i-- > 0;) {
        connection_cancel(terminal, slots[i]);
        seen_wait(terminal, &long_ones[i]);
    }
    tap_ok(long_ones[0].status == STATUS_CANCELLED && long_ones[1].status == STATUS_CANCELLED &&
               long_ones[2].status == STATUS_CANCELLED,
           "a waiting call is cancelled");
}

static void test_poison(struct connection *terminal)
{
    tap_ok(terminal_ask(terminal, STUB_CRASH, 0, WAIT, NULL) == STATUS_INTERNAL,
           "a call that kills each worker is given up after three");
    tap_ok(terminal_ask(terminal, STUB_ECHO, 0, WAIT, NULL) == STATUS_OK,
           "the next call is served");
}

/* Asks for more than sockets hold and reads nothing; the server must neither wait nor bloat. */
static void test_slow_reader(struct connection *witness)
{
    struct connection *slow = terminal_signed_in(fixture.address, NULL);
    struct seen large[4] = {{0}};
    if (!slow) {
        tap_ok(false, "a slow reader signs in");
        return;
    }
    for (size_t i = 0; i < 4; i++)
        seen_ask(slow, STUB_LARGE, 3000000, &large[i]);
    connection_advance(slow); /* the questions go out; nothing is read from here on */
    int64_t worst = 0;
    bool served = true;
    for (size_t i = 0; i < 200; i++) {
        int64_t begin = fixture_now();
        served = served && terminal_ask(witness, STUB_ECHO, i, WAIT, NULL) == STATUS_OK;
        int64_t took = fixture_now() - begin;
        worst = took > worst ? took : worst;
    }
    tap_note("slowest answer beside a slow reader: %lld ms", (long long)worst);
    tap_ok(served && worst < 1000, "others are served beside a terminal that does not read");
    for (size_t i = 0; i < 4; i++)
        seen_wait(slow, &large[i]);
    tap_ok(large[0].here && large[1].here && large[2].here && large[3].here,
           "it gets everything when it reads at last");
    connection_free(slow);
}

static void test_auth_queue(void)
{
    struct connection *strangers[12];
    struct seen seen[12] = {{0}};
    size_t rate = 0;
    size_t in = 0;
    for (size_t i = 0; i < 12; i++) {
        strangers[i] = terminal_open(fixture.address, NULL);
        if (!strangers[i] ||
            !connection_sign_in(strangers[i], "slow", "right", "", false, seen_answer, &seen[i]))
            tap_note("stranger %zu is not served", i);
    }
    for (size_t i = 0; i < 12; i++)
        if (strangers[i])
            connection_advance(strangers[i]);
    for (size_t i = 0; i < 12; i++) {
        if (strangers[i])
            seen_wait(strangers[i], &seen[i]);
        rate += seen[i].status == STATUS_RATE;
        in += seen[i].here && seen[i].status == STATUS_OK;
        connection_free(strangers[i]);
    }
    tap_note("%zu signed in, %zu were told to wait", in, rate);
    tap_ok(rate > 0 && in > 0 && rate + in == 12, "the queue of sign-ins is bounded");
}

/* --- memory --- */

/* Private memory of the gateways, in KiB. */
static long gateways_memory(void)
{
    long sum = 0;
    for (int i = 0; i < 2; i++) {
        char title[24];
        char path[64];
        char line[256];
        snprintf(title, sizeof title, "gateway-%d", i);
        snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)fixture_child(&fixture, title));
        FILE *stream = fopen(path, "r");
        while (stream && fgets(line, sizeof line, stream)) {
            long value = 0;
            if (sscanf(line, "Private_Dirty: %ld", &value) == 1)
                sum += value;
        }
        if (stream)
            fclose(stream);
    }
    return sum;
}

/* Kernel memory of the whole machine that sockets can be part of, in KiB. */
static long kernel_memory(void)
{
    char line[256];
    long sum = 0;
    FILE *stream = fopen("/proc/meminfo", "r");
    while (stream && fgets(line, sizeof line, stream)) {
        long value = 0;
        if (sscanf(line, "Slab: %ld", &value) == 1)
            sum += value;
    }
    if (stream)
        fclose(stream);
    return sum;
}

static size_t open_all(struct connection *parked[PARKED])
{
    size_t open = 0;
    for (size_t i = 0; i < PARKED; i++) {
        parked[i] = terminal_signed_in(fixture.address, NULL);
        open += parked[i] != NULL;
    }
    return open;
}

static void test_parked(struct connection *witness)
{
    static struct connection *parked[PARKED];
    long memory = gateways_memory();
    long kernel = kernel_memory();
    size_t open = open_all(parked);
    long user_kib = gateways_memory() - memory;
    long kernel_kib = kernel_memory() - kernel;
    /* The kernel's memory is everybody's: what others took meanwhile is seen by a second look. */
    for (size_t i = 0; i < PARKED; i++)
        connection_free(parked[i]);
    kernel = kernel_memory();
    open = open_all(parked) < open ? 0 : open;
    long again_kib = kernel_memory() - kernel;
    kernel_kib = again_kib < kernel_kib ? again_kib : kernel_kib;
    tap_note("%zu parked terminals: %.2f KiB user, about %.2f KiB kernel each", open,
             (double)user_kib / PARKED, (double)kernel_kib / PARKED);
    tap_ok(open == PARKED, "a thousand terminals are signed in");
    tap_ok(user_kib + (kernel_kib > 0 ? kernel_kib : 0) <= (long)PARKED * PARKED_KIB,
           "a parked terminal costs at most %d KiB", PARKED_KIB);
    tap_ok(terminal_ask(witness, STUB_ECHO, 1, WAIT, NULL) == STATUS_OK,
           "one beside them is served");
    for (size_t i = 0; i < PARKED; i++)
        connection_free(parked[i]);
}

/* --- TLS --- */

/* True if a handshake with this version succeeds. */
static bool tls_version(int version)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(fixture.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int line = socket(AF_INET, SOCK_STREAM, 0);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *tls = NULL;
    bool shaken = false;
    if (line < 0 || !context || connect(line, (struct sockaddr *)&address, sizeof address) < 0)
        goto out;
    SSL_CTX_set_max_proto_version(context, version);
    tls = SSL_new(context);
    SSL_set_fd(tls, line);
    shaken = SSL_connect(tls) == 1;
    ERR_clear_error();
out:
    SSL_free(tls);
    SSL_CTX_free(context);
    if (line >= 0)
        close(line);
    return shaken;
}

static void test_tls(void)
{
    struct connection *terminal = terminal_signed_in(fixture.tls, fixture.certificate);
    struct writer answer;
    writer_initialise(&answer, FRAME_REPLY_LIMIT);
    tap_ok(terminal != NULL, "a terminal signs in over TLS");
    tap_ok(terminal && terminal_ask(terminal, STUB_LARGE, 2000000, WAIT, &answer) == STATUS_OK &&
               answer.length == 2000000,
           "two megabytes come over TLS whole");
    writer_release(&answer);
    connection_free(terminal);
    tap_ok(tls_version(TLS1_3_VERSION), "TLS 1.3 is served");
    tap_ok(!tls_version(TLS1_2_VERSION), "TLS 1.2 is refused");
    struct connection_settings stranger = {.address = fixture.tls, .patience = WAIT};
    struct connection *doubtful = connection_create(&stranger, NULL);
    tap_ok(doubtful && connection_open_wait(doubtful, WAIT) == STATUS_BROKEN,
           "a client that does not know the signer refuses the server");
    connection_free(doubtful);
}

/* --- scheduler --- */

static bool work_runs(void *context)
{
    const unsigned long long *wanted = context;
    return atomic_load(&fixture.state->due_runs) >= *wanted;
}

static bool work_goes_on(void)
{
    unsigned long long wanted = atomic_load(&fixture.state->due_runs) + 3;
    return fixture_until(work_runs, &wanted, WAIT);
}

static void test_scheduler(void)
{
    tap_ok(work_goes_on(), "the scheduler signs in and calls for due work");
    kill(fixture_child(&fixture, "scheduler"), SIGKILL);
    tap_ok(work_goes_on(), "it goes on after it was killed");
    pid_t scheduler = fixture_child(&fixture, "scheduler");
    kill(fixture_child(&fixture, "gateway-0"), SIGKILL);
    kill(fixture_child(&fixture, "gateway-1"), SIGKILL);
    tap_ok(work_goes_on() && scheduler && fixture_child(&fixture, "scheduler") == scheduler,
           "it comes back by itself when its line is lost");
}

/* --- reload --- */

struct reload_wait {
    size_t done;
    pid_t worker;
};

static bool reload_done(void *context)
{
    const struct reload_wait *wait = context;
    return fixture_logged(&fixture, "reloaded:") > wait->done &&
           fixture_child(&fixture, "short-0") != wait->worker &&
           fixture_logged(&fixture, "took over the new configuration") >= 2 * (wait->done + 1);
}

static bool reload_refused(void *context)
{
    (void)context;
    return fixture_logged(&fixture, "not reloaded") > 0;
}

static void test_reload(struct connection *witness)
{
    struct reload_wait wait = {.worker = fixture_child(&fixture, "short-0")};
    pid_t gateway = fixture_child(&fixture, "gateway-0");
    struct seen slow = {0};
    fixture_configure(&fixture, true, "workers_short = four;");
    kill(fixture.master, SIGHUP);
    tap_ok(fixture_until(reload_refused, NULL, WAIT) &&
               fixture_logged(&fixture, "halldesk.conf:") &&
               fixture_child(&fixture, "short-0") == wait.worker,
           "a configuration with mistakes is named by line and not taken over");
    fixture_configure(&fixture, true, "workers_short = 3; auth_queue = 7; workers_auth = 2;");
    seen_ask(witness, STUB_SLEEP, 500, &slow);
    connection_advance(witness);
    kill(fixture.master, SIGHUP);
    bool reloaded = fixture_until(reload_done, &wait, WAIT);
    tap_ok(reloaded, "SIGHUP brings new workers and new limits");
    seen_wait(witness, &slow);
    tap_ok(slow.here && slow.status == STATUS_OK, "a call that was running is answered");
    tap_ok(gateway && fixture_child(&fixture, "gateway-0") == gateway &&
               connection_state(witness) == CONNECTION_OPEN &&
               terminal_ask(witness, STUB_ECHO, 1, WAIT, NULL) == STATUS_OK,
           "the terminal has kept its line");
}

int main(void)
{
    fixture_start(
        &fixture, true,
        "workers_short = 4; workers_long = 2; workers_auth = 2; auth_queue = 2;"
        "scheduler_staff = \"1\"; scheduler_secret = \"right\"; scheduler_interval = 50;");
    struct connection *witness = terminal_signed_in(fixture.address, NULL);
    if (!witness) {
        puts("Bail out! no terminal is served");
        return EXIT_FAILURE;
    }
    test_hello();
    test_frames();
    test_garbled(witness);
    test_resume();
    test_scheduler();
    test_slots(witness);
    test_cancel(witness);
    test_poison(witness);
    test_slow_reader(witness);
    test_auth_queue();
    test_tls();
    test_parked(witness);
    test_reload(witness);
    int64_t begin = fixture_now();
    tap_ok(fixture_stop(&fixture) == 0 && fixture_now() - begin < WAIT, "the server ends in order");
    connection_free(witness);
    return tap_done();
}
