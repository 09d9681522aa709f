/* A script being run: sessions, variables, the last answer, and the test that is open. */
#ifndef HALLDESK_CTL_SCRIPT_H
#define HALLDESK_CTL_SCRIPT_H

#include <jansson.h>
#include <libpq-fe.h>

#include "client/ctl/request.h"

enum { SCRIPT_SESSIONS = 64, SCRIPT_VARIABLES = 1024, SCRIPT_DEPTH = 8 };

struct script_session {
    const char *name;
    struct desk *desk;
};

struct script_variable {
    const char *name;
    char *value; /* malloc */
};

struct script {
    const struct ctl_settings *settings;
    const struct message_table *messages;
    const char *database;
    PGconn *connection;       /* to the database; NULL until the first sql */
    struct arena *arena;      /* names of sessions and variables, the open test */
    struct arena *line_arena; /* of one statement */
    size_t session_count;
    struct script_session sessions[SCRIPT_SESSIONS];
    struct script_session *session; /* the current one */
    size_t variable_count;
    struct script_variable variables[SCRIPT_VARIABLES];
    json_t *answer; /* of the last call */
    bool unjudged;  /* it was refused and nobody has expected that yet */
    char *call;     /* its line, for messages; malloc */
    const char *file;
    int line;
    int depth; /* of included files */
    /* TAP */
    long planned; /* 0: none said */
    long count;
    long failed;
    const char *test; /* sentence of the open test; NULL: none */
    bool test_failed;
    bool ended; /* bailed out */
};

/* Every statement answers whether the script may go on. */
bool script_statement(struct script *script, const char *text);
/* All statements of a file; "-" is standard input. */
bool script_file(struct script *script, const char *file);
/* Tells what is wrong: fails the open test, or ends the script if none is open. */
bool script_fail(struct script *script, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The last call was refused and nobody expected it: that is a failure. */
bool script_settle(struct script *script);
/* Ends the open test with its line of TAP. */
void script_test_end(struct script *script);

/* --- script_expect.c --- */
/* `words` behind "expect"; `quiet`: only the result counts. */
bool expect_holds(struct script *script, size_t count, char *const words[], bool *known);
/* A fault or status is what the expectation is about. */
bool expect_judges(size_t count, char *const words[]);

/* --- script_sql.c --- */
json_t *sql_run(struct script *script, const char *statement);

#endif
