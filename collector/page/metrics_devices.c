/* Devices and links, each by name; and all polling together. */
#include <math.h>

#include "page/metrics_station.h"

enum { DEVICE_LABELS = 4 };

struct device_row {
    const struct device_copy *device;
    const struct catalog_device *known;
    struct label labels[DEVICE_LABELS]; /* site, device, one free, the end */
};

/* Gives each device the catalog knows to `each`. */
static void each_device(struct exposition *out, const struct status_copy *copy,
                        void (*each)(struct exposition *out, const struct status_copy *copy,
                                     struct device_row *row))
{
    const struct catalog *catalog = copy->view.catalog;

    for (size_t i = 0; i < copy->device_count; i++) {
        struct device_row row = {.device = &copy->devices[i]};

        row.known = catalog_device(catalog, row.device->status.id);
        if (row.known == NULL)
            continue;
        row.labels[0] = (struct label){"site", catalog->sites[row.known->site].name};
        row.labels[1] = (struct label){"device", row.known->name};
        each(out, copy, &row);
    }
}

static void answering(struct exposition *out, const struct status_copy *copy,
                      struct device_row *row)
{
    (void)copy;
    if (row->device->status.state != DEVICE_UNASKED)
        exposition_count(out, row->labels, row->device->status.state == DEVICE_ANSWERING);
}

static void last_good(struct exposition *out, const struct status_copy *copy,
                      struct device_row *row)
{
    (void)copy;
    exposition_time(out, row->labels, row->device->status.last_good);
}

static void interval(struct exposition *out, const struct status_copy *copy, struct device_row *row)
{
    (void)copy;
    exposition_sample(out, row->labels, (double)row->known->every_ms / 1e3);
}

static void polls(struct exposition *out, const struct status_copy *copy, struct device_row *row)
{
    row->labels[2] = (struct label){"link", copy->links[row->device->status.link].name};
    exposition_count(out, row->labels, row->device->status.polls);
}

static void skipped(struct exposition *out, const struct status_copy *copy, struct device_row *row)
{
    (void)copy;
    exposition_count(out, row->labels, row->device->status.skipped);
}

static void errors(struct exposition *out, const struct status_copy *copy, struct device_row *row)
{
    (void)copy;
    for (int cause = 1; cause < CAUSE_COUNT; cause++) {
        row->labels[2] = (struct label){"cause", cause_word((enum cause)cause)};
        if (row->device->status.errors[cause] > 0)
            exposition_count(out, row->labels, row->device->status.errors[cause]);
    }
}

void metrics_devices(struct exposition *out, const struct status_copy *copy)
{
    exposition_family(out, "lookback_device_answering", FAMILY_GAUGE,
                      "Whether the device answers; no sample before it was first asked.");
    each_device(out, copy, answering);
    exposition_family(out, "lookback_device_last_good_timestamp_seconds", FAMILY_GAUGE,
                      "When the device last gave a usable value.");
    each_device(out, copy, last_good);
    exposition_family(out, "lookback_device_interval_seconds", FAMILY_GAUGE,
                      "How often the device is asked.");
    each_device(out, copy, interval);
    exposition_family(out, "lookback_polls_total", FAMILY_COUNTER,
                      "Polls since start, with and without an answer.");
    each_device(out, copy, polls);
    exposition_family(out, "lookback_skipped_ticks_total", FAMILY_COUNTER,
                      "Ticks that were left out: the one before had not ended, or the device is "
                      "silent and probed instead.");
    each_device(out, copy, skipped);
    exposition_family(out, "lookback_errors_total", FAMILY_COUNTER,
                      "Readings without a value or not judged, by cause.");
    each_device(out, copy, errors);
}

void metrics_links(struct exposition *out, const struct status_copy *copy)
{
    exposition_family(out, "lookback_link_up", FAMILY_GAUGE,
                      "Whether the line or connection stands; no sample while nothing uses it.");
    for (size_t i = 0; i < copy->link_count; i++) {
        const struct link_status *link = &copy->links[i];
        const struct label *labels =
            LABELS({"link", link->name}, {"kind", link_kind_word(link->kind)});

        if (link->used)
            exposition_count(out, labels, link->up);
    }
    exposition_family(out, "lookback_link_load_ratio", FAMILY_GAUGE,
                      "Share of the time since start that exchanges, gaps and guards took.");
    for (size_t i = 0; i < copy->link_count; i++)
        exposition_sample(out, LABELS({"link", copy->links[i].name}), copy->links[i].load);
}

void metrics_polling(struct exposition *out, const struct status_copy *copy)
{
    exposition_family(out, "lookback_requests_total", FAMILY_COUNTER, "Modbus requests sent.");
    exposition_count(out, NULL, copy->totals.requests);
    exposition_family(out, "lookback_failed_polls_total", FAMILY_COUNTER,
                      "Polls that gave nothing at all.");
    exposition_count(out, NULL, copy->totals.failed);
    exposition_family(out, "lookback_answer_seconds", FAMILY_HISTOGRAM,
                      "From a request being sent to the end of its answer.");
    exposition_histogram(out, poller_answer_ms, copy->totals.answers, ANSWER_CLASSES - 1,
                         (double)copy->totals.answers_us / 1e3);
    exposition_family(out, "lookback_lateness_seconds", FAMILY_HISTOGRAM,
                      "How long after its tick a poll was begun.");
    exposition_histogram(out, poller_late_ms, copy->totals.late, LATE_CLASSES - 1,
                         (double)copy->totals.late_us / 1e3);
    exposition_family(out, "lookback_lateness_most_seconds", FAMILY_GAUGE,
                      "The latest of them since start.");
    exposition_sample(out, NULL, (double)copy->totals.late_most_us / 1e6);
}
