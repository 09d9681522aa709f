/* Reports: any dimensions by any measures that a form declares, over the rows in scope. The sums
 * are made by the database in one statement, so a report equals what is stored. */
#include "server/engine/report.h"

#include <stdlib.h>
#include <string.h>

#include "server/engine/criteria.h"

enum { DIMENSIONS_LIMIT = 6, MEASURES_LIMIT = 16, ROWS_LIMIT = 5000 };

struct dimension {
    const struct field *field;
    enum dimension_step step;
};

enum aggregate {
    AGGREGATE_SUM = 1,
    AGGREGATE_COUNT = 2,
    AGGREGATE_MINIMUM = 3,
    AGGREGATE_MAXIMUM = 4
};

struct measure {
    const struct field *field; /* NULL: rows are counted */
    enum aggregate aggregate;
};

struct report {
    size_t dimension_count;
    struct dimension dimensions[DIMENSIONS_LIMIT];
    size_t measure_count;
    struct measure measures[MEASURES_LIMIT];
    struct criteria criteria;
};

static const char *const step_formats[] = {[STEP_DAY] = "YYYY-MM-DD",
                                           [STEP_WEEK] = "IYYY-\"W\"IW",
                                           [STEP_MONTH] = "YYYY-MM",
                                           [STEP_HOUR] = "HH24"};
static const char *const aggregates[] = {[AGGREGATE_SUM] = "sum",
                                         [AGGREGATE_COUNT] = "count",
                                         [AGGREGATE_MINIMUM] = "min",
                                         [AGGREGATE_MAXIMUM] = "max"};

static bool dimension_read(struct call *call, struct dimension *dimension)
{
    dimension->field =
        form_field_by_number(call->form, (uint16_t)reader_limited(&call->body, UINT16_MAX));
    dimension->step = (enum dimension_step)reader_u8(&call->body);
    bool timed = dimension->field != NULL &&
                 (dimension->field->type == VALUE_DATE || dimension->field->type == VALUE_TIME);
    return dimension->field != NULL && (dimension->field->flags & FIELD_DIMENSION) != 0 &&
           dimension->step <= STEP_HOUR && (dimension->step == STEP_VALUE || timed);
}

static bool measure_read(struct call *call, struct measure *measure)
{
    uint64_t number = reader_limited(&call->body, UINT16_MAX);
    measure->field = number != 0 ? form_field_by_number(call->form, (uint16_t)number) : NULL;
    measure->aggregate = (enum aggregate)reader_u8(&call->body);
    if (measure->aggregate < AGGREGATE_SUM || measure->aggregate > AGGREGATE_MAXIMUM) {
        return false;
    }
    return number == 0 ? measure->aggregate == AGGREGATE_COUNT
                       : measure->field != NULL && (measure->field->flags & FIELD_MEASURE) != 0;
}

static bool report_read(struct call *call, struct report *report)
{
    report->dimension_count = (size_t)reader_limited(&call->body, DIMENSIONS_LIMIT);
    for (size_t i = 0; i < report->dimension_count; i++) {
        if (!dimension_read(call, &report->dimensions[i])) {
            return false;
        }
    }
    report->measure_count = (size_t)reader_limited(&call->body, MEASURES_LIMIT);
    for (size_t i = 0; i < report->measure_count; i++) {
        if (!measure_read(call, &report->measures[i])) {
            return false;
        }
    }
    return report->measure_count > 0 && criteria_read(call, &report->criteria) &&
           reader_end(&call->body);
}

/* What a dimension is grouped by: its value as text; for a reference the id, named afterwards. */
static void dimension_column(struct statement *statement, const struct dimension *dimension)
{
    const char *column = field_column(dimension->field, statement->arena);
    if (dimension->step != STEP_VALUE) {
        statement_add(statement, "to_char(%s, '%s')", column, step_formats[dimension->step]);
    } else if (dimension->field->type == VALUE_DATE) {
        statement_add(statement, "to_char(%s, 'YYYY-MM-DD')", column);
    } else {
        statement_add(statement, "%s::text", column);
    }
}

static void branch_add(struct statement *statement, const struct call *call,
                       const struct report *report, int number)
{
    statement_add(statement, "SELECT t.id");
    for (size_t i = 0; i < report->dimension_count; i++) {
        statement_add(statement, ", ");
        dimension_column(statement, &report->dimensions[i]);
        statement_add(statement, " AS d%zu", i);
    }
    for (size_t i = 0; i < report->measure_count; i++) {
        if (report->measures[i].field != NULL) {
            statement_add(statement, ", %s AS m%zu",
                          field_column(report->measures[i].field, call->arena), i);
        }
    }
    statement_add(statement, " FROM %s t", call->form->table);
    if (call->form->base != NULL) {
        statement_add(statement, " JOIN %s b ON b.id = t.id", call->form->base);
    }
    statement_add(statement, " WHERE true");
    scope_add(statement, call, &call->scope->branches[number]);
    criteria_add(statement, call, &report->criteria);
}

