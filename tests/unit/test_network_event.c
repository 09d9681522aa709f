/* What the network reports, in any order, any number of times. */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <string.h>

#include "server/ordering/ordering.h"
#include "server/ordering/ordering_internal.h"
#include "tests/unit/customer_fixture.h"

static const char event_form[] =
    "{\"eventId\":\"e\",\"eventTime\":\"2026-11-21T10:00:%02dZ\",\"eventType\":"
    "\"ServiceOrderStateChangeEvent\","
    "\"event\":{\"serviceOrder\":{\"id\":\"N-1\",\"externalId\":\"%s\",\"state\":\"%s\","
    "\"errorMessage\":[{\"code\":\"no_port\",\"reason\":\"局端口已满\"}],"
    "\"serviceOrderItem\":[{\"id\":\"1\",\"service\":{\"serviceCharacteristic\":[%s]}}]}}}";
static const char reserved[] =
    "{\"name\":\"accessNumber\",\"value\":\"65001234\"},{\"name\":\"port\",\"value\":\"HJ-1\"}";

/* A service order of an order with two: the other one stands in `other_state`. */
struct stage {
    const char *state;
    const char *other_state;
    const char *attempt;
    const char *number;
    const char *last;
    const char *order_state;
};

static struct decision_case *stage_set(const struct stage *stage)
{
    struct decision_case *c = fixture_case("neighbour_message", false);
    fixture_setting("ordering.network", "network");
    fixture_setting("ordering.reservation_days", "30");
    fixture_say(c, "neighbour", "network");
    fixture_say(c, "external_id", "e");
    loaded_set(c, "turn", "turn");
    loaded_set(c, "known", "result");
    loaded_set(c, "order",
               "id version number state customer_id account_id organisation_id staff_id address");
    loaded_add(c, "order", "4711", "5", "O1", stage->order_state, "51", "77", "1011", "2001",
               "东大街", NULL);
    loaded_set(
        c, "services",
        "id version number state attempt product access_number port address last_event_at "
        "specification action named name kind number_kind has_port item_position offering plan");
    const char *const named[] = {"801", "2",           "O1-1",        stage->state, stage->attempt,
                                 "901", stage->number, stage->number, "东大街",     stage->last,
                                 "11",  "1",           "t",           "普通电话",   "1",
                                 "1",   "t",           "1",           "1",          "21"};
    const char *const other[] = {
        "802", "4", "O1-2", stage->other_state, "1", "902", NULL, NULL, "东大街", NULL,
        "13",  "1", "f",    "来电显示",         "2", NULL,  "f",  "1",  "1",      "21"};
    loaded_add_array(c, "services", named);
    loaded_add_array(c, "services", other);
    loaded_set(c, "characteristics", "service name value");
    loaded_add(c, "characteristics", "801", "extension_sets", "2", NULL);
    loaded_set(c, "items", "position offering term_months");
    loaded_add(c, "items", "1", "1", "12", NULL);
    loaded_set(c, "bindings", "service");
    loaded_set(c, "mains", "id specification");
    loaded_set(c, "attachments", "main attached");
    loaded_add(c, "attachments", "11", "13", NULL);
    return c;
}

static const struct stage waiting = {"1", "1", "1", NULL, NULL, "5"};

static void receive(struct decision_case *c, int second, const char *reference, const char *state,
                    const char *values)
{
    char payload[2000];
    snprintf(payload, sizeof payload, event_form, second, reference, state, values);
    record_set_text((struct record *)c->input, "payload", arena_string(c->arena, payload));
    fixture_decide(c, ordering_decisions, ordering_decision_count, "neighbour_receive");
    assert_int_equal(c->faults->count, 0);
}

static const struct record *change_of(const struct decision_case *c, const char *form)
{
    for (const struct effect *effect = c->effects; effect != NULL; effect = effect->next)
        if (effect->kind == EFFECT_CHANGE && strcmp(effect->record->form->name, form) == 0)
            return effect->record;
    return NULL;
}

static size_t created(const struct decision_case *c, const char *form, const struct record **last)
{
    size_t count = 0;
    for (const struct effect *effect = c->effects; effect != NULL; effect = effect->next)
        if (effect->kind == EFFECT_CREATE && strcmp(effect->record->form->name, form) == 0) {
            *last = effect->record;
            count++;
        }
    return count;
}

