/* What the client decides without a terminal: commands, dates in short, places of fields, what a
 * person's workspace learns, and that its keys are explained everywhere in both languages. */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/action.h"
#include "client/command.h"
#include "client/date.h"
#include "client/layout.h"
#include "client/workspace.h"
#include "protocol/arena.h"
#include "protocol/value.h"
#include "server/forms/message_read.h"

static void codes_and_keys_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        enum command_kind kind;
        const char *code;
        const char *argument;
        bool new_task;
    } cases[] = {
        {"", COMMAND_NONE, "", "", false},
        {"   ", COMMAND_NONE, "", "", false},
        {"cu", COMMAND_OPEN, "CU", "", false},
        {" OR  8812 ", COMMAND_OPEN, "OR", "8812", false},
        {"CF 李 建国", COMMAND_OPEN, "CF", "李 建国", false},
        {"CU +", COMMAND_CREATE, "CU", "", false},
        {"/oCU C0037284", COMMAND_OPEN, "CU", "C0037284", true},
        {"/o cu", COMMAND_OPEN, "CU", "", true},
        {"/o", COMMAND_HOME, "", "", true},
        {"/n", COMMAND_HOME, "", "", false},
        {"/i", COMMAND_NOTICES, "", "", false},
        {"/zh", COMMAND_LANGUAGE, "", "zh", false},
        {"/xyz", COMMAND_UNKNOWN, "", "", false},
        {"ＣＵ　Ｃ１", COMMAND_OPEN, "CU", "Ｃ１", false}, /* an input method's letters */
        {"a-code-that-is-much-too-long", COMMAND_UNKNOWN, "", "", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command command;
        command_parse(cases[i].text, &command);
        if (command.kind != cases[i].kind || command.new_task != cases[i].new_task)
            fail_msg("\"%s\" is kind %d", cases[i].text, command.kind);
        if (command.kind == COMMAND_OPEN || command.kind == COMMAND_CREATE)
            assert_string_equal(command.code, cases[i].code);
        if (cases[i].argument[0] != '\0')
            assert_string_equal(command.argument, cases[i].argument);
    }
}

static void places_of_the_menu_are_read(void **state)
{
    struct command command;
    (void)state;
    command_parse("=3.4", &command);
    assert_int_equal(command.kind, COMMAND_MENU);
    assert_int_equal(command.depth, 2);
    assert_int_equal(command.path[0], 3);
    assert_int_equal(command.path[1], 4);
    command_parse("=", &command);
    assert_int_equal(command.kind, COMMAND_MENU);
    assert_int_equal(command.depth, 0);
    static const char *const wrong[] = {"=0", "=a", "=1.", "=1..2", "=1.2.3.4.5", "=1000"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        command_parse(wrong[i], &command);
        if (strcmp(wrong[i], "=1.") != 0)
            assert_int_equal(command.kind, COMMAND_UNKNOWN);
    }
    command_parse("17", &command);
    assert_int_equal(command.kind, COMMAND_NUMBER);
    assert_int_equal(command.number, 17);
    command_parse("/t3", &command);
    assert_int_equal(command.kind, COMMAND_TASK);
    assert_int_equal(command.number, 3);
}

static void dates_are_typed_in_short(void **state)
{
    const int64_t today = value_days_from_civil(2026, 11, 21);
    static const struct {
        const char *text;
        int year, month, day;
    } right[] = {
        {"2026-11-21", 2026, 11, 21}, {"20260301", 2026, 3, 1},   {"1121", 2026, 11, 21},
        {"11-2", 2026, 11, 2},        {"2024/2/29", 2024, 2, 29}, {".", 2026, 11, 21},
        {"+3", 2026, 11, 24},         {"-21", 2026, 10, 31},
    };
    static const char *const wrong[] = {"",         "2026-02-29", "1301",  "abc",         "+",
                                        "11-",      "11-21-",     "12345", "2026-11-211", "-",
                                        "+99999999"};
    int64_t days = 7;
    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        if (!date_parse(right[i].text, today, &days) ||
            days != value_days_from_civil(right[i].year, right[i].month, right[i].day))
            fail_msg("\"%s\"", right[i].text);
    }
    days = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (date_parse(wrong[i], today, &days) || days != 7)
            fail_msg("\"%s\" was taken", wrong[i]);
}

