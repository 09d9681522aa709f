/* The system form, number 0: what a terminal needs before and beside business forms. It has no
 * declaration; its verbs and their bodies are these. All texts are UTF-8; numbers are permanent.
 * Its hash in FRAME_CALL is 0. */
#ifndef HALLDESK_SYSTEM_H
#define HALLDESK_SYSTEM_H

enum system_verb {
    /* Request: nothing. Answer: who and what — text staff number, text name, text organisation,
     * text server name, signed business time, LEB128 idle lock in seconds (0: never), text
     * language; LEB128 count of forms that the person may use, each LEB128 number, u32 hash, text
     * name, text code, text title zh, text title en, text menu group, LEB128 count and numbers of
     * the verbs permitted; LEB128 count of code lists, each text name, u32 hash; u32 hash of the
     * menu; text workspace (JSON: favourites and home) */
    SYSTEM_CATALOGUE = 1,
    /* Request: LEB128 count, LEB128 form numbers. Answer: count, each as form_encode(). Forms that
     * the person may not use are left out, references of their fields excepted. */
    SYSTEM_FORMS = 2,
    /* Request: LEB128 count, text list names. Answer: count, each as in server/engine/code_list.h
     */
    SYSTEM_CODES = 3,
    /* Request: nothing. The session ends; the line's token is dropped. */
    SYSTEM_SIGN_OUT = 4,
    /* Request: nothing. The terminal is locked until SYSTEM_UNLOCK. */
    SYSTEM_LOCK = 5,
    /* Request: text password. Worker class auth. Status STATUS_CREDENTIALS if wrong. */
    SYSTEM_UNLOCK = 6,
    /* Request: u8 task, LEB128 form number, u32 form hash, signed record id, signed version, block
     * body (a coded record; empty deletes the draft). */
    SYSTEM_DRAFT_SAVE = 7,
    /* Request: nothing. Answer: LEB128 count, each u8 task, LEB128 form, u32 hash, signed id,
     * signed version, signed time saved, block body. */
    SYSTEM_DRAFTS = 8,
    /* Request: text old password, text new password. Worker class auth. */
    SYSTEM_PASSWORD = 9,
    /* Request: text workspace JSON, at most 16 KiB. */
    SYSTEM_WORKSPACE = 10,
    /* Request: nothing. Answer: what waits — LEB128 count of kinds, each text kind, LEB128 waiting,
     * LEB128 overdue; LEB128 count of notices unread, each signed id, signed time, text from, text
     * subject; LEB128 count of figures of the shift, each text name, text value. */
    SYSTEM_HOME = 11,
    /* Request: text language "zh" or "en". */
    SYSTEM_LANGUAGE = 12,
    /* Request: signed record id, text key of a form by LEB128 number. Soft lock: answer text name
     * of the person who has the record open for change, "" if nobody; u8 1 takes, 0 releases. Body:
     * LEB128 form, signed id, u8 take. */
    SYSTEM_OPEN = 13,
};

/* Kinds of FRAME_PUSH: LEB128 kind, then its body. */
enum push_kind {
    PUSH_NOTICE = 1,        /* payload "message name TAB parameter" */
    PUSH_CATALOGUE = 2,     /* forms, codes or rights moved: fetch SYSTEM_CATALOGUE when idle */
    PUSH_SESSION_ENDED = 3, /* signed out from elsewhere */
    PUSH_WORK = 4,          /* the counts of SYSTEM_HOME moved */
};

#endif
