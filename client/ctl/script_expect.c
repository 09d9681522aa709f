/* Expectations of scripts: what "expect" and "wait until … matches" may say. */
#include <stdlib.h>
#include <string.h>

#include "client/ctl/path.h"
#include "client/ctl/script.h"
#include "protocol/arena.h"

static bool fault_fits(json_t *fault, size_t count, char *const words[])
{
    const char *name = json_string_value(json_object_get(fault, "name"));
    const char *field = json_string_value(json_object_get(fault, "field"));
    if (!name || strcmp(name, words[0]) != 0)
        return false;
    if (count > 1 && (!field || strcmp(field, words[1]) != 0))
        return false;
    return count < 3 ||
           json_integer_value(json_object_get(fault, "line")) == strtoll(words[2], NULL, 10);
}

/* fault NAME [FIELD [LINE]] */
static bool fault_expected(json_t *answer, size_t count, char *const words[])
{
    json_t *faults = json_object_get(answer, "faults");
    size_t index;
    json_t *fault;
    json_array_foreach(faults, index, fault)
    {
        if (fault_fits(fault, count, words))
            return true;
    }
    return false;
}

bool expect_judges(size_t count, char *const words[])
{
    size_t first = count > 0 && strcmp(words[0], "no") == 0;
    return count > first &&
           (strcmp(words[first], "fault") == 0 || strcmp(words[first], ".status") == 0 ||
            strncmp(words[first], ".faults", 7) == 0 || strncmp(words[first], "status", 6) == 0);
}

static const char *const operators[] = {"!=", "<=", ">=", "!~", "=", "<", ">", "~"};

/* .path=value in one word: splits it where the operator stands. */
static bool word_split(const char *word, struct arena *arena, char *parts[3])
{
    for (const char *at = word; *at; at++) {
        for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
            size_t length = strlen(operators[i]);
            if (strncmp(at, operators[i], length) != 0)
                continue;
            parts[0] = arena_copy(arena, word, (size_t)(at - word));
            parts[1] = arena_string(arena, operators[i]);
            parts[2] = arena_string(arena, at + length);
            return true;
        }
    }
    return false;
}

bool expect_holds(struct script *script, size_t count, char *const words[], bool *known)
{
    char *parts[3];
    *known = true;
    if (count == 0) {
        *known = false;
        return false;
    }
    bool no = strcmp(words[0], "no") == 0;
    if (no && count > 1) {
        words++;
        count--;
    }
    if (strcmp(words[0], "fault") == 0 && count >= 2 && count <= 4)
        return fault_expected(script->answer, count - 1, words + 1) != no;
    if (count == 1 && word_split(words[0], script->line_arena, parts)) {
        words = parts;
        count = 3;
    }
    const char *path = words[0];
    if (path[0] == '$' || (path[0] != '.' && strcmp(path, "status") != 0)) {
        /* A value that was put in for a variable is compared as it stands. */
        if (count != 3) {
            *known = false;
            return false;
        }
        json_t *value = json_string(path);
        bool held = path_holds(value, words[1], words[2], known, script->line_arena);
        json_decref(value);
        return held != no;
    }
    json_t *found = path_find(script->answer, path);
    if (count == 1) {
        bool there =
            found && !json_is_null(found) && path_text(found, script->line_arena)[0] != '\0';
        return there != no;
    }
    if (count != 3) {
        *known = false;
        return false;
    }
    return path_holds(found, words[1], words[2], known, script->line_arena) != no;
}
