/* Accounts: opened with data of the customer and of another account, changed, suspended, ended;
 * the default account; what billing is told [10-34 … 10-44]. */
#include "server/account/account.h"

#include "server/customer/customer_rule.h"

enum { CUSTOMER_LEFT = 3, ACCOUNT_INVALID = 3 };

static const struct load create_loads[] = {
    {.name = "customer",
     .sql = "SELECT c.status, c.default_account_id, p.name, p.contact_telephone, p.mobile, "
            "p.contact_address, "
            "p.address, p.postcode, p.email FROM customer c JOIN party p ON p.id = c.id "
            "WHERE c.id = $1::bigint FOR UPDATE OF c",
     .parameters = "customer_id"},
    {.name = "others",
     .sql = "SELECT a.billing_cycle FROM account a JOIN customer c ON c.id = a.customer_id "
            "WHERE a.customer_id = $1::bigint AND a.status <> 3 "
            "ORDER BY a.id = c.default_account_id DESC, a.id LIMIT 1",
     .parameters = "customer_id"},
    {.name = "source",
     .sql = "SELECT customer_id, billing_cycle, payment_mode, bill_format, contact_person, "
            "contact_telephone, "
            "bill_address, postcode, email, invoice_title FROM account WHERE id = $1::bigint",
     .parameters = "copy_from_id"},
    {.name = "bill_items",
     .sql = "SELECT position, item, content FROM account_bill_item WHERE account_id = $1::bigint "
            "ORDER BY position, id",
     .parameters = "copy_from_id"},
    {.name = "deliveries",
     .sql = "SELECT way, cycle, address, postcode, recipient FROM account_delivery WHERE "
            "account_id = $1::bigint ORDER BY id",
     .parameters = "copy_from_id"},
    {.name = "payments",
     .sql = "SELECT priority, method, bank, branch, number, holder, agreement, expires_on FROM "
            "account_payment "
            "WHERE account_id = $1::bigint ORDER BY priority, id",
     .parameters = "copy_from_id"},
    CUSTOMER_LOAD_DEFAULTS("account"),
    ACCOUNT_LOAD_PAYMENT_RULES,
};

static const struct load change_loads[] = {
    {.name = "verification",
     .sql = "SELECT customer_verification_missing((SELECT customer_id FROM account WHERE id = "
            "$1::bigint), "
            "'account.change') AS level",
     .parameters = "@id"},
    {.name = "associations",
     .sql = "SELECT field, ask FROM association_rule WHERE form = 'account' AND status = 1 ORDER "
            "BY id",
     .parameters = ""},
    ACCOUNT_LOAD_PAYMENT_RULES,
};

static const struct load state_loads[] = {
    {.name = "customer",
     .sql = "SELECT id, default_account_id, (SELECT count(*) FROM account o WHERE o.customer_id = "
            "c.id "
            "AND o.id <> $1::bigint AND o.status <> 3) AS others "
            "FROM customer c WHERE c.id = (SELECT customer_id FROM account WHERE id = $1::bigint) "
            "FOR UPDATE OF c",
     .parameters = "@id"},
};

/* --- Inheritance [10-36, 10-37, 10-39] --- */

/* A value of the load's text; empty texts and NULL leave the field alone. */
static void value_take(struct decision_case *c, struct record *record, const char *field_name,
                       const char *load, size_t row, const char *column)
{
    const struct field *field = form_field(record->form, field_name);
    struct value *value = &record->values[field->index];
    const char *text = loaded_text(c, load, row, column);
    if (value->presence == VALUE_PRESENT || *text == '\0')
        return;
    if (field->type == VALUE_CODE)
        record_set_integer(record, field_name, loaded_integer(c, load, row, column));
    else
        value_parse(field->type, text, c->arena, value);
}

static void customer_inherit(struct decision_case *c)
{
    static const struct {
        const char *field;
        const char *column;
    } taken[] = {
        {"name", "name"},
        {"contact_person", "name"},
        {"contact_telephone", "contact_telephone"},
        {"contact_telephone", "mobile"},
        {"bill_address", "contact_address"},
        {"bill_address", "address"},
        {"postcode", "postcode"},
        {"email", "email"},
        {"invoice_title", "name"},
    };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        value_take(c, c->after, taken[i].field, "customer", 0, taken[i].column);
}

/* Lines of the other account where the input gives none of that kind. */
static void lines_inherit(struct decision_case *c, const char *lines)
{
    const struct field *field = form_field(c->form, lines);
    if (c->after->values[field->index].presence == VALUE_PRESENT)
        return;
    for (size_t row = 0; row < loaded_rows(c, lines); row++) {
        struct record *line = record_add_line(c->after, lines, c->arena);
        for (size_t i = 0; i < field->lines->field_count; i++)
            value_take(c, line, field->lines->fields[i].name, lines, row,
                       field->lines->fields[i].name);
    }
}

