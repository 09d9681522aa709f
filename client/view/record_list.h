/* A list of records of one form, fetched page by page: the result of a query, or what hangs on a
 * record. Drawn wherever its owner says. */
#ifndef HALLDESK_RECORD_LIST_H
#define HALLDESK_RECORD_LIST_H

#include "client/application.h"
#include "client/terminal/list.h"

/* As server/engine/query.c reads them. */
enum criterion_way {
    CRITERION_EQUAL = 1,
    CRITERION_PREFIX = 2,
    CRITERION_FROM = 3,
    CRITERION_TO = 4,
    CRITERION_WORD = 5,
    CRITERION_EMPTY = 6,
};

enum { CRITERIA_LIMIT = 32 };

struct criterion {
    const struct field *field;
    enum criterion_way way;
    int64_t integer;
    const char *text; /* copied by record_list_create() */
};

struct criteria {
    size_t count;
    struct criterion list[CRITERIA_LIMIT];
};

struct record_list;

/* NULL with a message if the form cannot be listed by this person. */
struct record_list *record_list_create(struct application *application, const struct form *form,
                                       const struct criteria *criteria);
void record_list_free(struct record_list *list);
void record_list_refresh(struct record_list *list);
void record_list_draw(struct record_list *list, struct cells *cells, int row, int rows,
                      bool focused, int *cursor_row, int *cursor_column);
/* Enter and digits open the record. */
bool record_list_key(struct record_list *list, const struct keys_event *key);
size_t record_list_count(const struct record_list *list);
bool record_list_complete(const struct record_list *list);
int64_t record_list_focus(const struct record_list *list); /* id, 0: none */
const struct form *record_list_form(const struct record_list *list);
/* All rows fetched so far as text, columns in line; in the arena. */
const char *record_list_text(struct record_list *list, struct arena *arena);
/* The same for spreadsheets: UTF-8 with a mark in front, fields quoted. */
const char *record_list_csv(struct record_list *list, struct arena *arena);

#endif
