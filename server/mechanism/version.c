/* Versions with validity: the next edition of a published record is a draft; the table's triggers
 * keep the days apart (sql/48_version.sql). And announcements, which have versions. */
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
    /* Who and when are those of the copy. */
    return field->initial == NULL ||
           (strcmp(field->initial, "actor") != 0 && strcmp(field->initial, "now") != 0 &&
            strcmp(field->initial, "today") != 0);
}

struct record *version_draft(struct decision_case *c)
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

static const struct load copy_loads[] = {VERSION_LOAD};

static void version_copy(struct decision_case *c)
{
    struct record *draft = version_draft(c);
    if (draft != NULL)
        record_set_reference(c->answer, "family_id", draft->id, "", "");
}

/* --- Announcements --- */

static void announcement_read(struct decision_case *c)
{
    effect_statement(c,
                     "INSERT INTO announcement_read (announcement_id, staff_id, at) VALUES "
                     "($1::bigint, gate_actor(), gate_now()) ON CONFLICT DO NOTHING",
                     -1, 1, decision_number(c, c->before->id));
}

#define LOADS(list) .load_count = sizeof(list) / sizeof *(list), .loads = (list)

const struct decision version_decisions[] = {
    {.name = "version_copy", LOADS(copy_loads), .decide = version_copy},
    {.name = "announcement_read", .decide = announcement_read},
};
const size_t version_decision_count = sizeof version_decisions / sizeof *version_decisions;
