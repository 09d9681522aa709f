/* halldesk-standin: plays the network in demo and tests. It reads service orders (TMF 641, JSON)
 * from the relay's outbox directory and answers with events in the relay's inbox directory:
 * acknowledged, in progress with a number and a port reserved, completed. It delays some orders,
 * refuses some, repeats some messages and sends some out of order, by shares; what befalls an order
 * follows from its reference and the seed alone, whatever the order of arrival. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_SIZE = 256, PER_MILLION = 1000000 };

/* What the network must reserve for a product, by its code. */
static const struct plant {
    const char *product;
    const char *prefix; /* of numbers; NULL: has none */
    bool port;
} plants[] = {
    {"TEL", "65", true},
    {"ADSL", "ad65", true},
    {"ISDN", "69", true},
};

static const struct refusal {
    const char *code;
    const char *reason;
} refusals[] = {
    {"no_port", "局端口已满"},
    {"no_number", "该局号段已用完"},
    {"no_cable", "线路未到达"},
    {"address_unknown", "标准地址中没有该地址"},
};

static struct settings {
    const char *inbox;  /* the relay's outbox: orders */
    const char *outbox; /* the relay's inbox: events */
    uint64_t seed;
    int64_t refuse, delay, repeat, late; /* shares in millionths */
    int64_t step_ms, delay_ms, interval_ms;
    int64_t ports;              /* how many there are */
    const char *refuse_product; /* its first attempts are always refused */
    bool refuse_always;         /* later attempts too */
    bool until_idle;
} settings = {
    .refuse = PER_MILLION / 20,
    .delay = PER_MILLION / 5,
    .repeat = PER_MILLION / 20,
    .late = PER_MILLION / 20,
    .step_ms = 500,
    .delay_ms = 20000,
    .interval_ms = 50,
    .ports = INT64_MAX,
};

static struct event {
    struct event *next; /* ascending by due */
    int64_t due;        /* milliseconds, monotonic */
    char *text;
} * events;

static struct counts {
    unsigned long again, orders, refused, delayed, repeated, late, malformed, sent;
} counts;

static int64_t reserved; /* numbers and ports given out, kept over restarts */
static volatile sig_atomic_t ending;

static void on_end(int number)
{
    (void)number;
    ending = 1;
}

