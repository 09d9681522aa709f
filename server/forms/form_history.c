/* Generates the history triggers of all tables that forms write. */
#include "server/forms/form_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"

enum {
    TABLE_COLUMNS = 400,
    TABLE_HEADS = 16,
    CALL_PAIRS = 45, /* a function of PostgreSQL takes at most 100 arguments */
};

/* What all forms together say about one table. */
struct history_table {
    const char *name;
    size_t column_count;
    const char *columns[TABLE_COLUMNS];
    bool extra;
    const char *extra_form;
    size_t head_count;
    const char *heads[TABLE_HEADS]; /* "head id, line id" in terms of the row r */
};

struct history_tables {
    struct arena *arena;
    size_t count;
    size_t capacity;
    struct history_table **list;
};

static bool text_in(const char *const *list, size_t count, const char *text)
{
    for (size_t index = 0; index < count; index++)
        if (strcmp(list[index], text) == 0)
            return true;
    return false;
}

static struct history_table *table_get(struct history_tables *tables, const char *name)
{
    for (size_t index = 0; index < tables->count; index++)
        if (strcmp(tables->list[index]->name, name) == 0)
            return tables->list[index];
    if (tables->count == tables->capacity) {
        tables->capacity = tables->capacity ? tables->capacity * 2 : 64;
        struct history_table **list =
            ARENA_ARRAY(tables->arena, struct history_table *, tables->capacity);
        if (tables->count)
            memcpy(list, tables->list, tables->count * sizeof(struct history_table *));
        tables->list = list;
    }
    struct history_table *table = ARENA_NEW(tables->arena, struct history_table);
    table->name = name;
    tables->list[tables->count++] = table;
    return table;
}

static void table_column(struct history_table *table, const char *column)
{
    if (table->column_count < TABLE_COLUMNS &&
        !text_in(table->columns, table->column_count, column))
        table->columns[table->column_count++] = column;
}

static void table_head(struct history_table *table, const char *head)
{
    if (table->head_count < TABLE_HEADS && !text_in(table->heads, table->head_count, head))
        table->heads[table->head_count++] = head;
}

/* Id of the uppermost form's record, from the line `row` refers to: up through the line tables. */
static const char *head_id(struct arena *arena, const struct form *line, const char *row)
{
    const char *id = arena_format(arena, "%s.\"%s\"", row, line->parent);
    size_t step = 0;
    for (const struct form *above = line->head; above->head; above = above->head, step++)
        id = arena_format(arena, "(SELECT p%zu.\"%s\" FROM \"%s\" p%zu WHERE p%zu.id = %s)", step,
                          above->parent, above->table, step, step, id);
    return id;
}

static void form_collect(struct history_tables *tables, const struct form *form)
{
    static const char *const places[] = {"network_id", "area_id", "hall_id"};
    struct history_table *table = table_get(tables, form->table);
    struct history_table *base = form->base ? table_get(tables, form->base) : NULL;

    if (form->head)
        table_head(table,
                   arena_format(tables->arena, "%s, r.id", head_id(tables->arena, form, "r")));
    else
        table_head(table, "r.id, NULL::bigint");
    if (base)
        table_head(base, "r.id, NULL::bigint");
    for (size_t index = 0; index < form->field_count; index++) {
        const struct field *field = &form->fields[index];
        if (field->flags & (FIELD_VIRTUAL | FIELD_SECRET))
            continue;
        if (field->type == VALUE_LINES)
            form_collect(tables, field->lines);
        else
            table_column(field->flags & FIELD_BASE && base ? base : table, field->name);
    }
    if (!form->head && form->scope && strcmp(form->scope, "place") == 0)
        for (size_t index = 0; index < sizeof(places) / sizeof(*places); index++)
            table_column(table, places[index]);
    if (form->flags & FORM_EXTENDABLE) {
        table->extra = true;
        if (!table->extra_form)
            table->extra_form = form->name;
    }
}

