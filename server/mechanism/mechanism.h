/* The generic mechanisms as decisions of other domains use them: conditions over records, work
 * items by rule, approval, versions, limits. doc/mechanisms.md tells the whole. */
#ifndef HALLDESK_MECHANISM_H
#define HALLDESK_MECHANISM_H

#include <stdbool.h>

#include "server/engine/decision.h"

/* --- Conditions that administrators write over the fields of a form --- */

/* Does the text compile? If not, a fault condition.wrong stands at `field`. An empty text does. */
bool condition_check(struct decision_case *c, const struct form *form, const char *text,
                     const char *field);
/* Does the condition hold of the record? An empty one does; one that no longer compiles, because a
 * field or a code is gone, does not. */
bool condition_holds(struct decision_case *c, const struct record *record, const char *text);
/* The condition as SQL that can be kept and run later: columns of t (the form's table) and b (its
 * base), literals taken out of $2, a text that *literals receives. NULL after a fault. */
const char *condition_sql(struct decision_case *c, const struct form *form, const char *text,
                          const char *field, const char **literals);

/* --- Work items by rule --- */

/* Load of work_offer(): rules of assignment of a kind (a name of code list work_kind). */
#define WORK_LOAD_RULES(kind)                                                                      \
    {                                                                                              \
        .name = "work_rules",                                                                      \
        .sql = WORK_RULES_SELECT "AND r.kind_code = (SELECT number FROM code WHERE list = "        \
                                 "'work_kind' AND name = '" kind "') ORDER BY r.priority, r.id",   \
        .parameters = ""                                                                           \
    }
#define WORK_RULES_SELECT                                                                          \
    "SELECT r.condition, r.organisation_id, r.role_id, r.staff_id, r.due_minutes FROM work_rule "  \
    "r WHERE r.status = 1 "

struct work_offer {
    const char *kind;            /* a name of code list work_kind */
    const char *subject;         /* what it is about: key and caption of the record */
    const struct record *record; /* the rules' conditions are over it */
    int64_t record_id;
    int64_t organisation; /* where no rule holds; 0: the actor's */
    int64_t due;          /* microseconds; 0: the rule's, or none */
};
/* Makes a work item for whom the first rule that holds names. */
void work_offer(struct decision_case *c, const struct work_offer *offer);

/* --- Approval --- */

/* A form gets approval by its declaration alone: the verb that asks is a transition into a waiting
 * state with the decision approval_submit, the two that carry the result have approval_result,
 * first the one of consent. What follows is for decisions that do more. */

/* Load of approval_start(): policies for the verb that is called, in the order in which they are
 * tried. */
#define APPROVAL_LOAD                                                                              \
    {                                                                                              \
        .name = "approval_policies",                                                               \
        .sql = "SELECT p.id, p.condition, p.mode, p.amount_field, p.approve_action, "              \
               "p.reject_action, s.name, s.level, s.organisation_id, s.role_id, s.staff_id, "      \
               "s.limit_amount, s.due_minutes FROM approval_policy p JOIN approval_policy_step s " \
               "ON s.approval_policy_id = p.id WHERE p.form = $1 AND p.action = $2 AND p.status "  \
               "= 1 ORDER BY p.priority, p.id, s.position",                                        \
        .parameters = "@form @verb"                                                                \
    }
/* Load of approval_settled(): the open request about the record that a verb is called on. */
#define APPROVAL_LOAD_OPEN                                                                         \
    {                                                                                              \
        .name = "approval_open",                                                                   \
        .sql = "SELECT id, number FROM approval_request WHERE form = $1 AND record_id = "          \
               "$2::bigint AND status = 1 FOR UPDATE",                                             \
        .parameters = "@form @id"                                                                  \
    }

struct approval_subject {
    const struct record *record; /* conditions are over it; its id is the record's */
    const char *key;             /* to people */
    const char *subject;
    int64_t amount; /* fen; compared with the limits of the steps unless the policy names a field */
};
/* True if a policy asks for approval: then there is a request, its first work items, and the
 * caller leaves the record in the state in which it waits. False: nobody needs to be asked. Faults:
 * approval.nobody if no step covers the amount. */
bool approval_start(struct decision_case *c, const struct approval_subject *subject);
/* For the verbs that carry results: called by hand while a request is open they are refused. */
bool approval_settled(struct decision_case *c);

/* --- Versions --- */

/* A versioned form gets new editions by a verb with the decision version_copy; its answer names the
 * draft in family_id. What follows is for decisions that do more. */

/* Load of version_draft(). */
#define VERSION_LOAD                                                                               \
    {                                                                                              \
        .name = "editions", .sql = "SELECT edition, drafts FROM version_editions($1, $2::bigint)", \
        .parameters = "@table family_id"                                                           \
    }
/* Makes a draft with the next edition number from the published or retired record, with its lines;
 * its number, its days and what is filled with who and when are its own. The draft is returned, so
 * that the caller may set or clear more; NULL after a fault. */
struct record *version_draft(struct decision_case *c);

/* --- Limits --- */

/* Load of limit_check(); `record` is the load parameter that names what is measured. */
#define LIMIT_LOAD(measure, record)                                                                \
    {                                                                                              \
        .name = "limits",                                                                          \
        .sql = "SELECT p.id, p.name, p.grade, p.condition, p.warning_at, p.alarm_at, "             \
               "p.refuse_at, EXISTS (SELECT FROM alarm a WHERE a.limit_policy_id = p.id AND "      \
               "a.record_id = $1::bigint AND a.status <> 3) AS open FROM limit_policy p JOIN "     \
               "code k ON k.list = 'limit_measure' AND k.number = p.measure WHERE k.name = "       \
               "'" measure "' AND p.status = 1 ORDER BY p.grade NULLS LAST, p.id",                 \
        .parameters = record                                                                       \
    }

struct limit_subject {
    const char *form; /* of what is measured */
    int64_t record_id;
    const char *key;
    int64_t grade;               /* 0: it has none */
    int64_t value;               /* as it will be when the call is done */
    const struct record *record; /* the policies' conditions are over it */
    const char *field;           /* where faults are shown; NULL: the form as a whole */
};
/* Refuses with limit.refused, warns with limit.warned, sets and clears alarms. */
void limit_check(struct decision_case *c, const struct limit_subject *subject);

extern const struct decision work_decisions[];
extern const size_t work_decision_count;
extern const struct decision approval_decisions[];
extern const size_t approval_decision_count;
extern const struct decision version_decisions[];
extern const size_t version_decision_count;
extern const struct decision reminder_decisions[];
extern const size_t reminder_decision_count;
extern const struct decision limit_decisions[];
extern const size_t limit_decision_count;

#endif