static const struct effect *work_item(const struct decision_case *c)
{
    for (const struct effect *effect = c->effects; effect != NULL; effect = effect->next)
        if (effect->kind == EFFECT_WORK_ITEM)
            return effect;
    return NULL;
}

static void report_moves_the_service_order(void **state)
{
    struct decision_case *c = stage_set(&waiting);
    (void)state;
    receive(c, 1, "O1-1", "inProgress", reserved);
    const struct record *service = change_of(c, "service_order");
    assert_int_equal(record_integer(service, "state"), ORDER_IN_PROGRESS);
    assert_string_equal(record_text(service, "access_number"), "65001234");
    assert_string_equal(record_text(service, "port"), "HJ-1");
    assert_int_equal(service->version, 2);
    assert_int_equal(record_value(service, "milestones")->lines->count, 1);
    const struct effect *binding = fixture_statement(c, "INSERT INTO access_number_binding");
    assert_non_null(binding);
    assert_string_equal(binding->parameters[0], "65001234");
    assert_string_equal(record_text(c->answer, "result"), "taken");
    assert_null(change_of(c, "customer_order"));
    fixture_free(c);
}

static void repeated_message_has_no_effect(void **state)
{
    struct decision_case *c = stage_set(&waiting);
    (void)state;
    loaded_add(c, "known", "taken", NULL);
    receive(c, 1, "O1-1", "completed", reserved);
    assert_null(c->effects);
    assert_string_equal(record_text(c->answer, "result"), "repeated");
    fixture_free(c);
}

static void late_message_has_no_effect(void **state)
{
    static const struct {
        struct stage stage;
        const char *reference, *told;
        int second;
    } cases[] = {
        {{"9", "1", "1", "65001234", NULL, "5"}, "O1-1", "inProgress", 1}, /* after completion */
        {{"5", "1", "1", "65001234", NULL, "5"}, "O1-1", "acknowledged", 1},
        {{"5", "1", "1", "65001234", "2026-11-21 10:00:30+00", "5"}, "O1-1", "held", 20},
        {{"1", "1", "2", NULL, NULL, "5"}, "O1-1", "rejected", 1}, /* about the first attempt */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision_case *c = stage_set(&cases[i].stage);
        receive(c, cases[i].second, cases[i].reference, cases[i].told, "");
        assert_string_equal(record_text(c->answer, "result"), "late");
        assert_non_null(fixture_statement(c, "INSERT INTO inbox_message"));
        assert_null(c->effects->next);
        fixture_free(c);
    }
}

static void refusal_goes_to_the_fallout_desk(void **state)
{
    struct decision_case *c = stage_set(&waiting);
    (void)state;
    receive(c, 1, "O1-1", "rejected", "");
    const struct record *service = change_of(c, "service_order");
    assert_int_equal(record_integer(service, "state"), ORDER_REJECTED);
    assert_string_equal(fixture_code(c, service, "fault_kind"), "no_port");
    assert_string_equal(record_text(service, "fault_text"), "局端口已满");
    assert_int_equal(record_integer(change_of(c, "customer_order"), "state"), ORDER_PENDING);
    assert_non_null(work_item(c));
    assert_int_equal(work_item(c)->numbers[0], 1011);
    assert_int_equal(work_item(c)->numbers[2], 801);
    fixture_free(c);
}

static void taken_number_is_fallout(void **state)
{
    struct decision_case *c = stage_set(&waiting);
    (void)state;
    loaded_add(c, "bindings", "555", NULL);
    receive(c, 1, "O1-1", "inProgress", reserved);
    assert_int_equal(record_integer(change_of(c, "service_order"), "state"), ORDER_FAILED);
    assert_string_equal(fixture_code(c, change_of(c, "service_order"), "fault_kind"),
                        "number_taken");
    assert_null(fixture_statement(c, "INSERT INTO access_number_binding"));
    fixture_free(c);
}

static void completion_without_a_number_is_fallout(void **state)
{
    struct decision_case *c = stage_set(&waiting);
    (void)state;
    receive(c, 1, "O1-1", "completed", "");
    assert_int_equal(record_integer(change_of(c, "service_order"), "state"), ORDER_FAILED);
    assert_string_equal(fixture_code(c, change_of(c, "service_order"), "fault_kind"), "incomplete");
    fixture_free(c);
}

