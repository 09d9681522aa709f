/* A clerk at the customer desk, by keyboard alone: finding, verifying, telling, opening, drawing.
 */
#include "tests/screen/pty_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_LIMIT = 4096, DEADLINE = 20000 };

static char client[PATH_LIMIT];

/* The client asks the terminal who it is first, and what is typed meanwhile may be lost: a person
 * sees that nothing appeared and types again. */
static bool type_seen(struct pty_screen *screen, int row, const char *text)
{
    for (int attempt = 0; attempt < 10; attempt++) {
        pty_screen_type(screen, text);
        for (int look = 0; look < 20; look++) {
            pty_screen_pump(screen, 100);
            if (strstr(pty_screen_row(screen, row), text) != NULL)
                return true;
        }
    }
    return false;
}

static struct pty_screen *signed_in(const char *staff)
{
    char *arguments[] = {client,       "--socket", getenv("HALLDESK_TEST_SERVER"),
                         "--language", "zh",       NULL};
    struct pty_screen *screen = pty_screen_start(
        &(struct pty_screen_options){.arguments = arguments, .deadline = DEADLINE});
    if (screen == NULL || !pty_screen_wait_cursor(screen, 11, 39) ||
        !type_seen(screen, 11, staff) || !pty_screen_keys(screen, "Enter") ||
        !pty_screen_type(screen, "halldesk-1") || !pty_screen_keys(screen, "Enter") ||
        !pty_screen_wait_row(screen, 24, "F7常用")) {
        printf("Bail out! %s does not come in\n", staff);
        pty_screen_free(screen);
        return NULL;
    }
    return screen;
}

/* At home the cursor stands on the command line already. */
static bool command(struct pty_screen *screen, const char *text)
{
    return pty_screen_type(screen, text) && pty_screen_keys(screen, "Enter");
}

/* From a record with changes: a lone Esc leads to the command line, and they are given up. */
static bool home(struct pty_screen *screen)
{
    return pty_screen_keys(screen, "Escape") && pty_screen_wait_cursor(screen, 2, 5) &&
           command(screen, "/n") && pty_screen_wait_text(screen, "放弃吗") &&
           pty_screen_keys(screen, "F10") && pty_screen_wait_row(screen, 24, "F7常用");
}

static void test_find(struct pty_screen *screen)
{
    command(screen, "CF wyh");
    ok(pty_screen_wait_text(screen, "C00000042   王永华") && pty_screen_contains(screen, "吴玉河"),
       "initials find customers, several stand in a list with code, name, class and addresses "
       "[10-1, 10-4]");
    ok(pty_screen_contains(screen, "公众客户") && pty_screen_contains(screen, "华江市朝外"),
       "the list tells them apart");
    pty_screen_keys(screen, "Enter");
    ok(pty_screen_wait_row(screen, 1, "客户 C00000042 王永华"),
       "Enter opens the one that is meant");
    ok(pty_screen_contains(screen, "1101**********0952"), "its certificate is masked");
}

static void test_verify(struct pty_screen *screen, const char *certificate)
{
    pty_screen_keys(screen, "F7");
    ok(pty_screen_wait_text(screen, "须先核验客户身份"),
       "nothing is told before the customer is verified");
    pty_screen_keys(screen, "Enter");
    pty_screen_wait_no_text(screen, "任意键返回");
    pty_screen_keys(screen, "F8");
    pty_screen_wait_row(screen, 1, "身份核验");
    pty_screen_keys(screen, "Enter Enter");
    pty_screen_type(screen, "王永华");
    pty_screen_keys(screen, "Enter Enter");
    pty_screen_type(screen, certificate);
    pty_screen_keys(screen, "F10");
    ok(pty_screen_wait_row(screen, 4, "核验结果 通过"),
       "name and certificate verify the customer [10-2]");
    pty_screen_keys(screen, "F7");
    ok(pty_screen_wait_text(screen, certificate) || pty_screen_wait_text(screen, "A00000042"),
       "what the level allows is told then [10-3]");
}

static void test_open(struct pty_screen *screen)
{
    home(screen);
    command(screen, "CU +");
    pty_screen_wait_row(screen, 1, "(新建)");
    pty_screen_keys(screen, "Enter");
    pty_screen_type(screen, "王永华");
    pty_screen_keys(screen, "Enter");
    pty_screen_type(screen, "居民身份证");
    pty_screen_keys(screen, "Enter");
    pty_screen_type(screen, "110105199003073016");
    pty_screen_keys(screen, "F10");
    ok(pty_screen_wait_text(screen, "校验位"), "a wrong check digit is told at its field [10-12]");
    pty_screen_keys(screen, "Enter");
    pty_screen_wait_no_text(screen, "任意键返回");
}

static void test_tree(struct pty_screen *screen)
{
    home(screen);
    command(screen, "CV C00004009");
    ok(pty_screen_wait_text(screen, "+-- C00004009") &&
           pty_screen_contains(screen, "+-- C00004010"),
       "the hierarchy of a customer is drawn as a tree [10-49]");
}

int main(void)
{
    const char *build = getenv("HALLDESK_BUILD");
    const char *certificate = getenv("TEST_CERTIFICATE");
    snprintf(client, sizeof client, "%s/halldesk", build != NULL ? build : ".");
    if (getenv("HALLDESK_TEST_SERVER") == NULL || certificate == NULL)
        skip_all("tests/screen/customer_desk.sh starts the server for this test");
    struct pty_screen *screen = signed_in("30127");
    if (screen == NULL)
        return EXIT_FAILURE;
    test_find(screen);
    test_verify(screen, certificate);
    test_open(screen);
    test_tree(screen);
    pty_screen_free(screen);
    return done_testing();
}
