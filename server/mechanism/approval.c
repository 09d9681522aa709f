/* Approval: a policy makes a request with its steps; each decision opens the next steps or ends the
 * request and hands the result back to the record, as a transition of its form. */
#include <string.h>

#include "server/mechanism/mechanism.h"

enum { MINUTE = 60000000 };
enum { MODE_SEQUENCE = 1, MODE_PARALLEL = 2, MODE_LIMIT = 3 };
enum { LEVEL_OWN = 1, LEVEL_HALL = 2, LEVEL_AREA = 3, LEVEL_NETWORK = 4 };
enum { REQUEST_WAITING = 1, REQUEST_APPROVED = 2, REQUEST_REJECTED = 3 };
enum { STEP_OPEN = 2, STEP_APPROVED = 3, STEP_REJECTED = 4, STEP_NOT_NEEDED = 5 };

/* --- Asking --- */

/* Whose consent a level means, seen from who asks: where there is no hall, the area's, and so on.
 */
static int64_t level_organisation(const struct actor *actor, int64_t level)
{
    if (level == LEVEL_OWN)
        return actor->organisation;
    if (level == LEVEL_HALL && actor->hall != 0)
        return actor->hall;
    if (level <= LEVEL_AREA && actor->area != 0)
        return actor->area;
    return actor->network;
}

static void reference_copy(struct decision_case *c, struct record *step, const char *field,
                           size_t row)
{
    if (!loaded_null(c, "approval_policies", row, field))
        record_set_reference(step, field, loaded_integer(c, "approval_policies", row, field), "",
                             "");
}

static bool limit_covers(const struct decision_case *c, size_t row, int64_t amount)
{
    return loaded_null(c, "approval_policies", row, "limit_amount") ||
           amount <= loaded_integer(c, "approval_policies", row, "limit_amount");
}

static void step_add(struct decision_case *c, struct record *request, size_t row, int64_t position)
{
    struct record *step = record_add_line(request, "steps", c->arena);
    record_set_integer(step, "position", position);
    record_set_text(step, "name", loaded_text(c, "approval_policies", row, "name"));
    if (loaded_null(c, "approval_policies", row, "level"))
        reference_copy(c, step, "organisation_id", row);
    else
        record_set_reference(
            step, "organisation_id",
            level_organisation(&c->actor, loaded_integer(c, "approval_policies", row, "level")), "",
            "");
    reference_copy(c, step, "role_id", row);
    reference_copy(c, step, "staff_id", row);
    if (!loaded_null(c, "approval_policies", row, "limit_amount"))
        record_set_integer(step, "limit_amount",
                           loaded_integer(c, "approval_policies", row, "limit_amount"));
    if (!loaded_null(c, "approval_policies", row, "due_minutes"))
        record_set_integer(step, "due_minutes",
                           loaded_integer(c, "approval_policies", row, "due_minutes"));
}

static void field_move(struct record *to, const struct record *from, const char *name)
{
    if (record_has(from, name))
        *record_value(to, name) = *record_value(from, name);
}

/* Opens a step: it gets its time and its work item. */
static void step_open(struct decision_case *c, const struct record *request, struct record *step)
{
    struct record *item = effect_create(c, "work_item");
    record_set_integer(item, "kind_code", c->code_number(c->context, "work_kind", "approval"));
    record_set_text(item, "subject",
                    arena_format(c->arena, "%s %s", record_text(request, "record_key"),
                                 record_text(request, "subject")));
    record_set_text(item, "form", "approval_request");
    record_set_integer(item, "record_id", request->id);
    field_move(item, step, "organisation_id");
    field_move(item, step, "role_id");
    field_move(item, step, "staff_id");
    if (record_has(step, "due_minutes")) {
        record_set_integer(step, "due_at", c->now + record_integer(step, "due_minutes") * MINUTE);
        field_move(item, step, "due_at");
    }
    record_set_integer(step, "status", STEP_OPEN);
    record_set_integer(step, "work_item_id", item->id);
}

/* The first policy whose condition holds; its rows stand together. */
static size_t policy_find(struct decision_case *c, const struct record *record)
{
    size_t row = 0;
    while (row < loaded_rows(c, "approval_policies") &&
           !condition_holds(c, record, loaded_text(c, "approval_policies", row, "condition")))
        row++;
    return row;
}

