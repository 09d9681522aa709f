/* Load generator of the benchmarks: N terminals on one thread, each with one call under way, for S
 * seconds after W of warming up. Prints "rate p50_us p99_us calls errors". The caller prepares rows
 * and rights:
 *
 *   bench_load --server PATH --staff NUMBER --password TEXT --clients N --seconds S --warm W
 *              --call FORM.VERB --ids FILE --set FIELD | --criterion FIELD:OPERATOR --values FILE
 *
 * change: each client changes its own records in turn (FILE: an id and version a line) setting the
 * fields FIELD[,FIELD…], texts to digits, the others to small numbers; show: each call takes the
 * next id; query: each call takes the next value. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "protocol/arena.h"
#include "protocol/fault.h"
#include "protocol/frame.h"
#include "protocol/record.h"
#include "protocol/system.h"

enum { CLIENT_LIMIT = 20000, SAMPLE_LIMIT = 4000000 };

struct options {
    const char *server;
    const char *staff;
    const char *password;
    int clients;
    double seconds;
    double warm;
    bool bytes;
    const char *call;
    const char *file;
    const char *set;
    const char *criterion;
};

/* A record that is changed, by one client alone. */
struct target {
    int64_t id;
    int64_t version;
};

struct client {
    int fd;
    uint64_t sequence;
    size_t target;
    double sent;
    uint8_t *in;
    size_t have;
};

struct load {
    struct options options;
    struct arena *arena;
    struct form *form;
    const struct verb *verb;
    struct client *clients;
    char **lines; /* of the file of ids or values */
    struct target *targets;
    size_t line_count;
    size_t line_next;
    struct deflater *deflater;
    double *samples;
    size_t sample_count;
    uint64_t errors;
    uint64_t counter;
    size_t answer_length; /* of the last one, with its header */
    size_t answer_fields; /* that stood in its record */
};

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void send_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            fail("send");
        }
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* Reads until one whole frame is there; pings are answered on the way. */
static struct frame frame_wait(struct client *client, size_t *used)
{
    for (;;) {
        struct frame frame;
        enum frame_state state =
            frame_next(client->in, client->have, FRAME_REPLY_LIMIT, &frame, used);
        if (state == FRAME_READY && (frame.type == FRAME_PUSH || frame.type == FRAME_PING)) {
            memmove(client->in, client->in + *used, client->have - *used);
            client->have -= *used;
            continue;
        }
        if (state == FRAME_READY) {
            return frame;
        }
        ssize_t got =
            recv(client->fd, client->in + client->have, FRAME_REPLY_LIMIT - client->have, 0);
        if (got <= 0 || state == FRAME_BROKEN) {
            fail("receive");
        }
        client->have += (size_t)got;
    }
}

static void frame_drop(struct client *client, size_t used)
{
    memmove(client->in, client->in + used, client->have - used);
    client->have -= used;
}

static void client_open(struct load *load, struct client *client)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct writer out;
    size_t used;
    client->in = malloc(FRAME_REPLY_LIMIT);
    client->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", load->options.server);
    if (client->in == NULL || client->fd < 0 ||
        connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        fail("connect");
    }
    writer_initialise(&out, FRAME_REQUEST_LIMIT);
    size_t offset = frame_begin(&out, FRAME_HELLO);
    writer_bytes(&out, "HDSK", 4);
    writer_u16(&out, PROTOCOL_VERSION);
    writer_text(&out, "zh");
    writer_text(&out, "UTF-8");
    writer_text(&out, "bench_load");
    writer_text(&out, "bench");
    writer_u8(&out, 0);
    frame_finish(&out, offset);
    offset = frame_begin(&out, FRAME_SIGN_IN);
    writer_u8(&out, 0);
    writer_unsigned(&out, 1);
    writer_text(&out, load->options.staff);
    writer_text(&out, load->options.password);
    writer_text(&out, "");
    writer_u8(&out, 0);
    frame_finish(&out, offset);
    send_all(client->fd, out.bytes, out.length);
    struct frame frame = frame_wait(client, &used);
    if (frame.type != FRAME_WELCOME) {
        fail("no welcome");
    }
    frame_drop(client, used);
    frame = frame_wait(client, &used);
    if (frame.type != FRAME_SIGNED_IN || frame.length < 3 || frame.body[2] != STATUS_OK) {
        fprintf(stderr, "bench_load: sign-in refused with status %d\n",
                frame.length > 2 ? frame.body[2] : 0);
        exit(1);
    }
    frame_drop(client, used);
    writer_release(&out);
}

static void call_begin(struct load *load, struct client *client, struct writer *out, uint64_t form,
                       uint32_t hash, uint64_t verb)
{
    (void)load;
    writer_u8(out, 1);
    writer_unsigned(out, ++client->sequence);
    writer_unsigned(out, form);
    writer_u32(out, hash);
    writer_unsigned(out, verb);
}

