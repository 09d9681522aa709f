/* Checks of identity numbers: normal form, pattern, region and birth date. */
#include "server/party/identity.h"

#include <string.h>

#include "protocol/buffer.h"
#include "protocol/value.h"

enum { BIRTH_YEAR_FIRST = 1850 };

struct number {
    uint32_t points[IDENTITY_LENGTH];
    size_t length; /* characters; IDENTITY_LENGTH + 1 if there are more */
};

static bool is_digit(uint32_t point)
{
    return point >= '0' && point <= '9';
}

static bool is_capital(uint32_t point)
{
    return point >= 'A' && point <= 'Z';
}

static bool is_han(uint32_t point)
{
    return point == 0x3007 || (point >= 0x3400 && point <= 0x9fff) ||
           (point >= 0x20000 && point <= 0x3ffff);
}

static bool all_digits(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_digit((unsigned char)text[i])) {
            return false;
        }
    }
    return true;
}

static void fault_add(struct identity_finding *finding, const char *name, bool warning)
{
    if (finding->fault_count < IDENTITY_FAULTS) {
        finding->faults[finding->fault_count++] =
            (struct identity_fault){.name = name, .warning = warning};
    }
}

static size_t point_encode(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

/* Full-width forms become ASCII, letters capitals; spaces are dropped. False on broken UTF-8. */
static bool number_normalise(const char *text, struct number *number)
{
    size_t left = strlen(text);

    number->length = 0;
    while (left > 0) {
        uint32_t point;
        size_t bytes = utf8_decode(text, left, &point);

        if (bytes == 0) {
            return false;
        }
        text += bytes;
        left -= bytes;
        if (point >= 0xff01 && point <= 0xff5e) {
            point -= 0xfee0;
        }
        if (point == ' ' || point == '\t' || point == 0x3000) {
            continue;
        }
        if (point >= 'a' && point <= 'z') {
            point -= 'a' - 'A';
        }
        if (number->length == IDENTITY_LENGTH) {
            number->length++;
            break;
        }
        number->points[number->length++] = point;
    }
    return true;
}

static void number_write(const struct number *number, char *out)
{
    for (size_t i = 0; i < number->length && i < IDENTITY_LENGTH; i++) {
        out += point_encode(number->points[i], out);
    }
    *out = '\0';
}

struct pattern_class {
    const char *begin; /* the class character, or '[' */
    size_t length;     /* of the class, without its count */
    unsigned minimum;
    unsigned maximum;
};

static bool count_parse(const char **text, unsigned *count)
{
    const char *begin = *text;

    for (*count = 0; is_digit((unsigned char)**text) && *count <= IDENTITY_LENGTH; (*text)++) {
        *count = *count * 10 + (unsigned)(**text - '0');
    }
    return *text > begin && *count <= IDENTITY_LENGTH;
}

/* Reads one class with its count; false if the notation is broken. */
static bool class_parse(const char **text, struct pattern_class *class)
{
    const char *at = *text;

    *class = (struct pattern_class){.begin = at, .length = 1, .minimum = 1, .maximum = 1};
    if (*at == '[') {
        const char *end = strchr(at + 1, ']');

        if (end == NULL || end == at + 1) {
            return false;
        }
        class->length = (size_t)(end - at) + 1;
    } else if (*at == '\0' || strchr("9AXUH*", *at) == NULL) {
        return false;
    }
    at += class->length;
    if (*at == '{') {
        at++;
        if (!count_parse(&at, &class->minimum)) {
            return false;
        }
        class->maximum = class->minimum;
        if (*at == ',') {
            at++;
            if (!count_parse(&at, &class->maximum)) {
                return false;
            }
        }
        if (*at++ != '}' || class->maximum < class->minimum) {
            return false;
        }
    }
    *text = at;
    return true;
}

static bool set_matches(const struct pattern_class *class, uint32_t point)
{
    const char *at = class->begin + 1;
    const char *end = class->begin + class->length - 1;

    while (at < end) {
        uint32_t first;
        uint32_t last;
        size_t bytes = utf8_decode(at, (size_t)(end - at), &first);

        if (bytes == 0) {
            return false;
        }
        at += bytes;
        last = first;
        if (end - at >= 2 && *at == '-') {
            bytes = utf8_decode(at + 1, (size_t)(end - at) - 1, &last);
            if (bytes == 0) {
                return false;
            }
            at += 1 + bytes;
        }
        if (point >= first && point <= last) {
            return true;
        }
    }
    return false;
}

static bool class_matches(const struct pattern_class *class, uint32_t point)
{
    switch (*class->begin) {
    case '9':
        return is_digit(point);
    case 'A':
        return is_capital(point);
    case 'X':
        return is_digit(point) || is_capital(point);
    case 'U':
        return is_digit(point) || (is_capital(point) && strchr("IOSVZ", (int)point) == NULL);
    case 'H':
        return is_han(point);
    case '[':
        return set_matches(class, point);
    default:
        return true;
    }
}

/* Which lengths of the number are matched so far is a set of bits, so that a pattern costs the
 * same whatever the number is. */
static bool pattern_matches(const char *pattern, const struct number *number)
{
    while (*pattern != '\0') {
        uint64_t reached = 1;

        for (; *pattern != '\0' && *pattern != '|';) {
            struct pattern_class class;
            uint64_t step;
            uint64_t next = 0;

            if (!class_parse(&pattern, &class)) {
                return false;
            }
            step = reached;
            for (unsigned count = 0; step != 0; count++) {
                uint64_t following = 0;

                if (count >= class.minimum) {
                    next |= step;
                }
                for (size_t i = 0; count < class.maximum && i < number->length; i++) {
                    if ((step >> i & 1) != 0 && class_matches(&class, number->points[i])) {
                        following |= UINT64_C(1) << (i + 1);
                    }
                }
                step = following;
            }
            reached = next;
        }
        if ((reached >> number->length & 1) != 0) {
            return true;
        }
        if (*pattern == '|') {
            pattern++;
        }
    }
    return false;
}

static bool pattern_valid(const char *pattern)
{
    while (*pattern != '\0') {
        struct pattern_class class;

        if (*pattern == '|') {
            pattern++;
        } else if (!class_parse(&pattern, &class)) {
            return false;
        }
    }
    return true;
}

static uint32_t digits_value(const char *digits, size_t count)
{
    uint32_t value = 0;

    for (size_t i = 0; i < count; i++) {
        value = value * 10 + (uint32_t)(digits[i] - '0');
    }
    return value;
}

/* The first row with a code of at least `code`. */
static size_t region_search(const struct region_years *regions, uint32_t code)
{
    size_t low = 0;
    size_t high = regions->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (regions->list[middle].code < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A number is given at the first registration, so a code that began after the birth is in order;
 * one that had ended before the birth is doubtful. */
static void region_check(const struct region_years *regions, uint32_t code, uint32_t year,
                         struct identity_finding *finding)
{
    bool known = false;

    if (regions == NULL || regions->count == 0) {
        return;
    }
    for (size_t i = region_search(regions, code);
         i < regions->count && regions->list[i].code == code; i++) {
        known = true;
        if (year == 0 || regions->list[i].last_year == 0 || regions->list[i].last_year >= year) {
            return;
        }
    }
    fault_add(finding, known ? "identity.region_years" : "identity.region", known);
}

/* Birth date and sex from 18 digits; answers the year of birth, 0 if the date is wrong. */
static uint32_t birth_check(const char *digits, int64_t today, struct identity_finding *finding)
{
    static const uint8_t month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t year = digits_value(digits + 6, 4);
    uint32_t month = digits_value(digits + 10, 2);
    uint32_t day = digits_value(digits + 12, 2);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (year < BIRTH_YEAR_FIRST || month < 1 || month > 12 || day < 1 ||
        day > month_days[month - 1] || (month == 2 && day == 29 && !leap)) {
        fault_add(finding, "identity.birth_date", false);
        return 0;
    }
    int64_t birth = value_days_from_civil((int)year, (int)month, (int)day);

    if (birth > today) {
        fault_add(finding, "identity.birth_future", false);
        return 0;
    }
    finding->has_birth_date = true;
    finding->birth_date = birth;
    return year;
}

struct check_input {
    const char *text; /* ASCII, of `length` characters */
    size_t length;
    const struct region_years *regions;
    int64_t today;
};

static void person_check(const struct check_input *input, bool with_region,
                         struct identity_finding *finding)
{
    char digits[19];
    uint32_t year;

    if (input->length == 15 && with_region) {
        if (!identity_resident_upgrade(input->text, digits)) {
            fault_add(finding, "identity.pattern", false);
            return;
        }
    } else if (input->length != 18) {
        fault_add(finding, "identity.length", false);
        return;
    } else {
        memcpy(digits, input->text, 19);
    }
    if (!all_digits(digits, 17) || !(is_digit((unsigned char)digits[17]) || digits[17] == 'X')) {
        fault_add(finding, "identity.pattern", false);
        return;
    }
    year = birth_check(digits, input->today, finding);
    if (with_region) {
        finding->region = digits_value(digits, 6);
        region_check(input->regions, finding->region, year, finding);
    }
    finding->sex = (digits[16] - '0') % 2 == 1 ? IDENTITY_SEX_MALE : IDENTITY_SEX_FEMALE;
    if (identity_resident_check_digit(digits) != digits[17]) {
        fault_add(finding, "identity.check_digit", false);
    }
    memcpy(finding->number, digits, sizeof(digits));
}

static void resident_check(const struct check_input *input, struct identity_finding *finding)
{
    person_check(input, true, finding);
}

static void permanent_resident_check(const struct check_input *input,
                                     struct identity_finding *finding)
{
    person_check(input, false, finding);
}

/* Registering authorities also stand above the counties and for the whole country (100000), so
 * only the province of their code is looked up. */
static void province_check(const struct check_input *input, const char *code,
                           struct identity_finding *finding)
{
    const struct region_years *regions = input->regions;
    uint32_t value;
    size_t place;

    if (!all_digits(code, 6)) {
        fault_add(finding, "identity.region", false);
        return;
    }
    value = digits_value(code, 6);
    finding->region = value;
    if (regions == NULL || regions->count == 0 || value == 100000) {
        return;
    }
    place = region_search(regions, value / 10000 * 10000);
    if (place == regions->count || regions->list[place].code / 10000 != value / 10000) {
        fault_add(finding, "identity.region", false);
    }
}

static void credit_code_check(const struct check_input *input, struct identity_finding *finding)
{
    char check;

    if (input->length != 18) {
        fault_add(finding, "identity.length", false);
        return;
    }
    check = identity_credit_check_character(input->text);
    if (check == '\0') {
        fault_add(finding, "identity.pattern", false);
        return;
    }
    province_check(input, input->text + 2, finding);
    if (identity_organisation_check_character(input->text + 8) != input->text[16]) {
        fault_add(finding, "identity.organisation_code", false);
    }
    if (check != input->text[17]) {
        fault_add(finding, "identity.check_digit", false);
    }
}

static void organisation_code_check(const struct check_input *input,
                                    struct identity_finding *finding)
{
    bool dash = input->length == 10 && input->text[8] == '-';
    char check;

    if (input->length != 9 && !dash) {
        fault_add(finding, "identity.length", false);
        return;
    }
    check = identity_organisation_check_character(input->text);
    if (check == '\0') {
        fault_add(finding, "identity.pattern", false);
    } else if (check != input->text[dash ? 9 : 8]) {
        fault_add(finding, "identity.check_digit", false);
    }
    memcpy(finding->number, input->text, 8);
    finding->number[8] = input->text[dash ? 9 : 8];
    finding->number[9] = '\0';
}

static void business_registration_check(const struct check_input *input,
                                        struct identity_finding *finding)
{
    if (input->length != 15) {
        fault_add(finding, "identity.length", false);
        return;
    }
    if (!all_digits(input->text, 15)) {
        fault_add(finding, "identity.pattern", false);
        return;
    }
    province_check(input, input->text, finding);
    if (identity_business_check_digit(input->text) != input->text[14]) {
        fault_add(finding, "identity.check_digit", false);
    }
}

static const struct {
    const char *name;
    void (*check)(const struct check_input *input, struct identity_finding *finding);
} checks[] = {
    {.name = "none", .check = NULL},
    {.name = "resident", .check = resident_check},
    {.name = "permanent_resident", .check = permanent_resident_check},
    {.name = "credit_code", .check = credit_code_check},
    {.name = "organisation_code", .check = organisation_code_check},
    {.name = "business_registration", .check = business_registration_check},
};

static size_t check_find(const char *name)
{
    size_t i = 0;

    while (i < sizeof(checks) / sizeof(*checks) && strcmp(checks[i].name, name) != 0) {
        i++;
    }
    return i;
}

bool identity_rule_valid(const struct identity_rule *rule)
{
    return (rule->maximum == 0 ||
            (rule->maximum >= rule->minimum && rule->maximum <= IDENTITY_LENGTH)) &&
           (rule->pattern == NULL || pattern_valid(rule->pattern)) &&
           (rule->check == NULL || check_find(rule->check) < sizeof(checks) / sizeof(*checks));
}

bool identity_check(const struct identity_rule *rule, const char *number,
                    const struct region_years *regions, int64_t today,
                    struct identity_finding *finding)
{
    struct number points;
    bool ascii = true;
    size_t check;

    *finding = (struct identity_finding){0};
    if (!identity_rule_valid(rule)) {
        fault_add(finding, "identity.rule", false);
        return false;
    }
    if (number == NULL || !number_normalise(number, &points)) {
        fault_add(finding, "identity.pattern", false);
        return false;
    }
    number_write(&points, finding->number);
    if (points.length == 0 || points.length > IDENTITY_LENGTH || points.length < rule->minimum ||
        (rule->maximum > 0 && points.length > rule->maximum)) {
        fault_add(finding, "identity.length", false);
        return false;
    }
    for (size_t i = 0; i < points.length; i++) {
        ascii = ascii && points.points[i] > ' ' && points.points[i] < 0x7f;
    }
    if (rule->pattern != NULL && rule->pattern[0] != '\0' &&
        !pattern_matches(rule->pattern, &points)) {
        fault_add(finding, "identity.pattern", false);
        return false;
    }
    check = rule->check == NULL ? 0 : check_find(rule->check);
    if (checks[check].check != NULL && !ascii) {
        fault_add(finding, "identity.pattern", false);
    } else if (checks[check].check != NULL) {
        char text[IDENTITY_LENGTH + 1] = {0};

        for (size_t i = 0; i < points.length; i++) {
            text[i] = (char)points.points[i];
        }
        const struct check_input input = {
            .text = text, .length = points.length, .regions = regions, .today = today};

        checks[check].check(&input, finding);
    }
    for (size_t i = 0; i < finding->fault_count; i++) {
        if (!finding->faults[i].warning) {
            return false;
        }
    }
    return true;
}
