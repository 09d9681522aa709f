/* Bodies of verbs, put together from words. */
#include "client/ctl/request_body.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"

enum { PAGE = 200, CRITERIA = 32 };

/* --- what a call says beside the fields --- */

static bool names_contain(const char *names, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = names; at && (at = strstr(at, name)); at += length)
        if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* id, key, version and reason are the call's; a form that has fields of these names keeps them for
 * creation and queries, and reason goes to both if the verb takes it. */
static bool word_is_head(const struct form *form, const struct verb *verb, const struct word *word,
                         bool *both)
{
    static const char *const names[] = {"id", "key", "version", "reason"};
    *both = false;
    if (word->sign == '.' || word->operator!= WORD_SET || word->line)
        return false;
    bool known = word->sign == '@';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        known = known || strcmp(word->name, names[i]) == 0;
    const struct field *field = form_field(form, word->name);
    if (!known || word->sign == '@' || !field)
        return known;
    if (strcmp(word->name, "reason") == 0) {
        bool taken = verb->input ? names_contain(verb->input, "reason")
                                 : !verb->transition && verb->changing;
        *both = verb->reason && taken;
        return verb->reason || (verb->transition && !taken) || verb->number == VERB_UNMASK;
    }
    return verb->number != VERB_CREATE && verb->number != VERB_QUERY && verb->number != VERB_RUN &&
           verb->number != VERB_REPORT;
}

static void head_word(struct head *head, const struct word *word, struct input_error *error)
{
    const struct {
        const char *name;
        const char **text;
        int64_t *number;
    } places[] = {{"id", NULL, &head->id},       {"version", NULL, &head->version},
                  {"key", &head->key, NULL},     {"reason", &head->reason, NULL},
                  {"typed", &head->typed, NULL}, {"before", &head->before, NULL},
                  {"name", &head->name, NULL},   {"note", &head->note, NULL},
                  {"type", &head->type, NULL},   {"file", &head->file, NULL}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(places[i].name, word->name) != 0)
            continue;
        char *end = NULL;
        if (places[i].text)
            *places[i].text = word->value;
        else
            *places[i].number = strtoll(word->value, &end, 10);
        if (end && (end == word->value || *end))
            input_refuse(error, "%s: %s is no number", word->name, word->value);
        return;
    }
    input_refuse(error, "a call has no %s", word->name);
}

/* --- bodies --- */

void write_body(struct writer *body, unsigned flags, const char *reason, int64_t id,
                int64_t version, const struct record *record)
{
    writer_u8(body, (uint8_t)flags);
    writer_text(body, reason);
    writer_signed(body, id);
    writer_signed(body, version);
    record_encode(body, record);
}

static bool changes(const struct verb *verb)
{
    return verb->number >= VERB_OWN || verb->number == VERB_CREATE || verb->number == VERB_CHANGE ||
           verb->number == VERB_RUN || verb->number == VERB_REMOVE;
}

bool request_head_id(struct making *making)
{
    if (making->head.id == 0 && making->head.key)
        making->status = desk_find(making->desk, making->form, making->head.key, &making->head.id);
    return making->status == STATUS_OK;
}

static void write_make(struct making *making)
{
    const struct request *request = making->request;
    struct record *record = record_create(making->form, making->arena);
    for (size_t i = 0; i < request->word_count; i++) {
        bool both;
        if (word_is_head(making->form, making->verb, &request->words[i], &both))
            head_word(&making->head, &request->words[i], making->error);
        else
            both = true;
        if (both)
            record_word(making->desk, record, &request->words[i], making->arena, making->error);
    }
    if (making->error->text || !request_head_id(making))
        return;
    write_body(making->body,
               (request->confirm ? WRITE_CONFIRMED : 0u) | (request->dry_run ? WRITE_DRY_RUN : 0u),
               making->head.reason ? making->head.reason : "", making->head.id,
               making->head.version, record);
}

enum criterion_operator {
    CRITERION_EQUAL = 1,
    CRITERION_PREFIX = 2,
    CRITERION_FROM = 3,
    CRITERION_TO = 4,
    CRITERION_WORD = 5,
    CRITERION_EMPTY = 6,
};

