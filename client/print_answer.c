/* Sheets of answers: finds the layout, draws it, hands the copies to the printer that is chosen. */
#include "client/print_answer.h"

#include <string.h>

#include "client/field_text.h"
#include "client/print.h"
#include "client/print_layout.h"

static const char *value_text(void *context, const struct form *form, const struct field *field,
                              const struct value *value, struct arena *arena)
{
    return field_text((const struct application *)context, form, field, value, arena);
}

void print_answer(struct application *application, const struct record *record)
{
    struct arena *arena = arena_create();
    struct form_errors errors;
    form_errors_initialise(&errors, arena);
    const struct print_layout *layout =
        print_layout_find(application->forms_directory, record->form->name, arena, &errors);
    if (errors.count > 0)
        application_refuse_text(application,
                                arena_format(arena, "%s:%d: %s", errors.list[0].file,
                                             errors.list[0].line, errors.list[0].text));
    if (layout == NULL)
        goto out;
    const struct print_layout_options options = {.language = application->language,
                                                 .ambiguous = screen_ambiguous(application->screen),
                                                 .text = value_text,
                                                 .context = application};
    const char *sheet = print_layout_render(layout, record, &options, arena);
    const char *text = sheet;
    for (int copy = 1; copy < layout->copies; copy++)
        text = arena_format(arena, "%s%s", text, sheet);
    print_text(application, application_label(application, &layout->title), text,
               arena_format(arena, "%s.txt", layout->name));
out:
    arena_free(arena);
}
