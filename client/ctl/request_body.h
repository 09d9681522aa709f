/* The body of a call, made from its words; shared by request*.c only. */
#ifndef HALLDESK_CTL_REQUEST_BODY_H
#define HALLDESK_CTL_REQUEST_BODY_H

#include "client/ctl/request.h"

/* What a call says beside the fields. */
struct head {
    int64_t id;
    int64_t version;
    const char *key;
    const char *reason;
    const char *typed;                     /* of list_values */
    const char *before;                    /* of history */
    const char *name, *note, *type, *file; /* of attachments */
};

struct making {
    struct desk *desk;
    const struct request *request;
    const struct form *form;
    const struct verb *verb;
    struct head head;
    struct arena *arena;
    struct writer *body;
    struct input_error *error;
    enum status status; /* of what had to be asked first */
};

/* Puts the words into making->body; making->error or making->status say what hinders. */
void request_body(struct making *making);
/* Words of a verb that takes no record: all are the call's. */
void request_heads(struct making *making);
/* Finds the record by its key where no id was given. */
bool request_head_id(struct making *making);

#endif
