/* Cuts the text of an expression into words, numbers, texts and signs. */
#include "server/expression/token.h"

#include <string.h>

static bool is_letter(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           character == '_';
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static size_t word_length(const char *text)
{
    size_t length = 0;
    while (is_letter(text[length]) || is_digit(text[length]) ||
           (text[length] == '.' && is_letter(text[length + 1])))
        length++;
    return length;
}

static size_t number_length(const char *text)
{
    size_t length = 0;
    while (is_digit(text[length]))
        length++;
    if (text[length] == '.' && is_digit(text[length + 1])) {
        length++;
        while (is_digit(text[length]))
            length++;
    }
    return length;
}

/* With both quotes; a quote within is doubled. 0 if the text does not end. */
static size_t quoted_length(const char *text)
{
    size_t length = 1;
    for (;;) {
        if (text[length] == '\0')
            return 0;
        if (text[length++] != '\'')
            continue;
        if (text[length] != '\'')
            return length;
        length++;
    }
}

struct token token_next(const char *text, size_t position)
{
    while (text[position] == ' ' || text[position] == '\t' || text[position] == '\n' ||
           text[position] == '\r')
        position++;
    const char *here = text + position;
    struct token token = {.type = TOKEN_BROKEN, .position = position, .length = 1};
    if (*here == '\0') {
        token.type = TOKEN_END;
        token.length = 0;
    } else if (is_letter(*here)) {
        token.type = TOKEN_WORD;
        token.length = word_length(here);
    } else if (is_digit(*here)) {
        token.length = number_length(here);
        /* "3days" and "1.2.3" are slips of the pen. */
        token.type = is_letter(here[token.length]) || here[token.length] == '.' ? TOKEN_BROKEN
                                                                                : TOKEN_NUMBER;
    } else if (*here == '\'') {
        size_t length = quoted_length(here);
        if (length > 0) {
            token.type = TOKEN_TEXT;
            token.length = length;
        }
    } else if (strchr("=<>+-*/(),", *here)) {
        token.type = TOKEN_SIGN;
        if ((here[0] == '<' && (here[1] == '=' || here[1] == '>')) ||
            (here[0] == '>' && here[1] == '='))
            token.length = 2;
        memcpy(token.sign, here, token.length);
    }
    return token;
}

bool token_is_word(const char *text, const struct token *token, const char *word)
{
    return token->type == TOKEN_WORD && token->length == strlen(word) &&
           memcmp(text + token->position, word, token->length) == 0;
}

bool token_is_sign(const struct token *token, const char *sign)
{
    return token->type == TOKEN_SIGN && strcmp(token->sign, sign) == 0;
}
