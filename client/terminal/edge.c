/* Conversion of output: placeholders back to their characters, UTF-8 to GB18030 by own iconv. */
#include "client/terminal/edge.h"
#include "client/terminal/cells.h"
#include "protocol/buffer.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLACEHOLDER_FIRST = 0x17000,
    SHIFT_OUT = 0x0e,
    SHIFT_IN = 0x0f,
    PLACEHOLDER_COUNT = 6136 /* U+17000 to U+187F7, assigned since Unicode 9 */
};

struct edge {
    bool gb18030;
    iconv_t conversion;
    uint32_t characters[PLACEHOLDER_COUNT];
    uint32_t count;
    char set;   /* what ESC ( designated last: 'B', '0' …; 0 unknown */
    char shift; /* the last of SO and SI; 0 unknown */
    char *out;
    size_t length;
    size_t capacity;
};

struct edge *edge_create(bool gb18030)
{
    struct edge *edge = calloc(1, sizeof(*edge));
    if (edge == NULL)
        abort();
    edge->gb18030 = gb18030;
    edge->conversion = (iconv_t)-1;
    if (gb18030) {
        edge->conversion = iconv_open("GB18030", "UTF-8");
        if (edge->conversion == (iconv_t)-1) {
            free(edge);
            return NULL;
        }
    }
    return edge;
}

void edge_free(struct edge *edge)
{
    if (edge == NULL)
        return;
    if (edge->conversion != (iconv_t)-1)
        iconv_close(edge->conversion);
    free(edge->out);
    free(edge);
}

bool edge_is_placeholder(uint32_t character)
{
    return character >= PLACEHOLDER_FIRST && character < PLACEHOLDER_FIRST + PLACEHOLDER_COUNT;
}

uint32_t edge_placeholder(struct edge *edge, uint32_t character)
{
    for (uint32_t i = 0; i < edge->count; i++)
        if (edge->characters[i] == character)
            return PLACEHOLDER_FIRST + i;
    if (edge->count == PLACEHOLDER_COUNT)
        return 0;
    edge->characters[edge->count] = character;
    return PLACEHOLDER_FIRST + edge->count++;
}

static void edge_put(struct edge *edge, const char *bytes, size_t length)
{
    if (edge->length + length > edge->capacity) {
        size_t capacity = edge->capacity == 0 ? 4096 : edge->capacity;
        while (capacity < edge->length + length)
            capacity *= 2;
        char *out = realloc(edge->out, capacity);
        if (out == NULL)
            abort();
        edge->out = out;
        edge->capacity = capacity;
    }
    memcpy(edge->out + edge->length, bytes, length);
    edge->length += length;
}

static void edge_put_character(struct edge *edge, uint32_t character)
{
    char utf8[4];
    size_t length = cells_encode(utf8, character);
    if (!edge->gb18030) {
        edge_put(edge, utf8, length);
        return;
    }
    char *in = utf8;
    char out[8];
    char *out_next = out;
    size_t out_left = sizeof(out);
    iconv(edge->conversion, NULL, NULL, NULL, NULL);
    if (iconv(edge->conversion, &in, &length, &out_next, &out_left) == (size_t)-1 || length != 0) {
        edge_put(edge, "??", utf8_columns(character, 2) == 2 ? 2 : 1);
        return;
    }
    edge_put(edge, out, sizeof(out) - out_left);
}

void edge_forget(struct edge *edge)
{
    edge->set = 0;
    edge->shift = 0;
}

/* Terminfo leaves the line-drawing set with every change of attributes, which doubles the cost of
 * a character typed; what would change nothing is not sent. Returns the bytes of `bytes` that are
 * done with, 0 if this is none of those controls. */
static size_t edge_skip_set(struct edge *edge, const char *bytes, size_t length)
{
    if (bytes[0] == SHIFT_OUT || bytes[0] == SHIFT_IN) {
        bool known = edge->shift == bytes[0];
        edge->shift = bytes[0];
        return known ? 1 : 0;
    }
    if (length < 3 || bytes[0] != '\033' || bytes[1] != '(')
        return 0;
    bool known = edge->set == bytes[2];
    edge->set = bytes[2];
    return known ? 3 : 0;
}

const char *edge_convert(struct edge *edge, const char *bytes, size_t length, size_t *converted)
{
    edge->length = 0;
    while (length > 0) {
        uint32_t character;
        size_t size = edge_skip_set(edge, bytes, length);
        if (size > 0) {
            bytes += size;
            length -= size;
            continue;
        }
        if ((unsigned char)*bytes < 0x80) {
            edge_put(edge, bytes, 1);
            size = 1;
        } else if ((size = utf8_decode(bytes, length, &character)) == 0) {
            edge_put(edge, "?", 1);
            size = 1;
        } else {
            if (edge_is_placeholder(character) && character - PLACEHOLDER_FIRST < edge->count)
                character = edge->characters[character - PLACEHOLDER_FIRST];
            edge_put_character(edge, character);
        }
        bytes += size;
        length -= size;
    }
    *converted = edge->length;
    return edge->out == NULL ? "" : edge->out;
}
