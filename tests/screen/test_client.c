/* The client as an operator has it: by keyboard alone, on 24 rows of 80 columns, against a real
 * server with the demo province. */
#include "tests/screen/pty_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_LIMIT = 4096, DEADLINE = 20000 };

static char client[PATH_LIMIT];
static const char *const masks[] = {"[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]", NULL};

static struct pty_screen *start(const char *language, bool gb18030)
{
    char *arguments[] = {client,       "--socket",       getenv("HALLDESK_TEST_SERVER"),
                         "--language", (char *)language, NULL};
    return pty_screen_start(&(struct pty_screen_options){
        .arguments = arguments,
        .charset = gb18030 ? "zh_CN.GB18030" : "C.UTF-8",
        .gb18030 = gb18030,
        .deadline = DEADLINE,
    });
}

static bool type_field(struct pty_screen *screen, const char *text)
{
    return pty_screen_type(screen, text) && pty_screen_keys(screen, "Enter");
}

static bool home(struct pty_screen *screen, bool chinese)
{
    return pty_screen_wait_row(screen, 24, chinese ? "F7常用" : "F7Codes");
}

static bool password(struct pty_screen *screen, const char *staff, const char *text)
{
    return pty_screen_wait_cursor(screen, 11, 39) && type_field(screen, staff) &&
           type_field(screen, text);
}

static struct pty_screen *signed_in(const char *language, const char *staff, bool gb18030)
{
    struct pty_screen *screen = start(language, gb18030);
    if (screen == NULL || !password(screen, staff, "halldesk-1") ||
        !home(screen, strcmp(language, "zh") == 0))
        printf("# %s does not come in\n", staff);
    return screen;
}

/* From anywhere: Esc leads to the command line, where the home screen has the cursor already. */
static bool command(struct pty_screen *screen, const char *text)
{
    int row;
    int column;
    pty_screen_cursor(screen, &row, &column);
    if (row != 2 && !pty_screen_keys(screen, "Escape"))
        return false;
    return pty_screen_wait_cursor(screen, 2, 5) && type_field(screen, text);
}

/* Back to the home screen of the task, whatever is open. */
static void go_home(struct pty_screen *screen)
{
    command(screen, "/n");
    home(screen, true);
}

static void sign_out(struct pty_screen *screen)
{
    command(screen, "/q");
    pty_screen_wait_text(screen, "退出登录吗");
    pty_screen_keys(screen, "F10");
    pty_screen_wait_cursor(screen, 11, 39);
}

static bool row_begins(struct pty_screen *screen, int row, const char *text)
{
    return strncmp(pty_screen_row(screen, row), text, strlen(text)) == 0;
}

/* --- coming in ------------------------------------------------------------------------------- */

static void test_sign_in(struct pty_screen *screen)
{
    password(screen, "30127", "halldesk-2");
    ok(pty_screen_wait_row(screen, 22, "工号或密码"), "a wrong password is refused in words");
    ok(pty_screen_wait_cursor(screen, 13, 39), "and the cursor stands on the password again");
    type_field(screen, "halldesk-1");
    ok(home(screen, true), "the right one opens the home screen");
    ok(pty_screen_golden_masked(screen, "client-home", masks), "the home screen");
}

/* --- records --------------------------------------------------------------------------------- */

static void test_query(struct pty_screen *screen)
{
    pty_screen_type(screen, "CU");
    ok(pty_screen_wait_row(screen, 23, "CU 客户"), "a code explains itself while it is typed");
    pty_screen_keys(screen, "Enter");
    pty_screen_wait_row(screen, 24, "F8查询");
    ok(pty_screen_golden_masked(screen, "client-query", masks), "query by example");
    pty_screen_keys(screen, "Tab");
    pty_screen_type(screen, "xf");
    pty_screen_keys(screen, "F8");
    pty_screen_wait_row(screen, 24, "F7条件");
    ok(pty_screen_contains(screen, "C00000300 肖福"), "initials find a name");
    ok(pty_screen_golden_masked(screen, "client-list", masks), "the list of what was found");
    pty_screen_keys(screen, "F7");
    ok(pty_screen_wait_row(screen, 24, "F8查询") && pty_screen_contains(screen, "xf_"),
       "F7 leads back to the criteria as they were typed");
    pty_screen_keys(screen, "F3");
    home(screen, true);
}

