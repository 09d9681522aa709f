/* The two encodings of lines. */
#include "client/terminal/coding.h"

/* Bytes that a UTF-8 character needs in all, 0 for a byte that cannot begin one. */
static size_t utf8_need(uint8_t byte)
{
    if (byte >= 0xc2 && byte <= 0xdf)
        return 2;
    if (byte >= 0xe0 && byte <= 0xef)
        return 3;
    if (byte >= 0xf0 && byte <= 0xf4)
        return 4;
    return 0;
}

/* Whether `byte` may stand at `position` behind `lead`; rules out overlong forms, surrogates and
 * everything past U+10FFFF (RFC 3629). */
static bool utf8_continues(uint8_t lead, size_t position, uint8_t byte)
{
    if (byte < 0x80 || byte > 0xbf)
        return false;
    if (position > 1)
        return true;
    switch (lead) {
    case 0xe0:
        return byte >= 0xa0;
    case 0xed:
        return byte <= 0x9f;
    case 0xf0:
        return byte >= 0x90;
    case 0xf4:
        return byte <= 0x8f;
    default:
        return true;
    }
}

static uint32_t utf8_assemble(const uint8_t *bytes, size_t length)
{
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t character = bytes[0] & masks[length];
    for (size_t i = 1; i < length; i++)
        character = (character << 6) | (bytes[i] & 0x3fu);
    return character;
}

static bool gb18030_begins(uint8_t byte)
{
    return byte >= 0x81 && byte <= 0xfe;
}

static bool gb18030_continues(const struct coding *coding, uint8_t byte)
{
    bool digit = byte >= '0' && byte <= '9';
    switch (coding->length) {
    case 1:
        return digit || (byte >= 0x40 && byte <= 0xfe && byte != 0x7f);
    case 2:
        return gb18030_begins(byte);
    default:
        return digit;
    }
}

static bool gb18030_complete(const struct coding *coding)
{
    return (coding->length == 2 && coding->bytes[1] >= 0x40) || coding->length == 4;
}

static bool gb18030_assemble(struct coding *coding, uint32_t *character)
{
    char *in = (char *)coding->bytes;
    size_t in_left = coding->length;
    uint8_t out[8];
    char *out_next = (char *)out;
    size_t out_left = sizeof(out);
    iconv(coding->conversion, NULL, NULL, NULL, NULL);
    if (iconv(coding->conversion, &in, &in_left, &out_next, &out_left) == (size_t)-1 ||
        in_left != 0 || out_left != sizeof(out) - 4)
        return false;
    *character =
        (uint32_t)out[0] | (uint32_t)out[1] << 8 | (uint32_t)out[2] << 16 | (uint32_t)out[3] << 24;
    return true;
}

bool coding_open(struct coding *coding, bool gb18030)
{
    *coding = (struct coding){.gb18030 = gb18030, .conversion = (iconv_t)-1};
    if (gb18030)
        coding->conversion = iconv_open("UTF-32LE", "GB18030");
    return !gb18030 || coding->conversion != (iconv_t)-1;
}

void coding_close(struct coding *coding)
{
    if (coding->conversion != (iconv_t)-1)
        iconv_close(coding->conversion);
    coding->conversion = (iconv_t)-1;
}

static enum coding_step coding_begin(struct coding *coding, uint8_t byte)
{
    bool begins = coding->gb18030 ? gb18030_begins(byte) : utf8_need(byte) != 0;
    if (!begins)
        return CODING_REFUSED;
    coding->bytes[0] = byte;
    coding->length = 1;
    return CODING_MORE;
}

enum coding_step coding_add(struct coding *coding, uint8_t byte, uint32_t *character)
{
    if (coding->length == 0)
        return coding_begin(coding, byte);
    bool fits = coding->gb18030 ? gb18030_continues(coding, byte)
                                : utf8_continues(coding->bytes[0], coding->length, byte);
    if (!fits) {
        coding->length = 0;
        return CODING_REFUSED;
    }
    coding->bytes[coding->length++] = byte;
    if (coding->gb18030) {
        if (!gb18030_complete(coding))
            return CODING_MORE;
        bool valid = gb18030_assemble(coding, character);
        coding->length = 0;
        return valid ? CODING_DONE : CODING_INVALID;
    }
    if (coding->length < utf8_need(coding->bytes[0]))
        return CODING_MORE;
    *character = utf8_assemble(coding->bytes, coding->length);
    coding->length = 0;
    return CODING_DONE;
}
