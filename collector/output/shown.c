#include "output/shown.h"

void text_add_shown(struct text *text, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && !text->full; i++) {
        unsigned char one = (unsigned char)bytes[i];

        if (one < 0x20 || one == 0x7F)
            text_format(text, "\\x%02X", one);
        else
            text_add_char(text, bytes[i]);
    }
}
