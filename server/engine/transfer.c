/* Attachments: a document comes in pieces of at most half a megabyte, is stored once under its
 * SHA-256 and hangs on any number of records; who may see the record may see what hangs on it. */
#include "server/engine/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "server/engine/read.h"

enum { HASH_BYTES = 32, NAME_LIMIT = 200, NOTE_LIMIT = 400, TYPE_LIMIT = 100 };

struct attaching {
    int64_t record;
    const char *name;
    const char *type;
    const char *note;
    uint64_t size;
    const uint8_t *hash;
    uint64_t offset;
    const uint8_t *piece;
    size_t length;
};

static bool attach_read(struct call *call, struct attaching *attaching)
{
    struct reader *body = &call->body;
    attaching->record = reader_signed(body);
    attaching->name = reader_text(body, call->arena, NAME_LIMIT);
    attaching->type = reader_text(body, call->arena, TYPE_LIMIT);
    attaching->note = reader_text(body, call->arena, NOTE_LIMIT);
    attaching->size = reader_unsigned(body);
    attaching->hash = reader_bytes(body, HASH_BYTES);
    attaching->offset = reader_unsigned(body);
    attaching->piece = reader_block(body, DOCUMENT_PIECE_LIMIT, &attaching->length);
    return reader_end(body);
}

static void attach_check(struct call *call, const struct attaching *attaching)
{
    if (attaching->name[0] == '\0') {
        faults_add(&call->faults, "attachment.name", 0, NULL);
    }
    if (attaching->size == 0) {
        faults_add(&call->faults, "attachment.empty", 0, NULL);
    } else if (attaching->size > DOCUMENT_LIMIT) {
        faults_add(&call->faults, "attachment.too_large", 0,
                   arena_format(call->arena, "%d", DOCUMENT_LIMIT >> 20), NULL);
    } else if (attaching->length == 0 || attaching->offset > attaching->size ||
               attaching->length > attaching->size - attaching->offset) {
        faults_add(&call->faults, "attachment.piece", 0, NULL);
    }
}

/* Begins the transaction and looks whether the record is in sight. */
static enum status record_sight(struct call *call, int64_t id)
{
    struct read_plan plan;
    call_open(call);
    read_queue(&plan, call, id, NULL, false);
    if (!database_flush(call->engine->database, false)) {
        return call_failure(call);
    }
    call_opened(call);
    if (read_take(&plan, call) == NULL) {
        return STATUS_NOT_FOUND;
    }
    call->object_id = id;
    return STATUS_OK;
}

static const char sql_piece[] = "INSERT INTO document_piece (staff_id, hash, piece_offset, "
                                "content) VALUES (gate_actor(), $1, $2, $3) "
                                "ON CONFLICT (staff_id, hash, piece_offset) DO UPDATE SET content "
                                "= EXCLUDED.content, stored_at = now()";
static const char sql_attachment[] =
    "INSERT INTO attachment (id, form, record_id, name, media_type, note, size, hash, staff_id, "
    "attached_at, network_id) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, gate_actor(), gate_now(), gate_network())";

/* The last piece makes the document; its attachment gets the id. */
static void attach_write(struct call *call, const struct attaching *attaching, int64_t id)
{
    struct database *database = call->engine->database;
    struct parameter hash = parameter_bytes(attaching->hash, HASH_BYTES);
    struct parameter piece[] = {hash, parameter_integer(call->arena, (int64_t)attaching->offset),
                                parameter_bytes(attaching->piece, attaching->length)};
    database_queue(database, sql_piece, 3, piece);
    if (id == 0) {
        return;
    }
    struct parameter attachment[] = {
        parameter_integer(call->arena, id),
        parameter_text(call->form->name),
        parameter_integer(call->arena, attaching->record),
        parameter_text(attaching->name),
        parameter_text(attaching->type[0] != '\0' ? attaching->type : "application/octet-stream"),
        parameter_text(attaching->note),
        parameter_integer(call->arena, (int64_t)attaching->size),
        hash,
    };
    database_queue(database, "SELECT document_complete($1)", 1, &hash);
    database_queue(database, sql_attachment, sizeof attachment / sizeof *attachment, attachment);
}

/* Body: signed record id, text name, text media type, text note, LEB128 bytes of the document, its
 * SHA-256 in 32 bytes, LEB128 offset of the piece, block piece. Pieces may come in any order but
 * the last, which ends the document. Answer: signed id of the attachment, 0 before the end. */
enum status engine_attach(struct call *call)
{
    struct attaching attaching;
    struct database *database = call->engine->database;
    if (!attach_read(call, &attaching)) {
        return STATUS_BROKEN;
    }
    attach_check(call, &attaching);
    if (faults_any(&call->faults)) {
        return STATUS_FAULTS;
    }
    enum status status = record_sight(call, attaching.record);
    if (status != STATUS_OK) {
        database_abandon(database);
        return status;
    }
    int64_t id = 0;
    if (attaching.offset + attaching.length == attaching.size &&
        (id = number_id(call->engine->numbers)) == 0) {
        database_abandon(database);
        return (enum status)STATUS_RERUN;
    }
    attach_write(call, &attaching, id);
    writer_signed(call->answer, id);
    call->log_detail = attaching.name;
    call_close(call);
    return database_flush(database, true) ? STATUS_OK : call_failure(call);
}

