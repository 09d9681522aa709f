/* Puts what the forms declare into the database: triggers, permissions, numbers, code lists. */
#ifndef HALLDESK_FORM_INSTALL_H
#define HALLDESK_FORM_INSTALL_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "protocol/form.h"
#include "server/forms/code_read.h"

/* `owner` owns the tables. Works in the transaction that is open, else in one of its own; repeated
 * it changes nothing. False after errors, which are added; the transaction is to be rolled back
 * (an own one is). Refused: a number of a form, field, state, verb or code that is used again for
 * something else, since old records, histories and terminals know it by that number. What
 * administrators changed in code lists stays. */
bool form_install(PGconn *owner, const struct form_set *forms, const struct code_set *codes,
                  struct form_errors *errors);

#endif
