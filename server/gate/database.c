/* One PostgreSQL connection in pipeline mode; see database.h. */
#include "server/gate/database.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "protocol/arena.h"

enum {
    STATEMENT_BUCKETS = 1024,
    STATEMENT_LIMIT = 600, /* a prepared statement costs 50 kB in the backend */
    CONNECT_PAUSE = 50,    /* milliseconds between two tries to connect */
};

struct prepared {
    struct prepared *next;
    char *sql;
    char name[24];
    bool ready; /* the server has it, or will have it if the batch is not broken off before */
};

enum expected_kind { EXPECT_PREPARE, EXPECT_RESULT, EXPECT_SYNC };

struct expected {
    enum expected_kind kind;
    struct prepared *prepared;
    size_t statement;
};

struct database {
    PGconn *connection;
    char *conninfo;
    int64_t timeout;
    bool (*interrupted)(void *);
    void *context;
    int interrupt_socket;
    struct prepared *buckets[STATEMENT_BUCKETS];
    size_t prepared_count;
    uint64_t prepared_serial;
    struct arena *arena;
    struct expected *queue; /* sent, result not yet read */
    size_t queued;
    size_t queue_capacity;
    PGresult **results;
    size_t result_count;
    size_t result_capacity;
    bool open; /* something was sent since the last sync */
    bool was_interrupted;
    struct database_error error;
    uint64_t round_trips;
};

static int64_t monotonic_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct database *database_create(const char *conninfo, int64_t timeout_milliseconds,
                                 bool (*interrupted)(void *), void *context, int interrupt_socket)
{
    struct database *database = calloc(1, sizeof *database);
    if (database == NULL || (database->conninfo = strdup(conninfo)) == NULL) {
        abort();
    }
    database->timeout = timeout_milliseconds;
    database->interrupted = interrupted;
    database->context = context;
    database->interrupt_socket = interrupt_socket;
    return database;
}

static void statements_forget(struct database *database)
{
    for (size_t i = 0; i < STATEMENT_BUCKETS; i++) {
        while (database->buckets[i] != NULL) {
            struct prepared *gone = database->buckets[i];
            database->buckets[i] = gone->next;
            free(gone->sql);
            free(gone);
        }
    }
    database->prepared_count = 0;
}

static void results_forget(struct database *database)
{
    for (size_t i = 0; i < database->result_count; i++) {
        PQclear(database->results[i]);
    }
    database->result_count = 0;
}

static void connection_close(struct database *database)
{
    if (database->connection != NULL) {
        PQfinish(database->connection);
        database->connection = NULL;
    }
    statements_forget(database);
    database->queued = 0;
    database->open = false;
}

void database_free(struct database *database)
{
    if (database == NULL) {
        return;
    }
    results_forget(database);
    connection_close(database);
    free(database->queue);
    free(database->results);
    free(database->conninfo);
    free(database);
}

bool database_connected(const struct database *database)
{
    return database->connection != NULL && PQstatus(database->connection) == CONNECTION_OK;
}

