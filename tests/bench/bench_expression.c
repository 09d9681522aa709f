/* What compiling once saves: nanoseconds to evaluate a condition, and to compile and evaluate it,
 * measured alternately. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/arena.h"
#include "server/expression/expression.h"

enum { ROUNDS = 20, EVALUATIONS = 100000, COMPILATIONS = 5000 };

static bool resolve(void *context, const char *path, struct expression_field *field)
{
    static const struct {
        const char *path;
        enum value_type type;
    } names[] = {{"kind", VALUE_CODE}, {"charge", VALUE_AMOUNT}, {"number", VALUE_TEXT}};
    (void)context;
    for (unsigned slot = 0; slot < 3; slot++)
        if (strcmp(path, names[slot].path) == 0) {
            field->type = names[slot].type;
            field->slot = slot;
            return true;
        }
    return false;
}

static const struct expression_environment environment = {.resolve = resolve, .zone_offset = 28800};

static double nanoseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static struct expression *compile(const char *text, struct arena *arena)
{
    struct expression *expression = expression_compile(text, &environment, VALUE_FLAG, arena, NULL);
    if (!expression)
        abort();
    return expression;
}

static void measure(const char *name, const char *text)
{
    static const struct value values[] = {
        {.presence = VALUE_PRESENT, .integer = 2},
        {.presence = VALUE_PRESENT, .integer = 12345},
        {.presence = VALUE_PRESENT, .text = "13800138000"},
    };
    const struct expression_input input = {.values = values, .count = 3};
    struct arena *kept = arena_create(), *passing = arena_create();
    struct expression *expression = compile(text, kept);
    double once = 0, again = 0;
    unsigned long met = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = nanoseconds();
        for (int i = 0; i < EVALUATIONS; i++)
            met += expression_met(expression, &input, kept, NULL);
        double middle = nanoseconds();
        for (int i = 0; i < COMPILATIONS; i++) {
            arena_reset(passing);
            met += expression_met(compile(text, passing), &input, passing, NULL);
        }
        once += middle - start;
        again += nanoseconds() - middle;
    }
    if (met != (unsigned long)ROUNDS * (EVALUATIONS + COMPILATIONS))
        abort();
    once /= (double)ROUNDS * EVALUATIONS;
    again /= (double)ROUNDS * COMPILATIONS;
    printf("%s %.0f ns %.0f %.0f\n", name, once, once, again);
    arena_free(kept);
    arena_free(passing);
}

int main(void)
{
    measure("expression_simple", "kind = 2 and charge > 100");
    measure("expression_larger", "kind in (1, 2, 3) and charge between 1 and 200 and "
                                 "number starts with '138'");
    return EXIT_SUCCESS;
}
