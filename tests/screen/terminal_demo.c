/* A small program on the terminal layer, for the tests of the layer itself: a form of ten fields,
 * a list of values, a chart. Its options are those of a line: -e delay, -p probe, -a ASCII boxes,
 * -2 ambiguous width 2, -l printer, -n as under nohup: SIGHUP never
 * arrives. */
#include "client/terminal/chart.h"
#include "client/terminal/editor.h"
#include "client/terminal/keybar.h"
#include "client/terminal/list.h"
#include "client/terminal/screen.h"
#include "client/terminal/tabs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIELDS = 10, FIRST_ROW = 1 };

struct demo {
    struct terminal *terminal;
    struct screen *screen;
    struct editor *editors[FIELDS];
    int focus;
    struct popup *popup;
    struct list *list;
    char message[160];
    int pipe[2]; /* stands for the server's socket */
    bool waiting;
    bool done;
};

struct field {
    const char *label;
    int row;
    int column; /* of the label */
    int columns;
    size_t maximum;
    enum editor_restriction restriction;
    const char *value;
    bool secret;
};

static const struct field fields[FIELDS] = {
    {"客户", 0, 1, 20, 40, EDITOR_TEXT, "李建国", false},
    {"证件", 0, 40, 18, 18, EDITOR_CODE, "11010119800101001X", false},
    {"渠道", 1, 1, 12, 30, EDITOR_TEXT, "营业厅", false},
    {"金额", 1, 40, 10, 12, EDITOR_DECIMAL, "", false},
    {"预约", 2, 1, 10, 10, EDITOR_DATE, "", false},
    {"电话", 2, 40, 14, 20, EDITOR_TELEPHONE, "", false},
    {"口令", 3, 1, 12, 20, EDITOR_TEXT, "", true},
    {"数量", 3, 40, 6, 6, EDITOR_DIGITS, "1", false},
    {"地址", 4, 1, 60, 120, EDITOR_TEXT, "朝阳区朝外大街 18 号院 3 号楼 2 单元 501", false},
    {"备注", 5, 1, 30, 200, EDITOR_TEXT, "", false},
};

static void demo_draw(struct demo *demo)
{
    struct cells *body = screen_cells(demo->screen, SCREEN_BODY);
    char title[160];
    snprintf(title, sizeof(title), " Halldesk 营业前台            朝阳门营业厅  30127   %s",
             terminal_encoding_name(terminal_line(demo->terminal)->encoding));
    screen_line(demo->screen, SCREEN_TITLE, 0, CELL_TITLE, title);
    screen_line(demo->screen, SCREEN_COMMAND, 0, CELL_INPUT, "==>");
    cells_clear(body);
    tabs_draw(body, 0, 0, 60,
              (const struct tabs_entry[]){{"基本", false}, {"费用", true}, {"历史", false}}, 3, 0);
    for (int i = 0; i < FIELDS; i++) {
        int row = FIRST_ROW + fields[i].row;
        cells_put(body, row, fields[i].column, 8, CELL_LABEL, fields[i].label);
        editor_draw(demo->editors[i], body, row, fields[i].column + 5,
                    i == demo->focus ? CELL_INPUT : CELL_INPUT, '_');
    }
    cells_box(body, 9, 0, 3, body->columns, CELL_FRAME);
    cells_put(body, 10, 2, body->columns - 4, CELL_VALUE, "合计 220.00 “优惠” ①");
    chart_draw(body, 12, 0, 7, 40, CHART_COLUMNS,
               (const struct chart_point[]){
                   {"09", 18}, {"10", 29}, {"11", 40}, {"12", 21}, {"13", 9}, {"14", 30}},
               6, NULL);
    int row;
    int column;
    editor_cursor(demo->editors[demo->focus], &row, &column);
    screen_cursor(demo->screen, SCREEN_BODY, FIRST_ROW + fields[demo->focus].row + row,
                  fields[demo->focus].column + 5 + column);
    screen_line(demo->screen, SCREEN_MESSAGE, 0, CELL_PLAIN, demo->message);
    static const struct keybar_entry keys[] = {
        {"F1", "帮助", false}, {"F3", "退出", false},  {"F4", "列表", false},
        {"F5", "刷新", false}, {"F10", "确认", false}, {"F12", "取消", false},
    };
    keybar_draw(screen_cells(demo->screen, SCREEN_KEYS), 0, keys, sizeof(keys) / sizeof(keys[0]));
    if (demo->popup != NULL) {
        list_draw(demo->list, popup_cells(demo->popup), 0, 0, true, &row, &column);
        popup_cursor(demo->popup, row, column);
    }
}

