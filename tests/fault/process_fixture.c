/* Starting, watching and stopping a server under test. */
#include "tests/fault/process_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "protocol/frame.h"

enum { FIXTURE_START = 20000, FIXTURE_STOP = 40000, RAW_WAIT = 10000 };

static int tests;
static int failures;

void tap_ok(bool good, const char *format, ...)
{
    va_list arguments;
    printf("%sok %d - ", good ? "" : "not ", ++tests);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
    failures += !good;
}

void tap_note(const char *format, ...)
{
    va_list arguments;
    printf("# ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

int tap_done(void)
{
    printf("1..%d\n", tests);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void fixture_bail(const char *why)
{
    printf("Bail out! %s: %s\n", why, strerror(errno));
    exit(EXIT_FAILURE);
}

int64_t fixture_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool fixture_until(bool (*condition)(void *), void *context, int milliseconds)
{
    int64_t deadline = fixture_now() + milliseconds;
    while (!condition(context)) {
        if (fixture_now() >= deadline)
            return false;
        poll(NULL, 0, 5);
    }
    return true;
}

/* --- certificate --- */

static void certificate_write(const struct fixture *fixture, const char *key_path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509V3_CTX context;
    FILE *stream = NULL;
    if (!key || !certificate)
        fixture_bail("certificate");
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    if (!X509_sign(certificate, key, EVP_sha256()))
        fixture_bail("certificate");
    stream = fopen(fixture->certificate, "w");
    if (!stream || PEM_write_X509(stream, certificate) != 1 || fclose(stream) != 0)
        fixture_bail(fixture->certificate);
    stream = fopen(key_path, "w");
    if (!stream || PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL) != 1 ||
        fclose(stream) != 0)
        fixture_bail(key_path);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* --- server --- */

static void file_copy(const char *from, const char *directory, const char *name)
{
    char path[256];
    char bytes[65536];
    const char *source = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/%s", source ? source : ".", from);
    FILE *in = fopen(path, "r");
    if (!in)
        fixture_bail(path);
    size_t length = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *out = fopen(path, "w");
    if (!out || fwrite(bytes, 1, length, out) != length || fclose(out) != 0)
        fixture_bail(path);
}

/* One form, and the labels of the fixed verbs that every set of forms needs. */
static void forms_write(const struct fixture *fixture)
{
    char directory[96];
    snprintf(directory, sizeof directory, "%s/forms", fixture->directory);
    if (mkdir(directory, 0700) < 0)
        fixture_bail(directory);
    file_copy("tests/fault/forms/stub.form", directory, "stub.form");
    file_copy("tests/fault/forms/due_work.form", directory, "due_work.form");
    file_copy("forms/verbs.messages", directory, "verbs.messages");
}

void fixture_configure(struct fixture *fixture, bool tls, const char *settings)
{
    FILE *stream = fopen(fixture->configuration, "w");
    if (!stream)
        fixture_bail(fixture->configuration);
    fprintf(stream, "server_name = \"Test\";\nlisten = ( { type = \"unix\"; path = \"%s\"; }",
            fixture->socket);
    if (tls)
        fprintf(stream,
                ",\n { type = \"tcp\"; address = \"127.0.0.1\"; port = %u; tls = true; } );\n"
                "tls_certificate = \"%s\";\ntls_key = \"%s/key.pem\";\n",
                fixture->port, fixture->certificate, fixture->directory);
    else
        fputs(" );\n", stream);
    const char *socket_directory = getenv("HALLDESK_TEST_SOCKET");
    const char *database = getenv("HALLDESK_TEST_DATABASE");
    if (socket_directory && database)
        fprintf(stream, "database = \"host='%s' dbname='%s' user=halldesk_app\";\n",
                socket_directory, database);
    else
        fputs("database = \"host=/nowhere\";\n", stream);
    fprintf(
        stream,
        "gateways = 2;\nauth_database = \"host=/nowhere\";\n"
        "forms_directory = \"%s/forms\";\nstate_directory = \"%s\";\nrun_directory = \"%s\";\n%s\n",
        fixture->directory, fixture->directory, fixture->directory, settings);
    if (fclose(stream) != 0)
        fixture_bail(fixture->configuration);
}

static bool fixture_listens(void *context)
{
    const struct fixture *fixture = context;
    struct child_seen list[FIXTURE_CHILDREN];
    int descriptor = raw_connect(fixture);
    if (descriptor < 0)
        return false;
    close(descriptor);
    return fixture_children(fixture, list) > 2;
}

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 ||
        getsockname(descriptor, (struct sockaddr *)&address, &length) < 0)
        fixture_bail("port");
    close(descriptor);
    return ntohs(address.sin_port);
}

void fixture_start(struct fixture *fixture, bool tls, const char *settings)
{
    char state[96];
    char key[96];
    memset(fixture, 0, sizeof *fixture);
    snprintf(fixture->directory, sizeof fixture->directory, "/tmp/halldesk-fault-XXXXXX");
    if (!mkdtemp(fixture->directory))
        fixture_bail(fixture->directory);
    snprintf(fixture->socket, sizeof fixture->socket, "%s/terminals", fixture->directory);
    snprintf(fixture->address, sizeof fixture->address, "unix:%s", fixture->socket);
    snprintf(fixture->log, sizeof fixture->log, "%s/log", fixture->directory);
    snprintf(fixture->certificate, sizeof fixture->certificate, "%s/certificate.pem",
             fixture->directory);
    snprintf(fixture->configuration, sizeof fixture->configuration, "%s/halldesk.conf",
             fixture->directory);
    snprintf(key, sizeof key, "%s/key.pem", fixture->directory);
    snprintf(state, sizeof state, "%s/state", fixture->directory);
    if (tls) {
        certificate_write(fixture, key);
        fixture->port = free_port();
        snprintf(fixture->tls, sizeof fixture->tls, "tls:localhost:%u", fixture->port);
    }
    forms_write(fixture);
    fixture_configure(fixture, tls, settings);
    int descriptor = open(state, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || ftruncate(descriptor, sizeof *fixture->state) < 0)
        fixture_bail(state);
    fixture->state =
        mmap(NULL, sizeof *fixture->state, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (fixture->state == MAP_FAILED)
        fixture_bail(state);
    setenv("HALLDESK_STUB_STATE", state, 1);
    signal(SIGPIPE, SIG_IGN);
    fixture->master = fork();
    if (fixture->master == 0) {
        const char *program = getenv("HALLDESKD_STUB");
        int log = open(fixture->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (log < 0 || dup2(log, STDERR_FILENO) < 0)
            _exit(127);
        const char *build = getenv("top_builddir");
        char built[256];
        snprintf(built, sizeof built, "%s/tests/fault/halldeskd_stub", build ? build : ".");
        program = program ? program : built;
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that bails out leaves nothing running */
        execl(program, program, "-f", fixture->configuration, (char *)NULL);
        _exit(127);
    }
    if (!fixture_until(fixture_listens, fixture, FIXTURE_START)) {
        char line[512];
        FILE *log = fopen(fixture->log, "r");
        while (log && fgets(line, sizeof line, log))
            printf("# %s", line);
        fixture_bail("the server does not come up");
    }
}

static bool fixture_ended(void *context)
{
    int *status = context;
    return waitpid(status[1], &status[0], WNOHANG) != 0;
}

static void directory_remove(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char inner[512];
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
            directory_remove(inner);
        } else {
            unlinkat(dirfd(directory), entry->d_name, 0);
        }
    }
    closedir(directory);
    rmdir(path);
}

int fixture_stop(struct fixture *fixture)
{
    int status[2] = {0, fixture->master};
    kill(fixture->master, SIGTERM);
    bool ended = fixture_until(fixture_ended, status, FIXTURE_STOP);
    if (!ended) {
        kill(fixture->master, SIGKILL);
        waitpid(fixture->master, &status[0], 0);
    }
    munmap(fixture->state, sizeof *fixture->state);
    if (!getenv("HALLDESK_KEEP"))
        directory_remove(fixture->directory);
    return ended && WIFEXITED(status[0]) ? WEXITSTATUS(status[0]) : -1;
}

/* --- children --- */

static bool child_read(pid_t pid, pid_t master, char *title, size_t size)
{
    char path[64];
    char text[512];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *stream = fopen(path, "r");
    if (!stream)
        return false;
    bool got = fgets(text, sizeof text, stream) != NULL;
    fclose(stream);
    char *close_mark = got ? strrchr(text, ')') : NULL;
    char *open_mark = got ? strchr(text, '(') : NULL;
    char state = '\0';
    long parent = 0;
    if (!close_mark || !open_mark || sscanf(close_mark + 1, " %c %ld", &state, &parent) != 2 ||
        parent != master || state == 'Z')
        return false;
    *close_mark = '\0';
    snprintf(title, size, "%s", open_mark + 1);
    return strcmp(title, "master") != 0; /* just forked, without a role yet */
}

size_t fixture_children(const struct fixture *fixture, struct child_seen *list)
{
    size_t count = 0;
    DIR *directory = opendir("/proc");
    if (!directory)
        return 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && count < FIXTURE_CHILDREN &&
            child_read(pid, fixture->master, list[count].title, sizeof list[count].title))
            list[count++].pid = pid;
    }
    closedir(directory);
    return count;
}

