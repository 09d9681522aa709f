/* How the columns of a file become the fields of a form: forms/import/NAME.map. */
#ifndef HALLDESK_CTL_IMPORT_MAP_H
#define HALLDESK_CTL_IMPORT_MAP_H

#include "client/ctl/fields.h"
#include "server/forms/declaration.h"
#include "server/import/csv.h"

enum { IMPORT_FIELDS = 256, IMPORT_COLUMNS = 512 };

struct import_value { /* what stands in the file, what it means */
    const char *from;
    const char *to;
};

/* One field of the record, or of a line that each row brings. */
struct import_field {
    const char *name;
    const char *format; /* text with {column} in it; {line} is the line of the file */
    size_t value_count;
    struct import_value *values;
    const char *otherwise; /* for what is not among the values; NULL: a fault */
    int source_line;
};

struct import_lines {
    const char *name;
    size_t count;
    struct import_field *fields;
    int source_line;
};

struct import_map {
    const char *file;
    const char *form;
    const char *key;   /* field to find an existing record by; NULL: every row is new */
    const char *group; /* column: rows that follow one another with the same text in it are one
                          record, each a line of it; NULL: a row is a record */
    enum csv_encoding encoding;
    char delimiter;      /* '\0': the commonest */
    bool header;         /* the first record names the columns */
    int64_t skip;        /* lines before that */
    int64_t slots;       /* rows on their way at the same time */
    size_t column_count; /* without a header; with one, filled in from it */
    const char **columns;
    size_t field_count;
    struct import_field *fields;
    size_t lines_count;
    struct import_lines *lines;
};

/* NULL after errors. */
struct import_map *import_map_read(const char *file, struct arena *arena,
                                   struct form_errors *errors);
/* Are all fields there, and all columns that formats name? Reports what is not. */
bool import_map_check(const struct import_map *map, const struct form *form,
                      struct form_errors *errors);

/* A row's cells by the columns of the map. */
struct import_row {
    uint64_t line;
    size_t count;
    const char *const *cells;
};

/* Text of the column that groups rows; "" if there is none. */
const char *import_group(const struct import_map *map, const struct import_row *row);
/* Adds the lines of a further row of the same record. */
void import_lines(struct desk *desk, const struct import_map *map, struct record *record,
                  const struct import_row *row, struct arena *arena, struct faults *faults);
/* The record of a row; what is wrong goes to `faults` (import.value, import.unknown_value), of
 * which each knows its field. Fields whose text is empty are left out. */
struct record *import_record(struct desk *desk, const struct import_map *map,
                             const struct form *form, const struct import_row *row,
                             struct arena *arena, struct faults *faults);

#endif
