/* Segment by segment: what is remembered of heads, configurations and entries. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/say.h"
#include "report/bundle_case_inside.h"

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

struct bundle_case *bundle_case_new(const struct case_setup *setup, struct error *err)
{
    struct bundle_case *bundle = calloc(1, sizeof *bundle);

    if (bundle != NULL)
        bundle->points = calloc(setup->point_count, sizeof *bundle->points);
    if (bundle == NULL || bundle->points == NULL) {
        free(bundle);
        no_memory(err);
        return NULL;
    }
    bundle->setup = *setup;
    bundle->segment_time = WALL_NONE;
    return bundle;
}

void bundle_case_free(struct bundle_case *bundle)
{
    if (bundle == NULL)
        return;
    evaluation_free(bundle->evaluation);
    for (size_t i = 0; i < bundle->setup.point_count; i++) {
        if (bundle->points[i].known)
            point_sheet_end(&bundle->points[i].sheet);
        json_decref(bundle->points[i].json);
    }
    for (size_t i = 0; i < bundle->problem_count; i++)
        json_decref(bundle->problems[i].body);
    verdict_terms_free(bundle->terms);
    tally_plans_free(bundle->tallies);
    parameters_free(bundle->parameters);
    free(bundle->points);
    free(bundle->configurations);
    free(bundle->everies);
    free(bundle->windows);
    free(bundle->doubts);
    free(bundle->problems);
    free(bundle->text);
    free(bundle);
}

bool bundle_case_segment(struct bundle_case *bundle, const struct seal_head *head,
                         struct error *err)
{
    (void)err;
    if (bundle->first_seq == 0)
        bundle->first_seq = head->first_seq;
    bundle->segment_time = head->first_time;
    return true;
}

bool bundle_case_configuration(struct bundle_case *bundle, uint64_t seq,
                               const uint8_t digest[DIGEST_BYTES], struct error *err)
{
    size_t count = bundle->configuration_count;
    struct case_configuration *row;

    /* each segment begins with the one in force, which has been seen */
    if (count > 0 && bundle->configurations[count - 1].seq == seq)
        return true;
    if (!list_room(&bundle->configurations, count, &bundle->configuration_room, sizeof *row, err))
        return false;
    row = &bundle->configurations[bundle->configuration_count++];
    *row = (struct case_configuration){.seq = seq, .since = WALL_NONE};
    memcpy(row->digest, digest, sizeof row->digest);
    return true;
}

/* Entries -------------------------------------------------------------------------------------- */

static const char *words_of(const struct shown_entry *entry, const char *key)
{
    const char *words = json_string_value(json_object_get(entry->body, key));

    return words == NULL ? "" : words;
}

static struct wall_time moment_of(const struct shown_entry *entry, const char *key)
{
    struct wall_time time = WALL_NONE;

    return moment_parse(words_of(entry, key), &time) ? time : WALL_NONE;
}

static long long number_of(const struct shown_entry *entry, const char *key)
{
    return json_integer_value(json_object_get(entry->body, key));
}

static bool see_configuration(struct bundle_case *bundle, const struct shown_entry *entry,
                              struct error *err)
{
    (void)err;
    for (size_t i = 0; i < bundle->configuration_count; i++)
        if (bundle->configurations[i].seq == entry->seq)
            bundle->configurations[i].since = entry->time;
    return true;
}

static bool see_every(struct bundle_case *bundle, const struct shown_entry *entry,
                      struct error *err)
{
    struct wall_time from = moment_of(entry, "since");
    struct case_every *row;

    if (number_of(entry, "every_ms") <= 0)
        return true;
    if (!list_room(&bundle->everies, bundle->every_count, &bundle->every_room, sizeof *row, err))
        return false;
    if (!wall_is_known(from))
        from = wall_is_known(entry->time) ? entry->time : bundle->segment_time;
    row = &bundle->everies[bundle->every_count++];
    *row = (struct case_every){.from = from, .every_ms = number_of(entry, "every_ms")};
    snprintf(row->device, sizeof row->device, "%s", words_of(entry, "device"));
    return true;
}

static bool see_window(struct bundle_case *bundle, const struct shown_entry *entry,
                       struct error *err)
{
    struct span span = {moment_of(entry, "from"), moment_of(entry, "to")};
    struct case_window *row;

    if (!wall_is_known(span.start) || !wall_is_known(span.end))
        return true;
    if (!list_room(&bundle->windows, bundle->window_count, &bundle->window_room, sizeof *row, err))
        return false;
    row = &bundle->windows[bundle->window_count++];
    *row = (struct case_window){.span = span};
    snprintf(row->device, sizeof row->device, "%s", words_of(entry, "device"));
    return true;
}

bool case_doubt(struct bundle_case *bundle, const struct case_doubt *doubt, struct error *err)
{
    if (!list_room(&bundle->doubts, bundle->doubt_count, &bundle->doubt_room, sizeof *doubt, err))
        return false;
    bundle->doubts[bundle->doubt_count++] = *doubt;
    return true;
}

static bool is_inside(const struct bundle_case *bundle, struct wall_time time)
{
    return wall_is_known(time) && time.ms >= bundle->setup.span.start.ms &&
           time.ms < bundle->setup.span.end.ms;
}

