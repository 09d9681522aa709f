/* Decisions of organisation, staff and rights, without a database: what is loaded is laid out here.
 */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "server/organisation/organisation.h"
#include "server/rights/rights.h"
#include "tests/unit/customer_fixture.h"

static void tree(struct decision_case *c, const char *name)
{
    fixture_decide(c, tree_decisions, tree_decision_count, name);
}

static void staff(struct decision_case *c, const char *name)
{
    fixture_decide(c, staff_decisions, staff_decision_count, name);
}

static void grant(struct decision_case *c, const char *name)
{
    fixture_decide(c, grant_decisions, grant_decision_count, name);
}

/* --- Trees --- */

static struct decision_case *moving(const char *here, const char *target)
{
    struct decision_case *c = fixture_case("organisation", true);
    fixture_stand(c, "code", "HALL-01");
    fixture_stand(c, "parent_id", "1010");
    loaded_set(c, "above", "status");
    loaded_add(c, "above", "1", NULL);
    loaded_set(c, "reach", "here target");
    loaded_add(c, "reach", here, target, NULL);
    loaded_set(c, "administrator", "unheld");
    loaded_add(c, "administrator", NULL);
    return c;
}

static void administrator_stays_within(void **state)
{
    (void)state;
    struct decision_case *c = moving("t", "f");
    fixture_say(c, "telephone", "1");
    tree(c, "organisation_change");
    assert_int_equal(c->faults->count, 0); /* the root of the own subtree may be kept */
    fixture_free(c);

    c = moving("t", "f");
    fixture_say(c, "parent_id", "1020");
    tree(c, "organisation_change");
    assert_non_null(fixture_fault(c, "organisation.outside"));
    fixture_free(c);

    c = moving("f", "t");
    fixture_say(c, "telephone", "1");
    tree(c, "organisation_change");
    assert_non_null(fixture_fault(c, "organisation.outside"));
    fixture_free(c);
}

static void nothing_new_below_what_is_closed(void **state)
{
    (void)state;
    struct decision_case *c = fixture_case("region", false);
    loaded_set(c, "above", "status");
    loaded_add(c, "above", "2", NULL);
    fixture_say(c, "parent_id", "1");
    tree(c, "region_create");
    assert_non_null(fixture_fault(c, "tree.above_withdrawn"));
    fixture_free(c);
}

static void what_was_handed_down_stays(void **state)
{
    (void)state;
    struct decision_case *c = fixture_case("post", true);
    fixture_stand(c, "name", "通用岗位");
    fixture_stand(c, "origin", "group");
    loaded_set(c, "above", "status");
    fixture_say(c, "name", "通用岗位");
    tree(c, "post_change");
    assert_int_equal(c->faults->count, 0); /* said, and the same */
    fixture_say(c, "name", "改名");
    tree(c, "post_change");
    assert_non_null(fixture_fault(c, "standard.handed_down"));
    fixture_free(c);

    c = fixture_case("region", true);
    fixture_stand(c, "origin", "group");
    fixture_decide(c, standard_decisions, standard_decision_count, "standard_unmark");
    assert_non_null(fixture_fault(c, "standard.handed_down"));
    assert_false(record_has(c->after, "standard"));
    fixture_free(c);
}

