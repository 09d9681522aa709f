/* Customer passwords: what may be one, how it is verified, what a verification leaves behind. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "server/customer/customer.h"
#include "tests/unit/customer_fixture.h"

static const char hexadecimal[] =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static void run(struct decision_case *c, const char *name)
{
    fixture_decide(c, customer_password_decisions, customer_password_decision_count, name);
}

static struct decision_case *customer(void)
{
    struct decision_case *c = fixture_case("customer", true);
    fixture_stand(c, "name", "王小兰");
    fixture_stand(c, "certificate_type", "resident");
    fixture_stand(c, "certificate_number", "11010519491231002X");
    fixture_stand(c, "mobile", "13900138000");
    return c;
}

static struct decision_case *set_password(const char *kind, const char *password,
                                          const char *repeat)
{
    struct decision_case *c = customer();
    loaded_set(c, "verification", "level");
    loaded_add(c, "verification", "0", NULL);
    loaded_set(c, "salt", "hexadecimal");
    loaded_add(c, "salt", hexadecimal, NULL);
    if (kind != NULL)
        fixture_say(c, "password_kind", kind);
    fixture_say(c, "new_password", password);
    fixture_say(c, "repeat_password", repeat);
    run(c, "customer_set_password");
    return c;
}

static void bad_passwords(void **state)
{
    static const struct {
        const char *kind, *password, *repeat, *fault;
    } rows[] = {
        {"query", "29481", "29481", "customer.password_shape"},
        {"query", "29481736294817362", "29481736294817362", "customer.password_shape"},
        {"query", "777777", "777777", "customer.password_simple"},
        {"query", "234567", "234567", "customer.password_simple"},
        {"query", "987654", "987654", "customer.password_simple"},
        {"query", "491231", "491231", "customer.password_simple"},
        {"query", "138000", "138000", "customer.password_simple"},
        {"query", "294817", "294871", "customer.password_repeat"},
        {NULL, "294817", "294817", "customer.password_kind_missing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decision_case *c = set_password(rows[i].kind, rows[i].password, rows[i].repeat);
        assert_non_null(fixture_fault(c, rows[i].fault));
        assert_null(c->effects);
        fixture_free(c);
    }
}

/* Copies the hash that setting leaves behind. */
static void hash_made(const char *password, char hash[static 200])
{
    struct decision_case *c = set_password("change", password, password);
    const struct effect *effect = fixture_statement(c, "customer_password_set");
    assert_int_equal(c->faults->count, 0);
    assert_non_null(effect);
    assert_string_equal(effect->parameters[1], "2");
    assert_true(strlen(effect->parameters[2]) < 200);
    strcpy(hash, effect->parameters[2]);
    fixture_free(c);
}

static void only_a_hash_is_kept(void **state)
{
    char hash[200];
    char again[200];
    (void)state;
    hash_made("294817", hash);
    hash_made("294817", again);
    assert_int_equal(strncmp(hash, "$y$", 3), 0);
    assert_null(strstr(hash, "294817"));
    assert_string_equal(hash, again); /* the salt is part of the case */
}

static void verify_loads(struct decision_case *c, const char *hash, const char *failures,
                         const char *locked)
{
    loaded_set(c, "password", "hash failures locked level");
    if (hash != NULL)
        loaded_add(c, "password", hash, failures, locked, "2", NULL);
}

