/* From what was typed to the record that is meant: one match fills in, none or many open the list.
 */
#ifndef HALLDESK_REFERENCE_H
#define HALLDESK_REFERENCE_H

#include "client/application.h"
#include "protocol/value.h"

/* Resolves `typed` among the records of form `number`. `browse`: F4, the list opens in any case.
 * False when nothing was chosen; then the message row says why, or the person said no. */
bool reference_resolve(struct application *application, uint16_t number, const char *typed,
                       bool browse, struct value *value, struct arena *arena);
/* The list behind F4 of a code field, narrowed by `typed`; false when nothing was chosen. */
bool reference_choose_code(struct application *application, const struct form *form,
                           const struct field *field, const char *typed, int64_t *number);

#endif
