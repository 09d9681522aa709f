/* Loading the image; the certificate is checked by building a TLS context from it. */
#include "server/process/image.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protocol/arena.h"
#include "server/forms/form_read.h"
#include "server/process/gateway.h"

enum { IMAGE_PEM = 1 << 18, IMAGE_MESSAGE = 512 };

static const char *image_file(struct arena *arena, const char *path, void (*say)(const char *))
{
    char message[IMAGE_MESSAGE];
    const char *text = NULL;
    FILE *stream = fopen(path, "re");
    if (!stream) {
        snprintf(message, sizeof message, "%s: %s", path, strerror(errno));
        say(message);
        return NULL;
    }
    char *bytes = arena_allocate(arena, IMAGE_PEM + 1, 1);
    size_t length = fread(bytes, 1, IMAGE_PEM + 1, stream);
    if (ferror(stream) || length > IMAGE_PEM) {
        snprintf(message, sizeof message, "%s: cannot be read or is too long", path);
        say(message);
    } else {
        bytes[length] = '\0';
        text = bytes;
    }
    fclose(stream);
    return text;
}

static bool image_tls(struct image *image, void (*say)(const char *))
{
    char why[128];
    char message[IMAGE_MESSAGE];
    const struct configuration *configuration = image->configuration;
    bool wanted = false;
    for (size_t i = 0; i < configuration->listener_count; i++)
        wanted = wanted || configuration->listeners[i].tls;
    if (!wanted)
        return true;
    image->certificate = image_file(image->arena, configuration->tls_certificate, say);
    image->key = image_file(image->arena, configuration->tls_key, say);
    if (!image->certificate || !image->key)
        return false;
    SSL_CTX *tls = gateway_tls_create(image->certificate, image->key, why, sizeof why);
    if (!tls) {
        snprintf(message, sizeof message, "%s: certificate and key are not usable: %s",
                 configuration->tls_certificate, why);
        say(message);
    }
    SSL_CTX_free(tls);
    return tls != NULL;
}

static bool image_user(struct image *image, void (*say)(const char *))
{
    char message[IMAGE_MESSAGE];
    const char *name = image->configuration->user;
    image->user = geteuid();
    image->group = getegid();
    if (!name[0] || geteuid() != 0) /* only root can become another */
        return true;
    errno = 0;
    const struct passwd *entry = getpwnam(name);
    if (!entry) {
        snprintf(message, sizeof message, "%s: user: there is no user %s",
                 image->configuration->file, name);
        say(message);
        return false;
    }
    image->user = entry->pw_uid;
    image->group = entry->pw_gid;
    return true;
}

static bool image_forms(struct image *image, void (*say)(const char *))
{
    char message[IMAGE_MESSAGE];
    struct form_errors errors;
    form_errors_initialise(&errors, image->arena);
    image->forms =
        form_read_directory(image->configuration->forms_directory, image->arena, &errors);
    for (size_t i = 0; i < errors.count; i++) {
        if (errors.list[i].line)
            snprintf(message, sizeof message, "%s:%d: %s", errors.list[i].file, errors.list[i].line,
                     errors.list[i].text);
        else
            snprintf(message, sizeof message, "%s: %s", errors.list[i].file, errors.list[i].text);
        say(message);
    }
    return errors.count == 0;
}

struct image *image_load(const char *file, void (*say)(const char *message))
{
    struct arena *arena = arena_create();
    struct image *image = ARENA_NEW(arena, struct image);
    struct configuration_errors *errors = ARENA_NEW(arena, struct configuration_errors);
    image->arena = arena;
    errors->arena = arena;
    image->configuration = configuration_read(file, errors);
    for (size_t i = 0; i < errors->count; i++)
        say(errors->list[i]);
    bool usable = image->configuration != NULL;
    if (usable) {
        /* All three, so that one run shows every mistake. */
        bool tls = image_tls(image, say);
        bool user = image_user(image, say);
        usable = image_forms(image, say) && tls && user;
    }
    if (usable)
        return image;
    image_free(image);
    return NULL;
}

void image_free(struct image *image)
{
    if (image)
        arena_free(image->arena);
}
