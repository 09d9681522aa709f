/* Report view: one dimension by some measures over a period, against the same period a week before;
 * every row opens what it is made of. */
#include "client/view/report_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/date.h"
#include "client/dialog.h"
#include "client/field_text.h"
#include "client/print.h"
#include "client/session.h"
#include "client/store.h"
#include "client/terminal/chart.h"
#include "client/view/list_view.h"
#include "protocol/buffer.h"
#include "protocol/value.h"

enum {
    ROWS_LIMIT = 2000,
    MEASURES = 4,
    CHOICES = 64,
    CAPTION_COLUMNS = 18,
    COUNT_COLUMNS = 8,
    AMOUNT_COLUMNS = 14,
    COMPARE_COLUMNS = 7,
    CHART_ROWS = 8,
    CHART_POINTS = 40,
    WEEK = 7,
    SUM = 1,
    COUNT = 2,
    BODY_LIMIT = 8192,
    TEXT_LIMIT = 1024,
};

struct report_row {
    const char *value;
    const char *caption;
    int64_t measures[MEASURES];
    int64_t before; /* first measure, a week earlier */
    bool compared;
};

struct report_view {
    struct view view;
    struct arena *arena; /* of the rows */
    const struct form *form;
    const struct field *dimension; /* NULL: one row in all */
    const struct field *period;    /* date that the period limits; NULL: no period */
    int64_t from;
    int64_t to;
    size_t measure_count;
    const struct field *measures[MEASURES]; /* NULL: number of rows */
    size_t count;
    struct report_row *rows;
    int64_t totals[MEASURES];
    int64_t total_before;
    bool cut;
    bool chart;
    size_t focus;
    size_t top;
    char title[200];
};

static bool is_time(const struct field *field)
{
    return field->type == VALUE_DATE || field->type == VALUE_TIME;
}

/* --- asking ---------------------------------------------------------------------------------- */

static void body_write(const struct report_view *report, struct writer *body, int64_t shift)
{
    writer_unsigned(body, report->dimension != NULL ? 1 : 0);
    if (report->dimension != NULL) {
        writer_unsigned(body, report->dimension->number);
        writer_u8(body, is_time(report->dimension) ? STEP_DAY : STEP_VALUE);
    }
    writer_unsigned(body, report->measure_count);
    for (size_t i = 0; i < report->measure_count; i++) {
        writer_unsigned(body, report->measures[i] != NULL ? report->measures[i]->number : 0);
        writer_u8(body, report->measures[i] != NULL ? SUM : COUNT);
    }
    writer_unsigned(body, report->period != NULL ? 2 : 0);
    if (report->period != NULL) {
        writer_unsigned(body, report->period->number);
        writer_u8(body, CRITERION_FROM);
        writer_signed(body, report->from - shift);
        writer_unsigned(body, report->period->number);
        writer_u8(body, CRITERION_TO);
        writer_signed(body, report->to - shift);
    }
}

static size_t rows_read(const struct report_view *report, struct reader *reader,
                        struct report_row *rows, bool *cut, struct arena *arena)
{
    size_t count = (size_t)reader_limited(reader, ROWS_LIMIT);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        rows[i].value = rows[i].caption = "";
        if (report->dimension != NULL) {
            rows[i].value = reader_text(reader, arena, TEXT_LIMIT);
            rows[i].caption = reader_text(reader, arena, TEXT_LIMIT);
        }
        for (size_t n = 0; n < report->measure_count; n++)
            rows[i].measures[n] = reader_signed(reader);
    }
    *cut = reader_u8(reader) != 0;
    return reader_end(reader) ? count : 0;
}

static size_t rows_fetch(struct report_view *report, int64_t shift, struct report_row *rows,
                         bool *cut)
{
    struct application *application = report->view.application;
    struct writer body;
    struct answer answer;
    size_t count = 0;
    writer_initialise(&body, BODY_LIMIT);
    body_write(report, &body, shift);
    session_call(application, report->form->number, report->form->hash, VERB_REPORT, &body,
                 &answer);
    writer_release(&body);
    if (answer.status == STATUS_OK)
        count = rows_read(report, &answer.reader, rows, cut, report->arena);
    else
        session_refused(application, &answer);
    answer_release(&answer);
    return count;
}

