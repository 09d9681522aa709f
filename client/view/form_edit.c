/* Typing into a record: focus, editors, and how typed text becomes values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/field_text.h"
#include "client/previous.h"
#include "client/reference.h"
#include "client/session.h"
#include "client/store.h"
#include "client/view/form_private.h"
#include "protocol/system.h"

enum { BODY_LIMIT = 256, DECIMALS_AMOUNT = 2, DECIMALS_RATE = 6, TEXT_DEFAULT = 4000 };

int64_t form_template(const struct form_view *form)
{
    const struct form_view *of = form->mode == MODE_LINE ? form->parent : form;
    if (of->form->template_field == NULL)
        return -1;
    const struct value *value = record_value(of->record, of->form->template_field);
    return value != NULL && value->presence == VALUE_PRESENT ? value->integer : -1;
}

/* Whether the head may be typed in at all. */
static bool mode_editable(const struct form_view *form)
{
    switch (form->mode) {
    case MODE_RECORD:
        return form_permits(form, VERB_CHANGE);
    case MODE_LINE:
        return form_editable(form->parent, form->parent->form, form->parent->grid.field);
    default:
        return true;
    }
}

bool form_editable(const struct form_view *form, const struct form *of, const struct field *field)
{
    if ((field->flags & (FIELD_READONLY | FIELD_GENERATED)) != 0 || !mode_editable(form))
        return false;
    if (form->mode == MODE_RECORD && of == form->form && (field->flags & FIELD_FIXED) != 0)
        return false;
    if (of->state_field != NULL && strcmp(of->state_field, field->name) == 0)
        return false;
    /* Lines that no table keeps are an answer. */
    if (field->type == VALUE_LINES && (field->flags & FIELD_VIRTUAL) != 0 &&
        (form->form->flags & FORM_BARE) == 0 && form->mode != MODE_VERB)
        return false;
    /* Lines of an action that changes nothing are its answer. */
    if (form->mode == MODE_RUN && form->verb != NULL && !form->verb->changing &&
        field->type == VALUE_LINES)
        return false;
    return true;
}

static const struct layout_place *place_at(const struct form_view *form)
{
    return form->place >= 0 && form->layout != NULL && (size_t)form->place < form->layout->count
               ? &form->layout->places[form->place]
               : NULL;
}

bool form_slot(struct form_view *form, struct slot *slot)
{
    const struct layout_place *place = place_at(form);
    if (place == NULL || place->field == NULL)
        return false;
    if (place->field->type == VALUE_LINES)
        return grid_slot(form, place, slot);
    *slot = (struct slot){
        .record = form->record,
        .form = form->form,
        .field = place->field,
        .value = &form->record->values[place->field->index],
        .editable = form_editable(form, form->form, place->field),
        .row = form_body_first(form) + place->row - form->top,
        .rows = place->rows,
        .column = place->column,
        .columns = place->columns,
    };
    return true;
}

/* --- values ---------------------------------------------------------------------------------- */

/* The first change takes the soft lock, so that a second person is warned before typing much. */
static void lock_take(struct form_view *form)
{
    struct application *application = form->view.application;
    struct writer body;
    struct answer answer;
    if (form->mode != MODE_RECORD || form->locked)
        return;
    form->locked = true;
    writer_initialise(&body, BODY_LIMIT);
    writer_unsigned(&body, form->form->number);
    writer_signed(&body, form->id);
    writer_u8(&body, 1);
    session_call(application, 0, 0, SYSTEM_OPEN, &body, &answer);
    if (answer.status == STATUS_OK) {
        const char *who = reader_text(&answer.reader, answer.arena, BODY_LIMIT);
        if (who[0] != '\0')
            application_say(application, CELL_WARNING, "record.open_elsewhere", who, NULL);
    }
    answer_release(&answer);
    writer_release(&body);
}

