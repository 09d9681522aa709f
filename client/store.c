/* Catalogue, forms and code lists of the person who is signed in. Files hold exactly what the
 * server sent, named by number or name and hash; a file that does not decode is fetched anew. */
#include "client/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/session.h"
#include "client/workspace.h"
#include "protocol/system.h"
#include "server/forms/menu_read.h"

enum {
    ENTRY_LIMIT = 4096,
    VERBS_LIMIT = 256,
    NAME_LIMIT = 256,
    CODE_LIMIT = 1 << 20,
    PATH_LIMIT = 512,
    FILE_LIMIT = 4 << 20,
};

struct loaded_form {
    struct loaded_form *next;
    uint32_t hash;
    const struct form *form;
};

struct loaded_codes {
    struct loaded_codes *next;
    struct store_codes codes;
};

struct wanted_codes {
    const char *name;
    uint32_t hash;
};

struct store {
    struct arena *forms_arena; /* forms and code lists: live as long as the store */
    struct arena *arena;       /* the catalogue: anew with each */
    size_t count;
    struct store_entry *entries;
    size_t codes_count;
    struct wanted_codes *codes_wanted;
    struct loaded_form *forms;
    struct loaded_codes *codes;
    size_t group_count;
    struct store_group *groups;
};

struct store *store_create(void)
{
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        abort();
    store->forms_arena = arena_create();
    store->arena = arena_create();
    return store;
}

void store_free(struct store *store)
{
    if (store == NULL)
        return;
    arena_free(store->forms_arena);
    arena_free(store->arena);
    free(store);
}

/* --- files ----------------------------------------------------------------------------------- */

static bool cache_path(char *path, size_t size, const char *kind, const char *name, uint32_t hash)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    char folder[PATH_LIMIT];
    if (cache != NULL && cache[0] == '/')
        snprintf(folder, sizeof folder, "%s", cache);
    else if (home != NULL && home[0] == '/')
        snprintf(folder, sizeof folder, "%s/.cache", home);
    else
        return false;
    mkdir(folder, 0700);
    int length = snprintf(path, size, "%s/halldesk", folder);
    if (length < 0 || (size_t)length >= size || (mkdir(path, 0700) != 0 && errno != EEXIST))
        return false;
    length = snprintf(path, size, "%s/halldesk/%s-%s-%08x", folder, kind, name, hash);
    return length > 0 && (size_t)length < size && strchr(name, '/') == NULL;
}

/* Bytes of the file, owned by the arena; NULL if there are none. */
static const uint8_t *cache_read(const char *path, size_t *length, struct arena *arena)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    uint8_t *bytes = NULL;
    if (file < 0)
        return NULL;
    if (fstat(file, &status) == 0 && status.st_size > 0 && status.st_size <= FILE_LIMIT) {
        bytes = ARENA_ARRAY(arena, uint8_t, (size_t)status.st_size);
        if (read(file, bytes, (size_t)status.st_size) != status.st_size)
            bytes = NULL;
        *length = (size_t)status.st_size;
    }
    close(file);
    return bytes;
}

/* A cache that cannot be written costs time, nothing else. */
static void cache_write(const char *path, const uint8_t *bytes, size_t length)
{
    char other[PATH_LIMIT + 32];
    snprintf(other, sizeof other, "%s.%ld", path, (long)getpid());
    int file = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    bool written = write(file, bytes, length) == (ssize_t)length;
    if (close(file) != 0 || !written || rename(other, path) != 0)
        unlink(other);
}

/* --- catalogue ------------------------------------------------------------------------------- */

static void text_take(struct reader *reader, struct arena *arena, char *target, size_t size)
{
    snprintf(target, size, "%s", reader_text(reader, arena, NAME_LIMIT));
}

static void entry_read(struct reader *reader, struct arena *arena, struct store_entry *entry)
{
    entry->number = (uint16_t)reader_limited(reader, UINT16_MAX);
    entry->hash = reader_u32(reader);
    entry->name = reader_text(reader, arena, NAME_LIMIT);
    entry->code = reader_text(reader, arena, NAME_LIMIT);
    entry->title.zh = reader_text(reader, arena, NAME_LIMIT);
    entry->title.en = reader_text(reader, arena, NAME_LIMIT);
    entry->group = reader_text(reader, arena, NAME_LIMIT);
    entry->verb_count = (size_t)reader_limited(reader, VERBS_LIMIT);
    entry->verbs = ARENA_ARRAY(arena, uint16_t, entry->verb_count + 1);
    for (size_t i = 0; i < entry->verb_count; i++)
        entry->verbs[i] = (uint16_t)reader_limited(reader, UINT16_MAX);
}

