/* History triggers: generated from the forms, so that nothing can forget to write history. */
#ifndef HALLDESK_FORM_HISTORY_H
#define HALLDESK_FORM_HISTORY_H

#include "protocol/form.h"

struct arena;

/* SQL that replaces one trigger function and trigger for each table that forms write: head, base
 * and line tables. A row of `history` holds {"column": [old, new]} for what differs, keyed by
 * column because a base table is shared by several forms; extra fields are keyed
 * "extra.<number>". Secret fields are left out. The triggers refuse to run without an actor. Also
 * the triggers that keep the searchable extra values. */
const char *form_history_sql(const struct form_set *forms, struct arena *arena);

#endif
