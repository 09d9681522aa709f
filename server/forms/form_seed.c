/* Seeds code lists: adds what is missing, one statement for a list, and leaves alone what is there,
 * since administrators may have changed it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/forms/form_registry.h"
#include "server/party/pinyin.h"

enum { MEMBER_PARAMETERS = 10, SEED_MEMBERS = 60000 / MEMBER_PARAMETERS };

struct seeded {
    const char *list;
    const char *name;
    int number;
};

struct seed {
    PGconn *owner;
    struct arena *arena;
    struct form_errors *errors;
    size_t *touched;
    size_t list_count; /* what the database has, both ascending by list */
    const char **lists;
    size_t code_count;
    struct seeded *codes;
    bool good;
};

static PGresult *seed_select(struct seed *seed, const char *sql)
{
    PGresult *result = PQexec(seed->owner, sql);
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        return result;
    form_errors_add(seed->errors, "database", 0, "%s", PQerrorMessage(seed->owner));
    PQclear(result);
    return NULL;
}

static bool seed_load(struct seed *seed)
{
    struct arena *arena = seed->arena;
    PGresult *lists = seed_select(seed, "SELECT name FROM code_list");
    PGresult *codes = lists ? seed_select(seed, "SELECT list, name, number FROM code") : NULL;
    bool good = codes != NULL;
    if (!good)
        goto out;
    seed->list_count = (size_t)PQntuples(lists);
    seed->lists = ARENA_ARRAY(arena, const char *, seed->list_count + 1);
    for (int row = 0; row < PQntuples(lists); row++)
        seed->lists[row] = arena_string(arena, PQgetvalue(lists, row, 0));
    seed->code_count = (size_t)PQntuples(codes);
    seed->codes = ARENA_ARRAY(arena, struct seeded, seed->code_count + 1);
    for (int row = 0; row < PQntuples(codes); row++)
        seed->codes[row] = (struct seeded){
            .list = arena_string(arena, PQgetvalue(codes, row, 0)),
            .name = arena_string(arena, PQgetvalue(codes, row, 1)),
            .number = atoi(PQgetvalue(codes, row, 2)),
        };
out:
    PQclear(lists);
    PQclear(codes);
    return good;
}

/* Is the member there? One that has only its number or only its name stands in the way. */
static bool member_there(struct seed *seed, const char *file, const char *list,
                         const struct code_member *member)
{
    const struct seeded *other = NULL;
    for (size_t index = 0; index < seed->code_count; index++) {
        const struct seeded *code = &seed->codes[index];
        if (strcmp(code->list, list) != 0)
            continue;
        bool number = code->number == member->number;
        bool name = strcmp(code->name, member->name) == 0;
        if (number && name)
            return true;
        if (number || (name && !other))
            other = code;
    }
    if (!other)
        return false;
    form_errors_add(seed->errors, file, member->source_line,
                    "code list \"%s\" has \"%s\" with number %d in the database, so \"%s\" "
                    "cannot have number %d: numbers are permanent",
                    list, other->name, other->number, member->name, member->number);
    seed->good = false;
    return true;
}

static const char *attributes_text(struct arena *arena, const struct code_member *member)
{
    const char *text = "";
    for (size_t index = 0; index < member->attribute_count; index++)
        text = arena_format(arena, "%s%s%s=%s", text, *text ? " " : "",
                            member->attributes[index].name, member->attributes[index].value);
    return text;
}

static const char *initials_text(struct arena *arena, const struct code_member *member)
{
    struct pinyin_initials initials = {0};
    if (member->initials)
        return member->initials;
    pinyin_initials(member->label.zh, &initials);
    return initials.count ? arena_string(arena, initials.variants[0]) : "";
}

static void member_parameters(struct arena *arena, const struct code_member *member, size_t place,
                              const char **parameters)
{
    parameters[0] = arena_format(arena, "%d", member->number);
    parameters[1] = member->name;
    parameters[2] = member->label.zh;
    parameters[3] = member->label.en;
    parameters[4] = member->parent ? arena_format(arena, "%d", member->parent) : NULL;
    parameters[5] = attributes_text(arena, member);
    parameters[6] = arena_format(arena, "%zu", place + 1);
    parameters[7] = initials_text(arena, member);
    parameters[8] = member->valid_from;
    parameters[9] = member->valid_to;
}

