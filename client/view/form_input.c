/* From the screen to the wire: what has changed, and nothing else. */
#include <string.h>

#include "client/field_text.h"
#include "client/view/form_private.h"

static bool name_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* Defaults that need the server (actor, hall) are left to it. */
void form_fill_defaults(struct application *application, struct record *record, struct arena *arena)
{
    const struct form *form = record->form;
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        struct value *value = &record->values[i];
        if (field->initial == NULL || value->presence != VALUE_ABSENT ||
            field->type == VALUE_LINES || field->type == VALUE_REFERENCE)
            continue;
        if (strcmp(field->initial, "today") == 0 && field->type == VALUE_DATE) {
            *value = (struct value){.presence = VALUE_PRESENT,
                                    .integer = application_today(application)};
        } else if (strcmp(field->initial, "now") == 0) {
            continue;
        } else if (field->type == VALUE_CODE) {
            size_t count;
            const struct field_code *codes = field_codes(application, form, field, &count, arena);
            for (size_t n = 0; n < count; n++)
                if (strcmp(codes[n].name, field->initial) == 0)
                    *value = (struct value){.presence = VALUE_PRESENT, .integer = codes[n].number};
        } else {
            struct value parsed;
            if (value_parse(field->type, field->initial, arena, &parsed))
                *value = parsed;
        }
    }
}

bool line_is_blank(struct application *application, const struct line *line)
{
    bool blank = true;
    if (line->action != LINE_ADD)
        return false;
    struct arena *arena = arena_create();
    struct record *fresh = record_create(line->record.form, arena);
    form_fill_defaults(application, fresh, arena);
    for (size_t i = 0; blank && i < line->record.form->field_count; i++) {
        const struct field *field = &line->record.form->fields[i];
        const struct value *value = &line->record.values[i];
        if (field->type == VALUE_LINES)
            blank = value->lines == NULL || value->lines->count == 0;
        else
            blank = value_equal(field->type, value, &fresh->values[i]);
    }
    arena_free(arena);
    return blank;
}

void record_put(struct record *record, const struct record *said, struct arena *arena)
{
    struct record *copy = record_copy(said, arena);
    for (size_t i = 0; i < record->form->field_count; i++)
        if (copy->values[i].presence != VALUE_ABSENT)
            record->values[i] = copy->values[i];
}

/* A value as it is said in a change: present, or cleared where it was something before. */
static bool value_say(const struct value *now, const struct value *before,
                      const struct field *field, struct value *said)
{
    if (value_equal(field->type, now, before))
        return false;
    *said = *now;
    if (now->presence != VALUE_PRESENT)
        *said = (struct value){.presence = VALUE_CLEARED};
    said->label = NULL;
    return true;
}

static struct lines *lines_say(struct application *application, const struct lines *now,
                               const struct lines *before, struct sent_lines *sent,
                               struct arena *arena);

/* Fields of a line; `before` NULL: all that are present. */
static void line_say(struct application *application, const struct record *now,
                     const struct record *before, struct record *said, struct arena *arena)
{
    for (size_t i = 0; i < now->form->field_count; i++) {
        const struct field *field = &now->form->fields[i];
        struct value none = {0};
        const struct value *old = before != NULL ? &before->values[i] : &none;
        if ((field->flags & (FIELD_READONLY | FIELD_GENERATED)) != 0)
            continue;
        if (field->type != VALUE_LINES) {
            value_say(&now->values[i], old, field, &said->values[i]);
            continue;
        }
        struct lines *lines = lines_say(application, now->values[i].lines, old->lines, NULL, arena);
        if (lines->count > 0)
            said->values[i] = (struct value){.presence = VALUE_PRESENT, .lines = lines};
    }
}

static const struct record *line_before(const struct lines *before, int64_t id)
{
    for (size_t i = 0; before != NULL && id != 0 && i < before->count; i++)
        if (before->lines[i].record.id == id)
            return &before->lines[i].record;
    return NULL;
}

static struct lines *lines_say(struct application *application, const struct lines *now,
                               const struct lines *before, struct sent_lines *sent,
                               struct arena *arena)
{
    struct lines *said = ARENA_NEW(arena, struct lines);
    size_t count = now != NULL ? now->count : 0;
    said->lines = ARENA_ARRAY(arena, struct line, count + 1);
    if (sent != NULL)
        sent->lines = ARENA_ARRAY(arena, size_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct line *line = &now->lines[i];
        if (line->action == LINE_KEEP || line_is_blank(application, line))
            continue;
        struct line *to = &said->lines[said->count];
        to->action = line->action;
        to->record = *record_create(line->record.form, arena);
        to->record.id = line->record.id;
        to->record.version = line->record.version;
        if (line->action != LINE_REMOVE)
            line_say(application, &line->record, line_before(before, line->record.id), &to->record,
                     arena);
        if (sent != NULL)
            sent->lines[sent->count++] = i;
        said->count++;
    }
    return said;
}

/* Does the call that the screen makes take this field? */
static bool field_taken(const struct form_view *form, const struct field *field)
{
    if (form->verb != NULL && form->verb->input != NULL && form->mode == MODE_VERB)
        return name_listed(form->verb->input, field->name);
    if ((field->flags & (FIELD_READONLY | FIELD_GENERATED)) != 0)
        return false;
    if (field->type == VALUE_LINES && !form_editable(form, form->form, field))
        return false;
    return field_applies(field, form_template(form));
}

struct record *form_input(struct form_view *form, bool *any, struct sent_lines **sent,
                          size_t *sent_count, struct arena *arena)
{
    struct application *application = form->view.application;
    struct record *said = record_create(form->form, arena);
    bool whole = form->mode != MODE_RECORD;
    *any = false;
    *sent = ARENA_ARRAY(arena, struct sent_lines, form->form->field_count + 1);
    *sent_count = 0;
    for (size_t i = 0; i < form->form->field_count; i++) {
        const struct field *field = &form->form->fields[i];
        const struct value *now = &form->record->values[i];
        struct value none = {0};
        const struct value *before =
            whole || form->original == NULL ? &none : &form->original->values[i];
        if (!field_taken(form, field))
            continue;
        if (field->type != VALUE_LINES) {
            *any = value_say(now, before, field, &said->values[i]) || *any;
            continue;
        }
        struct sent_lines *lines_sent = &(*sent)[*sent_count];
        lines_sent->field = field;
        struct lines *lines = lines_say(application, now->lines, before->lines, lines_sent, arena);
        if (lines->count > 0) {
            said->values[i] = (struct value){.presence = VALUE_PRESENT, .lines = lines};
            (*sent_count)++;
            *any = true;
        }
    }
    return said;
}
