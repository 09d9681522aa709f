/* Query by example: fill in what is known, F8 finds. */
#ifndef HALLDESK_QUERY_VIEW_H
#define HALLDESK_QUERY_VIEW_H

#include "client/application.h"

void query_view_open(struct application *application, const struct form *form);

#endif
