/* The grid of cells, the regions and pop-ups on it, the small widgets, the edge of the line. */
#include "client/terminal/chart.h"
#include "client/terminal/edge.h"
#include "client/terminal/keybar.h"
#include "client/terminal/progress.h"
#include "client/terminal/screen.h"
#include "client/terminal/tabs.h"
#include "protocol/buffer.h"
#include "tests/unit/cmocka_tap.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void assert_row(const struct cells *cells, int row, const char *expected)
{
    char *text = cells_row_text(cells, row);
    assert_string_equal(text, expected);
    free(text);
}

/* Every wide character has its tail, every tail its character. */
static void assert_whole(const struct cells *cells)
{
    for (int row = 0; row < cells->rows; row++)
        for (int column = 0; column < cells->columns; column++) {
            const struct cell *cell = cells_at(cells, row, column);
            if (cell->columns == 2) {
                assert_true(column + 1 < cells->columns);
                assert_int_equal(cells_at(cells, row, column + 1)->columns, 0);
            }
            if (cell->columns == 0)
                assert_int_equal(cells_at(cells, row, column - 1)->columns, 2);
        }
}

static void test_clipping(void **state)
{
    (void)state;
    struct cells *cells = cells_create(3, 9, 1);
    assert_int_equal(cells_put(cells, 0, 0, 9, CELL_PLAIN, "一二三四五"), 8);
    assert_row(cells, 0, "一二三四");
    assert_int_equal(cells_put(cells, 1, 0, 3, CELL_PLAIN, "一二"), 2);
    assert_int_equal(cells_put(cells, 1, 8, 5, CELL_PLAIN, "五"), 0); /* the last column */
    assert_int_equal(cells_put(cells, 1, 8, 5, CELL_PLAIN, "x"), 1);
    assert_int_equal(cells_put(cells, 7, 0, 5, CELL_PLAIN, "x"), 0);
    assert_int_equal(cells_put(cells, 2, 0, 9, CELL_PLAIN, "a\033[2J\xff\x7f"), 7);
    assert_row(cells, 2, "a?[2J??");
    assert_whole(cells);
    cells_free(cells);
}

static void test_halves(void **state)
{
    (void)state;
    struct cells *cells = cells_create(1, 8, 1);
    cells_put(cells, 0, 0, 8, CELL_PLAIN, "一二三四");
    cells_put(cells, 0, 1, 2, CELL_PLAIN, "xy");
    assert_row(cells, 0, " xy 三四");
    assert_whole(cells);
    cells_put(cells, 0, 3, 2, CELL_PLAIN, "五");
    assert_row(cells, 0, " xy五 四");
    assert_whole(cells);
    cells_free(cells);
}

static void test_compose(void **state)
{
    (void)state;
    struct cells *below = cells_create(1, 10, 1);
    struct cells *above = cells_create(1, 4, 1);
    cells_put(above, 0, 0, 4, CELL_PLAIN, "甲乙");
    for (int column = -5; column <= 11; column++) {
        cells_put(below, 0, 0, 10, CELL_PLAIN, "一二三四五");
        cells_compose(below, above, 0, column);
        assert_whole(below);
    }
    cells_put(below, 0, 0, 10, CELL_PLAIN, "一二三四五");
    cells_compose(below, above, 0, 3);
    assert_row(below, 0, "一 甲乙 五");
    cells_put(below, 0, 0, 10, CELL_PLAIN, "一二三四五");
    cells_compose(below, above, 0, 7);
    assert_row(below, 0, "一二三 甲");
    cells_free(below);
    cells_free(above);
}

static void test_aligned(void **state)
{
    (void)state;
    struct cells *cells = cells_create(4, 8, 1);
    cells_put_aligned(cells, 0, 0, 8, CELL_PLAIN, CELL_ALIGN_RIGHT, "150.00");
    cells_put_aligned(cells, 1, 0, 5, CELL_PLAIN, CELL_ALIGN_RIGHT, "138,411.50");
    cells_put_aligned(cells, 2, 0, 8, CELL_PLAIN, CELL_ALIGN_CENTRE, "中");
    cells_put_aligned(cells, 3, 0, 5, CELL_PLAIN, CELL_ALIGN_LEFT, "一二三");
    assert_row(cells, 0, "  150.00");
    assert_row(cells, 1, "#####"); /* never a wrong figure */
    assert_row(cells, 2, "   中");
    assert_row(cells, 3, "一二");
    cells_free(cells);
}

