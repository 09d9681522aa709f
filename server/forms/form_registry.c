/* Permanent numbers: table form_registry remembers every number that was ever given out.
 *
 * line_path tells what a number counts: "" fields of the form, "40.3" fields of the lines in field
 * 3 of the lines in field 40, "states" and "verbs" those, "form" (number 0) the form's name. */
#include "server/forms/form_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"

struct registered {
    int form;
    int number;
    const char *path;
    const char *name;
    const char *type;
};

struct registry {
    PGconn *owner;
    size_t count;
    struct registered *list; /* as found in the database, ascending by form */
    size_t added;
    struct form_errors *errors;
    const struct form *form;
    bool good;
};

static bool registry_load(struct registry *registry)
{
    struct arena *arena = registry->errors->arena;
    PGresult *result =
        PQexec(registry->owner, "SELECT form, field, line_path, name, type FROM form_registry "
                                "ORDER BY form, line_path, field");
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!good) {
        form_errors_add(registry->errors, "database", 0, "form_registry cannot be read: %s",
                        PQerrorMessage(registry->owner));
        goto out;
    }
    registry->count = (size_t)PQntuples(result);
    registry->list = ARENA_ARRAY(arena, struct registered, registry->count + 1);
    for (int row = 0; row < PQntuples(result); row++)
        registry->list[row] = (struct registered){
            .form = atoi(PQgetvalue(result, row, 0)),
            .number = atoi(PQgetvalue(result, row, 1)),
            .path = arena_string(arena, PQgetvalue(result, row, 2)),
            .name = arena_string(arena, PQgetvalue(result, row, 3)),
            .type = arena_string(arena, PQgetvalue(result, row, 4)),
        };
out:
    PQclear(result);
    return good;
}

static void registry_refuse(struct registry *registry, int line, const char *text)
{
    form_errors_add(registry->errors, registry->form->file, line, "%s", text);
    registry->good = false;
}

static void registry_add(struct registry *registry, const struct registered *entry, int line)
{
    struct arena *arena = registry->errors->arena;
    for (size_t index = 0; index < registry->count; index++) {
        const struct registered *known = &registry->list[index];
        if (known->form != entry->form || strcmp(known->path, entry->path) != 0)
            continue;
        bool number = known->number == entry->number;
        bool name = strcmp(known->name, entry->name) == 0;
        if (number && name && strcmp(known->type, entry->type) == 0)
            return;
        if (number)
            registry_refuse(registry, line,
                            arena_format(arena,
                                         "number %d was \"%s\" of type %s and cannot become "
                                         "\"%s\" of type %s: numbers are permanent",
                                         entry->number, known->name, known->type, entry->name,
                                         entry->type));
        else if (name)
            registry_refuse(registry, line,
                            arena_format(arena,
                                         "\"%s\" had number %d and cannot move to %d: numbers are "
                                         "permanent",
                                         entry->name, known->number, entry->number));
        if (number || name)
            return;
    }
    char form[16];
    char number[16];
    snprintf(form, sizeof(form), "%d", entry->form);
    snprintf(number, sizeof(number), "%d", entry->number);
    const char *parameters[] = {form, entry->path, number, entry->name, entry->type};
    if (!form_install_execute(registry->owner,
                              "INSERT INTO form_registry (form, line_path, field, name, type) "
                              "VALUES ($1, $2, $3, $4, $5)",
                              5, parameters, &registry->added, registry->errors))
        registry->good = false;
}

static void registry_fields(struct registry *registry, const struct form *form, const char *path)
{
    for (size_t index = 0; index < form->field_count; index++) {
        const struct field *field = &form->fields[index];
        registry_add(registry,
                     &(struct registered){.form = registry->form->number,
                                          .number = field->number,
                                          .path = path,
                                          .name = field->name,
                                          .type = value_type_names[field->type]},
                     field->source_line);
        if (field->lines)
            registry_fields(registry, field->lines,
                            arena_format(registry->errors->arena, "%s%s%d", path, *path ? "." : "",
                                         field->number));
    }
}

static void registry_form(struct registry *registry, const struct form *form)
{
    registry->form = form;
    for (size_t index = 0; index < registry->count; index++)
        if (strcmp(registry->list[index].path, "form") == 0 &&
            strcmp(registry->list[index].name, form->name) == 0 &&
            registry->list[index].form != form->number)
            registry_refuse(registry, form->source_line,
                            arena_format(registry->errors->arena,
                                         "form \"%s\" had number %d and cannot move to %d: numbers "
                                         "are permanent",
                                         form->name, registry->list[index].form, form->number));
    registry_add(registry,
                 &(struct registered){
                     .form = form->number, .path = "form", .name = form->name, .type = "form"},
                 form->source_line);
    registry_fields(registry, form, "");
    for (size_t index = 0; index < form->state_count; index++)
        registry_add(registry,
                     &(struct registered){.form = form->number,
                                          .number = form->states[index].number,
                                          .path = "states",
                                          .name = form->states[index].name,
                                          .type = "state"},
                     form->states[index].source_line);
    for (size_t index = 0; index < form->verb_count; index++)
        if (form->verbs[index].number >= VERB_OWN)
            registry_add(registry,
                         &(struct registered){.form = form->number,
                                              .number = form->verbs[index].number,
                                              .path = "verbs",
                                              .name = form->verbs[index].name,
                                              .type = "verb"},
                         form->verbs[index].source_line);
}

bool form_registry_install(PGconn *owner, const struct form_set *forms, bool *changed,
                           struct form_errors *errors)
{
    struct registry registry = {.owner = owner, .errors = errors, .good = true};
    if (!registry_load(&registry))
        return false;
    for (size_t index = 0; index < forms->count && PQtransactionStatus(owner) == PQTRANS_INTRANS;
         index++)
        registry_form(&registry, forms->forms[index]);
    *changed = *changed || registry.added;
    return registry.good;
}
