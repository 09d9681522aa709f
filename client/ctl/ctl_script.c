/* halldeskctl script: runs a file of calls and expectations, one process for a whole test. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ctl/ctl.h"
#include "client/ctl/script.h"
#include "protocol/arena.h"

static void sessions_end(struct script *script)
{
    for (size_t i = 0; i < script->session_count; i++) {
        ctl_sign_out(script->sessions[i].desk);
        desk_free(script->sessions[i].desk);
    }
}

static void script_release(struct script *script)
{
    sessions_end(script);
    for (size_t i = 0; i < script->variable_count; i++)
        free(script->variables[i].value);
    json_decref(script->answer);
    free(script->call);
    if (script->connection)
        PQfinish(script->connection);
    arena_free(script->line_arena);
    arena_free(script->arena);
    free(script);
}

static int script_run(const struct ctl_settings *settings, const char *database, const char *file,
                      struct arena *arena)
{
    struct script *script = calloc(1, sizeof *script);
    if (!script)
        abort();
    script->settings = settings;
    script->messages = ctl_messages(settings, arena);
    script->database = database;
    script->arena = arena_create();
    script->line_arena = arena_create();
    bool good = script_file(script, file);
    if (good)
        good = script_settle(script);
    script_test_end(script);
    /* A script without tests is a macro: it has no plan, only an exit status. */
    if (script->count > 0 && script->planned == 0 && !script->ended)
        printf("1..%ld\n", script->count);
    good = good && !script->ended && script->failed == 0 &&
           (script->planned == 0 || script->planned == script->count);
    script_release(script);
    return good && fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
}

static int script_words(int argc, char **argv, struct arena *arena)
{
    static const struct option options[] = {{"database", required_argument, NULL, 'd'}, {0}};
    struct ctl_settings settings;
    const char *database = getenv("HALLDESK_SCRIPT_DATABASE");
    const char *file = NULL;
    if (!ctl_settings_read(&settings, arena) || !ctl_settings_before(&settings))
        return CTL_FAILED;
    for (int i = 1; i < argc; i++) {
        const char *value;
        int option = ctl_option(&settings, options, argc, argv, &i, &value);
        if (option < 0)
            return CTL_USAGE;
        if (option == 'd')
            database = value;
        else if (option == 0 && file)
            return CTL_USAGE;
        else if (option == 0)
            file = argv[i];
    }
    if (!file)
        return CTL_USAGE;
    if (!settings.server) {
        fprintf(stderr, "halldeskctl: give HALLDESK_SERVER, --server or --socket\n");
        return CTL_FAILED;
    }
    return script_run(&settings, database, file, arena);
}

int ctl_script(int argc, char **argv)
{
    struct arena *arena = arena_create();
    int result = script_words(argc, argv, arena);
    arena_free(arena);
    return result;
}
