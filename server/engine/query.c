/* Lists: query by example over the declared search fields, one page after the other by key, inside
 * the scope of the permission in effect. No counts, no offsets: a page costs the same at a thousand
 * and at ten million rows. */
#include <stdlib.h>
#include <string.h>

#include "server/engine/criteria.h"
#include "server/engine/read.h"

enum { PAGE_LIMIT = 200, PAGE_DEFAULT = 20, TOKEN_LIMIT = 512 };

struct query {
    struct criteria criteria;
    const struct field *order; /* NULL: the id */
    bool order_said;           /* by the caller, not the form */
    bool descending;
    bool pattern; /* by bytes, as prefixes are searched */
    int64_t page;
    const char *after_key; /* NULL: from the start */
    bool after_null;       /* the last row had no value */
    int64_t after_id;
};

static bool query_read(struct call *call, struct query *query)
{
    struct reader *body = &call->body;
    if (!criteria_read(call, &query->criteria)) {
        return false;
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
        query->order_said = true;
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
        query->after_null = reader_u8(&inner) != 0;
        query->after_key = reader_text(&inner, call->arena, TOKEN_LIMIT);
        return reader_end(&inner);
    }
    return true;
}

static const struct criterion *criterion_first(const struct criteria *criteria,
                                               enum criterion_operator wanted, unsigned search)
{
    for (size_t i = 0; i < criteria->count; i++) {
        const struct criterion *criterion = &criteria->list[i];
        if (criterion->operator== wanted &&(criterion->field->search & search) != 0 &&
            (criterion->field->flags & FIELD_EXTRA) == 0) {
            return criterion;
        }
    }
    return NULL;
}

/* The order in which rows follow one another. A plan is made once for all values, so it has to be
 * an order that an index gives whether the criteria fit three rows or half of the table: what
 * begins alike follows by what it begins with, a period by its times. An order that was asked for
 * stays, and a whole text or a word leads to so few rows that they are sorted. */
static void order_choose(struct query *query)
{
    const struct criteria *criteria = &query->criteria;
    for (size_t i = 0; i < criteria->count; i++) {
        const struct criterion *criterion = &criteria->list[i];
        enum value_type type = criterion->field->type;
        if (criterion->operator== CRITERION_WORD ||(criterion->operator== CRITERION_EQUAL &&
                                                    type != VALUE_CODE && type != VALUE_FLAG)) {
            return;
        }
    }
    const struct criterion *prefix = criterion_first(criteria, CRITERION_PREFIX, SEARCH_PREFIX);
    if (prefix != NULL &&
        (!query->order_said || (query->order == prefix->field && !query->descending))) {
        query->order = prefix->field;
        query->descending = false;
        query->pattern = true;
        return;
    }
    const struct criterion *range = criterion_first(criteria, CRITERION_FROM, SEARCH_RANGE);
    if (range == NULL) {
        range = criterion_first(criteria, CRITERION_TO, SEARCH_RANGE);
    }
    if (range != NULL && !query->order_said) {
        query->order = range->field;
    }
}

/* Behind the last row of the page before; records without a value come last, or first if
 * descending, as the database sorts them. */
static void after_add(struct statement *statement, const struct call *call,
                      const struct query *query, const char *order)
{
    const char *compare = query->descending ? "<" : ">";
    const char *id =
        arena_format(call->arena, "$%zu::bigint",
                     statement_bind(statement, parameter_integer(call->arena, query->after_id)));
    if (query->order == NULL) {
        statement_add(statement, " AND t.id %s %s", compare, id);
        return;
    }
    bool nullable =
        (query->order->flags & (FIELD_REQUIRED | FIELD_GENERATED)) == 0 && !query->pattern;
    if (query->after_null) {
        statement_add(statement, " AND (%s IS NULL AND t.id %s %s%s)", order, compare, id,
                      query->descending ? arena_format(call->arena, " OR %s IS NOT NULL", order)
                                        : "");
        return;
    }
    size_t key = statement_bind(statement, parameter_text(query->after_key));
    if (query->pattern) { /* an index knows the first part, the second ends among equals */
        statement_add(statement, " AND %s ~>=~ $%zu AND (%s ~>~ $%zu OR t.id > %s)", order, key,
                      order, key, id);
    } else {
        statement_add(statement, " AND ((%s, t.id) %s ($%zu, %s)%s)", order, compare, key, id,
                      nullable && !query->descending
                          ? arena_format(call->arena, " OR %s IS NULL", order)
                          : "");
    }
}

