/* standard_parts.h - what the readers and the finders of limits share; only ledger/standard*.c. */
#ifndef LEDGER_STANDARD_PARTS_H
#define LEDGER_STANDARD_PARTS_H

#include "ledger/standard.h"

enum { ALIASES_MAX = 4, KEY_SIZE = 2 * STANDARD_SIZE };

/* A standard, whatever its editions. */
struct book {
    char name[STANDARD_SIZE];
    char aliases[ALIASES_MAX][STANDARD_SIZE];
    size_t alias_count;
    unsigned folder; /* which standards_load() brought it */
    char path[512];
};

struct standards {
    struct limit *rows;
    size_t count, room;
    struct book *books;
    size_t book_count, book_room;
    unsigned folders;
};

/* Letters and digits alone, small: "GB 3838-2002" and "gb3838－2002" are the same. Chinese
 * characters stay. */
void standard_key(const char *name, char out[KEY_SIZE]);

/* The standard that a name means, and the edition it pins ("": none), KEY_SIZE bytes. NULL: none.
 */
const struct book *standards_find(const struct standards *standards, const char *name, char *pin);
/* "2026" pins "2026-transition" and "2026-final", and not "20261". */
bool edition_is_pinned(const char *edition, const char *pin);

/* One more of each, empty; NULL: out of memory. */
struct limit *standards_add(struct standards *standards);
struct book *standards_add_book(struct standards *standards);
/* The standard of that name or alias, or NULL. */
struct book *standards_book(const struct standards *standards, const char *name);
/* Forgets a standard and its rows. */
void standards_drop(struct standards *standards, struct book *book);

/* Reads one file; what is wrong is in the faults. */
void standard_read(struct standards *standards, const char *path,
                   const struct parameters *parameters, struct conf_faults *faults);

/* Rows of a standard about a parameter, at any place; as standards_pick(), unsorted. */
size_t standards_about(const struct standards *standards, const char *name, const char *parameter,
                       const struct limit **out, size_t most);

/* Whether there are places where both judge the same thing, in whatever time. */
bool limits_meet(const struct limit *one, const struct limit *other);

/* Complains about rows from `first` on that meet in time or leave a hole between them; `at` is
 * where each stands. */
bool standards_check_times(const struct standards *standards, size_t first,
                           const struct conf_at *at, struct conf_faults *faults);

#endif
