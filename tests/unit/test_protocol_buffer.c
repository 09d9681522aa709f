/* Tests of writer, reader and UTF-8. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"

static void integers_round_trip(void **state)
{
    (void)state;
    static const uint64_t plain[] = {
        0,         1, 0x7f, 0x80, 0x3fff, 0x4000, UINT32_MAX, (uint64_t)1 << 56, (uint64_t)1 << 63,
        UINT64_MAX};
    static const int64_t signs[] = {0, -1, 1, 63, 64, -64, -65, INT64_MAX, INT64_MIN};
    struct writer writer;
    writer_initialise(&writer, 4096);
    for (size_t place = 0; place < sizeof plain / sizeof plain[0]; place++)
        writer_unsigned(&writer, plain[place]);
    for (size_t place = 0; place < sizeof signs / sizeof signs[0]; place++)
        writer_signed(&writer, signs[place]);
    writer_u8(&writer, 0xFE);
    writer_u16(&writer, 0x1234);
    writer_u32(&writer, 0xDEADBEEF);
    writer_u64(&writer, UINT64_C(0x0102030405060708));
    assert_false(writer.failed);
    struct reader reader;
    reader_initialise(&reader, writer.bytes, writer.length);
    for (size_t place = 0; place < sizeof plain / sizeof plain[0]; place++)
        assert_true(reader_unsigned(&reader) == plain[place]);
    for (size_t place = 0; place < sizeof signs / sizeof signs[0]; place++)
        assert_true(reader_signed(&reader) == signs[place]);
    assert_int_equal(reader_u8(&reader), 0xFE);
    assert_int_equal(reader_u16(&reader), 0x1234);
    assert_int_equal(reader_u32(&reader), 0xDEADBEEF);
    assert_true(reader_u64(&reader) == UINT64_C(0x0102030405060708));
    assert_true(reader_end(&reader));
    writer_release(&writer);
}

static bool unsigned_refused(const void *bytes, size_t length)
{
    struct reader reader;
    reader_initialise(&reader, bytes, length);
    return reader_unsigned(&reader) == 0 && reader.failed;
}

static void bad_integers_are_refused(void **state)
{
    (void)state;
    assert_true(unsigned_refused("", 0));
    assert_true(unsigned_refused("\x80", 1));
    assert_true(unsigned_refused("\x80\x00", 2));     /* overlong 0 */
    assert_true(unsigned_refused("\xff\x80\x00", 3)); /* overlong 127 */
    assert_true(unsigned_refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10)); /* 65 bits */
    assert_true(unsigned_refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11));
    struct reader reader;
    reader_initialise(&reader, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
    assert_true(reader_unsigned(&reader) == UINT64_MAX && reader_end(&reader));
    reader_initialise(&reader, "\x65", 1);
    assert_true(reader_limited(&reader, 100) == 0 && reader.failed);
}

