/* Row 2: typing, completing and recalling commands, and carrying them out. */
#ifndef HALLDESK_COMMAND_LINE_H
#define HALLDESK_COMMAND_LINE_H

#include "client/application.h"

void command_line_draw(struct application *application);
/* Keys while the cursor stands there; true: taken. */
bool command_line_key(struct application *application, const struct keys_event *key);
/* A key that the view did not want: printable ones and Esc lead to the command line. */
bool command_line_begin(struct application *application, const struct keys_event *key);
void command_line_recall(struct application *application); /* F9 */
void command_line_run(struct application *application, const char *text);

#endif
