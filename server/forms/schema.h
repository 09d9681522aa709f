/* What the database's catalogue says about the tables and views of the schema, read once. */
#ifndef HALLDESK_SCHEMA_H
#define HALLDESK_SCHEMA_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct form_errors;

struct schema_column {
    const char *table;
    const char *name;
    const char *type;       /* as format_type() says it: "character varying(20)" */
    const char *references; /* table of a foreign key over this column alone; NULL: none */
    bool not_null;
    bool filled; /* has a default, is an identity or generated */
    bool view;
};

struct schema_check {
    const char *table;
    const char *name;
};

struct schema {
    size_t column_count;
    struct schema_column *columns; /* ascending by table, then name */
    size_t check_count;
    struct schema_check *checks;
};

/* NULL after an error, which is added. Takes the schemas of the connection's search path. */
struct schema *schema_read(PGconn *connection, struct arena *arena, struct form_errors *errors);
/* NULL if there is none. */
const struct schema_column *schema_column(const struct schema *schema, const char *table,
                                          const char *name);
bool schema_table(const struct schema *schema, const char *table, bool *view);

#endif
