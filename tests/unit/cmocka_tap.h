/* cmocka with sentences as names of tests, reported as TAP. */
#ifndef HALLDESK_TESTS_CMOCKA_TAP_H
#define HALLDESK_TESTS_CMOCKA_TAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST(sentence, function)                                                                   \
    {                                                                                              \
        (sentence), (function), NULL, NULL, NULL                                                   \
    }

#define RUN_TESTS(tests)                                                                           \
    (cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests((tests), NULL, NULL))

#endif
