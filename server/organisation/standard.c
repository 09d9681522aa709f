/* Standard structures: marked here, handed down to other offices, taken over from above
 * [17-145, 17-146, 17-164]. */
#include <string.h>

#include "server/organisation/organisation.h"

static const struct load hand_down_loads[] = {
    {.name = "structure",
     .sql = "SELECT message FROM code c CROSS JOIN LATERAL standard_export(c.name, CASE c.name "
            "WHEN 'region' THEN $2::bigint WHEN 'organisation' THEN $3::bigint END) AS message "
            "WHERE c.list = 'standard_kind' AND c.number = $1::integer",
     .parameters = "kind region_id organisation_id"},
};

static const struct load receive_loads[] = {
    {.name = "accepted",
     .sql = "SELECT count(*) AS times FROM inbox_message WHERE neighbour = $1 AND external_id = $2",
     .parameters = "neighbour external_id"},
};

static void mark(struct decision_case *c, int64_t standard)
{
    if (standard_guard(c, ""))
        record_set_integer(c->after, "standard", standard);
}

static void standard_mark(struct decision_case *c)
{
    mark(c, 1);
}

static void standard_unmark(struct decision_case *c)
{
    mark(c, 0);
}

/* Messages of one stream stay in order, so that parents arrive before what hangs below them. */
static void standard_hand_down(struct decision_case *c)
{
    const char *kind = c->code_name(c->context, "standard_kind", record_integer(c->input, "kind"));
    if (!record_has(c->input, "kind"))
        decision_fault(c, "kind", "required", NULL);
    else if (loaded_rows(c, "structure") == 0)
        decision_fault(c, "kind", "standard.nothing", NULL);
    for (size_t row = 0; row < loaded_rows(c, "structure") && c->faults->count == 0; row++)
        effect_message(c, record_text(c->input, "neighbour"), "standard",
                       arena_format(c->arena, "standard.%s", kind),
                       loaded_text(c, "structure", row, "message"));
}

void standard_take(struct decision_case *c)
{
    const char *neighbour = record_text(c->input, "neighbour");
    const char *from = c->setting(c->context, "standard.accept_from");
    if (*from == '\0' || strcmp(neighbour, from) != 0) {
        decision_fault(c, "neighbour", "standard.not_superior", neighbour, NULL);
        return;
    }
    effect_statement(c,
                     "INSERT INTO inbox_message (neighbour, external_id, type, payload, result, "
                     "network_id) VALUES ($1, $2, 'standard', $3, 'taken', gate_network())",
                     -1, 3, neighbour, record_text(c->input, "external_id"),
                     record_text(c->input, "payload"));
    effect_statement(c, "SELECT standard_receive($1, $2)", -1, 2, neighbour,
                     record_text(c->input, "payload"));
    record_set_text(c->answer, "result", "taken");
}

/* By hand, from a file that came another way. */
static void standard_receive(struct decision_case *c)
{
    static const char *const needed[] = {"neighbour", "external_id", "payload"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (record_text(c->input, needed[i])[0] == '\0')
            decision_fault(c, needed[i], "required", NULL);
    if (c->faults->count > 0)
        return;
    if (loaded_integer(c, "accepted", 0, "times") > 0)
        record_set_text(c->answer, "result", "repeated");
    else
        standard_take(c);
}

#define LOADS(array) .load_count = sizeof(array) / sizeof *(array), .loads = (array)

const struct decision standard_decisions[] = {
    {.name = "standard_mark", .decide = standard_mark},
    {.name = "standard_unmark", .decide = standard_unmark},
    {.name = "standard_hand_down", LOADS(hand_down_loads), .decide = standard_hand_down},
    {.name = "standard_receive", LOADS(receive_loads), .decide = standard_receive},
};
const size_t standard_decision_count = sizeof standard_decisions / sizeof *standard_decisions;
