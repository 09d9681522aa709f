/* halldeskctl: subcommands and what they share. A subcommand is one file and one row in main.c. */
#ifndef HALLDESK_CTL_H
#define HALLDESK_CTL_H

#include <stdbool.h>

#include "server/forms/declaration.h"

struct arena;
struct ctl_settings;
struct desk;
struct message_table;
struct option;

enum { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2 };

/* argv[0] is the subcommand; the result is the exit status, CTL_USAGE lets main() print usage. */
typedef int ctl_function(int argc, char **argv);

ctl_function ctl_check_forms; /* ctl_forms.c */
ctl_function ctl_migrate;     /* ctl_migrate.c */
ctl_function ctl_call;        /* ctl_call.c */
ctl_function ctl_status;      /* ctl_call.c */
ctl_function ctl_script;      /* ctl_script.c */
ctl_function ctl_import;      /* ctl_import.c */
ctl_function ctl_export;      /* ctl_export.c */
ctl_function ctl_bulk;        /* ctl_bulk.c */

/* Prints file:line: text for each error; true if there was none. */
bool ctl_report(const struct form_errors *errors);

/* Reads one word of the command line as an option of `own` (may be NULL) or of the server's. The
 * result is the option's val, 0 if the word is no option, -1 after a message. Options of the server
 * are put into the settings at once and give CTL_OPTION_TAKEN. */
enum { CTL_OPTION_TAKEN = 1 };
int ctl_option(struct ctl_settings *settings, const struct option *own, int argc, char **argv,
               int *index, const char **value);
/* Options that stood before the subcommand. */
void ctl_options_before(int count, char **words);
bool ctl_settings_before(struct ctl_settings *settings); /* applies them; false with a message */
/* A session that is left open would count against the person's limit. */
void ctl_sign_out(struct desk *desk);
/* Texts of statuses and faults; NULL if the directory has none, which is no error. */
const struct message_table *ctl_messages(const struct ctl_settings *settings, struct arena *arena);

#endif