static void test_ambiguous(void **state)
{
    (void)state;
    struct cells *narrow = cells_create(1, 9, 1);
    struct cells *wide = cells_create(1, 9, 2);
    assert_int_equal(cells_put(narrow, 0, 0, 9, CELL_PLAIN, "“①→”"), 4);
    assert_int_equal(cells_put(wide, 0, 0, 9, CELL_PLAIN, "“①→”"), 8);
    assert_int_equal(cells_character_columns(CELL_LINE_HORIZONTAL, 2), 1);
    cells_box(wide, 0, 0, 1, 9, CELL_FRAME);
    cells_free(narrow);
    cells_free(wide);
}

/* curses counts with the C library; where both disagree the painter shows a '?', so for the text
 * that operators have they must not. */
static void test_widths_agree(void **state)
{
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    for (uint32_t character = ' '; character < 0x7f; character++)
        assert_int_equal(cells_character_columns(character, 1), wcwidth((wchar_t)character));
    static const uint32_t ranges[][2] = {{0x3001, 0x3029},   {0x3041, 0x3096}, {0x30a1, 0x30fe},
                                         {0x4e00, 0x9fa5},   {0xac00, 0xd7a3}, {0xff01, 0xff60},
                                         {0x20000, 0x2a6d6}, {0x2460, 0x24e9}, {0x2018, 0x201d},
                                         {0x2190, 0x2193},   {0x391, 0x3a1},   {0x410, 0x44f}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        for (uint32_t character = ranges[i][0]; character <= ranges[i][1]; character++)
            assert_int_equal(cells_character_columns(character, 1), wcwidth((wchar_t)character));
}

static void test_edge(void **state)
{
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    struct edge *edge = edge_create(true);
    size_t length;
    const char *bytes = edge_convert(edge, "\033[1m中a", 8, &length);
    assert_int_equal(length, 7);
    assert_memory_equal(bytes,
                        "\033[1m\xd6\xd0"
                        "a",
                        7);
    /* A quotation mark travels as something two columns wide and comes out as itself. */
    uint32_t placeholder = edge_placeholder(edge, 0x201c);
    assert_int_equal(wcwidth((wchar_t)placeholder), 2);
    assert_int_equal(edge_placeholder(edge, 0x201c), placeholder);
    assert_int_not_equal(edge_placeholder(edge, 0x201d), placeholder);
    char text[8];
    size_t size = cells_encode(text, placeholder);
    bytes = edge_convert(edge, text, size, &length);
    assert_int_equal(length, 2);
    assert_memory_equal(bytes, "\xa1\xb0", 2);
    size = cells_encode(text, 0x20000);
    bytes = edge_convert(edge, text, size, &length);
    assert_int_equal(length, 4);
    assert_memory_equal(bytes, "\x95\x32\x82\x36", 4);
    edge_free(edge);
    edge = edge_create(false);
    uint32_t quote = edge_placeholder(edge, 0x201c);
    size = cells_encode(text, quote);
    bytes = edge_convert(edge, text, size, &length);
    assert_memory_equal(bytes, "“", 3);
    bytes = edge_convert(edge, "a\xff", 2, &length);
    assert_memory_equal(bytes, "a?", 2);
    /* Sets that are in effect already are not designated again, unknown ones are. */
    static const char sets[] = "\033(Ba\033(B\033[mb\033(0q\033(0q\033(Bc\017d\017\016";
    static const char sent[] = "\033(Ba\033[mb\033(0qq\033(Bc\017d\016";
    bytes = edge_convert(edge, sets, sizeof(sets) - 1, &length);
    assert_int_equal(length, sizeof(sent) - 1);
    assert_memory_equal(bytes, sent, length);
    edge_forget(edge);
    bytes = edge_convert(edge, "\033(B", 3, &length);
    assert_int_equal(length, 3);
    edge_free(edge);
}

static void test_regions(void **state)
{
    (void)state;
    struct screen *screen = screen_create(NULL);
    struct cells *picture = cells_create(SCREEN_ROWS, SCREEN_COLUMNS, 1);
    int row;
    int column;
    screen_line(screen, SCREEN_TITLE, 0, CELL_TITLE, "title");
    screen_line(screen, SCREEN_COMMAND, 0, CELL_INPUT, "==>");
    screen_put(screen, SCREEN_BODY, 0, 0, 80, CELL_PLAIN, "first");
    screen_put(screen, SCREEN_BODY, 18, 0, 80, CELL_PLAIN, "last");
    screen_line(screen, SCREEN_MESSAGE, 0, CELL_PLAIN, "message");
    screen_line(screen, SCREEN_HINT, 0, CELL_PLAIN, "hint");
    screen_line(screen, SCREEN_KEYS, 0, CELL_KEY, "keys");
    screen_cursor(screen, SCREEN_BODY, 3, 7);
    screen_compose(screen, picture, &row, &column);
    static const struct {
        int row;
        const char *text;
    } expected[] = {{1, "title"},    {2, "==>"},   {3, "first"}, {21, "last"},
                    {22, "message"}, {23, "hint"}, {24, "keys"}};
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_row(picture, expected[i].row - 1, expected[i].text);
    assert_int_equal(row, 5);
    assert_int_equal(column, 7);
    char *printed = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&printed, &size);
    assert_true(screen_print(screen, file));
    fclose(file);
    assert_ptr_equal(strstr(printed, "title\n==>\nfirst\n"), printed);
    free(printed);
    cells_free(picture);
    screen_free(screen);
}

