/* Versions with validity, and announcements, which have them: a draft is submitted, approved,
 * published from a day on, and gives way to its next edition. The table's triggers keep the days
 * apart (sql/48_version.sql). */
#include <string.h>

#include "server/mechanism/mechanism.h"

enum { VERSION_PUBLISHED = 3, VERSION_RETIRED = 4 };

/* --- Versions --- */

static bool version_copies(const struct form *form, const struct field *field)
{
    static const char *const own[] = {"status", "valid_from", "valid_to", "edition", "family_id"};
    if ((field->flags & (FIELD_VIRTUAL | FIELD_SECRET)) != 0 ||
        (form->key != NULL && strcmp(field->name, form->key) == 0))
        return false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(field->name, own[i]) == 0)
            return false;
    return true;
}

struct record *version_copy(struct decision_case *c)
{
    int64_t status = record_integer(c->before, "status");
    if (status != VERSION_PUBLISHED && status != VERSION_RETIRED) {
        decision_fault(c, "status", "version.not_published", NULL);
        return NULL;
    }
    if (loaded_integer(c, "editions", 0, "drafts") > 0) {
        decision_fault(c, "status", "version.draft_exists", NULL);
        return NULL;
    }
    struct record *from = record_copy(c->before, c->arena);
    struct record *draft = effect_create(c, c->form->name);
    for (size_t i = 0; i < c->form->field_count; i++)
        if (version_copies(c->form, &c->form->fields[i]))
            draft->values[i] = from->values[i];
    record_set_reference(draft, "family_id", record_integer(c->before, "family_id"), "", "");
    record_set_integer(draft, "edition", loaded_integer(c, "editions", 0, "edition") + 1);
    return draft;
}

/* --- Announcements --- */

static const struct load copy_loads[] = {VERSION_LOAD("announcement")};

static void announcement_copy(struct decision_case *c)
{
    struct record *draft = version_copy(c);
    if (draft == NULL)
        return;
    record_set_reference(draft, "author_id", c->actor.staff, c->actor.number, c->actor.name);
    record_set_reference(c->answer, "family_id", draft->id, "", "");
}

static void announcement_read(struct decision_case *c)
{
    effect_statement(c,
                     "INSERT INTO announcement_read (announcement_id, staff_id, at) VALUES "
                     "($1::bigint, gate_actor(), gate_now()) ON CONFLICT DO NOTHING",
                     -1, 1, decision_number(c, c->before->id));
}

#define LOADS(list) .load_count = sizeof(list) / sizeof *(list), .loads = (list)

const struct decision announcement_decisions[] = {
    {.name = "announcement_copy", LOADS(copy_loads), .decide = announcement_copy},
    {.name = "announcement_read", .decide = announcement_read},
};
const size_t announcement_decision_count =
    sizeof announcement_decisions / sizeof *announcement_decisions;
