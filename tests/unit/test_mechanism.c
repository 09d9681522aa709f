/* Decisions of the generic mechanisms, on cases laid out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/engine/effect.h"
#include "server/mechanism/mechanism.h"
#include "tests/unit/cmocka_tap.h"
#include "tests/unit/customer_fixture.h"

static const char policy_columns[] =
    "id condition mode amount_field approve_action reject_action name level "
    "organisation_id role_id staff_id limit_amount due_minutes";

static const struct record *created(const struct decision_case *c, const char *form, size_t which)
{
    for (const struct effect *effect = c->effects; effect != NULL; effect = effect->next)
        if (effect->kind == EFFECT_CREATE && strcmp(effect->record->form->name, form) == 0 &&
            which-- == 0)
            return effect->record;
    return NULL;
}

/* A case of announcement.submit by clerk 77 of hall 1011 in area 1010 of network 1001. */
static struct decision_case *submit_case(void)
{
    struct decision_case *c = fixture_case("announcement", true);
    c->actor = (struct actor){.staff = 77,
                              .number = "30127",
                              .name = "",
                              .organisation = 1011,
                              .network = 1001,
                              .area = 1010,
                              .hall = 1011,
                              .language = "zh"};
    c->verb = form_verb_by_name(c->form, "submit");
    c->reason = "";
    fixture_stand(c, "title", "资费");
    fixture_stand(c, "important", "1");
    loaded_set(c, "approval_policies", policy_columns);
    return c;
}

static bool start(struct decision_case *c, int64_t amount)
{
    return approval_start(
        c, &(struct approval_subject){
               .record = c->before, .key = "N1", .subject = "资费", .amount = amount});
}

static void policy_row(struct decision_case *c, const char *id, const char *condition,
                       const char *mode, const char *level, const char *limit)
{
    loaded_add(c, "approval_policies", id, condition, mode, NULL, "publish", "send_back", "步",
               level, NULL, NULL, NULL, limit, "30", NULL);
}

static const struct lines *steps(const struct decision_case *c)
{
    return record_value(created(c, "approval_request", 0), "steps")->lines;
}

static void test_no_policy(void **state)
{
    (void)state;
    struct decision_case *c = submit_case();
    policy_row(c, "1", "important = false", "1", "3", NULL);
    assert_false(start(c, 0));
    assert_null(c->effects);
    assert_false(faults_any(c->faults));
    fixture_free(c);
}

static void test_sequence(void **state)
{
    (void)state;
    struct decision_case *c = submit_case();
    policy_row(c, "1", "important = false", "2", "1", NULL);
    policy_row(c, "2", "important", "1", "3", NULL);
    policy_row(c, "2", "important", "1", "4", NULL);
    policy_row(c, "3", NULL, "1", "1", NULL);
    assert_true(start(c, 0));
    const struct record *request = created(c, "approval_request", 0);
    assert_int_equal(record_integer(request, "record_id"), c->before->id);
    assert_int_equal(record_integer(request, "requester_id"), 77);
    assert_string_equal(record_text(request, "action"), "submit");
    assert_int_equal(steps(c)->count, 2);
    assert_int_equal(record_integer(&steps(c)->lines[0].record, "organisation_id"), 1010);
    assert_int_equal(record_integer(&steps(c)->lines[1].record, "organisation_id"), 1001);
    /* One piece of work: the second step has not come yet. */
    const struct record *item = created(c, "work_item", 0);
    assert_non_null(item);
    assert_null(created(c, "work_item", 1));
    assert_int_equal(record_integer(item, "organisation_id"), 1010);
    assert_int_equal(record_integer(item, "record_id"), request->id);
    assert_int_equal(record_integer(item, "due_at"), c->now + INT64_C(30) * 60 * 1000000);
    assert_int_equal(record_integer(&steps(c)->lines[0].record, "work_item_id"), item->id);
    fixture_free(c);
}

static void test_parallel(void **state)
{
    (void)state;
    struct decision_case *c = submit_case();
    policy_row(c, "2", NULL, "2", "2", NULL);
    policy_row(c, "2", NULL, "2", "4", NULL);
    assert_true(start(c, 0));
    assert_non_null(created(c, "work_item", 1));
    assert_int_equal(record_integer(&steps(c)->lines[1].record, "status"), 2);
    fixture_free(c);
}

