/* The terminal layer on real lines: what an operator sees on UTF-8 and GB18030 terminals, what
 * keys do, how many bytes it costs, and how the line is left behind. */
#include "tests/screen/pty_screen.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>

enum { CURSOR_ROW = 4 /* of the first field */, LATENCY = 100 /* ms */ };

static char demo[4096];

static struct pty_screen *start(const char *type, const char *charset, const char *option,
                                bool gb18030)
{
    char *arguments[] = {demo, (char *)(uintptr_t)option, NULL};
    return pty_screen_start(&(struct pty_screen_options){
        .arguments = arguments, .type = type, .charset = charset, .gb18030 = gb18030});
}

/* Waits until the program is idle: it echoes a harmless key. */
static bool settled(struct pty_screen *screen)
{
    return pty_screen_wait_row(screen, 24, "F12取消");
}

static size_t bytes_since_mark(struct pty_screen *screen)
{
    size_t length;
    pty_screen_bytes(screen, &length);
    return length;
}

static void finish(struct pty_screen *screen, const char *what)
{
    pty_screen_keys(screen, "F3");
    ok(pty_screen_wait_exit(screen) == 0, "%s: the program ends in order", what);
    pty_screen_free(screen);
}

/* --- what is seen ---------------------------------------------------------------------------- */

static void test_looks(void)
{
    static const char *const types[] = {"xterm", "vt100", "vt220", "linux", "putty", "screen"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct pty_screen *screen = start(types[i], "C.UTF-8", NULL, false);
        bool same = settled(screen) && pty_screen_golden(screen, "terminal-form");
        ok(same, "%s: the form is drawn, boxes are whole", types[i]);
        finish(screen, types[i]);
    }
    struct pty_screen *screen = start("xterm", "zh_CN.GB18030", NULL, true);
    bool same = settled(screen) && pty_screen_golden(screen, "terminal-form-gb18030");
    ok(same, "GB18030: the form is drawn, ambiguous characters take two columns, boxes one");
    pty_screen_keys(screen, "F4");
    pty_screen_wait_text(screen, "来电显示");
    ok(pty_screen_golden(screen, "terminal-list-gb18030"), "GB18030: a list over the form");
    pty_screen_keys(screen, "F12");
    pty_screen_wait_no_text(screen, "来电显示");
    pty_screen_keys(screen, "End");
    pty_screen_type(screen, "王中军𠀀");
    ok(pty_screen_wait_text(screen, "李建国王中军𠀀"), "GB18030: what is typed is shown");
    finish(screen, "GB18030");
    screen = start("xterm", "C.UTF-8", "-a", false);
    same = settled(screen) && pty_screen_golden(screen, "terminal-form") &&
           pty_screen_cell(screen, 12, 1).character == '+';
    ok(same, "a line without line drawing gets + - |");
    finish(screen, "ASCII boxes");
}

static void test_attributes(void)
{
    struct pty_screen *screen = start("xterm", "C.UTF-8", NULL, false);
    settled(screen);
    ok(strncmp(pty_screen_attributes(screen, 1), "rrrr", 4) == 0 &&
           pty_screen_attributes(screen, 4)[6] == 'u',
       "title and fields differ by attribute, not by colour alone");
    struct pty_screen_cell fault = pty_screen_cell(screen, 3, 11);
    ok(fault.character == '!' && fault.reverse,
       "a fault carries a sign of its own besides the attribute");
    finish(screen, "attributes");
}

/* --- bytes and latency ----------------------------------------------------------------------- */

