/* The configuration: every mistake with file and line, limits, defaults, what a reload may change,
 * and the manual page against the table of keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/arena.h"
#include "server/process/configuration.h"
#include "tests/unit/cmocka_tap.h"

static const char least[] = "listen = ( { type = \"unix\"; path = \"/tmp/x\"; } );\n"
                            "database = \"dbname=a\";\n"
                            "auth_database = \"dbname=b\";\n";

struct reading {
    struct arena *arena;
    struct configuration_errors errors;
    struct configuration *configuration;
    char file[64];
};

static void reading_begin(struct reading *reading, const char *first, const char *second)
{
    memset(reading, 0, sizeof *reading);
    reading->arena = arena_create();
    reading->errors.arena = reading->arena;
    snprintf(reading->file, sizeof reading->file, "/tmp/halldesk-conf-XXXXXX");
    int descriptor = mkstemp(reading->file);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, first, strlen(first)), (ssize_t)strlen(first));
    assert_int_equal(write(descriptor, second, strlen(second)), (ssize_t)strlen(second));
    close(descriptor);
    reading->configuration = configuration_read(reading->file, &reading->errors);
    unlink(reading->file);
}

static void reading_end(struct reading *reading)
{
    arena_free(reading->arena);
}

/* Does one of the errors stand at this line and contain the text? */
static int has_error(const struct reading *reading, int line, const char *text)
{
    char place[96];
    if (line)
        snprintf(place, sizeof place, "%s:%d: ", reading->file, line);
    else
        snprintf(place, sizeof place, "%s: ", reading->file);
    for (size_t i = 0; i < reading->errors.count; i++)
        if (strncmp(reading->errors.list[i], place, strlen(place)) == 0 &&
            strstr(reading->errors.list[i], text))
            return 1;
    for (size_t i = 0; i < reading->errors.count; i++)
        print_message("# %s\n", reading->errors.list[i]);
    return 0;
}

static void test_least(void **state)
{
    (void)state;
    struct reading reading;
    reading_begin(&reading, least, "");
    assert_non_null(reading.configuration);
    assert_int_equal(reading.configuration->listener_count, 1);
    assert_string_equal(reading.configuration->listeners[0].path, "/tmp/x");
    assert_int_equal(reading.configuration->listeners[0].mode, 0660);
    assert_int_equal(reading.configuration->keepalive_seconds, 60);
    assert_int_equal(reading.configuration->notifier_interval, 50);
    assert_true(reading.configuration->gateways >= 1);
    assert_string_equal(reading.configuration->replica_database, "dbname=a");
    reading_end(&reading);
}

static void test_every_mistake(void **state)
{
    (void)state;
    struct reading reading;
    reading_begin(&reading, least,
                  "workers_short = \"many\";\n"
                  "keepalive_seconds = 0;\n"
                  "forms_directory = \"here\";\n"
                  "test_clock = 1;\n"
                  "wrokers_long = 2;\n"
                  "terminal_buffer = 3000000000;\n");
    assert_null(reading.configuration);
    assert_true(has_error(&reading, 4, "workers_short: a whole number"));
    assert_true(has_error(&reading, 5, "keepalive_seconds: must be from 1 to 3600"));
    assert_true(has_error(&reading, 6, "forms_directory: must be an absolute path"));
    assert_true(has_error(&reading, 7, "test_clock: true or false"));
    assert_true(has_error(&reading, 8, "wrokers_long: there is no such key"));
    assert_true(has_error(&reading, 9, "terminal_buffer: must be from"));
    assert_int_equal(reading.errors.count, 6);
    reading_end(&reading);
}

static void test_missing(void **state)
{
    (void)state;
    struct reading reading;
    reading_begin(&reading, "server_name = \"a\";\n", "");
    assert_null(reading.configuration);
    assert_true(has_error(&reading, 0, "listen: must be given"));
    assert_true(has_error(&reading, 0, "database: must be given"));
    assert_true(has_error(&reading, 0, "auth_database: must be given"));
    reading_end(&reading);
    reading_begin(&reading, least, "server_name = \"a;\n");
    assert_null(reading.configuration);
    assert_true(reading.errors.count == 1);
    reading_end(&reading);
    struct configuration_errors errors = {.arena = arena_create()};
    assert_null(configuration_read("/nonexistent/halldesk.conf", &errors));
    assert_string_equal(errors.list[0], "/nonexistent/halldesk.conf: cannot be read");
    arena_free(errors.arena);
}

static void test_text(void **state)
{
    (void)state;
    struct reading reading;
    reading_begin(&reading, least, "server_name = \"\xff\xfe\";\n");
    assert_true(has_error(&reading, 4, "not valid UTF-8"));
    reading_end(&reading);
    reading_begin(&reading, least, "server_name = \"\";\n");
    assert_true(has_error(&reading, 4, "server_name: must have from 1"));
    reading_end(&reading);
}

