/* Opening and changing customers: certificates, defaults, classes, managers, duplicates, contacts.
 */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "server/customer/customer.h"
#include "tests/unit/customer_fixture.h"

static void create_loads(struct decision_case *c)
{
    loaded_set(c, "rule", "party_kind minimum maximum pattern method");
    loaded_set(c, "division", "code first_year last_year");
    loaded_add(c, "division", "0", "0", "0", NULL);
    loaded_set(c, "type", "number parent class");
    loaded_set(c, "class", "number parent");
    loaded_add(c, "class", "1", "0", NULL);
    loaded_add(c, "class", "2", "0", NULL);
    loaded_add(c, "class", "3", "2", NULL);
    loaded_add(c, "class", "4", "2", NULL);
    loaded_set(c, "defaults", "field condition value");
    loaded_set(c, "managers", "manager_id number name class customer_type");
    loaded_set(c, "alike",
               "code name certificate_type certificate_number contact_telephone mobile address "
               "email birth_date");
}

static struct decision_case *person(const char *number)
{
    struct decision_case *c = fixture_case("customer", false);
    create_loads(c);
    loaded_add(c, "rule", "1", "15", "18", "9{15}|9{17}[0-9X]", "2", NULL);
    fixture_say(c, "party_kind", "person");
    fixture_say(c, "name", "王小兰");
    fixture_say(c, "certificate_type", "resident");
    fixture_say(c, "certificate_number", number);
    return c;
}

static void create(struct decision_case *c)
{
    fixture_decide(c, customer_entry_decisions, customer_entry_decision_count, "customer_create");
}

