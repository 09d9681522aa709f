/* Relations between customers: what may be tied, and the view of them from one customer, drawn as
 * a tree or as a network [10-45 … 10-49]. */
#include <string.h>

#include "server/customer/customer.h"

enum {
    KIND_HIERARCHY = 1, /* roots of the code list relation_type */
    KIND_LIABILITY = 2,
    DIRECTION_NONE = 1,
    DIRECTION_ONE_WAY = 2,
    DIRECTION_BOTH_WAYS = 3,
    TREE_DEPTH = 32,
};

/* The lock comes first: two changes of relations never look past each other. */
static const struct load save_loads[] = {
    {.name = "lock",
     .sql = "SELECT pg_advisory_xact_lock(hashtextextended('customer_relation', 0))",
     .parameters = ""},
    {.name = "kind",
     .sql = "WITH RECURSIVE up (number, parent) AS ("
            "SELECT number, parent FROM code WHERE list = 'relation_type' AND number = $1::integer "
            "UNION SELECT k.number, k.parent FROM up JOIN code k ON k.list = 'relation_type' AND "
            "k.number = up.parent"
            ") SELECT number FROM up WHERE parent IS NULL",
     .parameters = "relation_type"},
    {.name = "loop",
     .sql = "SELECT customer_is_below($1::bigint, $2::bigint) AS closes",
     .parameters = "other_id customer_id"},
    {.name = "superior",
     .sql = "SELECT c.code FROM customer_relation r JOIN customer c ON c.id = r.customer_id "
            "WHERE r.other_id = $1::bigint AND r.relation_kind = 1 AND r.status = 1 AND r.id <> "
            "coalesce($2::bigint, 0)",
     .parameters = "other_id @id"},
    {.name = "twice",
     .sql = "SELECT id FROM customer_relation WHERE status = 1 AND relation_type = $3::smallint "
            "AND id <> coalesce($4::bigint, 0) AND ((customer_id = $1::bigint AND other_id = "
            "$2::bigint) "
            "OR (customer_id = $2::bigint AND other_id = $1::bigint AND direction <> 2))",
     .parameters = "customer_id other_id relation_type @id"},
};

static void direction_decide(struct decision_case *c, int64_t kind)
{
    bool bound = kind == KIND_HIERARCHY || kind == KIND_LIABILITY;
    if (!record_has(c->after, "direction")) {
        record_set_integer(c->after, "direction", bound ? DIRECTION_ONE_WAY : DIRECTION_NONE);
        return;
    }
    int64_t direction = record_integer(c->after, "direction");
    if ((kind == KIND_HIERARCHY && direction != DIRECTION_ONE_WAY) ||
        (kind == KIND_LIABILITY && direction == DIRECTION_NONE))
        decision_fault(c, "direction", "relation.direction", NULL);
}

static void customer_relation_save(struct decision_case *c)
{
    int64_t kind = loaded_rows(c, "kind") > 0 ? loaded_integer(c, "kind", 0, "number") : 0;
    if (record_integer(c->after, "customer_id") == record_integer(c->after, "other_id")) {
        decision_fault(c, "other_id", "relation.self", NULL);
        return;
    }
    if (kind == 0)
        return; /* the type is unknown, which has been said */
    record_set_integer(c->after, "relation_kind", kind);
    direction_decide(c, kind);
    if (loaded_rows(c, "twice") > 0)
        decision_fault(c, "other_id", "relation.twice", NULL);
    else if (kind == KIND_HIERARCHY && loaded_flag(c, "loop", 0, "closes"))
        decision_fault(c, "other_id", "relation.loop", NULL);
    else if (kind == KIND_HIERARCHY && loaded_rows(c, "superior") > 0)
        decision_fault(c, "other_id", "relation.superior", loaded_text(c, "superior", 0, "code"),
                       NULL);
}

/* --- The view --- */

