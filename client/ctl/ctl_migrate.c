/* halldeskctl migrate: schema files that the database has not seen, then what the forms declare,
 * all in one transaction. */
#include <getopt.h>
#include <libpq-fe.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ctl/ctl.h"
#include "config.h"
#include "protocol/arena.h"
#include "server/forms/code_read.h"
#include "server/forms/form_check.h"
#include "server/forms/form_condition.h"
#include "server/forms/form_install.h"
#include "server/forms/form_read.h"

enum { SQL_BYTES = 16 << 20, HASH_HEX = 2 * 32 + 1 };

/* An advisory lock, so that two administrators do not migrate at the same time. */
static const char begin_sql[] = "BEGIN;"
                                "SELECT pg_advisory_xact_lock(hashtext('halldesk migrate'));"
                                "SET LOCAL client_min_messages = warning;"
                                "SELECT set_config('halldesk.actor', '0', true);"
                                "CREATE TABLE IF NOT EXISTS schema_file ("
                                "    name text PRIMARY KEY,"
                                "    hash text NOT NULL,"
                                "    version text NOT NULL,"
                                "    at timestamptz NOT NULL DEFAULT now())";

struct migration {
    PGconn *owner;
    struct arena *arena;
    struct form_errors *errors;
    bool adopt; /* the schema was loaded by other means: record the files without running them */
    size_t ran;
};

static bool execute(struct migration *migration, const char *sql, const char *what)
{
    PGresult *result = PQexec(migration->owner, sql);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good)
        form_errors_add(migration->errors, what, 0, "%s", PQerrorMessage(migration->owner));
    PQclear(result);
    return good;
}

static char *file_text(struct migration *migration, const char *file)
{
    FILE *stream = fopen(file, "rbe");
    char *text = NULL;
    if (stream) {
        text = arena_allocate(migration->arena, SQL_BYTES + 1, 1);
        size_t length = fread(text, 1, SQL_BYTES + 1, stream);
        if (ferror(stream) || length > SQL_BYTES || memchr(text, '\0', length))
            text = NULL;
        fclose(stream);
    }
    if (!text)
        form_errors_add(migration->errors, file, 0, "cannot be read, or is no text");
    return text;
}

static bool text_hash(const char *text, char hex[HASH_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!EVP_Digest(text, strlen(text), digest, &length, EVP_sha256(), NULL) || length != 32)
        return false;
    for (unsigned index = 0; index < length; index++)
        snprintf(hex + 2 * index, 3, "%02x", digest[index]);
    return true;
}

/* The server counts characters from 1 within the whole file. */
static int error_line(const char *text, const char *position)
{
    long left = position ? strtol(position, NULL, 10) - 1 : -1;
    int line = left < 0 ? 0 : 1;
    for (; *text && left > 0; text++) {
        if (((unsigned char)*text & 0xc0) != 0x80)
            left--;
        line += *text == '\n';
    }
    return line;
}

static bool file_run(struct migration *migration, const char *file, const char *text)
{
    PGresult *result = PQexec(migration->owner, text);
    ExecStatusType status = PQresultStatus(result);
    bool good =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (!good)
        form_errors_add(migration->errors, file,
                        error_line(text, PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION)),
                        "%s", PQresultErrorMessage(result));
    PQclear(result);
    return good;
}

static bool file_record(struct migration *migration, const char *name, const char *hash)
{
    const char *parameters[] = {name, hash, PACKAGE_VERSION};
    PGresult *result = PQexecParams(
        migration->owner, "INSERT INTO schema_file (name, hash, version) VALUES ($1, $2, $3)", 3,
        NULL, parameters, NULL, NULL, 0);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!good)
        form_errors_add(migration->errors, name, 0, "%s", PQerrorMessage(migration->owner));
    PQclear(result);
    return good;
}