static void test_popups(void **state)
{
    (void)state;
    struct screen *screen = screen_create(NULL);
    struct cells *picture = cells_create(SCREEN_ROWS, SCREEN_COLUMNS, 1);
    int row;
    int column;
    for (int i = 0; i < SCREEN_BODY_ROWS; i++)
        screen_put(
            screen, SCREEN_BODY, i, 0, 80, CELL_PLAIN,
            "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十");
    struct popup *popup = popup_open(screen, 2, 3, 3, 12, "帮助");
    popup_foot(popup, "F12");
    cells_put(popup_cells(popup), 0, 0, 12, CELL_PLAIN, "普通电话很长的名称");
    popup_cursor(popup, 1, 2);
    screen_compose(screen, picture, &row, &column);
    assert_whole(picture);
    assert_row(picture, 4,
               "一 +- 帮助 -----+ 十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十");
    assert_row(picture, 5,
               "一 |普通电话很长| 十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十");
    assert_row(picture, 8,
               "一 +- F12 ------+ 十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十");
    assert_int_equal(row, 6);
    assert_int_equal(column, 6);
    struct popup *confirm = popup_open(screen, -1, -1, 100, 200, "all");
    assert_int_equal(popup_count(screen), 2);
    assert_int_equal(popup_cells(confirm)->rows, SCREEN_BODY_ROWS - 2);
    assert_int_equal(popup_cells(confirm)->columns, SCREEN_COLUMNS - 2);
    screen_compose(screen, picture, &row, &column);
    assert_int_equal(row, -1); /* the cursor belongs to the youngest window */
    popup_close(popup);        /* in any order */
    popup_close(confirm);
    assert_int_equal(popup_count(screen), 0);
    screen_compose(screen, picture, &row, &column);
    assert_row(picture, 4,
               "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十");
    cells_free(picture);
    screen_free(screen);
}

static void test_tabs(void **state)
{
    (void)state;
    struct cells *cells = cells_create(1, 40, 1);
    static const struct tabs_entry tabs[] = {
        {"基本资料", false}, {"费用", true}, {"历史", false}, {"附件", false}, {"协作", false}};
    tabs_draw(cells, 0, 0, 40, tabs, 5, 0);
    assert_row(cells, 0, " [1 基本资料] !2 费用  3 历史  4 附件  >");
    cells_clear(cells);
    tabs_draw(cells, 0, 0, 24, tabs, 5, 4);
    assert_row(cells, 0, "< 4 附件 [5 协作]");
    cells_free(cells);
}

