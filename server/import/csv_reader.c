/* Streaming reader of comma-separated values: finds records in bytes of the source encoding, then
 * takes the cells apart and converts them. */
#include "server/import/csv.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/buffer.h"

static const char byte_order_mark[] = "\xef\xbb\xbf";

enum scan_state { SCAN_CELL_START, SCAN_PLAIN, SCAN_QUOTED, SCAN_QUOTE_CLOSED };

struct csv_reader {
    struct csv_options options;
    iconv_t converter; /* (iconv_t)-1 for UTF-8 */
    char delimiter;
    bool finished;
    bool ended;
    bool begun; /* the byte order mark has been dealt with */

    char *bytes; /* of the source, from `start` not yet consumed */
    size_t capacity;
    size_t length;
    size_t start;
    uint64_t offset; /* of bytes[start] in the source */
    uint64_t line;   /* of bytes[start] */
    size_t bad_count;

    /* How far the record at start has been looked through. */
    size_t scanned; /* relative to start */
    enum scan_state state;
    uint64_t breaks;        /* line breaks seen in it */
    const char *skip_error; /* set: the line cannot be read, its bytes are dropped */
    uint64_t skip_line;
    uint64_t skip_offset;

    char *text; /* cells in UTF-8, each terminated */
    size_t text_capacity;
    size_t text_length;
    size_t *places;
    const char **cells;
    size_t *lengths;
};

static bool delimiter_valid(char delimiter)
{
    return delimiter == ',' || delimiter == '\t' || delimiter == ';' || delimiter == '|';
}

struct csv_reader *csv_reader_create(const struct csv_options *options)
{
    struct csv_reader *reader;

    if (options->delimiter != '\0' && !delimiter_valid(options->delimiter)) {
        return NULL;
    }
    reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NULL;
    }
    reader->options = *options;
    reader->delimiter = options->delimiter;
    reader->offset = options->start_offset;
    reader->begun = options->start_offset > 0;
    reader->line = options->start_line == 0 ? 1 : options->start_line;
    if (reader->options.cell_limit == 0) {
        reader->options.cell_limit = CSV_CELL_LIMIT;
    }
    if (reader->options.record_limit == 0) {
        reader->options.record_limit = CSV_RECORD_LIMIT;
    }
    if (reader->options.column_limit == 0) {
        reader->options.column_limit = CSV_COLUMN_LIMIT;
    }
    if (reader->options.bad_limit == 0) {
        reader->options.bad_limit = CSV_BAD_LIMIT;
    }
    reader->converter = (iconv_t)-1;
    reader->places = calloc(reader->options.column_limit, sizeof(*reader->places));
    reader->cells = calloc(reader->options.column_limit, sizeof(*reader->cells));
    reader->lengths = calloc(reader->options.column_limit, sizeof(*reader->lengths));
    if (reader->places == NULL || reader->cells == NULL || reader->lengths == NULL) {
        goto out;
    }
    if (options->encoding == CSV_GB18030) {
        reader->converter = iconv_open("UTF-8", "GB18030");
        if (reader->converter == (iconv_t)-1) {
            goto out;
        }
    }
    return reader;
out:
    csv_reader_free(reader);
    return NULL;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->converter != (iconv_t)-1) {
        (void)iconv_close(reader->converter);
    }
    free(reader->bytes);
    free(reader->text);
    free(reader->places);
    free(reader->cells);
    free(reader->lengths);
    free(reader);
}

bool csv_reader_feed(struct csv_reader *reader, const void *bytes, size_t length)
{
    if (reader->finished) {
        return false;
    }
    if (length == 0) {
        return true;
    }
    if (reader->start > 0) {
        memmove(reader->bytes, reader->bytes + reader->start, reader->length - reader->start);
        reader->length -= reader->start;
        reader->start = 0;
    }
    if (length > reader->capacity - reader->length) {
        size_t capacity = reader->capacity == 0 ? 4096 : reader->capacity;
        char *grown;

        if (length > SIZE_MAX / 4 - reader->length) {
            return false;
        }
        while (capacity < reader->length + length) {
            capacity *= 2;
        }
        grown = realloc(reader->bytes, capacity);
        if (grown == NULL) {
            return false;
        }
        reader->bytes = grown;
        reader->capacity = capacity;
    }
    memcpy(reader->bytes + reader->length, bytes, length);
    reader->length += length;
    return true;
}

void csv_reader_finish(struct csv_reader *reader)
{
    reader->finished = true;
}

char csv_reader_delimiter(const struct csv_reader *reader)
{
    return reader->delimiter;
}

