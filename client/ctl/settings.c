/* Settings of halldeskctl: options over environment over ~/.config/halldesk/halldeskctl.conf. */
#include "client/ctl/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "protocol/arena.h"

enum { PASSWORD_BYTES = 256, PATIENCE = 15000 };

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "halldeskctl: %s: %s\n", what, why);
    return false;
}

/* First line of a file, so that a password never stands in a list of processes. */
static bool password_file(struct arena *arena, const char *file, const char **password)
{
    char line[PASSWORD_BYTES];
    FILE *stream = strcmp(file, "-") == 0 ? stdin : fopen(file, "rbe");
    if (!stream)
        return complain(file, strerror(errno));
    bool good = fgets(line, sizeof line, stream) != NULL;
    if (stream != stdin)
        fclose(stream);
    if (good) {
        line[strcspn(line, "\r\n")] = '\0';
        *password = arena_string(arena, line);
    }
    explicit_bzero(line, sizeof line);
    return good ? true : complain(file, "holds no password");
}

static const char *address_make(struct arena *arena, const char *text)
{
    return text[0] == '/' || text[0] == '.' ? arena_format(arena, "unix:%s", text)
                                            : arena_string(arena, text);
}

static bool language_set(struct ctl_settings *settings, const char *language)
{
    if (strcmp(language, "zh") != 0 && strcmp(language, "en") != 0)
        return complain(language, "there are two languages: zh and en");
    settings->language = arena_string(settings->arena, language);
    return true;
}

/* A password in a file that others can read is none. */
static bool settings_file(struct ctl_settings *settings, const char *file)
{
    static const char *const names[] = {"server",    "staff",    "password",
                                        "authority", "language", "forms"};
    config_t config;
    struct stat about;
    int descriptor = open(file, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return errno == ENOENT || errno == ENOTDIR || complain(file, strerror(errno));
    FILE *stream = fdopen(descriptor, "r");
    if (!stream) {
        close(descriptor);
        return complain(file, strerror(errno));
    }
    bool known = fstat(descriptor, &about) == 0;
    config_init(&config);
    bool good = config_read_file(&config, file) != 0;
    fclose(stream);
    if (!good)
        complain(file, config_error_text(&config) ? config_error_text(&config) : "unreadable");
    for (size_t i = 0; good && i < sizeof names / sizeof *names; i++) {
        const char *value;
        if (!config_lookup_string(&config, names[i], &value))
            continue;
        if (strcmp(names[i], "password") == 0) {
            if (!known || (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
                good = complain(file, "has a password and may be read by others: chmod 600");
            settings->password = arena_string(settings->arena, value);
        } else if (strcmp(names[i], "language") == 0) {
            good = language_set(settings, value);
        } else if (strcmp(names[i], "server") == 0) {
            settings->server = address_make(settings->arena, value);
        } else {
            const char **place = strcmp(names[i], "staff") == 0       ? &settings->staff
                                 : strcmp(names[i], "authority") == 0 ? &settings->authority
                                                                      : &settings->forms;
            *place = arena_string(settings->arena, value);
        }
    }
    config_destroy(&config);
    return good;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

bool ctl_settings_read(struct ctl_settings *settings, struct arena *arena)
{
    const char *home = environment("HOME");
    const char *folder = environment("XDG_CONFIG_HOME");
    const char *value;
    *settings = (struct ctl_settings){
        .arena = arena, .language = "zh", .forms = HALLDESK_FORMS_DIRECTORY, .patience = PATIENCE};
    if (folder || home) {
        const char *file = folder
                               ? arena_format(arena, "%s/halldesk/halldeskctl.conf", folder)
                               : arena_format(arena, "%s/.config/halldesk/halldeskctl.conf", home);
        if (!settings_file(settings, file))
            return false;
    }
    if ((value = environment("HALLDESK_SERVER")))
        settings->server = address_make(arena, value);
    if ((value = environment("HALLDESK_STAFF")))
        settings->staff = arena_string(arena, value);
    if ((value = environment("HALLDESK_FORMS")))
        settings->forms = arena_string(arena, value);
    if ((value = environment("HALLDESK_LANGUAGE")) && !language_set(settings, value))
        return false;
    if ((value = environment("HALLDESK_PASSWORD")))
        settings->password = arena_string(arena, value);
    if ((value = environment("HALLDESK_PASSWORD_FILE")))
        return password_file(arena, value, &settings->password);
    return true;
}

bool ctl_settings_option(struct ctl_settings *settings, int option, const char *value)
{
    struct arena *arena = settings->arena;
    switch (option) {
    case CTL_OPTION_FIRST:
        settings->server = address_make(arena, value);
        return true;
    case CTL_OPTION_FIRST + 1:
        settings->server = arena_format(arena, "unix:%s", value);
        return true;
    case CTL_OPTION_FIRST + 2:
        settings->staff = arena_string(arena, value);
        return true;
    case CTL_OPTION_FIRST + 3:
        return password_file(arena, value, &settings->password);
    case CTL_OPTION_FIRST + 4:
        settings->authority = arena_string(arena, value);
        return true;
    case CTL_OPTION_FIRST + 5:
        return language_set(settings, value);
    case CTL_OPTION_FIRST + 6:
        settings->forms = arena_string(arena, value);
        return true;
    case CTL_OPTION_FIRST + 7:
        settings->take_over = true;
        return true;
    case CTL_OPTION_FIRST + 8:
        return password_file(arena, value, &settings->new_password);
    case CTL_OPTION_FIRST + 9:
        settings->patience = atoi(value) * 1000;
        return settings->patience > 0 || complain(value, "seconds are wanted");
    default:
        return false;
    }
}

static bool password_ask(struct ctl_settings *settings)
{
    struct termios before;
    char line[PASSWORD_BYTES];
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
        return complain("password", "give HALLDESK_PASSWORD_FILE or --password-file");
    struct termios silent = before;
    silent.c_lflag &= (tcflag_t)~ECHO;
    fprintf(stderr, "%s: ", settings->staff);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
        return complain("password", strerror(errno));
    bool good = fgets(line, sizeof line, stdin) != NULL;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    if (good) {
        line[strcspn(line, "\r\n")] = '\0';
        settings->password = arena_string(settings->arena, line);
    }
    explicit_bzero(line, sizeof line);
    return good;
}

bool ctl_settings_complete(struct ctl_settings *settings)
{
    if (!settings->server)
        return complain("server", "give HALLDESK_SERVER, --server or --socket");
    if (!settings->staff)
        return complain("staff number", "give HALLDESK_STAFF or --staff");
    return settings->password || password_ask(settings);
}
