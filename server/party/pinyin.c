/* Initials of names, their variants in order of likelihood, and search tokens. */
#include "server/party/pinyin.h"

#include <string.h>

#include "protocol/buffer.h"
#include "server/party/pinyin_table.h"

enum { NAME_CHARACTERS = 64, CHOICES = 4 };

/* Characters whose reading as a surname has another initial than the usual one; by code point. */
static const struct surname {
    uint32_t point;
    char initial;
} surnames[] = {
    {0x4e07, 'W'}, {0x4e50, 'Y'}, {0x4e5c, 'N'}, {0x4ec7, 'Q'}, {0x4efb, 'R'}, {0x4f1a, 'G'},
    {0x4f74, 'N'}, {0x4fde, 'Y'}, {0x51bc, 'X'}, {0x533a, 'O'}, {0x5355, 'S'}, {0x53ec, 'S'},
    {0x53f6, 'Y'}, {0x5458, 'Y'}, {0x54c8, 'H'}, {0x5559, 'G'}, {0x5c09, 'W'}, {0x5e2d, 'X'},
    {0x5e7f, 'G'}, {0x6298, 'S'}, {0x6349, 'Z'}, {0x66fe, 'Z'}, {0x671f, 'J'}, {0x6734, 'P'},
    {0x67e5, 'Z'}, {0x6bcb, 'G'}, {0x6c88, 'S'}, {0x6d17, 'X'}, {0x76d6, 'G'}, {0x76db, 'S'},
    {0x77bf, 'Q'}, {0x79cd, 'C'}, {0x79d8, 'B'}, {0x7e41, 'P'}, {0x7f2a, 'M'}, {0x7fdf, 'Z'},
    {0x81e7, 'Z'}, {0x8346, 'J'}, {0x85cf, 'Z'}, {0x8983, 'Q'}, {0x89e3, 'X'}, {0x8bb3, 'H'},
    {0x8c0c, 'C'}, {0x8d3e, 'J'}, {0x8f66, 'C'}, {0x90c7, 'X'}, {0x90d7, 'X'}, {0x9646, 'L'},
    {0x9697, 'W'}, {0x9c9c, 'X'}, {0x9ed1, 'H'},
};

/* Compound surnames of which a character is not read as it usually is. */
static const struct compound_surname {
    uint32_t points[2];
    char initials[3];
} compound_surnames[] = {
    {{0x4e07, 0x4fdf}, "MQ"}, {{0x5355, 0x4e8e}, "CY"}, {{0x5c09, 0x8fdf}, "YC"},
    {{0x5bb0, 0x7236}, "ZF"}, {{0x6fb9, 0x53f0}, "TT"}, {{0x957f, 0x5b59}, "ZS"},
    {{0x9c9c, 0x4e8e}, "XY"}, {{0x62d3, 0x8dcb}, "TB"}, {{0x4ee4, 0x72d0}, "LH"},
    {{0x4e50, 0x6b63}, "YZ"}, {{0x590f, 0x4faf}, "XH"}, {{0x7687, 0x752b}, "HF"},
};

