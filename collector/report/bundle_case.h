/* bundle_case.h - what the verdict of a bundle is fed with besides rows, from the texts that stand
 * in the bundle: VERIFY.md, "What the verdict is fed with", step by step.
 *
 * The exporter and `evidence verify` both go through it, so equal texts give an equal verdict. The
 * calls come in this order: new; every segment with its configurations and shown entries; settle;
 * every point with its rows (bundle_order.h); what differs; conclude. One thread at a time.
 */
#ifndef REPORT_BUNDLE_CASE_H
#define REPORT_BUNDLE_CASE_H

#include "ledger/evaluation.h"
#include "ledger/task.h"
#include "store/seal.h"

/* What manifest.json says. */
struct case_setup {
    char task[TASK_ID_SIZE];
    char category[TASK_WORDS_SIZE];
    struct wall_time struck_off, watch_until;
    struct span span;
    char (*points)[POINT_SIZE]; /* borrowed for the life of the case */
    size_t point_count;
};

struct bundle_case;
struct bundle_case *bundle_case_new(const struct case_setup *setup, struct error *err);
void bundle_case_free(struct bundle_case *bundle);

/* The segments in order: first the head, then the lines of leaf 1, then the shown entries. */
bool bundle_case_segment(struct bundle_case *bundle, const struct seal_head *head,
                         struct error *err);
bool bundle_case_configuration(struct bundle_case *bundle, uint64_t seq,
                               const uint8_t digest[DIGEST_BYTES], struct error *err);
/* An entry's own line without its line feed. False: it is not of the form of SEAL.md. */
bool bundle_case_entry(struct bundle_case *bundle, const char *text, size_t size,
                       struct error *err);

/* An entry's own line taken apart; ended with shown_entry_end() in both cases. */
struct shown_entry {
    uint64_t seq;
    bool is_problem;
    char kind[64];         /* of an event; "problem" */
    struct wall_time time; /* of an event */
    uint32_t boot;         /* of an event */
    char who[256];         /* of an event */
    char uid[64], nature[16];
    uint32_t version;
    json_t *body; /* arguments, or the problem; an object */
};
bool shown_entry_read(struct shown_entry *entry, const char *text, size_t size, struct error *err);
void shown_entry_end(struct shown_entry *entry);
/* "Shown must be": whether an entry with this line in leaf 0 belongs into the bundle. */
bool bundle_shows(const struct case_setup *setup, bool public_form, const char *kind,
                  const char *subject);

/* The texts of configurations and what they name. */
struct case_source {
    /* Gives bytes ended with free(), a '\0' behind them; NULL with a sentence: not there. */
    char *(*configuration)(void *self, const uint8_t digest[DIGEST_BYTES], size_t *size,
                           struct error *err);
    char *(*item)(void *self, const uint8_t digest[DIGEST_BYTES], size_t *size, struct error *err);
    void *self;
};
/* Finds out which configurations count, reads terms and descriptions, begins the evaluation. False
 * with a sentence: no configuration, or one of its items cannot be read. */
bool bundle_case_settle(struct bundle_case *bundle, const struct case_source *source,
                        struct error *err);
/* After that. Borrowed; NULL: no configuration that counts names the point. */
const struct point_sheet *bundle_case_sheet(const struct bundle_case *bundle, size_t point);
/* points/….json as it stands; NULL likewise. */
const json_t *bundle_case_sheet_json(const struct bundle_case *bundle, size_t point);
/* How far the clock may step inside the span before nothing is proven, in ms. */
int64_t bundle_case_clock_step_ms(const struct bundle_case *bundle);
const char *bundle_case_timezone(const struct bundle_case *bundle);
/* The text of the last configuration that counts. */
const char *bundle_case_last(const struct bundle_case *bundle);
/* The digest of an item in a configuration's text; false: it has none of that name. */
bool bundle_item(const char *text, const char *name, uint8_t digest[DIGEST_BYTES]);
/* The problems that the verdict is fed with, the oldest first; the caller ends it. */
json_t *bundle_case_problems(const struct bundle_case *bundle);

/* One point after the other, each with its rows in (time, seq) order; rows outside the span are
 * passed over. */
bool bundle_case_begin_point(struct bundle_case *bundle, size_t point, struct error *err);
bool bundle_case_reading(struct bundle_case *bundle, struct wall_time time,
                         const struct reading *reading, struct error *err);
bool bundle_case_end_point(struct bundle_case *bundle, struct error *err);

/* What is not as it was sealed: of a point's rows, of events ("events") or the configuration
 * ("configuration"); of a head; and rows that retention removed. Each stays once a segment. */
bool bundle_case_rows_differ(struct bundle_case *bundle, const struct seal_head *head,
                             const char *leaf, struct error *err);
bool bundle_case_head_differs(struct bundle_case *bundle, const struct seal_head *head,
                              struct error *err);
bool bundle_case_rows_removed(struct bundle_case *bundle, size_t point, uint64_t segments,
                              struct error *err);

/* verdict.json; the caller ends it. */
json_t *bundle_case_conclude(struct bundle_case *bundle, struct error *err);

#endif