static void test_bytes(void)
{
    struct pty_screen *screen = start("xterm", "C.UTF-8", NULL, false);
    settled(screen);
    size_t paint = bytes_since_mark(screen);
    pty_screen_keys(screen, "End");
    pty_screen_wait_cursor(screen, CURSOR_ROW, 13);
    pty_screen_mark(screen);
    int64_t began = pty_screen_now();
    pty_screen_type(screen, "王");
    pty_screen_wait_cursor(screen, CURSOR_ROW, 15);
    int64_t latency = pty_screen_now() - began;
    size_t character = bytes_since_mark(screen);
    pty_screen_mark(screen);
    pty_screen_type(screen, "abcdefghijkl");
    pty_screen_wait_text(screen, "cdefghijkl");
    pty_screen_wait_cursor(screen, CURSOR_ROW, 21);
    size_t burst = bytes_since_mark(screen);
    pty_screen_mark(screen);
    pty_screen_keys(screen, "Tab");
    pty_screen_wait_cursor(screen, CURSOR_ROW, 46);
    size_t tab = bytes_since_mark(screen);
    pty_screen_mark(screen);
    pty_screen_keys(screen, "F4");
    pty_screen_wait_text(screen, "数字选择");
    pty_screen_wait_cursor(screen, 8, 22);
    size_t popup = bytes_since_mark(screen);
    printf("# first paint %zu, character %zu, burst of 12 %zu, tab %zu, pop-up %zu bytes; "
           "echo %lld ms\n",
           paint, character, burst, tab, popup, (long long)latency);
    ok(paint <= 1600, "first paint of a dense form and a chart costs 1,600 bytes at most");
    ok(character <= 14, "a character typed costs 14 bytes at most");
    ok(tab <= 8, "a tab costs 8 bytes at most");
    ok(burst <= 48, "reading repaints nothing: a burst of 12 characters, scrolling the field, "
                    "costs 48 bytes at most");
    ok(popup <= 550, "a pop-up costs 550 bytes at most");
    ok(latency <= LATENCY, "the echo comes within %d ms", LATENCY);
    pty_screen_keys(screen, "F12");
    finish(screen, "bytes");
}

/* --- keys ------------------------------------------------------------------------------------ */

static void test_keys(void)
{
    struct pty_screen *screen = start("xterm", "C.UTF-8", NULL, false);
    settled(screen);
    pty_screen_keys(screen, "End");
    pty_screen_send(screen, "\xff\xe4", 2);
    pty_screen_type(screen, "abcdefghijklmnopqrstuvwxyz");
    pty_screen_keys(screen, "F12");
    ok(pty_screen_wait_text(screen, "key F12") && pty_screen_contains(screen, "yz"),
       "a stray byte swallows none of the keys behind it");
    pty_screen_keys(screen, "FieldErase");
    pty_screen_type(screen, "xy\b\177z");
    ok(pty_screen_wait_row(screen, CURSOR_ROW, "客户 z_"), "both ^H and DEL erase");
    pty_screen_type(screen, "\033[99~\033[?62;1c\033]0;t\a");
    pty_screen_type(screen, "w");
    ok(pty_screen_wait_row(screen, CURSOR_ROW, "客户 zw_"), "unknown sequences are swallowed");
    pty_screen_keys(screen, "FieldErase");
    pty_screen_paste(screen, "abc\rdef\t\033[24~g");
    ok(pty_screen_wait_row(screen, CURSOR_ROW, "客户 abc def g_"),
       "a paste is data, its Enter and its function keys do nothing");
    pty_screen_type(screen, "\r");
    ok(pty_screen_wait_cursor(screen, CURSOR_ROW, 46), "Enter goes to the next field");
    pty_screen_keys(screen, "F4");
    pty_screen_wait_text(screen, "数字选择");
    pty_screen_type(screen, "j");
    pty_screen_wait_no_text(screen, "普通电话");
    pty_screen_keys(screen, "Enter");
    ok(pty_screen_wait_row(screen, 22, "chosen ADSL"), "pinyin initials filter a list of values");
    pty_screen_keys(screen, "F4");
    pty_screen_type(screen, "3");
    ok(pty_screen_wait_row(screen, 22, "chosen CID"), "a digit picks");
    pty_screen_keys(screen, "Alt-3");
    ok(pty_screen_wait_row(screen, 22, "key Alt-3"), "Alt and a digit");
    pty_screen_send(screen, "\023\021", 2);
    pty_screen_keys(screen, "Duplicate");
    ok(pty_screen_wait_row(screen, 22, "key Duplicate"), "Ctrl-S stops nothing");
    pty_screen_keys(screen, "Hold");
    ok(pty_screen_wait_row(screen, 22, "key Hold"), "hold has a key");
    finish(screen, "keys");
}