static void report_build(struct statement *statement, const struct call *call,
                         const struct report *report)
{
    statement_add(statement, "SELECT ");
    for (size_t i = 0; i < report->dimension_count; i++) {
        statement_add(statement, "coalesce(d%zu, ''), ", i);
    }
    for (size_t i = 0; i < report->measure_count; i++) {
        const struct measure *measure = &report->measures[i];
        if (measure->field == NULL) {
            statement_add(statement, "%scount(*)", i > 0 ? ", " : "");
        } else {
            bool rate = measure->field->type == VALUE_RATE && measure->aggregate != AGGREGATE_COUNT;
            statement_add(statement, "%scoalesce((%s(m%zu)%s)::bigint, 0)", i > 0 ? ", " : "",
                          aggregates[measure->aggregate], i, rate ? " * 1000000" : "");
        }
    }
    statement_add(statement, " FROM (");
    int branches = scope_branches(call);
    for (int i = 0; i < branches; i++) {
        /* UNION drops what two branches both reach: the id is in the row. */
        statement_add(statement, "%s", i > 0 ? " UNION " : "");
        branch_add(statement, call, report, i);
    }
    statement_add(statement, ") r");
    for (size_t i = 0; i < report->dimension_count; i++) {
        statement_add(statement, "%s d%zu", i == 0 ? " GROUP BY" : ",", i);
    }
    for (size_t i = 0; i < report->dimension_count; i++) {
        statement_add(statement, "%s d%zu", i == 0 ? " ORDER BY" : ",", i);
    }
    statement_add(statement, " LIMIT %d", ROWS_LIMIT + 1);
}

/* Captions of the referenced records behind one dimension, asked once for the whole report. */
static enum status captions_load(struct call *call, const struct report *report, size_t place,
                                 const PGresult *result, const PGresult **captions)
{
    const struct form *target =
        form_by_number(&call->engine->catalogue->forms, report->dimensions[place].field->reference);
    *captions = NULL;
    if (target == NULL || target->table == NULL || target->key == NULL) {
        return STATUS_OK;
    }
    const char *ids = "{";
    for (int row = 0; row < PQntuples(result); row++) {
        const char *id = PQgetvalue(result, row, (int)place);
        if (id[0] != '\0') {
            ids = arena_format(call->arena, "%s%s%s", ids, ids[1] != '\0' ? "," : "", id);
        }
    }
    const struct field *caption =
        form_field(target, target->caption != NULL ? target->caption : target->key);
    struct statement statement;
    statement_initialise(&statement, call->arena);
    statement_add(&statement, "SELECT t.id, %s FROM %s t", field_column(caption, call->arena),
                  target->table);
    if (target->base != NULL) {
        statement_add(&statement, " JOIN %s b ON b.id = t.id", target->base);
    }
    statement_add(&statement, " WHERE t.id = ANY($1::bigint[])");
    statement_bind(&statement, parameter_text(arena_format(call->arena, "%s}", ids)));
    size_t rows = statement_queue(call->engine->database, &statement);
    if (!database_flush(call->engine->database, false)) {
        return call_failure(call);
    }
    *captions = database_result(call->engine->database, rows);
    return STATUS_OK;
}

static const char *caption_of(const PGresult *captions, const char *id)
{
    for (int row = 0; captions != NULL && row < PQntuples(captions); row++) {
        if (strcmp(PQgetvalue(captions, row, 0), id) == 0) {
            return PQgetvalue(captions, row, 1);
        }
    }
    return id;
}

static const char *cell_caption(struct call *call, const struct dimension *dimension,
                                const PGresult *captions, const char *cell)
{
    if (dimension->field->type == VALUE_REFERENCE) {
        return caption_of(captions, cell);
    }
    if (dimension->field->type == VALUE_CODE && cell[0] != '\0') {
        const struct code_entry *entry = catalogue_code(
            call->engine->catalogue, dimension->field->codes, strtoll(cell, NULL, 10));
        if (entry != NULL) {
            return strcmp(call->access->actor.language, "zh") == 0 ? entry->label.zh
                                                                   : entry->label.en;
        }
    }
    return cell;
}

/* Body: LEB128 count of dimensions, each LEB128 field number, u8 step (enum dimension_step);
 * LEB128 count of measures, each LEB128 field number (0: rows) and u8 aggregate (1 sum, 2 count,
 * 3 minimum, 4 maximum); criteria as in criteria.h. Answer: LEB128 count of rows, each the texts of
 * the dimensions (value and caption) and the measures as zigzag integers; u8 1 if rows were cut. */
enum status engine_report(struct call *call)
{
    struct report report = {0};
    if (!report_read(call, &report)) {
        return STATUS_BROKEN;
    }
    criteria_judge(call, &report.criteria);
    if (faults_any(&call->faults)) {
        return STATUS_FAULTS;
    }
    struct database *database = call->engine->database;
    struct statement statement;
    statement_initialise(&statement, call->arena);
    report_build(&statement, call, &report);
    call_open(call);
    size_t index = statement_queue(database, &statement);
    call_log(call);
    if (!database_flush(database, false)) {
        return call_failure(call);
    }
    const PGresult *captions[DIMENSIONS_LIMIT] = {NULL};
    for (size_t i = 0; i < report.dimension_count; i++) {
        if (report.dimensions[i].field->type == VALUE_REFERENCE &&
            report.dimensions[i].step == STEP_VALUE) {
            enum status status =
                captions_load(call, &report, i, database_result(database, index), &captions[i]);
            if (status != STATUS_OK) {
                return status;
            }
        }
    }
    if (!database_flush(database, true)) {
        return call_failure(call);
    }
    const PGresult *result = database_result(database, index);
    int rows = PQntuples(result) > ROWS_LIMIT ? ROWS_LIMIT : PQntuples(result);
    writer_unsigned(call->answer, (uint64_t)rows);
    for (int row = 0; row < rows; row++) {
        int column = 0;
        for (size_t i = 0; i < report.dimension_count; i++, column++) {
            const char *cell = PQgetvalue(result, row, column);
            writer_text(call->answer, cell);
            writer_text(call->answer, cell_caption(call, &report.dimensions[i], captions[i], cell));
        }
        for (size_t i = 0; i < report.measure_count; i++, column++) {
            writer_signed(call->answer, strtoll(PQgetvalue(result, row, column), NULL, 10));
        }
    }
    writer_u8(call->answer, PQntuples(result) > ROWS_LIMIT ? 1 : 0);
    return STATUS_OK;
}
