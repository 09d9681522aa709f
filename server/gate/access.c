/* Cache of sessions and their rights in a worker; see access.h. */
#include "server/gate/access.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/gate/database.h"

enum {
    CACHE_SETS = 256, /* a session has its place in one set by its token */
    CACHE_WAYS = 8,   /* sessions of a set; a further one takes the place of the longest unused */
};

struct entry {
    struct arena *arena;
    struct access access;
    bool used;
    uint64_t touched;
};

struct access_cache {
    struct entry entries[CACHE_SETS][CACHE_WAYS];
    uint64_t touches;
};

struct access_cache *access_cache_create(void)
{
    struct access_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL) {
        abort();
    }
    return cache;
}

void access_cache_free(struct access_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < CACHE_SETS; i++) {
        for (size_t n = 0; n < CACHE_WAYS; n++) {
            arena_free(cache->entries[i][n].arena);
        }
    }
    free(cache);
}

void token_hash_make(const uint8_t token[SESSION_TOKEN], uint8_t hash[TOKEN_HASH])
{
    SHA256(token, SESSION_TOKEN, hash);
}

static struct entry *entry_find(struct access_cache *cache, const uint8_t token_hash[TOKEN_HASH])
{
    struct entry *set = cache->entries[token_hash[0] % CACHE_SETS];
    for (size_t i = 0; i < CACHE_WAYS; i++) {
        if (set[i].used && memcmp(set[i].access.token_hash, token_hash, TOKEN_HASH) == 0) {
            set[i].touched = ++cache->touches;
            return &set[i];
        }
    }
    return NULL;
}

/* Its own entry, a free one, or that of the session that was silent for longest. */
static struct entry *entry_take(struct access_cache *cache, const uint8_t token_hash[TOKEN_HASH])
{
    struct entry *entry = entry_find(cache, token_hash);
    struct entry *set = cache->entries[token_hash[0] % CACHE_SETS];
    for (size_t i = 0; entry == NULL && i < CACHE_WAYS; i++) {
        entry = set[i].used ? NULL : &set[i];
    }
    if (entry == NULL) {
        entry = &set[0];
        for (size_t i = 1; i < CACHE_WAYS; i++) {
            entry = set[i].touched < entry->touched ? &set[i] : entry;
        }
    }
    entry->touched = ++cache->touches;
    return entry;
}

const struct access *access_cache_find(struct access_cache *cache,
                                       const uint8_t token_hash[TOKEN_HASH])
{
    const struct entry *entry = entry_find(cache, token_hash);
    return entry != NULL ? &entry->access : NULL;
}

void access_cache_drop(struct access_cache *cache, const uint8_t token_hash[TOKEN_HASH])
{
    struct entry *entry = entry_find(cache, token_hash);
    if (entry != NULL) {
        entry->used = false;
    }
}

