/* Between the files of the form reader only. */
#ifndef HALLDESK_FORM_PARSE_H
#define HALLDESK_FORM_PARSE_H

#include "server/forms/code_read.h"
#include "server/forms/declaration.h"
#include "server/forms/message_read.h"

enum {
    LABEL_ZH = 8, /* columns of a field's label; it stands left of the field */
    LABEL_EN = 12,
    ACTION_ZH = 12, /* of verbs, states, tabs and related lists */
    ACTION_EN = 20,
    SCREEN_COLUMNS = 80,
};

struct form_parser {
    struct declaration declaration;
    const struct code_set *codes;
    const struct message_table *verbs;
};

/* form_field.c: `form` has its name, file and flags; a line form its head. */
void form_parse_fields(const struct form_parser *parser, const config_setting_t *group,
                       struct form *form);
/* form_part.c, after the fields. */
void form_parse_states(const struct form_parser *parser, const config_setting_t *group,
                       struct form *form);
void form_parse_verbs(const struct form_parser *parser, const config_setting_t *group,
                      struct form *form);
void form_parse_rules(const struct form_parser *parser, const config_setting_t *group,
                      struct form *form);
void form_parse_related(const struct form_parser *parser, const config_setting_t *group,
                        struct form *form);
void form_parse_tabs(const struct form_parser *parser, const config_setting_t *group,
                     struct form *form);
/* form_lint.c: what can be wrong although every part of the form can be read. */
void form_lint(const struct form *form, const struct code_set *codes, struct form_errors *errors);
/* form_layout.c: makes the tabs of a form that names none, and judges those of one that does. */
void form_layout_default(struct form *form, struct arena *arena);
void form_layout_lint(const struct form *form, struct form_errors *errors);

/* Steps through a space separated list: copies the next name, false at the end. */
bool form_next_name(const char **cursor, char *name, size_t size);

#endif
