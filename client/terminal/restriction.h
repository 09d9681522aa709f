/* What may stand in a field, by its kind. */
#ifndef HALLDESK_RESTRICTION_H
#define HALLDESK_RESTRICTION_H

#include "client/terminal/editor.h"

/* The character as it is stored; 0 if such a field does not take it. */
uint32_t restriction_admit(enum editor_restriction restriction, bool memo, uint32_t character);
/* Whether the text would still be (the beginning of) a number with `character` at `at`, where it
 * replaces `replaced` characters; true for fields that are no numbers. */
bool restriction_number_holds(const struct editor_options *options, const uint32_t *text,
                              size_t length, size_t at, size_t replaced, uint32_t character);

#endif
