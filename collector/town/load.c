#include "town/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "drivers/lessons.h"
#include "flow/timing.h"
#include "town/shown.h"

static const double bus_limit = 0.9; /* a lost answer and its repetition need room too */
static const double tcp_limit = 1.0;

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
}

/* What a poll asks -------------------------------------------------------------------------- */

static bool recall_lessons(struct load_device *device, struct reader *reader, struct error *err)
{
    const struct device_conf *conf = device->conf;
    struct known_lesson lessons[LESSONS_MAX];
    uint8_t digest[32];
    uint32_t id = reader == NULL ? 0 : reader_device(reader, conf->site, conf->name);

    if (id == 0 || !settings_device_digest(conf, digest))
        return true;
    if (!reader_lessons(reader, id, digest, lessons, &device->lesson_count, err))
        return false;
    if (device->lesson_count == 0)
        return true;
    device->lessons = calloc(device->lesson_count, sizeof *device->lessons);
    if (device->lessons == NULL)
        return no_memory(err);
    memcpy(device->lessons, lessons, device->lesson_count * sizeof *lessons);
    return true;
}

/* As a poller makes it that starts now. */
static bool make_plan(struct plan *plan, struct load_device *device, struct error *err)
{
    const struct device_conf *conf = device->conf;
    struct lesson lessons[LESSONS_MAX];
    struct taught taught;

    for (size_t i = 0; i < device->lesson_count; i++)
        lessons[i] = device->lessons[i].lesson;
    plan_gaps(&device->gaps, conf->profile, conf->channels, conf->channel_count);
    taught_begin(&taught, &device->gaps, lessons, device->lesson_count);
    return plan_make(plan, conf->profile, conf->channels, conf->channel_count, &device->gaps,
                     taught_open(&taught), err);
}

/* What it takes ----------------------------------------------------------------------------- */

static size_t bytes_of(enum link_kind kind, const struct planned *planned)
{
    return timing_request_bytes(kind) + timing_answer_bytes(kind, planned);
}

