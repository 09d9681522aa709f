/* Which view opens for a form, a key, a record. */
#ifndef HALLDESK_OPEN_H
#define HALLDESK_OPEN_H

#include "client/application.h"
#include "protocol/record.h"

/* What a code opens: with an argument the record of that key (or the list of what it may mean),
 * else query, action or a new record, whichever the person may use first. */
void open_form(struct application *application, uint16_t form, const char *argument, bool create);
void open_record(struct application *application, uint16_t form, int64_t id);
/* Puts a draft's values over the record or over a new one. */
void open_draft(struct application *application, uint16_t form, int64_t id, const uint8_t *bytes,
                size_t length);
/* A new record with values put in already; `preset` may be NULL. */
void open_new(struct application *application, const struct form *form,
              const struct record *preset);
void open_sign_out(struct application *application);

#endif
