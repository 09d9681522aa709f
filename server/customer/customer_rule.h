/* Rules that administrators keep as data, as decisions of customers and accounts use them. */
#ifndef HALLDESK_CUSTOMER_RULE_H
#define HALLDESK_CUSTOMER_RULE_H

#include <stdbool.h>

#include "server/engine/decision.h"
#include "server/expression/expression.h"

/* Loads of customer_certificate_decide(), for forms with certificate_type and certificate_number.
 */
#define CUSTOMER_LOAD_IDENTITY_RULE                                                                \
    {                                                                                              \
        .name = "rule",                                                                            \
        .sql = "SELECT party_kind, coalesce(minimum, 0) AS minimum, coalesce(maximum, 0) AS "      \
               "maximum, "                                                                         \
               "coalesce(pattern, '') AS pattern, method FROM identity_rule "                      \
               "WHERE certificate_type = $1::smallint AND status = 1",                             \
        .parameters = "certificate_type ;certificate_type certificate_number"                      \
    }
/* One row with the code 0 says that no division codes are loaded, so that none can be checked. */
#define CUSTOMER_LOAD_DIVISION                                                                     \
    {                                                                                              \
        .name = "division",                                                                        \
        .sql =                                                                                     \
            "SELECT code, first_year, last_year FROM division_year "                               \
            "WHERE code = CASE WHEN $1::text ~ '^[0-9]{6}' THEN left($1::text, 6)::integer END "   \
            "UNION ALL SELECT 0, 0, 0 WHERE NOT EXISTS (SELECT FROM division_year)",               \
        .parameters = "certificate_number ;certificate_type certificate_number"                    \
    }
/* Load of customer_defaults_apply(). */
#define CUSTOMER_LOAD_DEFAULTS(form_name)                                                          \
    {                                                                                              \
        .name = "defaults",                                                                        \
        .sql = "SELECT field, coalesce(condition, '') AS condition, value FROM default_rule "      \
               "WHERE form = '" form_name "' AND status = 1 ORDER BY priority, id",                \
        .parameters = ""                                                                           \
    }

/* What an expression over a form needs: names are fields, codes are resolved through the case. */
struct customer_names {
    struct decision_case *c;
    const struct form *form;
    const char *alias;      /* SQL alias of the form's table; NULL: never used for sets */
    const char *base_alias; /* of its base table */
};

struct expression_environment customer_environment(struct customer_names *names);

/* Compiles a condition; NULL leaves the fault rule.expression on `field`. */
struct expression *customer_condition(struct decision_case *c,
                                      const struct expression_environment *environment,
                                      const char *text, const char *field);

/* Parses the value of a field as rules write it: members of code lists by name. False if it is no
 * value of that field; references and lines have none. */
bool customer_value_parse(struct decision_case *c, const struct field *field, const char *text,
                          struct value *value);

/* Checks the certificate of c->after by its rule, keeps the number as it is to be kept, and fills
 * or compares birth_date and sex. */
void customer_certificate_decide(struct decision_case *c);

/* Fills empty fields of a record by the rows of the load "defaults" (field, condition, value), the
 * first that holds of each field [10-13]. */
void customer_defaults_apply(struct decision_case *c, struct record *record);

/* Warns of fields worth a look by the rows of the load "associations" (field, ask): what the input
 * changes while it is silent about the other [10-28]. */
void customer_associations_warn(struct decision_case *c);

/* Label of a field in the actor's language. */
const char *customer_label(const struct decision_case *c, const struct field *field);

/* Does the input change this field? */
bool customer_changes(const struct decision_case *c, const char *field);

#endif
