/* Writer of comma-separated values to a sink. */
#include "server/import/csv.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/buffer.h"

struct csv_writer {
    struct csv_writer_options options;
    csv_sink *sink;
    void *context;
    iconv_t converter; /* (iconv_t)-1 for UTF-8 */
    bool begun;
    bool failed;
};

struct csv_writer *csv_writer_create(const struct csv_writer_options *options, csv_sink *sink,
                                     void *context)
{
    struct csv_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL) {
        return NULL;
    }
    writer->options = *options;
    writer->sink = sink;
    writer->context = context;
    writer->converter = (iconv_t)-1;
    if (writer->options.delimiter == '\0') {
        writer->options.delimiter = ',';
    }
    if (options->encoding == CSV_GB18030) {
        writer->converter = iconv_open("GB18030", "UTF-8");
        if (writer->converter == (iconv_t)-1) {
            free(writer);
            return NULL;
        }
    }
    return writer;
}

void csv_writer_free(struct csv_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    if (writer->converter != (iconv_t)-1) {
        (void)iconv_close(writer->converter);
    }
    free(writer);
}

static void bytes_put(struct csv_writer *writer, const char *bytes, size_t length)
{
    char encoded[1024];
    char *input = (char *)(uintptr_t)bytes; /* iconv reads only, whatever its prototype says */

    if (writer->failed || length == 0) {
        return;
    }
    if (writer->converter == (iconv_t)-1) {
        writer->failed = !writer->sink(writer->context, bytes, length);
        return;
    }
    while (length > 0 && !writer->failed) {
        char *output = encoded;
        size_t room = sizeof(encoded);
        size_t before = length;

        /* A full buffer is the only error after which progress was made; others stop here. */
        if (iconv(writer->converter, &input, &length, &output, &room) == (size_t)-1 &&
            (length == before || room > 4)) {
            writer->failed = true;
            return;
        }
        writer->failed = !writer->sink(writer->context, encoded, sizeof(encoded) - room);
    }
}

/* Sign, digits and one point: an amount such as -12.50 is no formula. */
static bool plain_number(const char *cell)
{
    size_t digits = 0;
    bool point = false;

    if (*cell == '+' || *cell == '-') {
        cell++;
    }
    for (; *cell != '\0'; cell++) {
        if (*cell >= '0' && *cell <= '9') {
            digits++;
        } else if (*cell == '.' && !point) {
            point = true;
        } else {
            return false;
        }
    }
    return digits > 0;
}

static void cell_put(struct csv_writer *writer, const char *cell)
{
    const char special[] = {'"', '\r', '\n', writer->options.delimiter, '\0'};
    size_t length = strlen(cell);
    bool guard = writer->options.guard_formulas && *cell != '\0' &&
                 strchr("=+-@\t\r", *cell) != NULL && !plain_number(cell);
    bool quote = guard || cell[strcspn(cell, special)] != '\0' ||
                 (length > 0 && (cell[0] == ' ' || cell[length - 1] == ' '));

    if (!utf8_valid(cell, length)) {
        writer->failed = true;
        return;
    }
    if (quote) {
        bytes_put(writer, "\"", 1);
    }
    if (guard) {
        bytes_put(writer, "'", 1);
    }
    while (*cell != '\0') {
        size_t part = quote ? strcspn(cell, "\"") : length;

        bytes_put(writer, cell, part);
        cell += part;
        if (quote && *cell == '"') {
            bytes_put(writer, "\"\"", 2);
            cell++;
        }
    }
    if (quote) {
        bytes_put(writer, "\"", 1);
    }
}

bool csv_writer_record(struct csv_writer *writer, const char *const *cells, size_t count)
{
    if (!writer->begun) {
        writer->begun = true;
        if (writer->options.byte_order_mark && writer->options.encoding == CSV_UTF8) {
            bytes_put(writer, "\xef\xbb\xbf", 3);
        }
    }
    for (size_t i = 0; i < count && !writer->failed; i++) {
        if (i > 0) {
            bytes_put(writer, &writer->options.delimiter, 1);
        }
        /* A record of one empty cell would otherwise read as an empty line. */
        if (count == 1 && (cells[i] == NULL || *cells[i] == '\0')) {
            bytes_put(writer, "\"\"", 2);
        } else if (cells[i] != NULL) {
            cell_put(writer, cells[i]);
        }
    }
    bytes_put(writer, "\r\n", 2);
    return !writer->failed;
}