/* Answer of a call made for set-up; the body stays valid until the next call. */
static struct reader call_wait(struct load *load, struct client *client, struct writer *inflated,
                               size_t *used)
{
    struct frame frame = frame_wait(client, used);
    struct reader reader;
    if ((frame.flags & FRAME_DEFLATED) != 0) {
        if (!deflater_inflate(load->deflater, frame.body, frame.length, inflated)) {
            fail("inflate");
        }
        reader_initialise(&reader, inflated->bytes, inflated->length);
    } else {
        reader_initialise(&reader, frame.body, frame.length);
    }
    return reader;
}

static struct reader system_call(struct load *load, struct client *client, enum system_verb verb,
                                 const struct writer *body, struct writer *inflated, size_t *used)
{
    struct writer out;
    writer_initialise(&out, FRAME_REQUEST_LIMIT);
    size_t offset = frame_begin(&out, FRAME_CALL);
    call_begin(load, client, &out, 0, 0, verb);
    if (body != NULL) {
        writer_bytes(&out, body->bytes, body->length);
    }
    frame_finish(&out, offset);
    send_all(client->fd, out.bytes, out.length);
    writer_release(&out);
    struct reader reader = call_wait(load, client, inflated, used);
    reader_u8(&reader);
    reader_unsigned(&reader);
    if (reader_unsigned(&reader) != STATUS_OK) {
        fail("system call refused");
    }
    return reader;
}

static void form_fetch(struct load *load, struct client *client)
{
    struct writer inflated;
    size_t used;
    char name[64];
    snprintf(name, sizeof name, "%s", load->options.call);
    char *dot = strchr(name, '.');
    if (dot == NULL) {
        fail("--call FORM.VERB");
    }
    *dot = '\0';
    writer_initialise(&inflated, FRAME_REPLY_LIMIT);
    struct reader reader = system_call(load, client, SYSTEM_CATALOGUE, NULL, &inflated, &used);
    for (int i = 0; i < 4; i++) {
        reader_text(&reader, load->arena, 400);
    }
    reader_signed(&reader);
    reader_unsigned(&reader);
    reader_text(&reader, load->arena, 8);
    uint64_t count = reader_unsigned(&reader);
    uint64_t wanted = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = reader_unsigned(&reader);
        reader_u32(&reader);
        if (strcmp(reader_text(&reader, load->arena, 100), name) == 0) {
            wanted = number;
        }
        for (int n = 0; n < 4; n++) {
            reader_text(&reader, load->arena, 400);
        }
        for (uint64_t verbs = reader_unsigned(&reader); verbs > 0; verbs--) {
            reader_unsigned(&reader);
        }
    }
    frame_drop(client, used);
    struct writer body;
    writer_initialise(&body, 64);
    writer_unsigned(&body, 1);
    writer_unsigned(&body, wanted);
    reader = system_call(load, client, SYSTEM_FORMS, &body, &inflated, &used);
    if (reader_unsigned(&reader) != 1 || (load->form = form_decode(&reader, load->arena)) == NULL) {
        fail("no such form for this person");
    }
    frame_drop(client, used);
    load->verb = form_verb_by_name(load->form, dot + 1);
    if (load->verb == NULL) {
        fail("no such verb");
    }
    writer_release(&body);
    writer_release(&inflated);
}

static void lines_read(struct load *load)
{
    FILE *file = fopen(load->options.file, "r");
    char line[512];
    size_t capacity = 0;
    if (file == NULL) {
        fail(load->options.file);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (load->line_count == capacity) {
            capacity = capacity == 0 ? 1024 : capacity * 2;
            load->lines = reallocarray(load->lines, capacity, sizeof *load->lines);
        }
        load->lines[load->line_count++] = strdup(line);
    }
    fclose(file);
    if (load->line_count == 0) {
        fail("the file is empty");
    }
}

static void query_body(struct load *load, struct writer *out, const char *text)
{
    char name[64];
    snprintf(name, sizeof name, "%s",
             load->options.criterion != NULL ? load->options.criterion : "");
    char *colon = strchr(name, ':');
    if (colon == NULL) {
        writer_unsigned(out, 0);
    } else {
        *colon = '\0';
        const struct field *field = form_field(load->form, name);
        if (field == NULL) {
            fail("no such criterion");
        }
        writer_unsigned(out, 1);
        writer_unsigned(out, field->number);
        writer_u8(out, (uint8_t)atoi(colon + 1));
        if (field->type == VALUE_TEXT) {
            writer_text(out, text);
        } else {
            writer_signed(out, strtoll(text, NULL, 10));
        }
    }
    writer_signed(out, 0);
    writer_unsigned(out, 20);
    writer_unsigned(out, 0);
}

