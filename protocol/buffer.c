/* Writer and reader of bytes, with sticky errors; the reader is where foreign bytes come in. */
#include "protocol/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"

enum { WRITER_FIRST_CAPACITY = 256, LEB128_LONGEST = 10 };

void writer_initialise(struct writer *writer, size_t limit)
{
    *writer = (struct writer){.limit = limit};
}

void writer_release(struct writer *writer)
{
    free(writer->bytes);
    *writer = (struct writer){.limit = writer->limit};
}

void writer_clear(struct writer *writer)
{
    writer->length = 0;
    writer->failed = false;
}

/* Room for `length` more bytes, or NULL with the writer failed. */
static uint8_t *writer_room(struct writer *writer, size_t length)
{
    if (writer->failed)
        return NULL;
    if (writer->length > writer->limit || length > writer->limit - writer->length) {
        writer->failed = true;
        return NULL;
    }
    size_t needed = writer->length + length;
    if (needed > writer->capacity) {
        size_t capacity = writer->capacity > 0 ? writer->capacity : WRITER_FIRST_CAPACITY;
        while (capacity < needed)
            capacity = capacity > writer->limit / 2 ? needed : capacity * 2;
        uint8_t *bytes = realloc(writer->bytes, capacity);
        if (!bytes) {
            writer->failed = true;
            return NULL;
        }
        writer->bytes = bytes;
        writer->capacity = capacity;
    }
    uint8_t *room = writer->bytes + writer->length;
    writer->length = needed;
    return room;
}

static void writer_big_endian(struct writer *writer, uint64_t value, size_t size)
{
    uint8_t *room = writer_room(writer, size);
    if (!room)
        return;
    for (size_t place = size; place > 0; place--) {
        room[place - 1] = (uint8_t)(value & 0xff);
        value >>= 8;
    }
}

void writer_u8(struct writer *writer, uint8_t value)
{
    writer_big_endian(writer, value, 1);
}

void writer_u16(struct writer *writer, uint16_t value)
{
    writer_big_endian(writer, value, 2);
}

void writer_u32(struct writer *writer, uint32_t value)
{
    writer_big_endian(writer, value, 4);
}

void writer_u64(struct writer *writer, uint64_t value)
{
    writer_big_endian(writer, value, 8);
}

void writer_unsigned(struct writer *writer, uint64_t value)
{
    uint8_t coded[LEB128_LONGEST];
    size_t length = 0;
    while (value >= 0x80) {
        coded[length++] = (uint8_t)((value & 0x7f) | 0x80);
        value >>= 7;
    }
    coded[length++] = (uint8_t)value;
    writer_bytes(writer, coded, length);
}

void writer_signed(struct writer *writer, int64_t value)
{
    uint64_t magnitude = (uint64_t)value << 1;
    writer_unsigned(writer, value < 0 ? ~magnitude : magnitude);
}

void writer_bytes(struct writer *writer, const void *bytes, size_t length)
{
    uint8_t *room = writer_room(writer, length);
    if (room && length > 0)
        memcpy(room, bytes, length);
}

void writer_text(struct writer *writer, const char *text)
{
    writer_block(writer, text, text ? strlen(text) : 0);
}

void writer_block(struct writer *writer, const void *bytes, size_t length)
{
    writer_unsigned(writer, length);
    writer_bytes(writer, bytes, length);
}

void writer_patch_u32(struct writer *writer, size_t offset, uint32_t value)
{
    if (writer->failed)
        return;
    if (writer->length < 4 || offset > writer->length - 4) {
        writer->failed = true;
        return;
    }
    for (size_t place = 4; place > 0; place--) {
        writer->bytes[offset + place - 1] = (uint8_t)(value & 0xff);
        value >>= 8;
    }
}

void reader_initialise(struct reader *reader, const void *bytes, size_t length)
{
    *reader = (struct reader){.bytes = bytes, .length = length};
}

size_t reader_left(const struct reader *reader)
{
    return reader->failed ? 0 : reader->length - reader->position;
}

const uint8_t *reader_bytes(struct reader *reader, size_t length)
{
    static const uint8_t nothing[1];
    if (reader->failed || length > reader->length - reader->position) {
        reader->failed = true;
        return NULL;
    }
    if (length == 0)
        return nothing;
    const uint8_t *bytes = reader->bytes + reader->position;
    reader->position += length;
    return bytes;
}

static uint64_t reader_big_endian(struct reader *reader, size_t size)
{
    const uint8_t *bytes = reader_bytes(reader, size);
    uint64_t value = 0;
    for (size_t place = 0; bytes && place < size; place++)
        value = value << 8 | bytes[place];
    return value;
}

uint8_t reader_u8(struct reader *reader)
{
    return (uint8_t)reader_big_endian(reader, 1);
}

uint16_t reader_u16(struct reader *reader)
{
    return (uint16_t)reader_big_endian(reader, 2);
}

uint32_t reader_u32(struct reader *reader)
{
    return (uint32_t)reader_big_endian(reader, 4);
}

uint64_t reader_u64(struct reader *reader)
{
    return reader_big_endian(reader, 8);
}

uint64_t reader_unsigned(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = reader_u8(reader);
        if (reader->failed)
            return 0;
        uint64_t part = byte & 0x7f;
        if (shift == 63 && byte > 1)
            break; /* bits beyond the 64th, or an eleventh byte to come */
        value |= part << shift;
        if (byte < 0x80) {
            if (byte == 0 && shift > 0)
                break; /* overlong */
            return value;
        }
    }
    reader->failed = true;
    return 0;
}

int64_t reader_signed(struct reader *reader)
{
    uint64_t coded = reader_unsigned(reader);
    uint64_t value = coded >> 1;
    return coded & 1 ? -(int64_t)value - 1 : (int64_t)value;
}

uint64_t reader_limited(struct reader *reader, uint64_t maximum)
{
    uint64_t value = reader_unsigned(reader);
    if (value <= maximum)
        return value;
    reader->failed = true;
    return 0;
}

const uint8_t *reader_block(struct reader *reader, size_t maximum, size_t *length)
{
    *length = 0;
    size_t wanted = (size_t)reader_limited(reader, maximum);
    const uint8_t *bytes = reader_bytes(reader, wanted);
    if (bytes)
        *length = wanted;
    return bytes;
}

char *reader_text(struct reader *reader, struct arena *arena, size_t maximum)
{
    size_t length;
    const char *bytes = (const char *)reader_block(reader, maximum, &length);
    if (bytes && !utf8_is_text(bytes, length)) {
        reader->failed = true;
        length = 0;
    }
    return arena_copy(arena, bytes, length);
}

bool reader_end(struct reader *reader)
{
    if (!reader->failed && reader->position != reader->length)
        reader->failed = true;
    return !reader->failed;
}
