/* Opening and changing a customer: certificate, classification, defaults, manager, duplicates; and
 * leaving. */
#include <stdlib.h>
#include <string.h>

#include "server/customer/customer.h"
#include "server/customer/customer_rule.h"
#include "server/party/duplicate.h"

enum { DUPLICATE_SCORE = 500, DUPLICATES_SHOWN = 5 };

#define LOAD_TYPE                                                                                  \
    {                                                                                              \
        .name = "type",                                                                            \
        .sql = "SELECT number, coalesce(parent, 0) AS parent, "                                    \
               "coalesce(code_attribute(attributes, 'class'), '') "                                \
               "AS class FROM code WHERE list = 'customer_type' AND number IN ($1::integer, "      \
               "$2::integer)",                                                                     \
        .parameters = "customer_type customer_subtype ;class customer_type customer_subtype"       \
    }
#define LOAD_CLASS                                                                                 \
    {                                                                                              \
        .name = "class",                                                                           \
        .sql = "SELECT number, coalesce(parent, 0) AS parent FROM code WHERE list = "              \
               "'customer_class'",                                                                 \
        .parameters = ";class customer_type customer_subtype"                                      \
    }
/* By what the change says: whoever shares only the rest was pointed out when that was written. */
#define LOAD_ALIKE                                                                                 \
    {                                                                                              \
        .name = "alike",                                                                           \
        .sql = "SELECT * FROM customer_alike(coalesce($1::bigint, 0), $2, $3, $4, $5)",            \
        .parameters = "@id =certificate_number =contact_telephone =mobile =name "                  \
                      ";certificate_type certificate_number contact_telephone mobile name"         \
    }

static const struct load create_loads[] = {
    CUSTOMER_LOAD_IDENTITY_RULE,
    CUSTOMER_LOAD_DIVISION,
    LOAD_TYPE,
    LOAD_CLASS,
    CUSTOMER_LOAD_DEFAULTS("customer"),
    {.name = "managers",
     .sql = "SELECT r.manager_id, s.number, p.name, coalesce(r.class, 0) AS class, "
            "coalesce(r.customer_type, 0) AS customer_type "
            "FROM manager_rule r JOIN staff s ON s.id = r.manager_id AND s.status = 1 JOIN party p "
            "ON p.id = s.id "
            "WHERE r.status = 1 AND (r.place_id IS NULL OR r.place_id IN ($1::bigint, $2::bigint, "
            "$3::bigint)) "
            "ORDER BY array_position(ARRAY[$1::bigint, $2::bigint, $3::bigint], r.place_id), "
            "(r.class IS NULL)::int + (r.customer_type IS NULL)::int, r.priority, r.id LIMIT 200",
     .parameters = "@hall @area @network"},
    LOAD_ALIKE,
};

static const struct load change_loads[] = {
    {.name = "verification",
     .sql = "SELECT customer_verification_missing($1::bigint, 'customer.change') AS level",
     .parameters = "@id"},
    CUSTOMER_LOAD_IDENTITY_RULE,
    CUSTOMER_LOAD_DIVISION,
    LOAD_TYPE,
    LOAD_CLASS,
    LOAD_ALIKE,
    {.name = "associations",
     .sql = "SELECT field, ask FROM association_rule WHERE form = 'customer' AND status = 1 ORDER "
            "BY id",
     .parameters = ""},
};

static const struct load leave_loads[] = {
    {.name = "accounts",
     .sql = "SELECT count(*) AS open FROM account WHERE customer_id = $1::bigint AND status <> 3",
     .parameters = "@id"},
};

/* --- Classification [10-14, 10-16] --- */

static int64_t class_above(struct decision_case *c, int64_t class)
{
    for (size_t row = 0; row < loaded_rows(c, "class"); row++)
        if (loaded_integer(c, "class", row, "number") == class)
            return loaded_integer(c, "class", row, "parent");
    return 0;
}

