/* Comma-separated values, read and written as a stream (RFC 4180): quotes, line breaks in cells,
 * UTF-8 with or without BOM, GB18030. A broken record is reported with named errors and reading
 * goes on at the next line, so that one bad line never hides the others. */
#ifndef HALLDESK_CSV_H
#define HALLDESK_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum csv_encoding { CSV_UTF8, CSV_GB18030 };

enum {
    CSV_ERRORS = 8,                /* kept of one record */
    CSV_CELL_LIMIT = 64 * 1024,    /* bytes, unless the options say other */
    CSV_RECORD_LIMIT = 256 * 1024, /* bytes */
    CSV_COLUMN_LIMIT = 1024,
    CSV_BAD_LIMIT = 1000, /* records with errors, after which reading ends */
};

struct csv_options {
    char delimiter; /* ',', tab, ';' or '|'; '\0': the commonest of these in the first line */
    enum csv_encoding encoding;
    size_t columns;      /* each record must have so many; 0: any number */
    size_t cell_limit;   /* of the text in UTF-8; 0 in this and the next: the limits above */
    size_t record_limit; /* of the bytes of the source */
    size_t column_limit;
    size_t bad_limit;
    uint64_t start_offset; /* where reading resumes, as told by csv_record.next_offset */
    uint64_t start_line;   /* its line, as told by csv_record.next_line; 0 is 1 */
};

/* Names: csv.quote_inside (a quote within an unquoted cell, kept as it is), csv.quote_after (text
 * after a closing quote, kept), csv.quote_open (no closing quote: the line is skipped), csv.null
 * (a zero byte), csv.encoding (bytes not of the encoding; the cell is empty), csv.cell_too_long
 * (the cell is empty), csv.record_too_long (its first line is
 * skipped), csv.too_many_columns (the
 * rest is dropped), csv.column_count, csv.too_many_errors (reading ends). */
struct csv_error {
    const char *name; /* static */
    size_t column;    /* from 1; 0: the record as a whole */
};

/* Valid until the next call with the same reader. */
struct csv_record {
    uint64_t line; /* of the source, from 1, where the record begins */
    uint64_t offset;
    uint64_t next_line;
    uint64_t next_offset; /* in bytes of the source; reading can be resumed there */
    size_t count;
    const char *const *cells; /* UTF-8, terminated */
    const size_t *lengths;
    size_t error_count;
    struct csv_error errors[CSV_ERRORS];
};

enum csv_result {
    CSV_RECORD,
    CSV_MORE, /* feed more bytes, or finish */
    CSV_END,
};

struct csv_reader;

/* NULL when memory is short, the options make no sense or the system lacks the encoding. */
struct csv_reader *csv_reader_create(const struct csv_options *options);
void csv_reader_free(struct csv_reader *reader);
/* Appends bytes of the source; they are copied. False when memory is short or after finish.
 * Call csv_reader_next until CSV_MORE before feeding again, else the bytes pile up. */
bool csv_reader_feed(struct csv_reader *reader, const void *bytes, size_t length);
void csv_reader_finish(struct csv_reader *reader); /* no more bytes will come */
/* Empty lines are passed over. */
enum csv_result csv_reader_next(struct csv_reader *reader, struct csv_record *record);
/* '\0' before it is known; must be given in the options when reading resumes. */
char csv_reader_delimiter(const struct csv_reader *reader);

/* The likeliest delimiter of a first line (bytes up to a line break outside quotes). */
char csv_delimiter_detect(const char *line, size_t length, enum csv_encoding encoding);

/* Takes the bytes; false ends the writing. */
typedef bool csv_sink(void *context, const char *bytes, size_t length);

struct csv_writer_options {
    char delimiter; /* '\0' is a comma */
    enum csv_encoding encoding;
    bool byte_order_mark; /* UTF-8 only; spreadsheets need it to see Chinese */
    bool guard_formulas;  /* a cell that begins with = + - @ tab or return, and is no plain number,
                           * gets a leading apostrophe, so that no spreadsheet runs it */
};

struct csv_writer;

struct csv_writer *csv_writer_create(const struct csv_writer_options *options, csv_sink *sink,
                                     void *context);
void csv_writer_free(struct csv_writer *writer);
/* One record of UTF-8 cells (NULL is empty), ended by CR LF. False, from then on for every call,
 * when the sink refused, memory is short or a cell cannot be encoded. */
bool csv_writer_record(struct csv_writer *writer, const char *const *cells, size_t count);

#endif
