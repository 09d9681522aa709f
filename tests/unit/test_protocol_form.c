/* Tests of form look-up, coding and hash, and of faults. */
#include "tests/unit/cmocka_tap.h"

#include <string.h>
#include <zlib.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "protocol/fault.h"
#include "tests/unit/protocol_fixture.h"

enum { HASH_BYTES = 4 };

static void forms_round_trip(void **state)
{
    (void)state;
    const struct form *forms[] = {fixture_customer(), fixture_order()};
    for (size_t place = 0; place < 2; place++) {
        struct arena *arena = arena_create();
        struct writer first;
        struct writer second;
        writer_initialise(&first, FORM_CODE_LIMIT);
        writer_initialise(&second, FORM_CODE_LIMIT);
        form_encode(&first, forms[place]);
        struct reader reader;
        reader_initialise(&reader, first.bytes, first.length);
        const struct form *read = form_decode(&reader, arena);
        assert_non_null(read);
        assert_true(reader_end(&reader));
        assert_int_equal(read->hash, forms[place]->hash);
        assert_int_not_equal(read->hash, 0);
        form_encode(&second, read);
        assert_int_equal(first.length, second.length);
        assert_memory_equal(first.bytes, second.bytes, first.length);
        writer_release(&first);
        writer_release(&second);
        arena_free(arena);
    }
}

/* A form read back, in `arena`. */
static struct form *form_again(const struct form *form, struct arena *arena)
{
    struct writer writer;
    writer_initialise(&writer, FORM_CODE_LIMIT);
    form_encode(&writer, form);
    struct reader reader;
    reader_initialise(&reader, writer.bytes, writer.length);
    struct form *read = form_decode(&reader, arena);
    assert_non_null(read);
    writer_release(&writer);
    return read;
}

static void client_part_arrives(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    const struct form *form = form_again(fixture_customer(), arena);
    assert_string_equal(form->code, "CU");
    assert_string_equal(form->title.zh, "客户");
    assert_int_equal(form->flags, FORM_VERSIONED | FORM_EXTENDABLE);
    const struct field *field = form_field(form, "region");
    assert_int_equal(field->reference, 20);
    assert_int_equal(field->index, 14);
    assert_null(field->codes);
    assert_null(field->initial);
    assert_string_equal(field->help.en, "");
    const struct verb *verb = form_verb_by_name(form, "leave");
    assert_true(verb->transition && verb->confirm && verb->reason && verb->changing);
    assert_int_equal(verb->worker, VERB_LONG);
    assert_int_equal(verb->key, '7');
    assert_string_equal(verb->input, "name type");
    assert_null(form_verb(form, VERB_QUERY)->input);
    assert_true(form_state(form, 2)->final);
    assert_false(form_state(form, 2)->initial);
    assert_int_equal(form->related[0].form, 40);
    assert_string_equal(form->tabs[0].rows[1].fields, "-");
    const struct form *order = form_again(fixture_order(), arena);
    const struct form *items = form_field(order, "items")->lines;
    assert_ptr_equal(items->head, order);
    assert_int_equal(items->hash, form_field(fixture_order(), "items")->lines->hash);
    assert_string_equal(form_field(items, "charges")->lines->name, "order_charge");
    arena_free(arena);
}

static void hash_covers_the_client_part(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct form *form = form_again(fixture_order(), arena);
    uint32_t before = form->hash;
    form->table = "another";
    form_seal(form);
    assert_int_equal(form->hash, before); /* the server's own business */
    struct form *charge = form_field(form_field(form, "items")->lines, "charges")->lines;
    charge->fields[1].flags = 0;
    form_seal(form);
    assert_int_not_equal(form->hash, before);
    arena_free(arena);
}

static bool form_accepted(const uint8_t *bytes, size_t length)
{
    struct arena *arena = arena_create();
    struct reader reader;
    reader_initialise(&reader, bytes, length);
    bool accepted = form_decode(&reader, arena) != NULL && reader_end(&reader);
    arena_free(arena);
    return accepted;
}

