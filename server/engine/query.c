/* Lists: query by example over the declared search fields, one page after the other by key, inside
 * the scope of the permission in effect. No counts, no offsets: a page costs the same at a thousand
 * and at ten million rows. */
#include <stdlib.h>
#include <string.h>

#include "server/engine/read.h"
#include "server/party/pinyin.h"

enum { CRITERIA_LIMIT = 32, PAGE_LIMIT = 200, PAGE_DEFAULT = 20, TOKEN_LIMIT = 512, WORDS_LIMIT = 16 };

enum criterion_operator {
    CRITERION_EQUAL = 1,
    CRITERION_PREFIX = 2,
    CRITERION_FROM = 3,
    CRITERION_TO = 4,
    CRITERION_WORD = 5,
    CRITERION_EMPTY = 6,
};

struct criterion {
    const struct field *field;
    enum criterion_operator operator;
    struct value value;
};

struct query {
    size_t count;
    struct criterion criteria[CRITERIA_LIMIT];
    const struct field *order; /* NULL: the id */
    bool descending;
    int64_t page;
    const char *after_key; /* NULL: from the start */
    int64_t after_id;
};

/* Which search flag an operator needs on its field; equality serves wherever any search does. */
static bool criterion_allowed(const struct criterion *criterion)
{
    unsigned search = criterion->field->search;
    switch (criterion->operator) {
    case CRITERION_EQUAL:
        return true;
    case CRITERION_EMPTY:
        return (criterion->field->flags & FIELD_EXTRA) == 0;
    case CRITERION_PREFIX:
        return (search & SEARCH_PREFIX) != 0 && criterion->field->type == VALUE_TEXT;
    case CRITERION_FROM:
    case CRITERION_TO:
        return criterion->field->type != VALUE_TEXT || (search & SEARCH_RANGE) != 0;
    case CRITERION_WORD:
        return (search & SEARCH_INITIALS) != 0;
    }
    return false;
}

static bool criterion_read(struct call *call, struct criterion *criterion)
{
    struct reader *body = &call->body;
    uint64_t number = reader_limited(body, UINT16_MAX);
    criterion->operator = (enum criterion_operator)reader_u8(body);
    criterion->field = form_field_by_number(call->form, (uint16_t)number);
    if (body->failed || criterion->field == NULL || criterion->field->type == VALUE_LINES ||
        !field_is_stored(criterion->field) || criterion->operator < CRITERION_EQUAL ||
        criterion->operator > CRITERION_EMPTY) {
        return false;
    }
    criterion->value.presence = VALUE_PRESENT;
    if (criterion->operator == CRITERION_EMPTY) {
        return true;
    }
    if (criterion->field->type == VALUE_TEXT) {
        criterion->value.text = reader_text(body, call->arena, 400);
    } else {
        criterion->value.integer = reader_signed(body);
    }
    return !body->failed;
}

static bool query_read(struct call *call, struct query *query)
{
    struct reader *body = &call->body;
    query->count = (size_t)reader_limited(body, CRITERIA_LIMIT);
    for (size_t i = 0; i < query->count; i++) {
        if (!criterion_read(call, &query->criteria[i])) {
            return false;
        }
    }
    int64_t order = reader_signed(body);
    query->page = (int64_t)reader_unsigned(body);
    size_t length;
    const uint8_t *token = reader_block(body, TOKEN_LIMIT, &length);
    if (!reader_end(body)) {
        return false;
    }
    if (query->page < 1 || query->page > PAGE_LIMIT) {
        query->page = PAGE_DEFAULT;
    }
    if (order != 0) {
        query->order = form_field_by_number(call->form, (uint16_t)llabs(order));
        query->descending = order < 0;
        if (query->order == NULL || !field_is_stored(query->order) ||
            (query->order->flags & (FIELD_SENSITIVE | FIELD_SECRET)) != 0) {
            return false;
        }
    } else {
        const char *name = call->form->order != NULL ? call->form->order : "id";
        query->descending = name[0] == '-';
        query->order = form_field(call->form, name + (query->descending ? 1 : 0));
    }
    if (length > 0) {
        struct reader inner;
        reader_initialise(&inner, token, length);
        query->after_id = reader_signed(&inner);
        query->after_key = reader_text(&inner, call->arena, TOKEN_LIMIT);
        return reader_end(&inner);
    }
    return true;
}

