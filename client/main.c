/* halldesk: the client. Options, the line, and the life of a session. */
#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/application.h"
#include "client/draft.h"
#include "client/previous.h"
#include "client/session.h"
#include "client/store.h"
#include "client/view/help.h"
#include "client/view/home.h"
#include "client/view/sign_in.h"
#include "client/workspace.h"
#include "server/forms/message_read.h"

enum { PATH_LIMIT = 4096, PROBE = 300 /* ms */, OPTION_KEYS = 256 };

/* The time of the business, whatever the machine of the terminal believes: China has one zone. */
static const char business_zone[] = "CST-8";

struct options {
    const char *address;
    const char *authority;
    const char *language;
    const char *encoding;
    const char *forms;
    const char *zone;
    int escape_delay;
    bool ascii;
    bool twins;
    bool printer;
    bool no_probe;
    bool keys;
};

static const struct option long_options[] = {
    {"socket", required_argument, NULL, 's'},
    {"server", required_argument, NULL, 'S'},
    {"authority", required_argument, NULL, 'a'},
    {"language", required_argument, NULL, 'l'},
    {"encoding", required_argument, NULL, 'e'},
    {"forms", required_argument, NULL, 'f'},
    {"zone", required_argument, NULL, 'z'},
    {"escape-delay", required_argument, NULL, 'd'},
    {"ascii", no_argument, NULL, 'A'},
    {"twins", no_argument, NULL, 't'},
    {"printer", no_argument, NULL, 'p'},
    {"no-probe", no_argument, NULL, 'n'},
    {"keys", no_argument, NULL, OPTION_KEYS},
    {"version", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static void usage(FILE *file)
{
    fputs("usage: halldesk [--socket PATH | --server tls:HOST:PORT] [--authority FILE]\n"
          "                [--language zh|en] [--encoding UTF-8|GB18030] [--forms DIRECTORY]\n"
          "                [--zone TZ] [--escape-delay MS] [--ascii] [--twins] [--printer] "
          "[--no-probe]\n"
          "man 1 halldesk explains them.\n",
          file);
}

/* -1: go on; else the exit status. */
static int options_read(int count, char *arguments[], struct options *options)
{
    static char address[PATH_LIMIT];
    int option;
    while ((option = getopt_long(count, arguments, "s:S:a:l:e:f:z:d:Atpnvh", long_options, NULL)) !=
           -1) {
        switch (option) {
        case 's':
            snprintf(address, sizeof address, "unix:%s", optarg);
            options->address = address;
            break;
        case 'S':
            options->address = optarg;
            break;
        case 'a':
            options->authority = optarg;
            break;
        case 'l':
            options->language = optarg;
            break;
        case 'e':
            options->encoding = optarg;
            break;
        case 'f':
            options->forms = optarg;
            break;
        case 'z':
            options->zone = optarg;
            break;
        case 'd':
            options->escape_delay = atoi(optarg);
            break;
        case 'A':
            options->ascii = true;
            break;
        case 't':
            options->twins = true;
            break;
        case 'p':
            options->printer = true;
            break;
        case 'n':
            options->no_probe = true;
            break;
        case OPTION_KEYS:
            options->keys = true;
            break;
        case 'v':
            puts(PACKAGE_STRING);
            return EXIT_SUCCESS;
        case 'h':
            usage(stdout);
            return EXIT_SUCCESS;
        default:
            usage(stderr);
            return 2;
        }
    }
    bool language = strcmp(options->language, "zh") == 0 || strcmp(options->language, "en") == 0;
    bool encoding = options->encoding == NULL || strcasecmp(options->encoding, "UTF-8") == 0 ||
                    strcasecmp(options->encoding, "GB18030") == 0;
    if (optind < count || !language || !encoding) {
        usage(stderr);
        return 2;
    }
    return -1;
}

/* Where texts and menu stand: as told, installed, or beside a build folder in the source tree. */
static const char *forms_find(const struct options *options)
{
    static char path[PATH_LIMIT + 64];
    char program[PATH_LIMIT];
    struct stat status;
    const char *told = options->forms != NULL ? options->forms : getenv("HALLDESK_FORMS");
    if (told != NULL && told[0] != '\0')
        return told;
    if (stat(HALLDESK_FORMS_DIRECTORY, &status) == 0)
        return HALLDESK_FORMS_DIRECTORY;
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = '\0';
        for (int up = 0; up < 3; up++) {
            char *slash = strrchr(program, '/');
            if (slash == NULL)
                break;
            *slash = '\0';
            snprintf(path, sizeof path, "%s/forms", program);
            if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
                return path;
        }
    }
    return HALLDESK_FORMS_DIRECTORY;
}

static bool messages_load(struct application *application)
{
    struct form_errors errors;
    form_errors_initialise(&errors, application->arena);
    application->messages =
        message_read_directory(application->forms_directory, application->arena, &errors);
    for (size_t i = 0; i < errors.count; i++)
        fprintf(stderr, "%s:%d: %s\n", errors.list[i].file, errors.list[i].line,
                errors.list[i].text);
    if (message_find(application->messages, "client.name") == NULL) {
        fprintf(stderr, "halldesk: no texts in %s; say --forms DIRECTORY\n",
                application->forms_directory);
        return false;
    }
    return true;
}

static bool terminal_open(struct application *application, const struct options *options)
{
    static const char *const faults[] = {
        [TERMINAL_NOT_A_TERMINAL] = "client.not_a_terminal",
        [TERMINAL_UNKNOWN_TYPE] = "client.unknown_terminal",
        [TERMINAL_NO_LOCALE] = "client.no_locale",
        [TERMINAL_NO_CONVERSION] = "client.no_conversion",
        [TERMINAL_SYSTEM] = "client.terminal_failed",
    };
    struct terminal_line line;
    enum terminal_fault fault = TERMINAL_OK;
    terminal_line_defaults(&line, NULL, options->encoding);
    if (options->escape_delay > 0)
        line.escape_delay = options->escape_delay;
    line.ascii_boxes = line.ascii_boxes || options->ascii;
    line.always_twins = line.always_twins || options->twins;
    line.printer = options->printer;
    application->terminal = terminal_start(&line, STDIN_FILENO, STDOUT_FILENO, &fault);
    if (application->terminal == NULL) {
        fprintf(stderr, "halldesk: %s\n", application_text(application, faults[fault]));
        return false;
    }
    /* A line that speaks another encoding than it says would store plausible nonsense. */
    if (!options->no_probe &&
        terminal_probe(application->terminal, PROBE) == TERMINAL_PROBE_MISMATCH) {
        const char *name = terminal_encoding_name(terminal_line(application->terminal)->encoding);
        terminal_stop(application->terminal);
        application->terminal = NULL;
        fprintf(stderr, "halldesk: %s\n",
                application_format(application, "client.encoding_wrong", name, NULL));
        return false;
    }
    application->screen = screen_create(application->terminal);
    application->command = editor_create(&(struct editor_options){
        .columns = SCREEN_COLUMNS - 4,
        .rows = 1,
        .maximum = 160,
        .restriction = EDITOR_TEXT,
        .ambiguous = screen_ambiguous(application->screen),
    });
    return true;
}

static bool connection_make(struct application *application, const struct options *options)
{
    const char *line = ttyname(STDIN_FILENO);
    application->connection = connection_create(
        &(struct connection_settings){
            .address = options->address,
            .authority = options->authority,
            .language = application->language,
            .encoding = terminal_encoding_name(terminal_line(application->terminal)->encoding),
            .client = PACKAGE_STRING,
            .line = line != NULL ? line : "",
        },
        &(struct connection_events){
            .context = application,
            .state = session_events.state,
            .push = session_events.push,
        });
    return application->connection != NULL;
}

/* Everything of one person: the next one finds nothing of it. */
static void person_clear(struct application *application)
{
    for (size_t i = 0; i < application->task_count; i++) {
        struct task *task = &application->tasks[i];
        while (task->depth > 0) {
            struct view *view = task->views[--task->depth];
            view->class->free(view);
        }
        *task = (struct task){0};
    }
    application->task = 0;
    application->task_count = 1;
    store_free(application->store);
    application->store = store_create();
    workspace_free(application->workspace);
    application->workspace = NULL;
    previous_free(application->previous);
    application->previous = NULL;
    for (size_t i = 0; i < application->recall_count; i++)
        free(application->recall[i]);
    application->recall_count = 0;
    application->notices = 0;
    application->in_command = application->held = false;
    application->catalogue_moved = application->work_moved = false;
    editor_set_text(application->command, "");
    application->signed_in = false;
}

static void person_work(struct application *application)
{
    application->session_ended = application->signed_out = false;
    if (!sign_in_run(application))
        return;
    application->signed_in = true;
    if (store_refresh(application)) {
        application_push(application, home_create(application));
        if (application->message_attribute != CELL_ERROR)
            application_say(application, CELL_PLAIN, "client.welcome", application->staff_name,
                            NULL);
        draft_offer(application, false);
        home_open_chosen(application);
        application_run(application);
    } else {
        struct keys_event key;
        application_wait(application, &key);
    }
    if (application->done && !application->session_ended)
        home_save_workspace(application);
}

int main(int count, char *arguments[])
{
    static struct application application;
    struct options options = {.language = "zh", .zone = business_zone};
    int status = options_read(count, arguments, &options);
    if (status >= 0)
        return status;
    setenv("TZ", options.zone, 1);
    tzset();
    application.arena = arena_create();
    application.task_count = 1;
    application.forms_directory = forms_find(&options);
    snprintf(application.language, sizeof application.language, "%s", options.language);
    status = EXIT_FAILURE;
    if (!messages_load(&application))
        goto out;
    if (options.keys) {
        help_manual(&application);
        status = EXIT_SUCCESS;
        goto out;
    }
    if (options.address == NULL)
        options.address = getenv("HALLDESK_SERVER");
    if (options.address == NULL)
        options.address = "unix:/run/halldesk/terminals";
    signal(SIGPIPE, SIG_IGN);
    if (!terminal_open(&application, &options))
        goto out;
    application.store = store_create();
    if (!connection_make(&application, &options)) {
        terminal_stop(application.terminal);
        application.terminal = NULL;
        fprintf(stderr, "halldesk: %s\n",
                application_format(&application, "client.address_wrong", options.address, NULL));
        goto out;
    }
    while (!application.done) {
        bool ended = application.session_ended && !application.signed_out;
        if (application.session_ended &&
            connection_state(application.connection) != CONNECTION_CLOSED)
            connection_close(application.connection);
        if (ended)
            application_say(&application, CELL_WARNING, "client.session_ended", NULL);
        else
            application_say_text(&application, CELL_PLAIN, "");
        person_work(&application);
        person_clear(&application);
    }
    status = EXIT_SUCCESS;
out:
    connection_free(application.connection);
    editor_free(application.command);
    store_free(application.store);
    screen_free(application.screen);
    terminal_stop(application.terminal);
    arena_free(application.arena);
    return status;
}