static void merge_needs_a_target_beside(void **state)
{
    static const struct {
        const char *status;
        const char *below;
        const char *level;
        const char *fault; /* NULL: merged */
    } cases[] = {
        {"1", "f", "0", NULL},
        {"2", "f", "0", "tree.above_withdrawn"},
        {"1", "t", "0", "tree.merge_below"},
        {"1", "f", "1", "tree.merge_level"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision_case *c = fixture_case("region", true);
        fixture_say(c, "merge_into", "77");
        loaded_set(c, "target", "status origin below level");
        loaded_add(c, "target", cases[i].status, "", cases[i].below, cases[i].level, NULL);
        tree(c, "region_merge");
        if (cases[i].fault == NULL) {
            const struct effect *effect = fixture_statement(c, "region_merge");
            assert_non_null(effect);
            assert_string_equal(effect->parameters[0], "4711");
            assert_string_equal(effect->parameters[1], "77");
        } else {
            assert_non_null(fixture_fault(c, cases[i].fault));
            assert_null(c->effects);
        }
        fixture_free(c);
    }
}

/* --- Staff --- */

static struct decision_case *hiring(const char *free_number)
{
    struct decision_case *c = fixture_case("staff", false);
    loaded_set(c, "free", "number");
    loaded_add_array(c, "free", (const char *const[]){free_number});
    loaded_set(c, "holder", "status name resting free_on");
    loaded_set(c, "place", "status covered inside");
    loaded_add(c, "place", "1", "t", "t", NULL);
    loaded_set(c, "random", "hexadecimal");
    loaded_add(c, "random",
               "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
               "0123456789abcdef0123456789abcdef",
               NULL);
    fixture_say(c, "organisation_id", "1011");
    return c;
}

static void numbers_are_checked_or_made(void **state)
{
    static const struct {
        const char *number; /* NULL: left empty */
        const char *fault;
    } cases[] = {{"30127", NULL},
                 {"A12", NULL},
                 {"12", "staff.number_shape"},
                 {"abc", "staff.number_shape"},
                 {"1234567890123", "staff.number_shape"},
                 {NULL, NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision_case *c = hiring("50007");
        if (cases[i].number != NULL)
            fixture_say(c, "number", cases[i].number);
        staff(c, "staff_create");
        if (cases[i].fault != NULL)
            assert_non_null(fixture_fault(c, cases[i].fault));
        else
            assert_int_equal(c->faults->count, 0);
        if (cases[i].number == NULL)
            assert_string_equal(record_text(c->after, "number"), "50007");
        fixture_free(c);
    }
    struct decision_case *c = hiring(NULL);
    staff(c, "staff_create");
    assert_non_null(fixture_fault(c, "staff.number_none"));
    fixture_free(c);
}

static void numbers_rest_before_they_are_used_again(void **state)
{
    (void)state;
    struct decision_case *c = hiring("50007");
    fixture_say(c, "number", "30127");
    loaded_add(c, "holder", "3", "王小兰", "t", "2027-01-01", NULL);
    staff(c, "staff_create");
    assert_string_equal(fixture_fault(c, "staff.number_resting")->parameters[0], "2027-01-01");
    fixture_free(c);

    c = hiring("50007");
    fixture_say(c, "number", "30127");
    loaded_add(c, "holder", "3", "王小兰", "f", "2020-01-01", NULL);
    staff(c, "staff_create");
    assert_int_equal(c->faults->count, 0);
    fixture_free(c);

    c = hiring("50007");
    fixture_say(c, "number", "30127");
    loaded_add(c, "holder", "2", "王小兰", "f", "", NULL);
    staff(c, "staff_create");
    assert_string_equal(fixture_fault(c, "staff.number_taken")->parameters[0], "王小兰");
    fixture_free(c);
}

static void patterns_are_settings(void **state)
{
    (void)state;
    struct decision_case *c = hiring("50007");
    fixture_setting("staff.number_pattern", "^[34][0-9]{4}$");
    fixture_say(c, "number", "70001");
    staff(c, "staff_create");
    assert_non_null(fixture_fault(c, "staff.number_shape"));
    fixture_free(c);

    c = hiring("50007");
    fixture_setting("staff.number_pattern", "[");
    fixture_say(c, "number", "70001");
    staff(c, "staff_create");
    assert_non_null(fixture_fault(c, "staff.number_rule"));
    fixture_free(c);
}

/* The clear text goes to the caller alone; what is written is a yescrypt hash. */
static void first_password_is_shown_once(void **state)
{
    (void)state;
    struct decision_case *c = hiring("50007");
    staff(c, "staff_create");
    const char *password = record_text(c->answer, "first_password");
    const struct effect *effect = fixture_statement(c, "auth_reset");
    assert_int_equal(strlen(password), 12);
    assert_non_null(strpbrk(password, "23456789"));
    assert_non_null(strpbrk(password, "abcdefghjkmnpqrstuvwxyz"));
    assert_non_null(effect);
    assert_string_equal(effect->parameters[0], "50007");
    assert_int_equal(strncmp(effect->parameters[1], "$y$", 3), 0);
    assert_false(record_has(c->after, "first_password"));
    fixture_free(c);
}

static void nobody_acts_upon_wider_rights(void **state)
{
    static const char *const verbs[] = {"staff_reset_password", "staff_sign_out", "staff_end"};
    (void)state;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        struct decision_case *c = fixture_case("staff", true);
        fixture_stand(c, "number", "10000");
        fixture_stand(c, "status", "1");
        loaded_set(c, "rank", "higher");
        loaded_add(c, "rank", "t", NULL);
        loaded_set(c, "units", "code");
        loaded_set(c, "random", "hexadecimal");
        loaded_add(c, "random", "00", NULL);
        staff(c, verbs[i]);
        assert_non_null(fixture_fault(c, "staff.outranked"));
        assert_null(c->effects);
        fixture_free(c);
    }
}

/* --- Rights --- */

static struct decision_case *granting(const char *unheld, const char *const *reach)
{
    struct decision_case *c = fixture_case("access_grant", false);
    loaded_set(c, "unheld", "name");
    if (unheld != NULL)
        loaded_add(c, "unheld", unheld, NULL);
    loaded_set(c, "reach", "status self channel taker place role_status");
    loaded_add_array(c, "reach", reach);
    fixture_say(c, "staff_id", "2001");
    fixture_say(c, "place_id", "1011");
    return c;
}

static void rights_go_downward_only(void **state)
{
    static const struct {
        const char *reach[6]; /* status self channel taker place role_status */
        const char *unheld;
        const char *fault;
    } cases[] = {
        {{"1", "f", "t", "t", "t", "1"}, NULL, NULL},
        {{"1", "f", "t", "t", "t", "1"}, "setting.change", "access.unheld"},
        {{"1", "t", "t", "t", "t", "1"}, NULL, "access.self"},
        {{"2", "f", "t", "t", "t", "1"}, NULL, "staff.not_in_use"},
        {{"1", "f", "f", "t", "t", "1"}, NULL, "access.channel"},
        {{"1", "f", "t", "f", "t", "1"}, NULL, "organisation.outside"},
        {{"1", "f", "t", "t", "f", "1"}, NULL, "organisation.outside"},
        {{"1", "f", "t", "t", "t", "2"}, NULL, "role.withdrawn"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision_case *c = granting(cases[i].unheld, cases[i].reach);
        fixture_say(c, "role_id", "3001");
        grant(c, "access_grant_create");
        if (cases[i].fault != NULL)
            assert_non_null(fixture_fault(c, cases[i].fault));
        else
            assert_int_equal(c->faults->count, 0);
        fixture_free(c);
    }
    struct decision_case *c = granting(NULL, cases[0].reach);
    grant(c, "access_grant_create");
    assert_non_null(fixture_fault(c, "access.role_or_permission"));
    fixture_free(c);
}

static void bulk_names_the_person(void **state)
{
    (void)state;
    struct decision_case *c = fixture_case("access_bulk", false);
    struct record *input = (struct record *)c->input;
    const char *people[] = {"2001", "2002", "2003"};
    for (size_t i = 0; i < 3; i++)
        fixture_set(c, record_add_line(input, "people", c->arena), "staff_id", people[i]);
    fixture_set(c, record_add_line(input, "roles", c->arena), "role_id", "3001");
    loaded_set(c, "refused", "staff_id status self unheld channel reach role_status");
    loaded_add(c, "refused", "2003", "1", "f", "setting.change", "t", "t", "1", NULL);
    loaded_set(c, "new", "grants");
    loaded_add(c, "new", "2", NULL);
    grant(c, "access_bulk_grant");
    const struct fault *fault = fixture_fault(c, "access.unheld");
    assert_non_null(fault);
    assert_int_equal(fault->line, 3);
    assert_null(c->effects);
    fixture_free(c);
}

static void granted_roles_are_not_withdrawn(void **state)
{
    (void)state;
    struct decision_case *c = fixture_case("role", true);
    loaded_set(c, "granted", "people first");
    loaded_add(c, "granted", "2", "30127", NULL);
    fixture_decide(c, role_decisions, role_decision_count, "role_withdraw");
    assert_string_equal(fixture_fault(c, "role.granted")->parameters[0], "2");
    fixture_free(c);
    c = fixture_case("role", true);
    loaded_set(c, "granted", "people first");
    loaded_add(c, "granted", "0", "", NULL);
    fixture_decide(c, role_decisions, role_decision_count, "role_withdraw");
    assert_int_equal(c->faults->count, 0);
    fixture_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("an administrator keeps his subtree and moves nothing out of it [17-144]",
             administrator_stays_within),
        TEST("nothing is made below what is closed", nothing_new_below_what_is_closed),
        TEST("what a superior office handed down is not changed [17-146, 17-164]",
             what_was_handed_down_stays),
        TEST("a merge needs a target in use, beside, of the same level [CH-42]",
             merge_needs_a_target_beside),
        TEST("numbers made by hand are checked, others made [17-151, 17-152]",
             numbers_are_checked_or_made),
        TEST("a number rests after its holder was deleted [17-151]",
             numbers_rest_before_they_are_used_again),
        TEST("the pattern of numbers is a setting, a broken one is told [17-151]",
             patterns_are_settings),
        TEST("the first password is shown once and kept as a hash [17-155]",
             first_password_is_shown_once),
        TEST("nobody acts upon a person with wider rights [17-165]", nobody_acts_upon_wider_rights),
        TEST("rights are handed out downward, inside reach and channel [17-165, CH-45]",
             rights_go_downward_only),
        TEST("a refused bulk grant names the person [17-161]", bulk_names_the_person),
        TEST("a granted role is not withdrawn [17-158]", granted_roles_are_not_withdrawn),
    };
    return RUN_TESTS(tests);
}
