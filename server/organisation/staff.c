/* Staff: numbers made by hand or automatically, where they belong, first passwords, locks, the end
 * [17-147 … 17-157]. */
#include <crypt.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "server/organisation/organisation.h"

enum { SALT_BYTES = 32, PASSWORD_LENGTH = 12 };

/* Secrets come with the loads, so that the same case always decides the same. */
#define LOAD_RANDOM                                                                                \
    {                                                                                              \
        .name = "random",                                                                          \
        .sql = "SELECT replace(gen_random_uuid()::text || gen_random_uuid()::text || "             \
               "gen_random_uuid()::text || gen_random_uuid()::text, '-', '') AS hexadecimal",      \
        .parameters = ""                                                                           \
    }
#define LOAD_PLACE(permission)                                                                     \
    {                                                                                              \
        .name = "place",                                                                           \
        .sql = "SELECT status, access_covers($1::bigint, '" permission "', id) AS covered, "       \
               "network_id = $3::bigint AS inside FROM organisation WHERE id = $2::bigint "        \
               "FOR SHARE",                                                                        \
        .parameters = "@actor organisation_id @network"                                            \
    }
#define LOAD_RANK                                                                                  \
    {                                                                                              \
        .name = "rank", .sql = "SELECT staff_outranks($1::bigint, $2::bigint) AS higher",          \
        .parameters = "@id @actor"                                                                 \
    }

static const struct load create_loads[] = {
    {.name = "free",
     .sql = "SELECT CASE WHEN coalesce($1, '') = '' THEN staff_number_free() END AS number",
     .parameters = "number"},
    {.name = "holder", .sql = "SELECT * FROM staff_number_holder($1)", .parameters = "number"},
    LOAD_PLACE("staff.create"),
    LOAD_RANDOM,
};
static const struct load change_loads[] = {LOAD_PLACE("staff.change")};
static const struct load end_loads[] = {
    {.name = "units",
     .sql = "SELECT code FROM organisation WHERE administrator_id = $1::bigint AND status = 1 "
            "ORDER BY code LIMIT 3",
     .parameters = "@id"},
    LOAD_RANK,
};
static const struct load password_loads[] = {LOAD_RANK, LOAD_RANDOM};
static const struct load rank_loads[] = {LOAD_RANK};

/* --- Numbers --- */

static bool pattern_matches(const char *pattern, const char *text, bool *broken)
{
    regex_t expression;
    *broken = regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) != 0;
    if (*broken)
        return false;
    bool matches = regexec(&expression, text, 0, NULL, 0) == 0;
    regfree(&expression);
    return matches;
}

/* Digits and capitals, three to twelve: as the column's CHECK says [17-151]. */
static bool number_shaped(const char *number)
{
    size_t length = strlen(number);
    return length >= 3 && length <= 12 &&
           strspn(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == length;
}

static void number_check(struct decision_case *c, const char *number)
{
    const char *pattern = c->setting(c->context, "staff.number_pattern");
    bool broken = false;
    if (!number_shaped(number) ||
        (*pattern != '\0' && !pattern_matches(pattern, number, &broken) && !broken))
        decision_fault(c, "number", "staff.number_shape", pattern, NULL);
    else if (broken)
        decision_fault(c, "number", "staff.number_rule", pattern, NULL);
    if (loaded_rows(c, "holder") == 0)
        return;
    if (loaded_integer(c, "holder", 0, "status") != 3)
        decision_fault(c, "number", "staff.number_taken", loaded_text(c, "holder", 0, "name"),
                       NULL);
    else if (loaded_flag(c, "holder", 0, "resting"))
        decision_fault(c, "number", "staff.number_resting", loaded_text(c, "holder", 0, "free_on"),
                       NULL);
}

static void number_make(struct decision_case *c)
{
    if (record_text(c->after, "number")[0] != '\0')
        number_check(c, record_text(c->after, "number"));
    else if (loaded_null(c, "free", 0, "number"))
        decision_fault(c, "number", "staff.number_none", NULL);
    else
        record_set_text(c->after, "number", loaded_text(c, "free", 0, "number"));
}

static void place_check(struct decision_case *c)
{
    if (loaded_rows(c, "place") == 0)
        return;
    if (!loaded_flag(c, "place", 0, "covered"))
        decision_fault(c, "organisation_id", "organisation.outside", NULL);
    else if (loaded_integer(c, "place", 0, "status") != 1)
        decision_fault(c, "organisation_id", "tree.above_withdrawn", NULL);
    else if (!loaded_flag(c, "place", 0, "inside"))
        decision_fault(c, "organisation_id", "check.network", NULL);
}

/* --- Passwords --- */

static size_t bytes_take(const char *hexadecimal, size_t from, char *bytes, size_t count)
{
    size_t length = strlen(hexadecimal) / 2;
    size_t taken = 0;
    while (taken < count && from + taken < length) {
        const char *at = hexadecimal + 2 * (from + taken);
        char pair[3] = {at[0], at[1], '\0'};
        bytes[taken++] = (char)strtol(pair, NULL, 16);
    }
    return taken;
}

/* Ten letters and two digits, none that look alike: some 50 bits, for one use. */
static const char *password_make(struct decision_case *c, const char *hexadecimal)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz";
    static const char digits[] = "23456789";
    char bytes[PASSWORD_LENGTH] = {0};
    char password[PASSWORD_LENGTH + 1] = {0};
    bytes_take(hexadecimal, 0, bytes, sizeof bytes);
    for (size_t i = 0; i < PASSWORD_LENGTH; i++) {
        unsigned byte = (unsigned char)bytes[i];
        bool digit = i % 6 == 3;
        password[i] =
            digit ? digits[byte % (sizeof digits - 1)] : letters[byte % (sizeof letters - 1)];
    }
    return arena_string(c->arena, password);
}

