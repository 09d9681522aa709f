/* Identity numbers, against known numbers, all region codes and random errors; masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/value.h"
#include "server/party/identity.h"
#include "server/party/mask.h"
#include "tests/unit/shared_data.h"

enum { REGION_LIMIT = 20000 };

static const struct identity_rule resident = {.type = "resident",
                                              .minimum = 15,
                                              .maximum = 18,
                                              .pattern = "9{15}|9{17}[0-9X]",
                                              .check = "resident"};
static const struct identity_rule credit = {.type = "credit",
                                            .minimum = 18,
                                            .maximum = 18,
                                            .pattern = "UU9{6}U{10}",
                                            .check = "credit_code"};
static const struct identity_rule business = {
    .type = "business", .minimum = 15, .maximum = 15, .check = "business_registration"};
static const struct identity_rule organisation = {
    .type = "organisation", .minimum = 9, .maximum = 10, .check = "organisation_code"};

static const struct region_year small_table[] = {
    {110000, 0, 0}, {110105, 0, 0}, {110106, 0, 1970}, {440000, 0, 0}, {440300, 0, 0}};
static const struct region_years small = {small_table, 5};

static int64_t today(void)
{
    return value_days_from_civil(2026, 11, 21);
}

static bool has_fault(const struct identity_finding *finding, const char *name)
{
    for (size_t i = 0; i < finding->fault_count; i++) {
        if (strcmp(finding->faults[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void resident_numbers(void **state)
{
    static const struct {
        const char *number;
        const char *fault; /* NULL: none */
        const char *kept;
    } rows[] = {
        {"11010519491231002X", NULL, "11010519491231002X"},
        {"11010519491231002x", NULL, "11010519491231002X"},
        {"１１０１０５ 19491231 002Ｘ", NULL, "11010519491231002X"},
        {"440300880605001", NULL, NULL},
        {"110105194912310021", "identity.check_digit", NULL},
        {"11010519491331002X", "identity.birth_date", NULL},
        {"11010519490229002X", "identity.birth_date", NULL},
        {"99010519491231002X", "identity.region", NULL},
        {"11010520491231002X", "identity.birth_future", NULL},
        {"1101051949123100", "identity.pattern", NULL},
        {"1101051949", "identity.length", NULL},
        {"", "identity.length", NULL},
        {"11010519491231002\xff", "identity.pattern", NULL},
        {"1101051949123100李X", "identity.pattern", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct identity_finding finding;
        bool good = identity_check(&resident, rows[i].number, &small, today(), &finding);

        assert_int_equal(good, rows[i].fault == NULL);
        if (rows[i].fault != NULL && !has_fault(&finding, rows[i].fault)) {
            fail_msg("%s: no %s", rows[i].number, rows[i].fault);
        }
        if (rows[i].kept != NULL) {
            assert_string_equal(finding.number, rows[i].kept);
            assert_true(finding.has_birth_date);
            assert_true(finding.birth_date == value_days_from_civil(1949, 12, 31));
            assert_int_equal(finding.sex, IDENTITY_SEX_FEMALE);
            assert_int_equal(finding.region, 110105);
        }
    }
}

static void several_faults_at_once(void **state)
{
    struct identity_finding finding;

    (void)state;
    assert_false(identity_check(&resident, "990105194913310020", &small, today(), &finding));
    assert_true(has_fault(&finding, "identity.region"));
    assert_true(has_fault(&finding, "identity.birth_date"));
    assert_true(has_fault(&finding, "identity.check_digit"));
    assert_false(finding.has_birth_date);
}

static void ended_region_warns(void **state)
{
    char number[19] = "11010619850101001";
    struct identity_finding finding;

    (void)state;
    number[17] = identity_resident_check_digit(number);
    assert_true(identity_check(&resident, number, &small, today(), &finding));
    assert_int_equal(finding.fault_count, 1);
    assert_string_equal(finding.faults[0].name, "identity.region_years");
    memcpy(number + 6, "1969", 4);
    number[17] = identity_resident_check_digit(number);
    assert_true(identity_check(&resident, number, &small, today(), &finding));
    assert_int_equal(finding.fault_count, 0);
    assert_int_equal(finding.sex, IDENTITY_SEX_MALE);
}

static void old_numbers_are_lengthened(void **state)
{
    char upgraded[19];

    (void)state;
    assert_true(identity_resident_upgrade("110105491231002", upgraded));
    assert_string_equal(upgraded, "11010519491231002X");
    assert_true(identity_resident_upgrade("110105991231996", upgraded));
    assert_memory_equal(upgraded + 6, "1899", 4);
    assert_false(identity_resident_upgrade("11010549123100", upgraded));
    assert_false(identity_resident_upgrade("11010549123100A", upgraded));
}

