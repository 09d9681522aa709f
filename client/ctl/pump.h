/* Many changing calls, several on their way at the same time: imports and bulk changes. Every row
 * goes through the verbs that a terminal uses, so all rights and checks hold. */
#ifndef HALLDESK_CTL_PUMP_H
#define HALLDESK_CTL_PUMP_H

#include "client/ctl/fields.h"

enum pump_outcome { PUMP_CREATED, PUMP_CHANGED, PUMP_UNCHANGED, PUMP_REFUSED, PUMP_OUTCOMES };

struct pump;

/* A row of the source as it came. */
struct pump_source {
    struct pump_source *next; /* of the same record */
    uint64_t line;
    uint64_t offset;
    size_t count;
    const char *const *cells;
};

/* One record on its way. */
struct pump_task {
    struct pump *pump;
    bool busy;
    struct arena *arena; /* the row's own, until done() was told */
    uint64_t line;
    uint64_t offset;
    int64_t id;      /* of the record to change; 0: look for it by the key, or create it */
    int64_t version; /* 0: whatever it is */
    struct record *record;
    struct faults faults;             /* found while the row was read: it is not sent */
    const struct pump_source *source; /* NULL: not from a file */
    /* for the pump itself */
    int64_t seen_version;
    bool creating;
    bool writing;
    int attempts;
};

struct pump {
    struct desk *desk;
    const struct form *form;
    const struct verb *create;
    const struct verb *change; /* or the transition */
    const struct field *key;   /* NULL: no looking for records */
    unsigned flags;            /* WRITE_DRY_RUN … */
    const char *reason;
    size_t slots;
    void *context;
    /* Fills the next row; false at the end. */
    bool (*next)(void *context, struct pump_task *task);
    /* `answer` is the pump's; NULL unless refused. */
    void (*done)(void *context, const struct pump_task *task, enum pump_outcome outcome,
                 json_t *answer);
    uint64_t counts[PUMP_OUTCOMES];
    enum status stopped; /* why it stopped before the end; STATUS_OK */
    struct pump_task tasks[SESSION_SLOTS];
};

/* True when all rows were answered; else pump->stopped says why the rest was not sent. */
bool pump_run(struct pump *pump);
/* The first row that is not yet answered; NULL if there is none on its way. */
const struct pump_task *pump_oldest(const struct pump *pump);

#endif
