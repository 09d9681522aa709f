/* A contact begins and ends. */
#include "server/interaction/interaction.h"

static const struct load create_loads[] = {
    {"channel",
     "SELECT coalesce((SELECT p.channel FROM staff_post s JOIN post p ON p.id = s.post_id"
     " WHERE s.staff_id = $1 ORDER BY s.id LIMIT 1), 2) AS channel",
     "@actor"},
};

/* The channel is that of the agent's post unless the agent says otherwise; a reason stands once. */
static void interaction_create(struct decision_case *c)
{
    const struct lines *reasons = record_value(c->after, "reasons")->lines;
    if (!record_has(c->after, "channel")) {
        record_set_integer(c->after, "channel", loaded_integer(c, "channel", 0, "channel"));
    }
    if (reasons == NULL || reasons->count == 0) {
        decision_fault(c, "reasons", "required", NULL);
        return;
    }
    for (size_t i = 0; i < reasons->count; i++) {
        for (size_t n = 0; n < i; n++) {
            if (record_integer(&reasons->lines[i].record, "reason") ==
                record_integer(&reasons->lines[n].record, "reason")) {
                decision_line_fault(c, "reasons", i, "reason", "interaction.reason_twice", NULL);
                break;
            }
        }
    }
}

/* Every reason has its resolution before the contact is closed. */
static void interaction_complete(struct decision_case *c)
{
    const struct lines *reasons = record_value(c->after, "reasons")->lines;
    for (size_t i = 0; reasons != NULL && i < reasons->count; i++) {
        if (!record_has(&reasons->lines[i].record, "resolution")) {
            decision_line_fault(c, "reasons", i, "resolution", "interaction.unresolved", NULL);
        }
    }
    record_set_integer(c->after, "ended_at", c->now);
}

const struct decision interaction_decisions[] = {
    {"interaction_create", 1, create_loads, interaction_create},
    {"interaction_complete", 0, NULL, interaction_complete},
};
const size_t interaction_decision_count =
    sizeof interaction_decisions / sizeof *interaction_decisions;