static void test_keybar(void **state)
{
    (void)state;
    struct cells *cells = cells_create(1, 23, 1);
    static const struct keybar_entry entries[] = {{"F1", "帮助", false},
                                                  {"F2", NULL, false},
                                                  {"F4", "列表", true},
                                                  {"F10", "确认", false},
                                                  {"F5", "", false}};
    assert_int_equal(keybar_draw(cells, 0, entries, 5), 3);
    assert_row(cells, 0, " F1帮助 (F4列表) F5");
    cells_free(cells);
}

static void test_progress(void **state)
{
    (void)state;
    struct cells *cells = cells_create(1, 17, 1);
    progress_draw(cells, 0, 0, 17, 45, 100);
    assert_row(cells, 0, "[####......]  45%");
    progress_draw(cells, 0, 0, 17, INT64_MAX, INT64_MAX);
    assert_row(cells, 0, "[##########] 100%");
    progress_draw(cells, 0, 0, 17, -5, 100);
    assert_row(cells, 0, "[..........]   0%");
    cells_clear(cells);
    progress_draw(cells, 0, 0, 12, 2, 0);
    assert_row(cells, 0, "[..###.....]");
    cells_free(cells);
}

static void test_charts(void **state)
{
    (void)state;
    struct cells *cells = cells_create(6, 24, 1);
    chart_bar(cells, 0, 0, 16, CELL_VALUE, 214, 214);
    assert_row(cells, 0, "################");
    chart_bar(cells, 0, 0, 16, CELL_VALUE, 1, 214);
    assert_row(cells, 0, "#"); /* something is not nothing */
    chart_bar(cells, 0, 0, 16, CELL_VALUE, 0, 214);
    assert_row(cells, 0, "");
    chart_bar(cells, 0, 0, 16, CELL_VALUE, INT64_MAX / 2, INT64_MAX);
    assert_row(cells, 0, "########");
    static const struct chart_point points[] = {{"09", 18}, {"10", 29}, {"11", 40}, {"12", 0}};
    assert_true(chart_draw(cells, 0, 0, 6, 24, CHART_COLUMNS, points, 4, NULL));
    assert_row(cells, 0, "40 |       ##");
    assert_row(cells, 1, "30 |    ## ##");
    assert_row(cells, 2, "20 | ## ## ##");
    assert_row(cells, 3, "10 | ## ## ##");
    assert_row(cells, 4, "   +--------------------");
    assert_row(cells, 5, "     09 10 11 12");
    static const struct chart_point weeks[] = {{"44", 1000}, {"45", 1050}, {"46", 1100}};
    assert_true(chart_draw(cells, 0, 0, 5, 24, CHART_LINE, weeks, 3, NULL));
    assert_row(cells, 0, "1100 |       *");
    assert_row(cells, 1, "1050 |    *");
    assert_row(cells, 2, "1000 | *");
    static const struct chart_point even[] = {{"a", -5}, {"b", -5}};
    assert_true(chart_draw(cells, 0, 0, 6, 24, CHART_LINE, even, 2, NULL));
    assert_false(chart_draw(cells, 0, 0, 3, 24, CHART_LINE, even, 2, NULL));
    static const struct chart_point huge[] = {{"a", INT64_MAX / 2}, {"b", -INT64_MAX / 4}};
    assert_false(chart_draw(cells, 0, 0, 6, 24, CHART_LINE, huge, 2, NULL));
    cells_free(cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("text is clipped by columns, nothing wide in the last one", test_clipping),
        TEST("a wide character that loses one half loses the other", test_halves),
        TEST("windows over wide text leave whole characters at every place", test_compose),
        TEST("figures that do not fit are not cut", test_aligned),
        TEST("ambiguous width is that of the line, lines are one column", test_ambiguous),
        TEST("our widths are those that curses counts with", test_widths_agree),
        TEST("the edge converts to GB18030 and keeps the width of ambiguous characters", test_edge),
        TEST("regions lie on their rows; print screen gives the text", test_regions),
        TEST("pop-ups are framed, clipped, stacked and leave no trace", test_popups),
        TEST("tabs keep the current one visible and mark faults", test_tabs),
        TEST("the key bar shows whole entries only", test_keybar),
        TEST("progress with and without a known end", test_progress),
        TEST("bars, columns and lines", test_charts),
    };
    return RUN_TESTS(tests);
}
