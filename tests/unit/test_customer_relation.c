/* Relations and their drawing, finding, segments. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "server/customer/customer.h"
#include "tests/unit/customer_fixture.h"

static struct decision_case *relation(const char *type, const char *root, const char *direction)
{
    struct decision_case *c = fixture_case("customer_relation", false);
    loaded_set(c, "kind", "number");
    loaded_add(c, "kind", root, NULL);
    loaded_set(c, "loop", "closes");
    loaded_set(c, "superior", "code");
    loaded_set(c, "twice", "id");
    fixture_say(c, "customer_id", "51");
    fixture_say(c, "other_id", "52");
    fixture_say(c, "relation_type", type);
    if (direction != NULL)
        fixture_say(c, "direction", direction);
    return c;
}

static void save(struct decision_case *c)
{
    fixture_decide(c, customer_relation_decisions, customer_relation_decision_count,
                   "customer_relation_save");
}

static void directions_fit_kinds(void **state)
{
    static const struct {
        const char *type, *root, *direction, *after, *fault;
    } rows[] = {
        {"department", "1", NULL, "one_way", NULL},
        {"department", "1", "both_ways", NULL, "relation.direction"},
        {"department", "1", "none", NULL, "relation.direction"},
        {"guarantee", "2", NULL, "one_way", NULL},
        {"joint_charges", "2", "both_ways", "both_ways", NULL},
        {"guarantee", "2", "none", NULL, "relation.direction"},
        {"family", "3", NULL, "none", NULL},
        {"trade", "3", "one_way", "one_way", NULL},
        {"family", "3", "both_ways", "both_ways", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decision_case *c = relation(rows[i].type, rows[i].root, rows[i].direction);
        loaded_add(c, "loop", "f", NULL);
        save(c);
        if (rows[i].fault != NULL) {
            assert_non_null(fixture_fault(c, rows[i].fault));
        } else {
            assert_int_equal(c->faults->count, 0);
            assert_string_equal(fixture_code(c, c->after, "direction"), rows[i].after);
            assert_int_equal(record_integer(c->after, "relation_kind"), rows[i].root[0] - '0');
        }
        fixture_free(c);
    }
}

static void loops_and_second_superiors_are_refused(void **state)
{
    struct decision_case *c = relation("department", "1", NULL);
    (void)state;
    loaded_add(c, "loop", "t", NULL);
    save(c);
    assert_non_null(fixture_fault(c, "relation.loop"));
    fixture_free(c);

    c = relation("department", "1", NULL);
    loaded_add(c, "loop", "f", NULL);
    loaded_add(c, "superior", "C00000053", NULL);
    save(c);
    assert_string_equal(fixture_fault(c, "relation.superior")->parameters[0], "C00000053");
    fixture_free(c);

    c = relation("family", "3", NULL); /* a net may have circles */
    loaded_add(c, "loop", "t", NULL);
    loaded_add(c, "superior", "C00000053", NULL);
    save(c);
    assert_int_equal(c->faults->count, 0);
    fixture_free(c);

    c = relation("family", "3", NULL);
    loaded_add(c, "loop", "f", NULL);
    loaded_add(c, "twice", "88", NULL);
    save(c);
    assert_non_null(fixture_fault(c, "relation.twice"));
    fixture_free(c);

    c = relation("family", "3", NULL);
    fixture_say(c, "other_id", "51");
    loaded_add(c, "loop", "f", NULL);
    save(c);
    assert_non_null(fixture_fault(c, "relation.self"));
    fixture_free(c);
}

static struct decision_case *view(void)
{
    struct decision_case *c = fixture_case("customer_relation_view", false);
    loaded_set(c, "tree", "depth code name relation_type last asked");
    loaded_set(c, "network",
               "depth relation_kind relation_type direction from_code from_name to_code to_name");
    return c;
}

