/* terms.h - the words and numbers of a ledger: config/ledger.conf.
 *
 * Which categories of problem there are, how offices write them, how long each is watched after its
 * strike-off, which sites are of that trade; likewise sources and states; and the numbers of days
 * and rows. Loaded once before threads start, then only read.
 */
#ifndef LEDGER_TERMS_H
#define LEDGER_TERMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/number.h"
#include "ledger/task.h"

enum { TERM_SIZE = 64, SITE_KINDS_MAX = 8 };

/* One thing, and the words people write for it. */
struct term {
    char key[NAME_SIZE];
    char zh[TERM_SIZE], en[TERM_SIZE];
    char (*words)[TERM_SIZE]; /* folded (sheet_fold()), the key, `zh` and `en` among them */
    size_t word_count;
};

struct category {
    struct term term;
    int64_t watch_ms;                           /* how long after the strike-off */
    char site_kinds[SITE_KINDS_MAX][NAME_SIZE]; /* of sites.conf: the trade's */
    size_t site_kind_count;
};

struct task_source {
    struct term term;
    bool petition; /* its tasks are petitions, else findings */
};

struct terms {
    int64_t watch_ms; /* of categories that say nothing, and of tasks without one */
    int64_t due_soon_ms;
    int64_t sheet_bytes, sheet_rows, cell_bytes; /* a file larger than this is refused */
    int64_t faults_shown;
    char nobody[512]; /* words for a petitioner that are no name, with spaces between */
    struct category *categories;
    size_t category_count;
    struct task_source *sources;
    size_t source_count;
    struct term states[TASK_STATE_COUNT];
};

/* Gives the terms; NULL when the file cannot be read. Faults are added to `faults`. */
struct terms *terms_load(const char *path, struct conf_faults *faults);
void terms_free(struct terms *terms);

/* By its key; NULL: none. Borrowed, as all below. */
const struct category *terms_category(const struct terms *terms, const char *key);
/* A word as it was written, in any width, case or spacing; NULL: none. `nearest` (may be NULL) gets
 * the word it may have been meant for, or NULL. */
const struct category *terms_find_category(const struct terms *terms, const char *words,
                                           const char **nearest);
const struct task_source *terms_find_source(const struct terms *terms, const char *words);
bool terms_find_state(const struct terms *terms, const char *words, enum task_state *state,
                      const char **nearest);

const char *term_title(const struct term *term); /* in the language of the moment */
/* "餐饮、工业、…": for sentences. */
char *terms_list_categories(const struct terms *terms, char *out, size_t size);

#endif
