/* The line itself: unix socket, TCP, or TLS 1.3 over TCP, never waiting. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/connection_private.h"

/* "unix:/path", "tls:HOST:PORT", "tcp:[::1]:PORT". */
bool wire_address(struct connection *connection, const char *address)
{
    static const struct {
        const char *prefix;
        enum transport transport;
    } transports[] = {{"unix:", TRANSPORT_UNIX}, {"tcp:", TRANSPORT_TCP}, {"tls:", TRANSPORT_TLS}};
    const char *rest = NULL;
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++)
        if (strncmp(address, transports[i].prefix, strlen(transports[i].prefix)) == 0) {
            rest = address + strlen(transports[i].prefix);
            connection->transport = transports[i].transport;
        }
    if (!rest || !*rest)
        return false;
    if (connection->transport == TRANSPORT_UNIX) {
        connection->host = strdup(rest);
        return connection->host && strlen(rest) < sizeof((struct sockaddr_un *)0)->sun_path;
    }
    const char *colon = strrchr(rest, ':');
    if (!colon || colon == rest || !colon[1])
        return false;
    size_t length = (size_t)(colon - rest);
    bool brackets = rest[0] == '[' && rest[length - 1] == ']';
    connection->host = brackets ? strndup(rest + 1, length - 2) : strndup(rest, length);
    connection->port = strdup(colon + 1);
    return connection->host && connection->port;
}

static int line_connect_unix(const struct connection *connection)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, connection->host, strlen(connection->host));
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        close(descriptor);
        descriptor = -1;
    }
    return descriptor;
}

static int line_connect_tcp(const struct connection *connection)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *list = NULL;
    int descriptor = -1;
    int on = 1;
    if (getaddrinfo(connection->host, connection->port, &hints, &list) != 0)
        return -1;
    for (const struct addrinfo *entry = list; entry && descriptor < 0; entry = entry->ai_next) {
        descriptor = socket(entry->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (descriptor < 0)
            continue;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (connect(descriptor, entry->ai_addr, entry->ai_addrlen) < 0 && errno != EINPROGRESS) {
            close(descriptor);
            descriptor = -1;
        }
    }
    freeaddrinfo(list);
    return descriptor;
}

static bool line_tls_start(struct connection *connection)
{
    unsigned char numeric[sizeof(struct in6_addr)];
    ERR_clear_error();
    if (!connection->tls_context) {
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        connection->tls_context = context;
        if (!context || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1)
            return false;
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_mode(context,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        int loaded = connection->authority
                         ? SSL_CTX_load_verify_locations(context, connection->authority, NULL)
                         : SSL_CTX_set_default_verify_paths(context);
        if (loaded != 1)
            return false;
    }
    connection->tls = SSL_new(connection->tls_context);
    if (!connection->tls || SSL_set_fd(connection->tls, connection->descriptor) != 1)
        return false;
    if (inet_pton(AF_INET, connection->host, numeric) == 1 ||
        inet_pton(AF_INET6, connection->host, numeric) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection->tls), connection->host) ==
               1;
    return SSL_set_tlsext_host_name(connection->tls, connection->host) == 1 &&
           SSL_set1_host(connection->tls, connection->host) == 1;
}

void wire_start(struct connection *connection)
{
    connection->phase_deadline = connection_now() + CONNECTION_CONNECT;
    connection->descriptor = connection->transport == TRANSPORT_UNIX ? line_connect_unix(connection)
                                                                     : line_connect_tcp(connection);
    if (connection->descriptor < 0) {
        connection_line_lost(connection, "the server cannot be reached");
        return;
    }
    connection->phase = PHASE_CONNECTING;
    if (connection->transport == TRANSPORT_UNIX)
        connection_line_ready(connection);
}

void wire_stop(struct connection *connection)
{
    SSL_free(connection->tls);
    connection->tls = NULL;
    if (connection->descriptor >= 0)
        close(connection->descriptor);
    connection->descriptor = -1;
    connection->generation++;
    connection->phase = PHASE_NONE;
    connection->in_length = 0;
    connection->out_sent = 0;
    writer_clear(&connection->out);
}

static void line_connected(struct connection *connection)
{
    int error = 0;
    socklen_t length = sizeof error;
    struct pollfd entry = {.fd = connection->descriptor, .events = POLLOUT};
    if (poll(&entry, 1, 0) <= 0)
        return;
    if (getsockopt(connection->descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0 || error) {
        connection_line_lost(connection, strerror(error));
        return;
    }
    if (connection->transport == TRANSPORT_TCP) {
        connection_line_ready(connection);
        return;
    }
    if (!line_tls_start(connection)) {
        connection_fail(connection, STATUS_BROKEN, "TLS cannot be set up");
        return;
    }
    connection->phase = PHASE_HANDSHAKE;
}

static void line_handshake(struct connection *connection)
{
    ERR_clear_error();
    int result = SSL_connect(connection->tls);
    if (result == 1) {
        connection_line_ready(connection);
        return;
    }
    int error = SSL_get_error(connection->tls, result);
    connection->tls_wants_write = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return;
    long verified = SSL_get_verify_result(connection->tls);
    if (verified != X509_V_OK) /* trying again would not make it trustworthy */
        connection_fail(connection, STATUS_BROKEN, X509_verify_cert_error_string(verified));
    else
        connection_line_lost(connection, "the TLS handshake failed");
}

/* Bytes; 0: none now; -1: the line is lost. */
static ssize_t line_write(struct connection *connection, const uint8_t *bytes, size_t length)
{
    if (!connection->tls) {
        ssize_t count = send(connection->descriptor, bytes, length, MSG_NOSIGNAL);
        return count >= 0 ? count : errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    size_t count = 0;
    ERR_clear_error();
    if (SSL_write_ex(connection->tls, bytes, length, &count) == 1)
        return (ssize_t)count;
    int error = SSL_get_error(connection->tls, 0);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t line_read(struct connection *connection, uint8_t *bytes, size_t length)
{
    if (!connection->tls) {
        ssize_t count = recv(connection->descriptor, bytes, length, 0);
        if (count < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        return count ? count : -1;
    }
    size_t count = 0;
    ERR_clear_error();
    if (SSL_read_ex(connection->tls, bytes, length, &count) == 1)
        return (ssize_t)count;
    int error = SSL_get_error(connection->tls, 0);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static bool line_write_all(struct connection *connection)
{
    while (connection->out_sent < connection->out.length) {
        ssize_t count = line_write(connection, connection->out.bytes + connection->out_sent,
                                   connection->out.length - connection->out_sent);
        if (count <= 0)
            return count == 0;
        connection->out_sent += (size_t)count;
    }
    connection->out_sent = 0;
    writer_clear(&connection->out);
    return true;
}

void wire_advance(struct connection *connection)
{
    uint8_t bytes[CONNECTION_READ];
    if (connection->phase == PHASE_CONNECTING)
        line_connected(connection);
    if (connection->phase == PHASE_HANDSHAKE)
        line_handshake(connection);
    if (connection->phase < PHASE_GREETING)
        return;
    /* What the server said before it hung up is read first: it may be the refusal. */
    bool writable = line_write_all(connection);
    for (;;) {
        ssize_t count = line_read(connection, bytes, sizeof bytes);
        if (count < 0 || (count == 0 && !writable)) {
            connection_line_lost(connection, "the line was lost");
            return;
        }
        if (count == 0)
            break;
        unsigned generation = connection->generation;
        connection_bytes(connection, bytes, (size_t)count);
        if (connection->generation != generation)
            return;
    }
    if (!line_write_all(connection))
        connection_line_lost(connection, "the line was lost");
}
