/* Fuzz target: the parser and checker of the expression language. What compiles must evaluate and
 * give SQL without any damage. */
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/expression/expression.h"
#include "tests/fuzz/fuzz_protocol.h"

enum { SLOTS = 10 };

unsigned long fuzz_accepted;

/* The first letter of a name is its type. */
static bool resolve(void *context, const char *path, struct expression_field *field)
{
    static const char letters[] = "?tnardmkfcl";
    const char *letter = strchr(letters + 1, path[0]);
    if (!letter || path[1] != '\0' || (*letter == 'l' && !context))
        return false;
    field->type = (enum value_type)(letter - letters);
    field->slot = (unsigned)(field->type) - 1;
    field->codes = field->type == VALUE_CODE ? "codes" : NULL;
    field->column = "x";
    field->lines = context;
    field->from = "lines";
    field->join = "true";
    return true;
}

static bool code(void *context, const char *codes, const char *name, int64_t *number)
{
    (void)context;
    (void)codes;
    *number = 1;
    return strcmp(name, "one") == 0;
}

static const struct value *lookup(void *context, unsigned slot)
{
    static const struct value value = {
        .presence = VALUE_PRESENT, .integer = INT64_MAX, .text = "text"};
    (void)context;
    return slot % 3 == 2 ? NULL : &value;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const struct expression_environment inner = {.resolve = resolve, .zone_offset = 28800};
    const struct expression_environment environment = {
        .context = (void *)&inner, .resolve = resolve, .code = code, .zone_offset = 28800};
    const struct expression_input input = {.lookup = lookup, .now = 1709222370000000};
    struct arena *arena = arena_create();
    struct expression_error error;
    char *text = arena_copy(arena, (const char *)bytes, length);
    struct expression *expression = expression_compile(text, &environment, 0, arena, &error);
    if (expression) {
        struct expression_sql sql;
        struct value result;
        const char *fault = NULL;
        if (expression_evaluate(expression, &input, arena, &result, &fault) != (fault == NULL))
            abort();
        if (!expression_sql(expression, 1, arena, &sql))
            abort();
        fuzz_accepted++;
    } else if (!error.name || error.position + error.length > strlen(text)) {
        abort();
    }
    arena_free(arena);
    return 0;
}

size_t fuzz_seed(unsigned which, uint8_t *bytes, size_t capacity)
{
    static const char *const seeds[] = {
        "k = one and (a between 1 and 12.50 or t starts with 'ab') and not f",
        "round(a * r / (n + 1) - a / 3, 2, half_even)",
        "d + 3 months - 1 day > today() or m + 2 hours <= now()",
        "if(c in (1, 2, null), coalesce(n, 0), greatest(n, 3, length(t)))",
        "years_between(d, date '2024-02-29') >= 18 and weekday(d) <> 7 and t is not null",
        "round(n / n + n / n - n / n, 0, up) not in (n, -1)",
        "sum(l.a * 2 where n > 1) > 3 or any(l where f) or count(l) = 0",
    };
    if (which >= sizeof seeds / sizeof *seeds || strlen(seeds[which]) > capacity)
        return 0;
    memcpy(bytes, seeds[which], strlen(seeds[which]));
    return strlen(seeds[which]);
}
