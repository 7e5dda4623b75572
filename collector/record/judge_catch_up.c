/* The judge as a reader of the sequence: what it was not fed from memory, and what its tallies and
 * screens are fed again. */
#include "record/judge_inside.h"

bool judge_item(struct judge *judge, const struct item *item, struct error *err)
{
    switch (item->kind) {
    case ITEM_POLL:
        return judge_feed_poll(judge, &item->poll, err);
    case ITEM_EVENT:
        return judge_feed_event(judge, item->seq, item->event, item->time, item->body, err);
    case ITEM_PROBLEM:
        break;
    }
    return true;
}

static bool read_piece(struct judge *judge, struct reader *reader, uint64_t after, size_t *count,
                       uint64_t *reached, struct error *err)
{
    return reader_items(reader, after, 1u << ITEM_POLL | 1u << ITEM_EVENT, PIECE, judge->items,
                        count, reached, err);
}

/* Tallies and screens are fed again what stands between their memory and the cursor. */
static bool feed_again(struct judge *judge, struct reader *reader, struct error *err)
{
    uint64_t reached = judge->refed;
    size_t count = 0;
    bool good = true;

    if (!read_piece(judge, reader, judge->refed, &count, &reached, err))
        return false;
    judge->silent = true;
    for (size_t i = 0; good && i < count && judge->items[i].seq <= judge->cursor; i++)
        good = judge_item(judge, &judge->items[i], err);
    judge->silent = false;
    judge->fed = false;
    judge->stale = !good;
    judge->refed = reached < judge->cursor ? reached : judge->cursor;
    return good;
}

static bool judge_piece(struct judge *judge, size_t count, uint64_t reached, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!judge_item(judge, &judge->items[i], err))
            return false;
    judge->cursor = judge->refed = reached;
    return judge_flush(judge, err);
}

static bool judge_next(struct judge *judge, struct reader *reader, bool *more, struct error *err)
{
    uint64_t reached = judge->cursor;
    uint64_t end = reader_last_seq(reader); /* numbers given in vain are not waited for */
    size_t count = 0;

    if (!read_piece(judge, reader, judge->cursor, &count, &reached, err))
        return false;
    if (reached == judge->cursor && reached < end)
        return true; /* entries without a time stand in the way */
    /* Up to the end: what the judge itself adds now needs no judging. */
    judge->behind = reached < end;
    *more = judge->behind;
    if (!store_begin(judge->store, err)) {
        judge_undo(judge);
        return false;
    }
    if (!judge_piece(judge, count, reached, err)) {
        store_rollback(judge->store);
        judge_undo(judge);
        return false;
    }
    if (!store_commit(judge->store, err)) {
        judge_undo(judge);
        return false;
    }
    judge_keep(judge);
    return true;
}

bool judge_catch_up(struct judge *judge, struct reader *reader, bool *more, struct error *err)
{
    *more = false;
    if (!judge->behind)
        return true;
    if (judge->stale && !judge_take_up(judge, err))
        return false;
    if (judge->refed < judge->cursor) {
        *more = true;
        if (!feed_again(judge, reader, err))
            return false;
        judge->behind =
            judge->refed < judge->cursor || judge->cursor < store_last_seq(judge->store);
        return true;
    }
    return judge_next(judge, reader, more, err);
}