/* A day is compared with the same day of the week before. */
static void rows_compare(struct report_view *report, const struct report_row *before, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        report->total_before += before[i].measures[0];
        for (size_t n = 0; n < report->count; n++) {
            if (strcmp(report->rows[n].value, before[i].value) == 0) {
                report->rows[n].before = before[i].measures[0];
                report->rows[n].compared = true;
            }
        }
    }
}

static void report_fetch(struct report_view *report)
{
    bool cut;
    arena_reset(report->arena);
    report->rows = ARENA_ARRAY(report->arena, struct report_row, ROWS_LIMIT);
    struct report_row *before = ARENA_ARRAY(report->arena, struct report_row, ROWS_LIMIT);
    memset(report->totals, 0, sizeof report->totals);
    report->total_before = 0;
    report->focus = report->top = 0;
    report->count = rows_fetch(report, 0, report->rows, &report->cut);
    for (size_t i = 0; i < report->count; i++)
        for (size_t n = 0; n < report->measure_count; n++)
            report->totals[n] += report->rows[i].measures[n];
    /* Days themselves have no counterpart under the same name. */
    if (report->period != NULL && (report->dimension == NULL || !is_time(report->dimension)))
        rows_compare(report, before, rows_fetch(report, WEEK, before, &cut));
}

/* --- drawing --------------------------------------------------------------------------------- */

static bool is_amount(const struct field *field)
{
    return field != NULL && field->type == VALUE_AMOUNT;
}

static const char *figure(int64_t value, bool amount, struct arena *arena)
{
    const char *text = value_format_amount(amount ? value : value * 100, arena);
    return amount ? text : arena_copy(arena, text, strlen(text) - 3); /* without ".00" */
}

static const char *measure_label(const struct report_view *report, size_t index)
{
    return report->measures[index] != NULL
               ? application_label(report->view.application, &report->measures[index]->label)
               : application_text(report->view.application, "report.rows");
}

/* "+8%"; nothing where there was nothing. */
static const char *change(int64_t now, int64_t before, struct arena *arena)
{
    if (before == 0)
        return now == 0 ? "" : "--";
    int64_t percent = (now - before) * 100 / llabs(before);
    if (percent > 9999)
        return ">9999%";
    return arena_format(arena, "%+lld%%", (long long)percent);
}

struct report_columns {
    int measures[MEASURES];
    int widths[MEASURES];
    int compare;
    int bar;
};

static struct report_columns columns_place(const struct report_view *report)
{
    struct report_columns columns = {.compare = -1};
    int at = 1 + CAPTION_COLUMNS + 1;
    for (size_t i = 0; i < report->measure_count; i++) {
        columns.widths[i] = is_amount(report->measures[i]) ? AMOUNT_COLUMNS : COUNT_COLUMNS;
        columns.measures[i] = at;
        at += columns.widths[i] + 1;
        if (i == 0 && report->period != NULL) {
            columns.compare = at;
            at += COMPARE_COLUMNS;
        }
    }
    columns.bar = at + 1;
    return columns;
}

static void row_draw(const struct report_view *report, struct cells *body, int row,
                     const struct report_columns *columns, const char *caption,
                     const int64_t *measures, int64_t before, bool compared,
                     enum cell_attribute attribute, struct arena *arena)
{
    cells_fill(body, row, 0, 1, columns->bar - 1, attribute, ' ');
    cells_put(body, row, 1, CAPTION_COLUMNS, attribute, caption);
    for (size_t i = 0; i < report->measure_count; i++)
        cells_put_aligned(body, row, columns->measures[i], columns->widths[i], attribute,
                          CELL_ALIGN_RIGHT,
                          figure(measures[i], is_amount(report->measures[i]), arena));
    if (columns->compare >= 0 && compared)
        cells_put_aligned(body, row, columns->compare, COMPARE_COLUMNS - 1, attribute,
                          CELL_ALIGN_RIGHT, change(measures[0], before, arena));
}

static void scale_amount(int64_t value, char *text, size_t size)
{
    snprintf(text, size, "%lld", (long long)(value / 100));
}

static void chart_show(const struct report_view *report, struct cells *body, int row)
{
    struct chart_point points[CHART_POINTS];
    size_t count = report->count < CHART_POINTS ? report->count : CHART_POINTS;
    for (size_t i = 0; i < count; i++)
        points[i] = (struct chart_point){.label = report->rows[i].caption,
                                         .value = report->rows[i].measures[0]};
    chart_draw(body, row, 1, CHART_ROWS, body->columns - 2,
               report->dimension != NULL && is_time(report->dimension) ? CHART_LINE : CHART_COLUMNS,
               points, count, is_amount(report->measures[0]) ? scale_amount : NULL);
}

