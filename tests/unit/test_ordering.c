/* Capture and submission of orders: reasons, preparation, decomposition; without a database. */
#include "tests/unit/cmocka_tap.h"

#include <jansson.h>
#include <string.h>

#include "server/ordering/ordering.h"
#include "tests/unit/customer_fixture.h"

static void run(struct decision_case *c, const char *name)
{
    fixture_decide(c, ordering_decisions, ordering_decision_count, name);
}

/* Offerings 1 telephone, 2 broadband with modem, 3 caller id, 4 ISDN; products 11 … 15. */
static struct decision_case *capture(void)
{
    struct decision_case *c = fixture_case("customer_order", false);
    loaded_set(c, "customer", "id status class default_account_id address name telephone");
    loaded_add(c, "customer", "51", "2", "1", "77", "朝外大街 1 号", "王小兰", "13900138000", NULL);
    loaded_set(c, "arrears", "amount");
    loaded_add(c, "arrears", "0", NULL);
    loaded_set(c, "account", "customer_id status");
    loaded_add(c, "account", "51", "1", NULL);
    loaded_set(c, "channel", "channel");
    loaded_add(c, "channel", "1", NULL);
    loaded_set(c, "offerings", "id code name state valid_from valid_to");
    loaded_set(c, "components",
               "offering quantity specification name kind state number_kind installable");
    loaded_set(c, "fixed_values", "offering name value");
    loaded_set(c, "limits", "offering dimension customer_class channel place_met region_met");
    loaded_set(c, "product_relations", "own kind other other_name");
    loaded_set(c, "offering_relations", "own kind other other_name");
    loaded_set(c, "plans", "offering plan standard");
    loaded_set(c, "rules",
               "id plan name kind charge_item operation specification amount rate from_quantity "
               "to_quantity characteristic characteristic_value priority valid_from valid_to");
    loaded_set(c, "characteristics",
               "id specification name label_zh label_en kind required initial minimum maximum");
    loaded_set(c, "choices", "characteristic value");
    loaded_set(c, "installed", "specification offering");
    loaded_set(c, "in_flight", "offering number");
    loaded_set(c, "wishes", "number");
    fixture_say(c, "customer_id", "51");
    return c;
}

static void telephone_load(struct decision_case *c)
{
    loaded_add(c, "offerings", "1", "TEL01", "固定电话", "4", "2020-01-01", NULL, NULL);
    loaded_add(c, "components", "1", "1", "11", "普通电话", "1", "3", "1", "t", NULL);
    loaded_add(c, "plans", "1", "21", "t", NULL);
    const char *const rule[] = {"31", "21", "安装费", "1",  "2",  "1",   "11", "2000",
                                NULL, "1",  NULL,     NULL, NULL, "100", NULL, NULL};
    loaded_add_array(c, "rules", rule);
    const char *const prepay[] = {"32", "21", "预存", "5",  "7",  "1",   "11", "5000",
                                  NULL, "1",  NULL,   NULL, NULL, "100", NULL, NULL};
    loaded_add_array(c, "rules", prepay);
}

static void broadband_load(struct decision_case *c)
{
    loaded_add(c, "offerings", "2", "ADSL01", "网络快车", "4", "2020-01-01", NULL, NULL);
    loaded_add(c, "components", "2", "1", "12", "宽带接入", "1", "3", "2", "t", NULL);
    loaded_add(c, "plans", "2", "22", "t", NULL);
    loaded_add(c, "product_relations", "12", "5", "11", "普通电话", NULL);
    const char *const bandwidth[] = {"41", "12", "bandwidth", "带宽", "Bandwidth",
                                     "3",  "t",  "512K",      NULL,   NULL};
    loaded_add_array(c, "characteristics", bandwidth);
    loaded_add(c, "choices", "41", "512K", NULL);
    loaded_add(c, "choices", "41", "2M", NULL);
}

static struct record *item_add(struct decision_case *c, const char *offering, const char *quantity)
{
    struct record *typed = record_add_line((struct record *)c->input, "items", c->arena);
    fixture_set(c, typed, "product_offering_id", offering);
    struct record *item = record_add_line(c->after, "items", c->arena);
    fixture_set(c, item, "product_offering_id", offering);
    fixture_set(c, item, "quantity", quantity);
    fixture_set(c, item, "action", "add");
    return item;
}

static void characteristic_say(struct decision_case *c, struct record *item, const char *name,
                               const char *value)
{
    struct record *line = record_add_line(item, "characteristics", c->arena);
    record_set_text(line, "name", name);
    record_set_text(line, "value", value);
}

static const struct record *line_of(const struct record *record, const char *lines, size_t n)
{
    const struct lines *found = record_value(record, lines)->lines;
    assert_non_null(found);
    assert_true(n < found->count);
    return &found->lines[n].record;
}

