/* halldeskctl: the administrator's and the script's way in. */
#include <stdio.h>
#include <string.h>

#include "client/ctl/ctl.h"
#include "client/ctl/request.h"

static const struct subcommand {
    const char *name;
    ctl_function *run;
    const char *arguments;
    const char *purpose;
} subcommands[] = {
    {"check-forms", ctl_check_forms, "[DIR] [--database CONNINFO]",
     "judge declarations, and with a database whether they fit it"},
    {"migrate", ctl_migrate, "--database CONNINFO [--sql DIR] [--forms DIR] [--adopt]",
     "bring a database to this version's schema and forms"},
    {"call", ctl_call, REQUEST_USAGE " " CTL_SERVER_USAGE,
     "make one call of the protocol; the answer is lines of JSON"},
    {"script", ctl_script, "FILE|- [--database CONNINFO] " CTL_SERVER_USAGE,
     "run calls from a file, with variables and expectations; prints TAP"},
    {"import", ctl_import,
     "[FORM] FILE --map MAP [--key FIELD] [--dry-run] [--whole] [--rejects FILE] [--resume] ...",
     "bring rows of a file into a form, by the verbs that a terminal uses"},
    {"export", ctl_export,
     "FORM [CRITERION ...] [--format csv|json] [--fields LIST] [--output FILE] ...",
     "write records to a file, as the right to export allows"},
    {"bulk", ctl_bulk, "FORM.VERB [FIELD=VALUE ...] --where CRITERION ... [--dry-run] ...",
     "one change or step over all records that fit"},
    {"status", ctl_status, CTL_SERVER_USAGE, "who and where: server, person, forms permitted"},
};

enum { SUBCOMMANDS = sizeof(subcommands) / sizeof(*subcommands) };

static void usage_print(FILE *out)
{
    fputs("usage: halldeskctl SUBCOMMAND ...\n", out);
    for (size_t index = 0; index < SUBCOMMANDS; index++)
        fprintf(out, "  %s %s\n      %s\n", subcommands[index].name, subcommands[index].arguments,
                subcommands[index].purpose);
}

int main(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        usage_print(stdout);
        return CTL_OK;
    }
    int first = 1;
    while (first < argc && argv[first][0] == '-') /* options of the server may stand in front */
        first += strchr(argv[first], '=') || strcmp(argv[first], "--take-over") == 0 ? 1 : 2;
    ctl_options_before(first - 1, argv + 1);
    for (size_t index = 0; first < argc && index < SUBCOMMANDS; index++) {
        if (strcmp(subcommands[index].name, argv[first]) != 0)
            continue;
        int status = subcommands[index].run(argc - first, argv + first);
        if (status == CTL_USAGE)
            fprintf(stderr, "usage: halldeskctl %s %s\n", subcommands[index].name,
                    subcommands[index].arguments);
        return status;
    }
    usage_print(stderr);
    return CTL_USAGE;
}
