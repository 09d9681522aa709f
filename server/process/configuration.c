/* The table of keys, and reading a file by it. */
#include "server/process/configuration.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "server/process/configuration_lists.h"

enum option_type {
    OPTION_INTEGER,
    OPTION_TEXT,
    OPTION_SECRET,
    OPTION_PATH,
    OPTION_FLAG,
    OPTION_LIST
};

struct option {
    const char *name;
    enum option_type type;
    size_t offset;
    const char *initial; /* default; NULL: must be given */
    int64_t minimum;     /* integers: value; texts: bytes */
    int64_t maximum;
    bool reloadable;
    const char *reason; /* why the default or the limit is what it is */
    void (*read)(const config_setting_t *setting, struct configuration *configuration,
                 struct configuration_errors *errors);
};

#define MEMBER(name) offsetof(struct configuration, name)

static const struct option options[] = {
    {"server_name", OPTION_TEXT, MEMBER(server_name), "Halldesk", 1, 64, true,
     "stands in the title row of terminals, which has room for no more", NULL},
    {"user", OPTION_TEXT, MEMBER(user), "", 0, 32, false,
     "children give up the rights of root; empty keeps the starting user", NULL},
    {"listen", OPTION_LIST, 0, NULL, 1, CONFIGURATION_LISTENERS, false,
     "each socket is a descriptor in every gateway", configuration_read_listeners},
    {"tls_certificate", OPTION_PATH, MEMBER(tls_certificate), "", 0, 4096, true,
     "PEM chain; needed where a listener has tls on", NULL},
    {"tls_key", OPTION_PATH, MEMBER(tls_key), "", 0, 4096, true,
     "PEM key, read by the master before rights are dropped", NULL},
    {"gateways", OPTION_INTEGER, MEMBER(gateways), "0", 0, CONFIGURATION_GATEWAYS, false,
     "0 is one per core: a gateway is a single loop and cannot use a second core", NULL},
    {"workers_short", OPTION_INTEGER, MEMBER(workers_short), "8", 1, 512, true,
     "one database connection each; four per core keep a two-core database busy", NULL},
    {"workers_long", OPTION_INTEGER, MEMBER(workers_long), "2", 1, 128, true,
     "reports and exports; few, so that they cannot crowd out the counter", NULL},
    {"workers_auth", OPTION_INTEGER, MEMBER(workers_auth), "2", 1, 128, true,
     "a good password hash takes 19 ms of a core: one worker signs in 50 people a second", NULL},
    {"worker_requests", OPTION_INTEGER, MEMBER(worker_requests), "100000", 10, 100000000, true,
     "a fresh process and backend now and then: their memory only grows", NULL},
    {"terminals_per_gateway", OPTION_INTEGER, MEMBER(terminals_per_gateway), "20000", 1, 1000000,
     true, "bounds memory: a parked terminal takes up to 20 KiB, the kernel's part included", NULL},
    {"terminal_buffer", OPTION_INTEGER, MEMBER(terminal_buffer), "2097152", 1114112, 67108864, true,
     "bytes; must hold one longest request (1 MiB) and what is being answered", NULL},
    {"calls_per_second", OPTION_INTEGER, MEMBER(calls_per_second), "5000", 0, 1000000, true,
     "per terminal, above what one script reaches; a faster one is slowed, not refused", NULL},
    {"hello_seconds", OPTION_INTEGER, MEMBER(hello_seconds), "10", 1, 300, true,
     "strangers who say nothing must not hold a descriptor", NULL},
    {"keepalive_seconds", OPTION_INTEGER, MEMBER(keepalive_seconds), "60", 1, 3600, true,
     "silence before a ping; under the five minutes after which firewalls forget a line", NULL},
    {"idle_minutes", OPTION_INTEGER, MEMBER(idle_minutes), "0", 0, 10080, true,
     "0 never closes a line for want of calls: an idle terminal is locked, not cut", NULL},
    {"auth_queue", OPTION_INTEGER, MEMBER(auth_queue), "200", 1, 10000, true,
     "sign-ins waiting per gateway: two seconds of work for two workers", NULL},
    {"queue_seconds", OPTION_INTEGER, MEMBER(queue_seconds), "10", 1, 300, true,
     "a person at a counter has given up by then", NULL},
    {"queue_long_seconds", OPTION_INTEGER, MEMBER(queue_long_seconds), "120", 1, 3600, true,
     "a report may wait for the one before it", NULL},
    {"drain_seconds", OPTION_INTEGER, MEMBER(drain_seconds), "20", 1, 600, true,
     "what runs when the server ends may finish; under the 90 s of systemd", NULL},
    {"database", OPTION_SECRET, MEMBER(database), NULL, 1, 2048, true,
     "conninfo of the application's role, which cannot bypass row-level security", NULL},
    {"auth_database", OPTION_SECRET, MEMBER(auth_database), NULL, 1, 2048, true,
     "conninfo of the role that may read credentials", NULL},
    {"replica_database", OPTION_SECRET, MEMBER(replica_database), "", 0, 2048, true,
     "conninfo for long workers; empty means database", NULL},
    {"statement_timeout_short", OPTION_INTEGER, MEMBER(statement_timeout_short), "5000", 100, 60000,
     true, "milliseconds; a call that takes longer belongs to the long workers", NULL},
    {"statement_timeout_long", OPTION_INTEGER, MEMBER(statement_timeout_long), "600000", 1000,
     86400000, true, "milliseconds; a report over a month of a province", NULL},
    {"forms_directory", OPTION_PATH, MEMBER(forms_directory), HALLDESK_FORMS_DIRECTORY, 1, 4096,
     true, "the business forms", NULL},
    {"state_directory", OPTION_PATH, MEMBER(state_directory), HALLDESK_STATE_DIRECTORY, 1, 4096,
     false, "what must survive a restart outside the database", NULL},
    {"run_directory", OPTION_PATH, MEMBER(run_directory), "/run/halldesk", 1, 80, false,
     "internal sockets: their names must fit the 107 bytes of a socket address", NULL},
    {"lockout_failures", OPTION_INTEGER, MEMBER(lockout_failures), "5", 1, 100, true,
     "wrong passwords in a row: enough for typing errors, too few for guessing", NULL},
    {"lockout_minutes", OPTION_INTEGER, MEMBER(lockout_minutes), "30", 0, 100000, true,
     "0 waits for an administrator", NULL},
    {"idle_lock_minutes", OPTION_INTEGER, MEMBER(idle_lock_minutes), "15", 0, 1440, true,
     "an abandoned terminal in a hall asks for the password; 0 never", NULL},
    {"session_hours", OPTION_INTEGER, MEMBER(session_hours), "12", 1, 168, true,
     "a session left behind lasts a shift, so that the draft can be taken up", NULL},
    {"sessions_per_staff", OPTION_INTEGER, MEMBER(sessions_per_staff), "3", 1, 1000, true,
     "a person has two hands; service staff may need more", NULL},
    {"password_length", OPTION_INTEGER, MEMBER(password_length), "8", 1, 128, true,
     "shortest password, in characters", NULL},
    {"password_days", OPTION_INTEGER, MEMBER(password_days), "90", 0, 3650, true,
     "0 never forces a change", NULL},
    {"notifier_interval", OPTION_INTEGER, MEMBER(notifier_interval), "50", 10, 10000, true,
     "milliseconds; polling is cheaper than NOTIFY, which halves the rate of changes", NULL},
    {"scheduler_interval", OPTION_INTEGER, MEMBER(scheduler_interval), "1000", 50, 3600000, true,
     "milliseconds between looks for due work when there was none", NULL},
    {"scheduler_staff", OPTION_TEXT, MEMBER(scheduler_staff), "", 0, 32, true,
     "service staff number; empty starts no scheduler", NULL},
    {"scheduler_secret", OPTION_SECRET, MEMBER(scheduler_secret), "", 0, 128, true, "its password",
     NULL},
    {"relay_interval", OPTION_INTEGER, MEMBER(relay_interval), "1000", 50, 3600000, true,
     "milliseconds between looks at outbox and inboxes when there was nothing", NULL},
    {"relay_staff", OPTION_TEXT, MEMBER(relay_staff), "", 0, 32, true,
     "service staff number; empty starts no relay", NULL},
    {"relay_secret", OPTION_SECRET, MEMBER(relay_secret), "", 0, 128, true, "its password", NULL},
    {"relay_attempts", OPTION_INTEGER, MEMBER(relay_attempts), "10", 1, 1000, true,
     "deliveries of one message before its stream stops and waits for a person", NULL},
    {"neighbours", OPTION_LIST, 0, "()", 0, CONFIGURATION_NEIGHBOURS, true,
     "systems reached by files in agreed directories", configuration_read_neighbours},
    {"test_clock", OPTION_FLAG, MEMBER(test_clock), "false", 0, 1, false,
     "marks a test cluster: business time may be shifted there and nowhere else", NULL},
};

enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static const char *const option_type_names[] = {
    [OPTION_INTEGER] = "integer", [OPTION_TEXT] = "text", [OPTION_SECRET] = "secret",
    [OPTION_PATH] = "path",       [OPTION_FLAG] = "flag", [OPTION_LIST] = "list",
};

void configuration_error(struct configuration_errors *errors, const char *file, unsigned line,
                         const char *format, ...)
{
    if (errors->count == CONFIGURATION_ERRORS)
        return;
    va_list arguments;
    va_start(arguments, format);
    const char *message = arena_vformat(errors->arena, format, arguments);
    va_end(arguments);
    errors->list[errors->count++] =
        line > 0 ? arena_format(errors->arena, "%s:%u: %s", file, line, message)
                 : arena_format(errors->arena, "%s: %s", file, message);
}

static void *option_place(struct configuration *configuration, const struct option *option)
{
    return (char *)configuration + option->offset;
}

static void option_set(const struct option *option, struct configuration *configuration,
                       const char *text, int64_t integer)
{
    void *place = option_place(configuration, option);
    if (option->type == OPTION_INTEGER)
        memcpy(place, &integer, sizeof integer);
    else if (option->type == OPTION_FLAG)
        memcpy(place, &(bool){integer != 0}, sizeof(bool));
    else
        memcpy(place, &text, sizeof text);
}

