/* Arena: a chain of blocks, filled from the front, freed together. Under the address sanitizer
 * unused space and the gaps between pieces are poisoned, so that overruns show in tests. */
#include "protocol/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONED 1
#endif
#endif

#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
#define ARENA_POISON(address, size)   ASAN_POISON_MEMORY_REGION((address), (size))
#define ARENA_UNPOISON(address, size) ASAN_UNPOISON_MEMORY_REGION((address), (size))
enum { ARENA_GAP = 16 };
#else
#define ARENA_POISON(address, size)   ((void)(address), (void)(size))
#define ARENA_UNPOISON(address, size) ((void)(address), (void)(size))
enum { ARENA_GAP = 0 };
#endif

enum { ARENA_FIRST_BLOCK = 8 * 1024, ARENA_LARGEST_STEP = 1024 * 1024 };

struct block {
    struct block *next;
    size_t capacity;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *first;
    struct block *last;
};

static _Noreturn void arena_fail(const char *reason)
{
    fprintf(stderr, "halldesk: %s\n", reason);
    abort();
}

static struct block *block_create(size_t capacity)
{
    if (capacity > SIZE_MAX - sizeof(struct block))
        arena_fail("a piece of memory is too large");
    struct block *block = malloc(sizeof(struct block) + capacity);
    if (!block)
        arena_fail("out of memory");
    block->next = NULL;
    block->capacity = capacity;
    block->used = 0;
    ARENA_POISON(block->bytes, capacity);
    return block;
}

static void blocks_free(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        ARENA_UNPOISON(block->bytes, block->capacity);
        free(block);
        block = next;
    }
}

struct arena *arena_create(void)
{
    struct arena *arena = malloc(sizeof *arena);
    if (!arena)
        arena_fail("out of memory");
    arena->first = block_create(ARENA_FIRST_BLOCK);
    arena->last = arena->first;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    blocks_free(arena->first);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    blocks_free(arena->first->next);
    arena->first->next = NULL;
    arena->first->used = 0;
    arena->last = arena->first;
    ARENA_POISON(arena->first->bytes, arena->first->capacity);
}

size_t arena_held(const struct arena *arena)
{
    size_t held = 0;
    for (const struct block *block = arena->first; block; block = block->next)
        held += sizeof *block + block->capacity;
    return held;
}

void *arena_allocate(struct arena *arena, size_t count, size_t size)
{
    size_t wanted;
    size_t rounded;
    if (__builtin_mul_overflow(count, size, &wanted) ||
        __builtin_add_overflow(wanted, alignof(max_align_t) - 1 + ARENA_GAP, &rounded))
        arena_fail("a piece of memory is too large");
    rounded -= rounded % alignof(max_align_t);
    struct block *block = arena->last;
    if (rounded > block->capacity - block->used) {
        size_t capacity =
            block->capacity < ARENA_LARGEST_STEP ? block->capacity * 2 : (size_t)ARENA_LARGEST_STEP;
        block->next = block_create(rounded > capacity ? rounded : capacity);
        block = block->next;
        arena->last = block;
    }
    void *piece = block->bytes + block->used;
    block->used += rounded;
    ARENA_UNPOISON(piece, wanted);
    memset(piece, 0, wanted);
    return piece;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        arena_fail("a piece of memory is too large");
    char *copy = arena_allocate(arena, length + 1, 1);
    if (length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *arena_string(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

char *arena_vformat(struct arena *arena, const char *format, va_list arguments)
{
    if (!format)
        arena_fail("a text has no format");
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        arena_fail("a text cannot be formatted");
    char *text = arena_allocate(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vformat(arena, format, arguments);
    va_end(arguments);
    return text;
}
