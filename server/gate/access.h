/* Who a session is and what it may do, as a worker keeps it between calls. The database says the
 * same again in gate_open(); a stale copy is noticed there by its epoch. */
#ifndef HALLDESK_ACCESS_H
#define HALLDESK_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/frame.h"
#include "server/engine/decision.h"

struct database;

enum { SCOPE_BRANCHES = 4, TOKEN_HASH = 32 };

enum scope_detail { DETAIL_NONE = 0, DETAIL_BASIC = 1, DETAIL_FULL = 2 };

struct scope_branch {
    int64_t place;
    int level; /* 1 network, 2 area, 3 hall */
    int64_t classes;
    bool own;
    int64_t partner;
};

/* One permission of a person with the scope that it was granted for. */
struct scope {
    const char *permission;
    int permission_id;
    enum scope_detail detail;
    int branch_count;
    const struct scope_branch *branches; /* of branch_count; permissions granted alike share them */
};

struct access {
    uint8_t token_hash[TOKEN_HASH];
    struct actor actor;
    int64_t session;
    bool locked;
    const char *organisation_name;
    int64_t rights_epoch;
    int64_t catalogue_epoch;
    size_t scope_count;
    const struct scope *scopes; /* ascending by permission name */
};

struct access_cache;
struct access_cache *access_cache_create(void);
void access_cache_free(struct access_cache *cache);
/* NULL if the session is not in the cache. */
const struct access *access_cache_find(struct access_cache *cache,
                                       const uint8_t token_hash[TOKEN_HASH]);
/* Reads the session anew: one round trip. NULL if there is no such session or the database failed
 * (database_error() tells). */
const struct access *access_cache_load(struct access_cache *cache, struct database *database,
                                       struct arena *arena, const uint8_t token_hash[TOKEN_HASH]);
void access_cache_drop(struct access_cache *cache, const uint8_t token_hash[TOKEN_HASH]);

/* NULL: not granted. */
const struct scope *access_scope(const struct access *access, const char *permission);
void token_hash_make(const uint8_t token[SESSION_TOKEN], uint8_t hash[TOKEN_HASH]);

#endif
