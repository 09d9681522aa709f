/* Parser of the command line. */
#include "client/command.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/buffer.h"

enum { TEXT_LIMIT = 512, FULL_WIDTH_FIRST = 0xFF01, FULL_WIDTH_LAST = 0xFF5E, FULL_BLANK = 0x3000 };

static const struct {
    const char *word;
    enum command_kind kind;
} slash_words[] = {
    {"n", COMMAND_HOME},      {"i", COMMAND_NOTICES},   {"l", COMMAND_LOCK}, {"p", COMMAND_PRINT},
    {"w", COMMAND_PASSWORD},  {"q", COMMAND_SIGN_OUT},  {"?", COMMAND_HELP}, {"d", COMMAND_DRAFTS},
    {"zh", COMMAND_LANGUAGE}, {"en", COMMAND_LANGUAGE},
};

/* Only the first word may be in full-width letters: an argument stays as it was typed. */
static void text_fold(const char *text, char *folded, size_t size)
{
    size_t used = 0;
    size_t left = strlen(text);
    bool word = true;
    while (left > 0 && used + 5 < size) {
        uint32_t character;
        size_t bytes = utf8_decode(text, left, &character);
        if (bytes == 0)
            break;
        if (character == FULL_BLANK)
            character = ' ';
        if (word && character >= FULL_WIDTH_FIRST && character <= FULL_WIDTH_LAST)
            character -= FULL_WIDTH_FIRST - '!';
        if (character == ' ' && used > 0)
            word = false;
        if (character < 0x80)
            folded[used++] = (char)character;
        else {
            memcpy(&folded[used], text, bytes);
            used += bytes;
        }
        text += bytes;
        left -= bytes;
    }
    while (used > 0 && folded[used - 1] == ' ')
        used--;
    folded[used] = '\0';
}

static void path_parse(const char *text, struct command *command)
{
    command->kind = COMMAND_MENU;
    while (*text != '\0') {
        char *end;
        unsigned long number = strtoul(text, &end, 10);
        if (!isdigit((unsigned char)*text) || number == 0 || number > 999 ||
            command->depth >= COMMAND_PATH || (*end != '.' && *end != '\0')) {
            command->kind = COMMAND_UNKNOWN;
            return;
        }
        command->path[command->depth++] = (unsigned)number;
        text = *end == '.' ? end + 1 : end;
    }
}

static void code_parse(const char *text, struct command *command)
{
    size_t length = strcspn(text, " ");
    const char *rest = text + length;
    rest += strspn(rest, " ");
    if (length == 0 || length >= COMMAND_CODE || strlen(rest) >= COMMAND_ARGUMENT) {
        command->kind = COMMAND_UNKNOWN;
        return;
    }
    for (size_t i = 0; i < length; i++)
        command->code[i] = (char)toupper((unsigned char)text[i]);
    command->kind = strcmp(rest, "+") == 0 ? COMMAND_CREATE : COMMAND_OPEN;
    if (command->kind == COMMAND_OPEN)
        strcpy(command->argument, rest);
}

static bool digits_only(const char *text)
{
    return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static void slash_parse(const char *text, struct command *command)
{
    if (text[0] == 'o' || text[0] == 'O') {
        command->new_task = true;
        text += 1 + strspn(text + 1, " ");
        if (*text == '\0')
            command->kind = COMMAND_HOME;
        else if (*text == '=')
            path_parse(text + 1, command);
        else
            code_parse(text, command);
        return;
    }
    if ((text[0] == 't' || text[0] == 'T') && (text[1] == '\0' || digits_only(text + 1))) {
        command->kind = COMMAND_TASK;
        command->number = (unsigned)strtoul(text + 1, NULL, 10);
        return;
    }
    for (size_t i = 0; i < sizeof slash_words / sizeof *slash_words; i++) {
        if (strcasecmp(text, slash_words[i].word) == 0) {
            command->kind = slash_words[i].kind;
            strcpy(command->argument, slash_words[i].word);
            return;
        }
    }
    command->kind = COMMAND_UNKNOWN;
}

void command_parse(const char *text, struct command *command)
{
    char folded[TEXT_LIMIT];
    *command = (struct command){.kind = COMMAND_NONE};
    text_fold(text, folded, sizeof folded);
    const char *start = folded + strspn(folded, " ");
    if (*start == '\0')
        return;
    if (*start == '=')
        path_parse(start + 1, command);
    else if (*start == '/')
        slash_parse(start + 1, command);
    else if (digits_only(start) && strlen(start) <= 3) {
        command->kind = COMMAND_NUMBER;
        command->number = (unsigned)strtoul(start, NULL, 10);
    } else
        code_parse(start, command);
}
