/* Opening. */
#include "client/open.h"

#include <stdlib.h>
#include <string.h>

#include "client/dialog.h"
#include "client/reference.h"
#include "client/session.h"
#include "client/store.h"
#include "client/view/form_view.h"
#include "client/view/home.h"
#include "client/view/list_view.h"
#include "client/view/query_view.h"
#include "client/view/report_view.h"
#include "client/workspace.h"
#include "protocol/system.h"

void open_new(struct application *application, const struct form *form, const struct record *preset)
{
    if (!store_permits(application->store, form->number, VERB_CREATE)) {
        application_refuse(application, "client.not_permitted", NULL);
        return;
    }
    form_view_create_record(application, form, preset);
}

void open_record(struct application *application, uint16_t number, int64_t id)
{
    const struct form *form = store_form(application, number);
    if (form == NULL)
        return;
    if (!store_permits(application->store, number, VERB_SHOW)) {
        application_refuse(application, "client.not_permitted", NULL);
        return;
    }
    form_view_open(application, form, id, "", false);
}

/* A key that no record has may be the beginning of one, or a name. */
static void open_key(struct application *application, const struct form *form, const char *key)
{
    struct arena *arena = arena_create();
    struct value value;
    bool shows = store_permits(application->store, form->number, VERB_SHOW);
    if (shows && form->key != NULL && form_view_open(application, form, 0, key, true))
        goto out;
    if (shows && store_permits(application->store, form->number, VERB_LIST_VALUES)) {
        if (reference_resolve(application, form->number, key, false, &value, arena) &&
            value.integer != 0)
            form_view_open(application, form, value.integer, "", false);
    } else if (application->message_attribute != CELL_ERROR) {
        application_refuse(application, "client.no_match", key, NULL);
    }
out:
    arena_free(arena);
}

void open_form(struct application *application, uint16_t number, const char *argument, bool create)
{
    struct store *store = application->store;
    const struct form *form = store_form(application, number);
    if (form == NULL)
        return;
    if (form->code != NULL)
        workspace_use(application->workspace, form->code);
    if (create)
        open_new(application, form, NULL);
    else if ((form->flags & FORM_BARE) != 0)
        form_view_run(application, form, argument);
    else if (argument[0] != '\0')
        open_key(application, form, argument);
    else if (store_permits(store, number, VERB_REPORT) &&
             !store_permits(store, number, VERB_CREATE) && !store_permits(store, number, VERB_SHOW))
        report_view_open(application, form);
    else if (store_permits(store, number, VERB_QUERY) &&
             (form->criteria != NULL || !store_permits(store, number, VERB_CREATE)))
        query_view_open(application, form);
    else if (store_permits(store, number, VERB_CREATE))
        open_new(application, form, NULL);
    else if (store_permits(store, number, VERB_REPORT))
        report_view_open(application, form);
    else
        application_refuse(application, "client.not_permitted", NULL);
}

void open_draft(struct application *application, uint16_t number, int64_t id, const uint8_t *bytes,
                size_t length)
{
    const struct form *form = store_form(application, number);
    if (form == NULL)
        return;
    if (application_task(application)->depth > 1) {
        if (!application_open_task(application))
            return;
        application_push(application, home_create(application));
    }
    size_t depth = application_task(application)->depth;
    if (id != 0)
        open_record(application, number, id);
    else
        open_new(application, form, NULL);
    if (application_task(application)->depth > depth)
        form_view_restore(application, bytes, length);
}

void open_sign_out(struct application *application)
{
    struct answer answer;
    if (!dialog_confirm(application, application_text(application, "key.sign_out"),
                        application_text(application, "client.sign_out")))
        return;
    application_save_drafts(application);
    home_save_workspace(application);
    session_call(application, 0, 0, SYSTEM_SIGN_OUT, NULL, &answer);
    answer_release(&answer);
    application->session_ended = true;
    application->signed_out = true;
}
