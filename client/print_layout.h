/* Printed sheets as *.layout files declare them: a record becomes lines of text. Pure: knows
 * neither terminal nor printer. */
#ifndef HALLDESK_PRINT_LAYOUT_H
#define HALLDESK_PRINT_LAYOUT_H

#include "protocol/record.h"
#include "server/forms/declaration.h"

struct arena;

/* One text or one field of the record. Rows and columns count from 1, a Han character takes two. */
struct print_place {
    int row; /* 0 in lines, whose rows follow the record */
    int column;
    int width;         /* columns of a field; 0: a text, up to the edge of the sheet */
    struct label text; /* both NULL: a field */
    const char *field;
    const char *when; /* only where this flag of the record is set; NULL: always */
    bool wide;        /* spaced out to twice the columns */
    bool right;
    int source_line;
};

struct print_lines {
    const char *field;
    int row;
    int rows;
    size_t count;
    struct print_place *places;
    int source_line;
};

struct print_layout {
    const char *name;
    const char *form; /* whose answer is printed */
    struct label title;
    int columns;
    int rows;
    int copies;
    size_t count;
    struct print_place *places;
    size_t lines_count;
    struct print_lines *lines;
    const char *file;
};

struct print_layout_options {
    const char *language;
    int ambiguous; /* columns of a character of ambiguous width on the printer: 1 or 2 */
    /* A value as people read it (codes by label, amounts with separators); the text lives in the
     * arena or longer. */
    const char *(*text)(void *context, const struct form *form, const struct field *field,
                        const struct value *value, struct arena *arena);
    void *context;
};

/* NULL after errors, which are added; all of it lives in the arena. */
const struct print_layout *print_layout_read(const char *file, struct arena *arena,
                                             struct form_errors *errors);
/* Does every place name a field that the form has, a flag where it says when, lines where it
 * repeats? */
void print_layout_check(const struct print_layout *layout, const struct form *form,
                        struct form_errors *errors);
/* The layout below the directory that prints the answers of the form; NULL if there is none. */
const struct print_layout *print_layout_find(const char *directory, const char *form,
                                             struct arena *arena, struct form_errors *errors);
/* UTF-8 text of layout->rows lines, each ending in '\n' and without spaces at its end; when lines
 * of the record are more than their rows, further sheets follow with the rest of them. One copy. */
const char *print_layout_render(const struct print_layout *layout, const struct record *record,
                                const struct print_layout_options *options, struct arena *arena);

#endif
