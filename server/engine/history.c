/* Changes of a record as they may be shown: sensitive columns masked like the record itself. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/engine/read.h"
#include "server/party/mask.h"

enum { MASK_SIZE = 512 };

static const struct field *column_field(const struct form *form, const char *column)
{
    const struct field *field = form_field(form, column);
    for (size_t i = 0; field == NULL && i < form->field_count; i++) {
        if (form->fields[i].lines != NULL) {
            field = column_field(form->fields[i].lines, column);
        }
    }
    return field;
}

static void value_mask(const struct field *field, json_t *pair)
{
    for (size_t i = 0; i < json_array_size(pair); i++) {
        const char *text = json_string_value(json_array_get(pair, i));
        char masked[MASK_SIZE];
        if (json_is_null(json_array_get(pair, i))) {
            continue;
        }
        if (text == NULL ||
            !mask_apply(field->mask != NULL ? field->mask : "whole", text, masked, sizeof masked)) {
            strcpy(masked, "***");
        }
        json_array_set_new(pair, i, json_string(masked));
    }
}

/* Extra fields stand as "extra.<number>" in the history: they are shown by name like all others. */
static void extra_rename(const struct form *form, json_t *changes)
{
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        char name[32];
        if ((field->flags & FIELD_EXTRA) == 0) {
            continue;
        }
        snprintf(name, sizeof name, "extra.%u", field->number);
        json_t *pair = json_object_get(changes, name);
        if (pair != NULL) {
            json_object_set(changes, field->name, pair);
            json_object_del(changes, name);
        }
    }
}

const char *history_masked(const struct form *form, const char *changes, struct arena *arena)
{
    json_error_t error;
    json_t *root = json_loads(changes, 0, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return "{}";
    }
    extra_rename(form, root);
    const char *column;
    json_t *pair;
    json_object_foreach(root, column, pair)
    {
        const struct field *field = column_field(form, column);
        if (field != NULL && (field->flags & FIELD_SENSITIVE) != 0) {
            value_mask(field, pair);
        }
    }
    char *text = json_dumps(root, JSON_COMPACT);
    const char *kept = arena_string(arena, text != NULL ? text : "{}");
    free(text);
    json_decref(root);
    return kept;
}
