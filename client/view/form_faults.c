/* Faults of a record: the window that says them, and where the screen shows them [17-181]. */
#include <stdint.h>

#include "client/dialog.h"
#include "client/view/form_private.h"

enum { MARK_STEP = 100000 /* more than lines that a record has */ };

/* Where the screen shows a fault: lines were sent under other numbers than they have there. */
static bool fault_place(const struct fault *fault, const struct sent_lines *sent, size_t sent_count,
                        struct fault_mark *mark)
{
    *mark = (struct fault_mark){.lines_field = fault->lines_field, .field = fault->field};
    if (fault->lines_field == 0)
        return fault->field != 0;
    for (size_t i = 0; i < sent_count; i++) {
        if (sent[i].field->number == fault->lines_field && fault->line > 0 &&
            fault->line <= sent[i].count) {
            mark->line = sent[i].lines[fault->line - 1];
            return true;
        }
    }
    return false;
}

static const struct field *mark_field(const struct form_view *form, const struct fault_mark *mark)
{
    if (mark->lines_field == 0)
        return form_field_by_number(form->form, mark->field);
    const struct field *lines = form_field_by_number(form->form, mark->lines_field);
    return lines != NULL && lines->lines != NULL ? form_field_by_number(lines->lines, mark->field)
                                                 : NULL;
}

static const char *fault_line(struct form_view *form, const struct fault *fault,
                              const struct fault_mark *mark, bool placed, struct arena *arena)
{
    struct application *application = form->view.application;
    const struct field *field = mark_field(form, mark);
    const char *text = session_fault_text(application, fault, arena);
    const char *label = field != NULL ? application_label(application, &field->label) : "";
    const char *warning =
        fault->warning ? application_text(application, "record.warning_mark") : "";
    if (placed && mark->lines_field != 0) {
        const char *number = arena_format(arena, "%zu", mark->line + 1);
        return arena_format(arena, "%s%s %s: %s\n", warning,
                            application_format(application, "lines.line", number, NULL), label,
                            text);
    }
    if (field == NULL)
        return arena_format(arena, "%s%s\n", warning, text);
    return arena_format(arena, "%s%s: %s\n", warning, label, text);
}

/* What is right stays, what is wrong is emptied [17-181]; a warning is not wrong. */
static void mark_empty(struct form_view *form, const struct fault_mark *mark)
{
    const struct field *field = mark_field(form, mark);
    struct value *value = NULL;
    if (field == NULL || field->type == VALUE_LINES)
        return;
    if (mark->lines_field == 0) {
        if (!form_editable(form, form->form, field))
            return;
        value = &form->record->values[field->index];
    } else {
        const struct field *lines_field = form_field_by_number(form->form, mark->lines_field);
        struct lines *lines = form->record->values[lines_field->index].lines;
        if (lines == NULL || mark->line >= lines->count ||
            !form_editable(form, lines->lines[mark->line].record.form, field))
            return;
        value = &lines->lines[mark->line].record.values[field->index];
    }
    *value = (struct value){0};
}

bool form_tab_holds(struct form_view *form, size_t tab, const struct field *field)
{
    size_t count;
    const struct screen_row *rows = form_tab_rows(form, tab, &count);
    for (size_t i = 0; rows != NULL && i < count; i++) {
        const char *cursor = rows[i].fields;
        const struct field *at;
        while ((at = form_next_field(form->form, &cursor)) != NULL)
            if (at == field)
                return true;
    }
    return false;
}

static void mark_focus(struct form_view *form, const struct fault_mark *mark)
{
    const struct field *field =
        form_field_by_number(form->form, mark->lines_field != 0 ? mark->lines_field : mark->field);
    for (size_t tab = 0; field != NULL && tab < form_tab_count(form); tab++) {
        if (!form_tab_holds(form, tab, field))
            continue;
        if (form->tab != tab)
            form_show_tab(form, tab);
        form_layout(form);
        for (size_t i = 0; i < form->layout->count; i++)
            if (form->layout->places[i].field == field)
                form_go(form, (int)i);
        break;
    }
    if (mark->lines_field == 0 || form->grid.field == NULL)
        return;
    struct grid_column columns[GRID_COLUMNS];
    int width = screen_cells(form->view.application->screen, SCREEN_BODY)->columns;
    size_t count = grid_columns(form, form->grid.field, width, columns);
    form->grid.line = mark->line;
    for (size_t i = 0; i < count; i++)
        if (columns[i].field->number == mark->field)
            form->grid.column = i;
    form_enter_slot(form);
}

/* Place of a fault in reading order: tab, then field, then line. */
static size_t mark_order(struct form_view *form, const struct fault_mark *mark)
{
    const struct field *wanted =
        form_field_by_number(form->form, mark->lines_field != 0 ? mark->lines_field : mark->field);
    size_t order = 0;
    for (size_t tab = 0; tab < form_tab_count(form); tab++) {
        size_t count;
        const struct screen_row *rows = form_tab_rows(form, tab, &count);
        for (size_t i = 0; rows != NULL && i < count; i++) {
            const char *cursor = rows[i].fields;
            const struct field *field;
            while ((field = form_next_field(form->form, &cursor)) != NULL) {
                if (field == wanted)
                    return order + mark->line;
                order += MARK_STEP;
            }
        }
    }
    return SIZE_MAX;
}

void form_show_faults(struct form_view *form, struct answer *answer, const struct sent_lines *sent,
                      size_t sent_count)
{
    struct application *application = form->view.application;
    struct faults faults;
    const char *text = "";
    faults_initialise(&faults, answer->arena);
    if (!faults_decode(&answer->reader, &faults) || faults.count == 0) {
        application_refuse(application, "client.answer_broken", NULL);
        return;
    }
    bool wrong = faults_any(&faults);
    form->mark_count = 0;
    for (size_t i = 0; i < faults.count; i++) {
        struct fault_mark mark;
        bool placed = fault_place(&faults.list[i], sent, sent_count, &mark);
        text = arena_format(answer->arena, "%s%s", text,
                            fault_line(form, &faults.list[i], &mark, placed, answer->arena));
        if (placed && form->mark_count < MARK_LIMIT)
            form->marks[form->mark_count++] = mark;
    }
    terminal_discard_keys(application->terminal);
    terminal_beep(application->terminal);
    dialog_text(application,
                application_text(application, wrong ? "record.faults" : "record.warnings"), text);
    form->confirmed = !wrong;
    struct fault_mark first = {0};
    size_t first_order = SIZE_MAX;
    for (size_t i = 0; i < faults.count; i++) {
        struct fault_mark mark;
        if (!fault_place(&faults.list[i], sent, sent_count, &mark))
            continue;
        if (!faults.list[i].warning)
            mark_empty(form, &mark);
        size_t order = mark_order(form, &mark);
        if (order < first_order && (!wrong || !faults.list[i].warning)) {
            first = mark;
            first_order = order;
        }
    }
    if (first_order != SIZE_MAX)
        mark_focus(form, &first);
    form_enter_slot(form);
    application_say(application, wrong ? CELL_ERROR : CELL_WARNING,
                    wrong ? "record.mend" : "record.confirm_again", NULL);
}
