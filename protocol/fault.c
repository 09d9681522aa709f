/* Names of the statuses; lists of faults and their coding. */
#include "protocol/fault.h"

#include <stdarg.h>
#include <string.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"

enum { FAULT_LEAST = 6, FAULT_WARNING = 1, FAULT_WORDED = 2, FAULT_MARKS = 3 };

const char *const status_names[STATUS_COUNT] = {
    [STATUS_OK] = "ok",
    [STATUS_FAULTS] = "faults",
    [STATUS_DENIED] = "denied",
    [STATUS_NOT_FOUND] = "not_found",
    [STATUS_CHANGED] = "changed",
    [STATUS_TRANSITION] = "transition",
    [STATUS_FORM_CHANGED] = "form_changed",
    [STATUS_REPLAY_CHANGED] = "replay_changed",
    [STATUS_IN_PROGRESS] = "in_progress",
    [STATUS_NOT_SIGNED_IN] = "not_signed_in",
    [STATUS_LOCKED] = "locked",
    [STATUS_CREDENTIALS] = "credentials",
    [STATUS_STAFF_LOCKED] = "staff_locked",
    [STATUS_STAFF_EXPIRED] = "staff_expired",
    [STATUS_PASSWORD_CHANGE] = "password_change",
    [STATUS_SESSION_LIMIT] = "session_limit",
    [STATUS_SERVER_FULL] = "server_full",
    [STATUS_UNAVAILABLE] = "unavailable",
    [STATUS_TIMEOUT] = "timeout",
    [STATUS_CANCELLED] = "cancelled",
    [STATUS_TOO_LARGE] = "too_large",
    [STATUS_BROKEN] = "broken",
    [STATUS_VERSION] = "version",
    [STATUS_ENCODING] = "encoding",
    [STATUS_RATE] = "rate",
    [STATUS_INTERNAL] = "internal",
    [STATUS_UNKNOWN_CALL] = "unknown_call",
    [STATUS_SESSION_ENDED] = "session_ended",
    [STATUS_DRAINING] = "draining",
    [STATUS_STORAGE] = "storage",
};

void faults_initialise(struct faults *faults, struct arena *arena)
{
    *faults = (struct faults){.arena = arena};
}

/* The next free fault; one that nobody will see when the list is full. */
static struct fault *faults_next(struct faults *faults)
{
    if (faults->count >= FAULT_LIMIT)
        return ARENA_NEW(faults->arena, struct fault);
    if (!faults->list) {
        faults->list = ARENA_ARRAY(faults->arena, struct fault, FAULT_LIMIT);
        faults->capacity = FAULT_LIMIT;
    }
    return &faults->list[faults->count++];
}

struct fault *faults_add(struct faults *faults, const char *name, unsigned field, ...)
{
    struct fault *fault = faults_next(faults);
    fault->name = arena_string(faults->arena, name);
    fault->field = (uint16_t)field;
    va_list parameters;
    va_start(parameters, field);
    while (fault->parameter_count < FAULT_PARAMETERS) {
        const char *parameter = va_arg(parameters, const char *);
        if (!parameter)
            break;
        fault->parameters[fault->parameter_count++] = arena_string(faults->arena, parameter);
    }
    va_end(parameters);
    return fault;
}

bool faults_any(const struct faults *faults)
{
    for (size_t place = 0; place < faults->count; place++)
        if (!faults->list[place].warning)
            return true;
    return false;
}

static void fault_text_encode(struct writer *writer, const char *text, size_t limit)
{
    if (text && strlen(text) > limit)
        writer->failed = true;
    writer_text(writer, text);
}

void faults_encode(struct writer *writer, const struct faults *faults)
{
    writer_unsigned(writer, faults->count);
    for (size_t place = 0; place < faults->count; place++) {
        const struct fault *fault = &faults->list[place];
        bool worded = fault->text_zh || fault->text_en;
        fault_text_encode(writer, fault->name, FAULT_NAME_LIMIT);
        writer_unsigned(writer, fault->field);
        writer_unsigned(writer, fault->lines_field);
        writer_unsigned(writer, fault->line);
        writer_u8(writer,
                  (uint8_t)((fault->warning ? FAULT_WARNING : 0u) | (worded ? FAULT_WORDED : 0u)));
        writer_unsigned(writer, fault->parameter_count);
        for (size_t parameter = 0; parameter < fault->parameter_count; parameter++)
            fault_text_encode(writer, fault->parameters[parameter], FAULT_TEXT_LIMIT);
        if (worded) {
            fault_text_encode(writer, fault->text_zh, FAULT_TEXT_LIMIT);
            fault_text_encode(writer, fault->text_en, FAULT_TEXT_LIMIT);
        }
    }
}

bool faults_decode(struct reader *reader, struct faults *faults)
{
    size_t count = (size_t)reader_limited(reader, FAULT_LIMIT);
    if (count > reader_left(reader) / FAULT_LEAST)
        reader->failed = true;
    for (size_t place = 0; place < count && !reader->failed; place++) {
        struct fault *fault = faults_next(faults);
        fault->name = reader_text(reader, faults->arena, FAULT_NAME_LIMIT);
        fault->field = (uint16_t)reader_limited(reader, UINT16_MAX);
        fault->lines_field = (uint16_t)reader_limited(reader, UINT16_MAX);
        fault->line = (uint32_t)reader_limited(reader, UINT32_MAX);
        uint8_t marks = reader_u8(reader);
        if (!*fault->name || (marks & ~(unsigned)FAULT_MARKS) != 0)
            reader->failed = true;
        fault->warning = (marks & FAULT_WARNING) != 0;
        fault->parameter_count = (size_t)reader_limited(reader, FAULT_PARAMETERS);
        for (size_t parameter = 0; parameter < fault->parameter_count; parameter++)
            fault->parameters[parameter] = reader_text(reader, faults->arena, FAULT_TEXT_LIMIT);
        if (marks & FAULT_WORDED) {
            fault->text_zh = reader_text(reader, faults->arena, FAULT_TEXT_LIMIT);
            fault->text_en = reader_text(reader, faults->arena, FAULT_TEXT_LIMIT);
        }
    }
    return !reader->failed;
}
