/* Pop-ups that want an answer before anything goes on. F12 refuses, F10 or Enter agrees. */
#ifndef HALLDESK_DIALOG_H
#define HALLDESK_DIALOG_H

#include "client/application.h"
#include "client/terminal/list.h"

/* Shows text (lines end with '\n', long ones wrap) until a key; scrolls with the page keys. */
void dialog_text(struct application *application, const char *title, const char *text);
/* [17-184] True when agreed. Keys typed before the question stood there do not answer it. */
bool dialog_confirm(struct application *application, const char *title, const char *text);
/* Asks for one text; NULL when refused, else the text in the arena. */
const char *dialog_ask(struct application *application, const char *title, const char *label,
                       const char *initial, bool secret, size_t maximum, struct arena *arena);

struct dialog_choice {
    const char *title;
    const struct list_column *columns;
    size_t column_count;
    const struct list_row *rows;
    size_t count;
    const char *filter; /* typed before; narrows the rows; may be NULL */
    int64_t focus;      /* 0: the first */
    bool marks;         /* several: space marks */
    list_fetch fetch;   /* instead of rows */
    void *context;
};
/* The id chosen, 0 when refused. With marks F10 agrees; ids receives those marked, *marked how
 * many (capacity in, count out), and the result is -1. */
int64_t dialog_choose(struct application *application, const struct dialog_choice *choice,
                      int64_t *ids, size_t *marked);

#endif
