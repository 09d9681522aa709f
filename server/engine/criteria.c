/* Criteria of lists and reports; see criteria.h. */
#include "server/engine/criteria.h"

#include <string.h>

#include "server/party/pinyin.h"

enum { WORDS_LIMIT = 16 };

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
    criterion->operator=(enum criterion_operator) reader_u8(body);
    criterion->field = form_field_by_number(call->form, (uint16_t)number);
    if (body->failed || criterion->field == NULL || criterion->field->type == VALUE_LINES ||
        !field_is_stored(criterion->field) ||
        criterion->operator<CRITERION_EQUAL || criterion->operator> CRITERION_EMPTY) {
        return false;
    }
    criterion->value.presence = VALUE_PRESENT;
    if (criterion->operator== CRITERION_EMPTY) {
        return true;
    }
    if (criterion->field->type == VALUE_TEXT) {
        criterion->value.text = reader_text(body, call->arena, 400);
    } else {
        criterion->value.integer = reader_signed(body);
    }
    return !body->failed;
}

bool criteria_read(struct call *call, struct criteria *criteria)
{
    criteria->count = (size_t)reader_limited(&call->body, CRITERIA_LIMIT);
    for (size_t i = 0; i < criteria->count; i++) {
        if (!criterion_read(call, &criteria->list[i])) {
            return false;
        }
    }
    return !call->body.failed;
}

void criteria_judge(struct call *call, const struct criteria *criteria)
{
    for (size_t i = 0; i < criteria->count; i++) {
        const struct criterion *criterion = &criteria->list[i];
        if (!criterion_allowed(criterion)) {
            faults_add(&call->faults, "search_not_offered", criterion->field->number, NULL);
        } else if ((criterion->field->flags & FIELD_SENSITIVE) != 0 &&
                   criterion->operator!= CRITERION_EQUAL) {
            faults_add(&call->faults, "search_whole_only", criterion->field->number, NULL);
        } else if ((criterion->field->flags & FIELD_SECRET) != 0) {
            faults_add(&call->faults, "search_not_offered", criterion->field->number, NULL);
        }
    }
}

/* Words of a name are rows: initials typed in Latin letters, or pairs of characters. */
static void word_add(struct statement *statement, const struct call *call,
                     const struct criterion *criterion)
{
    const char *table =
        (criterion->field->flags & FIELD_BASE) != 0 ? call->form->base : call->form->table;
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
        statement_parameter(statement,
                            parameter_text(arena_string(call->arena, tokens.list[i].text)));
        statement_add(statement, ")");
        used++;
    }
    if (used == 0) {
        statement_add(statement, " AND false");
    }
}

static void extra_add(struct statement *statement, const struct call *call,
                      const struct criterion *criterion)
{
    statement_add(statement,
                  " AND t.id IN (SELECT e.id FROM extra_value e WHERE e.table_name = '%s' AND "
                  "e.number = %u AND e.value = ",
                  call->form->table, criterion->field->number);
    statement_parameter(
        statement,
        criterion->field->type == VALUE_TEXT
            ? parameter_text(criterion->value.text)
            : value_parameter(criterion->field->type == VALUE_RATE ? VALUE_RATE : VALUE_NUMBER,
                              &criterion->value, call->arena));
    statement_add(statement, ")");
}

static void criterion_add(struct statement *statement, const struct call *call,
                          const struct criterion *criterion)
{
    const char *column = field_column(criterion->field, call->arena);
    if (criterion->operator== CRITERION_WORD) {
        word_add(statement, call, criterion);
        return;
    }
    if ((criterion->field->flags & FIELD_EXTRA) != 0) {
        extra_add(statement, call, criterion);
        return;
    }
    if (criterion->operator== CRITERION_EMPTY) {
        statement_add(statement, " AND %s IS NULL", column);
        return;
    }
    if (criterion->operator== CRITERION_PREFIX) {
        statement_add(statement, " AND %s ~>=~ ", column);
        statement_parameter(statement, parameter_text(criterion->value.text));
        statement_add(statement, " AND %s ~<~ ", column);
        statement_parameter(
            statement,
            parameter_text(arena_format(call->arena, "%s\xF4\x8F\xBF\xBF", criterion->value.text)));
        return;
    }
    static const char *const operators[] = {
        [CRITERION_EQUAL] = "=", [CRITERION_FROM] = ">=", [CRITERION_TO] = "<="};
    statement_add(statement, " AND %s %s ", column, operators[criterion->operator]);
    statement_parameter(statement,
                        value_parameter(criterion->field->type, &criterion->value, call->arena));
}

void criteria_add(struct statement *statement, const struct call *call,
                  const struct criteria *criteria)
{
    for (size_t i = 0; i < criteria->count; i++) {
        criterion_add(statement, call, &criteria->list[i]);
    }
}

static const char *const level_columns[] = {[1] = "network_id", [2] = "area_id", [3] = "hall_id"};

static bool form_placed(const struct form *form)
{
    return form->scope != NULL && strcmp(form->scope, "place") == 0;
}

void scope_add(struct statement *statement, const struct call *call,
               const struct scope_branch *branch)
{
    const struct form *form = call->form;
    if (form_placed(form) && branch->level >= 1 && branch->level <= 3) {
        statement_add(statement, " AND t.%s = ", level_columns[branch->level]);
        statement_parameter(statement, parameter_integer(call->arena, branch->place));
    } else if (form_placed(form)) {
        statement_add(statement, " AND false"); /* a grant at what is no place shows nothing */
    }
    if (branch->own && form->responsible != NULL) {
        statement_add(statement, " AND t.%s = ", form->responsible);
        statement_parameter(statement, parameter_integer(call->arena, call->access->actor.staff));
    }
}

int scope_branches(const struct call *call)
{
    return form_placed(call->form) || call->form->responsible != NULL ? call->scope->branch_count
                                                                      : 1;
}
