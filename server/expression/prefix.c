/* The end of the range of texts that start with a prefix, for a search that an index serves. */
#include <string.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "server/expression/node.h"

static size_t encode(uint32_t code_point, char *bytes)
{
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        return 1;
    }
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--, code_point >>= 6)
        bytes[i] = (char)(0x80 | (code_point & 0x3F));
    bytes[0] = (char)(leads[length] | code_point);
    return length;
}

const char *prefix_end(struct arena *arena, const char *prefix)
{
    size_t length = strlen(prefix);
    while (length > 0) {
        size_t start = length - 1;
        while (start > 0 && (prefix[start] & 0xC0) == 0x80)
            start--;
        uint32_t code_point;
        if (utf8_decode(prefix + start, length - start, &code_point) == 0)
            return NULL;
        /* The order of UTF-8 bytes is that of code points; the last one has no successor. */
        if (code_point < 0x10FFFF) {
            code_point = code_point == 0xD7FF ? 0xE000 : code_point + 1;
            char bytes[4];
            size_t encoded = encode(code_point, bytes);
            char *end = arena_allocate(arena, start + encoded + 1, 1);
            memcpy(end, prefix, start);
            memcpy(end + start, bytes, encoded);
            return end;
        }
        length = start;
    }
    return NULL;
}
