/* What a worker keeps of the tables that administrators change at run time: forms with their extra
 * fields, code lists, settings, compiled rules. Read whole whenever the catalogue's epoch moves. */
#ifndef HALLDESK_CATALOGUE_H
#define HALLDESK_CATALOGUE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/form.h"

struct arena;
struct database;
struct expression;

struct code_entry {
    int64_t number;
    const char *name;
    struct label label;
    int64_t parent;
    const char *attributes;
    const char *initials;
    int64_t region;     /* 0: everywhere */
    int64_t valid_from; /* days */
    int64_t valid_to;   /* first day on which it is no longer offered; INT64_MAX: never */
    int64_t sort;
};

struct code_catalogue_list {
    const char *name;
    struct label title;
    uint32_t hash; /* of its coding, so that a client fetches it only when it changed */
    size_t count;
    struct code_entry *entries; /* ascending by number */
};

/* A rule or guard of a form, ready to run. */
struct compiled_rule {
    const struct rule *rule;
    struct expression *when; /* NULL: always */
    struct expression *check;
};

struct compiled_guard {
    const struct verb *verb;
    struct expression *guard;
};

struct form_extras {
    const struct form *form;
    size_t rule_count;
    struct compiled_rule *rules;
    size_t guard_count;
    struct compiled_guard *guards;
};

struct catalogue {
    struct arena *arena;
    int64_t epoch;
    struct form_set forms; /* with extra fields */
    size_t extras_count;
    struct form_extras *extras; /* one for each form and line form */
    size_t list_count;
    struct code_catalogue_list *lists; /* ascending by name */
    size_t setting_count;
    struct setting_entry {
        const char *name;
        const char *value;
    } * settings;        /* ascending by name */
    int zone_offset;     /* seconds east of UTC */
    int64_t clock_shift; /* microseconds by which a test cluster's business time is shifted */
};

/* Reads the tables in one round trip; NULL if the database failed or a rule does not compile
 * (logged with the form's file and line). */
struct catalogue *catalogue_load(struct database *database, struct arena *request,
                                 const struct form_set *image);
void catalogue_free(struct catalogue *catalogue);

const struct code_catalogue_list *catalogue_list(const struct catalogue *catalogue,
                                                 const char *name);
const struct code_entry *catalogue_code(const struct catalogue *catalogue, const char *list,
                                        int64_t number);
const struct code_entry *catalogue_code_by_name(const struct catalogue *catalogue, const char *list,
                                                const char *name);
const char *catalogue_setting(const struct catalogue *catalogue,
                              const char *name); /* "" if not set */
/* Business time as far as a worker knows it before the gate has been passed. */
int64_t catalogue_now(const struct catalogue *catalogue);
const struct form_extras *catalogue_extras(const struct catalogue *catalogue,
                                           const struct form *form);

#endif
