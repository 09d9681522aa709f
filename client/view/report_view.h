/* Reports: dimensions and measures of a form as a table with comparison and shape. */
#ifndef HALLDESK_REPORT_VIEW_H
#define HALLDESK_REPORT_VIEW_H

#include "client/application.h"

void report_view_open(struct application *application, const struct form *form);

#endif