static void demo_open_list(struct demo *demo)
{
    static const struct list_column columns[] = {{"代码", 8, CELL_ALIGN_LEFT},
                                                 {"名称", 0, CELL_ALIGN_LEFT}};
    static const char *const texts[][2] = {
        {"TEL", "普通电话"}, {"ADSL", "家庭宽带"}, {"CID", "来电显示"}, {"MAIL", "邮箱"}};
    static const char *const initials[] = {"ptdh", "jtkd", "ldxs", "yx"};
    struct list_row rows[4] = {0};
    for (int i = 0; i < 4; i++)
        rows[i] = (struct list_row){.id = i + 1, .texts = texts[i], .match = initials[i]};
    demo->list = list_create(&(struct list_options){.columns = columns,
                                                    .column_count = 2,
                                                    .rows = 4,
                                                    .width = 30,
                                                    .heading = true,
                                                    .numbers = true,
                                                    .ambiguous = 1});
    list_deliver(demo->list, rows, 4, true);
    demo->popup = popup_open(demo->screen, 3, 20, 5, 30, "商品");
    popup_foot(demo->popup, "数字选择");
}

static void demo_close_list(struct demo *demo)
{
    popup_close(demo->popup);
    list_free(demo->list);
    demo->popup = NULL;
    demo->list = NULL;
}

static void demo_say(struct demo *demo, const char *text)
{
    snprintf(demo->message, sizeof(demo->message), "%s", text);
}

static void demo_list_key(struct demo *demo, const struct keys_event *key)
{
    if (key->kind == KEYS_KEY && key->code == KEYS_F12) {
        demo_close_list(demo);
        return;
    }
    if (list_key(demo->list, key) == LIST_CHOSEN) {
        char text[160];
        snprintf(text, sizeof(text), "chosen %s", list_focus_text(demo->list, 0));
        demo_close_list(demo);
        demo_say(demo, text);
    }
}

static void demo_command(struct demo *demo, enum keys_code code)
{
    char text[160];
    switch (code) {
    case KEYS_TAB:
    case KEYS_ENTER:
        demo->focus = (demo->focus + 1) % FIELDS;
        break;
    case KEYS_BACK_TAB:
        demo->focus = (demo->focus + FIELDS - 1) % FIELDS;
        break;
    case KEYS_F3:
        demo->done = true;
        break;
    case KEYS_F4:
        demo_open_list(demo);
        break;
    case KEYS_F5: /* asks the "server", whose answer is a byte in the pipe */
        terminal_hold_keys(demo->terminal, true);
        demo->waiting = true;
        demo_say(demo, "waiting");
        break;
    case KEYS_F8:
        terminal_discard_keys(demo->terminal);
        demo_say(demo, "discarded");
        break;
    case KEYS_F11:
        demo_say(demo, terminal_print(demo->terminal, "发票 100.00\n") ? "printed" : "no printer");
        break;
    case KEYS_REDRAW:
        terminal_redraw(demo->terminal);
        break;
    default:
        snprintf(text, sizeof(text), "key %s", keys_name(code));
        demo_say(demo, text);
        break;
    }
}