static void option_read_integer(const struct option *option, const config_setting_t *setting,
                                struct configuration *configuration,
                                struct configuration_errors *errors)
{
    unsigned line = config_setting_source_line(setting);
    int type = config_setting_type(setting);
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
        configuration_error(errors, configuration->file, line, "%s: a whole number is expected",
                            option->name);
        return;
    }
    /* libconfig 1.5 lets 3000000000 without L wrap to a negative int: every minimum is >= 0. */
    int64_t integer = type == CONFIG_TYPE_INT64 ? (int64_t)config_setting_get_int64(setting)
                                                : (int64_t)config_setting_get_int(setting);
    if (integer < option->minimum || integer > option->maximum)
        configuration_error(errors, configuration->file, line,
                            "%s: must be from %" PRId64 " to %" PRId64 " (%s)", option->name,
                            option->minimum, option->maximum, option->reason);
    else
        option_set(option, configuration, NULL, integer);
}

static void option_read_text(const struct option *option, const config_setting_t *setting,
                             struct configuration *configuration,
                             struct configuration_errors *errors)
{
    unsigned line = config_setting_source_line(setting);
    const char *text = configuration_text(setting, option->name, configuration->file, errors);
    if (!text)
        return;
    size_t length = strlen(text);
    if (length < (size_t)option->minimum || length > (size_t)option->maximum)
        configuration_error(errors, configuration->file, line,
                            "%s: must have from %" PRId64 " to %" PRId64 " bytes (%s)",
                            option->name, option->minimum, option->maximum, option->reason);
    else if (option->type == OPTION_PATH && length && text[0] != '/')
        configuration_error(errors, configuration->file, line, "%s: must be an absolute path",
                            option->name);
    else
        option_set(option, configuration, text, 0);
}

const char *configuration_text(const config_setting_t *setting, const char *name, const char *file,
                               struct configuration_errors *errors)
{
    unsigned line = config_setting_source_line(setting);
    if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
        configuration_error(errors, file, line, "%s: a text in quotes is expected", name);
        return NULL;
    }
    const char *text = config_setting_get_string(setting);
    if (!utf8_valid(text, strlen(text))) {
        configuration_error(errors, file, line, "%s: the text is not valid UTF-8", name);
        return NULL;
    }
    return arena_string(errors->arena, text);
}

