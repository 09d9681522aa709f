/* The decoder of keys: every terminal's sequences, garbage, time. */
#include "client/terminal/keys.h"
#include "tests/unit/cmocka_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct keys *keys_of(enum keys_encoding encoding, enum keys_profile profile)
{
    struct keys *keys = keys_create(
        &(struct keys_options){.encoding = encoding, .profile = profile, .escape_delay = 50});
    assert_non_null(keys);
    return keys;
}

static struct keys *keys_plain(void)
{
    return keys_of(KEYS_UTF8, KEYS_PROFILE_COMMON);
}

static void feed(struct keys *keys, const char *bytes, int64_t now)
{
    keys_feed(keys, bytes, strlen(bytes), now);
}

/* The waiting events as text: names of keys, characters as they are, code points from U+80 on in
 * hexadecimal, pasted ones in quotation marks. */
static const char *events(struct keys *keys)
{
    static char text[4096];
    struct keys_event event;
    size_t used = 0;
    text[0] = '\0';
    while (keys_next(keys, &event)) {
        char one[64];
        if (event.kind == KEYS_KEY)
            snprintf(one, sizeof(one), "%s", keys_name(event.code));
        else if (event.kind == KEYS_PASTE_END)
            snprintf(one, sizeof(one), "end");
        else if (event.kind == KEYS_REPORT)
            snprintf(one, sizeof(one), "report %d;%d", event.row, event.column);
        else if (event.character < ' ' || event.character >= 0x80)
            snprintf(one, sizeof(one), "%s%X", event.pasted ? "'" : "", event.character);
        else
            snprintf(one, sizeof(one), "%s%c", event.pasted ? "'" : "", (char)event.character);
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? " " : "", one);
    }
    return text;
}

struct case_of {
    const char *bytes;
    const char *expected;
};

static void check_cases(enum keys_encoding encoding, enum keys_profile profile,
                        const struct case_of *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct keys *keys = keys_of(encoding, profile);
        feed(keys, cases[i].bytes, 1000);
        assert_string_equal(events(keys), cases[i].expected);
        assert_true(keys_deadline(keys) == -1);
        keys_free(keys);
    }
}

#define CHECK(encoding, profile, cases)                                                            \
    check_cases(encoding, profile, cases, sizeof(cases) / sizeof((cases)[0]))

static void test_vt100(void **state)
{
    (void)state;
    static const struct case_of cases[] = {
        {"\033OP\033OQ\033OR\033OS", "F1 F2 F3 F4"},
        {"\033Ot\033Ou\033Ov\033Ol\033Ow\033Ox", "F5 F6 F7 F8 F9 F10"},
        {"\033[A\033[B\033[C\033[D", "Up Down Right Left"},
        {"\033OA\033OB\033OC\033OD", "Up Down Right Left"},
        {"\b", "Backspace"},
        {"\177", "Backspace"},
        {"\033-\033=", "F11 F12"},
        {"\001\005\002\006\030\026", "Home End PageUp PageDown Delete Insert"},
    };
    CHECK(KEYS_UTF8, KEYS_PROFILE_VT100, cases);
}

static void test_vt220(void **state)
{
    (void)state;
    static const struct case_of cases[] = {
        {"\033[17~\033[18~\033[19~\033[20~\033[21~\033[23~\033[24~", "F6 F7 F8 F9 F10 F11 F12"},
        {"\033[1~\033[2~\033[3~\033[4~\033[5~\033[6~", "Home Insert Delete End PageUp PageDown"},
        {"\033[28~", "F1"},
    };
    CHECK(KEYS_UTF8, KEYS_PROFILE_COMMON, cases);
}

static void test_linux(void **state)
{
    (void)state;
    static const struct case_of cases[] = {
        {"\033[[A\033[[B\033[[C\033[[D\033[[E", "F1 F2 F3 F4 F5"},
        {"\033[1~\033[4~\033[3~", "Home End Delete"},
        {"\033[Zx", "BackTab x"},
        {"\033[[Z1", "1"},
    };
    CHECK(KEYS_UTF8, KEYS_PROFILE_COMMON, cases);
}

static void test_xterm(void **state)
{
    (void)state;
    static const struct case_of cases[] = {
        {"\033OP\033[15~\033[24~", "F1 F5 F12"},
        {"\033[H\033[F\033OH\033OF", "Home End Home End"},
        {"\033[1;5C\033[1;5D\033[1;3C\033[1;2A", "WordRight WordLeft WordRight Up"},
        {"\033[1;2P\033[15;2~x", "x"},
        {"\033[I\033[Ox", "x"},
        {"\033\r\n", "NewLine NewLine"},
    };
    CHECK(KEYS_UTF8, KEYS_PROFILE_COMMON, cases);
}

