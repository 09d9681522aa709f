/* The command line on the screen. */
#include "client/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/command.h"
#include "client/draft.h"
#include "client/open.h"
#include "client/print.h"
#include "client/session.h"
#include "client/store.h"
#include "client/view/help.h"
#include "client/view/home.h"
#include "client/view/lock.h"
#include "client/view/menu_view.h"
#include "protocol/system.h"

enum { PROMPT = 4, BODY_LIMIT = 4096 };

void command_line_draw(struct application *application)
{
    struct cells *cells = screen_cells(application->screen, SCREEN_COMMAND);
    cells_clear(cells);
    cells_put(cells, 0, 0, PROMPT, CELL_KEY, "==>");
    editor_resize(application->command, cells->columns - PROMPT, 1);
    editor_draw(application->command, cells, 0, PROMPT, CELL_INPUT, '_');
    if (!application->in_command)
        return;
    int row;
    int column;
    editor_cursor(application->command, &row, &column);
    screen_cursor(application->screen, SCREEN_COMMAND, 0, PROMPT + column);
    /* Help while typing: what the letters could become. */
    const char *text = editor_text(application->command);
    const char *typed = strncasecmp(text, "/o", 2) == 0 ? text + 2 : text;
    size_t length = strlen(typed);
    char hint[SAY_LIMIT] = "";
    size_t used = 0;
    if (length == 0 || strchr(typed, ' ') != NULL) {
        application_hint(application, application_text(application, "client.command_hint"));
        return;
    }
    for (size_t i = 0; i < store_count(application->store); i++) {
        const struct store_entry *entry = store_at(application->store, i);
        if (entry->code[0] == '\0' || strncasecmp(entry->code, typed, length) != 0)
            continue;
        int wrote = snprintf(hint + used, sizeof hint - used, "%s %s  ", entry->code,
                             application_label(application, &entry->title));
        if (wrote < 0 || (size_t)wrote >= sizeof hint - used)
            break;
        used += (size_t)wrote;
    }
    application_hint(application,
                     used > 0 ? hint : application_text(application, "client.command_hint"));
}

/* Tab: the next code that begins like what was typed. */
static void command_complete(struct application *application)
{
    const char *text = editor_text(application->command);
    const char *prefix = strncasecmp(text, "/o", 2) == 0 ? "/o" : "";
    char typed[COMMAND_CODE];
    size_t count = store_count(application->store);
    size_t length = application->completion > 0 ? application->completion - 1 : strlen(text);
    size_t skip = strlen(prefix);
    if (length < skip || length - skip >= sizeof typed || count == 0)
        return;
    memcpy(typed, text + skip, length - skip);
    typed[length - skip] = '\0';
    const struct store_entry *first = NULL;
    const struct store_entry *next = NULL;
    bool after = false;
    for (size_t i = 0; i < count; i++) {
        const struct store_entry *entry = store_at(application->store, i);
        if (entry->code[0] == '\0' || strncasecmp(entry->code, typed, strlen(typed)) != 0)
            continue;
        first = first != NULL ? first : entry;
        if (after && next == NULL)
            next = entry;
        after = after || strcasecmp(entry->code, text + skip) == 0;
    }
    next = next != NULL ? next : first;
    if (next == NULL)
        return;
    char completed[COMMAND_CODE * 2];
    snprintf(completed, sizeof completed, "%s%s", prefix, next->code);
    editor_set_text(application->command, completed);
    editor_end(application->command);
    application->completion = length + 1;
}

static void recall_keep(struct application *application, const char *text)
{
    if (text[0] == '\0' ||
        (application->recall_count > 0 && strcmp(application->recall[0], text) == 0))
        return;
    if (application->recall_count == RECALL_LIMIT)
        free(application->recall[--application->recall_count]);
    memmove(&application->recall[1], &application->recall[0],
            application->recall_count * sizeof *application->recall);
    application->recall[0] = strdup(text);
    if (application->recall[0] == NULL)
        abort();
    application->recall_count++;
}

static void recall_show(struct application *application, size_t at)
{
    application->in_command = true;
    application->recall_at = at;
    editor_set_text(application->command, application->recall[at]);
    editor_select_all(application->command); /* typing begins anew, an arrow goes on with it */
}

void command_line_recall(struct application *application)
{
    if (application->recall_count == 0) {
        application_refuse(application, "client.no_recall", NULL);
        return;
    }
    size_t at = application->in_command ? application->recall_at + 1 : 0;
    recall_show(application, at < application->recall_count ? at : 0);
}

static void command_leave(struct application *application)
{
    application->in_command = false;
    application->completion = 0;
    editor_set_text(application->command, "");
}

