/* Help screens. */
#include "client/view/help.h"

#include <stdio.h>
#include <string.h>

#include "client/action.h"
#include "client/dialog.h"
#include "protocol/buffer.h"
#include "server/forms/message_read.h"

enum { KEY_COLUMNS = 14 };

static const char *const places[] = {"everywhere", "record", "lines", "list", "command"};

static const char *keys_text(const struct application *application, struct arena *arena)
{
    const char *text = "";
    for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
        const char *title = arena_format(arena, "keys.%s", places[place]);
        text = arena_format(arena, "%s%s%s\n", text, place > 0 ? " \n" : "",
                            application_text(application, title));
        for (size_t i = 0; i < action_count; i++)
            if (strcmp(actions[i].where, places[place]) == 0)
                text = arena_format(arena, "%s  %-*s%s\n", text, KEY_COLUMNS, actions[i].key,
                                    application_text(application, actions[i].text));
    }
    return text;
}

void help_show(struct application *application)
{
    struct arena *arena = arena_create();
    struct view *view = application_top(application);
    const char *title = application_text(application, "key.help");
    const char *text = "";
    if (view != NULL && view->class->help != NULL)
        text = view->class->help(view, &title);
    const char *name = arena_format(arena, "help.%s", view != NULL ? view->class->name : "home");
    if (message_find(application->messages, name) != NULL)
        text = arena_format(arena, "%s%s%s\n", text, text[0] != '\0' ? " \n" : "",
                            application_text(application, name));
    text = arena_format(arena, "%s \n%s", text, keys_text(application, arena));
    dialog_text(application, title, text);
    arena_free(arena);
}

void help_manual(const struct application *application)
{
    for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
        char title[64];
        snprintf(title, sizeof title, "keys.%s", places[place]);
        printf(".Ss %s\n.Bl -tag -width \"Alt-1 - Alt-9\" -compact\n",
               application_text(application, title));
        for (size_t i = 0; i < action_count; i++)
            if (strcmp(actions[i].where, places[place]) == 0)
                printf(".It %s\n%s\n", actions[i].key,
                       application_text(application, actions[i].text));
        printf(".El\n");
    }
}
