/* Installs triggers, permissions, numbers and code lists of the forms. */
#include "server/forms/form_install.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/forms/form_history.h"
#include "server/forms/form_registry.h"

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
    if (!form_seed_install(install->owner, forms, codes, &install->touched, install->errors))
        install->good = false;
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
