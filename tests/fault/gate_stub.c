/* A gate without a database, for tests of the processes: sessions and replay slots live in a file
 * shared by all workers (HALLDESK_STUB_STATE), so that they survive any kill as rows would.
 *
 * Every call names form 1; verbs are enum stub_verb of gate_stub.h. */
#include "tests/fault/gate_stub.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "protocol/arena.h"
#include "protocol/fault.h"
#include "server/gate/gate.h"
#include "server/process/log.h"

struct gate {
    bool (*interrupted)(void *);
    void *context;
    int socket;
    int descriptor;
    struct stub_state *state;
    struct arena *arena;
};

struct gate *gate_create(const struct configuration *configuration, const struct form_set *forms,
                         enum verb_class worker, bool (*interrupted)(void *), void *context,
                         int interrupt_socket)
{
    (void)configuration;
    (void)forms;
    (void)worker;
    struct gate *gate = calloc(1, sizeof *gate);
    const char *path = getenv("HALLDESK_STUB_STATE");
    if (!gate || !path)
        abort();
    gate->interrupted = interrupted;
    gate->context = context;
    gate->socket = interrupt_socket;
    gate->arena = arena_create();
    gate->descriptor = open(path, O_RDWR | O_CLOEXEC);
    gate->state =
        mmap(NULL, sizeof *gate->state, PROT_READ | PROT_WRITE, MAP_SHARED, gate->descriptor, 0);
    if (gate->state == MAP_FAILED) {
        log_write(LOG_ERROR, "stub: %s: %s", path, strerror(errno));
        exit(EXIT_FAILURE);
    }
    return gate;
}

void gate_free(struct gate *gate)
{
    munmap(gate->state, sizeof *gate->state);
    close(gate->descriptor);
    arena_free(gate->arena);
    free(gate);
}

void gate_idle(struct gate *gate)
{
    (void)gate;
}

enum verb_class gate_class(const struct form_set *forms, const uint8_t *body, size_t length)
{
    (void)forms;
    struct reader reader;
    reader_initialise(&reader, body, length);
    reader_u8(&reader);
    reader_unsigned(&reader);
    reader_unsigned(&reader);
    reader_u32(&reader);
    return reader_unsigned(&reader) == STUB_LONG_SLEEP ? VERB_LONG : VERB_SHORT;
}

static int stub_session(const struct gate *gate, const uint8_t *token)
{
    for (int i = 0; i < STUB_SESSIONS; i++)
        if (atomic_load(&gate->state->sessions[i].used) &&
            memcmp(gate->state->sessions[i].token, token, SESSION_TOKEN) == 0)
            return i;
    return -1;
}

static int stub_new_session(struct gate *gate)
{
    for (int i = 0; i < STUB_SESSIONS; i++) {
        unsigned expected = 0;
        struct stub_session *session = &gate->state->sessions[i];
        if (atomic_compare_exchange_strong(&session->claimed, &expected, 1)) {
            if (getrandom(session->token, SESSION_TOKEN, 0) != SESSION_TOKEN)
                abort();
            atomic_store(&session->used, 1);
            return i;
        }
    }
    return -1;
}

/* True when the time is over, false when it was interrupted. */
static bool stub_sleep(struct gate *gate, uint64_t milliseconds)
{
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t passed =
            (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
        if (passed >= (int64_t)milliseconds)
            return true;
        struct pollfd entry = {.fd = gate->socket, .events = POLLIN};
        if (poll(&entry, 1, (int)((int64_t)milliseconds - passed)) > 0 &&
            gate->interrupted(gate->context))
            return false;
    }
}

/* One effect per sequence, committed with the slot in a single store. */
static enum status stub_count(struct gate *gate, int session, uint8_t slot, uint64_t sequence,
                              uint64_t *effects)
{
    enum status status = STATUS_OK;
    atomic_ullong *place = &gate->state->sessions[session].slots[slot];
    struct flock lock = {.l_type = F_WRLCK,
                         .l_whence = SEEK_SET,
                         .l_start = (char *)place - (char *)gate->state,
                         .l_len = 8};
    if (fcntl(gate->descriptor, F_SETLK, &lock) < 0)
        return STATUS_IN_PROGRESS;
    uint64_t value = atomic_load(place);
    uint64_t done = value >> 32;
    if (sequence > done) {
        value = sequence << 32 | ((value & UINT32_MAX) + 1);
        atomic_store(place, value);
    } else if (sequence != done) {
        status = STATUS_REPLAY_CHANGED;
    }
    *effects = value & UINT32_MAX;
    lock.l_type = F_UNLCK;
    fcntl(gate->descriptor, F_SETLK, &lock);
    return status;
}

