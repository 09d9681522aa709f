/* Lock and password. */
#include "client/view/lock.h"

#include <stdlib.h>
#include <string.h>

#include "client/dialog.h"
#include "client/session.h"
#include "protocol/system.h"

enum { PASSWORD_LIMIT = 64, BODY_LIMIT = 1024 };

/* What a person typed as a password does not stay in memory. */
static void secret_wipe(const char *text)
{
    if (text != NULL)
        explicit_bzero((char *)text, strlen(text));
}

static void lock_draw(struct view *view)
{
    struct cells *body = screen_cells(view->application->screen, SCREEN_BODY);
    cells_put_aligned(body, 3, 0, body->columns, CELL_TITLE, CELL_ALIGN_CENTRE,
                      application_text(view->application, "client.locked"));
}

static const char *lock_label(struct view *view, int function_key)
{
    (void)view;
    return function_key == 3 || function_key == 9 || function_key == 1 ? "" : NULL;
}

static const struct view_class lock_class = {
    .name = "lock", .draw = lock_draw, .label = lock_label};

static bool password_right(struct application *application, const char *password)
{
    struct writer body;
    struct answer answer;
    writer_initialise(&body, BODY_LIMIT);
    writer_text(&body, password);
    session_call(application, 0, 0, SYSTEM_UNLOCK, &body, &answer);
    explicit_bzero(body.bytes, body.length);
    writer_release(&body);
    bool right = answer.status == STATUS_OK;
    if (!right)
        session_refused(application, &answer);
    answer_release(&answer);
    return right;
}

bool lock_ask(struct application *application)
{
    /* The view of the lock hides the task below it; it is not on its stack. */
    struct view view = {.class = &lock_class, .application = application};
    struct task *task = application_task(application);
    struct task kept = *task;
    bool open = false;
    if (task->depth > 0 && task->views[task->depth - 1]->class == &lock_class)
        return false;
    *task = (struct task){.views = {&view}, .depth = 1};
    struct arena *arena = arena_create();
    application->locked = true;
    while (!open && !application->done && !application->session_ended) {
        const char *password = dialog_ask(
            application,
            application_format(application, "client.unlock", application->staff,
                               application->staff_name, NULL),
            application_text(application, "client.password"), "", true, PASSWORD_LIMIT, arena);
        if (password == NULL) {
            terminal_beep(application->terminal);
            continue;
        }
        open = password_right(application, password);
        secret_wipe(password);
    }
    arena_free(arena);
    application->locked = false;
    *task = kept;
    if (open)
        application_say_text(application, CELL_PLAIN, "");
    return open;
}

bool lock_terminal(struct application *application)
{
    struct answer answer;
    session_call(application, 0, 0, SYSTEM_LOCK, NULL, &answer);
    bool locked = answer.status == STATUS_OK;
    if (!locked)
        session_refused(application, &answer);
    answer_release(&answer);
    return locked && lock_ask(application);
}

void lock_password(struct application *application)
{
    struct arena *arena = arena_create();
    static const char *const labels[] = {"client.old_password", "client.new_password",
                                         "client.repeat_password"};
    const char *typed[3] = {NULL};
    for (int i = 0; i < 3; i++) {
        typed[i] =
            dialog_ask(application, application_text(application, "client.change_password"),
                       application_text(application, labels[i]), "", true, PASSWORD_LIMIT, arena);
        if (typed[i] == NULL)
            goto out;
    }
    if (strcmp(typed[1], typed[2]) != 0) {
        application_refuse(application, "client.passwords_differ", NULL);
        goto out;
    }
    struct writer body;
    struct answer answer;
    writer_initialise(&body, BODY_LIMIT);
    writer_text(&body, typed[0]);
    writer_text(&body, typed[1]);
    session_call(application, 0, 0, SYSTEM_PASSWORD, &body, &answer);
    explicit_bzero(body.bytes, body.length);
    writer_release(&body);
    if (answer.status == STATUS_OK)
        application_say(application, CELL_PLAIN, "client.password_changed", NULL);
    else
        session_refused(application, &answer);
    answer_release(&answer);
out:
    for (int i = 0; i < 3; i++)
        secret_wipe(typed[i]);
    arena_free(arena);
}