static void test_record(struct pty_screen *screen)
{
    command(screen, "CU C00000300");
    pty_screen_wait_row(screen, 3, "基本资料");
    ok(pty_screen_golden_masked(screen, "client-record", masks), "a record is made from its form");
    ok(strstr(pty_screen_row(screen, 5), "客户名称*肖福") != NULL &&
           strstr(pty_screen_row(screen, 11), "联系电话*") == NULL,
       "a sign stands before the fields that are required, and before no other [17-182]");
    pty_screen_keys(screen, "Alt-6");
    ok(pty_screen_wait_text(screen, "A00000300"), "what hangs on a record stands on its tabs");
    pty_screen_keys(screen, "Enter");
    pty_screen_wait_row(screen, 1, "AC 帐户");
    pty_screen_keys(screen, "F3");
    bool back =
        pty_screen_wait_row(screen, 1, "CU 客户") && pty_screen_wait_text(screen, "A00000300");
    pty_screen_keys(screen, "F3");
    back = home(screen, true) && back;
    ok(back, "F3 leads back to what was open before, step by step to the home screen [17-179]");
}

static void test_faults(struct pty_screen *screen)
{
    command(screen, "CU +");
    pty_screen_wait_row(screen, 1, "(新建)");
    pty_screen_keys(screen, "Enter");
    type_field(screen, "键盘测试");
    type_field(screen, "居民身份证");
    pty_screen_type(screen, "110101199003070012");
    pty_screen_keys(screen, "F10");
    bool shown = pty_screen_wait_text(screen, "请更正") &&
                 pty_screen_contains(screen, "证件号码: 证件号码校验位不对") &&
                 pty_screen_contains(screen, "联系电话: 至少填写一种联系方式");
    ok(shown, "all that is wrong is said at once, in a window, by field");
    ok(pty_screen_golden_masked(screen, "client-faults", masks), "the window of faults");
    pty_screen_keys(screen, "Enter");
    bool focused = pty_screen_wait_row(screen, 22, "请更正标出的栏目") &&
                   pty_screen_wait_cursor(screen, 6, 51);
    bool kept = strstr(pty_screen_row(screen, 5), "键盘测试") != NULL &&
                strstr(pty_screen_row(screen, 6), "居民身份证") != NULL;
    bool emptied = strstr(pty_screen_row(screen, 6), "11010119900307") == NULL;
    ok(shown && focused && kept && emptied,
       "after the window what was right is kept, what was wrong is empty, and the cursor stands on "
       "it [17-181]");
    pty_screen_type(screen, "110101199003070011");
    pty_screen_keys(screen, "Enter Down Down Down");
    pty_screen_type(screen, "13800001234");
    pty_screen_keys(screen, "F10");
    ok(pty_screen_wait_row(screen, 22, "已新建 C"),
       "a customer is entered by keyboard alone, codes, lists and faults included [17-183]");
}

/* The customer just made is on the screen. */
static void test_confirm(struct pty_screen *screen)
{
    pty_screen_keys(screen, "F2");
    pty_screen_wait_text(screen, "离网");
    pty_screen_type(screen, "离网");
    pty_screen_keys(screen, "Enter");
    pty_screen_wait_text(screen, "原因");
    type_field(screen, "测试");
    bool asked = pty_screen_wait_text(screen, "确定吗");
    pty_screen_keys(screen, "F12");
    pty_screen_wait_no_text(screen, "确定吗");
    pty_screen_keys(screen, "F5");
    bool refused = pty_screen_wait_row(screen, 4, "客户状态 潜在");
    pty_screen_keys(screen, "F2");
    pty_screen_wait_text(screen, "离网");
    pty_screen_type(screen, "离网");
    pty_screen_keys(screen, "Enter");
    pty_screen_wait_text(screen, "原因");
    type_field(screen, "测试");
    pty_screen_wait_text(screen, "确定吗");
    pty_screen_keys(screen, "F10");
    bool done = pty_screen_wait_row(screen, 4, "客户状态 离网");
    ok(asked && refused && done, "what changes key data asks in a window first: no leaves all as "
                                 "it was, yes does it [17-184]");
    go_home(screen);
}