static void demo_key(struct demo *demo, const struct keys_event *key)
{
    static const char *const results[] = {NULL, NULL, NULL, "refused", "full"};
    if (demo->popup != NULL) {
        demo_list_key(demo, key);
        return;
    }
    enum editor_result result = editor_key(demo->editors[demo->focus], key);
    if (result == EDITOR_IGNORED && key->kind == KEYS_KEY)
        demo_command(demo, key->code);
    else if (results[result] != NULL)
        demo_say(demo, results[result]);
}

static void demo_run(struct demo *demo)
{
    while (!demo->done) {
        demo_draw(demo);
        struct terminal_event event = terminal_poll(demo->terminal, demo->pipe[0], -1);
        char byte;
        switch (event.kind) {
        case TERMINAL_KEY:
            demo_key(demo, &event.key);
            break;
        case TERMINAL_EXTRA:
            if (read(demo->pipe[0], &byte, 1) == 1) {
                terminal_hold_keys(demo->terminal, false);
                demo->waiting = false;
                demo_say(demo, "answered");
            }
            break;
        case TERMINAL_RESIZE:
            screen_resize(demo->screen);
            break;
        case TERMINAL_END:
            demo->done = true;
            break;
        case TERMINAL_TICK:
            break;
        }
    }
}

static struct demo demo_state;

/* The answer of the stand-in for the server. */
static void server_answers(int number)
{
    (void)number;
    ssize_t written = write(demo_state.pipe[1], "", 1);
    (void)written;
}

int main(int count, char **arguments)
{
    static const char *const probes[] = {"agrees", "mismatch", "silent"};
    struct demo *demo = &demo_state;
    struct terminal_line line;
    bool probe = false;
    int option;
    sigset_t blocked;
    terminal_line_defaults(&line, NULL, NULL);
    while ((option = getopt(count, arguments, "e:pa2ln")) != -1) {
        switch (option) {
        case 'e':
            line.escape_delay = atoi(optarg);
            break;
        case 'p':
            probe = true;
            break;
        case 'a':
            line.ascii_boxes = true;
            break;
        case '2':
            line.ambiguous = 2;
            break;
        case 'l':
            line.printer = true;
            break;
        case 'n':
            sigemptyset(&blocked);
            sigaddset(&blocked, SIGHUP);
            sigprocmask(SIG_BLOCK, &blocked, NULL);
            break;
        default:
            return 2;
        }
    }
    if (pipe(demo->pipe) != 0)
        return 2;
    signal(SIGUSR1, server_answers);
    enum terminal_fault fault;
    demo->terminal = terminal_start(&line, STDIN_FILENO, STDOUT_FILENO, &fault);
    if (demo->terminal == NULL) {
        fprintf(stderr, "terminal fault %d\n", (int)fault);
        return 3;
    }
    if (probe) {
        char text[80];
        enum terminal_probe answer = terminal_probe(demo->terminal, 2000);
        snprintf(text, sizeof(text), "probe %s, ambiguous %d", probes[answer],
                 terminal_line(demo->terminal)->ambiguous);
        demo_say(demo, text);
    }
    demo->screen = screen_create(demo->terminal);
    for (int i = 0; i < FIELDS; i++) {
        demo->editors[i] = editor_create(&(struct editor_options){
            .columns = fields[i].columns,
            .rows = 1,
            .maximum = fields[i].maximum,
            .restriction = fields[i].restriction,
            .decimals = 2,
            .secret = fields[i].secret,
            .ambiguous = screen_ambiguous(demo->screen),
        });
        editor_set_text(demo->editors[i], fields[i].value);
    }
    demo_run(demo);
    if (demo->popup != NULL)
        demo_close_list(demo);
    for (int i = 0; i < FIELDS; i++)
        editor_free(demo->editors[i]);
    screen_free(demo->screen);
    terminal_stop(demo->terminal);
    printf("goodbye\n");
    return 0;
}