static void test_putty(void **state)
{
    (void)state;
    static const struct case_of cases[] = {
        {"\033[11~\033[12~\033[13~\033[14~\033[15~", "F1 F2 F3 F4 F5"},
        {"\033OT\033OU\033OV\033OW\033OX\033OY\033OZ\033O[", "F5 F6 F7 F8 F9 F10 F11 F12"},
        {"\033Oq\033Or\033On\033OM", "1 2 . Enter"},
        {"\033[7~\033[8~", "Home End"},
    };
    CHECK(KEYS_UTF8, KEYS_PROFILE_COMMON, cases);
}

static void test_controls(void **state)
{
    (void)state;
    static const struct case_of cases[] = {
        {"\004\017\014\003", "Duplicate Hold Redraw Interrupt"},
        {"\t\033[Z\020", "Tab BackTab BackTab"},
        {"\023\021x", "x"},
        {"\r\nx", "Enter x"},
        {"\rx\n", "Enter x NewLine"},
    };
    CHECK(KEYS_UTF8, KEYS_PROFILE_COMMON, cases);
}

static void test_characters(void **state)
{
    (void)state;
    static const struct case_of cases[] = {
        {"a中𠀀é", "a 4E2D 20000 E9"},
        {"\xe2\x80\x8e\xef\xbb\xbf\xc2\x85x", "x"}, /* marks of direction, BOM, C1 */
        {"\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80x", "x"},
    };
    CHECK(KEYS_UTF8, KEYS_PROFILE_COMMON, cases);
    static const struct case_of gb18030[] = {
        {"a\xd6\xd0", "a 4E2D"}, {"\x95\x32\x82\x36", "20000"}, {"\xc1\xaa\xcd\xa8", "8054 901A"},
        {"\xa1\xb0", "201C"},    {"\xd5\x5b", "8A9F"}, /* the second byte is an ASCII '[' */
    };
    CHECK(KEYS_GB18030, KEYS_PROFILE_COMMON, gb18030);
}

static void test_stray_byte(void **state)
{
    (void)state;
    /* One bad byte, then 36 keys: all of them must arrive. */
    static const char *const bad[] = {"\xff", "\x80", "\xe4", "\xe4\xb8", "\xf0\x9f", "\xc3"};
    static const char *const digits = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct keys *keys = keys_plain();
        feed(keys, bad[i], 0);
        feed(keys, digits, 1);
        struct keys_event event;
        for (int j = 0; j < 36; j++) {
            assert_true(keys_next(keys, &event));
            assert_int_equal(event.character, digits[j]);
        }
        assert_false(keys_next(keys, &event));
        assert_int_equal(keys_dropped(keys), strlen(bad[i]));
        keys_free(keys);
    }
    struct keys *keys = keys_of(KEYS_GB18030, KEYS_PROFILE_COMMON);
    feed(keys, "\x80\xff\xd6\033[24~\xd6\r\x81\x30\x09x", 0);
    assert_string_equal(events(keys), "F12 Enter Tab x");
    keys_free(keys);
}

static void test_bad_byte_before_keys(void **state)
{
    (void)state;
    struct keys *keys = keys_plain();
    feed(keys, "\xe4\033[24~\xe4\xb8\r\xff\033OR\xf0中", 0);
    assert_string_equal(events(keys), "F12 Enter F3 4E2D");
    keys_free(keys);
}

static void test_partial_character(void **state)
{
    (void)state;
    struct keys *keys = keys_plain();
    feed(keys, "\xe4\xb8", 1000);
    assert_int_equal(keys_deadline(keys), 1200);
    keys_tick(keys, 1199);
    feed(keys, "\xad", 1199);
    assert_string_equal(events(keys), "4E2D");
    feed(keys, "\xe4\xb8", 2000);
    keys_tick(keys, 2200);
    assert_int_equal(keys_deadline(keys), -1);
    feed(keys, "\xadok", 2201);
    assert_string_equal(events(keys), "o k");
    feed(keys, "\033[2", 3000);
    keys_tick(keys, 3200);
    feed(keys, "x", 3201);
    assert_string_equal(events(keys), "x");
    keys_free(keys);
}

static void test_lone_escape(void **state)
{
    (void)state;
    struct keys *keys = keys_plain();
    feed(keys, "\033", 1000);
    assert_string_equal(events(keys), "");
    assert_int_equal(keys_deadline(keys), 1050);
    keys_tick(keys, 1049);
    assert_string_equal(events(keys), "");
    keys_tick(keys, 1050);
    assert_string_equal(events(keys), "Escape");
    feed(keys, "\033中", 9000); /* an input method is quicker than the delay */
    assert_string_equal(events(keys), "Escape 4E2D");
    feed(keys, "\033\033[A", 19000);
    assert_string_equal(events(keys), "Escape Up");
    keys_free(keys);
}

