/* The bytes of a line themselves: escape timing, GB18030, line drawing, printing through the
 * terminal. libvterm takes no part. */
#include "tests/screen/pty_screen.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char demo[4096];

static struct pty_screen *start(const char *type, const char *charset, char *const *options)
{
    char *arguments[8] = {demo};
    for (size_t i = 0; options != NULL && options[i] != NULL && i < 6; i++)
        arguments[i + 1] = options[i];
    return pty_screen_start(&(struct pty_screen_options){
        .arguments = arguments, .type = type, .charset = charset, .raw = true});
}

static bool wait_bytes(struct pty_screen *screen, const char *bytes)
{
    return pty_screen_wait_bytes(screen, bytes, strlen(bytes));
}

static bool has_bytes(struct pty_screen *screen, const char *bytes)
{
    size_t length;
    const uint8_t *received = pty_screen_bytes(screen, &length);
    return length > 0 && memmem(received, length, bytes, strlen(bytes)) != NULL;
}

/* Lets this much time pass on the line: what is tested here is time itself. */
static void pass(struct pty_screen *screen, int64_t milliseconds)
{
    int64_t end = pty_screen_now() + milliseconds;
    while (pty_screen_now() < end)
        pty_screen_pump(screen, (int)(end - pty_screen_now()));
}

static void test_escape_timing(void)
{
    static const int delays[] = {25, 400};
    for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
        char delay[16];
        snprintf(delay, sizeof(delay), "%d", delays[i]);
        struct pty_screen *screen = start("xterm", "C.UTF-8", (char *[]){"-e", delay, NULL});
        wait_bytes(screen, "F12");
        pty_screen_mark(screen);
        int64_t began = pty_screen_now();
        pty_screen_type(screen, "\033");
        wait_bytes(screen, "Escape");
        int64_t took = pty_screen_now() - began;
        printf("# a lone Esc with a delay of %d ms took %lld ms\n", delays[i], (long long)took);
        ok(took >= delays[i] - 1 && took < delays[i] + 500,
           "a lone Esc is told after the delay of the line, %d ms", delays[i]);
        pty_screen_free(screen);
    }
    struct pty_screen *screen = start("xterm", "C.UTF-8", (char *[]){"-e", "25", NULL});
    wait_bytes(screen, "F12");
    pty_screen_mark(screen);
    pty_screen_type(screen, "\033");
    wait_bytes(screen, "Escape"); /* the delay is over, the rest of F12 comes only now */
    pass(screen, 100);
    pty_screen_mark(screen);
    pty_screen_type(screen, "[24~");
    bool told = wait_bytes(screen, "F12");
    ok(told && !has_bytes(screen, "24~"), "an F12 that the line splits is F12, not text");
    pty_screen_type(screen, "\033[2");
    pass(screen, 40);
    pty_screen_mark(screen);
    pty_screen_type(screen, "1~");
    ok(wait_bytes(screen, "0") && !has_bytes(screen, "~"), "split further on it is F10");
    pty_screen_mark(screen);
    pty_screen_type(screen, "\033");
    wait_bytes(screen, "Escape");
    pass(screen, 300);
    pty_screen_type(screen, "=");
    ok(wait_bytes(screen, "F12"), "Esc and = typed one after the other are F12");
    pty_screen_free(screen);
    screen = start("xterm", "C.UTF-8", NULL);
    wait_bytes(screen, "F12");
    pty_screen_keys(screen, "FieldErase");
    pty_screen_mark(screen);
    pty_screen_send(screen, "\xe4\xb8", 2);
    pass(screen, 600);
    pty_screen_send(screen, "\xadx", 2);
    bool shown = wait_bytes(screen, "x");
    ok(shown && !has_bytes(screen, "\xe4\xb8\xad"), "half a character is dropped after 200 ms");
    pty_screen_free(screen);
}