static void change_body(struct load *load, struct client *client, struct writer *out)
{
    struct record *record = record_create(load->form, load->arena);
    char names[128];
    snprintf(names, sizeof names, "%s", load->options.set);
    for (char *rest = names, *name; (name = strtok_r(rest, ",", &rest)) != NULL;) {
        const struct field *field = form_field(load->form, name);
        if (field == NULL) {
            fail("no such field to set");
        }
        if (field->type == VALUE_TEXT) {
            record_set_text(record, name,
                            arena_format(load->arena, "139%08llu",
                                         (unsigned long long)(load->counter % 100000000)));
        } else {
            record_set_integer(record, name, (int64_t)(load->counter % 20000));
        }
    }
    load->counter++;
    writer_u8(out, 0);
    writer_text(out, "");
    writer_signed(out, load->targets[client->target].id);
    writer_signed(out, load->targets[client->target].version);
    record_encode(out, record);
}

static void call_send(struct load *load, struct client *client, struct writer *out)
{
    writer_clear(out);
    arena_reset(load->arena);
    size_t offset = frame_begin(out, FRAME_CALL);
    call_begin(load, client, out, load->form->number, load->form->hash, load->verb->number);
    const char *line = load->lines[load->line_next++ % load->line_count];
    if (load->verb->number == VERB_QUERY) {
        query_body(load, out, line);
    } else if (load->verb->number == VERB_SHOW) {
        writer_signed(out, strtoll(line, NULL, 10));
        writer_text(out, "");
        writer_text(out, "");
    } else if (load->verb->number == VERB_RUN) {
        struct record *record = record_create(load->form, load->arena);
        record_set_text(record, load->options.set, line);
        writer_u8(out, 0);
        writer_text(out, "");
        writer_signed(out, 0);
        writer_signed(out, 0);
        record_encode(out, record);
    } else {
        /* The next of its own records: never one that another client changes. */
        size_t next = client->target + (size_t)load->options.clients;
        client->target =
            next < load->line_count ? next : client->target % (size_t)load->options.clients;
        change_body(load, client, out);
    }
    frame_finish(out, offset);
    client->sent = seconds_now();
    send_all(client->fd, out->bytes, out->length);
}

/* How many fields of a shown record hold a value. */
static void answer_count(struct load *load, const struct frame *frame)
{
    struct writer inflated;
    struct reader reader;
    writer_initialise(&inflated, FRAME_REPLY_LIMIT);
    reader_initialise(&reader, frame->body, frame->length);
    if ((frame->flags & FRAME_DEFLATED) != 0) {
        if (!deflater_inflate(load->deflater, frame->body, frame->length, &inflated)) {
            fail("inflate");
        }
        reader_initialise(&reader, inflated.bytes, inflated.length);
    }
    reader_u8(&reader);
    reader_unsigned(&reader);
    reader_unsigned(&reader);
    reader_signed(&reader);
    reader_signed(&reader);
    for (uint64_t verbs = reader_unsigned(&reader); verbs > 0; verbs--) {
        reader_unsigned(&reader);
    }
    const struct record *record = record_decode(&reader, load->form, load->arena);
    load->answer_fields = 0;
    for (size_t i = 0; record != NULL && i < load->form->field_count; i++) {
        load->answer_fields += record->values[i].presence == VALUE_PRESENT;
    }
    writer_release(&inflated);
}

static void reply_take(struct load *load, struct client *client)
{
    size_t used;
    struct frame frame = frame_wait(client, &used);
    struct reader reader;
    reader_initialise(&reader, frame.body, frame.length);
    if (load->sample_count < SAMPLE_LIMIT) {
        load->samples[load->sample_count++] = seconds_now() - client->sent;
    }
    load->answer_length = used;
    if (load->verb->number == VERB_SHOW && load->options.bytes) {
        answer_count(load, &frame);
    }
    if ((frame.flags & FRAME_DEFLATED) == 0) {
        reader_u8(&reader);
        reader_unsigned(&reader);
        uint64_t status = reader_unsigned(&reader);
        if (status != STATUS_OK) {
            if (load->errors++ == 0) {
                fprintf(stderr, "bench_load: status %s\n",
                        status < STATUS_COUNT ? status_names[status] : "?");
            }
        } else if (load->verb->number != VERB_QUERY && load->verb->number != VERB_SHOW &&
                   load->verb->number != VERB_RUN) {
            reader_signed(&reader);
            load->targets[client->target].version = reader_signed(&reader);
        }
    }
    frame_drop(client, used);
}

static int sample_order(const void *one, const void *other)
{
    double a = *(const double *)one;
    double b = *(const double *)other;
    return a < b ? -1 : a > b;
}

