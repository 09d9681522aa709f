/* What list.c and list_draw.c share: how a list is kept. */
#ifndef HALLDESK_LIST_INTERNAL_H
#define HALLDESK_LIST_INTERNAL_H

#include "client/terminal/list.h"

enum { FILTER_LIMIT = 120 /* bytes of a filter */ };

struct entry {
    int64_t id;
    char **texts;
    char *match;
    int depth;
    bool expandable;
    bool expanded;
    bool marked;
    enum cell_attribute attribute;
};

struct list {
    struct list_options options;
    struct list_column *columns; /* own copies of the titles */
    struct entry *entries;
    size_t count;
    size_t capacity;
    size_t *visible; /* indices of entries that the filter and open branches let through */
    size_t visible_count;
    size_t focus; /* index into visible */
    size_t top;
    bool complete;
    bool asking; /* a page was asked for and has not come yet */
    char filter[FILTER_LIMIT + 1];
    int number; /* digits typed so far */
};

#endif
