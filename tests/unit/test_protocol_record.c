/* Tests of records and their coding; the size of a customer on the wire. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>
#include <zlib.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "tests/unit/protocol_fixture.h"

#define ORDER_CRC     0x249ACD7B
#define ORDER_HASH    0xDDE4DB81
#define CUSTOMER_HASH 0x17BD3D17

static struct writer writer;
static struct arena *arena;

static struct record *record_again(const struct record *record)
{
    writer_clear(&writer);
    record_encode(&writer, record);
    assert_false(writer.failed);
    struct reader reader;
    reader_initialise(&reader, writer.bytes, writer.length);
    struct record *read = record_decode(&reader, record->form, arena);
    assert_non_null(read);
    assert_true(reader_end(&reader));
    return read;
}

static bool record_accepted(const struct form *form, const void *bytes, size_t length)
{
    struct arena *own = arena_create();
    struct reader reader;
    reader_initialise(&reader, bytes, length);
    bool accepted = record_decode(&reader, form, own) != NULL && reader_end(&reader);
    arena_free(own);
    return accepted;
}

static void assert_same(const struct record *one, const struct record *other)
{
    for (size_t index = 0; index < one->form->field_count; index++) {
        assert_int_equal(one->values[index].presence, other->values[index].presence);
        assert_true(
            value_equal(one->form->fields[index].type, &one->values[index], &other->values[index]));
    }
}

static void records_round_trip(void **state)
{
    (void)state;
    struct record *order = fixture_order_record(arena);
    assert_same(order, record_again(order));
    const struct record *read = record_again(order);
    assert_int_equal(record_value(read, "remark")->presence, VALUE_CLEARED);
    assert_int_equal(record_value(read, "weight")->presence, VALUE_ABSENT);
    assert_string_equal(record_text(read, "colour"), "红色\n\tmatt");
    assert_string_equal(record_value(read, "customer")->label, "欧阳建国");
    const struct lines *items = record_value(read, "items")->lines;
    assert_int_equal(items->count, 2);
    assert_int_equal(items->lines[1].action, LINE_ADD);
    assert_int_equal(items->lines[1].record.version, 2000);
    const struct lines *charges = record_value(&items->lines[1].record, "charges")->lines;
    assert_true(record_integer(&charges->lines[0].record, "amount") == INT64_MIN);
    assert_same(fixture_customer_record(arena), record_again(fixture_customer_record(arena)));
    struct record *empty = record_create(fixture_order(), arena);
    assert_same(empty, record_again(empty));
    assert_int_equal(writer.length, 3);
}

static void extra_fields_clear_and_fill(void **state)
{
    (void)state;
    struct record *record = record_create(fixture_order(), arena);
    record_value(record, "colour")->presence = VALUE_CLEARED;
    record_set_integer(record, "weight", -3);
    const struct record *read = record_again(record);
    assert_int_equal(record_value(read, "colour")->presence, VALUE_CLEARED);
    assert_int_equal(record_integer(read, "weight"), -3);
    assert_true(record_has(read, "weight"));
    assert_false(record_has(read, "colour"));
    assert_int_equal(record_integer(read, "no such field"), 0);
    assert_string_equal(record_text(read, "no such field"), "");
    assert_null(record_value(read, "no such field"));
}

static void copies_stand_alone(void **state)
{
    (void)state;
    struct arena *first = arena_create();
    struct record *order = fixture_order_record(first);
    struct record *copy = record_copy(order, arena);
    struct record *again = fixture_order_record(arena);
    memset(record_value(order, "items")->lines->lines, 0, sizeof(struct line));
    arena_free(first);
    assert_same(copy, again);
    struct record *added = record_add_line(copy, "items", arena);
    record_set_integer(added, "quantity", 5);
    assert_int_equal(record_value(copy, "items")->lines->count, 3);
    assert_int_equal(record_value(again, "items")->lines->count, 2);
}

static void damaged_records_are_refused(void **state)
{
    (void)state;
    record_again(fixture_order_record(arena));
    uint8_t bytes[4096];
    size_t length = writer.length;
    memcpy(bytes, writer.bytes, length);
    assert_true(record_accepted(fixture_order(), bytes, length));
    for (size_t cut = 0; cut < length; cut++)
        assert_false(record_accepted(fixture_order(), bytes, cut));
    bytes[length] = 0;
    assert_false(record_accepted(fixture_order(), bytes, length + 1));
}

static void wrong_numbers_are_refused(void **state)
{
    (void)state;
    const struct form *form = fixture_order();
#define REFUSED(bytes)  assert_false(record_accepted(form, (bytes), sizeof(bytes) - 1))
#define ACCEPTED(bytes) assert_true(record_accepted(form, (bytes), sizeof(bytes) - 1))
    ACCEPTED("\x00\x00\x00");
    ACCEPTED("\x01\x08\x05\x00\x00");                /* field 3, a date */
    REFUSED("\x02\x08\x00\x05\x00\x00");             /* map ends in 0 */
    REFUSED("\x01\x01\x05\x00\x00");                 /* field 0 */
    REFUSED("\x01\x40\x05\x00\x00");                 /* field 6: unknown */
    REFUSED("\x7E");                                 /* map longer than any */
    ACCEPTED("\x00\x01\x09\x00");                    /* remark cleared */
    REFUSED("\x00\x02\x09\x09\x00");                 /* twice */
    REFUSED("\x00\x01\x06\x00");                     /* unknown cleared */
    REFUSED("\x01\x08\x05\x01\x03\x00");             /* present and cleared */
    ACCEPTED("\x00\x00\x01\xE8\x07\x05");            /* extra 1000 */
    REFUSED("\x00\x00\x02\xE8\x07\x05\xE8\x07\x05"); /* twice */
    REFUSED("\x00\x01\xE8\x07\x01\xE8\x07\x05");     /* cleared and present */
    REFUSED("\x00\x00\x01\x03\x05");                 /* an ordinary field among the extra ones */
    REFUSED("\x00\x00\x01\xEA\x07\x05");             /* unknown extra */
    REFUSED("\x00\x0A");                             /* more cleared than fields */
    REFUSED("\x01\x08\xFE\xFF\xFF\xFF\x0F\x00\x00"); /* a date beyond 9999 */
    REFUSED("\x01\x02\x02\xD6\xD0\x00\x00");         /* GB18030 where UTF-8 is due */