pid_t fixture_child(const struct fixture *fixture, const char *title)
{
    struct child_seen list[FIXTURE_CHILDREN];
    size_t count = fixture_children(fixture, list);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].title, title) == 0)
            return list[i].pid;
    return 0;
}

size_t fixture_logged(const struct fixture *fixture, const char *text)
{
    char line[4096];
    size_t count = 0;
    FILE *stream = fopen(fixture->log, "r");
    if (!stream)
        return 0;
    while (fgets(line, sizeof line, stream))
        count += strstr(line, text) != NULL;
    fclose(stream);
    return count;
}

/* --- raw lines --- */

int raw_connect(const struct fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, fixture->socket, strlen(fixture->socket));
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        close(descriptor);
        descriptor = -1;
    }
    return descriptor;
}

void raw_send(int descriptor, const void *bytes, size_t length)
{
    const uint8_t *place = bytes;
    while (length) {
        ssize_t count = send(descriptor, place, length, MSG_NOSIGNAL);
        if (count <= 0) /* the server may have hung up: what it said is what is tested */
            return;
        place += count;
        length -= (size_t)count;
    }
}

int raw_greeted(const struct fixture *fixture)
{
    uint8_t body[512];
    size_t length = 0;
    struct writer writer;
    int descriptor = raw_connect(fixture);
    writer_initialise(&writer, 4096);
    size_t offset = frame_begin(&writer, FRAME_HELLO);
    writer_bytes(&writer, "HDSK", 4);
    writer_u16(&writer, PROTOCOL_VERSION);
    writer_text(&writer, "en");
    writer_text(&writer, "UTF-8");
    writer_text(&writer, "test");
    writer_text(&writer, "tty");
    writer_u8(&writer, 0);
    frame_finish(&writer, offset);
    raw_send(descriptor, writer.bytes, writer.length);
    writer_release(&writer);
    if (raw_frame(descriptor, body, sizeof body, &length) != FRAME_WELCOME)
        fixture_bail("no welcome");
    return descriptor;
}

