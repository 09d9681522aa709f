/* Finding forms, fields, verbs and states by number, name and code. */
#include "protocol/form.h"

#include <string.h>
#include <strings.h>

const struct form *form_by_number(const struct form_set *set, uint16_t number)
{
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->forms[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->count && set->forms[low]->number == number ? set->forms[low] : NULL;
}

const struct form *form_by_name(const struct form_set *set, const char *name)
{
    for (size_t place = 0; name && place < set->count; place++)
        if (strcmp(set->forms[place]->name, name) == 0)
            return set->forms[place];
    return NULL;
}

const struct form *form_by_code(const struct form_set *set, const char *code)
{
    for (size_t place = 0; code && *code && place < set->count; place++)
        if (set->forms[place]->code && strcasecmp(set->forms[place]->code, code) == 0)
            return set->forms[place];
    return NULL;
}

const struct field *form_field(const struct form *form, const char *name)
{
    for (size_t index = 0; name && index < form->field_count; index++)
        if (strcmp(form->fields[index].name, name) == 0)
            return &form->fields[index];
    return NULL;
}

const struct field *form_field_by_number(const struct form *form, uint16_t number)
{
    for (size_t index = 0; index < form->field_count; index++)
        if (form->fields[index].number == number)
            return &form->fields[index];
    return NULL;
}

const struct verb *form_verb(const struct form *form, uint16_t number)
{
    for (size_t place = 0; place < form->verb_count; place++)
        if (form->verbs[place].number == number)
            return &form->verbs[place];
    return NULL;
}

const struct verb *form_verb_by_name(const struct form *form, const char *name)
{
    for (size_t place = 0; name && place < form->verb_count; place++)
        if (strcmp(form->verbs[place].name, name) == 0)
            return &form->verbs[place];
    return NULL;
}

const struct state *form_state(const struct form *form, int64_t number)
{
    for (size_t place = 0; place < form->state_count; place++)
        if (form->states[place].number == number)
            return &form->states[place];
    return NULL;
}

bool field_applies(const struct field *field, int64_t template_code)
{
    if (field->templates == 0)
        return true;
    return template_code >= 0 && template_code < 32 && (field->templates >> template_code & 1) != 0;
}

const struct field *form_next_field(const struct form *form, const char **cursor)
{
    while (*cursor && **cursor) {
        const char *name = *cursor + strspn(*cursor, " ");
        size_t length = strcspn(name, " ");
        *cursor = name + length;
        for (size_t index = 0; length > 0 && index < form->field_count; index++) {
            const char *other = form->fields[index].name;
            if (strncmp(other, name, length) == 0 && other[length] == '\0')
                return &form->fields[index];
        }
    }
    return NULL;
}
