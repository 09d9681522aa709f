/* The answer of a form that has a print layout, on paper. */
#ifndef HALLDESK_PRINT_ANSWER_H
#define HALLDESK_PRINT_ANSWER_H

#include "client/application.h"
#include "protocol/record.h"

/* Asks where to and prints all copies; does nothing if no layout prints the record's form. */
void print_answer(struct application *application, const struct record *record);

#endif
