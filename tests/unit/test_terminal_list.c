/* The list: paging, picking, filtering, marks, trees. */
#include "client/terminal/list.h"
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct list_column columns[] = {
    {"代码", 6, CELL_ALIGN_LEFT}, {"名称", 0, CELL_ALIGN_LEFT}, {"金额", 8, CELL_ALIGN_RIGHT}};

struct server {
    int64_t rows; /* the table has the ids 1 .. rows */
    int asked;
    int64_t last;
    char filter[64];
    bool silent; /* answers later */
};

/* A table of so many rows, answered page by page by key. */
static void server_fetch(void *context, struct list *list, bool first, int64_t last_id,
                         size_t count, const char *filter)
{
    struct server *server = context;
    struct list_row rows[64];
    char codes[64][16];
    const char *texts[64][3];
    size_t found = 0;
    server->asked++;
    server->last = last_id;
    snprintf(server->filter, sizeof(server->filter), "%s", filter);
    assert_true(first == (last_id == 0));
    if (server->silent)
        return;
    for (int64_t id = last_id + 1; id <= server->rows && found < count; id++) {
        snprintf(codes[found], sizeof(codes[found]), "C%03d", (int)id);
        if (strncmp(codes[found], filter, strlen(filter)) != 0)
            continue;
        texts[found][0] = codes[found];
        texts[found][1] = id % 2 == 0 ? "普通电话" : "家庭宽带";
        texts[found][2] = "100.00";
        rows[found] = (struct list_row){
            .id = id, .texts = texts[found], .match = id % 2 == 0 ? "ptdh" : "jtkd"};
        found++;
    }
    list_deliver(list, rows, found, found < count);
}

static struct list *list_of(struct server *server, int rows, bool by_fetch)
{
    struct list *list = list_create(&(struct list_options){.columns = columns,
                                                           .column_count = 3,
                                                           .rows = rows,
                                                           .width = 40,
                                                           .heading = true,
                                                           .numbers = true,
                                                           .marks = true,
                                                           .filter_by_fetch = by_fetch,
                                                           .ambiguous = 1,
                                                           .fetch = server_fetch,
                                                           .context = server});
    list_start(list);
    return list;
}

static enum list_result press(struct list *list, enum keys_code code)
{
    return list_key(list, &(struct keys_event){.kind = KEYS_KEY, .code = code});
}

static enum list_result type(struct list *list, uint32_t character)
{
    return list_key(list, &(struct keys_event){.kind = KEYS_CHARACTER, .character = character});
}

static void test_paging(void **state)
{
    (void)state;
    struct server server = {.rows = 45};
    struct list *list = list_of(&server, 10, false);
    assert_int_equal(server.asked, 1);
    assert_int_equal(list_count(list), 10);
    assert_int_equal(list_focus_id(list), 1);
    for (int i = 0; i < 44; i++)
        assert_int_equal(press(list, KEYS_DOWN), LIST_HANDLED);
    assert_int_equal(list_focus_id(list), 45);
    assert_int_equal(press(list, KEYS_DOWN), LIST_REFUSED);
    assert_true(list_is_complete(list));
    assert_int_equal(list_count(list), 45);
    assert_int_equal(server.asked, 5);
    press(list, KEYS_PAGE_UP);
    assert_int_equal(list_focus_id(list), 35);
    press(list, KEYS_HOME);
    assert_int_equal(list_focus_id(list), 1);
    press(list, KEYS_PAGE_DOWN);
    assert_int_equal(list_focus_id(list), 11);
    assert_int_equal(list_top(list), 10);
    list_free(list);
}

static void test_late_page(void **state)
{
    (void)state;
    struct server server = {.rows = 30, .silent = true};
    struct list *list = list_of(&server, 10, false);
    assert_false(list_has_focus(list));
    assert_int_equal(list_focus_id(list), 0);
    assert_int_equal(press(list, KEYS_ENTER), LIST_REFUSED);
    assert_int_equal(press(list, KEYS_DOWN), LIST_REFUSED);
    server.silent = false;
    server_fetch(&server, list, true, 0, 10, "");
    assert_int_equal(list_focus_id(list), 1);
    server.silent = true;
    server.asked = 0;
    for (int i = 0; i < 9; i++)
        press(list, KEYS_DOWN);
    assert_int_equal(server.asked, 1); /* once, however often the end is touched */
    assert_int_equal(server.last, 10);
    list_free(list);
}

