/* How a code list travels to a terminal: text name, texts zh and en of the title, LEB128 count,
 * and for each member LEB128 number, text name, texts zh and en, LEB128 parent, text initials,
 * u8 offered (0: kept for old records only). */
#ifndef HALLDESK_CODE_LIST_H
#define HALLDESK_CODE_LIST_H

struct code_catalogue_list;
struct writer;

void code_list_encode(struct writer *writer, const struct code_catalogue_list *list);

#endif
