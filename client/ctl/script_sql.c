/* sql "…" of scripts: set-up of tests and checks of sums, past all rights; only with --database. */
#include <stdlib.h>
#include <string.h>

#include "client/ctl/script.h"
#include "protocol/arena.h"

static json_t *refusal(const char *text)
{
    return json_pack("{s:s, s:s}", "status", "sql", "text", text ? text : "");
}

static json_t *cell_json(const PGresult *result, int row, int column)
{
    json_t *cell = PQgetisnull(result, row, column) ? json_null()
                                                    : json_string(PQgetvalue(result, row, column));
    return cell ? cell : json_string("");
}

static json_t *rows_json(const PGresult *result)
{
    json_t *rows = json_array();
    for (int row = 0; row < PQntuples(result); row++) {
        json_t *object = json_object();
        for (int column = 0; column < PQnfields(result); column++)
            json_object_set_new(object, PQfname(result, column), cell_json(result, row, column));
        json_array_append_new(rows, object);
    }
    json_t *answer = json_pack("{s:s, s:i}", "status", "ok", "count", PQntuples(result));
    if (PQntuples(result) > 0 && PQnfields(result) > 0)
        json_object_set_new(answer, "value", cell_json(result, 0, 0));
    else
        json_object_set_new(answer, "value", json_string(PQcmdTuples((PGresult *)result)));
    json_object_set_new(answer, "rows", rows);
    return answer;
}

json_t *sql_run(struct script *script, const char *statement)
{
    if (!script->database)
        return refusal("sql wants --database");
    if (!script->connection)
        script->connection = PQconnectdb(script->database);
    if (PQstatus(script->connection) != CONNECTION_OK)
        return refusal(PQerrorMessage(script->connection));
    PGresult *result = PQexec(script->connection, statement);
    ExecStatusType status = PQresultStatus(result);
    json_t *answer = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK
                         ? rows_json(result)
                         : refusal(PQresultErrorMessage(result));
    PQclear(result);
    return answer;
}