static const char *password_hash(struct decision_case *c, const char *password,
                                 const char *hexadecimal)
{
    char random[SALT_BYTES] = {0};
    void *data = NULL;
    int size = 0;
    const char *hash = NULL;
    size_t length = bytes_take(hexadecimal, PASSWORD_LENGTH, random, sizeof random);
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

/* The one time that a password is shown: to whoever makes it; it has to be changed at once. */
static void password_give(struct decision_case *c, const char *number)
{
    const char *random = loaded_text(c, "random", 0, "hexadecimal");
    const char *password = password_make(c, random);
    const char *hash = password_hash(c, password, random);
    if (hash == NULL) {
        decision_fault(c, NULL, "staff.password_unusable", NULL);
        return;
    }
    effect_statement(
        c, "SELECT auth_reset((SELECT id FROM staff WHERE number = $1 AND status <> 3), $2)", -1, 2,
        number, hash);
    record_set_text(c->answer, "number", number);
    record_set_text(c->answer, "first_password", password);
}

/* --- Verbs --- */

static void staff_create(struct decision_case *c)
{
    number_make(c);
    place_check(c);
    if (c->faults->count == 0)
        password_give(c, record_text(c->after, "number"));
}

/* Who moves keeps the number; what was granted at the old organisation is granted at the new one,
 * as far as the mover may hand it out there [17-153]. */
static void staff_change(struct decision_case *c)
{
    if (!fields_changed(c, "organisation_id"))
        return;
    place_check(c);
    if (c->faults->count == 0)
        effect_statement(c, "SELECT staff_grants_move($1::bigint, $2::bigint, $3::bigint)", -1, 3,
                         decision_number(c, c->before->id),
                         decision_number(c, record_integer(c->before, "organisation_id")),
                         decision_number(c, record_integer(c->after, "organisation_id")));
}

/* Nobody acts upon a person with wider rights, or he would take them. */
static bool rank_check(struct decision_case *c)
{
    if (!loaded_flag(c, "rank", 0, "higher"))
        return true;
    decision_fault(c, NULL, "staff.outranked", NULL);
    return false;
}

static void staff_end(struct decision_case *c)
{
    if (c->before->id == c->actor.staff)
        decision_fault(c, NULL, "staff.self", NULL);
    else if (rank_check(c) && loaded_rows(c, "units") > 0)
        decision_fault(c, NULL, "staff.administers", loaded_text(c, "units", 0, "code"), NULL);
}

static void staff_reinstate(struct decision_case *c)
{
    if (record_has(c->after, "valid_to") && record_integer(c->after, "valid_to") < c->today)
        decision_fault(c, "valid_to", "staff.expired", NULL);
}

static void staff_reset_password(struct decision_case *c)
{
    if (record_integer(c->before, "status") != 1)
        decision_fault(c, "status", "staff.not_in_use", NULL);
    else if (rank_check(c))
        password_give(c, record_text(c->before, "number"));
}

static void staff_release(struct decision_case *c)
{
    effect_statement(c, "SELECT auth_release($1::bigint)", -1, 1,
                     decision_number(c, c->before->id));
}

static void staff_sign_out(struct decision_case *c)
{
    if (rank_check(c))
        effect_statement(c, "SELECT staff_sessions_end($1::bigint, $2)", -1, 2,
                         decision_number(c, c->before->id), c->reason);
}

#define LOADS(array) .load_count = sizeof(array) / sizeof *(array), .loads = (array)

const struct decision staff_decisions[] = {
    {.name = "staff_create", LOADS(create_loads), .decide = staff_create},
    {.name = "staff_change", LOADS(change_loads), .decide = staff_change},
    {.name = "staff_end", LOADS(end_loads), .decide = staff_end},
    {.name = "staff_reinstate", .decide = staff_reinstate},
    {.name = "staff_reset_password", LOADS(password_loads), .decide = staff_reset_password},
    {.name = "staff_release", .decide = staff_release},
    {.name = "staff_sign_out", LOADS(rank_loads), .decide = staff_sign_out},
};
const size_t staff_decision_count = sizeof staff_decisions / sizeof *staff_decisions;
