/* Where the server is and who signs in: from options, the environment and the person's own file. */
#ifndef HALLDESK_CTL_SETTINGS_H
#define HALLDESK_CTL_SETTINGS_H

#include <stdbool.h>

struct arena;

struct ctl_settings {
    struct arena *arena;
    const char *server;    /* as connection_settings.address; a path is "unix:" */
    const char *authority; /* PEM file, NULL: the system's */
    const char *staff;
    const char *password;
    const char *new_password; /* NULL: none */
    const char *language;     /* "zh" or "en" */
    const char *forms;        /* directory with the *.messages of faults and statuses */
    bool take_over;           /* of a session left behind */
    int patience;             /* milliseconds that a server may take to answer at first */
};

/* Options that every subcommand with a server takes; in getopt_long()'s notation, val from 256. */
enum { CTL_OPTION_FIRST = 256 };
#define CTL_SERVER_OPTIONS                                                                         \
    {"server", 1, 0, 256}, {"socket", 1, 0, 257}, {"staff", 1, 0, 258},                            \
        {"password-file", 1, 0, 259}, {"authority", 1, 0, 260}, {"language", 1, 0, 261},           \
        {"forms", 1, 0, 262}, {"take-over", 0, 0, 263}, {"new-password-file", 1, 0, 264},          \
    {                                                                                              \
        "patience", 1, 0, 265                                                                      \
    }
#define CTL_SERVER_USAGE                                                                           \
    "[--server ADDRESS | --socket PATH] [--staff NUMBER] [--password-file FILE] "                  \
    "[--language zh|en] ..."

/* Environment and file; what cannot be read is said on standard error, false. */
bool ctl_settings_read(struct ctl_settings *settings, struct arena *arena);
/* One option of CTL_SERVER_OPTIONS; false with a message if its value makes no sense. */
bool ctl_settings_option(struct ctl_settings *settings, int option, const char *value);
/* Server, staff and password are known; asks a terminal for the password. False with a message. */
bool ctl_settings_complete(struct ctl_settings *settings);

#endif