static bool connection_wait(struct database *database, int64_t deadline)
{
    for (;;) {
        PostgresPollingStatusType status = PQconnectPoll(database->connection);
        if (status == PGRES_POLLING_OK) {
            return true;
        }
        if (status == PGRES_POLLING_FAILED) {
            return false;
        }
        int64_t left = deadline - monotonic_milliseconds();
        if (left <= 0) {
            return false;
        }
        struct pollfd fd = {.fd = PQsocket(database->connection),
                            .events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (poll(&fd, 1, (int)left) < 0 && errno != EINTR) {
            return false;
        }
    }
}

static bool connection_try(struct database *database, int64_t deadline)
{
    connection_close(database);
    /* "Today" is one day for this process and for its SQL: the zone goes along, as POSIX writes it.
     */
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    long east = local.tm_gmtoff / 60;
    /* A page takes twenty rows and follows its index; a merge join would first read the other table
     * from its end to there, at a cost that the planner cannot see in a generic plan. */
    char options[320];
    snprintf(options, sizeof options,
             "-c statement_timeout=%lld -c idle_in_transaction_session_timeout=30000 "
             "-c lock_timeout=%lld -c plan_cache_mode=force_generic_plan -c jit=off "
             "-c enable_mergejoin=off -c TimeZone=<%+03ld%02ld>%+03ld:%02ld",
             (long long)database->timeout, (long long)database->timeout, east / 60, labs(east % 60),
             -(east / 60), labs(east % 60));
    const char *const keywords[] = {"dbname", "options", "client_encoding",
                                    "fallback_application_name", NULL};
    const char *const values[] = {database->conninfo, options, "UTF8", "halldeskd", NULL};
    database->connection = PQconnectStartParams(keywords, values, 1);
    if (database->connection == NULL) {
        abort();
    }
    if (PQstatus(database->connection) == CONNECTION_BAD || !connection_wait(database, deadline) ||
        PQsetnonblocking(database->connection, 1) != 0 ||
        PQenterPipelineMode(database->connection) != 1) {
        connection_close(database);
        return false;
    }
    return true;
}

/* A database that is starting refuses at once: it is asked again until the time is over. */
bool database_connect(struct database *database, int64_t milliseconds)
{
    int64_t deadline = monotonic_milliseconds() + milliseconds;
    while (!database_connected(database) && !connection_try(database, deadline)) {
        if (monotonic_milliseconds() + CONNECT_PAUSE >= deadline) {
            return false;
        }
        poll(NULL, 0, CONNECT_PAUSE);
    }
    return true;
}

void database_begin(struct database *database, struct arena *arena)
{
    database_abandon(database);
    results_forget(database);
    database->arena = arena;
    database->was_interrupted = false;
    memset(&database->error, 0, sizeof database->error);
}

static void error_lost(struct database *database)
{
    if (!database->error.any) {
        database->error.any = true;
        snprintf(database->error.state, sizeof database->error.state, "08006");
        database->error.message = arena_string(
            database->arena,
            database->connection != NULL ? PQerrorMessage(database->connection) : "no connection");
    }
    database->error.lost = true;
    connection_close(database);
}

static uint64_t text_hash(const char *text)
{
    uint64_t hash = 1469598103934665603u;
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        hash = (hash ^ *at) * 1099511628211u;
    }
    return hash;
}

static void expected_push(struct database *database, enum expected_kind kind,
                          struct prepared *prepared, size_t statement)
{
    if (database->queued == database->queue_capacity) {
        size_t capacity = database->queue_capacity == 0 ? 64 : database->queue_capacity * 2;
        struct expected *grown = reallocarray(database->queue, capacity, sizeof *grown);
        if (grown == NULL) {
            abort();
        }
        database->queue = grown;
        database->queue_capacity = capacity;
    }
    database->queue[database->queued++] =
        (struct expected){.kind = kind, .prepared = prepared, .statement = statement};
}

static struct prepared *statement_prepare(struct database *database, const char *sql)
{
    struct prepared **bucket = &database->buckets[text_hash(sql) % STATEMENT_BUCKETS];
    struct prepared *prepared = *bucket;
    while (prepared != NULL && strcmp(prepared->sql, sql) != 0) {
        prepared = prepared->next;
    }
    if (prepared == NULL) {
        prepared = calloc(1, sizeof *prepared);
        if (prepared == NULL || (prepared->sql = strdup(sql)) == NULL) {
            abort();
        }
        snprintf(prepared->name, sizeof prepared->name, "s%llu",
                 (unsigned long long)++database->prepared_serial);
        prepared->next = *bucket;
        *bucket = prepared;
        database->prepared_count++;
    }
    if (!prepared->ready) {
        if (PQsendPrepare(database->connection, prepared->name, sql, 0, NULL) != 1) {
            return NULL;
        }
        prepared->ready = true;
        expected_push(database, EXPECT_PREPARE, prepared, 0);
    }
    return prepared;
}