static int64_t larger(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

/* The collector measures from the send to the end of the answer; on a line whose speed is known,
 * what is not bytes of that is the turn-around. Behind a serial server nothing is known of the
 * bytes, and all of it counts. */
static int64_t measured_turn(const struct load_device *device, const struct link_setup *link,
                             int64_t answer_us)
{
    int64_t bytes = 0;

    if (link->kind != LINK_SERIAL)
        return answer_us;
    for (size_t i = 0; i < device->request_count; i++)
        bytes += (int64_t)device->requests[i].bytes;
    bytes /= (int64_t)device->request_count;
    return larger(answer_us - bytes * timing_char_ns(link) / 1000, 0);
}

static bool is_of(const json_t *device, const struct device_conf *conf)
{
    return strcmp(text_of(device, "site"), conf->site) == 0 &&
           strcmp(text_of(device, "name"), conf->name) == 0;
}

/* Half of its answers are faster; -1: not known. Most often the status lists the devices as the
 * settings do. */
static int64_t answer_us_of(const json_t *status, const struct device_conf *conf, size_t place)
{
    const json_t *devices = json_object_get(status, "devices");
    const json_t *found = json_array_get(devices, place);
    size_t index;
    json_t *device;

    if (!is_of(found, conf))
        json_array_foreach(devices, index, device) if (is_of(device, conf)) found = device;
    if (!is_of(found, conf))
        return -1;
    found = json_object_get(json_object_get(found, "answer_ms"), "p50");
    return json_is_number(found) ? (int64_t)(json_number_value(found) * 1000) : -1;
}

/* The same unit again may need more quiet than the line does. */
static void time_requests(struct load_device *device, const struct link_setup *link, bool alone)
{
    int64_t gap_us = timing_gap_ns(link) / 1000;
    int64_t settle_us = device->conf->profile->settle_ms * 1000;
    bool counts_bytes =
        timing_is_bus(link->kind) && (link->kind == LINK_SERIAL || !device->measured);
    int64_t char_ns = counts_bytes ? timing_char_ns(link) : 0;

    device->us = 0;
    for (size_t i = 0; i < device->request_count; i++) {
        struct load_request *request = &device->requests[i];
        bool same_unit = i > 0 || alone;

        request->us = (same_unit ? larger(gap_us, settle_us) : gap_us) +
                      (int64_t)request->bytes * char_ns / 1000 + device->turn_us;
        if (request->planned.count == 0)
            request->us += device->conf->profile->wake_wait_ms * 1000;
        device->us += request->us;
    }
}

static bool load_device(struct load_device *device, const struct link_setup *link,
                        struct reader *reader, int64_t answer_us, struct error *err)
{
    struct plan plan;

    if (!recall_lessons(device, reader, err) || !make_plan(&plan, device, err))
        return false;
    device->requests = calloc(plan.count + 1, sizeof *device->requests);
    if (device->requests == NULL)
        return no_memory(err);
    device->request_count = plan.count;
    for (size_t i = 0; i < plan.count; i++)
        device->requests[i] = (struct load_request){
            .planned = plan.requests[i], .bytes = bytes_of(link->kind, &plan.requests[i])};
    device->measured = answer_us >= 0 && plan.count > 0;
    device->turn_us = device->measured ? measured_turn(device, link, answer_us) : LOAD_TURN_US;
    return true;
}

/* Rounded up to what a person would write. */
static int64_t interval_that_fits(int64_t cycle_us, double limit)
{
    int64_t ms = (int64_t)((double)cycle_us / limit / 1000.0) + 1;
    int64_t step = ms < 1000 ? 100 : ms < 60000 ? 1000 : 10000;

    return (ms + step - 1) / step * step;
}

/* Of a gateway on tcp nothing is said from what is only assumed. */
static void sum_link(struct load_link *link)
{
    bool is_bus = timing_is_bus(link->link->kind);
    bool measured = true;

    link->limit = is_bus ? bus_limit : tcp_limit;
    for (size_t i = 0; i < link->device_count; i++) {
        struct load_device *device = &link->devices[i];

        time_requests(device, link->link, link->device_count == 1);
        measured = measured && device->measured;
        link->cycle_us += device->us;
        link->load += (double)device->us / ((double)device->conf->every_ms * 1000.0);
    }
    link->fits = link->load <= link->limit || (!is_bus && !measured);
    if (link->device_count > 0)
        link->every_fits_ms = interval_that_fits(link->cycle_us, link->limit);
}

/* The devices of each link stand together. */
static void deal_out(struct load *load, const struct settings *settings)
{
    struct load_device *next = load->devices;

    for (size_t i = 0; i < load->link_count; i++) {
        struct load_link *link = &load->links[i];

        link->link = &settings->links[i];
        link->devices = next;
        for (size_t j = 0; j < settings->device_count; j++)
            if (settings->devices[j].link_index == i)
                next++->conf = &settings->devices[j];
        link->device_count = (size_t)(next - link->devices);
    }
}

static bool load_link(struct load_link *link, const struct settings *settings,
                      struct reader *reader, const json_t *status, struct error *err)
{
    for (size_t i = 0; i < link->device_count; i++) {
        struct load_device *device = &link->devices[i];
        size_t place = (size_t)(device->conf - settings->devices);

        if (!load_device(device, link->link, reader, answer_us_of(status, device->conf, place),
                         err))
            return false;
    }
    sum_link(link);
    return true;
}

struct load *load_of(const struct settings *settings, struct reader *reader, const json_t *status,
                     struct error *err)
{
    struct load *load = calloc(1, sizeof *load);

    if (load == NULL) {
        no_memory(err);
        return NULL;
    }
    load->links = calloc(settings->link_count + 1, sizeof *load->links);
    load->devices = calloc(settings->device_count + 1, sizeof *load->devices);
    if (load->links == NULL || load->devices == NULL) {
        load_free(load);
        no_memory(err);
        return NULL;
    }
    load->link_count = settings->link_count;
    deal_out(load, settings);
    for (size_t i = 0; i < load->link_count; i++)
        if (!load_link(&load->links[i], settings, reader, status, err)) {
            load_free(load);
            return NULL;
        }
    return load;
}

void load_free(struct load *load)
{
    if (load == NULL)
        return;
    for (size_t i = 0; load->links != NULL && i < load->link_count; i++)
        for (size_t j = 0; j < load->links[i].device_count; j++) {
            free(load->links[i].devices[j].lessons);
            free(load->links[i].devices[j].requests);
        }
    free(load->links);
    free(load->devices);
    free(load);
}

void load_say_overload(const struct load_link *link)
{
    char every[24];

    printf(SAY("链路 %s 排不下：现在的间隔要占用 %.0f %%，上限 %.0f %%；请把其上各台写成 every = "
               "\"%s\"，或把各台的间隔都放大到 %.1f 倍\n",
               "link %s cannot keep up: the intervals as set take %.0f %% of its time, the limit "
               "is %.0f %%; write every = \"%s\" for all on it, or make each interval %.1f times "
               "as long\n"),
           link->link->name, 100 * link->load, 100 * link->limit,
           duration_text(link->every_fits_ms, every), link->load / link->limit + 0.05);
}
