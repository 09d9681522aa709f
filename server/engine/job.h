/* Long work that a client does row by row, imports and bulk changes: the right to it, and a row
 * that tells others how far it is. The rows themselves go through the ordinary verbs. */
#ifndef HALLDESK_JOB_H
#define HALLDESK_JOB_H

#include "server/engine/engine.h"

/* Verbs import and bulk. */
enum status engine_job(struct call *call);

#endif
