/* The edge of the line: what curses wrote in UTF-8 becomes the encoding of the line. Characters of
 * ambiguous width on lines that show them two columns wide travel through curses as placeholders
 * that every C library holds to be wide (Tangut ideographs), so that curses counts as the terminal
 * does, whatever locales the machine has. */
#ifndef HALLDESK_EDGE_H
#define HALLDESK_EDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edge;

/* NULL if iconv knows no GB18030. */
struct edge *edge_create(bool gb18030);
void edge_free(struct edge *edge);
/* The code point to give to curses instead of `character`, two columns wide; 0 if the table is
 * full (show '?' then). */
uint32_t edge_placeholder(struct edge *edge, uint32_t character);
bool edge_is_placeholder(uint32_t character); /* such text may not come from outside */
/* Nothing is known of the terminal's character sets any more (before a repaint). */
void edge_forget(struct edge *edge);
/* Converts; the result belongs to the edge until the next call. Escape sequences pass as they
 * are (ASCII), but for changes of the character set that change nothing. What the line cannot show
 * becomes '?'. */
const char *edge_convert(struct edge *edge, const char *bytes, size_t length, size_t *converted);

#endif
