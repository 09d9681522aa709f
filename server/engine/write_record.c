/* Records and effects as statements: heads, base rows, lines to any depth, search words. */
#include <stdlib.h>
#include <string.h>

#include "server/engine/statement.h"
#include "server/engine/write.h"
#include "server/party/pinyin.h"

static bool value_initial(struct write *write, const struct field *field, struct value *value)
{
    struct call *call = write->call;
    const struct actor *actor = &call->access->actor;
    const struct {
        const char *name;
        int64_t integer;
    } known[] = {
        {"now", call->now},
        {"today", (call->now / 1000000 + call->engine->catalogue->zone_offset) / 86400},
        {"actor", actor->staff},
        {"organisation", actor->organisation},
        {"hall", actor->hall},
        {"area", actor->area},
        {"network", actor->network},
    };
    if (field->type != VALUE_TEXT) {
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            if (strcmp(field->initial, known[i].name) == 0) {
                *value =
                    (struct value){.presence = known[i].integer != 0 ? VALUE_PRESENT : VALUE_ABSENT,
                                   .integer = known[i].integer,
                                   .text = ""};
                return true;
            }
        }
    }
    if (field->type == VALUE_CODE) {
        const struct code_entry *entry =
            catalogue_code_by_name(call->engine->catalogue, field->codes, field->initial);
        if (entry != NULL) {
            *value = (struct value){.presence = VALUE_PRESENT, .integer = entry->number};
            return true;
        }
    }
    return value_parse(field->type, field->initial, call->arena, value);
}

void record_complete(struct write *write, struct record *record)
{
    const struct form *form = record->form;
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        struct value *value = &record->values[i];
        if (field->type == VALUE_LINES) {
            for (size_t n = 0; value->lines != NULL && n < value->lines->count; n++) {
                record_complete(write, &value->lines->lines[n].record);
            }
        } else if (value->presence == VALUE_ABSENT && field->initial != NULL) {
            (void)value_initial(write, field, value);
        }
    }
    struct value *state =
        form->state_field != NULL ? record_value(record, form->state_field) : NULL;
    for (size_t i = 0; state != NULL && state->presence == VALUE_ABSENT && i < form->state_count;
         i++) {
        if (form->states[i].initial) {
            *state = (struct value){.presence = VALUE_PRESENT, .integer = form->states[i].number};
        }
    }
}

static void values_overlay(struct record *record, const struct record *input, struct arena *arena);

static void lines_overlay(struct value *value, const struct value *input, const struct form *form,
                          struct arena *arena)
{
    size_t kept = value->lines != NULL ? value->lines->count : 0;
    struct lines *merged = ARENA_NEW(arena, struct lines);
    merged->lines = ARENA_ARRAY(arena, struct line, kept + input->lines->count + 1);
    for (size_t i = 0; i < kept; i++) {
        merged->lines[merged->count++] = value->lines->lines[i];
    }
    for (size_t i = 0; i < input->lines->count; i++) {
        const struct line *said = &input->lines->lines[i];
        if (said->action == LINE_ADD) {
            merged->lines[merged->count] =
                (struct line){.action = LINE_ADD, .record = *record_copy(&said->record, arena)};
            merged->count++;
            continue;
        }
        for (size_t n = 0; n < kept; n++) {
            struct line *line = &merged->lines[n];
            if (line->record.id == said->record.id && said->action != LINE_KEEP) {
                line->action = said->action;
                struct record *copy = record_copy(&line->record, arena);
                values_overlay(copy, &said->record, arena);
                line->record = *copy;
            }
        }
    }
    (void)form;
    *value = (struct value){.presence = VALUE_PRESENT, .lines = merged};
}

static void values_overlay(struct record *record, const struct record *input, struct arena *arena)
{
    for (size_t i = 0; i < record->form->field_count; i++) {
        const struct value *said = &input->values[i];
        if (said->presence == VALUE_ABSENT) {
            continue;
        }
        if (record->form->fields[i].type == VALUE_LINES) {
            if (said->lines != NULL) {
                lines_overlay(&record->values[i], said, record->form->fields[i].lines, arena);
            }
        } else {
            record->values[i] = *said;
        }
    }
}

struct record *record_overlay(const struct record *before, const struct record *input,
                              struct arena *arena)
{
    struct record *after = record_copy(before, arena);
    values_overlay(after, input, arena);
    return after;
}