/* Of the two drawings only the wanted one is read: the other starts from no customer. */
static const struct load view_loads[] = {
    {.name = "tree",
     .sql = "SELECT depth, code, name, coalesce(relation_type, 0) AS relation_type, "
            "array_to_string(ARRAY(SELECT CASE WHEN l THEN '1' ELSE '0' END FROM unnest(last) l), "
            "'') AS last, "
            "(SELECT k.code FROM customer k WHERE k.id = $1::bigint) AS asked "
            "FROM customer_relation_tree_rows(CASE WHEN $3::smallint IS DISTINCT FROM 2 THEN "
            "$1::bigint END, "
            "least(coalesce($2::integer, 8), 32))",
     .parameters = "customer_id depth drawing"},
    {.name = "network",
     .sql = "SELECT depth, relation_kind, relation_type, direction, from_code, from_name, to_code, "
            "to_name "
            "FROM customer_relation_net_rows(CASE WHEN $3::smallint = 2 THEN $1::bigint END, "
            "least(coalesce($2::integer, 8), 32), coalesce($4::smallint, 0::smallint))",
     .parameters = "customer_id depth drawing relation_kind"},
};

/* "|   +-- C0002 name": a column for each level above, closed where that level has no more. */
static const char *tree_picture(struct decision_case *c, size_t row)
{
    const char *last = loaded_text(c, "tree", row, "last");
    size_t depth = strlen(last);
    char lead[TREE_DEPTH * 4 + 1] = "";
    bool asked =
        strcmp(loaded_text(c, "tree", row, "code"), loaded_text(c, "tree", row, "asked")) == 0;
    if (depth > TREE_DEPTH)
        depth = TREE_DEPTH;
    for (size_t level = 0; level < depth; level++)
        strcat(lead, level + 1 == depth ? "+-- " : last[level] == '1' ? "    " : "|   ");
    return arena_format(c->arena, "%s%s %s%s", lead, loaded_text(c, "tree", row, "code"),
                        loaded_text(c, "tree", row, "name"), asked ? " *" : "");
}

static void tree_add(struct decision_case *c, size_t row)
{
    struct record *line = record_add_line(c->answer, "rows", c->arena);
    int64_t type = loaded_integer(c, "tree", row, "relation_type");
    record_set_text(line, "picture", tree_picture(c, row));
    record_set_integer(line, "depth", loaded_integer(c, "tree", row, "depth"));
    record_set_integer(line, "relation_kind", KIND_HIERARCHY);
    if (type != 0)
        record_set_integer(line, "relation_type", type);
    record_set_text(line, "customer_code", loaded_text(c, "tree", row, "code"));
}

static void network_add(struct decision_case *c, size_t row)
{
    static const char *const arrows[] = {
        [DIRECTION_NONE] = "---", [DIRECTION_ONE_WAY] = "-->", [DIRECTION_BOTH_WAYS] = "<->"};
    struct record *line = record_add_line(c->answer, "rows", c->arena);
    int64_t direction = loaded_integer(c, "network", row, "direction");
    if (direction < DIRECTION_NONE || direction > DIRECTION_BOTH_WAYS)
        direction = DIRECTION_NONE;
    record_set_text(line, "picture",
                    arena_format(c->arena, "%s %s %s %s %s",
                                 loaded_text(c, "network", row, "from_code"),
                                 loaded_text(c, "network", row, "from_name"), arrows[direction],
                                 loaded_text(c, "network", row, "to_code"),
                                 loaded_text(c, "network", row, "to_name")));
    record_set_integer(line, "depth", loaded_integer(c, "network", row, "depth"));
    record_set_integer(line, "relation_kind", loaded_integer(c, "network", row, "relation_kind"));
    record_set_integer(line, "relation_type", loaded_integer(c, "network", row, "relation_type"));
    record_set_integer(line, "direction", direction);
    record_set_text(line, "customer_code", loaded_text(c, "network", row, "from_code"));
    record_set_text(line, "other_code", loaded_text(c, "network", row, "to_code"));
}

static void customer_relation_view(struct decision_case *c)
{
    for (size_t row = 0; row < loaded_rows(c, "tree"); row++)
        tree_add(c, row);
    for (size_t row = 0; row < loaded_rows(c, "network"); row++)
        network_add(c, row);
}

const struct decision customer_relation_decisions[] = {
    {.name = "customer_relation_save",
     .load_count = sizeof save_loads / sizeof *save_loads,
     .loads = save_loads,
     .decide = customer_relation_save},
    {.name = "customer_relation_view",
     .load_count = sizeof view_loads / sizeof *view_loads,
     .loads = view_loads,
     .decide = customer_relation_view},
};
const size_t customer_relation_decision_count =
    sizeof customer_relation_decisions / sizeof *customer_relation_decisions;
