/* Comma-separated values: records, encodings, errors by line, resumption, writing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/import/csv.h"

enum { TEXT_SIZE = 65536, ROUNDS = 400 };

struct text {
    char bytes[TEXT_SIZE];
    size_t length;
};

static uint64_t seed = 7;

static size_t random_below(size_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % limit);
}

static bool text_put(void *context, const char *bytes, size_t length)
{
    struct text *text = context;

    if (length > TEXT_SIZE - text->length) {
        return false;
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    return true;
}

static void text_add(struct text *text, const char *part)
{
    assert_true(text_put(text, part, strlen(part)));
}

/* One line per record: "line:cell|cell!error@column". Control characters stay. */
static void record_describe(const struct csv_record *record, struct text *out)
{
    char number[64];

    (void)snprintf(number, sizeof(number), "%llu:", (unsigned long long)record->line);
    text_add(out, number);
    for (size_t i = 0; i < record->count; i++) {
        text_add(out, i > 0 ? "|" : "");
        assert_int_equal(strlen(record->cells[i]), record->lengths[i]);
        text_add(out, record->cells[i]);
    }
    for (size_t i = 0; i < record->error_count; i++) {
        text_add(out, "!");
        text_add(out, record->errors[i].name);
        (void)snprintf(number, sizeof(number), "@%zu", record->errors[i].column);
        text_add(out, number);
    }
    text_add(out, "\n");
}

static void read_all(const char *source, size_t length, const struct csv_options *options,
                     size_t chunk, struct text *out)
{
    struct csv_reader *reader = csv_reader_create(options);
    enum csv_result result = CSV_MORE;
    size_t at = 0;

    assert_non_null(reader);
    out->length = 0;
    while (result != CSV_END) {
        struct csv_record record;

        while ((result = csv_reader_next(reader, &record)) == CSV_RECORD) {
            record_describe(&record, out);
        }
        if (result == CSV_MORE && at == length) {
            csv_reader_finish(reader);
        } else if (result == CSV_MORE) {
            size_t part = length - at < chunk ? length - at : chunk;

            assert_true(csv_reader_feed(reader, source + at, part));
            at += part;
        }
    }
    csv_reader_free(reader);
    assert_true(text_put(out, "", 1));
}

