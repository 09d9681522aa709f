/* Words and signs of the expression language. Private to this room. */
#ifndef HALLDESK_EXPRESSION_TOKEN_H
#define HALLDESK_EXPRESSION_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum token_type {
    TOKEN_END,
    TOKEN_WORD, /* keyword, name, dotted path */
    TOKEN_NUMBER,
    TOKEN_TEXT,
    TOKEN_SIGN,
    TOKEN_BROKEN,
};

struct token {
    enum token_type type;
    char sign[3]; /* of TOKEN_SIGN: "<=", "(", … */
    size_t position;
    size_t length;
};

/* The token at or after `position`; TOKEN_BROKEN is a character or a text that is none. */
struct token token_next(const char *text, size_t position);
bool token_is_word(const char *text, const struct token *token, const char *word);
bool token_is_sign(const struct token *token, const char *sign);

#endif