/* One branch of the scope: equality on one level, so that an index (level, order, id) serves. */
static void branch_add(struct statement *statement, const struct call *call,
                       const struct query *query, const struct selection *selection,
                       const struct scope_branch *branch)
{
    const char *order = query->order != NULL ? field_column(query->order, call->arena) : "t.id";
    const char *direction = query->descending ? "DESC" : "ASC";
    statement_add(statement, "(SELECT ");
    selection_columns(statement, selection);
    statement_add(statement, ", %s AS order_key, t.id AS order_id FROM ", order);
    selection_from(statement, selection, &call->engine->catalogue->forms);
    statement_add(statement, " WHERE true");
    scope_add(statement, call, branch);
    criteria_add(statement, call, &query->criteria);
    if (query->after_key != NULL) {
        after_add(statement, call, query, order);
    }
    statement_add(statement, " ORDER BY ");
    if (query->order != NULL) {
        statement_add(statement, "%s %s, ", order, query->pattern ? "USING ~<~" : direction);
    }
    statement_add(statement, "t.id %s LIMIT %lld)", direction, (long long)query->page + 1);
}

static void query_build(struct statement *statement, const struct call *call,
                        const struct query *query, const struct selection *selection)
{
    int branches = scope_branches(call);
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
    statement_add(statement, ") u ORDER BY order_key %s, order_id %s LIMIT %lld",
                  query->pattern ? "USING ~<~" : direction, direction,
                  ((long long)query->page + 1) * branches);
}

static void rows_encode(struct call *call, const struct query *query,
                        const struct selection *selection, const PGresult *result)
{
    int total = PQntuples(result);
    int key_column = PQnfields(result) - 2;
    /* Branches may overlap; equal ids stand side by side after the sort. */
    int *rows = ARENA_ARRAY(call->arena, int, (size_t)total + 1);
    int count = 0;
    for (int row = 0; row < total; row++) {
        if (count == 0 ||
            strcmp(PQgetvalue(result, row, 0), PQgetvalue(result, rows[count - 1], 0)) != 0) {
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
        writer_u8(&token, PQgetisnull(result, last, key_column) ? 1 : 0);
        writer_text(&token, PQgetvalue(result, last, key_column));
    }
    writer_block(call->answer, token.bytes, token.length);
    writer_release(&token);
}

/* What was looked for, as the operation log keeps it: field names, without values of sensitive
 * fields. */
static const char *criteria_text(const struct call *call, const struct criteria *criteria)
{
    const char *text = "";
    for (size_t i = 0; i < criteria->count; i++) {
        const struct criterion *criterion = &criteria->list[i];
        bool hidden = (criterion->field->flags & FIELD_SENSITIVE) != 0;
        bool empty = criterion->operator== CRITERION_EMPTY;
        const char *value =
            hidden  ? "***"
            : empty ? ""
                    : value_format(criterion->field->type, &criterion->value, call->arena);
        text = arena_format(call->arena, "%s%s%s=%s", text, i > 0 ? " " : "",
                            criterion->field->name, value);
    }
    return text;
}

/* Body: LEB128 count of criteria, each LEB128 field number, u8 operator, value (text, or zigzag
 * integer; none for "empty"); signed order (field number, negative: descending, 0: the form's
 * own); LEB128 rows of a page; block token of the page before ("" for the first). Answer: LEB128
 * count, each signed id, signed version, record; block token of the next page, empty at the end. */
/* The same serves exports: all stored fields instead of a list row's, masked like these; the first
 * page is logged. */
enum status engine_query(struct call *call)
{
    struct query query = {0};
    if (!query_read(call, &query)) {
        return STATUS_BROKEN;
    }
    criteria_judge(call, &query.criteria);
    if (faults_any(&call->faults)) {
        return STATUS_FAULTS;
    }
    struct selection *selection = selection_create(call->form, &call->engine->catalogue->forms,
                                                   call->verb->number != VERB_EXPORT, call->arena);
    struct statement statement;
    statement_initialise(&statement, call->arena);
    order_choose(&query);
    query_build(&statement, call, &query, selection);
    call_open(call);
    size_t rows = statement_queue(call->engine->database, &statement);
    if (call->verb->number == VERB_EXPORT && query.after_key == NULL) {
        call->log_detail = criteria_text(call, &query.criteria);
        call_log(call); /* who took data away, and which */
    }
    if (!database_flush(call->engine->database, true)) {
        return call_failure(call);
    }
    rows_encode(call, &query, selection, database_result(call->engine->database, rows));
    return STATUS_OK;
}
