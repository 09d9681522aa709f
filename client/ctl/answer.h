/* Answers of verbs as JSON. */
#ifndef HALLDESK_CTL_ANSWER_H
#define HALLDESK_CTL_ANSWER_H

#include "client/ctl/fields.h"

struct request;

/* Of desk->body, the body of an ok reply to that verb. {"status":"broken"} if it makes no sense. */
json_t *answer_json(struct desk *desk, const struct form *form, const struct verb *verb,
                    const struct request *request, struct arena *arena);
/* The newer record behind STATUS_CHANGED. */
json_t *changed_json(struct desk *desk, const struct form *form, struct arena *arena);

#endif