static void test_digits(void **state)
{
    (void)state;
    struct server server = {.rows = 8};
    struct list *list = list_of(&server, 10, false);
    assert_int_equal(type(list, '5'), LIST_CHOSEN);
    assert_int_equal(list_focus_id(list), 5);
    assert_string_equal(list_focus_text(list, 0), "C005");
    assert_int_equal(type(list, '9'), LIST_REFUSED);
    assert_int_equal(type(list, '0'), LIST_REFUSED);
    list_free(list);
    server.rows = 45;
    list = list_of(&server, 15, false);
    assert_int_equal(type(list, '1'), LIST_HANDLED); /* 1 or 10 to 15 */
    assert_int_equal(list_focus_id(list), 1);
    assert_int_equal(type(list, '2'), LIST_CHOSEN);
    assert_int_equal(list_focus_id(list), 12);
    assert_int_equal(type(list, '1'), LIST_HANDLED);
    assert_int_equal(press(list, KEYS_ENTER), LIST_CHOSEN);
    assert_int_equal(list_focus_id(list), 1);
    press(list, KEYS_PAGE_DOWN);
    assert_int_equal(type(list, '3'), LIST_CHOSEN); /* the third of those shown */
    assert_int_equal(list_focus_id(list), 18);
    /* Pasted digits pick nothing. */
    enum list_result result = list_key(
        list, &(struct keys_event){.kind = KEYS_CHARACTER, .character = '2', .pasted = true});
    assert_int_not_equal(result, LIST_CHOSEN);
    list_free(list);
}

static void test_filter(void **state)
{
    (void)state;
    struct server server = {.rows = 8};
    struct list *list = list_of(&server, 10, false);
    assert_int_equal(type(list, 'P'), LIST_HANDLED); /* pinyin initials, either case */
    assert_int_equal(list_visible_count(list), 4);
    assert_int_equal(list_focus_id(list), 2);
    assert_int_equal(type(list, 'x'), LIST_REFUSED); /* would match nothing */
    assert_string_equal(list_filter(list), "P");
    assert_int_equal(press(list, KEYS_BACKSPACE), LIST_HANDLED);
    assert_int_equal(list_visible_count(list), 8);
    assert_int_equal(press(list, KEYS_BACKSPACE), LIST_IGNORED);
    assert_int_equal(type(list, 0x5bb6), LIST_HANDLED); /* 家 */
    assert_int_equal(type(list, 0x5ead), LIST_HANDLED); /* 庭 */
    assert_int_equal(list_visible_count(list), 4);
    press(list, KEYS_BACKSPACE);
    assert_string_equal(list_filter(list), "家");
    press(list, KEYS_FIELD_ERASE);
    assert_int_equal(list_visible_count(list), 8);
    list_free(list);
}

static void test_filter_by_fetch(void **state)
{
    (void)state;
    struct server server = {.rows = 500};
    struct list *list = list_of(&server, 10, true);
    type(list, 'C');
    assert_int_equal(
        list_key(list,
                 &(struct keys_event){.kind = KEYS_CHARACTER, .character = '4', .pasted = true}),
        LIST_HANDLED);
    assert_string_equal(server.filter, "C4");
    assert_int_equal(server.last, 0);
    assert_int_equal(list_focus_id(list), 400);
    assert_int_equal(list_count(list), 10);
    list_free(list);
}

static void test_marks(void **state)
{
    (void)state;
    struct server server = {.rows = 8};
    struct list *list = list_of(&server, 10, false);
    type(list, ' ');
    type(list, ' ');
    press(list, KEYS_DOWN);
    type(list, ' ');
    int64_t ids[2];
    assert_int_equal(list_marked(list, ids, 2), 3);
    assert_int_equal(ids[0], 1);
    assert_int_equal(ids[1], 2);
    assert_true(list_is_marked(list, 4));
    list_set_focus(list, 4);
    type(list, ' ');
    assert_false(list_is_marked(list, 4));
    list_free(list);
}