/* In sequence: everyone up to the first who may decide the amount; by limit: only that one. */
static bool steps_add(struct decision_case *c, struct record *request, size_t row, int64_t amount)
{
    int64_t policy = loaded_integer(c, "approval_policies", row, "id");
    int64_t mode = loaded_integer(c, "approval_policies", row, "mode");
    int64_t position = 1;
    for (; row < loaded_rows(c, "approval_policies") &&
           loaded_integer(c, "approval_policies", row, "id") == policy;
         row++) {
        bool covers = limit_covers(c, row, amount);
        if (mode == MODE_LIMIT && !covers)
            continue;
        step_add(c, request, row, position++);
        bool last = !loaded_null(c, "approval_policies", row, "limit_amount") && covers;
        if (mode == MODE_LIMIT || (mode == MODE_SEQUENCE && last))
            return true;
    }
    /* Whoever came last must be allowed to decide it. */
    return position > 1 && (mode == MODE_PARALLEL || limit_covers(c, row - 1, amount));
}

static int64_t amount_of(struct decision_case *c, size_t row,
                         const struct approval_subject *subject)
{
    const char *field = loaded_text(c, "approval_policies", row, "amount_field");
    return *field != '\0' && record_value(subject->record, field) != NULL
               ? record_integer(subject->record, field)
               : subject->amount;
}

bool approval_start(struct decision_case *c, const struct approval_subject *subject)
{
    size_t row = policy_find(c, subject->record);
    if (row == loaded_rows(c, "approval_policies"))
        return false;
    int64_t amount = amount_of(c, row, subject);
    int64_t mode = loaded_integer(c, "approval_policies", row, "mode");
    struct record *request = effect_create(c, "approval_request");
    record_set_reference(request, "approval_policy_id",
                         loaded_integer(c, "approval_policies", row, "id"), "", "");
    record_set_integer(request, "mode", mode);
    record_set_text(request, "form", c->form->name);
    record_set_text(request, "action", c->verb->name);
    record_set_integer(request, "record_id", subject->record->id);
    record_set_text(request, "record_key", subject->key);
    record_set_text(request, "subject", subject->subject);
    record_set_integer(request, "amount", amount);
    if (*c->reason != '\0')
        record_set_text(request, "reason", c->reason);
    record_set_text(request, "approve_action",
                    loaded_text(c, "approval_policies", row, "approve_action"));
    record_set_text(request, "reject_action",
                    loaded_text(c, "approval_policies", row, "reject_action"));
    record_set_reference(request, "requester_id", c->actor.staff, c->actor.number, c->actor.name);
    record_set_reference(request, "organisation_id", c->actor.organisation, "", "");
    record_set_integer(request, "requested_at", c->now);
    if (!steps_add(c, request, row, amount)) {
        decision_fault(c, NULL, "approval.nobody", NULL);
        return false;
    }
    struct lines *steps = record_value(request, "steps")->lines;
    for (size_t i = 0; i < steps->count; i++)
        if (i == 0 || mode == MODE_PARALLEL)
            step_open(c, request, &steps->lines[i].record);
    return true;
}

bool approval_settled(struct decision_case *c)
{
    if (loaded_rows(c, "approval_open") == 0)
        return true;
    decision_fault(c, NULL, "approval.pending", loaded_text(c, "approval_open", 0, "number"), NULL);
    return false;
}

static const struct load submit_loads[] = {APPROVAL_LOAD};

/* The verb that carries consent: the first of the form that is a result of approval. */
static const struct verb *consent_verb(const struct form *form)
{
    for (size_t i = 0; i < form->verb_count; i++)
        if (form->verbs[i].transition && form->verbs[i].decide != NULL &&
            strcmp(form->verbs[i].decide, "approval_result") == 0)
            return &form->verbs[i];
    return NULL;
}

static const char *text_of(const struct record *record, const char *name)
{
    const struct field *field = name != NULL ? form_field(record->form, name) : NULL;
    return field != NULL && field->type == VALUE_TEXT && (field->flags & FIELD_SENSITIVE) == 0
               ? record_text(record, name)
               : "";
}

