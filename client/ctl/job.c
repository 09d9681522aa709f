/* Reports of long work to the server; see job.h. */
#include "client/ctl/job.h"

#include "protocol/arena.h"

static enum status job_call(struct job *job, uint64_t total, uint64_t done, uint64_t failed,
                            bool ended)
{
    struct writer body;
    struct reader reader;
    writer_initialise(&body, 1024);
    writer_signed(&body, job->id);
    writer_text(&body, job->title);
    writer_unsigned(&body, total);
    writer_unsigned(&body, done);
    writer_unsigned(&body, failed);
    writer_u8(&body, ended);
    const struct connection_call call = {.form = job->form->number,
                                         .form_hash = job->form->hash,
                                         .verb = job->verb,
                                         .body = body.bytes,
                                         .length = body.length};
    enum status status = desk_ask(job->desk, &call);
    writer_release(&body);
    if (status == STATUS_OK) {
        reader_initialise(&reader, job->desk->body.bytes, job->desk->body.length);
        int64_t id = reader_signed(&reader);
        if (!reader_end(&reader))
            return STATUS_BROKEN;
        job->id = id;
    }
    return status;
}

enum status job_begin(struct job *job, uint64_t total)
{
    if (!form_verb(job->form, job->verb)) {
        job->id = 0;
        return STATUS_OK;
    }
    enum status status = job_call(job, total, 0, 0, false);
    if (status == STATUS_NOT_FOUND && job->id != 0) { /* ended meanwhile: a new one */
        job->id = 0;
        status = job_call(job, total, 0, 0, false);
    }
    return status;
}

void job_report(struct job *job, uint64_t done, uint64_t failed, bool ended)
{
    if (job->id == 0 || (done == job->reported && !ended))
        return;
    job->reported = done;
    (void)job_call(job, 0, done, failed, ended);
}
