/* Deflating of bodies: raw deflate (RFC 1951) with the preset dictionary. One stream object each
 * way is kept and reset, as starting one costs more than the deflating. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "protocol/dictionary.h"
#include "protocol/frame.h"

enum { DEFLATE_LEVEL = 4, DEFLATE_WINDOW = -15, DEFLATE_MEMORY = 8, INFLATE_STEP = 16 * 1024 };

struct deflater {
    z_stream out; /* deflating */
    z_stream in;  /* inflating */
    uint8_t *scratch;
    size_t capacity;
};

struct deflater *deflater_create(void)
{
    struct deflater *deflater = calloc(1, sizeof *deflater);
    if (!deflater)
        abort();
    if (deflateInit2(&deflater->out, DEFLATE_LEVEL, Z_DEFLATED, DEFLATE_WINDOW, DEFLATE_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK ||
        inflateInit2(&deflater->in, DEFLATE_WINDOW) != Z_OK)
        abort(); /* no memory: as arena.h has it */
    return deflater;
}

void deflater_free(struct deflater *deflater)
{
    if (!deflater)
        return;
    deflateEnd(&deflater->out);
    inflateEnd(&deflater->in);
    free(deflater->scratch);
    free(deflater);
}

void deflater_frame(struct deflater *deflater, struct writer *writer, size_t offset)
{
    if (writer->failed || offset + FRAME_HEADER > writer->length)
        return;
    size_t length = writer->length - offset - FRAME_HEADER;
    if (length < FRAME_DEFLATE_FROM || length > UINT_MAX)
        return;
    if (deflater->capacity < length) {
        uint8_t *grown = realloc(deflater->scratch, length);
        if (!grown)
            return; /* the frame may as well travel as it is */
        deflater->scratch = grown;
        deflater->capacity = length;
    }
    z_stream *stream = &deflater->out;
    if (deflateReset(stream) != Z_OK ||
        deflateSetDictionary(stream, deflate_dictionary, (uInt)deflate_dictionary_length) != Z_OK)
        return;
    stream->next_in = writer->bytes + offset + FRAME_HEADER;
    stream->avail_in = (uInt)length;
    stream->next_out = deflater->scratch;
    stream->avail_out = (uInt)(length - 1); /* only a shorter form is wanted */
    if (deflate(stream, Z_FINISH) != Z_STREAM_END)
        return;
    size_t deflated = length - 1 - stream->avail_out;
    memcpy(writer->bytes + offset + FRAME_HEADER, deflater->scratch, deflated);
    writer->length = offset + FRAME_HEADER + deflated;
    writer->bytes[offset + FRAME_HEADER - 1] |= FRAME_DEFLATED;
}

bool deflater_inflate(struct deflater *deflater, const uint8_t *bytes, size_t length,
                      struct writer *out)
{
    writer_clear(out);
    z_stream *stream = &deflater->in;
    if (length == 0 || length > UINT_MAX || inflateReset(stream) != Z_OK ||
        inflateSetDictionary(stream, deflate_dictionary, (uInt)deflate_dictionary_length) != Z_OK)
        return false;
    stream->next_in = (uint8_t *)(uintptr_t)bytes; /* zlib does not write to its input */
    stream->avail_in = (uInt)length;
    int state = Z_OK;
    while (state == Z_OK) {
        uint8_t step[INFLATE_STEP];
        stream->next_out = step;
        stream->avail_out = sizeof step;
        state = inflate(stream, Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END)
            return false;
        writer_bytes(out, step, sizeof step - stream->avail_out);
        if (out->failed || out->length > FRAME_REPLY_LIMIT)
            return false;
    }
    return stream->avail_in == 0;
}
