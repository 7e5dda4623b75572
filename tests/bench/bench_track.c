/* bench_track.c - what it costs to judge a value: 1,000 points with 3 rules each, a minute a turn;
 * the limits have decimals, as those of the law do. Prints nanoseconds a step for points that are
 * calm, for points of which a tenth breach now and then, and for points that breach all the time,
 * with the copy that an undo wants.
 *
 *   bench_track            (of this process's own time: others may run)
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ledger/track.h"

enum { POINTS = 1000, RULES = 3, TURNS = 2000, MINUTE_MS = 60 * 1000 };

struct seat {
    struct track track, kept;
};

static struct catalog_site site = {.name = "town"};
static struct catalog_device device = {.id = 1, .name = "air", .active = true};
static struct catalog_point point = {.id = 1, .channel = "pm10"};
static struct catalog catalog = {.collector = "bench",
                                 .sites = &site,
                                 .site_count = 1,
                                 .devices = &device,
                                 .device_count = 1,
                                 .points = &point,
                                 .point_count = 1};

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t next_random(uint64_t *random)
{
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return *random * UINT64_C(2685821657736338717);
}

/* `rarely`: one value in so many breaches; 0: none does, 1: all do. */
static void run(const char *what, uint64_t rarely, struct seat *seats, const struct lanes *lanes)
{
    const struct rule rule = {
        .name = "pm10", .gather_ms = 60 * MINUTE_MS, .night = {1320, 360}
    };
    struct track_step step = {
        .rule = &rule, .lanes = lanes, .catalog = &catalog, .point = 1, .gap_ms = 5 * MINUTE_MS};
    uint64_t random = 88172645463325252, versions = 0, steps = 0;
    double begun;

    for (size_t i = 0; i < (size_t)POINTS * RULES; i++)
        track_clear(&seats[i].track, 1);
    begun = seconds();
    for (int64_t turn = 0; turn < TURNS; turn++) {
        step.time.ms = 1790000000000 + turn * MINUTE_MS;
        for (size_t p = 0; p < POINTS; p++) {
            uint64_t dice = next_random(&random);
            double value = (double)(dice % 1400) / 10.0;

            if (rarely != 0 && (dice >> 20) % rarely == 0)
                value = 200.0;
            for (size_t r = 0; r < RULES; r++, steps++) {
                struct seat *seat = &seats[p * RULES + r];

                step.seq = steps;
                if (track_stays(&seat->track, &step, value, QUALITY_NORMAL))
                    continue;
                seat->kept = seat->track;
                versions +=
                    (track_step(&seat->track, &step, value, QUALITY_NORMAL) & TRACK_VERSION) != 0;
                track_settle(&seat->track);
            }
        }
    }
    printf("%-28s %6.1f ns a step, %llu steps, %llu versions\n", what,
           (seconds() - begun) * 1e9 / (double)steps, (unsigned long long)steps,
           (unsigned long long)versions);
}

int main(void)
{
    const struct bound bound = {BOUND_ABOVE, .high = 150.0, .decimals = 0};
    struct seat *seats = calloc((size_t)POINTS * RULES, sizeof *seats);
    struct lanes lanes;

    if (seats == NULL || !catalog_index(&catalog))
        return 1;
    lanes_of_bound(&lanes, &bound);
    printf("%zu bytes a track\n", sizeof(struct track));
    run("calm:", 0, seats, &lanes);
    run("one value in 1000 breaches:", 1000, seats, &lanes);
    run("one value in 10 breaches:", 10, seats, &lanes);
    run("every value breaches:", 1, seats, &lanes);
    free(seats);
    free(catalog.device_of_id);
    free(catalog.point_of_id);
    return 0;
}
