/* What the database's catalogue says about the tables and views of the schema, read once. */
#ifndef HALLDESK_CATALOGUE_H
#define HALLDESK_CATALOGUE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct form_errors;

struct catalogue_column {
    const char *table;
    const char *name;
    const char *type;       /* as format_type() says it: "character varying(20)" */
    const char *references; /* table of a foreign key over this column alone; NULL: none */
    bool not_null;
    bool filled; /* has a default, is an identity or generated */
    bool view;
};

struct catalogue_check {
    const char *table;
    const char *name;
};

struct catalogue {
    size_t column_count;
    struct catalogue_column *columns; /* ascending by table, then name */
    size_t check_count;
    struct catalogue_check *checks;
};

/* NULL after an error, which is added. Takes the schemas of the connection's search path. */
struct catalogue *catalogue_read(PGconn *connection, struct arena *arena,
                                 struct form_errors *errors);
/* NULL if there is none. */
const struct catalogue_column *catalogue_column(const struct catalogue *catalogue,
                                                const char *table, const char *name);
bool catalogue_table(const struct catalogue *catalogue, const char *table, bool *view);

#endif
