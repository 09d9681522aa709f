/* Limits inside a call: refusal, warning, alarms; and what a person does with an alarm. Limits
 * that are watched without a call are a duty (sql/49_limit.sql). */
#include "server/mechanism/mechanism.h"

enum { LEVEL_WARNING = 1, LEVEL_ALARM = 2 };

static bool limit_reached(const struct decision_case *c, size_t row, const char *column,
                          int64_t value)
{
    return !loaded_null(c, "limits", row, column) &&
           value >= loaded_integer(c, "limits", row, column);
}

/* The row of the grade goes before the row of any grade: that is the order of the load. */
static size_t limit_find(struct decision_case *c, const struct limit_subject *subject)
{
    size_t row = 0;
    for (; row < loaded_rows(c, "limits"); row++) {
        bool graded = loaded_null(c, "limits", row, "grade") ||
                      loaded_integer(c, "limits", row, "grade") == subject->grade;
        if (graded &&
            condition_holds(c, subject->record, loaded_text(c, "limits", row, "condition")))
            break;
    }
    return row;
}

void limit_check(struct decision_case *c, const struct limit_subject *subject)
{
    size_t row = limit_find(c, subject);
    if (row == loaded_rows(c, "limits"))
        return;
    const char *name = loaded_text(c, "limits", row, "name");
    const char *value = decision_number(c, subject->value);
    const char *policy = loaded_text(c, "limits", row, "id");
    const char *record = decision_number(c, subject->record_id);
    if (limit_reached(c, row, "refuse_at", subject->value)) {
        decision_fault(c, subject->field, "limit.refused", name, value,
                       loaded_text(c, "limits", row, "refuse_at"), NULL);
        return;
    }
    bool alarm = limit_reached(c, row, "alarm_at", subject->value);
    bool warning = limit_reached(c, row, "warning_at", subject->value);
    if (alarm || warning) {
        decision_warning(c, subject->field, "limit.warned", name, value,
                         loaded_text(c, "limits", row, alarm ? "alarm_at" : "warning_at"), NULL);
        effect_statement(c,
                         "SELECT alarm_put($1::bigint, $2, $3::bigint, $4, $5::bigint, "
                         "$6::integer, $7::bigint, $8::bigint)",
                         -1, 8, policy, subject->form, record, subject->key, value,
                         decision_number(c, alarm ? LEVEL_ALARM : LEVEL_WARNING),
                         decision_number(c, c->actor.area), decision_number(c, c->actor.hall));
    } else if (loaded_flag(c, "limits", row, "open")) {
        effect_statement(c, "SELECT alarm_clear($1::bigint, $2::bigint, $3::bigint)", -1, 3, policy,
                         record, value);
    }
}

static void alarm_acknowledge(struct decision_case *c)
{
    record_set_reference(c->after, "acknowledged_by", c->actor.staff, c->actor.number,
                         c->actor.name);
    record_set_integer(c->after, "acknowledged_at", c->now);
}

static void alarm_clear(struct decision_case *c)
{
    record_set_reference(c->after, "cleared_by", c->actor.staff, c->actor.number, c->actor.name);
    record_set_integer(c->after, "cleared_at", c->now);
}

const struct decision limit_decisions[] = {
    {.name = "alarm_acknowledge", .decide = alarm_acknowledge},
    {.name = "alarm_clear", .decide = alarm_clear},
};
const size_t limit_decision_count = sizeof limit_decisions / sizeof *limit_decisions;
