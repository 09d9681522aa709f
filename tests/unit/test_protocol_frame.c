/* Tests of frames and of deflation with the dictionary. */
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "protocol/arena.h"
#include "protocol/dictionary.h"
#include "protocol/fault.h"
#include "protocol/frame.h"
#include "tests/unit/protocol_fixture.h"

/* What man/halldesk-protocol.7 states; changing the dictionary takes a new protocol version. */
#define DICTIONARY_CRC    0xD9629031
#define DICTIONARY_LENGTH 3985

static void frames_are_cut_from_a_stream(void **state)
{
    (void)state;
    struct writer writer;
    writer_initialise(&writer, 4096);
    size_t offset = frame_begin(&writer, FRAME_PING);
    writer_u64(&writer, 42);
    frame_finish(&writer, offset);
    size_t first = writer.length;
    offset = frame_begin(&writer, FRAME_PUSH);
    frame_finish(&writer, offset);
    assert_int_equal(first, FRAME_HEADER + 8);
    assert_memory_equal(writer.bytes, "\x00\x00\x00\x0A\x07\x00", 6);
    struct frame frame;
    size_t used;
    for (size_t length = 0; length < first; length++) {
        assert_int_equal(frame_next(writer.bytes, length, FRAME_HELLO_LIMIT, &frame, &used),
                         FRAME_NEEDS_MORE);
        assert_int_equal(used, 0);
    }
    assert_int_equal(frame_next(writer.bytes, writer.length, FRAME_HELLO_LIMIT, &frame, &used),
                     FRAME_READY);
    assert_int_equal(used, first);
    assert_int_equal(frame.type, FRAME_PING);
    assert_int_equal(frame.length, 8);
    assert_ptr_equal(frame.body, writer.bytes + FRAME_HEADER);
    assert_int_equal(
        frame_next(writer.bytes + first, writer.length - first, FRAME_HELLO_LIMIT, &frame, &used),
        FRAME_READY);
    assert_int_equal(frame.type, FRAME_PUSH);
    assert_int_equal(frame.length, 0);
    writer_release(&writer);
}

static enum frame_state state_of(const char *bytes, size_t length, size_t limit)
{
    struct frame frame;
    size_t used;
    return frame_next((const uint8_t *)bytes, length, limit, &frame, &used);
}

static void bad_frames_are_broken_at_once(void **state)
{
    (void)state;
    assert_int_equal(state_of("\x00\x00\x00\x00", 4, 512), FRAME_BROKEN);
    assert_int_equal(state_of("\x00\x00\x00\x01", 4, 512), FRAME_BROKEN);
    assert_int_equal(state_of("\xff\xff\xff\xff", 4, FRAME_REPLY_LIMIT), FRAME_BROKEN);
    assert_int_equal(state_of("\x00\x00\x01\xFD", 4, 512), FRAME_BROKEN);         /* 513 in all */
    assert_int_equal(state_of("\x00\x00\x01\xFC", 4, 512), FRAME_NEEDS_MORE);     /* 512 in all */
    assert_int_equal(state_of("\x00\x00\x00\x02\x07\x02", 6, 512), FRAME_BROKEN); /* flag 2 */
    assert_int_equal(state_of("GET / HTTP", 10, FRAME_REPLY_LIMIT), FRAME_BROKEN);
    assert_int_equal(state_of("\x16\x03\x01\x02", 4, FRAME_REPLY_LIMIT), FRAME_BROKEN);
}

/* A page of customers as a reply's body. */
static void page_write(struct writer *writer, struct arena *arena, int rows)
{
    for (int row = 0; row < rows; row++) {
        struct record *record = fixture_customer_record(arena);
        record_set_text(record, "number", arena_format(arena, "C%07d", 37284 + row * 17));
        record_set_integer(record, "points", row * 37);
        record_encode(writer, record);
    }
}

