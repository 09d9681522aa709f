/* Dates in short. */
#include "client/date.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/value.h"

static bool civil_valid(int year, int month, int day, int64_t *days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > lengths[month - 1] + (month == 2 && leap ? 1 : 0))
        return false;
    *days = value_days_from_civil(year, month, day);
    return true;
}

bool date_parse(const char *text, int64_t today, int64_t *days)
{
    int numbers[3] = {0, 0, 0};
    int count = 0;
    int year;
    int month;
    int day;
    char *end;
    if (strcmp(text, ".") == 0) {
        *days = today;
        return true;
    }
    if (text[0] == '+' || (text[0] == '-' && isdigit((unsigned char)text[1]))) {
        long offset = strtol(text, &end, 10);
        if (*end != '\0' || end <= text + 1 || labs(offset) > 36600)
            return false;
        *days = today + offset;
        return true;
    }
    size_t digits = strspn(text, "0123456789");
    value_civil_from_days(today, &year, &month, &day);
    if (text[digits] == '\0') {
        long number = strtol(text, NULL, 10);
        if (digits == 8)
            return civil_valid((int)(number / 10000), (int)(number / 100 % 100),
                               (int)(number % 100), days);
        return digits == 4 && civil_valid(year, (int)(number / 100), (int)(number % 100), days);
    }
    while (count < 3) {
        if (!isdigit((unsigned char)*text))
            return false;
        long number = strtol(text, &end, 10);
        if (end - text > 4)
            return false;
        numbers[count++] = (int)number;
        if (*end == '\0')
            break;
        if (strchr("-/.", *end) == NULL)
            return false;
        text = end + 1;
    }
    if (count == 2)
        return civil_valid(year, numbers[0], numbers[1], days);
    return count == 3 && *end == '\0' && civil_valid(numbers[0], numbers[1], numbers[2], days);
}
