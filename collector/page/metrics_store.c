/* Recorder, store, outputs, seals, clock and notices. */
#include <math.h>
#include <stdlib.h>

#include "page/metrics_station.h"
#include "record/latest.h"

static void gauge(struct exposition *out, const char *name, const char *help, double value)
{
    exposition_family(out, name, FAMILY_GAUGE, help);
    exposition_sample(out, NULL, value);
}

static void readings(struct exposition *out, struct recorder *recorder)
{
    uint64_t counts[LATEST_QUALITIES];

    latest_counts(recorder_latest(recorder), counts);
    exposition_family(out, "lookback_readings_total", FAMILY_COUNTER,
                      "Readings committed since start, by quality (HJ 212 letter).");
    for (int quality = 0; quality < LATEST_QUALITIES; quality++) {
        const char letter[] = {quality_letter((enum quality)quality), '\0'};

        exposition_count(out, LABELS({"quality", letter}), counts[quality]);
    }
}

void metrics_store(struct exposition *out, const struct page_host *host)
{
    struct recorder_status status;

    recorder_status(host->recorder, &status);
    readings(out, host->recorder);
    gauge(out, "lookback_sequence", "The last committed number of the sequence.",
          (double)status.committed);
    gauge(out, "lookback_commit_median_seconds", "The median of the last 64 commits.",
          status.commit_ms_p50 / 1e3);
    gauge(out, "lookback_commit_longest_seconds", "The longest commit since start.",
          status.commit_ms_max / 1e3);
    gauge(out, "lookback_mailbox_bytes", "Polls that wait to be committed.",
          (double)status.mailbox_bytes);
    gauge(out, "lookback_mailbox_limit_bytes", "When so many wait no new poll is started.",
          (double)host->settings->mailbox_bytes);
    gauge(out, "lookback_store_bytes", "Size of the store.", (double)status.size.bytes);
    gauge(out, "lookback_store_free_bytes", "Free on the store's disk.",
          (double)status.size.free_bytes);
    gauge(out, "lookback_store_reserve_bytes", "What is to stay free on the store's disk.",
          (double)host->settings->reserve_bytes);
    exposition_family(out, "lookback_store_oldest_timestamp_seconds", FAMILY_GAUGE,
                      "The oldest reading that is kept.");
    exposition_time(out, NULL, status.size.oldest);
    gauge(out, "lookback_held_segments",
          "Segments past their time, kept because their points watch a task.", (double)status.held);
}

void metrics_seals(struct exposition *out, const struct page_host *host)
{
    struct recorder_status status;

    recorder_status(host->recorder, &status);
    gauge(out, "lookback_sealed_segment", "The newest sealed segment.",
          status.sealed == 0 ? NAN : (double)status.sealed);
    exposition_family(out, "lookback_seal_timestamp_seconds", FAMILY_GAUGE,
                      "When the newest segment was sealed.");
    exposition_time(out, NULL, status.sealed == 0 ? WALL_NONE : status.seal_time);
    gauge(out, "lookback_seal_interval_seconds", "How often a segment is closed.",
          (double)host->settings->seal_every_ms / 1e3);
}

/* One sample an output. */
static void each_output(struct exposition *out, const struct sender_status *all, size_t count,
                        void (*each)(struct exposition *out, const struct label *labels,
                                     const struct sender_status *status))
{
    for (size_t i = 0; i < count; i++) {
        const struct label *labels =
            LABELS({"output", all[i].name}, {"kind", output_kind_word(all[i].kind)});

        each(out, labels, &all[i]);
    }
}

static void is_ok(struct exposition *out, const struct label *labels,
                  const struct sender_status *status)
{
    exposition_count(out, labels, status->state == SENDER_OK);
}

static void backlog(struct exposition *out, const struct label *labels,
                    const struct sender_status *status)
{
    exposition_count(out, labels, status->backlog);
}

static void oldest(struct exposition *out, const struct label *labels,
                   const struct sender_status *status)
{
    exposition_time(out, labels, status->oldest);
}

static void sent(struct exposition *out, const struct label *labels,
                 const struct sender_status *status)
{
    exposition_count(out, labels, status->sent);
}

static void quarantined(struct exposition *out, const struct label *labels,
                        const struct sender_status *status)
{
    exposition_count(out, labels, status->quarantined);
}

void metrics_outputs(struct exposition *out, const struct status_copy *copy,
                     const struct clock *clock)
{
    size_t count = copy->view.sender_count;
    struct sender_status *all = calloc(count + 1, sizeof *all);
    int64_t now_ms = clock_wall(clock).ms;

    if (all == NULL) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        sender_status(copy->view.senders[i], &all[i]);
    exposition_family(out, "lookback_output_ok", FAMILY_GAUGE, "Whether the output delivers.");
    each_output(out, all, count, is_ok);
    exposition_family(out, "lookback_output_backlog", FAMILY_GAUGE,
                      "Entries the other side has not confirmed yet.");
    each_output(out, all, count, backlog);
    exposition_family(out, "lookback_output_oldest_timestamp_seconds", FAMILY_GAUGE,
                      "When the oldest entry that waits was taken; no sample while none does.");
    each_output(out, all, count, oldest);
    exposition_family(out, "lookback_output_age_seconds", FAMILY_GAUGE,
                      "How old the oldest entry that waits is; 0 while none does.");
    for (size_t i = 0; i < count; i++)
        exposition_sample(
            out, LABELS({"output", all[i].name}),
            wall_is_known(all[i].oldest) ? fmax(0, (double)(now_ms - all[i].oldest.ms) / 1e3) : 0);
    exposition_family(out, "lookback_output_sent_total", FAMILY_COUNTER,
                      "Readings confirmed since start.");
    each_output(out, all, count, sent);
    exposition_family(out, "lookback_output_quarantined", FAMILY_GAUGE,
                      "Entries the other side refused, kept with its reason.");
    each_output(out, all, count, quarantined);
    free(all);
}

void metrics_clock(struct exposition *out, const struct status_copy *copy)
{
    gauge(out, "lookback_clock_trusted", "Whether the wall clock is put on readings.",
          copy->trusted);
    gauge(out, "lookback_clock_error_seconds",
          "The kernel's estimate of the clock's error; no sample while it is not synchronised.",
          copy->error_ms < 0 ? NAN : (double)copy->error_ms / 1e3);
}

void metrics_notices(struct exposition *out, struct notices *notices)
{
    struct notice *open = calloc(NOTICES_MAX, sizeof *open);
    size_t count;

    if (open == NULL) {
        out->failed = true;
        return;
    }
    count = notices_open(notices, open, NOTICES_MAX);
    gauge(out, "lookback_notices", "Troubles of the station that want somebody.", (double)count);
    exposition_family(out, "lookback_notice_since_timestamp_seconds", FAMILY_GAUGE,
                      "Each of them, and since when it stands.");
    for (size_t i = 0; i < count; i++) {
        const struct label *labels = LABELS({"id", open[i].id}, {"subject", open[i].subject});

        exposition_time(out, labels, open[i].since);
    }
    free(open);
}
