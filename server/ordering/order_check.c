/* May this order be taken? All reasons at once, each on the field or line that it is about. */
#include <stdlib.h>
#include <string.h>

#include "server/ordering/ordering_internal.h"

enum {
    CUSTOMER_LEFT = 3,
    ACCOUNT_IN_USE = 1,
    OFFERING_IN_USE = 4,
    PRODUCT_IN_USE = 3,
    CHARACTERISTIC_NUMBER = 2,
    CHARACTERISTIC_CHOICE = 3,
    NUMBER_LENGTH_LEAST = 3,
};

static const struct lines *items_of(const struct record *order)
{
    return record_value(order, "items")->lines;
}

static void customer_check(struct decision_case *c)
{
    int64_t account = record_integer(c->after, "account_id");
    if (loaded_rows(c, "customer") == 0) {
        decision_fault(c, "customer_id", "order.customer_unknown", NULL);
        return;
    }
    if (loaded_integer(c, "customer", 0, "status") == CUSTOMER_LEFT) {
        decision_fault(c, "customer_id", "order.customer_left", NULL);
    }
    int64_t arrears = loaded_integer(c, "arrears", 0, "amount");
    if (arrears > 0) {
        decision_fault(c, "customer_id", "order.arrears", value_format_amount(arrears, c->arena),
                       NULL);
    }
    if (account != 0 &&
        (loaded_rows(c, "account") == 0 || loaded_integer(c, "account", 0, "customer_id") !=
                                               record_integer(c->after, "customer_id"))) {
        decision_fault(c, "account_id", "order.account_foreign", NULL);
    } else if (account != 0 && loaded_integer(c, "account", 0, "status") != ACCOUNT_IN_USE) {
        decision_fault(c, "account_id", "order.account_unusable", NULL);
    }
}

static void limits_check(struct decision_case *c, size_t line, int64_t offering)
{
    static const char *const names[] = {
        [LIMIT_CLASS] = "order.not_for_class",
        [LIMIT_CHANNEL] = "order.not_for_channel",
        [LIMIT_PLACE] = "order.not_for_place",
        [LIMIT_REGION] = "order.not_for_region",
    };
    bool limited[LIMIT_REGION + 1] = {false};
    bool met[LIMIT_REGION + 1] = {false};
    int64_t class = loaded_rows(c, "customer") > 0 ? loaded_integer(c, "customer", 0, "class") : 0;
    for (size_t i = 0; i < loaded_rows(c, "limits"); i++) {
        int64_t dimension = loaded_integer(c, "limits", i, "dimension");
        if (loaded_integer(c, "limits", i, "offering") != offering || dimension < LIMIT_CLASS ||
            dimension > LIMIT_REGION) {
            continue;
        }
        limited[dimension] = true;
        met[dimension] =
            met[dimension] ||
            (dimension == LIMIT_CLASS &&
             loaded_integer(c, "limits", i, "customer_class") == class) ||
            (dimension == LIMIT_CHANNEL && loaded_integer(c, "limits", i, "channel") ==
                                               loaded_integer(c, "channel", 0, "channel")) ||
            (dimension == LIMIT_PLACE && loaded_flag(c, "limits", i, "place_met")) ||
            (dimension == LIMIT_REGION && loaded_flag(c, "limits", i, "region_met"));
    }
    for (int dimension = LIMIT_CLASS; dimension <= LIMIT_REGION; dimension++) {
        if (limited[dimension] && !met[dimension]) {
            decision_line_fault(c, "items", line, "product_offering_id", names[dimension], NULL);
        }
    }
}

/* Is a product, or an offering, on the order or installed with the customer? */
static bool product_present(const struct decision_case *c, int64_t specification, bool installed)
{
    for (size_t i = 0; i < loaded_rows(c, "components"); i++) {
        if (loaded_integer(c, "components", i, "specification") == specification) {
            return true;
        }
    }
    for (size_t i = 0; installed && i < loaded_rows(c, "installed"); i++) {
        if (loaded_integer(c, "installed", i, "specification") == specification) {
            return true;
        }
    }
    return false;
}