#undef REFUSED
#undef ACCEPTED
    static const uint8_t flag_two[] = {125, [125] = 0x80, 4, 0, 0};
    static const uint8_t flag_one[] = {125, [125] = 0x80, 2, 0, 0};
    assert_false(record_accepted(form, flag_two, sizeof flag_two));
    assert_true(record_accepted(form, flag_one, sizeof flag_one));
}

static void bombs_are_refused(void **state)
{
    (void)state;
    /* field 5 (items) with 9,999 lines announced in four bytes: no memory is taken for them */
    struct arena *own = arena_create();
    size_t before = arena_held(own);
    struct reader reader;
    reader_initialise(&reader, "\x01\x20\x8F\x4E\x00\x00\x00\x00", 8);
    assert_null(record_decode(&reader, fixture_order(), own));
    assert_int_equal(arena_held(own), before);
    arena_free(own);
    /* action 4 of a line */
    assert_false(
        record_accepted(fixture_order(), "\x01\x20\x01\x00\x00\x04\x00\x00\x00\x00\x00", 11));
    assert_true(
        record_accepted(fixture_order(), "\x01\x20\x01\x00\x00\x03\x00\x00\x00\x00\x00", 11));
    /* Lines count over all depths together. */
    struct record *order = record_create(fixture_order(), arena);
    for (int line = 0; line < 101; line++) {
        struct record *item = record_add_line(order, "items", arena);
        for (int charge = 0; charge < 99; charge++)
            record_add_line(item, "charges", arena);
        writer_clear(&writer);
        record_encode(&writer, order);
        assert_true(writer.failed == (line >= RECORD_LINE_LIMIT / 100));
        if (line == RECORD_LINE_LIMIT / 100 - 1)
            assert_true(record_accepted(fixture_order(), writer.bytes, writer.length));
    }
}

