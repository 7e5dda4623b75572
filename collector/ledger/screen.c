#include "ledger/screen_inside.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

static const struct {
    const char *word, *zh, *en;
} tests[SCREEN_COUNT] = {
    [SCREEN_SILENCE] = {"silence",       "长时间没有有效数据，需核查",
                        "no valid value for long, needs checking"                                                                                   },
    [SCREEN_SPAN] = {"span",          "数值超出通常范围，需核查",                         "outside the usual span, needs checking"   },
    [SCREEN_SPIKE] = {"spike",         "单个数值突跳，需核查",                               "a single value stands out, needs checking"},
    [SCREEN_RATE] = {"rate",          "数值变化过快，需核查",                               "changes unusually fast, needs checking"   },
    [SCREEN_FLAT] = {"flat",          "数据长时间不变，需核查",                            "unchanged for long, needs checking"       },
    [SCREEN_CLIP] = {"clip",          "数值集中在一个上限或紧贴限值之下，需核查",
                        "values crowd at one ceiling or just below the limit, needs checking"                                                       },
    [SCREEN_CONTRADICTION] = {"contradiction", "数值互相矛盾或物理上不可能，需核查",
                        "values contradict each other or physics, needs checking"                                                                   },
    [SCREEN_HIDDEN] = {"hidden",        "数值升高后多次缺测或打维护标记，需核查",
                        "gaps or maintenance marks begin when values rise, needs checking"                                                          },
    [SCREEN_NIGHT] = {"night",         "夜间数据明显少于白天，需核查",
                        "far less data by night than by day, needs checking"                                                                        },
};

const char *screen_word(enum screen_test test)
{
    assert((unsigned)test < SCREEN_COUNT);
    return tests[test].word;
}

const char *screen_title(enum screen_test test)
{
    assert((unsigned)test < SCREEN_COUNT);
    return SAY(tests[test].zh, tests[test].en);
}

bool screen_is_rule(enum screen_test test, const char *rule)
{
    const size_t prefix = strlen("screen-");

    return strncmp(rule, "screen-", prefix) == 0 && strcmp(rule + prefix, tests[test].word) == 0;
}

void screen_sentences(const char *rule, const char **zh, const char **en)
{
    for (int i = 0; i < SCREEN_COUNT; i++) {
        if (!screen_is_rule((enum screen_test)i, rule))
            continue;
        *zh = tests[i].zh;
        *en = tests[i].en;
    }
}

void screen_memory_clear(struct screen_memory *memory)
{
    *memory = (struct screen_memory){.seen_ms = NEVER_MS, .latest_ms = NEVER_MS};
    for (int i = 0; i < SCREEN_COUNT; i++)
        memory->until_ms[i] = NEVER_MS;
    for (int i = 0; i < RATE_BUCKETS; i++)
        memory->rate.number[i] = NEVER_MS;
    memory->silence = (struct silence_memory){NEVER_MS, NEVER_MS, NAN};
    memory->spike.time_ms[0] = memory->spike.time_ms[1] = NEVER_MS;
    memory->rate.bucket = NEVER_MS;
    memory->flat.seen_ms = NEVER_MS;
    memory->clip.from_ms = NEVER_MS;
    memory->hidden.valid_ms = memory->hidden.high_ms = memory->hidden.newest = NEVER_MS;
    memory->night.from_ms = NEVER_MS;
}

static unsigned tests_of(const struct screen *screen, bool has_night)
{
    const struct screen_shared *shared = screen->shared;
    const struct screen_plan *plan = screen->plan;
    bool has_limit = screen->limit > 0.0;
    bool applies[SCREEN_COUNT] = {
        [SCREEN_SILENCE] = shared->silence_ms > 0,
        [SCREEN_SPAN] = !isnan(plan->span_low),
        [SCREEN_SPIKE] = plan->spike > 0.0 || plan->spike_percent > 0.0,
        [SCREEN_RATE] =
            shared->rate_ms > 0 && (plan->rate_per_hour > 0.0 || plan->rate_percent_per_hour > 0.0),
        [SCREEN_FLAT] = plan->flat_ms > 0,
        [SCREEN_CLIP] = shared->clip_ms > 0 && plan->clip != 0,
        [SCREEN_CONTRADICTION] = !isnan(plan->possible_low) || plan->beside[0] != '\0',
        [SCREEN_HIDDEN] = shared->hidden_days > 0 && has_limit,
        [SCREEN_NIGHT] = shared->night_ms > 0 && has_night,
    };
    unsigned set = 0;

    for (unsigned i = 0; i < SCREEN_COUNT; i++)
        set |= (unsigned)applies[i] << i;
    return set;
}

/* FNV-1a, over numbers that stand in memory without holes. */
static uint64_t digested(uint64_t digest, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++)
        digest = (digest ^ at[i]) * 0x100000001B3U;
    return digest;
}

static uint64_t meaning_of(const struct screen *screen)
{
    uint64_t digest = 0xCBF29CE484222325U;

    digest = digested(digest, screen->shared, sizeof *screen->shared);
    digest = digested(digest, screen->plan, sizeof *screen->plan);
    digest = digested(digest, &screen->every_ms, sizeof screen->every_ms);
    digest = digested(digest, &screen->limit, sizeof screen->limit);
    digest = digested(digest, &screen->band, sizeof screen->band);
    digest = digested(digest, &screen->night, sizeof screen->night);
    return digested(digest, &screen->tests, sizeof screen->tests);
}

static const struct screen_plan *plan_of(const struct screen_plans *plans, const char *parameter)
{
    for (size_t i = 0; i < plans->count; i++)
        if (strcmp(plans->all[i].parameter, parameter) == 0)
            return &plans->all[i];
    return &plans->bare;
}

