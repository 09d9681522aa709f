/* Bytes going out (writer) and coming in (reader). Both have a sticky error: after the first
 * failure every further call does nothing, and the caller tests once at the end. */
#ifndef HALLDESK_BUFFER_H
#define HALLDESK_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct writer {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
    size_t limit; /* growing past this fails the writer */
    bool failed;
};

void writer_initialise(struct writer *writer, size_t limit);
void writer_release(struct writer *writer); /* frees the bytes */
void writer_clear(struct writer *writer);   /* keeps the memory, forgets bytes and failure */
void writer_u8(struct writer *writer, uint8_t value);
void writer_u16(struct writer *writer, uint16_t value);      /* big-endian */
void writer_u32(struct writer *writer, uint32_t value);      /* big-endian */
void writer_u64(struct writer *writer, uint64_t value);      /* big-endian */
void writer_unsigned(struct writer *writer, uint64_t value); /* LEB128, shortest form */
void writer_signed(struct writer *writer, int64_t value);    /* zigzag LEB128 */
void writer_bytes(struct writer *writer, const void *bytes, size_t length); /* no length prefix */
void writer_text(struct writer *writer, const char *text); /* LEB128 length, bytes; NULL is "" */
void writer_block(struct writer *writer, const void *bytes, size_t length); /* length, bytes */
/* Overwrites four bytes written earlier (frame lengths). */
void writer_patch_u32(struct writer *writer, size_t offset, uint32_t value);

struct reader {
    const uint8_t *bytes;
    size_t length;
    size_t position;
    bool failed;
};

void reader_initialise(struct reader *reader, const void *bytes, size_t length);
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);
uint64_t reader_unsigned(struct reader *reader); /* overlong or over 64 bits fails */
int64_t reader_signed(struct reader *reader);
/* An unsigned value of at most `maximum`; a larger one fails the reader and gives 0. */
uint64_t reader_limited(struct reader *reader, uint64_t maximum);
const uint8_t *reader_bytes(struct reader *reader, size_t length); /* points into the input */
/* Points into the input, *length receives the size; at most `maximum` bytes, else fails. */
const uint8_t *reader_block(struct reader *reader, size_t maximum, size_t *length);
/* Valid UTF-8 without NUL or C0/C1 controls except tab and newline, at most `maximum` bytes,
 * copied and terminated in the arena; never NULL ("" after a failure). */
char *reader_text(struct reader *reader, struct arena *arena, size_t maximum);
/* True if nothing failed and no byte is left over; a left-over byte fails the reader. */
bool reader_end(struct reader *reader);
size_t reader_left(const struct reader *reader);

bool utf8_valid(const char *bytes, size_t length);
/* What reader_text() lets in: valid UTF-8 without NUL or C0/C1 controls except tab and newline. */
bool utf8_is_text(const char *bytes, size_t length);
/* Decodes one code point of valid UTF-8; returns its bytes, 0 at the end or when invalid. */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *code_point);
size_t utf8_count(const char *text); /* code points */
/* Terminal columns: 2 for East Asian wide and fullwidth, 0 for combining, else 1; the ambiguous
 * width counts `ambiguous` (1 on UTF-8 lines, 2 on GB18030 lines). */
int utf8_columns(uint32_t code_point, int ambiguous);
int utf8_width(const char *text, int ambiguous);
bool utf8_is_ambiguous(uint32_t code_point);

#endif
