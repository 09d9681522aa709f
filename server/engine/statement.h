/* SQL made from a form's declaration: reads, lists, inserts and updates. Names of tables and
 * columns come from checked declarations only; every value is a parameter. */
#ifndef HALLDESK_STATEMENT_H
#define HALLDESK_STATEMENT_H

#include <libpq-fe.h>

#include "protocol/arena.h"
#include "protocol/record.h"
#include "server/gate/access.h"
#include "server/gate/database.h"

/* A statement being put together in an arena. */
struct statement {
    struct arena *arena;
    char *text;
    size_t length;
    size_t capacity;
    struct parameter *parameters;
    size_t parameter_count;
    size_t parameter_capacity;
};

void statement_initialise(struct statement *statement, struct arena *arena);
void statement_add(struct statement *statement, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a parameter and its "$n" to the text. */
void statement_parameter(struct statement *statement, struct parameter parameter);
/* Adds a parameter without text; returns its number. */
size_t statement_bind(struct statement *statement, struct parameter parameter);
size_t statement_queue(struct database *database, const struct statement *statement);

/* Which fields a read brings and where they stand in its rows: id, version, then for each field
 * one column, for a reference three (id, key, caption). */
struct selection {
    const struct form *form;
    size_t count;
    const struct field **fields;
};

/* All stored fields but secrets and lines; with `list`, the fields of a list row. */
struct selection *selection_create(const struct form *form, const struct form_set *forms, bool list,
                                   struct arena *arena);
void selection_columns(struct statement *statement, const struct selection *selection);
/* "table t JOIN base b … LEFT JOIN … " of the selection's references. */
void selection_from(struct statement *statement, const struct selection *selection,
                    const struct form_set *forms);
/* Fills record->id, version and values from a row. */
void selection_read(const struct selection *selection, const PGresult *result, int row,
                    struct record *record, struct arena *arena);

/* The column of a stored field as SQL, "t.name", "b.name" or its place in extra. */
const char *field_column(const struct field *field, struct arena *arena);
bool field_is_stored(const struct field *field);

/* A value as a text parameter in PostgreSQL's notation; SQL NULL unless present. */
struct parameter value_parameter(enum value_type type, const struct value *value,
                                 struct arena *arena);
/* The column's text, as selection_columns() casts it, as a value. */
void value_from_column(enum value_type type, const char *text, struct value *value,
                       struct arena *arena);

/* One line or head row: INSERT with the given extra columns before the fields that are present.
 * `scope` columns are added by the caller through `prefix`. */
struct insertion {
    const char *table;
    bool base;           /* take the fields of the base table, else those of the own */
    size_t column_count; /* further columns and their SQL */
    const char *columns[8];
    struct parameter values[8];
    const char *expressions[8]; /* SQL instead of a parameter; NULL: the parameter */
};
void statement_insert(struct statement *statement, const struct record *record,
                      const struct insertion *insertion);
/* UPDATE of the fields present or cleared in `record` on table (base or own): "SET …" with the
 * version stepped. Adds nothing and returns false if no field of that table is touched. */
bool statement_update(struct statement *statement, const struct record *record, const char *table,
                      bool base, bool touch);

#endif
