/* station_outputs.h - the outputs of a station: who sends, and who fetches time stamps. */
#ifndef APP_STATION_OUTPUTS_H
#define APP_STATION_OUTPUTS_H

#include "output/sender.h"
#include "output/time_stamper.h"
#include "town/names.h"

struct station_outputs {
    struct sender **senders;
    size_t sender_count;
    struct time_stamper *stamper; /* NULL: no authority is set */
    const char **awaited;         /* names that retention waits for */
    size_t awaited_count;
};

/* Room for all, and who is awaited. False: no memory. */
bool outputs_list(struct station_outputs *outputs, const struct settings *settings);
/* After the recorder. False: some may run, outputs_stop() ends them. */
bool outputs_start(struct station_outputs *outputs, const struct settings *settings,
                   const struct catalog *catalog, struct recorder *recorder,
                   struct notices *notices, const struct clock *clock, struct error *err);
/* Side by side: a peer that hangs costs its 5 s once, however many hang. */
void outputs_stop(struct station_outputs *outputs, struct recorder *recorder);
void outputs_rewind(const struct station_outputs *outputs, const char *output, uint64_t seq);
void outputs_free(struct station_outputs *outputs);

#endif