static void test_typeahead(void)
{
    struct pty_screen *screen = start("xterm", "C.UTF-8", NULL, false);
    settled(screen);
    pty_screen_keys(screen, "FieldErase F5");
    pty_screen_type(screen, "ab\t\02512\b3");
    pty_screen_wait_row(screen, 22, "waiting");
    ok(!pty_screen_contains(screen, "客户 ab"), "type-ahead waits while the server is asked");
    kill(pty_screen_process(screen), SIGUSR1);
    ok(pty_screen_wait_row(screen, 22, "answered") &&
           pty_screen_wait_row(screen, CURSOR_ROW, "客户 ab_") &&
           pty_screen_wait_row(screen, CURSOR_ROW, "证件 13"),
       "and is resolved in order after the answer");
    pty_screen_type(screen, "\033[19~\033OR"); /* F8 and F3, in one piece */
    ok(pty_screen_wait_row(screen, 22, "discarded") && settled(screen),
       "an error throws type-ahead away: the F3 behind it closed nothing");
    finish(screen, "type-ahead");
}

static void test_vt100(void)
{
    struct pty_screen *screen = start("vt100", "C.UTF-8", NULL, false);
    settled(screen);
    static const char *const twins = "1256790-=";
    static const char *const names[] = {"F1", "F2", "F5", "F6", "F7", "F9", "F10", "F11", "F12"};
    bool all = true;
    for (size_t i = 0; i < strlen(twins); i++) {
        char text[16];
        char keys[3] = {'\033', twins[i], '\0'};
        if (twins[i] == '5' || twins[i] == '-')
            continue; /* the demo asks and prints with these */
        snprintf(text, sizeof(text), "key %s", names[i]);
        pty_screen_type(screen, keys);
        all = pty_screen_wait_row(screen, 22, text) && all;
    }
    ok(all, "vt100: Esc and a digit stand for function keys it does not have");
    pty_screen_keys(screen, "End");
    pty_screen_type(screen, "\001\030"); /* Ctrl-A, Ctrl-X: Home and Del */
    ok(pty_screen_wait_row(screen, CURSOR_ROW, "客户 建国_"), "vt100: Home and Del have controls");
    finish(screen, "vt100");
}

/* Random keys in a scrolling field: what stands around it must stay as it is, and no wide
 * character may be cut or reach over the border. */
static void test_random_keys(void)
{
    static const char *const inputs[] = {"中",      "文",     "国",      "a",        "é",
                                         "，",      "\033[D", "\033[C",  "\033[H",   "\033[F",
                                         "\033[3~", "\177",   "\033[2~", "\033[1;5D"};
    struct pty_screen *screen = start("xterm", "C.UTF-8", NULL, false);
    settled(screen);
    uint32_t seed = 1000;
    bool whole = true;
    for (int round = 0; round < 100 && whole; round++) {
        for (int i = 0; i < 30; i++) {
            seed = seed * 1664525u + 1013904223u;
            pty_screen_type(screen, inputs[(seed >> 16) % (sizeof(inputs) / sizeof(inputs[0]))]);
        }
        /* Two keys by turns tell that everything before them was worked off. */
        pty_screen_keys(screen, round % 2 == 0 ? "F1" : "F2");
        whole = pty_screen_wait_row(screen, 22, round % 2 == 0 ? "key F1" : "key F2") &&
                strstr(pty_screen_row(screen, CURSOR_ROW), "              证件 1101") != NULL &&
                strncmp(pty_screen_row(screen, CURSOR_ROW), " 客户 ", strlen(" 客户 ")) == 0;
        for (int column = 7; column <= 26 && whole; column++) {
            struct pty_screen_cell cell = pty_screen_cell(screen, CURSOR_ROW, column);
            struct pty_screen_cell next = pty_screen_cell(screen, CURSOR_ROW, column + 1);
            whole = cell.columns != 2 || (column < 26 && next.columns == 0);
        }
    }
    if (!whole)
        printf("# |%s|\n", pty_screen_row(screen, CURSOR_ROW));
    ok(whole, "3,000 random keys in a scrolling field of Han text damage nothing");
    finish(screen, "random keys");
}

