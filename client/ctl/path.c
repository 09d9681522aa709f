/* Places in an answer; see path.h. */
#include "client/ctl/path.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"

enum { NAME_BYTES = 256 };

static json_t *member(json_t *json, const char *name)
{
    json_t *found = json_object_get(json, name);
    return found ? found : json_object_get(json_object_get(json, "record"), name);
}

json_t *path_find(json_t *root, const char *path)
{
    json_t *at = root;
    while (at && *path) {
        char name[NAME_BYTES];
        char *end;
        if (*path == '[') {
            long index = strtol(path + 1, &end, 10);
            size_t size = json_array_size(at);
            if (*end != ']')
                return NULL;
            if (index < 0) /* from the end */
                index += (long)size;
            at = index < 0 ? NULL : json_array_get(at, (size_t)index);
            path = end + 1;
            continue;
        }
        path += *path == '.';
        size_t length = strcspn(path, ".[");
        if (length == 0 || length >= sizeof name)
            return length == 0 && *path == '\0' ? at : NULL;
        memcpy(name, path, length);
        name[length] = '\0';
        at = member(at, name);
        path += length;
    }
    return at;
}

const char *path_text(json_t *json, struct arena *arena)
{
    if (json_is_string(json))
        return arena_string(arena, json_string_value(json));
    if (json_is_integer(json))
        return arena_format(arena, "%lld", (long long)json_integer_value(json));
    if (json_is_boolean(json))
        return json_is_true(json) ? "true" : "false";
    if (json_is_null(json) || !json)
        return "";
    if (json_is_object(json) && json_is_string(json_object_get(json, "key")) &&
        json_object_get(json, "label"))
        return path_text(json_object_get(json, "key"), arena);
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *kept = arena_string(arena, text ? text : "");
    free(text);
    return kept;
}

/* A decimal as two whole numbers, so that amounts compare without floats. */
struct decimal {
    bool negative;
    long long whole;
    long long millionths;
};

static bool decimal_read(const char *text, struct decimal *decimal)
{
    char *end;
    decimal->negative = *text == '-';
    text += decimal->negative;
    if (*text < '0' || *text > '9')
        return false;
    decimal->whole = strtoll(text, &end, 10);
    decimal->millionths = 0;
    if (*end == '.') {
        end++;
        for (int digit = 0; digit < 6; digit++)
            decimal->millionths =
                decimal->millionths * 10 + (*end >= '0' && *end <= '9' ? *end++ - '0' : 0);
    }
    return *end == '\0';
}

static int compare(const char *one, const char *other)
{
    struct decimal a;
    struct decimal b;
    if (!decimal_read(one, &a) || !decimal_read(other, &b))
        return strcmp(one, other);
    int sign = a.negative ? -1 : 1;
    if (a.negative != b.negative)
        return a.whole == 0 && b.whole == 0 && a.millionths == 0 && b.millionths == 0 ? 0 : sign;
    if (a.whole != b.whole)
        return a.whole < b.whole ? -sign : sign;
    return a.millionths == b.millionths ? 0 : a.millionths < b.millionths ? -sign : sign;
}

static bool list_has(json_t *list, const char *value, struct arena *arena)
{
    const char *equals = strchr(value, '=');
    const char *name = equals ? arena_copy(arena, value, (size_t)(equals - value)) : NULL;
    size_t index;
    json_t *one;
    json_array_foreach(list, index, one)
    {
        if (json_is_object(one) && name) {
            json_t *found = path_find(one, name);
            if (found && strcmp(path_text(found, arena), equals + 1) == 0)
                return true;
        }
        if (strcmp(path_text(one, arena), value) == 0)
            return true;
    }
    return false;
}

bool path_holds(json_t *json, const char *operator, const char * value, bool *known,
                struct arena *arena)
{
    const char *text = path_text(json, arena);
    *known = true;
    if (strcmp(operator, "=") == 0)
        return strcmp(text, value) == 0;
    if (strcmp(operator, "!=") == 0)
        return strcmp(text, value) != 0;
    if (strcmp(operator, "~") == 0)
        return fnmatch(value, text, 0) == 0;
    if (strcmp(operator, "!~") == 0)
        return fnmatch(value, text, 0) != 0;
    if (strcmp(operator, "has") == 0)
        return list_has(json, value, arena);
    if (strcmp(operator, "lacks") == 0)
        return json_is_array(json) && !list_has(json, value, arena);
    bool there = json && !json_is_null(json);
    if (strcmp(operator, "<") == 0)
        return there && compare(text, value) < 0;
    if (strcmp(operator, "<=") == 0)
        return there && compare(text, value) <= 0;
    if (strcmp(operator, ">") == 0)
        return there && compare(text, value) > 0;
    if (strcmp(operator, ">=") == 0)
        return there && compare(text, value) >= 0;
    *known = false;
    return false;
}