static void test_gb18030(void)
{
    struct pty_screen *screen = start("xterm", "zh_CN.GB18030", NULL);
    wait_bytes(screen, "F12");
    ok(has_bytes(screen, "\xd3\xaa\xd2\xb5\xc7\xb0\xcc\xa8") && !has_bytes(screen, "营业"),
       "a GB18030 line gets GB18030 without any such locale on the machine");
    ok(has_bytes(screen, "\xa1\xb0\xd3\xc5\xbb\xdd\xa1\xb1"),
       "ambiguous characters come as themselves");
    ok(has_bytes(screen, "\033(0") && !has_bytes(screen, "\xa9\xa4"),
       "boxes come from the line-drawing set, not as two-column characters");
    pty_screen_keys(screen, "End");
    pty_screen_mark(screen);
    pty_screen_send(screen, "\xcd\xf5", 2);
    ok(pty_screen_wait_bytes(screen, "\xcd\xf5", 2), "a character typed is echoed");
    pty_screen_send(screen, "\x95", 1); /* four bytes in four pieces */
    pass(screen, 30);
    pty_screen_send(screen, "\x32", 1);
    pass(screen, 30);
    pty_screen_send(screen, "\x82", 1);
    pass(screen, 30);
    pty_screen_send(screen, "\x36", 1);
    ok(pty_screen_wait_bytes(screen, "\x95\x32\x82\x36", 4), "one of four bytes as well");
    pty_screen_mark(screen);
    pty_screen_send(screen, "\xff\x80", 2);
    pty_screen_type(screen, "\033[24~");
    ok(wait_bytes(screen, "F12"), "stray bytes swallow no function key");
    pty_screen_free(screen);
}

static void test_boxes(void)
{
    struct pty_screen *screen = start("linux", "C.UTF-8", NULL);
    wait_bytes(screen, "F12");
    ok(has_bytes(screen, "─") && !has_bytes(screen, "\033[11m"),
       "linux ignores the line-drawing set in UTF-8 and gets Unicode boxes");
    pty_screen_free(screen);
    screen = start("linux", "C.UTF-8", (char *[]){"-2", NULL});
    wait_bytes(screen, "F12");
    ok(has_bytes(screen, "-----") && !has_bytes(screen, "─"),
       "but not where they would be two columns wide");
    pty_screen_free(screen);
}

static void test_printing(void)
{
    struct pty_screen *screen = start("vt220", "zh_CN.GB18030", (char *[]){"-l", NULL});
    wait_bytes(screen, "F12");
    pty_screen_mark(screen);
    pty_screen_keys(screen, "F11");
    ok(wait_bytes(screen, "\033[5i\xb7\xa2\xc6\xb1 100.00\r\n\033[4i"),
       "print-through goes out in GB18030 between its brackets");
    ok(wait_bytes(screen, "printed"), "and the screen goes on");
    pty_screen_free(screen);
    static const char *const types[] = {"linux", "putty", "screen"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        screen = start(types[i], "C.UTF-8", (char *[]){"-l", NULL});
        wait_bytes(screen, "F12");
        pty_screen_keys(screen, "F11");
        ok(wait_bytes(screen, "no printer") && !has_bytes(screen, "100.00"),
           "%s has no print-through, and nothing is sent", types[i]);
        pty_screen_free(screen);
    }
    screen = start("vt220", "C.UTF-8", NULL);
    wait_bytes(screen, "F12");
    pty_screen_keys(screen, "F11");
    ok(wait_bytes(screen, "no printer"), "it is used only where the line says so");
    pty_screen_free(screen);
}

static void test_silent_probe(void)
{
    struct pty_screen *screen = start("xterm", "C.UTF-8", (char *[]){"-p", NULL});
    ok(wait_bytes(screen, "silent"), "a terminal that does not answer the probe is told apart");
    pty_screen_mark(screen);
    pty_screen_type(screen, "\033[1;5R");
    pty_screen_keys(screen, "F12");
    ok(wait_bytes(screen, "F12") && !has_bytes(screen, "F3"), "an answer too late is no key");
    pty_screen_free(screen);
}

static void test_paste_request(void)
{
    struct pty_screen *screen = start("xterm", "C.UTF-8", NULL);
    wait_bytes(screen, "F12");
    bool on = has_bytes(screen, "\033[?2004h");
    pty_screen_keys(screen, "F3");
    ok(on && wait_bytes(screen, "\033[?2004l"), "bracketed paste is asked for and given back");
    pty_screen_free(screen);
    screen = start("vt100", "C.UTF-8", NULL);
    wait_bytes(screen, "F12");
    ok(!has_bytes(screen, "2004"), "a vt100 is not asked for what it would show as rubbish");
    pty_screen_free(screen);
}

int main(void)
{
    const char *build = getenv("top_builddir");
    snprintf(demo, sizeof(demo), "%s/tests/screen/terminal_demo", build == NULL ? "." : build);
    test_escape_timing();
    test_gb18030();
    test_boxes();
    test_printing();
    test_silent_probe();
    test_paste_request();
    return done_testing();
}