/* Pinyin initials and pairs of characters of the fields that are searched by them. */
static void words_queue(struct write *write, const struct record *record,
                        const struct record *before)
{
    struct call *call = write->call;
    const struct form *form = record->form;
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        const struct value *value = &record->values[i];
        if ((field->search & SEARCH_INITIALS) == 0 || value->presence != VALUE_PRESENT ||
            (before != NULL && value_equal(VALUE_TEXT, value, &before->values[i]))) {
            continue;
        }
        const char *table = (field->flags & FIELD_BASE) != 0 ? form->base : form->table;
        struct pinyin_tokens tokens;
        pinyin_tokens(value->text, &tokens);
        const char *words = "{";
        for (size_t n = 0; n < tokens.count; n++) {
            words = arena_format(call->arena, "%s%s\"%s\"", words, n > 0 ? "," : "",
                                 tokens.list[n].text);
        }
        struct parameter parameters[] = {parameter_integer(call->arena, record->id),
                                         parameter_text(arena_format(call->arena, "%s}", words))};
        if (before != NULL) {
            database_queue(call->engine->database,
                           arena_format(call->arena, "DELETE FROM %s_word WHERE id = $1", table), 1,
                           parameters);
        }
        database_queue(call->engine->database,
                       arena_format(call->arena,
                                    "INSERT INTO %s_word (id, word) SELECT $1, unnest($2::text[]) "
                                    "ON CONFLICT DO NOTHING",
                                    table),
                       2, parameters);
        return; /* one such field for each table of words */
    }
}

static bool lines_insert(struct write *write, struct record *record);

static bool line_insert(struct write *write, struct record *line, int64_t parent)
{
    struct call *call = write->call;
    if (line->id == 0 && (line->id = number_id(call->engine->numbers)) == 0) {
        write->starved = true;
        return false;
    }
    struct insertion insertion = {.table = line->form->table,
                                  .column_count = 2,
                                  .columns = {"id", line->form->parent},
                                  .values = {parameter_integer(call->arena, line->id),
                                             parameter_integer(call->arena, parent)}};
    struct statement statement;
    statement_initialise(&statement, call->arena);
    statement_insert(&statement, line, &insertion);
    statement_queue(call->engine->database, &statement);
    return lines_insert(write, line);
}

static bool lines_insert(struct write *write, struct record *record)
{
    for (size_t i = 0; i < record->form->field_count; i++) {
        const struct field *field = &record->form->fields[i];
        struct value *value = &record->values[i];
        if (field->type != VALUE_LINES || (field->flags & FIELD_VIRTUAL) != 0 ||
            value->lines == NULL) {
            continue;
        }
        for (size_t n = 0; n < value->lines->count; n++) {
            struct line *line = &value->lines->lines[n];
            if (line->action != LINE_REMOVE) {
                line->record.id = 0;
                if (!line_insert(write, &line->record, record->id)) {
                    return false;
                }
            }
        }
    }
    return true;
}

static void scope_columns(struct write *write, const struct record *record,
                          struct insertion *insertion)
{
    const struct actor *actor = &write->call->access->actor;
    const char *scope = record->form->scope != NULL ? record->form->scope : "none";
    const struct {
        const char *column;
        int64_t value;
        bool wanted;
    } columns[] = {
        {"network_id", actor->network, strcmp(scope, "none") != 0},
        {"area_id", actor->area, strcmp(scope, "place") == 0},
        {"hall_id", actor->hall, strcmp(scope, "place") == 0},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const struct value *said = record_value(record, columns[i].column);
        if (columns[i].wanted && (said == NULL || said->presence != VALUE_PRESENT)) {
            insertion->columns[insertion->column_count] = columns[i].column;
            insertion->values[insertion->column_count++] =
                parameter_integer(write->call->arena, columns[i].value);
        }
    }
}

