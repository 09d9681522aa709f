/* The sign-in screen. */
#include "client/view/sign_in.h"

#include <stdlib.h>
#include <string.h>

#include "client/dialog.h"
#include "client/session.h"
#include "protocol/record.h"

enum {
    FIELD_STAFF,
    FIELD_PASSWORD,
    FIELD_NEW,
    FIELD_REPEAT,
    FIELDS,
    FIRST_ROW = 8,
    FIELD_COLUMNS = 24,
    STAFF_LIMIT = 32,
    PASSWORD_LIMIT = 64,
};

struct sign_in {
    struct view view;
    struct editor *editors[FIELDS];
    int shown; /* fields: two, or four where a new password is needed */
    int focus;
    bool take_over;
    bool done;
};

static const char *const labels[FIELDS] = {"client.staff", "client.password", "client.new_password",
                                           "client.repeat_password"};

static void sign_in_draw(struct view *view)
{
    struct sign_in *form = (struct sign_in *)view;
    struct application *application = view->application;
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    int left = body->columns / 2 - 22;
    cells_put_aligned(body, 3, 0, body->columns, CELL_TITLE, CELL_ALIGN_CENTRE,
                      application_text(application, "client.name"));
    cells_put_aligned(body, 4, 0, body->columns, CELL_LABEL, CELL_ALIGN_CENTRE,
                      application->connection != NULL ? connection_server(application->connection)
                                                      : "");
    for (int i = 0; i < form->shown; i++) {
        int row;
        int column;
        int at = FIRST_ROW + i * 2;
        cells_put(body, at, left, 18, CELL_LABEL, application_text(application, labels[i]));
        cells_put(body, at, left + 18, 1, CELL_MARK, "*");
        editor_draw(form->editors[i], body, at, left + 20, CELL_INPUT, '_');
        if (i == form->focus) {
            editor_cursor(form->editors[i], &row, &column);
            screen_cursor(application->screen, SCREEN_BODY, at, left + 20 + column);
        }
    }
    application_hint(application, application_text(application, "client.sign_in_hint"));
}

static const char *sign_in_label(struct view *view, int function_key)
{
    switch (function_key) {
    case 2:
        return application_text(view->application, "key.language");
    case 10:
        return application_text(view->application, "key.sign_in");
    case 9:
    case 12:
        return "";
    default:
        return NULL;
    }
}

static const struct view_class sign_in_class = {
    .name = "sign_in", .draw = sign_in_draw, .label = sign_in_label};

static bool connection_opened(struct application *application)
{
    while (!application->done) {
        enum connection_state state = connection_state(application->connection);
        if (state == CONNECTION_OPEN)
            return true;
        if (state == CONNECTION_CLOSED)
            return false;
        application_say(application, CELL_PLAIN, "client.connecting", NULL);
        if (!application_pump(application, 200))
            return false;
        if (terminal_take_key(application->terminal, KEYS_F3)) {
            application->done = true;
            return false;
        }
    }
    return false;
}

/* Why the line was refused, in the person's words; the server's own text is for administrators. */
static void refusal_say(struct application *application)
{
    const char *text;
    enum status status = connection_refusal(application->connection, &text);
    if (status == STATUS_OK || (unsigned)status >= STATUS_COUNT)
        application_refuse(application, "client.no_server", text, NULL);
    else
        application_refuse(application, status_names[status], text, NULL);
}

static bool line_open(struct application *application)
{
    if (connection_state(application->connection) == CONNECTION_CLOSED)
        connection_open(application->connection);
    if (connection_opened(application)) {
        return true;
    }
    if (!application->done)
        refusal_say(application);
    return false;
}

static void fields_clear(struct sign_in *form)
{
    for (int i = FIELD_PASSWORD; i < FIELDS; i++)
        editor_set_text(form->editors[i], "");
    form->focus = FIELD_PASSWORD;
}

