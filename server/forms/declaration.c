/* Reading of one declaration file: what libconfig lets pass is caught here before and after it. */
#include "server/forms/declaration.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"

enum { DECLARATION_BYTES = 1 << 20, NAME_BYTES = 58 };

void form_errors_initialise(struct form_errors *errors, struct arena *arena)
{
    *errors = (struct form_errors){.arena = arena};
}

static void errors_add(struct form_errors *errors, const char *file, int line, const char *format,
                       va_list arguments)
{
    if (errors->count == errors->capacity) {
        size_t capacity = errors->capacity ? errors->capacity * 2 : 16;
        struct form_error *list = ARENA_ARRAY(errors->arena, struct form_error, capacity);
        if (errors->count)
            memcpy(list, errors->list, errors->count * sizeof(*list));
        errors->list = list;
        errors->capacity = capacity;
    }
    errors->list[errors->count++] = (struct form_error){
        .file = arena_string(errors->arena, file),
        .line = line,
        .text = arena_vformat(errors->arena, format, arguments),
    };
}

void form_errors_add(struct form_errors *errors, const char *file, int line, const char *format,
                     ...)
{
    va_list arguments;
    va_start(arguments, format);
    errors_add(errors, file, line, format, arguments);
    va_end(arguments);
}

void declaration_error(const struct declaration *declaration, const config_setting_t *setting,
                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    errors_add(declaration->errors, declaration->file,
               setting ? (int)config_setting_source_line(setting) : 0, format, arguments);
    va_end(arguments);
}

/* Reads the whole file; NULL after an error. The caller frees. */
static char *read_file(const char *file, struct form_errors *errors, size_t *length)
{
    FILE *stream = fopen(file, "rbe");
    char *bytes = NULL;
    bool done = false;

    if (!stream) {
        form_errors_add(errors, file, 0, "cannot be opened: %s", strerror(errno));
        return NULL;
    }
    bytes = malloc(DECLARATION_BYTES + 1);
    if (!bytes) {
        form_errors_add(errors, file, 0, "out of memory");
        goto out;
    }
    *length = fread(bytes, 1, DECLARATION_BYTES + 1, stream);
    if (ferror(stream)) {
        form_errors_add(errors, file, 0, "cannot be read: %s", strerror(errno));
        goto out;
    }
    if (*length > DECLARATION_BYTES) {
        form_errors_add(errors, file, 0, "is longer than %d bytes", DECLARATION_BYTES);
        goto out;
    }
    bytes[*length] = '\0';
    done = true;
out:
    if (fclose(stream))
        form_errors_add(errors, file, 0, "cannot be closed: %s", strerror(errno));
    if (!done) {
        free(bytes);
        bytes = NULL;
    }
    return bytes;
}

static bool word_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool scan_encoding(const char *file, const char *bytes, size_t length,
                          struct form_errors *errors)
{
    bool good = true;
    int line = 1;
    for (size_t start = 0; start < length; line++) {
        const char *newline = memchr(bytes + start, '\n', length - start);
        size_t end = newline ? (size_t)(newline - bytes) : length;
        if (!utf8_valid(bytes + start, end - start)) {
            form_errors_add(errors, file, line, "is not valid UTF-8");
            good = false;
        } else if (!utf8_is_text(bytes + start, end - start)) {
            form_errors_add(errors, file, line, "holds a control character");
            good = false;
        }
        start = end + 1;
    }
    return good;
}

/* Outside of strings and comments: whole numbers must fit 32 bits (libconfig 1.5 wraps them
 * silently), there are no includes; inside of strings no \x (it could smuggle bytes past the
 * check of encoding). */
