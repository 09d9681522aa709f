/* The pseudo-terminal, libvterm, and the waiting. */
#include "tests/screen/pty_screen.h"
#include "client/terminal/cells.h"
#include "client/terminal/coding.h"
#include "client/terminal/keys.h"
#include "protocol/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

enum {
    TICK = 20, /* ms between two looks at something that sends no bytes */
    CHARACTER_BYTES = 24,
    STAND_IN = 0x3400, /* ambiguous characters of a GB18030 terminal live in libvterm as these */
    STAND_INS = 0x1000
};

struct pty_screen {
    int master;
    pid_t process;
    bool reaped;
    int status;
    bool closed;
    int rows;
    int columns;
    int deadline;
    VTerm *vterm;
    VTermScreen *vterm_screen;
    bool cursor_visible;
    bool gb18030;
    struct coding coding;
    iconv_t to_line;
    uint32_t stand_ins[STAND_INS];
    uint32_t stand_in_count;
    uint8_t *bytes; /* received since the mark */
    size_t length;
    size_t capacity;
    char *text; /* what pty_screen_row, _dump and _attributes return */
};

int64_t pty_screen_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int property_changed(VTermProp property, VTermValue *value, void *user)
{
    struct pty_screen *screen = user;
    if (property == VTERM_PROP_CURSORVISIBLE)
        screen->cursor_visible = value->boolean != 0;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = property_changed};

/* What the terminal answers (cursor reports) goes back to the program. */
static void answer(const char *bytes, size_t length, void *user)
{
    pty_screen_send(user, bytes, length);
}

static void child_run(const struct pty_screen_options *options)
{
    signal(SIGPIPE, SIG_DFL);
    setenv("TERM", options->type == NULL ? "xterm" : options->type, 1);
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    unsetenv("LINES");
    unsetenv("COLUMNS");
    setenv("LANG", options->charset == NULL ? "C.UTF-8" : options->charset, 1);
    for (size_t i = 0; options->environment != NULL && options->environment[i] != NULL; i++)
        putenv(options->environment[i]);
    execvp(options->arguments[0], options->arguments);
    fprintf(stderr, "%s: %s\n", options->arguments[0], strerror(errno));
    _exit(127);
}

struct pty_screen *pty_screen_start(const struct pty_screen_options *options)
{
    struct pty_screen *screen = calloc(1, sizeof(*screen));
    if (screen == NULL)
        abort();
    screen->rows = options->rows > 0 ? options->rows : 24;
    screen->columns = options->columns > 0 ? options->columns : 80;
    screen->deadline = options->deadline > 0 ? options->deadline : PTY_SCREEN_DEADLINE;
    screen->cursor_visible = true;
    struct winsize size = {.ws_row = (unsigned short)screen->rows,
                           .ws_col = (unsigned short)screen->columns};
    fflush(stdout);
    screen->process = forkpty(&screen->master, NULL, NULL, &size);
    if (screen->process < 0) {
        printf("# no pseudo-terminal: %s\n", strerror(errno));
        free(screen);
        return NULL;
    }
    if (screen->process == 0)
        child_run(options);
    fcntl(screen->master, F_SETFD, FD_CLOEXEC);
    screen->gb18030 = options->gb18030;
    screen->to_line = (iconv_t)-1;
    if (!coding_open(&screen->coding, options->gb18030))
        abort();
    if (options->gb18030)
        screen->to_line = iconv_open("GB18030", "UTF-8");
    if (!options->raw) {
        screen->vterm = vterm_new(screen->rows, screen->columns);
        vterm_set_utf8(screen->vterm, 1);
        screen->vterm_screen = vterm_obtain_screen(screen->vterm);
        vterm_screen_enable_altscreen(screen->vterm_screen, 1);
        vterm_screen_set_callbacks(screen->vterm_screen, &callbacks, screen);
        vterm_output_set_callback(screen->vterm, answer, screen);
        vterm_screen_reset(screen->vterm_screen, 1);
    }
    return screen;
}

static void child_reap(struct pty_screen *screen, int options)
{
    if (screen->reaped)
        return;
    pid_t got = waitpid(screen->process, &screen->status, options);
    screen->reaped = got == screen->process || (got < 0 && errno == ECHILD);
}

void pty_screen_free(struct pty_screen *screen)
{
    if (screen == NULL)
        return;
    pty_screen_hang_up(screen);
    int64_t deadline = pty_screen_now() + screen->deadline;
    child_reap(screen, WNOHANG);
    while (!screen->reaped && pty_screen_now() < deadline) {
        poll(NULL, 0, TICK);
        child_reap(screen, WNOHANG);
    }
    if (!screen->reaped) {
        printf("# process %d outlived its line and was killed\n", (int)screen->process);
        kill(screen->process, SIGKILL);
        child_reap(screen, 0);
    }
    if (screen->vterm != NULL)
        vterm_free(screen->vterm);
    coding_close(&screen->coding);
    if (screen->to_line != (iconv_t)-1)
        iconv_close(screen->to_line);
    free(screen->bytes);
    free(screen->text);
    free(screen);
}

