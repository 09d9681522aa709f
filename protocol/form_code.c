/* The coded client part of a form, and its hash. Writing and reading stand side by side, one pair
 * for each structure, in the same order of members. */
#include <string.h>
#include <zlib.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "protocol/form.h"

/* The fewest bytes of each structure: a count is refused when its elements cannot be there. */
enum {
    FIELD_LEAST = 15,
    STATE_LEAST = 6,
    VERB_LEAST = 9,
    RELATED_LEAST = 5,
    TAB_LEAST = 3,
    ROW_LEAST = 1,
};

enum { VERB_TRANSITION = 1, VERB_CONFIRM = 2, VERB_REASON = 4, VERB_CHANGING = 8, VERB_MARKS = 15 };
enum { STATE_INITIAL = 1, STATE_FINAL = 2, STATE_MARKS = 3 };

static void text_encode(struct writer *writer, const char *text, size_t limit)
{
    if (text && strlen(text) > limit)
        writer->failed = true;
    writer_text(writer, text);
}

static void label_encode(struct writer *writer, const struct label *label)
{
    text_encode(writer, label->zh, FORM_TEXT_LIMIT);
    text_encode(writer, label->en, FORM_TEXT_LIMIT);
}

static struct label label_decode(struct reader *reader, struct arena *arena)
{
    struct label label;
    label.zh = reader_text(reader, arena, FORM_TEXT_LIMIT);
    label.en = reader_text(reader, arena, FORM_TEXT_LIMIT);
    return label;
}

/* A text that may be missing: empty is NULL. */
static const char *optional_decode(struct reader *reader, struct arena *arena, size_t limit)
{
    const char *text = reader_text(reader, arena, limit);
    return *text ? text : NULL;
}

static void count_encode(struct writer *writer, size_t count, size_t limit)
{
    if (count > limit)
        writer->failed = true;
    writer_unsigned(writer, count);
}

static size_t count_decode(struct reader *reader, size_t limit, size_t least)
{
    size_t count = (size_t)reader_limited(reader, limit);
    if (count > reader_left(reader) / least) {
        reader->failed = true;
        return 0;
    }
    return count;
}

static void form_body_encode(struct writer *writer, const struct form *form, int depth);
static struct form *form_body_decode(struct reader *reader, struct arena *arena, int depth);

static void field_encode(struct writer *writer, const struct field *field, int depth)
{
    writer_unsigned(writer, field->number);
    writer_unsigned(writer, field->length);
    writer_u8(writer, field->width);
    writer_u8(writer, (uint8_t)field->type);
    writer_unsigned(writer, field->flags);
    writer_unsigned(writer, field->search);
    writer_unsigned(writer, field->templates);
    text_encode(writer, field->name, FORM_NAME_LIMIT);
    label_encode(writer, &field->label);
    label_encode(writer, &field->help);
    text_encode(writer, field->codes, FORM_NAME_LIMIT);
    writer_unsigned(writer, field->reference);
    text_encode(writer, field->initial, FORM_TEXT_LIMIT);
    if (field->type == VALUE_LINES) {
        if (field->lines)
            form_body_encode(writer, field->lines, depth + 1);
        else
            writer->failed = true;
    }
}

static void field_decode(struct reader *reader, struct arena *arena, struct field *field, int depth)
{
    field->number = (uint16_t)reader_limited(reader, UINT16_MAX);
    field->length = (uint16_t)reader_limited(reader, UINT16_MAX);
    field->width = reader_u8(reader);
    uint8_t type = reader_u8(reader);
    field->flags = (unsigned)reader_limited(reader, UINT32_MAX);
    field->search = (unsigned)reader_limited(reader, UINT32_MAX);
    field->templates = (unsigned)reader_limited(reader, UINT32_MAX);
    field->name = reader_text(reader, arena, FORM_NAME_LIMIT);
    field->label = label_decode(reader, arena);
    field->help = label_decode(reader, arena);
    field->codes = optional_decode(reader, arena, FORM_NAME_LIMIT);
    field->reference = (uint16_t)reader_limited(reader, UINT16_MAX);
    field->initial = optional_decode(reader, arena, FORM_TEXT_LIMIT);
    if (field->number == 0 || !*field->name || type < VALUE_TEXT || type > VALUE_LINES)
        reader->failed = true;
    if (reader->failed)
        return;
    field->type = (enum value_type)type;
    if (field->type == VALUE_LINES)
        field->lines = form_body_decode(reader, arena, depth + 1);
}

