/* Which characters a field takes. */
#include "client/terminal/restriction.h"

#include <string.h>

enum { IDEOGRAPHIC_SPACE = 0x3000, IDEOGRAPHIC_STOP = 0x3002 };

/* Input methods give full-width forms; fields of figures and codes take them as ASCII. */
static uint32_t character_narrow(uint32_t character)
{
    if (character >= 0xff01 && character <= 0xff5e)
        return character - 0xff01 + '!';
    if (character == IDEOGRAPHIC_SPACE)
        return ' ';
    if (character == IDEOGRAPHIC_STOP)
        return '.';
    return character;
}

static const char *const restriction_characters[] = {
    [EDITOR_DIGITS] = "0123456789",     [EDITOR_INTEGER] = "0123456789-",
    [EDITOR_DECIMAL] = "0123456789-.",  [EDITOR_DATE] = "0123456789-/.+",
    [EDITOR_TIME] = "0123456789:-/. +", [EDITOR_TELEPHONE] = "0123456789+-*#() ",
};

uint32_t restriction_admit(enum editor_restriction restriction, bool memo, uint32_t character)
{
    if (restriction == EDITOR_TEXT) {
        if (character == '\n')
            return memo ? '\n' : ' ';
        if (character == '\t')
            return ' ';
        return character < ' ' || (character >= 0x7f && character < 0xa0) ? 0 : character;
    }
    character = character_narrow(character);
    if (character == '\n' || character == '\t')
        character = ' ';
    if (restriction == EDITOR_CODE || restriction == EDITOR_ASCII) {
        if (character > '~' || character < (restriction == EDITOR_CODE ? '!' : ' '))
            return 0;
        if (restriction == EDITOR_CODE && character >= 'a' && character <= 'z')
            character = character - 'a' + 'A';
        return character;
    }
    if (character == 0 || character > '~' ||
        strchr(restriction_characters[restriction], (int)character) == NULL)
        return 0;
    return character;
}

bool restriction_number_holds(const struct editor_options *options, const uint32_t *text,
                              size_t length, size_t at, size_t replaced, uint32_t character)
{
    if (options->restriction != EDITOR_INTEGER && options->restriction != EDITOR_DECIMAL)
        return true;
    size_t points = 0;
    size_t behind = 0;
    for (size_t i = 0, out = 0; i <= length; i++) {
        uint32_t pair[2];
        size_t count = 0;
        if (i == at)
            pair[count++] = character;
        if (i < length && !(i >= at && i < at + replaced))
            pair[count++] = text[i];
        for (size_t j = 0; j < count; j++, out++) {
            if (pair[j] == '-' && out != 0)
                return false;
            if (pair[j] == '.')
                points++;
            else if (points > 0)
                behind++;
        }
    }
    return points <= 1 && (points == 0 || options->decimals > 0) &&
           behind <= (size_t)(options->decimals > 0 ? options->decimals : 0);
}