static int64_t column_integer(const PGresult *result, int row, int column)
{
    return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

enum scope_column {
    SCOPE_NAME,
    SCOPE_ID,
    SCOPE_DETAIL,
    SCOPE_COUNT,
    SCOPE_FIRST_BRANCH, /* place, classes, own, partner, four times */
    SCOPE_FIRST_LEVEL = SCOPE_FIRST_BRANCH + 4 * SCOPE_BRANCHES,
};

static int scope_order(const void *one, const void *other)
{
    return strcmp(((const struct scope *)one)->permission,
                  ((const struct scope *)other)->permission);
}

static void scopes_read(struct access *access, struct arena *arena, const PGresult *result)
{
    size_t count = (size_t)PQntuples(result);
    struct scope *scopes = ARENA_ARRAY(arena, struct scope, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct scope *scope = &scopes[i];
        int row = (int)i;
        scope->permission = arena_string(arena, PQgetvalue(result, row, SCOPE_NAME));
        scope->permission_id = (int)column_integer(result, row, SCOPE_ID);
        scope->detail = column_integer(result, row, SCOPE_DETAIL) == 2 ? DETAIL_FULL : DETAIL_BASIC;
        scope->branch_count = (int)column_integer(result, row, SCOPE_COUNT);
        if (scope->branch_count > SCOPE_BRANCHES) {
            scope->branch_count = SCOPE_BRANCHES;
        }
        for (int n = 0; n < scope->branch_count; n++) {
            int column = SCOPE_FIRST_BRANCH + 4 * n;
            scope->branches[n] = (struct scope_branch){
                .place = column_integer(result, row, column),
                .classes = column_integer(result, row, column + 1),
                .own = column_integer(result, row, column + 2) != 0,
                .partner = column_integer(result, row, column + 3),
                .level = (int)column_integer(result, row, SCOPE_FIRST_LEVEL + n)};
        }
    }
    qsort(scopes, count, sizeof *scopes, scope_order);
    access->scope_count = count;
    access->scopes = scopes;
}

enum identity_column {
    IDENTITY_SESSION,
    IDENTITY_STATE,
    IDENTITY_STAFF,
    IDENTITY_NUMBER,
    IDENTITY_NAME,
    IDENTITY_ORGANISATION,
    IDENTITY_ORGANISATION_NAME,
    IDENTITY_NETWORK,
    IDENTITY_AREA,
    IDENTITY_HALL,
    IDENTITY_LANGUAGE,
    IDENTITY_RIGHTS,
    IDENTITY_CATALOGUE,
};

const struct access *access_cache_load(struct access_cache *cache, struct database *database,
                                       struct arena *arena, const uint8_t token_hash[TOKEN_HASH])
{
    struct parameter token = parameter_bytes(token_hash, TOKEN_HASH);
    database_begin(database, arena);
    size_t identity = database_queue(database, "SELECT * FROM session_identity($1)", 1, &token);
    size_t scopes = database_queue(database, "SELECT * FROM session_access($1)", 1, &token);
    if (!database_flush(database, true)) {
        return NULL;
    }
    const PGresult *row = database_result(database, identity);
    if (PQntuples(row) != 1 || strcmp(PQgetvalue(row, 0, IDENTITY_STATE), "3") == 0) {
        access_cache_drop(cache, token_hash);
        return NULL;
    }
    struct entry *entry = entry_take(cache, token_hash);
    if (entry->arena == NULL) {
        entry->arena = arena_create();
    }
    arena_reset(entry->arena);
    struct access *access = &entry->access;
    memset(access, 0, sizeof *access);
    memcpy(access->token_hash, token_hash, TOKEN_HASH);
    access->session = column_integer(row, 0, IDENTITY_SESSION);
    access->locked = strcmp(PQgetvalue(row, 0, IDENTITY_STATE), "2") == 0;
    access->actor = (struct actor){
        .staff = column_integer(row, 0, IDENTITY_STAFF),
        .number = arena_string(entry->arena, PQgetvalue(row, 0, IDENTITY_NUMBER)),
        .name = arena_string(entry->arena, PQgetvalue(row, 0, IDENTITY_NAME)),
        .organisation = column_integer(row, 0, IDENTITY_ORGANISATION),
        .network = column_integer(row, 0, IDENTITY_NETWORK),
        .area = column_integer(row, 0, IDENTITY_AREA),
        .hall = column_integer(row, 0, IDENTITY_HALL),
        .language = arena_string(entry->arena, PQgetvalue(row, 0, IDENTITY_LANGUAGE)),
    };
    access->organisation_name =
        arena_string(entry->arena, PQgetvalue(row, 0, IDENTITY_ORGANISATION_NAME));
    access->rights_epoch = column_integer(row, 0, IDENTITY_RIGHTS);
    access->catalogue_epoch = column_integer(row, 0, IDENTITY_CATALOGUE);
    scopes_read(access, entry->arena, database_result(database, scopes));
    entry->used = true;
    return access;
}

const struct scope *access_scope(const struct access *access, const char *permission)
{
    size_t low = 0;
    size_t high = access->scope_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(permission, access->scopes[middle].permission);
        if (order == 0) {
            return &access->scopes[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}
