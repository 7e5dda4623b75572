/* Which devices watch a task now: their polls keep the exact bytes of their exchanges. Looked at
 * when the ledger has changed, and once a minute, because a watch period ends by itself. */
#include "record/inside.h"

static const int64_t look_again_ms = 60 * 1000;

static bool device_watches(const struct catalog *catalog, const struct catalog_device *device,
                           const struct watch *watch, struct wall_time now)
{
    for (uint32_t i = 0; i < device->point_count; i++)
        if (watch_holds(watch, catalog->points[device->first_point + i].id, now))
            return true;
    return false;
}

void watching_tell(struct recorder *recorder)
{
    const struct recorder_setup *setup = &recorder->setup;
    const struct watch *watch = judge_watch(recorder->judge);
    uint64_t changes = watch_changes(watch);

    if (setup->watches == NULL ||
        (recorder->watching_told && changes == recorder->watch_changes &&
         recorder_ms_since(recorder, recorder->watching_looked) < look_again_ms))
        return;
    recorder->watching_told = true;
    recorder->watch_changes = changes;
    recorder->watching_looked = clock_mono(setup->clock);
    for (size_t i = 0; i < setup->catalog->device_count; i++)
        setup->watches(setup->self, i,
                       device_watches(setup->catalog, &setup->catalog->devices[i], watch,
                                      recorder_wall(recorder)));
}
