/* Reading of one declaration file: libconfig behind checks that libconfig does not make.
 *
 * Every mistake is collected with file and line, so that one run shows them all; only a mistake of
 * syntax hides the rest of its own file. Texts here are for who writes declarations, in English. */
#ifndef HALLDESK_DECLARATION_H
#define HALLDESK_DECLARATION_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/form.h"

struct arena;

struct form_error {
    const char *file;
    int line; /* 0: the file as a whole */
    const char *text;
};

struct form_errors {
    struct arena *arena;
    size_t count;
    size_t capacity;
    struct form_error *list;
};

void form_errors_initialise(struct form_errors *errors, struct arena *arena);
void form_errors_add(struct form_errors *errors, const char *file, int line, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

/* One file being read. Strings handed out live in the arena, not in the file. */
struct declaration {
    const char *file;
    struct arena *arena;
    struct form_errors *errors;
    config_t config;
};

/* False after a mistake of encoding, number or syntax, which is reported; nothing is left to close
 * then. */
bool declaration_open(struct declaration *declaration, const char *file, struct arena *arena,
                      struct form_errors *errors);
void declaration_close(struct declaration *declaration);
void declaration_error(const struct declaration *declaration, const config_setting_t *setting,
                       const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Refuses a setting that is no group, and members that are not among `keys` (ends with NULL). */
bool declaration_keys(const struct declaration *declaration, const config_setting_t *group,
                      const char *const keys[]);
/* NULL if absent (an error when required), of another type or empty. */
const char *declaration_text(const struct declaration *declaration, const config_setting_t *group,
                             const char *key, bool required);
/* `absent` if absent (an error when required) or outside minimum … maximum. */
int64_t declaration_number(const struct declaration *declaration, const config_setting_t *group,
                           const char *key, bool required, int64_t minimum, int64_t maximum,
                           int64_t absent);
bool declaration_flag(const struct declaration *declaration, const config_setting_t *group,
                      const char *key, bool absent);
/* Both languages or none; each at most so many columns wide (0: any). */
struct label declaration_label(const struct declaration *declaration, const config_setting_t *group,
                               const char *key, bool required, int zh_columns, int en_columns);
/* The list, array or NULL under a key; anything else is an error. */
config_setting_t *declaration_list(const struct declaration *declaration,
                                   const config_setting_t *group, const char *key, bool required);
/* An element of a list as text; NULL after an error. */
const char *declaration_element(const struct declaration *declaration, const config_setting_t *list,
                                unsigned index);
/* Text shown to operators: no controls, none of the characters whose width depends on the line. */
bool declaration_shown(const struct declaration *declaration, const config_setting_t *setting,
                       const char *text);
bool declaration_is_name(const char *text); /* [a-z][a-z0-9_]*, at most 58 bytes */

/* Paths of all regular files below a directory that end in `suffix`, sorted, in the arena. */
size_t declaration_files(const char *directory, const char *suffix, struct arena *arena,
                         struct form_errors *errors, const char ***files);

#endif
