/* What the fuzz target offers to drivers. */
#ifndef HALLDESK_TESTS_FUZZ_PROTOCOL_H
#define HALLDESK_TESTS_FUZZ_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
/* Well-formed inputs to start from: writes number `which` and returns its length, 0 behind the
 * last one. */
size_t fuzz_seed(unsigned which, uint8_t *bytes, size_t capacity);
/* How many inputs so far were decoded as a whole. */
extern unsigned long fuzz_accepted;

#endif
