/* A field's value as people read and type it: codes by number, name, label or initials, dates in
 * short, amounts with thousands separators. */
#ifndef HALLDESK_FIELD_TEXT_H
#define HALLDESK_FIELD_TEXT_H

#include "client/application.h"
#include "client/terminal/editor.h"
#include "protocol/value.h"

enum field_parse {
    FIELD_PARSED,
    FIELD_BAD,       /* no such value; application_refuse() has said why */
    FIELD_AMBIGUOUS, /* a code that several members answer to, or none: open the list */
    FIELD_LOOK_UP,   /* a reference: ask the server */
};

struct field_code {
    int64_t number;
    const char *name;
    const char *text; /* in the person's language */
    const char *initials;
    int64_t parent;
    bool offered;
    int depth; /* of the tree */
};

/* What may stand in a code field, children behind their parents; states for the state field. */
struct field_code *field_codes(const struct application *application, const struct form *form,
                               const struct field *field, size_t *count, struct arena *arena);
/* "" if empty. Never NULL; lives in the arena or in the value. */
const char *field_text(const struct application *application, const struct form *form,
                       const struct field *field, const struct value *value, struct arena *arena);
/* Turns typed text into a value (texts copied into the arena). "" clears. */
enum field_parse field_parse(struct application *application, const struct form *form,
                             const struct field *field, const char *text, struct value *value,
                             struct arena *arena);
enum editor_restriction field_restriction(const struct field *field);
/* Numbers and amounts stand at the right of a column. */
bool field_is_figure(const struct field *field);

#endif
