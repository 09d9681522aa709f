/* Check characters of identity numbers, and the lengthening of old resident numbers. */
#include <string.h>

#include "server/party/identity.h"

enum { ISO_MODULUS = 10, CREDIT_BASE = 31 };

static const char credit_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

char identity_resident_check_digit(const char digits[static 17])
{
    unsigned sum = 0;

    for (unsigned i = 0; i < 17; i++) {
        if (!is_digit(digits[i])) {
            return '\0';
        }
        sum += (unsigned)(digits[i] - '0') * ((1U << (17 - i)) % 11);
    }
    return "10X98765432"[sum % 11];
}

char identity_credit_check_character(const char characters[static 17])
{
    unsigned sum = 0;
    unsigned weight = 1;

    for (size_t i = 0; i < 17; i++) {
        const char *place = characters[i] == '\0' ? NULL : strchr(credit_alphabet, characters[i]);

        if (place == NULL) {
            return '\0';
        }
        sum += (unsigned)(place - credit_alphabet) * weight;
        weight = weight * 3 % CREDIT_BASE;
    }
    return credit_alphabet[(CREDIT_BASE - sum % CREDIT_BASE) % CREDIT_BASE];
}

char identity_organisation_check_character(const char characters[static 8])
{
    static const unsigned weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;

    for (size_t i = 0; i < 8; i++) {
        char character = characters[i];

        if (is_digit(character)) {
            sum += (unsigned)(character - '0') * weights[i];
        } else if (character >= 'A' && character <= 'Z') {
            sum += (unsigned)(character - 'A' + 10) * weights[i];
        } else {
            return '\0';
        }
    }
    return "0X987654321"[sum % 11];
}

char identity_business_check_digit(const char digits[static 14])
{
    unsigned product = ISO_MODULUS;

    for (size_t i = 0; i < 14; i++) {
        unsigned sum;

        if (!is_digit(digits[i])) {
            return '\0';
        }
        sum = (product + (unsigned)(digits[i] - '0')) % ISO_MODULUS;
        product = (sum == 0 ? ISO_MODULUS : sum) * 2 % (ISO_MODULUS + 1);
    }
    return (char)('0' + (ISO_MODULUS + 1 - product) % ISO_MODULUS);
}

bool identity_resident_upgrade(const char *number, char upgraded[static 19])
{
    if (number == NULL || strlen(number) != 15 || strspn(number, "0123456789") != 15) {
        return false;
    }
    memcpy(upgraded, number, 6);
    memcpy(upgraded + 6, memcmp(number + 12, "996", 3) >= 0 ? "18" : "19", 2);
    memcpy(upgraded + 8, number + 6, 9);
    upgraded[17] = identity_resident_check_digit(upgraded);
    upgraded[18] = '\0';
    return true;
}
