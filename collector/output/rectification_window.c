#include "output/rectification_window.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { AGAIN_MS = 1000, AGAIN_MOST_MS = 60 * 1000 };

void rectification_window_clear(struct rectification_window *window)
{
    for (size_t i = 0; i < window->count; i++)
        json_decref(window->rows[i].problem);
    window->count = 0;
}

bool rectification_window_has_room(const struct rectification_window *window)
{
    return window->count < WINDOW_MOST;
}

void rectification_window_add(struct rectification_window *window, uint64_t seq, const char *uid,
                              uint32_t version, json_t *problem, bool unclear)
{
    struct waiting *row = &window->rows[window->count++];

    assert(window->count <= WINDOW_MOST);
    *row = (struct waiting){.seq = seq, .version = version, .problem = problem, .unclear = unclear};
    snprintf(row->uid, sizeof row->uid, "%s", uid);
    patience_init(&row->patience, AGAIN_MS, AGAIN_MOST_MS);
}

static bool is_of(const struct waiting *row, const char *uid)
{
    return strcmp(row->uid, uid) == 0;
}

/* Whether an older version of its problem still has to go. */
static bool is_behind(const struct rectification_window *window, size_t index)
{
    const struct waiting *row = &window->rows[index];

    for (size_t i = 0; i < index; i++)
        if (!window->rows[i].done && !window->rows[i].passed_by &&
            is_of(&window->rows[i], row->uid))
            return true;
    return false;
}

static bool may_go(const struct rectification_window *window, size_t index)
{
    const struct waiting *row = &window->rows[index];

    return !row->done && !row->passed_by && !is_behind(window, index);
}

struct waiting *rectification_window_next(struct rectification_window *window, int64_t now_ms)
{
    for (size_t i = 0; i < window->count; i++)
        if (window->rows[i].not_before_ms <= now_ms && may_go(window, i))
            return &window->rows[i];
    return NULL;
}

int64_t rectification_window_due_ms(const struct rectification_window *window)
{
    int64_t due_ms = INT64_MAX;

    for (size_t i = 0; i < window->count; i++)
        if (window->rows[i].not_before_ms < due_ms && may_go(window, i))
            due_ms = window->rows[i].not_before_ms;
    return due_ms;
}

void rectification_window_arrived(struct rectification_window *window, const char *uid,
                                  uint32_t version)
{
    for (size_t i = 0; i < window->count; i++)
        if (window->rows[i].version <= version && is_of(&window->rows[i], uid))
            window->rows[i].done = true;
}

void rectification_window_created(struct rectification_window *window, const char *uid)
{
    struct waiting *newest = NULL;

    for (size_t i = 0; i < window->count; i++) {
        struct waiting *row = &window->rows[i];

        if (row->done || !is_of(row, uid))
            continue;
        if (newest != NULL)
            newest->passed_by = true;
        newest = row;
    }
}

void rectification_window_set_aside(struct rectification_window *window, struct waiting *waiting)
{
    waiting->done = true;
    for (size_t i = 0; i < window->count; i++)
        if (is_of(&window->rows[i], waiting->uid))
            window->rows[i].passed_by = false;
}

uint64_t rectification_window_shift(struct rectification_window *window, size_t *count)
{
    uint64_t seq = 0;

    for (*count = 0; *count < window->count && window->rows[*count].done; ++*count) {
        seq = window->rows[*count].seq;
        json_decref(window->rows[*count].problem);
    }
    window->count -= *count;
    memmove(window->rows, window->rows + *count, window->count * sizeof window->rows[0]);
    return seq;
}
