/* The notifier: reads new rows of the table push and hands them to every gateway.
 *
 * Polling in one prepared statement is cheaper than NOTIFY, which serialises commits. A row that
 * commits late can have a lower id than one already sent: reading starts at the first id that is
 * missing, until it is so old that its transaction must have failed. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/process/channel.h"
#include "server/process/log.h"
#include "server/process/service.h"

enum {
    NOTIFIER_WINDOW = 4096, /* ids remembered: more than can be in flight */
    NOTIFIER_GAP = 10,      /* seconds that a missing id is waited for */
    NOTIFIER_ROWS = 500,    /* rows a round: bounds memory after a pause of the database */
    NOTIFIER_RETRY = 500,   /* milliseconds between attempts to reach the database */
    NOTIFIER_SEND = 200,    /* milliseconds for a gateway to take its pushes */
    NOTIFIER_PAYLOAD = 65536,
};

struct notifier {
    const struct configuration *configuration;
    PGconn *connection;
    bool started;
    int64_t low;                   /* all ids up to here are sent or given up */
    int64_t newest;                /* largest id sent */
    time_t gap;                    /* when to give up the id behind `low`; 0: it is not missing */
    int64_t sent[NOTIFIER_WINDOW]; /* ids sent, by id modulo the window */
    struct channel gateways[CONFIGURATION_GATEWAYS];
    bool complained;
};

/* What came while no notifier ran, a moment ago, is still news; a push may come twice. */
static const char notifier_start[] =
    "SELECT coalesce((SELECT id FROM push WHERE created_at < now() - interval '3 seconds' "
    "ORDER BY id DESC LIMIT 1), 0)";
static const char notifier_poll[] =
    "SELECT id, session_token_hash, kind, payload FROM push WHERE id > $1::bigint ORDER BY id "
    "LIMIT $2::int";

static void notifier_lost(struct notifier *notifier)
{
    if (!notifier->complained)
        log_write(LOG_WARNING, "database: %s", PQerrorMessage(notifier->connection));
    notifier->complained = true;
    PQfinish(notifier->connection);
    notifier->connection = NULL;
}

