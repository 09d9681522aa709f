/* The decoder: a small state machine over bytes and time. Any byte that cannot continue what was
 * begun ends it and is looked at afresh, so that garbage never costs the keys behind it. */
#include "client/terminal/keys.h"
#include "client/terminal/coding.h"
#include "client/terminal/keys_table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum keys_state {
    STATE_GROUND,
    STATE_CHARACTER, /* some bytes of a character */
    STATE_ESCAPE,
    STATE_CSI,
    STATE_SS3,
    STATE_LINUX,  /* ESC [ [ */
    STATE_STRING, /* OSC, DCS …: up to BEL or ESC \ */
    STATE_STRING_ESCAPE
};

enum {
    PARTIAL_CAPACITY = 32,
    STRING_LIMIT = 4096, /* bytes of a control string before it is held to be garbage */
    QUEUE_LIMIT = 65536, /* events; a paste of more is cut */
    LATE_WINDOW = 1000,  /* ms after a lone Esc in which the rest of its sequence may come */
    LATE_GAP = 20,       /* ms between bytes of such a rest: people do not type that fast */
    LINE_END_GAP = 5     /* ms: LF behind CR is the same key (telnet) */
};

struct keys {
    struct keys_options options;
    struct coding coding;
    enum keys_state state;
    uint8_t partial[PARTIAL_CAPACITY]; /* parameters of a sequence */
    size_t length;
    size_t string_length;
    bool late; /* the sequence began after its Esc was taken for a lone one */
    bool pasting;
    bool expect_report;
    bool after_return; /* the last byte was CR */
    int64_t last;      /* when the last byte came */
    int64_t escape_at; /* when a lone Esc was settled, -1 none */
    unsigned long dropped;
    struct keys_event *queue;
    size_t head;
    size_t count;
    size_t capacity;
};

struct keys *keys_create(const struct keys_options *options)
{
    struct keys *keys = calloc(1, sizeof(*keys));
    if (keys == NULL)
        abort();
    keys->options = *options;
    if (keys->options.escape_delay <= 0)
        keys->options.escape_delay = KEYS_ESCAPE_DELAY;
    if (keys->options.profile == 0)
        keys->options.profile = KEYS_PROFILE_COMMON;
    keys->escape_at = -1;
    if (!coding_open(&keys->coding, options->encoding == KEYS_GB18030)) {
        free(keys);
        return NULL;
    }
    return keys;
}

void keys_free(struct keys *keys)
{
    if (keys == NULL)
        return;
    coding_close(&keys->coding);
    free(keys->queue);
    free(keys);
}

static void keys_queue(struct keys *keys, struct keys_event event)
{
    if (keys->count == QUEUE_LIMIT) {
        keys->dropped++;
        return;
    }
    if (keys->count == keys->capacity) {
        size_t capacity = keys->capacity == 0 ? 64 : keys->capacity * 2;
        struct keys_event *queue = malloc(capacity * sizeof(*queue));
        if (queue == NULL)
            abort();
        for (size_t i = 0; i < keys->count; i++)
            queue[i] = keys->queue[(keys->head + i) % keys->capacity];
        free(keys->queue);
        keys->queue = queue;
        keys->head = 0;
        keys->capacity = capacity;
    }
    keys->queue[(keys->head + keys->count) % keys->capacity] = event;
    keys->count++;
}

static void keys_emit(struct keys *keys, enum keys_code code)
{
    keys_queue(keys, (struct keys_event){.kind = KEYS_KEY, .code = code});
}

/* Invisible controls of Unicode and non-characters are not text of a field. */
static bool character_is_accepted(uint32_t character)
{
    if (character < ' ' || (character >= 0x7f && character < 0xa0))
        return false;
    if ((character >= 0x200b && character <= 0x200f) ||
        (character >= 0x2028 && character <= 0x202e) ||
        (character >= 0x2060 && character <= 0x206f) || character == 0xfeff)
        return false;
    if ((character >= 0xfdd0 && character <= 0xfdef) ||
        (character >= 0xfff9 && character <= 0xfffb) || (character & 0xfffe) == 0xfffe)
        return false;
    return character < 0xe0000 || character >= 0xf0000;
}

