/* The client as a whole: the terminal, the line to the server, what the person may use, and up to
 * six tasks side by side, each a stack of views. It shows and asks, and decides nothing.
 *
 * Everything that waits (calls, pop-ups) waits in application_wait(): keys typed meanwhile queue
 * up in order, pushes and the clock go on. */
#ifndef HALLDESK_APPLICATION_H
#define HALLDESK_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/connection.h"
#include "client/terminal/editor.h"
#include "client/terminal/screen.h"
#include "client/terminal/terminal.h"
#include "protocol/arena.h"
#include "protocol/form.h"

struct application;
struct message_table;
struct store;
struct workspace;
struct previous;
struct view;
struct view_draft;

enum {
    TASK_LIMIT = 6,
    VIEW_DEPTH = 16,
    FUNCTION_KEYS = 12,
    RECALL_LIMIT = 32,
    SAY_LIMIT = 512, /* bytes of a message */
};

/* What a kind of view does. NULL members have a sensible default. */
struct view_class {
    const char *name; /* its help text is "help.NAME" */
    /* Draws the body, sets cursor and hint. */
    void (*draw)(struct view *view);
    bool (*key)(struct view *view, const struct keys_event *event); /* true: taken */
    /* Label of F1 to F12 here; NULL: the key does nothing. F1, F3, F9 and F12 have defaults. */
    const char *(*label)(struct view *view, int function_key);
    const char *(*title)(struct view *view); /* "OR 新装受理" */
    /* May it be left? `check` is F3: offers to save; else F12: warns. */
    bool (*leave)(struct view *view, bool check);
    void (*resume)(struct view *view); /* what lay above is gone */
    /* Writes the record that would be lost into `body`; false: nothing would be. */
    bool (*draft)(struct view *view, struct view_draft *draft);
    const char *(*help)(struct view *view, const char **title); /* of the focus, then the form */
    void (*free)(struct view *view);
};

/* First member of every view. */
struct view {
    const struct view_class *class;
    struct application *application;
};

/* What SYSTEM_DRAFT_SAVE takes besides the task. */
struct view_draft {
    uint16_t form;
    uint32_t hash;
    int64_t id;
    int64_t version;
    struct writer body;
};

struct task {
    struct view *views[VIEW_DEPTH];
    size_t depth;
    /* The customer that was opened last: stands in the title row, and is proposed where a form
     * asks for a customer. */
    int64_t customer_id; /* 0: none */
    char customer_key[64];
    char customer_name[160];
    bool drafted; /* a draft of it lies on the server */
};

struct application {
    struct terminal *terminal;
    struct screen *screen;
    struct connection *connection;
    struct arena *arena; /* lives as long as the program */
    struct message_table *messages;
    const char *forms_directory;
    struct store *store;
    struct workspace *workspace;
    char language[4];
    char staff[64];
    char staff_name[128];
    char organisation[128];
    char server_name[128];
    struct task tasks[TASK_LIMIT];
    size_t task_count;
    size_t task;
    struct editor *command;
    bool in_command; /* the cursor stands in the command line */
    size_t completion;
    char *recall[RECALL_LIMIT]; /* newest first */
    size_t recall_count;
    size_t recall_at;
    char message[SAY_LIMIT];
    enum cell_attribute message_attribute;
    char hint[SAY_LIMIT];
    int64_t idle_lock; /* seconds, 0: never */
    int64_t key_at;    /* monotonic ms of the last key */
    int64_t drafts_at; /* when drafts were last looked at */
    size_t notices;    /* unread */
    bool catalogue_moved;
    bool work_moved;
    bool session_ended;
    bool locked; /* the password is being asked for */
    bool signed_in;
    bool signed_out; /* by the person: nothing needs to be explained */
    bool done;
    bool held; /* a hold is on: values stay for the next form */
    struct previous *previous;
};

/* --- texts --- */
const char *application_text(const struct application *application, const char *name);
/* Parameters end with NULL; the result lives until the next call. */
const char *application_format(struct application *application, const char *name, ...)
    __attribute__((sentinel));
const char *application_label(const struct application *application, const struct label *label);
/* Message row; "" clears it. Parameters end with NULL. */
void application_say(struct application *application, enum cell_attribute attribute,
                     const char *name, ...) __attribute__((sentinel));
void application_say_text(struct application *application, enum cell_attribute attribute,
                          const char *text);
/* As application_say() with CELL_ERROR, and throws type-ahead away: keys meant for one screen must
 * not confirm another. */
void application_refuse(struct application *application, const char *name, ...)
    __attribute__((sentinel));
void application_refuse_text(struct application *application, const char *text);
void application_hint(struct application *application, const char *text);

/* --- views and tasks --- */
struct task *application_task(struct application *application);
struct view *application_top(struct application *application); /* never NULL after sign-in */
void application_push(struct application *application, struct view *view);
/* Frees the top view and wakes the one below; the last view of a task ends the task. */
void application_pop(struct application *application);
/* F3 (check) and F12 on the top view. */
bool application_leave(struct application *application, bool check);
bool application_open_task(struct application *application); /* false with a message: six run */
void application_show_task(struct application *application, size_t task);

/* --- the loop --- */
/* Draws everything. */
void application_draw(struct application *application);
/* Waits for a key and handles all else meanwhile; false when the program has to end. */
bool application_wait(struct application *application, struct keys_event *key);
/* Lets the line and the clock work while keys are held; false when the program has to end. */
bool application_pump(struct application *application, int timeout);
/* Handles a key that no pop-up wants. */
void application_key(struct application *application, const struct keys_event *key);
void application_run(struct application *application);
/* Saves what is typed and unsent in every task on the server. */
void application_save_drafts(struct application *application);
int64_t application_now(const struct application *application); /* server's microseconds */
int64_t application_today(const struct application *application);

#endif
