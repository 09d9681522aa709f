/* Reader of *.messages files and the filling-in of parameters. */
#include "server/forms/message_read.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"

static int message_compare(const void *one, const void *other)
{
    return strcmp(((const struct message *)one)->name, ((const struct message *)other)->name);
}

/* A pair of texts must take the same parameters, and braces must hold 1 .. 4. */
static unsigned parameters_used(const char *text, bool *good)
{
    unsigned used = 0;
    for (const char *at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
        if (at[1] < '1' || at[1] > '4' || at[2] != '}')
            *good = false;
        else
            used |= 1u << (at[1] - '0');
    }
    return used;
}

static void message_read_one(const struct declaration *declaration, const config_setting_t *group,
                             struct message_table *table)
{
    static const char *const keys[] = {"name", "zh", "en", NULL};
    struct message message = {0};
    bool good = true;

    if (!declaration_keys(declaration, group, keys))
        return;
    message.name = declaration_text(declaration, group, "name", true);
    message.text.zh = declaration_text(declaration, group, "zh", true);
    message.text.en = declaration_text(declaration, group, "en", true);
    if (!message.name || !message.text.zh || !message.text.en)
        return;
    declaration_shown(declaration, group, message.text.zh);
    declaration_shown(declaration, group, message.text.en);
    if (parameters_used(message.text.zh, &good) != parameters_used(message.text.en, &good) || !good)
        declaration_error(declaration, group,
                          "\"%s\": both texts must take the same parameters, {1} to {4}",
                          message.name);
    for (size_t index = 0; index < table->count; index++)
        if (strcmp(table->messages[index].name, message.name) == 0) {
            declaration_error(declaration, group, "message \"%s\" stands twice", message.name);
            return;
        }
    table->messages[table->count++] = message;
}

static void message_read_into(const char *file, struct message_table *table, struct arena *arena,
                              struct form_errors *errors)
{
    static const char *const keys[] = {"messages", NULL};
    struct declaration declaration;

    if (!declaration_open(&declaration, file, arena, errors))
        return;
    const config_setting_t *root = config_root_setting(&declaration.config);
    declaration_keys(&declaration, root, keys);
    const config_setting_t *list = declaration_list(&declaration, root, "messages", true);
    int length = list ? config_setting_length(list) : 0;
    struct message *messages =
        ARENA_ARRAY(arena, struct message, table->count + (size_t)length + 1);
    if (table->count)
        memcpy(messages, table->messages, table->count * sizeof(*messages));
    table->messages = messages;
    for (int index = 0; index < length; index++)
        message_read_one(&declaration, config_setting_get_elem(list, (unsigned)index), table);
    declaration_close(&declaration);
}

struct message_table *message_read_file(const char *file, struct arena *arena,
                                        struct form_errors *errors)
{
    struct message_table *table = ARENA_NEW(arena, struct message_table);
    message_read_into(file, table, arena, errors);
    if (table->count)
        qsort(table->messages, table->count, sizeof(*table->messages), message_compare);
    return table;
}

struct message_table *message_read_directory(const char *directory, struct arena *arena,
                                             struct form_errors *errors)
{
    struct message_table *table = ARENA_NEW(arena, struct message_table);
    const char **files = NULL;
    size_t count = declaration_files(directory, ".messages", arena, errors, &files);
    for (size_t index = 0; index < count; index++)
        message_read_into(files[index], table, arena, errors);
    if (table->count)
        qsort(table->messages, table->count, sizeof(*table->messages), message_compare);
    return table;
}

const struct message *message_find(const struct message_table *table, const char *name)
{
    struct message wanted = {.name = name};
    if (!table->count)
        return NULL;
    return bsearch(&wanted, table->messages, table->count, sizeof(wanted), message_compare);
}

const char *message_text(const struct message_table *table, const char *language, const char *name)
{
    const struct message *message = message_find(table, name);
    if (!message)
        return name;
    return strcmp(language, "zh") == 0 ? message->text.zh : message->text.en;
}

const char *message_fill(const char *text, size_t count, const char *const parameters[],
                         struct arena *arena)
{
    size_t room = strlen(text) + 1;
    for (const char *at = text; *at; at++)
        for (size_t index = 0; *at == '{' && index < count; index++)
            room += parameters[index] ? strlen(parameters[index]) : 0;
    char *filled = ARENA_ARRAY(arena, char, room);
    char *end = filled;
    while (*text) {
        if (text[0] == '{' && text[1] >= '1' && text[1] <= '4' && text[2] == '}') {
            size_t index = (size_t)(text[1] - '1');
            if (index < count && parameters[index]) {
                size_t length = strlen(parameters[index]);
                memcpy(end, parameters[index], length);
                end += length;
            }
            text += 3;
        } else {
            *end++ = *text++;
        }
    }
    return filled;
}

const char *message_format(const struct message_table *table, const char *language,
                           const char *name, size_t count, const char *const parameters[],
                           struct arena *arena)
{
    return message_fill(message_text(table, language, name), count, parameters, arena);
}
