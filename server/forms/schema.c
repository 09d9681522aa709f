/* Reads tables, columns, foreign keys and CHECK constraints from the catalogue. */
#include "server/forms/schema.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/forms/declaration.h"

static const char columns_sql[] =
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
    "       a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '', c.relkind IN ('v', 'm'),"
    "       (SELECT f.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid"
    "         WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum]"
    "         ORDER BY k.conname LIMIT 1)"
    "  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped"
    "   AND pg_table_is_visible(c.oid)"
    "   AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
    " ORDER BY c.relname COLLATE \"C\", a.attname COLLATE \"C\"";

static const char checks_sql[] =
    "SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
    " WHERE k.contype = 'c' AND pg_table_is_visible(c.oid)"
    "   AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
    " ORDER BY 1, 2";

static PGresult *select_all(PGconn *connection, const char *sql, struct form_errors *errors)
{
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        return result;
    form_errors_add(errors, "database", 0, "the catalogue cannot be read: %s",
                    PQerrorMessage(connection));
    PQclear(result);
    return NULL;
}

struct schema *schema_read(PGconn *connection, struct arena *arena, struct form_errors *errors)
{
    struct schema *schema = NULL;
    PGresult *columns = select_all(connection, columns_sql, errors);
    PGresult *checks = columns ? select_all(connection, checks_sql, errors) : NULL;

    if (!checks)
        goto out;
    schema = ARENA_NEW(arena, struct schema);
    schema->column_count = (size_t)PQntuples(columns);
    schema->columns = ARENA_ARRAY(arena, struct schema_column, schema->column_count + 1);
    for (int row = 0; row < PQntuples(columns); row++)
        schema->columns[row] = (struct schema_column){
            .table = arena_string(arena, PQgetvalue(columns, row, 0)),
            .name = arena_string(arena, PQgetvalue(columns, row, 1)),
            .type = arena_string(arena, PQgetvalue(columns, row, 2)),
            .not_null = *PQgetvalue(columns, row, 3) == 't',
            .filled = *PQgetvalue(columns, row, 4) == 't',
            .view = *PQgetvalue(columns, row, 5) == 't',
            .references = PQgetisnull(columns, row, 6)
                              ? NULL
                              : arena_string(arena, PQgetvalue(columns, row, 6)),
        };
    schema->check_count = (size_t)PQntuples(checks);
    schema->checks = ARENA_ARRAY(arena, struct schema_check, schema->check_count + 1);
    for (int row = 0; row < PQntuples(checks); row++)
        schema->checks[row] = (struct schema_check){
            .table = arena_string(arena, PQgetvalue(checks, row, 0)),
            .name = arena_string(arena, PQgetvalue(checks, row, 1)),
        };
out:
    PQclear(columns);
    PQclear(checks);
    return schema;
}

static int column_compare(const void *one, const void *other)
{
    const struct schema_column *first = one;
    const struct schema_column *second = other;
    int order = strcmp(first->table, second->table);
    return order ? order : strcmp(first->name, second->name);
}

const struct schema_column *schema_column(const struct schema *schema, const char *table,
                                          const char *name)
{
    struct schema_column wanted = {.table = table, .name = name};
    if (!schema->column_count)
        return NULL;
    return bsearch(&wanted, schema->columns, schema->column_count, sizeof(wanted), column_compare);
}

bool schema_table(const struct schema *schema, const char *table, bool *view)
{
    for (size_t index = 0; index < schema->column_count; index++)
        if (strcmp(schema->columns[index].table, table) == 0) {
            *view = schema->columns[index].view;
            return true;
        }
    return false;
}