static void option_read(const struct option *option, const config_setting_t *setting,
                        struct configuration *configuration, struct configuration_errors *errors)
{
    switch (option->type) {
    case OPTION_INTEGER:
        option_read_integer(option, setting, configuration, errors);
        break;
    case OPTION_FLAG:
        if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
            configuration_error(errors, configuration->file, config_setting_source_line(setting),
                                "%s: true or false is expected", option->name);
        else
            option_set(option, configuration, NULL, config_setting_get_bool(setting));
        break;
    case OPTION_LIST:
        option->read(setting, configuration, errors);
        break;
    case OPTION_TEXT:
    case OPTION_SECRET:
    case OPTION_PATH:
        option_read_text(option, setting, configuration, errors);
        break;
    }
}

static const struct option *option_by_name(const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

static void option_default(const struct option *option, struct configuration *configuration)
{
    if (option->type == OPTION_LIST)
        return;
    const char *text = option->initial ? option->initial : "";
    if (option->type == OPTION_INTEGER)
        option_set(option, configuration, NULL, strtoll(text, NULL, 10));
    else if (option->type == OPTION_FLAG)
        option_set(option, configuration, NULL, strcmp(text, "true") == 0);
    else
        option_set(option, configuration, text, 0);
}

static unsigned setting_line(const config_setting_t *root, const char *name)
{
    const config_setting_t *setting = config_setting_get_member(root, name);
    return setting ? config_setting_source_line(setting) : 0;
}

/* What no single key can tell. */
static void configuration_check(const config_setting_t *root, struct configuration *configuration,
                                struct configuration_errors *errors)
{
    const char *file = configuration->file;
    bool tls = false;
    bool local = false;
    for (size_t i = 0; i < configuration->listener_count; i++) {
        tls = tls || configuration->listeners[i].tls;
        local = local || configuration->listeners[i].type == LISTENER_UNIX;
    }
    if (tls && (!configuration->tls_certificate[0] || !configuration->tls_key[0]))
        configuration_error(errors, file, setting_line(root, "listen"),
                            "listen: tls needs tls_certificate and tls_key");
    static const char *const services[][2] = {{"scheduler_staff", "scheduler_secret"},
                                              {"relay_staff", "relay_secret"}};
    const char *values[][2] = {{configuration->scheduler_staff, configuration->scheduler_secret},
                               {configuration->relay_staff, configuration->relay_secret}};
    for (size_t i = 0; i < 2; i++) {
        if (!values[i][0][0])
            continue;
        unsigned line = setting_line(root, services[i][0]);
        if (!values[i][1][0])
            configuration_error(errors, file, line, "%s: needs %s", services[i][0], services[i][1]);
        if (!local)
            configuration_error(errors, file, line, "%s: needs a listener of type unix",
                                services[i][0]);
    }
    if (configuration->neighbour_count && !configuration->relay_staff[0])
        configuration_error(errors, file, setting_line(root, "neighbours"),
                            "neighbours: are only served with relay_staff");
    if (configuration->idle_minutes &&
        configuration->idle_minutes * 60 < configuration->keepalive_seconds)
        configuration_error(errors, file, setting_line(root, "idle_minutes"),
                            "idle_minutes: must not be shorter than keepalive_seconds");
}

static int64_t at_least(int64_t value, int64_t minimum)
{
    return value < minimum ? minimum : value;
}

static void configuration_resolve(struct configuration *configuration)
{
    if (!configuration->gateways) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        configuration->gateways = cores < 1 ? 1 : cores;
        if (configuration->gateways > CONFIGURATION_GATEWAYS)
            configuration->gateways = CONFIGURATION_GATEWAYS;
    }
    /* A gateway without a worker of some class could never answer its calls. */
    configuration->workers_short = at_least(configuration->workers_short, configuration->gateways);
    configuration->workers_long = at_least(configuration->workers_long, configuration->gateways);
    configuration->workers_auth = at_least(configuration->workers_auth, configuration->gateways);
    if (!configuration->replica_database[0])
        configuration->replica_database = configuration->database;
}

