/* Log lines for the journal: "<6>role[pid] message" on standard error, one write each.
 *
 * Control bytes and invalid UTF-8 are escaped, so that a peer can neither forge a line nor drive
 * the administrator's terminal. Callers pass no personal data: no names, numbers, passwords or
 * request bodies, only peers, codes, counts and causes. */
#ifndef HALLDESK_LOG_H
#define HALLDESK_LOG_H

#include <stddef.h>

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DETAIL = 7 };

/* Names the process in every further line and in its title; `argv` belongs to main() and is
 * overwritten. Call log_title_prepare() once before the first. */
void log_title_prepare(int argc, char **argv);
void log_role(const char *role);
/* Less important lines than `level` are dropped; LOG_INFO at the start. */
void log_threshold(enum log_level level);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Escapes `text` into `out`; always terminates, cuts with "..." what does not fit. */
void log_scrub(const char *text, char *out, size_t size);

#endif