/* --- bytes ----------------------------------------------------------------------------------- */

static void bytes_keep(struct pty_screen *screen, const char *bytes, size_t length)
{
    if (screen->length + length > screen->capacity) {
        size_t capacity = screen->capacity == 0 ? 65536 : screen->capacity;
        while (capacity < screen->length + length)
            capacity *= 2;
        uint8_t *grown = realloc(screen->bytes, capacity);
        if (grown == NULL)
            abort();
        screen->bytes = grown;
        screen->capacity = capacity;
    }
    memcpy(screen->bytes + screen->length, bytes, length);
    screen->length += length;
}

/* A GB18030 terminal: bytes become characters, those of ambiguous width two columns wide. */
static void terminal_take(struct pty_screen *screen, const char *bytes, size_t length)
{
    if (!screen->gb18030) {
        vterm_input_write(screen->vterm, bytes, length);
        return;
    }
    for (size_t i = 0; i < length; i++) {
        uint32_t character = (uint8_t)bytes[i];
        char text[4];
        if (screen->coding.length > 0 || character >= 0x80) {
            enum coding_step step = coding_add(&screen->coding, (uint8_t)bytes[i], &character);
            if (step == CODING_MORE)
                continue;
            if (step != CODING_DONE)
                character = (uint8_t)bytes[i] < 0x80 ? (uint8_t)bytes[i] : 0xfffd;
        }
        if (character >= 0x80 && utf8_is_ambiguous(character)) {
            uint32_t at = 0;
            while (at < screen->stand_in_count && screen->stand_ins[at] != character)
                at++;
            if (at == screen->stand_in_count && at < STAND_INS)
                screen->stand_ins[screen->stand_in_count++] = character;
            character = STAND_IN + at;
        }
        vterm_input_write(screen->vterm, text, cells_encode(text, character));
    }
}

bool pty_screen_pump(struct pty_screen *screen, int timeout)
{
    struct pollfd ready = {.fd = screen->master, .events = POLLIN};
    while (!screen->closed && poll(&ready, 1, timeout) > 0) {
        char bytes[16384];
        ssize_t got = read(screen->master, bytes, sizeof(bytes));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            screen->closed = true;
            break;
        }
        bytes_keep(screen, bytes, (size_t)got);
        if (screen->vterm != NULL)
            terminal_take(screen, bytes, (size_t)got);
        timeout = 0;
    }
    if (screen->vterm_screen != NULL)
        vterm_screen_flush_damage(screen->vterm_screen);
    return !screen->closed;
}

