/* A clerk takes a telephone with broadband, the price is checked against the catalogue of the demo,
 * money is taken, the network completes; an agent says how far it is. By keyboard alone. */
#include "tests/screen/pty_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_LIMIT = 4096, DEADLINE = 20000, NUMBER_LIMIT = 32 };

static char client[PATH_LIMIT];

/* The client asks the terminal who it is first, and what is typed meanwhile may be lost. */
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

static bool command(struct pty_screen *screen, const char *text)
{
    return pty_screen_type(screen, text) && pty_screen_keys(screen, "Enter");
}

static void test_capture(struct pty_screen *screen, char number[NUMBER_LIMIT])
{
    command(screen, "OR +");
    pty_screen_wait_row(screen, 1, "(新建)");
    pty_screen_type(screen, "C00000124");
    pty_screen_keys(screen, "Tab Tab");
    pty_screen_wait_row(screen, 24, "F6加行");
    pty_screen_type(screen, "ADSL01");
    pty_screen_keys(screen, "F10");
    ok(pty_screen_wait_text(screen, "宽带接入 须先有 普通电话"),
       "broadband without a telephone is refused, and the screen says what is missing");
    /* The field at fault was emptied for the next try. */
    pty_screen_keys(screen, "F12");
    pty_screen_wait_no_text(screen, "任意键返回");
    pty_screen_type(screen, "TEL01");
    pty_screen_keys(screen, "F6");
    pty_screen_wait_row(screen, 9, "02");
    pty_screen_type(screen, "ADSL01");
    pty_screen_keys(screen, "F10");
    ok(pty_screen_wait_row(screen, 22, "已新建 OR"),
       "a telephone with broadband on it is taken by keyboard");
    const char *at = strstr(pty_screen_row(screen, 22), "OR");
    snprintf(number, NUMBER_LIMIT, "%.14s", at != NULL ? at : "");
    ok(pty_screen_contains(screen, "480.00") && pty_screen_contains(screen, "200.00"),
       "what it costs stands beside it at once");
}

static void test_pay(struct pty_screen *screen)
{
    pty_screen_keys(screen, "F8");
    ok(pty_screen_wait_text(screen, "尚有 480.00 元未收"), "it does not leave before it is paid");
    pty_screen_keys(screen, "F12");
    pty_screen_wait_no_text(screen, "任意键返回");
    pty_screen_keys(screen, "F7");
    pty_screen_wait_row(screen, 1, "OR 收费");
    ok(pty_screen_wait_row(screen, 3, "480.00"), "the due amount stands where the money is typed");
    pty_screen_keys(screen, "Tab");
    pty_screen_type(screen, "500");
    pty_screen_keys(screen, "F10");
    ok(pty_screen_wait_text(screen, "20.00") && pty_screen_contains(screen, "H0100000001"),
       "the change to give and the receipt's serial are shown [9-124]");
}

/* Into a file, which stands for the printer. */
static void test_print(struct pty_screen *screen)
{
    const char *folder = getenv("XDG_CACHE_HOME");
    char path[PATH_LIMIT];
    char sheet[8192] = "";
    snprintf(path, sizeof path, "%s/sheet.txt", folder != NULL ? folder : ".");
    pty_screen_keys(screen, "Escape");
    pty_screen_wait_cursor(screen, 2, 5);
    command(screen, "RP");
    pty_screen_wait_row(screen, 1, "打印收据");
    pty_screen_type(screen, "H0100000001");
    pty_screen_keys(screen, "F10");
    pty_screen_wait_text(screen, "打印机");
    pty_screen_keys(screen, "Down Enter");
    pty_screen_wait_text(screen, "receipt.txt");
    for (int i = 0; i < 11; i++)
        pty_screen_keys(screen, "Backspace");
    pty_screen_type(screen, path);
    pty_screen_keys(screen, "Enter");
    bool said = pty_screen_wait_row(screen, 22, "已输出");
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        sheet[fread(sheet, 1, sizeof sheet - 1, file)] = '\0';
        fclose(file);
    }
    const char *first = strstr(sheet, "收据号 H0100000001");
    ok(said && first != NULL && strstr(first + 1, "收据号 H0100000001") != NULL &&
           strstr(sheet, "收到      500.00            找零    20.00") != NULL &&
           strstr(sheet, "补打") == NULL,
       "the receipt is printed as its sheet, twice, and not as a reprint");
}

static void test_network(struct pty_screen *screen, const char *number)
{
    char notice[NUMBER_LIMIT * 2];
    snprintf(notice, sizeof notice, "订单 %s 已竣工", number);
    pty_screen_keys(screen, "F8");
    ok(pty_screen_wait_row(screen, 22, notice),
       "the network completes the order, and the clerk is told without asking");
}

static void test_hotline(struct pty_screen *screen, const char *number)
{
    command(screen, "OC");
    pty_screen_wait_row(screen, 1, "答复订单进度");
    pty_screen_type(screen, number);
    pty_screen_keys(screen, "F10");
    ok(pty_screen_wait_text(screen, "已竣工") && pty_screen_contains(screen, "完成"),
       "an agent on the hotline sees how far the order is");
    pty_screen_keys(screen, "Escape");
    pty_screen_wait_cursor(screen, 2, 5);
    command(screen, "IA");
    pty_screen_wait_row(screen, 24, "F8查询");
    pty_screen_keys(screen, "F8");
    ok(pty_screen_wait_text(screen, "客户来访") && pty_screen_contains(screen, "罗丽南"),
       "and the contact is recorded with it");
}

int main(void)
{
    const char *build = getenv("HALLDESK_BUILD");
    char number[NUMBER_LIMIT] = "";
    snprintf(client, sizeof client, "%s/halldesk", build != NULL ? build : ".");
    if (getenv("HALLDESK_TEST_SERVER") == NULL)
        skip_all("tests/screen/order_desk.sh starts the server for this test");
    struct pty_screen *screen = signed_in("30127");
    if (screen == NULL)
        return EXIT_FAILURE;
    test_capture(screen, number);
    test_pay(screen);
    test_network(screen, number);
    test_print(screen);
    pty_screen_free(screen);
    screen = signed_in("60001");
    if (screen == NULL)
        return EXIT_FAILURE;
    test_hotline(screen, number);
    pty_screen_free(screen);
    return done_testing();
}
