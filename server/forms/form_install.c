/* Installs triggers, permissions, numbers and code lists of the forms. */
#include "server/forms/form_install.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/forms/form_history.h"
#include "server/forms/form_registry.h"
#include "server/party/pinyin.h"

struct install {
    PGconn *owner;
    struct arena *arena;
    struct form_errors *errors;
    bool good;
    size_t touched;
};

bool form_install_execute(PGconn *owner, const char *sql, int count, const char *const *parameters,
                          size_t *touched, struct form_errors *errors)
{
    PGresult *result = PQexecParams(owner, sql, count, NULL, parameters, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good)
        form_errors_add(errors, "database", 0, "%s", PQerrorMessage(owner));
    else if (touched)
        *touched += strtoul(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return good;
}

static void execute(struct install *install, const char *sql, int count,
                    const char *const *parameters)
{
    if (PQtransactionStatus(install->owner) != PQTRANS_INTRANS ||
        !form_install_execute(install->owner, sql, count, parameters, &install->touched,
                              install->errors))
        install->good = false;
}

static const char *number_text(struct arena *arena, long number)
{
    return arena_format(arena, "%ld", number);
}

/* --- Permissions --- */

static bool declared_before(const struct form_set *forms, size_t form, size_t verb,
                            const char *permission)
{
    for (size_t index = 0; index <= form; index++) {
        size_t count = index == form ? verb : forms->forms[index]->verb_count;
        for (size_t at = 0; at < count; at++)
            if (strcmp(forms->forms[index]->verbs[at].permission, permission) == 0)
                return true;
    }
    return false;
}

/* The table whose rows a permission limits; form_read makes sure that there is one at most. */
static const char *permission_table(const struct form_set *forms, const char *permission)
{
    for (size_t index = 0; index < forms->count; index++) {
        const struct form *form = forms->forms[index];
        for (size_t at = 0; form->scope_table && at < form->verb_count; at++)
            if (strcmp(form->verbs[at].permission, permission) == 0)
                return form->scope_table;
    }
    return "";
}

static void install_permission(struct install *install, const struct form_set *forms,
                               const struct form *form, const struct verb *verb)
{
    struct arena *arena = install->arena;
    const char *parameters[] = {
        verb->permission,
        number_text(arena, form->number),
        number_text(arena, verb->number),
        permission_table(forms, verb->permission),
        arena_format(arena, "%s %s", form->title.zh, verb->label.zh),
        arena_format(arena, "%s: %s", form->title.en, verb->label.en),
    };
    execute(install,
            "UPDATE permission SET form = $2, verb = $3, table_name = $4, label_zh = $5,"
            " label_en = $6 WHERE name = $1 AND (form, verb, table_name, label_zh, label_en)"
            " IS DISTINCT FROM ($2::integer, $3::integer, $4::text, $5::text, $6::text)",
            6, parameters);
    execute(install,
            "INSERT INTO permission (name, form, verb, table_name, label_zh, label_en)"
            " SELECT $1, $2, $3, $4, $5, $6"
            "  WHERE NOT EXISTS (SELECT FROM permission WHERE name = $1)",
            6, parameters);
}

static void install_permissions(struct install *install, const struct form_set *forms)
{
    for (size_t index = 0; index < forms->count; index++)
        for (size_t at = 0; at < forms->forms[index]->verb_count; at++) {
            const struct verb *verb = &forms->forms[index]->verbs[at];
            if (!declared_before(forms, index, at, verb->permission))
                install_permission(install, forms, forms->forms[index], verb);
        }
    execute(install,
            "UPDATE access a SET table_name = p.table_name FROM permission p"
            " WHERE p.id = a.permission_id AND a.table_name <> p.table_name",
            0, NULL);
}

/* --- Code lists --- */

static const char *attributes_text(struct arena *arena, const struct code_member *member)
{
    const char *text = "";
    for (size_t index = 0; index < member->attribute_count; index++)
        text = arena_format(arena, "%s%s%s=%s", text, *text ? " " : "",
                            member->attributes[index].name, member->attributes[index].value);
    return text;
}

static void install_list(struct install *install, const char *name, struct label title)
{
    const char *parameters[] = {name, title.zh, title.en};
    execute(install,
            "INSERT INTO code_list (name, title_zh, title_en)"
            " SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM code_list WHERE name = $1)",
            3, parameters);
}

/* Names the member that stands in the way of a new one, if there is any. */
static void member_conflict(struct install *install, const char *list,
                            const struct code_member *member, const char *file, int line)
{
    const char *parameters[] = {list, number_text(install->arena, member->number), member->name};
    PGresult *result = PQexecParams(install->owner,
                                    "SELECT number, name FROM code WHERE list = $1"
                                    " AND (number = $2::integer OR name = $3)"
                                    " AND (number, name) IS DISTINCT FROM ($2::integer, $3::text)"
                                    " ORDER BY number = $2::integer DESC",
                                    3, NULL, parameters, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        form_errors_add(install->errors, "database", 0, "%s", PQerrorMessage(install->owner));
        install->good = false;
    } else if (PQntuples(result)) {
        form_errors_add(install->errors, file, line,
                        "code list \"%s\" has \"%s\" with number %s in the database, so \"%s\" "
                        "cannot have number %d: numbers are permanent",
                        list, PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 0), member->name,
                        member->number);
        install->good = false;
    }
    PQclear(result);
}

