/* The shared forms and records; see the header. */
#include "tests/unit/protocol_fixture.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIELD(field_number, field_name, field_type, ...)                                           \
    {                                                                                              \
        .number = (field_number), .name = (field_name), .type = (field_type),                      \
        .label = {"字段", (field_name)}, .help = {"", ""}, __VA_ARGS__                             \
    }

static struct field customer_fields[] = {
    FIELD(1, "number", VALUE_TEXT, .flags = FIELD_GENERATED, .length = 16, .width = 16),
    FIELD(2, "name", VALUE_TEXT, .flags = FIELD_REQUIRED, .search = SEARCH_PREFIX),
    FIELD(3, "type", VALUE_CODE, .codes = "customer_type"),
    FIELD(4, "class", VALUE_CODE, .codes = "customer_class"),
    FIELD(5, "certificate_type", VALUE_CODE, .codes = "certificate_type"),
    FIELD(6, "certificate_number", VALUE_TEXT, .flags = FIELD_SENSITIVE),
    FIELD(7, "certificate_until", VALUE_DATE, .length = 10),
    FIELD(8, "certificate_address", VALUE_TEXT, .length = 60),
    FIELD(9, "sex", VALUE_CODE, .codes = "sex"),
    FIELD(10, "born", VALUE_DATE, .flags = FIELD_HOLD),
    FIELD(11, "nation", VALUE_CODE, .codes = "nation"),
    FIELD(12, "mobile", VALUE_TEXT, .search = SEARCH_EXACT),
    FIELD(13, "telephone", VALUE_TEXT, .length = 20),
    FIELD(14, "email", VALUE_TEXT, .length = 60),
    FIELD(15, "region", VALUE_REFERENCE, .reference = 20),
    FIELD(16, "address", VALUE_TEXT, .length = 60),
    FIELD(17, "postcode", VALUE_TEXT, .length = 6),
    FIELD(18, "occupation", VALUE_CODE, .codes = "occupation"),
    FIELD(19, "industry", VALUE_CODE, .codes = "industry"),
    FIELD(20, "employer", VALUE_TEXT, .length = 40),
    FIELD(21, "education", VALUE_CODE, .codes = "education"),
    FIELD(22, "language", VALUE_CODE, .codes = "language", .initial = "1"),
    FIELD(23, "credit_limit", VALUE_AMOUNT, .flags = FIELD_READONLY),
    FIELD(24, "points", VALUE_NUMBER, .flags = FIELD_READONLY),
    FIELD(25, "manager", VALUE_REFERENCE, .reference = 31),
    FIELD(26, "hall", VALUE_REFERENCE, .reference = 30),
    FIELD(27, "joined", VALUE_DATE, .initial = "today"),
    FIELD(28, "contact_allowed", VALUE_FLAG, .initial = "1"),
    FIELD(29, "changed_at", VALUE_TIME, .flags = FIELD_READONLY),
    FIELD(30, "state", VALUE_CODE, .codes = "customer_state"),
};

static struct state customer_states[] = {
    {.number = 1, .name = "active", .core = "active", .label = {"在用", "Active"}, .initial = true},
    {.number = 2, .name = "left", .core = "terminated", .label = {"离网", "Left"}, .final = true},
};

static struct verb customer_verbs[] = {
    {.number = VERB_CREATE,
     .name = "create",
     .label = {"新建", "Create"},
     .permission = "customer.create",
     .changing = true},
    {.number = VERB_QUERY, .name = "query", .label = {"查询", "Query"}, .permission = "x.query"},
    {.number = VERB_OWN,
     .name = "leave",
     .label = {"离网", "Leave"},
     .permission = "customer.leave",
     .worker = VERB_LONG,
     .transition = true,
     .confirm = true,
     .reason = true,
     .changing = true,
     .input = "name type",
     .key = '7'},
};

static struct related customer_related[] = {
    {.form_name = "order", .form = 40, .by = "customer", .label = {"订单", "Orders"}},
};

static struct screen_row customer_rows[] = {{"number name"}, {"-"}, {"type class"}};

static struct tab customer_tabs[] = {
    {.label = {"基本", "Basic"}, .row_count = COUNT(customer_rows), .rows = customer_rows},
};

static struct form customer = {
    .number = 10,
    .flags = FORM_VERSIONED | FORM_EXTENDABLE,
    .name = "customer",
    .code = "CU",
    .title = {"客户", "Customer"},
    .help = {"客户资料", "Customer data"},
    .key = "number",
    .caption = "name",
    .template_field = "type",
    .state_field = "state",
    .list = "number name state",
    .criteria = "number name mobile",
    .field_count = COUNT(customer_fields),
    .fields = customer_fields,
    .state_count = COUNT(customer_states),
    .states = customer_states,
    .verb_count = COUNT(customer_verbs),
    .verbs = customer_verbs,
    .related_count = COUNT(customer_related),
    .related = customer_related,
    .tab_count = COUNT(customer_tabs),
    .tabs = customer_tabs,
};

static struct field charge_fields[] = {
    FIELD(1, "item", VALUE_CODE, .codes = "charge_item"),
    FIELD(2, "amount", VALUE_AMOUNT, .flags = FIELD_REQUIRED),
    FIELD(3, "share", VALUE_RATE, .flags = FIELD_VIRTUAL),
};