/* One statement for as many as its parameters can hold (65,535), so that the trigger on the table
 * runs once. */
static void members_insert(struct seed *seed, const char **parameters, size_t count)
{
    char *sql = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&sql, &length);
    if (!out)
        abort();
    fputs("INSERT INTO code (list, number, name, label_zh, label_en, parent, attributes, sort,"
          " initials, valid_from, valid_to) SELECT $1, v.number::integer, v.name, v.zh, v.en,"
          " v.parent::integer, v.attributes, v.sort::integer, v.initials,"
          " coalesce(v.valid_from::date, '2000-01-01'), v.valid_to::date FROM (VALUES ",
          out);
    for (size_t index = 0; index < count; index++) {
        fputs(index ? ", (" : "(", out);
        for (size_t at = 0; at < MEMBER_PARAMETERS; at++)
            fprintf(out, "%s$%zu::text", at ? ", " : "", 2 + index * MEMBER_PARAMETERS + at);
        fputs(")", out);
    }
    fputs(") AS v(number, name, zh, en, parent, attributes, sort, initials, valid_from, valid_to)",
          out);
    if (fclose(out) != 0)
        abort();
    if (!form_install_execute(seed->owner, sql, (int)(1 + count * MEMBER_PARAMETERS), parameters,
                              seed->touched, seed->errors))
        seed->good = false;
    free(sql);
}

static void seed_list(struct seed *seed, const struct code_list *list)
{
    const char **parameters =
        ARENA_ARRAY(seed->arena, const char *, 1 + list->count * MEMBER_PARAMETERS);
    size_t count = 0;
    bool there = false;
    if (PQtransactionStatus(seed->owner) != PQTRANS_INTRANS)
        return;
    for (size_t index = 0; index < seed->list_count && !there; index++)
        there = strcmp(seed->lists[index], list->name) == 0;
    const char *head[] = {list->name, list->title.zh, list->title.en};
    if (!there && !form_install_execute(seed->owner,
                                        "INSERT INTO code_list (name, title_zh, title_en)"
                                        " VALUES ($1, $2, $3)",
                                        3, head, seed->touched, seed->errors))
        seed->good = false;
    parameters[0] = list->name;
    for (size_t index = 0; index < list->count; index++) {
        const struct code_member *member = &list->members[index];
        if (there && member_there(seed, list->file, list->name, member))
            continue;
        member_parameters(seed->arena, member, index, parameters + 1 + count * MEMBER_PARAMETERS);
        if (++count == SEED_MEMBERS && seed->good) {
            members_insert(seed, parameters, count);
            count = 0;
        }
    }
    if (count && seed->good)
        members_insert(seed, parameters, count);
}

static void seed_states(struct seed *seed, const struct form *form, const struct code_set *codes)
{
    const struct field *field = form->state_field ? form_field(form, form->state_field) : NULL;
    if (!field || !field->codes || code_list_find(codes, field->codes))
        return;
    struct code_list list = {
        .name = field->codes,
        .title = {.zh = arena_format(seed->arena, "%s%s", form->title.zh, field->label.zh),
                  .en = arena_format(seed->arena, "%s: %s", form->title.en, field->label.en)},
        .count = form->state_count,
        .members = ARENA_ARRAY(seed->arena, struct code_member, form->state_count + 1),
        .file = form->file,
    };
    for (size_t index = 0; index < form->state_count; index++)
        list.members[index] = (struct code_member){
            .number = form->states[index].number,
            .name = form->states[index].name,
            .label = form->states[index].label,
            .source_line = form->states[index].source_line,
        };
    seed_list(seed, &list);
}

bool form_seed_install(PGconn *owner, const struct form_set *forms, const struct code_set *codes,
                       size_t *touched, struct form_errors *errors)
{
    struct seed seed = {
        .owner = owner, .arena = errors->arena, .errors = errors, .touched = touched, .good = true};
    if (PQtransactionStatus(owner) != PQTRANS_INTRANS || !seed_load(&seed))
        return false;
    for (size_t index = 0; index < codes->count; index++)
        seed_list(&seed, &codes->lists[index]);
    for (size_t index = 0; index < forms->count; index++)
        seed_states(&seed, forms->forms[index], codes);
    return seed.good;
}
