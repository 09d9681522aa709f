/* The relay with real files and business played by the test: names, order, poison, refusal, and
 * what must not happen when a word is lost. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/arena.h"
#include "server/process/relay.h"
#include "tests/unit/cmocka_tap.h"

enum { NOTED = 32, ATTEMPTS = 3 };

/* The business side: one message that is due, and notes of what it was told. */
struct played {
    struct relay_message message;
    bool due;
    bool deaf; /* confirmations are lost */
    size_t confirmed;
    size_t failed;
    bool poisoned;
    char reason[RELAY_REASON];
    enum relay_receipt receipt;
    size_t received;
    char ids[NOTED][64];
    char types[NOTED][64];
};

static char directory[64];
static char outbox[96];
static char inbox[96];
static struct neighbour_setting neighbours[] = {
    {.name = "network", .outbox = outbox, .inbox = inbox}};
static struct configuration configuration = {.neighbour_count = 1, .neighbours = neighbours};

static bool played_claim(void *context, struct arena *arena, struct relay_message **list,
                         size_t *count)
{
    struct played *played = context;
    *list = ARENA_NEW(arena, struct relay_message);
    **list = played->message;
    *count = played->due;
    return true;
}

static bool played_confirm(void *context, struct arena *arena, const struct relay_message *message)
{
    struct played *played = context;
    (void)arena;
    assert_int_equal(message->id, played->message.id);
    if (played->deaf)
        return false;
    played->confirmed++;
    played->due = false;
    return true;
}

static bool played_fail(void *context, struct arena *arena, const struct relay_message *message,
                        const char *reason, bool poisoned)
{
    struct played *played = context;
    (void)arena;
    (void)message;
    played->failed++;
    played->poisoned = poisoned;
    played->message.attempts++;
    snprintf(played->reason, sizeof played->reason, "%s", reason);
    return true;
}

static enum relay_receipt played_receive(void *context, struct arena *arena,
                                         struct relay_arrival *arrival)
{
    struct played *played = context;
    (void)arena;
    assert_true(played->received < NOTED);
    assert_string_equal(arrival->neighbour, "network");
    snprintf(played->ids[played->received], 64, "%s", arrival->external_id);
    snprintf(played->types[played->received], 64, "%s", arrival->type);
    played->received++;
    snprintf(arrival->reason, sizeof arrival->reason, "unknown order");
    return played->receipt;
}

static struct relay_business business_of(struct played *played)
{
    return (struct relay_business){.context = played,
                                   .claim = played_claim,
                                   .confirm = played_confirm,
                                   .fail = played_fail,
                                   .receive = played_receive};
}

static size_t round_of(struct played *played)
{
    struct relay_files *files = relay_files_create(&configuration);
    struct relay_transport transport = relay_files_transport(files);
    struct relay_business business = business_of(played);
    size_t moved = relay_round(&business, &transport, ATTEMPTS);
    relay_files_free(files);
    return moved;
}

static void file_put(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", inbox, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
}

static bool file_holds(const char *where, const char *name, const char *text)
{
    char path[256];
    char read[256] = "";
    snprintf(path, sizeof path, "%s/%s", where, name);
    FILE *stream = fopen(path, "r");
    if (!stream)
        return false;
    read[fread(read, 1, sizeof read - 1, stream)] = '\0';
    fclose(stream);
    return strcmp(read, text) == 0;
}

static size_t files_in(const char *where)
{
    size_t count = 0;
    DIR *stream = opendir(where);
    assert_non_null(stream);
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;)
        count += entry->d_type == DT_REG;
    closedir(stream);
    return count;
}

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/halldesk-relay-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(outbox, sizeof outbox, "%s/out", directory);
    snprintf(inbox, sizeof inbox, "%s/in", directory);
    return mkdir(outbox, 0700) || mkdir(inbox, 0700);
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", directory);
    return system(command);
}

static struct played played_with(const char *neighbour, const char *stream)
{
    return (struct played){.due = true,
                           .message = {.id = 77,
                                       .neighbour = neighbour,
                                       .stream = stream,
                                       .sequence = 5,
                                       .type = "ServiceOrderCreate",
                                       .payload = "{\"id\":\"77\"}"}};
}

static void test_out(void **state)
{
    (void)state;
    struct played played = played_with("network", "so.1");
    assert_int_equal(round_of(&played), 1);
    assert_int_equal(played.confirmed, 1);
    assert_true(file_holds(outbox, "so.1-5-77.json", "{\"id\":\"77\"}"));
    assert_int_equal(files_in(outbox), 1);
}

