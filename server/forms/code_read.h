/* Code lists of *.codes files. They seed the database; at run time the tables there rule.
 * Used by server and client. */
#ifndef HALLDESK_CODE_READ_H
#define HALLDESK_CODE_READ_H

#include "server/forms/declaration.h"

struct code_attribute {
    const char *name;
    const char *value;
};

struct code_member {
    uint16_t number; /* permanent within its list */
    uint16_t parent; /* number of the member above it; 0: none */
    const char *name;
    struct label label;
    const char *initials;   /* of the pinyin of label.zh; NULL: made by the server */
    const char *valid_from; /* "2026-01-01"; NULL: always */
    const char *valid_to;   /* the first day on which it is no longer offered; NULL: never */
    size_t attribute_count;
    struct code_attribute *attributes; /* in the order of the file */
    int source_line;
};

struct code_list {
    const char *name;
    struct label title;
    size_t count;
    struct code_member *members; /* in the order of the file, which is the order shown */
    const char *file;
    int source_line;
};

struct code_set {
    size_t count;
    struct code_list *lists; /* ascending by name */
};

struct code_set *code_read_directory(const char *directory, struct arena *arena,
                                     struct form_errors *errors);
const struct code_list *code_list_find(const struct code_set *set, const char *name);
const struct code_member *code_member_by_name(const struct code_list *list, const char *name);
const struct code_member *code_member_by_number(const struct code_list *list, int64_t number);

#endif
