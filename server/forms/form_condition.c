/* Conditions of forms: names are fields of the form, codes come from files and states. */
#include "server/forms/form_condition.h"

#include <string.h>

#include "protocol/arena.h"
#include "server/expression/expression.h"

/* China has one zone; only the day that a constant time falls on depends on it. */
enum { ZONE_SECONDS = 8 * 3600 };

struct condition_scope {
    const struct form_conditions *conditions;
    const struct form *form;
};

static bool condition_code(void *context, const char *codes, const char *name, int64_t *number)
{
    const struct condition_scope *scope = context;
    const struct code_list *list = code_list_find(scope->conditions->codes, codes);
    const struct code_member *member = list ? code_member_by_name(list, name) : NULL;
    if (member)
        *number = member->number;
    for (size_t index = 0; !list && index < scope->conditions->forms->count; index++) {
        const struct form *form = scope->conditions->forms->forms[index];
        const struct field *field = form->state_field ? form_field(form, form->state_field) : NULL;
        if (!field || !field->codes || strcmp(field->codes, codes) != 0)
            continue;
        for (size_t at = 0; at < form->state_count; at++)
            if (strcmp(form->states[at].name, name) == 0) {
                *number = form->states[at].number;
                return true;
            }
    }
    return member != NULL;
}

static bool condition_resolve(void *context, const char *path, struct expression_field *field);

static void condition_environment(struct expression_environment *environment,
                                  struct condition_scope *scope)
{
    *environment = (struct expression_environment){.context = scope,
                                                   .resolve = condition_resolve,
                                                   .code = condition_code,
                                                   .zone_offset = ZONE_SECONDS};
}

static bool condition_resolve(void *context, const char *path, struct expression_field *out)
{
    const struct condition_scope *scope = context;
    const struct field *field = form_field(scope->form, path);
    if (!field)
        return false;
    out->type = field->type;
    out->slot = field->index;
    out->codes = field->codes;
    if (field->lines) {
        struct arena *arena = scope->conditions->arena;
        struct condition_scope *inner = ARENA_NEW(arena, struct condition_scope);
        struct expression_environment *lines = ARENA_NEW(arena, struct expression_environment);
        *inner = (struct condition_scope){scope->conditions, field->lines};
        condition_environment(lines, inner);
        out->lines = lines;
    }
    return true;
}

bool form_condition_check(void *context, const struct form *form, const char *text,
                          const char **reason)
{
    const struct form_conditions *conditions = context;
    struct condition_scope *scope = ARENA_NEW(conditions->arena, struct condition_scope);
    struct expression_environment environment;
    struct expression_error error = {0};
    *scope = (struct condition_scope){conditions, form};
    condition_environment(&environment, scope);
    if (expression_compile(text, &environment, VALUE_FLAG, conditions->arena, &error))
        return true;
    *reason = arena_format(
        conditions->arena, "%s%s%s%s%s at byte %zu", error.name, error.parameters[0] ? " " : "",
        error.parameters[0] ? error.parameters[0] : "", error.parameters[1] ? ", " : "",
        error.parameters[1] ? error.parameters[1] : "", error.position);
    return false;
}