static void test_out_name(void **state)
{
    (void)state;
    struct played played = played_with("network", "../etc/\xe5\x8d\x95");
    assert_int_equal(round_of(&played), 1);
    assert_true(file_holds(outbox, "%2E.%2Fetc%2F%E5%8D%95-5-77.json", "{\"id\":\"77\"}"));
}

static void test_out_deaf(void **state)
{
    (void)state;
    struct played played = played_with("network", "so");
    played.deaf = true;
    assert_int_equal(round_of(&played), 0);
    played.deaf = false;
    assert_int_equal(round_of(&played), 1);
    assert_int_equal(files_in(outbox), 1);
    assert_int_equal(played.failed, 0);
}

static void test_out_poison(void **state)
{
    (void)state;
    struct played played = played_with("nobody", "so");
    round_of(&played);
    assert_int_equal(played.failed, 1);
    assert_false(played.poisoned);
    round_of(&played);
    assert_false(played.poisoned);
    round_of(&played);
    assert_int_equal(played.failed, ATTEMPTS);
    assert_true(played.poisoned);
    assert_non_null(strstr(played.reason, "no such neighbour"));
}

static void test_in_order(void **state)
{
    (void)state;
    struct played played = {.receipt = RELAY_TAKEN};
    char done[128];
    file_put("e-10.json", "{\"eventId\":\"ten\",\"eventType\":\"ServiceOrderStateChange\"}");
    file_put("e-9.json", "{\"eventId\":\"nine\",\r\n\"eventType\":\"B\"}");
    file_put("e-2.json", "{}");
    file_put(".e-1.json", "{}");
    file_put("e-3.json.part", "{}");
    assert_int_equal(round_of(&played), 3);
    assert_string_equal(played.ids[0], "e-2");
    assert_string_equal(played.ids[1], "nine");
    assert_string_equal(played.ids[2], "ten");
    assert_string_equal(played.types[0], "");
    assert_string_equal(played.types[2], "ServiceOrderStateChange");
    snprintf(done, sizeof done, "%s/done", inbox);
    assert_int_equal(files_in(done), 3);
    assert_int_equal(files_in(inbox), 2);
    assert_int_equal(round_of(&played), 0);
}

static void test_in_refused(void **state)
{
    (void)state;
    struct played played = {.receipt = RELAY_REFUSED};
    char refused[128];
    snprintf(refused, sizeof refused, "%s/refused", inbox);
    file_put("a.json", "{}");
    file_put("b.json", "{\"eventId\":");
    file_put("c.json", "\xff");
    assert_int_equal(round_of(&played), 3);
    assert_int_equal(played.received, 1); /* only what can be read reaches the business */
    assert_true(file_holds(refused, "a.json", "{}"));
    assert_true(file_holds(refused, "a.json.reason", "unknown order\n"));
    assert_true(file_holds(refused, "c.json.reason", "not valid UTF-8\n"));
    assert_int_equal(files_in(refused), 6);
    assert_int_equal(files_in(inbox), 0);
}

static void test_in_later(void **state)
{
    (void)state;
    struct played played = {.receipt = RELAY_LATER};
    file_put("a.json", "{}");
    file_put("b.json", "{}");
    assert_int_equal(round_of(&played), 0);
    assert_int_equal(played.received, 1); /* b must not overtake a */
    assert_int_equal(files_in(inbox), 2);
    played.receipt = RELAY_TAKEN;
    assert_int_equal(round_of(&played), 2);
    assert_string_equal(played.ids[1], "a");
    assert_string_equal(played.ids[2], "b");
}

#define RELAY_TEST(sentence, function)                                                             \
    {                                                                                              \
        (sentence), (function), setup, teardown, NULL                                              \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        RELAY_TEST("a message becomes one whole file and is confirmed", test_out),
        RELAY_TEST("no name of a stream leads out of the directory", test_out_name),
        RELAY_TEST("a lost confirmation writes the same file again", test_out_deaf),
        RELAY_TEST("a message that cannot be delivered stops its stream", test_out_poison),
        RELAY_TEST("arrivals are taken in the order of their names, halves are left",
                   test_in_order),
        RELAY_TEST("a refused arrival is kept with the reason", test_in_refused),
        RELAY_TEST("while nothing can be taken nothing overtakes", test_in_later),
    };
    return RUN_TESTS(tests);
}
