/* Imports and bulk changes as others see them; see job.h. */
#include "server/engine/job.h"

enum { TITLE_LIMIT = 400, JOB_RUNNING = 2, JOB_DONE = 3 };

struct report {
    int64_t id;
    const char *title;
    uint64_t total;
    uint64_t done;
    uint64_t failed;
    bool ended;
};

static const char sql_open[] =
    "INSERT INTO job (id, kind, form, title, status, started_at, total, staff_id, network_id, "
    "area_id, hall_id) "
    "VALUES ($1, $2, $3, $4, $5, gate_now(), $6, gate_actor(), gate_network(), $7, $8)";
/* Only whoever began it goes on with it, and only until it has ended. */
static const char sql_report[] =
    "WITH j AS (UPDATE job SET done = $4, failed = $5, total = greatest(total, $6), status = "
    "$7::smallint, "
    "ended_at = CASE WHEN $7::smallint = 3 THEN gate_now() END, version = version + 1 "
    "WHERE id = $1 AND kind = $2 AND form = $3 AND staff_id = gate_actor() AND status = 2 "
    "RETURNING id) "
    "SELECT gate_expect(EXISTS (SELECT FROM j), 'HD003', '')";

static bool report_read(struct call *call, struct report *report)
{
    report->id = reader_signed(&call->body);
    report->title = reader_text(&call->body, call->arena, TITLE_LIMIT);
    report->total = reader_limited(&call->body, INT32_MAX);
    report->done = reader_limited(&call->body, INT32_MAX);
    report->failed = reader_limited(&call->body, INT32_MAX);
    report->ended = reader_u8(&call->body) != 0;
    return reader_end(&call->body) && report->id >= 0;
}

static void open_queue(struct call *call, const struct report *report)
{
    const struct actor *actor = &call->access->actor;
    struct parameter parameters[] = {
        parameter_integer(call->arena, report->id),
        parameter_text(call->verb->name),
        parameter_text(call->form->name),
        parameter_text(report->title),
        parameter_integer(call->arena, JOB_RUNNING),
        parameter_integer(call->arena, (int64_t)report->total),
        parameter_integer(call->arena, actor->area),
        parameter_integer(call->arena, actor->hall),
    };
    database_queue(call->engine->database, sql_open, sizeof parameters / sizeof *parameters,
                   parameters);
}

static void report_queue(struct call *call, const struct report *report)
{
    struct parameter parameters[] = {
        parameter_integer(call->arena, report->id),
        parameter_text(call->verb->name),
        parameter_text(call->form->name),
        parameter_integer(call->arena, (int64_t)report->done),
        parameter_integer(call->arena, (int64_t)report->failed),
        parameter_integer(call->arena, (int64_t)report->total),
        parameter_integer(call->arena, report->ended ? JOB_DONE : JOB_RUNNING),
    };
    database_queue(call->engine->database, sql_report, sizeof parameters / sizeof *parameters,
                   parameters);
}

/* Body: signed id of the job, 0 begins one; text title; LEB128 rows in all (0: unknown), done, and
 * refused of these; u8 1 it has ended. Answer: signed id of the job. */
enum status engine_job(struct call *call)
{
    struct report report = {0};
    if (!report_read(call, &report)) {
        return STATUS_BROKEN;
    }
    bool fresh = report.id == 0;
    if (fresh && (report.id = number_id(call->engine->numbers)) == 0) {
        return (enum status)STATUS_RERUN;
    }
    call_open(call);
    if (fresh) {
        open_queue(call, &report);
    } else {
        report_queue(call, &report);
    }
    call->object_id = report.id;
    call->log_detail = report.title;
    writer_signed(call->answer, report.id);
    call_close(call);
    return database_flush(call->engine->database, true) ? STATUS_OK : call_failure(call);
}
