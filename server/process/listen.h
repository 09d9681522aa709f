/* Sockets that the master opens once and keeps: children come and go, callers wait in line. */
#ifndef HALLDESK_LISTEN_H
#define HALLDESK_LISTEN_H

#include <sys/types.h>

#include "server/process/configuration.h"

/* Listening descriptor, non-blocking, or -1 after logging. */
int listen_open(const struct listener_setting *setting, uid_t user, gid_t group);
/* Where workers come to gateway `index`; only `user` may connect. */
int listen_door(const struct configuration *configuration, size_t index, uid_t user, gid_t group);
/* Makes the run directory, and in it a locked file with our process id: two masters on one
 * directory would take each other's sockets away. The descriptor or -1 after logging. */
int listen_claim(const struct configuration *configuration, uid_t user, gid_t group);

#endif