static bool offering_present(const struct decision_case *c, int64_t offering)
{
    for (size_t i = 0; i < loaded_rows(c, "offerings"); i++) {
        if (loaded_integer(c, "offerings", i, "id") == offering) {
            return true;
        }
    }
    for (size_t i = 0; i < loaded_rows(c, "installed"); i++) {
        if (loaded_integer(c, "installed", i, "offering") == offering) {
            return true;
        }
    }
    return false;
}

/* An attached product needs one of the main products that it may be attached to. */
static void main_check(struct decision_case *c, size_t line, size_t component)
{
    int64_t own = loaded_integer(c, "components", component, "specification");
    const char *mains = "";
    if (loaded_integer(c, "components", component, "kind") != PRODUCT_ATTACHED) {
        return;
    }
    for (size_t i = 0; i < loaded_rows(c, "product_relations"); i++) {
        int64_t kind = loaded_integer(c, "product_relations", i, "kind");
        if (loaded_integer(c, "product_relations", i, "own") != own ||
            kind > RELATION_ATTACHED_REQUIRED) {
            continue;
        }
        if (product_present(c, loaded_integer(c, "product_relations", i, "other"), true)) {
            return;
        }
        mains = arena_format(c->arena, "%s%s%s", mains, mains[0] != '\0' ? ", " : "",
                             loaded_text(c, "product_relations", i, "other_name"));
    }
    decision_line_fault(c, "items", line, "product_offering_id", "order.main_missing",
                        loaded_text(c, "components", component, "name"), mains, NULL);
}

static void relations_check(struct decision_case *c, size_t line, size_t component)
{
    int64_t own = loaded_integer(c, "components", component, "specification");
    const char *name = loaded_text(c, "components", component, "name");
    main_check(c, line, component);
    for (size_t i = 0; i < loaded_rows(c, "product_relations"); i++) {
        int64_t kind = loaded_integer(c, "product_relations", i, "kind");
        int64_t other = loaded_integer(c, "product_relations", i, "other");
        const char *other_name = loaded_text(c, "product_relations", i, "other_name");
        if (loaded_integer(c, "product_relations", i, "own") != own) {
            continue;
        }
        if (kind == RELATION_EXCLUDES && product_present(c, other, true)) {
            decision_line_fault(c, "items", line, "product_offering_id", "order.excluded", name,
                                other_name, NULL);
        } else if (kind == RELATION_REQUIRES && !product_present(c, other, true)) {
            decision_line_fault(c, "items", line, "product_offering_id", "order.required", name,
                                other_name, NULL);
        }
    }
}

static void offering_relations_check(struct decision_case *c, size_t line, size_t offering_row)
{
    int64_t own = loaded_integer(c, "offerings", offering_row, "id");
    const char *name = loaded_text(c, "offerings", offering_row, "name");
    for (size_t i = 0; i < loaded_rows(c, "offering_relations"); i++) {
        int64_t kind = loaded_integer(c, "offering_relations", i, "kind");
        bool present = offering_present(c, loaded_integer(c, "offering_relations", i, "other"));
        const char *other_name = loaded_text(c, "offering_relations", i, "other_name");
        if (loaded_integer(c, "offering_relations", i, "own") != own) {
            continue;
        }
        if (kind == RELATION_EXCLUDES && present) {
            decision_line_fault(c, "items", line, "product_offering_id", "order.excluded", name,
                                other_name, NULL);
        } else if (kind == RELATION_REQUIRES && !present) {
            decision_line_fault(c, "items", line, "product_offering_id", "order.required", name,
                                other_name, NULL);
        }
    }
}

static void saleable_check(struct decision_case *c, size_t line, size_t row)
{
    bool ended = !loaded_null(c, "offerings", row, "valid_to") &&
                 c->today >= loaded_date(c, "offerings", row, "valid_to");
    if (loaded_integer(c, "offerings", row, "state") != OFFERING_IN_USE || ended ||
        c->today < loaded_date(c, "offerings", row, "valid_from")) {
        decision_line_fault(c, "items", line, "product_offering_id", "order.not_on_sale",
                            loaded_text(c, "offerings", row, "name"), NULL);
    }
}

