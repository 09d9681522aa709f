/* The home screen: what waits first, then the codes used most, notices, the shift's figures
 * [17-186][17-187][17-188]. Bottom of every task. */
#ifndef HALLDESK_HOME_H
#define HALLDESK_HOME_H

#include "client/application.h"

struct view *home_create(struct application *application);
/* The code that a number on this screen stands for, NULL if none. */
const char *home_code(struct view *view, unsigned number);
void home_notices(struct application *application);
/* Sends what was learnt and arranged, if anything changed. */
void home_save_workspace(struct application *application);
/* Opens what the person wants opened after sign-in, each as a task. */
void home_open_chosen(struct application *application);

#endif
