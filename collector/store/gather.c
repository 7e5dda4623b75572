/* The readings of polls that were moved: `kept` is in point order, the polls are in the sequence's.
 *
 * So the polls of a window are put in order of their device, and each point of a device is asked
 * for once, over the stretch of time its polls take: one seek a point and window, not one a
 * reading.
 */
#include <stdlib.h>

#include "base/say.h"
#include "store/reader_inside.h"

/* The polls of one device in the window, in the order of the sequence. */
struct group {
    struct item *items;
    const uint32_t *order;
    size_t count;
    int64_t first_time, last_time;
};

static int by_device(const void *one, const void *other, void *self)
{
    const struct item *items = self;
    uint32_t a = *(const uint32_t *)one;
    uint32_t b = *(const uint32_t *)other;

    if (items[a].poll.device != items[b].poll.device)
        return items[a].poll.device < items[b].poll.device ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* `*next` is where it is unless a clock was set back: times rise with the sequence. */
static struct poll *group_find(const struct group *group, uint64_t seq, size_t *next)
{
    size_t low = 0;
    size_t high = group->count;

    if (*next < high && group->items[group->order[*next]].seq == seq)
        return &group->items[group->order[(*next)++]].poll;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct poll *poll = &group->items[group->order[middle]].poll;

        if (poll->seq == seq) {
            *next = middle + 1;
            return poll;
        }
        if (poll->seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool gather_point(struct reader *reader, int64_t segment, uint32_t point,
                         const struct group *group, struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_KEPT);
    size_t next = 0;
    bool failed;

    sqlite3_bind_int64(row, 1, segment);
    sqlite3_bind_int64(row, 2, point);
    sqlite3_bind_int64(row, 3, group->first_time);
    sqlite3_bind_int64(row, 4, group->last_time);
    sqlite3_bind_int64(row, 5, (int64_t)group->items[group->order[0]].seq);
    sqlite3_bind_int64(row, 6, (int64_t)group->items[group->order[group->count - 1]].seq);
    while (statement_next(&reader->c, row, &failed, err)) {
        struct poll *poll = group_find(group, (uint64_t)sqlite3_column_int64(row, 0), &next);
        struct reading *reading;

        if (poll == NULL || poll->reading_count == POLL_READINGS_MAX)
            continue;
        reading = (struct reading *)poll->readings + poll->reading_count++;
        *reading = (struct reading){.point = point,
                                    .value = column_value(row, 1),
                                    .quality = (uint8_t)sqlite3_column_int(row, 2),
                                    .cause = (uint8_t)sqlite3_column_int(row, 3)};
    }
    return !failed;
}

static bool gather_group(struct reader *reader, int64_t segment, struct group *group,
                         struct error *err)
{
    uint32_t points[1024];
    sqlite3_stmt *row = reader_ask(reader, ASK_POINTS);
    size_t count = 0;
    bool failed = false;

    sqlite3_bind_int64(row, 1, group->items[group->order[0]].poll.device);
    while (count < sizeof points / sizeof points[0] &&
           statement_next(&reader->c, row, &failed, err))
        points[count++] = (uint32_t)sqlite3_column_int64(row, 0);
    sqlite3_reset(row);
    group->first_time = INT64_MAX;
    group->last_time = INT64_MIN;
    for (size_t i = 0; i < group->count; i++) {
        struct poll *poll = &group->items[group->order[i]].poll;
        size_t room = count < POLL_READINGS_MAX ? count : POLL_READINGS_MAX;

        poll->readings = arena_get(&reader->window.arena, room * sizeof(struct reading));
        if (poll->readings == NULL)
            return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        if (poll->time.ms < group->first_time)
            group->first_time = poll->time.ms;
        if (poll->time.ms > group->last_time)
            group->last_time = poll->time.ms;
    }
    for (size_t i = 0; i < count && !failed; i++)
        failed = !gather_point(reader, segment, points[i], group, err);
    return !failed;
}

/* Lists the polls of the window by device in reader->order. */
static bool put_in_order(struct reader *reader, size_t *count, struct error *err)
{
    struct window *window = &reader->window;

    *count = 0;
    if (reader->order_room < window->count) {
        uint32_t *larger = realloc(reader->order, window->room * sizeof *larger);

        if (larger == NULL)
            return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        reader->order = larger;
        reader->order_room = window->room;
    }
    for (size_t i = 0; i < window->count; i++)
        if (window->items[i].kind == ITEM_POLL)
            reader->order[(*count)++] = (uint32_t)i;
    if (*count > 0)
        qsort_r(reader->order, *count, sizeof reader->order[0], by_device, window->items);
    return true;
}

bool window_gather(struct reader *reader, int64_t segment, struct error *err)
{
    struct item *items = reader->window.items;
    size_t count;

    if (!put_in_order(reader, &count, err))
        return false;
    for (size_t first = 0, next; first < count; first = next) {
        struct group group = {.items = items, .order = reader->order + first};
        uint32_t device = items[reader->order[first]].poll.device;

        for (next = first; next < count; next++)
            if (items[reader->order[next]].poll.device != device)
                break;
        group.count = next - first;
        if (!gather_group(reader, segment, &group, err))
            return false;
    }
    return true;
}