static void components_check(struct decision_case *c, size_t line, int64_t offering)
{
    bool any = false;
    for (size_t i = 0; i < loaded_rows(c, "components"); i++) {
        if (loaded_integer(c, "components", i, "offering") != offering) {
            continue;
        }
        any = true;
        if (loaded_integer(c, "components", i, "state") != PRODUCT_IN_USE ||
            !loaded_flag(c, "components", i, "installable")) {
            decision_line_fault(c, "items", line, "product_offering_id", "order.not_installable",
                                loaded_text(c, "components", i, "name"), NULL);
        }
        relations_check(c, line, i);
    }
    if (!any) {
        decision_line_fault(c, "items", line, "product_offering_id", "order.empty_offering", NULL);
    }
}

static void plan_check(struct decision_case *c, size_t line, const struct record *item)
{
    int64_t wanted = record_integer(item, "price_plan_id");
    bool any = false;
    for (size_t i = 0; i < loaded_rows(c, "plans"); i++) {
        bool own = loaded_integer(c, "plans", i, "offering") ==
                   record_integer(item, "product_offering_id");
        any = any || (own && (wanted == 0 || loaded_integer(c, "plans", i, "plan") == wanted));
    }
    if (!any) {
        decision_line_fault(c, "items", line, "price_plan_id",
                            wanted != 0 ? "order.plan_foreign" : "order.no_plan", NULL);
    }
}

static bool choice_known(const struct decision_case *c, int64_t characteristic, const char *value)
{
    for (size_t i = 0; i < loaded_rows(c, "choices"); i++) {
        if (loaded_integer(c, "choices", i, "characteristic") == characteristic &&
            strcmp(loaded_text(c, "choices", i, "value"), value) == 0) {
            return true;
        }
    }
    return false;
}

static void value_check(struct decision_case *c, size_t line, size_t row, const char *value)
{
    bool zh = strcmp(c->actor.language, "zh") == 0;
    const char *english = loaded_text(c, "characteristics", row, "label_en");
    const char *label =
        zh || english[0] == '\0' ? loaded_text(c, "characteristics", row, "label_zh") : english;
    int64_t kind = loaded_integer(c, "characteristics", row, "kind");
    if (value == NULL) {
        if (loaded_flag(c, "characteristics", row, "required")) {
            decision_line_fault(c, "items", line, "characteristics", "order.value_missing", label,
                                NULL);
        }
    } else if (kind == CHARACTERISTIC_CHOICE &&
               !choice_known(c, loaded_integer(c, "characteristics", row, "id"), value)) {
        decision_line_fault(c, "items", line, "characteristics", "order.value_unknown", label,
                            value, NULL);
    } else if (kind == CHARACTERISTIC_NUMBER) {
        char *end = NULL;
        long long number = strtoll(value, &end, 10);
        bool low = !loaded_null(c, "characteristics", row, "minimum") &&
                   number < loaded_integer(c, "characteristics", row, "minimum");
        bool high = !loaded_null(c, "characteristics", row, "maximum") &&
                    number > loaded_integer(c, "characteristics", row, "maximum");
        if (end == value || *end != '\0' || low || high) {
            decision_line_fault(c, "items", line, "characteristics", "order.value_range", label,
                                loaded_text(c, "characteristics", row, "minimum"),
                                loaded_text(c, "characteristics", row, "maximum"), NULL);
        }
    }
}

static const char *characteristic_value(const struct record *item, const char *name)
{
    const struct lines *lines = record_value(item, "characteristics")->lines;
    for (size_t i = 0; lines != NULL && i < lines->count; i++) {
        if (strcmp(record_text(&lines->lines[i].record, "name"), name) == 0) {
            return record_text(&lines->lines[i].record, "value");
        }
    }
    return NULL;
}

static bool component_of(const struct decision_case *c, int64_t offering, int64_t specification)
{
    for (size_t i = 0; i < loaded_rows(c, "components"); i++) {
        if (loaded_integer(c, "components", i, "offering") == offering &&
            loaded_integer(c, "components", i, "specification") == specification) {
            return true;
        }
    }
    return false;
}

