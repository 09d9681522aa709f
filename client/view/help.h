/* Help [17-185]: for the field, again for the form, again for all keys. */
#ifndef HALLDESK_HELP_H
#define HALLDESK_HELP_H

#include "client/application.h"

void help_show(struct application *application);
/* The manual's list of keys in mdoc, from the same table; for `halldesk --keys`. */
void help_manual(const struct application *application);

#endif