/* Bytes of the character at `at`: in GB18030 later bytes may look like digits or '|', so they
 * must not be looked at one by one. 0: the end of the bytes cuts it off. */
static size_t character_length(enum csv_encoding encoding, const char *at, size_t left)
{
    unsigned char second;

    if (encoding != CSV_GB18030 || (unsigned char)*at < 0x81 || (unsigned char)*at == 0xff) {
        return 1;
    }
    if (left < 2) {
        return 0;
    }
    second = (unsigned char)at[1];
    if (second >= 0x40 && second != 0x7f && second != 0xff) {
        return 2;
    }
    if (second < '0' || second > '9') {
        return 1;
    }
    if (left < 4) {
        return 0;
    }
    return (unsigned char)at[2] >= 0x81 && at[3] >= '0' && at[3] <= '9' ? 4 : 1;
}

/* *whole: the first line with anything in it ends within the bytes. */
static char line_delimiter(const char *line, size_t length, enum csv_encoding encoding, bool *whole)
{
    static const char candidates[] = {',', '\t', ';', '|'};
    size_t counts[sizeof(candidates)] = {0};
    size_t best = 0;
    bool quoted = false;
    bool begun = false;

    *whole = false;
    for (size_t at = 0; at < length && !*whole;) {
        size_t bytes = character_length(encoding, line + at, length - at);

        *whole = line[at] == '\n' && !quoted && begun;
        begun = begun || (line[at] != '\n' && line[at] != '\r');
        quoted = quoted != (line[at] == '"');
        for (size_t i = 0; bytes == 1 && !quoted && i < sizeof(candidates); i++) {
            counts[i] += line[at] == candidates[i] ? 1 : 0;
        }
        at += bytes == 0 ? 1 : bytes;
    }
    for (size_t i = 1; i < sizeof(candidates); i++) {
        if (counts[i] > counts[best]) {
            best = i;
        }
    }
    return candidates[best];
}

char csv_delimiter_detect(const char *line, size_t length, enum csv_encoding encoding)
{
    bool whole;

    return line_delimiter(line, length, encoding, &whole);
}

static void error_add(struct csv_record *record, const char *name, size_t column)
{
    if (record->error_count < CSV_ERRORS) {
        record->errors[record->error_count++] = (struct csv_error){name, column};
    }
}

/* Looks on for the end of the record at start, up to the first character beyond the limit, so that
 * what is found does not depend on how the bytes came. True: *end is the length of the record with
 * its line break. */
static bool record_scan(struct csv_reader *reader, size_t *end)
{
    const char *begin = reader->bytes + reader->start;
    size_t length = reader->length - reader->start;
    size_t at = reader->scanned;

    while (at < length && at <= reader->options.record_limit) {
        size_t bytes = character_length(reader->options.encoding, begin + at, length - at);
        char byte = begin[at];

        if (bytes == 0) {
            if (!reader->finished) {
                break;
            }
            bytes = 1;
        }
        at += bytes;
        if (byte == '\n') {
            reader->breaks++;
            if (reader->state != SCAN_QUOTED && at <= reader->options.record_limit) {
                reader->scanned = at;
                *end = at;
                return true;
            }
        }
        if (reader->state == SCAN_QUOTED) {
            reader->state = byte == '"' ? SCAN_QUOTE_CLOSED : SCAN_QUOTED;
        } else if (byte == reader->delimiter && bytes == 1) {
            reader->state = SCAN_CELL_START;
        } else if (byte == '"' && reader->state != SCAN_PLAIN) {
            reader->state = SCAN_QUOTED;
        } else {
            reader->state = SCAN_PLAIN;
        }
    }
    reader->scanned = at;
    if (reader->finished && at == length && at <= reader->options.record_limit &&
        reader->state != SCAN_QUOTED) {
        *end = length;
        return true;
    }
    return false;
}

static void consume(struct csv_reader *reader, size_t bytes, uint64_t breaks)
{
    reader->start += bytes;
    reader->offset += bytes;
    reader->line += breaks;
    reader->scanned = 0;
    reader->state = SCAN_CELL_START;
    reader->breaks = 0;
}

static void record_begin(const struct csv_reader *reader, struct csv_record *record)
{
    *record = (struct csv_record){
        .line = reader->line,
        .offset = reader->offset,
        .cells = reader->cells,
        .lengths = reader->lengths,
    };
}

