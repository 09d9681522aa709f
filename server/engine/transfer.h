/* Attachments of a record: documents by content hash, listed and fetched by right. The bodies stand
 * beside the functions. */
#ifndef HALLDESK_TRANSFER_H
#define HALLDESK_TRANSFER_H

#include "server/engine/engine.h"

enum {
    DOCUMENT_LIMIT = 16 << 20,      /* bytes of a document */
    DOCUMENT_PIECE_LIMIT = 1 << 19, /* bytes that travel in one call */
};

/* Faults: attachment.empty, attachment.too_large, attachment.piece (a piece that does not fit the
 * size), check.document_content_hash (the pieces do not make the document that was announced). */
enum status engine_attach(struct call *call);
enum status engine_attachments(struct call *call);
enum status engine_fetch_attachment(struct call *call);

#endif