/* Where no policy holds the record goes at once where consent would lead it. */
static void approval_submit(struct decision_case *c)
{
    struct approval_subject subject = {.record = c->before,
                                       .key = text_of(c->before, c->form->key),
                                       .subject = text_of(c->before, c->form->caption)};
    const struct verb *consent = consent_verb(c->form);
    if (!approval_start(c, &subject) && !faults_any(c->faults) && consent != NULL)
        record_set_integer(c->after, c->form->state_field, consent->to);
}

static const struct load result_loads[] = {APPROVAL_LOAD_OPEN};

static void approval_result(struct decision_case *c)
{
    approval_settled(c);
}

/* --- Deciding --- */

static const struct load decide_loads[] = {
    {.name = "mine",
     .sql = "SELECT id FROM approval_step WHERE approval_request_id = $1::bigint AND status = 2 "
            "AND approval_may(organisation_id, role_id, staff_id) ORDER BY position, id FOR UPDATE",
     .parameters = "@id"},
};

/* Names of states as SQL wants the numbers: "{1,2}". */
static const char *states_array(struct decision_case *c, uint32_t states)
{
    const char *text = "{";
    for (unsigned number = 1; number < 32; number++)
        if ((states & (1u << number)) != 0)
            text = arena_format(c->arena, "%s%s%u", text, text[1] != '\0' ? "," : "", number);
    return arena_format(c->arena, "%s}", text);
}

/* The transition that the policy names, done to the record; its own decision has no part in it. */
static void result_hand_back(struct decision_case *c, const char *action_field)
{
    const struct form *form = form_by_name(c->forms, record_text(c->before, "form"));
    const struct verb *verb =
        form != NULL ? form_verb_by_name(form, record_text(c->before, action_field)) : NULL;
    if (verb == NULL || !verb->transition || form->table == NULL) {
        decision_fault(c, NULL, "approval.action", NULL);
        return;
    }
    effect_statement(
        c,
        arena_format(c->arena,
                     "UPDATE %s SET %s = $1::smallint, version = version + 1 WHERE id = $2::bigint "
                     "AND %s = ANY ($3::smallint[])",
                     form->table, form->state_field, form->state_field),
        1, 3, decision_number(c, verb->to),
        decision_number(c, record_integer(c->before, "record_id")), states_array(c, verb->from));
}

static void step_end(struct decision_case *c, struct record *step, int64_t status,
                     const char *opinion)
{
    bool open = record_integer(step, "status") == STEP_OPEN;
    record_set_integer(step, "status", status);
    if (status != STEP_NOT_NEEDED) {
        record_set_reference(step, "decided_by", c->actor.staff, c->actor.number, c->actor.name);
        record_set_integer(step, "decided_at", c->now);
        if (*opinion != '\0')
            record_set_text(step, "opinion", opinion);
    }
    if (open)
        effect_statement(c,
                         "UPDATE work_item SET status = 3, done_at = gate_now(), "
                         "staff_id = coalesce(staff_id, gate_actor()), version = version + 1 "
                         "WHERE id = $1::bigint AND status IN (1, 2)",
                         -1, 1, decision_number(c, record_integer(step, "work_item_id")));
}

static void request_end(struct decision_case *c, int64_t status, const char *opinion,
                        const char *action_field)
{
    struct lines *steps = record_value(c->after, "steps")->lines;
    for (size_t i = 0; i < steps->count; i++) {
        struct record *step = &steps->lines[i].record;
        if (record_integer(step, "status") <= STEP_OPEN)
            step_end(c, step, STEP_NOT_NEEDED, "");
    }
    record_set_integer(c->after, "status", status);
    record_set_integer(c->after, "decided_at", c->now);
    if (*opinion != '\0')
        record_set_text(c->after, "opinion", opinion);
    result_hand_back(c, action_field);
    effect_notice(c, record_integer(c->before, "requester_id"), "notice.approval_decided",
                  arena_format(c->arena, "%s %s", record_text(c->before, "record_key"),
                               record_text(c->before, "subject")));
}

