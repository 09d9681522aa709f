/* Reading one record with its lines; shared by show and by the verbs that decide. */
#ifndef HALLDESK_READ_H
#define HALLDESK_READ_H

#include "server/engine/engine.h"
#include "server/engine/statement.h"

struct read_lines {
    struct read_lines *next;
    const struct field *field;
    struct selection *selection;
    size_t statement;
};

struct read_plan {
    const struct form *form;
    struct selection *selection;
    size_t head;
    struct read_lines *lines;
};

/* Queues the head (by id, or by key when the id is 0: then without its lines) and all lines. */
void read_queue(struct read_plan *plan, struct call *call, int64_t id, const char *key, bool lock);
/* After the flush: the record, NULL if there is none in sight. Once per plan. */
struct record *read_take(struct read_plan *plan, struct call *call);
/* Answer of show: signed id, signed version, LEB128 count and numbers of the verbs that the actor
 * may use in this state, record. */
void show_encode(struct call *call, struct record *record);
/* Replaces sensitive values by their masked form; what is no text is left out. */
void record_mask(struct record *record, bool basic, struct arena *arena);
/* The changes of a history row with sensitive fields of the form masked. */
const char *history_masked(const struct form *form, const char *changes, struct arena *arena);

#endif
