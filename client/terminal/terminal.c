/* Starting and restoring the line, signals, and the loop of events. */
#include "client/terminal/terminal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_ERRORS = 3,        /* in a row: the line is gone, whatever the error says */
    HELD_QUIET = 20,        /* ms without painting while the server is asked */
    SIZE_LIMIT = 500,       /* rows or columns that are believed */
    WRITE_PATIENCE = 30000, /* ms a line may refuse output before it counts as lost */
    END_PATIENCE = 1000     /* the same once we were told to end */
};

static const char paste_on[] = "\033[?2004h";
static const char paste_off[] = "\033[?2004l";

/* Signal handlers know no argument; one terminal per process. */
static int wake_pipe[2] = {-1, -1};
static volatile sig_atomic_t signalled_end;
static volatile sig_atomic_t signalled_resize;
static struct terminal *active;

static const int caught[] = {SIGHUP, SIGTERM, SIGINT, SIGWINCH, SIGTSTP};
enum { CAUGHT = sizeof(caught) / sizeof(caught[0]) };
static struct sigaction saved_actions[CAUGHT];

int64_t terminal_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void signal_arrived(int number)
{
    int saved_errno = errno;
    if (number == SIGWINCH)
        signalled_resize = 1;
    else
        signalled_end = 1;
    ssize_t written = write(wake_pipe[1], "", 1);
    (void)written; /* a full pipe wakes as well */
    errno = saved_errno;
}

static bool signals_take(void)
{
    signalled_end = 0;
    signalled_resize = 0;
    if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    for (size_t i = 0; i < CAUGHT; i++) {
        struct sigaction action = {.sa_handler = signal_arrived};
        if (caught[i] == SIGTSTP)
            action.sa_handler = SIG_IGN;
        sigemptyset(&action.sa_mask);
        sigaction(caught[i], &action, &saved_actions[i]);
    }
    return true;
}

static void signals_give_back(void)
{
    if (wake_pipe[0] < 0)
        return;
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &saved_actions[i], NULL);
    close(wake_pipe[0]);
    close(wake_pipe[1]);
    wake_pipe[0] = wake_pipe[1] = -1;
}

static void terminal_measure(struct terminal *terminal)
{
    struct winsize size = {0};
    if (ioctl(terminal->output, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
        size.ws_row = 24;
        size.ws_col = 80;
    }
    terminal->rows = size.ws_row > SIZE_LIMIT ? SIZE_LIMIT : size.ws_row;
    terminal->columns = size.ws_col > SIZE_LIMIT ? SIZE_LIMIT : size.ws_col;
    if (terminal->rows < 2)
        terminal->rows = 2;
    if (terminal->columns < 4)
        terminal->columns = 4;
    paint_resize(terminal->paint, terminal->rows, terminal->columns);
}

static bool terminal_make_raw(struct terminal *terminal)
{
    if (tcgetattr(terminal->input, &terminal->saved) != 0)
        return false;
    struct termios raw = terminal->saved;
    cfmakeraw(&raw); /* no echo, no signals, no flow control, no output processing */
    if (terminal->line.flow_control)
        raw.c_iflag |= (tcflag_t)(IXON | IXOFF);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(terminal->input, TCSADRAIN, &raw) != 0)
        return false;
    terminal->raw = true;
    return true;
}

bool terminal_write(struct terminal *terminal, const void *bytes, size_t length)
{
    const char *next = bytes;
    while (length > 0 && !terminal->lost) {
        struct pollfd ready = {.fd = terminal->output, .events = POLLOUT};
        int polled = poll(&ready, 1, signalled_end ? END_PATIENCE : WRITE_PATIENCE);
        if (polled < 0 && errno == EINTR)
            continue;
        ssize_t written = -1;
        if (polled > 0 && (ready.revents & POLLOUT) != 0) {
            written = write(terminal->output, next, length);
            if (written < 0 && (errno == EINTR || errno == EAGAIN))
                continue;
        }
        if (written < 0) {
            terminal->lost = true;
            break;
        }
        next += written;
        length -= (size_t)written;
        terminal->sent += (unsigned long)written;
    }
    if (terminal->lost)
        terminal->ended = true;
    return !terminal->lost;
}

bool terminal_write_text(struct terminal *terminal, const char *text, size_t length)
{
    size_t converted;
    const char *bytes = edge_convert(terminal->edge, text, length, &converted);
    return terminal_write(terminal, bytes, converted);
}

static void terminal_flush(struct terminal *terminal)
{
    size_t length;
    const char *bytes = paint_take(terminal->paint, &length);
    if (length > 0)
        terminal_write_text(terminal, bytes, length);
}

