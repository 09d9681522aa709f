/* The row that tells others how far an import or a bulk change is, and the right to make one. */
#ifndef HALLDESK_CTL_JOB_H
#define HALLDESK_CTL_JOB_H

#include "client/ctl/desk.h"

struct job {
    struct desk *desk;
    const struct form *form;
    uint16_t verb; /* VERB_IMPORT or VERB_BULK */
    const char *title;
    int64_t id;        /* 0: none, because the form has no such verb */
    uint64_t reported; /* rows told last */
};

/* Begins a job, or goes on with job->id. STATUS_OK too if the form does not ask for the right. */
enum status job_begin(struct job *job, uint64_t total);
/* Not from within callbacks of the connection. Failures are of no consequence: it is a report. */
void job_report(struct job *job, uint64_t done, uint64_t failed, bool ended);

#endif
