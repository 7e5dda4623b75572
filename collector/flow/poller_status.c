/* What `status` shows of links and devices. */
#include <stdio.h>

#include "flow/poller_parts.h"

size_t poller_link_count(const struct poller *poller)
{
    return poller->setup.link_count;
}

size_t poller_device_count(const struct poller *poller)
{
    return poller->setup.device_count;
}

static struct wall_time wall_of(const struct poller *poller, int64_t at_ns)
{
    struct wall_time wall = poller_wall(poller);

    if (at_ns == INT64_MAX || !wall_is_known(wall))
        return WALL_NONE;
    wall.ms += (at_ns - poller_now(poller).ns) / 1000000;
    return wall;
}

void poller_link_status(const struct poller *poller, size_t index, struct link_status *status)
{
    const struct line *line = &poller->lines[index];
    int64_t since_start = poller_now(poller).ns - poller->started.ns;

    *status = (struct link_status){
        .name = line->setup.name,
        .kind = line->setup.kind,
        .used = line->health.units > 0,
        .up = line->up,
        .since = line->since,
        .load = since_start > 0 ? (double)line->busy_ns / (double)since_start : 0.0,
        .next_attempt =
            line->state == LINE_DOWN ? wall_of(poller, line->backoff.next.ns) : WALL_NONE,
        .cause = line->cause,
        .finding = line->finding,
    };
}

static int32_t answer_ms(const struct device *device, unsigned percent)
{
    uint32_t total = 0, sum = 0;

    for (size_t i = 0; i < ANSWER_BUCKETS; i++)
        total += device->answers[i];
    for (size_t i = 0; i < ANSWER_BUCKETS; i++) {
        sum += device->answers[i];
        if (total > 0 && (uint64_t)sum * 100 >= (uint64_t)total * percent) {
            int32_t whole = (int32_t)1 << (i / 2);

            return i % 2 == 0 ? whole : whole * 99 / 70; /* x sqrt 2 */
        }
    }
    return -1;
}

static void sum_up(const struct device *device, struct device_status *status)
{
    status->answer_ms_p50 = answer_ms(device, 50);
    status->answer_ms_p99 = answer_ms(device, 99);
    for (size_t i = 0; i < CAUSE_COUNT; i++)
        status->errors[i] = device->errors[i];
}

void poller_device_status(const struct poller *poller, size_t index, struct device_status *status)
{
    const struct device *device = &poller->devices[index];

    *status = (struct device_status){
        .id = device->setup.id,
        .link = device->setup.link,
        .unit = device->setup.unit,
        .state = device->state,
        .since = device->since,
        .last_good = device->last_good,
        .next_attempt = wall_of(poller, agenda_at(&poller->agenda, &device->entry)),
        .polls = device->polls,
        .skipped = device->skipped,
        .readings = device->has_readings ? device->readings : NULL,
        .reading_count = device->has_readings ? device->setup.channel_count : 0,
        .read_at = device->read_at,
    };
    sum_up(device, status);
}

size_t poller_strangers(const struct poller *poller, struct dialin_stranger *out, size_t most)
{
    return poller->hall != NULL ? dialin_hall_strangers(poller->hall, out, most) : 0;
}

const double poller_answer_ms[ANSWER_CLASSES - 1] = {5,   10,  25,   50,   100,
                                                     250, 500, 1000, 2500, 5000};
const double poller_late_ms[LATE_CLASSES - 1] = {1, 5, 10, 25, 50, 100, 250, 1000};

static size_t class_of(const double *ends_ms, size_t count, double ms)
{
    size_t at = 0;

    while (at < count && ms > ends_ms[at])
        at++;
    return at;
}

void totals_answer(struct poller_totals *totals, int64_t took_ns)
{
    totals->answers[class_of(poller_answer_ms, ANSWER_CLASSES - 1, (double)took_ns / 1e6)]++;
    totals->answers_us += (uint64_t)took_ns / 1000;
}

void totals_late(struct poller_totals *totals, int64_t late_ns)
{
    uint64_t us = late_ns > 0 ? (uint64_t)late_ns / 1000 : 0; /* the timer may ring early */

    totals->late[class_of(poller_late_ms, LATE_CLASSES - 1, (double)us / 1e3)]++;
    totals->late_us += us;
    if (us > totals->late_most_us)
        totals->late_most_us = us;
}

void poller_totals(const struct poller *poller, struct poller_totals *totals)
{
    *totals = poller->totals;
}

const char *link_settings_text(const struct link_setup *setup, char *out)
{
    out[0] = '\0';
    if (setup->kind == LINK_SERIAL)
        snprintf(out, LINK_SETTINGS, "%d 8%c%d", setup->baud, setup->parity, setup->stop_bits);
    return out;
}

const char *device_state_word(enum device_state state)
{
    static const char *const words[] = {"unasked", "answering", "silent", "refusing", "changed"};

    return words[state];
}

const char *link_kind_word(enum link_kind kind)
{
    static const char *const words[] = {"serial", "tcp", "rtu_tcp", "dialin"};

    return words[kind];
}