/* A key of a reference is turned into the id: criteria compare ids. */
static void criterion_reference(struct making *making, const struct field *field,
                                struct value *value)
{
    const struct form *other;
    if (value->integer != 0)
        return;
    enum status status = desk_form_by_number(making->desk, field->reference, &other);
    if (status == STATUS_OK)
        status = desk_find(making->desk, other, value->text, &value->integer);
    if (status != STATUS_OK)
        input_refuse(making->error, "%s: %s was not found", field->name, value->text);
}

static void criterion_make(struct making *making, const struct word *word)
{
    const struct field *field = form_field(making->form, word->name);
    const char *text = word->value;
    unsigned operator= CRITERION_EQUAL;
    struct value value;
    if (!field || field->type == VALUE_LINES || word->line) {
        input_refuse(making->error, "%s cannot be searched by %s", making->form->name, word->name);
        return;
    }
    if (word->operator== WORD_PREFIX) {
        size_t length = strlen(text);
        operator= CRITERION_PREFIX;
        text = arena_copy(making->arena, text, length - (length && text[length - 1] == '*'));
    } else if (word->operator== WORD_SET && text[0] == '@') {
        operator= CRITERION_WORD;
        text++;
    } else if (word->operator== WORD_SET && text[0] == '\0') {
        operator= CRITERION_EMPTY;
    } else if (word->operator!= WORD_SET) {
        operator= word->operator== WORD_FROM ? CRITERION_FROM : CRITERION_TO;
    }
    if (!value_type_in(making->desk, making->form, field, text, making->arena, &value,
                       making->error))
        return;
    if (field->type == VALUE_REFERENCE && operator!= CRITERION_EMPTY)
        criterion_reference(making, field, &value);
    writer_unsigned(making->body, field->number);
    writer_u8(making->body, (uint8_t) operator);
    if (operator!= CRITERION_EMPTY && field->type == VALUE_TEXT)
        writer_text(making->body, value.text ? value.text : "");
    else if (operator!= CRITERION_EMPTY)
        writer_signed(making->body, value.integer);
}

static void criteria_make(struct making *making)
{
    if (making->request->word_count > CRITERIA)
        input_refuse(making->error, "at most %d criteria", CRITERIA);
    writer_unsigned(making->body, making->request->word_count);
    for (size_t i = 0; i < making->request->word_count && !making->error->text; i++)
        criterion_make(making, &making->request->words[i]);
}

