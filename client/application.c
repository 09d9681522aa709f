/* The frame around the views: title, command line, messages, key bar; tasks; the loop. */
#include "client/application.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/command_line.h"
#include "client/dialog.h"
#include "client/draft.h"
#include "client/print.h"
#include "client/session.h"
#include "client/store.h"
#include "client/terminal/keybar.h"
#include "client/view/help.h"
#include "client/view/lock.h"
#include "protocol/buffer.h"
#include "protocol/value.h"
#include "server/forms/message_read.h"

enum { TICK = 1000, DRAFT_IDLE = 30 /* seconds */ };

static int64_t monotonic_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* --- texts ----------------------------------------------------------------------------------- */

const char *application_text(const struct application *application, const char *name)
{
    return message_text(application->messages, application->language, name);
}

const char *application_label(const struct application *application, const struct label *label)
{
    const char *text = strcmp(application->language, "zh") == 0 ? label->zh : label->en;
    return text != NULL ? text : "";
}

static size_t parameters_take(va_list list, const char *parameters[4])
{
    size_t count = 0;
    const char *parameter;
    while (count < 4 && (parameter = va_arg(list, const char *)) != NULL)
        parameters[count++] = parameter;
    return count;
}

/* Formats into a buffer of SAY_LIMIT bytes, cut at a character. */
static void say_format(const struct application *application, char *target, const char *name,
                       va_list list)
{
    const char *parameters[4];
    size_t count = parameters_take(list, parameters);
    struct arena *arena = arena_create();
    const char *text = message_format(application->messages, application->language, name, count,
                                      parameters, arena);
    size_t length = strlen(text);
    if (length >= SAY_LIMIT) {
        length = SAY_LIMIT - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(target, text, length);
    target[length] = '\0';
    arena_free(arena);
}

const char *application_format(struct application *application, const char *name, ...)
{
    static char text[SAY_LIMIT];
    va_list list;
    va_start(list, name);
    say_format(application, text, name, list);
    va_end(list);
    return text;
}

void application_say_text(struct application *application, enum cell_attribute attribute,
                          const char *text)
{
    snprintf(application->message, sizeof application->message, "%s", text);
    application->message_attribute = attribute;
}

void application_say(struct application *application, enum cell_attribute attribute,
                     const char *name, ...)
{
    va_list list;
    va_start(list, name);
    say_format(application, application->message, name, list);
    va_end(list);
    application->message_attribute = attribute;
}

void application_refuse_text(struct application *application, const char *text)
{
    application_say_text(application, CELL_ERROR, text);
    terminal_discard_keys(application->terminal);
    terminal_beep(application->terminal);
}

void application_refuse(struct application *application, const char *name, ...)
{
    va_list list;
    char text[SAY_LIMIT];
    va_start(list, name);
    say_format(application, text, name, list);
    va_end(list);
    application_refuse_text(application, text);
}

void application_hint(struct application *application, const char *text)
{
    snprintf(application->hint, sizeof application->hint, "%s", text);
}

int64_t application_now(const struct application *application)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 +
           (application->connection != NULL ? connection_clock_offset(application->connection) : 0);
}

