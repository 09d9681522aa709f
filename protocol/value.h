/* One value of a field, on the wire, in the server and in the client. */
#ifndef HALLDESK_VALUE_H
#define HALLDESK_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct lines;

/* Permanent numbers: they stand in form layouts on the wire. */
enum value_type {
    VALUE_TEXT = 1,      /* UTF-8 */
    VALUE_NUMBER = 2,    /* whole number */
    VALUE_AMOUNT = 3,    /* fen */
    VALUE_RATE = 4,      /* numeric(18,6) as millionths */
    VALUE_DATE = 5,      /* days since 1970-01-01 */
    VALUE_TIME = 6,      /* microseconds since 1970-01-01 00:00 UTC */
    VALUE_CODE = 7,      /* number within the field's code list */
    VALUE_FLAG = 8,      /* 0 or 1 */
    VALUE_REFERENCE = 9, /* id of a record of another form, with its key and label for people */
    VALUE_LINES = 10,    /* records of a line form */
};

enum value_presence {
    VALUE_ABSENT = 0, /* not said: in a change "leave as it is", in an answer "empty or hidden" */
    VALUE_PRESENT,
    VALUE_CLEARED, /* said to be empty */
};

struct value {
    enum value_presence presence;
    int64_t integer;   /* number, fen, millionths, days, microseconds, code, flag, id */
    const char *text;  /* text; of a reference its key, e.g. "C0037284"; never NULL if present */
    const char *label; /* of a reference the name shown beside the key; may be NULL */
    struct lines *lines;
};

/* Dates and times reach from 0001-01-01 to 9999-12-31; decoding refuses others, formatting shows
 * the nearer end. Times have a day to spare on each side for the zone. */
#define VALUE_DATE_FIRST (-INT64_C(719162))
#define VALUE_DATE_LAST  INT64_C(2932896)
#define VALUE_TIME_FIRST ((VALUE_DATE_FIRST + 1) * INT64_C(86400000000))
#define VALUE_TIME_LAST  (VALUE_DATE_LAST * INT64_C(86400000000) - 1)

extern const char *const value_type_names[]; /* by value_type: "text", "number", … */
/* 0 if the name is unknown. */
enum value_type value_type_from_name(const char *name);

/* Text as people and scripts write it. Amount "1234.50", rate "0.125", date "2026-11-21", time
 * "2026-11-21 09:14" (local time of the process, seconds optional), flag "1"/"0"/"y"/"n", code
 * by number (names are resolved by who holds the code list), reference by key.
 * Thousands separators are accepted in amounts. False if the text is no such value or does not
 * fit; the value is untouched then. Empty text gives VALUE_CLEARED. */
bool value_parse(enum value_type type, const char *text, struct arena *arena, struct value *value);
/* Times show seconds only where they are not 0, rates no trailing zeros.
 * "" for an absent or cleared value; a reference shows its key; lines show their count. */
const char *value_format(enum value_type type, const struct value *value, struct arena *arena);
/* Amount with thousands separators, as screens show it: "1,234.50". */
const char *value_format_amount(int64_t fen, struct arena *arena);
/* Absent and cleared are both empty and equal; references are equal by id, or by key while neither
 * has an id; lines are equal in order, by id, action and values. */
bool value_equal(enum value_type type, const struct value *one, const struct value *other);

/* Civil calendar, proleptic Gregorian. */
int64_t value_days_from_civil(int year, int month, int day);
void value_civil_from_days(int64_t days, int *year, int *month, int *day);

#endif
