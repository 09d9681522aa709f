/* Log lines and process titles. */
#include "server/process/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "protocol/buffer.h"

enum { LOG_LINE = 1024, LOG_SCRUBBED = 2 * LOG_LINE };

static const char *role_name = "halldeskd";
static enum log_level role_threshold = LOG_INFO;
static char *title_start;
static size_t title_size;

void log_title_prepare(int argc, char **argv)
{
    if (argc < 1)
        return;
    /* The kernel lays the arguments out behind each other; only an unbroken run is overwritten. */
    char *end = argv[0] + strlen(argv[0]) + 1;
    for (int i = 1; i < argc && argv[i] == end; i++)
        end = argv[i] + strlen(argv[i]) + 1;
    title_start = argv[0];
    title_size = (size_t)(end - argv[0]);
}

void log_role(const char *role)
{
    role_name = role;
    char title[64];
    snprintf(title, sizeof title, "halldeskd: %s", role);
    if (title_start) {
        memset(title_start, 0, title_size);
        snprintf(title_start, title_size, "%s", title);
    }
    prctl(PR_SET_NAME, role, 0, 0, 0);
}

void log_threshold(enum log_level level)
{
    role_threshold = level;
}

void log_scrub(const char *text, char *out, size_t size)
{
    size_t length = strlen(text);
    size_t used = 0;
    if (size < 8) {
        if (size)
            out[0] = '\0';
        return;
    }
    while (length) {
        uint32_t code_point = 0;
        size_t step = utf8_decode(text, length, &code_point);
        bool plain = step && code_point >= 0x20 && !(code_point >= 0x7f && code_point < 0xa0) &&
                     code_point != 0x2028 && code_point != 0x2029;
        size_t wanted = plain ? step : 4;
        if (used + wanted + 4 > size) {
            memcpy(out + used, "...", 3);
            used += 3;
            break;
        }
        if (plain) {
            memcpy(out + used, text, step);
            used += step;
        } else {
            step = 1;
            snprintf(out + used, 5, "\\x%02x", (unsigned)(unsigned char)text[0]);
            used += 4;
        }
        text += step;
        length -= step;
    }
    out[used] = '\0';
}

void log_write(enum log_level level, const char *format, ...)
{
    if (level > role_threshold)
        return;
    char message[LOG_LINE];
    char scrubbed[LOG_SCRUBBED];
    char line[LOG_SCRUBBED + 64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    log_scrub(message, scrubbed, sizeof scrubbed);
    int length = snprintf(line, sizeof line, "<%d>%s[%ld] %s\n", (int)level, role_name,
                          (long)getpid(), scrubbed);
    if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
        return; /* nowhere left to say so */
}
