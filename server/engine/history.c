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
        if (text == NULL || !mask_apply(field->mask != NULL ? field->mask : "whole", text, masked, sizeof masked)) {
            strcpy(masked, "***");
        }
        json_array_set_new(pair, i, json_string(masked));
    }
}

/* The extra column holds all extra fields at once: only those that differ are kept, by name. */
static void extra_unfold(const struct form *form, json_t *changes)
{
    json_t *pair = json_object_get(changes, "extra");
    if (pair == NULL) {
        return;
    }
    json_t *old = json_array_get(pair, 0);
    json_t *fresh = json_array_get(pair, 1);
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        char number[16];
        if ((field->flags & FIELD_EXTRA) == 0) {
            continue;
        }
        snprintf(number, sizeof number, "%u", field->number);
        json_t *before = json_object_get(old, number);
        json_t *after = json_object_get(fresh, number);
        if (before == after || (before != NULL && after != NULL && json_equal(before, after))) {
            continue;
        }
        json_object_set_new(changes, field->name,
                            json_pack("[O, O]", before != NULL ? before : json_null(),
                                      after != NULL ? after : json_null()));
    }
    json_object_del(changes, "extra");
}

const char *history_masked(const struct form *form, const char *changes, struct arena *arena)
{
    json_error_t error;
    json_t *root = json_loads(changes, 0, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return "{}";
    }
    extra_unfold(form, root);
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
