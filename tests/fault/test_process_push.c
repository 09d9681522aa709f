/* Pushes: rows of the table become frames on the right lines, in spite of late commits and of a
 * notifier, a gateway or a database connection that dies. Started by process_push.sh. */
#include <libpq-fe.h>
#include <openssl/sha.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connection.h"
#include "tests/fault/process_fixture.h"

enum { WAIT = 10000, NOTES = 256 };

static struct fixture fixture;

struct listener {
    struct connection *connection;
    uint8_t token[SESSION_TOKEN];
    size_t count;
    char notes[NOTES][32]; /* "kind:payload" */
};

static void listener_push(void *context, uint64_t kind, const uint8_t *body, size_t length)
{
    struct listener *listener = context;
    if (listener->count < NOTES)
        snprintf(listener->notes[listener->count++], 32, "%llu:%.*s", (unsigned long long)kind,
                 (int)length, (const char *)body);
}

static bool listener_open(struct listener *listener)
{
    struct connection_settings settings = {.address = fixture.address, .line = "tty"};
    struct connection_events events = {.context = listener, .push = listener_push};
    struct writer body;
    writer_initialise(&body, 4096);
    listener->connection = connection_create(&settings, &events);
    bool in = listener->connection &&
              connection_open_wait(listener->connection, WAIT) == STATUS_OK &&
              connection_sign_in_wait(listener->connection, "1", "right", "", false, &body, WAIT) ==
                  STATUS_OK &&
              body.length >= SESSION_TOKEN;
    if (in)
        memcpy(listener->token, body.bytes, SESSION_TOKEN);
    writer_release(&body);
    return in;
}

static size_t listener_heard(const struct listener *listener, const char *note)
{
    size_t count = 0;
    for (size_t i = 0; i < listener->count; i++)
        count += strcmp(listener->notes[i], note) == 0;
    return count;
}

/* Waits until both have heard as many as told, then a little for what should not come. */
static void listeners_wait(struct listener *one, const char *note, struct listener *other,
                           const char *other_note)
{
    int64_t deadline = fixture_now() + WAIT;
    while (fixture_now() < deadline && ((note && !listener_heard(one, note)) ||
                                        (other_note && !listener_heard(other, other_note)))) {
        connection_wait(one->connection, 10);
        connection_wait(other->connection, 10);
    }
}

static PGconn *database_open(void)
{
    const char *const keywords[] = {"host", "dbname", "user", NULL};
    const char *const values[] = {
        getenv("HALLDESK_TEST_SOCKET"), getenv("HALLDESK_TEST_DATABASE"),
        getenv("HALLDESK_TEST_OWNER") ? getenv("HALLDESK_TEST_OWNER") : "postgres", NULL};
    PGconn *connection = PQconnectdbParams(keywords, values, 0);
    if (PQstatus(connection) != CONNECTION_OK) {
        printf("Bail out! %s", PQerrorMessage(connection));
        exit(EXIT_FAILURE);
    }
    return connection;
}

static void database_do(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        printf("Bail out! %s", PQerrorMessage(connection));
        exit(EXIT_FAILURE);
    }
    PQclear(result);
}

/* To one session, or to all if token is NULL. */
static void push(PGconn *connection, const uint8_t *token, const char *text)
{
    uint8_t hash[SHA256_DIGEST_LENGTH] = {0};
    if (token)
        SHA256(token, SESSION_TOKEN, hash);
    const char *const values[] = {token ? (const char *)hash : NULL, text};
    const int lengths[] = {sizeof hash, (int)strlen(text)};
    const int formats[] = {1, 1};
    PGresult *result = PQexecParams(
        connection, "INSERT INTO push (session_token_hash, kind, payload) VALUES ($1, 1, $2)", 2,
        (const Oid[]){17, 17}, values, lengths, formats, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        printf("Bail out! %s", PQerrorMessage(connection));
        exit(EXIT_FAILURE);
    }
    PQclear(result);
}

