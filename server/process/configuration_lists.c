/* Listening sockets and neighbours of the configuration. */
#include "server/process/configuration_lists.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "protocol/arena.h"

/* One member of a group of a list. */
struct part {
    const char *name;
    bool required;
    void (*read)(const config_setting_t *setting, void *target, const char *file,
                 struct configuration_errors *errors);
};

static void part_error(struct configuration_errors *errors, const char *file,
                       const config_setting_t *setting, const char *message)
{
    configuration_error(errors, file, config_setting_source_line(setting), "%s: %s",
                        config_setting_name(setting), message);
}

static void listener_type(const config_setting_t *setting, void *target, const char *file,
                          struct configuration_errors *errors)
{
    struct listener_setting *listener = target;
    const char *text = configuration_text(setting, "type", file, errors);
    if (!text)
        return;
    if (strcmp(text, "tcp") == 0)
        listener->type = LISTENER_TCP;
    else if (strcmp(text, "unix") == 0)
        listener->type = LISTENER_UNIX;
    else
        part_error(errors, file, setting, "must be \"tcp\" or \"unix\"");
}

static void listener_address(const config_setting_t *setting, void *target, const char *file,
                             struct configuration_errors *errors)
{
    struct listener_setting *listener = target;
    unsigned char address[sizeof(struct in6_addr)];
    const char *text = configuration_text(setting, "address", file, errors);
    if (!text)
        return;
    if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1)
        part_error(errors, file, setting, "must be a numeric IPv4 or IPv6 address");
    listener->address = text;
}

static void listener_port(const config_setting_t *setting, void *target, const char *file,
                          struct configuration_errors *errors)
{
    struct listener_setting *listener = target;
    int port =
        config_setting_type(setting) == CONFIG_TYPE_INT ? config_setting_get_int(setting) : -1;
    if (port < 0 || port > 65535)
        part_error(errors, file, setting, "must be a number from 0 to 65535");
    else
        listener->port = (uint16_t)port;
}

static void listener_tls(const config_setting_t *setting, void *target, const char *file,
                         struct configuration_errors *errors)
{
    struct listener_setting *listener = target;
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
        part_error(errors, file, setting, "true or false is expected");
    else
        listener->tls = config_setting_get_bool(setting);
}

static void listener_path(const config_setting_t *setting, void *target, const char *file,
                          struct configuration_errors *errors)
{
    struct listener_setting *listener = target;
    listener->path = configuration_text(setting, "path", file, errors);
    if (listener->path && (listener->path[0] != '/' ||
                           strlen(listener->path) >= sizeof((struct sockaddr_un *)0)->sun_path))
        part_error(errors, file, setting, "must be an absolute path of at most 107 bytes");
}

static void listener_mode(const config_setting_t *setting, void *target, const char *file,
                          struct configuration_errors *errors)
{
    struct listener_setting *listener = target;
    const char *text = configuration_text(setting, "mode", file, errors);
    if (!text)
        return;
    char *end = NULL;
    unsigned long mode = strtoul(text, &end, 8);
    if (!text[0] || *end || mode > 0777)
        part_error(errors, file, setting, "must be permission bits such as \"0660\"");
    else
        listener->mode = (unsigned)mode;
}

static void neighbour_name(const config_setting_t *setting, void *target, const char *file,
                           struct configuration_errors *errors)
{
    struct neighbour_setting *neighbour = target;
    neighbour->name = configuration_text(setting, "name", file, errors);
    if (neighbour->name && (!neighbour->name[0] || strlen(neighbour->name) > 40 ||
                            strspn(neighbour->name, "abcdefghijklmnopqrstuvwxyz0123456789_") !=
                                strlen(neighbour->name)))
        part_error(errors, file, setting, "must be 1 to 40 of a-z, 0-9 and _");
}

static const char *neighbour_directory(const config_setting_t *setting, const char *file,
                                       struct configuration_errors *errors)
{
    const char *text = configuration_text(setting, config_setting_name(setting), file, errors);
    if (text && text[0] != '/')
        part_error(errors, file, setting, "must be an absolute path");
    return text;
}

static void neighbour_outbox(const config_setting_t *setting, void *target, const char *file,
                             struct configuration_errors *errors)
{
    ((struct neighbour_setting *)target)->outbox = neighbour_directory(setting, file, errors);
}

static void neighbour_inbox(const config_setting_t *setting, void *target, const char *file,
                            struct configuration_errors *errors)
{
    ((struct neighbour_setting *)target)->inbox = neighbour_directory(setting, file, errors);
}