bool pty_screen_send(struct pty_screen *screen, const void *bytes, size_t length)
{
    const char *next = bytes;
    while (length > 0) {
        struct pollfd ready = {.fd = screen->master, .events = POLLOUT};
        if (poll(&ready, 1, screen->deadline) <= 0)
            return false;
        ssize_t written = write(screen->master, next, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        next += written;
        length -= (size_t)written;
    }
    return true;
}

bool pty_screen_type(struct pty_screen *screen, const char *text)
{
    if (!screen->gb18030)
        return pty_screen_send(screen, text, strlen(text));
    size_t left = strlen(text);
    size_t room = left * 2 + 4;
    char *converted = malloc(room);
    if (converted == NULL)
        abort();
    char *in = (char *)(uintptr_t)text;
    char *out = converted;
    iconv(screen->to_line, &in, &left, &out, &room);
    bool sent = left == 0 && pty_screen_send(screen, converted, (size_t)(out - converted));
    free(converted);
    return sent;
}

bool pty_screen_paste(struct pty_screen *screen, const char *text)
{
    return pty_screen_type(screen, "\033[200~") && pty_screen_type(screen, text) &&
           pty_screen_type(screen, "\033[201~");
}

bool pty_screen_keys(struct pty_screen *screen, const char *names)
{
    while (*names != '\0') {
        char name[32];
        names += strspn(names, " ");
        size_t length = strcspn(names, " ");
        if (length == 0)
            break;
        snprintf(name, sizeof(name), "%.*s", (int)length, names);
        const char *bytes = keys_bytes(keys_by_name(name));
        if (bytes == NULL) {
            printf("# there is no key called %s\n", name);
            return false;
        }
        if (!pty_screen_type(screen, bytes))
            return false;
        names += length;
    }
    return true;
}

void pty_screen_resize(struct pty_screen *screen, int rows, int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    screen->rows = rows;
    screen->columns = columns;
    if (screen->vterm != NULL)
        vterm_set_size(screen->vterm, rows, columns);
    ioctl(screen->master, TIOCSWINSZ, &size);
}

const uint8_t *pty_screen_bytes(struct pty_screen *screen, size_t *length)
{
    *length = screen->length;
    return screen->bytes;
}

void pty_screen_mark(struct pty_screen *screen)
{
    screen->length = 0;
}

void pty_screen_hang_up(struct pty_screen *screen)
{
    if (screen->master >= 0)
        close(screen->master);
    screen->master = -1;
    screen->closed = true;
}

int pty_screen_descriptor(const struct pty_screen *screen)
{
    return screen->master;
}

int pty_screen_process(const struct pty_screen *screen)
{
    return (int)screen->process;
}

/* --- looking --------------------------------------------------------------------------------- */

static char *text_room(struct pty_screen *screen)
{
    free(screen->text);
    screen->text =
        calloc((size_t)screen->rows * ((size_t)screen->columns * CHARACTER_BYTES + 1) + 1, 1);
    if (screen->text == NULL)
        abort();
    return screen->text;
}

/* Box drawing characters as in SCREENS.md. */
static uint32_t character_plain(const struct pty_screen *screen, uint32_t character)
{
    if (screen->gb18030 && character >= STAND_IN && character < STAND_IN + screen->stand_in_count)
        return screen->stand_ins[character - STAND_IN];
    if (character < 0x2500 || character > 0x257f)
        return character;
    if (character == 0x2500 || character == 0x2550)
        return '-';
    return character == 0x2502 || character == 0x2551 ? '|' : '+';
}

static size_t row_text(const struct pty_screen *screen, int row, char *text)
{
    size_t length = 0;
    size_t kept = 0;
    for (int column = 0; column < screen->columns; column++) {
        VTermScreenCell cell;
        VTermPos position = {.row = row, .col = column};
        if (!vterm_screen_get_cell(screen->vterm_screen, position, &cell))
            continue;
        if (cell.chars[0] == (uint32_t)-1)
            continue; /* second half of a wide character */
        uint32_t first = cell.chars[0] == 0 ? ' ' : character_plain(screen, cell.chars[0]);
        length += cells_encode(text + length, first);
        /* libvterm fills the characters up to the first 0 and leaves the rest as it was. */
        for (int i = 1;
             cell.chars[0] != 0 && i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0 && i < 5; i++)
            length += cells_encode(text + length, cell.chars[i]);
        if (first != ' ')
            kept = length;
    }
    text[kept] = '\0';
    return kept;
}

const char *pty_screen_row(struct pty_screen *screen, int row)
{
    char *text = text_room(screen);
    if (screen->vterm != NULL && row >= 1 && row <= screen->rows)
        row_text(screen, row - 1, text);
    return text;
}

const char *pty_screen_dump(struct pty_screen *screen)
{
    char *text = text_room(screen);
    size_t length = 0;
    for (int row = 0; screen->vterm != NULL && row < screen->rows; row++) {
        length += row_text(screen, row, text + length);
        text[length++] = '\n';
    }
    text[length] = '\0';
    return text;
}

bool pty_screen_contains(struct pty_screen *screen, const char *text)
{
    return strstr(pty_screen_dump(screen), text) != NULL;
}

void pty_screen_cursor(struct pty_screen *screen, int *row, int *column)
{
    VTermPos position = {0};
    if (screen->vterm != NULL)
        vterm_state_get_cursorpos(vterm_obtain_state(screen->vterm), &position);
    *row = position.row + 1;
    *column = position.col + 1;
}

bool pty_screen_cursor_visible(struct pty_screen *screen)
{
    return screen->cursor_visible;
}

struct pty_screen_cell pty_screen_cell(struct pty_screen *screen, int row, int column)
{
    struct pty_screen_cell result = {0};
    VTermScreenCell cell;
    VTermPos position = {.row = row - 1, .col = column - 1};
    if (screen->vterm == NULL || !vterm_screen_get_cell(screen->vterm_screen, position, &cell))
        return result;
    bool tail = cell.chars[0] == (uint32_t)-1;
    result.character = tail ? 0 : cell.chars[0] == 0 ? ' ' : cell.chars[0];
    result.columns = tail ? 0 : cell.width;
    result.bold = cell.attrs.bold != 0;
    result.underline = cell.attrs.underline != 0;
    result.reverse = cell.attrs.reverse != 0;
    return result;
}

const char *pty_screen_attributes(struct pty_screen *screen, int row)
{
    static const char letters[] = {'.', 'b', 'u', 'U', 'r', 'B', 'V', 'W'};
    char *text = text_room(screen);
    for (int column = 1; column <= screen->columns; column++) {
        struct pty_screen_cell cell = pty_screen_cell(screen, row, column);
        text[column - 1] =
            letters[(cell.bold ? 1 : 0) + (cell.underline ? 2 : 0) + (cell.reverse ? 4 : 0)];
    }
    text[screen->columns] = '\0';
    return text;
}

/* --- waiting --------------------------------------------------------------------------------- */

static void complain(struct pty_screen *screen, const char *what, const char *detail)
{
    printf("# after %d ms: %s %s\n", screen->deadline, what, detail);
    if (screen->vterm == NULL)
        return;
    for (int row = 1; row <= screen->rows; row++)
        printf("# %2d %s\n", row, pty_screen_row(screen, row));
    int row;
    int column;
    pty_screen_cursor(screen, &row, &column);
    printf("# cursor at %d, %d\n", row, column);
}

/* Polls without complaint. */
static bool wait_quietly(struct pty_screen *screen,
                         bool (*condition)(struct pty_screen *screen, void *context), void *context)
{
    int64_t deadline = pty_screen_now() + screen->deadline;
    for (;;) {
        bool open = pty_screen_pump(screen, 0);
        if (condition(screen, context))
            return true;
        if (!open || pty_screen_now() >= deadline)
            return false;
        pty_screen_pump(screen, TICK);
    }
}

bool pty_screen_wait(struct pty_screen *screen,
                     bool (*condition)(struct pty_screen *screen, void *context), void *context)
{
    if (wait_quietly(screen, condition, context))
        return true;
    complain(screen, "the condition does not hold", "");
    return false;
}

static bool text_is_there(struct pty_screen *screen, void *context)
{
    return pty_screen_contains(screen, context);
}

bool pty_screen_wait_text(struct pty_screen *screen, const char *text)
{
    if (wait_quietly(screen, text_is_there, (void *)(uintptr_t)text))
        return true;
    complain(screen, "nowhere on the screen:", text);
    return false;
}

static bool text_is_gone(struct pty_screen *screen, void *context)
{
    return !pty_screen_contains(screen, context);
}

bool pty_screen_wait_no_text(struct pty_screen *screen, const char *text)
{
    if (wait_quietly(screen, text_is_gone, (void *)(uintptr_t)text))
        return true;
    complain(screen, "still on the screen:", text);
    return false;
}

struct row_wanted {
    int row;
    const char *text;
};

static bool row_has_text(struct pty_screen *screen, void *context)
{
    const struct row_wanted *wanted = context;
    return strstr(pty_screen_row(screen, wanted->row), wanted->text) != NULL;
}

bool pty_screen_wait_row(struct pty_screen *screen, int row, const char *text)
{
    struct row_wanted wanted = {.row = row, .text = text};
    if (wait_quietly(screen, row_has_text, &wanted))
        return true;
    char place[32];
    snprintf(place, sizeof(place), "not in row %d:", row);
    complain(screen, place, text);
    return false;
}

struct place {
    int row;
    int column;
};

static bool cursor_is_there(struct pty_screen *screen, void *context)
{
    const struct place *wanted = context;
    int row;
    int column;
    pty_screen_cursor(screen, &row, &column);
    return row == wanted->row && column == wanted->column;
}

bool pty_screen_wait_cursor(struct pty_screen *screen, int row, int column)
{
    struct place wanted = {.row = row, .column = column};
    if (wait_quietly(screen, cursor_is_there, &wanted))
        return true;
    char place[48];
    snprintf(place, sizeof(place), "%d, %d", row, column);
    complain(screen, "the cursor is not at", place);
    return false;
}

struct bytes_wanted {
    const void *bytes;
    size_t length;
};

static bool bytes_are_there(struct pty_screen *screen, void *context)
{
    const struct bytes_wanted *wanted = context;
    return screen->length > 0 &&
           memmem(screen->bytes, screen->length, wanted->bytes, wanted->length) != NULL;
}

bool pty_screen_wait_bytes(struct pty_screen *screen, const void *bytes, size_t length)
{
    struct bytes_wanted wanted = {.bytes = bytes, .length = length};
    if (wait_quietly(screen, bytes_are_there, &wanted))
        return true;
    complain(screen, "the bytes did not come", "");
    return false;
}

static bool process_ended(struct pty_screen *screen, void *context)
{
    (void)context;
    child_reap(screen, WNOHANG);
    return screen->reaped;
}

int pty_screen_wait_exit(struct pty_screen *screen)
{
    int64_t deadline = pty_screen_now() + screen->deadline;
    while (!process_ended(screen, NULL) && pty_screen_now() < deadline)
        if (!pty_screen_pump(screen, TICK))
            poll(NULL, 0, TICK);
    pty_screen_pump(screen, 0);
    if (!screen->reaped) {
        complain(screen, "the program still runs", "");
        return -1;
    }
    return WIFSIGNALED(screen->status) ? 128 + WTERMSIG(screen->status)
                                       : WEXITSTATUS(screen->status);
}
