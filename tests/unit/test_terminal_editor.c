/* The field editor: rules by example, then random steps against a trivial model. */
#include "client/terminal/editor.h"
#include "protocol/buffer.h"
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 600000, MODEL_SIZE = 512 };

static struct editor *editor_of(int columns, int rows, size_t maximum,
                                enum editor_restriction restriction)
{
    return editor_create(&(struct editor_options){.columns = columns,
                                                  .rows = rows,
                                                  .maximum = maximum,
                                                  .restriction = restriction,
                                                  .decimals = 2,
                                                  .ambiguous = 1});
}

static enum editor_result press(struct editor *editor, enum keys_code code)
{
    return editor_key(editor, &(struct keys_event){.kind = KEYS_KEY, .code = code});
}

static enum editor_result type(struct editor *editor, uint32_t character)
{
    return editor_key(editor, &(struct keys_event){.kind = KEYS_CHARACTER, .character = character});
}

static enum editor_result type_text(struct editor *editor, const char *text)
{
    enum editor_result result = EDITOR_IGNORED;
    while (*text != '\0') {
        uint32_t character;
        text += utf8_decode(text, strlen(text), &character);
        result = type(editor, character);
    }
    return result;
}

/* The field as drawn at column 1 of a grid with guards on both sides. */
static const char *drawn(struct editor *editor, int columns, int rows, int row)
{
    static char text[1024];
    struct cells *cells = cells_create(rows, columns + 2, 1);
    cells_fill(cells, 0, 0, rows, columns + 2, CELL_PLAIN, '|');
    editor_draw(editor, cells, 0, 1, CELL_INPUT, '_');
    for (int i = 0; i < rows; i++) {
        assert_int_equal(cells_at(cells, i, 0)->character, '|');
        assert_int_equal(cells_at(cells, i, columns + 1)->character, '|');
    }
    char *line = cells_row_text(cells, row);
    snprintf(text, sizeof(text), "%s", line);
    free(line);
    cells_free(cells);
    return text;
}

static int cursor_column(struct editor *editor)
{
    int row;
    int column;
    editor_cursor(editor, &row, &column);
    return column;
}

static void test_typing(void **state)
{
    (void)state;
    struct editor *editor = editor_of(10, 1, 20, EDITOR_TEXT);
    assert_int_equal(type_text(editor, "李建国"), EDITOR_CHANGED);
    assert_string_equal(editor_text(editor), "李建国");
    assert_string_equal(drawn(editor, 10, 1, 0), "|李建国____|");
    assert_int_equal(cursor_column(editor), 6);
    press(editor, KEYS_LEFT);
    assert_int_equal(cursor_column(editor), 4);
    type(editor, 'x');
    assert_string_equal(editor_text(editor), "李建x国");
    press(editor, KEYS_BACKSPACE);
    press(editor, KEYS_BACKSPACE);
    assert_string_equal(editor_text(editor), "李国");
    press(editor, KEYS_DELETE);
    assert_string_equal(editor_text(editor), "李");
    press(editor, KEYS_HOME);
    assert_int_equal(press(editor, KEYS_LEFT), EDITOR_IGNORED);
    assert_int_equal(press(editor, KEYS_ENTER), EDITOR_IGNORED);
    assert_int_equal(press(editor, KEYS_F10), EDITOR_IGNORED);
    assert_int_equal(press(editor, KEYS_ESCAPE), EDITOR_IGNORED);
    assert_true(editor_is_changed(editor));
    editor_free(editor);
}

static void test_wide_at_the_border(void **state)
{
    (void)state;
    /* One column is left: the wide character scrolls the field, it never reaches the border. */
    struct editor *editor = editor_of(5, 1, 20, EDITOR_TEXT);
    type_text(editor, "中文a");
    assert_string_equal(drawn(editor, 5, 1, 0), "|文a__|");
    type(editor, 0x5b57);
    const char *text = drawn(editor, 5, 1, 0);
    assert_int_equal(utf8_width(text, 1), 7);
    press(editor, KEYS_HOME);
    assert_string_equal(drawn(editor, 5, 1, 0), "|中文a|");
    assert_true(editor_hidden_after(editor));
    press(editor, KEYS_DELETE);
    assert_string_equal(drawn(editor, 5, 1, 0), "|文a字|");
    editor_set_text(editor, "abc中文");
    assert_string_equal(drawn(editor, 5, 1, 0), "|abc中|");
    editor_set_text(editor, "abcd中文");
    assert_string_equal(drawn(editor, 5, 1, 0), "|abcd |");
    editor_free(editor);
}