static enum csv_result record_end(struct csv_reader *reader, struct csv_record *record)
{
    record->next_line = reader->line;
    record->next_offset = reader->offset;
    if (record->error_count > 0 && ++reader->bad_count >= reader->options.bad_limit) {
        if (record->error_count == CSV_ERRORS) {
            record->error_count--;
        }
        error_add(record, "csv.too_many_errors", 0);
        reader->ended = true;
    }
    return CSV_RECORD;
}

static bool text_reserve(struct csv_reader *reader, size_t bytes)
{
    size_t capacity = reader->text_capacity == 0 ? 1024 : reader->text_capacity;
    char *grown;

    if (bytes <= reader->text_capacity - reader->text_length) {
        return true;
    }
    while (capacity < reader->text_length + bytes) {
        capacity *= 2;
    }
    grown = realloc(reader->text, capacity);
    if (grown == NULL) {
        return false;
    }
    reader->text = grown;
    reader->text_capacity = capacity;
    return true;
}

/* Converts raw bytes of one cell to the end of the text. NULL or the name of an error. */
static const char *cell_convert(struct csv_reader *reader, const char *raw, size_t length,
                                size_t *written)
{
    *written = 0;
    if (memchr(raw, '\0', length) != NULL) {
        return "csv.null";
    }
    if (reader->converter == (iconv_t)-1) {
        if (!utf8_valid(raw, length)) {
            return "csv.encoding";
        }
        if (length > reader->options.cell_limit || !text_reserve(reader, length + 1)) {
            return "csv.cell_too_long";
        }
        memcpy(reader->text + reader->text_length, raw, length);
        *written = length;
        return NULL;
    }
    /* A character of GB18030 has at least half as many bytes as its UTF-8, save single bytes. */
    if (!text_reserve(reader, length * 2 + 1)) {
        return "csv.cell_too_long";
    }
    char *input = (char *)(uintptr_t)raw; /* iconv reads only, whatever its prototype says */
    size_t left = length;
    char *output = reader->text + reader->text_length;
    size_t room = length * 2;

    (void)iconv(reader->converter, NULL, NULL, NULL, NULL);
    if (iconv(reader->converter, &input, &left, &output, &room) == (size_t)-1 || left > 0) {
        return "csv.encoding";
    }
    if (length * 2 - room > reader->options.cell_limit) {
        return "csv.cell_too_long";
    }
    *written = length * 2 - room;
    return NULL;
}

struct cell_scan {
    const char *begin; /* of the record */
    size_t length;     /* without its line break */
    size_t at;
};

/* Moves the cell at scan->at together in place without its quotes: [*from, *to) afterwards. */
static void cell_unquote(const struct csv_reader *reader, struct cell_scan *scan, char *bytes,
                         size_t *from, size_t *to, struct csv_record *record, size_t column)
{
    enum scan_state state = SCAN_CELL_START;
    bool inside = false;
    bool after = false;
    size_t out = scan->at;

    *from = out;
    while (scan->at < scan->length) {
        size_t size = character_length(reader->options.encoding, scan->begin + scan->at,
                                       scan->length - scan->at);
        char byte = scan->begin[scan->at];

        size = size == 0 ? 1 : size;
        if (state == SCAN_QUOTED && byte == '"') {
            state = SCAN_QUOTE_CLOSED;
            scan->at += size;
            continue;
        }
        if (state != SCAN_QUOTED && byte == reader->delimiter && size == 1) {
            break;
        }
        if (byte == '"' && state == SCAN_CELL_START) {
            state = SCAN_QUOTED;
            scan->at += size;
            continue;
        }
        if (byte == '"' && state == SCAN_QUOTE_CLOSED) {
            state = SCAN_QUOTED;
        } else if (state == SCAN_QUOTE_CLOSED) {
            after = true;
            state = SCAN_PLAIN;
        } else if (state == SCAN_CELL_START) {
            state = SCAN_PLAIN;
        } else if (state == SCAN_PLAIN && byte == '"') {
            inside = true;
        }
        memmove(bytes + out, scan->begin + scan->at, size);
        out += size;
        scan->at += size;
    }
    *to = out;
    if (after) {
        error_add(record, "csv.quote_after", column);
    } else if (inside) {
        error_add(record, "csv.quote_inside", column);
    }
}

