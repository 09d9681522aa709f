/* Directories of declarations for tests. */
#include "tests/unit/form_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fixture_fail(const char *what, const char *name)
{
    printf("Bail out! %s %s\n", what, name);
    exit(99);
}

static void fixture_path(char path[FIXTURE_PATH], const char *directory, const char *name)
{
    if (snprintf(path, FIXTURE_PATH, "%s/%s", directory, name) >= FIXTURE_PATH)
        fixture_fail("too long a path", name);
}

void fixture_source(char path[FIXTURE_PATH], const char *file)
{
    const char *source = getenv("HALLDESK_SOURCE");
    char relative[FIXTURE_PATH];
    fixture_path(relative, source ? source : ".", file);
    char *whole = realpath(relative, NULL);
    if (!whole || strlen(whole) >= FIXTURE_PATH)
        fixture_fail("no file", relative);
    else
        strcpy(path, whole);
    free(whole);
}

void fixture_create(char directory[FIXTURE_PATH])
{
    const char *parent = getenv("TMPDIR");
    fixture_path(directory, parent ? parent : "/tmp", "halldesk-forms-XXXXXX");
    if (!mkdtemp(directory))
        fixture_fail("cannot make", directory);
}

void fixture_link(const char *directory, const char *file)
{
    char source[FIXTURE_PATH];
    char target[FIXTURE_PATH];
    fixture_source(source, file);
    const char *slash = strrchr(source, '/');
    fixture_path(target, directory, slash ? slash + 1 : source);
    if (symlink(source, target) != 0)
        fixture_fail("cannot link", target);
}

void fixture_link_sound(const char *directory)
{
    fixture_link(directory, "forms/verbs.messages");
    fixture_link(directory, "tests/unit/forms_good/sample.codes");
    fixture_link(directory, "tests/unit/forms_good/sample.form");
    fixture_link(directory, "tests/unit/forms_good/enquiry.form");
}

void fixture_remove(const char *directory)
{
    char path[FIXTURE_PATH];
    DIR *stream = opendir(directory);
    for (struct dirent *entry; stream && (entry = readdir(stream));)
        if (entry->d_name[0] != '.') {
            fixture_path(path, directory, entry->d_name);
            unlink(path);
        }
    if (stream)
        closedir(stream);
    rmdir(directory);
}