static void test_full(void **state)
{
    (void)state;
    struct editor *editor = editor_of(6, 1, 3, EDITOR_TEXT);
    assert_int_equal(type_text(editor, "一二三"), EDITOR_CHANGED);
    assert_string_equal(drawn(editor, 6, 1, 0), "|一二三|");
    assert_int_equal(cursor_column(editor), 4);
    assert_int_equal(type(editor, 'x'), EDITOR_FULL);
    assert_string_equal(editor_text(editor), "一二三");
    press(editor, KEYS_BACKSPACE); /* the last one, not another */
    assert_string_equal(editor_text(editor), "一二");
    type(editor, 0x56db);
    press(editor, KEYS_HOME);
    press(editor, KEYS_DELETE);
    assert_string_equal(editor_text(editor), "二四");
    editor_free(editor);
}

static void test_overwrite(void **state)
{
    (void)state;
    struct editor *editor = editor_of(10, 1, 3, EDITOR_TEXT);
    type_text(editor, "abc");
    press(editor, KEYS_HOME);
    press(editor, KEYS_INSERT);
    assert_true(editor_is_overwrite(editor));
    assert_int_equal(type_text(editor, "中文"), EDITOR_CHANGED);
    assert_string_equal(editor_text(editor), "中文c");
    assert_int_equal(type_text(editor, "xy"), EDITOR_FULL);
    assert_string_equal(editor_text(editor), "中文x");
    editor_free(editor);
}

static void test_words(void **state)
{
    (void)state;
    struct editor *editor = editor_of(40, 1, 100, EDITOR_TEXT);
    editor_set_text(editor, "abc 中文 de1");
    editor_end(editor);
    press(editor, KEYS_WORD_LEFT);
    assert_int_equal(editor_position(editor), 7);
    press(editor, KEYS_WORD_LEFT);
    assert_int_equal(editor_position(editor), 4);
    press(editor, KEYS_WORD_RIGHT);
    assert_int_equal(editor_position(editor), 7);
    press(editor, KEYS_WORD_ERASE);
    assert_string_equal(editor_text(editor), "abc de1");
    press(editor, KEYS_END_ERASE);
    assert_string_equal(editor_text(editor), "abc ");
    press(editor, KEYS_FIELD_ERASE);
    assert_string_equal(editor_text(editor), "");
    editor_free(editor);
}

