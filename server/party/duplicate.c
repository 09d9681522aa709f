/* Likeness of two parties, from a table of comparisons. */
#include "server/party/duplicate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/party/identity.h"
#include "server/party/pinyin.h"

enum { CHARACTERS = 128, TELEPHONE_DIGITS = 20, TELEPHONE_LEAST = 7, NUMBER_SIZE = 64 };

const struct duplicate_weights duplicate_weights_usual = {
    .certificate_same = 1000,
    .certificate_differs = -350,
    .name_same = 400,
    .name_alike = 300,
    .name_least = 400,
    .telephone_same = 350,
    .address_same = 350,
    .address_alike = 300,
    .address_least = 500,
    .mail_same = 350,
    .birth_date_same = 150,
    .birth_date_differs = -250,
};

static bool given(const char *text)
{
    return text != NULL && *text != '\0';
}

static int pair_compare(const void *one, const void *other)
{
    uint64_t left = *(const uint64_t *)one;
    uint64_t right = *(const uint64_t *)other;

    return left < right ? -1 : left > right;
}

/* The sorted set of character pairs; a single character is a pair with nothing. */
static size_t pairs_fill(const char *text, uint64_t *pairs)
{
    uint32_t points[CHARACTERS];
    size_t count = pinyin_characters(text, points, CHARACTERS);
    size_t kept = 0;

    if (count == 1) {
        pairs[0] = points[0];
        return 1;
    }
    if (count == 0) {
        return 0;
    }
    for (size_t i = 0; i + 1 < count; i++) {
        pairs[i] = (uint64_t)points[i] << 32 | points[i + 1];
    }
    qsort(pairs, count - 1, sizeof(*pairs), pair_compare);
    for (size_t i = 0; i + 1 < count; i++) {
        if (kept == 0 || pairs[kept - 1] != pairs[i]) {
            pairs[kept++] = pairs[i];
        }
    }
    return kept;
}

int duplicate_likeness(const char *one, const char *other)
{
    uint64_t left[CHARACTERS];
    uint64_t right[CHARACTERS];
    size_t left_count = pairs_fill(one, left);
    size_t right_count = pairs_fill(other, right);
    size_t common = 0;

    if (left_count == 0 || right_count == 0) {
        return 0;
    }
    for (size_t i = 0, j = 0; i < left_count && j < right_count;) {
        if (left[i] == right[j]) {
            common++;
            i++;
            j++;
        } else if (left[i] < right[j]) {
            i++;
        } else {
            j++;
        }
    }
    return (int)(common * 1000 / (left_count + right_count - common));
}

static bool characters_same(const char *one, const char *other)
{
    uint32_t left[CHARACTERS];
    uint32_t right[CHARACTERS];
    size_t count = pinyin_characters(one, left, CHARACTERS);

    return count > 0 && count == pinyin_characters(other, right, CHARACTERS) &&
           memcmp(left, right, count * sizeof(*left)) == 0;
}

static size_t telephone_digits(const char *text, char *digits)
{
    size_t count = 0;

    for (; *text != '\0' && count < TELEPHONE_DIGITS; text++) {
        if (*text >= '0' && *text <= '9' && (count > 0 || *text != '0')) {
            digits[count++] = *text;
        }
    }
    /* A Chinese number has at most 11 digits without its country code. */
    if (count > 11 && digits[0] == '8' && digits[1] == '6') {
        size_t skip = digits[2] == '0' ? 3 : 2;

        count -= skip;
        memmove(digits, digits + skip, count);
    }
    return count;
}

bool duplicate_telephone_same(const char *one, const char *other)
{
    char left[TELEPHONE_DIGITS];
    char right[TELEPHONE_DIGITS];

    if (!given(one) || !given(other)) {
        return false;
    }
    size_t count = telephone_digits(one, left);

    return count >= TELEPHONE_LEAST && count == telephone_digits(other, right) &&
           memcmp(left, right, count) == 0;
}

