/* What a running gateway takes over at a reload: limits, certificate, classes of verbs.
 *
 * It has no right to read the key file any more, so the master sends what it needs. A gateway
 * knows forms only to choose the class of worker: a skeleton of numbers is enough. */
#include <string.h>

#include "protocol/arena.h"
#include "server/process/gateway.h"
#include "server/process/log.h"

enum { RELOAD_FORMS = 65535, RELOAD_VERBS = 255, RELOAD_PEM = 1 << 20, RELOAD_NAME = 256 };

#define MEMBER(name) offsetof(struct configuration, name)

static const size_t reloaded[] = {
    MEMBER(terminals_per_gateway),
    MEMBER(terminal_buffer),
    MEMBER(calls_per_second),
    MEMBER(hello_seconds),
    MEMBER(keepalive_seconds),
    MEMBER(idle_minutes),
    MEMBER(auth_queue),
    MEMBER(queue_seconds),
    MEMBER(queue_long_seconds),
    MEMBER(drain_seconds),
};

enum { RELOADED = sizeof reloaded / sizeof reloaded[0] };

void gateway_reload_encode(struct channel *channel, const struct configuration *configuration,
                           const struct form_set *forms, const char *certificate, const char *key)
{
    struct writer *writer = channel_begin(channel, ENVELOPE_RELOAD);
    for (size_t i = 0; i < RELOADED; i++) {
        int64_t value;
        memcpy(&value, (const char *)configuration + reloaded[i], sizeof value);
        writer_signed(writer, value);
    }
    writer_text(writer, configuration->server_name);
    writer_block(writer, certificate, certificate ? strlen(certificate) : 0);
    writer_block(writer, key, key ? strlen(key) : 0);
    writer_unsigned(writer, forms->count);
    for (size_t i = 0; i < forms->count; i++) {
        const struct form *form = forms->forms[i];
        writer_unsigned(writer, form->number);
        writer_unsigned(writer, form->verb_count);
        for (size_t j = 0; j < form->verb_count; j++) {
            writer_unsigned(writer, form->verbs[j].number);
            writer_u8(writer, (uint8_t)form->verbs[j].worker);
        }
    }
    channel_finish(channel);
}

static struct form *skeleton_form(struct reader *reader, struct arena *arena)
{
    struct form *form = ARENA_NEW(arena, struct form);
    form->number = (uint16_t)reader_limited(reader, RELOAD_FORMS);
    form->verb_count = (size_t)reader_limited(reader, RELOAD_VERBS);
    form->verbs = ARENA_ARRAY(arena, struct verb, form->verb_count + 1);
    for (size_t i = 0; i < form->verb_count; i++) {
        form->verbs[i].number = (uint16_t)reader_limited(reader, UINT16_MAX);
        form->verbs[i].worker = (enum verb_class)reader_u8(reader);
    }
    return form;
}

/* Not a text: such files may have been written with carriage returns. */
static const char *reload_pem(struct reader *reader, struct arena *arena)
{
    size_t length = 0;
    const uint8_t *bytes = reader_block(reader, RELOAD_PEM, &length);
    return bytes ? arena_copy(arena, (const char *)bytes, length) : "";
}

bool gateway_reload(struct gateway *gateway, const struct envelope *envelope)
{
    struct reader reader;
    struct arena *arena = arena_create();
    struct configuration fresh = gateway->configuration;
    reader_initialise(&reader, envelope->body, envelope->length);
    for (size_t i = 0; i < RELOADED; i++) {
        int64_t value = reader_signed(&reader);
        memcpy((char *)&fresh + reloaded[i], &value, sizeof value);
    }
    fresh.server_name = reader_text(&reader, arena, RELOAD_NAME);
    const char *certificate = reload_pem(&reader, arena);
    const char *key = reload_pem(&reader, arena);
    struct form_set *forms = ARENA_NEW(arena, struct form_set);
    forms->count = (size_t)reader_limited(&reader, RELOAD_FORMS);
    forms->forms = ARENA_ARRAY(arena, struct form *, forms->count + 1);
    for (size_t i = 0; i < forms->count && !reader.failed; i++)
        forms->forms[i] = skeleton_form(&reader, arena);
    if (!reader_end(&reader))
        goto failed;
    if (gateway->tls && certificate[0]) {
        char why[128];
        SSL_CTX *tls = gateway_tls_create(certificate, key, why, sizeof why);
        if (tls) {
            SSL_CTX_free(gateway->tls); /* lines keep theirs by count */
            gateway->tls = tls;
        } else {
            log_write(LOG_ERROR, "the new certificate is not usable, the old one stays: %s", why);
        }
    }
    gateway->configuration = fresh;
    gateway->forms = forms;
    if (gateway->reload_arena)
        arena_free(gateway->reload_arena);
    gateway->reload_arena = arena;
    log_write(LOG_INFO, "took over the new configuration and %zu forms", forms->count);
    return true;
failed:
    arena_free(arena);
    return false;
}