static void test_split_function_key(void **state)
{
    (void)state;
    /* F12 that the line splits behind Esc, longer than the delay: still F12, never text. */
    struct keys *keys = keys_plain();
    feed(keys, "\033", 1000);
    keys_tick(keys, 1100);
    feed(keys, "[24~", 1300);
    assert_string_equal(events(keys), "Escape F12");
    feed(keys, "\033", 5000);
    keys_tick(keys, 5100);
    feed(keys, "OR", 5300);
    assert_string_equal(events(keys), "Escape F3");
    feed(keys, "\033", 9000);
    keys_tick(keys, 9100);
    feed(keys, "[99~x", 9300);
    assert_string_equal(events(keys), "Escape x");
    feed(keys, "\033[2", 12000);
    feed(keys, "4~", 12150);
    assert_string_equal(events(keys), "F12");
    keys_free(keys);
}

static void test_text_after_escape(void **state)
{
    (void)state;
    /* A person who types OR or a bracket after Esc types text, however the bytes look. */
    struct keys *keys = keys_plain();
    feed(keys, "\033", 1000);
    keys_tick(keys, 1100);
    feed(keys, "O", 1200);
    keys_tick(keys, 1220);
    feed(keys, "R", 1290);
    assert_string_equal(events(keys), "Escape O R");
    feed(keys, "\033", 5000);
    keys_tick(keys, 5100);
    feed(keys, "[", 5200);
    keys_tick(keys, keys_deadline(keys));
    assert_string_equal(events(keys), "Escape [");
    keys_free(keys);
}

static void test_alt_and_twins(void **state)
{
    (void)state;
    struct keys *keys = keys_plain();
    feed(keys, "\0331\0339\0330", 1000); /* together: Alt */
    assert_string_equal(events(keys), "Alt-1 Alt-9 Alt-0");
    static const char twins[] = "1234567890-=";
    static const char *const names[] = {"F1", "F2", "F3", "F4",  "F5",  "F6",
                                        "F7", "F8", "F9", "F10", "F11", "F12"};
    for (int i = 0; i < 12; i++) {
        char byte[2] = {twins[i], '\0'};
        char expected[32];
        int64_t now = 10000 + i * 10000;
        feed(keys, "\033", now);
        keys_tick(keys, now + 50);
        feed(keys, byte, now + 400); /* one after the other: the twin */
        snprintf(expected, sizeof(expected), "Escape %s", names[i]);
        assert_string_equal(events(keys), expected);
    }
    feed(keys, "\033", 200000);
    keys_tick(keys, 200050);
    feed(keys, "5", 200050 + KEYS_TWIN_TIMEOUT + 1); /* long forgotten: a digit */
    assert_string_equal(events(keys), "Escape 5");
    keys_free(keys);
    keys = keys_create(&(struct keys_options){.escape_delay = 50, .always_twins = true});
    feed(keys, "\0331\0330", 0);
    assert_string_equal(events(keys), "F1 F10");
    keys_free(keys);
}