static void bodies_deflate_and_come_back(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct deflater *deflater = deflater_create();
    struct writer plain;
    struct writer frames;
    struct writer inflated;
    writer_initialise(&plain, FRAME_REPLY_LIMIT);
    writer_initialise(&frames, FRAME_REPLY_LIMIT);
    writer_initialise(&inflated, FRAME_REPLY_LIMIT);
    for (int rows = 2; rows < 200; rows += 60) {
        writer_clear(&plain);
        writer_clear(&frames);
        page_write(&plain, arena, rows);
        writer_u8(&frames, 0xAA); /* frames need not begin a buffer */
        size_t offset = frame_begin(&frames, FRAME_REPLY);
        page_write(&frames, arena, rows);
        deflater_frame(deflater, &frames, offset);
        frame_finish(&frames, offset);
        struct frame frame;
        size_t used;
        assert_int_equal(
            frame_next(frames.bytes + 1, frames.length - 1, FRAME_REPLY_LIMIT, &frame, &used),
            FRAME_READY);
        assert_int_equal(used, frames.length - 1);
        assert_int_equal(frame.flags, FRAME_DEFLATED);
        assert_true(frame.length < plain.length / 2);
        assert_true(deflater_inflate(deflater, frame.body, frame.length, &inflated));
        assert_int_equal(inflated.length, plain.length);
        assert_memory_equal(inflated.bytes, plain.bytes, plain.length);
    }
    writer_release(&plain);
    writer_release(&frames);
    writer_release(&inflated);
    deflater_free(deflater);
    arena_free(arena);
}

static void small_and_dense_bodies_stay(void **state)
{
    (void)state;
    struct deflater *deflater = deflater_create();
    struct writer writer;
    writer_initialise(&writer, FRAME_REPLY_LIMIT);
    size_t offset = frame_begin(&writer, FRAME_REPLY);
    for (int count = 0; count < FRAME_DEFLATE_FROM - 1; count++)
        writer_u8(&writer, 'a');
    deflater_frame(deflater, &writer, offset);
    assert_int_equal(writer.length, FRAME_HEADER + FRAME_DEFLATE_FROM - 1);
    assert_int_equal(writer.bytes[5], 0);
    writer_clear(&writer);
    offset = frame_begin(&writer, FRAME_REPLY);
    uint32_t noise = 1;
    for (int count = 0; count < 4096; count++) {
        noise = noise * 1664525u + 1013904223u;
        writer_u8(&writer, (uint8_t)(noise >> 24));
    }
    deflater_frame(deflater, &writer, offset);
    assert_int_equal(writer.length, FRAME_HEADER + 4096);
    assert_int_equal(writer.bytes[5], 0);
    writer_release(&writer);
    deflater_free(deflater);
}

static void garbled_and_swollen_bodies_are_refused(void **state)
{
    (void)state;
    struct deflater *deflater = deflater_create();
    struct writer bomb;
    struct writer out;
    writer_initialise(&bomb, 64 << 20);
    writer_initialise(&out, 64 << 20);
    size_t offset = frame_begin(&bomb, FRAME_REPLY);
    static const uint8_t zeros[4096];
    for (int count = 0; count < FRAME_REPLY_LIMIT / 4096; count++)
        writer_bytes(&bomb, zeros, sizeof zeros);
    writer_u8(&bomb, 0); /* one byte more than may come out */
    deflater_frame(deflater, &bomb, offset);
    assert_true(bomb.length < 8192);
    const uint8_t *body = bomb.bytes + FRAME_HEADER;
    size_t length = bomb.length - FRAME_HEADER;
    assert_false(deflater_inflate(deflater, body, length, &out));
    assert_true(out.length <= FRAME_REPLY_LIMIT + 64 * 1024);
    for (size_t cut = 0; cut < 64; cut++)
        assert_false(deflater_inflate(deflater, body, cut, &out));

    struct writer small;
    writer_initialise(&small, 64);
    writer_clear(&bomb);
    offset = frame_begin(&bomb, FRAME_REPLY);
    for (int count = 0; count < 600; count++)
        writer_u8(&bomb, 'x');
    deflater_frame(deflater, &bomb, offset);
    body = bomb.bytes + FRAME_HEADER;
    length = bomb.length - FRAME_HEADER;
    assert_true(deflater_inflate(deflater, body, length, &out));
    assert_int_equal(out.length, 600);
    assert_false(deflater_inflate(deflater, body, length, &small)); /* the writer's own limit */
    writer_u8(&bomb, 0);
    assert_false(deflater_inflate(deflater, bomb.bytes + FRAME_HEADER, length + 1, &out));
    assert_false(deflater_inflate(deflater, (const uint8_t *)"\xff\xff\xff", 3, &out));
    writer_release(&bomb);
    writer_release(&out);
    writer_release(&small);
    deflater_free(deflater);
}

