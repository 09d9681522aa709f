/* What the rooms of the record screen share: form_view.c shows, form_edit.c types, form_input.c
 * turns what was typed into what is sent, form_submit.c sends, form_faults.c shows what was wrong,
 * form_menu.c offers what else can be done, form_open.c opens, form_tabs.c holds what hangs on a
 * record, grid.c holds the lines. */
#ifndef HALLDESK_FORM_PRIVATE_H
#define HALLDESK_FORM_PRIVATE_H

#include "client/application.h"
#include "client/layout.h"
#include "client/session.h"
#include "client/view/record_list.h"
#include "protocol/record.h"

enum form_mode {
    MODE_CREATE,
    MODE_RECORD, /* shown, and changed if that is permitted */
    MODE_RUN,    /* action of a bare form */
    MODE_VERB,   /* input of an own verb, over the record below */
    MODE_LINE,   /* one line in full, over the record below */
};

enum { VERBS_LIMIT = 256, MARK_LIMIT = 200, TITLE_LIMIT = 200, NO_PLACE = -1 };

/* A fault that the operator has seen: where the screen shows it. */
struct fault_mark {
    uint16_t lines_field; /* number, 0: head */
    size_t line;          /* index in the grid */
    uint16_t field;
};

/* One thing that is typed in: a field of the head or a cell of a grid. */
struct slot {
    struct record *record;
    const struct form *form;
    const struct field *field;
    struct value *value;
    struct line *line; /* NULL: head */
    bool editable;
    int row; /* in the body */
    int rows;
    int column;
    int columns;
};

/* The lines of the field in focus. */
struct grid {
    const struct field *field; /* NULL: none */
    size_t line;
    size_t column;
    size_t top;
    size_t capacity; /* of the array of the lines field; 0: not ours */
};

struct form_view {
    struct view view;
    struct arena *arena;
    bool arena_shared; /* with the view below: MODE_LINE */
    const struct form *form;
    enum form_mode mode;
    const struct verb *verb;  /* MODE_RUN, MODE_VERB */
    struct form_view *parent; /* MODE_VERB, MODE_LINE */
    int64_t id;
    int64_t version;
    struct record *record;
    struct record *original;
    size_t verb_count;
    uint16_t verbs[VERBS_LIMIT]; /* permitted in this state */
    bool confirmed;              /* warnings were shown: F10 sends all the same */
    bool locked;                 /* the soft lock is ours */
    bool answered;               /* MODE_RUN: an answer stands on the screen */
    struct layout *layout;
    int64_t layout_template;
    int layout_columns;
    int layout_rows;
    char layout_language[4];
    size_t tab;
    int place; /* in the layout, NO_PLACE: nothing to type in */
    int top;
    struct editor *editor;
    struct grid grid;
    size_t mark_count;
    struct fault_mark marks[MARK_LIMIT];
    struct record_list *related; /* of the related tab shown */
    struct arena *history_arena;
    size_t history_count;
    const char **history;
    size_t history_top;
    char title[TITLE_LIMIT];
};

/* --- form_view.c --- */
struct form_view *form_view_create(struct application *application, const struct form *form,
                                   enum form_mode mode);
int form_body_first(const struct form_view *form); /* body row below the tabs */
void form_layout(struct form_view *form);          /* makes it if it is stale */
bool form_fetch(struct form_view *form, int64_t id, const char *key, bool quiet);
bool form_reload(struct form_view *form); /* from the server; false with a message */
void form_show_record(struct form_view *form, int64_t id, int64_t version, struct record *record,
                      const uint16_t *verbs, size_t verb_count);
/* Decodes what show_encode() wrote; NULL after a failure. */
struct record *form_read_shown(const struct form *form, struct reader *reader, int64_t *id,
                               int64_t *version, uint16_t verbs[VERBS_LIMIT], size_t *verb_count,
                               struct arena *arena);
bool form_is_changed(const struct form_view *form);
bool form_permits(const struct form_view *form, uint16_t verb);
bool form_marked(const struct form_view *form, const struct field *lines, size_t line,
                 const struct field *field);
