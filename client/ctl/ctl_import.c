/* halldeskctl import: rows of a file through the ordinary verbs. A first pass over the whole file
 * finds what is wrong with its structure before anything is written; rows in parallel slots; what
 * is refused goes to a file that can be corrected and imported again; a stopped import goes on
 * where it stopped. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/ctl/ctl.h"
#include "client/ctl/import_source.h"
#include "client/ctl/job.h"
#include "client/ctl/pump.h"
#include "client/ctl/request.h"
#include "protocol/arena.h"

enum { STATE_ROWS = 200, REPORT_ROWS = 1000 };

struct import {
    const struct ctl_settings *settings;
    struct arena *arena;
    const char *form_name;
    const char *file;
    const char *map_file;
    const char *key;
    const char *rejects_file;
    const char *state_file;
    bool dry_run;
    bool resume;
    bool create_only, change_only;
    bool whole; /* nothing is written unless every row would be taken */
    bool confirm;
    int64_t slots;
    struct import_map *map;
    const struct form *form;
    struct desk *desk;
    struct import_source source;
    /* rejects */
    FILE *rejects;
    struct csv_writer *rejects_writer;
    struct pump *pump;
    struct job job;
    uint64_t before; /* rows that earlier runs of the same import have answered */
    uint64_t answered;
    bool trying; /* the first of two passes with the server: nothing is kept yet */
    bool failed;
};

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "halldeskctl: %s: %s\n", what, why);
    return false;
}

/* --- where a stopped import goes on --- */

/* Everything before this place of the file was answered. Written beside and renamed, so that a
 * crash leaves the older place, never half a line. */
static void state_write(struct import *import)
{
    const struct pump_task *oldest = pump_oldest(import->pump);
    uint64_t line = oldest ? oldest->line : import->source.next_line;
    uint64_t offset = oldest ? oldest->offset : import->source.next_offset;
    if (import->dry_run || import->trying || !import->state_file)
        return;
    const char *fresh = arena_format(import->arena, "%s.new", import->state_file);
    FILE *stream = fopen(fresh, "wbe");
    bool good = stream && fprintf(stream,
                                  "halldesk-import 1\nform %s\nline %" PRIu64 "\noffset %" PRIu64
                                  "\njob %" PRId64 " %" PRIu64 "\n",
                                  import->form_name, line, offset, import->job.id,
                                  import->before + import->answered) > 0;
    good = good && fflush(stream) == 0 && fsync(fileno(stream)) == 0;
    if (stream)
        fclose(stream);
    if (!good || rename(fresh, import->state_file) != 0) {
        if (!import->failed)
            complain(import->state_file, "the place where the import stands cannot be kept");
        import->failed = true;
    }
}

static bool state_read(struct import *import, uint64_t *line, uint64_t *offset)
{
    char form[128] = "";
    FILE *stream = fopen(import->state_file, "rbe");
    if (!stream)
        return complain(import->state_file, "there is nothing to go on with");
    int count = fscanf(stream,
                       "halldesk-import 1\nform %127s\nline %" SCNu64 "\noffset %" SCNu64
                       "\njob %" SCNd64 " %" SCNu64,
                       form, line, offset, &import->job.id, &import->before);
    fclose(stream);
    if (count != 5 || strcmp(form, import->form_name) != 0)
        return complain(import->state_file, "belongs to another import");
    return true;
}

/* --- rejects --- */

static bool rejects_sink(void *context, const char *bytes, size_t length)
{
    return fwrite(bytes, 1, length, context) == length;
}

static bool rejects_open(struct import *import)
{
    if (!import->rejects_file)
        return true;
    import->rejects = fopen(import->rejects_file, import->resume ? "abe" : "wbe");
    if (!import->rejects)
        return complain(import->rejects_file, strerror(errno));
    bool fresh = ftello(import->rejects) == 0;
    const struct csv_writer_options options = {.delimiter = import->source.delimiter,
                                               .encoding = import->map->encoding};
    import->rejects_writer = csv_writer_create(&options, rejects_sink, import->rejects);
    if (!import->rejects_writer)
        return complain(import->rejects_file, "no memory");
    if (!import->map->header || !fresh)
        return true;
    const char **cells = ARENA_ARRAY(import->arena, const char *, import->map->column_count + 2);
    for (size_t i = 0; i < import->map->column_count; i++)
        cells[i] = import->map->columns[i];
    cells[import->map->column_count] = "import_line";
    cells[import->map->column_count + 1] = "import_fault";
    return csv_writer_record(import->rejects_writer, cells, import->map->column_count + 2);
}