static void test_unknown_sequences(void **state)
{
    (void)state;
    static const struct case_of cases[] = {
        {"\033[99~x", "x"},
        {"\033[?1;2cx", "x"},
        {"\033[>0;276;0cx", "x"},
        {"\033]0;title\007x", "x"},
        {"\033]52;c;aGk=\033\\x", "x"},
        {"\033P1$r0m\033\\x", "x"},
        {"\033[<0;10;10Mx", "x"},
        {"\033zx", "x"},
        {"\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15~x", "x"},
        {"\033[\rx", "Enter x"},
        {"\033[5\033[6~x", "PageDown x"},
        {"\033[99999999999999~x", "x"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct keys *keys = keys_plain();
        feed(keys, cases[i].bytes, 1000);
        assert_string_equal(events(keys), cases[i].expected);
        keys_free(keys);
    }
}

static void test_report(void **state)
{
    (void)state;
    struct keys *keys = keys_plain();
    feed(keys, "\033[1;5R", 0);
    assert_string_equal(events(keys), "");
    keys_expect_report(keys, true);
    feed(keys, "a\033[12;5Rb", 10);
    struct keys_event report;
    assert_true(keys_take_report(keys, &report));
    assert_int_equal(report.row, 12);
    assert_int_equal(report.column, 5);
    assert_string_equal(events(keys), "a b");
    keys_free(keys);
}

static void test_paste(void **state)
{
    (void)state;
    struct keys *keys = keys_plain();
    feed(keys, "\033[200~a\r\nb\t\033[24~\033OR\003中\033[201~\r", 0);
    assert_string_equal(events(keys), "'a 'A 'b '9 '4E2D end Enter");
    feed(keys, "\033[20", 100); /* the brackets may be split as well */
    feed(keys, "0~x\033[2", 120);
    feed(keys, "01~y", 140);
    assert_string_equal(events(keys), "'x end y");
    feed(keys, "\033[200~x", 1000); /* the end got lost: silence ends it */
    keys_tick(keys, 1000 + KEYS_PASTE_TIMEOUT);
    feed(keys, "\r", 5000);
    assert_string_equal(events(keys), "'x end Enter");
    keys_free(keys);
}

static void test_queue(void **state)
{
    (void)state;
    struct keys *keys = keys_plain();
    for (int i = 0; i < 500; i++)
        feed(keys, "ab\r", i);
    struct keys_event event;
    for (int i = 0; i < 1500; i++) {
        assert_true(keys_next(keys, &event));
        assert_int_equal(i % 3 == 2 ? (uint32_t)event.code : event.character,
                         i % 3 == 2 ? KEYS_ENTER : "ab"[i % 3]);
    }
    feed(keys, "xy\033[24~z", 0);
    assert_false(keys_take(keys, KEYS_F3));
    assert_true(keys_take(keys, KEYS_F12));
    assert_string_equal(events(keys), "z");
    feed(keys, "xy", 0);
    keys_discard(keys);
    assert_false(keys_pending(keys));
    keys_free(keys);
}

static void test_names(void **state)
{
    (void)state;
    for (enum keys_code code = KEYS_NONE + 1; code < KEYS_CODES; code++) {
        const char *name = keys_name(code);
        assert_non_null(name);
        assert_int_equal(keys_by_name(name), code);
        struct keys *keys = keys_plain();
        feed(keys, keys_bytes(code), 0);
        keys_tick(keys, 1000);
        assert_string_equal(events(keys), name);
        keys_free(keys);
    }
    assert_int_equal(keys_by_name("F13"), KEYS_NONE);
}

/* Random bytes at random times never stop the decoder: the key behind them always arrives. */
static void test_random(void **state)
{
    (void)state;
    uint64_t seed = 20261121;
    static const char alphabet[] = "\033\033[[OO;0123456789~ARMP]\\\a\r\x81\xe4\xb8\xad\xd6\xf0"
                                   "az\x9f\xff";
    for (int encoding = 0; encoding < 2; encoding++) {
        int64_t now = 0;
        struct keys *keys = keys_of((enum keys_encoding)encoding, KEYS_PROFILE_COMMON);
        for (int round = 0; round < 20000; round++) {
            size_t count = 0;
            char bytes[16];
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            while (count < (seed >> 60)) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                bytes[count++] = alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
            }
            keys_feed(keys, bytes, count, now);
            now += (int64_t)((seed >> 40) % 300);
            keys_tick(keys, now);
            keys_discard(keys);
            now += 10000; /* whatever was begun is over */
            keys_tick(keys, now);
            keys_discard(keys);
            feed(keys, "\033[24~", now);
            assert_string_equal(events(keys), "F12");
        }
        keys_free(keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("vt100: PF keys, keypad, both erase characters, controls for missing keys",
             test_vt100),
        TEST("vt220: function keys without F1 to F5, editing keypad", test_vt220),
        TEST("linux: F1 to F5 with two brackets", test_linux),
        TEST("xterm: both cursor modes, modifiers", test_xterm),
        TEST("putty: all its function key modes, keypad", test_putty),
        TEST("control characters; Ctrl-S and Ctrl-Q mean nothing", test_controls),
        TEST("UTF-8 and GB18030 characters, no invisible ones", test_characters),
        TEST("36 keys after a stray byte all arrive", test_stray_byte),
        TEST("keys right behind broken characters arrive", test_bad_byte_before_keys),
        TEST("partial characters are dropped after 200 ms", test_partial_character),
        TEST("a lone Esc is a key after the delay of the line", test_lone_escape),
        TEST("an F12 split behind Esc is F12 and never text", test_split_function_key),
        TEST("text typed after Esc stays text", test_text_after_escape),
        TEST("Alt-digit and the Esc twins of F1 to F12", test_alt_and_twins),
        TEST("unknown sequences are swallowed", test_unknown_sequences),
        TEST("a cursor report is no key", test_report),
        TEST("bracketed paste is data", test_paste),
        TEST("the queue keeps order, can be searched and thrown away", test_queue),
        TEST("every key has a name and bytes that make it", test_names),
        TEST("no garbage stops the decoder", test_random),
    };
    return RUN_TESTS(tests);
}