/* One expression over all columns: PL/pgSQL evaluates it without starting a query. */
static void differences_write(FILE *out, const struct history_table *table)
{
    fputs("    differing := jsonb_strip_nulls('{}'", out);
    for (size_t index = 0; index < table->column_count; index++) {
        const char *column = table->columns[index];
        fprintf(out,
                "%s\n        '%s', CASE WHEN OLD.\"%s\" IS DISTINCT FROM NEW.\"%s\" THEN "
                "jsonb_build_array(OLD.\"%s\", NEW.\"%s\") END%s",
                index % CALL_PAIRS ? "" : " || jsonb_build_object(", column, column, column, column,
                column,
                index + 1 == table->column_count || (index + 1) % CALL_PAIRS == 0 ? ")" : ",");
    }
    fputs(");\n", out);
    if (table->extra)
        fprintf(out, "    IF OLD.extra IS DISTINCT FROM NEW.extra THEN\n"
                     "        differing := differing || coalesce((\n"
                     "            SELECT jsonb_object_agg('extra.' || coalesce(o.key, n.key), "
                     "jsonb_build_array(o.value, n.value))\n"
                     "              FROM jsonb_each(OLD.extra) o FULL JOIN jsonb_each(NEW.extra) n "
                     "ON n.key = o.key\n"
                     "             WHERE o.value IS DISTINCT FROM n.value), '{}');\n"
                     "    END IF;\n");
}

static void trigger_write(FILE *out, const struct history_table *table)
{
    const char *name = table->name;
    fprintf(out,
            "CREATE OR REPLACE FUNCTION \"history_%s\"() RETURNS trigger LANGUAGE plpgsql\n"
            "SECURITY DEFINER SET search_path = public AS $history$\n"
            "DECLARE\n"
            "    r \"%s\"%%ROWTYPE;\n"
            "    actor bigint := gate_actor();\n"
            "    differing jsonb;\n"
            "BEGIN\n"
            "    IF actor IS NULL THEN\n"
            "        RAISE EXCEPTION USING ERRCODE = '42501', TABLE = '%s',\n"
            "            MESSAGE = 'a change without an actor';\n"
            "    END IF;\n",
            name, name, name);
    differences_write(out, table);
    fputs("    IF TG_OP = 'UPDATE' AND differing = '{}' THEN RETURN NULL; END IF;\n"
          "    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF;\n",
          out);
    for (size_t index = 0; index < table->head_count; index++)
        fprintf(out,
                "    INSERT INTO history (at, table_name, id, line_id, version, actor, session, "
                "operation, kind, changes)\n"
                "    SELECT gate_now(), '%s', h.id, h.line_id, coalesce(r.version, 0), actor, "
                "gate_session(), gate_operation(),\n"
                "           CASE TG_OP WHEN 'INSERT' THEN 'I' WHEN 'UPDATE' THEN 'U' ELSE 'R' "
                "END::\"char\", differing\n"
                "      FROM (SELECT %s) AS h(id, line_id) WHERE h.id IS NOT NULL;\n",
                name, table->heads[index]);
    fprintf(out,
            "    RETURN NULL;\n"
            "END $history$;\n"
            "CREATE OR REPLACE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON \"%s\"\n"
            "    FOR EACH ROW EXECUTE FUNCTION \"history_%s\"();\n",
            name, name);
    if (table->extra_form)
        fprintf(out,
                "CREATE OR REPLACE TRIGGER extra_index AFTER INSERT OR UPDATE OF extra ON \"%s\"\n"
                "    FOR EACH ROW EXECUTE FUNCTION extra_index('%s');\n",
                name, table->extra_form);
}

const char *form_history_sql(const struct form_set *forms, struct arena *arena)
{
    struct history_tables tables = {.arena = arena};
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        abort();
    for (size_t index = 0; index < forms->count; index++)
        if (!(forms->forms[index]->flags & (FORM_BARE | FORM_VIEW)))
            form_collect(&tables, forms->forms[index]);
    for (size_t index = 0; index < tables.count; index++)
        trigger_write(out, tables.list[index]);
    if (fclose(out) != 0)
        abort();
    const char *sql = arena_copy(arena, text, length);
    free(text);
    return sql;
}