static void damaged_forms_are_refused(void **state)
{
    (void)state;
    struct writer writer;
    writer_initialise(&writer, FORM_CODE_LIMIT);
    form_encode(&writer, fixture_order());
    assert_true(form_accepted(writer.bytes, writer.length));
    for (size_t length = 0; length < writer.length; length++)
        assert_false(form_accepted(writer.bytes, length));
    for (size_t place = 0; place < writer.length * 8; place++) {
        writer.bytes[place / 8] ^= (uint8_t)(1u << place % 8);
        assert_false(form_accepted(writer.bytes, writer.length));
        writer.bytes[place / 8] ^= (uint8_t)(1u << place % 8);
    }
    writer_u8(&writer, 0);
    assert_false(form_accepted(writer.bytes, writer.length));
    writer_release(&writer);
}

static void forms_past_a_cap_are_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct form *form = form_again(fixture_customer(), arena);
    form->state_count = FORM_STATE_LIMIT + 1;
    form->states = ARENA_ARRAY(arena, struct state, form->state_count);
    for (size_t place = 0; place < form->state_count; place++)
        form->states[place] = (struct state){.number = 1, .name = "s"};
    form_seal(form);
    assert_int_equal(form->hash, 0);

    /* Five line forms inside each other are one too many. */
    struct form *inner = NULL;
    for (int depth = 0; depth <= FORM_DEPTH_LIMIT + 1; depth++) {
        struct form *outer = ARENA_NEW(arena, struct form);
        outer->number = 1;
        outer->name = "nest";
        outer->field_count = 1;
        outer->fields = ARENA_NEW(arena, struct field);
        outer->fields[0] = (struct field){
            .number = 1, .name = "f", .type = inner ? VALUE_LINES : VALUE_TEXT, .lines = inner};
        form_seal(outer);
        assert_true((outer->hash != 0) == (depth <= FORM_DEPTH_LIMIT));
        inner = outer;
    }

    struct field twice[2] = {{.number = 3, .name = "a", .type = VALUE_TEXT},
                             {.number = 3, .name = "b", .type = VALUE_TEXT}};
    struct form doubled = {.number = 1, .name = "doubled", .field_count = 2, .fields = twice};
    struct writer writer;
    writer_initialise(&writer, FORM_CODE_LIMIT);
    form_encode(&writer, &doubled);
    assert_false(writer.failed);
    assert_false(form_accepted(writer.bytes, writer.length)); /* one number, two fields */
    twice[1].number = 4;
    writer_clear(&writer);
    form_encode(&writer, &doubled);
    assert_true(form_accepted(writer.bytes, writer.length));
    writer_release(&writer);
    arena_free(arena);
}

/* As form_accepted(), for a layout without its hash; adds what the arena then holds. */
static bool layout_accepted(const struct writer *layout, size_t *held)
{
    struct writer whole;
    writer_initialise(&whole, 2 * FORM_CODE_LIMIT);
    writer_u32(&whole, (uint32_t)crc32_z(0, layout->bytes, layout->length));
    writer_bytes(&whole, layout->bytes, layout->length);
    struct arena *arena = arena_create();
    struct reader reader;
    reader_initialise(&reader, whole.bytes, whole.length);
    bool accepted = form_decode(&reader, arena) != NULL && reader_end(&reader);
    *held = arena_held(arena);
    arena_free(arena);
    writer_release(&whole);
    return accepted;
}

/* A layout up to the count of its fields. */
static void layout_head(struct writer *layout)
{
    writer_unsigned(layout, 1);
    writer_unsigned(layout, 0);
    writer_text(layout, "f");
    for (int text = 0; text < 11; text++)
        writer_text(layout, "");
}

/* One field of lines, down to `depth`, where the line form has no field. */
static void layout_nest(struct writer *layout, int depth)
{
    layout_head(layout);
    writer_unsigned(layout, depth > 0);
    if (depth > 0) {
        static const uint8_t before[] = {1,   0, 0, VALUE_LINES, 0, 0, 0, 1,
                                         'l', 0, 0, 0,           0, 0, 0, 0};
        writer_bytes(layout, before, sizeof before);
        layout_nest(layout, depth - 1);
    }
    for (int list = 0; list < 4; list++)
        writer_unsigned(layout, 0);
}

