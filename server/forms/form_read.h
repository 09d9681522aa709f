/* Reader of forms: every *.form below a directory becomes one sealed set. */
#ifndef HALLDESK_FORM_READ_H
#define HALLDESK_FORM_READ_H

#include "protocol/form.h"
#include "server/forms/declaration.h"

/* Reads the forms, the code lists that they name and verbs.messages for the labels of the fixed
 * verbs. Never NULL; unusable if errors were added. The set refers only to the arena. */
struct form_set *form_read_directory(const char *directory, struct arena *arena,
                                     struct form_errors *errors);

#endif
