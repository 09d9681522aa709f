/* halldeskctl bulk: one change or step of the lifecycle over all records that fit the criteria,
 * each by its own call. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ctl/ctl.h"
#include "client/ctl/job.h"
#include "client/ctl/pump.h"
#include "client/ctl/request.h"
#include "protocol/arena.h"

enum { WHERE_LIMIT = 32 };

struct chosen {
    int64_t id;
    int64_t version;
    const char *key;
};

struct bulk {
    struct ctl_settings settings;
    struct arena *arena;
    struct desk *desk;
    const struct form *form;
    const struct verb *verb;
    const struct request *request; /* what is to be done */
    size_t where_count;
    char *where[WHERE_LIMIT];
    const char *reason;
    int64_t slots;
    size_t count;
    size_t capacity;
    struct chosen *list;
    size_t next;
};

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "halldeskctl: %s: %s\n", what, why);
    return false;
}

static void record_choose(void *context, json_t *row)
{
    struct bulk *bulk = context;
    const char *key = json_string_value(json_object_get(row, "key"));
    if (bulk->count == bulk->capacity) {
        bulk->capacity = 2 * bulk->capacity + 256;
        struct chosen *grown = realloc(bulk->list, bulk->capacity * sizeof *grown);
        if (!grown)
            abort();
        bulk->list = grown;
    }
    bulk->list[bulk->count++] =
        (struct chosen){.id = json_integer_value(json_object_get(row, "id")),
                        .version = json_integer_value(json_object_get(row, "version")),
                        .key = arena_string(bulk->arena, key ? key : "")};
    json_decref(row);
}

/* All are found before the first is changed, so that a change cannot move the list under it. */
static bool records_find(struct bulk *bulk)
{
    struct request *query = ARENA_NEW(bulk->arena, struct request);
    struct input_error error = {.arena = bulk->arena};
    char **words = ARENA_ARRAY(bulk->arena, char *, bulk->where_count + 2);
    size_t count = 0;
    words[count++] = arena_format(bulk->arena, "%s.query", bulk->request->form);
    for (size_t i = 0; i < bulk->where_count; i++)
        words[count++] = bulk->where[i];
    words[count++] = arena_string(bulk->arena, "--all");
    if (!request_parse(query, count, words, bulk->arena, &error))
        return complain("--where", error.text);
    if (bulk->request->limit)
        query->limit = bulk->request->limit;
    json_t *answer = request_run(bulk->desk, query, record_choose, bulk);
    const char *status = json_string_value(json_object_get(answer, "status"));
    bool good = status && strcmp(status, "ok") == 0;
    if (!good) {
        char *text = json_dumps(answer, JSON_COMPACT);
        puts(text ? text : "");
        free(text);
    }
    json_decref(answer);
    return good;
}

static bool record_next(void *context, struct pump_task *task)
{
    struct bulk *bulk = context;
    struct input_error error = {.arena = task->arena};
    if (bulk->next == bulk->count)
        return false;
    task->id = bulk->list[bulk->next].id;
    /* Whoever changed a record since it was chosen is not overwritten. */
    task->version = task->seen_version = bulk->list[bulk->next].version;
    task->line = ++bulk->next;
    task->record = record_create(bulk->form, task->arena);
    for (size_t i = 0; i < bulk->request->word_count; i++)
        if (strcmp(bulk->request->words[i].name, "reason") != 0)
            record_word(bulk->desk, task->record, &bulk->request->words[i], task->arena, &error);
    return true;
}

static void record_done(void *context, const struct pump_task *task, enum pump_outcome outcome,
                        json_t *answer)
{
    const struct bulk *bulk = context;
    if (outcome != PUMP_REFUSED)
        return;
    json_object_set_new(answer, "key", json_string(bulk->list[task->line - 1].key));
    json_object_set_new(answer, "id", json_integer((json_int_t)task->id));
    char *text = json_dumps(answer, JSON_COMPACT);
    puts(text ? text : "");
    free(text);
}

/* What is wrong with the words is wrong with all records: said once, before any is changed. */
static bool words_check(struct bulk *bulk)
{
    struct input_error error = {.arena = bulk->arena};
    enum status status = desk_form(bulk->desk, bulk->request->form, &bulk->form);
    if (status != STATUS_OK)
        return complain(bulk->request->form, status_names[status]);
    bulk->verb = form_verb_by_name(bulk->form, bulk->request->verb);
    if (!bulk->verb || (bulk->verb->number < VERB_OWN && bulk->verb->number != VERB_CHANGE &&
                        bulk->verb->number != VERB_REMOVE))
        return complain(bulk->request->verb, "is no change or step of this form");
    struct record *record = record_create(bulk->form, bulk->arena);
    for (size_t i = 0; i < bulk->request->word_count; i++) {
        const struct word *word = &bulk->request->words[i];
        if (strcmp(word->name, "reason") == 0)
            bulk->reason = word->value;
        else
            record_word(bulk->desk, record, word, bulk->arena, &error);
    }
    return error.text ? complain("bulk", error.text) : true;
}

