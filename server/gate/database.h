/* One PostgreSQL connection of a worker, driven in pipeline mode: statements are queued, prepared
 * on first use, and run in one round trip. Between two syncs all belongs to one transaction. */
#ifndef HALLDESK_DATABASE_H
#define HALLDESK_DATABASE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct database;

/* Text parameters unless `bytes` is set; value NULL is SQL NULL. */
struct parameter {
    const char *value;
    int length; /* of bytes */
    bool bytes;
};

struct database_error {
    bool any;
    bool lost;     /* the connection went away: the call may be run again */
    bool retry;    /* deadlock or serialisation: run again */
    char state[6]; /* SQLSTATE */
    const char *message;
    const char *detail;
    const char *constraint;
    const char *table;
    size_t statement; /* index of the statement that failed */
};

struct database *database_create(const char *conninfo, int64_t timeout_milliseconds,
                                 bool (*interrupted)(void *), void *context, int interrupt_socket);
void database_free(struct database *database);
/* Connects if there is no connection, waiting `milliseconds` at most. */
bool database_connect(struct database *database, int64_t milliseconds);
bool database_connected(const struct database *database);

/* Starts a batch: results and errors of the last one are forgotten; texts go into the arena. */
void database_begin(struct database *database, struct arena *arena);
/* Queues a statement and returns its index in the batch. `sql` is kept by content. */
size_t database_queue(struct database *database, const char *sql, size_t count,
                      const struct parameter *parameters);
/* Sends what is queued and waits for all results: one round trip. With `end` the transaction ends
 * (COMMIT, or ROLLBACK if anything failed). False if any statement failed. */
bool database_flush(struct database *database, bool end);
/* Ends an open transaction without keeping anything it wrote. Nothing is sent if none is open. */
void database_abandon(struct database *database);
/* The result of a statement of this batch; NULL if it did not run. Owned by the database until
 * the next database_begin(). */
PGresult *database_result(const struct database *database, size_t statement);
const struct database_error *database_error(const struct database *database);
bool database_was_interrupted(const struct database *database);
/* Round trips since creation: the bench counts them. */
uint64_t database_round_trips(const struct database *database);

struct parameter parameter_text(const char *text); /* NULL is SQL NULL */
struct parameter parameter_integer(struct arena *arena, int64_t value);
struct parameter parameter_bytes(const void *bytes, size_t length);
struct parameter parameter_null(void);

#endif
