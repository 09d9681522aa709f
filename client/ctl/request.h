/* One call: from words to the wire, from the answer to JSON. */
#ifndef HALLDESK_CTL_REQUEST_H
#define HALLDESK_CTL_REQUEST_H

#include <jansson.h>

#include "client/ctl/fields.h"

enum { REQUEST_WORDS = 1024, REQUEST_TERMS = 16 };

struct request {
    struct arena *arena;
    const char *form;
    const char *verb;
    size_t word_count;
    struct word words[REQUEST_WORDS];
    bool dry_run;
    bool confirm;
    bool all;      /* every page of a query */
    bool raw;      /* adds the answer's bytes as "raw" */
    int64_t limit; /* rows of a query; 0: the server's page */
    const char *order;
    const char *after; /* "next" of the page before */
    int slot;          /* with sequence: the request is sent under these */
    uint64_t sequence; /* 0: the next one */
    int64_t hash;      /* of the form, if not the one known; -1 */
    const char *body;  /* hexadecimal, instead of the words; NULL */
    int timeout;       /* milliseconds; 0: none */
    size_t by_count;
    const char *by[REQUEST_TERMS]; /* of a report: field or field:step */
    size_t measure_count;
    const char *measures[REQUEST_TERMS]; /* rows, or function:field */
};

#define REQUEST_USAGE                                                                              \
    "FORM.VERB [FIELD=VALUE ...] [--dry-run] [--confirm] [--all] [--limit N] "                     \
    "[--order [-]FIELD] ..."

/* FORM.VERB, fields and options. False with a text in `error`. */
bool request_parse(struct request *request, size_t count, char *const words[], struct arena *arena,
                   struct input_error *error);
/* Is the word an option of calls (and does it take a value)? */
bool request_option_known(const char *word, bool *takes_value);
/* Never NULL: an object with "status", which is "usage" if the words made no call. A query's rows
 * are in "rows"; with `row`, each is handed over instead (taken by it) as it comes. */
json_t *request_run(struct desk *desk, const struct request *request,
                    void (*row)(void *context, json_t *row), void *context);

/* Body of a changing verb over an own record; shared with imports. */
void write_body(struct writer *body, unsigned flags, const char *reason, int64_t id,
                int64_t version, const struct record *record);
enum { WRITE_CONFIRMED = 1, WRITE_DRY_RUN = 2 };
/* --- attachment.c --- */
/* Sends a file in pieces; {"status":"ok","id":…}, the attachment's. */
json_t *attachment_put(struct desk *desk, const struct form *form, int64_t record, const char *file,
                       const char *name, const char *type, const char *note, struct arena *arena);
/* Brings an attachment; into `file` if that is not NULL. The answer has name, type, size and
 * sha256, so that a script can compare. */
json_t *attachment_get(struct desk *desk, const struct form *form, int64_t id, const char *file,
                       struct arena *arena);

/* --- system.c: calls of the system form, number 0 --- */
json_t *system_run(struct desk *desk, const struct request *request);

#endif
