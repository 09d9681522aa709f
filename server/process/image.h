/* What all children are forked from: configuration, forms and certificate, parsed and checked. */
#ifndef HALLDESK_IMAGE_H
#define HALLDESK_IMAGE_H

#include <sys/types.h>

#include "protocol/form.h"
#include "server/process/configuration.h"

struct arena;

struct image {
    struct arena *arena; /* holds everything, this structure too */
    const struct configuration *configuration;
    const struct form_set *forms;
    const char *certificate; /* PEM; NULL without TLS */
    const char *key;
    uid_t user; /* children run as these */
    gid_t group;
};

/* Reads and checks all; every error is handed to `say`. NULL if there was any. */
struct image *image_load(const char *file, void (*say)(const char *message));
void image_free(struct image *image);

#endif
