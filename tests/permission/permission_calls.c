/* Calls every verb of every form as one person and tells which were denied.
 *
 *   permission_calls --list FORMS                    lines "form.verb permission"
 *   permission_calls FORMS ADDRESS STAFF PASSWORD    lines "form.verb allow" or "form.verb deny"
 *
 * Changing verbs are tried (nothing is kept) with an empty record, so they go through worker and
 * database; reading verbs carry a form hash that nobody has: the gate looks at it behind the
 * permission. What is allowed may therefore answer anything but STATUS_DENIED. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connection.h"
#include "protocol/arena.h"
#include "protocol/record.h"
#include "server/forms/form_read.h"

enum { CALL_TRY = 2, PATIENCE = 20000, CALL_LIMIT = 60000 };

static void body_make(struct writer *body, const struct form *form, struct arena *arena)
{
    writer_clear(body);
    writer_u8(body, CALL_TRY);
    writer_text(body, "permission table");
    writer_signed(body, 0);
    writer_signed(body, 0);
    record_encode(body, record_create(form, arena));
}

static bool verb_called(struct connection *connection, const struct form *form,
                        const struct verb *verb, struct writer *body, struct writer *answer,
                        struct arena *arena)
{
    bool tried = verb->changing && verb->number != VERB_ATTACH && verb->number != VERB_BULK &&
                 verb->number != VERB_IMPORT && verb->number != VERB_EXPORT;
    if (tried)
        body_make(body, form, arena);
    else
        writer_clear(body);
    struct connection_call call = {.form = form->number,
                                   .form_hash = tried ? form->hash : form->hash ^ 1,
                                   .verb = verb->number,
                                   .body = body->bytes,
                                   .length = body->length,
                                   .timeout = CALL_LIMIT};
    enum status status = connection_ask(connection, &call, answer);
    if (status == STATUS_SESSION_ENDED || status == STATUS_NOT_SIGNED_IN ||
        status == STATUS_UNKNOWN_CALL || status == STATUS_BROKEN || status == STATUS_INTERNAL) {
        fprintf(stderr, "%s.%s: status %d\n", form->name, verb->name, (int)status);
        return false;
    }
    printf("%s.%s %s\n", form->name, verb->name, status == STATUS_DENIED ? "deny" : "allow");
    return true;
}

static bool person_run(const struct form_set *forms, char **argv, struct arena *arena)
{
    const struct connection_settings settings = {.address = argv[2],
                                                 .language = "en",
                                                 .encoding = "UTF-8",
                                                 .client = "permission_calls",
                                                 .line = "test",
                                                 .patience = PATIENCE};
    struct writer body;
    struct writer answer;
    writer_initialise(&body, FRAME_REPLY_LIMIT);
    writer_initialise(&answer, FRAME_REPLY_LIMIT);
    struct connection *connection = connection_create(&settings, NULL);
    bool good = connection && connection_open_wait(connection, PATIENCE) == STATUS_OK &&
                connection_sign_in_wait(connection, argv[3], argv[4], "", true, &answer,
                                        PATIENCE) == STATUS_OK;
    if (!good)
        fprintf(stderr, "%s cannot sign in\n", argv[3]);
    for (size_t i = 0; good && i < forms->count; i++)
        for (size_t n = 0; good && n < forms->forms[i]->verb_count; n++)
            good = verb_called(connection, forms->forms[i], &forms->forms[i]->verbs[n], &body,
                               &answer, arena);
    if (connection)
        connection_free(connection);
    writer_release(&body);
    writer_release(&answer);
    return good;
}

static void verbs_list(const struct form_set *forms)
{
    for (size_t i = 0; i < forms->count; i++)
        for (size_t n = 0; n < forms->forms[i]->verb_count; n++)
            printf("%s.%s %s\n", forms->forms[i]->name, forms->forms[i]->verbs[n].name,
                   forms->forms[i]->verbs[n].permission);
}

int main(int argc, char **argv)
{
    bool list = argc == 3 && strcmp(argv[1], "--list") == 0;
    if (!list && argc != 5) {
        fputs("usage: permission_calls --list FORMS | FORMS ADDRESS STAFF PASSWORD\n", stderr);
        return EXIT_FAILURE;
    }
    struct arena *arena = arena_create();
    struct form_errors errors;
    form_errors_initialise(&errors, arena);
    const struct form_set *forms = form_read_directory(argv[list ? 2 : 1], arena, &errors);
    bool good = errors.count == 0;
    if (!good)
        fprintf(stderr, "%s:%d: %s\n", errors.list[0].file, errors.list[0].line,
                errors.list[0].text);
    else if (list)
        verbs_list(forms);
    else
        good = person_run(forms, argv, arena);
    arena_free(arena);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
