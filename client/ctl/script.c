/* Statements of the script language; man 1 halldeskctl describes them. */
#include "client/ctl/script.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/ctl/ctl.h"
#include "client/ctl/path.h"
#include "protocol/arena.h"
#include "protocol/system.h"

enum { POLL_MILLISECONDS = 20, REPEAT_LIMIT = 1000000 };

/* --- TAP --- */

static void diagnose(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        printf("# %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

bool script_fail(struct script *script, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_vformat(script->line_arena, format, arguments);
    va_end(arguments);
    script->test_failed = true;
    diagnose(arena_format(script->line_arena, "%s:%d: %s", script->file, script->line, text));
    if (script->call)
        diagnose(arena_format(script->line_arena, "after: %s", script->call));
    char *answer = script->answer ? json_dumps(script->answer, JSON_COMPACT) : NULL;
    if (answer)
        diagnose(arena_format(script->line_arena, "answer: %.4000s", answer));
    free(answer);
    if (!script->test) { /* set-up that failed makes all that follows senseless */
        printf("Bail out! %s:%d: %s\n", script->file, script->line, text);
        script->ended = true;
    }
    fflush(stdout);
    return !script->ended;
}

bool script_settle(struct script *script)
{
    if (!script->unjudged)
        return true;
    script->unjudged = false;
    return script_fail(script, "refused, and nothing expected that");
}

void script_test_end(struct script *script)
{
    if (!script->test)
        return;
    script->count++;
    script->failed += script->test_failed;
    printf("%sok %ld - %s\n", script->test_failed ? "not " : "", script->count, script->test);
    fflush(stdout);
    script->test = NULL;
    script->test_failed = false;
}

/* --- variables --- */

static const char *variable_value(const struct script *script, const char *name)
{
    for (size_t i = 0; i < script->variable_count; i++)
        if (strcmp(script->variables[i].name, name) == 0)
            return script->variables[i].value;
    return NULL;
}

static bool variable_set(struct script *script, const char *name, const char *value)
{
    char *copy = strdup(value);
    if (!copy)
        abort();
    for (size_t i = 0; i < script->variable_count; i++) {
        if (strcmp(script->variables[i].name, name) == 0) {
            free(script->variables[i].value);
            script->variables[i].value = copy;
            return true;
        }
    }
    if (script->variable_count == SCRIPT_VARIABLES) {
        free(copy);
        return script_fail(script, "too many variables");
    }
    script->variables[script->variable_count].name = arena_string(script->arena, name);
    script->variables[script->variable_count++].value = copy;
    return true;
}

/* $name and ${name}; $$ is a dollar. NULL after a failure. */
static char *variables_fill(struct script *script, const char *text)
{
    struct arena *arena = script->line_arena;
    const char *filled = "";
    for (;;) {
        size_t length = strcspn(text, "$");
        filled = arena_format(arena, "%s%.*s", filled, (int)length, text);
        text += length;
        if (*text == '\0')
            return arena_string(arena, filled);
        bool braces = text[1] == '{';
        const char *name = text + 1 + braces;
        size_t size = 0;
        while (isalnum((unsigned char)name[size]) || name[size] == '_')
            size++;
        if (text[1] == '$' || (size == 0 && !braces)) {
            filled = arena_format(arena, "%s$", filled);
            text += 1 + (text[1] == '$');
            continue;
        }
        const char *key = arena_copy(arena, name, size);
        const char *value = variable_value(script, key);
        if (!value || (braces && name[size] != '}')) {
            script_fail(script, "no variable %s", key);
            return NULL;
        }
        filled = arena_format(arena, "%s%s", filled, value);
        text = name + size + braces;
    }
}

static bool words_fill(struct script *script, size_t count, char **words, const bool *literal)
{
    for (size_t i = 0; i < count; i++)
        if (!literal[i] && strchr(words[i], '$') && !(words[i] = variables_fill(script, words[i])))
            return false;
    return true;
}

/* --- calls --- */

static void answer_take(struct script *script, json_t *answer)
{
    const char *status = json_string_value(json_object_get(answer, "status"));
    json_decref(script->answer);
    script->answer = answer;
    script->unjudged = !status || strcmp(status, "ok") != 0;
}

static bool call_make(struct script *script, size_t count, char *const words[])
{
    struct request *request = ARENA_NEW(script->line_arena, struct request);
    struct input_error error = {.arena = script->line_arena};
    if (!script->session)
        return script_fail(script, "no session: session NAME STAFF PASSWORD");
    if (!request_parse(request, count, words, script->line_arena, &error))
        return script_fail(script, "%s", error.text);
    answer_take(script, request_run(script->session->desk, request, NULL, NULL));
    return true;
}

static bool sql_make(struct script *script, size_t count, char *const words[])
{
    if (count != 2)
        return script_fail(script, "sql \"STATEMENT\"");
    answer_take(script, sql_run(script, words[1]));
    return true;
}

/* A call or sql, whatever the first word says. */
static bool ask(struct script *script, size_t count, char *const words[])
{
    return strcmp(words[0], "sql") == 0 ? sql_make(script, count, words)
                                        : call_make(script, count, words);
}

/* --- statements --- */

typedef bool statement_function(struct script *script, size_t count, char *const words[]);

static bool plan_statement(struct script *script, size_t count, char *const words[])
{
    script->planned = count == 2 ? strtol(words[1], NULL, 10) : 0;
    if (script->planned <= 0)
        return script_fail(script, "plan N");
    printf("1..%ld\n", script->planned);
    return true;
}

static bool test_statement(struct script *script, size_t count, char *const words[])
{
    script_test_end(script);
    if (count != 2)
        return script_fail(script, "test \"SENTENCE [ID]\"");
    script->test = arena_string(script->arena, words[1]);
    return true;
}

static bool end_statement(struct script *script, size_t count, char *const words[])
{
    (void)count;
    (void)words;
    script_test_end(script);
    return true;
}

static bool skip_statement(struct script *script, size_t count, char *const words[])
{
    script_test_end(script);
    if (count != 3)
        return script_fail(script, "skip \"SENTENCE\" \"REASON\"");
    printf("ok %ld - %s # SKIP %s\n", ++script->count, words[1], words[2]);
    return true;
}

static bool note_statement(struct script *script, size_t count, char *const words[])
{
    (void)script;
    for (size_t i = 1; i < count; i++)
        diagnose(words[i]);
    return true;
}

static struct script_session *session_find(struct script *script, const char *name)
{
    for (size_t i = 0; i < script->session_count; i++)
        if (strcmp(script->sessions[i].name, name) == 0)
            return &script->sessions[i];
    return NULL;
}

static const struct ctl_settings *settings_in(struct script *script, const char *language)
{
    struct ctl_settings *settings = ARENA_NEW(script->arena, struct ctl_settings);
    *settings = *script->settings;
    settings->language = arena_string(script->arena, language);
    return settings;
}

/* session NAME: switch. session NAME STAFF PASSWORD [new=PASSWORD] [take_over=1] [line=TEXT]
 * [language=zh|en]: sign in, and switch if that is granted; the answer says how it went. */
static bool session_statement(struct script *script, size_t count, char *const words[])
{
    const char *new_password = NULL;
    const char *line = "script";
    const struct ctl_settings *settings = script->settings;
    bool take_over = false;
    const char *text;
    if (count != 2 && count < 4)
        return script_fail(script, "session NAME [STAFF PASSWORD [new=…] [take_over=1] [line=…]]");
    struct script_session *session = session_find(script, words[1]);
    if (count == 2) {
        script->session = session;
        return session || script_fail(script, "no session %s", words[1]);
    }
    for (size_t i = 4; i < count; i++) {
        if (strncmp(words[i], "new=", 4) == 0)
            new_password = words[i] + 4;
        else if (strncmp(words[i], "line=", 5) == 0)
            line = words[i] + 5;
        else if (strcmp(words[i], "take_over=1") == 0)
            take_over = true;
        else if (strcmp(words[i], "language=zh") == 0 || strcmp(words[i], "language=en") == 0)
            settings = settings_in(script, words[i] + strlen("language="));
        else
            return script_fail(script, "%s: new=, line=, language= or take_over=1", words[i]);
    }
    struct desk *desk = desk_create(settings, line, script->messages);
    if (!desk)
        return script_fail(script, "no connection");
    enum status status = desk_sign_in(desk, words[2], words[3], new_password, take_over, &text);
    if (status != STATUS_OK) {
        json_t *answer = refusal_json(desk, NULL, status, script->line_arena);
        json_object_set_new(answer, "parameter", json_string(text));
        desk_free(desk);
        answer_take(script, answer);
        return true;
    }
    if (!session && script->session_count == SCRIPT_SESSIONS) {
        desk_free(desk);
        return script_fail(script, "too many sessions");
    }
    if (!session) {
        session = &script->sessions[script->session_count++];
        session->name = arena_string(script->arena, words[1]);
    } else {
        desk_free(session->desk);
    }
    session->desk = desk;
    script->session = session;
    answer_take(script, json_pack("{s:s}", "status", "ok"));
    return true;
}

/* The line is dropped without a word, as when a terminal is switched off. */
static bool hang_up_statement(struct script *script, size_t count, char *const words[])
{
    struct script_session *session = count == 2 ? session_find(script, words[1]) : script->session;
    if (!session)
        return script_fail(script, "hang_up NAME");
    desk_free(session->desk);
    if (script->session == session)
        script->session = NULL;
    struct script_session *last = &script->sessions[script->session_count - 1];
    if (script->session == last)
        script->session = session;
    *session = *last;
    script->session_count--;
    return true;
}

static bool let_statement(struct script *script, size_t count, char *const words[])
{
    if (count < 4 || strcmp(words[2], "=") != 0)
        return script_fail(script, "let NAME = .PATH, = VALUE or = sql \"…\"");
    if (strcmp(words[3], "sql") == 0 || count > 4) {
        if (!ask(script, count - 3, words + 3))
            return false;
        if (script->unjudged)
            return script_fail(script, "refused");
        json_t *value = path_find(script->answer, strcmp(words[3], "sql") == 0 ? ".value" : ".id");
        return variable_set(script, words[1], path_text(value, script->line_arena));
    }
    if (words[3][0] != '.')
        return variable_set(script, words[1], words[3]);
    json_t *value = path_find(script->answer, words[3]);
    if (!value)
        return script_fail(script, "the answer has no %s", words[3]);
    return variable_set(script, words[1], path_text(value, script->line_arena));
}

static bool expect_statement(struct script *script, size_t count, char *const words[])
{
    bool known;
    if (expect_judges(count - 1, words + 1))
        script->unjudged = false;
    bool held = expect_holds(script, count - 1, words + 1, &known);
    if (held && known)
        return true;
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_format(script->line_arena, "%s%s%s", text, i ? " " : "", words[i]);
    if (!known)
        return script_fail(script, "%s: what is expected?", text);
    return script_fail(script, "not so: %s", text);
}

static int64_t now_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* wait until CALL … matches EXPECTATION … within 5s */
static bool wait_statement(struct script *script, size_t count, char *const words[])
{
    size_t matches = 0;
    for (size_t i = 3; i < count; i++)
        if (strcmp(words[i], "matches") == 0)
            matches = i;
    char *end;
    if (count < 6 || strcmp(words[1], "until") != 0 || !matches || matches + 3 > count - 1 ||
        strcmp(words[count - 2], "within") != 0)
        return script_fail(script, "wait until CALL … matches EXPECTATION within 5s");
    int64_t seconds = strtoll(words[count - 1], &end, 10);
    if (seconds <= 0 || strcmp(end, "s") != 0)
        return script_fail(script, "%s is no time to wait", words[count - 1]);
    int64_t deadline = now_milliseconds() + seconds * 1000;
    for (;;) {
        bool known;
        if (!ask(script, matches - 2, words + 2))
            return false;
        bool held = expect_holds(script, count - 2 - matches - 1, words + matches + 1, &known);
        script->unjudged = false;
        if (held && known)
            return true;
        if (!known)
            return script_fail(script, "what is waited for?");
        if (now_milliseconds() >= deadline)
            return script_fail(script, "not within %s", words[count - 1]);
        nanosleep(&(struct timespec){.tv_nsec = POLL_MILLISECONDS * 1000000L}, NULL);
    }
}

/* repeat N STATEMENT, with $n from 1 to N. The words were not filled in yet. */
static bool repeat_statement(struct script *script, const char *text)
{
    char *end;
    long times = strtol(text, &end, 10);
    if (end == text || times < 1 || times > REPEAT_LIMIT)
        return script_fail(script, "repeat N STATEMENT");
    char *statement = strdup(end);
    if (!statement)
        abort();
    bool good = true;
    for (long n = 1; good && n <= times; n++) {
        char number[24];
        snprintf(number, sizeof number, "%ld", n);
        good = variable_set(script, "n", number) && script_statement(script, statement) &&
               !script->ended;
    }
    free(statement);
    return good;
}

/* include FILE, relative to the file that includes it */
static bool include_statement(struct script *script, size_t count, char *const words[])
{
    const char *slash = strrchr(script->file, '/');
    if (count != 2)
        return script_fail(script, "include FILE");
    const char *file = words[1][0] == '/' || !slash
                           ? arena_string(script->arena, words[1])
                           : arena_format(script->arena, "%.*s/%s", (int)(slash - script->file),
                                          script->file, words[1]);
    return script_file(script, file);
}

static const struct {
    const char *name;
    statement_function *run;
    bool looks; /* at the last answer: its refusal is not yet left behind */
} statements[] = {
    {"plan", plan_statement, true},        {"test", test_statement, false},
    {"end", end_statement, false},         {"skip", skip_statement, false},
    {"note", note_statement, true},        {"session", session_statement, false},
    {"hang_up", hang_up_statement, false}, {"let", let_statement, true},
    {"expect", expect_statement, true},    {"wait", wait_statement, false},
    {"include", include_statement, false}, {"sql", sql_make, false},
};

static bool statement_run(struct script *script, size_t count, char **words)
{
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (strcmp(statements[i].name, words[0]) != 0)
            continue;
        if (!statements[i].looks && !script_settle(script))
            return false;
        return statements[i].run(script, count, words);
    }
    if (!strchr(words[0], '.'))
        return script_fail(script, "%s: no such statement", words[0]);
    return script_settle(script) && call_make(script, count, words);
}

bool script_statement(struct script *script, const char *text)
{
    const char *error;
    bool *literal;
    size_t count;
    text += strspn(text, " \t");
    if (*text == '\0' || *text == '#')
        return true;
    if (strncmp(text, "repeat ", 7) == 0)
        return repeat_statement(script, text + 7);
    arena_reset(script->line_arena);
    char **words = words_split(text, script->line_arena, &count, &literal, &error);
    if (!words)
        return script_fail(script, "%s", error);
    if (!words_fill(script, count, words, literal))
        return !script->ended;
    bool call =
        strchr(words[0], '.') || strcmp(words[0], "sql") == 0 || strcmp(words[0], "session") == 0;
    if (call && strlen(text) < 1000) {
        free(script->call);
        script->call = strdup(text);
    }
    return statement_run(script, count, words) && !script->ended;
}

/* A line that ends in a backslash goes on in the next. */
bool script_file(struct script *script, const char *file)
{
    const char *outer_file = script->file;
    int outer_line = script->line;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    FILE *stream = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
    if (!stream || script->depth == SCRIPT_DEPTH) {
        if (stream && stream != stdin)
            fclose(stream);
        return script_fail(script, "%s cannot be read", file);
    }
    struct arena *arena = arena_create();
    bool good = true;
    const char *before = "";
    int number = 0;
    script->depth++;
    while (good && (length = getline(&line, &capacity, stream)) >= 0) {
        number++;
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            line[--length] = '\0';
        bool more = length > 0 && line[length - 1] == '\\' && line[0] != '#';
        if (more)
            line[length - 1] = ' ';
        const char *whole = arena_format(arena, "%s%s", before, line);
        before = more ? whole : "";
        script->file = file;
        script->line = number;
        if (!more) {
            good = script_statement(script, whole);
            arena_reset(arena);
            before = "";
        }
    }
    if (good && before[0])
        good = script_statement(script, before);
    script->depth--;
    free(line);
    arena_free(arena);
    if (stream != stdin)
        fclose(stream);
    script->file = outer_file ? outer_file : file;
    script->line = outer_file ? outer_line : number;
    return good;
}