/* At the end of the process, not of a child that forked off and left through exit. */
static void terminal_stop_active(void)
{
    if (active != NULL && active->owner == getpid())
        terminal_stop(active);
}

struct terminal *terminal_start(const struct terminal_line *line, int input, int output,
                                enum terminal_fault *fault)
{
    static bool registered;
    struct terminal *terminal = NULL;
    *fault = TERMINAL_NOT_A_TERMINAL;
    if (!isatty(input) || !isatty(output))
        return NULL;
    *fault = TERMINAL_SYSTEM;
    if (active != NULL) {
        errno = EBUSY;
        return NULL;
    }
    terminal = calloc(1, sizeof(*terminal));
    if (terminal == NULL)
        abort();
    terminal->line = *line;
    terminal->owner = getpid();
    terminal->input = input;
    terminal->output = output;
    if (terminal->line.ambiguous != 2)
        terminal->line.ambiguous = 1;
    bool gb18030 = line->encoding == TERMINAL_GB18030;
    bool vt100 = strncmp(line->type, "vt1", 3) == 0;
    terminal->edge = edge_create(gb18030);
    terminal->keys = keys_create(&(struct keys_options){
        .encoding = gb18030 ? KEYS_GB18030 : KEYS_UTF8,
        .profile = vt100 ? KEYS_PROFILE_VT100 : KEYS_PROFILE_COMMON,
        .escape_delay = line->escape_delay,
        .always_twins = line->always_twins,
    });
    if (terminal->edge == NULL || terminal->keys == NULL) {
        *fault = TERMINAL_NO_CONVERSION;
        goto failed;
    }
    if (!signals_take())
        goto failed;
    active = terminal;
    terminal->paint = paint_create(line, terminal->edge, fault);
    if (terminal->paint == NULL)
        goto failed;
    terminal_measure(terminal);
    terminal->cells = cells_create(terminal->rows, terminal->columns, terminal->line.ambiguous);
    *fault = TERMINAL_SYSTEM;
    if (!terminal_make_raw(terminal))
        goto failed;
    terminal_flush(terminal);
    if (line->bracketed_paste)
        terminal_write(terminal, paste_on, sizeof(paste_on) - 1);
    if (!registered)
        registered = atexit(terminal_stop_active) == 0;
    *fault = TERMINAL_OK;
    return terminal;
failed:
    active = terminal;
    terminal_stop(terminal);
    return NULL;
}

void terminal_stop(struct terminal *terminal)
{
    if (terminal == NULL)
        return;
    if (terminal->paint != NULL && terminal->raw) {
        if (terminal->line.bracketed_paste)
            terminal_write(terminal, paste_off, sizeof(paste_off) - 1);
        paint_end(terminal->paint);
        terminal_flush(terminal);
    }
    /* Drain so that nothing of ours is interpreted with the old settings; a dead line cannot. */
    if (terminal->raw)
        tcsetattr(terminal->input, terminal->lost ? TCSANOW : TCSADRAIN, &terminal->saved);
    paint_free(terminal->paint);
    signals_give_back();
    cells_free(terminal->cells);
    keys_free(terminal->keys);
    edge_free(terminal->edge);
    free(terminal);
    active = NULL;
}

const struct terminal_line *terminal_line(const struct terminal *terminal)
{
    return &terminal->line;
}

int terminal_rows(const struct terminal *terminal)
{
    return terminal->rows;
}

int terminal_columns(const struct terminal *terminal)
{
    return terminal->columns;
}

unsigned long terminal_bytes_sent(const struct terminal *terminal)
{
    return terminal->sent;
}

/* --- input ----------------------------------------------------------------------------------- */

/* One read of a descriptor that poll found ready; false when there was nothing more. */
static bool terminal_read_once(struct terminal *terminal)
{
    char bytes[4096];
    ssize_t got = read(terminal->input, bytes, sizeof(bytes));
    if (got > 0) {
        terminal->read_errors = 0;
        keys_feed(terminal->keys, bytes, (size_t)got, terminal_now());
        return true;
    }
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    /* End of file, or an error that will not go away: without this a lost line would spin. */
    if (got == 0 || ++terminal->read_errors >= READ_ERRORS)
        terminal->ended = true;
    return false;
}