static void pictures_are(struct decision_case *c, const char *const *wanted, size_t count)
{
    fixture_decide(c, customer_relation_decisions, customer_relation_decision_count,
                   "customer_relation_view");
    const struct lines *rows = record_value(c->answer, "rows")->lines;
    assert_non_null(rows);
    assert_int_equal(rows->count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(record_text(&rows->lines[i].record, "picture"), wanted[i]);
}

static void tree_is_drawn(void **state)
{
    static const char *const wanted[] = {"C1 集团", "+-- C2 甲公司", "|   +-- C4 销售部 *",
                                         "+-- C3 乙公司", "    +-- C5 财务部"};
    struct decision_case *c = view();
    (void)state;
    loaded_add(c, "tree", "0", "C1", "集团", "0", "", "C4", NULL);
    loaded_add(c, "tree", "1", "C2", "甲公司", "11", "0", "C4", NULL);
    loaded_add(c, "tree", "2", "C4", "销售部", "12", "01", "C4", NULL);
    loaded_add(c, "tree", "1", "C3", "乙公司", "11", "1", "C4", NULL);
    loaded_add(c, "tree", "2", "C5", "财务部", "12", "11", "C4", NULL);
    pictures_are(c, wanted, sizeof wanted / sizeof *wanted);
    fixture_free(c);
}

static void network_is_drawn(void **state)
{
    static const char *const wanted[] = {"C1 甲 --> C2 乙", "C1 甲 <-> C3 丙", "C2 乙 --- C3 丙"};
    struct decision_case *c = view();
    (void)state;
    loaded_add(c, "network", "1", "2", "21", "2", "C1", "甲", "C2", "乙", NULL);
    loaded_add(c, "network", "1", "2", "22", "3", "C1", "甲", "C3", "丙", NULL);
    loaded_add(c, "network", "2", "3", "32", "1", "C2", "乙", "C3", "丙", NULL);
    pictures_are(c, wanted, sizeof wanted / sizeof *wanted);
    fixture_free(c);
}

static void found_rows_are_masked(void **state)
{
    struct decision_case *c = fixture_case("customer_find", false);
    (void)state;
    loaded_set(c, "found",
               "customer_id way code name party_kind class status address contact_address "
               "certificate_number telephone birth_date");
    loaded_add(c, "found", "51", "5", "C00000051", "王小兰", "1", "1", "2", "朝外大街 1 号", "",
               "11010519491231002X", "13900138000", "1949-12-31", NULL);
    for (int i = 0; i < 51; i++)
        loaded_add(c, "found", "52", "7", "C00000052", "王大兰", "1", "1", "2", "", "", "", "",
                   NULL, NULL);
    fixture_say(c, "text", "13900138000");
    fixture_decide(c, customer_find_decisions, customer_find_decision_count, "customer_find");
    const struct lines *found = record_value(c->answer, "found")->lines;
    assert_int_equal(found->count, 50);
    assert_int_equal(record_integer(c->answer, "more"), 1);
    const struct record *first = &found->lines[0].record;
    assert_string_equal(record_text(first, "certificate"), "1101**********002X");
    assert_string_equal(record_text(first, "telephone"), "139****8000");
    assert_int_equal(record_integer(first, "age"), 76);
    assert_string_equal(fixture_code(c, first, "way"), "telephone");
    fixture_free(c);
}

static struct decision_case *segment(const char *rule)
{
    struct decision_case *c = fixture_case("segment", true);
    if (rule != NULL)
        fixture_stand(c, "rule", rule);
    fixture_stand(c, "dimension", "value");
    fixture_stand(c, "priority", "high");
    fixture_stand(c, "status", "2");
    fixture_stand(c, "valid_from", "2026-01-01");
    return c;
}

static void segment_do(struct decision_case *c, const char *name)
{
    fixture_decide(c, segment_decisions, segment_decision_count, name);
}

static void segment_rules_are_judged(void **state)
{
    struct decision_case *c =
        segment("class = public and points > 1000 and birth_date > date '1990-01-01'");
    (void)state;
    segment_do(c, "segment_save");
    assert_int_equal(c->faults->count, 0);
    fixture_free(c);

    c = segment("class = golden");
    segment_do(c, "segment_save");
    const struct fault *fault = fixture_fault(c, "rule.expression");
    assert_non_null(fault);
    assert_string_equal(fault->parameters[0], "9");
    fixture_free(c);

    c = segment("points + 1"); /* no condition */
    segment_do(c, "segment_save");
    assert_non_null(fixture_fault(c, "rule.expression"));
    fixture_free(c);
}

static void segment_fills_with_sets(void **state)
{
    struct decision_case *c = segment("class = public and name starts with '王'");
    (void)state;
    segment_do(c, "segment_refresh");
    assert_int_equal(c->faults->count, 0);
    const struct effect *insert = fixture_statement(c, "INSERT INTO segment_member");
    assert_non_null(insert);
    assert_non_null(strstr(insert->text[0], "c.class"));
    assert_non_null(strstr(insert->text[0], "p.name"));
    assert_null(strstr(insert->text[0], "王")); /* typed text is a parameter */
    assert_string_equal(insert->parameters[1], "2026-11-21");
    assert_non_null(fixture_statement(c, "size_customers"));
    assert_int_equal(record_integer(c->after, "refreshed_at"), c->now);
    fixture_free(c);
}

static void segment_fills_only_in_force(void **state)
{
    struct decision_case *c = segment(NULL);
    (void)state;
    segment_do(c, "segment_refresh");
    assert_non_null(fixture_fault(c, "segment.no_rule"));
    fixture_free(c);

    c = segment("class = public");
    fixture_stand(c, "status", "1");
    segment_do(c, "segment_refresh");
    assert_non_null(fixture_fault(c, "segment.not_in_force"));
    fixture_free(c);

    c = segment("class = public");
    fixture_stand(c, "valid_to", "2026-11-20");
    segment_do(c, "segment_refresh");
    assert_non_null(fixture_fault(c, "segment.not_in_force"));
    assert_null(c->effects);
    fixture_free(c);
}

static struct decision_case *merge(const char *id, const char *dimension, const char *status)
{
    struct decision_case *c = segment(NULL);
    loaded_set(c, "target", "id code name dimension status");
    if (id != NULL)
        loaded_add(c, "target", id, "S000002", "高价值", dimension, status, NULL);
    segment_do(c, "segment_merge");
    return c;
}

static void segments_merge(void **state)
{
    struct decision_case *c = merge("77", "2", "2");
    (void)state;
    assert_int_equal(c->faults->count, 0);
    const struct effect *effect = fixture_statement(c, "WITH ended");
    assert_string_equal(effect->parameters[0], "4711");
    assert_string_equal(effect->parameters[1], "77");
    assert_int_equal(record_integer(c->after, "merged_into_id"), 77);
    fixture_free(c);

    static const struct {
        const char *id, *dimension, *status;
    } bad[] = {{NULL, NULL, NULL}, {"4711", "2", "2"}, {"77", "1", "2"}, {"77", "2", "3"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        c = merge(bad[i].id, bad[i].dimension, bad[i].status);
        assert_non_null(fixture_fault(c, "segment.target"));
        assert_null(c->effects);
        fixture_free(c);
    }
}

static struct decision_case *member(const char *status, const char *valid_from,
                                    const char *valid_to)
{
    struct decision_case *c = fixture_case("segment_member", false);
    loaded_set(c, "segment", "dimension status valid_from valid_to");
    loaded_add(c, "segment", "2", status, valid_from, valid_to, NULL);
    loaded_set(c, "elsewhere", "code name id segment_id");
    fixture_say(c, "customer_id", "51");
    fixture_say(c, "segment_id", "76");
    return c;
}

static void one_segment_of_a_dimension(void **state)
{
    (void)state;
    for (int confirmed = 0; confirmed < 2; confirmed++) {
        struct decision_case *c = member("2", "2026-01-01", NULL);
        c->confirmed = confirmed != 0;
        loaded_add(c, "elsewhere", "S000002", "高价值", "81", "77", NULL);
        segment_do(c, "segment_member_create");
        assert_int_equal(c->faults->count, confirmed ? 0 : 1);
        assert_string_equal(fixture_statement(c, "valid_to = $2")->parameters[0], "81");
        assert_string_equal(fixture_code(c, c->after, "dimension"), "value");
        assert_string_equal(fixture_code(c, c->after, "source"), "manual");
        fixture_free(c);
    }
    struct decision_case *c = member("1", "2026-01-01", NULL);
    segment_do(c, "segment_member_create");
    assert_non_null(fixture_fault(c, "segment.not_in_force"));
    fixture_free(c);

    c = member("2", "2026-12-01", NULL);
    segment_do(c, "segment_member_create");
    assert_non_null(fixture_fault(c, "segment.not_in_force"));
    fixture_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("directions fit the kind of relation", directions_fit_kinds),
        TEST("loops, second superiors, twins and relations to oneself are refused",
             loops_and_second_superiors_are_refused),
        TEST("a hierarchy is drawn as a tree", tree_is_drawn),
        TEST("relations are drawn as a network", network_is_drawn),
        TEST("customers are found masked, fifty at a time", found_rows_are_masked),
        TEST("the rule of a segment is judged when saved", segment_rules_are_judged),
        TEST("a segment is filled by statements over sets", segment_fills_with_sets),
        TEST("only a segment in force is filled", segment_fills_only_in_force),
        TEST("a segment is merged into one of its dimension", segments_merge),
        TEST("a customer is in one segment of a dimension", one_segment_of_a_dimension),
    };
    return RUN_TESTS(tests);
}
