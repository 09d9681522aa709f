/* Reports from the dimensions and measures that a form declares. */
#ifndef HALLDESK_REPORT_H
#define HALLDESK_REPORT_H

#include "server/engine/engine.h"

enum status engine_report(struct call *call);

#endif
