/* The result of a query as a view. */
#ifndef HALLDESK_LIST_VIEW_H
#define HALLDESK_LIST_VIEW_H

#include "client/view/record_list.h"

/* Opens the list; a single record is opened straight away when `straight`. */
void list_view_open(struct application *application, const struct form *form,
                    const struct criteria *criteria, bool straight);
/* F11 of any list: prints what was fetched, as text or for a spreadsheet. */
void list_view_output(struct application *application, struct record_list *list);

#endif