static const char *faults_text(const json_t *answer, struct arena *arena)
{
    const char *text = "";
    json_t *faults = json_object_get(answer, "faults");
    size_t index;
    json_t *fault;
    if (!faults)
        return json_string_value(json_object_get(answer, "status"));
    json_array_foreach(faults, index, fault)
    {
        const char *field = json_string_value(json_object_get(fault, "field"));
        const char *said = json_string_value(json_object_get(fault, "text"));
        const char *name = json_string_value(json_object_get(fault, "name"));
        text = arena_format(arena, "%s%s%s%s%s", text, index ? "; " : "", field ? field : "",
                            field && field[0] ? ": " : "",
                            said   ? said
                            : name ? name
                                   : "");
    }
    return text;
}

static void reject(struct import *import, const struct pump_task *task, json_t *answer)
{
    json_object_set_new(answer, "line", json_integer((json_int_t)task->line));
    char *text = json_dumps(answer, JSON_COMPACT);
    if (text)
        puts(text);
    free(text);
    if (!import->rejects_writer)
        return;
    for (const struct pump_source *source = task->source; source; source = source->next) {
        const char **cells = ARENA_ARRAY(task->arena, const char *, source->count + 2);
        size_t count = source->count;
        for (size_t i = 0; i < count; i++)
            cells[i] = source->cells[i];
        /* A file without a header has no names to know these by: it gets the plain rows only. */
        if (import->map->header) {
            cells[count++] = arena_format(task->arena, "%" PRIu64, source->line);
            cells[count++] = faults_text(answer, task->arena);
        }
        if (!csv_writer_record(import->rejects_writer, cells, count) && !import->failed)
            import->failed = !complain(import->rejects_file, "cannot be written");
    }
}

/* --- rows --- */

/* Further rows of the same record; the first that is of another is kept for it. */
static void group_take(struct import *import, struct pump_task *task, struct pump_source *first)
{
    struct import_row row = import_source_row(first);
    const char *group = import_group(import->map, &row);
    struct pump_source *last = first;
    while (group[0]) {
        struct pump_source *source = ARENA_NEW(task->arena, struct pump_source);
        if (!import_source_take(&import->source, task->arena, source))
            return;
        row = import_source_row(source);
        if (strcmp(import_group(import->map, &row), group) != 0) {
            import_source_return(&import->source, source);
            return;
        }
        last = last->next = source;
        import_lines(import->desk, import->map, task->record, &row, task->arena, &task->faults);
    }
}

static bool row_next(void *context, struct pump_task *task)
{
    struct import *import = context;
    struct pump_source *source = ARENA_NEW(task->arena, struct pump_source);
    if (import->job.id && import->before + import->answered >= import->job.reported + REPORT_ROWS)
        job_report(&import->job, import->before + import->answered,
                   import->pump->counts[PUMP_REFUSED], false);
    if (!import_source_take(&import->source, task->arena, source))
        return false;
    const struct import_row row = import_source_row(source);
    task->line = source->line;
    task->offset = source->offset;
    task->source = source;
    task->record =
        import_record(import->desk, import->map, import->form, &row, task->arena, &task->faults);
    if (import->map->group)
        group_take(import, task, source);
    return true;
}

static void row_done(void *context, const struct pump_task *task, enum pump_outcome outcome,
                     json_t *answer)
{
    struct import *import = context;
    import->answered++;
    if (outcome == PUMP_REFUSED)
        reject(import, task, answer);
    if (import->answered % STATE_ROWS != 0)
        return;
    state_write(import);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%" PRIu64 " / %" PRIu64 " ", import->answered, import->source.rows);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void summary_print(const struct import *import, const struct pump *pump, double seconds)
{
    const char *status = pump->stopped != STATUS_OK ? status_names[pump->stopped] : "ok";
    json_t *summary = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:f, s:I}", "status", status, "rows",
        (json_int_t)import->answered, "created", (json_int_t)pump->counts[PUMP_CREATED], "changed",
        (json_int_t)pump->counts[PUMP_CHANGED], "unchanged",
        (json_int_t)pump->counts[PUMP_UNCHANGED], "refused", (json_int_t)pump->counts[PUMP_REFUSED],
        "dry_run", (int)import->dry_run, "seconds", seconds, "rows_per_second",
        (json_int_t)(seconds > 0 ? (double)import->answered / seconds : 0));
    char *text = json_dumps(summary, JSON_COMPACT | JSON_REAL_PRECISION(4));
    if (text)
        puts(text);
    free(text);
    json_decref(summary);
}

