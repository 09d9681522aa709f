/* Files in agreed directories: a message is written under a temporary name, made durable, and
 * renamed, so that a neighbour never sees half of one; arrivals are read the same way round. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "server/process/log.h"
#include "server/process/relay.h"

enum { RELAY_NAME = 200, RELAY_FILES_LISTED = 10000 };

struct relay_files {
    const struct configuration *configuration;
    size_t neighbour; /* that next() looks at */
    char **names;     /* its arrivals in order, not yet handed out from `position` on */
    size_t count;
    size_t position;
    bool listed;
    bool *complained; /* by neighbour: its directory cannot be read */
};

struct relay_files *relay_files_create(const struct configuration *configuration)
{
    struct relay_files *files = calloc(1, sizeof *files);
    if (!files)
        return NULL;
    files->configuration = configuration;
    files->complained = calloc(configuration->neighbour_count + 1, sizeof *files->complained);
    if (!files->complained) {
        free(files);
        return NULL;
    }
    return files;
}

static void names_forget(struct relay_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->names[i]);
    free(files->names);
    files->names = NULL;
    files->count = files->position = 0;
    files->listed = false;
}

void relay_files_free(struct relay_files *files)
{
    if (!files)
        return;
    names_forget(files);
    free(files->complained);
    free(files);
}

/* --- out --- */