static void verb_encode(struct writer *writer, const struct verb *verb)
{
    unsigned marks = (verb->transition ? VERB_TRANSITION : 0u) |
                     (verb->confirm ? VERB_CONFIRM : 0u) | (verb->reason ? VERB_REASON : 0u) |
                     (verb->changing ? VERB_CHANGING : 0u);
    writer_unsigned(writer, verb->number);
    text_encode(writer, verb->name, FORM_NAME_LIMIT);
    label_encode(writer, &verb->label);
    text_encode(writer, verb->permission, FORM_NAME_LIMIT);
    writer_u8(writer, (uint8_t)verb->worker);
    writer_u8(writer, (uint8_t)marks);
    text_encode(writer, verb->input, FORM_TEXT_LIMIT);
    writer_u8(writer, (uint8_t)verb->key);
}

static void verb_decode(struct reader *reader, struct arena *arena, struct verb *verb)
{
    verb->number = (uint16_t)reader_limited(reader, UINT16_MAX);
    verb->name = reader_text(reader, arena, FORM_NAME_LIMIT);
    verb->label = label_decode(reader, arena);
    verb->permission = optional_decode(reader, arena, FORM_NAME_LIMIT);
    uint8_t worker = reader_u8(reader);
    uint8_t marks = reader_u8(reader);
    verb->input = optional_decode(reader, arena, FORM_TEXT_LIMIT);
    uint8_t key = reader_u8(reader);
    if (worker > VERB_AUTH || (marks & ~(unsigned)VERB_MARKS) != 0 || key > 0x7E)
        reader->failed = true;
    if (reader->failed)
        return;
    verb->worker = (enum verb_class)worker;
    verb->transition = (marks & VERB_TRANSITION) != 0;
    verb->confirm = (marks & VERB_CONFIRM) != 0;
    verb->reason = (marks & VERB_REASON) != 0;
    verb->changing = (marks & VERB_CHANGING) != 0;
    verb->key = (char)key;
}

static void state_encode(struct writer *writer, const struct state *state)
{
    unsigned marks = (state->initial ? STATE_INITIAL : 0u) | (state->final ? STATE_FINAL : 0u);
    writer_u8(writer, state->number);
    text_encode(writer, state->name, FORM_NAME_LIMIT);
    text_encode(writer, state->core, FORM_NAME_LIMIT);
    label_encode(writer, &state->label);
    writer_u8(writer, (uint8_t)marks);
}

static void state_decode(struct reader *reader, struct arena *arena, struct state *state)
{
    state->number = reader_u8(reader);
    state->name = reader_text(reader, arena, FORM_NAME_LIMIT);
    state->core = optional_decode(reader, arena, FORM_NAME_LIMIT);
    state->label = label_decode(reader, arena);
    uint8_t marks = reader_u8(reader);
    if (state->number < 1 || state->number > FORM_STATE_LIMIT ||
        (marks & ~(unsigned)STATE_MARKS) != 0)
        reader->failed = true;
    state->initial = (marks & STATE_INITIAL) != 0;
    state->final = (marks & STATE_FINAL) != 0;
}

static void related_encode(struct writer *writer, const struct related *related)
{
    text_encode(writer, related->form_name, FORM_NAME_LIMIT);
    writer_unsigned(writer, related->form);
    text_encode(writer, related->by, FORM_NAME_LIMIT);
    label_encode(writer, &related->label);
}

static void related_decode(struct reader *reader, struct arena *arena, struct related *related)
{
    related->form_name = reader_text(reader, arena, FORM_NAME_LIMIT);
    related->form = (uint16_t)reader_limited(reader, UINT16_MAX);
    related->by = optional_decode(reader, arena, FORM_NAME_LIMIT);
    related->label = label_decode(reader, arena);
}

