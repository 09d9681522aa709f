/* Compares forms with the database: a form that does not fit its tables is found at start, with
 * file and line, and not by the first operator who uses it. */
#ifndef HALLDESK_FORM_CHECK_H
#define HALLDESK_FORM_CHECK_H

#include <libpq-fe.h>

#include "protocol/form.h"
#include "server/forms/declaration.h"

/* What only the server can judge; a NULL function is not asked. */
struct form_check_hooks {
    void *context;
    /* Does the text compile as a condition over the form's record? If not, *reason says why. */
    bool (*condition)(void *context, const struct form *form, const char *text,
                      const char **reason);
    /* Is there a decision of this name? */
    bool (*decision)(void *context, const char *name);
};

/* Judges guards, rules and decisions through the hooks. */
void form_check_logic(const struct form_set *forms, const struct form_check_hooks *hooks,
                      struct form_errors *errors);
/* Judges every form against the catalogue of the connection. */
void form_check_database(PGconn *connection, const struct form_set *forms, struct arena *arena,
                         struct form_errors *errors);

#endif
