/* Compiles conditions of forms against the declarations alone, so that who writes a form learns of
 * a mistake without a server. The engine compiles them again over the database's code lists. */
#ifndef HALLDESK_FORM_CONDITION_H
#define HALLDESK_FORM_CONDITION_H

#include "protocol/form.h"
#include "server/forms/code_read.h"

struct form_conditions {
    const struct form_set *forms;
    const struct code_set *codes;
    struct arena *arena;
};

/* For form_check_hooks.condition; the context is a struct form_conditions. */
bool form_condition_check(void *context, const struct form *form, const char *text,
                          const char **reason);

#endif
