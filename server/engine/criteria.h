/* Criteria of lists and reports: fields, operators and values, read from a call, judged against
 * what the form offers to search by, and put into SQL. */
#ifndef HALLDESK_CRITERIA_H
#define HALLDESK_CRITERIA_H

#include "server/engine/engine.h"
#include "server/engine/statement.h"

enum { CRITERIA_LIMIT = 32 };

enum criterion_operator {
    CRITERION_EQUAL = 1,
    CRITERION_PREFIX = 2,
    CRITERION_FROM = 3,
    CRITERION_TO = 4,
    CRITERION_WORD = 5,
    CRITERION_EMPTY = 6,
};

struct criterion {
    const struct field *field;
    enum criterion_operator operator;
    struct value value;
};

struct criteria {
    size_t count;
    struct criterion list[CRITERIA_LIMIT];
};

/* LEB128 count, each LEB128 field number, u8 operator, value (text, or zigzag integer; none for
 * "empty"). False if garbled or over a field that is not stored. */
bool criteria_read(struct call *call, struct criteria *criteria);
/* Faults for searches that the form does not offer; sensitive fields are found by whole value. */
void criteria_judge(struct call *call, const struct criteria *criteria);
/* " AND …" for each. */
void criteria_add(struct statement *statement, const struct call *call,
                  const struct criteria *criteria);
/* " AND …" for one branch of the scope in effect: equality on one level, so that an index serves.
 */
void scope_add(struct statement *statement, const struct call *call,
               const struct scope_branch *branch);
/* How many branches a statement over the form needs. */
int scope_branches(const struct call *call);

#endif
