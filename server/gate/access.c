/* Cache of sessions and their rights in a worker; see access.h. */
#include "server/gate/access.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/gate/database.h"

enum {
    CACHE_SETS = 256, /* a session has its place in one set by its token */
    NAME_BUCKETS = 256,
    BRANCH_SETS = 16, /* looked at for one that is alike */
    CACHE_WAYS = 8,   /* sessions of a set; a further one takes the place of the longest unused */
};

/* Names of permissions, each kept once for all sessions of the worker. */
struct name {
    struct name *next;
    char text[];
};

struct entry {
    void *block; /* holds everything that the access points to, but the names of permissions */
    struct access access;
    bool used;
    uint64_t touched;
};

struct access_cache {
    struct entry entries[CACHE_SETS][CACHE_WAYS];
    uint64_t touches;
    struct name *names[NAME_BUCKETS];
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
            free(cache->entries[i][n].block);
        }
    }
    for (size_t i = 0; i < NAME_BUCKETS; i++) {
        while (cache->names[i] != NULL) {
            struct name *gone = cache->names[i];
            cache->names[i] = gone->next;
            free(gone);
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

static const char *name_keep(struct access_cache *cache, const char *text)
{
    size_t hash = 5381;
    for (const char *at = text; *at != '\0'; at++) {
        hash = hash * 33 + (unsigned char)*at;
    }
    struct name **bucket = &cache->names[hash % NAME_BUCKETS];
    for (struct name *name = *bucket; name != NULL; name = name->next) {
        if (strcmp(name->text, text) == 0) {
            return name->text;
        }
    }
    size_t size = strlen(text) + 1;
    struct name *name = malloc(sizeof *name + size);
    if (name == NULL) {
        abort();
    }
    memcpy(name->text, text, size);
    name->next = *bucket;
    *bucket = name;
    return name->text;
}

static bool branches_equal(const struct scope_branch *one, const struct scope_branch *other,
                           int count)
{
    for (int i = 0; i < count; i++) {
        if (one[i].place != other[i].place || one[i].level != other[i].level ||
            one[i].classes != other[i].classes || one[i].own != other[i].own ||
            one[i].partner != other[i].partner) {
            return false;
        }
    }
    return true;
}

/* The branches of a row, put behind the `used` ones unless the same stand there already. */
static const struct scope_branch *branches_read(const PGresult *result, int row, int count,
                                                struct scope_branch *all, size_t *used)
{
    struct scope_branch *fresh = &all[*used];
    for (int n = 0; n < count; n++) {
        int column = SCOPE_FIRST_BRANCH + 4 * n;
        fresh[n] =
            (struct scope_branch){.place = column_integer(result, row, column),
                                  .classes = column_integer(result, row, column + 1),
                                  .own = column_integer(result, row, column + 2) != 0,
                                  .partner = column_integer(result, row, column + 3),
                                  .level = (int)column_integer(result, row, SCOPE_FIRST_LEVEL + n)};
    }
    size_t wanted = (size_t)count;
    for (size_t at = 0; at < BRANCH_SETS && at + wanted <= *used; at++) {
        if (branches_equal(&all[at], fresh, count)) {
            return &all[at];
        }
    }
    *used += wanted;
    return fresh;
}

static size_t scopes_read(struct access_cache *cache, const PGresult *result, struct scope *scopes,
                          struct scope_branch *branches)
{
    size_t used = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        struct scope *scope = &scopes[row];
        scope->permission = name_keep(cache, PQgetvalue(result, row, SCOPE_NAME));
        scope->permission_id = (int)column_integer(result, row, SCOPE_ID);
        scope->detail = column_integer(result, row, SCOPE_DETAIL) == 2 ? DETAIL_FULL : DETAIL_BASIC;
        scope->branch_count = (int)column_integer(result, row, SCOPE_COUNT);
        if (scope->branch_count > SCOPE_BRANCHES) {
            scope->branch_count = SCOPE_BRANCHES;
        }
        scope->branches = branches_read(result, row, scope->branch_count, branches, &used);
    }
    return used;
}

/* Scopes, branches and texts of a session in one block of their exact size: thousands of sessions
 * stand in every worker. */
static void entry_fill(struct access_cache *cache, struct entry *entry, struct arena *arena,
                       const PGresult *identity, const PGresult *result)
{
    static const int texts[] = {IDENTITY_NUMBER, IDENTITY_NAME, IDENTITY_LANGUAGE,
                                IDENTITY_ORGANISATION_NAME};
    size_t count = (size_t)PQntuples(result);
    struct scope_branch *read =
        ARENA_ARRAY(arena, struct scope_branch, (count + 1) * SCOPE_BRANCHES);
    struct scope *scopes = ARENA_ARRAY(arena, struct scope, count + 1);
    size_t branches = scopes_read(cache, result, scopes, read);
    size_t size = count * sizeof *scopes + branches * sizeof *read;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size += strlen(PQgetvalue(identity, 0, texts[i])) + 1;
    }
    free(entry->block);
    entry->block = malloc(size);
    if (entry->block == NULL) {
        abort();
    }
    struct scope *kept = entry->block;
    struct scope_branch *kept_branches = (struct scope_branch *)(void *)(kept + count);
    char *text = (char *)(kept_branches + branches);
    memcpy(kept_branches, read, branches * sizeof *read);
    for (size_t i = 0; i < count; i++) {
        kept[i] = scopes[i];
        kept[i].branches = kept_branches + (scopes[i].branches - read);
    }
    qsort(kept, count, sizeof *kept, scope_order);
    entry->access.scope_count = count;
    entry->access.scopes = kept;
    const char *copies[sizeof texts / sizeof *texts];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t length = strlen(PQgetvalue(identity, 0, texts[i])) + 1;
        copies[i] = memcpy(text, PQgetvalue(identity, 0, texts[i]), length);
        text += length;
    }
    entry->access.actor.number = copies[0];
    entry->access.actor.name = copies[1];
    entry->access.actor.language = copies[2];
    entry->access.organisation_name = copies[3];
}

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
    struct access *access = &entry->access;
    memset(access, 0, sizeof *access);
    memcpy(access->token_hash, token_hash, TOKEN_HASH);
    access->session = column_integer(row, 0, IDENTITY_SESSION);
    access->locked = strcmp(PQgetvalue(row, 0, IDENTITY_STATE), "2") == 0;
    access->actor = (struct actor){
        .staff = column_integer(row, 0, IDENTITY_STAFF),
        .organisation = column_integer(row, 0, IDENTITY_ORGANISATION),
        .network = column_integer(row, 0, IDENTITY_NETWORK),
        .area = column_integer(row, 0, IDENTITY_AREA),
        .hall = column_integer(row, 0, IDENTITY_HALL),
    };
    access->rights_epoch = column_integer(row, 0, IDENTITY_RIGHTS);
    access->catalogue_epoch = column_integer(row, 0, IDENTITY_CATALOGUE);
    entry_fill(cache, entry, arena, row, database_result(database, scopes));
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
