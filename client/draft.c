/* Drafts. */
#include "client/draft.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/dialog.h"
#include "client/open.h"
#include "client/session.h"
#include "client/store.h"
#include "protocol/system.h"
#include "protocol/value.h"

enum { DRAFT_LIMIT = 1 << 20, DRAFTS = 32 };

static bool draft_send(struct application *application, size_t task, const struct view_draft *draft)
{
    struct writer body;
    struct answer answer;
    writer_initialise(&body, DRAFT_LIMIT);
    writer_u8(&body, (uint8_t)task);
    writer_unsigned(&body, draft->form);
    writer_u32(&body, draft->hash);
    writer_signed(&body, draft->id);
    writer_signed(&body, draft->version);
    writer_block(&body, draft->body.bytes, draft->body.length);
    session_call(application, 0, 0, SYSTEM_DRAFT_SAVE, &body, &answer);
    bool sent = answer.status == STATUS_OK;
    answer_release(&answer);
    writer_release(&body);
    return sent;
}

void draft_save(struct application *application, size_t number)
{
    struct task *task = &application->tasks[number];
    struct view *view = task->depth > 0 ? task->views[task->depth - 1] : NULL;
    struct view_draft draft = {0};
    writer_initialise(&draft.body, DRAFT_LIMIT);
    bool any = view != NULL && view->class->draft != NULL && view->class->draft(view, &draft) &&
               !draft.body.failed;
    if (any || task->drafted) {
        if (!any)
            writer_clear(&draft.body);
        if (draft_send(application, number, &draft))
            task->drafted = any;
    }
    writer_release(&draft.body);
}

struct waiting_draft {
    uint8_t task;
    struct view_draft draft;
    const uint8_t *bytes;
    size_t length;
    int64_t saved;
};

static size_t drafts_read(struct answer *answer, struct waiting_draft *drafts)
{
    size_t count = (size_t)reader_limited(&answer->reader, DRAFTS);
    for (size_t i = 0; i < count && !answer->reader.failed; i++) {
        drafts[i].task = reader_u8(&answer->reader);
        drafts[i].draft.form = (uint16_t)reader_limited(&answer->reader, UINT16_MAX);
        drafts[i].draft.hash = reader_u32(&answer->reader);
        drafts[i].draft.id = reader_signed(&answer->reader);
        drafts[i].draft.version = reader_signed(&answer->reader);
        drafts[i].saved = reader_signed(&answer->reader);
        drafts[i].bytes = reader_block(&answer->reader, DRAFT_LIMIT, &drafts[i].length);
    }
    return reader_end(&answer->reader) ? count : 0;
}

/* The draft is deleted on the server: it now lives in the view, which saves it again when due. */
static void draft_delete(struct application *application, uint8_t task)
{
    struct view_draft empty = {0};
    writer_initialise(&empty.body, DRAFT_LIMIT);
    draft_send(application, task, &empty);
    writer_release(&empty.body);
}

static void draft_take(struct application *application, const struct waiting_draft *draft)
{
    const struct store_entry *entry = store_by_number(application->store, draft->draft.form);
    char when[32] = "";
    char text[SAY_LIMIT];
    time_t seconds = (time_t)(draft->saved / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(when, sizeof when, "%m-%d %H:%M", &local);
    snprintf(text, sizeof text, "%s",
             application_format(application, "client.draft_found",
                                entry != NULL ? application_label(application, &entry->title) : "",
                                when, NULL));
    if (dialog_confirm(application, application_text(application, "client.draft"), text)) {
        if (entry != NULL)
            open_draft(application, draft->draft.form, draft->draft.id, draft->bytes,
                       draft->length);
        draft_delete(application, draft->task);
    }
}

void draft_offer(struct application *application, bool asked)
{
    struct waiting_draft drafts[DRAFTS] = {0};
    struct answer answer;
    session_call(application, 0, 0, SYSTEM_DRAFTS, NULL, &answer);
    if (answer.status != STATUS_OK) {
        if (asked)
            session_refused(application, &answer);
        goto out;
    }
    size_t count = drafts_read(&answer, drafts);
    if (count == 0 && asked)
        application_say(application, CELL_PLAIN, "client.draft_none", NULL);
    for (size_t i = 0; i < count && !application->done; i++)
        draft_take(application, &drafts[i]);
out:
    answer_release(&answer);
}