int64_t application_today(const struct application *application)
{
    time_t seconds = (time_t)(application_now(application) / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    return value_days_from_civil(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

/* --- views and tasks ------------------------------------------------------------------------- */

struct task *application_task(struct application *application)
{
    return &application->tasks[application->task];
}

struct view *application_top(struct application *application)
{
    struct task *task = application_task(application);
    return task->depth > 0 ? task->views[task->depth - 1] : NULL;
}

void application_push(struct application *application, struct view *view)
{
    struct task *task = application_task(application);
    if (task->depth == VIEW_DEPTH) {
        application_refuse(application, "client.too_deep", NULL);
        view->class->free(view);
        return;
    }
    task->views[task->depth++] = view;
    application->in_command = false;
    if (application->message_attribute != CELL_ERROR) /* what it said was about the view below */
        application_say_text(application, CELL_PLAIN, "");
}

static void task_end(struct application *application)
{
    size_t ended = application->task;
    memmove(&application->tasks[ended], &application->tasks[ended + 1],
            (application->task_count - ended - 1) * sizeof *application->tasks);
    application->task_count--;
    application->tasks[application->task_count] = (struct task){0};
    if (application->task > 0)
        application->task--;
}

void application_pop(struct application *application)
{
    struct task *task = application_task(application);
    struct view *view = task->views[--task->depth];
    view->class->free(view);
    if (task->depth == 0 && application->task_count > 1) {
        task_end(application);
        task = application_task(application);
    }
    if (task->depth <= 1)
        task->customer_id = 0;
    view = application_top(application);
    if (view != NULL && view->class->resume != NULL)
        view->class->resume(view);
}

bool application_leave(struct application *application, bool check)
{
    struct view *view = application_top(application);
    if (view->class->leave != NULL && !view->class->leave(view, check))
        return false;
    application_say_text(application, CELL_PLAIN, "");
    application_pop(application);
    return true;
}

bool application_open_task(struct application *application)
{
    if (application->task_count == TASK_LIMIT) {
        application_refuse(application, "client.tasks_full", NULL);
        return false;
    }
    application->task = application->task_count++;
    application->tasks[application->task] = (struct task){0};
    return true;
}

void application_show_task(struct application *application, size_t task)
{
    if (task >= application->task_count) {
        application_refuse(application, "client.no_task", NULL);
        return;
    }
    application->task = task;
    application->in_command = false;
}

/* --- drawing --------------------------------------------------------------------------------- */

static void clock_text(const struct application *application, char *text, size_t size)
{
    time_t seconds = (time_t)(application_now(application) / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(text, size, "%m-%d %H:%M:%S", &local);
}

/* Title at the left, who and for whom in the middle, task, encoding and clock at the right. */
static void title_draw(struct application *application)
{
    struct cells *cells = screen_cells(application->screen, SCREEN_TITLE);
    struct view *view = application_top(application);
    char clock[32];
    char right[160];
    char task[64] = "";
    clock_text(application, clock, sizeof clock);
    if (application->task_count > 1)
        snprintf(task, sizeof task, "%s %zu/%zu ", application_text(application, "client.task"),
                 application->task + 1, application->task_count);
    snprintf(right, sizeof right, "%s%s %s ", task,
             terminal_encoding_name(terminal_line(application->terminal)->encoding), clock);
    cells_fill(cells, 0, 0, 1, cells->columns, CELL_TITLE, ' ');
    int width = utf8_width(right, cells->ambiguous);
    int start = cells->columns - width;
    cells_put(cells, 0, start, width, CELL_TITLE, right);
    const char *title = view != NULL && view->class->title != NULL
                            ? view->class->title(view)
                            : application_text(application, "client.name");
    int used = 1 + cells_put(cells, 0, 1, start - 2, CELL_TITLE, title);
    const struct task *current = application_task(application);
    char middle[512] = "";
    if (application->signed_in && current->customer_id != 0)
        snprintf(middle, sizeof middle, "%s %s %s",
                 application_text(application, "client.customer"), current->customer_key,
                 current->customer_name);
    else if (application->signed_in)
        snprintf(middle, sizeof middle, "%s %s %s", application->organisation, application->staff,
                 application->staff_name);
    int at = used + 2 > 26 ? used + 2 : 26;
    if (start - 1 > at)
        cells_put(cells, 0, at, start - 1 - at, CELL_TITLE, middle);
}

/* Columns of the key bar with these entries. */
static int keys_width(const struct keybar_entry *entries, size_t count, int ambiguous)
{
    int width = 1;
    for (size_t i = 0; i < count; i++)
        width += utf8_width(entries[i].key, ambiguous) + utf8_width(entries[i].text, ambiguous) + 1;
    return width;
}

/* Where not all fit, those go that a person knows first. */
static size_t keys_thin(struct keybar_entry *entries, size_t count, int columns, int ambiguous)
{
    static const char *const known[] = {"F9", "F5", "F11", "F4", "F1", "F2", "F12", "F3"};
    for (size_t n = 0; n < sizeof known / sizeof *known; n++) {
        if (keys_width(entries, count, ambiguous) <= columns)
            break;
        for (size_t i = 0; i < count; i++) {
            if (strcmp(entries[i].key, known[n]) != 0)
                continue;
            memmove(&entries[i], &entries[i + 1], (count - i - 1) * sizeof *entries);
            count--;
            break;
        }
    }
    return count;
}

static void keys_draw(struct application *application)
{
    struct cells *cells = screen_cells(application->screen, SCREEN_KEYS);
    struct view *view = application_top(application);
    static const char *const names[FUNCTION_KEYS + 1] = {NULL, "F1", "F2", "F3",  "F4",  "F5", "F6",
                                                         "F7", "F8", "F9", "F10", "F11", "F12"};
    static const char *const defaults[FUNCTION_KEYS + 1] = {
        [1] = "key.help", [3] = "key.exit", [9] = "key.recall", [12] = "key.cancel"};
    struct keybar_entry entries[FUNCTION_KEYS];
    size_t count = 0;
    for (int key = 1; view != NULL && key <= FUNCTION_KEYS; key++) {
        const char *label = view->class->label != NULL ? view->class->label(view, key) : NULL;
        if (label == NULL && defaults[key] != NULL)
            label = application_text(application, defaults[key]);
        if (label != NULL && label[0] != '\0')
            entries[count++] = (struct keybar_entry){.key = names[key], .text = label};
    }
    cells_clear(cells);
    count = keys_thin(entries, count, cells->columns, cells->ambiguous);
    keybar_draw(cells, 0, entries, count);
}

void application_draw(struct application *application)
{
    struct screen *screen = application->screen;
    struct view *view = application_top(application);
    application->hint[0] = '\0';
    screen_clear(screen, SCREEN_BODY);
    screen_cursor_hide(screen);
    if (view != NULL)
        view->class->draw(view);
    title_draw(application);
    command_line_draw(application);
    screen_line(screen, SCREEN_MESSAGE, 0, application->message_attribute, "");
    char message[SAY_LIMIT + 16];
    snprintf(message, sizeof message, " %s", application->message);
    screen_put(screen, SCREEN_MESSAGE, 0, 0, SCREEN_COLUMNS, application->message_attribute,
               message);
    if (application->notices > 0) {
        char count[32];
        char notices[96];
        snprintf(count, sizeof count, "%zu", application->notices);
        snprintf(notices, sizeof notices, " %s ",
                 application_format(application, "client.unread", count, NULL));
        struct cells *cells = screen_cells(screen, SCREEN_MESSAGE);
        int width = utf8_width(notices, cells->ambiguous);
        cells_put(cells, 0, cells->columns - width, width, CELL_MARK, notices);
    }
    snprintf(message, sizeof message, " %s", application->hint);
    screen_line(screen, SCREEN_HINT, 0, CELL_LABEL, message);
    keys_draw(application);
}

/* --- the loop -------------------------------------------------------------------------------- */

static void connection_step(struct application *application)
{
    if (application->connection != NULL)
        connection_advance(application->connection);
}

static int poll_timeout(const struct application *application, int timeout)
{
    int wanted = -1;
    if (application->connection != NULL) {
        wanted = connection_timeout(application->connection);
        /* The terminal waits for reading only; what must be written is looked at soon. */
        if ((connection_events(application->connection) & POLLOUT) != 0 &&
            (wanted < 0 || wanted > 10))
            wanted = 10;
    }
    return wanted >= 0 && wanted < timeout ? wanted : timeout;
}

/* One event; true and the key if it was one. */
static bool application_step(struct application *application, int timeout, struct keys_event *key)
{
    int descriptor =
        application->connection != NULL ? connection_descriptor(application->connection) : -1;
    struct terminal_event event =
        terminal_poll(application->terminal, descriptor, poll_timeout(application, timeout));
    switch (event.kind) {
    case TERMINAL_KEY:
        *key = event.key;
        application->key_at = monotonic_seconds();
        return true;
    case TERMINAL_EXTRA:
    case TERMINAL_TICK:
        connection_step(application);
        break;
    case TERMINAL_RESIZE:
        screen_resize(application->screen);
        break;
    case TERMINAL_END:
        application->done = true;
        break;
    }
    return false;
}

bool application_pump(struct application *application, int timeout)
{
    struct keys_event key;
    if (application->done)
        return false;
    application_draw(application);
    terminal_hold_keys(application->terminal, true);
    (void)application_step(application, timeout, &key);
    terminal_hold_keys(application->terminal, false);
    return !application->done;
}

static bool lock_due(const struct application *application)
{
    return application->signed_in && !application->locked && application->idle_lock > 0 &&
           monotonic_seconds() - application->key_at >= application->idle_lock;
}

bool application_wait(struct application *application, struct keys_event *key)
{
    while (!application->done && !(application->session_ended && application->signed_in)) {
        application_draw(application);
        if (application_step(application, TICK, key)) {
            if (key->kind == KEYS_KEY && key->code == KEYS_REDRAW) {
                terminal_redraw(application->terminal);
                continue;
            }
            return true;
        }
        if (lock_due(application)) /* no pop-up may stand over a locked terminal: it is refused */
            return false;
    }
    return false;
}

static bool is_key(const struct keys_event *key, enum keys_code code)
{
    return key->kind == KEYS_KEY && key->code == code;
}

void application_key(struct application *application, const struct keys_event *key)
{
    struct view *view = application_top(application);
    if (is_key(key, KEYS_F9)) {
        command_line_recall(application);
        return;
    }
    if (command_line_key(application, key))
        return;
    if (view->class->key != NULL && view->class->key(view, key))
        return;
    if (command_line_begin(application, key))
        return;
    if (is_key(key, KEYS_F1)) {
        help_show(application);
    } else if (is_key(key, KEYS_F3) || is_key(key, KEYS_F12)) {
        bool last = application->task_count == 1 && application_task(application)->depth == 1;
        if (!last)
            application_leave(application, key->code == KEYS_F3);
        else if (key->code == KEYS_F3)
            command_line_run(application, "/q");
    } else if (key->kind == KEYS_KEY && key->code >= KEYS_F1 && key->code <= KEYS_F12) {
        application_refuse(application, "client.no_key", keys_name(key->code), NULL);
    }
}

/* What is done between two keys, never under the fingers of a person who types. */
static void application_idle(struct application *application)
{
    int64_t now = monotonic_seconds();
    int64_t quiet = now - application->key_at;
    if (lock_due(application)) {
        application_save_drafts(application);
        application->key_at = now;
        lock_terminal(application);
        return;
    }
    if (quiet >= DRAFT_IDLE && application->drafts_at < application->key_at) {
        application->drafts_at = now;
        application_save_drafts(application);
    }
    if (application->catalogue_moved && quiet >= 1) {
        application->catalogue_moved = false;
        store_refresh(application);
    }
    struct view *view = application_top(application);
    if (application->work_moved && quiet >= 1 && view != NULL && view->class->resume != NULL &&
        application_task(application)->depth == 1) {
        application->work_moved = false;
        view->class->resume(view);
    }
}

void application_run(struct application *application)
{
    struct keys_event key;
    application->key_at = monotonic_seconds();
    while (!application->done && !application->session_ended) {
        application_draw(application);
        if (application_step(application, TICK, &key)) {
            if (is_key(&key, KEYS_REDRAW)) {
                terminal_redraw(application->terminal);
                continue;
            }
            application_key(application, &key);
        } else {
            application_idle(application);
        }
    }
    if (application->done && !application->session_ended)
        application_save_drafts(application);
}

void application_save_drafts(struct application *application)
{
    for (size_t i = 0; i < application->task_count && !application->session_ended; i++)
        draft_save(application, i);
}