static void hand_made_layouts_are_capped(void **state)
{
    (void)state;
    struct writer layout;
    size_t held;
    writer_initialise(&layout, FORM_CODE_LIMIT);
    for (int depth = 0; depth <= FORM_DEPTH_LIMIT + 2; depth++) {
        writer_clear(&layout);
        layout_nest(&layout, depth);
        assert_true(layout_accepted(&layout, &held) == (depth <= FORM_DEPTH_LIMIT));
    }
    writer_clear(&layout); /* 1,024 fields in a few bytes: no memory is taken for them */
    layout_head(&layout);
    writer_unsigned(&layout, FORM_FIELD_LIMIT);
    writer_u64(&layout, 0);
    assert_false(layout_accepted(&layout, &held));
    assert_true(held < 16 * 1024);
    writer_release(&layout);
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct writer writer;
    writer_initialise(&writer, FORM_CODE_LIMIT);
    for (int wrong = 0; wrong <= 8; wrong++) {
        struct form *form = form_again(fixture_customer(), arena);
        switch (wrong) {
        case 1:
            form->fields[3].type = (enum value_type)(VALUE_LINES + 1);
            break;
        case 2:
            form->fields[3].number = 0;
            break;
        case 3:
            form->fields[3].name = "";
            break;
        case 4:
            form->verbs[0].worker = (enum verb_class)(VERB_AUTH + 1);
            break;
        case 5:
            form->verbs[0].key = 0x7F;
            break;
        case 6:
            form->states[0].number = FORM_STATE_LIMIT + 1;
            break;
        case 7:
            form->states[0].number = 0;
            break;
        case 8:
            form->name = "";
            break;
        default: /* nothing wrong */
            break;
        }
        writer_clear(&writer);
        form_encode(&writer, form);
        assert_false(writer.failed);
        assert_true(form_accepted(writer.bytes, writer.length) == (wrong == 0));
    }
    writer_release(&writer);
    arena_free(arena);
}

static void look_ups_find_and_miss(void **state)
{
    (void)state;
    struct form *list[] = {(struct form *)(uintptr_t)fixture_customer(),
                           (struct form *)(uintptr_t)fixture_order()};
    struct form_set set = {.count = 2, .forms = list};
    assert_ptr_equal(form_by_number(&set, 10), list[0]);
    assert_ptr_equal(form_by_number(&set, 40), list[1]);
    assert_null(form_by_number(&set, 11));
    assert_null(form_by_number(&set, 0));
    assert_null(form_by_number(&set, 65535));
    assert_ptr_equal(form_by_name(&set, "order"), list[1]);
    assert_null(form_by_name(&set, "orde"));
    assert_ptr_equal(form_by_code(&set, "cU"), list[0]);
    assert_null(form_by_code(&set, ""));
    assert_null(form_by_code(&set, "CUX"));
    assert_ptr_equal(form_field_by_number(list[1], 1001), &list[1]->fields[2]);
    assert_null(form_field_by_number(list[1], 1002));
    assert_null(form_field(list[1], "nothing"));
    const struct field *wanted = form_field(list[1], "wanted"); /* templates 1 and 2 */
    assert_false(field_applies(wanted, 0));
    assert_true(field_applies(wanted, 1));
    assert_true(field_applies(wanted, 2));
    assert_false(field_applies(wanted, 34));
    assert_false(field_applies(wanted, -1));
    assert_true(field_applies(form_field(list[1], "number"), 0));
    const char *cursor = "  number unknown name  state ";
    assert_string_equal(form_next_field(list[0], &cursor)->name, "number");
    assert_string_equal(form_next_field(list[0], &cursor)->name, "name");
    assert_string_equal(form_next_field(list[0], &cursor)->name, "state");
    assert_null(form_next_field(list[0], &cursor));
    assert_null(form_next_field(list[0], &cursor));
}

