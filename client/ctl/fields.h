/* Records between people and the wire: values typed become records, records become JSON. */
#ifndef HALLDESK_CTL_FIELDS_H
#define HALLDESK_CTL_FIELDS_H

#include <jansson.h>

#include "client/ctl/desk.h"
#include "client/ctl/words.h"
#include "protocol/record.h"

/* What hinders a call before it is sent: an unknown name, a text that is no such value. */
struct input_error {
    struct arena *arena;
    const char *text; /* NULL: nothing */
};

void input_refuse(struct input_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A value as typed: codes by name, number or label, references by key or #id. */
bool value_type_in(struct desk *desk, const struct form *form, const struct field *field,
                   const char *text, struct arena *arena, struct value *value,
                   struct input_error *error);
/* Puts one word into the record: a value, or what becomes of a line. */
void record_word(struct desk *desk, struct record *record, const struct word *word,
                 struct arena *arena, struct input_error *error);

/* Present values under their names; lines with id and version in front. */
json_t *record_json(struct desk *desk, const struct record *record, struct arena *arena);
json_t *value_json(struct desk *desk, const struct form *form, const struct field *field,
                   const struct value *value, struct arena *arena);
/* {"status": …, …} of a reply that is not ok; `form` may be NULL. */
json_t *refusal_json(struct desk *desk, const struct form *form, enum status status,
                     struct arena *arena);
/* Adds the sentence of a status or fault, if the messages have one. */
void text_add(const struct desk *desk, json_t *object, const char *name, size_t count,
              const char *const parameters[], struct arena *arena);

#endif
