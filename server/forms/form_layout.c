/* Screens of a form: the layout of a form that declares none, and the judgement of declared ones.
 */
#include "server/forms/form_parse.h"

#include <string.h>

#include "protocol/arena.h"

/* Columns that a field takes in a row: label, a blank, the field, a blank. */
static int field_columns(const struct field *field)
{
    return LABEL_ZH + 1 + field->width + 1;
}

/* Lines and memos fill the width of the screen. */
static bool stands_alone(const struct field *field)
{
    return field->type == VALUE_LINES || field->flags & FIELD_MEMO;
}

static struct tab *tab_add(struct form *form, struct label label, struct arena *arena)
{
    struct tab *tab = &form->tabs[form->tab_count++];
    tab->label = label;
    tab->source_line = form->source_line;
    tab->rows = ARENA_ARRAY(arena, struct screen_row, form->field_count + 1);
    return tab;
}

void form_layout_default(struct form *form, struct arena *arena)
{
    if (form->tab_count)
        return;
    form->tabs = ARENA_ARRAY(arena, struct tab, form->field_count + 1);
    struct tab *tab = tab_add(form, form->title, arena);
    int used = SCREEN_COLUMNS;
    for (size_t index = 0; index < form->field_count; index++) {
        const struct field *field = &form->fields[index];
        if (field->flags & FIELD_HIDDEN || field->type == VALUE_LINES)
            continue;
        struct screen_row *row = tab->row_count ? &tab->rows[tab->row_count - 1] : NULL;
        if (row && !stands_alone(field) && used + field_columns(field) <= SCREEN_COLUMNS) {
            row->fields = arena_format(arena, "%s %s", row->fields, field->name);
            used += field_columns(field);
        } else {
            tab->rows[tab->row_count++].fields = field->name;
            used = stands_alone(field) ? SCREEN_COLUMNS : field_columns(field);
        }
    }
    for (size_t index = 0; index < form->field_count; index++) {
        const struct field *field = &form->fields[index];
        if (field->type == VALUE_LINES && !(field->flags & FIELD_HIDDEN)) {
            struct tab *lines = tab_add(form, field->label, arena);
            lines->rows[lines->row_count++].fields = field->name;
        }
    }
}

/* Fields of different templates may share a row: each template is judged on its own. */
static void row_lint(const struct form *form, const struct tab *tab, const char *fields,
                     struct form_errors *errors)
{
    char name[64];
    for (int code = 0; code < 32; code++) {
        const char *cursor = fields;
        int columns = 0;
        size_t count = 0;
        bool alone = false;
        while (form_next_name(&cursor, name, sizeof(name))) {
            const struct field *field = form_field(form, name);
            if (!field || !field_applies(field, code))
                continue;
            columns += field_columns(field);
            count++;
            alone = alone || stands_alone(field);
        }
        if (alone && count > 1) {
            form_errors_add(errors, form->file, tab->source_line,
                            "row \"%s\": lines and memos stand alone in a row", fields);
            return;
        }
        if (!alone && columns > SCREEN_COLUMNS) {
            form_errors_add(errors, form->file, tab->source_line,
                            "row \"%s\" is %d columns wide, the screen has %d", fields, columns,
                            SCREEN_COLUMNS);
            return;
        }
    }
}

/* A virtual field that only feeds a verb is asked for by that verb, not by the screen. */
static bool input_of_verb(const struct form *form, const struct field *field)
{
    char name[64];
    for (size_t index = 0; index < form->verb_count; index++) {
        const char *cursor = form->verbs[index].input;
        while (cursor && form_next_name(&cursor, name, sizeof(name)))
            if (strcmp(name, field->name) == 0)
                return true;
    }
    return false;
}

void form_layout_lint(const struct form *form, struct form_errors *errors)
{
    char name[64];
    for (size_t at = 0; at < form->field_count; at++) {
        const struct field *field = &form->fields[at];
        bool placed = field->flags & FIELD_HIDDEN ||
                      (field->flags & FIELD_VIRTUAL && input_of_verb(form, field));
        for (size_t tab = 0; tab < form->tab_count; tab++) {
            size_t times = 0;
            for (size_t row = 0; row < form->tabs[tab].row_count; row++) {
                const char *cursor = form->tabs[tab].rows[row].fields;
                while (form_next_name(&cursor, name, sizeof(name)))
                    times += strcmp(name, field->name) == 0;
            }
            if (times > 1)
                form_errors_add(errors, form->file, form->tabs[tab].source_line,
                                "field \"%s\" stands twice on the tab", field->name);
            placed = placed || times;
        }
        if (!placed)
            form_errors_add(errors, form->file, field->source_line,
                            "field \"%s\" stands on no tab and is not hidden", field->name);
    }
    for (size_t at = 0; at < form->tab_count; at++) {
        const struct tab *tab = &form->tabs[at];
        for (size_t row = 0; row < tab->row_count; row++) {
            const char *cursor = tab->rows[row].fields;
            if (strcmp(cursor, "-") == 0)
                continue;
            while (form_next_name(&cursor, name, sizeof(name)))
                if (!form_field(form, name))
                    form_errors_add(errors, form->file, tab->source_line,
                                    "tab row names the unknown field \"%s\"", name);
            row_lint(form, tab, tab->rows[row].fields, errors);
        }
    }
}
