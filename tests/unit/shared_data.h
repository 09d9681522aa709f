/* Where tests find the shared data: HALLDESK_SHARED, else ../shared beside the source tree. */
#ifndef HALLDESK_SHARED_DATA_H
#define HALLDESK_SHARED_DATA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Opens data/NAME of the shared data; NULL where it is absent. */
static inline FILE *shared_data_open(const char *name)
{
    const char *roots[] = {getenv("HALLDESK_SHARED"), getenv("top_srcdir"), getenv("srcdir"), "."};

    for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
        char path[1024];
        int length;

        if (roots[i] == NULL || roots[i][0] == '\0') {
            continue;
        }
        length = snprintf(path, sizeof(path), "%s%s/data/%s", roots[i], i == 0 ? "" : "/../shared",
                          name);
        if (length > 0 && (size_t)length < sizeof(path)) {
            FILE *file = fopen(path, "r");

            if (file != NULL) {
                return file;
            }
        }
    }
    return NULL;
}

static inline void shared_data_absent(void **state)
{
    (void)state;
}

/* Replaces a test whose data are absent by a TAP skip. Written so because skip() of cmocka 1.1
 * reports "not ok". */
#define SHARED_DATA_NEEDED(test, data)                                                             \
    do {                                                                                           \
        FILE *needed = shared_data_open(data);                                                     \
                                                                                                   \
        if (needed == NULL) {                                                                      \
            (test).name = "needs shared data # SKIP " data " is absent";                           \
            (test).test_func = shared_data_absent;                                                 \
        } else {                                                                                   \
            (void)fclose(needed);                                                                  \
        }                                                                                          \
    } while (0)

#endif
