#include "app/probe_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/probe_known.h"
#include "base/say.h"

enum {
    CHARACTER_BITS = 11,
    SHORTEST_TALK = 8 + 7, /* characters: a request, and the answer of one register */
    TURN_AROUND_MS = 150,  /* most units begin to answer within 50 */
    TCP_MS = 1000,         /* a gateway may itself wait for the unit */
    SLOW_MS = 1000,        /* for one that seems to have answered late */
    SLOW_GUARD_MS = 300,
    BRIEF_GUARD_MS = 10, /* a late answer is told by its unit id, and no value is taken here */
    RECENT = 4,          /* who may have answered late */
    SLOW_ROUNDS = 6,     /* for one line setting */
    QUESTIONS_MAX = 256,
    KNOWN_UNITS = 3,
    QUESTION_MOST = 100,
};

/* As delivered: most instruments by far are set to one of these. */
static const struct probe_framing usual[] = {
    {9600,   'N'},
    {4800,   'N'},
    {19200,  'E'},
    {9600,   'E'},
    {19200,  'N'},
    {115200, 'N'},
    {2400,   'N'},
    {38400,  'N'},
    {57600,  'N'},
};

static const uint8_t likely[] = {1, 2, 10, 55, 255};
enum { LIKELY = sizeof likely };

struct asked {
    uint8_t unit;
    struct request question;
};

/* A search under way. */
struct search {
    struct probe_scan *scan;
    struct error *err;
    struct probe_line *line; /* NULL: none is open */
    struct link_setup setup;
    struct probe_progress progress;
    struct probe_framing framings[PROBE_LINES_MAX];
    size_t framing_count, framing;
    struct request question; /* what units are asked; its unit is filled in */
    struct request known[QUESTIONS_MAX];
    const struct profile *known_of[QUESTIONS_MAX];
    size_t known_count;
    bool was_asked[256]; /* `question`, at this line setting */
    struct asked recent[RECENT];
    size_t recent_count;
    unsigned slow_rounds;
    bool bytes_came; /* at this line setting */
    bool settled;    /* somebody was found: the rest is reckoned anew */
    bool failed;     /* the line cannot be used any more */
};

static bool is_serial(const struct search *search)
{
    return search->setup.kind == LINK_SERIAL;
}

char *probe_framing_text(const struct link_setup *link, char *out, size_t size)
{
    snprintf(out, size, "%s", "");
    if (link->kind == LINK_SERIAL)
        snprintf(out, size, "%d 8%c%d", link->baud, link->parity, link->stop_bits);
    return out;
}

size_t probe_scan_units(bool tcp, const bool *wanted, uint8_t units[256])
{
    static const uint8_t first_tcp[] = {1, 255, 0};
    bool taken[256] = {false};
    size_t count = 0;

    for (size_t i = 0; i < (tcp ? sizeof first_tcp : LIKELY); i++) {
        uint8_t unit = tcp ? first_tcp[i] : likely[i];

        taken[unit] = true;
        if (wanted == NULL || wanted[unit])
            units[count++] = unit;
    }
    for (int unit = 0; unit <= 255; unit++) {
        bool usable = unit >= 1 && unit <= 247;

        if (!taken[unit] && (wanted != NULL ? wanted[unit] && (tcp || unit > 0) : usable))
            units[count++] = (uint8_t)unit;
    }
    return count;
}

int64_t probe_scan_timeout_ms(const struct link_setup *link)
{
    if (link->kind == LINK_TCP)
        return TCP_MS;
    if (link->kind != LINK_SERIAL)
        return 2 * TURN_AROUND_MS; /* through a serial server of unknown rate */
    return (int64_t)SHORTEST_TALK * CHARACTER_BITS * 1000 / link->baud + TURN_AROUND_MS;
}

struct probe_range probe_scan_question(const struct probe_options *options)
{
    struct probe_range range = {AREA_HOLDING_REGISTER, 0, 1};

    if (options->reads)
        range = options->range;
    if (range.count > QUESTION_MOST)
        range.count = QUESTION_MOST;
    return range;
}

/* How long one question takes that nobody answers. */
static int64_t timeout_of(const struct search *search)
{
    return search->scan->options->timeout_ms > 0 ? search->scan->options->timeout_ms
                                                 : probe_scan_timeout_ms(&search->setup);
}