static void test_help(struct pty_screen *screen)
{
    command(screen, "CU +");
    pty_screen_wait_row(screen, 1, "(新建)");
    pty_screen_keys(screen, "F1");
    bool form = pty_screen_wait_text(screen, "客户的识别");
    bool field = pty_screen_contains(screen, "个人用公众客户模板,企业用企业客户模板");
    bool keys = pty_screen_contains(screen, "停止正在进行的处理");
    if (!keys) {
        pty_screen_keys(screen, "PageDown");
        keys = pty_screen_wait_text(screen, "停止正在进行的处理");
    }
    pty_screen_keys(screen, "F12");
    pty_screen_wait_no_text(screen, "停止正在进行的处理");
    ok(field && form && keys,
       "help explains the field, the form and every key where one stands [17-185][KA-6]");
    ok(pty_screen_wait_row(screen, 23, "个人用公众客户模板"),
       "the help of the field in focus stands below the form without asking");
    go_home(screen);
}

static void test_type_ahead(struct pty_screen *screen)
{
    /* One burst: command, record, a query for it. Nothing of it waits for the screen. */
    pty_screen_type(screen, "AC +\r\t");
    ok(pty_screen_wait_row(screen, 1, "AC 帐户 (新建)"), "keys typed ahead are taken in order");
    pty_screen_keys(screen, "BackTab");
    pty_screen_type(screen, "C00000300\r测试帐户\r");
    ok(pty_screen_wait_text(screen, "C00000300___ 肖福") &&
           pty_screen_wait_text(screen, "测试帐户"),
       "a key typed ahead of its look-up fills its own field, the rest the next");
    pty_screen_keys(screen, "F12");
    pty_screen_wait_text(screen, "放弃吗");
    pty_screen_keys(screen, "F10");
    home(screen, true);
}

/* --- side by side ---------------------------------------------------------------------------- */

static void test_tasks(struct pty_screen *screen)
{
    command(screen, "CU +");
    pty_screen_wait_row(screen, 1, "(新建)");
    pty_screen_keys(screen, "Enter");
    pty_screen_type(screen, "第一任务");
    command(screen, "/oCU C00000300");
    bool second =
        pty_screen_wait_row(screen, 1, "任务 2/2") && pty_screen_wait_text(screen, "肖福");
    command(screen, "/t1");
    bool first =
        pty_screen_wait_row(screen, 1, "任务 1/2") && pty_screen_contains(screen, "第一任务");
    command(screen, "/t");
    bool again = pty_screen_wait_row(screen, 1, "任务 2/2") && pty_screen_contains(screen, "肖福");
    ok(second && first && again,
       "two tasks lie side by side, and what was typed in one waits in it [17-180]");
    pty_screen_keys(screen, "F3 F3");
    pty_screen_wait_text(screen, "第一任务");
    pty_screen_keys(screen, "F12");
    pty_screen_wait_text(screen, "放弃吗");
    pty_screen_keys(screen, "F10");
    home(screen, true);
}

static void test_style(struct pty_screen *screen)
{
    static const char *const codes[] = {"CU", "AC", "CN", "CF", "OR", "IA"};
    bool same = true;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char title[16];
        command(screen, codes[i]);
        snprintf(title, sizeof title, " %s ", codes[i]);
        pty_screen_wait_row(screen, 1, title);
        bool alike = row_begins(screen, 1, title) && row_begins(screen, 2, "==> ") &&
                     strstr(pty_screen_row(screen, 1), "UTF-8") != NULL &&
                     strstr(pty_screen_row(screen, 24), "F3退出") != NULL &&
                     strstr(pty_screen_row(screen, 24), "F12取消") != NULL &&
                     pty_screen_row(screen, 23)[0] == ' ';
        if (!alike)
            printf("# %s looks otherwise\n%s", codes[i], pty_screen_dump(screen));
        same = same && alike;
        pty_screen_keys(screen, "F3");
        home(screen, true);
    }
    ok(same, "title, command line, hint and keys stand at the same places in every form [17-178]");
}

/* --- a second person ------------------------------------------------------------------------- */

static bool address_change(struct pty_screen *screen, const char *text)
{
    return pty_screen_keys(screen, "Alt-1") && pty_screen_wait_text(screen, "客户地址") &&
           pty_screen_type(screen, text);
}

