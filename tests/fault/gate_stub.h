/* What tests and the stub of the gate share. */
#ifndef HALLDESK_GATE_STUB_H
#define HALLDESK_GATE_STUB_H

#include <stdatomic.h>
#include <stdint.h>

#include "protocol/frame.h"

enum { STUB_SESSIONS = 12000 };

enum stub_verb {
    STUB_ECHO = 1,
    STUB_SLEEP,      /* u64 milliseconds, in a short worker */
    STUB_LONG_SLEEP, /* the same in a long one */
    STUB_CRASH,      /* the worker dies each time */
    STUB_COUNT,      /* one effect per sequence of the slot; answers u64 effects of the slot */
    STUB_RUN = 6,    /* of form 2, due_work: counted in the state */
    STUB_LARGE,      /* u64 bytes: a reply of that size */
};

struct stub_session {
    atomic_uint claimed;
    atomic_uint used;
    uint8_t token[SESSION_TOKEN];
    atomic_ullong slots[SESSION_SLOTS]; /* sequence << 32 | effects */
};

struct stub_state {
    atomic_ullong due_runs;
    struct stub_session sessions[STUB_SESSIONS];
};

#endif
