/* Sign-in, unlocking and passwords: the only code that sees a password, in workers whose database
 * role is the only one that may read credentials. */
#include "server/gate/gate_internal.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/process/log.h"

enum { NUMBER_LIMIT = 32, PASSWORD_LIMIT = 128, CONNECT_MILLISECONDS = 4000, LOOKUP_ATTEMPTS = 2 };

/* Of an unknown number: costs the same time as a known one, and matches nothing. */
static const char unknown_hash[] =
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7";

struct sign_in {
    uint8_t slot;
    uint64_t sequence;
    const char *number;
    const char *password;
    const char *new_password;
    bool take_over;
};

static bool password_matches(const char *password, const char *hash)
{
    struct crypt_data *data = calloc(1, sizeof *data);
    if (data == NULL) {
        abort();
    }
    const char *made = crypt_r(password, hash, data);
    bool match = made != NULL && made[0] != '*' && strlen(made) == strlen(hash) &&
                 CRYPTO_memcmp(made, hash, strlen(hash)) == 0;
    OPENSSL_cleanse(data, sizeof *data);
    free(data);
    return match;
}

static const char *password_hash(const char *password, struct arena *arena)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data *data = calloc(1, sizeof *data);
    if (data == NULL) {
        abort();
    }
    const char *hash = NULL;
    if (crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof setting) != NULL) {
        const char *made = crypt_r(password, setting, data);
        hash = made != NULL && made[0] != '*' ? arena_string(arena, made) : NULL;
    }
    OPENSSL_cleanse(data, sizeof *data);
    free(data);
    return hash;
}

/* Long enough, and of two kinds of characters at least. */
static bool password_acceptable(const struct gate *gate, const char *password, const char *old)
{
    unsigned kinds = 0;
    for (const char *at = password; *at != '\0'; at++) {
        kinds |= *at >= '0' && *at <= '9' ? 1u : (*at | 32) >= 'a' && (*at | 32) <= 'z' ? 2u : 4u;
    }
    return (int64_t)utf8_count(password) >= gate->configuration->password_length && kinds != 0 &&
           (kinds & (kinds - 1)) != 0 && strcmp(password, old) != 0;
}

static void signed_in(struct gate_reply *reply, const struct sign_in *ask, enum status status,
                      const char *text)
{
    size_t offset = frame_begin(&reply->frames, FRAME_SIGNED_IN);
    writer_u8(&reply->frames, ask->slot);
    writer_unsigned(&reply->frames, ask->sequence);
    writer_unsigned(&reply->frames, (uint64_t)status);
    if (status == STATUS_OK) {
        writer_bytes(&reply->frames, reply->token, SESSION_TOKEN);
    } else {
        writer_text(&reply->frames, text);
    }
    frame_finish(&reply->frames, offset);
}

static void failure_note(struct gate *gate, const struct gate_request *request,
                         const struct sign_in *ask, const char *staff, enum status status)
{
    int64_t minutes = gate->configuration->lockout_minutes;
    struct parameter parameters[] = {
        parameter_text(staff),
        parameter_text(ask->number),
        parameter_integer(gate->arena, status),
        parameter_integer(gate->arena, gate->configuration->lockout_failures),
        parameter_integer(gate->arena, minutes > 0 ? minutes : 100LL * 365 * 24 * 60),
        parameter_text(request->peer),
        parameter_text(request->line != NULL ? request->line : ""),
    };
    database_begin(gate->engine.database, gate->arena);
    database_queue(gate->engine.database, "SELECT auth_failed($1, $2, $3, $4, $5, $6, $7)", 7,
                   parameters);
    (void)database_flush(gate->engine.database, true);
}

enum lookup_column {
    LOOKUP_STAFF,
    LOOKUP_HASH,
    LOOKUP_STATUS,
    LOOKUP_VALID,
    LOOKUP_LOCKED,
    LOOKUP_MUST_CHANGE,
    LOOKUP_SESSIONS
};

static bool cell_true(const PGresult *row, int column)
{
    return PQgetvalue(row, 0, column)[0] == 't';
}

