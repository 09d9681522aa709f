/* Checks of identity numbers. Kinds of certificates are rules given as data; faults are names,
 * whose texts are in the forms. Pure: no database, no clock. */
#ifndef HALLDESK_IDENTITY_H
#define HALLDESK_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IDENTITY_LENGTH = 40, IDENTITY_FAULTS = 8 };

/* Years in which a code of administrative divisions (GB/T 2260) was in force; a code may have
 * several rows. */
struct region_year {
    uint32_t code;       /* six digits */
    uint16_t first_year; /* 0: not known, from the beginning */
    uint16_t last_year;  /* 0: still in force */
};

/* Sorted by code; an empty or NULL table switches the region checks off. */
struct region_years {
    const struct region_year *list;
    size_t count;
};

/* One kind of certificate. The pattern is a sequence of classes, each with an optional count:
 *   9 a digit, A a capital letter, X a digit or capital letter, U a character of GB 32100 (digits
 *   and capitals without I, O, S, V, Z), H a Han character, * any character, [A-CX1] one of a
 *   set (taken literally), {n} or {n,m} the count of the class before it, | another pattern.
 * "[EG]9{8}|[E]A9{7}" is an ordinary passport. NULL or "" allows everything.
 * Checks: "none"; "resident" (GB 11643, 15 or 18 digits); "permanent_resident" (18 digits, same
 * birth date and check digit, no region); "credit_code" (GB 32100, with the organisation code in
 * it); "organisation_code" (GB 11714, with or without a dash); "business_registration" (15 digits
 * with check digit by ISO/IEC 7064 MOD 11,10). NULL is "none". */
struct identity_rule {
    const char *type;
    uint8_t minimum; /* characters; 0: no limit */
    uint8_t maximum; /* characters; 0: no limit */
    const char *pattern;
    const char *check;
};

enum identity_sex { IDENTITY_SEX_UNKNOWN = 0, IDENTITY_SEX_MALE = 1, IDENTITY_SEX_FEMALE = 2 };

struct identity_fault {
    const char *name; /* static */
    bool warning;
};

/* Fault names: identity.length, identity.pattern, identity.region (no such region code),
 * identity.region_years (warning: the code ended before the year of birth), identity.birth_date,
 * identity.birth_future, identity.check_digit, identity.organisation_code,
 * identity.rule (the rule itself is broken: unknown check or bad pattern). */
struct identity_finding {
    size_t fault_count;
    struct identity_fault faults[IDENTITY_FAULTS];
    char number[IDENTITY_LENGTH * 4 + 1]; /* as it is to be kept: capitals, no spaces or
                                           * full-width forms, resident numbers with 18 digits */
    bool has_birth_date;
    int64_t birth_date; /* days since 1970-01-01 */
    enum identity_sex sex;
    uint32_t region; /* six digits; 0: the number has none */
};

/* Checks number by rule; today in days since 1970-01-01. True if there is no fault besides
 * warnings. The finding is filled in any case; what is derived from a faulty part is not set. */
bool identity_check(const struct identity_rule *rule, const char *number,
                    const struct region_years *regions, int64_t today,
                    struct identity_finding *finding);

/* Whether the rule itself can be used; for the check at start. */
bool identity_rule_valid(const struct identity_rule *rule);

/* Check characters; the argument holds at least the stated number of characters, the result is
 * '\0' if one of them is not allowed there. */
char identity_resident_check_digit(const char digits[static 17]);
char identity_credit_check_character(const char characters[static 17]);
char identity_organisation_check_character(const char characters[static 8]);
char identity_business_check_digit(const char digits[static 14]);

/* Resident number with 15 digits to 18: century 19 (18 for the sequences 996 to 999 kept for
 * centenarians) and check digit. False if number is not 15 digits. */
bool identity_resident_upgrade(const char *number, char upgraded[static 19]);

#endif
