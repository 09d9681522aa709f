/* Double entry of a payment: what came in against what it was for. */
#include "protocol/arena.h"
#include "server/charging/charging.h"
#include "server/charging/money.h"

static void posting_add(struct settlement *settlement, int64_t ledger, int64_t amount,
                        int64_t charge_item)
{
    if (amount != 0) {
        settlement->postings[settlement->count++] =
            (struct posting){.ledger = ledger, .amount = amount, .charge_item = charge_item};
    }
}

enum settlement_result settlement_make(struct arena *arena, const struct tender *tenders,
                                       size_t tender_count, const struct dues *dues,
                                       size_t due_count, struct settlement *settlement)
{
    int64_t cash = 0;
    *settlement = (struct settlement){
        .postings = ARENA_ARRAY(arena, struct posting, tender_count + due_count + 1)};
    for (size_t i = 0; i < due_count; i++) {
        if (!money_add(settlement->due, dues[i].amount, &settlement->due)) {
            return SETTLEMENT_OVERFLOW;
        }
    }
    for (size_t i = 0; i < tender_count; i++) {
        if (!money_add(settlement->received, tenders[i].amount, &settlement->received)) {
            return SETTLEMENT_OVERFLOW;
        }
        cash += tenders[i].ledger == LEDGER_CASH ? tenders[i].amount : 0;
    }
    if (settlement->due == 0) {
        return SETTLEMENT_NOTHING_DUE;
    }
    if (settlement->received < settlement->due) {
        return SETTLEMENT_SHORT;
    }
    settlement->change = settlement->received - settlement->due;
    if (settlement->change > cash) {
        return SETTLEMENT_NO_CHANGE;
    }
    /* Cash is one debit, less the change; it may come out as nothing. */
    posting_add(settlement, LEDGER_CASH, cash - settlement->change, 0);
    for (size_t i = 0; i < tender_count; i++) {
        if (tenders[i].ledger != LEDGER_CASH) {
            posting_add(settlement, tenders[i].ledger, tenders[i].amount, 0);
        }
    }
    for (size_t i = 0; i < due_count; i++) {
        posting_add(settlement, dues[i].ledger, -dues[i].amount, dues[i].charge_item);
    }
    return SETTLEMENT_DONE;
}