static void keys_emit_character(struct keys *keys, uint32_t character)
{
    keys_queue(keys, (struct keys_event){
                         .kind = KEYS_CHARACTER, .character = character, .pasted = keys->pasting});
}

static void keys_reset(struct keys *keys)
{
    keys->length = 0;
    keys->coding.length = 0;
    keys->late = false;
    keys->state = STATE_GROUND;
}

static void keys_drop(struct keys *keys)
{
    size_t partial = keys->length + keys->coding.length;
    keys->dropped += partial > 0 ? partial : 1;
    keys_reset(keys);
}

static enum keys_code keys_twin(uint8_t byte)
{
    for (enum keys_code code = KEYS_F1; code <= KEYS_F12; code++)
        if ((uint8_t)keys_descriptions[code].twin == byte)
            return code;
    return KEYS_NONE;
}

/* --- characters ------------------------------------------------------------------------------ */

static void keys_finish_character(struct keys *keys, uint32_t character)
{
    if (character_is_accepted(character))
        keys_emit_character(keys, character);
    else
        keys->dropped++;
    keys_reset(keys);
}

/* False if the byte does not belong to the character begun (which is then dropped). */
static bool keys_continue_character(struct keys *keys, uint8_t byte)
{
    uint32_t character;
    size_t begun = keys->coding.length;
    switch (coding_add(&keys->coding, byte, &character)) {
    case CODING_MORE:
        keys->state = STATE_CHARACTER;
        return true;
    case CODING_DONE:
        keys_finish_character(keys, character);
        return true;
    case CODING_INVALID:
        keys->dropped += begun + 1;
        keys_reset(keys);
        return true;
    default:
        /* A byte that cannot even begin a character is dropped itself. */
        keys->dropped += begun > 0 ? begun : 1;
        keys_reset(keys);
        return begun == 0;
    }
}

/* --- sequences ------------------------------------------------------------------------------- */

static const struct keys_sequence *sequence_find(const struct keys *keys, enum keys_family family,
                                                 uint8_t final, int parameter)
{
    for (size_t i = 0; i < sizeof(keys_sequences) / sizeof(keys_sequences[0]); i++) {
        const struct keys_sequence *sequence = &keys_sequences[i];
        if (sequence->family == family && (uint8_t)sequence->final == final &&
            (sequence->profiles & (int)keys->options.profile) != 0 &&
            (final != '~' || sequence->parameter == parameter))
            return sequence;
    }
    return NULL;
}

/* Numbers between semicolons; false if anything else is among the parameters. */
static bool sequence_parameters(const struct keys *keys, int parameters[2], size_t *count)
{
    *count = 0;
    parameters[0] = parameters[1] = 0;
    if (keys->length == 0)
        return true;
    *count = 1;
    for (size_t i = 0; i < keys->length; i++) {
        uint8_t byte = keys->partial[i];
        if (byte == ';') {
            if (++*count > 2)
                return false;
        } else if (byte >= '0' && byte <= '9') {
            int *parameter = &parameters[*count - 1];
            if (*parameter > 9999)
                return false;
            *parameter = *parameter * 10 + (byte - '0');
        } else {
            return false;
        }
    }
    return true;
}

/* The code with a modifier (xterm: 1 + shift 1, alt 2, control 4); KEYS_NONE if it has no
 * meaning here. */
static enum keys_code keys_modified(enum keys_code code, int modifier)
{
    if (modifier <= 1)
        return code;
    if (code >= KEYS_F1 && code <= KEYS_F12)
        return KEYS_NONE;
    bool strong = ((modifier - 1) & 6) != 0;
    if (strong && code == KEYS_LEFT)
        return KEYS_WORD_LEFT;
    if (strong && code == KEYS_RIGHT)
        return KEYS_WORD_RIGHT;
    return code;
}

static void keys_end_paste(struct keys *keys)
{
    keys->pasting = false;
    keys_queue(keys, (struct keys_event){.kind = KEYS_PASTE_END});
}