static void organisation_numbers(void **state)
{
    static const struct {
        const struct identity_rule *rule;
        const char *number;
        const char *fault;
    } rows[] = {
        {&credit, "91110000600037341L", NULL},
        {&credit, "9144030071526726XG", NULL},
        {&credit, "914403001922038216", NULL},
        {&credit, "914403001922038217", "identity.check_digit"},
        {&credit, "914403001922038316", "identity.organisation_code"},
        {&credit, "91440300192203821O", "identity.pattern"},
        {&credit, "9199030071526726XG", "identity.region"},
        {&organisation, "71526726-X", NULL},
        {&organisation, "192203821", NULL},
        {&organisation, "192203822", "identity.check_digit"},
        {&business, "110108000000016", NULL},
        {&business, "110108000000017", "identity.check_digit"},
        {&business, "11010800000001", "identity.length"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct identity_finding finding;
        bool good = identity_check(rows[i].rule, rows[i].number, &small, today(), &finding);

        if (good != (rows[i].fault == NULL) ||
            (rows[i].fault != NULL && !has_fault(&finding, rows[i].fault))) {
            fail_msg("%s: %s", rows[i].number,
                     finding.fault_count > 0 ? finding.faults[0].name : "no fault");
        }
    }
}

static void rules_are_data(void **state)
{
    static const struct {
        const char *pattern;
        const char *number;
        bool good;
    } rows[] = {
        {"[EG]9{8}|[E][A-HJ-NP-Z]9{7}", "E12345678", true},
        {"[EG]9{8}|[E][A-HJ-NP-Z]9{7}", "ea1234567", true},
        {"[EG]9{8}|[E][A-HJ-NP-Z]9{7}", "EI1234567", false},
        {"[EG]9{8}|[E][A-HJ-NP-Z]9{7}", "E1234567", false},
        {"[HM]9{8,10}", "H123456789", true},
        {"[HM]9{8,10}", "H1234567", false},
        {"H{1,2}[字][第]9{4,8}[号]", "军字第123456号", true},
        {"H{1,2}[字][第]9{4,8}[号]", "军字第12号", false},
        {"X{5,17}", "AB12345678901234", true},
        {"*{1,40}", "anything-at-all", true},
        {NULL, "x", true},
    };
    const struct identity_rule broken[] = {{.check = "no such"},  {.pattern = "9{"},
                                           {.pattern = "9{3,2}"}, {.pattern = "[A"},
                                           {.pattern = "z"},      {.minimum = 5, .maximum = 4}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct identity_rule rule = {.type = "t", .pattern = rows[i].pattern};
        struct identity_finding finding;

        assert_true(identity_rule_valid(&rule));
        if (identity_check(&rule, rows[i].number, NULL, today(), &finding) != rows[i].good) {
            fail_msg("%s against %s", rows[i].number, rows[i].pattern);
        }
    }
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        struct identity_finding finding;

        assert_false(identity_rule_valid(&broken[i]));
        assert_false(identity_check(&broken[i], "1", NULL, today(), &finding));
        assert_true(has_fault(&finding, "identity.rule"));
    }
}

/* GB 11643 and ISO/IEC 7064 promise that no single wrong character and no exchange of neighbours
 * stays unseen. */
static void single_errors_are_found(void **state)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    char number[19] = "11010519491231002X";
    char code[19] = "91110000600037341L";

    (void)state;
    for (size_t i = 0; i < 17; i++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            char old = number[i];

            number[i] = digit;
            assert_int_equal(identity_resident_check_digit(number) == 'X', digit == old);
            number[i] = old;
        }
        for (size_t j = 0; j < 31; j++) {
            char old = code[i];

            code[i] = alphabet[j];
            assert_int_equal(identity_credit_check_character(code) == 'L', alphabet[j] == old);
            code[i] = old;
        }
        if (i < 16 && number[i] != number[i + 1]) {
            char old = number[i];

            number[i] = number[i + 1];
            number[i + 1] = old;
            assert_int_not_equal(identity_resident_check_digit(number), 'X');
            number[i + 1] = number[i];
            number[i] = old;
        }
    }
}

static size_t regions_read(FILE *file, struct region_year *list)
{
    char line[4096];
    unsigned province = 0;
    size_t count = 0;

    while (fgets(line, sizeof(line), file) != NULL) {
        unsigned code;
        const char *years = strstr(line, "county=\"");

        if (line[0] == '#') {
            continue;
        }
        if (years == NULL) {
            if (sscanf(line, "%u", &province) != 1) {
                province = 0;
            }
            continue;
        }
        if (sscanf(line, " %u", &code) != 1 || count == REGION_LIMIT) {
            continue;
        }
        years += strlen("county=\"");
        do {
            unsigned first = 0;
            unsigned last = 0;

            if (*years == '[') {
                const char *end = strpbrk(years, "-]");

                first = years[1] == '-' ? 0 : (unsigned)strtoul(years + 1, NULL, 10);
                last = end != NULL && *end == '-' ? (unsigned)strtoul(end + 1, NULL, 10) : first;
            }
            list[count++] = (struct region_year){
                .code = province * 10000 + code,
                .first_year = (uint16_t)first,
                .last_year = (uint16_t)last,
            };
            years = strchr(years, ',');
        } while (years++ != NULL && count < REGION_LIMIT);
    }
    return count;
}