/* The groups are declared in forms/menu.menu; what a form adds is its own "menu". */
static void groups_build(struct application *application, struct store *store)
{
    struct arena *arena = store->arena;
    struct form_errors *errors = ARENA_NEW(arena, struct form_errors);
    struct form *forms = ARENA_ARRAY(arena, struct form, store->count + 1);
    struct form_set set = {.count = store->count,
                           .forms = ARENA_ARRAY(arena, struct form *, store->count + 1)};
    form_errors_initialise(errors, arena);
    for (size_t i = 0; i < store->count; i++) {
        const struct store_entry *entry = &store->entries[i];
        forms[i] = (struct form){.number = entry->number,
                                 .name = entry->name,
                                 .menu = entry->group[0] != '\0' ? entry->group : NULL,
                                 .file = "",
                                 .title = entry->title};
        set.forms[i] = &forms[i];
    }
    const struct menu *menu = menu_read_file(
        arena_format(arena, "%s/menu.menu", application->forms_directory), &set, arena, errors);
    store->groups = ARENA_ARRAY(arena, struct store_group, menu->count + 1);
    store->group_count = 0;
    for (size_t i = 0; i < menu->count; i++) {
        const struct menu_group *from = &menu->groups[i];
        struct store_group *group = &store->groups[store->group_count];
        *group = (struct store_group){.name = from->name, .label = from->label};
        group->entries = ARENA_ARRAY(arena, const struct store_entry *, from->count + 1);
        for (size_t n = 0; n < from->count; n++)
            group->entries[group->count++] = store_by_number(store, from->forms[n]->number);
        store->group_count += group->count > 0 ? 1 : 0;
    }
}

static bool catalogue_read(struct application *application, struct reader *reader)
{
    struct store *store = application->store;
    char language[8];
    arena_reset(store->arena);
    store->count = 0;
    store->group_count = 0;
    store->codes_count = 0;
    text_take(reader, store->arena, application->staff, sizeof application->staff);
    text_take(reader, store->arena, application->staff_name, sizeof application->staff_name);
    text_take(reader, store->arena, application->organisation, sizeof application->organisation);
    text_take(reader, store->arena, application->server_name, sizeof application->server_name);
    (void)reader_signed(reader);
    application->idle_lock = (int64_t)reader_limited(reader, INT32_MAX);
    text_take(reader, store->arena, language, sizeof language);
    size_t count = (size_t)reader_limited(reader, ENTRY_LIMIT);
    store->entries = ARENA_ARRAY(store->arena, struct store_entry, count + 1);
    for (size_t i = 0; i < count && !reader->failed; i++)
        entry_read(reader, store->arena, &store->entries[i]);
    size_t lists = (size_t)reader_limited(reader, ENTRY_LIMIT);
    store->codes_wanted = ARENA_ARRAY(store->arena, struct wanted_codes, lists + 1);
    for (size_t i = 0; i < lists && !reader->failed; i++) {
        store->codes_wanted[i].name = reader_text(reader, store->arena, NAME_LIMIT);
        store->codes_wanted[i].hash = reader_u32(reader);
    }
    (void)reader_u32(reader); /* the menu comes with the client's own forms directory */
    const char *workspace = reader_text(reader, store->arena, 1 << 15);
    if (!reader_end(reader))
        return false;
    store->count = count;
    store->codes_count = lists;
    if (application->workspace == NULL)
        application->workspace = workspace_read(workspace);
    return true;
}

bool store_refresh(struct application *application)
{
    struct answer answer;
    session_call(application, 0, 0, SYSTEM_CATALOGUE, NULL, &answer);
    bool done = answer.status == STATUS_OK;
    if (!done) {
        session_refused(application, &answer);
    } else if (!catalogue_read(application, &answer.reader)) {
        application_refuse(application, "client.answer_broken", NULL);
        done = false;
    } else {
        groups_build(application, application->store);
    }
    answer_release(&answer);
    return done;
}

size_t store_count(const struct store *store)
{
    return store->count;
}

const struct store_entry *store_at(const struct store *store, size_t index)
{
    return &store->entries[index];
}

const struct store_entry *store_by_code(const struct store *store, const char *code)
{
    for (size_t i = 0; i < store->count; i++)
        if (code[0] != '\0' && strcasecmp(store->entries[i].code, code) == 0)
            return &store->entries[i];
    return NULL;
}