static const uint8_t *hex_bytes(struct making *making, const char *hex, size_t *length)
{
    size_t digits = strlen(hex);
    uint8_t *bytes = ARENA_ARRAY(making->arena, uint8_t, digits / 2 + 1);
    *length = digits / 2;
    if (digits % 2 != 0 || strspn(hex, "0123456789abcdefABCDEF") != digits)
        input_refuse(making->error, "%s is not hexadecimal", hex);
    for (size_t i = 0; i < *length; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return bytes;
}

static void query_make(struct making *making)
{
    const struct request *request = making->request;
    int64_t order = 0;
    size_t length = 0;
    criteria_make(making);
    if (request->order) {
        bool down = request->order[0] == '-';
        const struct field *field = form_field(making->form, request->order + down);
        if (!field)
            input_refuse(making->error, "%s has no field %s", making->form->name,
                         request->order + down);
        else
            order = down ? -(int64_t)field->number : (int64_t)field->number;
    }
    const uint8_t *token = hex_bytes(making, request->after ? request->after : "", &length);
    writer_signed(making->body, order);
    bool whole_pages = request->limit > PAGE || (request->all && request->limit == 0);
    writer_unsigned(making->body, whole_pages ? PAGE : (uint64_t)request->limit);
    writer_block(making->body, token, length);
}

void request_heads(struct making *making)
{
    for (size_t i = 0; i < making->request->word_count; i++)
        head_word(&making->head, &making->request->words[i], making->error);
}

static void show_make(struct making *making)
{
    request_heads(making);
    writer_signed(making->body, making->head.id);
    writer_text(making->body, making->head.key);
    writer_text(making->body, making->head.reason);
}

static void history_make(struct making *making)
{
    struct value before = {0};
    request_heads(making);
    if (making->head.before &&
        !value_parse(VALUE_TIME, making->head.before, making->arena, &before))
        input_refuse(making->error, "%s is no time", making->head.before);
    if (!making->error->text && request_head_id(making)) {
        writer_signed(making->body, making->head.id);
        writer_signed(making->body, before.integer);
    }
}

static void values_make(struct making *making)
{
    request_heads(making);
    writer_text(making->body, making->head.typed);
}

/* field, or field:value|day|week|month|hour */
static void dimension_make(struct making *making, const char *text)
{
    static const char *const steps[] = {
        [STEP_VALUE] = "value", [STEP_DAY] = "day",   [STEP_WEEK] = "week",
        [STEP_MONTH] = "month", [STEP_HOUR] = "hour",
    };
    const char *colon = strchr(text, ':');
    const char *name = colon ? arena_copy(making->arena, text, (size_t)(colon - text)) : text;
    const struct field *field = form_field(making->form, name);
    unsigned step = colon ? UINT8_MAX : STEP_VALUE;
    for (unsigned i = 0; colon && i < sizeof steps / sizeof *steps; i++)
        if (strcmp(steps[i], colon + 1) == 0)
            step = i;
    if (!field || step == UINT8_MAX) {
        input_refuse(making->error, "--by %s: a field, or field:day|week|month|hour", text);
        return;
    }
    writer_unsigned(making->body, field->number);
    writer_u8(making->body, (uint8_t)step);
}

/* rows, or sum|count|minimum|maximum:field */
static void measure_make(struct making *making, const char *text)
{
    static const char *const functions[] = {"rows", "sum", "count", "minimum", "maximum"};
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    const struct field *field = colon ? form_field(making->form, colon + 1) : NULL;
    for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strlen(functions[i]) != length || strncmp(functions[i], text, length) != 0 ||
            (i == 0) != (colon == NULL) || (colon && !field))
            continue;
        writer_unsigned(making->body, field ? field->number : 0);
        writer_u8(making->body, (uint8_t)(i == 0 ? 2 : i));
        return;
    }
    input_refuse(making->error, "--measure %s: rows, or sum|count|minimum|maximum:field", text);
}

static void report_make(struct making *making)
{
    const struct request *request = making->request;
    writer_unsigned(making->body, request->by_count);
    for (size_t i = 0; i < request->by_count; i++)
        dimension_make(making, request->by[i]);
    writer_unsigned(making->body, request->measure_count ? request->measure_count : 1);
    for (size_t i = 0; i < request->measure_count; i++)
        measure_make(making, request->measures[i]);
    if (request->measure_count == 0)
        measure_make(making, "rows");
    criteria_make(making);
}

static void attachments_make(struct making *making)
{
    request_heads(making);
    if (!making->error->text && request_head_id(making))
        writer_signed(making->body, making->head.id);
}

static const struct {
    uint16_t verb;
    void (*make)(struct making *making);
} makers[] = {
    {VERB_SHOW, show_make},       {VERB_UNMASK, show_make},
    {VERB_QUERY, query_make},     {VERB_EXPORT, query_make},
    {VERB_HISTORY, history_make}, {VERB_LIST_VALUES, values_make},
    {VERB_REPORT, report_make},   {VERB_ATTACHMENTS, attachments_make},
};

void request_body(struct making *making)
{
    if (making->request->body) {
        size_t length;
        const uint8_t *bytes = hex_bytes(making, making->request->body, &length);
        writer_bytes(making->body, bytes, length);
        return;
    }
    if (changes(making->verb)) {
        write_make(making);
        return;
    }
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        if (makers[i].verb == making->verb->number) {
            makers[i].make(making);
            return;
        }
    }
    input_refuse(making->error, "%s has no words for halldeskctl; see import and export",
                 making->verb->name);
}
