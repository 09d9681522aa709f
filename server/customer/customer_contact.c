/* Contacts: which customers they speak for, who is asked first, and the contact who becomes a
 * customer himself [10-19 … 10-22]. */
#include "server/customer/customer.h"
#include "server/customer/customer_rule.h"

enum { CONTACT_IN_USE = 1 };

static const struct load save_loads[] = {
    {.name = "contact",
     .sql = "SELECT status FROM contact WHERE id = $1::bigint",
     .parameters = "contact_id"},
};

static const struct load become_loads[] = {
    CUSTOMER_LOAD_IDENTITY_RULE,
    CUSTOMER_LOAD_DIVISION,
    CUSTOMER_LOAD_DEFAULTS("customer"),
    {.name = "customer",
     .sql = "SELECT c.code FROM customer c WHERE c.id = $1::bigint",
     .parameters = "@id"},
    {.name = "taken",
     .sql = "SELECT code, name FROM customer_alike($1::bigint, $2, NULL, NULL, NULL) LIMIT 1",
     .parameters = "@id certificate_number"},
    {.name = "links",
     .sql = "SELECT DISTINCT l.customer_id, c.code, p.name FROM customer_contact l "
            "JOIN customer c ON c.id = l.customer_id JOIN party p ON p.id = c.id "
            "WHERE l.contact_id = $1::bigint AND l.status = 1 ORDER BY c.code",
     .parameters = "@id"},
};

/* One contact is preferred: naming another takes it from the one before [10-21]. */
static void customer_contact_save(struct decision_case *c)
{
    if (loaded_rows(c, "contact") > 0 &&
        loaded_integer(c, "contact", 0, "status") != CONTACT_IN_USE)
        decision_fault(c, "contact_id", "contact.withdrawn", NULL);
    if (record_integer(c->after, "preferred") != 0)
        effect_statement(c,
                         "UPDATE customer_contact SET preferred = false, version = version + 1 "
                         "WHERE customer_id = $1::bigint AND preferred AND status = 1 "
                         "AND (contact_id, contact_type) <> ($2::bigint, $3::smallint)",
                         -1, 3, decision_number(c, record_integer(c->after, "customer_id")),
                         decision_number(c, record_integer(c->after, "contact_id")),
                         decision_number(c, record_integer(c->after, "contact_type")));
}

static void relation_add(struct decision_case *c, size_t row)
{
    struct record *relation = effect_create(c, "customer_relation");
    record_set_reference(relation, "customer_id", loaded_integer(c, "links", row, "customer_id"),
                         loaded_text(c, "links", row, "code"),
                         loaded_text(c, "links", row, "name"));
    record_set_reference(relation, "other_id", c->before->id, "", NULL);
    record_set_integer(relation, "relation_type",
                       c->code_number(c->context, "relation_type", "contact_person"));
    record_set_integer(relation, "relation_kind",
                       c->code_number(c->context, "relation_type", "loose"));
    record_set_integer(relation, "direction",
                       c->code_number(c->context, "relation_direction", "none"));
}

/* The party stays the same and takes on a second role; what it did for customers becomes relations
 * between customers, and the contact goes on being one [10-22]. */
static void contact_become_customer(struct decision_case *c)
{
    static const char *const carried[] = {"name", "certificate_type", "certificate_number",
                                          "sex",  "birth_date",       "party_kind"};
    if (loaded_rows(c, "customer") > 0) {
        decision_fault(c, NULL, "contact.is_customer", loaded_text(c, "customer", 0, "code"), NULL);
        return;
    }
    if (!record_has(c->after, "certificate_type"))
        decision_fault(c, "certificate_type", "required", NULL);
    if (!record_has(c->after, "certificate_number"))
        decision_fault(c, "certificate_number", "required", NULL);
    customer_certificate_decide(c);
    if (loaded_rows(c, "taken") > 0)
        decision_fault(c, "certificate_number", "customer.certificate_taken",
                       loaded_text(c, "taken", 0, "code"), loaded_text(c, "taken", 0, "name"),
                       NULL);
    if (faults_any(c->faults))
        return;
    struct record *customer = effect_create_role(c, "customer", c->before->id);
    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++)
        *record_value(customer, carried[i]) = *record_value(c->after, carried[i]);
    customer_defaults_apply(c, customer);
    for (size_t row = 0; row < loaded_rows(c, "links"); row++)
        relation_add(c, row);
    record_set_reference(c->after, "customer_id", c->before->id, "", NULL);
}

const struct decision customer_contact_decisions[] = {
    {.name = "customer_contact_save",
     .load_count = sizeof save_loads / sizeof *save_loads,
     .loads = save_loads,
     .decide = customer_contact_save},
    {.name = "contact_become_customer",
     .load_count = sizeof become_loads / sizeof *become_loads,
     .loads = become_loads,
     .decide = contact_become_customer},
};
const size_t customer_contact_decision_count =
    sizeof customer_contact_decisions / sizeof *customer_contact_decisions;
