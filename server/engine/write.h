/* The rooms of a changing call: write.c leads, write_load.c reads what decisions need,
 * write_record.c puts records and effects into statements. */
#ifndef HALLDESK_WRITE_H
#define HALLDESK_WRITE_H

#include "server/engine/effect.h"
#include "server/engine/engine.h"
#include "server/engine/read.h"

struct write {
    struct call *call;
    bool creating;
    bool opened;  /* gate_open() was queued */
    bool starved; /* ids or numbers ran out: fill and run again */
    int64_t id;   /* of the record; on creation with a base that exists: the base's */
    int64_t version;
    bool base_exists;
    struct record *input;
    struct record *before;
    struct record *after;
    struct read_plan plan;
    bool planned;
    const struct decision *decision;
    struct decision_case *decision_case;
    size_t *load_statements;
    /* where each load stands in the batch; SIZE_MAX: left out */ /* index of the first load's
                                                                     statement */
};

/* --- write_load.c --- */
/* Turns typed keys of references into ids; one round trip if there is any, none otherwise. */
enum status references_resolve(struct write *write);
void loads_queue(struct write *write);
void loads_take(struct write *write);

/* --- write_record.c --- */
/* Fills what the input leaves out: defaults, first state. */
void record_complete(struct write *write, struct record *record);
/* The record as it will be: `before` with the input over it, lines merged. */
struct record *record_overlay(const struct record *before, const struct record *input,
                              struct arena *arena);
/* Queues all statements of a new record; its id must be set. Key columns are generated. False when
 * numbers ran out (write->starved). */
bool record_insert(struct write *write, struct record *record, bool base_exists);
/* Queues the difference between before and after; returns whether anything is written. */
bool record_update(struct write *write, const struct record *before, const struct record *after,
                   int64_t version);
/* Plain change without reading: exactly what the input says. */
bool record_update_said(struct write *write, const struct record *input, int64_t version);
bool effects_queue(struct write *write, struct effect *effects);

#endif
