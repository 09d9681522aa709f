/* Fuzz target of the CSV reader: how the bytes are cut into pieces never matters, reading resumed
 * behind any record goes on the same, and what was read can be written and read again.
 * With -DHALLDESK_LIBFUZZER it is a libFuzzer target; else a bounded run of its own, the number
 * of inputs given by FUZZ_RUNS, the seed by FUZZ_SEED; or with files as arguments just those. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/import/csv.h"

enum { INPUT_LIMIT = 400, RUNS = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition, const char *what)
{
    if (!condition) {
        printf("not ok 1 - %s\n1..1\n", what);
        (void)fflush(stdout);
        abort();
    }
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static uint64_t record_hash(uint64_t hash, const struct csv_record *record)
{
    const uint64_t numbers[] = {record->line,        record->offset, record->next_line,
                                record->next_offset, record->count,  record->error_count};

    hash = hash_bytes(hash, numbers, sizeof(numbers));
    for (size_t i = 0; i < record->count; i++) {
        check(strlen(record->cells[i]) == record->lengths[i], "a cell is one text");
        hash = hash_bytes(hash, record->cells[i], record->lengths[i] + 1);
    }
    for (size_t i = 0; i < record->error_count; i++) {
        hash = hash_bytes(hash, record->errors[i].name, strlen(record->errors[i].name));
        hash = hash_bytes(hash, &record->errors[i].column, sizeof(record->errors[i].column));
    }
    return hash;
}

static bool bytes_take(void *context, const char *bytes, size_t length)
{
    uint64_t *total = context;

    (void)bytes;
    *total += length;
    return true;
}

/* Hash of all records from the options' offset on; *resume is set to a record boundary, *rest to
 * the hash of what follows it. */
static uint64_t read_all(const uint8_t *data, size_t size, struct csv_options options, size_t piece,
                         uint64_t pick, struct csv_options *resume, uint64_t *rest)
{
    const uint64_t basis = UINT64_C(14695981039346656037);
    struct csv_reader *reader = csv_reader_create(&options);
    uint64_t written = 0;
    struct csv_writer *writer = csv_writer_create(
        &(struct csv_writer_options){.encoding = options.encoding}, bytes_take, &written);
    enum csv_result result = CSV_MORE;
    struct csv_record record;
    uint64_t hash = basis;
    size_t at = (size_t)options.start_offset;
    uint64_t last = options.start_offset;
    uint64_t count = 0;

    check(reader != NULL && writer != NULL, "memory");
    *rest = basis;
    while (result != CSV_END) {
        while ((result = csv_reader_next(reader, &record)) == CSV_RECORD) {
            check(record.next_offset > last && record.next_offset <= size, "reading goes on");
            check(record.next_line >= record.line, "lines are counted");
            last = record.next_offset;
            hash = record_hash(hash, &record);
            *rest = record_hash(*rest, &record);
            if (record.count > 0) {
                check(csv_writer_record(writer, record.cells, record.count), "can be written");
            }
            if (resume != NULL && count++ == pick) {
                *resume = options;
                resume->start_offset = record.next_offset;
                resume->start_line = record.next_line;
                resume->delimiter = csv_reader_delimiter(reader);
                *rest = basis;
            }
        }
        if (result == CSV_MORE && at == size) {
            csv_reader_finish(reader);
        } else if (result == CSV_MORE) {
            size_t part = size - at < piece ? size - at : piece;

            check(csv_reader_feed(reader, data + at, part), "bytes are taken");
            at += part;
        }
    }
    csv_reader_free(reader);
    csv_writer_free(writer);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = {'\0', ',', '\t', ';', '|'};
    struct csv_options options = {0};
    struct csv_options resume = {.start_offset = 0};
    uint64_t rest;
    uint64_t ignored;

    if (size < 4) {
        return 0;
    }
    options.delimiter = delimiters[data[0] % 5];
    options.encoding = data[0] >= 128 ? CSV_GB18030 : CSV_UTF8;
    options.record_limit = 4 + data[1] % 64;
    options.cell_limit = 1 + data[1] / 16;
    options.column_limit = 1 + data[2] % 8;
    options.columns = data[2] / 64;
    options.bad_limit = 1000000;
    size_t piece = 1 + data[3] % 16;
    uint64_t pick = data[3] / 32;

    data += 4;
    size -= 4;
    uint64_t whole = read_all(data, size, options, size + 1, pick, &resume, &rest);

    check(whole == read_all(data, size, options, piece, pick, NULL, &ignored),
          "pieces do not matter");
    if (resume.start_offset > 0) {
        check(rest == read_all(data, size, resume, piece, 0, NULL, &ignored),
              "reading can be resumed");
    }
    return 0;
}

#ifndef HALLDESK_LIBFUZZER

static uint64_t seed;

static uint64_t random_next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t environment_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    uint64_t number = text == NULL ? 0 : strtoull(text, NULL, 10);

    return number == 0 ? otherwise : number;
}

static int file_run(const char *name)
{
    static uint8_t input[1 << 20];
    FILE *file = fopen(name, "rb");
    size_t size;

    if (file == NULL) {
        perror(name);
        return EXIT_FAILURE;
    }
    size = fread(input, 1, sizeof(input), file);
    (void)fclose(file);
    return LLVMFuzzerTestOneInput(input, size);
}

int main(int count, char **arguments)
{
    static const char alphabet[] =
        "\"\"\"\"\n\n\n\r,,,;|\tab1=\xe6\x9d\x8e\x81\x30\x7c\xef\xbb\xbf";
    uint64_t runs = environment_number("FUZZ_RUNS", RUNS);
    uint8_t input[INPUT_LIMIT];

    for (int i = 1; i < count; i++) {
        if (file_run(arguments[i]) != 0) {
            return EXIT_FAILURE;
        }
    }
    if (count > 1) {
        return EXIT_SUCCESS;
    }
    seed = environment_number("FUZZ_SEED", 20261121);
    printf("# seed %" PRIu64 "\n", seed);
    for (uint64_t run = 0; run < runs; run++) {
        size_t size = random_next() % INPUT_LIMIT;

        for (size_t i = 0; i < size; i++) {
            uint64_t number = random_next();

            input[i] = i >= 4 && number % 16 != 0
                           ? (uint8_t)alphabet[number / 16 % (sizeof(alphabet) - 1)]
                           : (uint8_t)(number >> 32);
        }
        (void)LLVMFuzzerTestOneInput(input, size);
    }
    printf("ok 1 - %" PRIu64 " random inputs of the CSV reader\n1..1\n", runs);
    return EXIT_SUCCESS;
}

#endif