static struct form charge = {.number = 42,
                             .name = "order_charge",
                             .title = {"费用", "Charge"},
                             .help = {"", ""},
                             .field_count = COUNT(charge_fields),
                             .fields = charge_fields};

static struct field item_fields[] = {
    FIELD(1, "offering", VALUE_REFERENCE, .reference = 50),
    FIELD(2, "quantity", VALUE_NUMBER, .length = 4),
    FIELD(3, "charges", VALUE_LINES, .lines = &charge),
    FIELD(4, "remark", VALUE_TEXT, .flags = FIELD_MEMO),
};

static struct form item = {.number = 41,
                           .name = "order_item",
                           .title = {"订单项", "Order item"},
                           .help = {"", ""},
                           .field_count = COUNT(item_fields),
                           .fields = item_fields};

/* Not in the order of their numbers: coding must not depend on it. */
static struct field order_fields[] = {
    FIELD(9, "remark", VALUE_TEXT, .length = 200),
    FIELD(1, "number", VALUE_TEXT, .flags = FIELD_GENERATED),
    FIELD(1001, "colour", VALUE_TEXT, .flags = FIELD_EXTRA),
    FIELD(2, "customer", VALUE_REFERENCE, .reference = 10),
    FIELD(1000, "weight", VALUE_NUMBER, .flags = FIELD_EXTRA),
    FIELD(5, "items", VALUE_LINES, .lines = &item),
    FIELD(3, "wanted", VALUE_DATE, .templates = 6),
    FIELD(4, "captured", VALUE_TIME, .flags = FIELD_READONLY),
    FIELD(999, "last", VALUE_FLAG, .flags = FIELD_DIMENSION),
};

static struct form order = {.number = 40,
                            .name = "order",
                            .code = "OR",
                            .title = {"订单", "Order"},
                            .help = {"", ""},
                            .key = "number",
                            .field_count = COUNT(order_fields),
                            .fields = order_fields};

const struct form *fixture_customer(void)
{
    if (customer.hash == 0)
        form_seal(&customer);
    return &customer;
}

const struct form *fixture_order(void)
{
    if (order.hash == 0)
        form_seal(&order);
    return &order;
}

struct record *fixture_customer_record(struct arena *arena)
{
    struct record *record = record_create(fixture_customer(), arena);
    record_set_text(record, "number", "C0037284");
    record_set_text(record, "name", "欧阳建国");
    record_set_integer(record, "type", 1);
    record_set_integer(record, "class", 3);
    record_set_integer(record, "certificate_type", 1);
    record_set_text(record, "certificate_number", "41010519680415271X");
    record_set_integer(record, "certificate_until", value_days_from_civil(2036, 4, 14));
    record_set_text(record, "certificate_address", "河南省郑州市金水区经三路68号3号楼1单元502室");
    record_set_integer(record, "sex", 1);
    record_set_integer(record, "born", value_days_from_civil(1968, 4, 15));
    record_set_integer(record, "nation", 1);
    record_set_text(record, "mobile", "13837145926");
    record_set_text(record, "telephone", "0371-65953188");
    record_set_text(record, "email", "ouyang.jianguo@163.com");
    record_set_reference(record, "region", 410105, "410105", "金水区");
    record_set_text(record, "address", "河南省郑州市金水区农业路41号2号楼7层");
    record_set_text(record, "postcode", "450003");
    record_set_integer(record, "occupation", 14);
    record_set_integer(record, "industry", 6510);
    record_set_text(record, "employer", "郑州宏达信息技术有限公司");
    record_set_integer(record, "education", 4);
    record_set_integer(record, "language", 1);
    record_set_integer(record, "credit_limit", 50000);
    record_set_integer(record, "points", 12840);
    record_set_reference(record, "manager", INT64_C(281474976722947), "S01077", "王丽华");
    record_set_reference(record, "hall", INT64_C(281474976710702), "HZ0103", "花园路营业厅");
    record_set_integer(record, "joined", value_days_from_civil(2009, 11, 3));
    record_set_integer(record, "contact_allowed", 1);
    record_set_integer(record, "changed_at", INT64_C(1795253640123456));
    record_set_integer(record, "state", 1);
    return record;
}

struct record *fixture_order_record(struct arena *arena)
{
    struct record *record = record_create(fixture_order(), arena);
    record_set_text(record, "number", "261121-00042");
    record_set_reference(record, "customer", INT64_C(281474976711000), "C0037284", "欧阳建国");
    record_set_integer(record, "wanted", -1);
    record_set_integer(record, "captured", INT64_C(1795253640000000));
    record_set_integer(record, "last", 1);
    record_set_text(record, "colour", "红色\n\tmatt");
    record_value(record, "remark")->presence = VALUE_CLEARED;
    for (int64_t place = 1; place <= 2; place++) {
        struct record *line = record_add_line(record, "items", arena);
        line->id = place;
        line->version = place * 1000;
        record_set_integer(line, "quantity", place * 7);
        record_set_reference(line, "offering", place, "P0001", NULL);
        for (int64_t charged = 0; charged < 2; charged++) {
            struct record *cost = record_add_line(line, "charges", arena);
            record_set_integer(cost, "amount", charged ? INT64_MAX : INT64_MIN);
            record_set_integer(cost, "share", 125000);
        }
    }
    return record;
}
