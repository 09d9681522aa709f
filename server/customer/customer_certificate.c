/* Certificates by the rules that administrators keep, and what their numbers tell [10-11, 10-12].
 */
#include <string.h>

#include "server/customer/customer_rule.h"
#include "server/party/identity.h"

enum { DIVISION_LIMIT = 16 };

static size_t divisions_take(struct decision_case *c, struct region_year *list)
{
    size_t count = 0;
    for (size_t row = 0; row < loaded_rows(c, "division") && count < DIVISION_LIMIT; row++) {
        uint32_t code = (uint32_t)loaded_integer(c, "division", row, "code");
        if (code == 0)
            return 0;
        list[count++] = (struct region_year){
            .code = code,
            .first_year = (uint16_t)loaded_integer(c, "division", row, "first_year"),
            .last_year = (uint16_t)loaded_integer(c, "division", row, "last_year"),
        };
    }
    /* The table is filled but does not hold this code: an entry that fits nothing makes the check
     * say so. */
    if (count == 0)
        list[count++] = (struct region_year){.code = 1};
    return count;
}

static void identity_faults_say(struct decision_case *c, const struct identity_rule *rule,
                                const struct identity_finding *finding)
{
    for (size_t i = 0; i < finding->fault_count; i++) {
        const struct identity_fault *fault = &finding->faults[i];
        if (fault->warning)
            decision_warning(c, "certificate_number", fault->name, NULL);
        else if (strcmp(fault->name, "identity.length") == 0 && rule->minimum == rule->maximum)
            decision_fault(c, "certificate_number", fault->name, decision_number(c, rule->minimum),
                           NULL);
        else if (strcmp(fault->name, "identity.length") == 0)
            decision_fault(c, "certificate_number", fault->name,
                           arena_format(c->arena, "%u - %u", rule->minimum, rule->maximum), NULL);
        else
            decision_fault(c, "certificate_number", fault->name, NULL);
    }
}

/* Birth date and sex are taken from the number; what was typed otherwise is asked about. */
static void person_derive(struct decision_case *c, const struct identity_finding *finding)
{
    if (finding->has_birth_date) {
        if (!record_has(c->after, "birth_date"))
            record_set_integer(c->after, "birth_date", finding->birth_date);
        else if (record_integer(c->after, "birth_date") != finding->birth_date)
            decision_warning(c, "birth_date", "customer.birth_date_differs", NULL);
    }
    if (finding->sex != IDENTITY_SEX_UNKNOWN) {
        int64_t sex = c->code_number(c->context, "party_sex",
                                     finding->sex == IDENTITY_SEX_MALE ? "male" : "female");
        if (!record_has(c->after, "sex") && sex != 0)
            record_set_integer(c->after, "sex", sex);
        else if (sex != 0 && record_integer(c->after, "sex") != sex)
            decision_warning(c, "sex", "customer.sex_differs", NULL);
    }
}

void customer_certificate_decide(struct decision_case *c)
{
    struct region_year divisions[DIVISION_LIMIT];
    struct identity_finding finding;
    if (!record_has(c->after, "certificate_number") || loaded_rows(c, "rule") == 0)
        return;
    int64_t kind = loaded_integer(c, "rule", 0, "party_kind");
    if (kind != 0 && kind != record_integer(c->after, "party_kind")) {
        decision_fault(c, "certificate_type", "customer.certificate_kind", NULL);
        return;
    }
    struct identity_rule rule = {
        .minimum = (uint8_t)loaded_integer(c, "rule", 0, "minimum"),
        .maximum = (uint8_t)loaded_integer(c, "rule", 0, "maximum"),
        .pattern = loaded_text(c, "rule", 0, "pattern"),
        .check =
            c->code_name(c->context, "identity_method", loaded_integer(c, "rule", 0, "method")),
    };
    struct region_years regions = {.list = divisions, .count = divisions_take(c, divisions)};
    bool good = identity_check(&rule, record_text(c->after, "certificate_number"), &regions,
                               c->today, &finding);
    identity_faults_say(c, &rule, &finding);
    if (!good)
        return;
    record_set_text(c->after, "certificate_number", arena_string(c->arena, finding.number));
    person_derive(c, &finding);
}