static const struct part listener_parts[] = {
    {"type", true, listener_type},
    {"address", false, listener_address},
    {"port", false, listener_port},
    {"tls", false, listener_tls},
    {"path", false, listener_path},
    {"mode", false, listener_mode},
    {NULL, false, NULL},
};

static const struct part neighbour_parts[] = {
    {"name", true, neighbour_name},
    {"outbox", true, neighbour_outbox},
    {"inbox", true, neighbour_inbox},
    {NULL, false, NULL},
};

static void group_read(const config_setting_t *group, const struct part *parts, void *target,
                       const char *file, struct configuration_errors *errors)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const struct part *part = parts;
        while (part->name && strcmp(part->name, config_setting_name(setting)) != 0)
            part++;
        if (part->name)
            part->read(setting, target, file, errors);
        else
            part_error(errors, file, setting, "there is no such key here");
    }
    for (const struct part *part = parts; part->name; part++)
        if (part->required && !config_setting_get_member(group, part->name))
            configuration_error(errors, file, config_setting_source_line(group),
                                "%s: must be given", part->name);
}

/* The list's length if it is one of `minimum` to `maximum` groups, else 0 after an error. */
static size_t list_length(const config_setting_t *setting, size_t minimum, size_t maximum,
                          const char *file, struct configuration_errors *errors)
{
    int type = config_setting_type(setting);
    size_t count = (size_t)config_setting_length(setting);
    bool groups = type == CONFIG_TYPE_LIST;
    for (size_t i = 0; groups && i < count; i++)
        groups =
            config_setting_type(config_setting_get_elem(setting, (unsigned)i)) == CONFIG_TYPE_GROUP;
    if (groups && count >= minimum && count <= maximum)
        return count;
    configuration_error(errors, file, config_setting_source_line(setting),
                        "%s: must be a list of %zu to %zu groups, ( { … }, … )",
                        config_setting_name(setting), minimum, maximum);
    return 0;
}

void configuration_read_listeners(const config_setting_t *setting,
                                  struct configuration *configuration,
                                  struct configuration_errors *errors)
{
    const char *file = configuration->file;
    size_t count = list_length(setting, 1, CONFIGURATION_LISTENERS, file, errors);
    configuration->listeners = ARENA_ARRAY(errors->arena, struct listener_setting, count + 1);
    configuration->listener_count = count;
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *group = config_setting_get_elem(setting, (unsigned)i);
        struct listener_setting *listener = &configuration->listeners[i];
        listener->mode = 0660;
        size_t before = errors->count;
        group_read(group, listener_parts, listener, file, errors);
        if (errors->count != before)
            continue;
        unsigned line = config_setting_source_line(group);
        if (listener->type == LISTENER_TCP &&
            (!listener->address || !config_setting_get_member(group, "port") || listener->path))
            configuration_error(errors, file, line, "listen: tcp takes address, port and tls");
        if (listener->type == LISTENER_UNIX &&
            (!listener->path || listener->address || listener->tls))
            configuration_error(errors, file, line, "listen: unix takes path and mode");
    }
}

void configuration_read_neighbours(const config_setting_t *setting,
                                   struct configuration *configuration,
                                   struct configuration_errors *errors)
{
    const char *file = configuration->file;
    size_t count = list_length(setting, 0, CONFIGURATION_NEIGHBOURS, file, errors);
    configuration->neighbours = ARENA_ARRAY(errors->arena, struct neighbour_setting, count + 1);
    configuration->neighbour_count = count;
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *group = config_setting_get_elem(setting, (unsigned)i);
        struct neighbour_setting *neighbour = &configuration->neighbours[i];
        group_read(group, neighbour_parts, neighbour, file, errors);
        for (size_t j = 0; neighbour->name && j < i; j++)
            if (configuration->neighbours[j].name &&
                strcmp(configuration->neighbours[j].name, neighbour->name) == 0)
                configuration_error(errors, file, config_setting_source_line(group),
                                    "neighbours: the name %s is used twice", neighbour->name);
    }
}

static bool same_text(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

bool configuration_listeners_differ(const struct configuration *one,
                                    const struct configuration *other)
{
    if (one->listener_count != other->listener_count)
        return true;
    for (size_t i = 0; i < one->listener_count; i++) {
        const struct listener_setting *first = &one->listeners[i];
        const struct listener_setting *second = &other->listeners[i];
        if (first->type != second->type || first->port != second->port ||
            first->tls != second->tls || first->mode != second->mode ||
            !same_text(first->address, second->address) || !same_text(first->path, second->path))
            return true;
    }
    return false;
}
