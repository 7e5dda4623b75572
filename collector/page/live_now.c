/* /now: every site with its state, the worst first; the one question of the main page. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "page/live_inside.h"

/* Worst first. */
enum site_state {
    SITE_RELAPSE,
    SITE_BREACH,
    SITE_SILENT,
    SITE_DOUBT,
    SITE_RECOVERED,
    SITE_GOOD,
    SITE_NOTHING,
    SITE_STATES
};

static const char *const state_words[SITE_STATES] = {"relapse",   "breach", "silent", "doubt",
                                                     "recovered", "good",   "nothing"};

struct site_now {
    uint32_t site;
    enum site_state state;
    struct wall_time since;        /* of that state, WALL_NONE: not known */
    uint32_t problem, problem_end; /* its problems stand together in `order` */
};

struct now {
    struct live *live;
    const struct status_copy *copy; /* may be NULL */
    struct mono_time mono;
    struct site_now *sites;
    uint32_t *order; /* problems site by site, newest first */
    struct bytes out;
    bool good; /* falls when memory is short */
};

static void add(struct now *now, const char *words)
{
    now->good = now->good && bytes_words(&now->out, words, NULL);
}

static void add_text(struct now *now, const struct text *text)
{
    now->good = now->good && !text->full && bytes_add(&now->out, text->bytes, text->used, NULL);
}

/* States -------------------------------------------------------------------------------------- */

/* A worse state replaces; of one that is as bad, what began first. */
static void worsen(struct site_now *site, enum site_state state, struct wall_time since)
{
    bool earlier =
        wall_is_known(since) && (!wall_is_known(site->since) || since.ms < site->since.ms);

    if (state < site->state || (state == site->state && earlier))
        site->since = since;
    if (state < site->state)
        site->state = state;
}

static void judge_problem(struct site_now *site, const struct live_problem *problem)
{
    if (problem->open && problem->doubt)
        worsen(site, SITE_DOUBT, problem->opened);
    else if (problem->open)
        worsen(site, problem->relapse ? SITE_RELAPSE : SITE_BREACH, problem->opened);
    else if (!problem->doubt)
        worsen(site, SITE_RECOVERED, problem->ended);
}

static bool is_silent(const struct device_copy *device)
{
    return device != NULL &&
           (device->status.state == DEVICE_SILENT || device->status.state == DEVICE_REFUSING ||
            device->status.state == DEVICE_CHANGED);
}

static void judge_device(struct now *now, struct site_now *site, uint32_t place)
{
    const struct live *live = now->live;
    const struct catalog_device *device = &live->host.catalog->devices[place];
    const struct device_copy *copy = live->status[place];

    worsen(site, SITE_GOOD, WALL_NONE);
    if (is_silent(copy))
        worsen(site, SITE_SILENT, copy->status.since);
    for (uint32_t i = device->first_point; i < device->first_point + device->point_count; i++)
        if (live_is_stale(live, i, now->mono))
            worsen(site, SITE_SILENT, live->latest[i].time);
}

static void judge_site(struct now *now, uint32_t index)
{
    const struct live *live = now->live;
    struct site_now *site = &now->sites[index];

    site->site = index;
    site->state = SITE_NOTHING;
    site->since = WALL_NONE;
    for (uint32_t i = live->site_devices[index]; i < live->site_devices[index + 1]; i++)
        judge_device(now, site, live->devices[i]);
    for (uint32_t i = site->problem; i < site->problem_end; i++)
        judge_problem(site, &live->problems[now->order[i]]);
}

/* Problems by site, in the order they stand. */
static void order_problems(struct now *now)
{
    const struct live *live = now->live;
    size_t sites = live->host.catalog->site_count;
    uint32_t next = 0;

    for (size_t i = 0; i < live->problem_count; i++)
        now->sites[live->problems[i].site].problem_end++;
    for (size_t i = 0; i < sites; i++) {
        uint32_t count = now->sites[i].problem_end;

        now->sites[i].problem = now->sites[i].problem_end = next;
        next += count;
    }
    for (uint32_t i = 0; i < live->problem_count; i++)
        now->order[now->sites[live->problems[i].site].problem_end++] = i;
}

