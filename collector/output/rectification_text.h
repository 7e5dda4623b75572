/* rectification_text.h - JSON as it goes out: every value by the text it has everywhere. Pure. */
#ifndef OUTPUT_RECTIFICATION_TEXT_H
#define OUTPUT_RECTIFICATION_TEXT_H

#include <jansson.h>

/* One line, members in the order they stand in. The library itself would write 2.31 as
 * 2.3100000000000001. Gives a text ended with free(); NULL: no memory. */
char *rectification_text(const json_t *value);

#endif