static void wrong_numbers(void **state)
{
    static const struct {
        const char *number;
        const char *fault;
    } rows[] = {
        {"11010519491231", "identity.length"},
        {"11010519491231002A", "identity.pattern"},
        {"110105194912310021", "identity.check_digit"},
        {"110105194902300028", "identity.birth_date"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decision_case *c = person(rows[i].number);
        create(c);
        assert_non_null(fixture_fault(c, rows[i].fault));
        assert_int_equal(fixture_fault(c, rows[i].fault)->field,
                         form_field(c->form, "certificate_number")->number);
        fixture_free(c);
    }
}

static void number_tells(void **state)
{
    struct decision_case *c = person("11010519491231002x");
    (void)state;
    create(c);
    assert_int_equal(c->faults->count, 0);
    assert_string_equal(record_text(c->after, "certificate_number"), "11010519491231002X");
    assert_int_equal(record_integer(c->after, "birth_date"), value_days_from_civil(1949, 12, 31));
    assert_string_equal(fixture_code(c, c->after, "sex"), "female");
    fixture_free(c);

    c = person("11010519491231002X");
    fixture_say(c, "sex", "male");
    create(c);
    assert_non_null(fixture_fault(c, "customer.sex_differs"));
    assert_true(fixture_fault(c, "customer.sex_differs")->warning);
    fixture_free(c);
}

static void division_checked_only_when_loaded(void **state)
{
    struct decision_case *c = person("11010519491231002X");
    (void)state;
    loaded_set(
        c, "division",
        "code first_year last_year"); /* shadows the first: a filled table without this code */
    create(c);
    assert_non_null(fixture_fault(c, "identity.region"));
    fixture_free(c);
}

static void certificate_of_other_kind(void **state)
{
    struct decision_case *c = fixture_case("customer", false);
    (void)state;
    create_loads(c);
    loaded_add(c, "rule", "2", "18", "18", "U{18}", "4", NULL);
    fixture_say(c, "party_kind", "person");
    fixture_say(c, "certificate_type", "credit_code");
    fixture_say(c, "certificate_number", "91110000100003962T");
    create(c);
    assert_non_null(fixture_fault(c, "customer.certificate_kind"));
    fixture_free(c);
}

static void defaults_by_rule(void **state)
{
    struct decision_case *c = person("11010519491231002X");
    (void)state;
    loaded_add(c, "defaults", "class", "party_kind = company", "business", NULL);
    loaded_add(c, "defaults", "class", "party_kind = person", "public", NULL);
    loaded_add(c, "defaults", "class", "", "key_account", NULL);
    loaded_add(c, "defaults", "service_grade", "class = public and age(birth_date) >= 70", "gold",
               NULL);
    loaded_add(c, "defaults", "points", "", "100", NULL);
    loaded_add(c, "defaults", "industry", "", "finance", NULL);
    loaded_add(c, "defaults", "hobbies", "no such thing", "x", NULL);
    create(c);
    assert_int_equal(c->faults->count, 0);
    assert_string_equal(fixture_code(c, c->after, "class"), "public");
    assert_string_equal(fixture_code(c, c->after, "service_grade"), "gold");
    assert_int_equal(record_integer(c->after, "points"), 100);
    assert_false(record_has(c->after, "industry")); /* of the other template */
    assert_false(record_has(c->after, "hobbies"));  /* a broken rule is passed over */
    fixture_free(c);
}

static void default_leaves_what_was_typed(void **state)
{
    struct decision_case *c = person("11010519491231002X");
    (void)state;
    fixture_say(c, "service_grade", "silver");
    loaded_add(c, "defaults", "service_grade", "", "gold", NULL);
    create(c);
    assert_string_equal(fixture_code(c, c->after, "service_grade"), "silver");
    fixture_free(c);
}

static struct decision_case *classified(const char *kind, const char *class, const char *type,
                                        const char *subtype)
{
    struct decision_case *c = fixture_case("customer", false);
    create_loads(c);
    loaded_add(c, "type", "15", "0", "key_account", NULL);
    loaded_add(c, "type", "31", "0", "public", NULL);
    loaded_add(c, "type", "101", "15", "", NULL);
    fixture_say(c, "party_kind", kind);
    fixture_say(c, "class", class);
    fixture_say(c, "customer_type", type);
    if (subtype != NULL)
        fixture_say(c, "customer_subtype", subtype);
    create(c);
    return c;
}

static void types_belong_to_classes(void **state)
{
    static const struct {
        const char *kind, *class, *type, *subtype, *fault;
    } rows[] = {
        {"company", "key_account", "grade_5a", "headquarters", NULL},
        {"person", "public", "important", NULL, NULL},
        {"person", "public", "grade_5a", NULL, "customer.class_type"},
        {"company", "key_account", "important", NULL, "customer.class_type"},
        {"person", "key_account", "grade_5a", NULL, "customer.class_kind"},
        {"company", "key_account", "headquarters", NULL, "customer.class_type"},
        {"person", "public", "important", "headquarters", "customer.subtype"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decision_case *c =
            classified(rows[i].kind, rows[i].class, rows[i].type, rows[i].subtype);
        if (rows[i].fault == NULL)
            assert_int_equal(c->faults->count, 0);
        else
            assert_non_null(fixture_fault(c, rows[i].fault));
        fixture_free(c);
    }
}

static void manager_fits_best(void **state)
{
    struct decision_case *c = person("11010519491231002X");
    (void)state;
    fixture_say(c, "class", "public");
    loaded_add(c, "managers", "71", "70001", "甲", "2", "0", NULL);
    loaded_add(c, "managers", "72", "70002", "乙", "0", "0", NULL);
    create(c);
    assert_int_equal(record_integer(c->after, "manager_id"), 72);
    fixture_free(c);

    c = fixture_case("customer", false);
    create_loads(c);
    fixture_say(c, "party_kind", "company");
    fixture_say(c, "class", "key_account"); /* below enterprise */
    loaded_add(c, "managers", "71", "70001", "甲", "2", "0", NULL);
    create(c);
    assert_int_equal(record_integer(c->after, "manager_id"), 71);
    fixture_free(c);
}

static void same_certificate_is_refused(void **state)
{
    struct decision_case *c = person("11010519491231002X");
    (void)state;
    c->confirmed = true;
    loaded_add(c, "alike", "C00000007", "王晓兰", "1", "11010519491231002X", NULL, NULL, NULL, NULL,
               NULL);
    create(c);
    const struct fault *fault = fixture_fault(c, "customer.certificate_taken");
    assert_non_null(fault);
    assert_false(fault->warning);
    assert_string_equal(fault->parameters[0], "C00000007");
    fixture_free(c);
}

static void likely_duplicate_is_a_warning(void **state)
{
    (void)state;
    for (int confirmed = 0; confirmed < 2; confirmed++) {
        struct decision_case *c = person("11010519491231002X");
        c->confirmed = confirmed != 0;
        fixture_say(c, "mobile", "13900138000");
        loaded_add(c, "alike", "C00000007", "王小兰", NULL, NULL, NULL, "13900138000", NULL, NULL,
                   NULL);
        loaded_add(c, "alike", "C00000008", "赵大海", NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        create(c);
        const struct fault *fault = fixture_fault(c, "customer.likely_duplicate");
        if (confirmed) {
            assert_int_equal(c->faults->count, 0);
        } else {
            assert_non_null(fault);
            assert_true(fault->warning);
            assert_string_equal(fault->parameters[0], "C00000007");
            assert_int_equal(c->faults->count, 1);
        }
        fixture_free(c);
    }
}

static struct decision_case *change_case(const char *level)
{
    struct decision_case *c = fixture_case("customer", true);
    create_loads(c);
    loaded_set(c, "verification", "level");
    loaded_add(c, "verification", level, NULL);
    loaded_set(c, "associations", "field ask");
    loaded_add(c, "associations", "address", "contact_address", NULL);
    fixture_stand(c, "party_kind", "person");
    fixture_stand(c, "address", "朝外大街 1 号");
    fixture_stand(c, "contact_address", "朝外大街 1 号");
    return c;
}

static void change_asks_for_related_fields(void **state)
{
    struct decision_case *c = change_case("0");
    (void)state;
    fixture_say(c, "address", "朝外大街 2 号");
    fixture_decide(c, customer_entry_decisions, customer_entry_decision_count, "customer_change");
    const struct fault *fault = fixture_fault(c, "customer.look_also");
    assert_non_null(fault);
    assert_true(fault->warning);
    assert_int_equal(fault->field, form_field(c->form, "contact_address")->number);
    fixture_free(c);

    c = change_case("0");
    fixture_say(c, "address", "朝外大街 2 号");
    fixture_say(c, "contact_address", "朝外大街 2 号");
    fixture_decide(c, customer_entry_decisions, customer_entry_decision_count, "customer_change");
    assert_int_equal(c->faults->count, 0);
    fixture_free(c);

    c = change_case("0");
    fixture_say(c, "address", "朝外大街 1 号"); /* said, but not changed */
    fixture_decide(c, customer_entry_decisions, customer_entry_decision_count, "customer_change");
    assert_int_equal(c->faults->count, 0);
    fixture_free(c);
}

static void change_needs_a_verified_password(void **state)
{
    struct decision_case *c = change_case("2");
    (void)state;
    fixture_say(c, "mobile", "13900138000");
    fixture_decide(c, customer_entry_decisions, customer_entry_decision_count, "customer_change");
    const struct fault *fault = fixture_fault(c, "customer.verification_needed");
    assert_non_null(fault);
    assert_false(fault->warning);
    assert_string_equal(fault->parameters[0], "2");
    fixture_free(c);
}

static void leaving_with_accounts(void **state)
{
    static const char *const open[] = {"2", "0"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct decision_case *c = fixture_case("customer", true);
        loaded_set(c, "accounts", "open");
        loaded_add(c, "accounts", open[i], NULL);
        fixture_decide(c, customer_entry_decisions, customer_entry_decision_count,
                       "customer_leave");
        assert_int_equal(c->faults->count, i == 0);
        fixture_free(c);
    }
}

static void contact_loads(struct decision_case *c)
{
    create_loads(c);
    loaded_set(c, "customer", "code");
    loaded_set(c, "taken", "code name");
    loaded_set(c, "links", "customer_id code name");
    loaded_add(c, "rule", "1", "15", "18", "9{15}|9{17}[0-9X]", "2", NULL);
    fixture_stand(c, "party_kind", "person");
    fixture_stand(c, "name", "王小兰");
}

static void contact_becomes_customer(void **state)
{
    struct decision_case *c = fixture_case("contact", true);
    (void)state;
    contact_loads(c);
    fixture_say(c, "certificate_type", "resident");
    fixture_say(c, "certificate_number", "11010519491231002X");
    loaded_add(c, "links", "51", "C00000051", "丰联公司", NULL);
    loaded_add(c, "links", "52", "C00000052", "甲公司", NULL);
    loaded_add(c, "defaults", "class", "party_kind = person", "public", NULL);
    fixture_decide(c, customer_contact_decisions, customer_contact_decision_count,
                   "contact_become_customer");
    assert_int_equal(c->faults->count, 0);
    const struct effect *role = c->effects;
    assert_int_equal(role->kind, EFFECT_CREATE);
    assert_string_equal(role->record->form->name, "customer");
    assert_int_equal(role->record->id, 4711); /* the same party */
    assert_int_equal(role->numbers[0], 4711);
    assert_string_equal(record_text(role->record, "name"), "王小兰");
    assert_string_equal(fixture_code(c, role->record, "class"), "public");
    const struct effect *relation = role->next;
    for (int64_t customer = 51; customer <= 52; customer++, relation = relation->next) {
        assert_non_null(relation);
        assert_string_equal(relation->record->form->name, "customer_relation");
        assert_int_equal(record_integer(relation->record, "customer_id"), customer);
        assert_int_equal(record_integer(relation->record, "other_id"), 4711);
        assert_string_equal(fixture_code(c, relation->record, "relation_type"), "contact_person");
        assert_string_equal(fixture_code(c, relation->record, "relation_kind"), "loose");
    }
    assert_null(relation);
    fixture_free(c);
}

static void contact_without_certificate(void **state)
{
    struct decision_case *c = fixture_case("contact", true);
    (void)state;
    contact_loads(c);
    fixture_decide(c, customer_contact_decisions, customer_contact_decision_count,
                   "contact_become_customer");
    assert_int_equal(c->faults->count, 2);
    assert_null(c->effects);
    fixture_free(c);

    c = fixture_case("contact", true);
    contact_loads(c);
    loaded_add(c, "customer", "C00000009", NULL);
    fixture_decide(c, customer_contact_decisions, customer_contact_decision_count,
                   "contact_become_customer");
    assert_non_null(fixture_fault(c, "contact.is_customer"));
    fixture_free(c);
}

static void preferred_contact_moves(void **state)
{
    struct decision_case *c = fixture_case("customer_contact", false);
    (void)state;
    loaded_set(c, "contact", "status");
    loaded_add(c, "contact", "1", NULL);
    fixture_say(c, "customer_id", "51");
    fixture_say(c, "contact_id", "61");
    fixture_say(c, "contact_type", "technical");
    fixture_say(c, "preferred", "1");
    fixture_decide(c, customer_contact_decisions, customer_contact_decision_count,
                   "customer_contact_save");
    const struct effect *effect = fixture_statement(c, "preferred = false");
    assert_non_null(effect);
    assert_string_equal(effect->parameters[0], "51");
    assert_string_equal(effect->parameters[1], "61");
    fixture_free(c);
}

static struct decision_case *default_rule(const char *field, const char *condition,
                                          const char *value)
{
    struct decision_case *c = fixture_case("default_rule", false);
    fixture_say(c, "form", "customer");
    fixture_say(c, "field", field);
    fixture_say(c, "value", value);
    if (condition != NULL)
        fixture_say(c, "condition", condition);
    fixture_decide(c, customer_rule_decisions, customer_rule_decision_count, "default_rule_save");
    return c;
}

static void rules_are_judged_when_saved(void **state)
{
    static const struct {
        const char *field, *condition, *value, *fault;
    } rows[] = {
        {"service_grade", "class = key_account", "gold", NULL},
        {"points", NULL, "100", NULL},
        {"service_grade", NULL, "platinum", "rule.value"},
        {"no_field", NULL, "1", "rule.field"},
        {"points", "class = ", "100", "rule.expression"},
        {"points", "colour = red", "100", "rule.expression"},
        {"manager_id", NULL, "1", "rule.value"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decision_case *c = default_rule(rows[i].field, rows[i].condition, rows[i].value);
        if (rows[i].fault == NULL)
            assert_int_equal(c->faults->count, 0);
        else
            assert_non_null(fixture_fault(c, rows[i].fault));
        fixture_free(c);
    }
}

static void certificate_rules_are_judged(void **state)
{
    static const char *const patterns[] = {"[EG]9{8}", "[EG9{8}"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct decision_case *c = fixture_case("identity_rule", false);
        fixture_say(c, "certificate_type", "passport");
        fixture_say(c, "pattern", patterns[i]);
        fixture_say(c, "method", "none");
        fixture_decide(c, customer_rule_decisions, customer_rule_decision_count,
                       "identity_rule_save");
        assert_int_equal(c->faults->count, i);
        fixture_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("a wrong certificate number is refused with its reason, at its field", wrong_numbers),
        TEST("a resident number gives birth date and sex, and other entries are asked about",
             number_tells),
        TEST("region codes are checked once they are loaded", division_checked_only_when_loaded),
        TEST("a certificate of companies does not identify a person", certificate_of_other_kind),
        TEST("empty fields get the first default whose condition holds", defaults_by_rule),
        TEST("a default leaves alone what was typed", default_leaves_what_was_typed),
        TEST("types and subtypes belong to their class", types_belong_to_classes),
        TEST("the manager of the most exact rule looks after a new customer", manager_fits_best),
        TEST("a certificate that is registered is refused even if confirmed",
             same_certificate_is_refused),
        TEST("a likely duplicate is a warning that can be confirmed",
             likely_duplicate_is_a_warning),
        TEST("a changed field asks for those that belong to it", change_asks_for_related_fields),
        TEST("a change waits for the verification that it demands",
             change_needs_a_verified_password),
        TEST("a customer with open accounts does not leave", leaving_with_accounts),
        TEST("a contact becomes a customer as the same party, with relations",
             contact_becomes_customer),
        TEST("a contact without certificate, or who is a customer, does not become one",
             contact_without_certificate),
        TEST("naming another preferred contact takes it from the one before",
             preferred_contact_moves),
        TEST("rules of defaults are judged when saved", rules_are_judged_when_saved),
        TEST("patterns of certificates are judged when saved", certificate_rules_are_judged),
    };
    return RUN_TESTS(tests);
}
