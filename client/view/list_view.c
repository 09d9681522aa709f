/* List view. */
#include "client/view/list_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/dialog.h"
#include "client/open.h"
#include "client/print.h"
#include "client/store.h"

struct list_view {
    struct view view;
    struct record_list *list;
    char title[160];
};

enum { OUTPUT_TEXT = 1, OUTPUT_CSV };

static void list_view_draw(struct view *view)
{
    struct list_view *self = (struct list_view *)view;
    struct application *application = view->application;
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    char count[32];
    int row = 0;
    int column = 0;
    record_list_draw(self->list, body, 0, body->rows - 1, !application->in_command, &row, &column);
    screen_cursor(application->screen, SCREEN_BODY, row, column);
    snprintf(count, sizeof count, "%zu", record_list_count(self->list));
    cells_put(body, body->rows - 1, 1, body->columns - 2, CELL_LABEL,
              application_format(
                  application, record_list_complete(self->list) ? "list.count" : "list.count_more",
                  count, NULL));
    application_hint(application, application_text(application, "list.hint"));
}

void list_view_output(struct application *application, struct record_list *list)
{
    static const struct list_column column = {"", 30, CELL_ALIGN_LEFT};
    const char *texts[] = {application_text(application, "list.as_text"),
                           application_text(application, "list.as_csv")};
    const struct list_row rows[] = {{.id = OUTPUT_TEXT, .texts = &texts[0]},
                                    {.id = OUTPUT_CSV, .texts = &texts[1]}};
    const struct dialog_choice choice = {.title = application_text(application, "key.output"),
                                         .columns = &column,
                                         .column_count = 1,
                                         .rows = rows,
                                         .count = 2};
    int64_t way = dialog_choose(application, &choice, NULL, NULL);
    if (way == 0)
        return;
    struct arena *arena = arena_create();
    const struct form *form = record_list_form(list);
    const char *title = application_label(application, &form->title);
    if (way == OUTPUT_CSV)
        print_text(application, title, record_list_csv(list, arena),
                   arena_format(arena, "%s.csv", form->name));
    else
        print_text(application, title, record_list_text(list, arena),
                   arena_format(arena, "%s.txt", form->name));
    arena_free(arena);
}

static bool list_view_key(struct view *view, const struct keys_event *key)
{
    struct list_view *self = (struct list_view *)view;
    struct application *application = view->application;
    const struct form *form = record_list_form(self->list);
    if (key->kind == KEYS_KEY) {
        switch (key->code) {
        case KEYS_F5:
            record_list_refresh(self->list);
            return true;
        case KEYS_F6:
            if (!store_permits(application->store, form->number, VERB_CREATE))
                return false;
            open_form(application, form->number, "", true);
            return true;
        case KEYS_F7: /* the criteria lie below */
            application_leave(application, false);
            return true;
        case KEYS_F11:
            list_view_output(application, self->list);
            return true;
        default:
            break;
        }
    }
    return record_list_key(self->list, key);
}

static const char *list_view_label(struct view *view, int function_key)
{
    const struct list_view *self = (const struct list_view *)view;
    const struct form *form = record_list_form(self->list);
    static const char *const labels[FUNCTION_KEYS + 1] = {
        [5] = "key.refresh", [6] = "key.new", [7] = "key.criteria", [11] = "key.output"};
    if (function_key == 6 && !store_permits(view->application->store, form->number, VERB_CREATE))
        return NULL;
    return labels[function_key] != NULL ? application_text(view->application, labels[function_key])
                                        : NULL;
}

static const char *list_view_title(struct view *view)
{
    struct list_view *self = (struct list_view *)view;
    const struct form *form = record_list_form(self->list);
    snprintf(self->title, sizeof self->title, "%s %s", form->code != NULL ? form->code : "",
             application_label(view->application, &form->title));
    return self->title;
}

static void list_view_resume(struct view *view)
{
    record_list_refresh(((struct list_view *)view)->list);
}

static const char *list_view_help(struct view *view, const char **title)
{
    const struct form *form = record_list_form(((struct list_view *)view)->list);
    *title = application_label(view->application, &form->title);
    return application_label(view->application, &form->help);
}

static void list_view_free(struct view *view)
{
    record_list_free(((struct list_view *)view)->list);
    free(view);
}

static const struct view_class list_view_class = {
    .name = "list",
    .draw = list_view_draw,
    .key = list_view_key,
    .label = list_view_label,
    .title = list_view_title,
    .resume = list_view_resume,
    .help = list_view_help,
    .free = list_view_free,
};

void list_view_open(struct application *application, const struct form *form,
                    const struct criteria *criteria, bool straight)
{
    struct record_list *list = record_list_create(application, form, criteria);
    if (list == NULL)
        return;
    if (straight && record_list_count(list) == 1 && record_list_complete(list)) {
        int64_t id = record_list_focus(list);
        record_list_free(list);
        open_record(application, form->number, id);
        return;
    }
    struct list_view *self = calloc(1, sizeof *self);
    if (self == NULL)
        abort();
    self->view = (struct view){.class = &list_view_class, .application = application};
    self->list = list;
    application_push(application, &self->view);
    if (record_list_count(list) == 0 && application->message_attribute != CELL_ERROR)
        application_say(application, CELL_WARNING, "list.nothing_found", NULL);
}