/* Letters as capitals, signs dropped, old resident numbers lengthened. */
static bool certificate_normalise(const char *number, char *normal)
{
    char upgraded[19];
    uint32_t points[NUMBER_SIZE - 1];
    size_t count = pinyin_characters(number, points, NUMBER_SIZE - 1);

    for (size_t i = 0; i < count; i++) {
        if (points[i] > 0x7f) {
            return false;
        }
        normal[i] = (char)points[i];
    }
    normal[count] = '\0';
    if (identity_resident_upgrade(normal, upgraded)) {
        memcpy(normal, upgraded, sizeof(upgraded));
    }
    return count > 0;
}

static bool certificate_number_same(const char *one, const char *other)
{
    char left[NUMBER_SIZE];
    char right[NUMBER_SIZE];

    if (!certificate_normalise(one, left) || !certificate_normalise(other, right)) {
        return characters_same(one, other);
    }
    return strcmp(left, right) == 0;
}

static void reason_add(struct duplicate_finding *finding, const char *name, int points)
{
    if (finding->reason_count < DUPLICATE_REASONS) {
        finding->reasons[finding->reason_count++] = (struct duplicate_reason){name, points};
        finding->score += points;
    }
}

static void certificates_compare(const struct duplicate_party *one,
                                 const struct duplicate_party *other,
                                 const struct duplicate_weights *weights,
                                 struct duplicate_finding *finding)
{
    bool comparable = false;

    for (size_t i = 0; i < one->certificate_count; i++) {
        const struct duplicate_certificate *left = &one->certificates[i];

        for (size_t j = 0; j < other->certificate_count; j++) {
            const struct duplicate_certificate *right = &other->certificates[j];

            if (!given(left->number) || !given(right->number) || !given(left->type) ||
                !given(right->type) || strcmp(left->type, right->type) != 0) {
                continue;
            }
            comparable = true;
            if (certificate_number_same(left->number, right->number)) {
                reason_add(finding, "duplicate.certificate_same", weights->certificate_same);
                return;
            }
        }
    }
    if (comparable) {
        reason_add(finding, "duplicate.certificate_differs", weights->certificate_differs);
    }
}

static void text_compare(const char *one, const char *other, const char *same, int same_points,
                         const char *alike, int alike_points, int least,
                         struct duplicate_finding *finding)
{
    if (!given(one) || !given(other)) {
        return;
    }
    if (characters_same(one, other)) {
        reason_add(finding, same, same_points);
        return;
    }
    int likeness = duplicate_likeness(one, other);

    if (likeness > 0 && likeness >= least) {
        reason_add(finding, alike, alike_points * likeness / 1000);
    }
}

static void telephones_compare(const struct duplicate_party *one,
                               const struct duplicate_party *other,
                               const struct duplicate_weights *weights,
                               struct duplicate_finding *finding)
{
    for (size_t i = 0; i < one->telephone_count; i++) {
        for (size_t j = 0; j < other->telephone_count; j++) {
            if (duplicate_telephone_same(one->telephones[i], other->telephones[j])) {
                reason_add(finding, "duplicate.telephone_same", weights->telephone_same);
                return;
            }
        }
    }
}

void duplicate_compare(const struct duplicate_party *one, const struct duplicate_party *other,
                       const struct duplicate_weights *weights, struct duplicate_finding *finding)
{
    *finding = (struct duplicate_finding){0};
    certificates_compare(one, other, weights, finding);
    text_compare(one->name, other->name, "duplicate.name_same", weights->name_same,
                 "duplicate.name_alike", weights->name_alike, weights->name_least, finding);
    telephones_compare(one, other, weights, finding);
    text_compare(one->address, other->address, "duplicate.address_same", weights->address_same,
                 "duplicate.address_alike", weights->address_alike, weights->address_least,
                 finding);
    if (given(one->mail) && given(other->mail) && strcasecmp(one->mail, other->mail) == 0) {
        reason_add(finding, "duplicate.mail_same", weights->mail_same);
    }
    if (one->has_birth_date && other->has_birth_date) {
        if (one->birth_date == other->birth_date) {
            reason_add(finding, "duplicate.birth_date_same", weights->birth_date_same);
        } else {
            reason_add(finding, "duplicate.birth_date_differs", weights->birth_date_differs);
        }
    }
    if (finding->score < 0) {
        finding->score = 0;
    } else if (finding->score > DUPLICATE_CERTAIN) {
        finding->score = DUPLICATE_CERTAIN;
    }
}