static bool scan_tokens(const char *file, const char *bytes, size_t length,
                        struct form_errors *errors)
{
    bool good = true;
    int line = 1;
    for (size_t at = 0; at < length; at++) {
        char byte = bytes[at];
        char next = bytes[at + 1];
        if (byte == '\n') {
            line++;
        } else if (byte == '#' || (byte == '/' && next == '/')) {
            while (at + 1 < length && bytes[at + 1] != '\n')
                at++;
        } else if (byte == '/' && next == '*') {
            for (at += 2; at < length && !(bytes[at] == '*' && bytes[at + 1] == '/'); at++)
                line += bytes[at] == '\n';
            at++;
        } else if (byte == '"') {
            for (at++; at < length && bytes[at] != '"'; at++) {
                line += bytes[at] == '\n';
                if (bytes[at] != '\\')
                    continue;
                at++;
                if (bytes[at] == 'x') {
                    form_errors_add(errors, file, line, "\\x is not allowed in a text");
                    good = false;
                }
            }
        } else if (byte == '@') {
            form_errors_add(errors, file, line, "includes are not allowed");
            good = false;
        } else if (word_byte(byte)) {
            const char *word = bytes + at;
            char *end;
            errno = 0;
            long long number = strtoll(word, &end, 0);
            while (at + 1 < length && word_byte(bytes[at + 1]))
                at++;
            if (byte >= '0' && byte <= '9' && end > word &&
                (errno || number > INT32_MAX || number < INT32_MIN)) {
                form_errors_add(
                    errors, file, line,
                    "a number outside 32 bits: write amounts and large figures as text");
                good = false;
            }
        }
    }
    return good;
}

bool declaration_open(struct declaration *declaration, const char *file, struct arena *arena,
                      struct form_errors *errors)
{
    size_t length = 0;
    char *bytes = read_file(file, errors, &length);
    bool good = false;

    *declaration =
        (struct declaration){.file = arena_string(arena, file), .arena = arena, .errors = errors};
    if (!bytes)
        return false;
    bool encoding = scan_encoding(file, bytes, length, errors);
    bool tokens = scan_tokens(file, bytes, length, errors);
    if (!encoding || !tokens)
        goto out;
    config_init(&declaration->config);
    if (!config_read_string(&declaration->config, bytes)) {
        form_errors_add(errors, file, config_error_line(&declaration->config), "%s",
                        config_error_text(&declaration->config));
        config_destroy(&declaration->config);
        goto out;
    }
    good = true;
out:
    free(bytes);
    return good;
}

void declaration_close(struct declaration *declaration)
{
    config_destroy(&declaration->config);
}

bool declaration_keys(const struct declaration *declaration, const config_setting_t *group,
                      const char *const keys[])
{
    if (!config_setting_is_group(group)) {
        declaration_error(declaration, group, "a group { … } is expected here");
        return false;
    }
    for (int index = 0; index < config_setting_length(group); index++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)index);
        size_t key = 0;
        while (keys[key] && strcmp(keys[key], config_setting_name(member)) != 0)
            key++;
        if (!keys[key])
            declaration_error(declaration, member, "unknown key \"%s\"",
                              config_setting_name(member));
    }
    return true;
}

static config_setting_t *member_get(const struct declaration *declaration,
                                    const config_setting_t *group, const char *key, bool required)
{
    config_setting_t *member = config_setting_get_member(group, key);
    if (!member && required)
        declaration_error(declaration, group, "\"%s\" is missing", key);
    return member;
}

const char *declaration_text(const struct declaration *declaration, const config_setting_t *group,
                             const char *key, bool required)
{
    const config_setting_t *member = member_get(declaration, group, key, required);
    if (!member)
        return NULL;
    const char *text = config_setting_get_string(member);
    if (!text || config_setting_type(member) != CONFIG_TYPE_STRING) {
        declaration_error(declaration, member, "\"%s\" must be a text in quotes", key);
        return NULL;
    }
    if (!*text) {
        declaration_error(declaration, member, "\"%s\" is empty", key);
        return NULL;
    }
    return arena_string(declaration->arena, text);
}

int64_t declaration_number(const struct declaration *declaration, const config_setting_t *group,
                           const char *key, bool required, int64_t minimum, int64_t maximum,
                           int64_t absent)
{
    const config_setting_t *member = member_get(declaration, group, key, required);
    if (!member)
        return absent;
    if (config_setting_type(member) != CONFIG_TYPE_INT) {
        declaration_error(declaration, member, "\"%s\" must be a whole number", key);
        return absent;
    }
    int64_t number = config_setting_get_int(member);
    if (number < minimum || number > maximum) {
        declaration_error(declaration, member, "\"%s\" must lie in %lld … %lld", key,
                          (long long)minimum, (long long)maximum);
        return absent;
    }
    return number;
}

bool declaration_flag(const struct declaration *declaration, const config_setting_t *group,
                      const char *key, bool absent)
{
    const config_setting_t *member = config_setting_get_member(group, key);
    if (!member)
        return absent;
    if (config_setting_type(member) != CONFIG_TYPE_BOOL) {
        declaration_error(declaration, member, "\"%s\" must be true or false", key);
        return absent;
    }
    return config_setting_get_bool(member) != 0;
}