static void fatal(const char *what)
{
    fprintf(stderr, "halldesk-standin: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* splitmix64: a new draw each call. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static bool happens(uint64_t *state, int64_t share)
{
    return (int64_t)(draw(state) % PER_MILLION) < share;
}

static uint64_t hash(const char *text)
{
    uint64_t value = UINT64_C(14695981039346656037);
    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return value;
}

/* --- files --- */

static void write_file(const char *directory, const char *name, const char *text)
{
    char temporary[2 * NAME_SIZE];
    char path[2 * NAME_SIZE];
    size_t length = strlen(text);
    snprintf(temporary, sizeof temporary, "%s/.%s.tmp", directory, name);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0)
        fatal(temporary);
    for (ssize_t count; length > 0; text += count, length -= (size_t)count) {
        count = write(descriptor, text, length);
        if (count <= 0)
            fatal(temporary);
    }
    if (close(descriptor) < 0 || rename(temporary, path) < 0)
        fatal(path);
}

static void reserved_path(char path[2 * NAME_SIZE])
{
    snprintf(path, 2 * NAME_SIZE, "%s/.reserved", settings.inbox);
}

static void reserved_read(void)
{
    char path[2 * NAME_SIZE];
    long long value = 0;
    reserved_path(path);
    FILE *file = fopen(path, "re");
    if (file && fscanf(file, "%lld", &value) == 1)
        reserved = value;
    if (file)
        fclose(file);
}

static int64_t reserve(void)
{
    char text[32];
    snprintf(text, sizeof text, "%lld\n", (long long)++reserved);
    write_file(settings.inbox, "reserved", text);
    char from[2 * NAME_SIZE];
    char to[2 * NAME_SIZE];
    snprintf(from, sizeof from, "%s/reserved", settings.inbox);
    reserved_path(to);
    if (rename(from, to) < 0)
        fatal(to);
    return reserved;
}

/* --- events --- */

static void event_schedule(int64_t due, char *text)
{
    struct event *event = calloc(1, sizeof *event);
    struct event **at = &events;
    if (!event || !text)
        fatal("memory");
    event->due = due;
    event->text = text;
    while (*at && (*at)->due <= due)
        at = &(*at)->next;
    event->next = *at;
    *at = event;
}

/* The relay takes files in the order of their names. */
static void event_send(const char *text)
{
    static unsigned long serial;
    char name[NAME_SIZE];
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    snprintf(name, sizeof name, "%lld-%09ld-%lu.json", (long long)time.tv_sec, time.tv_nsec,
             ++serial);
    write_file(settings.outbox, name, text);
    counts.sent++;
}

static void time_text(char text[40], int64_t shift_ms)
{
    struct timespec time;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &time);
    int64_t ms = (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000 + shift_ms;
    time_t seconds = (time_t)(ms / 1000);
    gmtime_r(&seconds, &parts);
    size_t used = strftime(text, 40, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + used, 40 - used, ".%03dZ", (int)(ms % 1000));
}

struct story {
    const char *reference;
    const char *product;
    const char *number;
    const char *port;
    int64_t start; /* monotonic milliseconds */
};

static json_t *service_json(const struct story *story)
{
    json_t *list = json_array();
    if (story->number)
        json_array_append_new(list,
                              json_pack("{ssss}", "name", "accessNumber", "value", story->number));
    if (story->port)
        json_array_append_new(list, json_pack("{ssss}", "name", "port", "value", story->port));
    return json_pack("{ss s{ss} so}", "category", "CFS", "serviceSpecification", "id",
                     story->product, "serviceCharacteristic", list);
}

/* An event as of `shift` milliseconds after the order came. */
static char *event_text(const struct story *story, const char *state, int64_t shift,
                        const struct refusal *refusal, bool reserving)
{
    char at[40];
    char expected[40];
    char id[NAME_SIZE];
    struct story bare = *story;
    time_text(at, shift);
    time_text(expected, settings.delay_ms * 2 + INT64_C(3) * 86400000);
    snprintf(id, sizeof id, "%s-%s", story->reference, state);
    if (!reserving)
        bare.number = bare.port = NULL;
    json_t *event =
        json_pack("{ss ss ss s{s{ss ss ss s[{ss ss so}]}}}", "eventId", id, "eventTime", at,
                  "eventType", "ServiceOrderStateChangeEvent", "event", "serviceOrder", "id",
                  story->reference, "externalId", story->reference, "state", state,
                  "serviceOrderItem", "id", "1", "state", state, "service", service_json(&bare));
    json_t *order = json_object_get(json_object_get(event, "event"), "serviceOrder");
    if (!order)
        fatal("memory");
    json_object_set_new(order, "@type", json_string("ServiceOrder"));
    if (refusal)
        json_object_set_new(
            order, "errorMessage",
            json_pack("[{ss ss}]", "code", refusal->code, "reason", refusal->reason));
    else if (reserving)
        json_object_set_new(order, "expectedCompletionDate", json_string(expected));
    char *text = json_dumps(event, JSON_COMPACT);
    json_decref(event);
    return text;
}

static void tell(uint64_t *state, int64_t due, char *text)
{
    event_schedule(due, text);
    if (happens(state, settings.repeat)) {
        counts.repeated++;
        event_schedule(due + settings.step_ms, strdup(text));
    }
}

static const struct plant *plant_of(const char *product)
{
    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++)
        if (strcmp(plants[i].product, product) == 0)
            return &plants[i];
    return NULL;
}

static const char *wish_of(const json_t *service)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(service, "serviceCharacteristic"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        if (name && strcmp(name, "accessNumber") == 0)
            return json_string_value(json_object_get(one, "value"));
    }
    return NULL;
}

