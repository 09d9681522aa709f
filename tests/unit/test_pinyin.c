/* Initials of names, search tokens, likeness of parties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "server/party/duplicate.h"
#include "server/party/pinyin.h"
#include "tests/unit/shared_data.h"

static bool has_variant(const struct pinyin_initials *initials, const char *text)
{
    for (size_t i = 0; i < initials->count; i++) {
        if (strcmp(initials->variants[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static void initials_of_names(void **state)
{
    static const struct {
        const char *name;
        const char *first;
        const char *other; /* another variant; NULL: there need be none */
    } rows[] = {
        {"李建国", "LJG", NULL},
        {"曾国藩", "ZGF", "CGF"},
        {"单雄信", "SXX", "DXX"},
        {"解缙", "XJ", "JJ"},
        {"仇英", "QY", "CY"},
        {"区大相", "ODX", "QDX"},
        {"查良镛", "ZLY", "CLY"},
        {"朴正熙", "PZX", NULL},
        {"欧阳修", "OYX", NULL},
        {"尉迟恭", "YCG", "WCG"},
        {"万俟卨", "MQX", NULL},
        {"长孙无忌", "ZSWJ", NULL},
        {"单于", "CY", NULL},
        {"令狐冲", "LHC", NULL},
        {"王 重阳", "WZY", "WCY"},
        {"中国电信3G营业厅a座", "ZGDX3GYYTAZ", NULL},
        {"ＡＢ１２（李）", "AB12L", NULL},
        {"买买提·艾力", "MMTAL", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct pinyin_initials initials;

        pinyin_initials(rows[i].name, &initials);
        if (initials.count == 0 || strcmp(initials.variants[0], rows[i].first) != 0 ||
            (rows[i].other != NULL && !has_variant(&initials, rows[i].other))) {
            fail_msg("%s: %s", rows[i].name, initials.count == 0 ? "-" : initials.variants[0]);
        }
    }
}

static void odd_names_are_bounded(void **state)
{
    struct pinyin_initials initials;
    char name[1000] = "";

    (void)state;
    pinyin_initials("", &initials);
    assert_int_equal(initials.count, 0);
    pinyin_initials("—…·", &initials);
    assert_int_equal(initials.count, 0);
    pinyin_initials("李\xff建", &initials);
    assert_string_equal(initials.variants[0], "L");
    for (int i = 0; i < 300; i++) {
        memcpy(name + (size_t)i * 3, "重", 4);
    }
    pinyin_initials(name, &initials);
    assert_int_equal(initials.count, PINYIN_VARIANTS);
    for (size_t i = 0; i < initials.count; i++) {
        assert_int_equal(strlen(initials.variants[i]), PINYIN_LENGTH);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(initials.variants[i], initials.variants[j]);
        }
    }
}

/* Every reading of the list of general characters has its initial among ours. */
static void general_characters_are_covered(void **state)
{
    static const char *const accented[] = {"āáǎà", "A", "ēéěèê̄ếê̌ề", "E", "ōóǒò", "O"};
    FILE *file = shared_data_open("pinyin/kMandarin_8105.txt");
    char line[512];
    size_t count = 0;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        unsigned point;
        char reading[64];
        char letter;

        if (sscanf(line, "U+%X: %63[^ #]", &point, reading) != 2) {
            continue;
        }
        letter = (char)(reading[0] & ~0x20);
        for (size_t i = 0; (reading[0] & 0x80) != 0 && i < 6; i += 2) {
            char start[3] = {reading[0], reading[1], '\0'};

            if (strstr(accented[i], start) != NULL) {
                letter = accented[i + 1][0];
            }
        }
        if ((letter & 0x80) == 0 && pinyin_letters(point)[0] != letter) {
            fail_msg("U+%X %s", point, pinyin_letters(point));
        }
        count++;
    }
    (void)fclose(file);
    assert_int_equal(count, 8105);
}

static void tokens_of_names(void **state)
{
    static const char *const wanted[] = {"LJG", "李建", "建国"};
    struct pinyin_tokens tokens;

    (void)state;
    pinyin_tokens("李 建国", &tokens);
    assert_int_equal(tokens.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(tokens.list[i].text, wanted[i]);
    }
    assert_int_equal(tokens.list[0].kind, PINYIN_TOKEN_INITIALS);
    assert_int_equal(tokens.list[1].kind, PINYIN_TOKEN_BIGRAM);
    pinyin_tokens("哈哈哈哈", &tokens);
    assert_string_equal(tokens.list[tokens.count - 1].text, "哈哈");
    assert_true(tokens.count <= PINYIN_VARIANTS + 1);
    pinyin_tokens("𠮷ab", &tokens);
    assert_string_equal(tokens.list[tokens.count - 2].text, "𠮷A");
    pinyin_tokens("王", &tokens);
    assert_string_equal(tokens.list[tokens.count - 1].text, "王");
    pinyin_tokens("", &tokens);
    assert_int_equal(tokens.count, 0);
}

