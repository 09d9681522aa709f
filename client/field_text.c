/* Values and texts. */
#include "client/field_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/date.h"
#include "client/store.h"
#include "protocol/record.h"

bool field_is_figure(const struct field *field)
{
    return field->type == VALUE_NUMBER || field->type == VALUE_AMOUNT || field->type == VALUE_RATE;
}

/* --- codes ----------------------------------------------------------------------------------- */

static bool is_state(const struct form *form, const struct field *field)
{
    return form->state_field != NULL && strcmp(form->state_field, field->name) == 0 &&
           form->state_count > 0;
}

/* Children behind their parents, in the order of the list. */
static size_t tree_add(const struct field_code *all, size_t count, int64_t parent, int depth,
                       struct field_code *ordered, size_t used)
{
    for (size_t i = 0; i < count && depth < 12; i++) {
        if (all[i].parent != parent || used >= count)
            continue;
        ordered[used] = all[i];
        ordered[used++].depth = depth;
        used = tree_add(all, count, all[i].number, depth + 1, ordered, used);
    }
    return used;
}

struct field_code *field_codes(const struct application *application, const struct form *form,
                               const struct field *field, size_t *count, struct arena *arena)
{
    const struct store_codes *codes = store_codes(application->store, field->codes);
    *count = 0;
    if (codes == NULL && !is_state(form, field))
        return NULL;
    size_t total = codes != NULL ? codes->count : form->state_count;
    struct field_code *all = ARENA_ARRAY(arena, struct field_code, total + 1);
    bool flat = true;
    for (size_t i = 0; i < total; i++) {
        if (codes != NULL) {
            const struct store_code *code = &codes->codes[i];
            all[i] = (struct field_code){.number = code->number,
                                         .name = code->name,
                                         .text = application_label(application, &code->label),
                                         .initials = code->initials,
                                         .parent = code->parent,
                                         .offered = code->offered};
            flat = flat && code->parent == 0;
        } else {
            const struct state *state = &form->states[i];
            all[i] = (struct field_code){.number = state->number,
                                         .name = state->name,
                                         .text = application_label(application, &state->label),
                                         .initials = "",
                                         .offered = true};
        }
    }
    *count = total;
    if (flat)
        return all;
    struct field_code *ordered = ARENA_ARRAY(arena, struct field_code, total + 1);
    size_t used = tree_add(all, total, 0, 0, ordered, 0);
    if (used < total) /* a parent that is not in the list: nothing may vanish */
        return all;
    return ordered;
}

static const char *code_text(const struct application *application, const struct form *form,
                             const struct field *field, int64_t number, struct arena *arena)
{
    const struct store_codes *codes = store_codes(application->store, field->codes);
    for (size_t i = 0; codes != NULL && i < codes->count; i++)
        if (codes->codes[i].number == number)
            return application_label(application, &codes->codes[i].label);
    const struct state *state = is_state(form, field) ? form_state(form, number) : NULL;
    if (state != NULL)
        return application_label(application, &state->label);
    return arena_format(arena, "%lld", (long long)number);
}

