/* Home. */
#include "client/view/home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "client/command_line.h"
#include "client/dialog.h"
#include "client/session.h"
#include "client/store.h"
#include "client/workspace.h"
#include "protocol/system.h"
#include "server/forms/message_read.h"

enum {
    WORK_LIMIT = 9, /* numbered 1 to 9 */
    NOTICE_LIMIT = 20,
    FIGURE_LIMIT = 16,
    FIRST_FAVOURITE = 11,
    FAVOURITE_ROWS = 8,
    WORKSPACE_LIMIT = 16384,
    TEXT_LIMIT = 1024,
};

struct work {
    const char *kind;
    uint64_t waiting;
    uint64_t overdue;
};

struct notice {
    int64_t id;
    int64_t time;
    const char *from;
    const char *subject;
};

struct figure {
    const char *name;
    const char *value;
};

struct home {
    struct view view;
    struct arena *arena; /* of the last answer */
    size_t work_count;
    struct work work[WORK_LIMIT];
    size_t notice_count;
    struct notice notices[NOTICE_LIMIT];
    size_t figure_count;
    struct figure figures[FIGURE_LIMIT];
};

static bool home_read(struct home *home, struct reader *reader)
{
    struct arena *arena = home->arena;
    size_t count = (size_t)reader_limited(reader, 1000);
    home->work_count = 0;
    for (size_t i = 0; i < count && !reader->failed; i++) {
        struct work work;
        work.kind = reader_text(reader, arena, TEXT_LIMIT);
        work.waiting = reader_unsigned(reader);
        work.overdue = reader_unsigned(reader);
        if (home->work_count < WORK_LIMIT)
            home->work[home->work_count++] = work;
    }
    count = (size_t)reader_limited(reader, 1000);
    home->notice_count = 0;
    home->view.application->notices = count;
    for (size_t i = 0; i < count && !reader->failed; i++) {
        struct notice notice;
        notice.id = reader_signed(reader);
        notice.time = reader_signed(reader);
        notice.from = reader_text(reader, arena, TEXT_LIMIT);
        notice.subject = reader_text(reader, arena, TEXT_LIMIT);
        if (home->notice_count < NOTICE_LIMIT)
            home->notices[home->notice_count++] = notice;
    }
    count = (size_t)reader_limited(reader, 1000);
    home->figure_count = 0;
    for (size_t i = 0; i < count && !reader->failed; i++) {
        struct figure figure;
        figure.name = reader_text(reader, arena, TEXT_LIMIT);
        figure.value = reader_text(reader, arena, TEXT_LIMIT);
        if (home->figure_count < FIGURE_LIMIT)
            home->figures[home->figure_count++] = figure;
    }
    return reader_end(reader);
}

static void home_fetch(struct home *home)
{
    struct application *application = home->view.application;
    struct answer answer;
    session_call(application, 0, 0, SYSTEM_HOME, NULL, &answer);
    arena_reset(home->arena);
    if (answer.status != STATUS_OK) {
        session_refused(application, &answer);
    } else if (!home_read(home, &answer.reader)) {
        home->work_count = home->notice_count = home->figure_count = 0;
        application_refuse(application, "client.answer_broken", NULL);
    }
    answer_release(&answer);
}

/* Kinds and figures are named by the server; a name without a text shows itself, so that it is
 * noticed. */
static const char *named_text(struct application *application, const char *group, const char *name,
                              char *buffer, size_t size)
{
    snprintf(buffer, size, "%s.%s", group, name);
    if (message_find(application->messages, buffer) != NULL)
        return application_text(application, buffer);
    for (size_t i = 0; i < store_count(application->store); i++) {
        const struct store_entry *entry = store_at(application->store, i);
        if (strcmp(entry->name, name) == 0)
            return application_label(application, &entry->title);
    }
    return name;
}

