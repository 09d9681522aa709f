/* halldeskd: reads its arguments, checks what it is given, and becomes the master. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/arena.h"
#include "server/process/configuration.h"
#include "server/process/image.h"
#include "server/process/log.h"
#include "server/process/master.h"

#define CONFIGURATION_FILE HALLDESK_CONFIGURATION_DIRECTORY "/halldesk.conf"

static void say_plain(const char *message)
{
    fprintf(stderr, "%s\n", message);
}

static int show_configuration(const char *file, bool given)
{
    struct arena *arena = arena_create();
    struct configuration_errors errors = {.arena = arena};
    const struct configuration *configuration = given ? configuration_read(file, &errors) : NULL;
    for (size_t i = 0; i < errors.count; i++)
        say_plain(errors.list[i]);
    configuration_show(stdout, configuration);
    arena_free(arena);
    return errors.count ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void usage(FILE *stream)
{
    fprintf(stream, "usage: halldeskd [-f FILE] [-n] [-d] [--show-configuration]\n"
                    "  -f, --file FILE        configuration (default " CONFIGURATION_FILE ")\n"
                    "  -n, --check            check configuration and forms, then end\n"
                    "  -d, --detail           log details\n"
                    "      --show-configuration  print every key; with -f the values too\n"
                    "      --help, --version\n");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"file", required_argument, NULL, 'f'},
        {"check", no_argument, NULL, 'n'},
        {"detail", no_argument, NULL, 'd'},
        {"show-configuration", no_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    const char *file = CONFIGURATION_FILE;
    bool given = false;
    bool check = false;
    bool show = false;
    for (int option; (option = getopt_long(argc, argv, "f:nd", options, NULL)) != -1;) {
        switch (option) {
        case 'f':
            file = optarg;
            given = true;
            break;
        case 'n':
            check = true;
            break;
        case 'd':
            log_threshold(LOG_DETAIL);
            break;
        case 's':
            show = true;
            break;
        case 'h':
            usage(stdout);
            return EXIT_SUCCESS;
        case 'v':
            puts("halldeskd (" PACKAGE_STRING ")");
            return EXIT_SUCCESS;
        default:
            usage(stderr);
            return EXIT_FAILURE;
        }
    }
    if (optind < argc) {
        usage(stderr);
        return EXIT_FAILURE;
    }
    if (show)
        return show_configuration(file, given);
    struct image *image = image_load(file, say_plain);
    if (!image)
        return EXIT_FAILURE;
    if (check) {
        printf("%s: %zu forms, no mistakes\n", file, image->forms->count);
        image_free(image);
        return EXIT_SUCCESS;
    }
    file = strdup(file); /* the arguments are overwritten by the titles of the children */
    if (!file)
        return EXIT_FAILURE;
    log_title_prepare(argc, argv);
    int status = master_run(file, image);
    free((char *)(uintptr_t)file);
    return status;
}
