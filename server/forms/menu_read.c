/* Reader of the menu. */
#include "server/forms/menu_read.h"

#include <string.h>

#include "protocol/arena.h"

enum { GROUP_ZH = 12, GROUP_EN = 20 };

static bool group_holds(const struct menu_group *group, const struct form *form)
{
    for (size_t index = 0; index < group->count; index++)
        if (group->forms[index] == form)
            return true;
    return false;
}

static void group_read(const struct declaration *declaration, const config_setting_t *element,
                       const struct form_set *forms, struct menu *menu)
{
    static const char *const keys[] = {"name", "label", "forms", NULL};
    if (!declaration_keys(declaration, element, keys))
        return;
    struct menu_group group = {
        .name = declaration_text(declaration, element, "name", true),
        .label = declaration_label(declaration, element, "label", true, GROUP_ZH, GROUP_EN),
        .forms = ARENA_ARRAY(declaration->arena, const struct form *, forms->count + 1),
    };
    if (!group.name)
        return;
    for (size_t index = 0; index < menu->count; index++)
        if (strcmp(menu->groups[index].name, group.name) == 0)
            declaration_error(declaration, element, "group \"%s\" stands twice", group.name);
    const config_setting_t *list = declaration_list(declaration, element, "forms", false);
    for (int index = 0; list && index < config_setting_length(list); index++) {
        const char *name = declaration_element(declaration, list, (unsigned)index);
        const struct form *form = name ? form_by_name(forms, name) : NULL;
        if (name && !form)
            declaration_error(declaration, list, "unknown form \"%s\"", name);
        else if (form && (!form->menu || strcmp(form->menu, group.name) != 0))
            declaration_error(declaration, list, "form \"%s\" does not name the group \"%s\"", name,
                              group.name);
        else if (form && group_holds(&group, form))
            declaration_error(declaration, list, "form \"%s\" stands twice", name);
        else if (form)
            group.forms[group.count++] = form;
    }
    menu->groups[menu->count++] = group;
}

static void forms_place(const struct form_set *forms, struct menu *menu, struct form_errors *errors)
{
    for (size_t index = 0; index < forms->count; index++) {
        const struct form *form = forms->forms[index];
        struct menu_group *group = NULL;
        for (size_t at = 0; form->menu && at < menu->count; at++)
            if (strcmp(menu->groups[at].name, form->menu) == 0)
                group = &menu->groups[at];
        if (form->menu && !group)
            form_errors_add(errors, form->file, form->source_line, "unknown menu group \"%s\"",
                            form->menu);
        if (group && !group_holds(group, form))
            group->forms[group->count++] = form;
    }
}

struct menu *menu_read_file(const char *file, const struct form_set *forms, struct arena *arena,
                            struct form_errors *errors)
{
    static const char *const keys[] = {"menu", NULL};
    struct menu *menu = ARENA_NEW(arena, struct menu);
    struct declaration declaration;

    if (!declaration_open(&declaration, file, arena, errors))
        return menu;
    const config_setting_t *root = config_root_setting(&declaration.config);
    declaration_keys(&declaration, root, keys);
    const config_setting_t *list = declaration_list(&declaration, root, "menu", true);
    int count = list ? config_setting_length(list) : 0;
    menu->groups = ARENA_ARRAY(arena, struct menu_group, (size_t)count + 1);
    for (int index = 0; index < count; index++)
        group_read(&declaration, config_setting_get_elem(list, (unsigned)index), forms, menu);
    declaration_close(&declaration);
    forms_place(forms, menu, errors);
    return menu;
}