static bool see_step(struct bundle_case *bundle, const struct shown_entry *entry, struct error *err)
{
    struct case_doubt doubt = {.seq = entry->seq,
                               .kind = "clock_step",
                               .time = entry->time,
                               .step_ms = number_of(entry, "by_ms")};
    double seconds = (double)doubt.step_ms / 1000.0;

    snprintf(doubt.zh, sizeof doubt.zh, "采集器的时钟被拨动了 %+.1f 秒；前后的读数时间需核查",
             seconds);
    snprintf(doubt.en, sizeof doubt.en,
             "the collector's clock was set by %+.1f s; the times of readings around it need "
             "checking",
             seconds);
    return !is_inside(bundle, entry->time) || case_doubt(bundle, &doubt, err);
}

static bool see_filled(struct bundle_case *bundle, const struct shown_entry *entry,
                       struct error *err)
{
    struct case_doubt doubt = {.seq = entry->seq, .kind = "clock_filled", .time = entry->time};

    snprintf(doubt.zh, sizeof doubt.zh,
             "开机后时钟尚未可信时的 %lld 次采集，时间是事后按开机计时补记的",
             number_of(entry, "polls"));
    snprintf(doubt.en, sizeof doubt.en,
             "%lld polls were taken before the clock could be trusted; their times were filled in "
             "from the clock that counts from start",
             number_of(entry, "polls"));
    return !is_inside(bundle, entry->time) || case_doubt(bundle, &doubt, err);
}

static bool see_gap(struct bundle_case *bundle, const struct shown_entry *entry, struct error *err)
{
    struct case_doubt doubt = {.seq = entry->seq, .kind = "gap", .time = entry->time};

    snprintf(doubt.zh, sizeof doubt.zh, "存储跟不上，采集器少采了 %lld 次",
             number_of(entry, "skipped"));
    snprintf(doubt.en, sizeof doubt.en, "the store could not keep up, and %lld polls were left out",
             number_of(entry, "skipped"));
    return !is_inside(bundle, entry->time) || case_doubt(bundle, &doubt, err);
}

static bool see_clock(struct bundle_case *bundle, const struct shown_entry *entry,
                      struct error *err)
{
    struct case_doubt doubt = {.seq = entry->seq, .kind = "clock", .time = entry->time};

    snprintf(doubt.zh, sizeof doubt.zh, "时钟事件 %s，需核查", entry->kind);
    snprintf(doubt.en, sizeof doubt.en, "an event of the clock, %s, needs checking", entry->kind);
    return !is_inside(bundle, entry->time) || case_doubt(bundle, &doubt, err);
}

/* The newest version takes the place of the one before. */
static bool see_problem(struct bundle_case *bundle, struct shown_entry *entry, struct error *err)
{
    struct case_problem *row = NULL;

    for (size_t i = 0; i < bundle->problem_count && row == NULL; i++)
        if (strcmp(bundle->problems[i].uid, entry->uid) == 0)
            row = &bundle->problems[i];
    if (row == NULL) {
        if (!list_room(&bundle->problems, bundle->problem_count, &bundle->problem_room, sizeof *row,
                       err))
            return false;
        row = &bundle->problems[bundle->problem_count++];
        *row = (struct case_problem){0};
        snprintf(row->uid, sizeof row->uid, "%s", entry->uid);
    }
    row->seq = entry->seq;
    json_decref(row->body);
    row->body = json_incref(entry->body);
    return true;
}

static bool see_event(struct bundle_case *bundle, const struct shown_entry *entry,
                      struct error *err)
{
    static const struct {
        const char *kind;
        bool (*see)(struct bundle_case *, const struct shown_entry *, struct error *);
    } kinds[] = {
        {"configuration",      see_configuration},
        {"device.every",       see_every        },
        {"device.maintenance", see_window       },
        {"gap",                see_gap          },
        {"clock.step",         see_step         },
        {"clock.filled",       see_filled       },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(entry->kind, kinds[i].kind) == 0)
            return kinds[i].see(bundle, entry, err);
    return strncmp(entry->kind, "clock.", 6) != 0 || see_clock(bundle, entry, err);
}

bool bundle_case_entry(struct bundle_case *bundle, const char *text, size_t size, struct error *err)
{
    struct shown_entry entry;
    bool seen =
        shown_entry_read(&entry, text, size, err) &&
        (entry.is_problem ? see_problem(bundle, &entry, err) : see_event(bundle, &entry, err));

    shown_entry_end(&entry);
    return seen;
}

static bool note(struct case_differs *differs, const struct seal_head *head)
{
    if (differs->segments++ == 0) {
        differs->first = head->segment;
        differs->time = head->first_time;
    }
    return true;
}

bool bundle_case_head_differs(struct bundle_case *bundle, const struct seal_head *head,
                              struct error *err)
{
    (void)err;
    return note(&bundle->heads, head);
}

bool bundle_case_rows_differ(struct bundle_case *bundle, const struct seal_head *head,
                             const char *leaf, struct error *err)
{
    if (strcmp(leaf, "events") == 0)
        return note(&bundle->events, head);
    if (strcmp(leaf, "configuration") == 0)
        return note(&bundle->configuration, head);
    for (size_t i = 0; i < bundle->setup.point_count; i++)
        if (strcmp(bundle->setup.points[i], leaf) == 0)
            return note(&bundle->points[i].differs, head);
    return error_set(err, ERROR_STORE, SAY("没有监测点 %s", "there is no point %s"), leaf);
}

bool bundle_case_rows_removed(struct bundle_case *bundle, size_t point, uint64_t segments,
                              struct error *err)
{
    (void)err;
    bundle->points[point].removed = segments;
    return true;
}
