/* Decisions: the real logic of a business domain, as functions from what was loaded and what was
 * typed to faults or effects. They hold no database handle, so they are tested without one.
 *
 * A verb of a form names its decision (`decide = "order_submit"`). The engine reads the record (for
 * a change or a transition, locked), runs the decision's loads in the same round trip, calls the
 * function, and writes the effects in the second round trip, all in one transaction. If the
 * function leaves a fault that is no warning, nothing is written. */
#ifndef HALLDESK_DECISION_H
#define HALLDESK_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/arena.h"
#include "protocol/fault.h"
#include "protocol/form.h"
#include "protocol/record.h"

/* A named read. Lock what the decision relies upon with FOR UPDATE or FOR SHARE; loads of one
 * decision run in the order of the table, so the order is the lock order. */
struct load {
    const char *name;
    const char *sql;        /* $1 … $n */
    const char *parameters; /* space separated, one for each $n:
                               a field of the input (of the record itself where the input is
                               silent; "=name": NULL there); "items.offering_id": that field of
                               every line, as a PostgreSQL array literal, to be cast:
                               ANY($1::bigint[]);
                               "@id" the record, "@actor" the staff id, "@now" business time,
                               "@today", "@network", "@area", "@hall", "@organisation",
                               "@language", "@form", "@table", "@verb" by name; behind a ";": fields
                               of which the verb change must say one, or it leaves the load out,
                               which then has no rows */
};

struct decision_case;

struct decision {
    const char *name;
    size_t load_count;
    const struct load *loads;
    void (*decide)(struct decision_case *decision_case);
};

struct actor {
    int64_t staff;
    const char *number;
    const char *name;
    int64_t organisation;
    int64_t network;
    int64_t area;
    int64_t hall;
    const char *language;
};

struct effect;
struct loaded;

struct decision_case {
    struct arena *arena;
    const struct form *form;
    const struct form_set *forms;
    const struct verb *verb;
    const struct record *input;  /* what the caller sent: only what was said is present */
    const struct record *before; /* the record as it stands; NULL on create and of bare forms */
    struct record *after;  /* before with the input laid over it; what the decision sets here is
                              saved with the record. Of a bare form: a copy of the input */
    struct record *answer; /* filled for the caller: fields of the form; sent back if any is set */
    struct actor actor;
    int64_t now;        /* microseconds */
    int64_t today;      /* days, in the server's local time */
    const char *reason; /* "" if none */
    bool confirmed;     /* the caller has seen the warnings */
    bool dry_run;       /* the caller only asks: effects are worked out and thrown away */
    struct faults *faults;
    struct loaded *loaded;  /* read with loaded_…() */
    struct effect *effects; /* made with effect_…(), in order */
    struct effect **effects_end;
    int64_t (*new_id)(void *context); /* a fresh id */
    void *context;
    int64_t (*code_number)(void *context, const char *list, const char *name); /* 0: none */
    const char *(*code_name)(void *context, const char *list, int64_t number); /* "" : none */
    const char *(*setting)(void *context, const char *name); /* table setting; "" if not set */
};

/* The table of decisions: each domain lists its own array in server/engine/decision_table.c. */
const struct decision *decision_by_name(const char *name);

/* --- What was loaded --- */
size_t loaded_rows(const struct decision_case *c, const char *load);
/* Text of a column; "" when NULL. Asking for a load or column that is not there aborts. */
const char *loaded_text(const struct decision_case *c, const char *load, size_t row,
                        const char *column);
bool loaded_null(const struct decision_case *c, const char *load, size_t row, const char *column);
int64_t loaded_integer(const struct decision_case *c, const char *load, size_t row,
                       const char *column);
bool loaded_flag(const struct decision_case *c, const char *load, size_t row, const char *column);
int64_t loaded_rate(const struct decision_case *c, const char *load, size_t row,
                    const char *column); /* millionths */
int64_t loaded_date(const struct decision_case *c, const char *load, size_t row,
                    const char *column); /* days */
int64_t loaded_time(const struct decision_case *c, const char *load, size_t row,
                    const char *column); /* microseconds */
/* For tests without a database: a case whose loads are laid out by hand. */
struct decision_case *decision_case_create(struct arena *arena, const struct form_set *forms,
                                           const char *form_name);
void loaded_set(struct decision_case *c, const char *load,
                const char *columns /* space separated */);
void loaded_add(struct decision_case *c, const char *load, ...)
    __attribute__((sentinel)); /* texts, one for each column, NULL ends */
void loaded_add_array(struct decision_case *c, const char *load,
                      const char *const *values); /* NULL is SQL NULL */

/* --- Faults of the input --- */
/* `field` by name (NULL: the form as a whole); parameters end with NULL. */
void decision_fault(struct decision_case *c, const char *field, const char *name, ...)
    __attribute__((sentinel));
/* Refused unless the caller confirms. */
void decision_warning(struct decision_case *c, const char *field, const char *name, ...)
    __attribute__((sentinel));
/* On a line: `lines` names the field of type lines, `line` counts from 0 in the input's order. */
void decision_line_fault(struct decision_case *c, const char *lines, size_t line, const char *field,
                         const char *name, ...) __attribute__((sentinel));

/* --- Effects --- */
/* A new record of a form, with a fresh id; the caller fills its fields and adds its lines
 * (record_add_line). Its number and scope columns are made by the engine; history and checks of
 * the database apply. */
struct record *effect_create(struct decision_case *c, const char *form_name);
/* The same in another role for a party that exists: the record takes its id, and what it says of
 * the base changes the party. */
struct record *effect_create_role(struct decision_case *c, const char *form_name, int64_t party);
/* Changes fields of another record; `version` 0: whatever it is. */
struct record *effect_change(struct decision_case *c, const char *form_name, int64_t id,
                             int64_t version);
/* One statement of the domain's own, for what works on sets. Parameters are texts ("%s"-free;
 * NULL pointer is SQL NULL), `count` of them; use decision_number() for integers. When `expect` is
 * not negative the statement must touch exactly so many rows, else the transaction is refused with
 * STATUS_CHANGED. */
void effect_statement(struct decision_case *c, const char *sql, int64_t expect, size_t count, ...);
const char *decision_number(struct decision_case *c, int64_t number);
/* A message to a neighbour, sent by the relay after the commit, in order within its stream. */
void effect_message(struct decision_case *c, const char *neighbour, const char *stream,
                    const char *type, const char *payload);
/* A work item for an organisation or a person (inbox); kind and subject are message names. */
void effect_work_item(struct decision_case *c, const char *kind, int64_t organisation,
                      int64_t staff, const char *form_name, int64_t record_id, const char *subject,
                      int64_t due);
/* A notice pushed to a person's terminals. */
void effect_notice(struct decision_case *c, int64_t staff, const char *message,
                   const char *parameter);

/* SQL of an extra field of the row `alias`, in the column type that conditions expect: days and
 * microseconds are kept as whole numbers in extra jsonb. */
const char *extra_field_sql(const char *alias, const struct field *field, struct arena *arena);

#endif