/* Is `class` the class `wanted` or below it? Depth is limited in case a list was made a circle. */
static bool class_within(struct decision_case *c, int64_t class, int64_t wanted)
{
    for (int depth = 0; class != 0 && depth < 8; depth++) {
        if (class == wanted)
            return true;
        class = class_above(c, class);
    }
    return false;
}

static void classification_decide(struct decision_case *c)
{
    int64_t class = record_integer(c->after, "class");
    int64_t type = record_integer(c->after, "customer_type");
    int64_t subtype = record_integer(c->after, "customer_subtype");
    int64_t enterprise = c->code_number(c->context, "customer_class", "enterprise");
    if (enterprise != 0 && class_within(c, class, enterprise) &&
        record_integer(c->after, "party_kind") !=
            c->code_number(c->context, "party_kind", "company"))
        decision_fault(c, "class", "customer.class_kind", NULL);
    for (size_t row = 0; row < loaded_rows(c, "type"); row++) {
        int64_t number = loaded_integer(c, "type", row, "number");
        int64_t parent = loaded_integer(c, "type", row, "parent");
        const char *of = loaded_text(c, "type", row, "class");
        if (number == type &&
            (parent != 0 ||
             (*of != '\0' &&
              !class_within(c, class, c->code_number(c->context, "customer_class", of)))))
            decision_fault(c, "customer_type", "customer.class_type", NULL);
        if (number == subtype && (parent == 0 || parent != type))
            decision_fault(c, "customer_subtype", "customer.subtype", NULL);
    }
}

/* --- Manager [10-23] --- */

static void manager_decide(struct decision_case *c)
{
    if (record_has(c->after, "manager_id"))
        return;
    int64_t class = record_integer(c->after, "class");
    int64_t type = record_integer(c->after, "customer_type");
    for (size_t row = 0; row < loaded_rows(c, "managers"); row++) {
        int64_t of_class = loaded_integer(c, "managers", row, "class");
        int64_t of_type = loaded_integer(c, "managers", row, "customer_type");
        if ((of_class != 0 && !class_within(c, class, of_class)) ||
            (of_type != 0 && of_type != type))
            continue;
        record_set_reference(
            c->after, "manager_id", loaded_integer(c, "managers", row, "manager_id"),
            loaded_text(c, "managers", row, "number"), loaded_text(c, "managers", row, "name"));
        return;
    }
}

/* --- Duplicates --- */

struct party_view {
    struct duplicate_party party;
    struct duplicate_certificate certificate;
    const char *telephones[2];
};

static void telephones_set(struct party_view *view, const char *one, const char *other)
{
    view->telephones[0] = one;
    view->telephones[1] = other;
    view->party.telephones = view->telephones;
    view->party.telephone_count = 2;
}

static void typed_view(struct decision_case *c, struct party_view *view)
{
    view->certificate = (struct duplicate_certificate){
        .type = decision_number(c, record_integer(c->after, "certificate_type")),
        .number = record_text(c->after, "certificate_number")};
    view->party = (struct duplicate_party){
        .name = record_text(c->after, "name"),
        .certificates = &view->certificate,
        .certificate_count = record_has(c->after, "certificate_number"),
        .address = record_text(c->after, "address"),
        .mail = record_text(c->after, "email"),
        .has_birth_date = record_has(c->after, "birth_date"),
        .birth_date = record_integer(c->after, "birth_date"),
    };
    telephones_set(view, record_text(c->after, "contact_telephone"),
                   record_text(c->after, "mobile"));
}

static void known_view(struct decision_case *c, size_t row, struct party_view *view)
{
    view->certificate = (struct duplicate_certificate){
        .type = loaded_text(c, "alike", row, "certificate_type"),
        .number = loaded_text(c, "alike", row, "certificate_number")};
    view->party = (struct duplicate_party){
        .name = loaded_text(c, "alike", row, "name"),
        .certificates = &view->certificate,
        .certificate_count = !loaded_null(c, "alike", row, "certificate_number"),
        .address = loaded_text(c, "alike", row, "address"),
        .mail = loaded_text(c, "alike", row, "email"),
        .has_birth_date = !loaded_null(c, "alike", row, "birth_date"),
        .birth_date = loaded_date(c, "alike", row, "birth_date"),
    };
    telephones_set(view, loaded_text(c, "alike", row, "contact_telephone"),
                   loaded_text(c, "alike", row, "mobile"));
}

