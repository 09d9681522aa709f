/* The settings of a line, the question which encoding it really speaks, and printing through it. */
#include "client/terminal/terminal_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What differs from terminal to terminal; the first entry whose name begins the type holds. */
struct line_type {
    const char *beginning;
    bool always_twins;    /* no Alt key */
    bool bracketed_paste; /* others ignore the request or show it as rubbish */
    bool colour;
};

static const struct line_type line_types[] = {
    {.beginning = "vt52", .always_twins = true},
    {.beginning = "vt1", .always_twins = true},
    {.beginning = "vt", .always_twins = true},
    {.beginning = "linux", .bracketed_paste = false, .colour = true},
    {.beginning = "xterm", .bracketed_paste = true, .colour = true},
    {.beginning = "putty", .bracketed_paste = true, .colour = true},
    {.beginning = "rxvt", .bracketed_paste = true, .colour = true},
    {.beginning = "screen", .bracketed_paste = true, .colour = true},
    {.beginning = "tmux", .bracketed_paste = true, .colour = true},
    {.beginning = "", .colour = true},
};

static bool charset_is_gb18030(const char *charset)
{
    static const char *const names[] = {"GB18030", "GBK", "GB2312", "EUCCN", "EUC-CN", "CP936"};
    const char *point = strchr(charset, '.');
    if (point != NULL)
        charset = point + 1;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncasecmp(charset, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static const char *charset_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0')
            return value;
    }
    return "";
}

void terminal_line_defaults(struct terminal_line *line, const char *type, const char *charset)
{
    memset(line, 0, sizeof(*line));
    if (type == NULL)
        type = getenv("TERM");
    if (type == NULL || *type == '\0')
        type = "vt100";
    snprintf(line->type, sizeof(line->type), "%s", type);
    if (charset == NULL)
        charset = charset_of_environment();
    bool gb18030 = charset_is_gb18030(charset);
    line->encoding = gb18030 ? TERMINAL_GB18030 : TERMINAL_UTF8;
    line->ambiguous = gb18030 ? 2 : 1;
    line->escape_delay = KEYS_ESCAPE_DELAY;
    const struct line_type *entry = line_types;
    while (strncmp(type, entry->beginning, strlen(entry->beginning)) != 0)
        entry++;
    line->always_twins = entry->always_twins;
    line->bracketed_paste = entry->bracketed_paste;
    line->colour = entry->colour;
}

const char *terminal_encoding_name(enum terminal_encoding encoding)
{
    return encoding == TERMINAL_GB18030 ? "GB18030" : "UTF-8";
}

/* Puts text in the upper left corner and asks where the cursor is now; 0 without an answer. */
static int probe_columns(struct terminal *terminal, const void *text, size_t length, int timeout)
{
    static const char home[] = "\033[1;1H";
    static const char question[] = "\033[6n";
    struct keys_event report;
    while (keys_take_report(terminal->keys, &report)) {
    }
    keys_expect_report(terminal->keys, true);
    if (!terminal_write(terminal, home, sizeof(home) - 1) ||
        !terminal_write(terminal, text, length) ||
        !terminal_write(terminal, question, sizeof(question) - 1))
        return 0;
    int64_t deadline = terminal_now() + timeout;
    while (!terminal->ended && !keys_take_report(terminal->keys, &report)) {
        int64_t left = deadline - terminal_now();
        if (left <= 0)
            return 0;
        terminal_read(terminal, (int)left);
    }
    return terminal->ended ? 0 : report.column - 1;
}

enum terminal_probe terminal_probe(struct terminal *terminal, int timeout)
{
    /* As UTF-8 two Han characters, 4 columns; a GB18030 line sees three pairs, 6 columns. */
    static const uint8_t utf8[] = {0xe4, 0xb8, 0xad, 0xe6, 0x96, 0x87};
    /* As GB18030 two Han characters, 4 columns; a UTF-8 line sees two Latin letters. */
    static const uint8_t gb18030[] = {0xc4, 0xa3, 0xc4, 0xa3};
    /* A left Chinese quotation mark, of ambiguous width. */
    static const uint8_t quote_utf8[] = {0xe2, 0x80, 0x9c};
    static const uint8_t quote_gb18030[] = {0xa1, 0xb0};
    bool is_gb18030 = terminal->line.encoding == TERMINAL_GB18030;
    int columns = is_gb18030 ? probe_columns(terminal, gb18030, sizeof(gb18030), timeout)
                             : probe_columns(terminal, utf8, sizeof(utf8), timeout);
    terminal_redraw(terminal);
    if (columns == 0)
        return TERMINAL_PROBE_SILENT;
    if (columns != 4)
        return TERMINAL_PROBE_MISMATCH;
    columns = is_gb18030 ? probe_columns(terminal, quote_gb18030, sizeof(quote_gb18030), timeout)
                         : probe_columns(terminal, quote_utf8, sizeof(quote_utf8), timeout);
    if (columns == 1 || columns == 2)
        terminal->line.ambiguous = columns;
    return TERMINAL_PROBE_AGREES;
}

/* A capability without its padding ("$<5>"): the line has flow control of its own. */
static bool capability_write(struct terminal *terminal, const char *capability)
{
    while (*capability != '\0') {
        if (capability[0] == '$' && capability[1] == '<') {
            const char *end = strchr(capability, '>');
            if (end != NULL) {
                capability = end + 1;
                continue;
            }
        }
        if (!terminal_write(terminal, capability, 1))
            return false;
        capability++;
    }
    return true;
}

bool terminal_print_bytes(struct terminal *terminal, const void *bytes, size_t length)
{
    const char *on = paint_capability("mc5");
    const char *off = paint_capability("mc4");
    if (!terminal->line.printer || on == NULL || off == NULL)
        return false;
    if (!capability_write(terminal, on))
        return false;
    bool written = terminal_write(terminal, bytes, length);
    /* The screen has to come back even when the document did not go out. */
    return capability_write(terminal, off) && written;
}

bool terminal_print(struct terminal *terminal, const char *text)
{
    size_t length = strlen(text);
    char *clean = malloc(length * 2 + 1);
    if (clean == NULL)
        abort();
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '\n') {
            clean[used++] = '\r';
            clean[used++] = '\n';
        } else if (byte == '\f' || byte == '\t' || (byte >= ' ' && byte != 0x7f)) {
            /* Other controls could end the printing and reach the screen as commands. */
            clean[used++] = (char)byte;
        }
    }
    size_t converted;
    const char *bytes = edge_convert(terminal->edge, clean, used, &converted);
    bool printed = terminal_print_bytes(terminal, bytes, converted);
    free(clean);
    return printed;
}