static void tab_encode(struct writer *writer, const struct tab *tab)
{
    label_encode(writer, &tab->label);
    count_encode(writer, tab->row_count, FORM_ROW_LIMIT);
    for (size_t place = 0; place < tab->row_count; place++)
        text_encode(writer, tab->rows[place].fields, FORM_TEXT_LIMIT);
}

static void tab_decode(struct reader *reader, struct arena *arena, struct tab *tab)
{
    tab->label = label_decode(reader, arena);
    tab->row_count = count_decode(reader, FORM_ROW_LIMIT, ROW_LEAST);
    tab->rows = ARENA_ARRAY(arena, struct screen_row, tab->row_count);
    for (size_t place = 0; place < tab->row_count && !reader->failed; place++)
        tab->rows[place].fields = reader_text(reader, arena, FORM_TEXT_LIMIT);
}

static void form_body_encode(struct writer *writer, const struct form *form, int depth)
{
    if (depth > FORM_DEPTH_LIMIT) {
        writer->failed = true;
        return;
    }
    writer_unsigned(writer, form->number);
    writer_unsigned(writer, form->flags);
    text_encode(writer, form->name, FORM_NAME_LIMIT);
    text_encode(writer, form->code, FORM_NAME_LIMIT);
    label_encode(writer, &form->title);
    label_encode(writer, &form->help);
    text_encode(writer, form->key, FORM_NAME_LIMIT);
    text_encode(writer, form->caption, FORM_NAME_LIMIT);
    text_encode(writer, form->template_field, FORM_NAME_LIMIT);
    text_encode(writer, form->state_field, FORM_NAME_LIMIT);
    text_encode(writer, form->list, FORM_TEXT_LIMIT);
    text_encode(writer, form->criteria, FORM_TEXT_LIMIT);
    count_encode(writer, form->field_count, FORM_FIELD_LIMIT);
    for (size_t place = 0; place < form->field_count; place++)
        field_encode(writer, &form->fields[place], depth);
    count_encode(writer, form->state_count, FORM_STATE_LIMIT);
    for (size_t place = 0; place < form->state_count; place++)
        state_encode(writer, &form->states[place]);
    count_encode(writer, form->verb_count, FORM_VERB_LIMIT);
    for (size_t place = 0; place < form->verb_count; place++)
        verb_encode(writer, &form->verbs[place]);
    count_encode(writer, form->related_count, FORM_RELATED_LIMIT);
    for (size_t place = 0; place < form->related_count; place++)
        related_encode(writer, &form->related[place]);
    count_encode(writer, form->tab_count, FORM_TAB_LIMIT);
    for (size_t place = 0; place < form->tab_count; place++)
        tab_encode(writer, &form->tabs[place]);
}

/* Numbers of fields are unique: record coding finds fields by them. */
static bool numbers_unique(const struct form *form)
{
    uint8_t seen[(UINT16_MAX + 1) / 8] = {0};
    for (size_t index = 0; index < form->field_count; index++) {
        uint16_t number = form->fields[index].number;
        if (seen[number / 8] >> number % 8 & 1)
            return false;
        seen[number / 8] |= (uint8_t)(1u << number % 8);
    }
    return true;
}

static uint32_t hash_of(const uint8_t *bytes, size_t length)
{
    uint32_t hash = (uint32_t)crc32_z(0, bytes, length);
    return hash != 0 ? hash : 1;
}