const struct store_entry *store_by_number(const struct store *store, uint16_t number)
{
    for (size_t i = 0; i < store->count; i++)
        if (store->entries[i].number == number)
            return &store->entries[i];
    return NULL;
}

bool store_permits(const struct store *store, uint16_t form, uint16_t verb)
{
    const struct store_entry *entry = store_by_number(store, form);
    for (size_t i = 0; entry != NULL && i < entry->verb_count; i++)
        if (entry->verbs[i] == verb)
            return true;
    return false;
}

size_t store_groups(const struct store *store)
{
    return store->group_count;
}

const struct store_group *store_group(const struct store *store, size_t index)
{
    return &store->groups[index];
}

/* --- code lists ------------------------------------------------------------------------------ */

static struct loaded_codes *codes_find(const struct store *store, const char *name)
{
    for (struct loaded_codes *codes = store->codes; codes != NULL; codes = codes->next)
        if (strcmp(codes->codes.name, name) == 0)
            return codes;
    return NULL;
}

const struct store_codes *store_codes(const struct store *store, const char *name)
{
    const struct loaded_codes *codes = name != NULL ? codes_find(store, name) : NULL;
    return codes != NULL ? &codes->codes : NULL;
}

/* As server/engine/code_list.h codes it. A newer list takes the place of the older. */
static bool codes_read(struct store *store, struct reader *reader, uint32_t hash)
{
    struct arena *arena = store->forms_arena;
    struct store_codes codes = {.hash = hash};
    codes.name = reader_text(reader, arena, NAME_LIMIT);
    codes.title.zh = reader_text(reader, arena, NAME_LIMIT);
    codes.title.en = reader_text(reader, arena, NAME_LIMIT);
    size_t count = (size_t)reader_limited(reader, reader_left(reader));
    codes.codes = ARENA_ARRAY(arena, struct store_code, count + 1);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        struct store_code *code = &codes.codes[i];
        code->number = (int64_t)reader_unsigned(reader);
        code->name = reader_text(reader, arena, NAME_LIMIT);
        code->label.zh = reader_text(reader, arena, NAME_LIMIT * 2);
        code->label.en = reader_text(reader, arena, NAME_LIMIT * 2);
        code->parent = (int64_t)reader_unsigned(reader);
        code->initials = reader_text(reader, arena, NAME_LIMIT);
        code->offered = reader_u8(reader) != 0;
    }
    if (reader->failed)
        return false;
    codes.count = count;
    struct loaded_codes *loaded = codes_find(store, codes.name);
    if (loaded == NULL) {
        loaded = ARENA_NEW(arena, struct loaded_codes);
        loaded->next = store->codes;
        store->codes = loaded;
    }
    loaded->codes = codes;
    return true;
}

static const struct wanted_codes *codes_known(const struct store *store, const char *name)
{
    for (size_t i = 0; i < store->codes_count; i++)
        if (strcmp(store->codes_wanted[i].name, name) == 0)
            return &store->codes_wanted[i];
    return NULL;
}

/* Is the list there as the catalogue names it, in memory or in a file? */
static bool codes_at_hand(struct store *store, const struct wanted_codes *wanted)
{
    const struct loaded_codes *codes = codes_find(store, wanted->name);
    char path[PATH_LIMIT];
    size_t length;
    if (codes != NULL && codes->codes.hash == wanted->hash)
        return true;
    if (!cache_path(path, sizeof path, "codes", wanted->name, wanted->hash))
        return false;
    const uint8_t *bytes = cache_read(path, &length, store->forms_arena);
    if (bytes == NULL)
        return false;
    struct reader reader;
    reader_initialise(&reader, bytes, length);
    return codes_read(store, &reader, wanted->hash) && reader_end(&reader);
}

struct codes_list {
    size_t count;
    const struct wanted_codes *lists[NAME_LIMIT];
};

/* Lists that the form names and that are not at hand. */
static void codes_missing(struct store *store, const struct form *form, struct codes_list *missing)
{
    for (size_t i = 0; i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        if (field->lines != NULL)
            codes_missing(store, field->lines, missing);
        const struct wanted_codes *wanted =
            field->codes != NULL ? codes_known(store, field->codes) : NULL;
        if (wanted == NULL || codes_at_hand(store, wanted))
            continue;
        bool again = false;
        for (size_t n = 0; n < missing->count; n++)
            again = again || missing->lists[n] == wanted;
        if (!again && missing->count < NAME_LIMIT)
            missing->lists[missing->count++] = wanted;
    }
}