/* Takes the record of `length` bytes (without line break) at start apart. */
static void record_parse(struct csv_reader *reader, size_t length, struct csv_record *record)
{
    char *bytes = reader->bytes + reader->start;
    struct cell_scan scan = {.begin = bytes, .length = length};
    size_t columns = 0;

    reader->text_length = 0;
    for (bool more = true; more; columns++) {
        const char *error;
        size_t from;
        size_t to;
        size_t written;

        if (columns == reader->options.column_limit) {
            error_add(record, "csv.too_many_columns", 0);
            break;
        }
        cell_unquote(reader, &scan, bytes, &from, &to, record, columns + 1);
        more = scan.at < length;
        scan.at++;
        error = cell_convert(reader, bytes + from, to - from, &written);
        if (error != NULL) {
            error_add(record, error, columns + 1);
        }
        reader->places[columns] = reader->text_length;
        reader->lengths[columns] = written;
        if (!text_reserve(reader, written + 1)) {
            error_add(record, "csv.record_too_long", 0);
            break;
        }
        reader->text[reader->text_length + written] = '\0';
        reader->text_length += written + 1;
    }
    record->count = columns;
    for (size_t i = 0; i < columns; i++) {
        reader->cells[i] = reader->text + reader->places[i];
    }
    if (reader->options.columns > 0 && columns != reader->options.columns &&
        columns < reader->options.column_limit) {
        error_add(record, "csv.column_count", 0);
    }
}

/* Drops the first line of a record that cannot be read, without keeping its bytes. Only the line:
 * whatever is wrong with it, the lines behind it are not lost. */
static enum csv_result line_skip(struct csv_reader *reader, struct csv_record *record)
{
    const char *begin = reader->bytes + reader->start;
    size_t length = reader->length - reader->start;
    const char *line_break = memchr(begin, '\n', length);

    if (line_break == NULL) {
        consume(reader, length, 0);
        if (!reader->finished) {
            return CSV_MORE;
        }
    } else {
        consume(reader, (size_t)(line_break - begin) + 1, 1);
    }
    record_begin(reader, record);
    record->line = reader->skip_line;
    record->offset = reader->skip_offset;
    error_add(record, reader->skip_error, 0);
    reader->skip_error = NULL;
    return record_end(reader, record);
}

/* The byte order mark and the delimiter, before the first record. False: more bytes are needed. */
static bool begin_prepare(struct csv_reader *reader)
{
    const char *begin = reader->bytes + reader->start;
    size_t length = reader->length - reader->start;

    if (!reader->begun) {
        size_t mark = sizeof(byte_order_mark) - 1;
        bool prefix =
            length > 0 && memcmp(begin, byte_order_mark, length < mark ? length : mark) == 0;

        if (reader->options.encoding == CSV_UTF8 && length < mark && (prefix || length == 0) &&
            !reader->finished) {
            return false;
        }
        reader->begun = true;
        if (reader->options.encoding == CSV_UTF8 && prefix && length >= mark) {
            consume(reader, mark, 0);
            begin += mark;
            length -= mark;
        }
    }
    if (reader->delimiter == '\0') {
        size_t limit = reader->options.record_limit;
        bool whole;
        char delimiter = line_delimiter(begin, length < limit ? length : limit,
                                        reader->options.encoding, &whole);

        if (!whole && length < limit && !reader->finished) {
            return false;
        }
        reader->delimiter = delimiter;
    }
    return true;
}

enum csv_result csv_reader_next(struct csv_reader *reader, struct csv_record *record)
{
    for (;;) {
        size_t end = 0;
        size_t length;
        const char *begin;
        bool found;

        if (reader->ended) {
            return CSV_END;
        }
        if ((reader->bytes == NULL || !begin_prepare(reader)) && !reader->finished) {
            return CSV_MORE;
        }
        if (reader->skip_error != NULL) {
            return line_skip(reader, record);
        }
        if (reader->start == reader->length) {
            return reader->finished ? CSV_END : CSV_MORE;
        }
        found = record_scan(reader, &end);
        if (!found && !reader->finished && reader->scanned <= reader->options.record_limit) {
            return CSV_MORE;
        }
        if (!found) {
            reader->skip_error =
                reader->state == SCAN_QUOTED ? "csv.quote_open" : "csv.record_too_long";
            reader->skip_line = reader->line;
            reader->skip_offset = reader->offset;
            continue;
        }
        begin = reader->bytes + reader->start;
        length = end;
        if (length > 0 && begin[length - 1] == '\n') {
            length--;
            if (length > 0 && begin[length - 1] == '\r') {
                length--;
            }
        }
        if (length == 0) {
            consume(reader, end, reader->breaks);
            continue;
        }
        record_begin(reader, record);
        uint64_t breaks = reader->breaks;

        record_parse(reader, length, record);
        consume(reader, end, breaks);
        return record_end(reader, record);
    }
}
