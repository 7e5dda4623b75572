/* dossier.h - what entries and configurations say about a case, and how they feed its evaluation:
 * VERIFY.md, "How the verdict is fed". The exporter fills one from the store while it writes
 * events.txt, a verifier from events.txt; so both ask the same evaluation the same question.
 *
 * Filled in order: dossier_segment(), then its configurations, then its entries, of one segment
 * after the other; dossier_load(); then an evaluation is fed. One thread at a time.
 */
#ifndef REPORT_DOSSIER_H
#define REPORT_DOSSIER_H

#include "ledger/evaluation.h"
#include "store/seal.h"

struct dossier;

/* `points` must stay. NULL: out of memory. */
struct dossier *dossier_new(const char *task, struct span span, const char (*points)[POINT_SIZE],
                            size_t point_count, struct error *err);
void dossier_free(struct dossier *dossier);

/* Whether an entry must be shown in full: by the KIND and SUBJECT of its line in the leaf of
 * events. */
bool dossier_shows(const struct dossier *dossier, const char *kind, const char *subject,
                   bool is_public);

/* Gives an item of a configuration by its digest, ended with free(); NULL with a sentence. */
struct dossier_items {
    void *(*item)(void *self, const uint8_t digest[DIGEST_BYTES], size_t *size, struct error *err);
    void *self;
};

bool dossier_segment(struct dossier *dossier, const struct seal_head *head, struct error *err);
/* A line of leaf 1: the text of the configuration that came into force with the entry `seq`. */
bool dossier_configuration(struct dossier *dossier, uint64_t seq, const char *text,
                           const struct dossier_items *items, struct error *err);
/* The own text of an entry that is shown; any other kind is passed over. */
bool dossier_entry(struct dossier *dossier, const char *text, struct error *err);

/* Reads the files that judge (parameters.conf, aggregates.conf, verdict.conf) of the last
 * configuration. False with a sentence: none, one is missing, or is wrong. */
bool dossier_load(struct dossier *dossier, const struct dossier_items *items, struct error *err);

/* After dossier_load(). Borrowed. */
const struct parameters *dossier_parameters(const struct dossier *dossier);
const struct verdict_terms *dossier_terms(const struct dossier *dossier);
/* The description that judges a point, of the last configuration that names it; NULL: none does. */
const struct point_sheet *dossier_sheet(const struct dossier *dossier, size_t point);

/* What the ledger says of the task. From the entries: `found` false where none of those shown is
 * about it. */
struct dossier_task {
    char category[64];
    struct wall_time struck_off, watch_until; /* WALL_NONE: not */
};
void dossier_task(const struct dossier *dossier, struct dossier_task *task, bool *found);

/* An evaluation of the task as `task` says, ended with evaluation_free(). */
struct evaluation *dossier_evaluation(const struct dossier *dossier,
                                      const struct dossier_task *task, struct error *err);
/* Begins a point with its intervals and maintenance windows; its readings and
 * evaluation_end_point() are the caller's. A point without a description is not begun: false with
 * a sentence. */
bool dossier_begin_point(const struct dossier *dossier, size_t point, struct evaluation *evaluation,
                         struct error *err);
/* Problems and doubts, after the points; evaluation_conclude() is the caller's. */
bool dossier_finish(const struct dossier *dossier, struct evaluation *evaluation,
                    struct error *err);

/* Steps of the clock, in order of seq: for who checks the order of rows. */
struct dossier_step {
    uint64_t seq;
    struct wall_time time;
    int64_t by_ms;
    bool start; /* no step: a start of the program, across which the clock was not watched */
};
const struct dossier_step *dossier_steps(const struct dossier *dossier, size_t *count);

#endif