/* The order matters: only who knows the password learns anything more about the number. */
static enum status sign_in_check(struct gate *gate, const struct sign_in *ask, const PGresult *row)
{
    bool known = PQntuples(row) == 1;
    if (known && cell_true(row, LOOKUP_LOCKED)) {
        return STATUS_STAFF_LOCKED;
    }
    if (!password_matches(ask->password, known ? PQgetvalue(row, 0, LOOKUP_HASH) : unknown_hash) ||
        !known) {
        return STATUS_CREDENTIALS;
    }
    if (strcmp(PQgetvalue(row, 0, LOOKUP_STATUS), "1") != 0 || !cell_true(row, LOOKUP_VALID)) {
        return STATUS_STAFF_EXPIRED;
    }
    if (ask->new_password[0] != '\0') {
        if (!password_acceptable(gate, ask->new_password, ask->password)) {
            return STATUS_PASSWORD_CHANGE;
        }
    } else if (cell_true(row, LOOKUP_MUST_CHANGE)) {
        return STATUS_PASSWORD_CHANGE;
    }
    if (!ask->take_over && strtoll(PQgetvalue(row, 0, LOOKUP_SESSIONS), NULL, 10) >=
                               gate->configuration->sessions_per_staff) {
        return STATUS_SESSION_LIMIT;
    }
    return STATUS_OK;
}

static enum status session_create(struct gate *gate, const struct gate_request *request,
                                  const struct sign_in *ask, const char *staff,
                                  struct gate_reply *reply)
{
    uint8_t token_hash[TOKEN_HASH];
    const char *new_hash = NULL;
    if (RAND_bytes(reply->token, SESSION_TOKEN) != 1) {
        return STATUS_INTERNAL;
    }
    token_hash_make(reply->token, token_hash);
    if (ask->new_password[0] != '\0' &&
        (new_hash = password_hash(ask->new_password, gate->arena)) == NULL) {
        return STATUS_INTERNAL;
    }
    struct parameter parameters[] = {
        parameter_text(staff),
        parameter_bytes(token_hash, TOKEN_HASH),
        parameter_text(request->language != NULL && strcmp(request->language, "en") == 0 ? "en"
                                                                                         : "zh"),
        parameter_text(request->peer),
        parameter_text(request->line != NULL ? request->line : ""),
        parameter_text(new_hash),
        parameter_text(ask->take_over ? "t" : "f"),
    };
    for (int attempt = 0; attempt < LOOKUP_ATTEMPTS; attempt++) {
        const struct database_error *error = database_error(gate->engine.database);
        if (!database_connect(gate->engine.database, CONNECT_MILLISECONDS)) {
            return STATUS_UNAVAILABLE;
        }
        database_begin(gate->engine.database, gate->arena);
        database_queue(gate->engine.database,
                       "SELECT auth_succeeded($1, $2, $3, $4, $5, $6, $7::boolean)", 7, parameters);
        if (database_flush(gate->engine.database, true) ||
            (attempt > 0 && strcmp(error->state, "23505") == 0)) {
            break; /* the token stands there already: the answer to the first try was lost */
        }
        log_write(LOG_ERROR, "sign-in: %s %s", error->state, error->message);
        if (!error->lost) {
            return STATUS_INTERNAL;
        }
        if (attempt + 1 == LOOKUP_ATTEMPTS) {
            return STATUS_UNAVAILABLE;
        }
    }
    reply->binding = BINDING_SET;
    return STATUS_OK;
}

