/* The list: rows in the order of delivery, an index of those that are visible now. */
#include "client/terminal/list_internal.h"
#include "protocol/buffer.h"

#include <stdlib.h>
#include <string.h>

static char *copy_text(const char *text)
{
    char *copy = strdup(text == NULL ? "" : text);
    if (copy == NULL)
        abort();
    return copy;
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count == 0 ? 1 : count, size);
    if (memory == NULL)
        abort();
    return memory;
}

struct list *list_create(const struct list_options *options)
{
    struct list *list = allocate(1, sizeof(*list));
    list->options = *options;
    list->columns = allocate(options->column_count, sizeof(*list->columns));
    for (size_t i = 0; i < options->column_count; i++) {
        list->columns[i] = options->columns[i];
        list->columns[i].title = copy_text(options->columns[i].title);
    }
    list->options.columns = list->columns;
    if (list->options.rows < 1)
        list->options.rows = 1;
    return list;
}

static void entry_release(const struct list *list, struct entry *entry)
{
    for (size_t i = 0; i < list->options.column_count; i++)
        free(entry->texts[i]);
    free(entry->texts);
    free(entry->match);
}

static void list_forget(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        entry_release(list, &list->entries[i]);
    list->count = 0;
    list->visible_count = 0;
    list->focus = 0;
    list->top = 0;
    list->complete = false;
    list->number = 0;
}

void list_free(struct list *list)
{
    if (list == NULL)
        return;
    list_forget(list);
    for (size_t i = 0; i < list->options.column_count; i++)
        free((char *)(uintptr_t)list->columns[i].title);
    free(list->columns);
    free(list->entries);
    free(list->visible);
    free(list);
}

/* --- what is visible ------------------------------------------------------------------------- */

/* ASCII letters match in either case; everything else byte by byte. */
static bool text_begins(const char *text, const char *beginning)
{
    for (; *beginning != '\0'; text++, beginning++) {
        char one = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        char other =
            *beginning >= 'A' && *beginning <= 'Z' ? (char)(*beginning - 'A' + 'a') : *beginning;
        if (one != other)
            return false;
    }
    return true;
}

static bool entry_matches(const struct list *list, const struct entry *entry)
{
    const char *filter = list->filter;
    if (*filter == '\0' || list->options.filter_by_fetch)
        return true;
    for (size_t i = 0; i < list->options.column_count; i++)
        if (text_begins(entry->texts[i], filter))
            return true;
    const char *word = entry->match;
    while (*word != '\0') {
        if (text_begins(word, filter))
            return true;
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    return false;
}

static void list_follow(struct list *list)
{
    size_t rows = (size_t)list->options.rows;
    if (list->visible_count == 0) {
        list->focus = 0;
        list->top = 0;
        return;
    }
    if (list->focus >= list->visible_count)
        list->focus = list->visible_count - 1;
    if (list->focus < list->top)
        list->top = list->focus;
    if (list->focus >= list->top + rows)
        list->top = list->focus - rows + 1;
    if (list->top + rows > list->visible_count)
        list->top = list->visible_count > rows ? list->visible_count - rows : 0;
}

/* Builds the index anew and keeps the focus on the same row if it is still visible. A row that the
 * filter lets through shows its branch above it as well. */
static void list_sift(struct list *list)
{
    int64_t kept = list_focus_id(list);
    bool filtered = list->filter[0] != '\0' && !list->options.filter_by_fetch;
    bool *through = allocate(list->count, sizeof(*through));
    for (size_t i = list->count; i-- > 0;) {
        if (through[i] || entry_matches(list, &list->entries[i])) {
            through[i] = true;
            int depth = list->entries[i].depth;
            for (size_t j = i; filtered && depth > 0 && j-- > 0;) {
                if (list->entries[j].depth < depth) {
                    through[j] = true;
                    depth = list->entries[j].depth;
                }
            }
        }
    }
    free(list->visible);
    list->visible = allocate(list->count, sizeof(*list->visible));
    list->visible_count = 0;
    int closed = -1; /* depth of the closed branch we are inside of */
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *entry = &list->entries[i];
        if (closed >= 0 && entry->depth > closed)
            continue;
        closed = entry->expandable && !entry->expanded ? entry->depth : -1;
        if (through[i])
            list->visible[list->visible_count++] = i;
    }
    free(through);
    for (size_t i = 0; i < list->visible_count; i++)
        if (list->entries[list->visible[i]].id == kept)
            list->focus = i;
    list_follow(list);
}

