/* Sound declarations: what the reader makes of forms, code lists, messages and the menu. */
#include <string.h>

#include "protocol/arena.h"
#include "server/forms/code_read.h"
#include "server/forms/form_history.h"
#include "server/forms/form_read.h"
#include "server/forms/menu_read.h"
#include "server/forms/message_read.h"
#include "tests/unit/cmocka_tap.h"
#include "tests/unit/form_fixture.h"

static char directory[FIXTURE_PATH];
static struct arena *arena;
static struct form_errors errors;
static const struct form_set *forms;
static const struct form *sample;

static const struct field *field_of(const struct form *form, const char *name)
{
    const struct field *field = form_field(form, name);
    assert_non_null(field);
    return field;
}

static void test_sound(void **state)
{
    (void)state;
    for (size_t index = 0; index < errors.count; index++)
        print_message("%s:%d: %s\n", errors.list[index].file, errors.list[index].line,
                      errors.list[index].text);
    assert_int_equal(errors.count, 0);
    assert_int_equal(forms->count, 2);
    assert_string_equal(forms->forms[0]->name, "sample");
    assert_string_equal(forms->forms[1]->name, "enquiry");
    assert_ptr_equal(form_by_code(forms, "zs"), sample);
    assert_int_not_equal(sample->hash, 0);
    assert_int_not_equal(sample->hash, forms->forms[1]->hash);
}

static void test_head(void **state)
{
    (void)state;
    assert_int_equal(sample->flags, FORM_EXTENDABLE | FORM_ATTACHMENTS | FORM_NOTES | FORM_CONFIRM);
    assert_string_equal(sample->title.zh, "样品");
    assert_string_equal(sample->table, "sample");
    assert_string_equal(sample->base, "sample_base");
    assert_string_equal(sample->scope_table, "sample");
    assert_string_equal(sample->responsible, "owner_id");
    assert_string_equal(sample->order, "-id");
    assert_string_equal(sample->numbering, "S{6}");
    assert_string_equal(sample->template_field, "kind");
    assert_string_equal(sample->state_field, "status");
}

static void test_fields(void **state)
{
    (void)state;
    const struct field *name = field_of(sample, "name");
    assert_int_equal(name->flags, FIELD_REQUIRED | FIELD_BASE);
    assert_int_equal(name->search, SEARCH_EXACT | SEARCH_PREFIX | SEARCH_INITIALS);
    assert_int_equal(name->width, 32);
    assert_string_equal(name->ask, "kind day");
    assert_string_equal(name->help.zh, "证件上的全称");
    assert_int_equal(field_of(sample, "code")->width, 16);
    assert_int_equal(field_of(sample, "tax_number")->width, 20);
    assert_int_equal(field_of(sample, "count")->width, 5);
    assert_int_equal(field_of(sample, "price")->width, 14);
    assert_int_equal(field_of(sample, "remark")->width, 70);
    assert_true(field_of(sample, "remark")->flags & FIELD_MEMO);
    assert_string_equal(field_of(sample, "identity")->mask, "identity");
    assert_true(field_of(sample, "identity")->flags & FIELD_SENSITIVE);
    assert_int_equal(field_of(sample, "owner_id")->reference, 9001);
    assert_string_equal(field_of(sample, "price")->initial, "12.50");
    for (size_t index = 0; index < sample->field_count; index++)
        assert_int_equal(sample->fields[index].index, index);
}

static void test_templates(void **state)
{
    (void)state;
    assert_int_equal(field_of(sample, "tax_number")->templates, 1 << 2 | 1 << 3);
    assert_false(field_applies(field_of(sample, "tax_number"), 1));
    assert_true(field_applies(field_of(sample, "tax_number"), 2));
    assert_true(field_applies(field_of(sample, "code"), 1));
}

static void test_lines(void **state)
{
    (void)state;
    const struct form *parts = field_of(sample, "parts")->lines;
    assert_non_null(parts);
    assert_ptr_equal(parts->head, sample);
    assert_string_equal(parts->table, "sample_part");
    assert_string_equal(parts->parent, "sample_id");
    assert_int_equal(parts->rule_count, 1);
    assert_string_equal(parts->list, "code amount");
    const struct form *screws = field_of(parts, "screws")->lines;
    assert_non_null(screws);
    assert_ptr_equal(screws->head, parts);
    assert_string_equal(screws->parent, "part_id");
    assert_true(field_of(screws, "size")->flags & FIELD_REQUIRED);
    const struct form *items = field_of(forms->forms[1], "items")->lines;
    assert_true(items->flags & FORM_BARE);
    assert_null(items->table);
}

static void test_verbs(void **state)
{
    (void)state;
    const struct verb *create = form_verb(sample, VERB_CREATE);
    assert_non_null(create);
    assert_string_equal(create->label.zh, "新建");
    assert_string_equal(create->label.en, "Create");
    assert_true(create->changing);
    assert_string_equal(form_verb(sample, VERB_SHOW)->label.en, "Look");
    assert_false(form_verb(sample, VERB_SHOW)->changing);
    assert_int_equal(form_verb(sample, VERB_REPORT)->worker, VERB_LONG);
    const struct verb *verify = form_verb_by_name(sample, "verify");
    assert_int_equal(verify->number, 34);
    assert_int_equal(verify->worker, VERB_AUTH);
    assert_int_equal(verify->key, '8');
    assert_false(verify->changing);
    assert_false(verify->transition);
}

