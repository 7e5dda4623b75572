/* Entries of the sequence in order, read ahead.
 *
 * A window is one read transaction's worth: the entries after a number, as many as fit into 4 MiB,
 * within one moved segment or within what is fresh. Committed entries do not change, so a window
 * stays true however long its reader takes, and a sender that asks for few at a time does not pay
 * for the search in `kept` each time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/reader_inside.h"

enum { NS_OF_MS = 1000000, WANT_POLL = 1 << ITEM_POLL, WANT_EVENT = 1 << ITEM_EVENT };
enum { WANT_PROBLEM = 1 << ITEM_PROBLEM };

/* A stretch of the sequence that can be read in one way. */
struct stretch {
    uint64_t after, last;
    uint64_t newest; /* of the store */
    int64_t segment; /* 0: fresh */
    size_t each;     /* readings of an entry, on the whole */
    bool pruned;
    bool held; /* it ends before an entry that still waits for its time */
};

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
}

/* How many readings an entry has, about. A row that cannot be does not make it more than a segment
 * may hold: the file may be somebody else's. */
static size_t readings_of_each(int64_t readings, int64_t first, int64_t last)
{
    enum { MOST = 1000 };

    if (readings <= 0 || first <= 0 || last < first)
        return 1;
    readings = readings / (last - first + 1) + 1;
    return readings < MOST ? (size_t)readings : MOST;
}

static bool find_segment(struct reader *reader, struct stretch *stretch, struct error *err)
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_SEGMENT);
    bool failed;

    sqlite3_bind_int64(ask, 1, (int64_t)stretch->after);
    if (statement_next(&reader->c, ask, &failed, err) && sqlite3_column_int(ask, 2) == 1) {
        stretch->segment = sqlite3_column_int64(ask, 0);
        stretch->last = (uint64_t)sqlite3_column_int64(ask, 1);
        stretch->pruned = sqlite3_column_int(ask, 3) == 1;
        stretch->each = readings_of_each(sqlite3_column_int64(ask, 4), sqlite3_column_int64(ask, 5),
                                         sqlite3_column_int64(ask, 1));
    }
    sqlite3_reset(ask);
    return !failed;
}

/* Entries of this boot that wait for their time, and what follows them, wait here. */
static bool hold_back(struct reader *reader, enum ask what, int64_t boot, struct stretch *stretch,
                      struct error *err)
{
    sqlite3_stmt *ask = reader_ask(reader, what);
    int64_t first;

    sqlite3_bind_int64(ask, 1, boot);
    sqlite3_bind_int64(ask, 2, (int64_t)stretch->after);
    if (!statement_number(&reader->c, ask, &first, err))
        return false;
    if (first != 0 && (uint64_t)first <= stretch->last) {
        stretch->last = (uint64_t)first - 1;
        stretch->held = true;
    }
    return true;
}

static bool find_stretch(struct reader *reader, unsigned wanted, struct stretch *stretch,
                         struct error *err)
{
    int64_t newest;
    int64_t boot;

    if (!statement_number(&reader->c, reader_ask(reader, ASK_LAST_SEQ), &newest, err) ||
        !statement_number(&reader->c, reader_ask(reader, ASK_BOOT), &boot, err))
        return false;
    stretch->newest = (uint64_t)newest;
    stretch->last = stretch->newest > stretch->after ? stretch->newest : stretch->after;
    return find_segment(reader, stretch, err) &&
           ((wanted & WANT_POLL) == 0 || hold_back(reader, ASK_UNTIMED_POLL, boot, stretch, err)) &&
           ((wanted & WANT_EVENT) == 0 || hold_back(reader, ASK_UNTIMED_EVENT, boot, stretch, err));
}

/* The three tables and the readings, walked side by side. */
struct walk {
    sqlite3_stmt *rows[3]; /* by item_kind; NULL: at its end or not wanted */
    sqlite3_stmt *fresh;   /* stands on a reading; NULL: at its end */
    struct reading readings[POLL_READINGS_MAX];
};

static bool walk_next(struct reader *reader, sqlite3_stmt **row, struct error *err)
{
    bool failed = false;

    if (*row != NULL && !statement_next(&reader->c, *row, &failed, err))
        *row = NULL;
    return !failed;
}

