/* Statuses of a reply, and the faults of an input: codes with parameters, never texts. */
#ifndef HALLDESK_FAULT_H
#define HALLDESK_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct reader;
struct writer;

/* Permanent numbers; the texts are forms/status.messages under status_names[]. */
enum status {
    STATUS_OK = 0,
    STATUS_FAULTS = 1,         /* the input was refused: faults follow */
    STATUS_DENIED = 2,         /* no permission: name of the permission follows */
    STATUS_NOT_FOUND = 3,      /* no such record, or none in sight */
    STATUS_CHANGED = 4,        /* someone else changed the record: the newer record follows */
    STATUS_TRANSITION = 5,     /* the step is not allowed: the allowed ones follow */
    STATUS_FORM_CHANGED = 6,   /* fetch the form again */
    STATUS_REPLAY_CHANGED = 7, /* same slot and sequence, other request */
    STATUS_IN_PROGRESS = 8,    /* the same request is being worked on */
    STATUS_NOT_SIGNED_IN = 9,
    STATUS_LOCKED = 10,          /* the terminal is locked until the password is given */
    STATUS_CREDENTIALS = 11,     /* staff number or password is wrong */
    STATUS_STAFF_LOCKED = 12,    /* too many failures */
    STATUS_STAFF_EXPIRED = 13,   /* outside the validity of the staff number */
    STATUS_PASSWORD_CHANGE = 14, /* a new password must be given */
    STATUS_SESSION_LIMIT = 15,   /* too many sessions of this person */
    STATUS_SERVER_FULL = 16,     /* too many terminals */
    STATUS_UNAVAILABLE = 17,     /* no database at the moment */
    STATUS_TIMEOUT = 18,
    STATUS_CANCELLED = 19,
    STATUS_TOO_LARGE = 20,
    STATUS_BROKEN = 21,        /* the request could not be read: the line is closed */
    STATUS_VERSION = 22,       /* protocol version not served */
    STATUS_ENCODING = 23,      /* encoding not served */
    STATUS_RATE = 24,          /* too many requests */
    STATUS_INTERNAL = 25,      /* our fault, logged under the parameter */
    STATUS_UNKNOWN_CALL = 26,  /* no such form or verb */
    STATUS_SESSION_ENDED = 27, /* signed out, taken over or ended by an administrator */
    STATUS_DRAINING = 28,      /* connect again: this server is being replaced */
    STATUS_STORAGE = 29,       /* the database cannot write: disk full or read-only */
    STATUS_COUNT
};

extern const char *const status_names[STATUS_COUNT];

enum {
    FAULT_PARAMETERS = 4,
    FAULT_LIMIT = 200,
    FAULT_NAME_LIMIT = 128,  /* bytes */
    FAULT_TEXT_LIMIT = 4096, /* bytes of a parameter or text */
};

/* One thing wrong with an input. */
struct fault {
    const char *name;     /* "required", "too_long", "identity_checksum", "order.excluded", … */
    uint16_t field;       /* number; 0: the form as a whole */
    uint16_t lines_field; /* number of the lines field, 0: head */
    uint32_t line;        /* from 1; 0: head */
    bool warning;         /* may be overridden by sending again with "confirmed" */
    size_t parameter_count;
    const char *parameters[FAULT_PARAMETERS];
    const char *text_zh; /* of rules that users wrote: the text itself; else NULL */
    const char *text_en;
};

struct faults {
    struct arena *arena;
    size_t count;
    struct fault *list;
    size_t capacity;
};

void faults_initialise(struct faults *faults, struct arena *arena);
/* Parameters are copied, at most FAULT_PARAMETERS; the list ends with NULL. Over FAULT_LIMIT
 * further faults are dropped. `field` is a field number, wider only as va_start() wants it. The
 * result is never NULL and stays where it is: fill in what else is known. */
struct fault *faults_add(struct faults *faults, const char *name, unsigned field, ...)
    __attribute__((sentinel));
bool faults_any(const struct faults *faults); /* an error, warnings aside */
void faults_encode(struct writer *writer, const struct faults *faults);
/* Adds to `faults`; false, with the reader failed, if garbled. Does not ask for the reader's end.
 */
bool faults_decode(struct reader *reader, struct faults *faults);

#endif
