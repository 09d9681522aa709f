/* Taking money for an order, the clerk's shift, and the receipt. */
#include <string.h>

#include "server/charging/charging.h"
#include "server/charging/money.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { RECEIPT_WORDS = 256, NUMERAL_COUNT = 20 };

/* States of form customer_order in which nothing is owed any more. */
enum { ORDER_REJECTED = 2, ORDER_CANCELLED = 8, ORDER_FAILED = 10 };

static const struct load pay_loads[] = {
    {"ways",
     "SELECT number AS way, code_attribute(attributes, 'ledger')::bigint AS ledger FROM code WHERE "
     "list = 'tender_way'",
     ""},
    /* Discounts stand under the charge item that they take off from; recurring and usage are not
       due here. */
    {"dues",
     "SELECT g.charge_item, code_attribute(k.attributes, 'ledger')::bigint AS ledger, "
     "sum(g.amount)::bigint AS amount"
     " FROM order_charge g JOIN code k ON k.list = 'charge_item' AND k.number = g.charge_item"
     " WHERE g.customer_order_id = $1 AND g.kind NOT IN (2, 3) GROUP BY 1, 2 ORDER BY 1",
     "@id"},
    {"shift", "SELECT id FROM shift WHERE staff_id = $1 AND state = 1 FOR SHARE", "@actor"},
    /* The serial is locked last and for as long as this transaction takes: no gaps, no doubles. */
    {"range",
     "SELECT id, prefix, digits, next_number FROM receipt_range WHERE organisation_id = $1"
     " AND (staff_id = $2 OR staff_id IS NULL) AND next_number <= last_number"
     " ORDER BY staff_id NULLS LAST, id LIMIT 1 FOR UPDATE",
     "@organisation @actor"},
};

static const struct load close_loads[] = {
    {"cash",
     "SELECT coalesce(sum(amount), 0)::bigint AS amount FROM posting"
     " WHERE ledger_account = 1 AND payment_id IN (SELECT id FROM payment WHERE shift_id = $1)",
     "@id"},
};

#define RECEIPT                                                                                    \
    "(SELECT r.id FROM receipt r WHERE r.state = 1 AND r.serial = upper($1::text)"                 \
    " UNION ALL SELECT r.id FROM customer_order o JOIN payment y ON y.customer_order_id = o.id"    \
    " JOIN receipt r ON r.payment_id = y.id AND r.state = 1 WHERE o.number = upper($2::text)"      \
    " ORDER BY 1 DESC LIMIT 1)"

static const struct load print_loads[] = {
    {"receipt",
     "SELECT r.id, r.serial, r.printed, r.amount, y.received_amount, y.change_amount, y.paid_at, "
     "o.number, c.code,"
     " p.name, s.number AS clerk, h.name AS hall"
     " FROM receipt r JOIN payment y ON y.id = r.payment_id JOIN customer c ON c.id = y.customer_id"
     " JOIN party p ON p.id = c.id JOIN staff s ON s.id = y.staff_id"
     " LEFT JOIN organisation h ON h.id = r.hall_id LEFT JOIN customer_order o ON o.id = "
     "y.customer_order_id"
     " WHERE r.id = " RECEIPT " FOR UPDATE OF r",
     "serial order_number"},
    {"charges",
     "SELECT g.charge_item, g.rule_name, g.quantity, g.amount FROM receipt r JOIN payment y ON "
     "y.id = r.payment_id"
     " JOIN order_charge g ON g.customer_order_id = y.customer_order_id"
     " WHERE r.id = " RECEIPT " AND g.kind NOT IN (2, 3) ORDER BY g.item_position, g.id",
     "serial order_number"},
    {"tenders",
     "SELECT t.way, t.amount FROM receipt r JOIN payment_tender t ON t.payment_id = r.payment_id"
     " WHERE r.id = " RECEIPT " ORDER BY t.id",
     "serial order_number"},
    {"numerals", "SELECT label_zh FROM code WHERE list = 'money_numeral' ORDER BY number LIMIT 20",
     ""},
};

static int64_t way_ledger(const struct decision_case *c, int64_t way)
{
    for (size_t i = 0; i < loaded_rows(c, "ways"); i++) {
        if (loaded_integer(c, "ways", i, "way") == way && !loaded_null(c, "ways", i, "ledger")) {
            return loaded_integer(c, "ways", i, "ledger");
        }
    }
    return 0;
}