static void sources_and_records(void **state)
{
    static const struct {
        const char *source;
        const char *wanted;
        struct csv_options options;
    } rows[] = {
        {"a,b\r\nc,d\r\n", "1:a|b\n2:c|d\n", {0}},
        {"a,b\nc,d", "1:a|b\n2:c|d\n", {0}},
        {"\xef\xbb\xbf姓名,电话\n李建国,139\n", "1:姓名|电话\n2:李建国|139\n", {0}},
        {"a;b,c;d\n1;2;3\n", "1:a|b,c|d\n2:1|2|3\n", {0}},
        {"a\tb\n\n\n,\tc\n", "1:a|b\n4:,|c\n", {0}},
        {"a|b\n", "1:a|b\n", {.delimiter = '|'}},
        {"\n\r\n\"a,\n,b\";c\n", "3:a,\n,b|c\n", {0}},
        {"\"a,b\";c\n", "1:a,b|c\n", {0}},
        {"\"a\"\"b\",\"c\r\nd\"\ne,f\n", "1:a\"b|c\r\nd\n3:e|f\n", {0}},
        {"a,,\n,\n\"\"\n", "1:a||\n2:|\n3:\n", {0}},
        {"a,b\"c\nd,e\n", "1:a|b\"c!csv.quote_inside@2\n2:d|e\n", {0}},
        {"\"a\"x,b\nd,e\n", "1:ax|b!csv.quote_after@1\n2:d|e\n", {0}},
        {"a,b\nc,\"d\ne,f\ng,h\n", "1:a|b\n2:!csv.quote_open@0\n3:e|f\n4:g|h\n", {0}},
        {"a,b\n\xff,c\nd,e\n", "1:a|b\n2:|c!csv.encoding@1\n3:d|e\n", {0}},
        {"a,b\nc\nd,e,f\n",
         "1:a|b\n2:c!csv.column_count@0\n3:d|e|f!csv.column_count@0\n",
         {.columns = 2}},
        {"abcdef,b\nc,d\n", "1:|b!csv.cell_too_long@1\n2:c|d\n", {.cell_limit = 5}},
        {"abcdefghijkl,b\nc,d\n", "1:!csv.record_too_long@0\n2:c|d\n", {.record_limit = 8}},
        {"\"abcdefghijkl\nb,c\nc,d\n",
         "1:!csv.quote_open@0\n2:b|c\n3:c|d\n",
         {.record_limit = 8, .delimiter = ','}},
        {"\"a\nb\nc\nd\",e\nf,g\n",
         "1:!csv.quote_open@0\n2:b\n3:c\n4:d\"|e!csv.quote_inside@1\n5:f|g\n",
         {.record_limit = 6, .delimiter = ','}},
        {"1234567\n12345678\nx",
         "1:1234567\n2:!csv.record_too_long@0\n3:x\n",
         {.record_limit = 8, .delimiter = ','}},
        {"a,b,c\nd\n", "1:a|b!csv.too_many_columns@0\n2:d\n", {.column_limit = 2}},
        {"x\"\ny\"\nz\n",
         "1:x\"!csv.quote_inside@1\n2:y\"!csv.quote_inside@1!csv.too_many_errors@0\n",
         {.bad_limit = 2}},
        {"", "", {0}},
        {"\xef\xbb\xbf", "", {0}},
        {"\n\n", "", {0}},
        {"\"", "1:!csv.quote_open@0\n", {0}},
    };
    struct text *out = malloc(sizeof(*out));

    (void)state;
    assert_non_null(out);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        for (size_t chunk = 1; chunk < 70; chunk += 3) {
            read_all(rows[i].source, strlen(rows[i].source), &rows[i].options, chunk, out);
            assert_string_equal(out->bytes, rows[i].wanted);
        }
    }
    read_all("a,b\0c\nd,e\n", 10, &(struct csv_options){0}, 3, out);
    assert_string_equal(out->bytes, "1:a|!csv.null@2\n2:d|e\n");
    free(out);
}

/* In GB18030 the second byte of a character may be the one of '|', and in four-byte characters
 * digits follow. */
static void chinese_encoding(void **state)
{
    /* U+5047 is BC D9, U+4E04 is 81 40, U+4E66 is CA E9; 81 7C ends in '|'; 95 32 82 36 is U+20000.
     */
    static const char source[] = "\xca\xe9|\x81\x7c|\x95\x32\x82\x36\n\"\xbc\xd9|\"|b|\x81\n";
    const struct csv_options options = {.delimiter = '|', .encoding = CSV_GB18030};
    struct text *out = malloc(sizeof(*out));

    (void)state;
    assert_non_null(out);
    for (size_t chunk = 1; chunk < 20; chunk++) {
        read_all(source, sizeof(source) - 1, &options, chunk, out);
        assert_string_equal(out->bytes, "1:书|亅|𠀀\n2:假||b|!csv.encoding@3\n");
        /* The beginning of a four-byte character does not swallow the end of the line. */
        read_all("\x81\x30\n1|b\n", 7, &options, chunk, out);
        assert_string_equal(out->bytes, "1:!csv.encoding@1\n2:1|b\n");
    }
    free(out);
}

static void bad_options_are_refused(void **state)
{
    struct csv_reader *reader = csv_reader_create(&(struct csv_options){0});

    (void)state;
    assert_null(csv_reader_create(&(struct csv_options){.delimiter = 'x'}));
    assert_int_equal(csv_reader_delimiter(reader), '\0');
    csv_reader_finish(reader);
    assert_false(csv_reader_feed(reader, "a", 1));
    csv_reader_free(reader);
    assert_int_equal(csv_delimiter_detect("\"a,b,c\";d", 9, CSV_UTF8), ';');
    assert_int_equal(csv_delimiter_detect("abc", 3, CSV_UTF8), ',');
}

static char *random_cell(void)
{
    static const char *const parts[] = {"a",  "\"", ",", "\n", "\r\n", "李", "𠀀", " ",
                                        "\t", ";",  "|", "=",  "-",    "1",  "'",  "丂"};
    char *cell = calloc(1, 64);

    for (size_t left = random_below(8); left > 0; left--) {
        strcat(cell, parts[random_below(sizeof(parts) / sizeof(*parts))]);
    }
    return cell;
}