static int work_draw(struct home *home, struct cells *body, int row)
{
    struct application *application = home->view.application;
    char buffer[160];
    cells_put(body, row++, 1, 36, CELL_TITLE, application_text(application, "home.waiting"));
    if (home->work_count == 0)
        cells_put(body, row++, 3, 34, CELL_FAINT, application_text(application, "home.nothing"));
    for (size_t i = 0; i < home->work_count; i++, row++) {
        const struct work *work = &home->work[i];
        snprintf(buffer, sizeof buffer, "%zu", i + 1);
        cells_put(body, row, 1, 2, CELL_KEY, buffer);
        cells_put(body, row, 3, 20, CELL_PLAIN,
                  named_text(application, "work", work->kind, buffer, sizeof buffer));
        snprintf(buffer, sizeof buffer, "%llu", (unsigned long long)work->waiting);
        cells_put_aligned(body, row, 24, 4, CELL_PLAIN, CELL_ALIGN_RIGHT, buffer);
        if (work->overdue > 0) {
            char number[32];
            snprintf(number, sizeof number, "%llu", (unsigned long long)work->overdue);
            cells_put(body, row, 29, 10, CELL_WARNING,
                      application_format(application, "home.overdue", number, NULL));
        }
    }
    return row;
}

static int favourites_draw(struct home *home, struct cells *body, int row, int column)
{
    struct application *application = home->view.application;
    const char *codes[WORKSPACE_FAVOURITES];
    size_t count = workspace_favourites(application->workspace, codes, WORKSPACE_FAVOURITES);
    int width = (body->columns - column) / 2;
    int last = row;
    cells_put(body, row, column, width, CELL_TITLE,
              application_text(application, "home.favourites"));
    if (count == 0)
        cells_put(body, row + 1, column, body->columns - column, CELL_FAINT,
                  application_text(application, "home.no_favourites"));
    size_t rows = (count + 1) / 2 < FAVOURITE_ROWS ? (count + 1) / 2 : FAVOURITE_ROWS;
    for (size_t i = 0; i < count; i++) {
        const struct store_entry *entry = store_by_code(application->store, codes[i]);
        int at = column + (i >= rows ? width : 0);
        int line = row + 1 + (int)(i >= rows ? i - rows : i);
        char number[16];
        snprintf(number, sizeof number, "%2zu", i + FIRST_FAVOURITE);
        cells_put(body, line, at, 3, CELL_KEY, number);
        cells_put(body, line, at + 3, 4, CELL_KEY, codes[i]);
        if (entry != NULL)
            cells_put(body, line, at + 7, width - 8, CELL_PLAIN,
                      application_label(application, &entry->title));
        last = line > last ? line : last;
    }
    return last + 1;
}

static int notices_draw(struct home *home, struct cells *body, int row)
{
    struct application *application = home->view.application;
    char buffer[64];
    cells_put(body, row, 1, 30, CELL_TITLE, application_text(application, "home.notices"));
    snprintf(buffer, sizeof buffer, "%zu", application->notices);
    cells_put_aligned(body, row, body->columns - 20, 19, CELL_LABEL, CELL_ALIGN_RIGHT,
                      application_format(application, "client.unread", buffer, NULL));
    row++;
    for (size_t i = 0; i < home->notice_count && row < body->rows - 2; i++, row++) {
        time_t seconds = (time_t)(home->notices[i].time / 1000000);
        struct tm local;
        localtime_r(&seconds, &local);
        strftime(buffer, sizeof buffer, "%m-%d", &local);
        cells_put(body, row, 1, 1, CELL_MARK, "*");
        cells_put(body, row, 3, 6, CELL_LABEL, buffer);
        cells_put(body, row, 9, 12, CELL_LABEL, home->notices[i].from);
        cells_put(body, row, 22, body->columns - 23, CELL_PLAIN, home->notices[i].subject);
    }
    return row + 1;
}

static void shift_draw(struct home *home, struct cells *body, int row)
{
    struct application *application = home->view.application;
    char buffer[160];
    int column = 1;
    column +=
        cells_put(body, row, column, 20, CELL_TITLE, application_text(application, "home.shift")) +
        2;
    for (size_t i = 0; i < home->figure_count; i++) {
        const char *name =
            named_text(application, "figure", home->figures[i].name, buffer, sizeof buffer);
        char text[256];
        snprintf(text, sizeof text, "%s %s", name, home->figures[i].value);
        if (column > 1 && column + (int)strlen(text) > body->columns) {
            column = 1;
            row++;
        }
        column += cells_put(body, row, column, body->columns - column, CELL_PLAIN, text) + 3;
    }
}