static struct form *form_body_decode(struct reader *reader, struct arena *arena, int depth)
{
    size_t start = reader->position;
    if (depth > FORM_DEPTH_LIMIT)
        reader->failed = true;
    if (reader->failed)
        return NULL;
    struct form *form = ARENA_NEW(arena, struct form);
    form->number = (uint16_t)reader_limited(reader, UINT16_MAX);
    form->flags = (unsigned)reader_limited(reader, UINT32_MAX);
    form->name = reader_text(reader, arena, FORM_NAME_LIMIT);
    form->code = optional_decode(reader, arena, FORM_NAME_LIMIT);
    form->title = label_decode(reader, arena);
    form->help = label_decode(reader, arena);
    form->key = optional_decode(reader, arena, FORM_NAME_LIMIT);
    form->caption = optional_decode(reader, arena, FORM_NAME_LIMIT);
    form->template_field = optional_decode(reader, arena, FORM_NAME_LIMIT);
    form->state_field = optional_decode(reader, arena, FORM_NAME_LIMIT);
    form->list = optional_decode(reader, arena, FORM_TEXT_LIMIT);
    form->criteria = optional_decode(reader, arena, FORM_TEXT_LIMIT);
    form->field_count = count_decode(reader, FORM_FIELD_LIMIT, FIELD_LEAST);
    form->fields = ARENA_ARRAY(arena, struct field, form->field_count);
    for (size_t place = 0; place < form->field_count && !reader->failed; place++) {
        form->fields[place].index = (uint16_t)place;
        field_decode(reader, arena, &form->fields[place], depth);
        if (form->fields[place].lines)
            form->fields[place].lines->head = form;
    }
    form->state_count = count_decode(reader, FORM_STATE_LIMIT, STATE_LEAST);
    form->states = ARENA_ARRAY(arena, struct state, form->state_count);
    for (size_t place = 0; place < form->state_count && !reader->failed; place++)
        state_decode(reader, arena, &form->states[place]);
    form->verb_count = count_decode(reader, FORM_VERB_LIMIT, VERB_LEAST);
    form->verbs = ARENA_ARRAY(arena, struct verb, form->verb_count);
    for (size_t place = 0; place < form->verb_count && !reader->failed; place++)
        verb_decode(reader, arena, &form->verbs[place]);
    form->related_count = count_decode(reader, FORM_RELATED_LIMIT, RELATED_LEAST);
    form->related = ARENA_ARRAY(arena, struct related, form->related_count);
    for (size_t place = 0; place < form->related_count && !reader->failed; place++)
        related_decode(reader, arena, &form->related[place]);
    form->tab_count = count_decode(reader, FORM_TAB_LIMIT, TAB_LEAST);
    form->tabs = ARENA_ARRAY(arena, struct tab, form->tab_count);
    for (size_t place = 0; place < form->tab_count && !reader->failed; place++)
        tab_decode(reader, arena, &form->tabs[place]);
    if (reader->failed)
        return NULL;
    if (!*form->name || !numbers_unique(form)) {
        reader->failed = true;
        return NULL;
    }
    form->hash = hash_of(reader->bytes + start, reader->position - start);
    return form;
}

static uint32_t body_hash(const struct form *form, int depth)
{
    struct writer writer;
    writer_initialise(&writer, FORM_CODE_LIMIT);
    form_body_encode(&writer, form, depth);
    uint32_t hash = writer.failed ? 0 : hash_of(writer.bytes, writer.length);
    writer_release(&writer);
    return hash;
}

static void form_seal_level(struct form *form, int depth)
{
    if (depth > FORM_DEPTH_LIMIT)
        return;
    for (size_t index = 0; index < form->field_count; index++)
        if (form->fields[index].lines)
            form_seal_level(form->fields[index].lines, depth + 1);
    form->hash = body_hash(form, depth);
}

void form_seal(struct form *form)
{
    form_seal_level(form, 0);
}

void form_encode(struct writer *writer, const struct form *form)
{
    size_t offset = writer->length;
    writer_u32(writer, 0);
    form_body_encode(writer, form, 0);
    if (writer->failed)
        return;
    if (writer->length - offset > FORM_CODE_LIMIT) {
        writer->failed = true;
        return;
    }
    writer_patch_u32(writer, offset,
                     hash_of(writer->bytes + offset + 4, writer->length - offset - 4));
}

struct form *form_decode(struct reader *reader, struct arena *arena)
{
    uint32_t hash = reader_u32(reader);
    struct form *form = form_body_decode(reader, arena, 0);
    if (form && form->hash != hash) {
        reader->failed = true;
        return NULL;
    }
    return form;
}