static struct tender *tenders_read(struct decision_case *c, const struct lines *lines)
{
    struct tender *tenders = ARENA_ARRAY(c->arena, struct tender, lines->count + 1);
    for (size_t i = 0; i < lines->count; i++) {
        const struct record *line = &lines->lines[i].record;
        int64_t way = record_has(line, "way") ? record_integer(line, "way") : LEDGER_CASH;
        tenders[i] = (struct tender){
            .way = way, .ledger = way_ledger(c, way), .amount = record_integer(line, "amount")};
        if (tenders[i].ledger == 0) {
            decision_line_fault(c, "tenders", i, "way", "charging.way_unknown", NULL);
        }
        if (tenders[i].amount <= 0) {
            decision_line_fault(c, "tenders", i, "amount", "charging.amount_positive", NULL);
        }
        if (tenders[i].ledger != LEDGER_CASH && record_text(line, "reference")[0] == '\0') {
            decision_line_fault(c, "tenders", i, "reference", "required", NULL);
        }
    }
    return tenders;
}

static struct dues *dues_read(const struct decision_case *c)
{
    size_t count = loaded_rows(c, "dues");
    struct dues *dues = ARENA_ARRAY(c->arena, struct dues, count + 1);
    for (size_t i = 0; i < count; i++) {
        dues[i] = (struct dues){.charge_item = loaded_integer(c, "dues", i, "charge_item"),
                                .ledger = loaded_integer(c, "dues", i, "ledger"),
                                .amount = loaded_integer(c, "dues", i, "amount")};
    }
    return dues;
}

static void settlement_fault(struct decision_case *c, enum settlement_result result,
                             const struct settlement *settlement)
{
    switch (result) {
    case SETTLEMENT_NOTHING_DUE:
        decision_fault(c, "due_amount", "charging.nothing_due", NULL);
        break;
    case SETTLEMENT_SHORT:
        decision_fault(c, "tenders", "charging.short",
                       value_format_amount(settlement->due - settlement->received, c->arena), NULL);
        break;
    case SETTLEMENT_NO_CHANGE:
        decision_fault(c, "tenders", "charging.no_change",
                       value_format_amount(settlement->change, c->arena), NULL);
        break;
    default:
        decision_fault(c, "tenders", "charging.too_much", NULL);
        break;
    }
}

/* A clerk without an open shift opens one by taking money: the drawer is never nobody's. */
static int64_t shift_of(struct decision_case *c)
{
    if (loaded_rows(c, "shift") > 0) {
        return loaded_integer(c, "shift", 0, "id");
    }
    return effect_create(c, "shift")->id;
}

static const char *receipt_issue(struct decision_case *c, int64_t payment, int64_t amount)
{
    const char *serial = arena_format(c->arena, "%s%0*lld", loaded_text(c, "range", 0, "prefix"),
                                      (int)loaded_integer(c, "range", 0, "digits"),
                                      (long long)loaded_integer(c, "range", 0, "next_number"));
    struct record *receipt = effect_create(c, "receipt");
    record_set_text(receipt, "serial", serial);
    record_set_integer(receipt, "payment_id", payment);
    record_set_integer(receipt, "amount", amount);
    record_set_integer(receipt, "staff_id", c->actor.staff);
    record_set_integer(receipt, "issued_at", c->now);
    effect_statement(c,
                     "UPDATE receipt_range SET next_number = next_number + 1, version = version + 1"
                     " WHERE id = $1::bigint AND next_number = $2::bigint",
                     1, 2, loaded_text(c, "range", 0, "id"),
                     loaded_text(c, "range", 0, "next_number"));
    return serial;
}

static void postings_write(struct decision_case *c, int64_t payment,
                           const struct settlement *settlement)
{
    const char *ledgers = "{";
    const char *amounts = "{";
    const char *items = "{";
    for (size_t i = 0; i < settlement->count; i++) {
        const struct posting *posting = &settlement->postings[i];
        const char *comma = i > 0 ? "," : "";
        ledgers = arena_format(c->arena, "%s%s%lld", ledgers, comma, (long long)posting->ledger);
        amounts = arena_format(c->arena, "%s%s%lld", amounts, comma, (long long)posting->amount);
        items = arena_format(c->arena, "%s%s%lld", items, comma, (long long)posting->charge_item);
    }
    const char *id = decision_number(c, payment);
    effect_statement(
        c,
        "SELECT posting_put($1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::bigint,"
        " $6::smallint[], $7::bigint[], $8::smallint[])",
        -1, 8, id, decision_number(c, record_integer(c->before, "customer_id")),
        decision_number(c, c->before->id), id, decision_number(c, c->actor.organisation),
        arena_format(c->arena, "%s}", ledgers), arena_format(c->arena, "%s}", amounts),
        arena_format(c->arena, "%s}", items));
}

