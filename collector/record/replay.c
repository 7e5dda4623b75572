#include "record/replay.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "record/replay_inside.h"

enum { AT_ONCE = 2048 };

bool replay_no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s",
                     SAY("内存不足，无法复算", "out of memory for the replay"));
}

bool replay_room(void **array, size_t count, size_t *room, size_t size)
{
    size_t wanted = *room == 0 ? 256 : *room * 2;
    void *larger;

    if (count < *room)
        return true;
    larger = realloc(*array, wanted * size);
    if (larger == NULL)
        return false;
    *array = larger;
    *room = wanted;
    return true;
}

void replay_differs(struct replay *replay, struct replay_count *count, const char *format, ...)
{
    struct replay_answer *answer = replay->answer;
    va_list args;

    count->differ++;
    if (answer->difference_count == REPLAY_SHOWN)
        return;
    va_start(args, format);
    vsnprintf(answer->differences[answer->difference_count++], REPLAY_WORDS, format, args);
    va_end(args);
}

bool replay_in_range(const struct replay *replay, struct wall_time first, struct wall_time end)
{
    struct wall_time from = replay->setup->from, to = replay->setup->to;

    return (!wall_is_known(to) || first.ms < to.ms) &&
           (!wall_is_known(from) || !wall_is_known(end) || end.ms >= from.ms);
}

const char *replay_point_name(const struct replay *replay, uint32_t point, char *out)
{
    const struct catalog *catalog = replay->setup->judge.catalog;
    const struct catalog_point *of = catalog_point(catalog, point);

    if (of == NULL)
        snprintf(out, POINT_SIZE, "%u", point);
    else
        catalog_point_name(catalog, of, out);
    return out;
}

/* Feeding ------------------------------------------------------------------------------------ */

static void show(struct replay *replay)
{
    double share = replay->end == 0 ? 1.0 : (double)replay->fed / (double)replay->end;

    if (replay->setup->progress != NULL)
        replay->setup->progress(replay->setup->self, share > 1.0 ? 1.0 : share);
}

static bool feed_to(struct replay *replay, uint64_t last, struct error *err)
{
    const unsigned wanted = 1u << ITEM_POLL | 1u << ITEM_EVENT;

    while (replay->fed < last) {
        uint64_t reached = replay->fed;
        size_t count = 0, i = 0;

        if (!reader_items(replay->items, replay->fed, wanted, AT_ONCE, replay->piece, &count,
                          &reached, err))
            return false;
        for (; i < count && replay->piece[i].seq <= last; i++) {
            if (!judge_item(replay->judge, &replay->piece[i], err))
                return false;
            if (replay->piece[i].kind == ITEM_POLL)
                replay->answer->readings += replay->piece[i].poll.reading_count;
        }
        replay->answer->entries += i;
        if (reached == replay->fed)
            break;
        replay->fed = i < count || reached > last ? last : reached;
        show(replay);
    }
    return true;
}

static void hold_pairs(struct replay *replay)
{
    for (size_t i = 0; i < replay->pair_count; i++)
        judge_hold(replay->judge, replay->pairs[i].rule, replay->pairs[i].point,
                   replay->pairs[i].hold);
}

static bool run(struct replay *replay, struct error *err)
{
    const struct judge_sink sink = replay_sink(replay);
    size_t cells = ((size_t)replay->point_limit + 1) * PERIOD_COUNT;

    replay->counted = calloc(cells, sizeof *replay->counted);
    replay->stored = calloc(cells, sizeof *replay->stored);
    replay->from_of = calloc((size_t)replay->point_limit + 1, sizeof *replay->from_of);
    replay->counts = calloc((size_t)replay->point_limit + 1, sizeof *replay->counts);
    replay->piece = calloc(AT_ONCE, sizeof *replay->piece);
    if (replay->counted == NULL || replay->stored == NULL || replay->from_of == NULL ||
        replay->counts == NULL || replay->piece == NULL)
        return replay_no_memory(err);
    if (!replay_survey(replay, err))
        return false;
    replay->judge = judge_new(&replay->setup->judge, NULL, &sink, err);
    if (replay->judge == NULL)
        return false;
    hold_pairs(replay);
    return feed_to(replay, replay->end, err) && replay_compare(replay, feed_to, err);
}

static void let_go(struct replay *replay)
{
    judge_free(replay->judge);
    reader_close(replay->items);
    reader_close(replay->asks);
    for (size_t i = 0; i < replay->again_count; i++) {
        free(replay->again[i].body);
        free(replay->again[i].episodes);
    }
    free(replay->again);
    free(replay->slots);
    free(replay->pairs);
    free(replay->told);
    free(replay->given);
    free(replay->counted);
    free(replay->stored);
    free(replay->from_of);
    free(replay->counts);
    free(replay->piece);
}

bool replay_run(const struct replay_setup *setup, struct replay_answer *answer, struct error *err)
{
    struct replay replay = {
        .setup = setup, .answer = answer, .point_limit = setup->judge.catalog->point_id_limit};
    bool done;

    *answer = (struct replay_answer){.oldest = WALL_NONE};
    replay.items = reader_open(setup->dir, err);
    replay.asks = replay.items == NULL ? NULL : reader_open(setup->dir, err);
    done = replay.asks != NULL && run(&replay, err);
    let_go(&replay);
    return done;
}

bool replay_is_equal(const struct replay_answer *answer)
{
    return answer->problems.differ + answer->episodes.differ + answer->aggregates.differ == 0;
}

void replay_answer_end(struct replay_answer *answer)
{
    free(answer->changed);
    answer->changed = NULL;
    answer->changed_count = 0;
}