static double cost_of(const struct search *search)
{
    return (double)(timeout_of(search) + (search->setup.kind == LINK_TCP ? 0 : BRIEF_GUARD_MS));
}

/* The line ---------------------------------------------------------------------------------- */

static bool open_line(struct search *search, size_t framing)
{
    probe_line_close(search->line);
    search->framing = framing;
    if (is_serial(search)) {
        search->setup.baud = search->framings[framing].baud;
        search->setup.parity = search->framings[framing].parity;
    }
    search->setup.timeout_ms = timeout_of(search);
    search->setup.guard_ms = BRIEF_GUARD_MS;
    search->line = probe_line_open(&search->setup, search->err);
    search->recent_count = 0;
    search->slow_rounds = 0;
    search->bytes_came = false;
    memset(search->was_asked, 0, sizeof search->was_asked);
    if (search->line != NULL)
        probe_line_patience(search->line, search->setup.timeout_ms, search->setup.guard_ms);
    search->failed = search->line == NULL;
    return !search->failed;
}

static bool is_over(const struct search *search)
{
    return search->failed || search->scan->stopped;
}

static bool is_found(const struct search *search, uint8_t unit)
{
    const struct probe_scan *scan = search->scan;

    for (size_t i = 0; i < scan->count; i++)
        if (scan->found[i].unit == unit && scan->found[i].line.baud == search->setup.baud &&
            scan->found[i].line.parity == search->setup.parity)
            return true;
    return false;
}

bool probe_is_somebody(const struct probe_answer *answer)
{
    bool nobody = answer->is_exception && (answer->exception == 10 || answer->exception == 11);

    return answer->answered || (answer->is_exception && !nobody);
}

static void keep_found(struct search *search, uint8_t unit, const struct probe_answer *answer)
{
    struct probe_scan *scan = search->scan;

    if (is_found(search, unit) || scan->count == FOUND_MAX)
        return;
    scan->found[scan->count++] = (struct found_unit){.unit = unit,
                                                     .answered = true,
                                                     .line = search->setup,
                                                     .refused = answer->is_exception,
                                                     .exception = answer->exception,
                                                     .took_ms = answer->took_ms};
}

static void overhear(struct search *search, const struct overheard *heard)
{
    struct overheard *all = &search->scan->heard;

    all->crc |= heard->crc;
    all->unit |= heard->unit;
    all->noise |= heard->noise;
    all->echo |= heard->echo;
    all->master |= heard->master;
    search->bytes_came |= heard->crc || heard->unit || heard->noise || heard->master;
}

static bool ask(struct search *search, const struct asked *asked, struct probe_answer *answer)
{
    struct request request = asked->question;

    request.unit = asked->unit;
    if (probe_line_ask(search->line, &request, false, answer, search->err)) {
        if (probe_is_somebody(answer))
            keep_found(search, asked->unit, answer);
        return true;
    }
    search->scan->stopped = probe_line_stopped(search->line);
    search->failed = !search->scan->stopped;
    return false;
}

/* Bytes came that answer nothing: one of those asked just before may be slow. */
static void ask_slowly(struct search *search)
{
    if (search->slow_rounds++ >= SLOW_ROUNDS)
        return;
    probe_line_patience(search->line, SLOW_MS, SLOW_GUARD_MS);
    for (size_t i = 0; i < search->recent_count; i++) {
        struct probe_answer answer;

        if (!is_found(search, search->recent[i].unit) && !ask(search, &search->recent[i], &answer))
            return;
    }
    probe_line_patience(search->line, search->setup.timeout_ms, search->setup.guard_ms);
    search->recent_count = 0;
}

static void remember(struct search *search, const struct asked *asked)
{
    if (search->recent_count == RECENT)
        memmove(search->recent, search->recent + 1, (RECENT - 1) * sizeof search->recent[0]);
    else
        search->recent_count++;
    search->recent[search->recent_count - 1] = *asked;
}

static void show(struct search *search, uint8_t unit)
{
    char framing[32], where[120];

    probe_framing_text(&search->setup, framing, sizeof framing);
    snprintf(where, sizeof where, SAY("%s%s%d 号单元，找到 %zu 台", "%s%sunit %d, found %zu"),
             framing, framing[0] != '\0' ? "  " : "", (int)unit, search->scan->count);
    probe_progress_step(&search->progress, cost_of(search), where);
}

