/* Frames: cutting them out of a stream, and their headers. */
#include "protocol/frame.h"

enum { FRAME_LENGTH_BYTES = 4, FRAME_LEAST = FRAME_HEADER - FRAME_LENGTH_BYTES };

enum frame_state frame_next(const uint8_t *bytes, size_t length, size_t limit, struct frame *frame,
                            size_t *used)
{
    *used = 0;
    if (length < FRAME_LENGTH_BYTES)
        return FRAME_NEEDS_MORE;
    size_t follows =
        (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
    if (follows < FRAME_LEAST || limit < FRAME_LENGTH_BYTES || follows > limit - FRAME_LENGTH_BYTES)
        return FRAME_BROKEN;
    if (length < FRAME_HEADER)
        return FRAME_NEEDS_MORE;
    if ((bytes[5] & ~(unsigned)FRAME_DEFLATED) != 0)
        return FRAME_BROKEN;
    if (length - FRAME_LENGTH_BYTES < follows)
        return FRAME_NEEDS_MORE;
    frame->type = (enum frame_type)bytes[4];
    frame->flags = bytes[5];
    frame->body = bytes + FRAME_HEADER;
    frame->length = follows - FRAME_LEAST;
    *used = FRAME_LENGTH_BYTES + follows;
    return FRAME_READY;
}

size_t frame_begin(struct writer *writer, enum frame_type type)
{
    size_t offset = writer->length;
    writer_u32(writer, 0);
    writer_u8(writer, (uint8_t)type);
    writer_u8(writer, 0);
    return offset;
}

void frame_finish(struct writer *writer, size_t offset)
{
    if (writer->failed)
        return;
    size_t follows = writer->length - offset - FRAME_LENGTH_BYTES;
    if (follows > UINT32_MAX) {
        writer->failed = true;
        return;
    }
    writer_patch_u32(writer, offset, (uint32_t)follows);
}
