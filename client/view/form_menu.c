/* F2 and the keys of a record: what is permitted in its state, and nothing else. */
#include <stdlib.h>

#include "client/dialog.h"
#include "client/print.h"
#include "client/store.h"
#include "client/view/form_private.h"
#include "client/view/report_view.h"

enum {
    BODY_LIMIT = 4096,
    REASON_LIMIT = 200,
    MENU_UNMASK = 1000,
    MENU_PRINT,
    MENU_LINE,
    MENU_LINE_REMOVE,
    MENU_REPORT,
};

static void unmask(struct form_view *form)
{
    struct application *application = form->view.application;
    struct arena *arena = arena_create();
    struct writer body;
    struct answer answer;
    uint16_t verbs[VERBS_LIMIT];
    size_t count;
    int64_t id;
    int64_t version;
    const char *reason =
        dialog_ask(application, application_text(application, "record.unmask"),
                   application_text(application, "record.reason"), "", false, REASON_LIMIT, arena);
    if (reason == NULL)
        goto out;
    writer_initialise(&body, BODY_LIMIT);
    writer_signed(&body, form->id);
    writer_text(&body, "");
    writer_text(&body, reason);
    session_call(application, form->form->number, form->form->hash, VERB_UNMASK, &body, &answer);
    writer_release(&body);
    if (answer.status != STATUS_OK) {
        session_refused(application, &answer);
    } else {
        struct record *record =
            form_read_shown(form->form, &answer.reader, &id, &version, verbs, &count, form->arena);
        if (record != NULL) {
            size_t tab = form->tab;
            form_show_record(form, id, version, record, form->verbs, form->verb_count);
            form_show_tab(form, tab);
        }
    }
    answer_release(&answer);
out:
    arena_free(arena);
}

const struct verb *form_key_verb(struct form_view *form, char key)
{
    for (size_t i = 0; form->mode == MODE_RECORD && i < form->form->verb_count; i++) {
        const struct verb *verb = &form->form->verbs[i];
        if (verb->key == key && verb->number >= VERB_OWN && form_permits(form, verb->number))
            return verb;
    }
    return NULL;
}

struct menu {
    struct arena *arena;
    size_t count;
    struct list_row rows[VERBS_LIMIT + 8];
};

static void menu_add(struct menu *menu, int64_t id, const char *key, const char *label)
{
    const char **texts = ARENA_ARRAY(menu->arena, const char *, 2);
    texts[0] = key;
    texts[1] = label;
    menu->rows[menu->count++] = (struct list_row){.id = id, .texts = texts, .match = label};
}

/* Only what is permitted in this state is offered. */
void form_menu(struct form_view *form)
{
    struct application *application = form->view.application;
    const struct list_column columns[] = {{"", 6, CELL_ALIGN_LEFT}, {"", 30, CELL_ALIGN_LEFT}};
    struct menu *menu = calloc(1, sizeof *menu);
    if (menu == NULL)
        abort();
    menu->arena = arena_create();
    for (size_t i = 0; form->mode == MODE_RECORD && i < form->form->verb_count; i++) {
        const struct verb *verb = &form->form->verbs[i];
        if (verb->number >= VERB_OWN && form_permits(form, verb->number))
            menu_add(menu, verb->number,
                     verb->key == '7'   ? "F7"
                     : verb->key == '8' ? "F8"
                     : verb->key == '1' ? "F11"
                                        : "",
                     application_label(application, &verb->label));
    }
    if (form->mode == MODE_RECORD && form_permits(form, VERB_UNMASK))
        menu_add(menu, MENU_UNMASK, "", application_text(application, "record.unmask"));
    if (form->grid.field != NULL) {
        menu_add(menu, MENU_LINE, "", application_text(application, "lines.whole"));
        if (form_editable(form, form->form, form->grid.field))
            menu_add(menu, MENU_LINE_REMOVE, "Alt-0",
                     application_text(application, "lines.remove"));
    }
    if (store_permits(application->store, form->form->number, VERB_REPORT))
        menu_add(menu, MENU_REPORT, "", application_text(application, "record.report"));
    menu_add(menu, MENU_PRINT, "", application_text(application, "key.print"));
    const struct dialog_choice choice = {.title = application_text(application, "key.actions"),
                                         .columns = columns,
                                         .column_count = 2,
                                         .rows = menu->rows,
                                         .count = menu->count};
    int64_t chosen = dialog_choose(application, &choice, NULL, NULL);
    arena_free(menu->arena);
    free(menu);
    if (chosen == MENU_UNMASK) {
        unmask(form);
    } else if (chosen == MENU_PRINT) {
        print_screen(application);
    } else if (chosen == MENU_LINE) {
        grid_open_line(form);
    } else if (chosen == MENU_REPORT) {
        report_view_open(application, form->form);
    } else if (chosen == MENU_LINE_REMOVE) {
        const struct keys_event key = {.kind = KEYS_KEY, .code = KEYS_ALT_0};
        grid_key(form, &key);
    } else if (chosen > 0) {
        form_run_verb(form, form_verb(form->form, (uint16_t)chosen));
    }
}