/* Both have the customer open; the cursor goes to the name, which each of them changes. */
static void test_conflict(struct pty_screen *screen)
{
    struct pty_screen *other = signed_in("zh", "30128", false);
    command(screen, "CU C00000301");
    pty_screen_wait_row(screen, 3, "基本资料");
    command(other, "CU C00000301");
    pty_screen_wait_row(other, 3, "基本资料");
    pty_screen_wait_cursor(other, 5, 11);
    address_change(other, "改名甲");
    pty_screen_keys(other, "F10");
    bool saved = pty_screen_wait_row(other, 22, "已完成");
    pty_screen_wait_cursor(screen, 5, 11);
    address_change(screen, "改名乙");
    pty_screen_keys(screen, "F10");
    bool shown = pty_screen_wait_text(screen, "他人已修改同一记录") &&
                 pty_screen_contains(screen, "改名甲") && pty_screen_contains(screen, "改名乙");
    pty_screen_keys(screen, "F10");
    bool merged = pty_screen_wait_row(screen, 22, "已取最新记录并合并") &&
                  pty_screen_wait_text(screen, "改名乙");
    pty_screen_keys(screen, "F10");
    bool kept = pty_screen_wait_row(screen, 22, "已完成");
    ok(saved && shown && merged && kept,
       "the second to change a record is shown the difference by field and chooses");
    go_home(screen);
    go_home(other);
    sign_out(other);
    pty_screen_free(other);
}

static void test_reminder(struct pty_screen *screen)
{
    struct pty_screen *lead = signed_in("zh", "30100", false);
    bool nothing = !pty_screen_contains(screen, "一般任务");
    command(lead, "WI +");
    pty_screen_wait_row(lead, 1, "(新建)");
    pty_screen_keys(lead, "Enter");
    type_field(lead, "盘点终端");
    type_field(lead, "HALL-01");
    pty_screen_keys(lead, "F10");
    bool made = pty_screen_wait_row(lead, 22, "已新建");
    bool told = pty_screen_wait_row(screen, 22, "有新的待办") &&
                pty_screen_wait_row(screen, 4, "1 一般任务");
    pty_screen_type(screen, "1\r");
    bool opened = pty_screen_wait_row(screen, 1, "WM ");
    ok(nothing && made && told && opened,
       "work that comes in is told to the person at the terminal without asking, and its number "
       "opens it [17-186]");
    go_home(screen);
    go_home(lead);
    sign_out(lead);
    pty_screen_free(lead);
}

/* --- what a person arranges ------------------------------------------------------------------ */

static void test_workspace(struct pty_screen *screen)
{
    pty_screen_keys(screen, "F7");
    pty_screen_wait_text(screen, "空格标记");
    pty_screen_type(screen, "IA");
    pty_screen_wait_text(screen, "/IA");
    pty_screen_keys(screen, "Home");
    pty_screen_type(screen, " ");
    pty_screen_keys(screen, "F10");
    bool favourite = pty_screen_wait_row(screen, 4, "11 IA");
    pty_screen_keys(screen, "F8");
    pty_screen_wait_text(screen, "空格标记");
    pty_screen_keys(screen, "Down Down");
    pty_screen_type(screen, " ");
    pty_screen_keys(screen, "F10");
    bool panels = pty_screen_wait_no_text(screen, "公告");
    sign_out(screen);
    password(screen, "30127", "halldesk-1");
    home(screen, true);
    favourite = pty_screen_wait_row(screen, 4, "11 IA") && favourite;
    panels = !pty_screen_contains(screen, "公告") && panels;
    ok(favourite && panels,
       "each person's home screen shows what that person chose, at the next sign-in too [17-187]");
    pty_screen_type(screen, "11\r");
    bool number = pty_screen_wait_row(screen, 1, "IA ");
    pty_screen_keys(screen, "F3");
    home(screen, true);
    pty_screen_keys(screen, "F11");
    pty_screen_wait_text(screen, "空格标记");
    pty_screen_type(screen, "CF");
    pty_screen_wait_text(screen, "/CF");
    pty_screen_keys(screen, "Home");
    pty_screen_type(screen, " ");
    pty_screen_keys(screen, "F10");
    pty_screen_wait_no_text(screen, "空格标记");
    sign_out(screen);
    password(screen, "30127", "halldesk-1");
    bool opened =
        pty_screen_wait_row(screen, 1, "CF ") && pty_screen_wait_row(screen, 1, "任务 2/2");
    ok(number && opened,
       "favourite codes carry numbers, and what was chosen opens by itself after sign-in [17-188]");
    pty_screen_keys(screen, "F3");
    pty_screen_wait_row(screen, 24, "F7常用");
    pty_screen_keys(screen, "F11");
    pty_screen_wait_text(screen, "空格标记");
    pty_screen_type(screen, "CF");
    pty_screen_wait_text(screen, "/CF");
    pty_screen_keys(screen, "Home");
    pty_screen_type(screen, " ");
    pty_screen_keys(screen, "F10");
    pty_screen_wait_no_text(screen, "空格标记");
    pty_screen_keys(screen, "F3");
    pty_screen_wait_no_text(screen, "任务 2/2");
    home(screen, true);
}