static void criterion_faults(struct call *call, const struct query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        const struct criterion *criterion = &query->criteria[i];
        if (!criterion_allowed(criterion)) {
            faults_add(&call->faults, "search_not_offered", criterion->field->number, NULL);
        } else if ((criterion->field->flags & FIELD_SENSITIVE) != 0 && criterion->operator != CRITERION_EQUAL) {
            faults_add(&call->faults, "search_whole_only", criterion->field->number, NULL);
        } else if ((criterion->field->flags & FIELD_SECRET) != 0) {
            faults_add(&call->faults, "search_not_offered", criterion->field->number, NULL);
        }
    }
}

/* Words of a name are rows: initials typed in Latin letters, or pairs of characters. */
static void word_add(struct statement *statement, const struct call *call, const struct criterion *criterion)
{
    const char *table = (criterion->field->flags & FIELD_BASE) != 0 ? call->form->base : call->form->table;
    struct pinyin_tokens tokens;
    bool latin = true;
    for (const char *at = criterion->value.text; *at != '\0'; at++) {
        latin = latin && (unsigned char)*at < 0x80;
    }
    pinyin_tokens(criterion->value.text, &tokens);
    size_t used = 0;
    for (size_t i = 0; i < tokens.count && used < WORDS_LIMIT; i++) {
        enum pinyin_token_kind wanted = latin ? PINYIN_TOKEN_INITIALS : PINYIN_TOKEN_BIGRAM;
        if (tokens.list[i].kind != wanted) {
            continue;
        }
        statement_add(statement, " AND t.id IN (SELECT w.id FROM %s_word w WHERE w.word = ", table);
        statement_parameter(statement, parameter_text(arena_string(call->arena, tokens.list[i].text)));
        statement_add(statement, ")");
        used++;
    }
    if (used == 0) {
        statement_add(statement, " AND false");
    }
}

static void extra_add(struct statement *statement, const struct call *call, const struct criterion *criterion)
{
    statement_add(statement, " AND t.id IN (SELECT e.id FROM extra_value e WHERE e.table_name = '%s' AND e.number = %u AND e.value = ",
                  call->form->table, criterion->field->number);
    statement_parameter(statement, criterion->field->type == VALUE_TEXT
                                       ? parameter_text(criterion->value.text)
                                       : value_parameter(criterion->field->type == VALUE_RATE ? VALUE_RATE : VALUE_NUMBER,
                                                         &criterion->value, call->arena));
    statement_add(statement, ")");
}

static void criterion_add(struct statement *statement, const struct call *call, const struct criterion *criterion)
{
    const char *column = field_column(criterion->field, call->arena);
    if (criterion->operator == CRITERION_WORD) {
        word_add(statement, call, criterion);
        return;
    }
    if ((criterion->field->flags & FIELD_EXTRA) != 0) {
        extra_add(statement, call, criterion);
        return;
    }
    if (criterion->operator == CRITERION_EMPTY) {
        statement_add(statement, " AND %s IS NULL", column);
        return;
    }
    if (criterion->operator == CRITERION_PREFIX) {
        statement_add(statement, " AND %s ~>=~ ", column);
        statement_parameter(statement, parameter_text(criterion->value.text));
        statement_add(statement, " AND %s ~<~ ", column);
        statement_parameter(statement, parameter_text(arena_format(call->arena, "%s\xF4\x8F\xBF\xBF", criterion->value.text)));
        return;
    }
    static const char *const operators[] = {
        [CRITERION_EQUAL] = "=", [CRITERION_FROM] = ">=", [CRITERION_TO] = "<="};
    statement_add(statement, " AND %s %s ", column, operators[criterion->operator]);
    statement_parameter(statement, value_parameter(criterion->field->type, &criterion->value, call->arena));
}

static const char *const level_columns[] = {[1] = "network_id", [2] = "area_id", [3] = "hall_id"};