static struct entry *list_focused(const struct list *list)
{
    if (list->focus >= list->visible_count)
        return NULL;
    return &list->entries[list->visible[list->focus]];
}

/* --- rows ------------------------------------------------------------------------------------ */

static void list_ask(struct list *list, bool first)
{
    if (list->options.fetch == NULL || list->asking || (!first && list->complete))
        return;
    int64_t last = 0;
    for (size_t i = list->count; i-- > 0 && last == 0;)
        if (list->entries[i].depth == 0)
            last = list->entries[i].id;
    list->asking = true;
    list->options.fetch(list->options.context, list, first, first ? 0 : last,
                        (size_t)list->options.rows,
                        list->options.filter_by_fetch ? list->filter : "");
}

void list_start(struct list *list)
{
    list_forget(list);
    list->asking = false;
    list_ask(list, true);
}

static void list_insert(struct list *list, size_t at, const struct list_row *rows, size_t count,
                        int depth)
{
    if (list->count + count > list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity;
        while (capacity < list->count + count)
            capacity *= 2;
        struct entry *entries = realloc(list->entries, capacity * sizeof(*entries));
        if (entries == NULL)
            abort();
        list->entries = entries;
        list->capacity = capacity;
    }
    if (count > 0)
        memmove(&list->entries[at + count], &list->entries[at],
                (list->count - at) * sizeof(*list->entries));
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &list->entries[at + i];
        *entry = (struct entry){
            .id = rows[i].id,
            .depth = depth + rows[i].depth,
            .expandable = rows[i].expandable,
            .marked = rows[i].marked,
            .attribute = rows[i].attribute,
            .match = copy_text(rows[i].match),
        };
        entry->texts = allocate(list->options.column_count, sizeof(*entry->texts));
        for (size_t j = 0; j < list->options.column_count; j++)
            entry->texts[j] = copy_text(rows[i].texts == NULL ? NULL : rows[i].texts[j]);
    }
    list->count += count;
}

void list_deliver(struct list *list, const struct list_row *rows, size_t count, bool end)
{
    list->asking = false;
    list->complete = end;
    size_t at = list->count;
    list_insert(list, at, rows, count, 0);
    /* A branch that comes with its children is open. */
    for (size_t i = at; i + 1 < list->count; i++)
        if (list->entries[i].expandable && list->entries[i + 1].depth > list->entries[i].depth)
            list->entries[i].expanded = true;
    list_sift(list);
    /* A filter that lets through less than a page asks on, page by page. */
    if (!end && count > 0 && list->visible_count < (size_t)list->options.rows)
        list_ask(list, false);
}

static size_t list_branch_end(const struct list *list, size_t branch)
{
    size_t end = branch + 1;
    while (end < list->count && list->entries[end].depth > list->entries[branch].depth)
        end++;
    return end;
}

static void list_remove_children(struct list *list, size_t branch)
{
    size_t end = list_branch_end(list, branch);
    for (size_t i = branch + 1; i < end; i++)
        entry_release(list, &list->entries[i]);
    memmove(&list->entries[branch + 1], &list->entries[end],
            (list->count - end) * sizeof(*list->entries));
    list->count -= end - branch - 1;
}

void list_deliver_children(struct list *list, int64_t parent, const struct list_row *rows,
                           size_t count)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->entries[i].id != parent)
            continue;
        int64_t kept = list_focus_id(list);
        list_remove_children(list, i);
        list->entries[i].expanded = true;
        list_insert(list, i + 1, rows, count, list->entries[i].depth + 1);
        list->visible_count = 0; /* the old index points at moved rows */
        list_sift(list);
        list_set_focus(list, kept);
        return;
    }
}

void list_resize(struct list *list, int rows, int width)
{
    list->options.rows = rows < 1 ? 1 : rows;
    list->options.width = width;
    list_follow(list);
}

