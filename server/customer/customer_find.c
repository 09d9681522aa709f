/* Recognising a customer by whatever is typed [10-1, 10-4]. Rows are always masked: who may see
 * more opens the record. */
#include <string.h>

#include "server/customer/customer.h"
#include "server/party/mask.h"

enum { FIND_LIMIT = 50, MASKED_LENGTH = 160 };

static const struct load find_loads[] = {
    {.name = "found",
     .sql =
         "SELECT m.customer_id, m.way, c.code, p.name, p.party_kind, c.class, c.status, "
         "coalesce(p.address, '') AS address, coalesce(p.contact_address, '') AS contact_address, "
         "coalesce(p.certificate_number, '') AS certificate_number, "
         "coalesce(p.mobile, p.contact_telephone, '') AS telephone, p.birth_date "
         "FROM (SELECT customer_id, min(way) AS way FROM customer_match(btrim($1), 51) GROUP BY "
         "customer_id) m "
         "JOIN customer c ON c.id = m.customer_id JOIN party p ON p.id = c.id "
         "WHERE $2::smallint IS NULL OR (p.certificate_type = $2::smallint AND m.way = 4) "
         "ORDER BY m.way, c.code LIMIT 51",
     .parameters = "text certificate_type"},
};

static const char *masked(struct decision_case *c, const char *style, const char *text)
{
    char room[MASKED_LENGTH];
    return mask_apply(style, text, room, sizeof room) ? arena_string(c->arena, room) : "";
}

static int64_t years_between(int64_t from, int64_t to)
{
    int year, month, day, now_year, now_month, now_day;
    value_civil_from_days(from, &year, &month, &day);
    value_civil_from_days(to, &now_year, &now_month, &now_day);
    bool before_birthday = now_month < month || (now_month == month && now_day < day);
    return now_year - year - (before_birthday ? 1 : 0);
}

static void found_add(struct decision_case *c, size_t row)
{
    static const char *const codes[] = {"party_kind", "class", "status", "way"};
    static const char *const texts[] = {"code", "name", "address", "contact_address"};
    struct record *line = record_add_line(c->answer, "found", c->arena);
    record_set_reference(line, "customer_id", loaded_integer(c, "found", row, "customer_id"),
                         loaded_text(c, "found", row, "code"),
                         loaded_text(c, "found", row, "name"));
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        record_set_integer(line, codes[i], loaded_integer(c, "found", row, codes[i]));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        record_set_text(line, texts[i], loaded_text(c, "found", row, texts[i]));
    record_set_text(line, "certificate",
                    masked(c, "identity", loaded_text(c, "found", row, "certificate_number")));
    record_set_text(line, "telephone",
                    masked(c, "telephone", loaded_text(c, "found", row, "telephone")));
    if (!loaded_null(c, "found", row, "birth_date"))
        record_set_integer(line, "age",
                           years_between(loaded_date(c, "found", row, "birth_date"), c->today));
}

static void customer_find(struct decision_case *c)
{
    size_t count = loaded_rows(c, "found");
    record_set_text(c->answer, "text", record_text(c->input, "text"));
    record_set_integer(c->answer, "more", count > FIND_LIMIT);
    for (size_t row = 0; row < count && row < FIND_LIMIT; row++)
        found_add(c, row);
}

const struct decision customer_find_decisions[] = {
    {.name = "customer_find",
     .load_count = sizeof find_loads / sizeof *find_loads,
     .loads = find_loads,
     .decide = customer_find},
};
const size_t customer_find_decision_count =
    sizeof customer_find_decisions / sizeof *customer_find_decisions;
