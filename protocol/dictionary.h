/* The preset dictionary of PROTOCOL_VERSION: never changed while that version is served. */
#ifndef HALLDESK_DICTIONARY_H
#define HALLDESK_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t deflate_dictionary[];
extern const size_t deflate_dictionary_length;

#endif
