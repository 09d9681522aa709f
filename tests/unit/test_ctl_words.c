/* What people type to halldeskctl: words, groups, places in answers. */
#include <string.h>

#include "client/ctl/path.h"
#include "client/ctl/words.h"
#include "protocol/arena.h"
#include "tests/unit/cmocka_tap.h"

enum { ROUNDS = 20000, LONGEST = 60 };

static struct arena *arena;

static void split_is(const char *line, const char *wanted)
{
    const char *error;
    size_t count;
    const char *joined = "";
    char **words = words_split(line, arena, &count, NULL, &error);
    assert_non_null(words);
    for (size_t i = 0; i < count; i++)
        joined = arena_format(arena, "%s<%s>", joined, words[i]);
    assert_string_equal(joined, wanted);
}

static void blanks_separate_but_not_within_quotes_and_groups(void **state)
{
    (void)state;
    split_is("", "");
    split_is(" a  b\tc \r\n", "<a><b><c>");
    split_is("name=\"a b\" x='c d'e", "<name=a b><x=c de>");
    split_is("name=\"say \\\"a\\\" \\\\ b\\n\"", "<name=say \"a\" \\ b\n>");
    split_is("x='a \\n b'", "<x=a \\n b>");
    split_is("l+={a=\"b, }\",c={d=e f}} y", "<l+={a=\"b, }\",c={d=e f}}><y>");
    split_is("\"\"", "<>");
}

static void what_is_not_closed_is_told(void **state)
{
    static const char *const lines[] = {"\"a", "'a", "x={a", "x={\"}", "a \"b\\\""};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *error = NULL;
        size_t count;
        assert_null(words_split(lines[i], arena, &count, NULL, &error));
        assert_non_null(error);
    }
}

static void single_quotes_are_told(void **state)
{
    const char *error;
    size_t count;
    bool *literal;
    (void)state;
    words_split("a='$x' b=\"$x\"", arena, &count, &literal, &error);
    assert_int_equal(count, 2);
    assert_true(literal[0]);
    assert_false(literal[1]);
}

static void word_is(const char *text, const char *name, enum word_operator operator,
                    const char * value, int64_t line, char sign)
{
    struct word word;
    assert_true(word_parse(text, arena, &word));
    assert_string_equal(word.name, name);
    assert_int_equal(word.operator, operator);
    assert_string_equal(word.value, value);
    assert_int_equal(word.line, line);
    assert_int_equal(word.sign, sign);
}

static void operators_stand_behind_names(void **state)
{
    struct word word;
    (void)state;
    word_is("name=a=b", "name", WORD_SET, "a=b", 0, 0);
    word_is("name=", "name", WORD_SET, "", 0, 0);
    word_is("items+={a=1}", "items", WORD_ADD, "{a=1}", 0, 0);
    word_is("items-=17", "items", WORD_REMOVE, "17", 0, 0);
    word_is("items.17={a=1}", "items", WORD_SET, "{a=1}", 17, 0);
    word_is("date>=2026-01-01", "date", WORD_FROM, "2026-01-01", 0, 0);
    word_is("date<=2026-01-01", "date", WORD_TO, "2026-01-01", 0, 0);
    word_is("name~a*", "name", WORD_PREFIX, "a*", 0, 0);
    word_is("@key=C1", "key", WORD_SET, "C1", 0, '@');
    word_is(".key=C1", "key", WORD_SET, "C1", 0, '.');
    assert_false(word_parse("name", arena, &word));
    assert_false(word_parse("=a", arena, &word));
    assert_false(word_parse("items.=a", arena, &word));
    assert_false(word_parse("items.-3=a", arena, &word));
    assert_false(word_parse("", arena, &word));
}

static void groups_hold_words_and_groups(void **state)
{
    const char *error;
    size_t count;
    (void)state;
    struct word *words =
        words_group("{a=1, b=\"x, y\",c+={d=\"}\",e=2},f=}", arena, &count, &error);
    assert_non_null(words);
    assert_int_equal(count, 4);
    assert_string_equal(words[1].value, "x, y");
    assert_string_equal(words[2].name, "c");
    assert_string_equal(words[2].value, "{d=\"}\",e=2}");
    assert_string_equal(words[3].value, "");
    assert_non_null(words_group("{}", arena, &count, &error));
    assert_int_equal(count, 0);
    assert_null(words_group("{a}", arena, &count, &error));
    assert_null(words_group("a=1", arena, &count, &error));
    assert_null(words_group("{a=1}x", arena, &count, &error));
    assert_null(words_group("{a=\"1}", arena, &count, &error));
}

