/* A business form as both sides know it: its fields, lines, states, verbs and screens.
 *
 * The server reads the whole from forms/ (form_read.h); what a client may know is coded with
 * form_encode() and decoded with form_decode(). Members marked "server" do not travel. A set of
 * forms is built once in an arena and is read-only afterwards. */
#ifndef HALLDESK_FORM_H
#define HALLDESK_FORM_H

#include "protocol/value.h"

struct arena;
struct expression;
struct reader;
struct writer;

struct label {
    const char *zh;
    const char *en;
};

enum field_flag {
    FIELD_REQUIRED = 1 << 0,
    FIELD_READONLY = 1 << 1,   /* shown, never typed */
    FIELD_GENERATED = 1 << 2,  /* made by the server at creation: numbers */
    FIELD_FIXED = 1 << 3,      /* typed at creation only */
    FIELD_SENSITIVE = 1 << 4,  /* masked unless the right to see it is held */
    FIELD_SECRET = 1 << 5,     /* typed without echo, never sent back */
    FIELD_MEMO = 1 << 6,       /* several lines of text */
    FIELD_EXTRA = 1 << 7,      /* defined at run time, kept in extra jsonb */
    FIELD_BASE = 1 << 8,       /* stands in the form's base table */
    FIELD_HOLD = 1 << 9,       /* kept for the next form when "hold" is on */
    FIELD_VIRTUAL = 1 << 10,   /* no column: input of a decision, or filled by one */
    FIELD_DIMENSION = 1 << 11, /* a report may group by it */
    FIELD_MEASURE = 1 << 12,   /* a report may sum it */
    FIELD_HIDDEN = 1 << 13,    /* stands on no screen */
};

enum field_search {
    SEARCH_NONE = 0,
    SEARCH_EXACT = 1 << 0,    /* = */
    SEARCH_PREFIX = 1 << 1,   /* ~>=~ and ~<~ */
    SEARCH_RANGE = 1 << 2,    /* from .. to */
    SEARCH_INITIALS = 1 << 3, /* pinyin initials and bigrams through the word table */
};

enum dimension_step { STEP_VALUE = 0, STEP_DAY, STEP_WEEK, STEP_MONTH, STEP_HOUR };

struct field {
    uint16_t number; /* permanent within its form (or line form); 1000 and up are extra fields */
    uint16_t index;  /* place in form->fields */
    uint16_t length; /* most characters of a text; most digits of a number */
    uint8_t width;   /* columns on the screen */
    enum value_type type;
    unsigned flags;     /* enum field_flag */
    unsigned search;    /* enum field_search */
    unsigned templates; /* bit n: only where the template code is n; 0: always */
    const char *name;   /* also the column */
    struct label label;
    struct label help;   /* may be empty */
    const char *codes;   /* code list of a VALUE_CODE */
    uint16_t reference;  /* form number of a VALUE_REFERENCE */
    const char *initial; /* default as text, "today", "now", "actor", "hall"; NULL: none */
    struct form *lines;  /* line form of a VALUE_LINES */
    /* server */
    const char *reference_name;
    const char *mask; /* style of masking of a sensitive field: "identity", "telephone", … */
    const char *ask;  /* fields worth looking at when this one changes, space separated [10-28] */
    const char *related; /* of a line field: where to find the parent, default "<head>_id" */
    int source_line;
};

enum form_flag {
    FORM_BARE = 1 << 0, /* no table: an action whose decision does everything */
    FORM_VIEW = 1 << 1, /* stands on a view: query, show and report only */
    FORM_VERSIONED = 1 << 2,
    FORM_ATTACHMENTS = 1 << 3,
    FORM_NOTES = 1 << 4,
    FORM_CONFIRM = 1 << 5,    /* ask before every change [17-184] */
    FORM_EXTENDABLE = 1 << 6, /* has an extra jsonb column */
};

/* Permanent numbers. Verbs from VERB_OWN upward are numbered by the form itself. */
enum verb_number {
    VERB_CREATE = 1,
    VERB_CHANGE = 2,
    VERB_SHOW = 3,
    VERB_QUERY = 4,
    VERB_HISTORY = 5,
    VERB_RUN = 6, /* of a bare form */
    VERB_REPORT = 7,
    VERB_ATTACH = 8,
    VERB_ATTACHMENTS = 9,
    VERB_BULK = 10,        /* change or transition over a criteria, as a job */
    VERB_IMPORT = 11,      /* as a job */
    VERB_EXPORT = 12,      /* as a job */
    VERB_UNMASK = 13,      /* show with sensitive fields in clear, logged */
    VERB_LIST_VALUES = 14, /* the short list behind F4 of a reference */
    VERB_REMOVE = 15,      /* marks as deleted: state, never a physical delete */
    VERB_FETCH_ATTACHMENT = 16,
    VERB_OWN = 32, /* transitions and own verbs: 32..255, given in the form file */
};

enum verb_class { VERB_SHORT = 0, VERB_LONG, VERB_AUTH };

struct verb {
    uint16_t number;
    const char *name; /* "create", "suspend", … */
    struct label label;
    const char *permission; /* "customer.change" */
    enum verb_class worker;
    bool transition;   /* moves the state: `from` → `to` */
    bool confirm;      /* the client asks before sending it [17-184] */
    bool reason;       /* a reason must be given: field "reason" of the call */
    bool changing;     /* takes a replay slot */
    const char *input; /* names of the fields that the verb takes, space separated; NULL: all */
    char key;          /* '7', '8' or '1' (F7, F8, F11) on the record's screen; 0: menu only */
    /* server */
    uint32_t from; /* bit set of state numbers */
    uint8_t to;
    const char *decide; /* name in the table of decisions; NULL: the generic behaviour */
    const char *guard;  /* expression over the record; NULL: none */
    struct label guard_message;
    int source_line;
};