/* --- lost and locked ------------------------------------------------------------------------- */

static void test_lock(struct pty_screen *screen)
{
    command(screen, "CU C00000300");
    pty_screen_wait_text(screen, "肖福");
    command(screen, "/l");
    bool hidden =
        pty_screen_wait_text(screen, "终端已锁定") && !pty_screen_contains(screen, "肖福");
    type_field(screen, "halldesk-2");
    bool refused = pty_screen_wait_row(screen, 22, "工号或密码");
    type_field(screen, "halldesk-1");
    ok(hidden && refused && pty_screen_wait_text(screen, "肖福"),
       "a locked terminal shows nothing and opens to the right password only");
    go_home(screen);
}

static void test_draft(struct pty_screen *screen)
{
    command(screen, "CU +");
    pty_screen_wait_row(screen, 1, "(新建)");
    pty_screen_keys(screen, "Enter");
    pty_screen_type(screen, "未完的客户");
    pty_screen_wait_text(screen, "未完的客户");
    pty_screen_free(screen); /* the line is cut */
    screen = start("zh", false);
    password(screen, "30127", "halldesk-1");
    bool offered = pty_screen_wait_text(screen, "存下的草稿");
    pty_screen_keys(screen, "F10");
    ok(offered && pty_screen_wait_text(screen, "未完的客户"),
       "what was typed when the line was cut waits for the person at the next sign-in");
    pty_screen_keys(screen, "F12");
    pty_screen_wait_text(screen, "放弃吗");
    pty_screen_keys(screen, "F10");
    home(screen, true);
    sign_out(screen);
    pty_screen_free(screen);
}

/* --- other lines ----------------------------------------------------------------------------- */

static void test_english(void)
{
    struct pty_screen *screen = signed_in("en", "30128", false);
    ok(pty_screen_golden_masked(screen, "client-home-en", masks), "the home screen in English");
    command(screen, "CU C00000300");
    pty_screen_wait_text(screen, "Basic");
    ok(pty_screen_golden_masked(screen, "client-record-en", masks), "a record in English");
    pty_screen_keys(screen, "F3");
    home(screen, false);
    pty_screen_type(screen, "CU\r");
    pty_screen_wait_row(screen, 24, "F8Find");
    ok(pty_screen_golden_masked(screen, "client-query-en", masks), "query by example in English");
    pty_screen_keys(screen, "F3");
    home(screen, false);
    command(screen, "/q");
    pty_screen_wait_text(screen, "Sign out?");
    pty_screen_keys(screen, "F10");
    pty_screen_wait_cursor(screen, 11, 39);
    pty_screen_keys(screen, "F3");
    ok(pty_screen_wait_exit(screen) == 0, "the client ends in order");
    pty_screen_free(screen);
}

static void test_gb18030(void)
{
    struct pty_screen *screen = signed_in("zh", "30128", true);
    command(screen, "CU C00000300");
    pty_screen_wait_text(screen, "肖福");
    ok(strstr(pty_screen_row(screen, 1), "GB18030") != NULL &&
           pty_screen_golden_masked(screen, "client-record-gb18030", masks),
       "a record on a GB18030 line, which the title row names");
    pty_screen_free(screen);
}

int main(void)
{
    const char *build = getenv("HALLDESK_BUILD");
    if (getenv("HALLDESK_TEST_SERVER") == NULL || build == NULL)
        skip_all("tests/screen/client.sh starts the server for this test");
    snprintf(client, sizeof client, "%s/halldesk", build);
    struct pty_screen *screen = start("zh", false);
    if (screen == NULL)
        return EXIT_FAILURE;
    pty_screen_wait_row(screen, 7, "Halldesk test");
    pty_screen_wait_no_text(screen, "正在连接");
    ok(pty_screen_golden_masked(screen, "client-sign-in", masks), "the sign-in screen");
    test_sign_in(screen);
    test_query(screen);
    test_record(screen);
    test_faults(screen);
    test_confirm(screen);
    test_help(screen);
    test_type_ahead(screen);
    test_tasks(screen);
    test_style(screen);
    test_conflict(screen);
    test_reminder(screen);
    test_lock(screen);
    test_workspace(screen);
    test_draft(screen);
    test_english();
    test_gb18030();
    return done_testing();
}