static int bulk_rows(struct bulk *bulk)
{
    struct pump *pump = ARENA_NEW(bulk->arena, struct pump);
    if (!words_check(bulk) || !records_find(bulk))
        return CTL_FAILED;
    *pump = (struct pump){.desk = bulk->desk,
                          .form = bulk->form,
                          .change = bulk->verb,
                          .flags = (bulk->request->dry_run ? (unsigned)WRITE_DRY_RUN : 0u) |
                                   (bulk->request->confirm ? (unsigned)WRITE_CONFIRMED : 0u),
                          .reason = bulk->reason,
                          .slots = (size_t)bulk->slots,
                          .context = bulk,
                          .next = record_next,
                          .done = record_done};
    struct job job = {.desk = bulk->desk,
                      .form = bulk->form,
                      .verb = VERB_BULK,
                      .title =
                          arena_format(bulk->arena, "%s %s", bulk->verb->name, bulk->where[0])};
    enum status status = bulk->request->dry_run ? STATUS_OK : job_begin(&job, bulk->count);
    if (status != STATUS_OK) {
        printf("{\"status\":\"%s\"}\n", status_names[status]);
        return CTL_FAILED;
    }
    bool whole = pump_run(pump);
    job_report(&job, bulk->count, pump->counts[PUMP_REFUSED], true);
    printf("{\"status\":\"%s\",\"chosen\":%zu,\"changed\":%llu,\"unchanged\":%llu,"
           "\"refused\":%llu,\"dry_run\":%s}\n",
           whole ? "ok" : status_names[pump->stopped], bulk->count,
           (unsigned long long)pump->counts[PUMP_CHANGED],
           (unsigned long long)pump->counts[PUMP_UNCHANGED],
           (unsigned long long)pump->counts[PUMP_REFUSED],
           bulk->request->dry_run ? "true" : "false");
    return whole && pump->counts[PUMP_REFUSED] == 0 ? CTL_OK : CTL_FAILED;
}

static int bulk_run(struct bulk *bulk)
{
    const char *text;
    int result = CTL_FAILED;
    bulk->desk = desk_create(&bulk->settings, "bulk", ctl_messages(&bulk->settings, bulk->arena));
    if (!bulk->desk)
        return CTL_FAILED;
    enum status status = desk_sign_in(bulk->desk, bulk->settings.staff, bulk->settings.password,
                                      bulk->settings.new_password, bulk->settings.take_over, &text);
    if (status != STATUS_OK)
        complain(status_names[status], text);
    else
        result = bulk_rows(bulk);
    ctl_sign_out(bulk->desk);
    desk_free(bulk->desk);
    return result;
}

static int bulk_words(int argc, char **argv, struct bulk *bulk, struct request *request)
{
    static const struct option options[] = {{"where", 1, NULL, 'w'}, {"slots", 1, NULL, 'n'}, {0}};
    char **words = ARENA_ARRAY(bulk->arena, char *, (size_t)argc + 2);
    size_t count = 0;
    struct input_error error = {.arena = bulk->arena};
    if (!ctl_settings_read(&bulk->settings, bulk->arena) || !ctl_settings_before(&bulk->settings))
        return CTL_FAILED;
    for (int i = 1; i < argc; i++) {
        const char *value;
        int option = ctl_option(&bulk->settings, options, argc, argv, &i, &value);
        if (option == 'w' && bulk->where_count < WHERE_LIMIT)
            bulk->where[bulk->where_count++] = arena_string(bulk->arena, value);
        else if (option == 'n')
            bulk->slots = strtol(value, NULL, 10);
        else if (option == 0)
            words[count++] = argv[i];
        else if (option != CTL_OPTION_TAKEN)
            return CTL_USAGE;
    }
    /* A change of everything must be said: --where id>=0 would be that. */
    if (count == 0 || bulk->where_count == 0 || bulk->slots < 1 || bulk->slots > SESSION_SLOTS)
        return CTL_USAGE;
    if (!request_parse(request, count, words, bulk->arena, &error)) {
        complain("bulk", error.text);
        return CTL_USAGE;
    }
    bulk->request = request;
    return CTL_OK;
}

int ctl_bulk(int argc, char **argv)
{
    struct arena *arena = arena_create();
    struct bulk *bulk = ARENA_NEW(arena, struct bulk);
    struct request *request = ARENA_NEW(arena, struct request);
    bulk->arena = arena;
    bulk->slots = SESSION_SLOTS;
    int result = bulk_words(argc, argv, bulk, request);
    if (result == CTL_OK)
        result = ctl_settings_complete(&bulk->settings) ? bulk_run(bulk) : CTL_FAILED;
    free(bulk->list);
    arena_free(arena);
    return result;
}
