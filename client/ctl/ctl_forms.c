/* halldeskctl check-forms: judges declarations without a server. */
#include <getopt.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/ctl/ctl.h"
#include "protocol/arena.h"
#include "server/forms/code_read.h"
#include "server/forms/form_check.h"
#include "server/forms/form_condition.h"
#include "server/forms/form_read.h"
#include "server/forms/menu_read.h"
#include "server/forms/message_read.h"

bool ctl_report(const struct form_errors *errors)
{
    for (size_t index = 0; index < errors->count; index++) {
        const struct form_error *error = &errors->list[index];
        if (error->line)
            fprintf(stderr, "%s:%d: %s\n", error->file, error->line, error->text);
        else
            fprintf(stderr, "%s: %s\n", error->file, error->text);
    }
    return errors->count == 0;
}

static void check_database(const char *database, const struct form_set *forms, struct arena *arena,
                           struct form_errors *errors)
{
    PGconn *connection = PQconnectdb(database);
    if (PQstatus(connection) == CONNECTION_OK)
        form_check_database(connection, forms, arena, errors);
    else
        form_errors_add(errors, "database", 0, "%s", PQerrorMessage(connection));
    PQfinish(connection);
}

int ctl_check_forms(int argc, char **argv)
{
    static const struct option options[] = {{"database", required_argument, NULL, 'd'}, {0}};
    const char *database = NULL;
    const char *directory = HALLDESK_FORMS_DIRECTORY;
    struct form_errors errors;
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "d:", options, NULL)) != -1) {
        if (option != 'd')
            return CTL_USAGE;
        database = optarg;
    }
    if (optind < argc)
        directory = argv[optind++];
    if (optind < argc)
        return CTL_USAGE;

    struct arena *arena = arena_create();
    form_errors_initialise(&errors, arena);
    const struct form_set *forms = form_read_directory(directory, arena, &errors);
    const struct message_table *messages = message_read_directory(directory, arena, &errors);
    const struct code_set *codes = code_read_directory(directory, arena, &errors);
    const struct menu *menu =
        menu_read_file(arena_format(arena, "%s/menu.menu", directory), forms, arena, &errors);
    struct form_conditions conditions = {.forms = forms, .codes = codes, .arena = arena};
    const struct form_check_hooks hooks = {.context = &conditions,
                                           .condition = form_condition_check};
    form_check_logic(forms, &hooks, &errors);
    if (database)
        check_database(database, forms, arena, &errors);
    bool good = ctl_report(&errors);
    if (good)
        printf("%zu forms, %zu code lists, %zu messages, %zu menu groups\n", forms->count,
               codes->count, messages->count, menu->count);
    arena_free(arena);
    return good ? CTL_OK : CTL_FAILED;
}