static void mark_clear(struct form_view *form, const struct slot *slot)
{
    for (size_t i = 0; i < form->mark_count; i++) {
        struct fault_mark *mark = &form->marks[i];
        bool same = slot->line == NULL ? mark->lines_field == 0
                                       : form->grid.field != NULL &&
                                             mark->lines_field == form->grid.field->number &&
                                             mark->line == form->grid.line;
        if (same && mark->field == slot->field->number)
            *mark = form->marks[--form->mark_count];
    }
}

void form_changed(struct form_view *form, const struct slot *slot)
{
    struct form_view *head = form->mode == MODE_LINE ? form->parent : form;
    head->confirmed = false;
    if (slot->line != NULL && slot->line->action == LINE_KEEP)
        slot->line->action = LINE_CHANGE;
    if (form->mode == MODE_LINE) {
        struct lines *lines = grid_lines(form->parent);
        struct line *line = &lines->lines[form->parent->grid.line];
        if (line->action == LINE_KEEP)
            line->action = LINE_CHANGE;
    }
    mark_clear(form, slot);
    if (slot->line == NULL && form->form->template_field != NULL &&
        strcmp(slot->field->name, form->form->template_field) == 0)
        form->layout = NULL; /* other fields apply now */
    lock_take(head);
}

static void value_set(struct form_view *form, const struct slot *slot, const struct value *value)
{
    if (value_equal(slot->field->type, slot->value, value) &&
        slot->value->presence == value->presence)
        return;
    *slot->value = *value;
    form_changed(form, slot);
}

/* --- slots ----------------------------------------------------------------------------------- */

static const char *slot_text(struct form_view *form, const struct slot *slot)
{
    if (slot->field->type == VALUE_AMOUNT || slot->field->type == VALUE_NUMBER)
        return value_format(slot->field->type, slot->value, form->arena); /* no separators */
    return field_text(form->view.application, slot->form, slot->field, slot->value, form->arena);
}

void form_enter_slot(struct form_view *form)
{
    struct slot slot;
    editor_free(form->editor);
    form->editor = NULL;
    if (!form_slot(form, &slot) || !slot.editable || slot.field->type == VALUE_LINES)
        return;
    bool text = slot.field->type == VALUE_TEXT;
    size_t maximum = text && slot.field->length > 0 ? slot.field->length : TEXT_DEFAULT;
    form->editor = editor_create(&(struct editor_options){
        .columns = slot.columns < 2 ? 2 : slot.columns,
        .rows = slot.rows,
        .maximum = maximum,
        .restriction = field_restriction(slot.field),
        .decimals = slot.field->type == VALUE_AMOUNT ? DECIMALS_AMOUNT : DECIMALS_RATE,
        .secret = (slot.field->flags & FIELD_SECRET) != 0,
        .ambiguous = screen_ambiguous(form->view.application->screen),
    });
    editor_set_text(form->editor, slot_text(form, &slot));
    if (slot.rows == 1)
        editor_select_all(form->editor);
}

/* What an empty choice leaves: the text as it was typed, so that it can be mended. */
bool form_leave_slot(struct form_view *form)
{
    struct application *application = form->view.application;
    struct slot slot;
    struct value value;
    int64_t number;
    if (form->editor == NULL || !editor_is_changed(form->editor) || !form_slot(form, &slot))
        return true;
    const char *typed = arena_string(form->arena, editor_text(form->editor));
    switch (field_parse(application, slot.form, slot.field, typed, &value, form->arena)) {
    case FIELD_PARSED:
        break;
    case FIELD_AMBIGUOUS:
        if (!reference_choose_code(application, slot.form, slot.field, typed, &number)) {
            application_refuse(application, "client.no_match", typed, NULL);
            return false;
        }
        value = (struct value){.presence = VALUE_PRESENT, .integer = number};
        break;
    case FIELD_LOOK_UP:
        if (!reference_resolve(application, slot.field->reference, typed, false, &value,
                               form->arena))
            return false;
        break;
    case FIELD_BAD:
        return false;
    }
    editor_mark_clean(form->editor);
    value_set(form, &slot, &value);
    form_layout(form);
    if (form->editor != NULL && form_slot(form, &slot))
        editor_set_text(form->editor, slot_text(form, &slot));
    return true;
}

