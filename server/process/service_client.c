/* Signing in, calling verbs by name, and pauses that grow. */
#include "server/process/service_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connection.h"
#include "protocol/arena.h"
#include "server/process/log.h"
#include "server/process/service.h"

enum {
    CLIENT_STEP = 200,         /* milliseconds between looks whether to end */
    CLIENT_CALL = 60000,       /* milliseconds for one call */
    CLIENT_PAUSE_FIRST = 100,  /* milliseconds after a failure … */
    CLIENT_PAUSE_LAST = 30000, /* … doubled up to this */
    CLIENT_ADDRESS = 160,
    CLIENT_VERBS = 8, /* more than any service calls */
};

/* The last thing said about a verb: a lasting trouble is told once. */
struct complaint {
    char verb[64]; /* "form.verb" */
    enum status status;
};

struct service_client {
    const struct configuration *configuration;
    const struct form_set *forms;
    const char *staff;
    const char *secret;
    struct connection *connection;
    struct writer body;
    int pause;
    bool answered;
    enum status status;
    char missing[64]; /* "form.verb" that was complained about last */
    struct complaint complaints[CLIENT_VERBS];
};

struct service_client *service_client_create(const struct configuration *configuration,
                                             const struct form_set *forms, const char *name,
                                             const char *staff, const char *secret)
{
    char address[CLIENT_ADDRESS] = "";
    for (size_t i = 0; i < configuration->listener_count && !address[0]; i++)
        if (configuration->listeners[i].type == LISTENER_UNIX)
            snprintf(address, sizeof address, "unix:%s", configuration->listeners[i].path);
    struct connection_settings settings = {
        .address = address,
        .language = "en",
        .encoding = "UTF-8",
        .client = "halldeskd",
        .line = name,
    };
    struct service_client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->configuration = configuration;
    client->forms = forms;
    client->staff = staff;
    client->secret = secret;
    client->pause = CLIENT_PAUSE_FIRST;
    writer_initialise(&client->body, FRAME_REPLY_LIMIT);
    client->connection = connection_create(&settings, NULL);
    if (client->connection)
        return client;
    log_write(LOG_ERROR, "cannot connect to %s", address);
    service_client_free(client);
    return NULL;
}

void service_client_free(struct service_client *client)
{
    if (!client)
        return;
    connection_free(client->connection);
    writer_release(&client->body);
    free(client);
}

static void client_answered(void *context, const struct connection_reply *reply)
{
    struct service_client *client = context;
    client->answered = true;
    client->status = reply->status;
    writer_clear(&client->body);
    writer_bytes(&client->body, reply->body, reply->length);
}

/* False if the end came first. */
static bool client_await(struct service_client *client)
{
    while (!client->answered && !service_ending())
        connection_wait(client->connection, CLIENT_STEP);
    return client->answered;
}

static void client_pause(struct service_client *client)
{
    service_wait(-1, client->pause);
    client->pause *= 2;
    if (client->pause > CLIENT_PAUSE_LAST)
        client->pause = CLIENT_PAUSE_LAST;
}

bool service_client_ready(struct service_client *client)
{
    if (connection_state(client->connection) == CONNECTION_CLOSED)
        connection_open(client->connection);
    while (connection_state(client->connection) == CONNECTION_CONNECTING ||
           connection_state(client->connection) == CONNECTION_LOST) {
        if (service_ending())
            return false;
        connection_wait(client->connection, CLIENT_STEP);
    }
    if (connection_state(client->connection) == CONNECTION_OPEN &&
        connection_signed_in(client->connection))
        return true;
    client->answered = false;
    if (connection_sign_in(client->connection, client->staff, client->secret, "", true,
                           client_answered, client)) {
        if (!client_await(client))
            return false;
        if (client->status == STATUS_OK) {
            client->pause = CLIENT_PAUSE_FIRST;
            return true;
        }
        log_write(LOG_WARNING, "sign-in refused: %s", status_names[client->status]);
    } else {
        const char *text = NULL;
        enum status status = connection_refusal(client->connection, &text);
        log_write(LOG_WARNING, "no connection: %s %s", status_names[status], text);
    }
    client_pause(client);
    return false;
}