bool command_line_key(struct application *application, const struct keys_event *key)
{
    if (!application->in_command)
        return false;
    if (key->kind == KEYS_KEY) {
        switch (key->code) {
        case KEYS_ENTER: {
            char text[BODY_LIMIT];
            snprintf(text, sizeof text, "%s", editor_text(application->command));
            command_leave(application);
            recall_keep(application, text);
            command_line_run(application, text);
            return true;
        }
        case KEYS_TAB:
            command_complete(application);
            return true;
        case KEYS_UP:
            if (application->recall_count > 0)
                command_line_recall(application);
            return true;
        case KEYS_ESCAPE:
        case KEYS_F12:
        case KEYS_DOWN:
            command_leave(application);
            return true;
        default:
            break;
        }
    }
    application->completion = 0;
    enum editor_result result = editor_key(application->command, key);
    if (result == EDITOR_IGNORED) {
        application->in_command = false; /* a key of the form below */
        return false;
    }
    return true;
}

bool command_line_begin(struct application *application, const struct keys_event *key)
{
    bool printable = key->kind == KEYS_CHARACTER && !key->pasted;
    if (!printable && !(key->kind == KEYS_KEY && key->code == KEYS_ESCAPE))
        return false;
    application->in_command = true;
    application->recall_at = 0;
    application_say_text(application, CELL_PLAIN, "");
    return !printable || command_line_key(application, key);
}

/* --- carrying out ---------------------------------------------------------------------------- */

static void run_language(struct application *application, const char *language)
{
    struct writer body;
    struct answer answer;
    writer_initialise(&body, BODY_LIMIT);
    writer_text(&body, language);
    session_call(application, 0, 0, SYSTEM_LANGUAGE, &body, &answer);
    writer_release(&body);
    if (answer.status == STATUS_OK)
        strcpy(application->language, strcmp(language, "zh") == 0 ? "zh" : "en");
    else
        session_refused(application, &answer);
    answer_release(&answer);
}

static void run_open(struct application *application, const struct command *command)
{
    const struct store_entry *entry = store_by_code(application->store, command->code);
    if (entry == NULL) {
        application_refuse(application, "client.no_code", command->code, NULL);
        return;
    }
    if (command->new_task && !application_open_task(application))
        return;
    if (command->new_task)
        application_push(application, home_create(application));
    open_form(application, entry->number, command->argument, command->kind == COMMAND_CREATE);
}

static void run_home(struct application *application, const struct command *command)
{
    if (command->new_task) {
        if (application_open_task(application))
            application_push(application, home_create(application));
        return;
    }
    while (application_task(application)->depth > 1)
        if (!application_leave(application, false))
            return;
}

static void run_task(struct application *application, const struct command *command)
{
    size_t task = command->number > 0 ? command->number - 1
                                      : (application->task + 1) % application->task_count;
    application_show_task(application, task);
}

static void run_number(struct application *application, unsigned number)
{
    struct view *bottom = application_task(application)->views[0];
    const char *code = home_code(bottom, number);
    if (code == NULL)
        application_refuse(application, "client.no_number", NULL);
    else
        command_line_run(application, code);
}

void command_line_run(struct application *application, const char *text)
{
    struct command command;
    application_say_text(application, CELL_PLAIN, "");
    command_parse(text, &command);
    switch (command.kind) {
    case COMMAND_NONE:
        break;
    case COMMAND_OPEN:
    case COMMAND_CREATE:
        run_open(application, &command);
        break;
    case COMMAND_MENU:
        if (command.new_task && !application_open_task(application))
            break;
        if (command.new_task)
            application_push(application, home_create(application));
        menu_open(application, command.path, command.depth);
        break;
    case COMMAND_NUMBER:
        run_number(application, command.number);
        break;
    case COMMAND_HOME:
        run_home(application, &command);
        break;
    case COMMAND_NOTICES:
        home_notices(application);
        break;
    case COMMAND_TASK:
        run_task(application, &command);
        break;
    case COMMAND_LOCK:
        application_save_drafts(application);
        lock_terminal(application);
        break;
    case COMMAND_LANGUAGE:
        run_language(application, command.argument);
        break;
    case COMMAND_PRINT:
        print_screen(application);
        break;
    case COMMAND_PASSWORD:
        lock_password(application);
        break;
    case COMMAND_SIGN_OUT:
        open_sign_out(application);
        break;
    case COMMAND_HELP:
        help_show(application);
        break;
    case COMMAND_DRAFTS:
        draft_offer(application, true);
        break;
    case COMMAND_UNKNOWN:
        application_refuse(application, "client.no_command", NULL);
        break;
    }
}