static void heading_draw(struct report_view *report, struct cells *body,
                         const struct report_columns *columns)
{
    struct application *application = report->view.application;
    cells_put(body, 0, 1, CAPTION_COLUMNS, CELL_LABEL,
              report->dimension != NULL ? application_label(application, &report->dimension->label)
                                        : application_text(application, "report.total"));
    for (size_t i = 0; i < report->measure_count; i++)
        cells_put_aligned(body, 0, columns->measures[i], columns->widths[i], CELL_LABEL,
                          CELL_ALIGN_RIGHT, measure_label(report, i));
    if (columns->compare >= 0)
        cells_put_aligned(body, 0, columns->compare, COMPARE_COLUMNS - 1, CELL_LABEL,
                          CELL_ALIGN_RIGHT, application_text(application, "report.compare"));
    if (columns->bar + 6 < body->columns)
        cells_put(body, 0, columns->bar, body->columns - columns->bar, CELL_LABEL,
                  application_text(application, "report.shape"));
}

static void report_draw(struct view *view)
{
    struct report_view *report = (struct report_view *)view;
    struct application *application = view->application;
    struct cells *body = screen_cells(application->screen, SCREEN_BODY);
    struct report_columns columns = columns_place(report);
    struct arena *arena = arena_create();
    int rows = body->rows - 3 - (report->chart ? CHART_ROWS : 0);
    int64_t widest = 0;
    heading_draw(report, body, &columns);
    if (report->focus < report->top)
        report->top = report->focus;
    if (report->focus >= report->top + (size_t)rows)
        report->top = report->focus - (size_t)rows + 1;
    for (size_t i = 0; i < report->count; i++)
        widest = report->rows[i].measures[0] > widest ? report->rows[i].measures[0] : widest;
    int row = 1;
    for (size_t i = report->top; i < report->count && row <= rows; i++, row++) {
        const struct report_row *line = &report->rows[i];
        row_draw(report, body, row, &columns,
                 line->caption[0] != '\0' ? line->caption
                                          : application_text(application, "report.none"),
                 line->measures, line->before, line->compared,
                 i == report->focus ? CELL_FOCUS : CELL_PLAIN, arena);
        if (columns.bar + 4 < body->columns)
            chart_bar(body, row, columns.bar, body->columns - columns.bar - 1, CELL_VALUE,
                      line->measures[0], widest);
    }
    if (report->count == 0)
        cells_put(body, row++, 1, body->columns - 2, CELL_FAINT,
                  application_text(application, "list.empty"));
    row_draw(report, body, row, &columns, application_text(application, "report.total"),
             report->totals, report->total_before, report->period != NULL, CELL_TITLE, arena);
    if (report->chart)
        chart_show(report, body, body->rows - CHART_ROWS);
    if (!application->in_command)
        screen_cursor(application->screen, SCREEN_BODY, 1 + (int)(report->focus - report->top), 1);
    application_hint(application,
                     application_text(application, report->cut ? "report.cut" : "report.hint"));
    arena_free(arena);
}

static const char *report_title(struct view *view)
{
    struct report_view *report = (struct report_view *)view;
    struct application *application = view->application;
    struct arena *arena = arena_create();
    struct value from = {.presence = VALUE_PRESENT, .integer = report->from};
    struct value to = {.presence = VALUE_PRESENT, .integer = report->to};
    int length = snprintf(report->title, sizeof report->title, "%s %s",
                          report->form->code != NULL ? report->form->code : "",
                          application_label(application, &report->form->title));
    if (report->period != NULL && length > 0 && (size_t)length < sizeof report->title)
        snprintf(report->title + length, sizeof report->title - (size_t)length, "  %s%s%s",
                 value_format(VALUE_DATE, &from, arena), report->from == report->to ? "" : "..",
                 report->from == report->to ? "" : value_format(VALUE_DATE, &to, arena));
    arena_free(arena);
    return report->title;
}

/* --- choosing -------------------------------------------------------------------------------- */