/* Stream names come from business data: only harmless characters reach the file system. */
static void name_escape(const char *text, char *out, size_t size)
{
    size_t used = 0;
    for (; *text && used + 4 < size; text++) {
        unsigned char byte = (unsigned char)*text;
        bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                     (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '.';
        if (plain && !(byte == '.' && !used))
            out[used++] = (char)byte;
        else
            used += (size_t)snprintf(out + used, size - used, "%%%02X", byte);
    }
    out[used] = '\0';
}

static bool write_whole(int descriptor, const char *bytes, size_t length)
{
    while (length) {
        ssize_t count = write(descriptor, bytes, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

static bool file_write(int directory, const char *name, const char *payload, char *reason)
{
    char temporary[RELAY_NAME + 16];
    snprintf(temporary, sizeof temporary, ".%s.tmp", name);
    int descriptor =
        openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    bool written = descriptor >= 0 && write_whole(descriptor, payload, strlen(payload)) &&
                   fsync(descriptor) == 0;
    int error = errno;
    if (descriptor >= 0 && close(descriptor) < 0 && written) {
        error = errno;
        written = false;
    }
    if (written && renameat(directory, temporary, directory, name) == 0 && fsync(directory) == 0)
        return true;
    if (written)
        error = errno;
    unlinkat(directory, temporary, 0);
    snprintf(reason, RELAY_REASON, "%s: %s", name, strerror(error));
    return false;
}

static bool file_deliver(void *context, const struct relay_message *message, char *reason,
                         bool *hopeless)
{
    struct relay_files *files = context;
    const struct neighbour_setting *neighbour = NULL;
    char stream[RELAY_NAME / 2];
    char name[RELAY_NAME];
    *hopeless = false;
    for (size_t i = 0; i < files->configuration->neighbour_count; i++)
        if (strcmp(files->configuration->neighbours[i].name, message->neighbour) == 0)
            neighbour = &files->configuration->neighbours[i];
    if (!neighbour) {
        snprintf(reason, RELAY_REASON, "no such neighbour in the configuration");
        return false;
    }
    name_escape(message->stream, stream, sizeof stream);
    snprintf(name, sizeof name, "%s-%lld-%lld.json", stream, (long long)message->sequence,
             (long long)message->id);
    int directory = open(neighbour->outbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        snprintf(reason, RELAY_REASON, "%s: %s", neighbour->outbox, strerror(errno));
        return false;
    }
    bool written = file_write(directory, name, message->payload, reason);
    close(directory);
    return written;
}

/* --- in --- */

static int name_order(const void *one, const void *other)
{
    return strverscmp(*(char *const *)one, *(char *const *)other);
}

static int name_filter(const char *name)
{
    size_t length = strlen(name);
    return name[0] != '.' && length > 5 && length < RELAY_NAME &&
           strcmp(name + length - 5, ".json") == 0;
}

/* Arrivals of the neighbour in the order of their names, numbers within them as numbers. */
static void names_list(struct relay_files *files, const struct neighbour_setting *neighbour)
{
    names_forget(files);
    files->listed = true;
    DIR *directory = opendir(neighbour->inbox);
    if (!directory) {
        if (!files->complained[files->neighbour])
            log_write(LOG_ERROR, "%s: %s", neighbour->inbox, strerror(errno));
        files->complained[files->neighbour] = true;
        return;
    }
    files->complained[files->neighbour] = false;
    size_t capacity = 0;
    for (const struct dirent *entry;
         files->count < RELAY_FILES_LISTED && (entry = readdir(directory)) != NULL;) {
        if (!name_filter(entry->d_name))
            continue;
        if (files->count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            char **grown = realloc(files->names, capacity * sizeof *grown);
            if (!grown)
                break;
            files->names = grown;
        }
        char *name = strdup(entry->d_name);
        if (!name)
            break;
        files->names[files->count++] = name;
    }
    closedir(directory);
    if (files->count)
        qsort(files->names, files->count, sizeof files->names[0], name_order);
}

/* Takes identification and type from the event; a file without them is identified by its name. */
static void arrival_event(struct arena *arena, struct relay_arrival *arrival, const char *name)
{
    json_error_t error;
    json_t *event = json_loads(arrival->payload, JSON_REJECT_DUPLICATES, &error);
    arrival->external_id = arena_copy(arena, name, strlen(name) - 5);
    arrival->type = "";
    if (!json_is_object(event)) {
        snprintf(arrival->reason, sizeof arrival->reason, "not a JSON object: line %d: %s",
                 error.line, event ? "another type" : error.text);
    } else {
        const char *id = json_string_value(json_object_get(event, "eventId"));
        const char *type = json_string_value(json_object_get(event, "eventType"));
        if (id && id[0])
            arrival->external_id = arena_string(arena, id);
        if (type)
            arrival->type = arena_string(arena, type);
    }
    json_decref(event);
}

static bool arrival_read(struct arena *arena, const struct neighbour_setting *neighbour,
                         const char *name, struct relay_arrival *arrival)
{
    struct stat status;
    bool read_whole = false;
    int directory = open(neighbour->inbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int descriptor = directory < 0
                         ? -1
                         : openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    *arrival = (struct relay_arrival){.neighbour = neighbour->name, .payload = "", .type = ""};
    arrival->external_id = arena_copy(arena, name, strlen(name) - 5);
    if (descriptor < 0 || fstat(descriptor, &status) < 0)
        goto out;
    read_whole = true;
    if (!S_ISREG(status.st_mode) || status.st_size > RELAY_PAYLOAD) {
        snprintf(arrival->reason, sizeof arrival->reason, "not a file of at most %d bytes",
                 RELAY_PAYLOAD);
        goto out;
    }
    size_t size = (size_t)status.st_size;
    char *payload = arena_allocate(arena, size + 1, 1);
    size_t length = 0;
    for (ssize_t count; length < size; length += (size_t)count) {
        count = read(descriptor, payload + length, size - length);
        if (count <= 0)
            break;
    }
    read_whole = length == size;
    if (strlen(payload) != size || !utf8_valid(payload, size)) {
        snprintf(arrival->reason, sizeof arrival->reason, "not valid UTF-8");
        goto out;
    }
    for (size_t i = 0; i < size; i++)
        if (payload[i] == '\r') /* mere space in JSON, but no character of a text of ours */
            payload[i] = ' ';
    arrival->payload = payload;
    arrival_event(arena, arrival, name);
out:
    if (descriptor >= 0)
        close(descriptor);
    if (directory >= 0)
        close(directory);
    return read_whole;
}

static void file_rewind(void *context)
{
    struct relay_files *files = context;
    names_forget(files);
    files->neighbour = 0;
}

static bool file_next(void *context, struct arena *arena, struct relay_arrival *arrival,
                      const char **name)
{
    struct relay_files *files = context;
    for (; files->neighbour < files->configuration->neighbour_count; files->neighbour++) {
        const struct neighbour_setting *neighbour =
            &files->configuration->neighbours[files->neighbour];
        if (!files->listed)
            names_list(files, neighbour);
        while (files->position < files->count) {
            const char *found = files->names[files->position++];
            if (arrival_read(arena, neighbour, found, arrival)) {
                *name = found;
                return true;
            }
            log_write(LOG_WARNING, "%s/%s: cannot be read now", neighbour->inbox, found);
        }
        files->listed = false;
    }
    return false;
}

static bool file_move(int directory, const char *name, const char *to)
{
    char target[RELAY_NAME + 16];
    if (mkdirat(directory, to, 0750) < 0 && errno != EEXIST)
        return false;
    snprintf(target, sizeof target, "%s/%s", to, name);
    return renameat(directory, name, directory, target) == 0 && fsync(directory) == 0;
}

static void file_reason(int directory, const char *name, const char *reason)
{
    char target[RELAY_NAME + 32];
    snprintf(target, sizeof target, "refused/%s.reason", name);
    if (mkdirat(directory, "refused", 0750) < 0 && errno != EEXIST)
        return;
    int descriptor =
        openat(directory, target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (descriptor < 0)
        return;
    if (!write_whole(descriptor, reason, strlen(reason)) || !write_whole(descriptor, "\n", 1))
        log_write(LOG_WARNING, "%s: %s", target, strerror(errno));
    close(descriptor);
}

static void file_settle(void *context, const struct relay_arrival *arrival, const char *name,
                        enum relay_receipt receipt)
{
    struct relay_files *files = context;
    const struct neighbour_setting *neighbour = &files->configuration->neighbours[files->neighbour];
    if (receipt == RELAY_LATER)
        return;
    int directory = open(neighbour->inbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* The reason stands there before the file does: a watcher finds both. */
    if (directory >= 0 && receipt == RELAY_REFUSED)
        file_reason(directory, name, arrival->reason);
    if (directory < 0 || !file_move(directory, name, receipt == RELAY_TAKEN ? "done" : "refused"))
        log_write(LOG_ERROR, "%s/%s: %s", neighbour->inbox, name, strerror(errno));
    if (directory >= 0)
        close(directory);
}

struct relay_transport relay_files_transport(struct relay_files *files)
{
    return (struct relay_transport){
        .context = files,
        .deliver = file_deliver,
        .next = file_next,
        .settle = file_settle,
        .rewind = file_rewind,
    };
}
