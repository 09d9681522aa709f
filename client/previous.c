/* Previous records. */
#include "client/previous.h"

#include <stdlib.h>

enum { KEPT = 16 };

struct previous {
    struct {
        struct arena *arena;
        struct record *record;
    } kept[KEPT];
    size_t next;
};

void previous_keep(struct application *application, const struct record *record)
{
    struct previous *previous = application->previous;
    if (previous == NULL) {
        previous = calloc(1, sizeof *previous);
        if (previous == NULL)
            abort();
        application->previous = previous;
    }
    size_t at = previous->next;
    for (size_t i = 0; i < KEPT; i++)
        if (previous->kept[i].record != NULL &&
            previous->kept[i].record->form->number == record->form->number)
            at = i;
    if (at == previous->next)
        previous->next = (previous->next + 1) % KEPT;
    if (previous->kept[at].arena == NULL)
        previous->kept[at].arena = arena_create();
    arena_reset(previous->kept[at].arena);
    previous->kept[at].record = record_copy(record, previous->kept[at].arena);
}

const struct record *previous_find(const struct application *application, const struct form *form)
{
    const struct previous *previous = application->previous;
    for (size_t i = 0; previous != NULL && i < KEPT; i++)
        if (previous->kept[i].record != NULL && previous->kept[i].record->form == form)
            return previous->kept[i].record;
    return NULL;
}

void previous_free(struct previous *previous)
{
    for (size_t i = 0; previous != NULL && i < KEPT; i++)
        arena_free(previous->kept[i].arena);
    free(previous);
}