static void load_run(struct load *load)
{
    struct pollfd *fds = calloc((size_t)load->options.clients, sizeof *fds);
    struct writer out;
    writer_initialise(&out, FRAME_REQUEST_LIMIT);
    double start = seconds_now();
    bool warm = load->options.warm <= 0;
    for (int i = 0; i < load->options.clients; i++) {
        fds[i] = (struct pollfd){.fd = load->clients[i].fd, .events = POLLIN};
        call_send(load, &load->clients[i], &out);
    }
    int busy = load->options.clients;
    while (busy > 0) {
        if (poll(fds, (nfds_t)load->options.clients, 10000) <= 0) {
            fail("no answer for ten seconds");
        }
        double spent = seconds_now() - start;
        if (spent >= load->options.warm && !warm) { /* plans are made, caches are full: now */
            warm = true;
            start += spent;
            spent = 0;
            load->sample_count = 0;
        }
        bool over = warm && spent >= load->options.seconds;
        for (int i = 0; i < load->options.clients; i++) {
            if (fds[i].revents == 0) {
                continue;
            }
            reply_take(load, &load->clients[i]);
            if (over) {
                fds[i].fd = -1;
                busy--;
            } else {
                call_send(load, &load->clients[i], &out);
            }
        }
    }
    double spent = seconds_now() - start;
    qsort(load->samples, load->sample_count, sizeof *load->samples, sample_order);
    if (load->options.bytes) {
        printf("%zu %zu\n", load->answer_length, load->answer_fields);
        return;
    }
    printf("%.1f %.0f %.0f %zu %llu\n", (double)load->sample_count / spent,
           load->samples[load->sample_count / 2] * 1e6,
           load->samples[load->sample_count * 99 / 100] * 1e6, load->sample_count,
           (unsigned long long)load->errors);
    free(fds);
    writer_release(&out);
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"server", required_argument, NULL, 's'},
                                          {"staff", required_argument, NULL, 'u'},
                                          {"password", required_argument, NULL, 'p'},
                                          {"clients", required_argument, NULL, 'c'},
                                          {"seconds", required_argument, NULL, 't'},
                                          {"warm", required_argument, NULL, 'w'},
                                          {"call", required_argument, NULL, 'v'},
                                          {"bytes", no_argument, NULL, 'b'},
                                          {"ids", required_argument, NULL, 'f'},
                                          {"values", required_argument, NULL, 'f'},
                                          {"set", required_argument, NULL, 'e'},
                                          {"criterion", required_argument, NULL, 'k'},
                                          {NULL, 0, NULL, 0}};
    struct load load = {.options = {.clients = 1, .seconds = 2}};
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 's':
            load.options.server = optarg;
            break;
        case 'u':
            load.options.staff = optarg;
            break;
        case 'p':
            load.options.password = optarg;
            break;
        case 'c':
            load.options.clients = atoi(optarg);
            break;
        case 't':
            load.options.seconds = strtod(optarg, NULL);
            break;
        case 'b':
            load.options.bytes = true;
            break;
        case 'w':
            load.options.warm = strtod(optarg, NULL);
            break;
        case 'v':
            load.options.call = optarg;
            break;
        case 'f':
            load.options.file = optarg;
            break;
        case 'e':
            load.options.set = optarg;
            break;
        case 'k':
            load.options.criterion = optarg;
            break;
        default:
            return 2;
        }
    }
    if (load.options.server == NULL || load.options.staff == NULL ||
        load.options.password == NULL || load.options.call == NULL || load.options.file == NULL ||
        load.options.clients < 1 || load.options.clients > CLIENT_LIMIT) {
        fprintf(stderr, "usage: bench_load --server PATH --staff NUMBER --password TEXT --clients "
                        "N --seconds S "
                        "--call FORM.VERB --ids FILE [--set FIELD] [--criterion FIELD:OPERATOR]\n");
        return 2;
    }
    load.arena = arena_create();
    load.deflater = deflater_create();
    load.samples = calloc(SAMPLE_LIMIT, sizeof *load.samples);
    load.clients = calloc((size_t)load.options.clients, sizeof *load.clients);
    lines_read(&load);
    for (int i = 0; i < load.options.clients; i++) {
        client_open(&load, &load.clients[i]);
        load.clients[i].target = (size_t)i % load.line_count;
    }
    load.targets = calloc(load.line_count, sizeof *load.targets);
    for (size_t i = 0; i < load.line_count; i++) {
        char *end;
        load.targets[i].id = strtoll(load.lines[i], &end, 10);
        load.targets[i].version = strtoll(end, NULL, 10);
    }
    struct arena *kept = load.arena;
    form_fetch(&load, &load.clients[0]);
    load.arena = arena_create(); /* the form lives in the first arena, requests in the second */
    load_run(&load);
    arena_free(kept);
    return 0;
}