static bool file_migrate(struct migration *migration, const char *file)
{
    const char *name = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    const char *text = file_text(migration, file);
    char hash[HASH_HEX] = "";
    bool good = false;

    if (!text || !text_hash(text, hash))
        return false;
    PGresult *known = PQexecParams(migration->owner, "SELECT hash FROM schema_file WHERE name = $1",
                                   1, NULL, &name, NULL, NULL, 0);
    if (PQresultStatus(known) != PGRES_TUPLES_OK) {
        form_errors_add(migration->errors, name, 0, "%s", PQerrorMessage(migration->owner));
    } else if (PQntuples(known) && strcmp(PQgetvalue(known, 0, 0), hash) != 0) {
        form_errors_add(migration->errors, file, 0,
                        "was changed after this database had run it: put the change into a new "
                        "file, or load a new database");
    } else if (PQntuples(known)) {
        good = true;
    } else {
        good = (migration->adopt || file_run(migration, file, text)) &&
               file_record(migration, name, hash);
        migration->ran += good;
    }
    PQclear(known);
    return good;
}

static bool migrate(struct migration *migration, const char *sql, const char *directory)
{
    const char **files = NULL;
    size_t folder = strlen(sql);
    const struct code_set *codes =
        code_read_directory(directory, migration->arena, migration->errors);
    const struct form_set *forms =
        form_read_directory(directory, migration->arena, migration->errors);
    size_t count = declaration_files(sql, ".sql", migration->arena, migration->errors, &files);
    if (!count)
        form_errors_add(migration->errors, sql, 0, "holds no *.sql");
    struct form_conditions conditions = {.forms = forms, .codes = codes, .arena = migration->arena};
    const struct form_check_hooks hooks = {.context = &conditions,
                                           .condition = form_condition_check};
    form_check_logic(forms, &hooks, migration->errors);
    if (migration->errors->count || !execute(migration, begin_sql, "database"))
        return false;
    while (folder > 1 && sql[folder - 1] == '/')
        folder--;
    /* Folders below hold what is not the schema, such as demo data. */
    for (size_t index = 0; index < count; index++)
        if (!strchr(files[index] + folder + 1, '/') && !file_migrate(migration, files[index]))
            return false;
    form_check_database(migration->owner, forms, migration->arena, migration->errors);
    return !migration->errors->count &&
           form_install(migration->owner, forms, codes, migration->errors) &&
           execute(migration, "COMMIT", "database");
}

int ctl_migrate(int argc, char **argv)
{
    static const struct option options[] = {{"database", required_argument, NULL, 'd'},
                                            {"sql", required_argument, NULL, 's'},
                                            {"forms", required_argument, NULL, 'f'},
                                            {"adopt", no_argument, NULL, 'a'},
                                            {0}};
    const char *database = NULL;
    const char *sql = HALLDESK_SQL_DIRECTORY;
    const char *directory = HALLDESK_FORMS_DIRECTORY;
    struct migration migration = {0};
    struct form_errors errors;
    bool good = false;
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            database = optarg;
            break;
        case 's':
            sql = optarg;
            break;
        case 'f':
            directory = optarg;
            break;
        case 'a':
            migration.adopt = true;
            break;
        default:
            return CTL_USAGE;
        }
    }
    if (!database || optind < argc)
        return CTL_USAGE;

    migration.arena = arena_create();
    form_errors_initialise(&errors, migration.arena);
    migration.errors = &errors;
    migration.owner = PQconnectdb(database);
    if (PQstatus(migration.owner) == CONNECTION_OK)
        good = migrate(&migration, sql, directory);
    else
        form_errors_add(&errors, "database", 0, "%s", PQerrorMessage(migration.owner));
    ctl_report(&errors);
    if (good)
        printf("%zu schema files %s, forms installed\n", migration.ran,
               migration.adopt ? "adopted" : "run");
    PQfinish(migration.owner);
    arena_free(migration.arena);
    return good ? CTL_OK : CTL_FAILED;
}
