/* Reading of an import's file; see import_source.h. */
#include "client/ctl/import_source.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "protocol/arena.h"

enum { READ_BYTES = 65536, STRUCTURE_SHOWN = 100 };

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "halldeskctl: %s: %s\n", what, why);
    return false;
}

void import_source_initialise(struct import_source *source, const char *file,
                              struct import_map *map, struct arena *arena)
{
    *source = (struct import_source){.file = file, .map = map, .arena = arena};
    source->ahead_arenas[0] = arena_create();
    source->ahead_arenas[1] = arena_create();
}

void import_source_release(struct import_source *source)
{
    if (!source->file)
        return;
    csv_reader_free(source->reader);
    if (source->stream)
        fclose(source->stream);
    arena_free(source->ahead_arenas[0]);
    arena_free(source->ahead_arenas[1]);
}

/* Passes over lines in front of the header; false at the end of the file. */
static bool lines_skip(FILE *stream, int64_t count, uint64_t *offset)
{
    int byte;
    while (count > 0 && (byte = getc(stream)) != EOF) {
        (*offset)++;
        count -= byte == '\n';
    }
    return count == 0;
}

bool import_source_open(struct import_source *source, uint64_t line, uint64_t offset)
{
    uint64_t skipped = 0;
    source->ended = source->failed = false;
    source->ahead = NULL;
    if (source->stream)
        fclose(source->stream);
    csv_reader_free(source->reader);
    source->reader = NULL;
    source->stream = fopen(source->file, "rbe");
    if (!source->stream)
        return complain(source->file, strerror(errno));
    if (offset == 0) {
        if (!lines_skip(source->stream, source->map->skip, &skipped))
            return complain(source->file, "ends before its data begin");
        line = (uint64_t)source->map->skip + 1;
        offset = skipped;
    } else if (fseeko(source->stream, (off_t)offset, SEEK_SET) != 0) {
        return complain(source->file, strerror(errno));
    }
    const struct csv_options options = {.delimiter = source->delimiter ? source->delimiter
                                                                       : source->map->delimiter,
                                        .encoding = source->map->encoding,
                                        .start_offset = offset,
                                        .start_line = line};
    source->reader = csv_reader_create(&options);
    return source->reader || complain(source->file, "cannot be read: no memory or encoding");
}

/* The next record; false at the end, and when reading failed. */
static bool source_next(struct import_source *source, struct csv_record *record)
{
    char bytes[READ_BYTES];
    for (;;) {
        enum csv_result result = csv_reader_next(source->reader, record);
        if (result == CSV_RECORD)
            return true;
        if (result == CSV_END)
            return false;
        size_t length = source->ended ? 0 : fread(bytes, 1, sizeof bytes, source->stream);
        if (length == 0 && ferror(source->stream)) {
            source->failed = true;
            return complain(source->file, "cannot be read to its end");
        }
        if (length == 0) {
            source->ended = true;
            csv_reader_finish(source->reader);
        } else if (!csv_reader_feed(source->reader, bytes, length)) {
            source->failed = true;
            return complain(source->file, "no memory");
        }
    }
}

static void structure_print(const struct csv_record *record, const char *name, size_t column)
{
    printf("{\"line\":%" PRIu64 ",\"status\":\"structure\",\"fault\":\"%s\",\"column\":%zu}\n",
           record->line, name, column);
}

static void header_take(struct import_source *source, const struct csv_record *record)
{
    source->map->column_count = 0;
    for (size_t i = 0; i < record->count && i < IMPORT_COLUMNS; i++)
        source->map->columns[source->map->column_count++] =
            arena_string(source->arena, record->cells[i]);
}

/* Reads the whole file and writes nothing: quotes, encoding, columns of every record. */
bool import_source_check(struct import_source *source)
{
    struct csv_record record;
    size_t wrong = 0;
    bool first = source->map->header;
    source->rows = 0;
    if (!import_source_open(source, 0, 0))
        return false;
    while (source_next(source, &record)) {
        for (size_t i = 0; i < record.error_count; i++)
            if (wrong++ < STRUCTURE_SHOWN)
                structure_print(&record, record.errors[i].name, record.errors[i].column);
        if (first) {
            header_take(source, &record);
            first = false;
            source->next_line = record.next_line;
            source->next_offset = record.next_offset;
        } else {
            source->rows++;
            if (record.error_count == 0 && record.count != source->map->column_count &&
                wrong++ < STRUCTURE_SHOWN)
                structure_print(&record, "csv.column_count", record.count);
        }
    }
    source->delimiter = csv_reader_delimiter(source->reader);
    if (source->failed)
        return false;
    if (first)
        return complain(source->file, "is empty");
    if (wrong > 0) {
        printf("{\"status\":\"structure\",\"wrong\":%zu,\"rows\":%" PRIu64 "}\n", wrong,
               source->rows);
        return false;
    }
    return true;
}

/* A row that was read ahead belongs to the next record: it outlives the task that read it. */
bool import_source_take(struct import_source *source, struct arena *arena, struct pump_source *row)
{
    struct csv_record record;
    if (source->ahead) {
        *row = *source->ahead;
        const char **cells = ARENA_ARRAY(arena, const char *, row->count + 1);
        for (size_t i = 0; i < row->count; i++)
            cells[i] = arena_string(arena, row->cells[i]);
        row->cells = cells;
        source->ahead = NULL;
        return true;
    }
    if (!source_next(source, &record))
        return false;
    const char **cells = ARENA_ARRAY(arena, const char *, record.count + 1);
    for (size_t i = 0; i < record.count; i++)
        cells[i] = arena_string(arena, record.cells[i]);
    *row = (struct pump_source){
        .line = record.line, .offset = record.offset, .count = record.count, .cells = cells};
    source->next_line = record.next_line;
    source->next_offset = record.next_offset;
    return true;
}

struct import_row import_source_row(const struct pump_source *row)
{
    return (struct import_row){.line = row->line, .count = row->count, .cells = row->cells};
}

void import_source_return(struct import_source *source, const struct pump_source *row)
{
    /* The two arenas take turns: the one that is cleared holds nothing any more. */
    struct arena *arena = source->ahead_arenas[source->ahead_turn];
    source->ahead_turn ^= 1;
    arena_reset(arena);
    struct pump_source *ahead = ARENA_NEW(arena, struct pump_source);
    const char **cells = ARENA_ARRAY(arena, const char *, row->count + 1);
    *ahead = *row;
    for (size_t i = 0; i < row->count; i++)
        cells[i] = arena_string(arena, row->cells[i]);
    ahead->cells = cells;
    source->ahead = ahead;
    source->next_line = row->line;
    source->next_offset = row->offset;
}
