/* Between form_install.c, form_registry.c and form_seed.c only. */
#ifndef HALLDESK_FORM_REGISTRY_H
#define HALLDESK_FORM_REGISTRY_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "protocol/form.h"
#include "server/forms/code_read.h"

/* Compares numbers, names and types with table form_registry and adds what is new. *changed is set
 * if anything was added. */
bool form_registry_install(PGconn *owner, const struct form_set *forms, bool *changed,
                           struct form_errors *errors);
/* Adds the members of code lists that the database has not; *touched grows by the rows. The states
 * of a form are the code list of its state field where no file holds that list. */
bool form_seed_install(PGconn *owner, const struct form_set *forms, const struct code_set *codes,
                       size_t *touched, struct form_errors *errors);
/* A statement with text parameters, NULL being SQL NULL. *touched (may be NULL) grows by the rows.
 * False after an error, which is added. */
bool form_install_execute(PGconn *owner, const char *sql, int count, const char *const *parameters,
                          size_t *touched, struct form_errors *errors);

#endif