struct victim {
    const char *title;
    pid_t pid;
};

static bool victim_back(void *context)
{
    const struct victim *victim = context;
    pid_t pid = fixture_child(&fixture, victim->title);
    return pid && pid != victim->pid;
}

static bool child_kill(const char *title)
{
    struct victim victim = {title, fixture_child(&fixture, title)};
    kill(victim.pid, SIGKILL);
    return victim.pid && fixture_until(victim_back, &victim, WAIT);
}

static void test_late_commit(PGconn *database, struct listener *one, struct listener *other)
{
    PGconn *late = database_open();
    database_do(late, "BEGIN");
    push(late, NULL, "late");
    push(database, NULL, "early");
    listeners_wait(one, "1:early", other, "1:early");
    tap_ok(listener_heard(one, "1:early") == 1 && !listener_heard(one, "1:late"),
           "a push does not wait for an older one that is not committed");
    database_do(late, "COMMIT");
    listeners_wait(one, "1:late", other, "1:late");
    tap_ok(listener_heard(one, "1:late") == 1 && listener_heard(other, "1:late") == 1,
           "and the older one comes when it is");
    database_do(late, "BEGIN");
    push(late, NULL, "never");
    database_do(late, "ROLLBACK");
    push(database, NULL, "after");
    listeners_wait(one, "1:after", other, "1:after");
    tap_ok(listener_heard(one, "1:after") == 1 && !listener_heard(one, "1:never"),
           "what was rolled back holds nothing up");
    PQfinish(late);
}

int main(void)
{
    struct listener one = {0};
    struct listener other = {0};
    PGconn *database = database_open();
    push(database, NULL, "old");
    database_do(database, "UPDATE push SET created_at = now() - interval '1 minute'");
    fixture_start(&fixture, false, "workers_short = 2;");
    if (!listener_open(&one) || !listener_open(&other)) {
        puts("Bail out! no terminal is served");
        return EXIT_FAILURE;
    }
    push(database, one.token, "mine");
    listeners_wait(&one, "1:mine", &other, NULL);
    push(database, NULL, "all");
    listeners_wait(&one, "1:all", &other, "1:all");
    tap_ok(listener_heard(&one, "1:mine") == 1 && !listener_heard(&other, "1:mine"),
           "a push comes to the terminal of its session and to no other");
    tap_ok(listener_heard(&one, "1:all") == 1 && listener_heard(&other, "1:all") == 1,
           "a push to all comes to all, once");
    tap_ok(!listener_heard(&one, "1:old"), "what was there long before the server is no news");
    test_late_commit(database, &one, &other);

    tap_ok(child_kill("notifier"), "the notifier is killed and comes back");
    push(database, NULL, "again");
    listeners_wait(&one, "1:again", &other, "1:again");
    tap_ok(listener_heard(&one, "1:again") && listener_heard(&other, "1:again"),
           "and brings pushes");
    tap_ok(child_kill("gateway-0") && child_kill("gateway-1"), "the gateways are killed");
    int64_t deadline = fixture_now() + WAIT;
    for (int i = 0; fixture_now() < deadline &&
                    !(listener_heard(&one, "1:back") && listener_heard(&other, "1:back"));
         i++) {
        push(database, NULL, "back"); /* what falls into the gap is lost: pushes are hints */
        connection_wait(one.connection, 50);
        connection_wait(other.connection, 50);
    }
    tap_ok(listener_heard(&one, "1:back") && listener_heard(&other, "1:back"),
           "terminals that came back hear pushes again");
    database_do(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                          "WHERE application_name = 'halldesk notifier'");
    push(database, other.token, "reconnected");
    listeners_wait(&other, "1:reconnected", &one, NULL);
    tap_ok(listener_heard(&other, "1:reconnected") == 1,
           "a lost database connection loses nothing");
    connection_free(one.connection);
    connection_free(other.connection);
    tap_ok(fixture_stop(&fixture) == 0, "the server ends in order");
    PQfinish(database);
    return tap_done();
}
