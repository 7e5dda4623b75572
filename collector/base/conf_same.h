/* conf_same.h - whether two files of settings say the same, comments and blanks apart.
 *
 * Compares what stands in them and nothing else: no value is read, so 5 and 5.0 differ. Pure.
 */
#ifndef BASE_CONF_SAME_H
#define BASE_CONF_SAME_H

#include <stdbool.h>
#include <stddef.h>

/* Comments begin with '#' or "//" and run to the line's end, or stand between the C language's
 * marks; blanks are space, tab, line feed and carriage return. Inside a string ("…", where a
 * backslash takes the next byte along) everything counts. */
bool conf_says_same(const char *one, size_t one_size, const char *other, size_t other_size);

#endif
