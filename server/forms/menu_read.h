/* The menu: forms/menu.menu names the groups and, where the order matters, their forms. */
#ifndef HALLDESK_MENU_READ_H
#define HALLDESK_MENU_READ_H

#include "server/forms/declaration.h"

struct menu_group {
    const char *name;
    struct label label;
    size_t count;
    const struct form **forms; /* those listed, then the group's others ascending by number */
};

struct menu {
    size_t count;
    struct menu_group *groups; /* in the order of the file */
};

/* Never NULL. A form that names no group stands in no menu; a group that no file knows is an
 * error of that form. */
struct menu *menu_read_file(const char *file, const struct form_set *forms, struct arena *arena,
                            struct form_errors *errors);

#endif