/* Exact by number, name or label; else by the only beginning of label or initials that fits. */
static enum field_parse code_parse(const struct field_code *codes, size_t count, const char *text,
                                   int64_t *number)
{
    size_t length = strlen(text);
    size_t begins = 0;
    for (size_t i = 0; i < count; i++) {
        char digits[24];
        snprintf(digits, sizeof digits, "%lld", (long long)codes[i].number);
        if (codes[i].offered && (strcmp(codes[i].text, text) == 0 || strcmp(digits, text) == 0 ||
                                 strcasecmp(codes[i].name, text) == 0)) {
            *number = codes[i].number;
            return FIELD_PARSED;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (codes[i].offered && (strncasecmp(codes[i].text, text, length) == 0 ||
                                 strncasecmp(codes[i].initials, text, length) == 0)) {
            *number = codes[i].number;
            begins++;
        }
    }
    return begins == 1 ? FIELD_PARSED : FIELD_AMBIGUOUS;
}

/* --- both ways ------------------------------------------------------------------------------- */

const char *field_text(const struct application *application, const struct form *form,
                       const struct field *field, const struct value *value, struct arena *arena)
{
    if (value->presence != VALUE_PRESENT)
        return "";
    switch (field->type) {
    case VALUE_CODE:
        return code_text(application, form, field, value->integer, arena);
    case VALUE_FLAG:
        return application_text(application, value->integer != 0 ? "client.yes" : "client.no");
    case VALUE_AMOUNT:
        return value_format_amount(value->integer, arena);
    case VALUE_LINES:
        return arena_format(arena, "%zu", value->lines != NULL ? value->lines->count : 0);
    default:
        return value_format(field->type, value, arena);
    }
}

static enum field_parse flag_parse(struct application *application, const char *text,
                                   struct value *value)
{
    bool yes = strcmp(text, application_text(application, "client.yes")) == 0 ||
               strcmp(text, "1") == 0 || strcasecmp(text, "y") == 0;
    bool no = strcmp(text, application_text(application, "client.no")) == 0 ||
              strcmp(text, "0") == 0 || strcasecmp(text, "n") == 0;
    if (!yes && !no) {
        application_refuse(application, "client.flag_wrong", NULL);
        return FIELD_BAD;
    }
    *value = (struct value){.presence = VALUE_PRESENT, .integer = yes ? 1 : 0};
    return FIELD_PARSED;
}

static enum field_parse plain_parse(struct application *application, const struct field *field,
                                    const char *text, struct value *value, struct arena *arena)
{
    static const char *const problems[] = {
        [VALUE_NUMBER] = "client.number_wrong", [VALUE_AMOUNT] = "client.amount_wrong",
        [VALUE_RATE] = "client.rate_wrong",     [VALUE_DATE] = "client.date_wrong",
        [VALUE_TIME] = "client.time_wrong",     [VALUE_TEXT] = "client.text_wrong",
    };
    int64_t days;
    if (field->type == VALUE_DATE) {
        if (date_parse(text, application_today(application), &days)) {
            *value = (struct value){.presence = VALUE_PRESENT, .integer = days};
            return FIELD_PARSED;
        }
    } else if (value_parse(field->type, text, arena, value)) {
        return FIELD_PARSED;
    } else if (field->type == VALUE_TIME &&
               date_parse(text, application_today(application), &days)) {
        int year;
        int month;
        int day;
        value_civil_from_days(days, &year, &month, &day);
        if (value_parse(VALUE_TIME, arena_format(arena, "%04d-%02d-%02d 00:00", year, month, day),
                        arena, value))
            return FIELD_PARSED;
    }
    application_refuse(application, problems[field->type], NULL);
    return FIELD_BAD;
}

enum field_parse field_parse(struct application *application, const struct form *form,
                             const struct field *field, const char *text, struct value *value,
                             struct arena *arena)
{
    size_t count;
    int64_t number = 0;
    if (text[0] == '\0') {
        *value = (struct value){.presence = VALUE_CLEARED};
        return FIELD_PARSED;
    }
    switch (field->type) {
    case VALUE_CODE: {
        const struct field_code *codes = field_codes(application, form, field, &count, arena);
        enum field_parse parsed = code_parse(codes, count, text, &number);
        if (parsed == FIELD_PARSED)
            *value = (struct value){.presence = VALUE_PRESENT, .integer = number};
        return parsed;
    }
    case VALUE_FLAG:
        return flag_parse(application, text, value);
    case VALUE_REFERENCE:
        return FIELD_LOOK_UP;
    default:
        return plain_parse(application, field, text, value, arena);
    }
}

enum editor_restriction field_restriction(const struct field *field)
{
    switch (field->type) {
    case VALUE_NUMBER:
        return EDITOR_INTEGER;
    case VALUE_AMOUNT:
    case VALUE_RATE:
        return EDITOR_DECIMAL;
    case VALUE_DATE:
        return EDITOR_DATE;
    case VALUE_TIME:
        return EDITOR_TIME;
    default:
        return EDITOR_TEXT;
    }
}
