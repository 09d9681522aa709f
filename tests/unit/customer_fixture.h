/* Cases of decisions laid out by hand, over the real forms and code lists of the source tree. */
#ifndef HALLDESK_TESTS_CUSTOMER_FIXTURE_H
#define HALLDESK_TESTS_CUSTOMER_FIXTURE_H

#include <stdbool.h>

#include "server/engine/decision.h"
#include "server/engine/effect.h"

/* A fresh case of a form with an arena of its own until fixture_free(). For a change `before` and
 * `after` are given the same record; fixture_say() then lays the input over `after`. */
struct decision_case *fixture_case(const char *form, bool changing);
void fixture_free(struct decision_case *c);

/* Runs the decision of that name from the given table. */
void fixture_decide(struct decision_case *c, const struct decision *decisions, size_t count,
                    const char *name);

/* Values as text: of codes the name of the member, of references the id. fixture_say() sets input
 * and after, fixture_stand() before and after. */
void fixture_say(struct decision_case *c, const char *field, const char *text);
void fixture_stand(struct decision_case *c, const char *field, const char *text);
void fixture_set(struct decision_case *c, struct record *record, const char *field,
                 const char *text);

/* The first fault of that name, NULL if none. */
const struct fault *fixture_fault(const struct decision_case *c, const char *name);
/* The first statement that contains the text, NULL if none. */
const struct effect *fixture_statement(const struct decision_case *c, const char *text);
/* Name of the member that a code field holds, "" if empty. */
const char *fixture_code(struct decision_case *c, const struct record *record, const char *field);

void fixture_setting(const char *name, const char *value); /* until the next fixture_case() */

#endif