/* Hall up to 100 yuan, area up to 1,000, network any amount. */
static struct decision_case *limited_case(const char *mode, const char *last)
{
    struct decision_case *c = submit_case();
    policy_row(c, "2", NULL, mode, "2", "10000");
    policy_row(c, "2", NULL, mode, "3", "100000");
    policy_row(c, "2", NULL, mode, "4", last);
    return c;
}

static void test_by_limit(void **state)
{
    (void)state;
    static const struct {
        int64_t amount;
        int64_t organisation;
    } cases[] = {{0, 1011}, {10000, 1011}, {10001, 1010}, {100000, 1010}, {100001, 1001}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision_case *c = limited_case("3", NULL);
        assert_true(start(c, cases[i].amount));
        assert_int_equal(steps(c)->count, 1);
        assert_int_equal(record_integer(&steps(c)->lines[0].record, "organisation_id"),
                         cases[i].organisation);
        fixture_free(c);
    }
}

static void test_sequence_up_to_limit(void **state)
{
    (void)state;
    static const struct {
        int64_t amount;
        size_t steps;
    } cases[] = {{10000, 1}, {10001, 2}, {100001, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision_case *c = limited_case("1", NULL);
        assert_true(start(c, cases[i].amount));
        assert_int_equal(steps(c)->count, cases[i].steps);
        fixture_free(c);
    }
}

static void test_nobody_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct decision_case *c = limited_case(i == 0 ? "1" : "3", "5000000");
        assert_false(start(c, 5000001));
        assert_non_null(fixture_fault(c, "approval.nobody"));
        fixture_free(c);
    }
}

static void test_level_missing(void **state)
{
    (void)state;
    struct decision_case *c = submit_case();
    c->actor.hall = 0;
    c->actor.area = 0;
    policy_row(c, "2", NULL, "1", "2", NULL);
    assert_true(start(c, 0));
    assert_int_equal(record_integer(&steps(c)->lines[0].record, "organisation_id"), 1001);
    fixture_free(c);
}

/* --- Limits --- */

static struct decision_case *limit_case(bool open)
{
    struct decision_case *c = fixture_case("work_item", true);
    fixture_stand(c, "priority", "urgent");
    loaded_set(c, "limits", "id name grade condition warning_at alarm_at refuse_at open");
    loaded_add(c, "limits", "8", "金卡", "5", NULL, NULL, NULL, "100", "f", NULL);
    loaded_add(c, "limits", "7", "急件", NULL, "priority = urgent", "3", "5", "7", open ? "t" : "f",
               NULL);
    loaded_add(c, "limits", "9", "一般", NULL, NULL, "1", NULL, NULL, "f", NULL);
    return c;
}

static void limit_value(struct decision_case *c, int64_t grade, int64_t value)
{
    limit_check(c, &(struct limit_subject){.form = "staff",
                                           .record_id = 77,
                                           .key = "30127",
                                           .grade = grade,
                                           .value = value,
                                           .record = c->before});
}

