/* Nothing in use is withdrawn by mistake. */
#include "server/product/product.h"

static const struct load withdraw_loads[] = {
    {"uses",
     "SELECT (SELECT count(*) FROM (SELECT FROM installed_product i WHERE "
     "i.product_specification_id = $1"
     " AND i.state NOT IN (6, 7, 8) LIMIT 1000) x) AS installed,"
     " (SELECT string_agg(o.name, ', ' ORDER BY o.code) FROM product_offering_component p"
     " JOIN product_offering o ON o.id = p.product_offering_id"
     " WHERE p.product_specification_id = $1 AND o.state <> 6) AS offerings",
     "@id"},
};

/* A product with installed instances, or part of an offering that still stands, stays [13-5]. */
static void product_withdraw(struct decision_case *c)
{
    if (loaded_integer(c, "uses", 0, "installed") > 0) {
        decision_fault(c, "state", "product.installed", loaded_text(c, "uses", 0, "installed"),
                       NULL);
    }
    if (!loaded_null(c, "uses", 0, "offerings")) {
        decision_fault(c, "state", "product.in_offering", loaded_text(c, "uses", 0, "offerings"),
                       NULL);
    }
}

const struct decision product_decisions[] = {
    {"product_withdraw", 1, withdraw_loads, product_withdraw},
};
const size_t product_decision_count = sizeof product_decisions / sizeof *product_decisions;
