/* Masked views of sensitive values, from one table of styles. */
#include "server/party/mask.h"

#include <string.h>

#include "protocol/buffer.h"

static const struct mask_style {
    const char *name;
    size_t head;
    size_t tail;
    size_t hidden;  /* at least so many characters are hidden */
    bool tail_mark; /* the end from the last '@' on is shown, whatever its length */
} styles[] = {
    {.name = "identity", .head = 4, .tail = 4, .hidden = 6},
    {.name = "telephone", .head = 3, .tail = 4, .hidden = 4},
    {.name = "name", .head = 1, .hidden = 1},
    {.name = "organisation", .head = 2, .tail = 2, .hidden = 2},
    {.name = "address", .head = 6, .hidden = 4},
    {.name = "mail", .head = 1, .hidden = 1, .tail_mark = true},
    {.name = "account", .tail = 4, .hidden = 6},
    {.name = "whole", .hidden = 1},
};

static const struct mask_style *style_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof(styles) / sizeof(*styles); i++) {
        if (strcmp(styles[i].name, name) == 0) {
            return &styles[i];
        }
    }
    return NULL;
}

bool mask_style_known(const char *style)
{
    return style_find(style) != NULL;
}

static size_t point_bytes(const char *text, size_t left)
{
    uint32_t point;

    return utf8_decode(text, left, &point);
}

bool mask_apply(const char *style_name, const char *text, char *masked, size_t size)
{
    const struct mask_style *style = style_find(style_name);
    size_t bytes;
    size_t body;
    size_t count;
    size_t head;
    size_t tail;
    size_t out = 0;

    if (size == 0) {
        return false;
    }
    masked[0] = '\0';
    if (style == NULL || text == NULL) {
        return false;
    }
    bytes = strlen(text);
    body = bytes;
    if (!utf8_valid(text, bytes)) {
        return false;
    }
    if (style->tail_mark && strrchr(text, '@') != NULL) {
        body = (size_t)(strrchr(text, '@') - text);
    }
    count = 0;
    for (size_t at = 0; at < body; count++) {
        at += point_bytes(text + at, body - at);
    }
    head = style->head;
    tail = style->tail;
    while (head + tail > 0 && head + tail + style->hidden > count) {
        if (head > 0) {
            head--;
        } else {
            tail--;
        }
    }
    for (size_t at = 0, i = 0; at < body; i++) {
        size_t length = point_bytes(text + at, body - at);
        bool open = i < head || i >= count - tail;

        if (size - out <= (open ? length : 1)) {
            masked[0] = '\0';
            return false;
        }
        if (open) {
            memcpy(masked + out, text + at, length);
            out += length;
        } else {
            masked[out++] = '*';
        }
        at += length;
    }
    if (size - out <= bytes - body) {
        masked[0] = '\0';
        return false;
    }
    memcpy(masked + out, text + body, bytes - body);
    masked[out + bytes - body] = '\0';
    return true;
}

bool identity_mask(const char *text, char *masked, size_t size)
{
    return mask_apply("identity", text, masked, size);
}

bool telephone_mask(const char *text, char *masked, size_t size)
{
    return mask_apply("telephone", text, masked, size);
}

bool name_mask(const char *text, char *masked, size_t size)
{
    return mask_apply("name", text, masked, size);
}

bool address_mask(const char *text, char *masked, size_t size)
{
    return mask_apply("address", text, masked, size);
}
