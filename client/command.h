/* The command line: CODE, CODE key, CODE +, =3.4, /oCODE, /n, /i and other slash commands, a number
 * of a favourite. Pure: text in, meaning out. */
#ifndef HALLDESK_COMMAND_H
#define HALLDESK_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum command_kind {
    COMMAND_NONE,     /* nothing but blanks */
    COMMAND_OPEN,     /* .code, .argument ("": none) */
    COMMAND_CREATE,   /* .code: a new record ("CU +") */
    COMMAND_MENU,     /* .path[0 .. depth - 1] counted from 1; depth 0: the menu itself */
    COMMAND_NUMBER,   /* .number of what stands on the home screen */
    COMMAND_HOME,     /* /n: back to the home screen of this task */
    COMMAND_NOTICES,  /* /i: notices */
    COMMAND_TASK,     /* /t or /t2: next task, task 2 (.number, 0: next) */
    COMMAND_LOCK,     /* /l */
    COMMAND_LANGUAGE, /* /zh, /en: .argument */
    COMMAND_PRINT,    /* /p: print screen */
    COMMAND_PASSWORD, /* /w */
    COMMAND_SIGN_OUT, /* /q */
    COMMAND_HELP,     /* /? */
    COMMAND_DRAFTS,   /* /d */
    COMMAND_UNKNOWN
};

enum { COMMAND_CODE = 24, COMMAND_ARGUMENT = 160, COMMAND_PATH = 4 };

struct command {
    enum command_kind kind;
    bool new_task; /* /o before the code, or /o alone (kind HOME) */
    char code[COMMAND_CODE];
    char argument[COMMAND_ARGUMENT];
    size_t depth;
    unsigned path[COMMAND_PATH];
    unsigned number;
};

/* Codes become capitals; full-width letters and signs that an input method typed count as their
 * ASCII twins. */
void command_parse(const char *text, struct command *command);

#endif
