#include "report/bundle_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"

/* A clock that went back by a year must not fill the memory: 32 bytes a row. */
enum { ROWS_MOST = 4 * 1024 * 1024 };

struct row {
    uint64_t seq;
    struct wall_time time;
    struct reading reading;
};

struct bundle_order {
    bool (*each)(void *self, uint64_t seq, struct wall_time time, const struct reading *reading,
                 struct error *err);
    void *self;
    struct row *rows;
    size_t count, room;
    bool sorted;
};

struct bundle_order *bundle_order_new(bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                                   const struct reading *reading,
                                                   struct error *err),
                                      void *self)
{
    struct bundle_order *order = calloc(1, sizeof *order);

    if (order != NULL)
        *order = (struct bundle_order){.each = each, .self = self, .sorted = true};
    return order;
}

void bundle_order_free(struct bundle_order *order)
{
    if (order != NULL)
        free(order->rows);
    free(order);
}

static int by_time(const void *one, const void *other)
{
    const struct row *a = one, *b = other;

    if (a->time.ms != b->time.ms)
        return a->time.ms < b->time.ms ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static bool make_room(struct bundle_order *order, struct error *err)
{
    size_t room = order->room == 0 ? 1024 : 2 * order->room;
    struct row *rows;

    if (order->count < order->room)
        return true;
    rows = room > ROWS_MOST ? NULL : realloc(order->rows, room * sizeof *rows);
    if (rows == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("时钟倒退太多，读数排不了序：请缩短时段",
                             "the clock went back too far to put the readings in order: take a "
                             "shorter span"));
    order->rows = rows;
    order->room = room;
    return true;
}

bool bundle_order_add(struct bundle_order *order, uint64_t seq, struct wall_time time,
                      const struct reading *reading, struct error *err)
{
    struct row *row;

    if (!wall_is_known(time))
        return true;
    if (!make_room(order, err))
        return false;
    row = &order->rows[order->count++];
    *row = (struct row){seq, time, *reading};
    order->sorted = order->sorted && (order->count == 1 || by_time(row - 1, row) < 0);
    return true;
}

bool bundle_order_segment(struct bundle_order *order, struct wall_time next, struct error *err)
{
    size_t given = 0;

    if (!order->sorted)
        qsort(order->rows, order->count, sizeof *order->rows, by_time);
    order->sorted = true;
    for (; given < order->count; given++) {
        const struct row *row = &order->rows[given];

        if (wall_is_known(next) && row->time.ms >= next.ms)
            break;
        if (!order->each(order->self, row->seq, row->time, &row->reading, err))
            return false;
    }
    order->count -= given;
    if (order->count > 0 && given > 0)
        memmove(order->rows, order->rows + given, order->count * sizeof *order->rows);
    return true;
}