/* One branch of the scope: equality on one level, so that an index (level, order, id) serves. */
static void branch_add(struct statement *statement, const struct call *call, const struct query *query,
                       const struct selection *selection, const struct scope_branch *branch)
{
    const struct form *form = call->form;
    const char *order = query->order != NULL ? field_column(query->order, call->arena) : "t.id";
    const char *direction = query->descending ? "DESC" : "ASC";
    statement_add(statement, "(SELECT ");
    selection_columns(statement, selection);
    statement_add(statement, ", %s AS order_key, t.id AS order_id FROM ", order);
    selection_from(statement, selection, &call->engine->catalogue->forms);
    statement_add(statement, " WHERE true");
    bool placed = form->scope != NULL && strcmp(form->scope, "place") == 0;
    if (placed && branch->level >= 1 && branch->level <= 3) {
        statement_add(statement, " AND t.%s = ", level_columns[branch->level]);
        statement_parameter(statement, parameter_integer(call->arena, branch->place));
    } else if (placed) {
        statement_add(statement, " AND false"); /* a grant at what is no place shows nothing */
    }
    if (branch->own && form->responsible != NULL) {
        statement_add(statement, " AND t.%s = ", form->responsible);
        statement_parameter(statement, parameter_integer(call->arena, call->access->actor.staff));
    }
    for (size_t i = 0; i < query->count; i++) {
        criterion_add(statement, call, &query->criteria[i]);
    }
    if (query->after_key != NULL) {
        const char *compare = query->descending ? "<" : ">";
        if (query->order != NULL) {
            statement_add(statement, " AND (%s, t.id) %s (", order, compare);
            statement_parameter(statement, parameter_text(query->after_key));
            statement_add(statement, ", ");
            statement_parameter(statement, parameter_integer(call->arena, query->after_id));
            statement_add(statement, ")");
        } else {
            statement_add(statement, " AND t.id %s ", compare);
            statement_parameter(statement, parameter_integer(call->arena, query->after_id));
        }
    }
    if (query->order != NULL) {
        statement_add(statement, " ORDER BY %s %s, t.id %s", order, direction, direction);
    } else {
        statement_add(statement, " ORDER BY t.id %s", direction);
    }
    statement_add(statement, " LIMIT %lld)", (long long)query->page + 1);
}

static void query_build(struct statement *statement, const struct call *call, const struct query *query,
                        const struct selection *selection)
{
    bool placed = call->form->scope != NULL && strcmp(call->form->scope, "place") == 0;
    int branches = placed || call->form->responsible != NULL ? call->scope->branch_count : 1;
    if (branches == 1) {
        branch_add(statement, call, query, selection, &call->scope->branches[0]);
        return;
    }
    statement_add(statement, "SELECT * FROM (");
    for (int i = 0; i < branches; i++) {
        statement_add(statement, "%s", i > 0 ? " UNION ALL " : "");
        branch_add(statement, call, query, selection, &call->scope->branches[i]);
    }
    const char *direction = query->descending ? "DESC" : "ASC";
    statement_add(statement, ") u ORDER BY order_key %s, order_id %s LIMIT %lld", direction, direction,
                  ((long long)query->page + 1) * branches);
}

static void rows_encode(struct call *call, const struct query *query, const struct selection *selection,
                        const PGresult *result)
{
    int total = PQntuples(result);
    int key_column = PQnfields(result) - 2;
    /* Branches may overlap; equal ids stand side by side after the sort. */
    int *rows = ARENA_ARRAY(call->arena, int, (size_t)total + 1);
    int count = 0;
    for (int row = 0; row < total; row++) {
        if (count == 0 || strcmp(PQgetvalue(result, row, 0), PQgetvalue(result, rows[count - 1], 0)) != 0) {
            rows[count++] = row;
        }
    }
    bool more = count > query->page;
    count = more ? (int)query->page : count;
    writer_unsigned(call->answer, (uint64_t)count);
    for (int i = 0; i < count; i++) {
        struct record *record = record_create(call->form, call->arena);
        selection_read(selection, result, rows[i], record, call->arena);
        record_mask(record, false, call->arena);
        writer_signed(call->answer, record->id);
        writer_signed(call->answer, record->version);
        record_encode(call->answer, record);
    }
    struct writer token;
    writer_initialise(&token, TOKEN_LIMIT);
    if (more) {
        int last = rows[count - 1];
        writer_signed(&token, strtoll(PQgetvalue(result, last, 0), NULL, 10));
        writer_text(&token, PQgetvalue(result, last, key_column));
    }
    writer_block(call->answer, token.bytes, token.length);
    writer_release(&token);
}

/* Body: LEB128 count of criteria, each LEB128 field number, u8 operator, value (text, or zigzag
 * integer; none for "empty"); signed order (field number, negative: descending, 0: the form's
 * own); LEB128 rows of a page; block token of the page before ("" for the first). Answer: LEB128
 * count, each signed id, signed version, record; block token of the next page, empty at the end. */
enum status engine_query(struct call *call)
{
    struct query query = {0};
    if (!query_read(call, &query)) {
        return STATUS_BROKEN;
    }
    criterion_faults(call, &query);
    if (faults_any(&call->faults)) {
        return STATUS_FAULTS;
    }
    struct selection *selection = selection_create(call->form, &call->engine->catalogue->forms, true, call->arena);
    struct statement statement;
    statement_initialise(&statement, call->arena);
    query_build(&statement, call, &query, selection);
    call_open(call);
    size_t rows = statement_queue(call->engine->database, &statement);
    if (!database_flush(call->engine->database, true)) {
        return call_failure(call);
    }
    rows_encode(call, &query, selection, database_result(call->engine->database, rows));
    return STATUS_OK;
}
