/* Work items: who gets them, claim, release, hand-over, end, and the next piece of work. The forms
 * work_item (everything of a place) and work_inbox (what waits for the actor) share the decisions;
 * locked rows make sure that a claim has one winner. */
#include <string.h>

#include "server/mechanism/mechanism.h"

enum { MINUTE = 60000000, WORK_WAITING = 1, WORK_CLAIMED = 2, WORK_DONE = 3 };

/* --- Who gets it --- */

/* The row of the load "work_rules" that holds first; loaded_rows() if none does. */
static size_t rule_find(struct decision_case *c, const struct record *record)
{
    size_t row = 0;
    while (row < loaded_rows(c, "work_rules") &&
           !condition_holds(c, record, loaded_text(c, "work_rules", row, "condition")))
        row++;
    return row;
}

static void reference_from(struct decision_case *c, struct record *record, const char *field,
                           size_t row)
{
    if (!loaded_null(c, "work_rules", row, field))
        record_set_reference(record, field, loaded_integer(c, "work_rules", row, field), "", "");
}

/* Puts what the rule says on the item. */
static void rule_apply(struct decision_case *c, size_t row, struct record *item)
{
    reference_from(c, item, "organisation_id", row);
    reference_from(c, item, "role_id", row);
    reference_from(c, item, "staff_id", row);
    int64_t minutes = loaded_integer(c, "work_rules", row, "due_minutes");
    if (minutes > 0 && !record_has(item, "due_at"))
        record_set_integer(item, "due_at", c->now + minutes * MINUTE);
}

void work_offer(struct decision_case *c, const struct work_offer *offer)
{
    struct record *item = effect_create(c, "work_item");
    record_set_integer(item, "kind_code", c->code_number(c->context, "work_kind", offer->kind));
    record_set_text(item, "subject", offer->subject);
    record_set_text(item, "form", offer->record->form->name);
    record_set_integer(item, "record_id", offer->record_id);
    if (offer->due != 0)
        record_set_integer(item, "due_at", offer->due);
    size_t row = rule_find(c, offer->record);
    if (row < loaded_rows(c, "work_rules"))
        rule_apply(c, row, item);
    else
        record_set_reference(item, "organisation_id",
                             offer->organisation != 0 ? offer->organisation : c->actor.organisation,
                             "", "");
}

static const struct load create_loads[] = {
    {.name = "work_rules",
     .sql = WORK_RULES_SELECT "AND r.kind_code = $1::smallint ORDER BY r.priority, r.id",
     .parameters = "kind_code"},
};

static void work_create(struct decision_case *c)
{
    if (record_has(c->after, "organisation_id") || record_has(c->after, "staff_id"))
        return;
    size_t row = rule_find(c, c->after);
    if (row == loaded_rows(c, "work_rules"))
        decision_fault(c, "organisation_id", "work.nobody", NULL);
    else
        rule_apply(c, row, c->after);
}

static void work_rule_save(struct decision_case *c)
{
    /* Rules of one kind may be about several forms; what compiles over none of them is wrong. */
    static const char *const fallback = "work_item";
    const char *condition = record_text(c->after, "condition");
    size_t faults = c->faults->count;
    for (size_t i = 0; i < c->forms->count; i++) {
        if (c->forms->forms[i]->table == NULL)
            continue;
        c->faults->count = faults;
        if (condition_check(c, c->forms->forms[i], condition, "condition"))
            return;
    }
    c->faults->count = faults;
    condition_check(c, form_by_name(c->forms, fallback), condition, "condition");
}

/* --- What happens to it --- */

/* Where the change goes: the record of the form work_item, or, from the inbox, its row below. */
static struct record *work_target(struct decision_case *c)
{
    if ((c->form->flags & FORM_VIEW) == 0)
        return c->after;
    return effect_change(c, "work_item", c->before->id, c->before->version);
}

static void field_clear(struct record *record, const char *name)
{
    struct value *value = record_value(record, name);
    *value = (struct value){.presence = VALUE_CLEARED};
}

static bool work_claimed(struct decision_case *c)
{
    if (record_integer(c->before, "status") == WORK_CLAIMED)
        return true;
    decision_fault(c, NULL, "work.not_claimed", NULL);
    return false;
}

#define HELD_LOAD                                                                                  \
    {                                                                                              \
        .name = "held",                                                                            \
        .sql = "SELECT count(*) AS count FROM work_item WHERE staff_id = $1::bigint AND status "   \
               "= 2",                                                                              \
        .parameters = "@actor"                                                                     \
    }

static const struct load claim_loads[] = {HELD_LOAD, LIMIT_LOAD("work_claimed", "@actor")};

/* How many a person may have in hand is a limit of measure work_claimed. */
static void held_check(struct decision_case *c, const struct record *item)
{
    limit_check(c, &(struct limit_subject){.form = "staff",
                                           .record_id = c->actor.staff,
                                           .key = c->actor.number,
                                           .value = loaded_integer(c, "held", 0, "count") + 1,
                                           .record = item});
}

static void claim_set(struct decision_case *c, struct record *item)
{
    record_set_integer(item, "status", WORK_CLAIMED);
    record_set_reference(item, "staff_id", c->actor.staff, c->actor.number, c->actor.name);
    record_set_integer(item, "claimed_at", c->now);
}

static void work_claim(struct decision_case *c)
{
    if (record_integer(c->before, "status") != WORK_WAITING) {
        decision_fault(c, NULL, "work.not_waiting", NULL);
        return;
    }
    held_check(c, c->before);
    claim_set(c, work_target(c));
}

