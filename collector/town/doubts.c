#include "town/doubts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "ledger/screen.h"
#include "store/store.h"
#include "town/shown.h"

#define SCREEN_PREFIX "screen-"

/* SCREEN_COUNT: a rule of rules.conf. */
static enum screen_test test_of(const char *rule)
{
    size_t length = strlen(SCREEN_PREFIX);

    for (int i = 0; i < SCREEN_COUNT && strncmp(rule, SCREEN_PREFIX, length) == 0; i++)
        if (strcmp(rule + length, screen_word((enum screen_test)i)) == 0)
            return (enum screen_test)i;
    return SCREEN_COUNT;
}

const char *doubt_title(const char *rule)
{
    enum screen_test test = test_of(rule);

    return test == SCREEN_COUNT ? rule : screen_title(test);
}

const char *doubt_word(const char *rule)
{
    enum screen_test test = test_of(rule);

    return test == SCREEN_COUNT ? rule : screen_word(test);
}

bool doubt_is_screened(const char *rule)
{
    return test_of(rule) != SCREEN_COUNT;
}

struct stretch {
    int64_t first_ms, last_ms;
    char rule[NAME_SIZE];
};

struct source {
    char uid[33];
    char rule[NAME_SIZE];
};

struct doubts {
    struct source *sources;
    size_t source_count, source_room;
    const char *rule;    /* of the episodes being read */
    struct stretch *all; /* in order of `first` */
    size_t count, room;
    size_t next;    /* the first that has not begun yet */
    size_t *active; /* those that have, and have not ended */
    size_t active_count;
    bool no_memory;
};

/* Room for one more of `size` bytes each. */
static bool grow(struct doubts *doubts, void **all, size_t count, size_t *room, size_t size)
{
    size_t wanted = *room == 0 ? 16 : *room * 2;
    void *grown;

    if (count < *room)
        return true;
    grown = realloc(*all, wanted * size);
    if (grown == NULL) {
        doubts->no_memory = true;
        return false;
    }
    *all = grown;
    *room = wanted;
    return true;
}

static bool take_problem(void *self, const struct point_problem *problem)
{
    struct doubts *doubts = self;
    struct source *source;

    if (strcmp(problem->nature, "doubt") != 0)
        return true;
    if (!grow(doubts, (void **)&doubts->sources, doubts->source_count, &doubts->source_room,
              sizeof doubts->sources[0]))
        return false;
    source = &doubts->sources[doubts->source_count++];
    snprintf(source->uid, sizeof source->uid, "%s", problem->uid);
    snprintf(source->rule, sizeof source->rule, "%s", problem->rule);
    return true;
}

static bool take_episode(void *self, const struct episode_row *row)
{
    struct doubts *doubts = self;
    struct stretch *stretch;

    if (!grow(doubts, (void **)&doubts->all, doubts->count, &doubts->room, sizeof doubts->all[0]))
        return false;
    stretch = &doubts->all[doubts->count++];
    stretch->first_ms = row->first.ms;
    stretch->last_ms = wall_is_known(row->ended) ? row->last.ms : INT64_MAX;
    snprintf(stretch->rule, sizeof stretch->rule, "%s", doubts->rule);
    return true;
}

static int by_first(const void *one, const void *other)
{
    const struct stretch *a = one;
    const struct stretch *b = other;

    if (a->first_ms != b->first_ms)
        return a->first_ms < b->first_ms ? -1 : 1;
    return strcmp(a->rule, b->rule);
}

static bool gather(struct doubts *doubts, struct reader *reader, const char *point,
                   struct error *err)
{
    static const struct span always = {{INT64_MIN}, {INT64_MAX}};
    bool read = reader_point_problems(reader, reader_point(reader, point), always, INT64_MAX,
                                      take_problem, doubts, err);

    for (size_t i = 0; read && i < doubts->source_count; i++) {
        doubts->rule = doubts->sources[i].rule;
        read = reader_episodes(reader, doubts->sources[i].uid, take_episode, doubts, err);
    }
    doubts->active = calloc(doubts->count + 1, sizeof doubts->active[0]);
    if (doubts->no_memory || doubts->active == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    if (doubts->count > 0)
        qsort(doubts->all, doubts->count, sizeof doubts->all[0], by_first);
    return read;
}

struct doubts *doubts_of(struct reader *reader, const char *point, struct error *err)
{
    struct doubts *doubts = calloc(1, sizeof *doubts);

    if (doubts == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    if (gather(doubts, reader, point, err))
        return doubts;
    doubts_free(doubts);
    return NULL;
}

void doubts_free(struct doubts *doubts)
{
    if (doubts == NULL)
        return;
    free(doubts->sources);
    free(doubts->all);
    free(doubts->active);
    free(doubts);
}

bool doubts_are_there(const struct doubts *doubts)
{
    return doubts->count > 0;
}

static void step_to(struct doubts *doubts, int64_t ms)
{
    size_t kept = 0;

    while (doubts->next < doubts->count && doubts->all[doubts->next].first_ms <= ms)
        doubts->active[doubts->active_count++] = doubts->next++;
    for (size_t i = 0; i < doubts->active_count; i++)
        if (doubts->all[doubts->active[i]].last_ms >= ms)
            doubts->active[kept++] = doubts->active[i];
    doubts->active_count = kept;
}

void doubts_at(struct doubts *doubts, struct wall_time time, bool titles, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    step_to(doubts, time.ms);
    for (size_t i = 0; i < doubts->active_count; i++) {
        const char *rule = doubts->all[doubts->active[i]].rule;

        if (i > 0)
            text_add(&text, titles ? SAY("；", "; ") : ",");
        text_add(&text, titles ? doubt_title(rule) : doubt_word(rule));
    }
}
