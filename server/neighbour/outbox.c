/* The outbox: heads of streams go out, in order; a failure is tried again later, a poisoned message
 * stops its stream until a person restarts it. Leases use real time, not business time. */
#include "server/neighbour/neighbour.h"

static const struct load overview_loads[] = {
    {"waiting",
     "SELECT count(*) AS waiting FROM outbox_message WHERE status <> 2 AND ($1::text IS NULL OR "
     "neighbour = $1::text)",
     "neighbour"},
    {"heads",
     "SELECT DISTINCT ON (m.neighbour, m.stream) m.id, m.neighbour, m.stream, m.sequence, m.type, "
     "m.attempts"
     " FROM outbox_message m WHERE m.status <> 2 AND ($1::text IS NULL OR m.neighbour = $1::text)"
     " ORDER BY m.neighbour, m.stream, m.sequence LIMIT 100",
     "neighbour"},
};

static const struct load claim_loads[] = {
    {"heads",
     "SELECT m.id, m.neighbour, m.stream, m.sequence, m.type, m.payload, m.attempts FROM "
     "outbox_message m"
     " WHERE m.status = 1 AND m.next_at <= clock_timestamp() AND ($1::text IS NULL OR m.neighbour "
     "= $1::text)"
     " AND NOT EXISTS (SELECT FROM outbox_message e WHERE e.neighbour = m.neighbour AND e.stream = "
     "m.stream"
     " AND e.sequence < m.sequence AND e.status <> 2)"
     " ORDER BY m.id LIMIT least(coalesce($2::bigint, 50), 100) FOR UPDATE SKIP LOCKED",
     "neighbour limit"},
};

static const struct load message_loads[] = {
    {"message",
     "SELECT neighbour, stream, status, attempts FROM outbox_message WHERE id = $1 FOR UPDATE",
     "message_id"},
};

static void message_answer(struct decision_case *c, size_t row, bool payload)
{
    struct record *line = record_add_line(c->answer, "messages", c->arena);
    record_set_integer(line, "message_id", loaded_integer(c, "heads", row, "id"));
    record_set_text(line, "neighbour", loaded_text(c, "heads", row, "neighbour"));
    record_set_text(line, "stream", loaded_text(c, "heads", row, "stream"));
    record_set_integer(line, "sequence", loaded_integer(c, "heads", row, "sequence"));
    record_set_text(line, "type", loaded_text(c, "heads", row, "type"));
    record_set_integer(line, "attempts", loaded_integer(c, "heads", row, "attempts"));
    if (payload) {
        record_set_text(line, "payload", loaded_text(c, "heads", row, "payload"));
    }
}

static void outbox_overview(struct decision_case *c)
{
    record_set_integer(c->answer, "waiting", loaded_integer(c, "waiting", 0, "waiting"));
    for (size_t i = 0; i < loaded_rows(c, "heads"); i++) {
        message_answer(c, i, false);
    }
}

/* A claim is a lease of a minute: who dies with it loses it. */
static void outbox_claim(struct decision_case *c)
{
    size_t count = loaded_rows(c, "heads");
    const char *ids = "{";
    for (size_t i = 0; i < count; i++) {
        message_answer(c, i, true);
        ids = arena_format(c->arena, "%s%s%s", ids, i > 0 ? "," : "",
                           loaded_text(c, "heads", i, "id"));
    }
    if (count > 0) {
        effect_statement(
            c,
            "UPDATE outbox_message SET next_at = clock_timestamp() + interval '1 minute'"
            " WHERE id = ANY($1::bigint[])",
            -1, 1, arena_format(c->arena, "%s}", ids));
    }
}

static bool message_known(struct decision_case *c)
{
    if (loaded_rows(c, "message") == 0) {
        decision_fault(c, "message_id", "neighbour.no_message", NULL);
        return false;
    }
    return true;
}

static const char *message_id(struct decision_case *c)
{
    return decision_number(c, record_integer(c->input, "message_id"));
}

static void outbox_confirm(struct decision_case *c)
{
    if (message_known(c)) {
        effect_statement(
            c,
            "UPDATE outbox_message SET status = 2, sent_at = clock_timestamp(), error = '',"
            " attempts = attempts + 1, version = version + 1 WHERE id = $1::bigint AND status <> 2",
            -1, 1, message_id(c));
    }
}

/* Pauses grow from a second to five minutes. */
static void outbox_fail(struct decision_case *c)
{
    bool poisoned = record_integer(c->input, "poisoned") != 0;
    if (!message_known(c)) {
        return;
    }
    effect_statement(
        c,
        "UPDATE outbox_message SET attempts = attempts + 1, error = $2, version = version + 1,"
        " status = CASE WHEN $3::boolean THEN 3 ELSE status END, next_at = clock_timestamp() +"
        " make_interval(secs => least(300, power(2, least(attempts, 10))))"
        " WHERE id = $1::bigint AND status = 1",
        -1, 3, message_id(c), record_text(c->input, "error"), poisoned ? "t" : "f");
    if (poisoned && loaded_integer(c, "message", 0, "status") == 1) {
        effect_work_item(c, "stream_stopped", c->actor.organisation, 0, "outbox_record",
                         record_integer(c->input, "message_id"),
                         loaded_text(c, "message", 0, "stream"), 0);
    }
}

static void outbox_restart(struct decision_case *c)
{
    if (message_known(c)) {
        effect_statement(
            c,
            "UPDATE outbox_message SET status = 1, next_at = clock_timestamp(), attempts = 0,"
            " version = version + 1 WHERE id = $1::bigint AND status = 3",
            1, 1, message_id(c));
    }
}

const struct decision neighbour_decisions[] = {
    {"outbox_overview", 2, overview_loads, outbox_overview},
    {"outbox_claim", 1, claim_loads, outbox_claim},
    {"outbox_confirm", 1, message_loads, outbox_confirm},
    {"outbox_fail", 1, message_loads, outbox_fail},
    {"outbox_restart", 1, message_loads, outbox_restart},
};
const size_t neighbour_decision_count = sizeof neighbour_decisions / sizeof *neighbour_decisions;
