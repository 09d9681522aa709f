/* Inside the configuration: settings that are lists of groups, and what both files share. */
#ifndef HALLDESK_CONFIGURATION_LISTS_H
#define HALLDESK_CONFIGURATION_LISTS_H

#include <libconfig.h>

#include "server/process/configuration.h"

/* Adds "file:line: message"; without a line if it is 0. */
void configuration_error(struct configuration_errors *errors, const char *file, unsigned line,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Copy of a string setting of valid UTF-8; NULL after an error. */
const char *configuration_text(const config_setting_t *setting, const char *name, const char *file,
                               struct configuration_errors *errors);
void configuration_read_listeners(const config_setting_t *setting,
                                  struct configuration *configuration,
                                  struct configuration_errors *errors);
void configuration_read_neighbours(const config_setting_t *setting,
                                   struct configuration *configuration,
                                   struct configuration_errors *errors);
bool configuration_listeners_differ(const struct configuration *one,
                                    const struct configuration *other);

#endif
