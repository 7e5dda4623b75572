/* rectification_window.h - versions of problems between the store and the rectification system:
 * which is next, which wait, and how far the unbroken prefix of what arrived goes. Pure.
 *
 * The versions of one problem go in order. Problems do not wait for each other: one the server
 * cannot take now is passed by the others, and only the cursor waits for it.
 */
#ifndef OUTPUT_RECTIFICATION_WINDOW_H
#define OUTPUT_RECTIFICATION_WINDOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/problem.h"
#include "output/patience.h"

enum { WINDOW_MOST = 256 };

struct waiting {
    uint64_t seq;
    char uid[UID_SIZE];
    uint32_t version;
    json_t *problem; /* as the contract writes it */
    bool unclear;    /* it may be there already: ask before it is created */
    bool passed_by;  /* a newer version goes in its place */
    bool done;
    int64_t not_before_ms;
    struct patience patience;
};

struct rectification_window {
    struct waiting rows[WINDOW_MOST]; /* by seq */
    size_t count;
};

void rectification_window_clear(struct rectification_window *window);
bool rectification_window_has_room(const struct rectification_window *window);
/* `problem` is taken. There must be room. */
void rectification_window_add(struct rectification_window *window, uint64_t seq, const char *uid,
                              uint32_t version, json_t *problem, bool unclear);

/* The oldest version whose turn has come, NULL: none now. Borrowed until the next call. */
struct waiting *rectification_window_next(struct rectification_window *window, int64_t now_ms);
/* When the next turn comes; INT64_MAX: nothing waits. */
int64_t rectification_window_due_ms(const struct rectification_window *window);

/* The server has `version` of this problem: that and every older one are done. */
void rectification_window_arrived(struct rectification_window *window, const char *uid,
                                  uint32_t version);
/* The server has just been given the problem for the first time: of the versions that wait for it
 * only the newest goes. */
void rectification_window_created(struct rectification_window *window, const char *uid);
/* This one is set aside; those it had passed by go after all. */
void rectification_window_set_aside(struct rectification_window *window, struct waiting *waiting);

/* Forgets the unbroken prefix of what is done; gives its last seq (0: nothing) and how many. */
uint64_t rectification_window_shift(struct rectification_window *window, size_t *count);

#endif
