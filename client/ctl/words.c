/* Splitting of what people type into words; see words.h. */
#include "client/ctl/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"

enum { WORDS_LIMIT = 4096 };

static char escaped(char character)
{
    return character == 'n' ? '\n' : character == 't' ? '\t' : character;
}

/* Length of a quoted text with its quotes; 0 if it is not closed. */
static size_t quoted_length(const char *text)
{
    size_t length = 1;
    while (text[length] != text[0]) {
        if (text[length] == '\0')
            return 0;
        length += text[0] == '"' && text[length] == '\\' && text[length + 1] ? 2 : 1;
    }
    return length + 1;
}

/* Takes the quotes off; returns the end of what was written. */
static char *quoted_copy(const char *text, size_t length, char *out)
{
    for (size_t i = 1; i + 1 < length; i++) {
        if (text[0] == '"' && text[i] == '\\')
            *out++ = escaped(text[++i]);
        else
            *out++ = text[i];
    }
    return out;
}

/* Length of {…} with the groups and quotes in it; 0 if it is not closed. */
static size_t group_length(const char *text)
{
    size_t depth = 0;
    size_t length = 0;
    do {
        if (text[length] == '\0')
            return 0;
        if (text[length] == '"') {
            size_t quoted = quoted_length(text + length);
            if (quoted == 0)
                return 0;
            length += quoted;
            continue;
        }
        depth += text[length] == '{';
        depth -= text[length] == '}';
        length++;
    } while (depth > 0);
    return length;
}

static const char *piece_read(const char *at, struct arena *arena, char **piece, bool *literal,
                              const char **error)
{
    char *out = arena_allocate(arena, strlen(at) + 1, 1);
    *piece = out;
    *literal = false;
    while (*at && !isspace((unsigned char)*at)) {
        bool quote = *at == '\'' || *at == '"';
        if (quote || *at == '{') {
            size_t length = quote ? quoted_length(at) : group_length(at);
            if (length == 0) {
                *error = quote ? "a quote is not closed" : "a { is not closed";
                return NULL;
            }
            *literal = *literal || *at == '\'';
            if (quote) {
                out = quoted_copy(at, length, out);
            } else {
                memcpy(out, at, length);
                out += length;
            }
            at += length;
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
    return at;
}

char **words_split(const char *line, struct arena *arena, size_t *count, bool **literal,
                   const char **error)
{
    char **pieces = ARENA_ARRAY(arena, char *, WORDS_LIMIT + 1);
    bool *literals = ARENA_ARRAY(arena, bool, WORDS_LIMIT + 1);
    *count = 0;
    *error = NULL;
    for (;;) {
        line += strspn(line, " \t\r\n");
        if (*line == '\0')
            break;
        if (*count == WORDS_LIMIT) {
            *error = "too many words";
            return NULL;
        }
        line = piece_read(line, arena, &pieces[*count], &literals[*count], error);
        if (!line)
            return NULL;
        (*count)++;
    }
    if (literal)
        *literal = literals;
    return pieces;
}

bool word_parse(const char *text, struct arena *arena, struct word *word)
{
    static const struct {
        const char *sign;
        enum word_operator operator;
    } operators[] = {{"+=", WORD_ADD}, {"-=", WORD_REMOVE}, {">=", WORD_FROM},
                     {"<=", WORD_TO},  {"=", WORD_SET},     {"~", WORD_PREFIX}};
    *word = (struct word){0};
    if (*text == '@' || *text == '.')
        word->sign = *text++;
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (length == 0)
        return false;
    word->name = arena_copy(arena, text, length);
    text += length;
    if (*text == '.') {
        char *end;
        word->line = strtoll(text + 1, &end, 10);
        if (end == text + 1 || word->line <= 0)
            return false;
        text = end;
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t size = strlen(operators[i].sign);
        if (strncmp(text, operators[i].sign, size) == 0) {
            word->operator= operators[i].operator;
            word->value = arena_string(arena, text + size);
            return true;
        }
    }
    return false;
}

/* Up to the comma or brace that ends a member; quotes are taken off outside of inner groups. */
static const char *member_read(const char *at, const char *end, struct arena *arena, char **member,
                               const char **error)
{
    char *out = arena_allocate(arena, (size_t)(end - at) + 1, 1);
    *member = out;
    at += strspn(at, " \t\r\n");
    while (at < end && *at != ',') {
        size_t length = *at == '"' ? quoted_length(at) : *at == '{' ? group_length(at) : 1;
        if (length == 0 || length > (size_t)(end - at)) {
            *error = "a quote or { is not closed";
            return NULL;
        }
        if (*at == '"') {
            out = quoted_copy(at, length, out);
        } else {
            memcpy(out, at, length);
            out += length;
        }
        at += length;
    }
    *out = '\0';
    return at;
}

struct word *words_group(const char *text, struct arena *arena, size_t *count, const char **error)
{
    size_t length = strlen(text);
    struct word *words = ARENA_ARRAY(arena, struct word, length / 2 + 1);
    *count = 0;
    *error = NULL;
    if (length < 2 || text[0] != '{' || group_length(text) != length) {
        *error = "{field=value,…} is wanted";
        return NULL;
    }
    const char *at = text + 1;
    const char *end = text + length - 1;
    while (at < end) {
        char *member;
        at = member_read(at, end, arena, &member, error);
        if (!at)
            return NULL;
        if (member[0] != '\0' && !word_parse(member, arena, &words[(*count)++])) {
            *error = arena_format(arena, "%s: field=value is wanted", member);
            return NULL;
        }
        at += at < end;
    }
    return words;
}
