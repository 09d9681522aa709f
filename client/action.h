/* The keys that mean the same everywhere: one table feeds the help screen and the manual page, and
 * a test holds both against it. */
#ifndef HALLDESK_ACTION_H
#define HALLDESK_ACTION_H

#include <stddef.h>

struct action {
    const char *key;   /* as keys are named on the screen */
    const char *text;  /* name of its message, "action.help" */
    const char *where; /* "everywhere", "record", "lines", "list", "command" */
};

extern const struct action actions[];
extern const size_t action_count;

#endif