/* What is written is read again, in both encodings, in any pieces, and from every record on. */
static void written_and_read_again(void **state)
{
    struct text *file = malloc(sizeof(*file));
    struct text *wanted = malloc(sizeof(*wanted));

    (void)state;
    assert_true(file != NULL && wanted != NULL);
    for (int round = 0; round < ROUNDS; round++) {
        enum { RECORDS = 6, COLUMNS = 3 };
        const struct csv_writer_options style = {
            .delimiter = ",\t;|"[random_below(4)],
            .encoding = round % 2 == 0 ? CSV_UTF8 : CSV_GB18030,
            .byte_order_mark = round % 3 == 0,
        };
        struct csv_options options = {
            .delimiter = style.delimiter, .encoding = style.encoding, .columns = COLUMNS};
        struct csv_writer *writer = csv_writer_create(&style, text_put, file);
        char *cells[RECORDS][COLUMNS];
        size_t at = 0;

        file->length = 0;
        for (size_t i = 0; i < RECORDS; i++) {
            for (size_t j = 0; j < COLUMNS; j++) {
                cells[i][j] = random_cell();
            }
            assert_true(csv_writer_record(writer, (const char *const *)cells[i], COLUMNS));
        }
        csv_writer_free(writer);
        for (size_t i = 0; i < RECORDS; i++) {
            struct csv_reader *reader = csv_reader_create(&options);
            struct csv_record record;
            enum csv_result result;

            at = (size_t)options.start_offset;
            while ((result = csv_reader_next(reader, &record)) == CSV_MORE) {
                size_t part = 1 + random_below(9);

                part = part > file->length - at ? file->length - at : part;
                if (part == 0) {
                    csv_reader_finish(reader);
                }
                (void)csv_reader_feed(reader, file->bytes + at, part);
                at += part;
            }
            assert_int_equal(result, CSV_RECORD);
            assert_int_equal(record.error_count, 0);
            assert_int_equal(record.count, COLUMNS);
            for (size_t j = 0; j < COLUMNS; j++) {
                assert_string_equal(record.cells[j], cells[i][j]);
            }
            options.start_offset = record.next_offset;
            options.start_line = record.next_line;
            csv_reader_free(reader);
        }
        assert_true(options.start_offset == file->length);
        for (size_t i = 0; i < RECORDS * COLUMNS; i++) {
            free(cells[i / COLUMNS][i % COLUMNS]);
        }
    }
    free(wanted);
    free(file);
}

static void formulas_are_guarded_on_demand(void **state)
{
    static const char *const cells[] = {"=1+1", "-12.50", "@x", "+86 139", "-", "a=b"};
    struct text *file = calloc(1, sizeof(*file));
    struct csv_writer *writer =
        csv_writer_create(&(struct csv_writer_options){.guard_formulas = true}, text_put, file);

    (void)state;
    assert_true(csv_writer_record(writer, cells, 6));
    assert_memory_equal(file->bytes, "\"'=1+1\",-12.50,\"'@x\",\"'+86 139\",\"'-\",a=b\r\n",
                        file->length);
    csv_writer_free(writer);
    file->length = 0;
    writer = csv_writer_create(&(struct csv_writer_options){0}, text_put, file);
    assert_true(csv_writer_record(writer, cells, 6));
    assert_memory_equal(file->bytes, "=1+1,-12.50,@x,+86 139,-,a=b\r\n", file->length);
    assert_false(csv_writer_record(writer, (const char *const[]){"\xff"}, 1));
    assert_false(csv_writer_record(writer, cells, 1));
    csv_writer_free(writer);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"sources are read as records with errors by line", sources_and_records, NULL, NULL, NULL},
        {"GB18030 is read by characters, not by bytes", chinese_encoding, NULL, NULL, NULL},
        {"bad options are refused", bad_options_are_refused, NULL, NULL, NULL},
        {"what is written is read again, from any record on", written_and_read_again, NULL, NULL,
         NULL},
        {"formulas are guarded only on demand", formulas_are_guarded_on_demand, NULL, NULL, NULL},
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