static int region_compare(const void *one, const void *other)
{
    const struct region_year *left = one;
    const struct region_year *right = other;

    return left->code < right->code ? -1 : left->code > right->code;
}

/* For every code that ever was: a number of its time is good, and with any other check digit, or
 * under a code that never was, it is not. */
static void all_region_codes(void **state)
{
    FILE *file = shared_data_open("id_numbers/loc.dat");
    struct region_year *list = calloc(REGION_LIMIT, sizeof(*list));
    struct region_years regions = {.list = list};
    size_t unknown = 0;

    (void)state;
    assert_non_null(file);
    assert_non_null(list);
    regions.count = regions_read(file, list);
    (void)fclose(file);
    qsort(list, regions.count, sizeof(*list), region_compare);
    assert_true(regions.count > 6000);
    for (size_t i = 0; i < regions.count; i++) {
        unsigned year = list[i].last_year > 0 ? list[i].last_year : 2000;
        struct identity_finding finding = {0};
        char number[24];
        char good;

        (void)snprintf(number, sizeof(number), "%06u%04u%02u%02u%03u", list[i].code, year,
                       (unsigned)(i % 12 + 1), (unsigned)(i % 28 + 1), (unsigned)(i % 1000));
        good = identity_resident_check_digit(number);
        for (const char *digit = "0123456789X"; *digit != '\0'; digit++) {
            number[17] = *digit;
            number[18] = '\0';
            assert_int_equal(identity_check(&resident, number, &regions, today(), &finding),
                             *digit == good);
            assert_int_equal(finding.fault_count, *digit == good ? 0 : 1);
        }
        assert_true(finding.birth_date ==
                    value_days_from_civil((int)year, (int)(i % 12 + 1), (int)(i % 28 + 1)));
        assert_int_equal(finding.sex, i % 2 == 1 ? IDENTITY_SEX_MALE : IDENTITY_SEX_FEMALE);
    }
    for (unsigned code = 100000; code < 830000; code += 97) {
        const struct region_year key = {.code = code};
        struct identity_finding finding;
        char number[24];

        if (bsearch(&key, list, regions.count, sizeof(*list), region_compare) != NULL) {
            continue;
        }
        unknown++;
        (void)snprintf(number, sizeof(number), "%06u20000101001", code);
        number[17] = identity_resident_check_digit(number);
        number[18] = '\0';
        assert_false(identity_check(&resident, number, &regions, today(), &finding));
        assert_true(has_fault(&finding, "identity.region"));
    }
    assert_true(unknown > 1000);
    free(list);
}

static void values_are_masked(void **state)
{
    static const struct {
        const char *style;
        const char *text;
        const char *masked;
    } rows[] = {
        {"identity", "110105194912312317", "1101**********2317"},
        {"identity", "E12345678", "******678"},
        {"identity", "12345", "*****"},
        {"telephone", "13912348021", "139****8021"},
        {"telephone", "87654321", "****4321"},
        {"telephone", "110", "***"},
        {"name", "李建国", "李**"},
        {"name", "李", "*"},
        {"organisation", "某某通信有限公司", "某某****公司"},
        {"address", "北京市朝阳区建国路8号", "北京市朝阳区*****"},
        {"address", "东城区", "***"},
        {"mail", "zhang@example.com", "z****@example.com"},
        {"account", "6222020200012345678", "***************5678"},
        {"whole", "secret", "******"},
        {"name", "", ""},
    };
    char masked[64];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_true(mask_apply(rows[i].style, rows[i].text, masked, sizeof(masked)));
        assert_string_equal(masked, rows[i].masked);
    }
    assert_false(mask_apply("no such", "x", masked, sizeof(masked)));
    assert_false(mask_apply("name", "\xe6\x9d", masked, sizeof(masked)));
    assert_false(mask_apply("name", "李建国", masked, 5));
    assert_string_equal(masked, "");
    assert_true(name_mask("李建国", masked, 6));
    assert_true(identity_mask("1", masked, sizeof(masked)));
    assert_true(telephone_mask("1", masked, sizeof(masked)));
    assert_true(address_mask("1", masked, sizeof(masked)));
}

int main(void)
{
    struct CMUnitTest tests[] = {
        {"resident numbers are checked and read", resident_numbers, NULL, NULL, NULL},
        {"all faults of a number come at once", several_faults_at_once, NULL, NULL, NULL},
        {"a region code that had ended warns", ended_region_warns, NULL, NULL, NULL},
        {"15 digits become 18", old_numbers_are_lengthened, NULL, NULL, NULL},
        {"numbers of organisations are checked", organisation_numbers, NULL, NULL, NULL},
        {"kinds of certificates are rules given as data", rules_are_data, NULL, NULL, NULL},
        {"no single error passes a check digit", single_errors_are_found, NULL, NULL, NULL},
        {"every region code that ever was, and none else", all_region_codes, NULL, NULL, NULL},
        {"values are masked by style", values_are_masked, NULL, NULL, NULL},
    };

    SHARED_DATA_NEEDED(tests[7], "id_numbers/loc.dat");
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
