/* A record: values of a form's fields, with its lines; and its coding.
 *
 * Coding: LEB128 number of bytes of the presence map; the map (bit f of byte f/8, least
 * significant first, is field number f; its last byte is not 0; extra fields, numbered from 1000,
 * do not stand in it); the present values in ascending field number; LEB128 count and numbers of
 * the cleared fields; LEB128 count of extra values, each number and value. Value coding by type:
 * text as block; reference as id, key, label; lines as count and per line id, version, action,
 * record; all else zigzag LEB128. */
#ifndef HALLDESK_RECORD_H
#define HALLDESK_RECORD_H

#include "protocol/form.h"
#include "protocol/value.h"

struct arena;
struct reader;
struct writer;

enum {
    RECORD_TEXT_LIMIT = 65536,    /* bytes of one text */
    RECORD_LINE_LIMIT = 10000,    /* lines of one record, all depths together */
    RECORD_VALUE_LIMIT = 1 << 20, /* lines times fields of their forms, all together */
    RECORD_DEPTH_LIMIT = 4,       /* lines below the head */
    RECORD_EXTRA_FROM = 1000,     /* extra fields are numbered from here */
};

struct record {
    const struct form *form;
    int64_t id;           /* 0: not yet born */
    int64_t version;      /* of the row; 0: unknown */
    struct value *values; /* form->field_count of them, by field index */
};

/* What a change says about a line; in answers always LINE_KEEP. */
enum line_action { LINE_KEEP = 0, LINE_ADD = 1, LINE_CHANGE = 2, LINE_REMOVE = 3 };

struct line {
    enum line_action action;
    struct record record;
};

struct lines {
    size_t count;
    struct line *lines;
};

struct record *record_create(const struct form *form, struct arena *arena);   /* all absent */
struct record *record_copy(const struct record *record, struct arena *arena); /* deep */
/* NULL if the form has no such field. */
struct value *record_value(const struct record *record, const char *name);
const char *record_text(const struct record *record, const char *name); /* "" if absent */
int64_t record_integer(const struct record *record, const char *name);  /* 0 if absent */
bool record_has(const struct record *record, const char *name);         /* present */
/* Field names are the caller's own: an unknown one aborts. Texts are kept, not copied: they live
 * as long as the record. */
void record_set_text(struct record *record, const char *name, const char *text);
void record_set_integer(struct record *record, const char *name, int64_t integer);
void record_set_reference(struct record *record, const char *name, int64_t id, const char *key,
                          const char *label);
/* Adds a line (action LINE_ADD) to the field of type lines; returns its record. Adding another may
 * move it: after that only values set through it still count, not id and version. */
struct record *record_add_line(struct record *record, const char *name, struct arena *arena);

/* Fails the writer when a limit above is passed. */
void record_encode(struct writer *writer, const struct record *record);
/* Decodes over the form's field numbers; a number unknown to the form fails the reader.
 * Types are checked, lengths capped; NULL after a failure. id and version are not part of it. */
struct record *record_decode(struct reader *reader, const struct form *form, struct arena *arena);

#endif