/* --- layout ---------------------------------------------------------------------------------- */

static struct field fields[] = {
    {.number = 1,
     .index = 0,
     .name = "code",
     .type = VALUE_TEXT,
     .width = 16,
     .label = {"客户编码", "Code"}},
    {.number = 2,
     .index = 1,
     .name = "name",
     .type = VALUE_TEXT,
     .width = 40,
     .flags = FIELD_REQUIRED,
     .label = {"客户名称", "Name"}},
    {.number = 3,
     .index = 2,
     .name = "sex",
     .type = VALUE_CODE,
     .width = 12,
     .templates = 1 << 1,
     .label = {"性别", "Sex"}},
    {.number = 4,
     .index = 3,
     .name = "scale",
     .type = VALUE_CODE,
     .width = 12,
     .templates = 1 << 2,
     .label = {"企业规模", "Scale"}},
    {.number = 5,
     .index = 4,
     .name = "manager",
     .type = VALUE_REFERENCE,
     .width = 20,
     .label = {"客户经理", "Manager of it"}},
    {.number = 6,
     .index = 5,
     .name = "note",
     .type = VALUE_TEXT,
     .width = 60,
     .flags = FIELD_MEMO,
     .label = {"说明", "Note"}},
    {.number = 7,
     .index = 6,
     .name = "items",
     .type = VALUE_LINES,
     .width = 78,
     .label = {"明细", "Items"}},
    {.number = 8,
     .index = 7,
     .name = "day",
     .type = VALUE_DATE,
     .width = 10,
     .label = {"日期", "Day"}},
};
static struct form form = {.name = "test", .field_count = 8, .fields = fields};
static const struct screen_row rows[] = {
    {"code manager"}, {"name"}, {"sex scale"}, {"-"}, {"code name day"}, {"note"}, {"items"},
};

static struct layout *layout_of(int columns, const char *language, int64_t template_code,
                                struct arena *arena)
{
    return layout_create(&(struct layout_options){.form = &form,
                                                  .rows = rows,
                                                  .row_count = sizeof rows / sizeof *rows,
                                                  .template_code = template_code,
                                                  .language = language,
                                                  .columns = columns,
                                                  .body_rows = 19,
                                                  .ambiguous = 1},
                         arena);
}

static const struct layout_place *place_of(const struct layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->count; i++)
        if (layout->places[i].field != NULL && strcmp(layout->places[i].field->name, name) == 0)
            return &layout->places[i];
    return NULL;
}

static void fields_never_touch_and_never_leave_the_screen(void **state)
{
    static const char *const languages[] = {"zh", "en"};
    (void)state;
    for (int columns = 80; columns <= 200; columns += 13) {
        for (size_t language = 0; language < 2; language++) {
            struct arena *arena = arena_create();
            const struct layout *layout = layout_of(columns, languages[language], 1, arena);
            char taken[32][256] = {{0}};
            for (size_t i = 0; i < layout->count; i++) {
                const struct layout_place *place = &layout->places[i];
                assert_true(place->row >= 0 && place->row + place->rows <= layout->rows);
                if (place->field == NULL)
                    continue;
                assert_true(place->columns >= 1);
                assert_true(place->column + place->columns <= columns);
                for (int at = place->label_column; at < place->column + place->columns; at++) {
                    assert_int_equal(taken[place->row][at], 0);
                    taken[place->row][at] = 1;
                }
            }
            arena_free(arena);
        }
    }
}

static void templates_decide_which_fields_stand(void **state)
{
    struct arena *arena = arena_create();
    (void)state;
    assert_non_null(place_of(layout_of(80, "zh", 1, arena), "sex"));
    assert_null(place_of(layout_of(80, "zh", 1, arena), "scale"));
    assert_null(place_of(layout_of(80, "zh", 2, arena), "sex"));
    assert_non_null(place_of(layout_of(80, "zh", 2, arena), "scale"));
    arena_free(arena);
}

static void lines_take_what_the_body_has_left(void **state)
{
    struct arena *arena = arena_create();
    (void)state;
    const struct layout *layout = layout_of(80, "zh", 1, arena);
    const struct layout_place *lines = place_of(layout, "items");
    assert_int_equal(lines->row + lines->rows, 19);
    assert_int_equal(lines->columns, 80);
    arena_free(arena);
}