static void keys_finish_csi(struct keys *keys, uint8_t final)
{
    int parameters[2];
    size_t count;
    if (!sequence_parameters(keys, parameters, &count)) {
        keys_drop(keys);
        return;
    }
    if (final == '~' && parameters[0] == 201 && keys->pasting) {
        keys_end_paste(keys);
        keys_reset(keys);
        return;
    }
    if (keys->pasting) { /* a sequence inside of a paste is not data and not a key */
        keys_drop(keys);
        return;
    }
    if (final == '~' && parameters[0] == 200) {
        keys->pasting = true;
        keys_reset(keys);
        return;
    }
    if (final == 'R' && count == 2 && keys->expect_report) {
        keys_queue(keys, (struct keys_event){
                             .kind = KEYS_REPORT, .row = parameters[0], .column = parameters[1]});
        keys_reset(keys);
        return;
    }
    const struct keys_sequence *sequence =
        sequence_find(keys, KEYS_FAMILY_CSI, final, parameters[0]);
    enum keys_code code =
        sequence == NULL ? KEYS_NONE : keys_modified(sequence->code, parameters[1]);
    if (code == KEYS_NONE) {
        keys_drop(keys);
        return;
    }
    keys_emit(keys, code);
    keys_reset(keys);
}

static void keys_finish_simple(struct keys *keys, enum keys_family family, uint8_t final)
{
    const struct keys_sequence *sequence = sequence_find(keys, family, final, 0);
    if (sequence == NULL || keys->pasting) {
        keys_drop(keys);
        return;
    }
    if (sequence->code != KEYS_NONE)
        keys_emit(keys, sequence->code);
    else
        keys_emit_character(keys, (uint8_t)sequence->character);
    keys_reset(keys);
}

/* --- one byte -------------------------------------------------------------------------------- */

static void keys_control(struct keys *keys, uint8_t byte, int64_t now)
{
    bool line_end = keys->after_return && now - keys->last <= LINE_END_GAP;
    keys->after_return = byte == '\r';
    if (byte == 0 || (byte == '\n' && line_end))
        return; /* telnet sends CR NUL or CR LF for one Enter */
    if (keys->pasting) {
        if (byte == '\r' || byte == '\n')
            keys_emit_character(keys, '\n');
        else if (byte == '\t')
            keys_emit_character(keys, '\t');
        else
            keys->dropped++;
        return;
    }
    enum keys_code code = byte == 0x7f ? KEYS_BACKSPACE : keys_controls[byte];
    if (code == KEYS_NONE)
        keys->dropped++;
    else
        keys_emit(keys, code);
}

static void keys_ground(struct keys *keys, uint8_t byte, int64_t now)
{
    int64_t escape_age = keys->escape_at < 0 ? INT64_MAX : now - keys->escape_at;
    keys->escape_at = -1;
    if (byte != '\n' && byte != '\r' && byte != 0)
        keys->after_return = false;
    if (byte == 0x1b) {
        keys->state = STATE_ESCAPE;
        return;
    }
    if (byte < 0x20 || byte == 0x7f) {
        keys_control(keys, byte, now);
        return;
    }
    if (escape_age <= KEYS_TWIN_TIMEOUT && keys_twin(byte) != KEYS_NONE) {
        keys_emit(keys, keys_twin(byte));
        return;
    }
    if (escape_age <= LATE_WINDOW && (byte == '[' || byte == 'O')) {
        keys->late = true;
        keys->state = byte == '[' ? STATE_CSI : STATE_SS3;
        return;
    }
    if (byte < 0x80)
        keys_emit_character(keys, byte);
    else
        keys_continue_character(keys, byte);
}

/* A lone Esc: a key of its own, and for a while the prefix of a twin. */
static void keys_settle_escape(struct keys *keys, int64_t now)
{
    keys_reset(keys);
    if (keys->pasting) {
        keys->dropped++;
        return;
    }
    keys_emit(keys, KEYS_ESCAPE);
    keys->escape_at = now;
}

