/* halldeskctl: subcommands and what they share. A subcommand is one file and one row in main.c. */
#ifndef HALLDESK_CTL_H
#define HALLDESK_CTL_H

#include <stdbool.h>

#include "server/forms/declaration.h"

enum { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2 };

/* argv[0] is the subcommand; the result is the exit status, CTL_USAGE lets main() print usage. */
typedef int ctl_function(int argc, char **argv);

ctl_function ctl_check_forms; /* ctl_forms.c */
ctl_function ctl_migrate;     /* ctl_migrate.c */

/* Prints file:line: text for each error; true if there was none. */
bool ctl_report(const struct form_errors *errors);

#endif