/* Worst first; of one state what began last, which is what somebody looks for; then as the settings
 * have them. */
static int by_state(const void *one, const void *other)
{
    const struct site_now *a = one, *b = other;

    if (a->state != b->state)
        return a->state < b->state ? -1 : 1;
    if (a->since.ms != b->since.ms)
        return a->since.ms > b->since.ms ? -1 : 1;
    return a->site < b->site ? -1 : 1;
}

static void judge_all(struct now *now)
{
    struct live *live = now->live;
    size_t sites = live->host.catalog->site_count;

    memset(live->status, 0, live->host.catalog->device_count * sizeof *live->status);
    for (size_t i = 0; now->copy != NULL && i < now->copy->device_count; i++) {
        const struct device_copy *device = &now->copy->devices[i];
        const struct catalog_device *known = catalog_device(live->host.catalog, device->status.id);

        if (known != NULL)
            live->status[known - live->host.catalog->devices] = device;
    }
    order_problems(now);
    for (uint32_t i = 0; i < sites; i++)
        judge_site(now, i);
    if (sites > 0)
        qsort(now->sites, sites, sizeof *now->sites, by_state);
}

/* JSON ---------------------------------------------------------------------------------------- */

static void add_problems(struct now *now, const struct site_now *site)
{
    add(now, ",\"problems\":[");
    for (uint32_t i = site->problem; i < site->problem_end; i++) {
        const struct live_problem *problem = &now->live->problems[now->order[i]];

        add(now, i > site->problem ? "," : "");
        now->good = now->good && problem->json_size > 0 &&
                    bytes_add(&now->out, now->live->problem_words.at + problem->json,
                              problem->json_size, NULL);
    }
    add(now, "]");
}

static void add_points(struct now *now, const struct site_now *site)
{
    const struct live *live = now->live;
    char bytes[LIVE_ROW_SIZE];
    bool first = true;

    add(now, ",\"points\":[");
    for (uint32_t i = live->site_devices[site->site]; i < live->site_devices[site->site + 1]; i++) {
        const struct catalog_device *device = &live->host.catalog->devices[live->devices[i]];

        for (uint32_t j = 0; j < device->point_count; j++, first = false) {
            struct text text;

            text_init(&text, bytes, sizeof bytes);
            text_add(&text, first ? "" : ",");
            live_row(live, device->first_point + j, now->mono, &text);
            add_text(now, &text);
        }
    }
    add(now, "]");
}

static void add_device(struct now *now, uint32_t place, bool first)
{
    const struct catalog_device *device = &now->live->host.catalog->devices[place];
    const struct device_copy *copy = now->live->status[place];
    char bytes[LIVE_ROW_SIZE];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add(&text, first ? "{\"name\":" : ",{\"name\":");
    text_add_json(&text, device->name);
    text_add(&text, ",\"title\":");
    text_add_json(&text, device->title);
    text_add(&text, ",\"state\":");
    text_add_json(&text, device_state_word(copy == NULL ? DEVICE_UNASKED : copy->status.state));
    text_add(&text, ",\"since\":");
    live_add_time(&text, copy == NULL ? WALL_NONE : copy->status.since);
    text_add(&text, ",\"last_good\":");
    live_add_time(&text, copy == NULL ? WALL_NONE : copy->status.last_good);
    text_add(&text, ",\"cause\":");
    if (copy == NULL || copy->failed == CAUSE_NONE)
        text_add(&text, "null");
    else
        text_add_json(&text, cause_word(copy->failed));
    text_add_char(&text, '}');
    add_text(now, &text);
}

static void add_devices(struct now *now, const struct site_now *site)
{
    const struct live *live = now->live;
    uint32_t begin = live->site_devices[site->site];

    add(now, ",\"devices\":[");
    for (uint32_t i = begin; i < live->site_devices[site->site + 1]; i++)
        add_device(now, live->devices[i], i == begin);
    add(now, "]");
}

