/* Coding of code lists towards terminals; see code_list.h. */
#include "server/engine/code_list.h"

#include <time.h>

#include "protocol/buffer.h"
#include "server/engine/catalogue.h"

void code_list_encode(struct writer *writer, const struct code_catalogue_list *list)
{
    int64_t today = (int64_t)(time(NULL) / 86400);
    writer_text(writer, list->name);
    writer_text(writer, list->title.zh);
    writer_text(writer, list->title.en);
    writer_unsigned(writer, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct code_entry *entry = &list->entries[i];
        writer_unsigned(writer, (uint64_t)entry->number);
        writer_text(writer, entry->name);
        writer_text(writer, entry->label.zh);
        writer_text(writer, entry->label.en);
        writer_unsigned(writer, (uint64_t)entry->parent);
        writer_text(writer, entry->initials);
        writer_u8(writer, entry->valid_from <= today && today < entry->valid_to ? 1 : 0);
    }
}
