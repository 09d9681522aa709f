/* What the person may use, and forms and code lists kept under their hash: in memory, and below
 * $XDG_CACHE_HOME/halldesk (~/.cache/halldesk), so that opening a known form moves nothing. */
#ifndef HALLDESK_STORE_H
#define HALLDESK_STORE_H

#include "client/application.h"

/* A form that the person may use. */
struct store_entry {
    uint16_t number;
    uint32_t hash;
    const char *name;
    const char *code;
    struct label title;
    const char *group; /* of the menu; "" stands in none */
    size_t verb_count;
    uint16_t *verbs; /* permitted */
};

struct store_code {
    int64_t number;
    const char *name;
    struct label label;
    int64_t parent; /* 0: none */
    const char *initials;
    bool offered; /* else kept for old records only */
};

struct store_codes {
    const char *name;
    uint32_t hash;
    struct label title;
    size_t count;
    struct store_code *codes;
};

struct store_group {
    const char *name;
    struct label label;
    size_t count;
    const struct store_entry **entries;
};

struct store;

struct store *store_create(void);
void store_free(struct store *store);
/* Fetches the catalogue and takes over name, organisation, language, workspace. False with a
 * message. Forms that views hold stay valid: a form once loaded lives as long as the store. */
bool store_refresh(struct application *application);
size_t store_count(const struct store *store);
const struct store_entry *store_at(const struct store *store, size_t index);
const struct store_entry *store_by_code(const struct store *store, const char *code);
const struct store_entry *store_by_number(const struct store *store, uint16_t number);
bool store_permits(const struct store *store, uint16_t form, uint16_t verb);
/* The form with its code lists; NULL with a message. */
const struct form *store_form(struct application *application, uint16_t number);
/* NULL if the list is not known. */
const struct store_codes *store_codes(const struct store *store, const char *name);
/* The menu: groups in order with the forms of this person; empty groups are left out. */
size_t store_groups(const struct store *store);
const struct store_group *store_group(const struct store *store, size_t index);

#endif
