/* Attachments of a record: documents by content hash, listed and fetched by right. */
#ifndef HALLDESK_TRANSFER_H
#define HALLDESK_TRANSFER_H

#include "server/engine/engine.h"

enum status engine_attach(struct call *call);
enum status engine_attachments(struct call *call);
enum status engine_fetch_attachment(struct call *call);

#endif