static int64_t payment_write(struct decision_case *c, const struct tender *tenders,
                             const struct lines *lines, const struct settlement *settlement,
                             const char **serial)
{
    int64_t shift = shift_of(c);
    struct record *payment = effect_create(c, "payment");
    record_set_integer(payment, "customer_id", record_integer(c->before, "customer_id"));
    record_set_integer(payment, "customer_order_id", c->before->id);
    record_set_integer(payment, "shift_id", shift);
    record_set_integer(payment, "staff_id", c->actor.staff);
    record_set_integer(payment, "amount", settlement->due);
    record_set_integer(payment, "received_amount", settlement->received);
    record_set_integer(payment, "change_amount", settlement->change);
    record_set_integer(payment, "paid_at", c->now);
    for (size_t i = 0; i < lines->count; i++) {
        struct record *line = record_add_line(payment, "tenders", c->arena);
        const char *reference = record_text(&lines->lines[i].record, "reference");
        record_set_integer(line, "way", tenders[i].way);
        record_set_integer(line, "amount", tenders[i].amount);
        if (reference[0] != '\0') {
            record_set_text(line, "reference", reference);
        }
    }
    *serial = receipt_issue(c, payment->id, settlement->due);
    record_set_text(payment, "receipt_serial", *serial);
    return payment->id;
}

/* Takes what the order costs, in one or several ways, gives change, and issues the receipt [9-118,
 * 9-120, 9-124]. */
static void order_pay(struct decision_case *c)
{
    const struct lines *lines = record_value(c->input, "tenders")->lines;
    struct settlement settlement;
    const char *serial = NULL;
    int64_t state = record_integer(c->before, "state");
    if (state == ORDER_REJECTED || state == ORDER_CANCELLED || state == ORDER_FAILED) {
        decision_fault(c, "state", "charging.order_closed", NULL);
        return;
    }
    if (record_integer(c->before, "paid_amount") >= record_integer(c->before, "due_amount")) {
        decision_fault(c, "due_amount", "charging.nothing_due", NULL);
        return;
    }
    if (lines == NULL || lines->count == 0) {
        decision_fault(c, "tenders", "required", NULL);
        return;
    }
    const struct tender *tenders = tenders_read(c, lines);
    if (loaded_rows(c, "range") == 0) {
        decision_fault(c, "receipt_serial", "charging.no_serials", NULL);
    }
    if (faults_any(c->faults)) {
        return;
    }
    enum settlement_result result = settlement_make(c->arena, tenders, lines->count, dues_read(c),
                                                    loaded_rows(c, "dues"), &settlement);
    if (result != SETTLEMENT_DONE) {
        settlement_fault(c, result, &settlement);
        return;
    }
    postings_write(c, payment_write(c, tenders, lines, &settlement, &serial), &settlement);
    record_set_integer(c->after, "paid_amount", settlement.due);
    record_set_integer(c->answer, "change_amount", settlement.change);
    record_set_text(c->answer, "receipt_serial", serial);
}

/* The drawer is counted; a difference needs a word of explanation. */
static void shift_close(struct decision_case *c)
{
    const char *note = record_text(c->input, "count_note");
    int64_t counted = record_integer(c->input, "count_amount");
    int64_t expected = 0;
    if (!record_has(c->input, "count_amount")) {
        decision_fault(c, "count_amount", "required", NULL);
        return;
    }
    if (counted < 0 || !money_add(record_integer(c->before, "float_amount"),
                                  loaded_integer(c, "cash", 0, "amount"), &expected)) {
        decision_fault(c, "count_amount", "out_of_range", NULL);
        return;
    }
    if (counted != expected && note[0] == '\0') {
        decision_fault(c, "count_note", "charging.difference",
                       value_format_amount(counted - expected, c->arena), NULL);
    }
    record_set_integer(c->after, "expected_amount", expected);
    record_set_integer(c->after, "counted_amount", counted);
    record_set_integer(c->after, "difference", counted - expected);
    record_set_integer(c->after, "closed_at", c->now);
    if (note[0] != '\0') {
        record_set_text(c->after, "explanation", note);
    }
    record_set_integer(c->answer, "expected_amount", expected);
    record_set_integer(c->answer, "difference", counted - expected);
}

