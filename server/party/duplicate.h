/* How likely two parties are one and the same: a score and the reasons for it. Pure; the weights
 * are data. Candidates are found elsewhere (certificate, telephone, bigrams of the name). */
#ifndef HALLDESK_DUPLICATE_H
#define HALLDESK_DUPLICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DUPLICATE_CERTAIN = 1000, /* the highest score */
    DUPLICATE_REASONS = 10,
};

struct duplicate_certificate {
    const char *type;
    const char *number;
};

/* Texts are UTF-8; NULL or "" is "not known". */
struct duplicate_party {
    const char *name;
    const struct duplicate_certificate *certificates;
    size_t certificate_count;
    const char *const *telephones;
    size_t telephone_count;
    const char *address;
    const char *mail;
    bool has_birth_date;
    int64_t birth_date; /* days since 1970-01-01 */
};

/* Points of what is found; what speaks against has negative points. Likeness is in thousandths. */
struct duplicate_weights {
    int certificate_same;
    int certificate_differs; /* both have one of a type, and none in common */
    int name_same;
    int name_alike; /* times the likeness, when that is at least name_least */
    int name_least;
    int telephone_same;
    int address_same;
    int address_alike; /* times the likeness, when that is at least address_least */
    int address_least;
    int mail_same;
    int birth_date_same;
    int birth_date_differs;
};

/* Same certificate: certain. Same name with telephone or with address: 750 or more. */
extern const struct duplicate_weights duplicate_weights_usual;

/* Reasons: duplicate.certificate_same, duplicate.certificate_differs, duplicate.name_same,
 * duplicate.name_alike, duplicate.telephone_same, duplicate.address_same,
 * duplicate.address_alike, duplicate.mail_same, duplicate.birth_date_same,
 * duplicate.birth_date_differs. */
struct duplicate_reason {
    const char *name; /* static */
    int points;
};

struct duplicate_finding {
    int score; /* 0 to DUPLICATE_CERTAIN */
    size_t reason_count;
    struct duplicate_reason reasons[DUPLICATE_REASONS];
};

void duplicate_compare(const struct duplicate_party *one, const struct duplicate_party *other,
                       const struct duplicate_weights *weights, struct duplicate_finding *finding);

/* Likeness of two texts in thousandths: what their sets of character pairs have in common, by
 * what they have together (Jaccard). 0 if one of them is empty; signs, spaces, case and width do
 * not count; the first 128 characters do. */
int duplicate_likeness(const char *one, const char *other);

/* Telephones are the same when their digits are: +86, 0086 and leading zeros aside, at least
 * seven digits. */
bool duplicate_telephone_same(const char *one, const char *other);

#endif
