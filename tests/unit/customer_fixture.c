/* Cases of decisions laid out by hand; see customer_fixture.h. */
#include "tests/unit/customer_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/forms/code_read.h"
#include "server/forms/form_read.h"

enum { SETTING_LIMIT = 8 };

static struct arena *image_arena;
static struct form_set *image_forms;
static struct code_set *image_codes;
static const char *settings[SETTING_LIMIT][2];
static size_t setting_count;

static void image_free(void)
{
    arena_free(image_arena);
}

static void image_read(void)
{
    const char *source = getenv("HALLDESK_SOURCE");
    struct form_errors errors;
    char directory[1024];
    if (image_arena != NULL)
        return;
    if (snprintf(directory, sizeof directory, "%s/forms", source != NULL ? source : ".") >=
        (int)sizeof directory)
        abort();
    image_arena = arena_create();
    atexit(image_free);
    form_errors_initialise(&errors, image_arena);
    image_forms = form_read_directory(directory, image_arena, &errors);
    image_codes = code_read_directory(directory, image_arena, &errors);
}

static int64_t code_number(void *context, const char *list, const char *name)
{
    (void)context;
    const struct code_list *found = code_list_find(image_codes, list);
    const struct code_member *member = found != NULL ? code_member_by_name(found, name) : NULL;
    return member != NULL ? member->number : 0;
}

static const char *code_name(void *context, const char *list, int64_t number)
{
    (void)context;
    const struct code_list *found = code_list_find(image_codes, list);
    const struct code_member *member = found != NULL ? code_member_by_number(found, number) : NULL;
    return member != NULL ? member->name : "";
}

static const char *setting(void *context, const char *name)
{
    (void)context;
    for (size_t i = 0; i < setting_count; i++)
        if (strcmp(settings[i][0], name) == 0)
            return settings[i][1];
    return "";
}

static int64_t new_id(void *context)
{
    static int64_t next = 900000;
    (void)context;
    return next++;
}

void fixture_setting(const char *name, const char *value)
{
    assert_true(setting_count < SETTING_LIMIT);
    settings[setting_count][0] = name;
    settings[setting_count++][1] = value;
}

struct decision_case *fixture_case(const char *form, bool changing)
{
    image_read();
    setting_count = 0;
    struct arena *arena = arena_create();
    struct decision_case *c = decision_case_create(arena, image_forms, form);
    c->actor.language = "zh";
    c->now = INT64_C(1795255200000000); /* 2026-11-21 10:00 UTC */
    c->today = value_days_from_civil(2026, 11, 21);
    c->code_number = code_number;
    c->code_name = code_name;
    c->setting = setting;
    c->new_id = new_id;
    if (changing) {
        struct record *before = record_create(c->form, arena);
        before->id = 4711;
        before->version = 3;
        c->before = before;
        c->after->id = before->id;
    }
    return c;
}

void fixture_free(struct decision_case *c)
{
    arena_free(c->arena);
}

void fixture_decide(struct decision_case *c, const struct decision *decisions, size_t count,
                    const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(decisions[i].name, name) == 0) {
            decisions[i].decide(c);
            return;
        }
    fail_msg("there is no decision %s", name);
}

void fixture_set(struct decision_case *c, struct record *record, const char *name, const char *text)
{
    const struct field *field = form_field(record->form, name);
    assert_non_null(field);
    struct value *value = &record->values[field->index];
    if (field->type == VALUE_CODE) {
        value->presence = VALUE_PRESENT;
        value->integer = field->codes != NULL ? code_number(NULL, field->codes, text) : 0;
        if (value->integer == 0)
            value->integer = strtoll(text, NULL, 10);
        assert_int_not_equal(value->integer, 0);
    } else if (field->type == VALUE_REFERENCE) {
        record_set_reference(record, name, strtoll(text, NULL, 10), text, NULL);
    } else {
        assert_true(value_parse(field->type, text, c->arena, value));
    }
}

void fixture_say(struct decision_case *c, const char *field, const char *text)
{
    fixture_set(c, (struct record *)c->input, field, text);
    fixture_set(c, c->after, field, text);
}

void fixture_stand(struct decision_case *c, const char *field, const char *text)
{
    fixture_set(c, (struct record *)c->before, field, text);
    fixture_set(c, c->after, field, text);
}

const struct fault *fixture_fault(const struct decision_case *c, const char *name)
{
    for (size_t i = 0; i < c->faults->count; i++)
        if (strcmp(c->faults->list[i].name, name) == 0)
            return &c->faults->list[i];
    return NULL;
}

const struct effect *fixture_statement(const struct decision_case *c, const char *text)
{
    for (const struct effect *effect = c->effects; effect != NULL; effect = effect->next)
        if (effect->kind == EFFECT_STATEMENT && strstr(effect->text[0], text) != NULL)
            return effect;
    return NULL;
}

const char *fixture_code(struct decision_case *c, const struct record *record, const char *name)
{
    const struct field *field = form_field(record->form, name);
    (void)c;
    assert_non_null(field);
    return record_has(record, name) ? code_name(NULL, field->codes, record_integer(record, name))
                                    : "";
}