static void dictionary_is_the_documented_one(void **state)
{
    (void)state;
    assert_int_equal(deflate_dictionary_length, DICTIONARY_LENGTH);
    assert_int_equal(crc32_z(0, deflate_dictionary, deflate_dictionary_length), DICTIONARY_CRC);
}

static void expect_frame(struct writer *writer, size_t offset, const char *bytes, size_t length)
{
    frame_finish(writer, offset);
    assert_int_equal(writer->length, length);
    assert_memory_equal(writer->bytes, bytes, length);
    writer_clear(writer);
}

static void examples_of_the_manual_hold(void **state)
{
    (void)state;
    struct writer writer;
    writer_initialise(&writer, 512);
    size_t offset = frame_begin(&writer, FRAME_HELLO);
    writer_bytes(&writer, "HDSK", 4);
    writer_u16(&writer, PROTOCOL_VERSION);
    writer_text(&writer, "zh");
    writer_text(&writer, "UTF-8");
    writer_text(&writer, "example 1");
    writer_text(&writer, "pts/0");
    writer_u8(&writer, 0);
    expect_frame(&writer, offset,
                 "\x00\x00\x00\x22\x01\x00\x48\x44\x53\x4b\x00\x01\x02\x7a\x68\x05\x55\x54\x46\x2d"
                 "\x38\x09\x65\x78\x61\x6d\x70\x6c\x65\x20\x31\x05\x70\x74\x73\x2f\x30\x00",
                 38);
    offset = frame_begin(&writer, FRAME_PING);
    writer_u64(&writer, 42);
    expect_frame(&writer, offset, "\x00\x00\x00\x0a\x07\x00\x00\x00\x00\x00\x00\x00\x00\x2a", 14);
    offset = frame_begin(&writer, FRAME_REFUSE);
    writer_unsigned(&writer, STATUS_VERSION);
    writer_text(&writer, "1");
    expect_frame(&writer, offset, "\x00\x00\x00\x05\x03\x00\x16\x01\x31", 9);
    writer_release(&writer);
}

/* The manual as one text, in the arena; NULL where there is no source tree. */
static const char *manual_read(struct arena *arena)
{
    const char *source = getenv("HALLDESK_SOURCE");
    FILE *file =
        fopen(arena_format(arena, "%s/man/halldesk-protocol.7", source ? source : "."), "r");
    if (!file)
        return NULL;
    enum { MANUAL_LIMIT = 1 << 17 };
    char *text = arena_allocate(arena, MANUAL_LIMIT, 1);
    size_t length = fread(text, 1, MANUAL_LIMIT - 1, file);
    fclose(file);
    return length > 0 ? text : NULL;
}

static void manual_names_every_number(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    const char *manual = manual_read(arena);
    if (!manual) {
        arena_free(arena);
        print_message("# no manual: HALLDESK_SOURCE is not set\n");
        skip();
    }
    for (int status = 0; status < STATUS_COUNT; status++)
        if (!strstr(manual, arena_format(arena, "\n.It %s Ta %d Ta", status_names[status], status)))
            fail_msg("the manual lacks status %d, %s", status, status_names[status]);
    for (int type = VALUE_TEXT; type <= VALUE_LINES; type++)
        if (!strstr(manual, arena_format(arena, "\n.It %s Ta %d Ta", value_type_names[type], type)))
            fail_msg("the manual lacks value type %d, %s", type, value_type_names[type]);
    assert_non_null(strstr(manual, arena_format(arena, "%08X", DICTIONARY_CRC)));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("frames are cut from a stream whole and never early", frames_are_cut_from_a_stream),
        TEST("lengths and flags out of bounds break the stream at once",
             bad_frames_are_broken_at_once),
        TEST("pages deflate to less than half and come back", bodies_deflate_and_come_back),
        TEST("small and dense bodies travel as they are", small_and_dense_bodies_stay),
        TEST("garbled, swollen and trailed deflated bodies are refused",
             garbled_and_swollen_bodies_are_refused),
        TEST("the examples of the manual hold", examples_of_the_manual_hold),
        TEST("the manual names every status and value type", manual_names_every_number),
        TEST("the dictionary is the documented one", dictionary_is_the_documented_one),
    };
    return RUN_TESTS(tests);
}
