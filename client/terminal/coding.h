/* Characters out of single bytes, UTF-8 or GB18030, with an eye on every byte: what cannot
 * continue a character is refused at once, so that the decoder of keys can look at it afresh. */
#ifndef HALLDESK_CODING_H
#define HALLDESK_CODING_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coding {
    bool gb18030;
    iconv_t conversion; /* of GB18030 only */
    uint8_t bytes[4];
    size_t length; /* of the character begun */
};

enum coding_step {
    CODING_MORE,    /* the byte was taken, others must follow */
    CODING_DONE,    /* *character is complete */
    CODING_REFUSED, /* the byte does not belong to what was begun, or cannot begin anything */
    CODING_INVALID  /* well formed, but no character */
};

/* False if iconv knows no GB18030. */
bool coding_open(struct coding *coding, bool gb18030);
void coding_close(struct coding *coding);
/* Takes a byte from 0x80 on, or any byte while a character is unfinished (.length > 0). After
 * anything but CODING_MORE the next byte begins a new character. */
enum coding_step coding_add(struct coding *coding, uint8_t byte, uint32_t *character);

#endif
