#include "long_run.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 8, STALLED_NS = 5000000 };

/* Upper edges, as shares of what is allowed, in percent. */
static const int edges[BUCKETS] = {10, 25, 50, 75, 90, 100, 200, 1 << 30};

/* One kind of fault: how often, and how soon a good reading of the same device came. */
struct healing {
    size_t told, healed, late;
    size_t excused; /* late, and a process was not let run meanwhile */
    size_t buckets[BUCKETS];
    int64_t worst_ns;
};

static const struct run_device *device_of(const struct run *run, size_t liar, unsigned link,
                                          unsigned unit)
{
    size_t per_link = (size_t)run->options.units;
    size_t index = (liar * run->liars[0].link_count + link) * per_link + unit - 1;

    return unit >= 1 && unit <= per_link ? &run->facts[index] : NULL;
}

/* The first good poll that ended at or after this moment; -1: none. */
static int64_t good_after(const struct run_device *device, int64_t ns)
{
    size_t low = 0, high = device->good_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (device->good_ns[middle] < ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low < device->good_count ? device->good_ns[low] : -1;
}

/* From the request that met the fault: its exchange may take its deadline; then comes one period,
 * or two timeouts, whichever is longer. */
static int64_t allowed_ns(const struct run *run, const struct run_device *device)
{
    const struct run_options *options = &run->options;
    long wait_ms =
        options->every_ms > 2 * options->timeout_ms ? options->every_ms : 2 * options->timeout_ms;

    return run_deadline_ns(run, device->wire) + ns_from_ms(wait_ms);
}

static int64_t stalled_ns(const struct run *run, int64_t from_ns, int64_t to_ns)
{
    const struct span span = {from_ns, to_ns, 0};

    return spans_within(&run->stalls, &span) + spans_within(&run->liars[LIAR_CALM].stalls, &span);
}

static void heal(const struct run *run, const struct truth *truth, struct healing *healing,
                 int64_t end_ns)
{
    const struct run_device *device = device_of(run, LIAR_CALM, truth->link, truth->unit);
    int64_t heard_ns = truth->heard_us * 1000;
    int64_t allowed, took, stalled;
    size_t bucket = 0;

    if (device == NULL)
        return;
    allowed = allowed_ns(run, device);
    took = good_after(device, heard_ns);
    if (took < 0 && heard_ns + allowed > end_ns)
        return; /* the run ended first */
    took = took < 0 ? 1000 * allowed : took - heard_ns;
    stalled = stalled_ns(run, heard_ns, heard_ns + took);
    took -= stalled;
    while (took * 100 > edges[bucket] * allowed && bucket + 1 < BUCKETS)
        bucket++;
    healing->buckets[bucket]++;
    healing->healed++;
    healing->late += took > allowed && stalled < STALLED_NS;
    healing->excused += took > allowed && stalled >= STALLED_NS;
    healing->worst_ns = took > healing->worst_ns ? took : healing->worst_ns;
    if (took > allowed && run->options.verbose)
        fprintf(stderr,
                "late recovery: %s, link %u, exchange %u, unit %u, heard %lld us: %lld ms\n",
                truth->fault, truth->link, truth->number, truth->unit, (long long)truth->heard_us,
                (long long)(took / 1000000));
}

static int kind_of(const char *name)
{
    for (int i = 0; i < FAULT_COUNT; i++)
        if (strcmp(fault_entry((enum fault_kind)i)->name, name) == 0)
            return i;
    return -1;
}

/* The fault of every exchange once more, from the seed alone. */
static bool is_of_the_seed(const struct fault_rules *rules, const struct run_liar *liar,
                           const struct truth *truth, int kind)
{
    struct fault fault = fault_of(rules, liar->wires[truth->link], truth->link, truth->number,
                                  truth->unit, truth->address, truth->count);

    return (int)fault.kind == kind;
}

struct reading_log {
    const struct run *run;
    struct healing healings[FAULT_COUNT];
    size_t strange; /* faults that are not the seed's */
    int64_t end_ns;
};

static void read_log(struct reading_log *reading, size_t index)
{
    const struct run *run = reading->run;
    const struct run_liar *liar = &run->liars[index];
    struct fault_rules *rules =
        fault_rules_new(run->options.seed + index, index == LIAR_CALM ? run->options.calm : 0);
    FILE *log = fopen(liar->log, "re");
    struct truth truth;

    if (log == NULL || rules == NULL ||
        !fault_rules_mix(rules, run->options.faults, run->options.rate))
        abort();
    while (truth_read(log, &truth)) {
        int kind = kind_of(truth.fault);

        if (truth.still || kind < 0) /* in_hole, absent */
            continue;
        reading->healings[kind].told++;
        reading->strange += !is_of_the_seed(rules, liar, &truth, kind);
        if (index == LIAR_CALM && kind != FAULT_NONE)
            heal(run, &truth, &reading->healings[kind], reading->end_ns);
    }
    fclose(log);
    fault_rules_free(rules);
}

static void read_stalls(struct run_liar *liar)
{
    FILE *log = fopen(liar->log, "re");
    struct truth truth;

    if (log == NULL)
        abort();
    while (truth_read(log, &truth))
        if (truth.still)
            keep_span(&liar->stalls, truth.heard_us * 1000, (truth.heard_us + truth.value) * 1000,
                      0);
    fclose(log);
}

static void print_stalls(const struct run *run)
{
    const struct span always_span = {0, INT64_MAX, 0};

    for (size_t i = 0; i < RUN_LIARS; i++)
        printf("the %s liar was not let run %zu times, %.0f ms in all\n",
               i == LIAR_CALM ? "calm" : "storm", run->liars[i].stalls.count,
               (double)spans_within(&run->liars[i].stalls, &always_span) / 1e6);
}

static void print_head(void)
{
    printf("\n%-15s %9s %9s", "fault", "told", "single");
    for (int i = 0; i < BUCKETS - 1; i++)
        printf(" %5d%%", edges[i]);
    printf("   more  worst ms\n");
}

size_t run_recovery(struct run *run)
{
    static struct reading_log reading;
    size_t late = 0, excused = 0;

    reading = (struct reading_log){.run = run, .end_ns = run->ended_ns};
    for (size_t i = 0; i < RUN_LIARS; i++) {
        read_stalls(&run->liars[i]);
        read_log(&reading, i);
    }
    print_head();
    for (int kind = 0; kind < FAULT_COUNT; kind++) {
        const struct healing *healing = &reading.healings[kind];

        if (healing->told == 0)
            continue;
        printf("%-15s %9zu %9zu", fault_entry((enum fault_kind)kind)->name, healing->told,
               healing->healed);
        for (int i = 0; i < BUCKETS; i++)
            printf(" %6zu", healing->buckets[i]);
        printf(" %9lld\n", (long long)(healing->worst_ns / 1000000));
        late += healing->late;
        excused += healing->excused;
    }
    printf("\nfaults that are not those of the seed: %zu\n", reading.strange);
    printf("single faults followed by a good reading too late: %zu, and %zu while a process was not"
           " let run\n",
           late, excused);
    print_stalls(run);
    return reading.strange + late;
}