static size_t fields_collect(const struct report_view *report, unsigned flag,
                             const struct field *fields[CHOICES])
{
    size_t count = 0;
    for (size_t i = 0; i < report->form->field_count && count < CHOICES; i++)
        if ((report->form->fields[i].flags & flag) != 0)
            fields[count++] = &report->form->fields[i];
    return count;
}

static void dimension_choose(struct report_view *report)
{
    struct application *application = report->view.application;
    static const struct list_column column = {"", 30, CELL_ALIGN_LEFT};
    const struct field *fields[CHOICES];
    const char *texts[CHOICES + 1];
    struct list_row rows[CHOICES + 1];
    size_t count = fields_collect(report, FIELD_DIMENSION, fields);
    for (size_t i = 0; i < count; i++)
        texts[i] = application_label(application, &fields[i]->label);
    texts[count] = application_text(application, "report.total");
    for (size_t i = 0; i <= count; i++)
        rows[i] = (struct list_row){.id = (int64_t)i + 1, .texts = &texts[i]};
    const struct dialog_choice choice = {.title = application_text(application, "report.dimension"),
                                         .columns = &column,
                                         .column_count = 1,
                                         .rows = rows,
                                         .count = count + 1};
    int64_t chosen = dialog_choose(application, &choice, NULL, NULL);
    if (chosen > 0) {
        report->dimension = (size_t)chosen <= count ? fields[chosen - 1] : NULL;
        report_fetch(report);
    }
}

static void measures_choose(struct report_view *report)
{
    struct application *application = report->view.application;
    static const struct list_column column = {"", 30, CELL_ALIGN_LEFT};
    const struct field *fields[CHOICES];
    const char *texts[CHOICES];
    struct list_row rows[CHOICES];
    int64_t ids[CHOICES];
    size_t marked = CHOICES;
    size_t count = fields_collect(report, FIELD_MEASURE, fields);
    for (size_t i = 0; i < count; i++) {
        texts[i] = application_label(application, &fields[i]->label);
        rows[i] = (struct list_row){.id = (int64_t)i + 1, .texts = &texts[i]};
        for (size_t n = 0; n < report->measure_count; n++)
            rows[i].marked = rows[i].marked || report->measures[n] == fields[i];
    }
    const struct dialog_choice choice = {.title = application_text(application, "report.measures"),
                                         .columns = &column,
                                         .column_count = 1,
                                         .rows = rows,
                                         .count = count,
                                         .marks = true};
    if (count == 0 || dialog_choose(application, &choice, ids, &marked) != -1 || marked == 0)
        return;
    report->measure_count = marked < MEASURES ? marked : MEASURES;
    for (size_t i = 0; i < report->measure_count; i++)
        report->measures[i] = fields[ids[i] - 1];
    report_fetch(report);
}

static void period_ask(struct report_view *report)
{
    struct application *application = report->view.application;
    struct arena *arena = arena_create();
    int64_t today = application_today(application);
    int64_t from;
    int64_t to;
    if (report->period == NULL) {
        application_refuse(application, "report.no_period", NULL);
        goto out;
    }
    const char *typed =
        dialog_ask(application, application_text(application, "report.period"),
                   application_label(application, &report->period->label), "", false, 30, arena);
    if (typed == NULL)
        goto out;
    char *first = arena_string(arena, typed);
    char *dots = strstr(first, "..");
    if (dots != NULL)
        *dots = '\0';
    if (!date_parse(first, today, &from) ||
        !date_parse(dots != NULL ? dots + 2 : first, today, &to) || to < from) {
        application_refuse(application, "client.date_wrong", NULL);
        goto out;
    }
    report->from = from;
    report->to = to;
    report_fetch(report);
out:
    arena_free(arena);
}

/* What a row is made of: the same period, that value. */
static void row_open(struct report_view *report)
{
    struct application *application = report->view.application;
    struct criteria criteria = {0};
    if (report->focus >= report->count)
        return;
    const char *value = report->rows[report->focus].value;
    if (report->period != NULL) {
        criteria.list[criteria.count++] = (struct criterion){
            .field = report->period, .way = CRITERION_FROM, .integer = report->from};
        criteria.list[criteria.count++] =
            (struct criterion){.field = report->period, .way = CRITERION_TO, .integer = report->to};
    }
    if (report->dimension != NULL) {
        struct criterion *criterion = &criteria.list[criteria.count++];
        *criterion = (struct criterion){.field = report->dimension, .way = CRITERION_EQUAL};
        if (value[0] == '\0') {
            criterion->way = CRITERION_EMPTY;
        } else if (is_time(report->dimension)) {
            if (report->dimension->type == VALUE_TIME || !date_parse(value, 0, &criterion->integer))
                criteria.count--;
        } else if (report->dimension->type == VALUE_TEXT) {
            criterion->text = value;
        } else {
            criterion->integer = strtoll(value, NULL, 10);
        }
    }
    list_view_open(application, report->form, &criteria, false);
}

