/* Customer passwords of several kinds, and what proving one's identity allows: a verification is a
 * row of the session, with a level and an end, that later operations ask for [10-2, 10-3, 10-18].
 */
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "server/customer/customer.h"

enum {
    PASSWORD_SHORTEST = 6,
    PASSWORD_LONGEST = 16,
    SALT_BYTES = 32,
    METHOD_PASSWORD = 1, /* numbers of the code list verification_method */
    METHOD_CERTIFICATE = 2,
    METHOD_ORIGINAL = 3,
    LEVEL_ORIGINAL = 3,
    MICROSECONDS_MINUTE = 60000000,
};

/* The salt comes with the loads, so that the same case always decides the same. */
static const struct load set_loads[] = {
    {.name = "verification",
     .sql = "SELECT customer_verification_missing($1::bigint, 'customer.set_password') AS level",
     .parameters = "@id"},
    {.name = "salt",
     .sql = "SELECT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') AS "
            "hexadecimal",
     .parameters = ""},
};

static const struct load verify_loads[] = {
    {.name = "password",
     .sql = "SELECT hash, failures, locked, level FROM customer_password_load($1::bigint, "
            "$2::smallint)",
     .parameters = "@id password_kind"},
};

static const struct load disclose_loads[] = {
    {.name = "verification",
     .sql = "SELECT customer_verification_missing($1::bigint, 'customer.disclose') AS level",
     .parameters = "@id"},
    {.name = "accounts",
     .sql = "SELECT code, name, status, coalesce(bill_address, '') AS bill_address FROM account "
            "WHERE customer_id = $1::bigint ORDER BY id LIMIT 50",
     .parameters = "@id"},
};

static int64_t setting_number(struct decision_case *c, const char *name, int64_t absent)
{
    const char *text = c->setting(c->context, name);
    char *end = NULL;
    long long number = strtoll(text, &end, 10);
    return *text != '\0' && *end == '\0' && number > 0 ? number : absent;
}

/* --- Setting --- */

/* Digits in a row, up or down, or one character only: what is tried first. */
static bool password_simple(const char *password)
{
    bool same = true;
    bool up = true;
    bool down = true;
    for (const char *at = password + 1; *at != '\0'; at++) {
        same = same && at[0] == at[-1];
        up = up && at[0] == at[-1] + 1;
        down = down && at[0] == at[-1] - 1;
    }
    return same || up || down;
}

/* Part of a number that others know: certificate, telephones. */
static bool password_known(const struct decision_case *c, const char *password)
{
    static const char *const fields[] = {"certificate_number", "mobile", "contact_telephone"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strstr(record_text(c->before, fields[i]), password) != NULL)
            return true;
    return false;
}

static bool password_judge(struct decision_case *c, const char *password)
{
    size_t length = strlen(password);
    size_t faults = c->faults->count;
    if (!record_has(c->input, "password_kind"))
        decision_fault(c, "password_kind", "customer.password_kind_missing", NULL);
    if (length < PASSWORD_SHORTEST || length > PASSWORD_LONGEST)
        decision_fault(c, "new_password", "customer.password_shape", NULL);
    else if (password_simple(password) || password_known(c, password))
        decision_fault(c, "new_password", "customer.password_simple", NULL);
    if (strcmp(password, record_text(c->input, "repeat_password")) != 0)
        decision_fault(c, "repeat_password", "customer.password_repeat", NULL);
    return c->faults->count == faults;
}

/* yescrypt at its usual cost; NULL if the library refuses. The result lives in the arena. */
static const char *password_hash(struct decision_case *c, const char *password,
                                 const char *hexadecimal)
{
    char random[SALT_BYTES] = {0};
    size_t length = strlen(hexadecimal) / 2;
    void *data = NULL;
    int size = 0;
    const char *hash = NULL;
    if (length > SALT_BYTES)
        length = SALT_BYTES;
    for (size_t i = 0; i < length; i++) {
        char pair[3] = {hexadecimal[2 * i], hexadecimal[2 * i + 1], '\0'};
        random[i] = (char)strtol(pair, NULL, 16);
    }
    char *salt = crypt_gensalt_ra("$y$", 0, random, (int)length);
    if (salt != NULL) {
        const char *made = crypt_ra(password, salt, &data, &size);
        if (made != NULL && made[0] != '*')
            hash = arena_string(c->arena, made);
    }
    free(salt);
    free(data);
    return hash;
}

static void customer_set_password(struct decision_case *c)
{
    const char *password = record_text(c->input, "new_password");
    int64_t level = loaded_integer(c, "verification", 0, "level");
    if (level > 0) {
        decision_fault(c, NULL, "customer.verification_needed", decision_number(c, level), NULL);
        return;
    }
    if (!password_judge(c, password))
        return;
    const char *hash = password_hash(c, password, loaded_text(c, "salt", 0, "hexadecimal"));
    if (hash == NULL) {
        decision_fault(c, "new_password", "customer.password_unusable", NULL);
        return;
    }
    effect_statement(c, "SELECT customer_password_set($1::bigint, $2::smallint, $3)", -1, 3,
                     decision_number(c, c->before->id),
                     decision_number(c, record_integer(c->input, "password_kind")), hash);
}

/* --- Verifying --- */

/* Compares in a time that does not tell how much was right. */
static bool text_same(const char *one, const char *other)
{
    size_t length = strlen(one);
    unsigned char difference = length != strlen(other);
    for (size_t i = 0; i < length && difference == 0; i++)
        difference |= (unsigned char)(one[i] ^ other[i]);
    return difference == 0;
}

static bool password_matches(const char *password, const char *hash)
{
    void *data = NULL;
    int size = 0;
    const char *made = crypt_ra(password, hash, &data, &size);
    bool same = made != NULL && made[0] != '*' && text_same(made, hash);
    free(data);
    return same;
}