static void test_listeners(void **state)
{
    (void)state;
    struct reading reading;
    static const char rest[] = "database = \"a\"; auth_database = \"b\";\n";
    reading_begin(&reading,
                  "listen = (\n"
                  " { type = \"tcp\"; address = \"127.0.0.1\"; port = 70000; },\n"
                  " { type = \"tcp\"; address = \"localhost\"; port = 1; },\n"
                  " { type = \"pipe\"; },\n"
                  " { type = \"unix\"; path = \"relative\"; },\n"
                  " { type = \"unix\"; path = \"/tmp/x\"; mode = \"rw\"; },\n"
                  " { type = \"unix\"; path = \"/tmp/x\"; colour = \"red\"; },\n"
                  " { path = \"/tmp/x\"; }\n"
                  ");\n",
                  rest);
    assert_true(has_error(&reading, 2, "port: must be a number from 0 to 65535"));
    assert_true(has_error(&reading, 3, "address: must be a numeric"));
    assert_true(has_error(&reading, 4, "type: must be"));
    assert_true(has_error(&reading, 5, "path: must be an absolute path"));
    assert_true(has_error(&reading, 6, "mode: must be permission bits"));
    assert_true(has_error(&reading, 7, "colour: there is no such key here"));
    assert_true(has_error(&reading, 8, "type: must be given"));
    reading_end(&reading);
    reading_begin(&reading,
                  "listen = ( { type = \"tcp\"; address = \"::1\"; port = 1; tls = true; } );\n",
                  rest);
    assert_true(has_error(&reading, 1, "tls needs tls_certificate and tls_key"));
    reading_end(&reading);
}

static void test_together(void **state)
{
    (void)state;
    struct reading reading;
    reading_begin(&reading, least, "scheduler_staff = \"S1\";\n");
    assert_true(has_error(&reading, 4, "scheduler_staff: needs scheduler_secret"));
    reading_end(&reading);
    reading_begin(&reading, least,
                  "relay_staff = \"S2\"; relay_secret = \"x\";\n"
                  "neighbours = ( { name = \"network\"; outbox = \"/o\"; inbox = \"/i\"; },\n"
                  " { name = \"network\"; outbox = \"/o\"; inbox = \"/i\"; } );\n");
    assert_true(has_error(&reading, 6, "the name network is used twice"));
    reading_end(&reading);
}

static void test_workers(void **state)
{
    (void)state;
    struct reading reading;
    reading_begin(&reading, least, "gateways = 4; workers_auth = 1;\n");
    assert_non_null(reading.configuration);
    assert_int_equal(reading.configuration->workers_auth, 4);
    reading_end(&reading);
}

static void test_frozen(void **state)
{
    (void)state;
    struct reading one;
    struct reading other;
    reading_begin(&one, least, "gateways = 2;\n");
    reading_begin(&other, least, "gateways = 3; keepalive_seconds = 5; run_directory = \"/r\";\n");
    assert_string_equal(configuration_frozen(one.configuration, other.configuration, one.arena),
                        "gateways run_directory");
    assert_string_equal(configuration_frozen(one.configuration, one.configuration, one.arena), "");
    reading_end(&other);
    reading_begin(&other, "listen = ( { type = \"unix\"; path = \"/tmp/y\"; } );\n",
                  "database = \"dbname=c\"; auth_database = \"dbname=b\"; gateways = 2;\n");
    assert_string_equal(configuration_frozen(one.configuration, other.configuration, one.arena),
                        "listen");
    reading_end(&other);
    reading_end(&one);
}

static void test_secrets(void **state)
{
    (void)state;
    struct reading reading;
    char *text = NULL;
    size_t size = 0;
    reading_begin(&reading, least, "scheduler_staff = \"S1\"; scheduler_secret = \"hush\";\n");
    FILE *stream = open_memstream(&text, &size);
    configuration_show(stream, reading.configuration);
    fclose(stream);
    assert_non_null(strstr(text, "scheduler_staff"));
    assert_non_null(strstr(text, "value \"S1\""));
    assert_null(strstr(text, "hush"));
    assert_null(strstr(text, "dbname=a"));
    free(text);
    reading_end(&reading);
}

static void test_manual(void **state)
{
    (void)state;
    static char manual[262144];
    char path[512];
    const char *source = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/man/halldesk.conf.5", source ? source : ".");
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    manual[fread(manual, 1, sizeof manual - 1, stream)] = '\0';
    fclose(stream);
    for (size_t i = 0; configuration_key(i); i++) {
        char item[64];
        snprintf(item, sizeof item, ".It Ic %s", configuration_key(i));
        if (!strstr(manual, item))
            fail_msg("halldesk.conf.5 does not describe %s", configuration_key(i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("the least configuration fills in every default", test_least),
        TEST("every mistake is told at once, with file and line", test_every_mistake),
        TEST("what must be given is asked for", test_missing),
        TEST("texts must be UTF-8 and fit", test_text),
        TEST("each listener is checked", test_listeners),
        TEST("keys that need each other are checked together", test_together),
        TEST("no gateway is left without a worker of each class", test_workers),
        TEST("what a reload cannot take over is named", test_frozen),
        TEST("secrets are never printed", test_secrets),
        TEST("the manual page describes every key", test_manual),
    };
    return RUN_TESTS(tests);
}