/* False if the byte has to be looked at again. */
static bool keys_escape(struct keys *keys, uint8_t byte, int64_t now)
{
    switch (byte) {
    case '[':
        keys->state = STATE_CSI;
        return true;
    case 'O':
        keys->state = STATE_SS3;
        return true;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
        keys->state = STATE_STRING;
        keys->string_length = 0;
        return true;
    default:
        break;
    }
    if (keys->pasting) {
        keys_drop(keys);
        return false;
    }
    if (byte >= '0' && byte <= '9' && !keys->options.always_twins) {
        keys_emit(keys, KEYS_ALT_0 + (enum keys_code)(byte - '0'));
        keys_reset(keys);
        return true;
    }
    if (keys_twin(byte) != KEYS_NONE) {
        keys_emit(keys, keys_twin(byte));
        keys_reset(keys);
        return true;
    }
    if (byte == '\r' || byte == '\n' || byte == 0x7f || byte == 0x08) {
        keys_emit(keys, byte == '\r' || byte == '\n' ? KEYS_NEW_LINE : KEYS_WORD_ERASE);
        keys_reset(keys);
        return true;
    }
    if (byte > ' ' && byte < 0x7f) { /* Alt and a letter mean nothing here */
        keys_drop(keys);
        return true;
    }
    keys_settle_escape(keys, now);
    return false;
}

/* '[' or 'O' that a person typed after a lone Esc was text after all. */
static void keys_late_text(struct keys *keys)
{
    uint32_t character = keys->state == STATE_CSI ? '[' : 'O';
    bool alone = keys->length == 0;
    if (!alone) {
        keys_drop(keys);
        return;
    }
    keys_reset(keys);
    keys_emit_character(keys, character);
}

static bool keys_csi(struct keys *keys, uint8_t byte)
{
    if (byte < 0x20 || byte >= 0x7f) {
        if (keys->late)
            keys_late_text(keys);
        else
            keys_drop(keys);
        return false;
    }
    if (byte == '[' && keys->length == 0) {
        keys->state = STATE_LINUX;
        return true;
    }
    if (byte >= 0x40) {
        keys_finish_csi(keys, byte);
        return true;
    }
    /* What is too long is still swallowed up to its end; cut off, it means nothing. */
    if (keys->length < sizeof(keys->partial))
        keys->partial[keys->length++] = byte;
    return true;
}

static bool keys_ss3(struct keys *keys, uint8_t byte)
{
    bool final = byte >= 0x40 && byte < 0x7f;
    if (keys->late && (!final || sequence_find(keys, KEYS_FAMILY_SS3, byte, 0) == NULL)) {
        keys_late_text(keys);
        return false;
    }
    if (final) {
        keys_finish_simple(keys, KEYS_FAMILY_SS3, byte);
        return true;
    }
    if (byte >= '0' && byte <= '9' && keys->length < sizeof(keys->partial)) {
        keys->partial[keys->length++] = byte; /* old xterm puts modifiers here */
        return true;
    }
    keys_drop(keys);
    return false;
}

static bool keys_string(struct keys *keys, uint8_t byte)
{
    if (keys->state == STATE_STRING_ESCAPE) {
        keys_drop(keys);
        if (byte == '\\')
            return true;
        keys->state = STATE_ESCAPE;
        return false;
    }
    if (byte == 0x1b) {
        keys->state = STATE_STRING_ESCAPE;
        return true;
    }
    if (byte == 0x07) {
        keys_drop(keys);
        return true;
    }
    if (byte < 0x20 || ++keys->string_length > STRING_LIMIT) {
        keys_drop(keys);
        return false;
    }
    return true;
}