static size_t lines_count(const struct record *record, const char *lines)
{
    const struct lines *found = record_value(record, lines)->lines;
    return found != NULL ? found->count : 0;
}

static void order_is_completed_from_what_was_typed(void **state)
{
    struct decision_case *c = capture();
    (void)state;
    telephone_load(c);
    broadband_load(c);
    struct record *item = item_add(c, "1", "2");
    record_set_text(item, "access_number", "65001234");
    item_add(c, "2", "1");
    run(c, "order_capture");
    assert_int_equal(c->faults->count, 0);
    assert_int_equal(record_integer(c->after, "account_id"), 77);
    assert_string_equal(record_text(c->after, "address"), "朝外大街 1 号");
    const struct record *first = line_of(c->after, "items", 0);
    const struct record *second = line_of(c->after, "items", 1);
    assert_int_equal(record_integer(first, "position"), 1);
    assert_int_equal(record_integer(first, "price_plan_id"), 21);
    assert_int_equal(lines_count(first, "products"), 2);
    assert_string_equal(record_text(line_of(first, "products", 0), "access_number"), "65001234");
    assert_string_equal(record_text(line_of(first, "products", 1), "access_number"), "");
    assert_string_equal(record_text(line_of(second, "characteristics", 0), "value"), "512K");
    assert_int_equal(record_integer(line_of(second, "products", 0), "position"), 3);
    assert_int_equal(record_integer(c->after, "one_time_amount"), 4000);
    assert_int_equal(record_integer(c->after, "prepayment_amount"), 10000);
    assert_int_equal(record_integer(c->after, "due_amount"), 14000);
    assert_int_equal(lines_count(c->after, "charges"), 2);
    assert_int_equal(record_integer(line_of(c->after, "charges", 0), "price_rule_id"), 31);
    assert_int_equal(lines_count(c->answer, "charges"), 0);
    assert_int_equal(record_integer(c->answer, "due_amount"), 14000);
    fixture_free(c);

    c = capture(); /* only tried: the preview of the price goes back */
    c->dry_run = true;
    telephone_load(c);
    item_add(c, "1", "1");
    run(c, "order_capture");
    assert_int_equal(lines_count(c->answer, "charges"), 2);
    fixture_free(c);
}

