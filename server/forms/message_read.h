/* Texts of *.messages files under their names, in both languages. Used by server and client. */
#ifndef HALLDESK_MESSAGE_READ_H
#define HALLDESK_MESSAGE_READ_H

#include "server/forms/declaration.h"

struct message {
    const char *name;
    struct label text; /* {1} .. {4} stand for parameters */
};

struct message_table {
    size_t count;
    struct message *messages; /* ascending by name */
};

/* One file, for example forms/verbs.messages; never NULL, what could be read is in it. */
struct message_table *message_read_file(const char *file, struct arena *arena,
                                        struct form_errors *errors);
/* All *.messages files below a directory in one table; a name may stand once only. */
struct message_table *message_read_directory(const char *directory, struct arena *arena,
                                             struct form_errors *errors);
/* NULL if there is none. */
const struct message *message_find(const struct message_table *table, const char *name);
/* "zh" gives Chinese, anything else English. NULL gives the name itself, so that a missing text
 * is seen instead of silence. */
const char *message_text(const struct message_table *table, const char *language, const char *name);
/* The text with its parameters put in; parameters beyond `count` become empty. */
const char *message_format(const struct message_table *table, const char *language,
                           const char *name, size_t count, const char *const parameters[],
                           struct arena *arena);
/* The same for a text that does not stand in a table. */
const char *message_fill(const char *text, size_t count, const char *const parameters[],
                         struct arena *arena);

#endif