struct state {
    uint8_t number; /* the value of the state field, 1..31 */
    const char *name;
    const char *core; /* state of the standard that it maps onto, e.g. "inProgress" */
    struct label label;
    bool initial;
    bool final;
    /* server */
    const char
        *reached_by; /* who leads here besides the verbs: a decision, another form; or NULL */
    int source_line;
};

/* A rule over the record, in the expression language; false gives `message` on `field`. */
struct rule {
    const char *name;
    const char *when; /* NULL: always */
    const char *check;
    const char *field;
    struct label message;
    int source_line;
};

struct related {
    const char *form_name;
    uint16_t form;  /* number */
    const char *by; /* field of that form that refers to this one */
    struct label label;
    /* server */
    const char *permission_form; /* which form's query right it takes, default form_name */
    int source_line;
};

/* One row of a screen: names of fields in order. Rows of one tab stand together. */
struct screen_row {
    const char
        *fields; /* space separated; "-" alone draws a rule; "#text" is not allowed (labels) */
};

struct tab {
    struct label label;
    size_t row_count;
    struct screen_row *rows;
    int source_line; /* server */
};

struct form {
    uint16_t number; /* permanent */
    uint32_t hash;   /* of the client part; computed by form_seal() */
    unsigned flags;  /* enum form_flag */
    const char *name;
    const char *code; /* what is typed to open it, "CU" */
    struct label title;
    struct label help;
    const char *key;            /* name of the field that identifies a record to people */
    const char *caption;        /* name of the field shown beside the key */
    const char *template_field; /* name of the code field that selects templates */
    const char *state_field;
    const char *list;     /* fields of a list row, space separated */
    const char *criteria; /* fields of query by example, space separated */
    size_t field_count;
    struct field *fields;
    size_t state_count;
    struct state *states;
    size_t verb_count;
    struct verb *verbs;
    size_t related_count;
    struct related *related;
    size_t tab_count;
    struct tab *tabs;
    /* server */
    const char *table;
    const char *base;   /* table that shares the id: party for customer, contact, staff */
    const char *parent; /* of a line form: the column that holds the head's id */
    struct form *head;  /* of a line form: the form that owns it */
    const char *scope;  /* "place": network_id, area_id, hall_id; "network"; "none" */
    const char
        *scope_table; /* whose rows the permissions limit: the table, of a view a table below */
    const char *responsible; /* column with the staff id that own-only grants compare, or NULL */
    const char *order; /* field that lists are ordered by, default id; '-' prefix: newest first */
    const char *numbering; /* pattern of the key field: "C{7}", "{yyMMdd}-{5}"; NULL: typed */
    const char *menu;      /* menu group */
    size_t rule_count;
    struct rule *rules;
    const char *file; /* for messages */
    int source_line;
    const char *bell; /* related list that needs attention, reserved */
};

/* Caps of the client part: a form beyond one cannot be coded. */
enum {
    FORM_FIELD_LIMIT = 1024,
    FORM_STATE_LIMIT = 31,
    FORM_VERB_LIMIT = 255,
    FORM_RELATED_LIMIT = 64,
    FORM_TAB_LIMIT = 32,
    FORM_ROW_LIMIT = 256,
    FORM_NAME_LIMIT = 64,     /* bytes of a name, code or permission */
    FORM_TEXT_LIMIT = 8192,   /* bytes of a label, help, list of fields */
    FORM_DEPTH_LIMIT = 4,     /* line forms below the head */
    FORM_CODE_LIMIT = 1 << 20 /* bytes of the whole */
};

struct form_set {
    size_t count;
    struct form **forms; /* ascending by number */
};

/* The client part, the hash in front. Fails the writer when a cap above is passed. */
void form_encode(struct writer *writer, const struct form *form);
/* NULL after a failure, a wrong hash included. A decoded form refers only to the arena; names,
 * titles and labels are never NULL, other texts that are empty are NULL. The last byte of the
 * reader is not asked for: call reader_end(). */
struct form *form_decode(struct reader *reader, struct arena *arena);
/* Computes form->hash: CRC-32 (ISO 3309, as in zlib) of the coded client part without the hash,
 * the line forms included; 0 becomes 1. 0 says that the form passes a cap and cannot be coded. */
void form_seal(struct form *form);

const struct form *form_by_number(const struct form_set *set, uint16_t number);
const struct form *form_by_name(const struct form_set *set, const char *name);
const struct form *form_by_code(const struct form_set *set, const char *code); /* any letter case */
const struct field *form_field(const struct form *form, const char *name);
const struct field *form_field_by_number(const struct form *form, uint16_t number);
const struct verb *form_verb(const struct form *form, uint16_t number);
const struct verb *form_verb_by_name(const struct form *form, const char *name);
const struct state *form_state(const struct form *form, int64_t number);
/* Does the field take part when the template code is `template_code`? */
bool field_applies(const struct field *field, int64_t template_code);
/* Iterates over a space separated list of names: *cursor advances, returns the field, NULL at the
 * end. An unknown name is skipped. */
const struct field *form_next_field(const struct form *form, const char **cursor);

#endif