static void passwords_are_verified(void **state)
{
    char hash[200];
    (void)state;
    hash_made("294817", hash);
    const struct {
        const char *hash, *failures, *locked, *password, *result, *effect;
    } rows[] = {
        {hash, "0", "f", "294817", "passed", "customer_verification_put"},
        {hash, "0", "f", "294818", "wrong", "customer_password_failed"},
        {hash, "4", "f", "294818", "locked", "customer_password_failed"},
        {hash, "5", "t", "294817", "locked", NULL},
        {NULL, NULL, NULL, "294817", "not_set", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decision_case *c = customer();
        verify_loads(c, rows[i].hash, rows[i].failures, rows[i].locked);
        fixture_say(c, "password_kind", "change");
        fixture_say(c, "password", rows[i].password);
        run(c, "customer_verify");
        assert_int_equal(c->faults->count, 0); /* a refusal would not be counted */
        assert_string_equal(fixture_code(c, c->answer, "verification_result"), rows[i].result);
        if (rows[i].effect == NULL)
            assert_null(c->effects);
        else
            assert_non_null(fixture_statement(c, rows[i].effect));
        fixture_free(c);
    }
}

static void verification_carries_level_and_end(void **state)
{
    char hash[200];
    (void)state;
    hash_made("294817", hash);
    struct decision_case *c = customer();
    fixture_setting("customer.verification_minutes", "10");
    verify_loads(c, hash, "0", "f");
    fixture_say(c, "password_kind", "change");
    fixture_say(c, "password", "294817");
    run(c, "customer_verify");
    const struct effect *effect = fixture_statement(c, "customer_verification_put");
    assert_string_equal(effect->parameters[0], "4711");
    assert_string_equal(effect->parameters[3], "2");
    assert_string_equal(effect->parameters[4], "10");
    assert_int_equal(record_integer(c->answer, "verified_until"), c->now + INT64_C(600000000));
    fixture_free(c);
}

static void certificate_and_name_verify(void **state)
{
    static const struct {
        const char *type, *number, *name, *result;
    } rows[] = {
        {"resident", "11010519491231002x", NULL, "passed"},
        {"resident", "1101 0519 4912 3100 2X", "王小兰", "passed"},
        {"resident", "11010519491231002X", "王晓兰", "wrong"},
        {"passport", "11010519491231002X", NULL, "wrong"},
        {NULL, "110105194912310020", NULL, "wrong"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decision_case *c = customer();
        verify_loads(c, NULL, NULL, NULL);
        if (rows[i].type != NULL)
            fixture_say(c, "shown_type", rows[i].type);
        fixture_say(c, "shown_number", rows[i].number);
        if (rows[i].name != NULL)
            fixture_say(c, "shown_name", rows[i].name);
        run(c, "customer_verify");
        assert_string_equal(fixture_code(c, c->answer, "verification_result"), rows[i].result);
        fixture_free(c);
    }
}

static void original_gives_the_highest_level(void **state)
{
    struct decision_case *c = customer();
    (void)state;
    fixture_say(c, "shown_number", "11010519491231002X");
    run(c, "customer_identify");
    assert_string_equal(fixture_statement(c, "customer_verification_put")->parameters[3], "3");
    fixture_free(c);

    c = customer();
    fixture_say(c, "shown_number", "11010519491231002");
    run(c, "customer_identify");
    assert_non_null(fixture_fault(c, "customer.original_differs"));
    assert_null(c->effects);
    fixture_free(c);
}

static struct decision_case *disclose(const char *level)
{
    struct decision_case *c = customer();
    loaded_set(c, "verification", "level");
    loaded_add(c, "verification", level, NULL);
    loaded_set(c, "accounts", "code name status bill_address");
    loaded_add(c, "accounts", "A00000001", "王小兰", "1", "朝外大街 1 号", NULL);
    run(c, "customer_disclose");
    return c;
}

static void disclosure_waits_for_verification(void **state)
{
    struct decision_case *c = disclose("1");
    (void)state;
    assert_non_null(fixture_fault(c, "customer.verification_needed"));
    assert_false(record_has(c->answer, "certificate_number"));
    fixture_free(c);

    c = disclose("0");
    assert_int_equal(c->faults->count, 0);
    assert_string_equal(record_text(c->answer, "certificate_number"), "11010519491231002X");
    const struct lines *accounts = record_value(c->answer, "disclosed_accounts")->lines;
    assert_int_equal(accounts->count, 1);
    assert_string_equal(record_text(&accounts->lines[0].record, "code"), "A00000001");
    assert_false(record_has(c->answer, "password"));
    fixture_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("short, simple, known and mistyped passwords are refused", bad_passwords),
        TEST("only a hash is kept, and the same case makes the same", only_a_hash_is_kept),
        TEST("a password passes, fails, locks and may be missing", passwords_are_verified),
        TEST("a verification has the level of its password and an end",
             verification_carries_level_and_end),
        TEST("certificate and name verify a customer", certificate_and_name_verify),
        TEST("the original certificate gives the highest level", original_gives_the_highest_level),
        TEST("data are told only to a verified customer", disclosure_waits_for_verification),
    };
    return RUN_TESTS(tests);
}