static bool walk_begin(struct reader *reader, struct walk *walk, const struct stretch *stretch,
                       unsigned wanted, struct error *err)
{
    static const enum ask asks[4] = {ASK_POLLS, ASK_EVENTS, ASK_VERSIONS, ASK_FRESH};
    sqlite3_stmt **rows[4] = {&walk->rows[0], &walk->rows[1], &walk->rows[2], &walk->fresh};

    if (stretch->pruned)
        wanted &= ~(unsigned)WANT_POLL;
    if ((wanted & WANT_POLL) != 0 && stretch->segment == 0)
        wanted |= 1 << 3;
    for (int i = 0; i < 4; i++) {
        *rows[i] = NULL;
        if ((wanted & (1U << i)) == 0)
            continue;
        *rows[i] = reader_ask(reader, asks[i]);
        sqlite3_bind_int64(*rows[i], 1, (int64_t)stretch->after);
        sqlite3_bind_int64(*rows[i], 2, (int64_t)stretch->last);
        if (!walk_next(reader, rows[i], err))
            return false;
    }
    return true;
}

/* The table whose next entry comes first; -1: all are at their end. */
static int walk_first(const struct walk *walk)
{
    int first = -1;

    for (int i = 0; i < 3; i++)
        if (walk->rows[i] != NULL && (first < 0 || sqlite3_column_int64(walk->rows[i], 0) <
                                                       sqlite3_column_int64(walk->rows[first], 0)))
            first = i;
    return first;
}

static void reading_of(sqlite3_stmt *row, int at, struct reading *reading)
{
    reading->value = column_value(row, at);
    reading->quality = (uint8_t)sqlite3_column_int(row, at + 1);
    reading->cause = (uint8_t)sqlite3_column_int(row, at + 2);
}

/* The readings of one poll from `fresh`, which is walked in step with the polls. */
static bool take_fresh(struct reader *reader, struct walk *walk, struct item *item,
                       struct error *err)
{
    int64_t seq = (int64_t)item->seq;
    size_t count = 0;

    while (walk->fresh != NULL && sqlite3_column_int64(walk->fresh, 0) <= seq) {
        if (sqlite3_column_int64(walk->fresh, 0) == seq && count < POLL_READINGS_MAX) {
            walk->readings[count].point = (uint32_t)sqlite3_column_int64(walk->fresh, 1);
            reading_of(walk->fresh, 2, &walk->readings[count++]);
        }
        if (!walk_next(reader, &walk->fresh, err))
            return false;
    }
    item->poll.readings =
        arena_copy(&reader->window.arena, walk->readings, count * sizeof walk->readings[0]);
    item->poll.reading_count = count;
    return item->poll.readings != NULL || no_memory(err);
}

static bool take_poll(struct reader *reader, sqlite3_stmt *row, struct item *item,
                      struct error *err)
{
    struct poll *poll = &item->poll;

    poll->seq = item->seq;
    poll->device = (uint32_t)sqlite3_column_int64(row, 1);
    poll->time = column_time(row, 2);
    poll->mono.ns = sqlite3_column_int64(row, 3) * NS_OF_MS;
    poll->boot = (uint32_t)sqlite3_column_int64(row, 4);
    poll->profile = (uint32_t)sqlite3_column_int64(row, 5);
    poll->raw_size = (size_t)sqlite3_column_bytes(row, 6);
    poll->raw = arena_copy(&reader->window.arena, sqlite3_column_blob(row, 6), poll->raw_size);
    item->time = poll->time;
    return poll->raw != NULL || no_memory(err);
}

static const char *take_text(struct reader *reader, sqlite3_stmt *row, int at)
{
    const char *words = column_text(row, at);

    return arena_copy(&reader->window.arena, words, strlen(words) + 1);
}

static bool take_item(struct reader *reader, sqlite3_stmt *row, struct item *item,
                      struct error *err)
{
    item->seq = (uint64_t)sqlite3_column_int64(row, 0);
    switch (item->kind) {
    case ITEM_POLL:
        return take_poll(reader, row, item, err);
    case ITEM_EVENT:
        item->event = take_text(reader, row, 1);
        item->time = column_time(row, 2);
        item->body = take_text(reader, row, 3);
        return (item->event != NULL && item->body != NULL) || no_memory(err);
    case ITEM_PROBLEM:
        item->uid = take_text(reader, row, 1);
        item->version = (uint32_t)sqlite3_column_int64(row, 2);
        item->body = take_text(reader, row, 3);
        item->nature = take_text(reader, row, 4);
        return (item->uid != NULL && item->body != NULL && item->nature != NULL) || no_memory(err);
    }
    return true;
}

