/* Accounts: what they inherit, billing cycle, default account, payment rules. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "server/account/account.h"
#include "tests/unit/customer_fixture.h"

static void run(struct decision_case *c, const char *name)
{
    fixture_decide(c, account_decisions, account_decision_count, name);
}

static void rules_set(struct decision_case *c)
{
    loaded_set(c, "payment_rules", "method detail required minimum maximum pattern check_kind");
    loaded_add(c, "payment_rules", "2", "1", "t", "0", "0", "", "1", NULL);
    loaded_add(c, "payment_rules", "2", "3", "t", "8", "32", "9{8,32}", "1", NULL);
    loaded_add(c, "payment_rules", "3", "3", "t", "13", "19", "9{13,19}", "2", NULL);
    loaded_add(c, "payment_rules", "3", "6", "t", "0", "0", "", "3", NULL);
}

static struct decision_case *opening(const char *status, const char *default_account)
{
    struct decision_case *c = fixture_case("account", false);
    loaded_set(c, "customer",
               "status default_account_id name contact_telephone mobile contact_address address "
               "postcode email");
    loaded_add(c, "customer", status, default_account, "王小兰", NULL, "13900138000", NULL,
               "朝外大街 1 号", "100020", NULL, NULL);
    loaded_set(c, "others", "billing_cycle");
    loaded_set(
        c, "source",
        "customer_id billing_cycle payment_mode bill_format contact_person contact_telephone "
        "bill_address postcode email invoice_title");
    loaded_set(c, "bill_items", "position item content");
    loaded_set(c, "deliveries", "way cycle address postcode recipient");
    loaded_set(c, "payments", "priority method bank branch number holder agreement expires_on");
    loaded_set(c, "defaults", "field condition value");
    rules_set(c);
    fixture_say(c, "customer_id", "51");
    return c;
}

static void account_inherits_from_customer(void **state)
{
    struct decision_case *c = opening("2", NULL);
    (void)state;
    fixture_say(c, "postcode", "100021");
    run(c, "account_create");
    assert_int_equal(c->faults->count, 0);
    assert_string_equal(record_text(c->after, "name"), "王小兰");
    assert_string_equal(record_text(c->after, "contact_telephone"), "13900138000");
    assert_string_equal(record_text(c->after, "bill_address"), "朝外大街 1 号");
    assert_string_equal(record_text(c->after, "postcode"), "100021"); /* typed */
    assert_string_equal(fixture_code(c, c->after, "payment_mode"), "postpaid");
    fixture_free(c);
}

static void cycle_follows_rules(void **state)
{
    struct decision_case *c = opening("2", NULL);
    (void)state;
    fixture_setting("account.billing_cycle", "month_21");
    run(c, "account_create");
    assert_string_equal(fixture_code(c, c->after, "billing_cycle"), "month_21");
    fixture_free(c);

    c = opening("2", "61");
    fixture_setting("account.billing_cycle", "month_21");
    loaded_add(c, "others", "2", NULL);
    run(c, "account_create");
    assert_string_equal(fixture_code(c, c->after, "billing_cycle"), "month_11");
    fixture_free(c);

    c = opening("2", "61");
    loaded_add(c, "others", "2", NULL);
    fixture_say(c, "billing_cycle", "quarter");
    run(c, "account_create");
    assert_string_equal(fixture_code(c, c->after, "billing_cycle"), "quarter");
    fixture_free(c);
}

static void source_add(struct decision_case *c, const char *customer)
{
    fixture_say(c, "copy_from_id", "61");
    loaded_add(c, "source", customer, "3", "2", "2", "李会计", "01065530000", "建国路 9 号",
               "100022", NULL, NULL, NULL);
    loaded_add(c, "payments", "1", "2", "102", NULL, "6222000011112222", "王小兰", "TS-1", NULL,
               NULL);
    loaded_add(c, "deliveries", "3", "1", "bill@example.com", NULL, NULL, NULL);
    loaded_add(c, "bill_items", "1", "4", "3", NULL);
}

static void account_inherits_from_account(void **state)
{
    struct decision_case *c = opening("2", "61");
    (void)state;
    source_add(c, "51");
    run(c, "account_create");
    assert_int_equal(c->faults->count, 0);
    assert_string_equal(fixture_code(c, c->after, "billing_cycle"), "month_21");
    assert_string_equal(fixture_code(c, c->after, "payment_mode"), "prepaid");
    assert_string_equal(record_text(c->after, "bill_address"), "建国路 9 号");
    assert_string_equal(record_text(c->after, "name"), "王小兰"); /* not the other's */
    const struct lines *payments = record_value(c->after, "payments")->lines;
    assert_int_equal(payments->count, 1);
    assert_string_equal(record_text(&payments->lines[0].record, "number"), "6222000011112222");
    assert_string_equal(fixture_code(c, &payments->lines[0].record, "bank"), "icbc");
    assert_int_equal(record_value(c->after, "deliveries")->lines->count, 1);
    assert_int_equal(record_value(c->after, "bill_items")->lines->count, 1);
    fixture_free(c);

    c = opening("2", "61");
    source_add(c, "99"); /* another customer's */
    run(c, "account_create");
    assert_non_null(fixture_fault(c, "account.source_other"));
    fixture_free(c);
}

static void first_account_is_the_default(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct decision_case *c = opening("2", first ? NULL : "61");
        run(c, "account_create");
        assert_int_equal(fixture_statement(c, "default_account_id = ") != NULL, first);
        assert_non_null(fixture_statement(c, "account_billing_put"));
        fixture_free(c);
    }
}

