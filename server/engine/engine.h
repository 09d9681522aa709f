/* The form engine: what every verb of every form does, from its declaration alone. */
#ifndef HALLDESK_ENGINE_H
#define HALLDESK_ENGINE_H

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "protocol/fault.h"
#include "protocol/record.h"
#include "server/engine/catalogue.h"
#include "server/gate/access.h"
#include "server/gate/database.h"

enum { REQUEST_HASH = 32 };

struct number_cache;

/* A worker's engine. */
struct engine {
    struct database *database;
    struct catalogue *catalogue;
    struct number_cache *numbers;
};

/* One call on its way through the gate. Functions of the engine may be run again for the same call
 * (stale caches, lost connection, deadlock): they begin by reading `body` from its start. */
struct call {
    struct engine *engine;
    struct arena *arena;
    const struct form *form;
    const struct verb *verb;
    const struct access *access;
    const struct scope *scope; /* of the verb's permission; NULL for the system form's open verbs */
    uint8_t slot;
    uint64_t sequence;
    uint8_t request_hash[REQUEST_HASH];
    struct reader body;
    struct writer *answer; /* body of the reply when the status is STATUS_OK */
    struct faults faults;
    const char *status_text; /* parameter of a status that is neither OK nor FAULTS */
    int64_t object_id;       /* what the operation log names */
    const char *object_key;
    const char *log_detail;
    const char *reason;
    bool confirmed;
    bool dry_run;
    int64_t now;
    size_t gate_statement;
};

/* Says that the call is to be run again after caches were renewed; never leaves the worker. */
enum { STATUS_RERUN = 1000, STATUS_REPLAY = 1001 };

/* Starts the batch with gate_open(). */
void call_open(struct call *call);
/* Queues gate_close() with the answer as it stands: the last statement of a changing call. */
void call_close(struct call *call);
/* After a flush that failed: what to tell the caller. Constraints become faults of fields. */
enum status call_failure(struct call *call);
/* Takes business time from gate_open()'s row after the first flush. */
void call_opened(struct call *call);
/* Logs an operation that is not a change: an unmasked view, an export. Queue before the flush. */
void call_log(struct call *call);

/* --- Verbs (each file is one room) --- */
enum status engine_write(struct call *call);  /* create, change, transitions, own verbs, run */
enum status engine_show(struct call *call);   /* show, unmask */
enum status engine_query(struct call *call);  /* query, one page */
enum status engine_values(struct call *call); /* list of values of a reference */
enum status engine_history(struct call *call);

/* Looks at everything that needs no database: required, length, code, template, readonly …
 * `before` is NULL on creation, and for verbs that take their own input. */
void validate_record(struct call *call, const struct record *record, bool creating);
/* Rules of the form over the whole record. */
void validate_rules(struct call *call, const struct record *record);
/* Rules that a change touches, where only the changed fields are known. */
void validate_rules_said(struct call *call, const struct record *change);
/* Do the rules need fields that a change does not say? */
bool validate_needs_before(struct call *call, const struct record *change);
/* A guard of a verb; true if there is none. */
bool validate_guard(struct call *call, const struct record *record);

/* Verbs of a form that the actor may use on a record in this state. */
size_t verbs_allowed(const struct call *call, const struct record *record, uint16_t *numbers,
                     size_t limit);

/* --- Ids and running numbers --- */
struct number_cache *number_cache_create(void);
void number_cache_free(struct number_cache *cache);
/* Fetches blocks that are missing or wanted; outside of any transaction. */
bool number_cache_fill(struct number_cache *cache, struct database *database, struct arena *arena);
/* 0 when the block is used up: the call must be run again after number_cache_fill(). */
int64_t number_id(struct number_cache *cache);
/* NULL when a block for the form must be fetched first; the next fill does. */
const char *number_key(struct number_cache *cache, const struct form *form, int64_t now,
                       int zone_offset, struct arena *arena);

#endif
