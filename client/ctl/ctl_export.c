/* halldeskctl export: pages of a form's records as they come, by the verb that the right to export
 * stands on and the server logs. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ctl/ctl.h"
#include "client/ctl/path.h"
#include "client/ctl/request.h"
#include "protocol/arena.h"
#include "server/import/csv.h"

enum { EXPORT_FIELDS = 1024 };

struct export
{
    struct ctl_settings settings;
    struct arena *arena;
    struct arena *row_arena;
    struct desk *desk;
    const struct form *form;
    bool json;
    enum csv_encoding encoding;
    const char *fields; /* comma separated; NULL: all */
    const char *output;
    FILE *stream;
    struct csv_writer *writer;
    size_t field_count;
    const struct field *columns[EXPORT_FIELDS];
    bool failed;
};

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "halldeskctl: %s: %s\n", what, why);
    return false;
}

static bool sink(void *context, const char *bytes, size_t length)
{
    return fwrite(bytes, 1, length, context) == length;
}

static bool column_add(struct export *export, const struct field *field)
{
    if (export->field_count == EXPORT_FIELDS)
        return complain(field->name, "too many fields");
    export->columns[export->field_count++] = field;
    return true;
}

static bool columns_choose(struct export *export)
{
    const struct form *form = export->form;
    if (export->fields) {
        for (const char *at = export->fields; *at;) {
            size_t length = strcspn(at, ",");
            const char *name = arena_copy(export->arena, at, length);
            const struct field *field = form_field(form, name);
            if (!field || field->type == VALUE_LINES)
                return complain(name, "no such field");
            if (!column_add(export, field))
                return false;
            at += length + (at[length] == ',');
        }
        return true;
    }
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        if (field->type != VALUE_LINES && (field->flags & (FIELD_SECRET | FIELD_VIRTUAL)) == 0 &&
            !column_add(export, field))
            return false;
    }
    return true;
}

static void row_csv(struct export *export, json_t *row)
{
    const char *cells[EXPORT_FIELDS];
    json_t *record = json_object_get(row, "record");
    for (size_t i = 0; i < export->field_count; i++)
        cells[i] = path_text(json_object_get(record, export->columns[i]->name), export->row_arena);
    if (!csv_writer_record(export->writer, cells, export->field_count))
        export->failed = true;
}

static void row_json(struct export *export, json_t *row)
{
    json_t *object = json_object();
    json_t *record = json_object_get(row, "record");
    json_object_set(object, "id", json_object_get(row, "id"));
    for (size_t i = 0; i < export->field_count; i++) {
        json_t *value = json_object_get(record, export->columns[i]->name);
        if (value)
            json_object_set(object, export->columns[i]->name, value);
    }
    if (json_dumpf(object, export->stream, JSON_COMPACT) != 0 || fputc('\n', export->stream) == EOF)
        export->failed = true;
    json_decref(object);
}

static void row_write(void *context, json_t *row)
{
    struct export *export = context;
    if (export->json)
        row_json(export, row);
    else
        row_csv(export, row);
    arena_reset(export->row_arena);
    json_decref(row);
}

static bool output_open(struct export *export)
{
    export->stream = export->output ? fopen(export->output, "wbe") : stdout;
    if (!export->stream)
        return complain(export->output, strerror(errno));
    if (export->json)
        return true;
    const char *names[EXPORT_FIELDS];
    for (size_t i = 0; i < export->field_count; i++)
        names[i] = export->columns[i]->name;
    const struct csv_writer_options options = {.encoding = export->encoding,
                                               .byte_order_mark =
                                                   export->encoding == CSV_UTF8 && export->output,
                                               .guard_formulas = true};
    export->writer = csv_writer_create(&options, sink, export->stream);
    return export->writer && csv_writer_record(export->writer, names, export->field_count);
}