static void stub_answer(struct gate_reply *reply, enum frame_type type, uint8_t slot,
                        uint64_t sequence, enum status status, const void *body, size_t length)
{
    size_t offset = frame_begin(&reply->frames, type);
    writer_u8(&reply->frames, slot);
    writer_unsigned(&reply->frames, sequence);
    writer_unsigned(&reply->frames, (uint64_t)status);
    writer_bytes(&reply->frames, body, length);
    frame_finish(&reply->frames, offset);
}

static void stub_call(struct gate *gate, const struct gate_request *request,
                      struct gate_reply *reply)
{
    struct reader reader;
    uint8_t number[8];
    reader_initialise(&reader, request->body, request->length);
    uint8_t slot = reader_u8(&reader);
    uint64_t sequence = reader_unsigned(&reader);
    uint64_t form = reader_unsigned(&reader);
    reader_u32(&reader);
    uint64_t verb = reader_unsigned(&reader);
    size_t length = reader_left(&reader);
    const uint8_t *body = reader_bytes(&reader, length);
    int session = request->has_token ? stub_session(gate, request->token) : -1;
    enum status status = session < 0 ? STATUS_NOT_SIGNED_IN : STATUS_OK;
    if (!reader_end(&reader) || form < 1 || form > 2 || slot >= SESSION_SLOTS)
        status = STATUS_BROKEN;
    if (status != STATUS_OK) {
        stub_answer(reply, FRAME_REPLY, slot, sequence, status, "", 1);
        return;
    }
    reader_initialise(&reader, body, length);
    uint64_t argument = length >= 8 ? reader_u64(&reader) : 0;
    uint8_t *large = NULL;
    uint64_t effects = 0;
    struct writer writer;
    switch (verb) {
    case STUB_ECHO:
        stub_answer(reply, FRAME_REPLY, slot, sequence, STATUS_OK, body, length);
        break;
    case STUB_SLEEP:
    case STUB_LONG_SLEEP:
        status = stub_sleep(gate, argument) ? STATUS_OK : STATUS_CANCELLED;
        stub_answer(reply, FRAME_REPLY, slot, sequence, status, "", 1);
        break;
    case STUB_CRASH:
        raise(SIGKILL);
        break;
    case STUB_COUNT:
        status = stub_count(gate, session, slot, sequence, &effects);
        writer_initialise(&writer, 16);
        writer_u64(&writer, effects);
        memcpy(number, writer.bytes, 8);
        writer_release(&writer);
        stub_answer(reply, FRAME_REPLY, slot, sequence, status, number, 8);
        break;
    case STUB_RUN: /* the reply of a changing verb without an answer: id, version, key, 0 */
        atomic_fetch_add(&gate->state->due_runs, 1);
        stub_answer(reply, FRAME_REPLY, slot, sequence, STATUS_OK, "\0\0\0", 4);
        break;
    case STUB_LARGE:
        large = calloc(1, (size_t)argument + 1);
        stub_answer(reply, FRAME_REPLY, slot, sequence, STATUS_OK, large, (size_t)argument);
        free(large);
        break;
    default:
        stub_answer(reply, FRAME_REPLY, slot, sequence, STATUS_UNKNOWN_CALL, "", 1);
        break;
    }
}

static void stub_sign_in(struct gate *gate, const struct gate_request *request,
                         struct gate_reply *reply)
{
    struct reader reader;
    reader_initialise(&reader, request->body, request->length);
    uint8_t slot = reader_u8(&reader);
    uint64_t sequence = reader_unsigned(&reader);
    const char *staff = reader_text(&reader, gate->arena, 64);
    const char *password = reader_text(&reader, gate->arena, 64);
    int session = -1;
    if (strcmp(staff, "slow") == 0)
        stub_sleep(gate, 200);
    if (strcmp(password, "right") == 0)
        session = stub_new_session(gate);
    if (session < 0) {
        stub_answer(reply, FRAME_SIGNED_IN, slot, sequence, STATUS_CREDENTIALS, "", 1);
        return;
    }
    reply->binding = BINDING_SET;
    memcpy(reply->token, gate->state->sessions[session].token, SESSION_TOKEN);
    stub_answer(reply, FRAME_SIGNED_IN, slot, sequence, STATUS_OK, reply->token, SESSION_TOKEN);
}

void gate_handle(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    arena_reset(gate->arena);
    switch (request->type) {
    case FRAME_CALL:
        stub_call(gate, request, reply);
        break;
    case FRAME_SIGN_IN:
        stub_sign_in(gate, request, reply);
        break;
    case FRAME_HELLO:
        if (stub_session(gate, request->token) >= 0) {
            reply->binding = BINDING_SET;
            memcpy(reply->token, request->token, SESSION_TOKEN);
        }
        break;
    default:
        abort();
    }
}
