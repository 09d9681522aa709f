/* Payment details against the rules kept for their method [10-42, 10-43]. */
#include <string.h>

#include "server/account/account.h"
#include "server/customer/customer_rule.h"
#include "server/party/identity.h"

static const struct load check_loads[] = {ACCOUNT_LOAD_PAYMENT_RULES};

/* Check digit of card numbers, ISO/IEC 7812-1 annex B. */
static bool card_digit_right(const char *number)
{
    size_t length = strlen(number);
    unsigned sum = 0;
    for (size_t i = 0; i < length; i++) {
        if (number[i] < '0' || number[i] > '9')
            return false;
        unsigned digit = (unsigned)(number[i] - '0');
        if ((length - i) % 2 == 0)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return length > 0 && sum % 10 == 0;
}

static void pattern_check(struct decision_case *c, size_t row, const char *text, size_t index,
                          const struct field *field)
{
    struct identity_finding finding;
    struct identity_rule rule = {
        .minimum = (uint8_t)loaded_integer(c, "payment_rules", row, "minimum"),
        .maximum = (uint8_t)loaded_integer(c, "payment_rules", row, "maximum"),
        .pattern = loaded_text(c, "payment_rules", row, "pattern"),
    };
    if (identity_check(&rule, text, NULL, c->today, &finding))
        return;
    bool length = finding.fault_count > 0 && strcmp(finding.faults[0].name, "identity.length") == 0;
    decision_line_fault(c, "payments", index, field->name,
                        length ? "account.detail_length" : "account.detail_pattern",
                        customer_label(c, field), NULL);
}

static void rule_apply(struct decision_case *c, size_t row, const struct record *payment,
                       size_t index)
{
    int64_t detail = loaded_integer(c, "payment_rules", row, "detail");
    const struct field *field =
        form_field(payment->form, c->code_name(c->context, "payment_detail", detail));
    const char *check = c->code_name(c->context, "payment_check",
                                     loaded_integer(c, "payment_rules", row, "check_kind"));
    if (field == NULL)
        return; /* a detail that an administrator added without a field of the line */
    const struct value *value = &payment->values[field->index];
    if (value->presence != VALUE_PRESENT) {
        if (loaded_flag(c, "payment_rules", row, "required"))
            decision_line_fault(c, "payments", index, field->name, "account.detail_missing",
                                customer_label(c, field), NULL);
        return;
    }
    if (field->type == VALUE_TEXT)
        pattern_check(c, row, value->text, index, field);
    if (field->type == VALUE_TEXT && strcmp(check, "luhn") == 0 && !card_digit_right(value->text))
        decision_line_fault(c, "payments", index, field->name, "account.card_check_digit", NULL);
    if (field->type == VALUE_DATE && strcmp(check, "not_expired") == 0 && value->integer < c->today)
        decision_line_fault(c, "payments", index, field->name, "account.card_expired", NULL);
}

void account_payment_check(struct decision_case *c, const struct record *payment, size_t index)
{
    for (size_t row = 0; row < loaded_rows(c, "payment_rules"); row++)
        if (loaded_integer(c, "payment_rules", row, "method") == record_integer(payment, "method"))
            rule_apply(c, row, payment, index);
}

size_t account_payments_check(struct decision_case *c, const struct record *account)
{
    const struct lines *lines = record_value(account, "payments")->lines;
    size_t count = 0;
    for (size_t i = 0; lines != NULL && i < lines->count; i++) {
        if (lines->lines[i].action == LINE_REMOVE)
            continue;
        account_payment_check(c, &lines->lines[i].record, i);
        count++;
    }
    return count;
}

/* An account as it stands against the rules as they are now. */
static void account_check(struct decision_case *c)
{
    if (account_payments_check(c, c->before) == 0)
        decision_fault(c, "payments", "account.payment_none", NULL);
}

static void payment_rule_save(struct decision_case *c)
{
    struct identity_rule rule = {
        .minimum = (uint8_t)record_integer(c->after, "minimum"),
        .maximum = (uint8_t)record_integer(c->after, "maximum"),
        .pattern = record_text(c->after, "pattern"),
    };
    if (!identity_rule_valid(&rule))
        decision_fault(c, "pattern", "rule.pattern", NULL);
}

const struct decision account_payment_decisions[] = {
    {.name = "account_check",
     .load_count = sizeof check_loads / sizeof *check_loads,
     .loads = check_loads,
     .decide = account_check},
    {.name = "payment_rule_save", .decide = payment_rule_save},
};
const size_t account_payment_decision_count =
    sizeof account_payment_decisions / sizeof *account_payment_decisions;
