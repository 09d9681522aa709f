/* Operations that administration runs by: due work, ending a session, the register of prints. */
#include "server/rights/rights.h"

static const struct load due_loads[] = {
    {.name = "duties",
     .sql = "SELECT count(*) AS due FROM duty WHERE next_at <= clock_timestamp()",
     .parameters = ""},
};

/* The answer says how many duties were due: the scheduler asks again at once while there were some,
 * and where nothing is due nothing is written. */
static void due_work_run(struct decision_case *c)
{
    int64_t due = loaded_integer(c, "duties", 0, "due");
    if (due > 0)
        effect_statement(c, "SELECT duties_run()", -1, 0);
    record_set_integer(c->answer, "done", due);
}

static void session_view_end(struct decision_case *c)
{
    effect_statement(c, "SELECT session_dismiss($1::bigint, $2)", -1, 2,
                     decision_number(c, c->before->id), c->reason);
}

/* Holding the permission is what counts; the register keeps what was taken away [CH-46]. */
static void print_log_note(struct decision_case *c)
{
    effect_statement(c, "SELECT print_noted($1, $2, $3::bigint)", -1, 3, c->verb->name,
                     record_text(c->input, "form"),
                     decision_number(c, record_integer(c->input, "rows")));
}

#define LOADS(array) .load_count = sizeof(array) / sizeof *(array), .loads = (array)

const struct decision duty_decisions[] = {
    {.name = "due_work_run", LOADS(due_loads), .decide = due_work_run},
    {.name = "session_view_end", .decide = session_view_end},
    {.name = "print_log_note", .decide = print_log_note},
};
const size_t duty_decision_count = sizeof duty_decisions / sizeof *duty_decisions;