static void who_left_gets_no_account(void **state)
{
    struct decision_case *c = opening("3", NULL);
    (void)state;
    run(c, "account_create");
    assert_non_null(fixture_fault(c, "account.customer_left"));
    assert_null(c->effects);
    fixture_free(c);
}

static void payment_add(struct decision_case *c, struct record *record, const char *method,
                        const char *bank, const char *number, const char *expires)
{
    struct record *line = record_add_line(record, "payments", c->arena);
    fixture_set(c, line, "method", method);
    if (bank != NULL)
        fixture_set(c, line, "bank", bank);
    if (number != NULL)
        fixture_set(c, line, "number", number);
    if (expires != NULL)
        fixture_set(c, line, "expires_on", expires);
}

static void payments_are_checked(void **state)
{
    static const struct {
        const char *method, *bank, *number, *expires, *fault;
    } rows[] = {
        {"cash", NULL, NULL, NULL, NULL},
        {"bank_transfer", "icbc", "6222000011112222", NULL, NULL},
        {"bank_transfer", NULL, "6222000011112222", NULL, "account.detail_missing"},
        {"bank_transfer", "icbc", NULL, NULL, "account.detail_missing"},
        {"bank_transfer", "icbc", "1234", NULL, "account.detail_length"},
        {"bank_transfer", "icbc", "62220000A1112222", NULL, "account.detail_pattern"},
        {"credit_card", NULL, "4111111111111111", "2027-01-31", NULL},
        {"credit_card", NULL, "4111111111111112", "2027-01-31", "account.card_check_digit"},
        {"credit_card", NULL, "4111111111111111", "2026-10-31", "account.card_expired"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decision_case *c = opening("2", NULL);
        payment_add(c, c->after, "cash", NULL, NULL, NULL);
        payment_add(c, c->after, rows[i].method, rows[i].bank, rows[i].number, rows[i].expires);
        run(c, "account_create");
        if (rows[i].fault == NULL) {
            assert_int_equal(c->faults->count, 0);
        } else {
            const struct fault *fault = fixture_fault(c, rows[i].fault);
            assert_non_null(fault);
            assert_int_equal(fault->line, 2);
            assert_int_equal(fault->lines_field, form_field(c->form, "payments")->number);
        }
        fixture_free(c);
    }
}

static void standing_account_is_checked(void **state)
{
    struct decision_case *c = fixture_case("account", true);
    (void)state;
    rules_set(c);
    fixture_decide(c, account_payment_decisions, account_payment_decision_count, "account_check");
    assert_non_null(fixture_fault(c, "account.payment_none"));
    fixture_free(c);

    c = fixture_case("account", true);
    rules_set(c);
    payment_add(c, (struct record *)c->before, "credit_card", NULL, "4111111111111111",
                "2026-10-31");
    fixture_decide(c, account_payment_decisions, account_payment_decision_count, "account_check");
    assert_non_null(fixture_fault(c, "account.card_expired"));
    fixture_free(c);
}

static struct decision_case *ending(const char *default_account, const char *others)
{
    struct decision_case *c = fixture_case("account", true);
    fixture_stand(c, "status", "1");
    record_set_integer(c->after, "status", 3);
    loaded_set(c, "customer", "id default_account_id others");
    loaded_add(c, "customer", "51", default_account, others, NULL);
    run(c, "account_state");
    return c;
}

static void default_account_is_not_ended_first(void **state)
{
    struct decision_case *c = ending("4711", "1");
    (void)state;
    assert_non_null(fixture_fault(c, "account.is_default"));
    fixture_free(c);

    c = ending("4711", "0"); /* the last one: the customer has no default any more */
    assert_int_equal(c->faults->count, 0);
    assert_int_equal(c->effects->kind, EFFECT_CHANGE);
    assert_int_equal(record_value(c->effects->record, "default_account_id")->presence,
                     VALUE_CLEARED);
    fixture_free(c);

    c = ending("61", "1");
    assert_int_equal(c->faults->count, 0);
    assert_non_null(fixture_statement(c, "account.state"));
    fixture_free(c);
}

static void another_default(void **state)
{
    struct decision_case *c = fixture_case("account", true);
    (void)state;
    fixture_stand(c, "status", "1");
    fixture_stand(c, "customer_id", "51");
    run(c, "account_make_default");
    assert_int_equal(c->effects->kind, EFFECT_CHANGE);
    assert_int_equal(c->effects->record->id, 51);
    assert_int_equal(record_integer(c->effects->record, "default_account_id"), 4711);
    fixture_free(c);

    c = fixture_case("account", true);
    fixture_stand(c, "status", "3");
    run(c, "account_make_default");
    assert_non_null(fixture_fault(c, "account.invalid"));
    fixture_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("an account inherits name and contact data from its customer",
             account_inherits_from_customer),
        TEST("the billing cycle is typed, that of another account, or the default",
             cycle_follows_rules),
        TEST("an account inherits cycle, payment and delivery from another",
             account_inherits_from_account),
        TEST("the first account is the default, and billing hears of every one",
             first_account_is_the_default),
        TEST("a customer who left gets no account", who_left_gets_no_account),
        TEST("payment details are held against the rules of their method", payments_are_checked),
        TEST("an account that stands is held against the rules of today",
             standing_account_is_checked),
        TEST("the default account is not ended while others are in use",
             default_account_is_not_ended_first),
        TEST("another account becomes the default", another_default),
    };
    return RUN_TESTS(tests);
}