static bool export_rows(struct export *export, const struct request *request)
{
    enum status status = desk_form(export->desk, request->form, &export->form);
    if (status != STATUS_OK)
        return complain(request->form, status_names[status]);
    if (!columns_choose(export) || !output_open(export))
        return false;
    json_t *answer = request_run(export->desk, request, row_write, export);
    const char *said = json_string_value(json_object_get(answer, "status"));
    bool good = said && strcmp(said, "ok") == 0;
    char *text = json_dumps(answer, JSON_COMPACT);
    /* Rows may stand on standard output. */
    fprintf(stderr, "%s\n", text ? text : "");
    free(text);
    json_decref(answer);
    if (export->failed || fflush(export->stream) != 0)
        return complain(export->output ? export->output : "output", "cannot be written");
    return good;
}

static int export_run(struct export *export, const struct request *request)
{
    const char *text;
    bool good = false;
    export->desk =
        desk_create(&export->settings, "export", ctl_messages(&export->settings, export->arena));
    if (!export->desk)
        return CTL_FAILED;
    enum status status =
        desk_sign_in(export->desk, export->settings.staff, export->settings.password,
                     export->settings.new_password, export->settings.take_over, &text);
    if (status != STATUS_OK)
        complain(status_names[status], text);
    else
        good = export_rows(export, request);
    ctl_sign_out(export->desk);
    desk_free(export->desk);
    csv_writer_free(export->writer);
    if (export->stream && export->stream != stdout && fclose(export->stream) != 0)
        good = complain(export->output, strerror(errno));
    return good ? CTL_OK : CTL_FAILED;
}

static int export_option(struct export *export, int option, const char *value)
{
    switch (option) {
    case 'f':
        export->json = strcmp(value, "json") == 0;
        return export->json || strcmp(value, "csv") == 0 ? CTL_OK : CTL_USAGE;
    case 'e':
        export->encoding = strcmp(value, "GB18030") == 0 ? CSV_GB18030 : CSV_UTF8;
        return export->encoding == CSV_GB18030 || strcmp(value, "UTF-8") == 0 ? CTL_OK : CTL_USAGE;
    case 'c':
        export->fields = value;
        return CTL_OK;
    case 'o':
        export->output = value;
        return CTL_OK;
    default:
        return CTL_USAGE;
    }
}

static int export_words(int argc, char **argv, struct export *export, struct request *request)
{
    static const struct option options[] = {{"format", 1, NULL, 'f'},
                                            {"encoding", 1, NULL, 'e'},
                                            {"fields", 1, NULL, 'c'},
                                            {"output", 1, NULL, 'o'},
                                            {0}};
    char **words = ARENA_ARRAY(export->arena, char *, (size_t)argc + 2);
    size_t count = 1;
    struct input_error error = {.arena = export->arena};
    if (!ctl_settings_read(&export->settings, export->arena) ||
        !ctl_settings_before(&export->settings))
        return CTL_FAILED;
    for (int i = 1; i < argc; i++) {
        const char *value;
        int option = ctl_option(&export->settings, options, argc, argv, &i, &value);
        if (option == CTL_OPTION_TAKEN)
            continue;
        if (option == 0 && !words[0])
            words[0] = arena_format(export->arena, "%s.export", argv[i]);
        else if (option == 0)
            words[count++] = argv[i];
        else if (export_option(export, option, value) != CTL_OK)
            return CTL_USAGE;
    }
    if (!words[0])
        return CTL_USAGE;
    words[count++] = arena_string(export->arena, "--all");
    if (!request_parse(request, count, words, export->arena, &error)) {
        complain("export", error.text);
        return CTL_USAGE;
    }
    return CTL_OK;
}

int ctl_export(int argc, char **argv)
{
    struct arena *arena = arena_create();
    struct export *export = ARENA_NEW(arena, struct export);
    struct request *request = ARENA_NEW(arena, struct request);
    export->arena = arena;
    export->row_arena = arena_create();
    int result = export_words(argc, argv, export, request);
    if (result == CTL_OK)
        result =
            ctl_settings_complete(&export->settings) ? export_run(export, request) : CTL_FAILED;
    arena_free(export->row_arena);
    arena_free(arena);
    return result;
}
