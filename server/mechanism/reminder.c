/* Reminders of dates: a rule over any form becomes one statement over its table when it is saved;
 * a duty runs the statements (sql/49_reminder.sql). */
#include <string.h>

#include "server/mechanism/mechanism.h"

/* A stored date or time of the form; NULL leaves a fault. */
static const struct field *date_field(struct decision_case *c, const struct form *form)
{
    const struct field *field = form_field(form, record_text(c->after, "field"));
    if (field != NULL && (field->type == VALUE_DATE || field->type == VALUE_TIME) &&
        (field->flags & (FIELD_VIRTUAL | FIELD_EXTRA | FIELD_SECRET | FIELD_SENSITIVE)) == 0)
        return field;
    decision_fault(c, "field", "reminder.field", NULL);
    return NULL;
}

static const char *column(struct decision_case *c, const struct form *form, const char *name)
{
    const struct field *field = name != NULL ? form_field(form, name) : NULL;
    if (field == NULL || field->type != VALUE_TEXT || (field->flags & FIELD_SENSITIVE) != 0)
        return "''";
    return arena_format(c->arena, "coalesce(%s.%s, '')",
                        (field->flags & FIELD_BASE) != 0 ? "b" : "t", field->name);
}

/* What has ended is not reminded of. */
static const char *state_condition(struct decision_case *c, const struct form *form)
{
    const char *numbers = "";
    for (size_t i = 0; i < form->state_count; i++)
        if (!form->states[i].final)
            numbers = arena_format(c->arena, "%s%s%u", numbers, *numbers != '\0' ? ", " : "",
                                   form->states[i].number);
    return *numbers != '\0'
               ? arena_format(c->arena, " AND t.%s IN (%s)", form->state_field, numbers)
               : "";
}

/* $1 today, $2 literals of the condition, $3 days before, $4 the rule, $5 the network. */
static const char *statement(struct decision_case *c, const struct form *form,
                             const struct field *date, const char *condition)
{
    const char *day = arena_format(c->arena, date->type == VALUE_TIME ? "(%s.%s)::date" : "%s.%s",
                                   (date->flags & FIELD_BASE) != 0 ? "b" : "t", date->name);
    const char *base =
        form->base != NULL ? arena_format(c->arena, " JOIN %s b ON b.id = t.id", form->base) : "";
    const char *network =
        form->scope != NULL && strcmp(form->scope, "none") != 0 ? " AND t.network_id = $5" : "";
    const char *responsible = form->responsible != NULL
                                  ? arena_format(c->arena, "t.%s", form->responsible)
                                  : "NULL::bigint";
    return arena_format(c->arena,
                        "SELECT t.id, %s AS key, %s AS caption, %s AS day, %s AS responsible "
                        "FROM %s t%s WHERE %s BETWEEN least($1, $1 + $3) - 7 AND $1 + $3%s%s "
                        "AND %s AND NOT EXISTS (SELECT FROM reminder_done d WHERE "
                        "d.reminder_rule_id = $4 AND d.record_id = t.id AND d.day = %s) "
                        "ORDER BY %s LIMIT 200",
                        column(c, form, form->key), column(c, form, form->caption), day,
                        responsible, form->table, base, day, network, state_condition(c, form),
                        condition, day, day);
}

static void reminder_save(struct decision_case *c)
{
    const struct form *form = form_by_name(c->forms, record_text(c->after, "form"));
    if (form == NULL || form->table == NULL || (form->flags & FORM_VIEW) != 0) {
        decision_fault(c, "form", "reminder.form", NULL);
        return;
    }
    const char *literals;
    const struct field *date = date_field(c, form);
    const char *condition =
        condition_sql(c, form, record_text(c->after, "condition"), "condition", &literals);
    bool responsible = record_integer(c->after, "to_responsible") != 0;
    if (responsible && form->responsible == NULL)
        decision_fault(c, "to_responsible", "reminder.responsible", NULL);
    if (!responsible && !record_has(c->after, "organisation_id") &&
        !record_has(c->after, "staff_id"))
        decision_fault(c, "organisation_id", "reminder.nobody", NULL);
    if (date == NULL || condition == NULL)
        return;
    record_set_text(c->after, "statement", statement(c, form, date, condition));
    record_set_text(c->after, "literals", literals);
    record_set_text(c->after, "error", "");
}

const struct decision reminder_decisions[] = {
    {.name = "reminder_save", .decide = reminder_save},
};
const size_t reminder_decision_count = sizeof reminder_decisions / sizeof *reminder_decisions;