/* The step that the actor decides; NULL after a fault. Nobody decides an own request. */
static struct record *step_of_actor(struct decision_case *c)
{
    const char *fault = NULL;
    if (record_integer(c->before, "status") != REQUEST_WAITING)
        fault = "approval.over";
    else if (record_integer(c->before, "requester_id") == c->actor.staff)
        fault = "approval.own";
    else if (loaded_rows(c, "mine") == 0)
        fault = "approval.not_yours";
    struct lines *steps = record_value(c->after, "steps")->lines;
    for (size_t i = 0; fault == NULL && steps != NULL && i < steps->count; i++)
        if (steps->lines[i].record.id == loaded_integer(c, "mine", 0, "id"))
            return &steps->lines[i].record;
    decision_fault(c, NULL, fault != NULL ? fault : "approval.not_yours", NULL);
    return NULL;
}

static void approval_approve(struct decision_case *c)
{
    struct record *decided = step_of_actor(c);
    if (decided == NULL)
        return;
    const char *opinion = record_text(c->input, "decision_opinion");
    step_end(c, decided, STEP_APPROVED, opinion);
    struct lines *steps = record_value(c->after, "steps")->lines;
    struct record *next = NULL;
    for (size_t i = 0; i < steps->count && next == NULL; i++)
        if (record_integer(&steps->lines[i].record, "status") <= STEP_OPEN)
            next = &steps->lines[i].record;
    if (next == NULL)
        request_end(c, REQUEST_APPROVED, opinion, "approve_action");
    else if (record_integer(next, "status") != STEP_OPEN)
        step_open(c, c->before, next);
}

static void approval_reject(struct decision_case *c)
{
    struct record *step = step_of_actor(c);
    if (step == NULL)
        return;
    const char *opinion = record_text(c->input, "decision_opinion");
    opinion = *opinion != '\0' ? opinion : c->reason;
    step_end(c, step, STEP_REJECTED, opinion);
    request_end(c, REQUEST_REJECTED, opinion, "reject_action");
}

static void approval_withdraw(struct decision_case *c)
{
    if (record_integer(c->before, "requester_id") != c->actor.staff) {
        decision_fault(c, NULL, "approval.requester", NULL);
        return;
    }
    request_end(c, c->verb->to, c->reason, "reject_action");
}

/* --- Policies --- */

static void action_check(struct decision_case *c, const struct form *form, const char *field,
                         bool transition)
{
    const struct verb *verb = form_verb_by_name(form, record_text(c->after, field));
    if (verb == NULL)
        decision_fault(c, field, "approval.action", NULL);
    else if (transition && !verb->transition)
        decision_fault(c, field, "approval.transition", NULL);
}

static void approval_policy_save(struct decision_case *c)
{
    const struct form *form = form_by_name(c->forms, record_text(c->after, "form"));
    if (form == NULL || form->table == NULL) {
        decision_fault(c, "form", "approval.form", NULL);
        return;
    }
    action_check(c, form, "action", false);
    action_check(c, form, "approve_action", true);
    action_check(c, form, "reject_action", true);
    const struct field *amount = form_field(form, record_text(c->after, "amount_field"));
    if (record_has(c->after, "amount_field") && (amount == NULL || amount->type != VALUE_AMOUNT))
        decision_fault(c, "amount_field", "approval.amount", NULL);
    condition_check(c, form, record_text(c->after, "condition"), "condition");
    const struct lines *steps = record_value(c->after, "steps")->lines;
    size_t kept = 0;
    for (size_t i = 0; steps != NULL && i < steps->count; i++)
        kept += steps->lines[i].action != LINE_REMOVE;
    if (kept == 0)
        decision_fault(c, "steps", "approval.steps", NULL);
}

#define LOADS(list) .load_count = sizeof(list) / sizeof *(list), .loads = (list)

const struct decision approval_decisions[] = {
    {.name = "approval_policy_save", .decide = approval_policy_save},
    {.name = "approval_submit", LOADS(submit_loads), .decide = approval_submit},
    {.name = "approval_result", LOADS(result_loads), .decide = approval_result},
    {.name = "approval_approve", LOADS(decide_loads), .decide = approval_approve},
    {.name = "approval_reject", LOADS(decide_loads), .decide = approval_reject},
    {.name = "approval_withdraw", .decide = approval_withdraw},
};
const size_t approval_decision_count = sizeof approval_decisions / sizeof *approval_decisions;