static void receipt_range_create(struct decision_case *c)
{
    record_set_integer(c->after, "next_number", record_integer(c->after, "first_number"));
}

static const char *amount_words(const struct decision_case *c, int64_t amount)
{
    struct money_numerals numerals = {.zero_before_jiao = false};
    const char *texts[NUMERAL_COUNT];
    char *words = ARENA_ARRAY(c->arena, char, RECEIPT_WORDS);
    if (loaded_rows(c, "numerals") < NUMERAL_COUNT) {
        return "";
    }
    for (size_t i = 0; i < NUMERAL_COUNT; i++) {
        texts[i] = loaded_text(c, "numerals", i, "label_zh");
    }
    memcpy(numerals.digits, texts, sizeof numerals.digits);
    numerals.ten = texts[10];
    numerals.hundred = texts[11];
    numerals.thousand = texts[12];
    numerals.ten_thousand = texts[13];
    numerals.hundred_million = texts[14];
    numerals.yuan = texts[15];
    numerals.jiao = texts[16];
    numerals.fen = texts[17];
    numerals.whole = texts[18];
    numerals.negative = texts[19];
    return money_capitals(amount, &numerals, words, RECEIPT_WORDS) ? words : "";
}

static void receipt_lines(struct decision_case *c)
{
    for (size_t i = 0; i < loaded_rows(c, "charges"); i++) {
        struct record *line = record_add_line(c->answer, "charges", c->arena);
        record_set_integer(line, "charge_item", loaded_integer(c, "charges", i, "charge_item"));
        record_set_text(line, "rule_name", loaded_text(c, "charges", i, "rule_name"));
        record_set_integer(line, "quantity", loaded_integer(c, "charges", i, "quantity"));
        record_set_integer(line, "amount", loaded_integer(c, "charges", i, "amount"));
    }
    for (size_t i = 0; i < loaded_rows(c, "tenders"); i++) {
        struct record *line = record_add_line(c->answer, "tenders", c->arena);
        record_set_integer(line, "way", loaded_integer(c, "tenders", i, "way"));
        record_set_integer(line, "amount", loaded_integer(c, "tenders", i, "amount"));
    }
}

/* Everything that the layout forms/print/receipt.layout places; each call counts as one printing,
 * and from the second on the sheet is marked as a reprint. */
static void receipt_print(struct decision_case *c)
{
    static const char *const texts[][2] = {{"serial", "serial"},      {"order_number", "number"},
                                           {"customer_code", "code"}, {"customer_name", "name"},
                                           {"hall_name", "hall"},     {"clerk", "clerk"}};
    static const char *const amounts[] = {"amount", "received_amount", "change_amount"};
    if (loaded_rows(c, "receipt") == 0) {
        decision_fault(c, "serial", "charging.no_receipt", NULL);
        return;
    }
    for (size_t i = 0; i < COUNT(texts); i++) {
        record_set_text(c->answer, texts[i][0], loaded_text(c, "receipt", 0, texts[i][1]));
    }
    for (size_t i = 0; i < COUNT(amounts); i++) {
        record_set_integer(c->answer, amounts[i], loaded_integer(c, "receipt", 0, amounts[i]));
    }
    record_set_integer(c->answer, "paid_at", loaded_time(c, "receipt", 0, "paid_at"));
    record_set_integer(c->answer, "reprint", loaded_integer(c, "receipt", 0, "printed") > 0);
    record_set_text(c->answer, "amount_words",
                    amount_words(c, loaded_integer(c, "receipt", 0, "amount")));
    receipt_lines(c);
    effect_statement(
        c, "UPDATE receipt SET printed = printed + 1, version = version + 1 WHERE id = $1::bigint",
        1, 1, loaded_text(c, "receipt", 0, "id"));
}

const struct decision charging_decisions[] = {
    {"order_pay", COUNT(pay_loads), pay_loads, order_pay},
    {"shift_close", COUNT(close_loads), close_loads, shift_close},
    {"receipt_range_create", 0, NULL, receipt_range_create},
    {"receipt_print", COUNT(print_loads), print_loads, receipt_print},
};
const size_t charging_decision_count = COUNT(charging_decisions);