void auth_sign_in(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    struct reader reader;
    struct sign_in ask = {0};
    reader_initialise(&reader, request->body, request->length);
    ask.slot = reader_u8(&reader);
    ask.sequence = reader_unsigned(&reader);
    ask.number = reader_text(&reader, gate->arena, NUMBER_LIMIT);
    ask.password = reader_text(&reader, gate->arena, PASSWORD_LIMIT);
    ask.new_password = reader_text(&reader, gate->arena, PASSWORD_LIMIT);
    ask.take_over = reader_u8(&reader) != 0;
    if (!reader_end(&reader)) {
        reply->close = true;
        signed_in(reply, &ask, STATUS_BROKEN, "");
        return;
    }
    struct parameter number = parameter_text(ask.number);
    size_t lookup = 0;
    bool found = false;
    for (int attempt = 0; attempt < LOOKUP_ATTEMPTS && !found; attempt++) {
        if (!database_connect(gate->engine.database, CONNECT_MILLISECONDS)) {
            break;
        }
        database_begin(gate->engine.database, gate->arena);
        lookup = database_queue(gate->engine.database, "SELECT * FROM auth_lookup($1)", 1, &number);
        found = database_flush(gate->engine.database, true);
    }
    if (!found) {
        signed_in(reply, &ask, STATUS_UNAVAILABLE, "");
        return;
    }
    const PGresult *row = database_result(gate->engine.database, lookup);
    const char *staff =
        PQntuples(row) == 1 ? arena_string(gate->arena, PQgetvalue(row, 0, LOOKUP_STAFF)) : NULL;
    enum status status = sign_in_check(gate, &ask, row);
    if (status == STATUS_OK) {
        status = session_create(gate, request, &ask, staff, reply);
    } else {
        failure_note(gate, request, &ask, staff, status);
    }
    char least[24];
    snprintf(least, sizeof least, "%lld", (long long)gate->configuration->password_length);
    signed_in(reply, &ask, status, status == STATUS_PASSWORD_CHANGE ? least : "");
}

/* The stored hash behind the session, NULL when it is gone. */
static const char *own_hash(struct gate *gate, struct call *call)
{
    struct parameter token = parameter_bytes(call->access->token_hash, TOKEN_HASH);
    database_begin(gate->engine.database, gate->arena);
    size_t row = database_queue(gate->engine.database, "SELECT auth_session_hash($1)", 1, &token);
    if (!database_flush(gate->engine.database, true)) {
        return NULL;
    }
    const PGresult *result = database_result(gate->engine.database, row);
    return PQgetisnull(result, 0, 0) ? NULL : arena_string(gate->arena, PQgetvalue(result, 0, 0));
}

enum status auth_unlock(struct gate *gate, struct call *call)
{
    const char *password = reader_text(&call->body, gate->arena, PASSWORD_LIMIT);
    if (!reader_end(&call->body)) {
        return STATUS_BROKEN;
    }
    const char *hash = own_hash(gate, call);
    bool match = hash != NULL && password_matches(password, hash);
    struct parameter parameters[] = {
        parameter_bytes(call->access->token_hash, TOKEN_HASH), parameter_text(match ? "t" : "f"),
        parameter_integer(gate->arena, gate->configuration->lockout_failures),
        parameter_integer(gate->arena, gate->configuration->lockout_minutes > 0
                                           ? gate->configuration->lockout_minutes
                                           : 100LL * 365 * 24 * 60)};
    database_begin(gate->engine.database, gate->arena);
    database_queue(gate->engine.database, "SELECT auth_unlock($1, $2::boolean, $3, $4)", 4,
                   parameters);
    if (!database_flush(gate->engine.database, true)) {
        return call_failure(call);
    }
    access_cache_drop(gate->sessions, call->access->token_hash);
    return match ? STATUS_OK : STATUS_CREDENTIALS;
}

enum status auth_password(struct gate *gate, struct call *call)
{
    const char *old = reader_text(&call->body, gate->arena, PASSWORD_LIMIT);
    const char *fresh = reader_text(&call->body, gate->arena, PASSWORD_LIMIT);
    if (!reader_end(&call->body)) {
        return STATUS_BROKEN;
    }
    const char *hash = own_hash(gate, call);
    if (hash == NULL || !password_matches(old, hash)) {
        return STATUS_CREDENTIALS;
    }
    if (!password_acceptable(gate, fresh, old)) {
        call->status_text =
            arena_format(gate->arena, "%lld", (long long)gate->configuration->password_length);
        return STATUS_PASSWORD_CHANGE;
    }
    struct parameter parameters[] = {parameter_bytes(call->access->token_hash, TOKEN_HASH),
                                     parameter_text(password_hash(fresh, gate->arena))};
    database_begin(gate->engine.database, gate->arena);
    database_queue(gate->engine.database, "SELECT auth_password_set($1, $2)", 2, parameters);
    return database_flush(gate->engine.database, true) ? STATUS_OK : call_failure(call);
}
