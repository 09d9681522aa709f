/* The file of an import: its structure judged as a whole, then its rows one after the other, from
 * any place on. */
#ifndef HALLDESK_CTL_IMPORT_SOURCE_H
#define HALLDESK_CTL_IMPORT_SOURCE_H

#include <stdio.h>

#include "client/ctl/import_map.h"
#include "client/ctl/pump.h"

struct import_source {
    const char *file;
    struct import_map *map; /* its columns are filled in from the header */
    struct arena *arena;    /* of the names of columns */
    FILE *stream;
    struct csv_reader *reader;
    char delimiter; /* known after the structure was judged */
    bool ended;
    bool failed;        /* reading broke off: what was read is not all */
    uint64_t next_line; /* the place behind what was taken */
    uint64_t next_offset;
    uint64_t rows;             /* without the header */
    struct pump_source *ahead; /* read, but of the next record; NULL: none */
    struct arena *ahead_arenas[2];
    int ahead_turn;
};

void import_source_initialise(struct import_source *source, const char *file,
                              struct import_map *map, struct arena *arena);
void import_source_release(struct import_source *source);
/* Reads the whole file: quotes, encoding, columns of every record. What is wrong is printed as
 * lines of JSON. The place behind the header is next_line and next_offset then. */
bool import_source_check(struct import_source *source);
/* From a place that was next_line and next_offset. False with a message. */
bool import_source_open(struct import_source *source, uint64_t line, uint64_t offset);
/* The next row; false at the end, and when reading failed. */
bool import_source_take(struct import_source *source, struct arena *arena, struct pump_source *row);
/* Puts back the row that was taken last. */
void import_source_return(struct import_source *source, const struct pump_source *row);
/* The row as maps read it. */
struct import_row import_source_row(const struct pump_source *row);

#endif