struct record *service_client_input(struct service_client *client, const char *form,
                                    const char *verb, struct arena *arena)
{
    char name[sizeof client->missing];
    const struct form *found = form_by_name(client->forms, form);
    if (found && form_verb_by_name(found, verb))
        return record_create(found, arena);
    snprintf(name, sizeof name, "%s.%s", form, verb);
    if (strcmp(name, client->missing) != 0)
        log_write(LOG_WARNING, "there is no %s: nothing to do", name);
    memcpy(client->missing, name, sizeof name);
    return NULL;
}

static void client_reason(const struct service_client *client, struct arena *arena, char *reason,
                          size_t size)
{
    struct reader reader;
    struct faults faults;
    reader_initialise(&reader, client->body.bytes, client->body.length);
    snprintf(reason, size, "%s", status_names[client->status]);
    if (client->status == STATUS_FAULTS) {
        faults_initialise(&faults, arena);
        if (faults_decode(&reader, &faults) && faults.count)
            snprintf(reason, size, "%s field %u", faults.list[0].name, faults.list[0].field);
    }
}

static void client_complain(struct service_client *client, const char *form, const char *verb,
                            const char *reason)
{
    char name[sizeof client->complaints[0].verb];
    snprintf(name, sizeof name, "%s.%s", form, verb);
    struct complaint *complaint = client->complaints;
    while (complaint < client->complaints + CLIENT_VERBS - 1 && complaint->verb[0] &&
           strcmp(complaint->verb, name) != 0)
        complaint++;
    if (complaint->status != client->status && client->status != STATUS_OK && !service_ending())
        log_write(LOG_WARNING, "%s: %s", name, reason);
    memcpy(complaint->verb, name, sizeof name);
    complaint->status = client->status;
}

/* Reply of a changing verb: signed id, signed version, text key, u8 has answer, record. */
static bool client_decode(const struct service_client *client, const struct form *form,
                          struct arena *arena, struct record **answer)
{
    struct reader reader;
    reader_initialise(&reader, client->body.bytes, client->body.length);
    reader_signed(&reader);
    reader_signed(&reader);
    reader_text(&reader, arena, RECORD_TEXT_LIMIT);
    if (reader_u8(&reader))
        *answer = record_decode(&reader, form, arena);
    return reader_end(&reader);
}

enum status service_client_call(struct service_client *client, const char *verb,
                                const struct record *input, int64_t id, struct arena *arena,
                                struct record **answer, char *reason, size_t size)
{
    const struct form *form = input->form;
    struct writer writer;
    *answer = NULL;
    snprintf(reason, size, "no connection");
    writer_initialise(&writer, FRAME_REQUEST_LIMIT);
    writer_u8(&writer, 1); /* warnings are for people: a service confirms them */
    writer_text(&writer, "");
    writer_signed(&writer, id);
    writer_signed(&writer, 0);
    record_encode(&writer, input);
    struct connection_call call = {
        .form = form->number,
        .form_hash = form->hash,
        .verb = form_verb_by_name(form, verb)->number,
        .body = writer.bytes,
        .length = writer.length,
        .timeout = CLIENT_CALL,
        .answered = client_answered,
        .context = client,
    };
    client->answered = false;
    client->status = STATUS_UNAVAILABLE;
    if (!writer.failed && connection_call(client->connection, &call) >= 0 && client_await(client)) {
        if (client->status == STATUS_OK && !client_decode(client, form, arena, answer))
            client->status = STATUS_BROKEN;
        client_reason(client, arena, reason, size);
    }
    writer_release(&writer);
    client_complain(client, form->name, verb, reason);
    return client->status;
}
