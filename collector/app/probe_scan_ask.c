/* A search's line and its questions. */
#include <stdio.h>
#include <string.h>

#include "app/probe_scan_parts.h"
#include "base/say.h"

enum {
    CHARACTER_BITS = 11,
    SHORTEST_TALK = 8 + 7, /* characters: a request, and the answer of one register */
    TURN_AROUND_MS = 150,  /* most units begin to answer within 50 */
    TCP_MS = 1000,         /* a gateway may itself wait for the unit */
    SLOW_MS = 1000,        /* for one that seems to have answered late */
    SLOW_GUARD_MS = 300,
    BRIEF_GUARD_MS = 10, /* a late answer is told by its unit id, and no value is taken here */
    SLOW_ROUNDS = 6,     /* for one line setting */
    QUESTION_MOST = 100,
};

const uint8_t scan_likely[LIKELY] = {1, 2, 10, 55, 255};

bool scan_is_serial(const struct search *search)
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
        uint8_t unit = tcp ? first_tcp[i] : scan_likely[i];

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

double scan_cost_of(const struct search *search)
{
    return (double)(timeout_of(search) + (search->setup.kind == LINK_TCP ? 0 : BRIEF_GUARD_MS));
}

bool scan_open(struct search *search, size_t framing)
{
    probe_line_close(search->line);
    search->framing = framing;
    if (scan_is_serial(search)) {
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

bool scan_is_over(const struct search *search)
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
    snprintf(where, sizeof where, SAY("%s%s站号 %d，找到 %zu 台", "%s%sunit %d, found %zu"),
             framing, framing[0] != '\0' ? "  " : "", (int)unit, search->scan->count);
    probe_progress_step(&search->progress, scan_cost_of(search), where);
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

void scan_ask(struct search *search, uint8_t unit, const struct request *question)
{
    const struct asked asked = {unit, *question};
    struct probe_answer answer;

    show(search, unit);
    if (is_found(search, unit))
        return;
    if (!ask(search, &asked, &answer))
        return;
    remember(search, &asked);
    overhear(search, &answer.heard);
    wait_longer(search, &answer);
    if (!probe_is_somebody(&answer) &&
        (answer.heard.unit || answer.heard.crc || answer.heard.noise || answer.heard.master))
        ask_slowly(search);
}
