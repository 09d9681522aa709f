/* The list: rows that come page by page, a focus, picking by digits, a filter typed ahead,
 * marks, and trees by indentation. Pure model, drawn on cells. */
#ifndef HALLDESK_LIST_H
#define HALLDESK_LIST_H

#include "client/terminal/cells.h"
#include "client/terminal/keys.h"

struct list_column {
    const char *title; /* copied; "" for none */
    int columns;       /* 0: shares what is left */
    enum cell_align align;
};

/* What is delivered; everything is copied. */
struct list_row {
    int64_t id;
    const char *const *texts; /* one for each column; NULL texts are "" */
    const char *match;        /* further texts to match by prefix (code, pinyin initials),
                                 separated by spaces; may be NULL */
    int depth;                /* of the tree, 0 at the root */
    bool expandable;          /* has children, delivered by list_deliver_children */
    bool marked;
    enum cell_attribute attribute; /* CELL_PLAIN normally; CELL_ERROR for overdue … */
};

struct list;

/* The list wants rows: the first page for `filter` (first true) or the page after `last_id`. The
 * caller may deliver inside the call or later. */
typedef void (*list_fetch)(void *context, struct list *list, bool first, int64_t last_id,
                           size_t count, const char *filter);

struct list_options {
    const struct list_column *columns;
    size_t column_count;
    int rows;             /* visible rows, without the heading */
    int width;            /* columns of the whole list */
    bool heading;         /* a row of column titles above */
    bool numbers;         /* rows carry 1 2 3 … and digits pick */
    bool marks;           /* space marks */
    bool filter_by_fetch; /* a changed filter asks the server, else it narrows what is there */
    bool no_filter;       /* letters are not for the list */
    int ambiguous;
    list_fetch fetch; /* may be NULL if all rows are delivered at once */
    void *context;
};

enum list_result {
    LIST_IGNORED, /* not a key of the list */
    LIST_HANDLED, /* focus, filter or marks changed */
    LIST_CHOSEN,  /* Enter or digits: list_focus_id says which */
    LIST_EXPAND,  /* Right on a closed branch: deliver its children (at once or later) */
    LIST_REFUSED  /* no such number, filter that matches nothing, end of the list */
};

struct list *list_create(const struct list_options *options);
void list_free(struct list *list);
void list_start(struct list *list); /* forgets all rows and asks for the first page */
/* Appends rows; `end` says that no more will come. */
void list_deliver(struct list *list, const struct list_row *rows, size_t count, bool end);
/* Rows below a branch that was expanded; their depth is set to the parent's + 1. */
void list_deliver_children(struct list *list, int64_t parent, const struct list_row *rows,
                           size_t count);
enum list_result list_key(struct list *list, const struct keys_event *event);
void list_resize(struct list *list, int rows, int width);

size_t list_count(const struct list *list);         /* rows delivered and not folded away */
size_t list_visible_count(const struct list *list); /* of those, what the filter lets through */
bool list_is_complete(const struct list *list);     /* the end was delivered */
bool list_has_focus(const struct list *list);       /* false if nothing is visible */
int64_t list_focus_id(const struct list *list);     /* 0 if nothing is visible */
const char *list_focus_text(const struct list *list, size_t column);
bool list_set_focus(struct list *list, int64_t id);
size_t list_top(const struct list *list); /* index among the visible ones of the first row shown */
size_t list_focus(const struct list *list); /* index among the visible ones */
const char *list_filter(const struct list *list);
void list_set_filter(struct list *list, const char *filter);
bool list_is_marked(const struct list *list, int64_t id);
size_t list_marked(const struct list *list, int64_t *ids, size_t capacity); /* returns how many */

/* Draws heading and rows at row, column; *cursor_row and *cursor_column (may be NULL) receive the
 * place of the focused row in `cells`. */
void list_draw(const struct list *list, struct cells *cells, int row, int column, bool focused,
               int *cursor_row, int *cursor_column);

#endif