/* Tasks some problem of the site is a relapse of, each once. */
static size_t count_relapsed(const struct now *now, const struct site_now *site)
{
    json_t *ids = NULL;
    size_t count;

    for (uint32_t i = site->problem; i < site->problem_end; i++) {
        const json_t *of = now->live->problems[now->order[i]].relapse_of;

        for (size_t j = 0; j < json_array_size(of); j++) {
            const char *id = json_string_value(json_array_get(of, j));

            ids = ids == NULL ? json_object() : ids;
            if (id != NULL)
                json_object_set_new(ids, id, json_true());
        }
    }
    count = json_object_size(ids);
    json_decref(ids);
    return count;
}

static void add_tasks(struct now *now, const struct site_now *site)
{
    const struct live_tasks *tasks = &now->live->tasks[site->site];
    char bytes[160];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_format(&text, ",\"tasks\":{\"open\":%u,\"watching\":%u,\"relapsed\":%zu,\"overdue\":%u}}",
                tasks->open, tasks->watching, count_relapsed(now, site), tasks->overdue);
    add_text(now, &text);
}

static void add_site(struct now *now, const struct site_now *site, bool first)
{
    char bytes[160];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add(&text, first ? "{\"name\":\"" : ",{\"name\":\"");
    text_add(&text, now->live->host.catalog->sites[site->site].name);
    text_add(&text, "\",\"state\":\"");
    text_add(&text, state_words[site->state]);
    text_add(&text, "\",\"since\":");
    live_add_time(&text, site->since);
    add_text(now, &text);
    add_problems(now, site);
    add_points(now, site);
    add_devices(now, site);
    add_tasks(now, site);
}

static void add_head(struct now *now, size_t sites)
{
    const struct page_host *host = &now->live->host;
    size_t counts[SITE_STATES] = {0};
    char bytes[512];
    struct text text;

    for (size_t i = 0; i < sites; i++)
        counts[now->sites[i].state]++;
    text_init(&text, bytes, sizeof bytes);
    text_add(&text, "{\"time\":");
    live_add_time(&text, live_now(host));
    text_format(&text, ",\"simulated\":%s,\"counts\":{\"sites\":%zu",
                host->catalog->simulated ? "true" : "false", sites);
    for (int i = 0; i < SITE_STATES; i++)
        text_format(&text, ",\"%s\":%zu", state_words[i], counts[i]);
    text_format(&text, "},\"notices\":%zu,\"sites\":[", notices_count(host->notices));
    add_text(now, &text);
}

/* Those the settings have stand first in the catalog; a site that left them is shown no more. */
static void write_all(struct now *now)
{
    const struct catalog *catalog = now->live->host.catalog;
    size_t listed = now->live->host.settings->site_count, kept = 0;

    for (size_t i = 0; i < catalog->site_count; i++)
        if (now->sites[i].site < listed)
            now->sites[kept++] = now->sites[i];
    add_head(now, kept);
    for (size_t i = 0; i < kept; i++)
        add_site(now, &now->sites[i], i == 0);
    add(now, "]}");
}

static bool make(struct now *now, struct call *call)
{
    struct live *live = now->live;

    if (!live_read_problems(live, call) || !live_read_tasks(live, call))
        return false;
    now->sites = calloc(live->host.catalog->site_count + 1, sizeof *now->sites);
    now->order = calloc(live->problem_count + 1, sizeof *now->order);
    now->good = now->sites != NULL && now->order != NULL;
    if (now->good) {
        judge_all(now);
        live_note_stale(live, now->mono);
        write_all(now);
    }
    if (!now->good)
        call_refuse(call, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    return now->good;
}

void live_answer_now(struct call *call)
{
    struct now now = {.live = live_begin(call), .mono = clock_mono(call->host->clock)};

    if (now.live == NULL)
        return;
    now.copy = call->host->status(call->host->self, LIVE_FRESH_MS);
    if (make(&now, call)) {
        answer_bytes(call->answer, LIVE_JSON, now.out.at, now.out.used);
        now.out.at = NULL;
        live_hold(now.live, now.mono);
    }
    status_copy_release(now.copy);
    free(now.sites);
    free(now.order);
    free(now.out.at);
}