bool declaration_shown(const struct declaration *declaration, const config_setting_t *setting,
                       const char *text)
{
    size_t length = strlen(text);
    for (size_t at = 0; at < length;) {
        uint32_t code_point = 0;
        size_t bytes = utf8_decode(text + at, length - at, &code_point);
        if (!bytes) {
            declaration_error(declaration, setting, "is not valid UTF-8");
            return false;
        }
        if ((code_point < 0x20 && code_point != '\n') ||
            (code_point >= 0x7f && code_point < 0xa0)) {
            declaration_error(declaration, setting, "a text holds a control character");
            return false;
        }
        if (utf8_is_ambiguous(code_point)) {
            declaration_error(declaration, setting,
                              "\"%s\" holds U+%04X, whose width depends on the line", text,
                              (unsigned)code_point);
            return false;
        }
        at += bytes;
    }
    return true;
}

static const char *label_side(const struct declaration *declaration, const config_setting_t *label,
                              const char *language, int columns)
{
    const char *text = declaration_text(declaration, label, language, true);
    if (!text)
        return NULL;
    const config_setting_t *member = config_setting_get_member(label, language);
    if (!declaration_shown(declaration, member, text))
        return text;
    int width = utf8_width(text, 1);
    if (columns && width > columns)
        declaration_error(declaration, member, "\"%s\" is %d columns wide, at most %d fit", text,
                          width, columns);
    return text;
}

struct label declaration_label(const struct declaration *declaration, const config_setting_t *group,
                               const char *key, bool required, int zh_columns, int en_columns)
{
    static const char *const keys[] = {"zh", "en", NULL};
    struct label label = {0};
    const config_setting_t *member = member_get(declaration, group, key, required);
    if (member && declaration_keys(declaration, member, keys)) {
        label.zh = label_side(declaration, member, "zh", zh_columns);
        label.en = label_side(declaration, member, "en", en_columns);
    }
    return label;
}

config_setting_t *declaration_list(const struct declaration *declaration,
                                   const config_setting_t *group, const char *key, bool required)
{
    config_setting_t *member = member_get(declaration, group, key, required);
    if (member && !config_setting_is_list(member) && !config_setting_is_array(member)) {
        declaration_error(declaration, member, "\"%s\" must be a list ( … )", key);
        return NULL;
    }
    return member;
}

const char *declaration_element(const struct declaration *declaration, const config_setting_t *list,
                                unsigned index)
{
    const config_setting_t *element = config_setting_get_elem(list, index);
    const char *text = element ? config_setting_get_string(element) : NULL;
    if (!text || !*text) {
        declaration_error(declaration, element ? element : list, "a text in quotes is expected");
        return NULL;
    }
    return arena_string(declaration->arena, text);
}

bool declaration_is_name(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > NAME_BYTES || text[0] < 'a' || text[0] > 'z')
        return false;
    for (size_t at = 0; at < length; at++)
        if (!word_byte(text[at]) || (text[at] >= 'A' && text[at] <= 'Z'))
            return false;
    return true;
}

/* nftw() hands no context to its callback. */
static struct walk {
    const char *suffix;
    struct arena *arena;
    const char **files;
    size_t count;
    size_t capacity;
} walk;

static int walk_file(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)place;
    size_t length = strlen(path);
    size_t suffix = strlen(walk.suffix);
    if (type != FTW_F || !S_ISREG(status->st_mode) || length <= suffix ||
        strcmp(path + length - suffix, walk.suffix) != 0)
        return 0;
    if (walk.count == walk.capacity) {
        walk.capacity = walk.capacity ? walk.capacity * 2 : 64;
        const char **files = ARENA_ARRAY(walk.arena, const char *, walk.capacity);
        if (walk.count)
            memcpy(files, walk.files, walk.count * sizeof(*files));
        walk.files = files;
    }
    walk.files[walk.count++] = arena_string(walk.arena, path);
    return 0;
}

static int path_compare(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

size_t declaration_files(const char *directory, const char *suffix, struct arena *arena,
                         struct form_errors *errors, const char ***files)
{
    walk = (struct walk){.suffix = suffix, .arena = arena};
    if (nftw(directory, walk_file, 16, 0) != 0)
        form_errors_add(errors, directory, 0, "cannot be searched: %s", strerror(errno));
    if (walk.count)
        qsort(walk.files, walk.count, sizeof(*walk.files), path_compare);
    *files = walk.files;
    return walk.count;
}