static void home_draw(struct view *view)
{
    struct home *home = (struct home *)view;
    struct application *application = view->application;
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    unsigned panels = application->workspace->panels;
    int left = 0;
    int right = 0;
    if ((panels & PANEL_WAITING) != 0)
        left = work_draw(home, body, 0);
    if ((panels & PANEL_FAVOURITES) != 0)
        right = favourites_draw(home, body, 0, (panels & PANEL_WAITING) != 0 ? 40 : 1);
    int row = (left > right ? left : right) + 1;
    if ((panels & PANEL_NOTICES) != 0)
        row = notices_draw(home, body, row);
    if ((panels & PANEL_SHIFT) != 0 && home->figure_count > 0 && row < body->rows)
        shift_draw(home, body, row);
    application_hint(application, application_text(application, "home.hint"));
    if (!application->in_command)
        screen_cursor(application->screen, SCREEN_COMMAND, 0, 4);
}

static const char *home_label(struct view *view, int function_key)
{
    static const char *const labels[FUNCTION_KEYS + 1] = {
        [3] = "key.sign_out", [4] = "key.menu",   [5] = "key.refresh",
        [7] = "key.arrange",  [8] = "key.panels", [11] = "key.opens",
    };
    if (function_key == 12) /* nothing to cancel here */
        return "";
    return labels[function_key] != NULL ? application_text(view->application, labels[function_key])
                                        : NULL;
}

/* --- arranging ------------------------------------------------------------------------------- */

void home_save_workspace(struct application *application)
{
    if (application->workspace == NULL || !application->workspace->changed)
        return;
    struct writer body;
    struct answer answer;
    char *json = workspace_write(application->workspace);
    writer_initialise(&body, WORKSPACE_LIMIT + 16);
    writer_text(&body, json);
    session_call(application, 0, 0, SYSTEM_WORKSPACE, &body, &answer);
    if (answer.status == STATUS_OK)
        application->workspace->changed = false;
    else
        session_refused(application, &answer);
    answer_release(&answer);
    writer_release(&body);
    free(json);
}

/* Lets the person mark codes; `opens` arranges what opens by itself, else the favourites. */
static void codes_arrange(struct application *application, bool opens)
{
    const struct list_column columns[] = {
        {application_text(application, "home.code"), 6, CELL_ALIGN_LEFT},
        {application_text(application, "home.title"), 40, CELL_ALIGN_LEFT}};
    struct store *store = application->store;
    struct workspace *workspace = application->workspace;
    struct arena *arena = arena_create();
    size_t total = store_count(store);
    struct list_row *rows = ARENA_ARRAY(arena, struct list_row, total + 1);
    int64_t *ids = ARENA_ARRAY(arena, int64_t, total + 1);
    size_t count = 0;
    for (size_t i = 0; i < total; i++) {
        const struct store_entry *entry = store_at(store, i);
        const char **texts = ARENA_ARRAY(arena, const char *, 2);
        bool marked = false;
        if (entry->code[0] == '\0')
            continue;
        for (size_t n = 0; n < workspace->count; n++)
            if (strcasecmp(workspace->codes[n].code, entry->code) == 0)
                marked = opens ? workspace->codes[n].opens : workspace->codes[n].pinned;
        texts[0] = entry->code;
        texts[1] = application_label(application, &entry->title);
        rows[count++] = (struct list_row){.id = (int64_t)i + 1, .texts = texts, .marked = marked};
    }
    size_t marked = total;
    const struct dialog_choice choice = {
        .title = application_text(application, opens ? "key.opens" : "key.arrange"),
        .columns = columns,
        .column_count = 2,
        .rows = rows,
        .count = count,
        .marks = true,
    };
    if (dialog_choose(application, &choice, ids, &marked) == -1) {
        for (size_t n = 0; n < workspace->count; n++)
            *(opens ? &workspace->codes[n].opens : &workspace->codes[n].pinned) = false;
        for (size_t n = 0; n < marked; n++) {
            struct workspace_code *code =
                workspace_code(workspace, store_at(store, (size_t)ids[n] - 1)->code);
            if (code != NULL)
                *(opens ? &code->opens : &code->pinned) = true;
        }
        workspace->changed = true;
        home_save_workspace(application);
    }
    arena_free(arena);
}