static void test_transition(void **state)
{
    (void)state;
    const struct verb *leave = form_verb_by_name(sample, "leave");
    assert_true(leave->transition);
    assert_true(leave->changing);
    assert_int_equal(leave->to, 3);
    assert_int_equal(leave->from, 1 << 1 | 1 << 2);
    assert_string_equal(leave->guard, "count = 0");
    assert_string_equal(leave->guard_message.zh, "还有部件");
    assert_true(leave->reason && leave->confirm);
    assert_int_equal(leave->key, '7');
    assert_string_equal(form_state(sample, 2)->reached_by, "order completion");
    assert_string_equal(field_of(sample, "status")->codes, "sample_status");
}

static void test_layout(void **state)
{
    (void)state;
    const struct form *enquiry = forms->forms[1];
    assert_int_equal(sample->tab_count, 2);
    assert_string_equal(sample->tabs[0].rows[4].fields, "-");
    assert_int_equal(enquiry->tab_count, 2);
    assert_string_equal(enquiry->tabs[0].label.en, "Enquiry");
    assert_int_equal(enquiry->tabs[0].row_count, 1);
    assert_string_equal(enquiry->tabs[0].rows[0].fields, "text total");
    assert_string_equal(enquiry->tabs[1].label.zh, "明细");
    assert_string_equal(enquiry->tabs[1].rows[0].fields, "items");
}

static void test_codes(void **state)
{
    (void)state;
    const struct code_set *codes = code_read_directory(directory, arena, &errors);
    const struct code_list *list = code_list_find(codes, "sample_kind");
    assert_non_null(list);
    assert_null(code_list_find(codes, "sample_kinds"));
    assert_int_equal(list->count, 3);
    const struct code_member *branch = code_member_by_name(list, "branch");
    assert_int_equal(branch->number, 3);
    assert_int_equal(branch->parent, 2);
    assert_string_equal(branch->valid_from, "2026-01-01");
    assert_string_equal(branch->valid_to, "2031-01-01");
    const struct code_member *company = code_member_by_number(list, 2);
    assert_int_equal(company->attribute_count, 2);
    assert_string_equal(company->attributes[1].name, "colour");
    assert_string_equal(company->attributes[1].value, "red");
    assert_string_equal(code_member_by_number(list, 1)->initials, "GR");
    assert_null(code_member_by_number(list, 4));
}

static void test_messages(void **state)
{
    (void)state;
    char path[FIXTURE_PATH];
    fixture_source(path, "forms/status.messages");
    const struct message_table *table = message_read_file(path, arena, &errors);
    const char *parameters[] = {"60"};
    assert_int_equal(errors.count, 0);
    assert_string_equal(message_format(table, "en", "too_long", 1, parameters, arena),
                        "longer than 60 characters");
    assert_string_equal(message_format(table, "zh", "too_long", 1, parameters, arena),
                        "超过 60 个字符");
    assert_string_equal(message_format(table, "zh", "no_such_name", 0, NULL, arena),
                        "no_such_name");
    const char *pair[] = {"a{2}", "b"};
    assert_string_equal(message_fill("{2}, {1}; {3}{4}{x", 2, pair, arena), "b, a{2}; {x");
}

static void test_menu(void **state)
{
    (void)state;
    char path[FIXTURE_PATH];
    fixture_source(path, "tests/unit/forms_good/menu.menu");
    const struct menu *menu = menu_read_file(path, forms, arena, &errors);
    assert_int_equal(errors.count, 0);
    assert_int_equal(menu->count, 1);
    assert_int_equal(menu->groups[0].count, 2);
    assert_string_equal(menu->groups[0].forms[0]->name, "enquiry");
    assert_string_equal(menu->groups[0].forms[1]->name, "sample");
}

static void test_history(void **state)
{
    (void)state;
    const char *sql = form_history_sql(forms, arena);
    assert_non_null(strstr(sql, "history_sample_screw"));
    assert_non_null(strstr(sql, "OLD.\"identity\" IS DISTINCT FROM NEW.\"identity\""));
    assert_null(strstr(sql, "password"));
    assert_null(strstr(sql, "enquiry"));
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_create();
    form_errors_initialise(&errors, arena);
    fixture_create(directory);
    fixture_link_sound(directory);
    forms = form_read_directory(directory, arena, &errors);
    sample = form_by_name(forms, "sample");
    return sample ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_remove(directory);
    arena_free(arena);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("sound declarations are read without an error, by ascending number", test_sound),
        TEST("the head of a form", test_head),
        TEST("fields with their flags and default widths", test_fields),
        TEST("fields of a template apply to its code only", test_templates),
        TEST("lines to any depth know their head and parent column", test_lines),
        TEST("fixed verbs have their numbers and labels, own ones those of the file", test_verbs),
        TEST("a transition without from leaves every state that is not final", test_transition),
        TEST("a form without tabs is laid out by the reader", test_layout),
        TEST("code lists with parents, validity and attributes", test_codes),
        TEST("messages in both languages take their parameters", test_messages),
        TEST("the menu puts listed forms first and forgets none", test_menu),
        TEST("history is generated without secrets", test_history),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