static void test_tree(void **state)
{
    (void)state;
    static const struct list_column wide[] = {
        {"代码", 12, CELL_ALIGN_LEFT}, {"名称", 0, CELL_ALIGN_LEFT}, {"金额", 8, CELL_ALIGN_RIGHT}};
    static const char *const names[][3] = {
        {"1", "全网", ""}, {"11", "北京", ""}, {"12", "朝阳", ""}, {"2", "其他", ""}};
    struct list *list = list_create(&(struct list_options){
        .columns = wide, .column_count = 3, .rows = 10, .width = 40, .ambiguous = 1});
    list_deliver(list,
                 (const struct list_row[]){{.id = 1, .texts = names[0], .expandable = true},
                                           {.id = 2, .texts = names[3]}},
                 2, true);
    assert_int_equal(list_count(list), 2);
    assert_int_equal(press(list, KEYS_RIGHT), LIST_EXPAND);
    list_deliver_children(
        list, 1,
        (const struct list_row[]){{.id = 11, .texts = names[1], .expandable = true},
                                  {.id = 13, .texts = names[3]}},
        2);
    assert_int_equal(list_focus_id(list), 1);
    assert_int_equal(list_count(list), 4);
    press(list, KEYS_DOWN);
    assert_int_equal(list_focus_id(list), 11);
    assert_int_equal(press(list, KEYS_RIGHT), LIST_EXPAND);
    list_deliver_children(list, 11, (const struct list_row[]){{.id = 12, .texts = names[2]}}, 1);
    struct cells *cells = cells_create(10, 40, 1);
    int row;
    list_draw(list, cells, 0, 0, true, &row, NULL);
    static const char *const expected[] = {"- 1          全网", "  - 11       北京",
                                           "      12     朝阳", "    2        其他",
                                           "2            其他"};
    for (int i = 0; i < 5; i++) {
        char *text = cells_row_text(cells, i);
        assert_string_equal(text, expected[i]);
        free(text);
    }
    assert_int_equal(row, 1);
    press(list, KEYS_DOWN);
    assert_int_equal(press(list, KEYS_LEFT), LIST_HANDLED); /* to the parent */
    assert_int_equal(list_focus_id(list), 11);
    assert_int_equal(press(list, KEYS_LEFT), LIST_HANDLED); /* folds it */
    assert_int_equal(list_count(list), 4);
    assert_int_equal(press(list, KEYS_RIGHT), LIST_HANDLED); /* known: opens at once */
    assert_int_equal(list_count(list), 5);
    list_set_filter(list, "朝");
    assert_int_equal(list_visible_count(list), 3); /* with the branch above it */
    cells_free(cells);
    list_free(list);
}

static void test_drawing(void **state)
{
    (void)state;
    struct server server = {.rows = 3};
    struct list *list = list_of(&server, 4, false);
    type(list, ' ');
    struct cells *cells = cells_create(5, 40, 1);
    int row;
    int column;
    list_draw(list, cells, 0, 0, true, &row, &column);
    static const char *const expected[] = {
        "    代码   名称                     金额", " 1 *C001   家庭宽带               100.00",
        " 2  C002   普通电话               100.00", " 3  C003   家庭宽带               100.00", ""};
    for (int i = 0; i < 5; i++) {
        char *text = cells_row_text(cells, i);
        char *found = text;
        assert_string_equal(found, expected[i]);
        free(text);
    }
    assert_int_equal(row, 2);
    assert_int_equal(column, 0);
    assert_int_equal(cells_at(cells, 2, 5)->attribute, CELL_FOCUS);
    cells_free(cells);
    list_free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("rows come page by page by key, asked for before the end is reached", test_paging),
        TEST("a page that comes late is asked for once", test_late_page),
        TEST("digits pick a row of those shown", test_digits),
        TEST("typing filters by prefix and pinyin initials", test_filter),
        TEST("a filter can be left to the server", test_filter_by_fetch),
        TEST("marks", test_marks),
        TEST("a tree unfolds, folds and keeps branches above a match", test_tree),
        TEST("heading, numbers, marks, columns and focus", test_drawing),
    };
    return RUN_TESTS(tests);
}
