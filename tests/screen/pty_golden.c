/* Comparing a screen with a golden file, and the points of a test in TAP. */
#include "tests/screen/pty_screen.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tests_run;
static int tests_failed;

static char *file_read(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *text = NULL;
    size_t size = 0;
    ssize_t length = getdelim(&text, &size, '\0', file);
    fclose(file);
    if (length < 0 && text != NULL)
        text[0] = '\0';
    return text;
}

static void mask_text(char *text, const char *const *masks)
{
    for (size_t i = 0; masks != NULL && masks[i] != NULL; i++) {
        regex_t expression;
        regmatch_t match;
        if (regcomp(&expression, masks[i], REG_EXTENDED | REG_NEWLINE) != 0) {
            printf("# bad mask %s\n", masks[i]);
            continue;
        }
        char *next = text;
        while (regexec(&expression, next, 1, &match, next == text ? 0 : REG_NOTBOL) == 0 &&
               match.rm_eo > match.rm_so) {
            memset(next + match.rm_so, '~', (size_t)(match.rm_eo - match.rm_so));
            next += match.rm_eo;
        }
        regfree(&expression);
    }
}

static bool golden_differs(char *expected, char *found)
{
    bool same = true;
    for (int row = 1; expected != NULL || found != NULL; row++) {
        const char *one = strsep(&expected, "\n");
        const char *other = strsep(&found, "\n");
        if (one == NULL)
            one = "";
        if (other == NULL)
            other = "";
        if (strcmp(one, other) != 0) {
            printf("# row %2d expected |%s|\n#        found    |%s|\n", row, one, other);
            same = false;
        }
    }
    return !same;
}

bool pty_screen_golden_masked(struct pty_screen *screen, const char *name, const char *const *masks)
{
    const char *top = getenv("top_srcdir");
    if (top == NULL)
        top = getenv("srcdir");
    char path[4096];
    snprintf(path, sizeof(path), "%s/tests/screen/golden/%s.txt", top == NULL ? "." : top, name);
    char *found = strdup(pty_screen_dump(screen));
    if (found == NULL)
        abort();
    mask_text(found, masks);
    const char *rewrite = getenv("HALLDESK_REWRITE");
    bool same = false;
    if (rewrite != NULL && strcmp(rewrite, "1") == 0) {
        FILE *file = fopen(path, "we");
        same = file != NULL && fputs(found, file) >= 0;
        if (file != NULL)
            same = fclose(file) == 0 && same;
        printf("# %s %s\n", same ? "wrote" : "cannot write", path);
    } else {
        char *expected = file_read(path);
        if (expected == NULL)
            printf("# cannot read %s\n", path);
        else
            same = !golden_differs(expected, found);
        free(expected);
    }
    free(found);
    return same;
}

bool pty_screen_golden(struct pty_screen *screen, const char *name)
{
    return pty_screen_golden_masked(screen, name, NULL);
}

/* --- TAP ------------------------------------------------------------------------------------- */

bool ok(bool passed, const char *name, ...)
{
    va_list arguments;
    va_start(arguments, name);
    printf("%sok %d - ", passed ? "" : "not ", ++tests_run);
    vprintf(name, arguments);
    printf("\n");
    fflush(stdout);
    va_end(arguments);
    if (!passed)
        tests_failed++;
    return passed;
}

void skip_all(const char *reason)
{
    printf("1..0 # SKIP %s\n", reason);
    exit(0);
}

int done_testing(void)
{
    printf("1..%d\n", tests_run);
    return tests_failed == 0 ? 0 : 1;
}
