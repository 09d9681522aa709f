/* Charging: money at the counter, receipts, shifts. */
#ifndef HALLDESK_CHARGING_H
#define HALLDESK_CHARGING_H

#include <stddef.h>
#include <stdint.h>

#include "server/engine/decision.h"

extern const struct decision charging_decisions[];
extern const size_t charging_decision_count;

/* Numbers of code list ledger_account that the code itself must know. */
enum ledger_account { LEDGER_CASH = 1, LEDGER_DEPOSITS = 21, LEDGER_PREPAYMENTS = 22 };

/* --- settlement.c, pure --- */

struct tender {
    int64_t way;
    int64_t ledger; /* account that it is debited to */
    int64_t amount; /* as handed over */
};

/* What one charge item of the order comes to, discounts taken off. */
struct dues {
    int64_t charge_item;
    int64_t ledger; /* account that is credited */
    int64_t amount;
};

struct posting {
    int64_t ledger;
    int64_t amount;      /* debit positive, credit negative */
    int64_t charge_item; /* 0: none */
};

struct settlement {
    int64_t due;
    int64_t received;
    int64_t change;
    size_t count;
    struct posting *postings; /* sums to 0 */
};

enum settlement_result {
    SETTLEMENT_DONE,
    SETTLEMENT_NOTHING_DUE,
    SETTLEMENT_SHORT,     /* less was handed over than is due */
    SETTLEMENT_NO_CHANGE, /* more than the due in ways that give no change */
    SETTLEMENT_OVERFLOW,
};

/* Settles what is due by what is handed over, in one or several ways. Change is given from cash
 * only. Amounts of tenders are above 0, of dues not below. */
enum settlement_result settlement_make(struct arena *arena, const struct tender *tenders,
                                       size_t tender_count, const struct dues *dues,
                                       size_t due_count, struct settlement *settlement);

#endif