/* 1: all read, 0: end of the line, -1: time is over. */
static int raw_read(int descriptor, void *bytes, size_t length)
{
    uint8_t *place = bytes;
    while (length) {
        struct pollfd entry = {.fd = descriptor, .events = POLLIN};
        if (poll(&entry, 1, RAW_WAIT) <= 0)
            return -1;
        ssize_t count = recv(descriptor, place, length, 0);
        if (count <= 0)
            return 0;
        place += count;
        length -= (size_t)count;
    }
    return 1;
}

int raw_frame(int descriptor, uint8_t *body, size_t size, size_t *length)
{
    uint8_t header[FRAME_HEADER];
    int state = raw_read(descriptor, header, sizeof header);
    if (state <= 0)
        return state;
    size_t follows = (size_t)header[0] << 24 | (size_t)header[1] << 16 | (size_t)header[2] << 8 |
                     (size_t)header[3];
    if (follows < 2 || follows - 2 > size)
        fixture_bail("frame too long for the test");
    *length = follows - 2;
    state = raw_read(descriptor, body, *length);
    return state <= 0 ? state : header[4];
}

bool raw_refused(int descriptor, unsigned status)
{
    uint8_t body[1024];
    size_t length = 0;
    int type = raw_frame(descriptor, body, sizeof body, &length);
    bool refused = type == FRAME_REFUSE && length >= 2 && body[0] == status;
    if (!refused)
        tap_note("frame type %d, status %d", type, length ? body[0] : -1);
    return refused && raw_frame(descriptor, body, sizeof body, &length) == 0;
}
