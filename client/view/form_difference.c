/* Two people changed one record: the second sees both, field by field, and chooses. */
#include <string.h>

#include "client/dialog.h"
#include "client/field_text.h"
#include "client/view/form_private.h"

enum { COLUMN_LABEL = 12, COLUMN_VALUE = 26 };

/* Values of ours that are not the server's any more. Lines are chosen as a whole. */
static size_t differences(struct form_view *form, const struct record *theirs,
                          struct list_row *rows, struct arena *arena)
{
    struct application *application = form->view.application;
    size_t count = 0;
    for (size_t i = 0; i < form->form->field_count; i++) {
        const struct field *field = &form->form->fields[i];
        const struct value *mine = &form->record->values[i];
        const struct value *before = &form->original->values[i];
        bool ours = !value_equal(field->type, mine, before);
        if (!ours && value_equal(field->type, &theirs->values[i], before))
            continue;
        if (value_equal(field->type, mine, &theirs->values[i]) ||
            (field->flags & (FIELD_VIRTUAL | FIELD_SECRET)) != 0)
            continue;
        const char **texts = ARENA_ARRAY(arena, const char *, 3);
        texts[0] = application_label(application, &field->label);
        texts[1] = arena_string(arena, field_text(application, form->form, field, mine, arena));
        texts[2] = arena_string(
            arena, field_text(application, form->form, field, &theirs->values[i], arena));
        rows[count++] = (struct list_row){.id = (int64_t)i + 1, .texts = texts, .marked = ours};
    }
    return count;
}

void form_resolve_difference(struct form_view *form, struct answer *answer)
{
    struct application *application = form->view.application;
    const struct list_column columns[] = {
        {application_text(application, "difference.field"), COLUMN_LABEL, CELL_ALIGN_LEFT},
        {application_text(application, "difference.mine"), COLUMN_VALUE, CELL_ALIGN_LEFT},
        {application_text(application, "difference.theirs"), COLUMN_VALUE, CELL_ALIGN_LEFT}};
    uint16_t verbs[VERBS_LIMIT];
    size_t verb_count;
    int64_t id;
    int64_t version;
    struct record *theirs = form_read_shown(form->form, &answer->reader, &id, &version, verbs,
                                            &verb_count, form->arena);
    if (theirs == NULL) {
        application_refuse(application, "client.answer_broken", NULL);
        return;
    }
    struct arena *arena = arena_create();
    struct list_row *rows = ARENA_ARRAY(arena, struct list_row, form->form->field_count + 1);
    int64_t *ids = ARENA_ARRAY(arena, int64_t, form->form->field_count + 1);
    size_t marked = form->form->field_count;
    size_t count = differences(form, theirs, rows, arena);
    const struct dialog_choice choice = {
        .title = application_text(application, "difference.title"),
        .columns = columns,
        .column_count = 3,
        .rows = rows,
        .count = count,
        .marks = true,
    };
    terminal_discard_keys(application->terminal);
    terminal_beep(application->terminal);
    if (count > 0 && dialog_choose(application, &choice, ids, &marked) != -1) {
        application_say(application, CELL_WARNING, "difference.kept", NULL);
        arena_free(arena);
        return;
    }
    /* Theirs is what we start from now; ours goes over it where it was chosen. */
    struct record *mine = form->record;
    size_t tab = form->tab;
    form_show_record(form, id, version, theirs, verbs, verb_count);
    for (size_t i = 0; count > 0 && i < marked; i++)
        form->record->values[ids[i] - 1] = mine->values[ids[i] - 1];
    form_show_tab(form, tab);
    application_say(application, CELL_WARNING, "difference.merged", NULL);
    arena_free(arena);
}