static void last_completion_ends_the_order(void **state)
{
    struct stage stage = waiting;
    const struct record *product = NULL;
    const struct record *offering = NULL;
    (void)state;
    struct decision_case *c = stage_set(&stage);
    receive(c, 1, "O1-1", "completed", reserved);
    assert_int_equal(created(c, "installed_product", &product), 0); /* the other is still open */
    assert_null(change_of(c, "customer_order"));
    fixture_free(c);

    stage.other_state = "9";
    c = stage_set(&stage);
    receive(c, 1, "O1-1", "completed", reserved);
    assert_int_equal(record_integer(change_of(c, "customer_order"), "state"), ORDER_COMPLETED);
    assert_int_equal(created(c, "installed_offering", &offering), 1);
    assert_int_equal(record_integer(offering, "term_to"), value_days_from_civil(2027, 11, 21));
    assert_int_equal(created(c, "installed_product", &product), 2);
    assert_int_equal(record_integer(product, "product_specification_id"), 13);
    const struct record *main = NULL;
    for (const struct effect *effect = c->effects; effect != NULL && main == NULL;
         effect = effect->next)
        if (effect->kind == EFFECT_CREATE &&
            strcmp(effect->record->form->name, "installed_product") == 0)
            main = effect->record;
    if (main == NULL)
        fail();
    assert_string_equal(record_text(main, "access_number"), "65001234");
    assert_int_equal(record_integer(product, "main_id"), main->id);
    assert_int_equal(record_integer(main, "installed_offering_id"), offering->id);
    assert_int_equal(record_integer(main, "state"), INSTALLED_ACTIVE);
    assert_non_null(fixture_statement(c, "UPDATE access_number_binding SET installed_product_id"));
    fixture_free(c);
}

static void what_cannot_be_understood_is_kept(void **state)
{
    static const struct {
        const char *payload, *neighbour, *result;
    } cases[] = {
        {"no json", "network", "malformed"},
        {"[]", "network", "malformed"},
        {"{\"event\":{\"serviceOrder\":{\"externalId\":\"O1-1\",\"state\":\"completed\"}}}",
         "network", "malformed"},
        {"{}", "billing", "unknown_neighbour"},
        {"{\"eventTime\":\"2026-11-21T10:00:00Z\",\"event\":{\"serviceOrder\":{\"externalId\":\"O1-"
         "1\",\"state\":\"dancing\"}}}",
         "network", "unknown_state"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decision_case *c = stage_set(&waiting);
        record_set_text((struct record *)c->input, "neighbour", cases[i].neighbour);
        record_set_text((struct record *)c->input, "payload", cases[i].payload);
        fixture_decide(c, ordering_decisions, ordering_decision_count, "neighbour_receive");
        assert_string_equal(record_text(c->answer, "result"), cases[i].result);
        const struct effect *kept = fixture_statement(c, "INSERT INTO inbox_message");
        assert_non_null(kept);
        assert_string_equal(kept->parameters[4], cases[i].payload);
        assert_non_null(work_item(c));
        assert_null(change_of(c, "service_order"));
        fixture_free(c);
    }
    struct decision_case *c = stage_set(&waiting); /* the order of somebody else */
    loaded_set(c, "services", "named");
    receive(c, 1, "O9-1", "completed", "");
    assert_string_equal(record_text(c->answer, "result"), "unknown_order");
    fixture_free(c);
}

static void two_ends_contradict(void **state)
{
    const struct stage stage = {"9", "9", "1", "65001234", NULL, "9"};
    struct decision_case *c = stage_set(&stage);
    (void)state;
    receive(c, 1, "O1-1", "failed", "");
    assert_string_equal(record_text(c->answer, "result"), "contradiction");
    assert_non_null(work_item(c));
    assert_null(change_of(c, "service_order"));
    fixture_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("a report moves the service order and reserves its number",
             report_moves_the_service_order),
        TEST("a repeated message has no second effect", repeated_message_has_no_effect),
        TEST("a late message has no effect and is kept", late_message_has_no_effect),
        TEST("a refusal goes to the fallout desk of the hall", refusal_goes_to_the_fallout_desk),
        TEST("a number that another has is fallout", taken_number_is_fallout),
        TEST("a completion without the number is fallout", completion_without_a_number_is_fallout),
        TEST("the last completion ends the order and makes installed products",
             last_completion_ends_the_order),
        TEST("a message that cannot be understood is kept for a person",
             what_cannot_be_understood_is_kept),
        TEST("two different ends are a contradiction for a person", two_ends_contradict),
    };
    return RUN_TESTS(tests);
}