bool record_insert(struct write *write, struct record *record, bool base_exists)
{
    struct call *call = write->call;
    const struct form *form = record->form;
    struct statement statement;
    if (form->numbering != NULL && !record_has(record, form->key)) {
        const char *key = number_key(call->engine->numbers, form, call->now,
                                     call->engine->catalogue->zone_offset, call->arena);
        if (key == NULL) {
            write->starved = true;
            return false;
        }
        record_set_text(record, form->key, key);
    }
    if (form->base != NULL) {
        statement_initialise(&statement, call->arena);
        if (!base_exists) {
            struct insertion insertion = {
                .table = form->base,
                .base = true,
                .column_count = 2,
                .columns = {"id", "network_id"},
                .values = {parameter_integer(call->arena, record->id),
                           parameter_integer(call->arena, call->access->actor.network)}};
            statement_insert(&statement, record, &insertion);
            statement_queue(call->engine->database, &statement);
        } else if (statement_update(&statement, record, form->base, true, false)) {
            statement_add(&statement, " WHERE id = ");
            statement_parameter(&statement, parameter_integer(call->arena, record->id));
            statement_queue(call->engine->database, &statement);
        }
    }
    struct insertion insertion = {.table = form->table,
                                  .column_count = 1,
                                  .columns = {"id"},
                                  .values = {parameter_integer(call->arena, record->id)}};
    scope_columns(write, record, &insertion);
    statement_initialise(&statement, call->arena);
    statement_insert(&statement, record, &insertion);
    statement_queue(call->engine->database, &statement);
    words_queue(write, record, NULL);
    return lines_insert(write, record);
}

/* UPDATE … that must meet its row, or the transaction is refused. */
static void guarded_update(struct write *write, const struct record *change, int64_t id,
                           int64_t version)
{
    struct call *call = write->call;
    struct statement statement;
    statement_initialise(&statement, call->arena);
    statement_add(&statement, "WITH u AS (");
    statement_update(&statement, change, change->form->table, false, true);
    statement_add(&statement, " WHERE id = ");
    statement_parameter(&statement, parameter_integer(call->arena, id));
    if (version != 0) {
        statement_add(&statement, " AND version = ");
        statement_parameter(&statement, parameter_integer(call->arena, version));
    }
    statement_add(&statement, " RETURNING 1) SELECT CASE WHEN count(*) <> 1 THEN "
                              "gate_expect(false, 'HD004', '') END FROM u");
    statement_queue(call->engine->database, &statement);
}

static void base_update(struct write *write, const struct record *change, int64_t id)
{
    struct statement statement;
    statement_initialise(&statement, write->call->arena);
    if (change->form->base != NULL &&
        statement_update(&statement, change, change->form->base, true, false)) {
        statement_add(&statement, " WHERE id = ");
        statement_parameter(&statement, parameter_integer(write->call->arena, id));
        statement_queue(write->call->engine->database, &statement);
    }
}

static bool said_any(const struct record *record)
{
    for (size_t i = 0; i < record->form->field_count; i++) {
        if (record->values[i].presence != VALUE_ABSENT &&
            field_is_stored(&record->form->fields[i])) {
            return true;
        }
    }
    return false;
}

/* The fields in which two states of a record differ, lines aside. */
static struct record *record_difference(const struct record *before, const struct record *after,
                                        struct arena *arena)
{
    struct record *change = record_create(after->form, arena);
    for (size_t i = 0; i < after->form->field_count; i++) {
        const struct field *field = &after->form->fields[i];
        if (field_is_stored(field) && (field->flags & FIELD_GENERATED) == 0 &&
            !value_equal(field->type, &before->values[i], &after->values[i])) {
            change->values[i] = after->values[i];
            if (after->values[i].presence == VALUE_ABSENT) {
                change->values[i].presence = VALUE_CLEARED;
            }
        }
    }
    return change;
}

static const struct record *line_before(const struct record *before, size_t field, int64_t id)
{
    const struct lines *lines = before != NULL ? before->values[field].lines : NULL;
    for (size_t n = 0; lines != NULL && n < lines->count; n++) {
        if (lines->lines[n].record.id == id) {
            return &lines->lines[n].record;
        }
    }
    return NULL;
}

static void line_remove(struct write *write, const struct record *line, int64_t parent)
{
    struct statement statement;
    statement_initialise(&statement, write->call->arena);
    statement_add(&statement, "DELETE FROM %s WHERE id = $1 AND %s = $2", line->form->table,
                  line->form->parent);
    statement_bind(&statement, parameter_integer(write->call->arena, line->id));
    statement_bind(&statement, parameter_integer(write->call->arena, parent));
    statement_queue(write->call->engine->database, &statement);
}

