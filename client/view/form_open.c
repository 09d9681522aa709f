/* Record screens are opened here: new, by id or key, as an action, from a draft. */
#include <string.h>

#include "client/store.h"
#include "client/view/form_private.h"
#include "client/view/form_view.h"

/* A customer who is being served is proposed wherever one is asked for. */
static void context_fill(struct form_view *form)
{
    struct application *application = form->view.application;
    const struct task *task = application_task(application);
    for (size_t i = 0; task->customer_id != 0 && i < form->form->field_count; i++) {
        const struct field *field = &form->form->fields[i];
        const struct store_entry *entry =
            field->type == VALUE_REFERENCE ? store_by_number(application->store, field->reference)
                                           : NULL;
        struct value *value = &form->record->values[i];
        if (entry == NULL || strcmp(entry->name, form_context_name) != 0 ||
            value->presence != VALUE_ABSENT || !form_editable(form, form->form, field))
            continue;
        *value = (struct value){.presence = VALUE_PRESENT,
                                .integer = task->customer_id,
                                .text = arena_string(form->arena, task->customer_key),
                                .label = arena_string(form->arena, task->customer_name)};
        return;
    }
}

void form_view_create_record(struct application *application, const struct form *form,
                             const struct record *preset)
{
    struct form_view *self = form_view_create(application, form, MODE_CREATE);
    self->record = record_create(form, self->arena);
    if (preset != NULL)
        record_put(self->record, preset, self->arena);
    form_fill_defaults(application, self->record, self->arena);
    context_fill(self);
    self->original = record_copy(self->record, self->arena);
    application_push(application, &self->view);
    form_first_place(self);
}

bool form_view_open(struct application *application, const struct form *form, int64_t id,
                    const char *key, bool quiet)
{
    struct form_view *self = form_view_create(application, form, MODE_RECORD);
    if (!form_fetch(self, id, key, quiet)) {
        self->view.class->free(&self->view);
        return false;
    }
    application_push(application, &self->view);
    form_show_tab(self, 0);
    return true;
}

void form_view_run(struct application *application, const struct form *form, const char *argument)
{
    struct form_view *self = form_view_create(application, form, MODE_RUN);
    self->verb = form_verb(form, VERB_RUN);
    for (size_t i = 0; self->verb == NULL && i < form->verb_count; i++)
        if (store_permits(application->store, form->number, form->verbs[i].number))
            self->verb = &form->verbs[i];
    if (self->verb == NULL) {
        self->view.class->free(&self->view);
        application_refuse(application, "client.not_permitted", NULL);
        return;
    }
    self->record = record_create(form, self->arena);
    form_fill_defaults(application, self->record, self->arena);
    context_fill(self);
    self->original = record_copy(self->record, self->arena);
    application_push(application, &self->view);
    form_first_place(self);
    if (argument[0] != '\0' && self->editor != NULL) {
        editor_set_text(self->editor, "");
        editor_insert(self->editor, argument);
        if (form_leave_slot(self) && !self->verb->changing)
            form_submit(self);
    }
}

void form_view_restore(struct application *application, const uint8_t *bytes, size_t length)
{
    struct view *view = application_top(application);
    struct form_view *form = (struct form_view *)view;
    struct reader reader;
    if (strcmp(view->class->name, "record") != 0)
        return;
    reader_initialise(&reader, bytes, length);
    struct record *said = record_decode(&reader, form->form, form->arena);
    if (said == NULL) {
        application_refuse(application, "client.draft_lost", NULL);
        return;
    }
    for (size_t i = 0; i < form->form->field_count; i++) {
        struct value *value = &form->record->values[i];
        if (said->values[i].presence == VALUE_ABSENT)
            continue;
        if (form->form->fields[i].type != VALUE_LINES || value->lines == NULL) {
            *value = said->values[i];
            continue;
        }
        /* Lines go to their places: changed ones over those that are there, new ones behind. */
        struct lines *all = ARENA_NEW(form->arena, struct lines);
        const struct lines *more = said->values[i].lines;
        all->lines = ARENA_ARRAY(form->arena, struct line, value->lines->count + more->count + 1);
        memcpy(all->lines, value->lines->lines, value->lines->count * sizeof *all->lines);
        all->count = value->lines->count;
        for (size_t n = 0; n < more->count; n++) {
            struct line *line = NULL;
            for (size_t m = 0; m < value->lines->count; m++)
                if (more->lines[n].record.id != 0 &&
                    all->lines[m].record.id == more->lines[n].record.id)
                    line = &all->lines[m];
            if (line == NULL) {
                all->lines[all->count++] = more->lines[n];
                continue;
            }
            line->action = more->lines[n].action;
            record_put(&line->record, &more->lines[n].record, form->arena);
        }
        value->lines = all;
    }
    form_first_place(form);
    application_say(application, CELL_MARK, "client.draft_taken", NULL);
}