static void reader_error_is_sticky(void **state)
{
    (void)state;
    struct reader reader;
    reader_initialise(&reader, "\x01\x02\x03", 3);
    assert_int_equal(reader_u32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(reader_u8(&reader), 0);
    assert_null(reader_bytes(&reader, 1));
    assert_int_equal(reader_left(&reader), 0);
    assert_false(reader_end(&reader));
    reader_initialise(&reader, "\x01\x02", 2);
    assert_int_equal(reader_u8(&reader), 1);
    assert_false(reader_end(&reader)); /* a trailing byte */
    assert_true(reader.failed);
    size_t length;
    reader_initialise(&reader, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01z", 11);
    assert_null(reader_block(&reader, SIZE_MAX, &length));
    assert_int_equal(length, 0);
}

static void writer_keeps_its_limit(void **state)
{
    (void)state;
    struct writer writer;
    writer_initialise(&writer, 600);
    for (int count = 0; count < 600; count++)
        writer_u8(&writer, (uint8_t)count);
    assert_false(writer.failed);
    writer_u8(&writer, 1);
    assert_true(writer.failed);
    assert_int_equal(writer.length, 600);
    writer_clear(&writer);
    writer_u16(&writer, 1);
    writer_patch_u32(&writer, 0, 1); /* two bytes too few */
    assert_true(writer.failed);
    writer_clear(&writer);
    writer_u32(&writer, 0);
    writer_u8(&writer, 9);
    writer_patch_u32(&writer, 0, 0x01020304);
    assert_memory_equal(writer.bytes, "\x01\x02\x03\x04\x09", 5);
    writer_text(&writer, NULL);
    assert_int_equal(writer.bytes[5], 0);
    assert_false(writer.failed);
    writer_release(&writer);
}

static bool text_accepted(const char *text, size_t length, size_t maximum)
{
    struct arena *arena = arena_create();
    struct writer writer;
    writer_initialise(&writer, 1000);
    writer_block(&writer, text, length);
    struct reader reader;
    reader_initialise(&reader, writer.bytes, writer.length);
    const char *read = reader_text(&reader, arena, maximum);
    bool accepted = reader_end(&reader);
    if (accepted)
        assert_memory_equal(read, text, length);
    else
        assert_string_equal(read, "");
    writer_release(&writer);
    arena_free(arena);
    return accepted;
}

static void texts_are_checked(void **state)
{
    (void)state;
    assert_true(text_accepted("", 0, 0));
    assert_true(text_accepted("中文\tx\n", 9, 9));
    assert_false(text_accepted("中文\tx\n", 9, 8));
    assert_true(text_accepted("\xF0\x9F\x98\x80", 4, 10));
    static const struct {
        const char *bytes;
        size_t length;
    } bad[] = {
        {"a\0b", 3},
        {"\x1b[2J", 4},
        {"\r", 1},
        {"\x7f", 1},
        {"\xC2\x9B", 2},
        {"\xC0\x80", 2},
        {"\xC1\xBF", 2},
        {"\xE0\x80\xAF", 3},
        {"\xED\xA0\x80", 3},
        {"\xE4\xB8", 2},
        {"\x80", 1},
        {"\xF4\x90\x80\x80", 4},
        {"\xF0\x80\x80\x80", 4},
        {"\xF5\x80\x80\x80", 4},
        {"\xD6\xD0", 2},
        {"\xE4\x41\x42", 3},
    };
    for (size_t place = 0; place < sizeof bad / sizeof bad[0]; place++)
        assert_false(text_accepted(bad[place].bytes, bad[place].length, 100));
}

static void every_code_point_decodes(void **state)
{
    (void)state;
    for (uint32_t code = 0x80; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 7) {
        char bytes[4];
        size_t size;
        if (code < 0x800) {
            bytes[0] = (char)(0xC0 | code >> 6);
            bytes[1] = (char)(0x80 | (code & 0x3F));
            size = 2;
        } else if (code < 0x10000) {
            bytes[0] = (char)(0xE0 | code >> 12);
            bytes[1] = (char)(0x80 | (code >> 6 & 0x3F));
            bytes[2] = (char)(0x80 | (code & 0x3F));
            size = 3;
        } else {
            bytes[0] = (char)(0xF0 | code >> 18);
            bytes[1] = (char)(0x80 | (code >> 12 & 0x3F));
            bytes[2] = (char)(0x80 | (code >> 6 & 0x3F));
            bytes[3] = (char)(0x80 | (code & 0x3F));
            size = 4;
        }
        uint32_t decoded;
        bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        assert_int_equal(utf8_decode(bytes, size, &decoded), surrogate ? 0 : size);
        assert_int_equal(decoded, surrogate ? 0 : code);
        assert_int_equal(utf8_decode(bytes, size - 1, &decoded), 0);
    }
}

static void widths_follow_unicode(void **state)
{
    (void)state;
    static const struct {
        uint32_t code;
        int width;
        bool ambiguous;
    } cases[] = {
        {'A', 1, false},     {0x4E2D, 2, false},  {0x3000, 2, false},  {0xFF21, 2, false},
        {0xFF71, 1, false},  {0x20BB7, 2, false}, {0x3FFFD, 2, false}, {0xAC00, 2, false},
        {0x1F600, 2, false}, {0x0301, 0, false},  {0x200B, 0, false},  {0xFE0F, 0, false},
        {0x2460, 1, true},   {0x201C, 1, true},   {0x2192, 1, true},   {0x2500, 1, true},
        {0x00B7, 1, true},   {0x03B1, 1, true},   {0x00E9, 1, true},   {0x00EB, 1, false},
        {0x1100, 2, false},  {0x1161, 0, false},  {0x0007, 0, false},  {0x0085, 0, false},
        {0xE000, 1, true},   {0x00AD, 1, true},   {0x0627, 1, false},  {0x303F, 1, false},
        {0x2329, 2, false},  {0x10FFFD, 1, true},
    };
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place++) {
        uint32_t code = cases[place].code;
        assert_int_equal(utf8_columns(code, 1), cases[place].width);
        assert_int_equal(utf8_columns(code, 2), cases[place].ambiguous ? 2 : cases[place].width);
        assert_true(utf8_is_ambiguous(code) == cases[place].ambiguous);
    }
    for (uint32_t code = 0x4E00; code <= 0x9FFF; code++)
        assert_int_equal(utf8_columns(code, 1), 2);
    assert_int_equal(utf8_width("客户A①", 1), 6);
    assert_int_equal(utf8_width("客户A①", 2), 7);
    assert_int_equal(utf8_count("客户A①"), 4);
    assert_int_equal(utf8_width("a\xFF", 1), 2); /* a stray byte shows as one mark */
}

static void arenas_hold_and_forget(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    for (int round = 0; round < 3; round++) {
        char *kept[200];
        for (size_t place = 0; place < 200; place++) {
            kept[place] = arena_allocate(arena, place * 97 + 1, 3);
            assert_int_equal((uintptr_t)kept[place] % _Alignof(max_align_t), 0);
            for (size_t at = 0; at < (place * 97 + 1) * 3; at++)
                assert_int_equal(kept[place][at], 0);
            memset(kept[place], (int)place, (place * 97 + 1) * 3);
        }
        for (size_t place = 0; place < 200; place++)
            for (size_t at = 0; at < (place * 97 + 1) * 3; at++)
                assert_int_equal((unsigned char)kept[place][at], place);
        assert_true(arena_held(arena) > 200 * 97 * 100 * 3);
        arena_reset(arena);
        assert_true(arena_held(arena) < 16 * 1024);
    }
    assert_string_equal(arena_format(arena, "%s-%d", "A", 7), "A-7");
    assert_string_equal(arena_copy(arena, "abc", 2), "ab");
    assert_null(arena_string(arena, NULL));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("integers of every size come back as they went", integers_round_trip),
        TEST("overlong, oversized and truncated integers are refused", bad_integers_are_refused),
        TEST("a reader that failed stays failed and rejects trailing bytes",
             reader_error_is_sticky),
        TEST("a writer stops at its limit and patches only what is there", writer_keeps_its_limit),
        TEST("texts with controls, NUL or bytes that are not UTF-8 are refused", texts_are_checked),
        TEST("code points decode from their only form", every_code_point_decodes),
        TEST("columns follow East Asian width, ambiguous by the line", widths_follow_unicode),
        TEST("an arena hands out zeroed, separate, aligned pieces", arenas_hold_and_forget),
    };
    return RUN_TESTS(tests);
}