static void depth_is_capped(void **state)
{
    (void)state;
    struct field field = {.number = 1, .name = "inner", .type = VALUE_LINES};
    struct form form = {.number = 1, .name = "nest", .field_count = 1, .fields = &field};
    field.lines = &form;
    struct record *head = record_create(&form, arena);
    struct record *level = head;
    for (int depth = 1; depth <= RECORD_DEPTH_LIMIT + 1; depth++) {
        level = record_add_line(level, "inner", arena);
        writer_clear(&writer);
        record_encode(&writer, head);
        assert_true(writer.failed == (depth > RECORD_DEPTH_LIMIT));
    }
    /* The same, one level too many, written by hand: depth + 1 heads, then the tails. */
    uint8_t bytes[100];
    size_t length = 0;
    for (int depth = 0; depth <= RECORD_DEPTH_LIMIT; depth++) {
        static const uint8_t opening[] = {1, 2, 1, 0, 0, 0};
        memcpy(bytes + length, opening, sizeof opening);
        length += sizeof opening;
    }
    memset(bytes + length, 0, 3 + 2 * (RECORD_DEPTH_LIMIT + 1));
    length += 3 + 2 * (RECORD_DEPTH_LIMIT + 1);
    assert_false(record_accepted(&form, bytes, length));
    assert_true(record_accepted(&form, bytes + 6, length - 8));
}

static void customer_is_small(void **state)
{
    (void)state;
    struct record *record = fixture_customer_record(arena);
    assert_int_equal(record->form->field_count, 30);
    for (size_t index = 0; index < 30; index++)
        assert_int_equal(record->values[index].presence, VALUE_PRESENT);
    record_again(record);
    print_message("# record.bytes %zu byte\n", writer.length);
    assert_true(writer.length < 400);
}

static void coding_is_permanent(void **state)
{
    (void)state;
    struct record *record = record_create(fixture_order(), arena); /* examples of the man page */
    record_set_integer(record, "wanted", value_days_from_civil(1969, 12, 29));
    record_again(record);
    assert_int_equal(writer.length, 5);
    assert_memory_equal(writer.bytes, "\x01\x08\x05\x00\x00", 5);
    record = record_create(fixture_order(), arena);
    record_set_text(record, "number", "A7");
    record_value(record, "remark")->presence = VALUE_CLEARED;
    record_set_integer(record, "weight", 2);
    record_again(record);
    assert_int_equal(writer.length, 11);
    assert_memory_equal(writer.bytes, "\x01\x02\x02\x41\x37\x01\x09\x01\xe8\x07\x04", 11);
    /* Replays and kept layouts outlive a release: these change with PROTOCOL_VERSION only. */
    record_again(fixture_order_record(arena));
    assert_int_equal(crc32_z(0, writer.bytes, writer.length), ORDER_CRC);
    assert_int_equal(fixture_customer()->hash, CUSTOMER_HASH);
    assert_int_equal(fixture_order()->hash, ORDER_HASH);
}

static int prepare(void **state)
{
    (void)state;
    arena = arena_create();
    writer_initialise(&writer, 1 << 20);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    arena_free(arena);
    writer_release(&writer);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("records come back, lines within lines included", records_round_trip),
        TEST("extra fields are filled and cleared by their numbers", extra_fields_clear_and_fill),
        TEST("a copy shares nothing with its original", copies_stand_alone),
        TEST("a record cut short anywhere or lengthened is refused", damaged_records_are_refused),
        TEST("unknown, doubled and contradicting field numbers are refused",
             wrong_numbers_are_refused),
        TEST("counts that the bytes cannot hold, and too many lines, are refused",
             bombs_are_refused),
        TEST("lines nest four deep and no deeper", depth_is_capped),
        TEST("the coding of records and layouts never changes", coding_is_permanent),
        TEST("a customer of 30 filled fields takes less than 400 bytes", customer_is_small),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, prepare, finish);
}