/* Every characteristic typed must belong to a product of the offering, and every one of its
 * template must have a good value; fixed ones were filled in before. */
static void characteristics_check(struct decision_case *c, size_t line, const struct record *item)
{
    int64_t offering = record_integer(item, "product_offering_id");
    const struct lines *lines = record_value(item, "characteristics")->lines;
    for (size_t row = 0; row < loaded_rows(c, "characteristics"); row++) {
        if (component_of(c, offering, loaded_integer(c, "characteristics", row, "specification"))) {
            value_check(c, line, row,
                        characteristic_value(item, loaded_text(c, "characteristics", row, "name")));
        }
    }
    for (size_t i = 0; lines != NULL && i < lines->count; i++) {
        const char *name = record_text(&lines->lines[i].record, "name");
        bool known = false;
        for (size_t row = 0; row < loaded_rows(c, "characteristics") && !known; row++) {
            known = strcmp(loaded_text(c, "characteristics", row, "name"), name) == 0 &&
                    component_of(c, offering,
                                 loaded_integer(c, "characteristics", row, "specification"));
        }
        if (!known) {
            decision_line_fault(c, "items", line, "characteristics", "order.value_foreign", name,
                                NULL);
        }
    }
}

static bool number_shaped(const char *number)
{
    size_t length = strlen(number);
    return length >= NUMBER_LENGTH_LEAST && strspn(number, "0123456789") == length;
}

static void wish_check(struct decision_case *c, size_t line, const struct record *item)
{
    const char *number = record_text(item, "access_number");
    int64_t offering = record_integer(item, "product_offering_id");
    const struct lines *items = items_of(c->after);
    bool numbered = false;
    if (number[0] == '\0') {
        return;
    }
    for (size_t i = 0; i < loaded_rows(c, "components"); i++) {
        numbered = numbered || (loaded_integer(c, "components", i, "offering") == offering &&
                                !loaded_null(c, "components", i, "number_kind"));
    }
    if (!numbered) {
        decision_line_fault(c, "items", line, "access_number", "order.number_unneeded", NULL);
    } else if (!number_shaped(number)) {
        decision_line_fault(c, "items", line, "access_number", "order.number_shape", NULL);
    }
    for (size_t i = 0; i < loaded_rows(c, "wishes"); i++) {
        if (strcmp(loaded_text(c, "wishes", i, "number"), number) == 0) {
            decision_line_fault(c, "items", line, "access_number", "order.number_taken", number,
                                NULL);
            return;
        }
    }
    for (size_t i = 0; i < line; i++) {
        if (strcmp(record_text(&items->lines[i].record, "access_number"), number) == 0) {
            decision_line_fault(c, "items", line, "access_number", "order.number_twice", number,
                                NULL);
            return;
        }
    }
}

static void item_check(struct decision_case *c, size_t line, const struct record *item)
{
    int64_t offering = record_integer(item, "product_offering_id");
    if (record_integer(item, "action") != ACTION_ADD) {
        decision_line_fault(c, "items", line, "action", "order.action", NULL);
    }
    for (size_t row = 0; row < loaded_rows(c, "offerings"); row++) {
        if (loaded_integer(c, "offerings", row, "id") == offering) {
            saleable_check(c, line, row);
            offering_relations_check(c, line, row);
        }
    }
    limits_check(c, line, offering);
    components_check(c, line, offering);
    plan_check(c, line, item);
    characteristics_check(c, line, item);
    wish_check(c, line, item);
    for (size_t i = 0; i < loaded_rows(c, "in_flight"); i++) {
        if (loaded_integer(c, "in_flight", i, "offering") == offering) {
            decision_warning(c, "items", "order.in_flight",
                             loaded_text(c, "in_flight", i, "number"), NULL);
        }
    }
}

void order_check(struct decision_case *c)
{
    const struct lines *items = items_of(c->after);
    customer_check(c);
    for (size_t i = 0; items != NULL && i < items->count; i++) {
        item_check(c, i, &items->lines[i].record);
    }
    if (items == NULL || items->count == 0) {
        decision_fault(c, "items", "order.no_items", NULL);
    }
}