static void every_reason_is_said_at_once(void **state)
{
    struct decision_case *c = capture();
    (void)state;
    fixture_free(c);
    c = capture();
    loaded_set(c, "arrears", "amount");
    loaded_add(c, "arrears", "12345", NULL);
    broadband_load(c);
    loaded_add(c, "offerings", "4", "OLD01", "旧套餐", "5", "2020-01-01", "2024-01-01", NULL);
    loaded_add(c, "components", "4", "1", "14", "一线通", "1", "3", "1", "t", NULL);
    loaded_add(c, "limits", "2", "1", "3", NULL, "f", "f", NULL);
    loaded_add(c, "product_relations", "14", "4", "12", "宽带接入", NULL);
    loaded_add(c, "wishes", "65001234", NULL);
    struct record *item = item_add(c, "2", "1");
    characteristic_say(c, item, "bandwidth", "9M");
    characteristic_say(c, item, "colour", "red");
    record_set_text(item, "access_number", "65001234");
    item_add(c, "4", "1");
    run(c, "order_capture");
    static const char *const wanted[] = {
        "order.arrears",       "order.required",      "order.not_for_class",
        "order.value_unknown", "order.value_foreign", "order.number_taken",
        "order.not_on_sale",   "order.excluded",      "order.no_plan"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (fixture_fault(c, wanted[i]) == NULL)
            fail_msg("%s was not said", wanted[i]);
    const struct fault *excluded = fixture_fault(c, "order.excluded");
    assert_int_equal(excluded->line, 2);
    assert_string_equal(excluded->parameters[1], "宽带接入");
    assert_string_equal(fixture_fault(c, "order.arrears")->parameters[0], "123.45");
    fixture_free(c);
}

static void what_is_needed_may_be_installed(void **state)
{
    struct decision_case *c = capture();
    (void)state;
    broadband_load(c);
    loaded_add(c, "installed", "11", "1", NULL);
    item_add(c, "2", "1");
    run(c, "order_capture");
    assert_int_equal(c->faults->count, 0);
    fixture_free(c);

    c = capture(); /* caller id alone, with nothing to live on */
    loaded_add(c, "offerings", "3", "CLIP01", "来电显示", "4", "2020-01-01", NULL, NULL);
    loaded_add(c, "components", "3", "1", "13", "来电显示", "2", "3", NULL, "t", NULL);
    loaded_add(c, "plans", "3", "23", "t", NULL);
    loaded_add(c, "product_relations", "13", "1", "11", "普通电话", NULL);
    item_add(c, "3", "1");
    run(c, "order_capture");
    assert_non_null(fixture_fault(c, "order.main_missing"));
    assert_string_equal(fixture_fault(c, "order.main_missing")->parameters[1], "普通电话");
    fixture_free(c);
}

static void a_second_order_is_a_warning(void **state)
{
    (void)state;
    for (int confirmed = 0; confirmed < 2; confirmed++) {
        struct decision_case *c = capture();
        c->confirmed = confirmed != 0;
        telephone_load(c);
        loaded_add(c, "in_flight", "1", "OR261121000001", NULL);
        item_add(c, "1", "1");
        run(c, "order_capture");
        const struct fault *fault = fixture_fault(c, "order.in_flight");
        assert_true(confirmed != 0 ? fault == NULL : fault != NULL && fault->warning);
        assert_false(faults_any(c->faults));
        fixture_free(c);
    }
}

static void a_bundle_fixes_values(void **state)
{
    struct decision_case *c = capture();
    (void)state;
    telephone_load(c);
    broadband_load(c);
    loaded_add(c, "fixed_values", "2", "bandwidth", "512K", NULL);
    item_add(c, "1", "1");
    characteristic_say(c, item_add(c, "2", "1"), "bandwidth", "2M");
    run(c, "order_capture");
    assert_non_null(fixture_fault(c, "order.value_fixed"));
    fixture_free(c);
}

static void too_many_products_are_refused(void **state)
{
    struct decision_case *c = capture();
    (void)state;
    telephone_load(c);
    item_add(c, "1", "600");
    item_add(c, "1", "401");
    run(c, "order_capture");
    assert_non_null(fixture_fault(c, "order.too_many"));
    assert_int_equal(fixture_fault(c, "order.too_many")->line, 2);
    fixture_free(c);
}

/* --- submission --- */

static struct decision_case *submission(const char *paid)
{
    struct decision_case *c = fixture_case("customer_order", true);
    fixture_setting("ordering.pay_before_submit", "1");
    fixture_setting("ordering.network", "network");
    fixture_stand(c, "number", "OR261121000007");
    fixture_stand(c, "customer_id", "51");
    fixture_stand(c, "due_amount", "480.00");
    fixture_stand(c, "paid_amount", paid);
    loaded_set(c, "customer", "code name missing");
    loaded_add(c, "customer", "C00000001", "王小兰", "0", NULL);
    loaded_set(c, "products",
               "id position operation action access_number specification code name kind "
               "number_kind address");
    loaded_add(c, "products", "902", "2", "1", "1", NULL, "12", "ADSL", "宽带接入", "1", "2",
               "朝外大街 \"1\" 号", NULL);
    loaded_add(c, "products", "901", "1", "1", "1", "65001234", "11", "TEL", "普通电话", "1", "1",
               "朝外大街 \"1\" 号", NULL);
    loaded_set(c, "characteristics", "product name value");
    loaded_add(c, "characteristics", "902", "bandwidth", "2M", NULL);
    loaded_set(c, "dependencies", "specification needed");
    loaded_add(c, "dependencies", "12", "11", NULL);
    return c;
}

static const struct effect *effect_at(const struct decision_case *c, enum effect_kind kind,
                                      size_t n)
{
    for (const struct effect *effect = c->effects; effect != NULL; effect = effect->next)
        if (effect->kind == kind && n-- == 0)
            return effect;
    fail_msg("there is no such effect");
    return NULL;
}

static void order_falls_into_service_orders(void **state)
{
    struct decision_case *c = submission("480.00");
    (void)state;
    run(c, "order_submit");
    assert_int_equal(c->faults->count, 0);
    const struct record *telephone = effect_at(c, EFFECT_CREATE, 0)->record;
    const struct record *broadband = effect_at(c, EFFECT_CREATE, 1)->record;
    assert_string_equal(record_text(telephone, "number"), "OR261121000007-1");
    assert_string_equal(record_text(broadband, "number"), "OR261121000007-2");
    assert_int_equal(record_integer(telephone, "related_count"), 2);
    assert_int_equal(record_integer(telephone, "customer_order_id"), 4711);
    assert_int_equal(record_integer(line_of(broadband, "links", 0), "other_id"), telephone->id);
    assert_int_equal(lines_count(telephone, "links"), 0);
    assert_string_equal(record_text(line_of(broadband, "characteristics", 0), "value"), "2M");
    assert_int_equal(record_integer(c->after, "service_order_count"), 2);
    fixture_free(c);
}

static void message_has_the_shape_of_tmf_641(void **state)
{
    struct decision_case *c = submission("480.00");
    (void)state;
    run(c, "order_submit");
    const struct effect *sent = effect_at(c, EFFECT_MESSAGE, 1);
    assert_string_equal(sent->text[0], "network");
    assert_string_equal(sent->text[1], "OR261121000007");
    assert_string_equal(sent->text[2], "ServiceOrder");
    json_t *order = json_loads(sent->text[3], JSON_REJECT_DUPLICATES, NULL);
    const json_t *item = json_array_get(json_object_get(order, "serviceOrderItem"), 0);
    const json_t *service = json_object_get(item, "service");
    const json_t *one = json_array_get(json_object_get(service, "serviceCharacteristic"), 0);
    const json_t *before = json_array_get(json_object_get(order, "orderRelationship"), 0);
    const json_t *place = json_array_get(json_object_get(service, "place"), 0);
    const struct {
        const json_t *object;
        const char *name, *wanted;
    } texts[] = {
        {order, "externalId", "OR261121000007-2"},
        {order, "category", "install"},
        {order, "orderDate", "2026-11-21T10:00:00Z"},
        {item, "action", "add"},
        {json_object_get(service, "serviceSpecification"), "id", "ADSL"},
        {one, "name", "bandwidth"},
        {one, "value", "2M"},
        {before, "id", "OR261121000007-1"},
        {place, "name", "朝外大街 \"1\" 号"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = json_string_value(json_object_get(texts[i].object, texts[i].name));
        assert_non_null(text);
        assert_string_equal(text, texts[i].wanted);
    }
    json_decref(order);
    fixture_free(c);
}

static void nothing_leaves_unpaid_or_unverified(void **state)
{
    struct decision_case *c = submission("0.00");
    (void)state;
    loaded_set(c, "customer", "code name missing");
    loaded_add(c, "customer", "C00000001", "王小兰", "3", NULL);
    run(c, "order_submit");
    assert_non_null(fixture_fault(c, "order.not_paid"));
    assert_non_null(fixture_fault(c, "customer.verification_needed"));
    assert_null(c->effects);
    fixture_free(c);
}

static void sent_again_under_the_next_attempt(void **state)
{
    struct decision_case *c = fixture_case("service_order", true);
    (void)state;
    fixture_setting("ordering.network", "network");
    fixture_stand(c, "number", "OR261121000007-2");
    fixture_stand(c, "attempt", "1");
    fixture_stand(c, "fault_kind", "no_port");
    loaded_set(c, "order", "id version number state appointment_at requested_on");
    loaded_add(c, "order", "4711", "5", "OR261121000007", "3", NULL, NULL, NULL);
    loaded_set(c, "customer", "code name");
    loaded_add(c, "customer", "C00000001", "王小兰", NULL);
    loaded_set(c, "products",
               "id position operation action access_number specification code name kind "
               "number_kind address");
    loaded_add(c, "products", "902", "2", "1", "1", NULL, "12", "ADSL", "宽带接入", "1", "2",
               "东大街", NULL);
    loaded_set(c, "characteristics", "product name value");
    loaded_set(c, "siblings", "state");
    run(c, "service_order_resend");
    assert_int_equal(record_integer(c->after, "attempt"), 2);
    assert_int_equal(record_value(c->after, "fault_kind")->presence, VALUE_CLEARED);
    assert_non_null(strstr(effect_at(c, EFFECT_MESSAGE, 0)->text[3], "\"OR261121000007-2:2\""));
    assert_string_equal(fixture_code(c, effect_at(c, EFFECT_CHANGE, 0)->record, "state"), "");
    assert_int_equal(record_integer(effect_at(c, EFFECT_CHANGE, 0)->record, "state"), 5);
    fixture_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("what was typed becomes a whole order with plans, values, products and charges",
             order_is_completed_from_what_was_typed),
        TEST("every reason why an order may not be taken is said at once",
             every_reason_is_said_at_once),
        TEST("what a product needs may be installed already", what_is_needed_may_be_installed),
        TEST("a second order for the same offering is a warning", a_second_order_is_a_warning),
        TEST("a bundle fixes the value of an attribute", a_bundle_fixes_values),
        TEST("an order has at most a thousand products", too_many_products_are_refused),
        TEST("an order falls into linked service orders, what is needed first",
             order_falls_into_service_orders),
        TEST("the network hears of it in the shape of TMF 641", message_has_the_shape_of_tmf_641),
        TEST("nothing leaves before it is paid and the customer verified",
             nothing_leaves_unpaid_or_unverified),
        TEST("out of the fallout desk it goes under the next attempt",
             sent_again_under_the_next_attempt),
    };
    return RUN_TESTS(tests);
}