size_t database_queue(struct database *database, const char *sql, size_t count,
                      const struct parameter *parameters)
{
    if (database->result_count == database->result_capacity) {
        size_t capacity = database->result_capacity == 0 ? 32 : database->result_capacity * 2;
        PGresult **grown = reallocarray(database->results, capacity, sizeof *grown);
        if (grown == NULL) {
            abort();
        }
        database->results = grown;
        database->result_capacity = capacity;
    }
    size_t statement = database->result_count++;
    database->results[statement] = NULL;
    if (database->error.any || database->connection == NULL) {
        if (database->connection == NULL) {
            error_lost(database);
        }
        return statement;
    }
    struct prepared *prepared = statement_prepare(database, sql);
    const char **values = ARENA_ARRAY(database->arena, const char *, count + 1);
    int *lengths = ARENA_ARRAY(database->arena, int, count + 1);
    int *formats = ARENA_ARRAY(database->arena, int, count + 1);
    for (size_t i = 0; i < count; i++) {
        values[i] = parameters[i].value;
        lengths[i] = parameters[i].length;
        formats[i] = parameters[i].bytes ? 1 : 0;
    }
    if (prepared == NULL || PQsendQueryPrepared(database->connection, prepared->name, (int)count,
                                                values, lengths, formats, 0) != 1) {
        error_lost(database);
        return statement;
    }
    expected_push(database, EXPECT_RESULT, prepared, statement);
    database->open = true;
    return statement;
}

static void query_cancel(struct database *database)
{
    char reason[256];
    PGcancel *cancel = PQgetCancel(database->connection);
    if (cancel != NULL) {
        PQcancel(cancel, reason, sizeof reason);
        PQfreeCancel(cancel);
    }
    database->was_interrupted = true;
}

/* Waits until the next result can be read without blocking; false when the connection is lost. */
static bool result_wait(struct database *database)
{
    int64_t deadline = monotonic_milliseconds() + database->timeout + 5000;
    while (PQisBusy(database->connection)) {
        int unsent = PQflush(database->connection);
        if (unsent < 0) {
            return false;
        }
        struct pollfd fds[2] = {
            {.fd = PQsocket(database->connection),
             .events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN)},
            {.fd = database->was_interrupted ? -1 : database->interrupt_socket, .events = POLLIN}};
        int64_t left = deadline - monotonic_milliseconds();
        if (left <= 0) {
            return false;
        }
        if (poll(fds, 2, (int)left) < 0 && errno != EINTR) {
            return false;
        }
        if (fds[1].revents != 0 && database->interrupted != NULL &&
            database->interrupted(database->context)) {
            query_cancel(database);
        }
        if (fds[0].revents != 0 && PQconsumeInput(database->connection) != 1) {
            return false;
        }
    }
    return true;
}

static void error_take(struct database *database, const PGresult *result, size_t statement)
{
    struct database_error *error = &database->error;
    if (error->any) {
        return;
    }
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    error->any = true;
    error->statement = statement;
    snprintf(error->state, sizeof error->state, "%s", state != NULL ? state : "XX000");
    error->message =
        arena_string(database->arena, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    error->detail =
        arena_string(database->arena, PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
    error->constraint =
        arena_string(database->arena, PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME));
    error->table = arena_string(database->arena, PQresultErrorField(result, PG_DIAG_TABLE_NAME));
    error->retry = strcmp(error->state, "40001") == 0 || strcmp(error->state, "40P01") == 0;
    /* 57P01 to 57P03: the server is going down or coming up; 25006: the primary moved away. */
    error->lost = strncmp(error->state, "57P0", 4) == 0 || strncmp(error->state, "08", 2) == 0;
}

/* The end of a transaction: what is checked only then, such as deferred constraints, answers with
 * an error in front of the sync. */
static bool sync_read(struct database *database, size_t statement)
{
    for (int looks = 0; looks < 4; looks++) {
        if (!result_wait(database)) {
            return false;
        }
        PGresult *result = PQgetResult(database->connection);
        ExecStatusType status = result != NULL ? PQresultStatus(result) : PGRES_EMPTY_QUERY;
        if (status == PGRES_FATAL_ERROR) {
            error_take(database, result, statement);
        }
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC) {
            return true;
        }
    }
    return false;
}

