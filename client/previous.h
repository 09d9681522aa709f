/* The record that was entered last, per form: what Dup copies and a hold keeps. */
#ifndef HALLDESK_PREVIOUS_H
#define HALLDESK_PREVIOUS_H

#include "client/application.h"
#include "protocol/record.h"

void previous_keep(struct application *application, const struct record *record);
const struct record *previous_find(const struct application *application, const struct form *form);
void previous_free(struct previous *previous);

#endif
