/* Ids and running numbers, taken from the database in blocks so that a call knows them before it
 * writes: that is what lets a whole call travel in one round trip. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/engine/engine.h"

enum {
    ID_BLOCK = 1024,
    NUMBER_BLOCK = 32, /* lost when a worker ends: a gap of at most so many in a series */
    SERIES_LIMIT = 256,
};

struct series {
    char name[64];
    int64_t next;
    int64_t end;
    bool wanted;
};

struct number_cache {
    int64_t id_next;
    int64_t id_end;
    int64_t spare_next; /* a second block, so that a call of many lines never runs dry */
    int64_t spare_end;
    size_t count;
    struct series series[SERIES_LIMIT];
};

struct number_cache *number_cache_create(void)
{
    struct number_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL) {
        abort();
    }
    return cache;
}

void number_cache_free(struct number_cache *cache)
{
    free(cache);
}

bool number_cache_fill(struct number_cache *cache, struct database *database, struct arena *arena)
{
    bool ids = cache->spare_end == 0;
    bool any = ids;
    for (size_t i = 0; i < cache->count; i++) {
        any = any || cache->series[i].wanted;
    }
    if (!any) {
        return true;
    }
    database_begin(database, arena);
    size_t first = 0;
    size_t second = 0;
    if (ids) {
        first = database_queue(database, "SELECT id_block_first()", 0, NULL);
        second = database_queue(database, "SELECT id_block_first()", 0, NULL);
    }
    size_t statements[SERIES_LIMIT] = {0};
    for (size_t i = 0; i < cache->count; i++) {
        if (cache->series[i].wanted) {
            struct parameter parameters[2] = {parameter_text(cache->series[i].name),
                                              parameter_integer(arena, NUMBER_BLOCK)};
            statements[i] =
                database_queue(database, "SELECT number_block($1, $2::integer)", 2, parameters);
        }
    }
    if (!database_flush(database, true)) {
        return false;
    }
    if (ids) {
        if (cache->id_next == cache->id_end) {
            cache->id_next = strtoll(PQgetvalue(database_result(database, first), 0, 0), NULL, 10);
            cache->id_end = cache->id_next + ID_BLOCK;
        }
        cache->spare_next = strtoll(PQgetvalue(database_result(database, second), 0, 0), NULL, 10);
        cache->spare_end = cache->spare_next + ID_BLOCK;
    }
    for (size_t i = 0; i < cache->count; i++) {
        struct series *series = &cache->series[i];
        if (series->wanted) {
            series->next =
                strtoll(PQgetvalue(database_result(database, statements[i]), 0, 0), NULL, 10);
            series->end = series->next + NUMBER_BLOCK;
            series->wanted = false;
        }
    }
    return true;
}

int64_t number_id(struct number_cache *cache)
{
    if (cache->id_next == cache->id_end && cache->spare_end != 0) {
        cache->id_next = cache->spare_next;
        cache->id_end = cache->spare_end;
        cache->spare_end = 0;
    }
    return cache->id_next == cache->id_end ? 0 : cache->id_next++;
}

static struct series *series_of(struct number_cache *cache, const char *name)
{
    for (size_t i = 0; i < cache->count; i++) {
        if (strcmp(cache->series[i].name, name) == 0) {
            return &cache->series[i];
        }
    }
    if (cache->count == SERIES_LIMIT || strlen(name) >= sizeof cache->series[0].name) {
        abort(); /* more numbered forms than were ever meant: a matter of declarations */
    }
    struct series *series = &cache->series[cache->count++];
    memset(series, 0, sizeof *series);
    memcpy(series->name, name, strlen(name) + 1);
    return series;
}

/* "{8}" is the running number in eight digits, "{yyMMdd}" the business day, all else is literal. */
static const char *pattern_fill(const char *pattern, int64_t number, int64_t now, int zone_offset,
                                struct arena *arena)
{
    const char *text = "";
    int year;
    int month;
    int day;
    value_civil_from_days((now / 1000000 + zone_offset) / 86400, &year, &month, &day);
    while (*pattern != '\0') {
        const char *close = *pattern == '{' ? strchr(pattern, '}') : NULL;
        if (close == NULL) {
            text = arena_format(arena, "%s%c", text, *pattern++);
        } else if (pattern[1] >= '0' && pattern[1] <= '9') {
            text = arena_format(arena, "%s%0*lld", text, atoi(pattern + 1), (long long)number);
            pattern = close + 1;
        } else {
            text = arena_format(arena, "%s%02d%02d%02d", text, year % 100, month, day);
            pattern = close + 1;
        }
    }
    return text;
}

const char *number_key(struct number_cache *cache, const struct form *form, int64_t now,
                       int zone_offset, struct arena *arena)
{
    struct series *series = series_of(cache, form->name);
    if (series->next == series->end) {
        series->wanted = true;
        return NULL;
    }
    return pattern_fill(form->numbering, series->next++, now, zone_offset, arena);
}
