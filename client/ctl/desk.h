/* A signed-in desk without a screen: one connection with the forms and code lists that its person
 * may use, fetched when first wanted. */
#ifndef HALLDESK_CTL_DESK_H
#define HALLDESK_CTL_DESK_H

#include "client/connection.h"
#include "client/ctl/settings.h"
#include "protocol/form.h"

struct message_table;

struct desk_code {
    int64_t number;
    const char *name;
    struct label label;
    int64_t parent;
    bool offered;
};

struct desk_codes {
    const char *name;
    struct label title;
    size_t count;
    struct desk_code *codes;
};

/* A form that the person may use. */
struct desk_entry {
    uint16_t number;
    uint32_t hash;
    const char *name;
    const char *code;
    struct label title;
    size_t verb_count;
    uint16_t *verbs;         /* permitted */
    const struct form *form; /* NULL until fetched */
};

struct desk {
    const struct ctl_settings *settings;
    struct connection *connection;
    struct arena *arena; /* forms and code lists: as long as the desk */
    const struct message_table *messages;
    struct writer body; /* of the last answer */
    const char *staff;
    const char *name;
    const char *organisation;
    const char *server;
    int64_t time; /* business time of the server, when the catalogue was fetched */
    bool known;   /* the catalogue was fetched */
    size_t entry_count;
    struct desk_entry *entries;
    size_t codes_count;
    size_t codes_capacity;
    struct desk_codes **codes;
};

/* NULL with a message on standard error. `messages` may be NULL: faults then have no texts. */
struct desk *desk_create(const struct ctl_settings *settings, const char *line,
                         const struct message_table *messages);
void desk_free(struct desk *desk);
/* Connects and signs in; `text` receives the parameter of a refusal ("" if none). */
enum status desk_sign_in(struct desk *desk, const char *staff, const char *password,
                         const char *new_password, bool take_over, const char **text);
/* Makes the call; the answer's body is desk->body. */
enum status desk_ask(struct desk *desk, const struct connection_call *call);
/* Rights or forms have moved: all is fetched again. */
enum status desk_refresh(struct desk *desk);

/* STATUS_UNKNOWN_CALL when the person may use no such form. By name or by the code to type. */
enum status desk_form(struct desk *desk, const char *name, const struct form **form);
enum status desk_form_by_number(struct desk *desk, uint16_t number, const struct form **form);
const struct desk_entry *desk_entry(const struct desk *desk, uint16_t number);
bool desk_permits(const struct desk *desk, uint16_t form, uint16_t verb);
/* NULL if there is no such list or the server is gone. */
const struct desk_codes *desk_codes(struct desk *desk, const char *name);

/* Id of the record with that key, by whatever reading verb the person may use; STATUS_NOT_FOUND. */
enum status desk_find(struct desk *desk, const struct form *form, const char *key, int64_t *id);

#endif
