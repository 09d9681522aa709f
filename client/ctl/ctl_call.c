/* halldeskctl call and status: one call, its answer as lines of JSON. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl/ctl.h"
#include "client/ctl/request.h"
#include "protocol/arena.h"
#include "protocol/system.h"
#include "server/forms/message_read.h"

static int words_before;
static char **words_before_list;

void ctl_options_before(int count, char **words)
{
    words_before = count;
    words_before_list = words;
}

static const struct option server_options[] = {CTL_SERVER_OPTIONS, {0}};

static const struct option *option_find(const struct option *table, const char *word)
{
    size_t length = strcspn(word + 2, "=");
    for (; table && table->name; table++)
        if (strlen(table->name) == length && strncmp(table->name, word + 2, length) == 0)
            return table;
    return NULL;
}

int ctl_option(struct ctl_settings *settings, const struct option *own, int argc, char **argv,
               int *index, const char **value)
{
    const char *word = argv[*index];
    *value = NULL;
    if (strncmp(word, "--", 2) != 0 || word[2] == '\0')
        return 0;
    const struct option *option = option_find(own, word);
    bool mine = option != NULL;
    if (!option)
        option = option_find(server_options, word);
    if (!option)
        return 0;
    const char *equals = strchr(word, '=');
    if (option->has_arg && equals)
        *value = equals + 1;
    else if (option->has_arg && *index + 1 < argc)
        *value = argv[++*index];
    if ((option->has_arg != 0) != (*value != NULL) || (!option->has_arg && equals)) {
        fprintf(stderr, "halldeskctl: --%s %s\n", option->name,
                option->has_arg ? "wants a value" : "takes no value");
        return -1;
    }
    if (mine)
        return option->val;
    return ctl_settings_option(settings, option->val, *value) ? CTL_OPTION_TAKEN : -1;
}

bool ctl_settings_before(struct ctl_settings *settings)
{
    for (int i = 0; i < words_before; i++) {
        const char *value;
        if (ctl_option(settings, NULL, words_before, words_before_list, &i, &value) <= 0) {
            fprintf(stderr, "halldeskctl: %s: no such option\n", words_before_list[i]);
            return false;
        }
    }
    return true;
}

const struct message_table *ctl_messages(const struct ctl_settings *settings, struct arena *arena)
{
    struct form_errors errors;
    form_errors_initialise(&errors, arena);
    const struct message_table *messages =
        access(settings->forms, R_OK) == 0 ? message_read_directory(settings->forms, arena, &errors)
                                           : NULL;
    return messages;
}

static bool line_print(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    bool good = text && puts(text) >= 0;
    free(text);
    return good;
}

static void row_print(void *context, json_t *row)
{
    bool *good = context;
    *good = line_print(row) && *good;
    json_decref(row);
}

/* A session that is left open would count against the person's limit. */
void ctl_sign_out(struct desk *desk)
{
    const struct connection_call call = {.verb = SYSTEM_SIGN_OUT, .timeout = 2000};
    if (connection_signed_in(desk->connection) &&
        connection_state(desk->connection) == CONNECTION_OPEN)
        (void)desk_ask(desk, &call);
}

/* An answer's rows come one a line, then the answer without them. */
static int answer_print(json_t *answer)
{
    bool good = true;
    json_t *rows = json_object_get(answer, "rows");
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row) good = line_print(row) && good;
    json_object_del(answer, "rows");
    good = line_print(answer) && good && fflush(stdout) == 0;
    const char *status = json_string_value(json_object_get(answer, "status"));
    bool usage = status && strcmp(status, "usage") == 0;
    bool ok = status && strcmp(status, "ok") == 0;
    return usage ? 2 : ok && good ? CTL_OK : CTL_FAILED;
}

static int desk_run(const struct ctl_settings *settings, const struct request *request,
                    struct arena *arena)
{
    const char *text;
    bool good = true;
    const char *line = ttyname(STDIN_FILENO) ? ttyname(STDIN_FILENO) : "script";
    struct desk *desk = desk_create(settings, line, ctl_messages(settings, arena));
    if (!desk)
        return CTL_FAILED;
    json_t *answer;
    enum status status = desk_sign_in(desk, settings->staff, settings->password,
                                      settings->new_password, settings->take_over, &text);
    if (status != STATUS_OK) {
        answer = refusal_json(desk, NULL, status, arena);
        json_object_set_new(answer, "parameter", json_string(text));
    } else {
        answer = request_run(desk, request, row_print, &good);
        ctl_sign_out(desk);
    }
    int result = answer_print(answer);
    json_decref(answer);
    desk_free(desk);
    return good ? result : CTL_FAILED;
}

static int call_words(int argc, char **argv, struct arena *arena, const char *form_verb)
{
    struct ctl_settings settings;
    struct request *request = ARENA_NEW(arena, struct request);
    struct input_error error = {.arena = arena};
    char **words = ARENA_ARRAY(arena, char *, (size_t)argc + 2);
    size_t count = 0;
    if (!ctl_settings_read(&settings, arena) || !ctl_settings_before(&settings))
        return CTL_FAILED;
    if (form_verb)
        words[count++] = arena_string(arena, form_verb);
    for (int i = 1; i < argc; i++) {
        const char *value;
        bool takes;
        int option = ctl_option(&settings, NULL, argc, argv, &i, &value);
        if (option < 0)
            return CTL_USAGE;
        if (option > 0)
            continue;
        words[count++] = argv[i];
        if (strncmp(argv[i], "--", 2) == 0 && request_option_known(argv[i], &takes) && takes &&
            i + 1 < argc)
            words[count++] = argv[++i];
    }
    if (!request_parse(request, count, words, arena, &error)) {
        fprintf(stderr, "halldeskctl: %s\n", error.text);
        return CTL_USAGE;
    }
    return ctl_settings_complete(&settings) ? desk_run(&settings, request, arena) : CTL_FAILED;
}

int ctl_call(int argc, char **argv)
{
    struct arena *arena = arena_create();
    int result = call_words(argc, argv, arena, NULL);
    arena_free(arena);
    return result;
}

int ctl_status(int argc, char **argv)
{
    struct arena *arena = arena_create();
    int result = call_words(argc, argv, arena, "system.catalogue");
    arena_free(arena);
    return result;
}