static void faults_round_trip(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct faults sent;
    faults_initialise(&sent, arena);
    struct fault *warning = faults_add(&sent, "likely_duplicate", 0, "C0000001", "张三", NULL);
    warning->warning = true;
    assert_false(faults_any(&sent));
    struct fault *inside = faults_add(&sent, "too_long", 2, "40", NULL);
    inside->lines_field = 5;
    inside->line = 77;
    struct fault *worded = faults_add(&sent, "rule", 4, "1", "2", "3", "4", "5", NULL);
    worded->text_zh = "不可以";
    worded->text_en = "Not so";
    assert_true(faults_any(&sent));
    struct writer writer;
    writer_initialise(&writer, 4096);
    faults_encode(&writer, &sent);
    struct reader reader;
    reader_initialise(&reader, writer.bytes, writer.length);
    struct faults read;
    faults_initialise(&read, arena);
    assert_true(faults_decode(&reader, &read) && reader_end(&reader));
    assert_int_equal(read.count, 3);
    assert_string_equal(read.list[0].name, "likely_duplicate");
    assert_true(read.list[0].warning);
    assert_int_equal(read.list[0].parameter_count, 2);
    assert_string_equal(read.list[0].parameters[1], "张三");
    assert_null(read.list[0].text_zh);
    assert_int_equal(read.list[1].field, 2);
    assert_int_equal(read.list[1].lines_field, 5);
    assert_int_equal(read.list[1].line, 77);
    assert_int_equal(read.list[2].parameter_count, FAULT_PARAMETERS);
    assert_string_equal(read.list[2].text_en, "Not so");
    for (size_t length = 0; length < writer.length; length++) {
        reader_initialise(&reader, writer.bytes, length);
        faults_initialise(&read, arena);
        assert_false(faults_decode(&reader, &read));
    }
    writer_release(&writer);
    arena_free(arena);
}

static void faults_stop_at_the_limit(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct faults faults;
    faults_initialise(&faults, arena);
    const struct fault *first = faults_add(&faults, "required", 1, NULL);
    for (int count = 0; count < 2 * FAULT_LIMIT; count++)
        assert_non_null(faults_add(&faults, "required", 2, NULL));
    assert_int_equal(faults.count, FAULT_LIMIT);
    assert_ptr_equal(first, &faults.list[0]);
    struct reader reader;
    reader_initialise(&reader, "\xC9\x01zzzzzzzzzz", 12); /* 201 faults */
    faults_initialise(&faults, arena);
    assert_false(faults_decode(&reader, &faults));
    reader_initialise(&reader, "\xC8\x01zzzzzzzzzz", 12); /* 200 faults in ten bytes */
    faults_initialise(&faults, arena);
    assert_false(faults_decode(&reader, &faults));
    assert_int_equal(faults.count, 0);
    struct writer writer;
    writer_initialise(&writer, 8192);
    for (unsigned count = FAULT_LIMIT; count <= FAULT_LIMIT + 1; count++) {
        writer_clear(&writer);
        writer_unsigned(&writer, count);
        for (unsigned place = 0; place < count; place++)
            writer_bytes(&writer, "\x01x\x00\x00\x00\x00\x00", 7);
        reader_initialise(&reader, writer.bytes, writer.length);
        faults_initialise(&faults, arena);
        assert_true(faults_decode(&reader, &faults) == (count == FAULT_LIMIT));
    }
    writer_release(&writer);
    for (int status = 0; status < STATUS_COUNT; status++)
        assert_true(status_names[status] && *status_names[status]);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("a form comes back byte for byte, with its hash", forms_round_trip),
        TEST("every member of the client part arrives", client_part_arrives),
        TEST("the hash covers the client part with its line forms and nothing else",
             hash_covers_the_client_part),
        TEST("a form cut short, lengthened or with any bit turned is refused",
             damaged_forms_are_refused),
        TEST("a form past a cap, too deep, or with a number twice is refused",
             forms_past_a_cap_are_refused),
        TEST("layouts that no encoder makes are capped too", hand_made_layouts_are_capped),
        TEST("numbers and types out of range are refused", values_out_of_range_are_refused),
        TEST("look-ups find what is there and nothing else", look_ups_find_and_miss),
        TEST("faults come back with parameters, lines and texts", faults_round_trip),
        TEST("faults stop at their limit on both sides", faults_stop_at_the_limit),
    };
    return RUN_TESTS(tests);
}