/* --- looking --------------------------------------------------------------------------------- */

size_t list_count(const struct list *list)
{
    size_t count = 0;
    int closed = -1;
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *entry = &list->entries[i];
        if (closed >= 0 && entry->depth > closed)
            continue;
        closed = entry->expandable && !entry->expanded ? entry->depth : -1;
        count++;
    }
    return count;
}

size_t list_visible_count(const struct list *list)
{
    return list->visible_count;
}

bool list_is_complete(const struct list *list)
{
    return list->complete;
}

bool list_has_focus(const struct list *list)
{
    return list_focused(list) != NULL;
}

int64_t list_focus_id(const struct list *list)
{
    const struct entry *entry = list_focused(list);
    return entry == NULL ? 0 : entry->id;
}

const char *list_focus_text(const struct list *list, size_t column)
{
    const struct entry *entry = list_focused(list);
    return entry == NULL || column >= list->options.column_count ? "" : entry->texts[column];
}

bool list_set_focus(struct list *list, int64_t id)
{
    for (size_t i = 0; i < list->visible_count; i++) {
        if (list->entries[list->visible[i]].id == id) {
            list->focus = i;
            list_follow(list);
            return true;
        }
    }
    return false;
}

size_t list_top(const struct list *list)
{
    return list->top;
}

size_t list_focus(const struct list *list)
{
    return list->focus;
}

const char *list_filter(const struct list *list)
{
    return list->filter;
}

bool list_is_marked(const struct list *list, int64_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->entries[i].id == id)
            return list->entries[i].marked;
    return false;
}

size_t list_marked(const struct list *list, int64_t *ids, size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!list->entries[i].marked)
            continue;
        if (count < capacity)
            ids[count] = list->entries[i].id;
        count++;
    }
    return count;
}

/* --- keys ------------------------------------------------------------------------------------ */

void list_set_filter(struct list *list, const char *filter)
{
    size_t length = strlen(filter);
    while (length > FILTER_LIMIT || (length > 0 && !utf8_valid(filter, length)))
        length--;
    memmove(list->filter, filter, length);
    list->filter[length] = '\0';
    list->number = 0;
    if (list->options.filter_by_fetch) {
        list_start(list);
        return;
    }
    list->focus = 0;
    list->top = 0;
    list->visible_count = 0; /* the focus goes to the first match */
    list_sift(list);
    if (list->visible_count < (size_t)list->options.rows)
        list_ask(list, false);
}

static enum list_result list_filter_add(struct list *list, uint32_t character)
{
    char filter[FILTER_LIMIT + 5];
    size_t length = strlen(list->filter);
    memcpy(filter, list->filter, length);
    length += cells_encode(filter + length, character);
    filter[length] = '\0';
    if (length > FILTER_LIMIT)
        return LIST_REFUSED;
    char before[FILTER_LIMIT + 1];
    memcpy(before, list->filter, sizeof(before));
    list_set_filter(list, filter);
    /* What matches nothing is not taken, as long as all rows are known. */
    if (!list->options.filter_by_fetch && list->visible_count == 0 &&
        (list->complete || list->options.fetch == NULL)) {
        list_set_filter(list, before);
        return LIST_REFUSED;
    }
    return LIST_HANDLED;
}

static enum list_result list_filter_remove(struct list *list)
{
    size_t length = strlen(list->filter);
    if (list->number != 0) {
        list->number /= 10;
        return LIST_HANDLED;
    }
    if (length == 0)
        return LIST_IGNORED;
    do
        length--;
    while (length > 0 && ((unsigned char)list->filter[length] & 0xc0) == 0x80);
    list->filter[length] = '\0';
    char filter[FILTER_LIMIT + 1];
    memcpy(filter, list->filter, sizeof(filter));
    list_set_filter(list, filter);
    return LIST_HANDLED;
}

/* Digits pick a row of those shown; at once when no further digit could follow. */
static enum list_result list_digit(struct list *list, int digit)
{
    size_t shown = list->visible_count - list->top;
    if (shown > (size_t)list->options.rows)
        shown = (size_t)list->options.rows;
    int number = list->number * 10 + digit;
    if (number < 1 || (size_t)number > shown) {
        list->number = 0;
        return LIST_REFUSED;
    }
    list->focus = list->top + (size_t)number - 1;
    if ((size_t)number * 10 > shown) {
        list->number = 0;
        return LIST_CHOSEN;
    }
    list->number = number;
    return LIST_HANDLED;
}

