/* The menu as a tree of groups and forms; =3.4 goes straight to the fourth of the third group. */
#ifndef HALLDESK_MENU_VIEW_H
#define HALLDESK_MENU_VIEW_H

#include "client/application.h"

/* Opens the menu, with a group open if the path names one, or the form that the path leads to. */
void menu_open(struct application *application, const unsigned *path, size_t depth);

#endif