static void answer_result(struct decision_case *c, const char *result)
{
    record_set_integer(c->answer, "verification_result",
                       c->code_number(c->context, "verification_result", result));
}

static void verification_put(struct decision_case *c, int64_t method, int64_t kind, int64_t level)
{
    int64_t minutes = setting_number(c, "customer.verification_minutes", 30);
    effect_statement(
        c,
        "SELECT customer_verification_put($1::bigint, $2::smallint, $3::smallint, $4::smallint, "
        "$5::integer)",
        -1, 5, decision_number(c, c->before->id), decision_number(c, method),
        decision_number(c, kind), decision_number(c, level), decision_number(c, minutes));
    answer_result(c, "passed");
    record_set_integer(c->answer, "verified_until", c->now + minutes * MICROSECONDS_MINUTE);
}

/* Capitals and no spaces: as certificates are kept. */
static const char *number_plain(struct decision_case *c, const char *text)
{
    char *plain = arena_string(c->arena, text);
    char *to = plain;
    for (const char *at = text; *at != '\0'; at++)
        if (*at != ' ')
            *to++ = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    *to = '\0';
    return plain;
}

static bool certificate_matches(struct decision_case *c)
{
    const char *known = record_text(c->before, "certificate_number");
    if (record_has(c->input, "shown_type") &&
        record_integer(c->input, "shown_type") != record_integer(c->before, "certificate_type"))
        return false;
    return *known != '\0' &&
           text_same(known, number_plain(c, record_text(c->input, "shown_number")));
}

/* A wrong password is an answer, not a fault: it has to be counted, and faults write nothing. */
static void password_verify(struct decision_case *c)
{
    int64_t kind = record_integer(c->input, "password_kind");
    if (loaded_rows(c, "password") == 0) {
        answer_result(c, "not_set");
    } else if (loaded_flag(c, "password", 0, "locked")) {
        answer_result(c, "locked");
    } else if (password_matches(record_text(c->input, "password"),
                                loaded_text(c, "password", 0, "hash"))) {
        verification_put(c, METHOD_PASSWORD, kind, loaded_integer(c, "password", 0, "level"));
    } else {
        int64_t limit = setting_number(c, "customer.password_failures", 5);
        effect_statement(
            c,
            "SELECT customer_password_failed($1::bigint, $2::smallint, $3::integer, $4::integer)",
            -1, 4, decision_number(c, c->before->id), decision_number(c, kind),
            decision_number(c, limit),
            decision_number(c, setting_number(c, "customer.password_lock_minutes", 30)));
        answer_result(c, loaded_integer(c, "password", 0, "failures") + 1 >= limit ? "locked"
                                                                                   : "wrong");
    }
}

static void customer_verify(struct decision_case *c)
{
    bool password = record_has(c->input, "password");
    bool certificate = record_has(c->input, "shown_number");
    if (!password && !certificate) {
        decision_fault(c, "password", "customer.nothing_to_verify", NULL);
        return;
    }
    if (password && !record_has(c->input, "password_kind")) {
        decision_fault(c, "password_kind", "customer.password_kind_missing", NULL);
        return;
    }
    if ((record_has(c->input, "shown_name") &&
         !text_same(record_text(c->before, "name"), record_text(c->input, "shown_name"))) ||
        (certificate && !certificate_matches(c))) {
        answer_result(c, "wrong");
        return;
    }
    if (password)
        password_verify(c);
    else
        verification_put(c, METHOD_CERTIFICATE, 0,
                         setting_number(c, "customer.certificate_level", 1));
}

/* The clerk holds the original in hand and copies its number. */
static void customer_identify(struct decision_case *c)
{
    if (!certificate_matches(c))
        decision_fault(c, "shown_number", "customer.original_differs", NULL);
    else
        verification_put(c, METHOD_ORIGINAL, 0, LEVEL_ORIGINAL);
}

/* --- What a verified customer may be told --- */

static void customer_disclose(struct decision_case *c)
{
    int64_t level = loaded_integer(c, "verification", 0, "level");
    if (level > 0) {
        decision_fault(c, NULL, "customer.verification_needed", decision_number(c, level), NULL);
        return;
    }
    for (size_t i = 0; i < c->form->field_count; i++)
        if (c->form->fields[i].type != VALUE_LINES &&
            (c->form->fields[i].flags & FIELD_VIRTUAL) == 0)
            c->answer->values[i] = c->before->values[i];
    for (size_t row = 0; row < loaded_rows(c, "accounts"); row++) {
        struct record *line = record_add_line(c->answer, "disclosed_accounts", c->arena);
        record_set_text(line, "code", loaded_text(c, "accounts", row, "code"));
        record_set_text(line, "name", loaded_text(c, "accounts", row, "name"));
        record_set_integer(line, "status", loaded_integer(c, "accounts", row, "status"));
        if (!loaded_null(c, "accounts", row, "bill_address"))
            record_set_text(line, "bill_address", loaded_text(c, "accounts", row, "bill_address"));
    }
}

const struct decision customer_password_decisions[] = {
    {.name = "customer_set_password",
     .load_count = sizeof set_loads / sizeof *set_loads,
     .loads = set_loads,
     .decide = customer_set_password},
    {.name = "customer_verify",
     .load_count = sizeof verify_loads / sizeof *verify_loads,
     .loads = verify_loads,
     .decide = customer_verify},
    {.name = "customer_identify", .decide = customer_identify},
    {.name = "customer_disclose",
     .load_count = sizeof disclose_loads / sizeof *disclose_loads,
     .loads = disclose_loads,
     .decide = customer_disclose},
};
const size_t customer_password_decision_count =
    sizeof customer_password_decisions / sizeof *customer_password_decisions;
