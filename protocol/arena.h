/* Memory of one request, one form set or one screen: allocated piece by piece, freed at once.
 * Allocation never returns NULL: a process that cannot get memory ends (the master restarts it). */
#ifndef HALLDESK_ARENA_H
#define HALLDESK_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_create(void);
void arena_free(struct arena *arena);
/* Forgets everything allocated since creation; keeps the first block for re-use. */
void arena_reset(struct arena *arena);
/* Bytes taken from the system: what a request has cost. */
size_t arena_held(const struct arena *arena);
/* Zeroed, aligned for any type. Aborts on overflow of count * size. */
void *arena_allocate(struct arena *arena, size_t count, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t length); /* NUL-terminated copy */
char *arena_string(struct arena *arena, const char *text);              /* NULL gives NULL */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

#define ARENA_NEW(arena, type)          ((type *)arena_allocate((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_allocate((arena), (count), sizeof(type)))

#endif