static void test_limit_grades(void **state)
{
    (void)state;
    static const struct {
        int64_t grade;
        int64_t value;
        const char *fault; /* NULL: none */
        const char *level; /* of the alarm; NULL: none */
    } cases[] = {
        {0, 2, NULL, NULL},          {0, 3, "limit.warned", "1"},     {0, 4, "limit.warned", "1"},
        {0, 5, "limit.warned", "2"}, {0, 6, "limit.warned", "2"},     {0, 7, "limit.refused", NULL},
        {5, 99, NULL, NULL},         {5, 100, "limit.refused", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision_case *c = limit_case(false);
        limit_value(c, cases[i].grade, cases[i].value);
        const struct effect *alarm = fixture_statement(c, "alarm_put");
        assert_int_equal(c->faults->count, cases[i].fault != NULL ? 1 : 0);
        if (cases[i].fault != NULL)
            assert_non_null(fixture_fault(c, cases[i].fault));
        if (cases[i].level != NULL)
            assert_string_equal(alarm->parameters[5], cases[i].level);
        else
            assert_null(alarm);
        fixture_free(c);
    }
}

static void test_limit_clears(void **state)
{
    (void)state;
    struct decision_case *c = limit_case(true);
    limit_value(c, 0, 2);
    const struct effect *clear = fixture_statement(c, "alarm_clear");
    assert_non_null(clear);
    assert_string_equal(clear->parameters[0], "7");
    assert_false(faults_any(c->faults));
    fixture_free(c);
}

static void test_limit_confirmed(void **state)
{
    (void)state;
    struct decision_case *c = limit_case(false);
    c->confirmed = true;
    limit_value(c, 0, 5);
    assert_false(faults_any(c->faults));
    assert_non_null(fixture_statement(c, "alarm_put"));
    fixture_free(c);
}

/* --- Work --- */

static void test_offer_by_rule(void **state)
{
    (void)state;
    struct decision_case *c = fixture_case("announcement", true);
    c->actor.organisation = 1011;
    fixture_stand(c, "kind", "network");
    loaded_set(c, "work_rules", "condition organisation_id role_id staff_id due_minutes");
    loaded_add(c, "work_rules", "kind = gone_code", "1", NULL, NULL, NULL, NULL);
    loaded_add(c, "work_rules", "kind = promotion", "2", NULL, NULL, NULL, NULL);
    loaded_add(c, "work_rules", "kind = network", "1030", "3001", NULL, "15", NULL);
    work_offer(
        c, &(struct work_offer){
               .kind = "task", .subject = "N1", .record = c->before, .record_id = c->before->id});
    const struct record *item = created(c, "work_item", 0);
    assert_int_equal(record_integer(item, "organisation_id"), 1030);
    assert_int_equal(record_integer(item, "role_id"), 3001);
    assert_int_equal(record_integer(item, "due_at"), c->now + INT64_C(15) * 60 * 1000000);
    assert_string_equal(record_text(item, "form"), "announcement");
    fixture_free(c);
}

static void test_offer_without_rule(void **state)
{
    (void)state;
    struct decision_case *c = fixture_case("announcement", true);
    c->actor.organisation = 1011;
    loaded_set(c, "work_rules", "condition organisation_id role_id staff_id due_minutes");
    work_offer(c, &(struct work_offer){.kind = "task", .subject = "", .record = c->before});
    assert_int_equal(record_integer(created(c, "work_item", 0), "organisation_id"), 1011);
    fixture_free(c);
}

static void work_run(struct decision_case *c, const char *name)
{
    fixture_decide(c, work_decisions, work_decision_count, name);
}

static void test_hand_over(void **state)
{
    (void)state;
    struct decision_case *c = fixture_case("work_item", true);
    fixture_stand(c, "status", "claimed");
    fixture_stand(c, "staff_id", "77");
    fixture_stand(c, "role_id", "3001");
    loaded_set(c, "person", "status organisation_id");
    loaded_add(c, "person", "1", "1012", NULL);
    fixture_say(c, "to_staff_id", "78");
    fixture_say(c, "hand_note", "请接手");
    c->actor.staff = 77;
    c->actor.number = "30127";
    c->actor.name = "王小兰";
    work_run(c, "work_hand_over");
    assert_false(faults_any(c->faults));
    assert_int_equal(record_integer(c->after, "staff_id"), 78);
    assert_int_equal(record_integer(c->after, "organisation_id"), 1012);
    assert_int_equal(record_integer(c->after, "handed_from"), 77);
    assert_string_equal(record_text(c->after, "note"), "请接手");
    assert_false(record_has(c->after, "role_id"));
    assert_int_equal(record_integer(c->after, "status"), 1);
    fixture_free(c);
}

static void test_hand_over_wrong(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct decision_case *c = fixture_case("work_item", true);
        fixture_stand(c, "status", "claimed");
        loaded_set(c, "person", "status organisation_id");
        loaded_add(c, "person", "3", "1012", NULL);
        if (i > 0)
            fixture_say(c, "to_staff_id", "78");
        if (i == 1)
            fixture_say(c, "to_organisation_id", "1012");
        work_run(c, "work_hand_over");
        assert_non_null(fixture_fault(c, i < 2 ? "work.hand_to" : "work.hand_gone"));
        assert_null(c->effects);
        fixture_free(c);
    }
}

