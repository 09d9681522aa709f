/* Opening sockets and claiming the run directory. */
#include "server/process/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/process/log.h"

enum { LISTEN_BACKLOG = 4096 }; /* a gateway's terminals all come back at once after its death */

static int listen_unix(const char *path, unsigned mode, uid_t user, gid_t group)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        log_write(LOG_ERROR, "%s: too long for a socket", path);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        goto failed;
    unlink(path);
    mode_t before = umask((mode_t)(0777 & ~mode));
    int bound = bind(descriptor, (struct sockaddr *)&address, sizeof address);
    umask(before);
    if (bound < 0 || (geteuid() == 0 && chown(path, user, group) < 0) ||
        listen(descriptor, LISTEN_BACKLOG) < 0)
        goto failed;
    return descriptor;
failed:
    log_write(LOG_ERROR, "%s: %s", path, strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

static int listen_tcp(const struct listener_setting *setting)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    socklen_t length = sizeof *four;
    int on = 1;
    if (inet_pton(AF_INET, setting->address, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(setting->port);
    } else {
        inet_pton(AF_INET6, setting->address, &six->sin6_addr);
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(setting->port);
        length = sizeof *six;
    }
    int descriptor = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0 || setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        (address.ss_family == AF_INET6 &&
         setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) ||
        bind(descriptor, (struct sockaddr *)&address, length) < 0 ||
        listen(descriptor, LISTEN_BACKLOG) < 0 ||
        getsockname(descriptor, (struct sockaddr *)&address, &length) < 0) {
        log_write(LOG_ERROR, "%s port %u: %s", setting->address, setting->port, strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return -1;
    }
    unsigned port = address.ss_family == AF_INET6 ? ntohs(six->sin6_port) : ntohs(four->sin_port);
    log_write(LOG_INFO, "listening on %s port %u%s", setting->address, port,
              setting->tls ? " with TLS" : "");
    return descriptor;
}

int listen_open(const struct listener_setting *setting, uid_t user, gid_t group)
{
    if (setting->type == LISTENER_TCP)
        return listen_tcp(setting);
    int descriptor = listen_unix(setting->path, setting->mode, user, group);
    if (descriptor >= 0)
        log_write(LOG_INFO, "listening on %s", setting->path);
    return descriptor;
}

int listen_door(const struct configuration *configuration, size_t index, uid_t user, gid_t group)
{
    char path[128];
    if (!configuration_gateway_path(configuration, index, path, sizeof path))
        return -1;
    return listen_unix(path, 0600, user, group);
}

int listen_claim(const struct configuration *configuration, uid_t user, gid_t group)
{
    char path[256];
    const char *directory = configuration->run_directory;
    if (mkdir(directory, 0755) < 0 && errno != EEXIST) {
        log_write(LOG_ERROR, "%s: %s", directory, strerror(errno));
        return -1;
    }
    if (geteuid() == 0 && chown(directory, user, group) < 0) {
        log_write(LOG_ERROR, "%s: %s", directory, strerror(errno));
        return -1;
    }
    snprintf(path, sizeof path, "%s/halldeskd.pid", directory);
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (descriptor < 0) {
        log_write(LOG_ERROR, "%s: %s", path, strerror(errno));
        return -1;
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) < 0) {
        log_write(LOG_ERROR, "%s: another server runs on this directory", path);
        close(descriptor);
        return -1;
    }
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(descriptor, 0) < 0 || pwrite(descriptor, text, (size_t)length, 0) != length) {
        log_write(LOG_ERROR, "%s: %s", path, strerror(errno));
        close(descriptor);
        return -1;
    }
    return descriptor;
}