static void names_are_fast(void **state)
{
    static const char *const names[] = {"李建国", "欧阳重行", "中国电信股份有限公司"};
    enum { TURNS = 300000 };
    struct pinyin_initials initials;
    struct timespec from;
    struct timespec to;
    size_t letters = 0;

    (void)state;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (size_t i = 0; i < TURNS; i++) {
        pinyin_initials(names[i % 3], &initials);
        letters += strlen(initials.variants[0]);
    }
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double each =
        ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / TURNS;

    print_message("# %.0f ns a name\n", each);
    assert_int_equal(letters, TURNS / 3 * (3 + 4 + 10));
    /* The mark is 1,000 ns; sanitizers and a busy machine get room. */
    assert_true(each < 20000);
}

static void likeness_of_texts(void **state)
{
    (void)state;
    assert_int_equal(duplicate_likeness("李建国", "李建国"), 1000);
    assert_int_equal(duplicate_likeness("李建国", "李 建国"), 1000);
    assert_int_equal(duplicate_likeness("李建国", "李建军"), 333);
    assert_int_equal(duplicate_likeness("ＡＢＣ", "abc"), 1000);
    assert_int_equal(duplicate_likeness("李", "王"), 0);
    assert_int_equal(duplicate_likeness("", ""), 0);
    assert_int_equal(duplicate_likeness(NULL, "x"), 0);
}

static void telephones_are_the_same(void **state)
{
    (void)state;
    assert_true(duplicate_telephone_same("13912348021", "+86 139-1234-8021"));
    assert_true(duplicate_telephone_same("010-87654321", "861087654321"));
    assert_true(duplicate_telephone_same("010-87654321", "+86 (010) 8765 4321"));
    assert_false(duplicate_telephone_same("13912348021", "13912348022"));
    assert_false(duplicate_telephone_same("110", "110"));
    assert_false(duplicate_telephone_same(NULL, "13912348021"));
}

static bool has_reason(const struct duplicate_finding *finding, const char *name)
{
    for (size_t i = 0; i < finding->reason_count; i++) {
        if (strcmp(finding->reasons[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void parties_are_compared(void **state)
{
    const struct duplicate_certificate old_number = {"resident", "110105491231002"};
    const struct duplicate_certificate new_number = {"resident", "11010519491231002x"};
    const struct duplicate_certificate other_number = {"resident", "110105194912310126"};
    const char *const telephones[] = {"010-87654321", "13912348021"};
    struct duplicate_party one = {.name = "李建国",
                                  .telephones = telephones,
                                  .telephone_count = 2,
                                  .address = "北京市朝阳区建国路8号"};
    struct duplicate_party other = {.name = "李 建国", .address = "北京市朝阳区建国路88号院"};
    struct duplicate_finding finding;
    struct duplicate_finding reverse;

    (void)state;
    duplicate_compare(&one, &other, &duplicate_weights_usual, &finding);
    assert_true(has_reason(&finding, "duplicate.name_same"));
    assert_true(has_reason(&finding, "duplicate.address_alike"));
    assert_true(finding.score >= 550 && finding.score < 750);
    other.telephones = telephones + 1;
    other.telephone_count = 1;
    duplicate_compare(&one, &other, &duplicate_weights_usual, &finding);
    duplicate_compare(&other, &one, &duplicate_weights_usual, &reverse);
    assert_true(finding.score >= 750);
    assert_int_equal(finding.score, reverse.score);
    one.certificates = &new_number;
    one.certificate_count = 1;
    other.certificates = &other_number;
    other.certificate_count = 1;
    duplicate_compare(&one, &other, &duplicate_weights_usual, &reverse);
    assert_true(has_reason(&reverse, "duplicate.certificate_differs"));
    assert_true(reverse.score < finding.score);
    other = (struct duplicate_party){
        .name = "王五", .certificates = &old_number, .certificate_count = 1};
    duplicate_compare(&one, &other, &duplicate_weights_usual, &finding);
    assert_int_equal(finding.score, DUPLICATE_CERTAIN);
    assert_string_equal(finding.reasons[0].name, "duplicate.certificate_same");
    one = (struct duplicate_party){.name = "李建国", .has_birth_date = true, .birth_date = 1};
    other = (struct duplicate_party){.name = "李建国", .has_birth_date = true, .birth_date = 2};
    duplicate_compare(&one, &other, &duplicate_weights_usual, &finding);
    assert_int_equal(finding.score, 150);
    duplicate_compare(&(struct duplicate_party){0}, &(struct duplicate_party){0},
                      &duplicate_weights_usual, &finding);
    assert_int_equal(finding.score, 0);
    assert_int_equal(finding.reason_count, 0);
}

int main(void)
{
    struct CMUnitTest tests[] = {
        {"initials of names, surname readings first", initials_of_names, NULL, NULL, NULL},
        {"odd and long names stay within bounds", odd_names_are_bounded, NULL, NULL, NULL},
        {"all general characters are covered", general_characters_are_covered, NULL, NULL, NULL},
        {"search tokens of names", tokens_of_names, NULL, NULL, NULL},
        {"initials are quick", names_are_fast, NULL, NULL, NULL},
        {"likeness of texts", likeness_of_texts, NULL, NULL, NULL},
        {"telephones in several notations are the same", telephones_are_the_same, NULL, NULL, NULL},
        {"parties are compared with reasons", parties_are_compared, NULL, NULL, NULL},
    };

    SHARED_DATA_NEEDED(tests[2], "pinyin/kMandarin_8105.txt");
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
