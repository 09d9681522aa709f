/* Shared by the rooms of the gate: calls of forms, the system form, sign-in. */
#ifndef HALLDESK_GATE_INTERNAL_H
#define HALLDESK_GATE_INTERNAL_H

#include "protocol/frame.h"
#include "server/engine/engine.h"
#include "server/gate/access.h"
#include "server/gate/gate.h"
#include "server/process/configuration.h"

struct gate {
    const struct configuration *configuration;
    const struct form_set *image;
    enum verb_class worker;
    struct engine engine;
    struct access_cache *sessions;
    struct arena *arena;
    struct deflater *deflater;
    struct writer answer;
};

/* --- gate_system.c --- */
extern const struct form system_form;
/* NULL if there is no such verb. */
const struct verb *system_verb(uint64_t number);
enum status system_call(struct gate *gate, struct call *call);
/* The verb ended the session: the gateway forgets the token. */
bool system_ends_session(const struct verb *verb);

/* --- gate_auth.c --- */
void auth_sign_in(struct gate *gate, const struct gate_request *request, struct gate_reply *reply);
enum status auth_unlock(struct gate *gate, struct call *call);
enum status auth_password(struct gate *gate, struct call *call);

#endif