static bool place_takes(const struct form_view *form, size_t index)
{
    const struct field *field = form->layout->places[index].field;
    if (field == NULL)
        return false;
    if (field->type == VALUE_LINES) {
        const struct lines *lines = form->record->values[field->index].lines;
        return form_editable(form, form->form, field) || (lines != NULL && lines->count > 0);
    }
    return form_editable(form, form->form, field);
}

static void place_set(struct form_view *form, int place, bool last)
{
    form->place = place;
    form->grid.field = NULL;
    if (place >= 0 && form->layout->places[place].field->type == VALUE_LINES)
        grid_enter(form, form->layout->places[place].field, last);
    form_enter_slot(form);
}

void form_first_place(struct form_view *form)
{
    form_layout(form);
    form->top = 0;
    for (size_t i = 0; form->layout != NULL && i < form->layout->count; i++) {
        if (place_takes(form, i)) {
            place_set(form, (int)i, false);
            return;
        }
    }
    form->place = NO_PLACE;
    form->grid.field = NULL;
    form_enter_slot(form);
}

bool form_go(struct form_view *form, int place)
{
    if (!form_leave_slot(form))
        return false;
    place_set(form, place, false);
    return true;
}

/* Enter and Tab: the next field of the tab, then the first of the next tab. */
static void step(struct form_view *form, int by)
{
    if (!form_leave_slot(form))
        return;
    form_layout(form);
    if (form->grid.field != NULL && grid_step(form, by)) {
        form_enter_slot(form);
        return;
    }
    int count = (int)form->layout->count;
    for (int place = form->place + by; place >= 0 && place < count; place += by) {
        if (place_takes(form, (size_t)place)) {
            place_set(form, place, by < 0);
            return;
        }
    }
    size_t tabs = form_tab_count(form);
    size_t rows;
    if (by > 0 && form->tab + 1 < tabs && form_tab_rows(form, form->tab + 1, &rows) != NULL) {
        form_show_tab(form, form->tab + 1);
    } else if (by < 0 && form->tab > 0) {
        form_show_tab(form, form->tab - 1);
    } else {
        form_show_tab(form, by > 0 ? 0 : form->tab);
    }
}