static const char sql_attachments[] =
    "SELECT a.id, a.name, a.media_type, a.note, a.size, coalesce(s.number, ''), "
    "(extract(epoch FROM a.attached_at) * 1000000)::bigint, a.archived "
    "FROM attachment a LEFT JOIN staff s ON s.id = a.staff_id "
    "WHERE a.record_id = $1 AND a.form = $2 AND a.status = 1 ORDER BY a.attached_at, a.id LIMIT "
    "1000";

/* Body: signed record id. Answer: LEB128 count, and for each signed id, text name, text media type,
 * text note, LEB128 bytes, text staff number, signed time, u8 archived. */
enum status engine_attachments(struct call *call)
{
    struct database *database = call->engine->database;
    int64_t id = reader_signed(&call->body);
    if (!reader_end(&call->body)) {
        return STATUS_BROKEN;
    }
    enum status status = record_sight(call, id);
    if (status != STATUS_OK) {
        database_abandon(database);
        return status;
    }
    struct parameter parameters[] = {parameter_integer(call->arena, id),
                                     parameter_text(call->form->name)};
    size_t rows = database_queue(database, sql_attachments, 2, parameters);
    if (!database_flush(database, true)) {
        return call_failure(call);
    }
    const PGresult *result = database_result(database, rows);
    writer_unsigned(call->answer, (uint64_t)PQntuples(result));
    for (int row = 0; row < PQntuples(result); row++) {
        writer_signed(call->answer, strtoll(PQgetvalue(result, row, 0), NULL, 10));
        writer_text(call->answer, PQgetvalue(result, row, 1));
        writer_text(call->answer, PQgetvalue(result, row, 2));
        writer_text(call->answer, PQgetvalue(result, row, 3));
        writer_unsigned(call->answer, strtoull(PQgetvalue(result, row, 4), NULL, 10));
        writer_text(call->answer, PQgetvalue(result, row, 5));
        writer_signed(call->answer, strtoll(PQgetvalue(result, row, 6), NULL, 10));
        writer_u8(call->answer, PQgetvalue(result, row, 7)[0] == 't' ? 1 : 0);
    }
    return STATUS_OK;
}

static const char sql_attachment_record[] =
    "SELECT record_id FROM attachment WHERE id = $1 AND form = $2 AND status = 1";
static const char sql_document[] =
    "SELECT a.name, a.media_type, a.size, encode(substring(d.content FROM $3::integer FOR "
    "$4::integer), 'hex') "
    "FROM attachment a JOIN document d ON d.hash = a.hash WHERE a.id = $1 AND a.record_id = $2";

static uint8_t hex_digit(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static void document_encode(struct call *call, const PGresult *result)
{
    const char *hex = PQgetvalue(result, 0, 3);
    size_t length = strlen(hex) / 2;
    uint8_t *bytes = ARENA_ARRAY(call->arena, uint8_t, length + 1);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    }
    writer_text(call->answer, PQgetvalue(result, 0, 0));
    writer_text(call->answer, PQgetvalue(result, 0, 1));
    writer_unsigned(call->answer, strtoull(PQgetvalue(result, 0, 2), NULL, 10));
    writer_block(call->answer, bytes, length);
}

/* The record behind an attachment; 0 if there is no such attachment of this form. */
static enum status attachment_record(struct call *call, int64_t id, int64_t *record)
{
    struct database *database = call->engine->database;
    struct parameter parameters[] = {parameter_integer(call->arena, id),
                                     parameter_text(call->form->name)};
    call_open(call);
    size_t row = database_queue(database, sql_attachment_record, 2, parameters);
    if (!database_flush(database, true)) {
        return call_failure(call);
    }
    const PGresult *result = database_result(database, row);
    *record = PQntuples(result) == 1 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    return *record != 0 ? STATUS_OK : STATUS_NOT_FOUND;
}

/* Body: signed id of the attachment, LEB128 offset, LEB128 bytes wanted (as many as a piece may
 * have are given). Answer: text name, text media type, LEB128 bytes of the document, block piece,
 * empty behind the end. The first piece is logged: documents are looked at by name and time. */
enum status engine_fetch_attachment(struct call *call)
{
    struct database *database = call->engine->database;
    int64_t id = reader_signed(&call->body);
    uint64_t offset = reader_limited(&call->body, DOCUMENT_LIMIT);
    uint64_t wanted = reader_unsigned(&call->body);
    int64_t record = 0;
    if (!reader_end(&call->body)) {
        return STATUS_BROKEN;
    }
    enum status status = attachment_record(call, id, &record);
    if (status != STATUS_OK) {
        return status;
    }
    if ((status = record_sight(call, record)) != STATUS_OK) {
        database_abandon(database);
        return status;
    }
    int64_t most =
        wanted == 0 || wanted > DOCUMENT_PIECE_LIMIT ? DOCUMENT_PIECE_LIMIT : (int64_t)wanted;
    struct parameter parameters[] = {
        parameter_integer(call->arena, id), parameter_integer(call->arena, record),
        parameter_integer(call->arena, (int64_t)offset + 1), parameter_integer(call->arena, most)};
    size_t row = database_queue(database, sql_document, 4, parameters);
    if (offset == 0) {
        call->log_detail = arena_format(call->arena, "attachment %lld", (long long)id);
        call_log(call);
    }
    if (!database_flush(database, true)) {
        return call_failure(call);
    }
    const PGresult *result = database_result(database, row);
    if (PQntuples(result) != 1) {
        return STATUS_NOT_FOUND;
    }
    document_encode(call, result);
    return STATUS_OK;
}