static void test_release_needs_office(void **state)
{
    (void)state;
    struct decision_case *c = fixture_case("work_item", true);
    fixture_stand(c, "status", "claimed");
    fixture_stand(c, "staff_id", "77");
    work_run(c, "work_release");
    assert_non_null(fixture_fault(c, "work.no_office"));
    fixture_free(c);
}

/* --- Versions --- */

static struct decision_case *version_case(const char *status, const char *drafts)
{
    struct decision_case *c = fixture_case("announcement", true);
    c->actor.staff = 77;
    fixture_stand(c, "number", "N000001");
    fixture_stand(c, "title", "旧");
    fixture_stand(c, "body", "文");
    fixture_stand(c, "family_id", "4000");
    fixture_stand(c, "author_id", "99");
    fixture_stand(c, "edition", "2");
    fixture_stand(c, "valid_from", "2026-01-01");
    fixture_stand(c, "status", status);
    struct record *target = record_add_line((struct record *)c->before, "targets", c->arena);
    record_set_reference(target, "organisation_id", 1012, "", "");
    loaded_set(c, "editions", "edition drafts");
    loaded_add(c, "editions", "4", drafts, NULL);
    return c;
}

static void test_version_copy(void **state)
{
    (void)state;
    struct decision_case *c = version_case("3", "0");
    const struct record *draft = version_draft(c);
    assert_non_null(draft);
    assert_int_equal(record_integer(draft, "family_id"), 4000);
    assert_int_equal(record_integer(draft, "edition"), 5);
    assert_string_equal(record_text(draft, "title"), "旧");
    assert_false(record_has(draft, "number"));
    assert_false(record_has(draft, "valid_from"));
    assert_false(record_has(draft, "status"));
    assert_false(record_has(draft, "author_id")); /* whoever copies it */
    const struct lines *targets = record_value(draft, "targets")->lines;
    assert_int_equal(targets->count, 1);
    assert_int_equal(record_integer(&targets->lines[0].record, "organisation_id"), 1012);
    fixture_free(c);
}

static void test_version_copy_refused(void **state)
{
    (void)state;
    struct decision_case *c = version_case("1", "1");
    assert_null(version_draft(c));
    assert_non_null(fixture_fault(c, "version.not_published"));
    fixture_free(c);
    c = version_case("4", "1");
    assert_null(version_draft(c));
    assert_non_null(fixture_fault(c, "version.draft_exists"));
    fixture_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("where no policy holds nobody is asked", test_no_policy),
        TEST("in sequence the first step is opened, for the office of its level", test_sequence),
        TEST("in parallel all steps are opened", test_parallel),
        TEST("by limit only the lowest who may decide the amount is asked", test_by_limit),
        TEST("in sequence the steps end with the first who may decide the amount",
             test_sequence_up_to_limit),
        TEST("an amount beyond all limits is refused", test_nobody_may),
        TEST("a level that the asker has not stands for the one above", test_level_missing),
        TEST("limits warn, set alarms and refuse, that of the grade first", test_limit_grades),
        TEST("below the warning an open alarm is cleared", test_limit_clears),
        TEST("a confirmed warning passes and still sets the alarm", test_limit_confirmed),
        TEST("work goes to whom the first rule that holds names; one that no longer compiles is "
             "passed over",
             test_offer_by_rule),
        TEST("without a rule work stays with the own office", test_offer_without_rule),
        TEST("work handed to a person says by whom, and loses its role", test_hand_over),
        TEST("work is handed to a person or an office, one of them, and to nobody who is gone",
             test_hand_over_wrong),
        TEST("work of no office is not released", test_release_needs_office),
        TEST("a new edition is a draft with the text and lines of the former, without its number "
             "and days",
             test_version_copy),
        TEST("a draft is not copied, and there is one draft at a time", test_version_copy_refused),
    };
    return RUN_TESTS(tests);
}
