/* The rounds of a search: which unit is asked what, in which order. */
#include "app/probe_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/probe_known.h"
#include "app/probe_scan_parts.h"
#include "base/say.h"

enum { KNOWN_UNITS = 3 /* of the likely ones */ };

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
    search->progress.total = search->progress.done + (double)left * scan_cost_of(search);
}

static void ask_units(struct search *search, const uint8_t *units, size_t count)
{
    for (size_t i = 0; i < count && !scan_is_over(search); i++) {
        if (search->was_asked[units[i]])
            continue;
        search->was_asked[units[i]] = true;
        scan_ask(search, units[i], &search->question);
        reckon_rest(search, count > LIKELY ? count - i : unit_count(search));
    }
}

static void ask_likely(struct search *search)
{
    const bool *wanted = wanted_units(search);
    uint8_t units[LIKELY];
    size_t count = 0;

    for (size_t i = 0; i < LIKELY; i++)
        if (wanted == NULL || wanted[scan_likely[i]])
            units[count++] = scan_likely[i];
    ask_units(search, units, count);
}

/* Probes that say nothing to a register they lack are asked for one they have. */
static void ask_known(struct search *search, bool any_setting)
{
    const bool *wanted = wanted_units(search);

    for (size_t i = 0; i < search->known_count && !scan_is_over(search); i++) {
        const struct profile *profile = search->known_of[i];
        bool fits = any_setting || (profile->baud == search->setup.baud &&
                                    (profile->parity[0] & ~0x20) == search->setup.parity);

        for (size_t j = 0; j < KNOWN_UNITS && fits && !scan_is_over(search); j++)
            if (wanted == NULL || wanted[scan_likely[j]]) {
                size_t before = search->scan->count;

                scan_ask(search, scan_likely[j], &search->known[i]);
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

    for (int round = 0; round < ROUNDS && !scan_is_over(search); round++)
        for (size_t i = 0; i < search->framing_count && !scan_is_over(search); i++) {
            if (!scan_open(search, i))
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

    for (size_t i = 0; i < sizeof unlikely && !scan_is_over(search); i++) {
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
    if (!scan_open(search, 0))
        return;
    if (wanted_units(search) == NULL)
        ask_units(search, first, sizeof first);
    if (scan_is_over(search) || answers_as_anybody(search))
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
        search->progress.total += (double)(unit_count(search) + LIKELY) * scan_cost_of(search);
    }
    if (!scan_is_serial(search))
        search->progress.total = (double)unit_count(search) * scan_cost_of(search);
    search->progress.total += (double)search->known_count * KNOWN_UNITS * scan_cost_of(search);
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
    if (scan_is_serial(search))
        search_serial(search);
    else
        search_tcp(search);
    probe_progress_end(&search->progress, !scan_is_over(search));
    good = !search->failed || scan->count > 0;
    probe_line_close(search->line);
    free(search);
    return good;
}