static const struct refusal *refusal_of(const struct story *story, uint64_t *state)
{
    bool first = strchr(story->reference, ':') == NULL;
    bool refused =
        happens(state, settings.refuse) ||
        (settings.refuse_product && strcmp(settings.refuse_product, story->product) == 0);
    const struct refusal *refusal = &refusals[draw(state) % (sizeof refusals / sizeof *refusals)];
    const struct plant *plant = plant_of(story->product);
    if (plant && plant->port && reserved >= settings.ports)
        return &refusals[0];
    return refused && (first || settings.refuse_always) ? refusal : NULL;
}

static void order_work(const struct story *given, const char *wish)
{
    struct story story = *given;
    uint64_t state = hash(story.reference) ^ settings.seed * UINT64_C(0x2545f4914f6cdd1d);
    int64_t due = story.start;
    char number[64];
    char port[64];
    const struct refusal *refusal = refusal_of(&story, &state);
    bool delayed = happens(&state, settings.delay);
    bool late = happens(&state, settings.late);
    const struct plant *plant = plant_of(story.product);
    tell(&state, due, event_text(&story, "acknowledged", 0, NULL, false));
    due += settings.step_ms + (delayed ? settings.delay_ms : 0);
    counts.delayed += delayed;
    if (refusal) {
        counts.refused++;
        tell(&state, due, event_text(&story, "rejected", 1, refusal, false));
        return;
    }
    if (plant) {
        int64_t serial = reserve();
        snprintf(number, sizeof number, "%s%06lld", plant->prefix, (long long)serial);
        snprintf(port, sizeof port, "HJ-%03lld-%04lld", (long long)(serial / 1000),
                 (long long)(serial % 1000));
        story.number = wish && *wish ? wish : number;
        story.port = port;
    }
    /* A late message says what was long overtaken. */
    counts.late += late;
    tell(&state, due + (late ? settings.step_ms * 3 : 0),
         event_text(&story, "inProgress", 1, NULL, true));
    tell(&state, due + settings.step_ms, event_text(&story, "completed", 2, NULL, true));
}

/* --- orders --- */

static bool order_read(const char *path)
{
    json_t *order = json_load_file(path, 0, NULL);
    const json_t *item = json_array_get(json_object_get(order, "serviceOrderItem"), 0);
    const json_t *service = json_object_get(item, "service");
    struct story story = {
        .reference = json_string_value(json_object_get(order, "externalId")),
        .product = json_string_value(
            json_object_get(json_object_get(service, "serviceSpecification"), "id")),
        .start = now_ms(),
    };
    bool good = story.reference && story.product;
    if (good) {
        counts.orders++;
        order_work(&story, wish_of(service));
    } else {
        counts.malformed++;
        fprintf(stderr, "halldesk-standin: %s is no service order\n", path);
    }
    json_decref(order);
    return good;
}

static int name_filter(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 && length < NAME_SIZE &&
           strcmp(entry->d_name + length - 5, ".json") == 0;
}

static bool orders_take(void)
{
    struct dirent **list = NULL;
    char done[2 * NAME_SIZE];
    int count = scandir(settings.inbox, &list, name_filter, versionsort);
    if (count < 0)
        fatal(settings.inbox);
    snprintf(done, sizeof done, "%s/done", settings.inbox);
    if (count > 0 && mkdir(done, 0777) < 0 && errno != EEXIST)
        fatal(done);
    for (int i = 0; i < count; i++) {
        char from[3 * NAME_SIZE];
        char to[3 * NAME_SIZE];
        snprintf(from, sizeof from, "%s/%s", settings.inbox, list[i]->d_name);
        snprintf(to, sizeof to, "%s/%s", done, list[i]->d_name);
        /* Delivered before: the relay did not hear that it was, and wrote the same name again. */
        if (access(to, F_OK) == 0)
            counts.again++;
        else
            order_read(from);
        if (rename(from, to) < 0)
            fatal(to);
        free(list[i]);
    }
    free(list);
    return count > 0;
}