static void install_member(struct install *install, const char *list,
                           const struct code_member *member, size_t place, const char *file)
{
    struct arena *arena = install->arena;
    struct pinyin_initials initials = {0};
    size_t errors = install->errors->count;
    pinyin_initials(member->label.zh, &initials);
    member_conflict(install, list, member, file, member->source_line);
    if (install->errors->count != errors)
        return;
    const char *parameters[] = {
        list,
        number_text(arena, member->number),
        member->name,
        member->label.zh,
        member->label.en,
        member->parent ? number_text(arena, member->parent) : NULL,
        attributes_text(arena, member),
        number_text(arena, (long)place + 1),
        member->initials ? member->initials
        : initials.count ? initials.variants[0]
                         : "",
        member->valid_from,
        member->valid_to,
    };
    execute(install,
            "INSERT INTO code (list, number, name, label_zh, label_en, parent, attributes, sort,"
            " initials, valid_from, valid_to)"
            " SELECT $1, $2::integer, $3, $4, $5, $6::integer, $7, $8::integer, $9,"
            " coalesce($10::date, '2000-01-01'), $11::date"
            "  WHERE NOT EXISTS (SELECT FROM code WHERE list = $1 AND number = $2::integer)",
            11, parameters);
}

static void install_codes(struct install *install, const struct code_set *codes)
{
    for (size_t index = 0; index < codes->count; index++) {
        const struct code_list *list = &codes->lists[index];
        install_list(install, list->name, list->title);
        for (size_t at = 0; at < list->count; at++)
            install_member(install, list->name, &list->members[at], at, list->file);
    }
}

/* The states of a form are the code list of its state field where no file holds that list. */
static void install_states(struct install *install, const struct form *form,
                           const struct code_set *codes)
{
    const struct field *field = form->state_field ? form_field(form, form->state_field) : NULL;
    if (!field || !field->codes || code_list_find(codes, field->codes))
        return;
    struct label title = {
        .zh = arena_format(install->arena, "%s%s", form->title.zh, field->label.zh),
        .en = arena_format(install->arena, "%s: %s", form->title.en, field->label.en),
    };
    install_list(install, field->codes, title);
    for (size_t index = 0; index < form->state_count; index++) {
        struct code_member member = {
            .number = form->states[index].number,
            .name = form->states[index].name,
            .label = form->states[index].label,
            .source_line = form->states[index].source_line,
        };
        install_member(install, field->codes, &member, index, form->file);
    }
}

static void install_history(struct install *install, const struct form_set *forms)
{
    PGresult *result = PQexec(install->owner, form_history_sql(forms, install->arena));
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
        form_errors_add(install->errors, "history triggers", 0, "%s",
                        PQerrorMessage(install->owner));
        install->good = false;
    }
    PQclear(result);
}

static void install_all(struct install *install, const struct form_set *forms,
                        const struct code_set *codes)
{
    bool changed = false;
    /* Messages like "relation exists, skipping" are of no use to anyone here. */
    execute(install, "SET LOCAL client_min_messages = warning", 0, NULL);
    /* Code lists may be forms too, and their history wants an actor: 0 is the installation. */
    execute(install,
            "SELECT set_config('halldesk.actor',"
            " coalesce(nullif(current_setting('halldesk.actor', true), ''), '0'), true)",
            0, NULL);
    install->touched = 0;
    if (!form_registry_install(install->owner, forms, &changed, install->errors))
        install->good = false;
    install_permissions(install, forms);
    install_codes(install, codes);
    for (size_t index = 0; index < forms->count; index++)
        install_states(install, forms->forms[index], codes);
    if (install->good)
        install_history(install, forms);
    if (install->good && (changed || install->touched))
        execute(install, "UPDATE epoch SET rights = rights + 1, catalogue = catalogue + 1", 0,
                NULL);
}

bool form_install(PGconn *owner, const struct form_set *forms, const struct code_set *codes,
                  struct form_errors *errors)
{
    struct install install = {
        .owner = owner, .arena = errors->arena, .errors = errors, .good = true};
    bool own = PQtransactionStatus(owner) == PQTRANS_IDLE;

    if (own && !form_install_execute(owner, "BEGIN", 0, NULL, NULL, errors))
        return false;
    install_all(&install, forms, codes);
    if (own &&
        !form_install_execute(owner, install.good ? "COMMIT" : "ROLLBACK", 0, NULL, NULL, errors))
        install.good = false;
    return install.good;
}