/* A gateway says after its own timeout that nobody is there: it is given that time. */
static void wait_longer(struct search *search, const struct probe_answer *answer)
{
    if (search->setup.kind != LINK_TCP || !answer->is_exception ||
        2 * answer->took_ms <= search->setup.timeout_ms || search->scan->options->timeout_ms > 0)
        return;
    search->setup.timeout_ms = 2 * answer->took_ms;
    probe_line_patience(search->line, search->setup.timeout_ms, search->setup.guard_ms);
}

static bool ask_unit(struct search *search, uint8_t unit, const struct request *question)
{
    const struct asked asked = {unit, *question};
    struct probe_answer answer;

    show(search, unit);
    if (is_found(search, unit))
        return true;
    if (!ask(search, &asked, &answer))
        return false;
    remember(search, &asked);
    overhear(search, &answer.heard);
    wait_longer(search, &answer);
    if (!probe_is_somebody(&answer) &&
        (answer.heard.unit || answer.heard.crc || answer.heard.noise || answer.heard.master))
        ask_slowly(search);
    return !is_over(search);
}

/* Rounds ------------------------------------------------------------------------------------ */

static const bool *wanted_units(const struct search *search)
{
    return search->scan->options->some_units ? search->scan->options->units : NULL;
}

static size_t unit_count(const struct search *search)
{
    uint8_t units[256];

    return probe_scan_units(search->setup.kind == LINK_TCP, wanted_units(search), units);
}

/* From the first answer on only the line setting that gave it is left. */
static void reckon_rest(struct search *search, size_t left)
{
    if (search->settled || search->scan->count == 0 || search->scan->options->all)
        return;
    search->settled = true;
    search->progress.total = search->progress.done + (double)left * cost_of(search);
}

static void ask_units(struct search *search, const uint8_t *units, size_t count)
{
    for (size_t i = 0; i < count && !is_over(search); i++) {
        if (search->was_asked[units[i]])
            continue;
        search->was_asked[units[i]] = true;
        ask_unit(search, units[i], &search->question);
        reckon_rest(search, count > LIKELY ? count - i : unit_count(search));
    }
}

static void ask_likely(struct search *search)
{
    const bool *wanted = wanted_units(search);
    uint8_t units[LIKELY];
    size_t count = 0;

    for (size_t i = 0; i < LIKELY; i++)
        if (wanted == NULL || wanted[likely[i]])
            units[count++] = likely[i];
    ask_units(search, units, count);
}

/* Probes that say nothing to a register they lack are asked for one they have. */
static void ask_known(struct search *search, bool any_setting)
{
    const bool *wanted = wanted_units(search);

    for (size_t i = 0; i < search->known_count && !is_over(search); i++) {
        const struct profile *profile = search->known_of[i];
        bool fits = any_setting || (profile->baud == search->setup.baud &&
                                    (profile->parity[0] & ~0x20) == search->setup.parity);

        for (size_t j = 0; j < KNOWN_UNITS && fits && !is_over(search); j++)
            if (wanted == NULL || wanted[likely[j]]) {
                size_t before = search->scan->count;

                ask_unit(search, likely[j], &search->known[i]);
                if (search->scan->count > before) { /* others like it may be there */
                    reckon_rest(search, unit_count(search));
                    search->question = search->known[i];
                    memset(search->was_asked, 0, sizeof search->was_asked);
                    return;
                }
            }
    }
}

static void sweep(struct search *search)
{
    uint8_t units[256];
    size_t count = probe_scan_units(search->setup.kind == LINK_TCP, wanted_units(search), units);

    ask_units(search, units, count);
}

static bool found_any(const struct search *search)
{
    return search->scan->count > 0 && !search->scan->options->all;
}

static void note_noise(struct search *search)
{
    search->scan->noisy += search->bytes_came && search->scan->count == 0;
}

enum { ROUND_LIKELY, ROUND_KNOWN, ROUND_ALL, ROUNDS };

/* One round at the line setting that is open. With one setting only, everybody is asked sooner than
 * what known probes answer to. */
static void search_round(struct search *search, int round)
{
    bool single = search->framing_count == 1;

    if (round == ROUND_LIKELY)
        ask_likely(search);
    else if (round == (single ? ROUND_ALL : ROUND_KNOWN))
        ask_known(search, single);
    else
        sweep(search);
}

