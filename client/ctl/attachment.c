/* Documents to and from a record, piece by piece. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ctl/request.h"
#include "protocol/arena.h"

enum { DOCUMENT_LIMIT = 16 << 20, PIECE = 48 << 10, HASH_BYTES = 32, NAME_LIMIT = 4096 };

static json_t *usage(const char *file, const char *why)
{
    return json_pack("{s:s, s:s++}", "status", "usage", "text", file, ": ", why);
}

/* NULL with the answer set. */
static uint8_t *file_read(const char *file, struct arena *arena, size_t *length, json_t **answer)
{
    FILE *stream = fopen(file, "rbe");
    if (!stream) {
        *answer = usage(file, strerror(errno));
        return NULL;
    }
    uint8_t *bytes = arena_allocate(arena, DOCUMENT_LIMIT + 1, 1);
    *length = fread(bytes, 1, DOCUMENT_LIMIT + 1, stream);
    bool bad = ferror(stream) != 0;
    fclose(stream);
    if (bad || *length > DOCUMENT_LIMIT) {
        *answer = usage(file, bad ? "cannot be read" : "is longer than a document may be");
        return NULL;
    }
    return bytes;
}

static bool hash_make(const uint8_t *bytes, size_t length, uint8_t hash[EVP_MAX_MD_SIZE])
{
    unsigned size = 0;
    return EVP_Digest(bytes, length, hash, &size, EVP_sha256(), NULL) && size == HASH_BYTES;
}

json_t *attachment_put(struct desk *desk, const struct form *form, int64_t record, const char *file,
                       const char *name, const char *type, const char *note, struct arena *arena)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    size_t length;
    json_t *answer = NULL;
    const uint8_t *bytes = file_read(file, arena, &length, &answer);
    if (!bytes)
        return answer;
    if (!hash_make(bytes, length, hash))
        return usage(file, "no hash could be made");
    size_t offset = 0;
    enum status status;
    struct writer body;
    writer_initialise(&body, FRAME_REQUEST_LIMIT);
    do {
        size_t piece = length - offset < PIECE ? length - offset : PIECE;
        writer_clear(&body);
        writer_signed(&body, record);
        writer_text(&body, name);
        writer_text(&body, type);
        writer_text(&body, note);
        writer_unsigned(&body, length);
        writer_bytes(&body, hash, HASH_BYTES);
        writer_unsigned(&body, offset);
        writer_block(&body, bytes + offset, piece);
        const struct connection_call call = {.form = form->number,
                                             .form_hash = form->hash,
                                             .verb = VERB_ATTACH,
                                             .body = body.bytes,
                                             .length = body.length};
        status = desk_ask(desk, &call);
        offset += piece;
    } while (status == STATUS_OK && offset < length);
    writer_release(&body);
    if (status != STATUS_OK)
        return refusal_json(desk, form, status, arena);
    struct reader reader;
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    int64_t id = reader_signed(&reader);
    return json_pack("{s:s, s:I}", "status", reader_end(&reader) ? "ok" : "broken", "id",
                     (json_int_t)id);
}

struct fetching {
    uint8_t *bytes;
    uint64_t size;
    uint64_t here;
    const char *name;
    const char *type;
};

static enum status piece_get(struct desk *desk, const struct form *form, int64_t id,
                             struct fetching *fetching, struct arena *arena)
{
    struct writer body;
    struct reader reader;
    writer_initialise(&body, 64);
    writer_signed(&body, id);
    writer_unsigned(&body, fetching->here);
    writer_unsigned(&body, 0);
    const struct connection_call call = {.form = form->number,
                                         .form_hash = form->hash,
                                         .verb = VERB_FETCH_ATTACHMENT,
                                         .body = body.bytes,
                                         .length = body.length};
    enum status status = desk_ask(desk, &call);
    writer_release(&body);
    if (status != STATUS_OK)
        return status;
    size_t length;
    reader_initialise(&reader, desk->body.bytes, desk->body.length);
    fetching->name = reader_text(&reader, arena, NAME_LIMIT);
    fetching->type = reader_text(&reader, arena, NAME_LIMIT);
    fetching->size = reader_limited(&reader, DOCUMENT_LIMIT);
    const uint8_t *piece = reader_block(&reader, FRAME_REPLY_LIMIT, &length);
    if (!reader_end(&reader) || length > fetching->size - fetching->here ||
        (length == 0 && fetching->here < fetching->size))
        return STATUS_BROKEN;
    if (!fetching->bytes)
        fetching->bytes = arena_allocate(arena, fetching->size + 1, 1);
    memcpy(fetching->bytes + fetching->here, piece, length);
    fetching->here += length;
    return STATUS_OK;
}

static const char *hash_hex(const uint8_t *hash, struct arena *arena)
{
    char *hex = arena_allocate(arena, 2 * HASH_BYTES + 1, 1);
    for (size_t i = 0; i < HASH_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    return hex;
}

json_t *attachment_get(struct desk *desk, const struct form *form, int64_t id, const char *file,
                       struct arena *arena)
{
    struct fetching fetching = {.bytes = NULL};
    uint8_t hash[EVP_MAX_MD_SIZE];
    enum status status;
    do
        status = piece_get(desk, form, id, &fetching, arena);
    while (status == STATUS_OK && fetching.here < fetching.size);
    if (status != STATUS_OK)
        return refusal_json(desk, form, status, arena);
    if (!hash_make(fetching.bytes, fetching.size, hash))
        return usage(fetching.name, "no hash could be made");
    if (file) {
        FILE *stream = fopen(file, "wbe");
        bool good = stream && fwrite(fetching.bytes, 1, fetching.size, stream) == fetching.size;
        if (stream && fclose(stream) != 0)
            good = false;
        if (!good)
            return usage(file, strerror(errno));
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:s}", "status", "ok", "name", fetching.name, "type",
                     fetching.type, "size", (json_int_t)fetching.size, "sha256",
                     hash_hex(hash, arena));
}
