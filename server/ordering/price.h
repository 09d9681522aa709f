/* Pricing: from an order's items and the rules of their plans to charges, each with the rule that
 * made it. Pure functions over whole fen; no database, no floating point. */
#ifndef HALLDESK_PRICE_H
#define HALLDESK_PRICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* Numbers of code list price_kind. */
enum price_kind {
    PRICE_ONE_TIME = 1,
    PRICE_RECURRING = 2, /* a month; shown, not due at the counter */
    PRICE_USAGE = 3,     /* rated by billing; makes no charge here */
    PRICE_DEPOSIT = 4,
    PRICE_PREPAYMENT = 5,
    PRICE_DISCOUNT = 6, /* takes off what one-time charges of the same charge item come to */
};

struct price_rule {
    int64_t id;
    int64_t plan;
    const char *name;
    int kind; /* enum price_kind */
    int charge_item;
    int64_t operation;          /* 0: any */
    int64_t specification;      /* 0: priced by the offering */
    int64_t amount;             /* fen for one unit; of a discount what one unit takes off */
    int64_t rate;               /* millionths, of a discount; 0: by amount */
    int64_t from_quantity;      /* in the whole order, over all items of the plan */
    int64_t to_quantity;        /* 0: no end */
    const char *characteristic; /* "" : none asked for */
    const char *characteristic_value;
    int64_t priority;   /* the lowest counts */
    int64_t valid_from; /* days; INT64_MIN: always */
    int64_t valid_to;   /* first day on which it no longer counts; INT64_MAX: never */
};

struct price_product {
    int64_t specification;
    int64_t operation;
    int64_t quantity; /* in one offering */
};

struct price_characteristic {
    const char *name;
    const char *value;
};

struct price_item {
    int64_t position;
    int64_t plan; /* 0: none, nothing is charged */
    int64_t quantity;
    size_t product_count;
    const struct price_product *products;
    size_t characteristic_count;
    const struct price_characteristic *characteristics;
};

struct price_charge {
    int64_t position;
    const struct price_rule *rule;
    int64_t quantity;
    int64_t unit_price;
    int64_t amount; /* of a discount negative */
};

struct price_result {
    size_t count;
    struct price_charge *charges; /* ascending by position, then in the order of the rules */
    int64_t one_time;             /* discounts taken off */
    int64_t deposit;
    int64_t prepayment;
    int64_t recurring; /* for one month */
};

/* Prices all items together, as of `day`. The totals do not depend on the order of the items, nor
 * on whether a quantity stands in one item or is spread over several. Of rules for the same kind,
 * charge item and specification the one with the lowest priority counts, then the lowest id. A
 * discount never takes off more than there is; a rate is rounded once, over the order, and shared
 * out by the largest remainder. False when an amount would overflow. */
bool price_order(struct arena *arena, const struct price_rule *rules, size_t rule_count,
                 const struct price_item *items, size_t item_count, int64_t day,
                 struct price_result *result);

#endif
