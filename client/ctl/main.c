/* halldeskctl: the administrator's and the script's way in. */
#include <stdio.h>
#include <string.h>

#include "client/ctl/ctl.h"

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
    for (size_t index = 0; argc > 1 && index < SUBCOMMANDS; index++) {
        if (strcmp(subcommands[index].name, argv[1]) != 0)
            continue;
        int status = subcommands[index].run(argc - 1, argv + 1);
        if (status == CTL_USAGE)
            fprintf(stderr, "usage: halldeskctl %s %s\n", subcommands[index].name,
                    subcommands[index].arguments);
        return status;
    }
    usage_print(stderr);
    return CTL_USAGE;
}
