/* Paper: to a CUPS queue, a file, or through the terminal where its line allows it. */
#ifndef HALLDESK_PRINT_H
#define HALLDESK_PRINT_H

#include "client/application.h"

void print_screen(struct application *application);
/* Asks where to, then prints UTF-8 text. `name` is proposed for a file. */
void print_text(struct application *application, const char *title, const char *text,
                const char *name);

#endif
