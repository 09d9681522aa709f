/* The screen of one record, generated from its form [17-178]. */
#ifndef HALLDESK_FORM_VIEW_H
#define HALLDESK_FORM_VIEW_H

#include "client/application.h"
#include "protocol/record.h"

/* A new record; `preset` (may be NULL) is put in before the person types. */
void form_view_create_record(struct application *application, const struct form *form,
                             const struct record *preset);
/* The record with an id, or, where that is 0, a key; false if there is none (said in the message
 * row unless `quiet`). */
bool form_view_open(struct application *application, const struct form *form, int64_t id,
                    const char *key, bool quiet);
/* A bare form; with an argument its first field is filled and it runs at once. */
void form_view_run(struct application *application, const struct form *form, const char *argument);
/* Draft: puts coded values over what the top view shows. */
void form_view_restore(struct application *application, const uint8_t *bytes, size_t length);

#endif