static bool codes_fetch(struct application *application, const struct codes_list *missing)
{
    struct writer body;
    struct answer answer;
    bool done = false;
    writer_initialise(&body, CODE_LIMIT);
    writer_unsigned(&body, missing->count);
    for (size_t i = 0; i < missing->count; i++)
        writer_text(&body, missing->lists[i]->name);
    session_call(application, 0, 0, SYSTEM_CODES, &body, &answer);
    writer_release(&body);
    if (answer.status != STATUS_OK) {
        session_refused(application, &answer);
        goto out;
    }
    size_t count = (size_t)reader_limited(&answer.reader, missing->count);
    for (size_t i = 0; i < count && !answer.reader.failed; i++) {
        size_t start = answer.reader.position;
        struct reader peek = answer.reader;
        const char *name = reader_text(&peek, answer.arena, NAME_LIMIT);
        const struct wanted_codes *wanted = codes_known(application->store, name);
        char path[PATH_LIMIT];
        uint32_t hash = wanted != NULL ? wanted->hash : 0;
        if (codes_read(application->store, &answer.reader, hash) &&
            cache_path(path, sizeof path, "codes", name, hash))
            cache_write(path, answer.reader.bytes + start, answer.reader.position - start);
    }
    done = reader_end(&answer.reader);
    if (!done)
        application_refuse(application, "client.answer_broken", NULL);
out:
    answer_release(&answer);
    return done;
}

/* --- forms ----------------------------------------------------------------------------------- */

static const struct form *form_keep(struct store *store, const struct form *form)
{
    struct loaded_form *loaded = ARENA_NEW(store->forms_arena, struct loaded_form);
    *loaded = (struct loaded_form){.next = store->forms, .hash = form->hash, .form = form};
    store->forms = loaded;
    return form;
}

static const struct form *form_at_hand(struct store *store, uint16_t number, uint32_t hash)
{
    char path[PATH_LIMIT];
    char name[16];
    size_t length;
    for (const struct loaded_form *loaded = store->forms; loaded != NULL; loaded = loaded->next)
        if (loaded->form->number == number && (hash == 0 || loaded->hash == hash))
            return loaded->form;
    snprintf(name, sizeof name, "%u", number);
    if (hash == 0 || !cache_path(path, sizeof path, "form", name, hash))
        return NULL;
    const uint8_t *bytes = cache_read(path, &length, store->forms_arena);
    if (bytes == NULL)
        return NULL;
    struct reader reader;
    reader_initialise(&reader, bytes, length);
    const struct form *form = form_decode(&reader, store->forms_arena);
    if (form == NULL || !reader_end(&reader) || form->hash != hash || form->number != number)
        return NULL;
    return form_keep(store, form);
}

static const struct form *form_fetch(struct application *application, uint16_t number)
{
    struct writer body;
    struct answer answer;
    const struct form *form = NULL;
    writer_initialise(&body, CODE_LIMIT);
    writer_unsigned(&body, 1);
    writer_unsigned(&body, number);
    session_call(application, 0, 0, SYSTEM_FORMS, &body, &answer);
    writer_release(&body);
    if (answer.status != STATUS_OK) {
        session_refused(application, &answer);
        goto out;
    }
    if (reader_limited(&answer.reader, 1) == 1) {
        size_t start = answer.reader.position;
        form = form_decode(&answer.reader, application->store->forms_arena);
        char path[PATH_LIMIT];
        char name[16];
        snprintf(name, sizeof name, "%u", number);
        if (form != NULL && cache_path(path, sizeof path, "form", name, form->hash))
            cache_write(path, answer.reader.bytes + start, answer.reader.position - start);
    }
    if (form == NULL || !reader_end(&answer.reader)) {
        application_refuse(application, "client.form_refused", NULL);
        form = NULL;
        goto out;
    }
    form_keep(application->store, form);
out:
    answer_release(&answer);
    return form;
}

const struct form *store_form(struct application *application, uint16_t number)
{
    struct store *store = application->store;
    const struct store_entry *entry = store_by_number(store, number);
    const struct form *form = form_at_hand(store, number, entry != NULL ? entry->hash : 0);
    struct codes_list missing = {0};
    if (form == NULL)
        form = form_fetch(application, number);
    if (form == NULL)
        return NULL;
    codes_missing(store, form, &missing);
    if (missing.count > 0 && !codes_fetch(application, &missing))
        return NULL;
    return form;
}