struct screen *screen_new(const struct screen_plans *plans, const struct parameter *parameter,
                          int64_t every_ms, double limit, const struct night *night,
                          struct error *err)
{
    struct screen *screen = calloc(1, sizeof *screen);

    if (screen == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    screen->shared = &plans->shared;
    screen->plan = plan_of(plans, parameter->key);
    screen->every_ms = every_ms > 0 ? every_ms : 1;
    screen->gap_ms = (int64_t)(plans->shared.gap_periods * (double)screen->every_ms);
    if (screen->gap_ms < plans->shared.gap_ms)
        screen->gap_ms = plans->shared.gap_ms;
    screen->limit = isfinite(limit) ? limit : 0.0;
    screen->band = fmax(screen->limit * plans->shared.clip_below / 100.0,
                        2.0 * pow(10.0, -parameter->decimals));
    if (night != NULL)
        screen->night = *night;
    screen->tests = tests_of(screen, night != NULL);
    screen->meaning = meaning_of(screen);
    screen_memory_clear(&screen->memory);
    if (screen->tests != 0)
        return screen;
    free(screen);
    return NULL;
}

void screen_free(struct screen *screen)
{
    free(screen);
}

unsigned screen_tests(const struct screen *screen)
{
    return screen->tests;
}

const char *screen_beside(const struct screen *screen)
{
    return screen->plan->beside[0] == '\0' ? NULL : screen->plan->beside;
}

void screen_doubt(struct screen *screen, enum screen_test test, const struct screen_at *at,
                  int64_t about_ms, double value)
{
    screen->memory.until_ms[test] = DOUBTING_MS;
    at->findings->answer[test] = SCREEN_DOUBT;
    at->findings->at[test].ms = about_ms;
    at->findings->value[test] = value;
}

void screen_end_doubt(struct screen *screen, enum screen_test test, const struct screen_at *at)
{
    screen->memory.until_ms[test] = at->ms + screen->shared->good_for_ms;
    screen->memory.latest_ms = screen->memory.until_ms[test];
}

/* A valid reading proves whatever was doubted lately and is doubted no longer. */
static void say_good(const struct screen *screen, const struct screen_at *at)
{
    for (int i = 0; i < SCREEN_COUNT; i++) {
        int64_t until_ms = screen->memory.until_ms[i];

        if (until_ms < at->ms || until_ms == DOUBTING_MS ||
            at->findings->answer[i] != SCREEN_SAYS_NOTHING)
            continue;
        at->findings->answer[i] = SCREEN_GOOD;
        at->findings->at[i].ms = at->ms;
        at->findings->value[i] = at->value;
    }
}

/* The clock was set back: what was measured between two times there says nothing any more. Counts
 * of whole days and weeks stay where they still can. */
static void set_back(struct screen *screen, int64_t ms)
{
    struct screen_memory *memory = &screen->memory;
    int64_t most_ms = ms + screen->shared->good_for_ms;

    for (int i = 0; i < SCREEN_COUNT; i++)
        if (memory->until_ms[i] != DOUBTING_MS && memory->until_ms[i] > most_ms)
            memory->until_ms[i] = most_ms;
    if (memory->latest_ms > most_ms)
        memory->latest_ms = most_ms;
    if (memory->silence.valued_ms > ms)
        memory->silence.valued_ms = ms;
    if (memory->silence.valid_ms > ms)
        memory->silence.valid_ms = ms;
    memory->spike.time_ms[0] = memory->spike.time_ms[1] = NEVER_MS;
    memory->rate.bucket = NEVER_MS;
    for (int i = 0; i < RATE_BUCKETS; i++)
        memory->rate.number[i] = NEVER_MS;
    memory->hidden.valid_ms = memory->hidden.high_ms = NEVER_MS;
}

/* Moments that no collector can have taken (before 1970, from 10000 on) would spoil every
 * difference. */
static bool is_a_moment(struct wall_time time)
{
    return time.ms >= 0 && time.ms < MOMENT_END_MS;
}

static void step_values(struct screen *screen, const struct screen_at *at)
{
    if (screen_wants(screen, SCREEN_SPAN))
        screen_span(screen, at);
    if (screen_wants(screen, SCREEN_CLIP))
        screen_clip(screen, at);
    if (screen_wants(screen, SCREEN_CONTRADICTION))
        screen_contradiction(screen, at);
    if (!at->normal)
        return;
    if (screen_wants(screen, SCREEN_SPIKE))
        screen_spike(screen, at);
    if (screen_wants(screen, SCREEN_RATE))
        screen_rate(screen, at);
    if (screen_wants(screen, SCREEN_FLAT))
        screen_flat(screen, at);
}

void screen_step(struct screen *screen, struct wall_time time, double value, double beside,
                 enum quality quality, struct screen_findings *findings)
{
    struct screen_at at = {.ms = time.ms,
                           .value = value,
                           .beside = beside,
                           .valued = isfinite(value),
                           .findings = findings};

    memset(findings->answer, 0, sizeof findings->answer);
    if (!is_a_moment(time))
        return;
    at.normal = at.valued && quality == QUALITY_NORMAL;
    at.over = at.valued && quality == QUALITY_OVER_RANGE;
    if (time.ms < screen->memory.seen_ms)
        set_back(screen, time.ms);
    screen->memory.seen_ms = time.ms;
    if (screen_wants(screen, SCREEN_SILENCE))
        screen_silence(screen, &at);
    if (screen_wants(screen, SCREEN_HIDDEN))
        screen_hidden(screen, &at, quality == QUALITY_MANUAL);
    if (screen_wants(screen, SCREEN_NIGHT))
        screen_night(screen, &at);
    if (at.normal || at.over) {
        step_values(screen, &at);
        if (time.ms <= screen->memory.latest_ms)
            say_good(screen, &at);
    }
}