static void test_restrictions(void **state)
{
    (void)state;
    static const struct {
        enum editor_restriction restriction;
        const char *typed;
        const char *kept;
    } cases[] = {
        {EDITOR_DIGITS, "12a-3中4", "1234"},
        {EDITOR_DIGITS, "１２３", "123"},
        {EDITOR_INTEGER, "-1-2.3", "-123"},
        {EDITOR_DECIMAL, "-12.3.45", "-12.34"},
        {EDITOR_DECIMAL, "1。5x", "1.5"},
        {EDITOR_DATE, "2026-11-21 x", "2026-11-21"},
        {EDITOR_TIME, "11-21 09:14x", "11-21 09:14"},
        {EDITOR_CODE, "or-8 8中ｘ", "OR-88X"},
        {EDITOR_ASCII, "a b中é~", "a b~"},
        {EDITOR_TELEPHONE, "(010) 6553-8812x", "(010) 6553-8812"},
        {EDITOR_TEXT, "a\033\a中", "a中"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct editor *editor = editor_of(30, 1, 30, cases[i].restriction);
        type_text(editor, cases[i].typed);
        assert_string_equal(editor_text(editor), cases[i].kept);
        editor_free(editor);
    }
    struct editor *editor = editor_of(30, 1, 30, EDITOR_DECIMAL);
    type_text(editor, "12.34");
    assert_int_equal(type(editor, '5'), EDITOR_REFUSED);
    press(editor, KEYS_HOME);
    assert_int_equal(type(editor, '9'), EDITOR_CHANGED);
    assert_int_equal(type(editor, '-'), EDITOR_REFUSED);
    press(editor, KEYS_HOME);
    assert_int_equal(type(editor, '-'), EDITOR_CHANGED);
    press(editor, KEYS_HOME);
    assert_int_equal(type(editor, '1'), EDITOR_REFUSED);
    assert_string_equal(editor_text(editor), "-912.34");
    editor_free(editor);
}

static void test_paste(void **state)
{
    (void)state;
    struct editor *editor = editor_of(30, 1, 30, EDITOR_DECIMAL);
    editor_insert(editor, "1,286.00");
    assert_string_equal(editor_text(editor), "1286.00");
    editor_free(editor);
    editor = editor_of(30, 1, 10, EDITOR_TEXT);
    assert_int_equal(editor_insert(editor, "一\n二\t三"), EDITOR_CHANGED);
    assert_string_equal(editor_text(editor), "一 二 三");
    assert_int_equal(editor_insert(editor, "0123456789"), EDITOR_FULL);
    assert_int_equal(editor_length(editor), 10);
    editor_free(editor);
}

static void test_select_all(void **state)
{
    (void)state;
    struct editor *editor = editor_of(10, 1, 10, EDITOR_DIGITS);
    editor_set_text(editor, "123");
    editor_select_all(editor);
    assert_int_equal(type(editor, 'x'), EDITOR_REFUSED);
    assert_string_equal(editor_text(editor), "123");
    type(editor, '9');
    assert_string_equal(editor_text(editor), "9");
    editor_set_text(editor, "123");
    editor_select_all(editor);
    press(editor, KEYS_END);
    type(editor, '4');
    assert_string_equal(editor_text(editor), "1234");
    editor_free(editor);
}

static void test_memo(void **state)
{
    (void)state;
    struct editor *editor = editor_of(6, 3, 100, EDITOR_TEXT);
    type_text(editor, "一二三四ab");
    assert_string_equal(drawn(editor, 6, 3, 0), "|一二三|");
    assert_string_equal(drawn(editor, 6, 3, 1), "|四ab__|");
    assert_int_equal(press(editor, KEYS_NEW_LINE), EDITOR_CHANGED);
    type_text(editor, "x");
    assert_string_equal(editor_text(editor), "一二三四ab\nx");
    assert_string_equal(drawn(editor, 6, 3, 2), "|x_____|");
    int row;
    int column;
    editor_cursor(editor, &row, &column);
    assert_int_equal(row, 2);
    assert_int_equal(column, 1);
    press(editor, KEYS_UP);
    press(editor, KEYS_END);
    type(editor, '!');
    assert_string_equal(editor_text(editor), "一二三四ab!\nx");
    press(editor, KEYS_UP);
    editor_cursor(editor, &row, &column);
    assert_int_equal(row, 0);
    assert_int_equal(column, 4); /* the boundary before column 5 */
    assert_int_equal(press(editor, KEYS_UP), EDITOR_IGNORED);
    press(editor, KEYS_DOWN);
    press(editor, KEYS_DOWN);
    assert_int_equal(press(editor, KEYS_DOWN), EDITOR_IGNORED);
    type_text(editor, "y\n");
    press(editor, KEYS_NEW_LINE);
    type_text(editor, "zz");
    assert_true(editor_hidden_before(editor));
    assert_string_equal(drawn(editor, 6, 3, 2), "|zz____|");
    editor_home(editor);
    assert_string_equal(drawn(editor, 6, 3, 0), "|一二三|");
    assert_true(editor_hidden_after(editor));
    editor_free(editor);
}

static void test_secret(void **state)
{
    (void)state;
    struct editor *editor = editor_create(
        &(struct editor_options){.columns = 10, .rows = 1, .maximum = 20, .secret = true});
    type_text(editor, "pass中");
    assert_string_equal(drawn(editor, 10, 1, 0), "|__________|");
    assert_int_equal(cursor_column(editor), 0);
    assert_string_equal(editor_text(editor), "pass中");
    editor_free(editor);
}

static void test_ambiguous(void **state)
{
    (void)state;
    struct editor *editor = editor_create(
        &(struct editor_options){.columns = 6, .rows = 1, .maximum = 20, .ambiguous = 2});
    type_text(editor, "“a”");
    assert_int_equal(cursor_column(editor), 5);
    editor_free(editor);
}

static void test_combining(void **state)
{
    (void)state;
    struct editor *editor = editor_of(6, 1, 20, EDITOR_TEXT);
    editor_set_text(editor, "e\xcc\x81x");
    press(editor, KEYS_RIGHT);
    assert_int_equal(editor_position(editor), 2);
    assert_int_equal(cursor_column(editor), 1);
    assert_string_equal(drawn(editor, 6, 1, 0), "|e\xcc\x81x____|");
    press(editor, KEYS_HOME);
    press(editor, KEYS_DELETE);
    assert_string_equal(editor_text(editor), "x");
    editor_free(editor);
}

/* --- against a model ------------------------------------------------------------------------- */

struct model {
    uint32_t text[MODEL_SIZE];
    size_t length;
    size_t cursor;
    size_t maximum;
    bool overwrite;
};

static void model_put(struct model *model, uint32_t character, bool memo)
{
    if (model->overwrite && model->cursor < model->length && model->text[model->cursor] != '\n' &&
        character != '\n') {
        model->text[model->cursor++] = character;
        return;
    }
    (void)memo;
    if (model->length >= model->maximum)
        return;
    for (size_t i = model->length; i > model->cursor; i--)
        model->text[i] = model->text[i - 1];
    model->text[model->cursor++] = character;
    model->length++;
}

static void model_cut(struct model *model, size_t at)
{
    for (size_t i = at; i + 1 < model->length; i++)
        model->text[i] = model->text[i + 1];
    model->length--;
    model->cursor = at;
}

static uint64_t seed = 600000;

static unsigned random_below(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % limit;
}

/* What is on the screen must be whole characters of the text, beginning at some boundary, with
 * the cursor on the character the model says. */
static void check_line(struct editor *editor, const struct model *model, int columns)
{
    struct cells *cells = cells_create(1, columns + 2, 1);
    cells_fill(cells, 0, 0, 1, columns + 2, CELL_PLAIN, '|');
    editor_draw(editor, cells, 0, 1, CELL_INPUT, '_');
    assert_int_equal(cells_at(cells, 0, 0)->character, '|');
    assert_int_equal(cells_at(cells, 0, columns + 1)->character, '|');
    int column = cursor_column(editor);
    assert_true(column >= 0 && column < columns);
    /* Walk back from the cursor to find the first character shown. */
    size_t first = model->cursor;
    int width = 0;
    while (first > 0 && width < column) {
        first--;
        width += cells_character_columns(model->text[first], 1);
    }
    int total = 0;
    for (size_t i = 0; i < model->length; i++)
        total += cells_character_columns(model->text[i], 1);
    /* A field filled to the brim does not scroll for the cursor behind it. */
    if (model->cursor == model->length && model->length == model->maximum && total == columns)
        first = 0;
    else
        assert_int_equal(width, column);
    int at = 1;
    for (size_t i = first; i < model->length; i++) {
        int wide = cells_character_columns(model->text[i], 1);
        if (at + wide > columns + 1)
            break;
        assert_int_equal(cells_at(cells, 0, at)->character, model->text[i]);
        assert_int_equal(cells_at(cells, 0, at)->columns, wide);
        if (wide == 2)
            assert_int_equal(cells_at(cells, 0, at + 1)->columns, 0);
        at += wide;
    }
    for (; at <= columns; at++) {
        uint32_t character = cells_at(cells, 0, at)->character;
        assert_true(character == '_' || character == ' ');
    }
    cells_free(cells);
}

/* A memo shows whole rows of the text, none wider than the field, and the cursor inside. */
static void check_memo(struct editor *editor, const struct model *model, int columns, int rows)
{
    struct cells *cells = cells_create(rows, columns, 1);
    editor_draw(editor, cells, 0, 0, CELL_INPUT, '_');
    int row;
    int column;
    editor_cursor(editor, &row, &column);
    assert_true(row >= 0 && row < rows && column >= 0 && column < columns);
    uint32_t here = model->cursor < model->length ? model->text[model->cursor] : 0;
    const struct cell *cell = cells_at(cells, row, column);
    if (here == 0 || here == '\n') {
        uint32_t before = model->cursor > 0 ? model->text[model->cursor - 1] : 0;
        bool full = before != 0 && column + cells_character_columns(before, 1) == columns;
        assert_true(cell->character == '_' || (full && cell->character == before));
    } else
        assert_int_equal(cell->character, here);
    cells_free(cells);
}

static void fuzz(int steps, int rows)
{
    static const uint32_t alphabet[] = {'a',    'Z',    ' ',     '1',   0x4e2d,
                                        0x6587, 0x56fd, 0x20000, 0xff0c};
    struct editor *editor = NULL;
    struct model model = {0};
    int columns = 0;
    for (int step = 0; step < steps; step++) {
        if (step % 2000 == 0) {
            editor_free(editor);
            columns = 2 + (int)random_below(30);
            model = (struct model){.maximum = 1 + random_below(120)};
            editor = editor_of(columns, rows, model.maximum, EDITOR_TEXT);
        }
        uint32_t character = alphabet[random_below(sizeof(alphabet) / sizeof(alphabet[0]))];
        switch (random_below(14)) {
        case 0:
        case 1:
            press(editor, KEYS_LEFT);
            model.cursor -= model.cursor > 0;
            break;
        case 2:
            press(editor, KEYS_RIGHT);
            model.cursor += model.cursor < model.length;
            break;
        case 3:
            editor_home(editor);
            model.cursor = 0;
            break;
        case 4:
            editor_end(editor);
            model.cursor = model.length;
            break;
        case 5:
        case 6:
            press(editor, KEYS_BACKSPACE);
            if (model.cursor > 0)
                model_cut(&model, model.cursor - 1);
            break;
        case 7:
            press(editor, KEYS_DELETE);
            if (model.cursor < model.length)
                model_cut(&model, model.cursor);
            break;
        case 8:
            if (random_below(8) == 0) {
                press(editor, KEYS_INSERT);
                model.overwrite = !model.overwrite;
            }
            break;
        case 9:
            if (rows > 1) {
                press(editor, random_below(2) == 0 ? KEYS_UP : KEYS_DOWN);
                model.cursor = editor_position(editor);
                break;
            }
            /* fall through */
        case 10:
            if (rows > 1 && random_below(4) == 0) {
                press(editor, KEYS_NEW_LINE);
                model_put(&model, '\n', true);
                break;
            }
            /* fall through */
        default:
            type(editor, character);
            model_put(&model, character, rows > 1);
            break;
        }
        assert_int_equal(editor_length(editor), model.length);
        assert_int_equal(editor_position(editor), model.cursor);
        if (rows == 1)
            check_line(editor, &model, columns);
        else
            check_memo(editor, &model, columns, rows);
        if (step % 16 == 0) {
            const char *text = editor_text(editor);
            for (size_t i = 0; i < model.length; i++) {
                uint32_t kept;
                text += utf8_decode(text, strlen(text), &kept);
                assert_int_equal(kept, model.text[i]);
            }
            assert_int_equal(*text, '\0');
        }
    }
    editor_free(editor);
}

static void test_fuzz_line(void **state)
{
    (void)state;
    fuzz(STEPS * 3 / 4, 1);
}

static void test_fuzz_memo(void **state)
{
    (void)state;
    fuzz(STEPS / 4, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("Han text is typed, moved through and deleted by characters", test_typing),
        TEST("a wide character never reaches over the border of a field", test_wide_at_the_border),
        TEST("a full field refuses more and deletes the right character", test_full),
        TEST("overwriting replaces characters of any width", test_overwrite),
        TEST("words of Latin and Han text", test_words),
        TEST("fields take only what their kind allows, full-width forms as ASCII",
             test_restrictions),
        TEST("pasted text is data: breaks become spaces, separators go", test_paste),
        TEST("the first character replaces a selected value", test_select_all),
        TEST("a memo wraps, breaks lines and scrolls", test_memo),
        TEST("a secret is not echoed", test_secret),
        TEST("ambiguous characters count as the line shows them", test_ambiguous),
        TEST("combining marks stay with their character", test_combining),
        TEST("450,000 random steps in a line agree with a model", test_fuzz_line),
        TEST("150,000 random steps in a memo agree with a model", test_fuzz_memo),
    };
    return RUN_TESTS(tests);
}
