/* Printed sheets: the shipped receipt, its declaration against its form, and wrong declarations. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/print_layout.h"
#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "server/forms/code_read.h"
#include "server/forms/form_read.h"
#include "tests/unit/cmocka_tap.h"
#include "tests/unit/form_fixture.h"

static char forms_directory[FIXTURE_PATH];
static struct arena *arena;
static struct form_errors errors;
static const struct form_set *forms;
static const struct code_set *codes;
static const struct print_layout *receipt;

static const char *value_text(void *context, const struct form *form, const struct field *field,
                              const struct value *value, struct arena *into)
{
    (void)form;
    if (value->presence != VALUE_PRESENT)
        return "";
    if (field->type == VALUE_AMOUNT)
        return value_format_amount(value->integer, into);
    if (field->type == VALUE_CODE) {
        const struct code_list *list = code_list_find(codes, field->codes);
        assert_non_null(list);
        const struct code_member *member = code_member_by_number(list, value->integer);
        assert_non_null(member);
        return strcmp(context, "en") == 0 ? member->label.en : member->label.zh;
    }
    return value_format(field->type, value, into);
}

static void charge_add(struct record *record, const char *name, int64_t amount)
{
    struct record *line = record_add_line(record, "charges", arena);
    record_set_integer(line, "charge_item", 1);
    record_set_text(line, "rule_name", name);
    record_set_integer(line, "quantity", 1);
    record_set_integer(line, "amount", amount);
}

static struct record *receipt_record(void)
{
    const struct form *form = form_by_name(forms, "receipt_print");
    assert_non_null(form);
    struct record *record = record_create(form, arena);
    struct value paid;
    assert_true(value_parse(VALUE_TIME, "2026-11-21 09:14", arena, &paid));
    record_set_text(record, "serial", "H0100000001");
    record_set_text(record, "order_number", "O00000017");
    record_set_text(record, "customer_code", "C0037284");
    record_set_text(record, "customer_name", "王小明");
    record_set_text(record, "hall_name", "东街营业厅");
    record_set_text(record, "clerk", "E1024");
    record_set_integer(record, "paid_at", paid.integer);
    record_set_text(record, "amount_words", "壹仟贰佰叁拾肆元伍角整");
    record_set_integer(record, "amount", 123450);
    record_set_integer(record, "received_amount", 130000);
    record_set_integer(record, "change_amount", 6550);
    charge_add(record, "宽带初装", 103450);
    charge_add(record, "光猫", 20000);
    struct record *tender = record_add_line(record, "tenders", arena);
    record_set_integer(tender, "way", 1);
    record_set_integer(tender, "amount", 123450);
    return record;
}

static const char *render(const struct print_layout *layout, const struct record *record,
                          const char *language)
{
    const struct print_layout_options options = {
        .language = language, .ambiguous = 1, .text = value_text, .context = (void *)language};
    return print_layout_render(layout, record, &options, arena);
}

static const char *row_of(const char *text, int row)
{
    while (row-- > 1) {
        text = strchr(text, '\n');
        assert_non_null(text);
        text++;
    }
    return arena_copy(arena, text, strcspn(text, "\n"));
}

static size_t rows_of(const char *text)
{
    size_t rows = 0;
    for (; *text != '\0'; text++)
        rows += *text == '\n';
    return rows;
}

static const struct print_layout *layout_of(const char *declaration, size_t *faults)
{
    char directory[FIXTURE_PATH];
    struct form_errors found;
    form_errors_initialise(&found, arena);
    fixture_create(directory);
    const char *path = arena_format(arena, "%s/test.layout", directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "layout = { name = \"t\"; form = \"receipt_print\"; %s };\n", declaration);
    assert_int_equal(fclose(file), 0);
    const struct print_layout *layout = print_layout_read(path, arena, &found);
    if (layout != NULL)
        print_layout_check(layout, form_by_name(forms, "receipt_print"), &found);
    *faults = found.count;
    unlink(path);
    fixture_remove(directory);
    return layout;
}

#define TITLE "title = { zh = \"单\"; en = \"T\"; }; "

static void test_shipped(void **state)
{
    (void)state;
    const char **files;
    size_t count = declaration_files(forms_directory, ".layout", arena, &errors, &files);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        const struct print_layout *layout = print_layout_read(files[i], arena, &errors);
        const struct form *form = layout != NULL ? form_by_name(forms, layout->form) : NULL;
        if (form != NULL)
            print_layout_check(layout, form, &errors);
        else
            form_errors_add(&errors, files[i], 0, "unreadable or for an unknown form");
    }
    for (size_t i = 0; i < errors.count; i++)
        print_message("%s:%d: %s\n", errors.list[i].file, errors.list[i].line, errors.list[i].text);
    assert_int_equal(errors.count, 0);
}

static void test_receipt(void **state)
{
    (void)state;
    const char *text = render(receipt, receipt_record(), "zh");
    assert_string_equal(
        text, "                               电  信  业  务  收  据\n"
              "                                                           收据号 H0100000001\n"
              " 营业厅    东街营业厅                        收费时间  2026-11-21 09:14\n"
              " 客户      C0037284         王小明\n"
              " 订单编号  O00000017\n"
              "\n"
              " 手续费        宽带初装                             1              1,034.50\n"
              " 手续费        光猫                                 1                200.00\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "\n"
              " 合计      壹仟贰佰叁拾肆元伍角整                                  1,234.50\n"
              " 收到      1,300.00          找零    65.50\n"
              "           现金                1,234.50\n"
              "\n"
              " 收费员    E1024                             客户签字\n"
              "\n"
              "\n");
}

static void test_english(void **state)
{
    (void)state;
    const char *text = render(receipt, receipt_record(), "en");
    assert_string_equal(row_of(text, 1), "                               R E C E I P T");
    assert_string_equal(row_of(text, 4), " Customer  C0037284         王小明");
    assert_string_equal(row_of(text, 19), " Received  1,300.00          Change  65.50");
}

static void test_reprint(void **state)
{
    (void)state;
    struct record *record = receipt_record();
    assert_null(strstr(render(receipt, record, "zh"), "补打"));
    record_set_integer(record, "reprint", 1);
    const char *first = row_of(render(receipt, record, "zh"), 1);
    const char *mark = strstr(first, "补打");
    assert_non_null(mark);
    assert_int_equal(utf8_width(arena_copy(arena, first, (size_t)(mark - first)), 1), 65);
}

static void test_overflow(void **state)
{
    (void)state;
    struct record *record = receipt_record();
    for (int i = 3; i <= 13; i++)
        charge_add(record, arena_format(arena, "rule %d", i), 100);
    const char *text = render(receipt, record, "zh");
    assert_int_equal(rows_of(text), 48);
    assert_non_null(strstr(row_of(text, 16), "rule 10"));
    assert_string_equal(row_of(text, 17), "");
    assert_non_null(strstr(row_of(text, 24 + 7), "rule 11"));
    assert_non_null(strstr(row_of(text, 24 + 9), "rule 13"));
    assert_string_equal(row_of(text, 24 + 10), "");
    assert_string_equal(row_of(text, 24 + 2), row_of(text, 2));
}

static void test_halves(void **state)
{
    (void)state;
    size_t faults;
    const struct print_layout *layout = layout_of(
        TITLE "columns = 12; rows = 3; places = ("
              "{ row = 1; column = 1; field = \"customer_name\"; width = 5; },"
              "{ row = 1; column = 6; text = { zh = \"x\"; en = \"x\"; }; },"
              "{ row = 2; column = 1; field = \"amount\"; width = 5; },"
              "{ row = 3; column = 1; field = \"clerk\"; width = 7; align = \"right\"; });",
        &faults);
    assert_int_equal(faults, 0);
    const char *text = render(layout, receipt_record(), "zh");
    assert_string_equal(text, "王小 x\n#####\n  E1024\n");
}

static void test_wrong(void **state)
{
    static const char *const wrong[] = {
        TITLE "columns = 9; rows = 1; places = ({ row = 1; column = 1; width = 2; "
              "field = \"serail\"; });",
        TITLE "columns = 9; rows = 1; places = ({ row = 1; column = 1; width = 2; "
              "field = \"charges\"; });",
        TITLE "columns = 9; rows = 1; places = ({ row = 2; column = 1; width = 2; "
              "field = \"serial\"; });",
        TITLE "columns = 9; rows = 1; places = ({ row = 1; column = 9; width = 2; "
              "field = \"serial\"; });",
        TITLE "columns = 9; rows = 1; places = ({ row = 1; column = 1; width = 2; "
              "field = \"serial\"; when = \"clerk\"; });",
        TITLE
        "columns = 9; rows = 1; places = ({ row = 1; column = 1; text = { zh = \"单\"; }; });",
        TITLE "columns = 9; rows = 1; places = ({ row = 1; column = 1; wide = true; "
              "text = { zh = \"营业厅\"; en = \"Hall\"; }; });",
        TITLE "columns = 9; rows = 1; places = ({ row = 1; column = 1; width = 2; "
              "field = \"serial\"; colour = 1; });",
        TITLE "columns = 9; rows = 1; places = (); lines = ({ field = \"charge\"; row = 1; "
              "rows = 1; places = (); });",
        TITLE "columns = 9; rows = 1; places = (); lines = ({ field = \"charges\"; row = 1; "
              "rows = 1; places = ({ column = 1; field = \"serial\"; width = 2; }); });",
        "columns = 9; rows = 1; places = ();",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        size_t faults;
        layout_of(wrong[i], &faults);
        if (faults == 0)
            fail_msg("accepted: %s", wrong[i]);
    }
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(receipt->copies, 2);
    assert_string_equal(receipt->title.en, "Receipt");
    assert_null(print_layout_find(forms_directory, "customer", arena, &errors));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("every layout places only fields of its form, with texts in both languages",
             test_shipped),
        TEST("a form has the layout that names it, another none", test_find),
        TEST("a receipt stands in its columns, names and amounts aligned", test_receipt),
        TEST("a receipt is printed in English too", test_english),
        TEST("only a second printing is marked as a reprint", test_reprint),
        TEST("charges beyond the sheet go on a further sheet", test_overflow),
        TEST("no character is halved and no figure cut", test_halves),
        TEST("a layout with a mistake is refused", test_wrong),
    };
    arena = arena_create();
    form_errors_initialise(&errors, arena);
    fixture_source(forms_directory, "forms");
    forms = form_read_directory(forms_directory, arena, &errors);
    codes = code_read_directory(forms_directory, arena, &errors);
    receipt = print_layout_find(forms_directory, "receipt_print", arena, &errors);
    if (receipt == NULL) {
        printf("Bail out! no receipt.layout\n");
        return 99;
    }
    int failed = RUN_TESTS(tests);
    arena_free(arena);
    return failed;
}