/* Whatever is typed, the reader ends and stays within its bytes (under the sanitizers). */
static void anything_may_be_typed(void **state)
{
    static const char letters[] = "ab={}\"'\\, .+-~<>@$\n1";
    uint64_t seed = 11;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        char text[LONGEST + 1];
        size_t length = 0;
        const char *error;
        size_t count;
        struct word word;
        do {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text[length] = letters[(seed >> 33) % (sizeof letters - 1)];
        } while (++length < LONGEST && (seed >> 60) != 0);
        text[length] = '\0';
        words_split(text, arena, &count, NULL, &error);
        words_group(text, arena, &count, &error);
        word_parse(text, arena, &word);
        arena_reset(arena);
    }
}

static const char answer_text[] =
    "{\"status\":\"ok\",\"id\":7,\"verbs\":[\"show\",\"leave\"],"
    "\"record\":{\"id\":9,\"name\":\"李\",\"sum\":\"1234.50\",\"owner\":{\"id\":3,\"key\":\"S3\","
    "\"label\":\"王\"},\"items\":[{\"id\":1,\"price\":\"-2.00\"},{\"id\":2}]}}";

static void places_are_found(void **state)
{
    json_t *root = json_loads(answer_text, 0, NULL);
    (void)state;
    assert_string_equal(path_text(path_find(root, ".id"), arena), "7");
    assert_string_equal(path_text(path_find(root, ".record.id"), arena), "9");
    assert_string_equal(path_text(path_find(root, ".name"), arena), "李");
    assert_string_equal(path_text(path_find(root, "status"), arena), "ok");
    assert_string_equal(path_text(path_find(root, ".owner"), arena), "S3");
    assert_string_equal(path_text(path_find(root, ".owner.label"), arena), "王");
    assert_string_equal(path_text(path_find(root, ".items[1].id"), arena), "2");
    assert_string_equal(path_text(path_find(root, ".items[-1].id"), arena), "2");
    assert_null(path_find(root, ".items[2]"));
    assert_null(path_find(root, ".items[-3]"));
    assert_null(path_find(root, ".items[x]"));
    assert_null(path_find(root, ".nothing.more"));
    json_decref(root);
}

static bool holds(json_t *root, const char *path, const char *operator, const char * value)
{
    bool known;
    bool held = path_holds(path_find(root, path), operator, value, &known, arena);
    assert_true(known);
    return held;
}

static void answers_are_judged(void **state)
{
    json_t *root = json_loads(answer_text, 0, NULL);
    bool known;
    (void)state;
    assert_true(holds(root, ".sum", ">", "999"));
    assert_false(holds(root, ".sum", "<", "999"));
    assert_true(holds(root, ".sum", "<=", "1234.5"));
    assert_true(holds(root, ".sum", ">=", "1234.500000"));
    assert_true(holds(root, ".items[0].price", "<", "-1"));
    assert_true(holds(root, ".items[0].price", ">", "-2.01"));
    assert_false(holds(root, ".nothing", "<", "5"));
    assert_true(holds(root, ".name", "~", "李*"));
    assert_true(holds(root, ".name", "!~", "王*"));
    assert_true(holds(root, ".verbs", "has", "leave"));
    assert_true(holds(root, ".verbs", "lacks", "change"));
    assert_false(holds(root, ".nothing", "lacks", "change"));
    assert_true(holds(root, ".items", "has", "id=2"));
    assert_false(holds(root, ".items", "has", "id=3"));
    path_holds(root, "=>", "x", &known, arena);
    assert_false(known);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("blanks separate words, but not within quotes and groups",
             blanks_separate_but_not_within_quotes_and_groups),
        TEST("what is not closed is told", what_is_not_closed_is_told),
        TEST("single quotes keep variables out", single_quotes_are_told),
        TEST("operators stand behind names", operators_stand_behind_names),
        TEST("groups hold words and groups", groups_hold_words_and_groups),
        TEST("anything may be typed", anything_may_be_typed),
        TEST("places in an answer are found", places_are_found),
        TEST("answers are judged: numbers as numbers, texts as texts", answers_are_judged),
    };
    arena = arena_create();
    int failed = RUN_TESTS(tests);
    arena_free(arena);
    return failed;
}