static void report_output(struct report_view *report)
{
    struct application *application = report->view.application;
    struct arena *arena = arena_create();
    const char *text = arena_format(arena, "%s\n", report_title(&report->view));
    for (size_t i = 0; i <= report->count; i++) {
        const int64_t *measures = i < report->count ? report->rows[i].measures : report->totals;
        const char *caption = i < report->count ? report->rows[i].caption
                                                : application_text(application, "report.total");
        int pad = CAPTION_COLUMNS - utf8_width(caption, 1);
        text = arena_format(arena, "%s%s%*s", text, caption, pad > 0 ? pad : 1, "");
        for (size_t n = 0; n < report->measure_count; n++)
            text = arena_format(arena, "%s %*s", text, AMOUNT_COLUMNS,
                                figure(measures[n], is_amount(report->measures[n]), arena));
        text = arena_format(arena, "%s\n", text);
    }
    print_text(application, application_label(application, &report->form->title), text,
               arena_format(arena, "%s.txt", report->form->name));
    arena_free(arena);
}

static bool report_key(struct view *view, const struct keys_event *key)
{
    struct report_view *report = (struct report_view *)view;
    if (key->kind != KEYS_KEY)
        return false;
    int64_t days = report->to - report->from + 1;
    switch (key->code) {
    case KEYS_DOWN:
        report->focus += report->focus + 1 < report->count ? 1 : 0;
        return true;
    case KEYS_UP:
        report->focus -= report->focus > 0 ? 1 : 0;
        return true;
    case KEYS_LEFT:
    case KEYS_RIGHT:
        if (report->period == NULL)
            return false;
        report->from += key->code == KEYS_LEFT ? -days : days;
        report->to += key->code == KEYS_LEFT ? -days : days;
        report_fetch(report);
        return true;
    case KEYS_ENTER:
        row_open(report);
        return true;
    case KEYS_F4:
        measures_choose(report);
        return true;
    case KEYS_F5:
        report_fetch(report);
        return true;
    case KEYS_F6:
        period_ask(report);
        return true;
    case KEYS_F7:
        dimension_choose(report);
        return true;
    case KEYS_F8:
        report->chart = !report->chart;
        return true;
    case KEYS_F11:
        report_output(report);
        return true;
    default:
        return false;
    }
}

static const char *report_label(struct view *view, int function_key)
{
    static const char *const labels[FUNCTION_KEYS + 1] = {
        [4] = "key.measures",  [5] = "key.refresh", [6] = "key.period",
        [7] = "key.dimension", [8] = "key.chart",   [11] = "key.output"};
    return labels[function_key] != NULL ? application_text(view->application, labels[function_key])
                                        : NULL;
}

static void report_free(struct view *view)
{
    arena_free(((struct report_view *)view)->arena);
    free(view);
}

static const struct view_class report_class = {
    .name = "report",
    .draw = report_draw,
    .key = report_key,
    .label = report_label,
    .title = report_title,
    .free = report_free,
};

void report_view_open(struct application *application, const struct form *form)
{
    struct report_view *report = calloc(1, sizeof *report);
    if (report == NULL)
        abort();
    report->view = (struct view){.class = &report_class, .application = application};
    report->arena = arena_create();
    report->form = form;
    report->from = report->to = application_today(application);
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        if (report->period == NULL && field->type == VALUE_DATE &&
            (field->search & SEARCH_RANGE) != 0)
            report->period = field;
        if (report->dimension == NULL && (field->flags & FIELD_DIMENSION) != 0 && !is_time(field))
            report->dimension = field;
        if ((field->flags & FIELD_MEASURE) != 0 && report->measure_count < MEASURES - 1)
            report->measures[report->measure_count++] = field;
    }
    if (report->measure_count == 0)
        report->measure_count = 1; /* the number of rows */
    report_fetch(report);
    application_push(application, &report->view);
}
