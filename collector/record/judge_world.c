/* What the tallies tell, and what they ask: periods that have closed go to the sink and to the
 * rules that judge them; what is counted again comes from where the sequence is kept. */
#include <stdlib.h>

#include "record/judge_inside.h"

/* Closed periods ---------------------------------------------------------------------------- */

/* How far apart two values of a period may begin without a hole between them: two of its steps. */
static int64_t gap_of(const struct aggregate *aggregate, const struct rule *rule)
{
    struct span span = {aggregate->start, aggregate->end};
    struct span next = period_next(aggregate->period, span, &rule->night);

    return 2 * (next.start.ms - span.start.ms);
}

static bool judge_aggregate(struct judge *judge, struct seat *seat,
                            const struct aggregate *aggregate, struct error *err)
{
    struct track_step of = {.rule = seat->rule,
                            .lanes = seat->lanes,
                            .catalog = judge->catalog,
                            .watch = judge->watch,
                            .point = seat->point,
                            .gap_ms = gap_of(aggregate, seat->rule),
                            .time = aggregate->start,
                            .seq = judge->now};

    for (of.lane = 0; of.lane < seat->lanes->count; of.lane++) {
        const struct lane *lane = &seat->lanes->lane[of.lane];
        double value = aggregate_value(aggregate, lane->statistic);

        if (lane->on == aggregate->period && isfinite(value) &&
            !judge_step(judge, seat, &of, value, QUALITY_NORMAL, err))
            return false;
    }
    return true;
}

/* A period has closed. Only its first version is judged: a later one corrects the figures, and
 * would open or end in the past what people have already acted upon. */
static bool closed(void *self, const struct aggregate *aggregate, struct error *err)
{
    struct judge *judge = self;
    const struct judge_point *point = &judge->points[aggregate->point];

    if (judge->silent)
        return true;
    if (!judge->sink.aggregate(judge->sink.self, aggregate, err))
        return false;
    if (!aggregate->enough || aggregate->version != 1)
        return true;
    for (uint32_t i = point->first_seat; i < point->end_seat; i++)
        if (judge->seats[i].on_periods && judge_may(judge, &judge->seats[i]) &&
            !judge_aggregate(judge, &judge->seats[i], aggregate, err))
            return false;
    return true;
}

/* Readings to be counted again --------------------------------------------------------------- */

struct asking {
    struct judge *judge;
    const struct judge_point *point;
    size_t beside; /* of `besides`, the next that may be of the same poll */
    bool (*each)(void *of, struct wall_time time, double value, double beside,
                 enum quality quality);
    void *of;
    bool no_memory;
};

/* What was measured beside, in the order of readings. */
static bool keep_beside(void *self, uint64_t seq, struct wall_time time,
                        const struct reading *reading)
{
    struct asking *asking = self;
    struct judge *judge = asking->judge;

    if (reading->quality != QUALITY_NORMAL)
        return true;
    if (judge->beside_count == judge->beside_room) {
        size_t room = judge->beside_room == 0 ? 256 : judge->beside_room * 2;
        struct beside *larger = realloc(judge->besides, room * sizeof *larger);

        asking->no_memory = larger == NULL;
        if (larger == NULL)
            return false;
        judge->besides = larger;
        judge->beside_room = room;
    }
    judge->besides[judge->beside_count++] = (struct beside){time, seq, reading->value};
    return true;
}

static bool stands_before(const struct beside *beside, struct wall_time time, uint64_t seq)
{
    return beside->time.ms != time.ms ? beside->time.ms < time.ms : beside->seq < seq;
}

static double take_beside(struct asking *asking, struct wall_time time, uint64_t seq)
{
    const struct judge *judge = asking->judge;

    while (asking->beside < judge->beside_count &&
           stands_before(&judge->besides[asking->beside], time, seq))
        asking->beside++;
    if (asking->beside < judge->beside_count && judge->besides[asking->beside].seq == seq)
        return judge->besides[asking->beside].value;
    return NAN;
}

static bool give_reading(void *self, uint64_t seq, struct wall_time time,
                         const struct reading *reading)
{
    struct asking *asking = self;
    enum quality quality = (enum quality)reading->quality;

    if (judge_is_maintained(asking->judge, asking->point->device, time))
        quality = QUALITY_MAINTENANCE;
    return asking->each(asking->of, time, reading->value, take_beside(asking, time, seq), quality);
}

static bool readings(void *self, uint32_t point, struct span span,
                     bool (*each)(void *of, struct wall_time time, double value, double beside,
                                  enum quality quality),
                     void *of, struct error *err)
{
    struct judge *judge = self;
    const struct judge_sink *sink = &judge->sink;
    struct asking asking = {.judge = judge, .point = &judge->points[point], .each = each, .of = of};

    if (judge->silent)
        return true;
    judge->beside_count = 0;
    if (asking.point->tally_beside != 0 &&
        !sink->readings(sink->self, asking.point->tally_beside, span, judge->now, keep_beside,
                        &asking, err))
        return false;
    if (asking.no_memory)
        return judge_no_memory(err);
    return sink->readings(sink->self, point, span, judge->now, give_reading, &asking, err);
}

static bool aggregates(void *self, uint32_t point, enum period period, struct span span,
                       bool (*each)(void *of, const struct aggregate *aggregate), void *of,
                       struct error *err)
{
    struct judge *judge = self;

    return judge->silent ||
           judge->sink.aggregates(judge->sink.self, point, period, span, each, of, err);
}

/* While tallies are fed again they are told nothing: what comes of it was concluded before. */
void judge_make_world(struct judge *judge)
{
    judge->world = (struct tally_world){
        .closed = closed, .readings = readings, .aggregates = aggregates, .self = judge};
}
