/* Fuzz target: everything that a peer's bytes reach first. The first byte of an input chooses the
 * decoder. What decodes must encode again to something that decodes to the same.
 *
 * For libFuzzer build this file, tests/unit/protocol_fixture.c and all of protocol with
 * clang -std=c17 -D_GNU_SOURCE -I. -g -O1 -fsanitize=fuzzer,address,undefined … -lz */
#include "tests/fuzz/fuzz_protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "protocol/arena.h"
#include "protocol/fault.h"
#include "protocol/frame.h"
#include "tests/unit/protocol_fixture.h"

enum fuzz_kind {
    FUZZ_ORDER = 0,
    FUZZ_CUSTOMER,
    FUZZ_FORM,
    FUZZ_FRAMES,
    FUZZ_FAULTS,
    FUZZ_INTEGERS,
    FUZZ_COUNT
};

enum { FUZZ_LIMIT = 1 << 20 };

unsigned long fuzz_accepted;

static struct arena *arena;
static struct writer first;
static struct writer second;
static struct writer inflated;
static struct deflater *deflater;

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void prepare(void)
{
    if (arena) {
        arena_reset(arena);
        writer_clear(&first);
        writer_clear(&second);
        return;
    }
    arena = arena_create();
    writer_initialise(&first, FUZZ_LIMIT);
    writer_initialise(&second, FUZZ_LIMIT);
    writer_initialise(&inflated, FUZZ_LIMIT);
    deflater = deflater_create();
}

static void fuzz_record(const uint8_t *bytes, size_t length, const struct form *form)
{
    struct reader reader;
    reader_initialise(&reader, bytes, length);
    const struct record *record = record_decode(&reader, form, arena);
    HOLDS((record == NULL) == reader.failed);
    if (!record || !reader_end(&reader))
        return;
    fuzz_accepted++;
    record_encode(&first, record_copy(record, arena));
    HOLDS(!first.failed && first.length == length);
    reader_initialise(&reader, first.bytes, first.length);
    const struct record *again = record_decode(&reader, form, arena);
    HOLDS(again && reader_end(&reader));
    for (size_t index = 0; index < form->field_count; index++) {
        enum value_type type = form->fields[index].type;
        HOLDS(record->values[index].presence == again->values[index].presence);
        HOLDS(value_equal(type, &record->values[index], &again->values[index]));
        HOLDS(value_format(type, &record->values[index], arena) != NULL);
    }
}

/* The hash is made to fit, or no change would ever get past it. */
static void fuzz_form(const uint8_t *bytes, size_t length)
{
    uint32_t hash = (uint32_t)crc32_z(0, bytes, length);
    writer_u32(&first, hash ? hash : 1);
    writer_bytes(&first, bytes, length);
    if (first.failed)
        return;
    struct reader reader;
    reader_initialise(&reader, first.bytes, first.length);
    struct form *form = form_decode(&reader, arena);
    HOLDS((form == NULL) == reader.failed);
    if (!form || !reader_end(&reader))
        return;
    fuzz_accepted++;
    form_encode(&second, form);
    HOLDS(!second.failed && second.length == first.length);
    HOLDS(memcmp(second.bytes, first.bytes, first.length) == 0);
    uint32_t before = form->hash;
    form_seal(form);
    HOLDS(form->hash == before);
    struct record *record = record_create(form, arena);
    writer_clear(&second);
    record_encode(&second, record);
    HOLDS(!second.failed && second.length == 3);
}

static void fuzz_frames(const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        struct frame frame;
        size_t used;
        enum frame_state state = frame_next(bytes, length, FUZZ_LIMIT, &frame, &used);
        HOLDS((state == FRAME_READY) == (used > 0));
        if (state != FRAME_READY)
            return;
        HOLDS(used == frame.length + FRAME_HEADER && used <= length);
        if (frame.flags & FRAME_DEFLATED) {
            if (deflater_inflate(deflater, frame.body, frame.length, &inflated))
                fuzz_accepted++;
            HOLDS(inflated.length <= FUZZ_LIMIT);
        } else {
            fuzz_accepted++;
            size_t offset = frame_begin(&second, frame.type);
            writer_bytes(&second, frame.body, frame.length);
            deflater_frame(deflater, &second, offset);
            frame_finish(&second, offset);
            HOLDS(!second.failed && second.length <= used);
            if (second.bytes[FRAME_HEADER - 1] & FRAME_DEFLATED) {
                HOLDS(deflater_inflate(deflater, second.bytes + FRAME_HEADER,
                                       second.length - FRAME_HEADER, &inflated));
                HOLDS(inflated.length == frame.length);
                HOLDS(memcmp(inflated.bytes, frame.body, frame.length) == 0);
            }
            writer_clear(&second);
        }
        bytes += used;
        length -= used;
    }
}

