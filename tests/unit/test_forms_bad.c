/* Every file of tests/unit/forms_bad holds a mistake and says in its first lines which errors the
 * reader must give for it ("# expect LINE: TEXT", line 0: of the file as a whole), and no others.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/forms/form_read.h"
#include "server/forms/menu_read.h"
#include "server/forms/message_read.h"
#include "tests/unit/form_fixture.h"

enum { BAD_FILES = 1000, BAD_EXPECTED = 20 };

struct expectation {
    int line;
    char text[400];
    bool met;
};

static size_t expectations_read(const char *path, struct expectation expected[BAD_EXPECTED])
{
    char line[512];
    size_t count = 0;
    FILE *stream = fopen(path, "re");
    while (stream && count < BAD_EXPECTED && fgets(line, sizeof(line), stream)) {
        struct expectation *next = &expected[count];
        int end = 0;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "# expect %d: %n", &next->line, &end) != 1 || !end)
            break;
        snprintf(next->text, sizeof(next->text), "%s", line + end);
        next->met = false;
        count++;
    }
    if (stream)
        fclose(stream);
    return count;
}

/* An error names other files by their path, an expectation by their name. */
static bool text_matches(const char *text, const char *directory, const char *expected)
{
    char plain[600] = "";
    size_t skip = strlen(directory) + 1;
    const char *path = strstr(text, directory);
    if (path)
        snprintf(plain, sizeof(plain), "%.*s%s", (int)(path - text), text, path + skip);
    else
        snprintf(plain, sizeof(plain), "%s", text);
    return strcmp(plain, expected) == 0;
}

static bool errors_judge(const struct form_errors *errors, const char *directory, const char *name,
                         struct expectation *expected, size_t count)
{
    bool good = count > 0;
    for (size_t index = 0; index < errors->count; index++) {
        const struct form_error *error = &errors->list[index];
        const char *file = strrchr(error->file, '/') ? strrchr(error->file, '/') + 1 : error->file;
        bool known = false;
        for (size_t at = 0; at < count && !known; at++) {
            known = !expected[at].met && strcmp(file, name) == 0 &&
                    error->line == expected[at].line &&
                    text_matches(error->text, directory, expected[at].text);
            expected[at].met = expected[at].met || known;
        }
        if (!known)
            printf("# not expected: %s:%d: %s\n", file, error->line, error->text);
        good = good && known;
    }
    for (size_t at = 0; at < count; at++) {
        if (!expected[at].met)
            printf("# missed: %d: %s\n", expected[at].line, expected[at].text);
        good = good && expected[at].met;
    }
    return good;
}

static bool file_judge(const char *name)
{
    struct expectation expected[BAD_EXPECTED];
    char directory[FIXTURE_PATH];
    char path[FIXTURE_PATH];
    char file[FIXTURE_PATH];
    struct arena *arena = arena_create();
    struct form_errors errors;

    snprintf(file, sizeof(file), "tests/unit/forms_bad/%s", name);
    fixture_source(path, file);
    size_t count = expectations_read(path, expected);
    fixture_create(directory);
    fixture_link_sound(directory);
    fixture_link(directory, file);
    form_errors_initialise(&errors, arena);
    const struct form_set *forms = form_read_directory(directory, arena, &errors);
    message_read_directory(directory, arena, &errors);
    if (strstr(name, ".menu"))
        menu_read_file(arena_format(arena, "%s/%s", directory, name), forms, arena, &errors);
    bool good = errors_judge(&errors, directory, name, expected, count);
    fixture_remove(directory);
    arena_free(arena);
    return good;
}

static int name_compare(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

int main(void)
{
    static char *names[BAD_FILES];
    char directory[FIXTURE_PATH];
    size_t count = 0;
    int failed = 0;

    fixture_source(directory, "tests/unit/forms_bad");
    DIR *stream = opendir(directory);
    for (struct dirent *entry; stream && count < BAD_FILES && (entry = readdir(stream));)
        if (entry->d_name[0] != '.')
            names[count++] = strdup(entry->d_name);
    if (stream)
        closedir(stream);
    qsort(names, count, sizeof(*names), name_compare);
    printf("1..%zu\n", count);
    for (size_t index = 0; index < count; index++) {
        bool good = file_judge(names[index]);
        printf("%s %zu - %s is refused as it says itself\n", good ? "ok" : "not ok", index + 1,
               names[index]);
        failed += !good;
        free(names[index]);
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