static void work_release(struct decision_case *c)
{
    if (!work_claimed(c))
        return;
    if (!record_has(c->before, "organisation_id")) {
        decision_fault(c, NULL, "work.no_office", NULL);
        return;
    }
    struct record *item = work_target(c);
    record_set_integer(item, "status", WORK_WAITING);
    field_clear(item, "staff_id");
    field_clear(item, "claimed_at");
}

static const struct load hand_loads[] = {
    {.name = "person",
     .sql = "SELECT status, organisation_id FROM staff WHERE id = $1::bigint",
     .parameters = "to_staff_id"},
};

static void work_hand_over(struct decision_case *c)
{
    bool person = record_has(c->input, "to_staff_id");
    if (person == record_has(c->input, "to_organisation_id")) {
        decision_fault(c, "to_staff_id", "work.hand_to", NULL);
        return;
    }
    if (person &&
        (loaded_rows(c, "person") == 0 || loaded_integer(c, "person", 0, "status") != 1)) {
        decision_fault(c, "to_staff_id", "work.hand_gone", NULL);
        return;
    }
    struct record *item = work_target(c);
    record_set_integer(item, "status", WORK_WAITING);
    field_clear(item, "claimed_at");
    field_clear(item, "role_id");
    record_set_reference(item, "handed_from", c->actor.staff, c->actor.number, c->actor.name);
    record_set_integer(item, "handed_at", c->now);
    record_set_text(item, "note", record_text(c->input, "hand_note"));
    if (person) {
        record_set_reference(item, "staff_id", record_integer(c->input, "to_staff_id"), "", "");
        record_set_reference(item, "organisation_id",
                             loaded_integer(c, "person", 0, "organisation_id"), "", "");
    } else {
        field_clear(item, "staff_id");
        record_set_reference(item, "organisation_id",
                             record_integer(c->input, "to_organisation_id"), "", "");
    }
}

static void work_finish(struct decision_case *c)
{
    if (!work_claimed(c))
        return;
    struct record *item = work_target(c);
    record_set_integer(item, "status", WORK_DONE);
    record_set_integer(item, "done_at", c->now);
    record_set_text(item, "result", record_text(c->input, "result"));
    /* Of the view nothing is written but through the table. */
    if (item != c->after)
        *record_value(c->after, "result") = *record_value(c->before, "result");
}

static void work_withdraw(struct decision_case *c)
{
    record_set_integer(c->after, "done_at", c->now);
    record_set_text(c->after, "result", c->reason);
}

/* --- The next piece --- */

static const struct load next_loads[] = {
    HELD_LOAD,
    LIMIT_LOAD("work_claimed", "@actor"),
    {.name = "next",
     /* Rows that others hold are passed over. "< 2" and not "= 1": a test for equality would lead
        the planner to everything that waits for anybody. */
     .sql = "SELECT w.id, w.version, w.number, w.kind_code, w.subject, w.form, w.record_id, "
            "w.due_at, w.note FROM work_inbox w WHERE w.status < 2 "
            "AND ($1::smallint IS NULL OR w.kind_code = $1::smallint) "
            "ORDER BY w.priority DESC, w.due_at NULLS LAST, w.created_at, w.id LIMIT 1 "
            "FOR UPDATE OF w SKIP LOCKED",
     .parameters = "kind_code"},
};

static void work_next(struct decision_case *c)
{
    if (loaded_rows(c, "next") == 0) {
        decision_fault(c, NULL, "work.none", NULL);
        return;
    }
    struct record *item = effect_change(c, "work_item", loaded_integer(c, "next", 0, "id"),
                                        loaded_integer(c, "next", 0, "version"));
    struct record *judged = record_create(item->form, c->arena);
    record_set_integer(judged, "kind_code", loaded_integer(c, "next", 0, "kind_code"));
    held_check(c, judged);
    claim_set(c, item);
    record_set_reference(c->answer, "work_item_id", item->id, loaded_text(c, "next", 0, "number"),
                         loaded_text(c, "next", 0, "subject"));
    record_set_integer(c->answer, "kind_code", loaded_integer(c, "next", 0, "kind_code"));
    record_set_text(c->answer, "subject", loaded_text(c, "next", 0, "subject"));
    record_set_text(c->answer, "form", loaded_text(c, "next", 0, "form"));
    record_set_text(c->answer, "note", loaded_text(c, "next", 0, "note"));
    if (!loaded_null(c, "next", 0, "record_id"))
        record_set_integer(c->answer, "record_id", loaded_integer(c, "next", 0, "record_id"));
    if (!loaded_null(c, "next", 0, "due_at"))
        record_set_integer(c->answer, "due_at", loaded_time(c, "next", 0, "due_at"));
}

#define LOADS(list) .load_count = sizeof(list) / sizeof *(list), .loads = (list)

const struct decision work_decisions[] = {
    {.name = "work_create", LOADS(create_loads), .decide = work_create},
    {.name = "work_rule_save", .decide = work_rule_save},
    {.name = "work_claim", LOADS(claim_loads), .decide = work_claim},
    {.name = "work_release", .decide = work_release},
    {.name = "work_hand_over", LOADS(hand_loads), .decide = work_hand_over},
    {.name = "work_finish", .decide = work_finish},
    {.name = "work_withdraw", .decide = work_withdraw},
    {.name = "work_next", LOADS(next_loads), .decide = work_next},
};
const size_t work_decision_count = sizeof work_decisions / sizeof *work_decisions;
