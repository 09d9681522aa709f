/* The words of a call as people type them: field=value, items+={…}, date>=2026-01-01, --all. */
#ifndef HALLDESK_CTL_WORDS_H
#define HALLDESK_CTL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum word_operator {
    WORD_SET,    /* name=value */
    WORD_ADD,    /* name+={…} */
    WORD_REMOVE, /* name-=ID */
    WORD_PREFIX, /* name~value* */
    WORD_FROM,   /* name>=value */
    WORD_TO,     /* name<=value */
};

struct word {
    const char *name;
    int64_t line; /* name.ID; 0: none */
    enum word_operator operator;
    const char *value;
    char sign; /* '@' before the name: of the call; '.': of the form; '\0': as it fits */
};

/* Splits a line at blanks. Quotes '…' and "…" (with \" \\ \n \t) hold blanks together and are
 * taken off; a group {…} is one piece and keeps its quotes. `literal`, if not NULL, tells of each
 * piece whether '…' stood in it: no variables there. NULL with `error` set if a quote or group is
 * not closed. */
char **words_split(const char *line, struct arena *arena, size_t *count, bool **literal,
                   const char **error);
/* False if the text has no operator behind a name. */
bool word_parse(const char *text, struct arena *arena, struct word *word);
/* The words within {…}, separated by commas; NULL with `error` set. */
struct word *words_group(const char *text, struct arena *arena, size_t *count, const char **error);

#endif
