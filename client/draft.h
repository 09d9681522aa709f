/* What is typed and not yet sent waits on the server when a line is lost or a person idles, and is
 * offered at the next sign-in. */
#ifndef HALLDESK_DRAFT_H
#define HALLDESK_DRAFT_H

#include "client/application.h"

/* Saves, or deletes, the draft of a task. */
void draft_save(struct application *application, size_t task);
/* Offers what waits; says so when nothing does, if `asked`. */
void draft_offer(struct application *application, bool asked);

#endif