static bool certificate_same(const struct party_view *one, const struct party_view *other)
{
    return one->party.certificate_count > 0 && other->party.certificate_count > 0 &&
           strcmp(one->certificate.type, other->certificate.type) == 0 &&
           strcmp(one->certificate.number, other->certificate.number) == 0;
}

static void duplicates_decide(struct decision_case *c)
{
    const char *setting = c->setting(c->context, "customer.duplicate_score");
    long least = *setting != '\0' ? strtol(setting, NULL, 10) : DUPLICATE_SCORE;
    struct party_view typed;
    size_t shown = 0;
    typed_view(c, &typed);
    for (size_t row = 0; row < loaded_rows(c, "alike"); row++) {
        struct party_view known;
        struct duplicate_finding finding;
        const char *code = loaded_text(c, "alike", row, "code");
        const char *name = loaded_text(c, "alike", row, "name");
        known_view(c, row, &known);
        if (certificate_same(&typed, &known)) {
            decision_fault(c, "certificate_number", "customer.certificate_taken", code, name, NULL);
            continue;
        }
        duplicate_compare(&typed.party, &known.party, &duplicate_weights_usual, &finding);
        if (finding.score >= least && shown < DUPLICATES_SHOWN) {
            decision_warning(c, "name", "customer.likely_duplicate", code, name,
                             decision_number(c, finding.score), NULL);
            shown++;
        }
    }
}

/* --- The decisions --- */

static void customer_create(struct decision_case *c)
{
    customer_certificate_decide(c);
    customer_defaults_apply(c, c->after);
    classification_decide(c);
    manager_decide(c);
    duplicates_decide(c);
}

/* The template stands in the record, which the input need not repeat [10-8, 10-9]. */
static void template_decide(struct decision_case *c)
{
    int64_t kind = record_integer(c->before, "party_kind");
    for (size_t i = 0; i < c->form->field_count; i++)
        if (c->input->values[i].presence == VALUE_PRESENT &&
            !field_applies(&c->form->fields[i], kind))
            decision_fault(c, c->form->fields[i].name, "not_of_template", NULL);
}

static void customer_change(struct decision_case *c)
{
    template_decide(c);
    int64_t level = loaded_integer(c, "verification", 0, "level");
    if (level > 0)
        decision_fault(c, NULL, "customer.verification_needed", decision_number(c, level), NULL);
    bool certificate =
        customer_changes(c, "certificate_type") || customer_changes(c, "certificate_number");
    if (certificate)
        customer_certificate_decide(c);
    if (customer_changes(c, "class") || customer_changes(c, "customer_type") ||
        customer_changes(c, "customer_subtype"))
        classification_decide(c);
    if (certificate || customer_changes(c, "name") || customer_changes(c, "mobile") ||
        customer_changes(c, "contact_telephone"))
        duplicates_decide(c);
    customer_associations_warn(c);
}

static void customer_leave(struct decision_case *c)
{
    if (loaded_integer(c, "accounts", 0, "open") > 0)
        decision_fault(c, NULL, "customer.accounts_in_use", loaded_text(c, "accounts", 0, "open"),
                       NULL);
}

const struct decision customer_entry_decisions[] = {
    {.name = "customer_create",
     .load_count = sizeof create_loads / sizeof *create_loads,
     .loads = create_loads,
     .decide = customer_create},
    {.name = "customer_change",
     .load_count = sizeof change_loads / sizeof *change_loads,
     .loads = change_loads,
     .decide = customer_change},
    {.name = "customer_leave",
     .load_count = sizeof leave_loads / sizeof *leave_loads,
     .loads = leave_loads,
     .decide = customer_leave},
};
const size_t customer_entry_decision_count =
    sizeof customer_entry_decisions / sizeof *customer_entry_decisions;
