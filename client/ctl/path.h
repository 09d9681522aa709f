/* Places in an answer: .id, .record.name, .rows[0].key; and judging what stands there. */
#ifndef HALLDESK_CTL_PATH_H
#define HALLDESK_CTL_PATH_H

#include <jansson.h>
#include <stdbool.h>

struct arena;

/* Borrowed; NULL if there is nothing. A name that an object lacks is looked for in its "record",
 * so .name is .record.name. */
json_t *path_find(json_t *root, const char *path);
/* As a script compares it: texts as they are, numbers in decimal, true and false, a reference by
 * its key, NULL and null as "". Lists and other objects as compact JSON. */
const char *path_text(json_t *json, struct arena *arena);
/* `operator`: = != < <= > >= (numbers as numbers, else as texts), ~ (pattern with * and ?),
 * !~, has (of a list: a member that is `value`, or an object whose field fits "name=value").
 * False with *known false for another operator. */
bool path_holds(json_t *json, const char *operator, const char * value, bool *known,
                struct arena *arena);

#endif