static void sign_in_submit(struct sign_in *form)
{
    struct application *application = form->view.application;
    struct answer answer;
    bool changing = form->shown == FIELDS;
    char *new_password = strdup(editor_text(form->editors[FIELD_NEW]));
    char *password = strdup(editor_text(form->editors[FIELD_PASSWORD]));
    if (new_password == NULL || password == NULL)
        abort();
    if (changing && strcmp(new_password, editor_text(form->editors[FIELD_REPEAT])) != 0) {
        application_refuse(application, "client.passwords_differ", NULL);
        editor_set_text(form->editors[FIELD_NEW], "");
        editor_set_text(form->editors[FIELD_REPEAT], "");
        form->focus = FIELD_NEW;
        goto wipe;
    }
    if (!line_open(application))
        goto wipe;
    session_sign_in(application, editor_text(form->editors[FIELD_STAFF]), password,
                    changing ? new_password : "", form->take_over, &answer);
    if (answer.status == STATUS_OK) {
        form->done = true;
    } else if (answer.status == STATUS_PASSWORD_CHANGE) {
        session_refused(application, &answer);
        form->shown = FIELDS;
        form->focus = FIELD_NEW;
    } else if (answer.status == STATUS_SESSION_LIMIT && !form->take_over) {
        form->take_over =
            dialog_confirm(application, application_text(application, "client.sign_in"),
                           application_text(application, "client.take_over"));
        if (form->take_over) {
            answer_release(&answer);
            explicit_bzero(new_password, strlen(new_password));
            explicit_bzero(password, strlen(password));
            free(new_password);
            free(password);
            sign_in_submit(form);
            return;
        }
    } else {
        session_refused(application, &answer);
        if (answer.status == STATUS_SESSION_ENDED)
            refusal_say(application);
        form->take_over = false;
        fields_clear(form);
    }
    answer_release(&answer);
wipe:
    explicit_bzero(new_password, strlen(new_password));
    explicit_bzero(password, strlen(password));
    free(new_password);
    free(password);
}

static void focus_move(struct sign_in *form, int by)
{
    form->focus = (form->focus + by + form->shown) % form->shown;
}

static void sign_in_key(struct sign_in *form, const struct keys_event *key)
{
    struct application *application = form->view.application;
    enum editor_result result = editor_key(form->editors[form->focus], key);
    if (result == EDITOR_REFUSED || result == EDITOR_FULL)
        terminal_beep(application->terminal);
    if (result != EDITOR_IGNORED || key->kind != KEYS_KEY)
        return;
    switch (key->code) {
    case KEYS_F1:
        dialog_text(application, application_text(application, "key.help"),
                    application_text(application, "help.sign_in"));
        break;
    case KEYS_F2:
        strcpy(application->language, strcmp(application->language, "zh") == 0 ? "en" : "zh");
        break;
    case KEYS_F3:
        application->done = true;
        break;
    case KEYS_DOWN:
    case KEYS_TAB:
        focus_move(form, 1);
        break;
    case KEYS_UP:
    case KEYS_BACK_TAB:
        focus_move(form, -1);
        break;
    case KEYS_ENTER:
        if (form->focus < form->shown - 1)
            focus_move(form, 1);
        else
            sign_in_submit(form);
        break;
    case KEYS_F10:
        sign_in_submit(form);
        break;
    default:
        break;
    }
}

bool sign_in_run(struct application *application)
{
    struct sign_in form = {.view = {.class = &sign_in_class, .application = application},
                           .shown = FIELD_NEW};
    struct task *task = application_task(application);
    struct keys_event key;
    for (int i = 0; i < FIELDS; i++)
        form.editors[i] = editor_create(&(struct editor_options){
            .columns = FIELD_COLUMNS,
            .rows = 1,
            .maximum = i == FIELD_STAFF ? STAFF_LIMIT : PASSWORD_LIMIT,
            .restriction = i == FIELD_STAFF ? EDITOR_ASCII : EDITOR_TEXT,
            .secret = i != FIELD_STAFF,
            .ambiguous = screen_ambiguous(application->screen),
        });
    *task = (struct task){.views = {&form.view}, .depth = 1};
    application->task_count = 1;
    line_open(application);
    if (connection_state(application->connection) == CONNECTION_OPEN &&
        application->message_attribute == CELL_PLAIN)
        application_say_text(application, CELL_PLAIN, "");
    while (!form.done && application_wait(application, &key))
        sign_in_key(&form, &key);
    *task = (struct task){0};
    for (int i = 0; i < FIELDS; i++)
        editor_free(form.editors[i]);
    return form.done;
}
