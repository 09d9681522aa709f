/* Printing. */
#include "client/print.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/dialog.h"

enum { WAY_QUEUE = 1, WAY_FILE, WAY_TERMINAL, PATH_LIMIT = 400 };

extern char **environ;

/* lp reads the text from its standard input; what it says goes nowhere, its status counts. */
static bool queue_print(const char *title, const char *text)
{
    int ends[2];
    pid_t process;
    int status = -1;
    posix_spawn_file_actions_t actions;
    char *arguments[] = {"lp", "-t", (char *)title, "-o", "document-format=text/plain", NULL};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawnp(&process, "lp", &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    size_t left = strlen(text);
    while (failed == 0 && left > 0) {
        ssize_t written = write(ends[1], text, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break;
        text += written;
        left -= (size_t)written;
    }
    close(ends[1]);
    if (failed != 0)
        return false;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    return left == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A file of that name is never written over. */
static bool file_print(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    size_t length = strlen(text);
    bool written = write(file, text, length) == (ssize_t)length;
    if (close(file) != 0 || !written) {
        unlink(path);
        return false;
    }
    return true;
}

static int way_choose(struct application *application)
{
    static const struct list_column column = {"", 30, CELL_ALIGN_LEFT};
    static const char *const names[] = {"client.print_queue", "client.print_file",
                                        "client.print_terminal"};
    const char *texts[3];
    struct list_row rows[3] = {0};
    size_t count = terminal_line(application->terminal)->printer ? 3 : 2;
    for (size_t i = 0; i < count; i++) {
        texts[i] = application_text(application, names[i]);
        rows[i] = (struct list_row){.id = (int64_t)i + 1, .texts = &texts[i]};
    }
    return (int)dialog_choose(application,
                              &(struct dialog_choice){
                                  .title = application_text(application, "client.print"),
                                  .columns = &column,
                                  .column_count = 1,
                                  .rows = rows,
                                  .count = count,
                              },
                              NULL, NULL);
}

void print_text(struct application *application, const char *title, const char *text,
                const char *name)
{
    struct arena *arena = arena_create();
    const char *path = NULL;
    bool done = false;
    errno = 0;
    switch (way_choose(application)) {
    case WAY_QUEUE:
        done = queue_print(title, text);
        break;
    case WAY_FILE:
        path = dialog_ask(application, application_text(application, "client.print_file"),
                          application_text(application, "client.file_name"), name, false,
                          PATH_LIMIT, arena);
        if (path == NULL || path[0] == '\0')
            goto out;
        done = file_print(path, text);
        break;
    case WAY_TERMINAL:
        done = terminal_print(application->terminal, text);
        break;
    default:
        goto out;
    }
    if (done)
        application_say(application, CELL_PLAIN, "client.printed", path != NULL ? path : title,
                        NULL);
    else
        application_refuse(application, "client.print_failed", errno != 0 ? strerror(errno) : "lp",
                           NULL);
out:
    arena_free(arena);
}

void print_screen(struct application *application)
{
    char *text = NULL;
    size_t length = 0;
    application_draw(application);
    FILE *memory = open_memstream(&text, &length);
    if (memory == NULL)
        return;
    bool drawn = screen_print(application->screen, memory);
    if (fclose(memory) == 0 && drawn)
        print_text(application, application_text(application, "client.print_screen"), text,
                   "screen.txt");
    free(text);
}