static void step_row(struct form_view *form, int by)
{
    const struct layout_place *from = place_at(form);
    int best = NO_PLACE;
    int distance = 1 << 20;
    if (from == NULL) {
        int rows = form->layout != NULL ? form->layout->rows : 0;
        form->top += by;
        form->top = form->top < 0 || form->top > rows ? 0 : form->top;
        return;
    }
    for (size_t i = 0; i < form->layout->count; i++) {
        const struct layout_place *place = &form->layout->places[i];
        int rows = (place->row - from->row) * by;
        int far = rows * 1000 + abs(place->column - from->column);
        if (rows > 0 && far < distance && place_takes(form, i)) {
            distance = far;
            best = (int)i;
        }
    }
    if (best != NO_PLACE && form_leave_slot(form))
        place_set(form, best, by < 0);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void values_show(struct form_view *form)
{
    struct application *application = form->view.application;
    struct slot slot;
    struct value value;
    int64_t number;
    if (form->editor == NULL || !form_slot(form, &slot)) {
        application_refuse(application, "client.no_values", NULL);
        return;
    }
    const char *typed =
        editor_is_changed(form->editor) ? arena_string(form->arena, editor_text(form->editor)) : "";
    if (slot.field->type == VALUE_CODE) {
        if (!reference_choose_code(application, slot.form, slot.field, typed, &number))
            return;
        value = (struct value){.presence = VALUE_PRESENT, .integer = number};
    } else if (slot.field->type == VALUE_REFERENCE) {
        if (!reference_resolve(application, slot.field->reference, typed, true, &value,
                               form->arena))
            return;
    } else if (slot.field->type == VALUE_FLAG) {
        value =
            (struct value){.presence = VALUE_PRESENT, .integer = slot.value->integer == 0 ? 1 : 0};
    } else {
        application_refuse(application, "client.no_values", NULL);
        return;
    }
    editor_mark_clean(form->editor);
    value_set(form, &slot, &value);
    step(form, 1);
}

/* Dup: in lines the cell above, else the field of the record entered before. */
static void duplicate(struct form_view *form)
{
    struct slot slot;
    const struct value *from = NULL;
    if (form->editor == NULL || !form_slot(form, &slot))
        return;
    if (slot.line != NULL && form->grid.line > 0) {
        const struct lines *lines = grid_lines(form);
        from = &lines->lines[form->grid.line - 1].record.values[slot.field->index];
    } else if (slot.line == NULL) {
        const struct record *previous = previous_find(form->view.application, form->form);
        from = previous != NULL ? &previous->values[slot.field->index] : NULL;
    }
    if (from == NULL || from->presence != VALUE_PRESENT) {
        application_refuse(form->view.application, "record.no_previous", NULL);
        return;
    }
    struct value value = *from;
    value.text = arena_string(form->arena, from->text);
    value.label = arena_string(form->arena, from->label);
    value_set(form, &slot, &value);
    editor_mark_clean(form->editor);
    step(form, 1);
}

static void hold(struct form_view *form)
{
    struct application *application = form->view.application;
    application->held = !application->held;
    application_say(application, CELL_PLAIN,
                    application->held ? "record.hold_on" : "record.hold_off", NULL);
}

static bool move_key(struct form_view *form, enum keys_code code)
{
    switch (code) {
    case KEYS_ENTER:
    case KEYS_TAB:
        step(form, 1);
        return true;
    case KEYS_BACK_TAB:
        step(form, -1);
        return true;
    case KEYS_DOWN:
        step_row(form, 1);
        return true;
    case KEYS_UP:
        step_row(form, -1);
        return true;
    case KEYS_PAGE_DOWN:
    case KEYS_PAGE_UP:
        if (form_leave_slot(form)) {
            size_t tabs = form_tab_count(form);
            form_show_tab(form, (form->tab + (code == KEYS_PAGE_DOWN ? 1 : tabs - 1)) % tabs);
        }
        return true;
    default:
        return false;
    }
}

bool form_edit_key(struct form_view *form, const struct keys_event *key)
{
    struct application *application = form->view.application;
    if (form->editor != NULL) {
        switch (editor_key(form->editor, key)) {
        case EDITOR_IGNORED:
            break;
        case EDITOR_REFUSED:
            application_say(application, CELL_WARNING, "client.character_refused", NULL);
            terminal_beep(application->terminal);
            return true;
        case EDITOR_FULL:
            application_say(application, CELL_WARNING, "client.field_full", NULL);
            terminal_beep(application->terminal);
            return true;
        default:
            if (application->message_attribute != CELL_MARK)
                application_say_text(application, CELL_PLAIN, "");
            return true;
        }
    }
    if (form->grid.field != NULL && grid_key(form, key))
        return true;
    if (key->kind != KEYS_KEY)
        return false;
    if (move_key(form, key->code))
        return true;
    switch (key->code) {
    case KEYS_F4:
        values_show(form);
        return true;
    case KEYS_DUPLICATE:
        duplicate(form);
        return true;
    case KEYS_HOLD:
        hold(form);
        return true;
    default:
        break;
    }
    if (key->code >= KEYS_ALT_1 && key->code <= KEYS_ALT_9) {
        size_t tab = (size_t)(key->code - KEYS_ALT_1);
        if (tab < form_tab_count(form) && form_leave_slot(form))
            form_show_tab(form, tab);
        return true;
    }
    return false;
}