static bool notifier_connect(struct notifier *notifier)
{
    if (notifier->connection)
        return true;
    const char *const keywords[] = {"dbname", "application_name", "connect_timeout", NULL};
    const char *const values[] = {notifier->configuration->database, "halldesk notifier", "5",
                                  NULL};
    notifier->connection = PQconnectdbParams(keywords, values, 1);
    PGresult *result = NULL;
    if (PQstatus(notifier->connection) != CONNECTION_OK)
        goto failed;
    result = PQprepare(notifier->connection, "poll", notifier_poll, 2, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        goto failed;
    PQclear(result);
    result = NULL;
    if (!notifier->started) {
        result = PQexec(notifier->connection, notifier_start);
        if (PQresultStatus(result) != PGRES_TUPLES_OK)
            goto failed;
        notifier->newest = notifier->low = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        notifier->started = true;
        PQclear(result);
    }
    if (notifier->complained)
        log_write(LOG_NOTICE, "database: back");
    notifier->complained = false;
    return true;
failed:
    PQclear(result);
    notifier_lost(notifier);
    return false;
}

static void notifier_gateways(struct notifier *notifier)
{
    for (size_t i = 0; i < (size_t)notifier->configuration->gateways; i++) {
        char path[128];
        if (notifier->gateways[i].descriptor >= 0 ||
            !configuration_gateway_path(notifier->configuration, i, path, sizeof path))
            continue;
        int descriptor = channel_connect(path);
        if (descriptor < 0)
            continue;
        channel_initialise(&notifier->gateways[i], descriptor);
        channel_send_ready(&notifier->gateways[i], CHANNEL_NOTIFIER);
    }
}

/* One channel per gateway; a gateway that died is reached again in the next round. */
static void notifier_flush(struct notifier *notifier)
{
    for (size_t i = 0; i < (size_t)notifier->configuration->gateways; i++) {
        struct channel *channel = &notifier->gateways[i];
        if (channel->descriptor < 0)
            continue;
        /* Nothing ever comes back: this notices a gateway that has gone. */
        if (channel_receive(channel) == CHANNEL_CLOSED ||
            channel_flush_all(channel, NOTIFIER_SEND) == CHANNEL_CLOSED)
            channel_release(channel);
    }
}

static int64_t field_integer(const PGresult *result, int row, int column)
{
    const char *bytes = PQgetvalue(result, row, column);
    if (PQgetlength(result, row, column) == 8) {
        uint64_t value;
        memcpy(&value, bytes, sizeof value);
        return (int64_t)be64toh(value);
    }
    if (PQgetlength(result, row, column) == 4) {
        uint32_t value;
        memcpy(&value, bytes, sizeof value);
        return (int32_t)ntohl(value);
    }
    return 0;
}

/* 1 if the row was new. */
static int notifier_row(struct notifier *notifier, const PGresult *result, int row)
{
    int64_t id = field_integer(result, row, 0);
    if (id <= 0 || notifier->sent[id % NOTIFIER_WINDOW] == id)
        return 0;
    notifier->sent[id % NOTIFIER_WINDOW] = id;
    if (id > notifier->newest)
        notifier->newest = id;
    bool all = PQgetisnull(result, row, 1);
    int length = PQgetlength(result, row, 3);
    if ((!all && PQgetlength(result, row, 1) != CHANNEL_HASH) || length > NOTIFIER_PAYLOAD) {
        log_write(LOG_ERROR, "push %lld is senseless", (long long)id);
        return 1;
    }
    struct writer writer;
    writer_initialise(&writer, NOTIFIER_PAYLOAD + 64);
    size_t offset = frame_begin(&writer, FRAME_PUSH);
    writer_unsigned(&writer, (uint64_t)field_integer(result, row, 2));
    writer_bytes(&writer, PQgetvalue(result, row, 3), (size_t)length);
    frame_finish(&writer, offset);
    const uint8_t *hash = all ? NULL : (const uint8_t *)PQgetvalue(result, row, 1);
    for (size_t i = 0; i < (size_t)notifier->configuration->gateways; i++)
        if (notifier->gateways[i].descriptor >= 0)
            channel_send_push(&notifier->gateways[i], hash, writer.bytes, writer.length);
    writer_release(&writer);
    return 1;
}

/* Moves the low mark over all that is sent, and over what has been missing for too long. */
static void notifier_advance(struct notifier *notifier)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    while (notifier->low < notifier->newest) {
        int64_t next = notifier->low + 1;
        bool sent = notifier->sent[next % NOTIFIER_WINDOW] == next;
        if (!sent && !notifier->gap)
            notifier->gap = now.tv_sec + NOTIFIER_GAP;
        if (!sent && now.tv_sec < notifier->gap &&
            notifier->newest - notifier->low < NOTIFIER_WINDOW - NOTIFIER_ROWS)
            return;
        notifier->low = next;
        if (sent)
            notifier->gap = 0; /* neighbours in a run of missing ids share one wait */
    }
}

/* True when there may be more at once. */
static bool notifier_round(struct notifier *notifier)
{
    char from[32];
    char rows[16];
    snprintf(from, sizeof from, "%lld", (long long)notifier->low);
    snprintf(rows, sizeof rows, "%d", NOTIFIER_WINDOW);
    const char *const values[] = {from, rows};
    PGresult *result = PQexecPrepared(notifier->connection, "poll", 2, values, NULL, NULL, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        PQclear(result);
        notifier_lost(notifier);
        return false;
    }
    int sent = 0;
    for (int row = 0; row < PQntuples(result) && sent < NOTIFIER_ROWS; row++)
        sent += notifier_row(notifier, result, row);
    PQclear(result);
    notifier_advance(notifier);
    return sent == NOTIFIER_ROWS;
}

int notifier_run(const struct configuration *configuration)
{
    struct notifier *notifier = calloc(1, sizeof *notifier);
    if (!notifier)
        return EXIT_FAILURE;
    notifier->configuration = configuration;
    for (size_t i = 0; i < CONFIGURATION_GATEWAYS; i++)
        notifier->gateways[i].descriptor = -1;
    service_prepare();
    int wait = 0;
    while (service_wait(-1, wait)) {
        notifier_gateways(notifier);
        if (!notifier_connect(notifier)) {
            wait = NOTIFIER_RETRY;
            continue;
        }
        bool more = notifier_round(notifier);
        notifier_flush(notifier);
        wait = more ? 0 : (int)configuration->notifier_interval;
    }
    for (size_t i = 0; i < CONFIGURATION_GATEWAYS; i++)
        if (notifier->gateways[i].descriptor >= 0)
            channel_release(&notifier->gateways[i]);
    PQfinish(notifier->connection);
    free(notifier);
    return EXIT_SUCCESS;
}
