/* Menu. */
#include "client/view/menu_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/open.h"
#include "client/store.h"
#include "client/terminal/list.h"

enum { GROUP_ID = 1 << 20 /* above every form number */ };

struct menu_view {
    struct view view;
    struct list *list;
};

static const struct list_column menu_columns[] = {
    {"", 10, CELL_ALIGN_LEFT}, {"", 8, CELL_ALIGN_LEFT}, {"", 0, CELL_ALIGN_LEFT}};

static void menu_children(struct menu_view *menu, size_t index)
{
    struct application *application = menu->view.application;
    const struct store_group *group = store_group(application->store, index);
    struct arena *arena = arena_create();
    struct list_row *rows = ARENA_ARRAY(arena, struct list_row, group->count + 1);
    for (size_t i = 0; i < group->count; i++) {
        const char **texts = ARENA_ARRAY(arena, const char *, 3);
        texts[0] = arena_format(arena, "=%zu.%zu", index + 1, i + 1);
        texts[1] = group->entries[i]->code;
        texts[2] = application_label(application, &group->entries[i]->title);
        rows[i] = (struct list_row){.id = group->entries[i]->number, .texts = texts};
    }
    list_deliver_children(menu->list, (int64_t)(GROUP_ID + index), rows, group->count);
    arena_free(arena);
}

static void menu_draw(struct view *view)
{
    struct menu_view *menu = (struct menu_view *)view;
    struct cells *body = screen_cells(view->application->screen, SCREEN_BODY);
    int row = 0;
    int column = 0;
    list_resize(menu->list, body->rows, body->columns);
    list_draw(menu->list, body, 0, 0, true, &row, &column);
    screen_cursor(view->application->screen, SCREEN_BODY, row, column);
    application_hint(view->application, application_text(view->application, "menu.hint"));
}

static bool menu_key(struct view *view, const struct keys_event *key)
{
    struct menu_view *menu = (struct menu_view *)view;
    enum list_result result = list_key(menu->list, key);
    int64_t id = list_focus_id(menu->list);
    struct keys_event right = {.kind = KEYS_KEY, .code = KEYS_RIGHT};
    if (result == LIST_CHOSEN && id >= GROUP_ID)
        result = list_key(menu->list, &right);
    if (result == LIST_EXPAND)
        menu_children(menu, (size_t)(id - GROUP_ID));
    else if (result == LIST_CHOSEN)
        open_form(view->application, (uint16_t)id, "", false);
    else if (result == LIST_REFUSED)
        terminal_beep(view->application->terminal);
    return result != LIST_IGNORED;
}

static const char *menu_title(struct view *view)
{
    return application_text(view->application, "key.menu");
}

static void menu_free(struct view *view)
{
    list_free(((struct menu_view *)view)->list);
    free(view);
}

static const struct view_class menu_class = {
    .name = "menu", .draw = menu_draw, .key = menu_key, .title = menu_title, .free = menu_free};

void menu_open(struct application *application, const unsigned *path, size_t depth)
{
    struct store *store = application->store;
    if ((depth > 0 && path[0] > store_groups(store)) || depth > 2 ||
        (depth > 1 && path[1] > store_group(store, path[0] - 1)->count)) {
        application_refuse(application, "menu.no_place", NULL);
        return;
    }
    if (depth == 2) {
        open_form(application, store_group(store, path[0] - 1)->entries[path[1] - 1]->number, "",
                  false);
        return;
    }
    struct menu_view *menu = calloc(1, sizeof *menu);
    if (menu == NULL)
        abort();
    menu->view = (struct view){.class = &menu_class, .application = application};
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    menu->list = list_create(&(struct list_options){.columns = menu_columns,
                                                    .column_count = 3,
                                                    .rows = body->rows,
                                                    .width = body->columns,
                                                    .no_filter = true,
                                                    .ambiguous = body->ambiguous});
    for (size_t i = 0; i < store_groups(store); i++) {
        char number[32];
        snprintf(number, sizeof number, "=%zu", i + 1);
        const char *texts[] = {number, "",
                               application_label(application, &store_group(store, i)->label)};
        const struct list_row row = {
            .id = (int64_t)(GROUP_ID + i), .texts = texts, .expandable = true};
        list_deliver(menu->list, &row, 1, i + 1 == store_groups(store));
    }
    if (depth == 1) {
        struct keys_event right = {.kind = KEYS_KEY, .code = KEYS_RIGHT};
        list_set_focus(menu->list, (int64_t)(GROUP_ID + path[0] - 1));
        if (list_key(menu->list, &right) == LIST_EXPAND)
            menu_children(menu, path[0] - 1);
    }
    application_push(application, &menu->view);
}