static void panels_arrange(struct application *application)
{
    static const char *const names[] = {"home.waiting", "home.favourites", "home.notices",
                                        "home.shift"};
    static const struct list_column column = {"", 30, CELL_ALIGN_LEFT};
    const char *texts[4];
    struct list_row rows[4];
    int64_t ids[4];
    size_t marked = 4;
    for (size_t i = 0; i < 4; i++) {
        texts[i] = application_text(application, names[i]);
        rows[i] = (struct list_row){
            .id = (int64_t)i + 1,
            .texts = &texts[i],
            .marked = (application->workspace->panels & (1u << i)) != 0,
        };
    }
    const struct dialog_choice choice = {.title = application_text(application, "key.panels"),
                                         .columns = &column,
                                         .column_count = 1,
                                         .rows = rows,
                                         .count = 4,
                                         .marks = true};
    if (dialog_choose(application, &choice, ids, &marked) == -1) {
        application->workspace->panels = 0;
        for (size_t i = 0; i < marked; i++)
            application->workspace->panels |= 1u << (ids[i] - 1);
        application->workspace->changed = true;
        home_save_workspace(application);
    }
}

void home_notices(struct application *application)
{
    struct home *home = (struct home *)application_task(application)->views[0];
    for (size_t i = 0; i < store_count(application->store); i++) {
        const struct store_entry *entry = store_at(application->store, i);
        if (strcmp(entry->name, "notice") == 0) {
            command_line_run(application, entry->code);
            application->notices = 0;
            return;
        }
    }
    struct arena *arena = arena_create();
    const char *text = "";
    home_fetch(home);
    for (size_t i = 0; i < home->notice_count; i++)
        text = arena_format(arena, "%s%s: %s\n", text, home->notices[i].from,
                            home->notices[i].subject);
    dialog_text(application, application_text(application, "home.notices"),
                text[0] != '\0' ? text : application_text(application, "home.nothing"));
    arena_free(arena);
}

void home_open_chosen(struct application *application)
{
    const struct workspace *workspace = application->workspace;
    for (size_t i = 0; i < workspace->count; i++) {
        char command[WORKSPACE_CODE + 4];
        if (!workspace->codes[i].opens || application->task_count >= TASK_LIMIT ||
            store_by_code(application->store, workspace->codes[i].code) == NULL)
            continue;
        snprintf(command, sizeof command, "/o%s", workspace->codes[i].code);
        command_line_run(application, command);
    }
}

static bool home_key(struct view *view, const struct keys_event *key)
{
    struct application *application = view->application;
    if (key->kind != KEYS_KEY)
        return false;
    switch (key->code) {
    case KEYS_F4:
        command_line_run(application, "=");
        return true;
    case KEYS_F5:
        home_fetch((struct home *)view);
        return true;
    case KEYS_F7:
        codes_arrange(application, false);
        return true;
    case KEYS_F8:
        panels_arrange(application);
        return true;
    case KEYS_F11:
        codes_arrange(application, true);
        return true;
    default:
        return false;
    }
}

const char *home_code(struct view *view, unsigned number)
{
    struct home *home = (struct home *)view;
    struct application *application = view->application;
    static char code[WORKSPACE_CODE];
    const char *codes[WORKSPACE_FAVOURITES];
    if (number >= FIRST_FAVOURITE) {
        size_t count = workspace_favourites(application->workspace, codes, WORKSPACE_FAVOURITES);
        if (number - FIRST_FAVOURITE >= count)
            return NULL;
        snprintf(code, sizeof code, "%s", codes[number - FIRST_FAVOURITE]);
        return code;
    }
    if (number == 0 || number > home->work_count)
        return NULL;
    /* What waits is opened in the form that it is about, else in the inbox of all work. */
    const char *const names[] = {home->work[number - 1].kind, "work_inbox", "work_item"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        for (size_t i = 0; i < store_count(application->store); i++) {
            const struct store_entry *entry = store_at(application->store, i);
            if (strcmp(entry->name, names[n]) == 0 && entry->code[0] != '\0') {
                snprintf(code, sizeof code, "%s", entry->code);
                return code;
            }
        }
    }
    return NULL;
}

static void home_resume(struct view *view)
{
    home_fetch((struct home *)view);
}

static void home_free(struct view *view)
{
    arena_free(((struct home *)view)->arena);
    free(view);
}

static const struct view_class home_class = {.name = "home",
                                             .draw = home_draw,
                                             .key = home_key,
                                             .label = home_label,
                                             .resume = home_resume,
                                             .free = home_free};

struct view *home_create(struct application *application)
{
    struct home *home = calloc(1, sizeof *home);
    if (home == NULL)
        abort();
    home->view = (struct view){.class = &home_class, .application = application};
    home->arena = arena_create();
    home_fetch(home);
    return &home->view;
}
