/* Pinyin initials and search tokens of names. Han characters give the first letter of their
 * reading; characters with several readings give several variants, the likeliest first. The
 * letters are in pinyin_table.h (how it was made is written there); readings that a character
 * has as a surname are in pinyin.c. */
#ifndef HALLDESK_PINYIN_H
#define HALLDESK_PINYIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PINYIN_LENGTH = 32,  /* letters kept of a name */
    PINYIN_VARIANTS = 8, /* of one name */
    PINYIN_TOKENS = 64,  /* of one name, variants among them */
    PINYIN_TOKEN_SIZE = PINYIN_LENGTH + 1,
};

struct pinyin_initials {
    size_t count; /* 0 when the name has no letter, digit or known Han character */
    char variants[PINYIN_VARIANTS][PINYIN_LENGTH + 1];
};

/* Possible initials of a code point, the usual first, e.g. "ZC"; "" if it is not a Han character
 * or not known. */
const char *pinyin_letters(uint32_t code_point);

/* Initials of a name in UTF-8: letters become capitals and digits are kept (full-width ones
 * too), other signs and spaces are passed over, broken bytes end the name. The surname reading
 * of the first character, or of the first two of a compound surname, comes first; the other
 * readings follow, since the name may be that of an organisation. */
void pinyin_initials(const char *name, struct pinyin_initials *initials);

enum pinyin_token_kind { PINYIN_TOKEN_INITIALS = 1, PINYIN_TOKEN_BIGRAM = 2 };

struct pinyin_token {
    enum pinyin_token_kind kind;
    char text[PINYIN_TOKEN_SIZE];
};

struct pinyin_tokens {
    size_t count;
    struct pinyin_token list[PINYIN_TOKENS];
};

/* What a name is found by: every variant of its initials and every pair of neighbouring
 * characters (a name of one character gives that character), each once. Signs and spaces do not
 * separate pairs; letters are capitals. */
void pinyin_tokens(const char *name, struct pinyin_tokens *tokens);

/* The characters that count in a name: letters as capitals, full-width forms as ASCII, signs and
 * spaces dropped. Returns how many were written, at most limit. */
size_t pinyin_characters(const char *name, uint32_t *points, size_t limit);

#endif