/* --- the line -------------------------------------------------------------------------------- */

static void test_probe(void)
{
    static const struct {
        const char *charset;
        bool gb18030;
        const char *expected;
        const char *what;
    } cases[] = {
        {"C.UTF-8", false, "probe agrees, ambiguous 1", "a UTF-8 program on a UTF-8 terminal"},
        {"zh_CN.GB18030", true, "probe agrees, ambiguous 2", "GB18030 on GB18030"},
        {"C.UTF-8", true, "probe mismatch", "UTF-8 on a GB18030 terminal is found out"},
        {"zh_CN.GB18030", false, "probe mismatch", "GB18030 on a UTF-8 terminal is found out"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pty_screen *screen = start("xterm", cases[i].charset, "-p", cases[i].gb18030);
        ok(pty_screen_wait_text(screen, cases[i].expected), "probe: %s", cases[i].what);
        pty_screen_free(screen);
    }
    struct pty_screen *screen = start("xterm", "zh_CN.GB18030", NULL, true);
    ok(pty_screen_wait_row(screen, 1, "GB18030"), "the encoding stands in the title row");
    pty_screen_free(screen);
}

static void test_resize(void)
{
    struct pty_screen *screen = start("xterm", "C.UTF-8", NULL, false);
    settled(screen);
    pty_screen_resize(screen, 30, 100);
    ok(pty_screen_wait_row(screen, 30, "F12取消") && pty_screen_wait_no_text(screen, "??"),
       "a larger window grows the body");
    pty_screen_resize(screen, 24, 80);
    ok(settled(screen) && pty_screen_golden(screen, "terminal-form"), "and back");
    pty_screen_resize(screen, 10, 40);
    ok(pty_screen_wait_row(screen, 1, "Halldesk"), "a window below the floor shows what fits");
    finish(screen, "resize");
}

static bool line_is_cooked(const struct pty_screen *screen)
{
    struct termios settings;
    return tcgetattr(pty_screen_descriptor(screen), &settings) == 0 &&
           (settings.c_lflag & (tcflag_t)(ICANON | ECHO | ISIG)) ==
               (tcflag_t)(ICANON | ECHO | ISIG);
}

static void test_end(void)
{
    struct pty_screen *screen = start("xterm", "C.UTF-8", NULL, false);
    settled(screen);
    ok(!line_is_cooked(screen), "the line is raw while the program runs");
    kill(pty_screen_process(screen), SIGTERM);
    ok(pty_screen_wait_exit(screen) == 0 && line_is_cooked(screen) &&
           pty_screen_cursor_visible(screen) && !pty_screen_contains(screen, "Halldesk"),
       "SIGTERM ends the program and restores the line");
    pty_screen_free(screen);
    screen = start("xterm", "C.UTF-8", NULL, false);
    settled(screen);
    pty_screen_hang_up(screen);
    ok(pty_screen_wait_exit(screen) == 0, "a line that hangs up ends the program");
    pty_screen_free(screen);
    screen = start("xterm", "C.UTF-8", "-n", false);
    settled(screen);
    pty_screen_hang_up(screen);
    ok(pty_screen_wait_exit(screen) == 0, "a lost line does not spin when SIGHUP never arrives");
    pty_screen_free(screen);
    screen = start("no-such-terminal", "C.UTF-8", NULL, false);
    ok(pty_screen_wait_exit(screen) == 3 && pty_screen_contains(screen, "terminal fault 2") &&
           line_is_cooked(screen),
       "an unknown terminal type is refused and the line left as it was");
    pty_screen_free(screen);
}

int main(void)
{
    const char *build = getenv("top_builddir");
    snprintf(demo, sizeof(demo), "%s/tests/screen/terminal_demo", build == NULL ? "." : build);
    test_looks();
    test_attributes();
    test_bytes();
    test_keys();
    test_typeahead();
    test_vt100();
    test_random_keys();
    test_probe();
    test_resize();
    test_end();
    return done_testing();
}