static bool keys_byte(struct keys *keys, uint8_t byte, int64_t now)
{
    switch (keys->state) {
    case STATE_CHARACTER:
        return keys_continue_character(keys, byte);
    case STATE_ESCAPE:
        return keys_escape(keys, byte, now);
    case STATE_CSI:
        return keys_csi(keys, byte);
    case STATE_SS3:
        return keys_ss3(keys, byte);
    case STATE_LINUX:
        if (byte < 0x20 || byte >= 0x7f) {
            keys_drop(keys);
            return false;
        }
        keys_finish_simple(keys, KEYS_FAMILY_LINUX, byte);
        return true;
    case STATE_STRING:
    case STATE_STRING_ESCAPE:
        return keys_string(keys, byte);
    case STATE_GROUND:
        break;
    }
    keys_ground(keys, byte, now);
    return true;
}

void keys_feed(struct keys *keys, const void *bytes, size_t length, int64_t now)
{
    const uint8_t *next = bytes;
    keys_tick(keys, now);
    for (size_t i = 0; i < length; i++) {
        /* Each refusal moves nearer to the ground state, which takes every byte. */
        while (!keys_byte(keys, next[i], now)) {
        }
        keys->last = now;
    }
}

int64_t keys_deadline(const struct keys *keys)
{
    switch (keys->state) {
    case STATE_GROUND:
        return keys->pasting ? keys->last + KEYS_PASTE_TIMEOUT : -1;
    case STATE_ESCAPE:
        return keys->last + (keys->pasting ? KEYS_PARTIAL_TIMEOUT : keys->options.escape_delay);
    default:
        return keys->last + (keys->late ? LATE_GAP : KEYS_PARTIAL_TIMEOUT);
    }
}

void keys_tick(struct keys *keys, int64_t now)
{
    int64_t deadline = keys_deadline(keys);
    while (deadline >= 0 && now >= deadline) {
        if (keys->state == STATE_ESCAPE)
            keys_settle_escape(keys, keys->last);
        else if (keys->state == STATE_GROUND)
            keys_end_paste(keys);
        else if (keys->late && (keys->state == STATE_CSI || keys->state == STATE_SS3))
            keys_late_text(keys);
        else
            keys_drop(keys);
        deadline = keys_deadline(keys);
    }
}

/* --- the queue ------------------------------------------------------------------------------- */

bool keys_pending(const struct keys *keys)
{
    return keys->count > 0;
}

bool keys_next(struct keys *keys, struct keys_event *event)
{
    if (keys->count == 0)
        return false;
    *event = keys->queue[keys->head];
    keys->head = (keys->head + 1) % keys->capacity;
    keys->count--;
    return true;
}

void keys_discard(struct keys *keys)
{
    keys->head = 0;
    keys->count = 0;
}

bool keys_take(struct keys *keys, enum keys_code code)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct keys_event *event = &keys->queue[(keys->head + i) % keys->capacity];
        if (event->kind == KEYS_KEY && event->code == code) {
            keys->head = (keys->head + i + 1) % keys->capacity;
            keys->count -= i + 1;
            return true;
        }
    }
    return false;
}

bool keys_take_report(struct keys *keys, struct keys_event *report)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->queue[(keys->head + i) % keys->capacity].kind != KEYS_REPORT)
            continue;
        *report = keys->queue[(keys->head + i) % keys->capacity];
        for (size_t j = i; j + 1 < keys->count; j++)
            keys->queue[(keys->head + j) % keys->capacity] =
                keys->queue[(keys->head + j + 1) % keys->capacity];
        keys->count--;
        return true;
    }
    return false;
}

void keys_expect_report(struct keys *keys, bool expected)
{
    keys->expect_report = expected;
}

unsigned long keys_dropped(const struct keys *keys)
{
    return keys->dropped;
}

const char *keys_name(enum keys_code code)
{
    return code > KEYS_NONE && code < KEYS_CODES ? keys_descriptions[code].name : NULL;
}

const char *keys_bytes(enum keys_code code)
{
    return code > KEYS_NONE && code < KEYS_CODES ? keys_descriptions[code].bytes : NULL;
}

enum keys_code keys_by_name(const char *name)
{
    for (enum keys_code code = KEYS_NONE + 1; code < KEYS_CODES; code++)
        if (keys_descriptions[code].name != NULL &&
            strcasecmp(keys_descriptions[code].name, name) == 0)
            return code;
    return KEYS_NONE;
}
