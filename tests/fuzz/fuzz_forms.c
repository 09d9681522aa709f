/* Mutated forms: whatever stands in a file, the reader ends with a set or with errors that name a
 * line of the file, and a set without errors can be coded for clients. Mutations keep the file's
 * shape of tokens, since noise only meets libconfig's parser. FUZZ_RUNS and FUZZ_SEED as in the
 * other targets. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "protocol/buffer.h"
#include "server/forms/form_history.h"
#include "server/forms/form_read.h"
#include "tests/unit/form_fixture.h"

enum { FORM_BYTES = 64 * 1024, TOKENS = 8000, RUNS = 1500 };

static uint64_t generator;

static size_t random_below(size_t bound)
{
    generator ^= generator >> 12;
    generator ^= generator << 25;
    generator ^= generator >> 27;
    return (size_t)((generator * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static size_t file_read(const char *path, char *text)
{
    FILE *stream = fopen(path, "re");
    size_t length = stream ? fread(text, 1, FORM_BYTES - 1, stream) : 0;
    if (stream)
        fclose(stream);
    text[length] = '\0';
    return length;
}

/* Cuts into texts, words, numbers and signs. */
static size_t tokens_cut(const char *text, const char *tokens[TOKENS], size_t lengths[TOKENS])
{
    size_t count = 0;
    while (*text && count < TOKENS) {
        size_t length = strspn(text, " \n");
        if (!length && *text == '"') {
            const char *end = strchr(text + 1, '"');
            length = end ? (size_t)(end - text) + 1 : strlen(text);
        } else if (!length && *text == '#') {
            length = strcspn(text, "\n");
        } else if (!length) {
            length = strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789.");
        }
        if (!length)
            length = 1;
        tokens[count] = text;
        lengths[count++] = length;
        text += length;
    }
    return count;
}

static void file_mutate(FILE *out, const char *tokens[TOKENS], const size_t lengths[TOKENS],
                        size_t count)
{
    static const char *const strange[] = {"()",        "{ }",      "\"\"",       "0",
                                          "-1",        "true",     "1.5",        "[1, 2]",
                                          "((",        "\"{\"",    "70000",      "\"code code\"",
                                          "\"-\"",     "\"9\"",    "2147483647", "name = \"name\";",
                                          "\"lines\"", "\"bare\"", "\"sample\"", "\"kind\"",
                                          "\" \"",     "",         ";",          "\"person\""};
    size_t places[4];
    size_t changes = 1 + random_below(3);
    for (size_t change = 0; change < changes; change++)
        places[change] = random_below(count);
    for (size_t index = 0; index < count; index++) {
        const char *token = tokens[index];
        size_t length = lengths[index];
        for (size_t change = 0; change < changes; change++) {
            if (places[change] != index || *token == ' ' || *token == '\n')
                continue;
            size_t other = random_below(count);
            switch (random_below(3)) {
            case 0:
                token = strange[random_below(sizeof(strange) / sizeof(*strange))];
                length = strlen(token);
                break;
            case 1:
                token = tokens[other];
                length = lengths[other];
                break;
            default:
                fwrite(token, 1, length, out);
                break;
            }
        }
        fwrite(token, 1, length, out);
    }
}

static bool errors_sound(const struct form_errors *errors, int lines)
{
    for (size_t index = 0; index < errors->count; index++) {
        const struct form_error *error = &errors->list[index];
        if (!error->file || !error->text || !*error->text || error->line < 0 ||
            error->line > lines + 1)
            return false;
    }
    return true;
}

static bool set_sound(const struct form_set *forms, struct arena *arena)
{
    struct writer writer;
    bool good = true;
    writer_initialise(&writer, 1 << 20);
    for (size_t index = 0; index < forms->count; index++)
        form_encode(&writer, forms->forms[index]);
    good = !writer.failed && *form_history_sql(forms, arena);
    writer_release(&writer);
    return good;
}

int main(void)
{
    static char text[FORM_BYTES];
    static const char *tokens[TOKENS];
    static size_t lengths[TOKENS];
    char directory[FIXTURE_PATH];
    char path[FIXTURE_PATH + 16];
    const char *runs = getenv("FUZZ_RUNS");
    const char *seed = getenv("FUZZ_SEED");
    size_t total = runs ? strtoull(runs, NULL, 10) : RUNS;
    size_t sound = 0;
    bool good = true;

    generator = seed ? strtoull(seed, NULL, 10) : 20261121;
    fixture_source(path, "tests/unit/forms_good/sample.form");
    size_t count = file_read(path, text) ? tokens_cut(text, tokens, lengths) : 0;
    fixture_create(directory);
    fixture_link(directory, "forms/verbs.messages");
    fixture_link(directory, "tests/unit/forms_good/sample.codes");
    snprintf(path, sizeof(path), "%s/mutated.form", directory);
    printf("1..2\n");
    for (size_t run = 0; run < total && good && count; run++) {
        struct arena *arena = arena_create();
        struct form_errors errors;
        FILE *out = fopen(path, "we");
        uint64_t before = generator;
        if (!out)
            break;
        file_mutate(out, tokens, lengths, count);
        fclose(out);
        form_errors_initialise(&errors, arena);
        const struct form_set *forms = form_read_directory(directory, arena, &errors);
        good = errors_sound(&errors, 200) && (errors.count || set_sound(forms, arena));
        sound += errors.count == 0;
        if (!good)
            printf("# FUZZ_RUNS=1 FUZZ_SEED=%" PRIu64 "\n", before);
        arena_free(arena);
    }
    printf("%sok 1 - mutated forms are read or refused with a line\n", good && count ? "" : "not ");
    printf("%sok 2 - some mutations leave a form sound (%zu of %zu)\n", sound ? "" : "not ", sound,
           total);
    fixture_remove(directory);
    return good && sound ? EXIT_SUCCESS : EXIT_FAILURE;
}
