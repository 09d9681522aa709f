/* What a person has arranged: favourites with their numbers, codes learnt from use, what stands on
 * the home screen, and what opens by itself [17-187][17-188]. Travels as JSON. */
#ifndef HALLDESK_WORKSPACE_H
#define HALLDESK_WORKSPACE_H

#include <stdbool.h>
#include <stddef.h>

enum { WORKSPACE_CODES = 64, WORKSPACE_CODE = 24, WORKSPACE_FAVOURITES = 16 };

enum workspace_panel {
    PANEL_WAITING = 1 << 0,
    PANEL_FAVOURITES = 1 << 1,
    PANEL_NOTICES = 1 << 2,
    PANEL_SHIFT = 1 << 3,
    PANEL_ALL = 15,
};

struct workspace_code {
    char code[WORKSPACE_CODE];
    unsigned uses;
    bool pinned; /* a favourite by choice; else by use */
    bool opens;  /* opened by itself after sign-in */
};

struct workspace {
    size_t count;
    struct workspace_code codes[WORKSPACE_CODES];
    unsigned panels;
    bool changed; /* since it was read or sent */
};

/* Never NULL; what cannot be read is left out. */
struct workspace *workspace_read(const char *json);
void workspace_free(struct workspace *workspace);
char *workspace_write(const struct workspace *workspace);          /* caller frees */
void workspace_use(struct workspace *workspace, const char *code); /* learns */
/* Entry of a code, made if there is room; NULL if there is none. */
struct workspace_code *workspace_code(struct workspace *workspace, const char *code);
/* Favourites in the order shown: pinned ones, then the most used; returns how many. */
size_t workspace_favourites(const struct workspace *workspace, const char *codes[],
                            size_t capacity);

#endif