/* One line setting after another: first who is likely, then what known probes answer to, then
 * everybody; from the first answer on everybody at that setting. */
static void search_serial(struct search *search)
{
    struct probe_scan *scan = search->scan;

    for (int round = 0; round < ROUNDS && !is_over(search); round++)
        for (size_t i = 0; i < search->framing_count && !is_over(search); i++) {
            if (!open_line(search, i))
                return;
            search_round(search, round);
            if (round == ROUND_ALL)
                note_noise(search);
            if (!found_any(search))
                continue;
            sweep(search);
            scan->lines_tried = round == ROUND_ALL ? i + 1 : 1;
            scan->lines_left = search->framing_count - scan->lines_tried;
            return;
        }
    scan->lines_tried = search->framing_count;
}

/* GUARD: a device on TCP may answer as whoever is asked: then it is one, not 248. */
static bool answers_as_anybody(struct search *search)
{
    static const uint8_t unlikely[] = {113, 200};

    for (size_t i = 0; i < sizeof unlikely && !is_over(search); i++) {
        size_t before = search->scan->count;

        if (wanted_units(search) != NULL || search->scan->count < 2)
            return false;
        ask_units(search, &unlikely[i], 1);
        if (search->scan->count == before)
            return false;
    }
    search->scan->count = 1;
    search->scan->ignores_units = true;
    return true;
}

static void search_tcp(struct search *search)
{
    static const uint8_t first[] = {1, 255, 0};

    search->scan->lines_tried = 1;
    if (!open_line(search, 0))
        return;
    if (wanted_units(search) == NULL)
        ask_units(search, first, sizeof first);
    if (is_over(search) || answers_as_anybody(search))
        return;
    sweep(search);
    if (search->scan->count == 0)
        ask_known(search, true);
}

static void list_framings(struct search *search)
{
    const struct probe_scan *scan = search->scan;
    const struct link_setup *link = scan->link;

    if (scan->options->framing_count > 0) {
        search->framing_count = scan->options->framing_count;
        memcpy(search->framings, scan->options->framings, sizeof search->framings);
        return;
    }
    if (scan->named)
        search->framings[search->framing_count++] =
            (struct probe_framing){link->baud, link->parity};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (!scan->named || usual[i].baud != link->baud || usual[i].parity != link->parity)
            search->framings[search->framing_count++] = usual[i];
}

/* What the whole search takes if nobody is there. */
static void reckon(struct search *search)
{
    for (size_t i = 0; i < search->framing_count; i++) {
        search->setup.baud = search->framings[i].baud;
        search->progress.total += (double)(unit_count(search) + LIKELY) * cost_of(search);
    }
    if (!is_serial(search))
        search->progress.total = (double)unit_count(search) * cost_of(search);
    search->progress.total += (double)search->known_count * KNOWN_UNITS * cost_of(search);
}

static void say_begin(const struct search *search)
{
    int seconds = (int)(search->progress.total / 1000.0);

    if (search->scan->shows)
        fprintf(stderr,
                SAY("逐个站号查找，最多约 %d 分钟；Ctrl-C 随时结束，已找到的照样列出\n",
                    "asking one unit id after another, at most about %d min; Ctrl-C ends it and "
                    "what was found is listed\n"),
                seconds / 60 + 1);
}

bool probe_scan(struct probe_scan *scan, struct error *err)
{
    struct search *search = calloc(1, sizeof *search);
    struct probe_range range = probe_scan_question(scan->options);
    bool good;

    if (search == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    search->scan = scan;
    search->err = err;
    search->setup = *scan->link;
    search->question = (struct request){
        .function = area_function(range.area), .address = range.address, .count = range.count};
    list_framings(search);
    if (scan->shelf != NULL && !scan->options->reads)
        search->known_count =
            probe_first_questions(scan->shelf, search->known, search->known_of, QUESTIONS_MAX);
    probe_progress_begin(&search->progress, SAY("查找", "search"), scan->shows);
    reckon(search);
    say_begin(search);
    if (is_serial(search))
        search_serial(search);
    else
        search_tcp(search);
    probe_progress_end(&search->progress, !is_over(search));
    good = !search->failed || scan->count > 0;
    probe_line_close(search->line);
    free(search);
    return good;
}
