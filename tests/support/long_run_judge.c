#include <inttypes.h>
#include <stdlib.h>

#include "long_run.h"

void keep_span(struct spans *spans, int64_t from_ns, int64_t to_ns, int64_t limit_ns)
{
    if (spans->count == spans->room) {
        spans->room = spans->room * 2 + 64;
        spans->list = realloc(spans->list, spans->room * sizeof *spans->list);
        if (spans->list == NULL)
            abort();
    }
    spans->list[spans->count++] = (struct span){from_ns, to_ns, limit_ns};
}

int64_t spans_within(const struct spans *spans, const struct span *span)
{
    int64_t all = 0;

    for (size_t i = 0; i < spans->count; i++) {
        const struct span *one = &spans->list[i];
        int64_t from = one->from_ns > span->from_ns ? one->from_ns : span->from_ns;
        int64_t to = one->to_ns < span->to_ns ? one->to_ns : span->to_ns;

        all += to > from ? to - from : 0;
    }
    return all;
}

int64_t run_deadline_ns(const struct run *run, enum liar_wire wire)
{
    const struct run_options *options = &run->options;

    if (wire == LIAR_TCP)
        return ns_from_ms(options->timeout_ms + GRID_MS);
    return ns_from_ms(2 * options->timeout_ms + options->guard_ms +
                      (wire == LIAR_RTU_TCP ? 3 * GRID_MS : 0));
}

static void tell_false(const struct run *run, size_t device, enum falsehood falsehood,
                       const struct belief *belief, const struct cell *cell, unsigned cause,
                       const uint16_t *words)
{
    if (run->falsehoods[falsehood] > 20)
        return;
    fprintf(stderr,
            "FALSE: %s: %s: wanted unit %u, %u/%u; got unit %u, %u/%u, request %" PRIu32
            ", heard %" PRIu32 " ms, stamp %" PRId64 " ms, cause %s\n",
            run->devices[device].label, falsehood_word(falsehood), belief->unit, belief->function,
            belief->address, cell->unit, cell->function, cell->address, cell->serial, cell->ms,
            belief->stamp_ns / 1000000, cause_word((enum cause)cause));
    fprintf(stderr, "  words:");
    for (size_t i = 0; i < CELL_WORDS; i++)
        fprintf(stderr, " %04x", words[i]);
    fprintf(stderr, "\n");
}

/* From when the request was heard that it answers, where the words still say so. */
static void keep_false(struct run *run, const struct run_device *facts, enum falsehood falsehood,
                       const struct belief *belief, const struct cell *said)
{
    int64_t back_ms = 2 * (run->options.timeout_ms + run->options.guard_ms);

    if (falsehood != FALSE_MIXED)
        back_ms = (int32_t)((uint32_t)(belief->stamp_ns / 1000000) - said->ms);
    keep_span(&run->liars[facts->liar].false_values, belief->stamp_ns - ns_from_ms(back_ms),
              belief->stamp_ns, 0);
}

/* Eight readings are one cell; returns whether all of them are good. */
static bool judge_cell(struct run *run, size_t device, size_t cell, const struct poll *poll)
{
    const struct run_device *facts = &run->facts[device];
    const struct reading *readings = &poll->readings[cell * CELL_WORDS];
    const struct belief belief = {
        .unit = facts->unit,
        .link = (uint8_t)facts->link,
        .function = run_cell_function(cell),
        .address = run_cell_address(cell),
        .stamp_ns = poll->mono.ns,
        .limit_ns = ns_from_ms(run->options.timeout_ms + run->options.guard_ms),
    };
    uint16_t words[CELL_WORDS];
    struct cell said = {0};
    enum falsehood falsehood;
    size_t good = 0;

    for (size_t i = 0; i < CELL_WORDS; i++) {
        good += quality_is_judged((enum quality)readings[i].quality);
        words[i] = reading_has_value(&readings[i]) ? (uint16_t)readings[i].value : 0;
    }
    if (good == 0)
        return false;
    run->cells++;
    falsehood = oracle_judge(words, &belief, &said);
    if (good != CELL_WORDS)
        falsehood = FALSE_MIXED;
    run->falsehoods[falsehood]++;
    if (falsehood != FALSE_NOT)
        keep_false(run, facts, falsehood, &belief, &said);
    if (falsehood != FALSE_NOT)
        tell_false(run, device, falsehood, &belief, &said, readings[0].cause, words);
    return falsehood == FALSE_NOT;
}

static void keep_good(struct run_device *device, int64_t now_ns)
{
    if (device->good_count == device->good_room) {
        device->good_room = device->good_room * 2 + 64;
        device->good_ns = realloc(device->good_ns, device->good_room * sizeof *device->good_ns);
        if (device->good_ns == NULL)
            abort();
    }
    device->good_ns[device->good_count++] = now_ns;
}

void run_poll_done(void *self, const struct poll *poll)
{
    struct run *run = self;
    size_t device = poll->device - 1;
    size_t good = 0;

    for (size_t cell = 0; cell < RUN_CELLS; cell++)
        good += judge_cell(run, device, cell, poll);
    if (good == RUN_CELLS && run->facts[device].liar == LIAR_CALM)
        keep_good(&run->facts[device], liar_now_ns());
}

void run_exchange_done(void *self, size_t device, const struct exchange_result *result)
{
    struct run *run = self;
    int64_t now = liar_now_ns();
    int64_t took = result->whole_ns;
    int64_t limit = run_deadline_ns(run, run->facts[device].wire) * 11 / 10;

    run->exchanges++;
    run->by_cause[result->cause]++;
    run->longest_ns = took > run->longest_ns ? took : run->longest_ns;
    if (took > limit)
        keep_span(&run->overdue, now - took, now, limit);
}