static enum list_result list_go(struct list *list, size_t focus)
{
    if (list->visible_count == 0)
        return LIST_REFUSED;
    if (focus >= list->visible_count)
        focus = list->visible_count - 1;
    bool moved = focus != list->focus;
    list->focus = focus;
    list_follow(list);
    /* The next page is asked for before the last row is reached. */
    if (focus + 1 + (size_t)list->options.rows / 2 >= list->visible_count)
        list_ask(list, false);
    return moved ? LIST_HANDLED : LIST_REFUSED;
}

static enum list_result list_fold(struct list *list, bool open)
{
    struct entry *entry = list_focused(list);
    if (entry == NULL)
        return LIST_IGNORED;
    if (open) {
        if (!entry->expandable)
            return LIST_IGNORED;
        if (entry->expanded)
            return LIST_HANDLED;
        size_t index = list->visible[list->focus];
        if (list_branch_end(list, index) > index + 1) { /* delivered before */
            entry->expanded = true;
            list_sift(list);
            return LIST_HANDLED;
        }
        return LIST_EXPAND;
    }
    if (entry->expandable && entry->expanded) {
        entry->expanded = false;
        list_sift(list);
        return LIST_HANDLED;
    }
    for (size_t i = list->visible[list->focus]; entry->depth > 0 && i-- > 0;)
        if (list->entries[i].depth < entry->depth) {
            list_set_focus(list, list->entries[i].id);
            return LIST_HANDLED;
        }
    return LIST_IGNORED;
}

static enum list_result list_code(struct list *list, enum keys_code code)
{
    size_t rows = (size_t)list->options.rows;
    switch (code) {
    case KEYS_UP:
        return list->focus == 0 ? LIST_REFUSED : list_go(list, list->focus - 1);
    case KEYS_DOWN:
        return list_go(list, list->focus + 1);
    case KEYS_PAGE_UP:
        if (list->top > 0)
            list->top = list->top > rows ? list->top - rows : 0;
        return list_go(list, list->focus > rows ? list->focus - rows : 0);
    case KEYS_PAGE_DOWN:
        if (list->top + 2 * rows > list->visible_count)
            list_ask(list, false);
        if (list->top + rows < list->visible_count)
            list->top += rows;
        return list_go(list, list->focus + rows);
    case KEYS_HOME:
        return list_go(list, 0);
    case KEYS_END:
        return list->visible_count == 0 ? LIST_REFUSED : list_go(list, list->visible_count - 1);
    case KEYS_RIGHT:
        return list_fold(list, true);
    case KEYS_LEFT:
        return list_fold(list, false);
    case KEYS_BACKSPACE:
        return list_filter_remove(list);
    case KEYS_FIELD_ERASE:
        list_set_filter(list, "");
        return LIST_HANDLED;
    case KEYS_ENTER:
        list->number = 0;
        return list_has_focus(list) ? LIST_CHOSEN : LIST_REFUSED;
    default:
        return LIST_IGNORED;
    }
}

enum list_result list_key(struct list *list, const struct keys_event *event)
{
    if (event->kind == KEYS_KEY) {
        if (event->code != KEYS_BACKSPACE)
            list->number = 0;
        return list_code(list, event->code);
    }
    if (event->kind != KEYS_CHARACTER)
        return LIST_IGNORED;
    uint32_t character = event->character;
    if (!event->pasted) {
        if (list->options.numbers && character >= '0' && character <= '9')
            return list_digit(list, (int)(character - '0'));
        struct entry *entry = list_focused(list);
        if (list->options.marks && character == ' ') {
            if (entry == NULL)
                return LIST_REFUSED;
            entry->marked = !entry->marked;
            list_go(list, list->focus + 1);
            return LIST_HANDLED;
        }
    }
    if (list->options.no_filter || character < ' ')
        return LIST_IGNORED;
    list->number = 0;
    return list_filter_add(list, character);
}
