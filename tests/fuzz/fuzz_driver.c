/* Runs a fuzz target without libFuzzer: a fixed number of inputs, mutated from the target's seeds
 * by a fixed generator, so that a failure comes back. Arguments: number of inputs, generator seed;
 * or files to replay. TAP on standard output. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz_protocol.h"

enum { INPUT_CAPACITY = 16 * 1024, SEED_LIMIT = 16, DEFAULT_INPUTS = 200000 };

static uint64_t generator;

/* xorshift64* */
static uint32_t random_below(uint32_t bound)
{
    generator ^= generator >> 12;
    generator ^= generator << 25;
    generator ^= generator >> 27;
    return (uint32_t)((generator * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static size_t input_mutate(uint8_t *input, size_t length)
{
    static const uint8_t telling[] = {0, 1, 0x7F, 0x80, 0xFF, 0xC0, 0xE4, 10, 31};
    size_t at = random_below((uint32_t)length);
    size_t span = 1 + random_below(8);
    switch (random_below(7)) {
    case 0: /* a bit */
        input[at] ^= (uint8_t)(1u << random_below(8));
        return length;
    case 1: /* a byte */
        input[at] = (uint8_t)random_below(256);
        return length;
    case 2: /* a telling byte */
        input[at] = telling[random_below(sizeof telling)];
        return length;
    case 3: /* one up or down, where counts are */
        input[at] = (uint8_t)(input[at] + (random_below(2) ? 1 : 255));
        return length;
    case 4: /* cut out */
        if (at + span >= length)
            return at > 0 ? at : 1;
        memmove(input + at, input + at + span, length - at - span);
        return length - span;
    case 5: /* doubled */
        if (at + span > length || length + span > INPUT_CAPACITY)
            return length;
        memmove(input + at + span, input + at, length - at);
        return length + span;
    default: /* noise put in */
        if (length + span > INPUT_CAPACITY)
            return length;
        memmove(input + at + span, input + at, length - at);
        for (size_t place = 0; place < span; place++)
            input[at + place] = (uint8_t)random_below(256);
        return length + span;
    }
}

static bool file_replay(const char *name)
{
    static uint8_t input[1 << 20];
    FILE *file = fopen(name, "rb");
    if (!file) {
        fprintf(stderr, "%s: %s\n", name, strerror(errno));
        return false;
    }
    size_t length = fread(input, 1, sizeof input, file);
    bool read = !ferror(file);
    fclose(file);
    if (read)
        LLVMFuzzerTestOneInput(input, length);
    return read;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    unsigned long inputs = argc > 1 ? strtoul(argv[1], &end, 10) : DEFAULT_INPUTS;
    if (argc > 1 && *end) {
        for (int place = 1; place < argc; place++)
            if (!file_replay(argv[place]))
                return EXIT_FAILURE;
        return EXIT_SUCCESS;
    }
    generator = argc > 2 ? strtoull(argv[2], NULL, 10) | 1 : UINT64_C(20261121);

    static uint8_t seeds[SEED_LIMIT][INPUT_CAPACITY];
    size_t lengths[SEED_LIMIT];
    unsigned count = 0;
    printf("1..2\n");
    while (count < SEED_LIMIT &&
           (lengths[count] = fuzz_seed(count, seeds[count], INPUT_CAPACITY)) > 0) {
        LLVMFuzzerTestOneInput(seeds[count], lengths[count]);
        count++;
    }
    bool seeded = count > 0 && fuzz_accepted >= count;
    printf("%s 1 - every one of %u seeds is decoded\n", seeded ? "ok" : "not ok", count);
    if (!seeded)
        return EXIT_FAILURE;

    unsigned long before = fuzz_accepted;
    for (unsigned long run = 0; run < inputs; run++) {
        static uint8_t input[INPUT_CAPACITY];
        unsigned from = random_below(count);
        size_t length = lengths[from];
        memcpy(input, seeds[from], length);
        for (uint32_t steps = 1 + random_below(6); steps > 0; steps--)
            length = input_mutate(input, length);
        LLVMFuzzerTestOneInput(input, length);
    }
    unsigned long accepted = fuzz_accepted - before;
    /* Both sides of the boundary must have been visited. */
    bool visited = accepted > inputs / 1000 && accepted < inputs;
    printf("%s 2 - %lu mutated inputs: each refused, or decoded and encoded alike\n",
           visited ? "ok" : "not ok", inputs);
    printf("# %lu were decoded\n", accepted);
    return visited ? EXIT_SUCCESS : EXIT_FAILURE;
}