/* Room for one item more, zeroed. */
static struct item *window_place(struct window *window)
{
    if (window->count == window->room) {
        size_t room = window->room == 0 ? 256 : window->room * 2;
        struct item *larger = realloc(window->items, room * sizeof *larger);

        if (larger == NULL)
            return NULL;
        window->items = larger;
        window->room = room;
    }
    memset(&window->items[window->count], 0, sizeof window->items[0]);
    window->items[window->count].time = WALL_NONE;
    window->items[window->count].poll.time = WALL_NONE;
    return &window->items[window->count];
}

/* Readings that are still to be gathered from `kept` count beforehand. */
static bool window_is_full(const struct window *window, size_t most, size_t gathered)
{
    size_t each = sizeof(struct item) + gathered * sizeof(struct reading);

    return window->count >= most || window->arena.total + window->count * each >= (size_t)4 << 20 ||
           arena_is_full(&window->arena);
}

/* Takes what stands first and moves on. A poll of a former boot that never got a time is passed. */
static bool window_take(struct reader *reader, struct walk *walk, int kind, bool fresh,
                        struct error *err)
{
    struct window *window = &reader->window;
    sqlite3_stmt *row = walk->rows[kind];
    struct item *item;

    if (kind == ITEM_POLL && sqlite3_column_type(row, 2) == SQLITE_NULL)
        return walk_next(reader, &walk->rows[kind], err);
    item = window_place(window);
    if (item == NULL)
        return no_memory(err);
    item->kind = (enum item_kind)kind;
    if (!take_item(reader, row, item, err) ||
        (kind == ITEM_POLL && fresh && !take_fresh(reader, walk, item, err)))
        return false;
    window->count++;
    return walk_next(reader, &walk->rows[kind], err);
}

static bool window_fill(struct reader *reader, const struct stretch *stretch, size_t most,
                        struct error *err)
{
    struct window *window = &reader->window;
    struct walk walk;
    int kind;

    if (!walk_begin(reader, &walk, stretch, window->wanted, err))
        return false;
    /* Few of a moved segment cost nearly as much as many. */
    if (stretch->segment != 0)
        most = SIZE_MAX;
    window->reached = stretch->last;
    while ((kind = walk_first(&walk)) >= 0) {
        if (window_is_full(window, most, stretch->each)) {
            window->reached = window->items[window->count - 1].seq;
            break;
        }
        if (!window_take(reader, &walk, kind, stretch->segment == 0, err))
            return false;
    }
    return stretch->segment == 0 || window_gather(reader, stretch->segment, err);
}

/* Reads windows until one has an entry or the end is reached. */
static bool window_open(struct reader *reader, uint64_t after, unsigned wanted, size_t most,
                        struct error *err)
{
    struct window *window = &reader->window;
    struct stretch stretch = {.after = after};
    bool done;

    do {
        stretch = (struct stretch){.after = stretch.after};
        window->count = 0;
        window->wanted = wanted;
        window->after = stretch.after;
        window->reached = stretch.after;
        arena_empty(&window->arena);
        if (!reader_begin(reader, err))
            return false;
        done = find_stretch(reader, wanted, &stretch, err) &&
               (stretch.last <= stretch.after || window_fill(reader, &stretch, most, err));
        reader_end(reader);
        if (!done) {
            window->wanted = 0;
            return false;
        }
        stretch.after = window->reached;
    } while (window->count == 0 && !stretch.held && window->reached < stretch.newest);
    return true;
}

/* How many items of the window are not after `after`. */
static size_t window_skip(const struct window *window, uint64_t after)
{
    size_t low = 0;
    size_t high = window->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (window->items[middle].seq <= after)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool reader_items(struct reader *reader, uint64_t after, unsigned wanted, size_t most,
                  struct item *items, size_t *count, uint64_t *reached, struct error *err)
{
    struct window *window = &reader->window;
    size_t first = 0;

    *count = 0;
    *reached = after;
    if (most == 0)
        return true;
    if (wanted == window->wanted && after >= window->after && after < window->reached)
        first = window_skip(window, after);
    else
        first = window->count;
    if (wanted != window->wanted || first == window->count) {
        if (!window_open(reader, after, wanted, most, err))
            return false;
        first = 0;
    }
    *count = window->count - first < most ? window->count - first : most;
    if (*count > 0)
        memcpy(items, window->items + first, *count * sizeof *items);
    *reached =
        first + *count == window->count ? window->reached : window->items[first + *count - 1].seq;
    return true;
}