static void fuzz_faults(const uint8_t *bytes, size_t length)
{
    struct reader reader;
    reader_initialise(&reader, bytes, length);
    struct faults faults;
    faults_initialise(&faults, arena);
    if (!faults_decode(&reader, &faults) || !reader_end(&reader))
        return;
    fuzz_accepted++;
    faults_encode(&first, &faults);
    HOLDS(!first.failed && first.length == length);
    HOLDS(memcmp(first.bytes, bytes, length) == 0);
}

static void fuzz_integers(const uint8_t *bytes, size_t length)
{
    struct reader reader;
    reader_initialise(&reader, bytes, length);
    while (reader_left(&reader) > 0) {
        size_t start = reader.position;
        uint64_t value = reader_unsigned(&reader);
        if (reader.failed)
            return;
        writer_clear(&first);
        writer_unsigned(&first, value);
        HOLDS(first.length == reader.position - start);
        HOLDS(memcmp(first.bytes, bytes + start, first.length) == 0);
    }
    fuzz_accepted++;
    char *text = arena_copy(arena, (const char *)bytes, length);
    HOLDS(utf8_count(text) <= length && utf8_width(text, 2) <= (int)(2 * length));
    for (int type = VALUE_TEXT; type <= VALUE_LINES; type++) {
        struct value value = {0};
        if (value_parse((enum value_type)type, text, arena, &value))
            HOLDS(value_format((enum value_type)type, &value, arena) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < 1 || length > FUZZ_LIMIT / 2)
        return 0;
    prepare();
    /* A copy of the exact size, so that the sanitizer sees a step past the end. */
    uint8_t *copy = malloc(length);
    HOLDS(copy);
    memcpy(copy, bytes, length);
    const uint8_t *input = copy + 1;
    length--;
    switch (copy[0] % FUZZ_COUNT) {
    case FUZZ_ORDER:
        fuzz_record(input, length, fixture_order());
        break;
    case FUZZ_CUSTOMER:
        fuzz_record(input, length, fixture_customer());
        break;
    case FUZZ_FORM:
        fuzz_form(input, length);
        break;
    case FUZZ_FRAMES:
        fuzz_frames(input, length);
        break;
    case FUZZ_FAULTS:
        fuzz_faults(input, length);
        break;
    default:
        fuzz_integers(input, length);
        break;
    }
    free(copy);
    return 0;
}

static void seed_frames(struct writer *writer)
{
    size_t offset = frame_begin(writer, FRAME_HELLO);
    writer_text(writer, "HDSK");
    frame_finish(writer, offset);
    for (int deflated = 0; deflated < 2; deflated++) {
        offset = frame_begin(writer, FRAME_REPLY);
        record_encode(writer, fixture_customer_record(arena));
        form_encode(writer, fixture_order());
        if (deflated)
            deflater_frame(deflater, writer, offset);
        frame_finish(writer, offset);
    }
}

static void seed_faults(struct writer *writer)
{
    struct faults faults;
    faults_initialise(&faults, arena);
    faults_add(&faults, "required", 1, NULL)->line = 3;
    faults_add(&faults, "too_long", 2, "40", "张三", NULL)->warning = true;
    faults_add(&faults, "rule", 1001, NULL)->text_zh = "不可以";
    faults_encode(writer, &faults);
}

size_t fuzz_seed(unsigned which, uint8_t *bytes, size_t capacity)
{
    prepare();
    writer_u8(&first, (uint8_t)(which % FUZZ_COUNT));
    switch (which) {
    case FUZZ_ORDER:
        record_encode(&first, fixture_order_record(arena));
        break;
    case FUZZ_CUSTOMER:
        record_encode(&first, fixture_customer_record(arena));
        break;
    case FUZZ_FORM:
        form_encode(&second, fixture_order());
        writer_bytes(&first, second.bytes + 4, second.length - 4); /* fuzz_form() adds the hash */
        break;
    case FUZZ_FRAMES:
        seed_frames(&first);
        break;
    case FUZZ_FAULTS:
        seed_faults(&first);
        break;
    case FUZZ_INTEGERS:
        writer_unsigned(&first, UINT64_MAX);
        writer_bytes(&first, "1,234.50", 8);
        break;
    case FUZZ_COUNT: /* another form, with verbs, states and tabs */
        writer_clear(&first);
        writer_u8(&first, FUZZ_FORM);
        form_encode(&second, fixture_customer());
        writer_bytes(&first, second.bytes + 4, second.length - 4);
        break;
    default:
        return 0;
    }
    HOLDS(!first.failed && first.length <= capacity);
    memcpy(bytes, first.bytes, first.length);
    return first.length;
}
