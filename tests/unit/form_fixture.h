/* A directory of declarations put together for one test. */
#ifndef HALLDESK_TESTS_FORM_FIXTURE_H
#define HALLDESK_TESTS_FORM_FIXTURE_H

#include "server/forms/declaration.h"

enum { FIXTURE_PATH = 512 };

/* Path of a file of the source tree. */
void fixture_source(char path[FIXTURE_PATH], const char *file);
/* Makes an empty directory below TMPDIR; ends the program if it cannot. */
void fixture_create(char directory[FIXTURE_PATH]);
/* Links a file of the source tree into it under its own name. */
void fixture_link(const char *directory, const char *file);
/* The sound declarations of tests/unit/forms_good and the labels of the verbs. */
void fixture_link_sound(const char *directory);
void fixture_remove(const char *directory);

#endif