const char *pinyin_letters(uint32_t code_point)
{
    static const char capitals[26][2] = {"A", "B", "C", "D", "E", "F", "G", "H", "I",
                                         "J", "K", "L", "M", "N", "O", "P", "Q", "R",
                                         "S", "T", "U", "V", "W", "X", "Y", "Z"};
    size_t low = 0;
    size_t high = sizeof(pinyin_sparse) / sizeof(*pinyin_sparse);

    if (code_point >= PINYIN_DENSE_FIRST && code_point <= PINYIN_DENSE_LAST) {
        uint32_t place = code_point - PINYIN_DENSE_FIRST;
        char code = pinyin_dense[place / PINYIN_DENSE_ROW][place % PINYIN_DENSE_ROW];

        if (code >= 'A' && code <= 'Z') {
            return capitals[code - 'A'];
        }
        if (code != '*') {
            return pinyin_sets[(unsigned char)code];
        }
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (pinyin_sparse[middle].point < code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < sizeof(pinyin_sparse) / sizeof(*pinyin_sparse) &&
        pinyin_sparse[low].point == code_point) {
        return pinyin_sparse[low].initials;
    }
    return "";
}

/* Signs do not count: Latin-1 and general punctuation, CJK signs, full-width forms left over,
 * and what has no meaning in a name. */
static bool counts(uint32_t point)
{
    return (point >= '0' && point <= '9') || (point >= 'A' && point <= 'Z') ||
           (point >= 0xc0 && point < 0x2000 && point != 0xd7 && point != 0xf7) || point == 0x3007 ||
           (point >= 0x3400 && point < 0xe000) || (point >= 0xf900 && point < 0xfb00) ||
           point >= 0x20000;
}

size_t pinyin_characters(const char *name, uint32_t *points, size_t limit)
{
    size_t left = name == NULL ? 0 : strlen(name);
    size_t count = 0;

    while (left > 0 && count < limit) {
        uint32_t point;
        size_t bytes = utf8_decode(name, left, &point);

        if (bytes == 0) {
            break;
        }
        name += bytes;
        left -= bytes;
        if (point >= 0xff01 && point <= 0xff5e) {
            point -= 0xfee0;
        }
        if (point >= 'a' && point <= 'z') {
            point -= 'a' - 'A';
        }
        if (counts(point)) {
            points[count++] = point;
        }
    }
    return count;
}

static char surname_initial(uint32_t point)
{
    for (size_t i = 0; i < sizeof(surnames) / sizeof(*surnames) && surnames[i].point <= point;
         i++) {
        if (surnames[i].point == point) {
            return surnames[i].initial;
        }
    }
    return '\0';
}

/* Choices of one place: `first` if there is one, then the others without it. */
static void choices_fill(char *choices, char first, const char *letters)
{
    size_t count = 0;

    if (first != '\0') {
        choices[count++] = first;
    }
    for (; *letters != '\0' && count < CHOICES; letters++) {
        if (*letters != first) {
            choices[count++] = *letters;
        }
    }
    choices[count] = '\0';
}

static size_t places_fill(const uint32_t *points, size_t count,
                          char places[PINYIN_LENGTH][CHOICES + 1])
{
    const char *compound = "";
    size_t length = 0;

    for (size_t i = 0; count >= 2 && i < sizeof(compound_surnames) / sizeof(*compound_surnames);
         i++) {
        if (memcmp(compound_surnames[i].points, points, 2 * sizeof(*points)) == 0) {
            compound = compound_surnames[i].initials;
        }
    }
    for (size_t i = 0; i < count && length < PINYIN_LENGTH; i++) {
        if (points[i] < 0x80) {
            places[length][0] = (char)points[i];
            places[length][1] = '\0';
            length++;
            continue;
        }
        char first = '\0';

        if (*compound != '\0') {
            first = *compound++;
        } else if (i == 0) {
            first = surname_initial(points[i]);
        }
        choices_fill(places[length], first, pinyin_letters(points[i]));
        length += places[length][0] == '\0' ? 0 : 1;
    }
    return length;
}

/* Adds every variant that differs from the likeliest one in `deviations` places from `from` on. */
static void variants_add(struct pinyin_initials *initials, char places[][CHOICES + 1],
                         size_t length, char *variant, size_t from, size_t deviations)
{
    if (initials->count == PINYIN_VARIANTS) {
        return;
    }
    if (deviations == 0) {
        memcpy(initials->variants[initials->count], variant, length);
        initials->variants[initials->count][length] = '\0';
        initials->count++;
        return;
    }
    for (size_t i = from; i < length; i++) {
        for (size_t choice = 1; places[i][choice] != '\0'; choice++) {
            variant[i] = places[i][choice];
            variants_add(initials, places, length, variant, i + 1, deviations - 1);
        }
        variant[i] = places[i][0];
        if (initials->count == PINYIN_VARIANTS) {
            return;
        }
    }
}

static void initials_of(const uint32_t *points, size_t count, struct pinyin_initials *initials)
{
    char places[PINYIN_LENGTH][CHOICES + 1];
    char variant[PINYIN_LENGTH];
    size_t length = places_fill(points, count, places);
    size_t open = 0;

    initials->count = 0;
    if (length == 0) {
        return;
    }
    for (size_t i = 0; i < length; i++) {
        variant[i] = places[i][0];
        open += places[i][1] != '\0' ? 1 : 0;
    }
    /* With at most PINYIN_VARIANTS wanted, three deviations are never the ones left out first. */
    for (size_t deviations = 0; deviations <= open && deviations <= 3; deviations++) {
        variants_add(initials, places, length, variant, 0, deviations);
    }
}

void pinyin_initials(const char *name, struct pinyin_initials *initials)
{
    uint32_t points[NAME_CHARACTERS];
    size_t count = pinyin_characters(name, points, NAME_CHARACTERS);

    initials_of(points, count, initials);
}

static size_t point_write(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t bytes = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    for (size_t i = bytes; i-- > 1; point >>= 6) {
        out[i] = (char)(0x80 | (point & 0x3f));
    }
    out[0] = (char)((0xf00 >> bytes & 0xff) | point);
    return bytes;
}

void pinyin_tokens(const char *name, struct pinyin_tokens *tokens)
{
    uint32_t points[NAME_CHARACTERS];
    size_t count = pinyin_characters(name, points, NAME_CHARACTERS);
    struct pinyin_initials initials;

    tokens->count = 0;
    initials_of(points, count, &initials);
    for (size_t i = 0; i < initials.count; i++) {
        struct pinyin_token *token = &tokens->list[tokens->count++];

        token->kind = PINYIN_TOKEN_INITIALS;
        memcpy(token->text, initials.variants[i], sizeof(initials.variants[i]));
    }
    for (size_t i = 0; i < count && tokens->count < PINYIN_TOKENS; i++) {
        struct pinyin_token *token = &tokens->list[tokens->count];
        bool repeated = false;
        size_t length;

        if (i + 1 == count && count > 1) {
            break;
        }
        length = point_write(points[i], token->text);
        if (i + 1 < count) {
            length += point_write(points[i + 1], token->text + length);
        }
        token->text[length] = '\0';
        token->kind = PINYIN_TOKEN_BIGRAM;
        for (size_t j = 0; j < i && !repeated; j++) {
            repeated = points[j] == points[i] && points[j + 1] == points[i + 1];
        }
        tokens->count += repeated ? 0 : 1;
    }
}
