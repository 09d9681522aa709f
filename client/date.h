/* Dates as people type them. Pure. */
#ifndef HALLDESK_DATE_H
#define HALLDESK_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* 2026-11-21, 20261121, 11-21, 1121 (this year), +3, -1, . (today); signs / and . part as well.
 * False if the text is no such date; *days is untouched then. Days since 1970-01-01. */
bool date_parse(const char *text, int64_t today, int64_t *days);

#endif