static void source_inherit(struct decision_case *c)
{
    static const char *const taken[] = {
        "billing_cycle", "payment_mode", "bill_format", "contact_person", "contact_telephone",
        "bill_address",  "postcode",     "email",       "invoice_title"};
    if (!record_has(c->after, "copy_from_id"))
        return;
    if (loaded_rows(c, "source") == 0 ||
        loaded_integer(c, "source", 0, "customer_id") != record_integer(c->after, "customer_id")) {
        decision_fault(c, "copy_from_id", "account.source_other", NULL);
        return;
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        value_take(c, c->after, taken[i], "source", 0, taken[i]);
    lines_inherit(c, "payments");
    lines_inherit(c, "deliveries");
    lines_inherit(c, "bill_items");
}

/* The cycle of the customer's other account, then the one that the settings name [10-39]. */
static void cycle_decide(struct decision_case *c)
{
    if (loaded_rows(c, "others") > 0)
        value_take(c, c->after, "billing_cycle", "others", 0, "billing_cycle");
    if (!record_has(c->after, "billing_cycle")) {
        int64_t cycle = c->code_number(c->context, "billing_cycle",
                                       c->setting(c->context, "account.billing_cycle"));
        record_set_integer(c->after, "billing_cycle",
                           cycle != 0 ? cycle
                                      : c->code_number(c->context, "billing_cycle", "month_1"));
    }
}

/* --- The decisions --- */

/* The new account's id is not known here: it is the row that this transaction made. */
static void account_create(struct decision_case *c)
{
    if (loaded_rows(c, "customer") == 0)
        return; /* an unknown customer has been said */
    if (loaded_integer(c, "customer", 0, "status") == CUSTOMER_LEFT) {
        decision_fault(c, "customer_id", "account.customer_left", NULL);
        return;
    }
    source_inherit(c);
    customer_defaults_apply(c, c->after);
    cycle_decide(c);
    customer_inherit(c);
    if (!record_has(c->after, "payment_mode"))
        record_set_integer(c->after, "payment_mode",
                           c->code_number(c->context, "payment_mode", "postpaid"));
    if (!record_has(c->after, "bill_format"))
        record_set_integer(c->after, "bill_format",
                           c->code_number(c->context, "bill_format", "standard"));
    account_payments_check(c, c->after);
    const char *customer = decision_number(c, record_integer(c->after, "customer_id"));
    if (loaded_null(c, "customer", 0, "default_account_id"))
        effect_statement(
            c,
            "UPDATE customer SET version = version + 1, default_account_id = (SELECT a.id FROM "
            "account a "
            "WHERE a.customer_id = $1::bigint AND a.xmin = pg_current_xact_id()::xid LIMIT 1) "
            "WHERE id = $1::bigint AND default_account_id IS NULL",
            -1, 1, customer);
    effect_statement(c,
                     "SELECT account_billing_put(a.id, 'account.opened') FROM account a "
                     "WHERE a.customer_id = $1::bigint AND a.xmin = pg_current_xact_id()::xid",
                     -1, 1, customer);
}

static const struct record *line_find(const struct lines *lines, int64_t id)
{
    for (size_t i = 0; lines != NULL && i < lines->count; i++)
        if (lines->lines[i].record.id == id)
            return &lines->lines[i].record;
    return NULL;
}

/* Faults name lines as the caller sent them; what a changed line does not say stands in `after`. */
static void payments_said_check(struct decision_case *c)
{
    const struct lines *said = record_value(c->input, "payments")->lines;
    for (size_t i = 0; said != NULL && i < said->count; i++) {
        const struct line *line = &said->lines[i];
        const struct record *whole = &line->record;
        if (line->action == LINE_CHANGE)
            whole = line_find(record_value(c->after, "payments")->lines, line->record.id);
        if (line->action != LINE_REMOVE && line->action != LINE_KEEP && whole != NULL)
            account_payment_check(c, whole, i);
    }
}

static void account_change(struct decision_case *c)
{
    int64_t level = loaded_integer(c, "verification", 0, "level");
    if (level > 0)
        decision_fault(c, NULL, "customer.verification_needed", decision_number(c, level), NULL);
    if (record_integer(c->before, "status") == ACCOUNT_INVALID)
        decision_fault(c, "status", "account.invalid", NULL);
    payments_said_check(c);
    customer_associations_warn(c);
    effect_statement(c, "SELECT account_billing_put($1::bigint, 'account.changed')", -1, 1,
                     decision_number(c, c->before->id));
}

/* A customer with other accounts in use never has an invalid one as the default [10-38, 10-44]. */
static void account_state(struct decision_case *c)
{
    if (record_integer(c->after, "status") == ACCOUNT_INVALID && loaded_rows(c, "customer") > 0 &&
        loaded_integer(c, "customer", 0, "default_account_id") == c->before->id) {
        if (loaded_integer(c, "customer", 0, "others") > 0) {
            decision_fault(c, "status", "account.is_default", NULL);
            return;
        }
        struct record *customer =
            effect_change(c, "customer", loaded_integer(c, "customer", 0, "id"), 0);
        record_value(customer, "default_account_id")->presence = VALUE_CLEARED;
    }
    effect_statement(c, "SELECT account_billing_put($1::bigint, 'account.state')", -1, 1,
                     decision_number(c, c->before->id));
}

static void account_make_default(struct decision_case *c)
{
    if (record_integer(c->before, "status") == ACCOUNT_INVALID) {
        decision_fault(c, "status", "account.invalid", NULL);
        return;
    }
    struct record *customer =
        effect_change(c, "customer", record_integer(c->before, "customer_id"), 0);
    record_set_reference(customer, "default_account_id", c->before->id,
                         record_text(c->before, "code"), record_text(c->before, "name"));
}

const struct decision account_decisions[] = {
    {.name = "account_create",
     .load_count = sizeof create_loads / sizeof *create_loads,
     .loads = create_loads,
     .decide = account_create},
    {.name = "account_change",
     .load_count = sizeof change_loads / sizeof *change_loads,
     .loads = change_loads,
     .decide = account_change},
    {.name = "account_state",
     .load_count = sizeof state_loads / sizeof *state_loads,
     .loads = state_loads,
     .decide = account_state},
    {.name = "account_make_default", .decide = account_make_default},
};
const size_t account_decision_count = sizeof account_decisions / sizeof *account_decisions;