static void events_send(void)
{
    while (events && events->due <= now_ms()) {
        struct event *event = events;
        event_send(event->text);
        events = event->next;
        free(event->text);
        free(event);
    }
}

/* --- options --- */

static int64_t share_of(const char *text)
{
    char *end = NULL;
    double share = strtod(text, &end);
    if (*end || share < 0 || share > 1) {
        fprintf(stderr, "halldesk-standin: a share lies between 0 and 1: %s\n", text);
        exit(2);
    }
    return (int64_t)(share * PER_MILLION + 0.5);
}

static const struct option options[] = {
    {"inbox", required_argument, NULL, 'i'},
    {"outbox", required_argument, NULL, 'o'},
    {"seed", required_argument, NULL, 's'},
    {"refuse", required_argument, NULL, 'r'},
    {"delay", required_argument, NULL, 'd'},
    {"repeat", required_argument, NULL, 'p'},
    {"late", required_argument, NULL, 'l'},
    {"step-ms", required_argument, NULL, 't'},
    {"delay-ms", required_argument, NULL, 'w'},
    {"interval-ms", required_argument, NULL, 'v'},
    {"ports", required_argument, NULL, 'n'},
    {"refuse-product", required_argument, NULL, 'x'},
    {"refuse-always", no_argument, NULL, 'a'},
    {"until-idle", no_argument, NULL, 'u'},
    {0},
};

static void options_read(int argc, char **argv)
{
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'i':
            settings.inbox = optarg;
            break;
        case 'o':
            settings.outbox = optarg;
            break;
        case 's':
            settings.seed = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            settings.refuse = share_of(optarg);
            break;
        case 'd':
            settings.delay = share_of(optarg);
            break;
        case 'p':
            settings.repeat = share_of(optarg);
            break;
        case 'l':
            settings.late = share_of(optarg);
            break;
        case 't':
            settings.step_ms = strtoll(optarg, NULL, 10);
            break;
        case 'w':
            settings.delay_ms = strtoll(optarg, NULL, 10);
            break;
        case 'v':
            settings.interval_ms = strtoll(optarg, NULL, 10);
            break;
        case 'n':
            settings.ports = strtoll(optarg, NULL, 10);
            break;
        case 'x':
            settings.refuse_product = optarg;
            break;
        case 'a':
            settings.refuse_always = true;
            break;
        case 'u':
            settings.until_idle = true;
            break;
        default:
            exit(2);
        }
    }
    if (argc - optind == 2) {
        settings.inbox = argv[optind];
        settings.outbox = argv[optind + 1];
    }
    if (!settings.inbox || !settings.outbox || strlen(settings.inbox) >= NAME_SIZE ||
        strlen(settings.outbox) >= NAME_SIZE) {
        fputs("halldesk-standin ORDERS EVENTS (or --inbox ORDERS --outbox EVENTS) [--seed N] "
              "[--refuse|--delay|--repeat|"
              "--late SHARE] [--step-ms|--delay-ms|--interval-ms N] [--ports N] [--refuse-product "
              "CODE] [--refuse-always] "
              "[--until-idle]\n",
              stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_end};
    options_read(argc, argv);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    reserved_read();
    while (!ending) {
        bool took = orders_take();
        events_send();
        if (settings.until_idle && !took && !events)
            break;
        poll(NULL, 0, (int)settings.interval_ms);
    }
    while (events) {
        struct event *event = events;
        events = event->next;
        free(event->text);
        free(event);
    }
    printf("{\"orders\":%lu,\"refused\":%lu,\"delayed\":%lu,\"repeated\":%lu,\"late\":%lu,"
           "\"malformed\":%lu,\"again\":%lu,\"sent\":%lu}\n",
           counts.orders, counts.refused, counts.delayed, counts.repeated, counts.late,
           counts.malformed, counts.again, counts.sent);
    return 0;
}