static bool result_read(struct database *database, const struct expected *expected)
{
    if (expected->kind == EXPECT_SYNC) {
        return sync_read(database, expected->statement);
    }
    if (!result_wait(database)) {
        return false;
    }
    PGresult *result = PQgetResult(database->connection);
    if (result == NULL) {
        return false;
    }
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    if (!good && status != PGRES_PIPELINE_ABORTED) {
        error_take(database, result, expected->statement);
    }
    if (expected->kind == EXPECT_PREPARE) {
        expected->prepared->ready = good;
        PQclear(result);
    } else if (good) {
        database->results[expected->statement] = result;
    } else {
        PQclear(result);
    }
    if (!result_wait(database)) {
        return false;
    }
    result = PQgetResult(database->connection); /* the NULL behind each statement */
    if (result != NULL) {
        PQclear(result);
        return false;
    }
    return true;
}

/* All prepared statements go when there are too many: rare, and simpler than a list of uses. */
static void statements_trim(struct database *database)
{
    if (database->prepared_count <= STATEMENT_LIMIT || database->open ||
        database->connection == NULL) {
        return;
    }
    if (PQsendQueryParams(database->connection, "DEALLOCATE ALL", 0, NULL, NULL, NULL, NULL, 0) ==
            1 &&
        PQpipelineSync(database->connection) == 1) {
        struct expected discard = {.kind = EXPECT_PREPARE, .prepared = &(struct prepared){0}};
        struct expected sync = {.kind = EXPECT_SYNC};
        if (result_read(database, &discard) && result_read(database, &sync)) {
            statements_forget(database);
            return;
        }
    }
    connection_close(database);
}

bool database_flush(struct database *database, bool end)
{
    if (database->connection == NULL) {
        return false;
    }
    if (database->error.any) {
        end = true;
    }
    if (end) {
        if (PQpipelineSync(database->connection) != 1) {
            error_lost(database);
            return false;
        }
        expected_push(database, EXPECT_SYNC, NULL, 0);
    } else if (PQsendFlushRequest(database->connection) != 1) {
        error_lost(database);
        return false;
    }
    database->round_trips++;
    for (size_t i = 0; i < database->queued; i++) {
        if (!result_read(database, &database->queue[i])) {
            error_lost(database);
            return false;
        }
    }
    database->queued = 0;
    if (end) {
        database->open = false;
        statements_trim(database);
    } else if (database->error.any) {
        /* A broken pipeline answers nothing until the sync; take it now. */
        struct database_error kept = database->error;
        (void)database_flush(database, true);
        bool lost = database->error.lost;
        database->error = kept;
        database->error.lost = kept.lost || lost;
    }
    if (database->error.lost) {
        connection_close(database);
    }
    return !database->error.any;
}

void database_abandon(struct database *database)
{
    if (!database->open || database->connection == NULL) {
        return;
    }
    /* An implicit transaction of a pipeline is rolled back by an error in it. */
    database_queue(database, "SELECT gate_expect(false, 'HD100', 'abandoned')", 0, NULL);
    (void)database_flush(database, true);
}

PGresult *database_result(const struct database *database, size_t statement)
{
    return statement < database->result_count ? database->results[statement] : NULL;
}

const struct database_error *database_error(const struct database *database)
{
    return &database->error;
}

bool database_was_interrupted(const struct database *database)
{
    return database->was_interrupted;
}

uint64_t database_round_trips(const struct database *database)
{
    return database->round_trips;
}

struct parameter parameter_text(const char *text)
{
    return (struct parameter){.value = text};
}

struct parameter parameter_integer(struct arena *arena, int64_t value)
{
    return (struct parameter){.value = arena_format(arena, "%lld", (long long)value)};
}

struct parameter parameter_bytes(const void *bytes, size_t length)
{
    return (struct parameter){.value = bytes, .length = (int)length, .bytes = true};
}

struct parameter parameter_null(void)
{
    return (struct parameter){0};
}