static void columns_shrink_until_they_fit(void **state)
{
    int widths[] = {16, 40, 12, 60};
    int narrow[] = {4, 4, 4, 4, 4};
    (void)state;
    assert_int_equal(layout_fit(widths, 4, 77), 4);
    assert_true(widths[0] + widths[1] + widths[2] + widths[3] + 3 <= 77);
    assert_int_equal(widths[2], 12); /* the narrow ones keep what they have */
    assert_int_equal(layout_fit(narrow, 5, 14), 3);
}

/* --- workspace ------------------------------------------------------------------------------- */

static void favourites_are_learnt_from_use_and_chosen(void **state)
{
    struct workspace *workspace = workspace_read("{}");
    const char *codes[4];
    (void)state;
    workspace_use(workspace, "CU");
    workspace_use(workspace, "OR");
    workspace_use(workspace, "or");
    assert_int_equal(workspace_favourites(workspace, codes, 4), 2);
    assert_string_equal(codes[0], "OR");
    assert_string_equal(codes[1], "CU");
    workspace_code(workspace, "IA")->pinned = true;
    workspace->panels = PANEL_FAVOURITES | PANEL_NOTICES;
    char *json = workspace_write(workspace);
    struct workspace *again = workspace_read(json);
    assert_int_equal(workspace_favourites(again, codes, 4), 3);
    assert_string_equal(codes[0], "IA");
    assert_string_equal(codes[1], "OR");
    assert_int_equal(again->panels, PANEL_FAVOURITES | PANEL_NOTICES);
    free(json);
    workspace_free(workspace);
    workspace_free(again);
}

static void a_broken_workspace_is_an_empty_one(void **state)
{
    static const char *const broken[] = {"", "[", "null", "{\"codes\":3}",
                                         "{\"codes\":[{\"code\":7}],\"panels\":\"x\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct workspace *workspace = workspace_read(broken[i]);
        const char *codes[4];
        assert_int_equal(workspace_favourites(workspace, codes, 4), 0);
        assert_int_equal(workspace->panels, PANEL_ALL);
        workspace_free(workspace);
    }
}

/* --- texts ----------------------------------------------------------------------------------- */

static void every_key_is_explained_on_screen_and_in_the_manual(void **state)
{
    const char *source = getenv("HALLDESK_SOURCE");
    (void)state;
    if (source == NULL) {
        print_message("# HALLDESK_SOURCE is not set\n");
        skip();
    }
    struct arena *arena = arena_create();
    struct form_errors errors;
    form_errors_initialise(&errors, arena);
    const struct message_table *table =
        message_read_directory(arena_format(arena, "%s/forms", source), arena, &errors);
    FILE *file = fopen(arena_format(arena, "%s/man/halldesk.1", source), "r");
    assert_non_null(file);
    char *manual = arena_allocate(arena, 1 << 20, 1);
    assert_true(fread(manual, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    for (size_t i = 0; i < action_count; i++) {
        const struct message *message = message_find(table, actions[i].text);
        if (message == NULL)
            fail_msg("no text for %s", actions[i].text);
        if (strstr(manual,
                   arena_format(arena, "\n.It %s\n%s\n", actions[i].key, message->text.en)) == NULL)
            fail_msg("the manual does not explain %s as the help does", actions[i].key);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("codes, keys and tasks of the command line are told apart",
             codes_and_keys_are_told_apart),
        TEST("places of the menu, numbers and tasks are read", places_of_the_menu_are_read),
        TEST("dates are typed in short", dates_are_typed_in_short),
        TEST("fields never touch and never leave the screen",
             fields_never_touch_and_never_leave_the_screen),
        TEST("templates decide which fields stand", templates_decide_which_fields_stand),
        TEST("lines take what the body has left", lines_take_what_the_body_has_left),
        TEST("columns shrink until they fit", columns_shrink_until_they_fit),
        TEST("favourites are learnt from use and chosen",
             favourites_are_learnt_from_use_and_chosen),
        TEST("a broken workspace is an empty one", a_broken_workspace_is_an_empty_one),
        TEST("every key is explained on the screen and in the manual",
             every_key_is_explained_on_screen_and_in_the_manual),
    };
    return RUN_TESTS(tests);
}