void form_context(struct form_view *form); /* the customer of the title row */
extern const char form_context_name[];     /* name of the form that is that customer */

/* --- form_edit.c --- */
bool form_editable(const struct form_view *form, const struct form *of, const struct field *field);
int64_t form_template(const struct form_view *form);
/* The slot in focus; false if there is none. */
bool form_slot(struct form_view *form, struct slot *slot);
/* Ends typing in the slot: what was typed becomes its value. False: stays, and has said why. */
bool form_leave_slot(struct form_view *form);
void form_enter_slot(struct form_view *form);
void form_first_place(struct form_view *form);
bool form_go(struct form_view *form, int place);
bool form_edit_key(struct form_view *form, const struct keys_event *key);
void form_changed(struct form_view *form, const struct slot *slot); /* a value was changed */

/* --- form_input.c --- */
/* The record to send for `verb`; `sent_lines` maps, by lines field index, sent lines to the grid.
 * *any: something is said. */
struct sent_lines {
    const struct field *field;
    size_t count;
    size_t *lines;
};
struct record *form_input(struct form_view *form, bool *any, struct sent_lines **sent,
                          size_t *sent_count, struct arena *arena);
void form_fill_defaults(struct application *application, struct record *record,
                        struct arena *arena);
bool line_is_blank(struct application *application, const struct line *line);
/* Puts the values that `said` has over `record`. */
void record_put(struct record *record, const struct record *said, struct arena *arena);

/* --- form_submit.c --- */
void form_submit(struct form_view *form);
void form_run_verb(struct form_view *form, const struct verb *verb);
void form_menu(struct form_view *form); /* F2 */
const struct verb *form_key_verb(struct form_view *form, char key);
bool form_leave(struct view *view, bool check);

/* --- form_menu.c --- */
void form_menu(struct form_view *form); /* F2 */
const struct verb *form_key_verb(struct form_view *form, char key);

/* --- form_faults.c --- */
/* Shows the faults of an answer, empties what is wrong, and goes to the first. */
void form_show_faults(struct form_view *form, struct answer *answer, const struct sent_lines *sent,
                      size_t sent_count);
bool form_tab_holds(struct form_view *form, size_t tab, const struct field *field);

/* --- form_difference.c --- */
/* Someone else changed the record: shows both, field by field, and takes what is chosen. */
void form_resolve_difference(struct form_view *form, struct answer *answer);

/* --- form_tabs.c --- */
size_t form_tab_count(const struct form_view *form);
const char *form_tab_title(const struct form_view *form, size_t tab);
const struct related *form_tab_related(const struct form_view *form, size_t tab);
bool form_tab_is_history(const struct form_view *form, size_t tab);
/* Rows of fields of a tab; NULL for related lists and the history. */
const struct screen_row *form_tab_rows(struct form_view *form, size_t tab, size_t *count);
void form_show_tab(struct form_view *form, size_t tab);
void form_draw_extra(struct form_view *form, struct cells *body, int first);
bool form_extra_key(struct form_view *form, const struct keys_event *key);

/* --- grid.c --- */
struct grid_column {
    const struct field *field;
    int column;
    int columns;
};
enum { GRID_COLUMNS = 16 };
size_t grid_columns(struct form_view *form, const struct field *lines, int width,
                    struct grid_column columns[GRID_COLUMNS]);
void grid_draw(struct form_view *form, struct cells *body, const struct layout_place *place,
               int row, bool focused);
bool grid_slot(struct form_view *form, const struct layout_place *place, struct slot *slot);
bool grid_key(struct form_view *form, const struct keys_event *key);
void grid_enter(struct form_view *form, const struct field *lines, bool last);
/* Moves by cells; false at an end: the form's next field is meant. */
bool grid_step(struct form_view *form, int by);
struct lines *grid_lines(const struct form_view *form);
size_t grid_visible(const struct layout_place *place); /* lines shown at once */
void grid_open_line(struct form_view *form);

#endif
