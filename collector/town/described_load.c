/* What polling costs each link, as JSON. */
#include <stdio.h>

#include "town/described.h"

char *described_range(const struct load_device *device, const struct planned *request,
                      char out[DESCRIBED_RANGE])
{
    const struct channel *first = NULL, *last = NULL;
    uint32_t end = (uint32_t)request->address + request->count;

    for (size_t i = 0; i < device->conf->channel_count; i++) {
        const struct channel *channel = device->conf->channels[i];

        if (channel->area != request->area || channel->address < request->address ||
            channel->address >= end || channel->manual[0] == '\0')
            continue;
        if (first == NULL || channel->address < first->address)
            first = channel;
        if (last == NULL || channel->address > last->address)
            last = channel;
    }
    if (first == NULL)
        out[0] = '\0';
    else if (first == last)
        snprintf(out, DESCRIBED_RANGE, "%s", first->manual);
    else
        snprintf(out, DESCRIBED_RANGE, "%s–%s", first->manual, last->manual);
    return out;
}

/* JSON -------------------------------------------------------------------------------------- */

static json_t *ms_json(int64_t us)
{
    return json_real((double)us / 1000.0);
}

static json_t *text_json(const char *words)
{
    return words[0] == '\0' ? json_null() : json_string(words);
}

static json_t *gaps_json(const struct load_device *device, const struct planned *request)
{
    uint64_t crossed = plan_crossed(&device->gaps, request);
    json_t *list = json_array();

    for (size_t i = 0; i < device->gaps.count; i++)
        if ((crossed >> i & 1) != 0)
            json_array_append_new(list, json_pack("{s:i, s:i}", "address",
                                                  (int)device->gaps.at[i].address, "count",
                                                  (int)device->gaps.at[i].count));
    return list;
}

static json_t *request_json(const struct load_device *device, const struct load_request *request)
{
    const struct planned *planned = &request->planned;
    char manual[DESCRIBED_RANGE];

    return json_pack("{s:i, s:s, s:i, s:i, s:o, s:b, s:o, s:i, s:o}", "function",
                     (int)area_function(planned->area), "area", area_word(planned->area), "address",
                     (int)planned->address, "count", (int)planned->count, "manual",
                     text_json(described_range(device, planned, manual)), "has_gap",
                     planned->has_gap, "gaps", gaps_json(device, planned), "bytes",
                     (int)request->bytes, "ms", ms_json(request->us));
}

static json_t *lesson_json(const struct known_lesson *known)
{
    const struct lesson *lesson = &known->lesson;
    char since[WALL_TEXT] = "";

    if (wall_is_known(known->learned))
        wall_text(known->learned, since);
    return json_pack("{s:s, s:i, s:i, s:s, s:o}", "area", area_word(lesson->area), "address",
                     (int)lesson->address, "count", (int)lesson->count, "cause",
                     cause_word((enum cause)lesson->cause), "since", text_json(since));
}

static json_t *device_json(const struct load_device *device)
{
    const struct device_conf *conf = device->conf;
    json_t *requests = json_array();
    json_t *lessons = json_array();
    char name[2 * NAME_SIZE];

    for (size_t i = 0; i < device->request_count; i++)
        json_array_append_new(requests, request_json(device, &device->requests[i]));
    for (size_t i = 0; i < device->lesson_count; i++)
        json_array_append_new(lessons, lesson_json(&device->lessons[i]));
    snprintf(name, sizeof name, "%s/%s", conf->site, conf->name);
    return json_pack("{s:s, s:I, s:I, s:o, s:b, s:o, s:o, s:o}", "device", name, "unit",
                     (json_int_t)conf->unit, "every_ms", (json_int_t)conf->every_ms,
                     "turnaround_ms", ms_json(device->turn_us), "measured", device->measured,
                     "requests", requests, "lessons", lessons, "ms", ms_json(device->us));
}

static json_t *link_json(const struct load_link *link)
{
    json_t *devices = json_array();
    json_t *fits = link->device_count > 0 ? json_integer(link->every_fits_ms) : json_null();

    for (size_t i = 0; i < link->device_count; i++)
        json_array_append_new(devices, device_json(&link->devices[i]));
    return json_pack("{s:s, s:s, s:f, s:f, s:o, s:b, s:o, s:o}", "name", link->link->name, "kind",
                     link_kind_word(link->link->kind), "load", link->load, "limit", link->limit,
                     "cycle_ms", ms_json(link->cycle_us), "fits", link->fits, "every_fits_ms", fits,
                     "devices", devices);
}

json_t *described_load(const struct load *load)
{
    json_t *links = json_array();

    for (size_t i = 0; i < load->link_count; i++)
        json_array_append_new(links, link_json(&load->links[i]));
    return json_pack("{s:o}", "links", links);
}