static bool pass_run(struct import *import, bool dry_run, uint64_t line, uint64_t offset,
                     struct pump *pump)
{
    *pump =
        (struct pump){.desk = import->desk,
                      .form = import->form,
                      .create = import->change_only ? NULL : form_verb(import->form, VERB_CREATE),
                      .change = form_verb(import->form, VERB_CHANGE),
                      .key = import->key ? form_field(import->form, import->key) : NULL,
                      .flags = (dry_run ? (unsigned)WRITE_DRY_RUN : 0u) |
                               (import->confirm ? (unsigned)WRITE_CONFIRMED : 0u),
                      .slots = (size_t)import->slots,
                      .context = import,
                      .next = row_next,
                      .done = row_done};
    import->pump = pump;
    import->answered = 0;
    return import_source_open(&import->source, line, offset) && pump_run(pump) &&
           !import->source.failed;
}

static int rows_import(struct import *import)
{
    struct pump *pump = ARENA_NEW(import->arena, struct pump);
    uint64_t line = import->source.next_line;
    uint64_t offset = import->source.next_offset;
    struct timespec start;
    if (import->resume && !state_read(import, &line, &offset))
        return CTL_FAILED;
    if (!rejects_open(import))
        return CTL_FAILED;
    if (import->whole && !import->dry_run) {
        import->trying = true;
        bool sound = pass_run(import, true, line, offset, pump);
        import->trying = false;
        if (!sound || pump->counts[PUMP_REFUSED] > 0) {
            summary_print(import, pump, 0);
            fprintf(stderr, "halldeskctl: nothing was imported\n");
            return CTL_FAILED;
        }
    }
    if (!import->dry_run) {
        enum status status = job_begin(&import->job, import->source.rows);
        if (status != STATUS_OK) {
            complain("import", status_names[status]);
            return CTL_FAILED;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &start);
    bool whole = pass_run(import, import->dry_run, line, offset, pump);
    summary_print(import, pump, seconds_since(&start));
    if (whole)
        job_report(&import->job, import->before + import->answered, pump->counts[PUMP_REFUSED],
                   true);
    if (whole && import->state_file && !import->dry_run)
        unlink(import->state_file);
    else
        state_write(import);
    if (!whole && !import->dry_run)
        fprintf(stderr, "halldeskctl: stopped; go on with --resume\n");
    return whole && pump->counts[PUMP_REFUSED] == 0 && !import->failed ? CTL_OK : CTL_FAILED;
}

static bool form_prepare(struct import *import)
{
    struct form_errors errors;
    form_errors_initialise(&errors, import->arena);
    enum status status = desk_form(import->desk, import->form_name, &import->form);
    if (status != STATUS_OK)
        return complain(import->form_name, status_names[status]);
    if (!import_map_check(import->map, import->form, &errors)) {
        ctl_report(&errors);
        return false;
    }
    const struct field *key = import->key ? form_field(import->form, import->key) : NULL;
    if (import->key && (!key || key->type == VALUE_LINES || key->type == VALUE_REFERENCE))
        return complain(import->key, "is no field to find a record by");
    if (!form_verb(import->form, VERB_CREATE) && !import->change_only)
        return complain(import->form_name, "records of this form are not created");
    const char *slash = strrchr(import->file, '/');
    import->job = (struct job){.desk = import->desk,
                               .form = import->form,
                               .verb = VERB_IMPORT,
                               .title = slash ? slash + 1 : import->file};
    if (import->key && (!form_verb(import->form, VERB_CHANGE) ||
                        !desk_permits(import->desk, import->form->number, VERB_QUERY)))
        return complain(import->form_name, "cannot be found and changed");
    return true;
}

static int import_run(struct import *import)
{
    const char *text;
    import->desk =
        desk_create(import->settings, "import", ctl_messages(import->settings, import->arena));
    if (!import->desk)
        return CTL_FAILED;
    enum status status =
        desk_sign_in(import->desk, import->settings->staff, import->settings->password,
                     import->settings->new_password, import->settings->take_over, &text);
    int result = CTL_FAILED;
    if (status != STATUS_OK)
        complain(status_names[status], text);
    else if (form_prepare(import))
        result = rows_import(import);
    ctl_sign_out(import->desk);
    desk_free(import->desk);
    return result;
}

static void import_release(struct import *import)
{
    import_source_release(&import->source);
    csv_writer_free(import->rejects_writer);
    if (import->rejects && fclose(import->rejects) != 0)
        complain(import->rejects_file, strerror(errno));
}

static bool map_find(struct import *import)
{
    struct form_errors errors;
    form_errors_initialise(&errors, import->arena);
    /* A bare name is one of the installation's own. */
    if (!strchr(import->map_file, '/') && access(import->map_file, R_OK) != 0)
        import->map_file =
            arena_format(import->arena, "%s/import/%s%s", import->settings->forms, import->map_file,
                         strstr(import->map_file, ".map") ? "" : ".map");
    import->map = import_map_read(import->map_file, import->arena, &errors);
    ctl_report(&errors);
    if (!import->map)
        return false;
    if (import->form_name && strcmp(import->form_name, import->map->form) != 0)
        return complain(import->map_file, "is a map to another form");
    import->form_name = import->map->form;
    if (!import->key && !import->create_only)
        import->key = import->map->key;
    if (import->slots == 0 || import->slots > import->map->slots)
        import->slots = import->map->slots;
    import_source_initialise(&import->source, import->file, import->map, import->arena);
    if (import->resume && !import->key)
        return complain("--resume", "wants --key: without one nobody can tell which of the rows "
                                    "that were on their way have been kept");
    if (import->change_only && !import->key)
        return complain("--change-only", "wants --key");
    return true;
}

static int import_words(int argc, char **argv, struct import *import, struct ctl_settings *settings)
{
    static const struct option options[] = {
        {"map", 1, NULL, 'm'},         {"key", 1, NULL, 'k'},         {"rejects", 1, NULL, 'r'},
        {"state", 1, NULL, 's'},       {"dry-run", 0, NULL, 'd'},     {"resume", 0, NULL, 'g'},
        {"whole", 0, NULL, 'w'},       {"confirm", 0, NULL, 'c'},     {"slots", 1, NULL, 'n'},
        {"create-only", 0, NULL, 'o'}, {"change-only", 0, NULL, 'a'}, {0}};
    const char *places[2] = {NULL, NULL};
    size_t placed = 0;
    if (!ctl_settings_read(settings, import->arena) || !ctl_settings_before(settings))
        return CTL_FAILED;
    for (int i = 1; i < argc; i++) {
        const char *value;
        int option = ctl_option(settings, options, argc, argv, &i, &value);
        switch (option) {
        case CTL_OPTION_TAKEN:
            break;
        case 0:
            if (placed == 2 || strncmp(argv[i], "--", 2) == 0)
                return CTL_USAGE;
            places[placed++] = argv[i];
            break;
        case 'm':
            import->map_file = value;
            break;
        case 'k':
            import->key = value;
            break;
        case 'r':
            import->rejects_file = value;
            break;
        case 's':
            import->state_file = value;
            break;
        case 'd':
            import->dry_run = true;
            break;
        case 'g':
            import->resume = true;
            break;
        case 'w':
            import->whole = true;
            break;
        case 'c':
            import->confirm = true;
            break;
        case 'o':
            import->create_only = true;
            break;
        case 'a':
            import->change_only = true;
            break;
        case 'n':
            import->slots = strtol(value, NULL, 10);
            if (import->slots < 1 || import->slots > SESSION_SLOTS)
                return CTL_USAGE;
            break;
        default:
            return CTL_USAGE;
        }
    }
    if (placed == 0 || !import->map_file || (import->create_only && import->change_only))
        return CTL_USAGE;
    import->form_name = placed == 2 ? places[0] : NULL; /* the map knows it */
    import->file = places[placed - 1];
    if (!import->state_file)
        import->state_file = arena_format(import->arena, "%s.import", import->file);
    import->settings = settings;
    return CTL_OK;
}

int ctl_import(int argc, char **argv)
{
    struct arena *arena = arena_create();
    struct ctl_settings settings;
    struct import import = {.arena = arena};
    int result = import_words(argc, argv, &import, &settings);
    if (result == CTL_OK)
        result = map_find(&import) && import_source_check(&import.source) &&
                         ctl_settings_complete(&settings)
                     ? import_run(&import)
                     : CTL_FAILED;
    import_release(&import);
    arena_free(arena);
    return result;
}