struct configuration *configuration_read(const char *file, struct configuration_errors *errors)
{
    struct configuration *configuration = ARENA_NEW(errors->arena, struct configuration);
    configuration->file = arena_string(errors->arena, file);
    size_t before = errors->count;
    config_t parsed;
    config_init(&parsed);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        option_default(&options[i], configuration);
    if (config_read_file(&parsed, file) != CONFIG_TRUE) {
        configuration_error(errors, file, (unsigned)config_error_line(&parsed), "%s",
                            config_error_type(&parsed) == CONFIG_ERR_FILE_IO
                                ? "cannot be read"
                                : config_error_text(&parsed));
        goto out;
    }
    const config_setting_t *root = config_root_setting(&parsed);
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
        const struct option *option = option_by_name(config_setting_name(setting));
        if (option)
            option_read(option, setting, configuration, errors);
        else
            configuration_error(errors, file, config_setting_source_line(setting),
                                "%s: there is no such key", config_setting_name(setting));
    }
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (!options[i].initial && !config_setting_get_member(root, options[i].name))
            configuration_error(errors, file, 0, "%s: must be given (%s)", options[i].name,
                                options[i].reason);
    if (errors->count == before)
        configuration_check(root, configuration, errors);
    if (errors->count == before)
        configuration_resolve(configuration);
out:
    config_destroy(&parsed);
    return errors->count == before ? configuration : NULL;
}

static bool option_differs(const struct option *option, const struct configuration *one,
                           const struct configuration *other)
{
    const char *first = (const char *)one + option->offset;
    const char *second = (const char *)other + option->offset;
    switch (option->type) {
    case OPTION_INTEGER:
        return memcmp(first, second, sizeof(int64_t)) != 0;
    case OPTION_FLAG:
        return memcmp(first, second, sizeof(bool)) != 0;
    case OPTION_LIST:
        return option->read == configuration_read_listeners &&
               configuration_listeners_differ(one, other);
    case OPTION_TEXT:
    case OPTION_SECRET:
    case OPTION_PATH:
        break;
    }
    const char *texts[2];
    memcpy(&texts[0], first, sizeof texts[0]);
    memcpy(&texts[1], second, sizeof texts[1]);
    return strcmp(texts[0], texts[1]) != 0;
}

const char *configuration_frozen(const struct configuration *running,
                                 const struct configuration *fresh, struct arena *arena)
{
    const char *names = "";
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (!options[i].reloadable && option_differs(&options[i], running, fresh))
            names = arena_format(arena, "%s%s%s", names, names[0] ? " " : "", options[i].name);
    return names;
}

static void option_show_value(FILE *stream, const struct option *option,
                              const struct configuration *configuration)
{
    const char *place = (const char *)configuration + option->offset;
    int64_t integer = 0;
    const char *text = NULL;
    bool flag = false;
    switch (option->type) {
    case OPTION_INTEGER:
        memcpy(&integer, place, sizeof integer);
        fprintf(stream, "%" PRId64, integer);
        break;
    case OPTION_FLAG:
        memcpy(&flag, place, sizeof flag);
        fputs(flag ? "true" : "false", stream);
        break;
    case OPTION_SECRET:
        memcpy(&text, place, sizeof text);
        fputs(text[0] ? "(set)" : "\"\"", stream);
        break;
    case OPTION_TEXT:
    case OPTION_PATH:
        memcpy(&text, place, sizeof text);
        fprintf(stream, "\"%s\"", text);
        break;
    case OPTION_LIST:
        fprintf(stream, "(%zu)",
                option->read == configuration_read_listeners ? configuration->listener_count
                                                             : configuration->neighbour_count);
        break;
    }
}

void configuration_show(FILE *stream, const struct configuration *configuration)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &options[i];
        fprintf(stream, "%s\ttype %s\tdefault %s\t", option->name, option_type_names[option->type],
                option->initial ? option->initial : "none");
        if (option->type != OPTION_FLAG)
            fprintf(stream, "%" PRId64 "..%" PRId64, option->minimum, option->maximum);
        fprintf(stream, "\t%s\t%s", option->reloadable ? "reload" : "restart", option->reason);
        if (configuration) {
            fputs("\tvalue ", stream);
            option_show_value(stream, option, configuration);
        }
        fputc('\n', stream);
    }
}

const char *configuration_key(size_t index)
{
    return index < OPTION_COUNT ? options[index].name : NULL;
}

bool configuration_gateway_path(const struct configuration *configuration, size_t index,
                                char *buffer, size_t size)
{
    int length =
        snprintf(buffer, size, "%s/gateway-%zu.socket", configuration->run_directory, index);
    return length > 0 && (size_t)length < size &&
           (size_t)length < sizeof((struct sockaddr_un *)0)->sun_path;
}
