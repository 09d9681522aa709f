/* The workspace of a person. */
#include "client/workspace.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    unsigned panel;
} panel_names[] = {
    {"waiting", PANEL_WAITING},
    {"favourites", PANEL_FAVOURITES},
    {"notices", PANEL_NOTICES},
    {"shift", PANEL_SHIFT},
};

static void code_read(struct workspace *workspace, const json_t *element)
{
    const char *name = json_string_value(json_object_get(element, "code"));
    struct workspace_code *code = name != NULL ? workspace_code(workspace, name) : NULL;
    json_int_t uses = json_integer_value(json_object_get(element, "uses"));
    if (code == NULL)
        return;
    code->uses = uses > 0 && uses < 1000000000 ? (unsigned)uses : 0;
    code->pinned = json_is_true(json_object_get(element, "pinned"));
    code->opens = json_is_true(json_object_get(element, "opens"));
}

struct workspace *workspace_read(const char *json)
{
    struct workspace *workspace = calloc(1, sizeof *workspace);
    if (workspace == NULL)
        abort();
    workspace->panels = PANEL_ALL;
    json_t *root = json_loads(json, 0, NULL);
    const json_t *codes = json_object_get(root, "codes");
    for (size_t i = 0; i < json_array_size(codes); i++)
        code_read(workspace, json_array_get(codes, i));
    const json_t *panels = json_object_get(root, "panels");
    if (json_is_array(panels)) {
        workspace->panels = 0;
        for (size_t i = 0; i < json_array_size(panels); i++) {
            const char *name = json_string_value(json_array_get(panels, i));
            for (size_t n = 0; name != NULL && n < sizeof panel_names / sizeof *panel_names; n++)
                if (strcmp(panel_names[n].name, name) == 0)
                    workspace->panels |= panel_names[n].panel;
        }
    }
    json_decref(root);
    workspace->changed = false;
    return workspace;
}

void workspace_free(struct workspace *workspace)
{
    free(workspace);
}

char *workspace_write(const struct workspace *workspace)
{
    json_t *root = json_object();
    json_t *codes = json_array();
    json_t *panels = json_array();
    for (size_t i = 0; i < workspace->count; i++) {
        const struct workspace_code *code = &workspace->codes[i];
        json_array_append_new(codes, json_pack("{s:s, s:i, s:b, s:b}", "code", code->code, "uses",
                                               (int)code->uses, "pinned", (int)code->pinned,
                                               "opens", (int)code->opens));
    }
    for (size_t i = 0; i < sizeof panel_names / sizeof *panel_names; i++)
        if ((workspace->panels & panel_names[i].panel) != 0)
            json_array_append_new(panels, json_string(panel_names[i].name));
    json_object_set_new(root, "codes", codes);
    json_object_set_new(root, "panels", panels);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text == NULL)
        abort();
    return text;
}

struct workspace_code *workspace_code(struct workspace *workspace, const char *name)
{
    for (size_t i = 0; i < workspace->count; i++)
        if (strcasecmp(workspace->codes[i].code, name) == 0)
            return &workspace->codes[i];
    if (workspace->count == WORKSPACE_CODES || strlen(name) >= WORKSPACE_CODE || *name == '\0')
        return NULL;
    struct workspace_code *code = &workspace->codes[workspace->count++];
    *code = (struct workspace_code){0};
    snprintf(code->code, sizeof code->code, "%s", name);
    return code;
}

void workspace_use(struct workspace *workspace, const char *name)
{
    struct workspace_code *code = workspace_code(workspace, name);
    if (code == NULL)
        return;
    code->uses++;
    workspace->changed = true;
}

size_t workspace_favourites(const struct workspace *workspace, const char *codes[], size_t capacity)
{
    bool taken[WORKSPACE_CODES] = {false};
    size_t count = 0;
    for (size_t i = 0; i < workspace->count && count < capacity; i++) {
        if (workspace->codes[i].pinned) {
            taken[i] = true;
            codes[count++] = workspace->codes[i].code;
        }
    }
    while (count < capacity) {
        const struct workspace_code *best = NULL;
        for (size_t i = 0; i < workspace->count; i++)
            if (!taken[i] && workspace->codes[i].uses > 0 &&
                (best == NULL || workspace->codes[i].uses > best->uses))
                best = &workspace->codes[i];
        if (best == NULL)
            break;
        taken[best - workspace->codes] = true;
        codes[count++] = best->code;
    }
    return count;
}
