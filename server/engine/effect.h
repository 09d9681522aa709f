/* What a decision wants written, as the engine sees it. Decisions make effects with effect_…(). */
#ifndef HALLDESK_EFFECT_H
#define HALLDESK_EFFECT_H

#include "server/engine/decision.h"

enum effect_kind {
    EFFECT_CREATE,
    EFFECT_CHANGE,
    EFFECT_STATEMENT,
    EFFECT_MESSAGE,
    EFFECT_WORK_ITEM,
    EFFECT_NOTICE,
};

struct effect {
    struct effect *next;
    enum effect_kind kind;
    struct record *record; /* create, change */
    const char *text[4];   /* statement: SQL; message: neighbour, stream, type, payload; … */
    int64_t numbers[4];
    int64_t expect; /* rows that a statement must touch; negative: any */
    size_t count;
    const char **parameters;
};

#endif