void terminal_read(struct terminal *terminal, int timeout)
{
    struct pollfd ready = {.fd = terminal->input, .events = POLLIN};
    int64_t deadline = keys_deadline(terminal->keys);
    if (deadline >= 0) {
        int64_t left = deadline - terminal_now();
        if (left < 0)
            left = 0;
        if (timeout < 0 || left < timeout)
            timeout = (int)left;
    }
    if (signalled_end)
        terminal->ended = true;
    while (!terminal->ended) {
        int polled = poll(&ready, 1, timeout);
        if (polled <= 0)
            break;
        bool read_some = terminal_read_once(terminal);
        if (!read_some && (ready.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
            terminal->ended = true;
        timeout = 0;
    }
    keys_tick(terminal->keys, terminal_now());
}

/* --- output ---------------------------------------------------------------------------------- */

void terminal_set_painter(struct terminal *terminal, terminal_painter painter, void *context)
{
    terminal->painter = painter;
    terminal->context = context;
}

void terminal_update(struct terminal *terminal)
{
    int row = -1;
    int column = -1;
    if (terminal->painter == NULL || terminal->lost)
        return;
    terminal->cells->ambiguous = terminal->line.ambiguous;
    terminal->painter(terminal->context, terminal->cells, &row, &column);
    paint_show(terminal->paint, &terminal->line, terminal->cells, row, column);
    terminal_flush(terminal);
}

void terminal_redraw(struct terminal *terminal)
{
    paint_forget(terminal->paint);
}

void terminal_beep(struct terminal *terminal)
{
    terminal_write(terminal, "\a", 1);
}

/* --- events ---------------------------------------------------------------------------------- */

void terminal_hold_keys(struct terminal *terminal, bool held)
{
    terminal->held = held;
}

bool terminal_take_key(struct terminal *terminal, enum keys_code code)
{
    return keys_take(terminal->keys, code);
}

void terminal_discard_keys(struct terminal *terminal)
{
    terminal_read(terminal, 0);
    keys_discard(terminal->keys);
}

static bool terminal_next_key(struct terminal *terminal, struct terminal_event *event)
{
    if (terminal->held)
        return false;
    while (keys_next(terminal->keys, &event->key)) {
        if (event->key.kind == KEYS_REPORT)
            continue; /* an answer that came too late for terminal_probe */
        event->kind = TERMINAL_KEY;
        return true;
    }
    return false;
}

static void wake_pipe_empty(void)
{
    char bytes[64];
    while (read(wake_pipe[0], bytes, sizeof(bytes)) > 0) {
    }
}

/* The nearer of two waiting times, -1 being for ever. */
static int64_t nearer(int64_t one, int64_t other)
{
    if (one < 0)
        return other;
    return other < 0 || one < other ? one : other;
}

/* Waits for anything; true if the extra descriptor is readable. */
static bool terminal_wait(struct terminal *terminal, int extra, int64_t deadline)
{
    int64_t now = terminal_now();
    int64_t until = nearer(deadline, keys_deadline(terminal->keys));
    int64_t wait = until < 0 ? -1 : until - now;
    if (until >= 0 && wait < 0)
        wait = 0;
    struct pollfd ready[] = {
        {.fd = terminal->input, .events = POLLIN},
        {.fd = wake_pipe[0], .events = POLLIN},
        {.fd = extra, .events = POLLIN},
    };
    if (poll(ready, extra < 0 ? 2 : 3, wait > INT32_MAX ? INT32_MAX : (int)wait) <= 0)
        return false;
    if (ready[1].revents != 0)
        wake_pipe_empty();
    /* Keys that came in the same instant are handled first, in the order of arrival. */
    return extra >= 0 && ready[2].revents != 0 && (ready[0].revents == 0 || terminal->held);
}

struct terminal_event terminal_poll(struct terminal *terminal, int extra, int timeout)
{
    struct terminal_event event = {0};
    int64_t deadline = timeout < 0 ? -1 : terminal_now() + timeout;
    bool waited = false;
    bool quieted = false;
    int64_t quiet = nearer(deadline, terminal_now() + HELD_QUIET);
    for (;;) {
        terminal_read(terminal, 0);
        if (terminal->ended) {
            event.kind = TERMINAL_END;
            return event;
        }
        if (signalled_resize) {
            signalled_resize = 0;
            terminal_measure(terminal);
            cells_resize(terminal->cells, terminal->rows, terminal->columns);
            event.kind = TERMINAL_RESIZE;
            return event;
        }
        if (terminal_next_key(terminal, &event))
            return event;
        if (waited && deadline >= 0 && terminal_now() >= deadline) {
            event.kind = TERMINAL_TICK;
            return event;
        }
        /* The picture of a moment ago is not worth its bytes when the answer is about to come. */
        if (terminal->held && !quieted) {
            quieted = true;
            if (terminal_wait(terminal, extra, quiet)) {
                event.kind = TERMINAL_EXTRA;
                return event;
            }
            continue; /* whatever else woke us is looked at first */
        }
        terminal_update(terminal);
        waited = true;
        if (terminal_wait(terminal, extra, deadline)) {
            event.kind = TERMINAL_EXTRA;
            return event;
        }
    }
}
