/* Masked views of sensitive values, by style; UTF-8 safe, and never more open the shorter the
 * value is. */
#ifndef HALLDESK_MASK_H
#define HALLDESK_MASK_H

#include <stdbool.h>
#include <stddef.h>

/* Styles: "identity" 1101**********2317, "telephone" 139****8021, "name" keeps the first
 * character, "organisation" the first two and the last two, "address" the first six, "mail" the
 * first character and what follows the @, "account" the last four, "whole" nothing. When a value
 * is too short to hide as much as its style demands, less of the beginning and then less of the
 * end is shown. Returns false, and an empty text, when the style is unknown, size is too small
 * or text is not UTF-8; a masked value must then not be shown at all. Empty gives empty. */
bool mask_apply(const char *style, const char *text, char *masked, size_t size);
bool mask_style_known(const char *style); /* for the check of forms at start */

bool identity_mask(const char *text, char *masked, size_t size);
bool telephone_mask(const char *text, char *masked, size_t size);
bool name_mask(const char *text, char *masked, size_t size);
bool address_mask(const char *text, char *masked, size_t size);

#endif