static bool lines_update(struct write *write, const struct record *before,
                         const struct record *after)
{
    bool any = false;
    for (size_t i = 0; i < after->form->field_count; i++) {
        const struct field *field = &after->form->fields[i];
        struct lines *lines = after->values[i].lines;
        if (field->type != VALUE_LINES || (field->flags & FIELD_VIRTUAL) != 0 || lines == NULL) {
            continue;
        }
        for (size_t n = 0; n < lines->count; n++) {
            struct line *line = &lines->lines[n];
            const struct record *old = line_before(before, i, line->record.id);
            if (line->action == LINE_ADD) {
                line->record.id = 0;
                any = true;
                if (!line_insert(write, &line->record, after->id)) {
                    return any;
                }
            } else if (line->action == LINE_REMOVE) {
                line_remove(write, &line->record, after->id);
                any = true;
            } else {
                struct record *change =
                    old != NULL ? record_difference(old, &line->record, write->call->arena)
                                : &line->record;
                if (said_any(change)) {
                    guarded_update(write, change, line->record.id, 0);
                    any = true;
                }
                any = lines_update(write, old, &line->record) || any;
            }
        }
    }
    return any;
}

bool record_update(struct write *write, const struct record *before, const struct record *after,
                   int64_t version)
{
    struct record *change = record_difference(before, after, write->call->arena);
    bool lines = lines_update(write, before, after);
    if (!said_any(change) && !lines) {
        return false;
    }
    base_update(write, change, before->id);
    guarded_update(write, change, before->id, version);
    change->id = before->id;
    words_queue(write, change, before);
    return true;
}

bool record_update_said(struct write *write, const struct record *input, int64_t version)
{
    struct record *change = record_copy(input, write->call->arena);
    change->id = write->id;
    bool lines = lines_update(write, NULL, change);
    if (!said_any(change) && !lines) {
        return false;
    }
    base_update(write, change, write->id);
    guarded_update(write, change, write->id, version);
    words_queue(write, change, record_create(change->form, write->call->arena));
    return true;
}

static void statement_effect(struct write *write, const struct effect *effect)
{
    struct call *call = write->call;
    struct parameter *parameters = ARENA_ARRAY(call->arena, struct parameter, effect->count + 1);
    for (size_t i = 0; i < effect->count; i++) {
        parameters[i] = parameter_text(effect->parameters[i]);
    }
    const char *sql = effect->text[0];
    if (effect->expect >= 0) {
        sql = arena_format(
            call->arena,
            "WITH x AS (%s RETURNING 1) SELECT gate_expect(count(*) = %lld, 'HD004', '') FROM x",
            sql, (long long)effect->expect);
    }
    database_queue(call->engine->database, sql, effect->count, parameters);
}

static struct parameter id_parameter(struct write *write, int64_t id)
{
    return id != 0 ? parameter_integer(write->call->arena, id) : parameter_null();
}

bool effects_queue(struct write *write, struct effect *effects)
{
    struct database *database = write->call->engine->database;
    struct arena *arena = write->call->arena;
    for (struct effect *effect = effects; effect != NULL; effect = effect->next) {
        switch (effect->kind) {
        case EFFECT_CREATE:
            record_complete(write, effect->record);
            if (!record_insert(write, effect->record, effect->numbers[0] != 0)) {
                return false;
            }
            break;
        case EFFECT_CHANGE:
            (void)lines_update(write, NULL, effect->record);
            base_update(write, effect->record, effect->record->id);
            guarded_update(write, effect->record, effect->record->id, effect->record->version);
            break;
        case EFFECT_STATEMENT:
            statement_effect(write, effect);
            break;
        case EFFECT_MESSAGE: {
            struct parameter parameters[] = {
                parameter_text(effect->text[0]), parameter_text(effect->text[1]),
                parameter_text(effect->text[2]), parameter_text(effect->text[3])};
            database_queue(database, "SELECT outbox_put($1, $2, $3, $4)", 4, parameters);
            break;
        }
        case EFFECT_WORK_ITEM: {
            struct value due = {.presence = effect->numbers[3] != 0 ? VALUE_PRESENT : VALUE_ABSENT,
                                .integer = effect->numbers[3]};
            struct parameter parameters[] = {
                parameter_text(effect->text[0]),         id_parameter(write, effect->numbers[0]),
                id_parameter(write, effect->numbers[1]), parameter_text(effect->text[1]),
                id_parameter(write, effect->numbers[2]), parameter_text(effect->text[2]),
                value_parameter(VALUE_TIME, &due, arena)};
            database_queue(database, "SELECT work_item_put($1, $2, $3, $4, $5, $6, $7)", 7,
                           parameters);
            break;
        }
        case EFFECT_NOTICE: {
            struct parameter parameters[] = {id_parameter(write, effect->numbers[0]),
                                             parameter_text(effect->text[0]),
                                             parameter_text(effect->text[1])};
            database_queue(database, "SELECT notice_put($1, $2, $3)", 3, parameters);
            break;
        }
        }
    }
    return !write->starved;
}
